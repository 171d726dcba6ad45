"""Changes of terms: who takes which step, what they move, and that nothing else changes an open grant."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction

from grants import terms
from grants.models import Grant, LedgerEntry, TermsChange
from overtime_ledger import clock
from overtime_ledger.errors import Refusal
from tests import factories as make

pytestmark = pytest.mark.django_db
MARCH_8 = date(2021, 3, 8)


@contextmanager
def refused(code: str) -> Iterator[None]:
    with pytest.raises(Refusal) as refusal:
        yield
    assert refusal.value.code == code


@pytest.fixture
def house() -> Iterator[make.House]:
    made = make.house()
    with clock.travel(make.at(MARCH_8)):
        yield made


def proposed(house: make.House, **after: Any) -> TermsChange:
    return terms.propose(
        house.grant,
        by=house.finance,
        after=after,
        reason="Agreed at the board",
        effective_from=after.pop("on", MARCH_8),
        authority="CFO's minute of 5 March",
    )


def test_an_accruals_window_takes_two_people_and_its_authority(house: make.House) -> None:
    later = {"claims_close_on": date(2021, 4, 9)}
    with refused("G13"):
        terms.propose(house.grant, by=house.finance, after=later, reason="Accruals", effective_from=MARCH_8)
    with refused("P01"):
        terms.propose(house.grant, by=house.di, after=later, reason="Accruals", effective_from=MARCH_8)
    change = proposed(house, **later)
    assert change.kind == "accruals"
    with refused("G01"):
        terms.approve(change, by=house.finance)
    assert Grant.objects.get().claims_close_on == date(2021, 3, 31)
    change = terms.approve(change, by=house.second_finance)
    assert change.status == "in_force" and Grant.objects.get().claims_close_on == date(2021, 4, 9)
    assert (change.before, change.after) == (
        {"claims_close_on": "2021-03-31"},
        {"claims_close_on": "2021-04-09"},
    )


def test_the_funders_terms_take_three_steps(house: make.House) -> None:
    change = terms.approve(proposed(house, purpose="Overtime and analysis"), by=house.second_finance)
    assert change.status == "approved" and Grant.objects.get().purpose == "Overtime"
    with refused("G13"):
        terms.agree(change, by=house.finance, funder_reference=" ", agreed_on=MARCH_8)
    change = terms.agree(change, by=house.finance, funder_reference="HO/21/7", agreed_on=MARCH_8)
    assert change.status == "in_force" and Grant.objects.get().purpose == "Overtime and analysis"
    with refused("A03"):
        terms.withdraw(change, by=house.finance, reason="Too late")


def test_a_raised_award_is_money_on_the_main_line_and_the_books_verify(house: make.House) -> None:
    change = terms.approve(proposed(house, amount_pence=14_000_000), by=house.second_finance)
    terms.agree(change, by=house.finance, funder_reference="HO/21/7", agreed_on=MARCH_8)
    main = house.grant.lines.get(is_main=True)
    assert (Grant.objects.get().amount_pence, main.available) == (14_000_000, 14_000_000)
    assert LedgerEntry.objects.latest("number").kind == "supplement"
    call_command("verify_ledger", stdout=StringIO())


def test_an_award_falls_by_what_is_left_on_the_main_line_and_no_further(house: make.House) -> None:
    make.enquiry(house, pence=13_000_000)
    change = terms.approve(proposed(house, amount_pence=12_900_000), by=house.second_finance)
    with refused("A04"):
        terms.agree(change, by=house.finance, funder_reference="HO/21/7", agreed_on=MARCH_8)
    terms.withdraw(TermsChange.objects.get(), by=house.finance, reason="Too much")
    change = terms.approve(proposed(house, amount_pence=13_100_000), by=house.second_finance)
    terms.agree(change, by=house.finance, funder_reference="HO/21/7", agreed_on=MARCH_8)
    main = house.grant.lines.get(is_main=True)
    assert (main.available, Grant.objects.get().amount_pence) == (100_000, 13_100_000)
    call_command("verify_ledger", stdout=StringIO())


def test_a_change_for_a_later_day_waits_for_the_night_of_that_day(house: make.House) -> None:
    change = terms.approve(proposed(house, on_cost="ni", on=date(2021, 3, 15)), by=house.second_finance)
    change = terms.agree(change, by=house.finance, funder_reference="HO/21/7", agreed_on=MARCH_8)
    assert change.status == "agreed" and Grant.objects.get().on_cost == "none"
    with clock.travel(make.at(date(2021, 3, 14), 23)):
        assert not terms.due_on(clock.today())
    with clock.travel(make.at(date(2021, 3, 15), 2)):
        call_command("nightly", stdout=StringIO())
    assert Grant.objects.get().on_cost == "ni" and TermsChange.objects.get().status == "in_force"


def test_one_change_at_a_time_and_none_that_is_impossible(house: make.House) -> None:
    for after in ({}, {"purpose": "Overtime"}, {"eligible_to": date(2021, 1, 1)}, {"amount_pence": 0}):
        with refused("G13"):
            proposed(house, **after)
    proposed(house, purpose="Overtime and analysis")
    with refused("G12"):
        proposed(house, purpose="Something else")


@pytest.mark.parametrize(
    "values",
    [
        {"claims_close_on": date(2021, 4, 10)},
        {"amount_pence": 1},
        {"purpose": "Holidays"},
        {"on_cost": "ni_levy"},
        {"cost_types": "lead"},
        {"eligible_to": date(2021, 4, 9), "claims_close_on": date(2021, 4, 9)},
    ],
)
def test_terms_that_no_change_in_force_says_are_refused_by_the_database(
    house: make.House, values: dict[str, Any]
) -> None:
    terms.approve(proposed(house, claims_close_on=date(2021, 4, 9)), by=house.second_finance)
    with pytest.raises(IntegrityError, match="terms of an open grant stand"), transaction.atomic():
        Grant.objects.update(**values)


def test_an_award_without_its_entry_does_not_commit(house: make.House) -> None:
    change = terms.approve(proposed(house, amount_pence=14_000_000), by=house.second_finance)
    TermsChange.objects.filter(pk=change.pk).update(
        status="in_force",
        in_force_at=clock.now(),
        agreed_by=house.finance,
        agreed_on=MARCH_8,
        funder_reference="HO/21/7",
    )
    with pytest.raises(IntegrityError, match="what the funder gave"), transaction.atomic():
        Grant.objects.update(amount_pence=14_000_000)
        transaction.get_connection().check_constraints()
