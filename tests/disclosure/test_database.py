"""What the database refuses of a disclosure, whatever program writes."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import DatabaseError, connection, transaction

from overtime_ledger import clock
from overtime_ledger.disclosure.models import Disclosure
from overtime_ledger.errors import broken_rule
from tests import factories as make

pytestmark = pytest.mark.django_db

DIGEST = "a" * 64
READY = {"status": "ready", "sha256": DIGEST, "path": "2021/03/1.zip", "finished_at": clock.now()}
STANDS = "disclosure_disclosure_append_only"


@contextmanager
def refused(rule: str) -> Iterator[None]:
    with pytest.raises(DatabaseError) as refusal, transaction.atomic():
        yield
    assert broken_rule(refusal.value) == rule


def disclosure(house: make.House, **changes: object) -> Disclosure:
    given = {
        "kind": "audit_pack",
        "grant": house.grant,
        "requested_by": house.auditor,
        "requested_at": clock.now(),
        "recipient": "Internal audit",
        "reason": "Yearly audit",
        "marking": house.grant.marking,
    }
    return Disclosure.objects.create(**(given | changes))


def run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.parametrize(
    "change",
    [
        "kind = 'foi'",
        "grant_id = grant_id + 1",
        "requested_by_id = requested_by_id + 1",
        "requested_at = now()",
        "recipient = 'Somebody else'",
        "reason = 'Another'",
        "filters = '{\"a\": 1}'",
        "marking = 'OFFICIAL - PUBLIC'",
    ],
)
def test_what_was_asked_for_stands(change: str) -> None:
    disclosure(make.house())
    with refused(STANDS):
        run(f"update disclosure_disclosure set {change}")


@pytest.mark.parametrize(
    "changes", [READY, {"status": "failed", "error": "No room", "finished_at": clock.now()}]
)
@pytest.mark.parametrize("change", ["status = 'waiting'", "sha256 = ''", "path = 'another'", "progress = 1"])
def test_what_is_over_stands(changes: dict[str, object], change: str) -> None:
    disclosure(make.house(), **changes)
    with refused(STANDS):
        run(f"update disclosure_disclosure set {change}")


def test_no_disclosure_is_deleted() -> None:
    disclosure(make.house())
    with refused(STANDS):
        run("delete from disclosure_disclosure")


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "ready"},
        {**READY, "sha256": "", "status": "ready"},
        {**READY, "path": ""},
        {**READY, "finished_at": None},
        {**READY, "error": "It failed"},
        {"status": "failed"},
        {"status": "failed", "error": "No room"},
        {"status": "making", "finished_at": clock.now()},
        {"status": "waiting", "path": "2021/03/1.zip"},
        {"status": "sent"},
    ],
)
def test_a_disclosure_is_finished_whole_or_not_at_all(changes: dict[str, object]) -> None:
    house = make.house()
    with refused("disclosure_disclosure_finished_whole"):
        disclosure(house, **changes)


@pytest.mark.parametrize("changes", [{"reason": ""}, {"recipient": ""}])
def test_a_disclosure_says_for_whom_and_why(changes: dict[str, str]) -> None:
    house = make.house()
    with refused("disclosure_disclosure_says_why"):
        disclosure(house, **changes)


def test_progress_is_in_percent() -> None:
    house = make.house()
    with refused("disclosure_disclosure_in_percent"):
        disclosure(house, progress=101)


def test_one_audit_pack_of_a_grant_is_made_at_a_time() -> None:
    house = make.house()
    disclosure(house, **READY)
    disclosure(house)
    with refused("disclosure_disclosure_one_pack_at_a_time"):
        disclosure(house, status="making")
