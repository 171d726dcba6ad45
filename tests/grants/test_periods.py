"""Periods of a grant's books: which there are, and what they take once they are closed."""

from datetime import date, timedelta

import pytest
from django.db import connection, transaction

from claims import services as claims
from grants import periods, terms
from grants.models import Grant, LedgerEntry, Period
from overtime_ledger import clock
from overtime_ledger.errors import Refusal
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def house() -> make.House:
    return make.house()


def of(grant: Grant) -> list[tuple[str, date, date]]:
    return [(one.number, one.starts_on, one.ends_on) for one in grant.periods.all()]


def state(grant: Grant, number: str, now: str) -> None:
    """Have a period soft-closed, or open again."""
    grant.periods.filter(number=number).update(state=now)


def test_a_grant_opens_with_the_months_of_its_window_and_one_for_adjustments(house: make.House) -> None:
    assert of(house.grant) == [
        ("P11", date(2021, 2, 1), date(2021, 2, 28)),
        ("P12", date(2021, 3, 1), date(2021, 3, 31)),
        ("P13", date(2021, 4, 1), date(2021, 4, 30)),
    ]
    assert [str(one) for one in house.grant.periods.all()] == [
        "P11, February 2021",
        "P12, March 2021",
        "P13, adjustments from 1 April 2021 to 30 April 2021",
    ]


@pytest.mark.parametrize(("month", "number"), [(4, 1), (12, 9), (1, 10), (3, 12)])
def test_april_is_the_first_month_of_the_year(month: int, number: int) -> None:
    assert periods.month_of_the_year(date(2021, month, 5)) == number


def test_a_grant_opened_before_its_window_has_that_month_too() -> None:
    grant = make.house().grant
    grant.opened_on = date(2021, 1, 20)
    assert [one.number for one in periods._wanted(grant)] == ["P10", "P11", "P12", "P13"]


def test_later_closing_days_lengthen_the_adjusting_period_and_a_longer_window_moves_it(
    house: make.House,
) -> None:
    def change(**after: date) -> None:
        made = terms.propose(
            house.grant,
            by=house.finance,
            after=after,
            reason="Later",
            effective_from=clock.today(),
            authority="CFO",
        )
        made = terms.approve(made, by=house.second_finance)
        if made.kind == "funder":
            terms.agree(made, by=house.finance, funder_reference="HO/7", agreed_on=clock.today())

    change(books_close_on=date(2021, 5, 31))
    assert of(house.grant)[-1] == ("P13", date(2021, 4, 1), date(2021, 5, 31))
    change(eligible_to=date(2021, 4, 15), claims_close_on=date(2021, 4, 15))
    assert of(house.grant)[-2:] == [
        ("P1", date(2021, 4, 1), date(2021, 4, 30)),
        ("P13", date(2021, 5, 1), date(2021, 5, 31)),
    ]


def test_f01_a_soft_closed_period_takes_payments_and_corrections_only(house: make.House) -> None:
    enquiry = make.enquiry(house)
    officers = [make.officer(house.lead) for _ in range(3)]
    paid, wrong = (
        make.claim(house, make.assignment(house, enquiry, one), state="approved") for one in officers[:2]
    )
    waiting = make.claim(house, make.assignment(house, enquiry, officers[2]), state="certified")
    state(house.grant, "P12", "soft")
    before = LedgerEntry.objects.count()
    with pytest.raises(Refusal, match="F01") as refusal, transaction.atomic():
        claims.approve(waiting, by=house.di, revision=waiting.revision, reason="Checked")
    assert refusal.value.who == "Finance" and LedgerEntry.objects.count() == before
    with pytest.raises(Refusal, match="F01"), transaction.atomic():
        make.assignment(house, enquiry, officers[0], day=date(2021, 3, 10))
    claims.settle([paid], grant=house.grant, agency=house.lead, reference="PAY 1", by=house.finance)
    claims.reverse(wrong, by=house.di, revision=wrong.revision, reason="Wrong")
    assert LedgerEntry.objects.count() == before + 3
    state(house.grant, "P12", "open")
    claims.approve(waiting, by=house.di, revision=waiting.revision, reason="Checked")


def test_what_lies_in_a_soft_closed_period_holds_no_other_period_up(house: make.House) -> None:
    enquiry = make.enquiry(house)
    state(house.grant, "P11", "soft")
    assert make.assignment(house, enquiry, make.officer(house.lead), day=date(2021, 3, 10)).pk


@pytest.mark.parametrize("day", [date(2021, 2, 28), date(2021, 2, 1), date(2021, 1, 20)])
def test_f01_nothing_is_posted_into_a_closed_period_nor_before_it(house: make.House, day: date) -> None:
    enquiry = make.enquiry(house)
    paid = make.claim(house, make.assignment(house, enquiry, make.officer(house.lead)), state="approved")
    close_for_good(house.grant, "P11")
    with (
        clock.travel(make.at(day)),
        pytest.raises(Refusal, match="F01"),
        transaction.atomic(),
    ):
        claims.settle([paid], grant=house.grant, agency=house.lead, reference="PAY 1", by=house.finance)
    with clock.travel(make.at(date(2021, 2, 28) + timedelta(days=1))):
        claims.settle([paid], grant=house.grant, agency=house.lead, reference="PAY 1", by=house.finance)
    assert LedgerEntry.objects.latest("number").posted_on == date(2021, 3, 1)


def close_for_good(grant: Grant, number: str) -> None:
    """Close a period without what the books ask for beforehand: here it is about the ledger alone."""
    with connection.cursor() as cursor:
        cursor.execute("set session_replication_role = replica")
        cursor.execute(
            "update grants_period set state = 'hard', closed_on = '2021-06-01'"
            " where grant_id = %s and number = %s",
            [grant.pk, number],
        )
        cursor.execute("set session_replication_role = origin")
    assert Period.objects.get(grant=grant, number=number).is_hard
