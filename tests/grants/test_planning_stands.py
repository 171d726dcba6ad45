"""What the database refuses of planning and of programs that read, whatever program writes: plain SQL."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from grants import planning, services
from overtime_ledger import clock
from overtime_ledger.accounts import clients
from overtime_ledger.accounts.two_people import state_of
from overtime_ledger.errors import broken_rule
from tests import factories as make
from tests.factories import House

pytestmark = pytest.mark.django_db

LAST = date(2021, 3, 31)
Run = Callable[..., None]


@pytest.fixture
def house() -> House:
    return make.house()


@pytest.fixture
def rows(house: House) -> dict[str, Any]:
    """A confirmed profile and one that waits, a comment, a notice that waits, a client; the key of each."""
    with clock.travel(make.at(date(2021, 3, 8))):
        first = planning.set_profile(house.grant, by=house.finance, points=[(LAST, 100)], reason="First")
        planning.confirm_profile(first, by=house.second_finance, seen=state_of(first))
        second = planning.set_profile(house.grant, by=house.finance, points=[(LAST, 200)], reason="Second")
        line = make.enquiry(house).line
        said = planning.comment(house.grant, by=house.di, kind="timing", comment="Late", line=line)
        notice = planning.watch(house.grant)
        client, _ = clients.make_client(by=house.administrator, name="Dashboard", every_grant=True)
    assert notice is not None
    people = {name: getattr(house, name).pk for name in ("di", "finance", "second_finance", "administrator")}
    return people | {
        "grant": house.grant.pk,
        "line": line.pk,
        "agency": house.lead.pk,
        "confirmed": first.pk,
        "waiting": second.pk,
        "said": said.pk,
        "notice": notice.pk,
        "client": client.pk,
    }


@pytest.fixture
def refused(rows: dict[str, Any]) -> Run:
    """Run statements; they break the constraint of that name."""

    def run(rule: str, *statements: str, **values: Any) -> None:
        with (
            pytest.raises(DatabaseError) as refusal,
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            for sql in statements:
                cursor.execute(sql, rows | values)
        assert broken_rule(refusal.value) == rule, refusal.value

    return run


WAITS = "update grants_profile set points = %(points)s where id = %(waiting)s"


@pytest.mark.parametrize(
    "points",
    [
        "[]",
        '[["2021-03-30", 1]]',
        '[["2021-01-31", 1], ["2021-03-31", 2]]',
        '[["2021-03-31", 1], ["2021-02-28", 2]]',
        '[["2021-02-28", 2], ["2021-03-31", 1]]',
        '[["2021-02-28", -1], ["2021-03-31", 1]]',
        '[["2021-03-31", 13500001]]',
    ],
)
def test_a_profile_fits_its_grant(refused: Run, points: str) -> None:
    refused("grants_profile_points_fit", WAITS, points=points)


@pytest.mark.parametrize(
    ("rule", "sql"),
    [
        ("grants_profile_stands", "update grants_profile set reason = 'x' where id = %(confirmed)s"),
        ("grants_profile_stands", "delete from grants_profile where id = %(confirmed)s"),
        (
            "grants_profile_two_people",
            "update grants_profile set confirmed_by_id = %(finance)s, confirmed_on = now() "
            "where id = %(waiting)s",
        ),
        (
            "grants_profile_confirmed_whole",
            "update grants_profile set confirmed_by_id = %(second_finance)s where id = %(waiting)s",
        ),
        (
            "grants_profile_one_waits",
            "insert into grants_profile (grant_id, points, reason, recorded_by_id, recorded_at) "
            "select grant_id, points, reason, recorded_by_id, recorded_at from grants_profile "
            "where id = %(waiting)s",
        ),
    ],
)
def test_a_profile_stands_once_two_people_confirmed_it(refused: Run, rule: str, sql: str) -> None:
    refused(rule, sql)


SAY = (
    "insert into grants_variancecomment (grant_id, line_id, agency_id, kind, comment, given_by_id, given_on) "
    "values ({grant}, {line}, {agency}, {kind}, {comment}, %(di)s, now())"
)
PLAIN = {"grant": "%(grant)s", "line": "%(line)s", "agency": "null", "kind": "'timing'", "comment": "'x'"}


@pytest.mark.parametrize(
    ("rule", "changed"),
    [
        ("grants_variancecomment_of_one", {"agency": "%(agency)s"}),
        ("grants_variancecomment_of_one", {"line": "null"}),
        ("grants_variancecomment_says_something", {"kind": "'later'"}),
        ("grants_variancecomment_says_something", {"comment": "''"}),
    ],
)
def test_a_comment_is_about_one_and_says_something(refused: Run, rule: str, changed: dict[str, str]) -> None:
    refused(rule, SAY.format(**PLAIN | changed))


def test_a_comment_is_about_a_line_of_its_grant_and_stays(refused: Run, house: House) -> None:
    terms = ("title", "funder", "fund", "recipient", "spending_body", "purpose", "lead_force", "amount_pence")
    days = ("eligible_from", "eligible_to", "claims_close_on", "books_close_on")
    values = {name: getattr(house.grant, name) for name in (*terms, *days)}
    other = services.set_up_grant(by=house.finance, reference="PCD 999", **values)
    line = other.lines.get(is_main=True).pk
    refused("grants_variancecomment_of_its_grant", SAY.format(**PLAIN | {"line": str(line)}))
    refused(
        "grants_variancecomment_append_only",
        "update grants_variancecomment set comment = 'x' where id = %(said)s",
    )
    refused("grants_variancecomment_append_only", "delete from grants_variancecomment where id = %(said)s")


INTO_NOTICES = (
    "insert into grants_underspendnotice (grant_id, level, noticed_on, forecast_pence, award_pence, "
    "under_percent, answer, reason) select "
)
ANSWER = (
    "update grants_underspendnotice set answer = 'accept', reason = 'x', answered_by_id = %(di)s, "
    "answered_on = '2021-03-08' where id = %(notice)s"
)
END = "update grants_underspendnotice set ended_on = '2021-03-09' where id = %(notice)s"
OF = "update grants_underspendnotice set {change} where id = %(notice)s"


@pytest.mark.parametrize(
    ("rule", "statements"),
    [
        ("grants_underspendnotice_stands", [OF.format(change="level = 'amber'")]),
        ("grants_underspendnotice_stands", [OF.format(change="forecast_pence = 1")]),
        ("grants_underspendnotice_stands", [ANSWER, OF.format(change="reason = 'y'")]),
        ("grants_underspendnotice_stands", [END, ANSWER]),
        ("grants_underspendnotice_stands", [END, OF.format(change="ended_on = null")]),
        ("grants_underspendnotice_stands", ["delete from grants_underspendnotice where id = %(notice)s"]),
        ("grants_underspendnotice_answered_whole", [OF.format(change="answer = 'accept', reason = 'x'")]),
        (
            "grants_underspendnotice_answered_whole",
            [ANSWER.replace("'accept'", "'plan'").replace("reason", "plan_by = '2021-03-07', reason", 1)],
        ),
        (
            "grants_underspendnotice_one_runs",
            [
                INTO_NOTICES + "grant_id, level, noticed_on, forecast_pence, "
                "award_pence, under_percent, '', '' from grants_underspendnotice where id = %(notice)s"
            ],
        ),
        (
            "grants_underspendnotice_is_under",
            [
                END,
                INTO_NOTICES + "grant_id, level, noticed_on, 85, 100, 85, '', '' "
                "from grants_underspendnotice where id = %(notice)s",
            ],
        ),
    ],
)
def test_a_notice_is_answered_once_ends_once_and_stands(
    refused: Run, rule: str, statements: list[str]
) -> None:
    refused(rule, *statements)


MAKE = (
    'insert into accounts_apiclient (name, token_sha256, token_ends, every_grant, "references", made_by_id, '
    "made_at) values ({name}, {digest}, 'abcd', {every}, {grants}, %(administrator)s, now())"
)
DIGEST = "repeat('a', 64)"
WHOLE = {"name": "'Other'", "digest": DIGEST, "every": "true", "grants": "'{{}}'"}


@pytest.mark.parametrize(
    ("rule", "statements"),
    [
        ("accounts_apiclient_every_grant_or_named", [WHOLE | {"grants": "'{{PCD 911}}'"}]),
        ("accounts_apiclient_every_grant_or_named", [WHOLE | {"every": "false"}]),
        ("accounts_apiclient_only_a_digest", [WHOLE | {"digest": "'otl_token'"}]),
        ("accounts_apiclient_token_sha256_key", [WHOLE, WHOLE | {"name": "'Third'"}]),
    ],
)
def test_a_client_has_its_grants_and_a_digest_of_its_own(
    refused: Run, rule: str, statements: list[dict[str, str]]
) -> None:
    refused(rule, *(MAKE.format(**one).replace("{{", "{").replace("}}", "}") for one in statements))


CLIENT = "update accounts_apiclient set {change} where id = %(client)s"
REVOKED = CLIENT.format(change="revoked_on = now(), revoked_by_id = %(administrator)s")


@pytest.mark.parametrize(
    ("rule", "statements"),
    [
        ("accounts_apiclient_stands", [CLIENT.format(change="name = 'x'")]),
        ("accounts_apiclient_stands", [CLIENT.format(change=f"token_sha256 = {DIGEST}")]),
        ("accounts_apiclient_stands", [CLIENT.format(change="expires_on = now()")]),
        (
            "accounts_apiclient_stands",
            [REVOKED, CLIENT.format(change="revoked_on = null, revoked_by_id = null")],
        ),
        ("accounts_apiclient_stands", ["delete from accounts_apiclient where id = %(client)s"]),
        ("accounts_apiclient_revoked_whole", [CLIENT.format(change="revoked_on = now()")]),
    ],
)
def test_a_client_stands_and_is_revoked_once(refused: Run, rule: str, statements: list[str]) -> None:
    refused(rule, *statements)


@pytest.mark.parametrize("who", ["null, null", "%(di)s, %(client)s"])
def test_an_access_is_of_a_person_or_of_a_program(refused: Run, who: str) -> None:
    refused(
        "audit_accesslog_by_one",
        "insert into audit_accesslog (action, what, filters, rows, sha256, by_id, client_id) "
        f"values ('viewed', 'x', '{{}}', 1, '', {who})",
    )
