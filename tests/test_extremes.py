"""Numbers, days and words beyond all measure: every page answers them, and none falls over."""

from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from claims.models import Claim
from grants.models import LedgerEntry
from overtime_ledger.accounts.models import User
from overtime_ledger.audit.models import AccessLog
from overtime_ledger.forms import UNREADABLE
from tests import factories as make
from tests.files import text_of

pytestmark = pytest.mark.django_db

HUGE = 99_999_999_999_999_999_999
DIGITS = "9" * 5000
DAYS = ("0001-01-05", "9999-12-31", "99999-1-1")


@pytest.fixture
def house() -> make.House:
    return make.house()


@pytest.fixture
def claim(house: make.House) -> Claim:
    duty = make.assignment(house, make.enquiry(house), make.officer(house.lead), day=date(2021, 3, 1))
    return make.claim(house, duty, state="certified")


def as_(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


ADDRESSES = (
    f"/claims/{HUGE}/",
    f"/claims/{DIGITS}/",
    f"/claims/{HUGE}/approve/",
    f"/enquiries/{HUGE}/",
    f"/enquiries/{HUGE}/close/",
    f"/taskings/{HUGE}/",
    f"/taskings/{HUGE}/again/",
    f"/taskings/{HUGE}/cancel/",
    f"/taskings/officers/{HUGE}/stand-down/",
    f"/duties/{HUGE}/other-times/",
    f"/duties/{HUGE}/worked-as-planned/",
    f"/grants/{HUGE}/",
    f"/grants/{HUGE}/entries/",
    f"/grants/{HUGE}/move/",
    f"/grants/{HUGE}/delegations/",
    f"/grants/{HUGE}/position.csv",
)


def test_a_number_larger_than_any_names_nothing(house: make.House) -> None:
    for client in (as_(house.di), as_(make.officer(house.lead)), as_(house.finance)):
        assert {client.get(address).status_code for address in ADDRESSES} == {404}


def test_nor_does_it_name_a_settlement_or_what_hangs_on_a_grant(house: make.House, claim: Claim) -> None:
    finance, di = as_(house.finance), as_(house.di)
    for address in (f"/payments/settled/{HUGE}/", f"/payments/draw/?grant={HUGE}&agency={HUGE}"):
        assert finance.get(address).status_code == 404
    assert di.post(f"/grants/{house.grant.pk}/delegations/{HUGE}/end/").status_code == 404


def lists(house: make.House) -> list[tuple[User, str, tuple[str, ...]]]:
    """Who reads a list, where, and the names its filter takes."""
    return [
        (house.di, reverse("claims:claims"), ("agency", "enquiry", "officer", "from", "to", "grant", "week")),
        (house.di, reverse("tasking:taskings"), ("enquiry", "agency", "officer", "from", "to")),
        (house.di, reverse("tasking:enquiries"), ("status", "kind")),
        (
            house.di,
            reverse("grants:entries", args=[house.grant.pk]),
            ("line", "agency", "from", "to", "as_at"),
        ),
        (house.auditor, reverse("audit:log"), ("by", "what", "since", "until")),
        (house.di, reverse("home"), ("as_at",)),
        (house.finance, reverse("payments:overview"), ()),
        (house.finance, reverse("payments:batches"), ("kind", "status", "agency")),
        (house.finance, reverse("payments:differences"), ("state", "agency")),
        (house.di, reverse("tasking:task"), ("enquiry",)),
        (house.di, reverse("tasking:open_enquiry"), ("grant",)),
        (house.di, reverse("grants:move", args=[house.grant.pk]), ("source", "target", "pence")),
    ]


@pytest.mark.parametrize(
    "typed", [str(HUGE), f"-{HUGE}", DIGITS, *DAYS, "x", "²"], ids=lambda text: text[:12]
)
def test_lists_answer_filters_that_mean_nothing(house: make.House, claim: Claim, typed: str) -> None:
    for reader, address, names in lists(house):
        client = as_(reader)
        for name in (*names, "page"):
            assert client.get(address, {name: typed}).status_code == 200, (address, name)


def test_files_answer_days_that_mean_nothing(house: make.House) -> None:
    di, grant = as_(house.di), house.grant.pk
    for typed in DAYS:
        for name in ("position", "agencies", "weeks"):
            assert di.get(f"/grants/{grant}/{name}.csv", {"as_at": typed}).status_code == 200
        for name in ("from", "to", "as_at"):
            address = reverse("grants:entries", args=[grant])
            assert di.get(address, {name: typed, "format": "csv"}).status_code == 200


@pytest.mark.parametrize("kind", ["csv", ""])
def test_a_filter_that_cannot_be_read_finds_nothing_and_says_so(
    house: make.House, claim: Claim, kind: str
) -> None:
    for reader, address, query in (
        (house.di, reverse("claims:claims"), {"from": "x"}),
        (house.di, reverse("tasking:taskings"), {"agency": house.lead.pk, "from": "x"}),
        (house.di, reverse("tasking:enquiries"), {"kind": "surveillance", "status": "x"}),
        (
            house.di,
            reverse("grants:entries", args=[house.grant.pk]),
            {"agency": house.lead.pk, "from": "x"},
        ),
        (house.auditor, reverse("audit:log"), {"action": "exported", "since": "x"}),
    ):
        page = as_(reader).get(address, query | ({"format": kind} if kind else {}))
        if kind:
            exported = AccessLog.objects.latest("pk")
            assert (exported.rows, exported.filters) == (0, UNREADABLE), address
            assert "it cannot be read, so nothing is listed" in text_of(page)
        else:
            shown = page.context["page" if "page" in page.context else "page_obj"]
            assert shown.paginator.count == 0, address


def plan(house: make.House, **changes: Any) -> dict[str, Any]:
    enquiry = make.enquiry(house)
    return {
        "enquiry": enquiry.pk,
        "duty_type": "planned",
        "day_0": "10",
        "day_1": "3",
        "day_2": "2021",
        "starts": "22:00",
        "ends": "02:00",
        "break_minutes": "0",
        "officers": [make.officer(house.lead).pk],
        "reason": "To watch the flat",
    } | changes


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"day_0": "31", "day_1": "12", "day_2": "9999"}, "day"),
        ({"day_2": "99999999999"}, "day"),
        ({"day_2": DIGITS}, "day"),
        ({"enquiry": HUGE}, "enquiry"),
        ({"officers": [HUGE]}, "officers"),
        ({"officers": [DIGITS]}, "officers"),
        ({"break_minutes": DIGITS}, "break_minutes"),
        ({"reason": "a" * 501}, "reason"),
        ({"expected_pence": DIGITS}, "expected_pence"),
    ],
)
def test_a_tasking_beyond_measure_is_said_at_its_field(
    house: make.House, changes: dict[str, Any], field: str
) -> None:
    for door in ("check", "issue"):
        answer = as_(house.di).post(reverse(f"tasking:{door}"), plan(house, **changes))
        assert (answer.status_code, field in answer.context["form"].errors) == (422, True)


