"""Verbs on a grant: gates, opening, authority, allocation."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction

from grants import ledger, services
from grants.models import Authority, Gate, Grant, LedgerEntry
from overtime_ledger import clock
from overtime_ledger.accounts import two_people
from overtime_ledger.errors import Refusal
from tests import factories as make

pytestmark = pytest.mark.django_db


def refused(code: str) -> pytest.RaisesExc[Refusal]:
    return pytest.raises(Refusal, match=f"^{code}: ")


def test_a_grant_starts_as_a_draft_with_every_gate_missing() -> None:
    house = make.house(opened=False)
    assert house.grant.status == Grant.Status.DRAFT
    assert [gate.state for gate in house.grant.gates.all()] == ["missing"] * len(Gate.Kind)
    assert house.grant.lines.get().allocated == 0


def test_a_grant_does_not_open_while_a_gate_is_missing_and_says_which() -> None:
    house = make.house(opened=False)
    for gate in house.grant.gates.exclude(kind=Gate.Kind.CFO):
        services.record_gate(gate, by=house.finance, happened_on=date(2021, 2, 1), evidence="On file")
        two_people.confirm(gate, by=house.second_finance)
    with refused("T01") as refusal:
        services.open_grant(house.grant, by=house.finance)
    assert "Chief Finance Officer" in refusal.value.reason
    assert house.grant.lines.get().available == 0


def test_a_gate_takes_two_people() -> None:
    house = make.house(opened=False)
    gate = house.grant.gates.get(kind=Gate.Kind.LEGAL)
    with refused("G04"):
        two_people.confirm(gate, by=house.second_finance)
    services.record_gate(gate, by=house.finance, happened_on=date(2021, 2, 1), evidence="On file")
    with refused("G01"):
        two_people.confirm(gate, by=house.finance)
    two_people.confirm(gate, by=house.second_finance)
    with refused("G02"):
        services.record_gate(gate, by=house.finance, happened_on=date(2021, 2, 2), evidence="Another")


def test_only_finance_works_the_gates() -> None:
    house = make.house(opened=False)
    gate = house.grant.gates.get(kind=Gate.Kind.LEGAL)
    with refused("P01"):
        services.record_gate(gate, by=house.di, happened_on=date(2021, 2, 1), evidence="On file")
    with refused("P01"):
        services.open_grant(house.grant, by=house.auditor)


def test_opening_awards_the_amount_once() -> None:
    house = make.house()
    assert house.grant.lines.get().available == 13_500_000
    with refused("G05"):
        services.open_grant(house.grant, by=house.finance)


def test_two_people_confirm_agreements_and_rates() -> None:
    house = make.house()
    agreement = make.agree(house)
    with refused("G02"):
        two_people.confirm(agreement, by=house.finance)
    rate = services.record_rate(
        agreement,
        by=house.finance,
        grade="inspector",
        duty_type="planned",
        hourly_pence=3000,
        multiplier="4/3",
        valid_from=date(2021, 2, 1),
        valid_to=date(2021, 3, 31),
        source="Letter",
    )
    with refused("G01"):
        two_people.confirm(rate, by=house.finance)


def test_finance_records_agreements_and_rates_and_only_valid_ones() -> None:
    house = make.house(opened=False)
    terms = {"reference": "BTP/1", "charging_basis": "Agreed rates", "signed_on": date(2021, 2, 1)}
    with refused("P01"):
        services.record_agreement(house.grant, by=house.di, agency=house.other, maximum_pence=100, **terms)
    with pytest.raises(ValidationError):
        services.record_agreement(house.grant, by=house.finance, agency=house.other, maximum_pence=0, **terms)
    agreement = services.record_agreement(
        house.grant, by=house.finance, agency=house.other, maximum_pence=100, **terms
    )
    assert (agreement.recorded_by, agreement.confirmed_by) == (house.finance, None)
    line = {"grade": "constable", "duty_type": "planned", "hourly_pence": 2000, "source": "Letter"}
    dates = {"valid_from": date(2021, 2, 1), "valid_to": date(2021, 3, 31)}
    with refused("P01"):
        services.record_rate(agreement, by=house.auditor, multiplier="4/3", **line, **dates)
    with pytest.raises(ValidationError):
        services.record_rate(agreement, by=house.finance, multiplier="1.33", **line, **dates)


def test_the_controlling_di_allocates_and_takes_back() -> None:
    house = make.house()
    opened = make.enquiry(house, pence=50_000)
    main = house.grant.lines.get(is_main=True)
    assert (main.available, opened.line.available) == (13_450_000, 50_000)
    services.move(opened.line, main, 20_000, by=house.di, reason="Less is needed", token="b")
    main.refresh_from_db()
    opened.line.refresh_from_db()
    assert (main.available, opened.line.available) == (13_470_000, 30_000)


def test_money_does_not_move_twice_by_the_same_press() -> None:
    house = make.house()
    first, second = make.enquiry(house), make.enquiry(house, pence=0)
    services.move(first.line, second.line, 10_000, by=house.di, reason="Urgent", token="press")
    with refused("L01"):
        services.move(first.line, second.line, 10_000, by=house.di, reason="Urgent", token="press")


def test_l02_closed_books_take_nothing_new() -> None:
    house = make.house()
    line = make.enquiry(house).line
    posted = LedgerEntry.objects.count()
    day = date(2021, 3, 10)
    with clock.travel(make.at(date(2021, 5, 1))), refused("L02"), transaction.atomic():
        ledger.post(ledger.Kind.TASKING, line, 10_000, effective_on=day, reference="late", by=house.di)
    line.refresh_from_db()
    assert (line.available, line.tasked, LedgerEntry.objects.count()) == (1_000_000, 0, posted)


@pytest.mark.parametrize("reason", ["", "  "])
def test_a_move_needs_a_reason(reason: str) -> None:
    house = make.house()
    first, second = make.enquiry(house), make.enquiry(house, pence=0)
    with refused("G10"):
        services.move(first.line, second.line, 10_000, by=house.di, reason=reason, token="x")


def test_no_more_moves_than_is_available() -> None:
    house = make.house()
    first, second = make.enquiry(house, pence=10_000), make.enquiry(house, pence=0)
    with refused("A04"):
        services.move(first.line, second.line, 10_001, by=house.di, reason="Urgent", token="x")
    with refused("G09"):
        services.move(first.line, first.line, 1, by=house.di, reason="Urgent", token="y")


def test_who_does_not_control_the_grant_moves_nothing() -> None:
    house = make.house()
    first, second = make.enquiry(house), make.enquiry(house, pence=0)
    for outsider in (house.finance, house.deputy, house.auditor, house.supervisor):
        with refused("A02"):
            services.move(first.line, second.line, 100, by=outsider, reason="Urgent", token="x")


def test_a_deputy_acts_between_the_dates_and_up_to_the_limit() -> None:
    house = make.house()
    first, second = make.enquiry(house), make.enquiry(house, pence=0)
    first_day = clock.today()
    services.delegate(
        house.grant,
        house.deputy,
        by=house.di,
        from_on=first_day,
        to_on=first_day + timedelta(days=6),
        limit_pence=50_000,
    )
    services.move(first.line, second.line, 50_000, by=house.deputy, reason="Urgent", token="a")
    with refused("A02"):
        services.move(first.line, second.line, 50_001, by=house.deputy, reason="Urgent", token="b")
    with clock.travel(make.at(first_day + timedelta(days=7))), refused("A02"):
        services.move(first.line, second.line, 100, by=house.deputy, reason="Urgent", token="c")


def test_only_the_controlling_di_delegates_and_ends_a_delegation() -> None:
    house = make.house()
    dates = {"from_on": clock.today(), "to_on": clock.today() + timedelta(days=6)}
    with refused("A02"):
        services.delegate(house.grant, house.deputy, by=house.finance, **dates)
    with refused("G07"):
        services.delegate(house.grant, house.di, by=house.di, **dates)
    delegation = services.delegate(house.grant, house.deputy, by=house.di, **dates)
    with refused("A02"):
        services.end_delegation(delegation, by=house.deputy)
    services.end_delegation(delegation, by=house.di)
    with clock.travel(make.at(clock.today() + timedelta(days=1))):
        assert not Authority.objects.in_force_for(house.deputy).exists()


def test_a_new_controlling_di_relieves_the_one_before() -> None:
    house = make.house()
    successor = make.person("controlling_di", agency=house.lead)
    services.appoint_controller(house.grant, successor, by=house.finance, from_on=date(2021, 3, 1))
    with clock.travel(make.at(date(2021, 2, 28))):
        assert services.require_authority(house.grant, by=house.di)
    with clock.travel(make.at(date(2021, 3, 1))):
        assert services.require_authority(house.grant, by=successor).capacity == "controlling DI"
        with refused("A02"):
            services.require_authority(house.grant, by=house.di)


def test_a_delegation_that_has_not_begun_is_taken_back_whole() -> None:
    house = make.house()
    tomorrow = clock.today() + timedelta(days=1)
    delegation = services.delegate(house.grant, house.deputy, by=house.di, from_on=tomorrow, to_on=tomorrow)
    services.end_delegation(delegation, by=house.di)
    with clock.travel(make.at(tomorrow)), refused("A02"):
        services.require_authority(house.grant, by=house.deputy)


def test_who_lost_the_role_lost_the_authority() -> None:
    house = make.house()
    house.di.groups.clear()
    stripped = type(house.di).objects.get(pk=house.di.pk)
    with refused("A02"):
        services.require_authority(house.grant, by=stripped)
