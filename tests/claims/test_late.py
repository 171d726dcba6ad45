"""The late list: what is claimed after its time, only by a named exception of finance."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction

from claims import selectors, services
from claims.models import LateClaim
from claims.services import late
from grants import services as grants
from overtime_ledger import clock
from overtime_ledger.errors import Refusal
from tasking.models import Assignment, Enquiry
from tests import factories as make

pytestmark = pytest.mark.django_db
APRIL_2, APRIL_9, APRIL_10 = date(2021, 4, 2), date(2021, 4, 9), date(2021, 4, 10)


@contextmanager
def refused(code: str) -> Iterator[None]:
    with pytest.raises(Refusal) as refusal:
        yield
    assert refusal.value.code == code


@pytest.fixture
def house() -> make.House:
    return make.house()


@pytest.fixture
def enquiry(house: make.House) -> Enquiry:
    return make.enquiry(house)


@pytest.fixture
def released(house: make.House, enquiry: Enquiry) -> Assignment:
    """A duty of 30 March that nobody claimed; the night of 1 April gave its money back."""
    duty = make.assignment(house, enquiry, make.officer(house.lead), day=date(2021, 3, 30))
    with clock.travel(make.at(date(2021, 4, 1), 2)):
        call_command("nightly", stdout=StringIO())
    duty.refresh_from_db()
    return duty


def stages(enquiry: Enquiry) -> tuple[int, ...]:
    enquiry.line.refresh_from_db()
    line = enquiry.line
    return (line.available, line.tasked, line.claimed, line.approved, line.settled)


def asked(duty: Assignment) -> LateClaim:
    return late.ask_for_exception(duty, by=duty.officer, reason="In hospital from 30 March")


def test_a_late_duty_is_claimed_and_approved_by_a_named_exception(
    house: make.House, enquiry: Enquiry, released: Assignment
) -> None:
    with clock.travel(make.at(APRIL_2)):
        with refused("C02"):
            services.submit(services.as_planned(released), by=released.officer)
        listed = asked(released)
        with refused("C16"):
            asked(released)
        with refused("P01"):
            late.grant_exception(listed, by=house.di, until=APRIL_9, answer="Agreed")
        with refused("C16"):
            late.grant_exception(listed, by=house.finance, until=date(2021, 5, 1), answer="Agreed")
        late.grant_exception(listed, by=house.finance, until=APRIL_9, answer="Agreed: in hospital")
        assert stages(enquiry) == (989_488, 10_512, 0, 0, 0)
        assert list(selectors.duties_to_claim(released.officer)) == [released]
        claim = services.submit(services.as_planned(released), by=released.officer)
        claim = services.certify(claim, by=house.supervisor, revision=claim.revision, record="Duty record 1")
    with clock.travel(make.at(APRIL_10)), refused("C06"):
        services.approve(claim, by=house.di, revision=claim.revision)
    with clock.travel(make.at(APRIL_9)):
        services.approve(claim, by=house.di, revision=claim.revision, reason="Late by exception")
    assert stages(enquiry) == (989_488, 0, 0, 10_512, 0)
    call_command("verify_ledger", stdout=StringIO())


def test_the_night_leaves_an_exception_alone_until_its_day_is_over(
    house: make.House, enquiry: Enquiry, released: Assignment
) -> None:
    with clock.travel(make.at(APRIL_2)):
        late.grant_exception(asked(released), by=house.finance, until=APRIL_9, answer="Agreed")
    for day, tasked in ((APRIL_9, 10_512), (APRIL_10, 0)):
        with clock.travel(make.at(day, 2)):
            call_command("nightly", stdout=StringIO())
        assert stages(enquiry)[1] == tasked


def test_a_refused_exception_commits_nothing(
    house: make.House, enquiry: Enquiry, released: Assignment
) -> None:
    with clock.travel(make.at(APRIL_2)):
        listed = asked(released)
        with refused("A08"):
            late.refuse_exception(listed, by=house.finance, answer=" ")
        late.refuse_exception(listed, by=house.finance, answer="No reason given before")
        with refused("C16"):
            late.grant_exception(listed, by=house.finance, until=APRIL_9, answer="After all")
    assert stages(enquiry) == (1_000_000, 0, 0, 0, 0)


def test_the_money_must_be_there_again(house: make.House, enquiry: Enquiry, released: Assignment) -> None:
    with clock.travel(make.at(APRIL_2)):
        main = house.grant.lines.get(is_main=True)
        grants.move(enquiry.line, main, 999_000, by=house.di, reason="Not needed", token="back")
        with refused("T03"):
            late.grant_exception(asked(released), by=house.finance, until=APRIL_9, answer="Agreed")


def test_who_is_not_named_and_what_is_not_late_is_not_on_the_list(
    house: make.House, enquiry: Enquiry, released: Assignment
) -> None:
    with clock.travel(make.at(APRIL_2)), refused("C01"):
        late.ask_for_exception(released, by=make.officer(house.lead), reason="Mine too")
    duty = make.assignment(house, enquiry, make.officer(house.lead), day=date(2021, 3, 10))
    with clock.travel(make.at(date(2021, 3, 11))), refused("C16"):
        asked(duty)


def test_the_database_opens_no_duty_again_without_an_exception(released: Assignment) -> None:
    row = Assignment.objects.filter(pk=released.pk)
    with pytest.raises(IntegrityError, match="does not come back"), transaction.atomic():
        row.update(status="tasked")
    with pytest.raises(IntegrityError, match="no exception was granted"), transaction.atomic():
        row.update(status="tasked", claim_until=APRIL_9)
        connection.check_constraints()