def test_a_price_beyond_measure_is_not_the_one_that_was_seen(house: make.House) -> None:
    answer = as_(house.di).post(reverse("tasking:issue"), plan(house, expected_pence=HUGE))
    assert answer.status_code == 422


def test_a_move_beyond_measure_is_refused(house: make.House) -> None:
    lines = {"source": house.grant.lines.get().pk, "target": make.enquiry(house).line.pk}
    given = {**lines, "reason": "More", "token": str(uuid4()), "confirmed": "yes"}
    di = as_(house.di)
    for typed in (str(HUGE), DIGITS, "9,999,999,999"):
        answer = di.post(reverse("grants:move", args=[house.grant.pk]), given | {"pence": typed})
        assert (answer.status_code, "pence" in answer.context["form"].errors) == (422, True)


@pytest.mark.parametrize("verb", ["approve", "return", "reject"])
def test_a_decision_is_as_long_as_the_ledger_has_room_for(house: make.House, claim: Claim, verb: str) -> None:
    posted = {"revision": claim.revision, "reason": "a" * 501, "reason_code": "other"}
    address = reverse(f"claims:{verb}", args=[claim.pk])
    before = LedgerEntry.objects.count()
    answer = as_(house.di).post(address, posted)
    assert answer.status_code == 422 and "Use 500 characters or fewer" in answer.content.decode()
    assert LedgerEntry.objects.count() == before
    assert as_(house.di).post(address, posted | {"reason": "a" * 500}).status_code == 302
    assert LedgerEntry.objects.latest("pk").reason == "a" * 500


def test_a_revision_beyond_measure_was_not_on_the_page(house: make.House, claim: Claim) -> None:
    di = as_(house.di)
    for revision in (str(HUGE), DIGITS, "x"):
        answer = di.post(reverse("claims:approve", args=[claim.pk]), {"revision": revision, "reason": ""})
        assert answer.status_code == 422
        for seen in (f"{claim.pk}:{revision}", f"{revision}:1"):
            assert di.post(reverse("claims:approve_clean"), {"seen": [seen]}).status_code < 500
    claim.refresh_from_db()
    assert claim.status == Claim.Status.CERTIFIED


def test_a_batch_beyond_measure_is_refused(house: make.House, claim: Claim) -> None:
    address = f"{reverse('payments:draw')}?grant={house.grant.pk}&agency={house.lead.pk}"
    for seen in (str(HUGE), DIGITS, "x"):
        assert as_(house.finance).post(address, {"expected_pence": seen}).status_code == 422
    for day in (DIGITS, "99999-1-1", "x"):
        assert as_(house.finance).get(f"{address}&up_to={day}").status_code == 200
