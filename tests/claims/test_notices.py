"""What the night tells about a grant: days that come near, how much is committed, what it released."""

from datetime import date, timedelta
from io import StringIO

import pytest
from django.core.management import call_command

from claims import services
from claims.services.notices import write_notices
from grants.models import Grant
from overtime_ledger import clock
from overtime_ledger.accounts.models import User
from overtime_ledger.post.models import Message
from overtime_ledger.post.services import Kind
from tasking.models import Enquiry
from tests import factories as make

pytestmark = pytest.mark.django_db
LAST, BOOKS = date(2021, 3, 31), date(2021, 4, 30)
TEN_DUTIES = 105_120  # four hours of a constable cost £105.12


@pytest.fixture
def house() -> make.House:
    return reachable(make.house(amount_pence=TEN_DUTIES))


@pytest.fixture
def enquiry(house: make.House) -> Enquiry:
    return make.enquiry(house, pence=TEN_DUTIES)


def reachable(house: make.House) -> make.House:
    """The house, with e-mail addresses for everybody."""
    User.objects.update(email="somebody@example.police.uk")
    return house


def tonight(grant: Grant, day: date) -> None:
    with clock.travel(make.at(day, 2)):
        write_notices(grant)


def told(kind: Kind, to: User) -> list[str]:
    """The subjects of somebody's messages of a kind, without the marking."""
    subjects = Message.objects.filter(kind=kind, to=to).order_by("pk").values_list("subject", flat=True)
    return [subject.rpartition("]: ")[2] for subject in subjects]


def people(kind: Kind) -> set[User]:
    return {row.to for row in Message.objects.filter(kind=kind).select_related("to")}


# Days that come near


def test_a_day_that_comes_near_is_told_28_14_7_3_and_1_days_before_once_each(house: make.House) -> None:
    told_on = []
    for left in range(29, -1, -1):
        before = len(told(Kind.DEADLINE, house.di))
        tonight(house.grant, BOOKS - timedelta(days=left))
        tonight(house.grant, BOOKS - timedelta(days=left))
        told_on += [left] * (len(told(Kind.DEADLINE, house.di)) - before)
    assert told_on == [28, 14, 7, 3, 1]
    books = Message.objects.filter(body__contains="Books close on 30 April 2021", to=house.di)
    said = [row.subject.rpartition("]: ")[2] for row in books.order_by("pk")]
    assert said == ["28 days left", "14 days left", "7 days left", "3 days left", "1 day left"]


def test_days_that_fall_together_are_one_message(house: make.House) -> None:
    tonight(house.grant, LAST - timedelta(days=14))
    assert told(Kind.DEADLINE, house.di) == ["14 days left"]
    body = Message.objects.get(kind=Kind.DEADLINE, to=house.di).body
    assert body.endswith(
        "Duties are eligible until 31 March 2021: 14 days left.\nClaims close on 31 March 2021: 14 days left."
    )


def test_a_missed_night_is_made_up_with_the_days_that_are_left(house: make.House) -> None:
    tonight(house.grant, LAST - timedelta(days=6))
    tonight(house.grant, LAST - timedelta(days=5))
    assert told(Kind.DEADLINE, house.di) == ["6 days left"]


def test_a_deadline_is_for_those_in_charge_and_officers_who_have_something_to_claim(
    house: make.House, enquiry: Enquiry
) -> None:
    worked, sent_back, done = (make.officer(house.lead) for _ in range(3))
    make.assignment(house, enquiry, worked, day=date(2021, 3, 15))
    claim = make.claim(house, make.assignment(house, enquiry, sent_back))
    said = {"reason_code": "times", "reason": "Which end?"}
    services.return_claim(claim, by=house.supervisor, revision=claim.revision, **said)
    make.claim(house, make.assignment(house, enquiry, done))
    reachable(house)
    tonight(house.grant, LAST - timedelta(days=14))
    in_charge = {house.di, house.finance, house.second_finance}
    assert people(Kind.DEADLINE) == {*in_charge, worked, sent_back}
    mine = Message.objects.get(kind=Kind.DEADLINE, to=worked)
    assert mine.body.endswith("\n\nWaiting for you until then:\n- 1 duty to claim") and mine.path == "/"
    tonight(house.grant, BOOKS - timedelta(days=7))
    books = Message.objects.filter(body__contains="Books close")
    assert {row.to for row in books.select_related("to")} == in_charge


def test_a_grant_that_has_time_tells_nothing(house: make.House) -> None:
    tonight(house.grant, LAST - timedelta(days=29))
    tonight(house.grant, BOOKS + timedelta(days=1))
    assert not Message.objects.exists()


# The pot


def test_the_pot_is_told_at_75_90_and_100_percent_once_each(house: make.House, enquiry: Enquiry) -> None:
    said = []
    for day in range(1, 11):
        make.assignment(house, enquiry, make.officer(house.lead), day=date(2021, 2, 1 + day))
        for _ in range(2):
            tonight(house.grant, date(2021, 2, 20))
        said.append(len(told(Kind.POT, house.di)))
    assert said == [0, 0, 0, 0, 0, 0, 0, 1, 2, 3]
    assert (
        told(Kind.POT, house.di)
        == told(Kind.POT, house.finance)
        == [f"{percent}% of the award is committed" for percent in (75, 90, 100)]
    )
    assert people(Kind.POT) == {house.di, house.finance, house.second_finance}


def test_a_lower_threshold_is_not_told_after_a_higher_one(house: make.House, enquiry: Enquiry) -> None:
    for day in range(1, 10):
        make.assignment(house, enquiry, make.officer(house.lead), day=date(2021, 2, 1 + day))
    tonight(house.grant, date(2021, 2, 20))
    assert told(Kind.POT, house.di) == ["90% of the award is committed"]
    with clock.travel(make.at(date(2021, 2, 16), 2)):
        call_command("nightly", stdout=StringIO())  # releases what is five days old
    tonight(house.grant, date(2021, 2, 21))
    assert told(Kind.POT, house.di) == ["90% of the award is committed"]


# What was released


def test_the_di_is_told_what_the_night_released_and_nobody_else(house: make.House, enquiry: Enquiry) -> None:
    make.assignment(house, enquiry, make.officer(house.lead), day=date(2021, 2, 10))
    make.assignment(house, enquiry, make.officer(house.lead), day=date(2021, 2, 11))
    for hour in (2, 3):
        for day in (15, 16, 17, 18):
            with clock.travel(make.at(date(2021, 2, day), hour)):
                call_command("nightly", stdout=StringIO())
    assert told(Kind.RELEASED, house.di) == ["1 duty was released today", "1 duty was released today"]
    assert people(Kind.RELEASED) == {house.di}


def test_a_night_that_was_cut_off_after_releasing_is_told_by_the_next_run(
    house: make.House, enquiry: Enquiry, monkeypatch: pytest.MonkeyPatch
) -> None:
    make.assignment(house, enquiry, make.officer(house.lead), day=date(2021, 2, 10))
    with clock.travel(make.at(date(2021, 2, 16), 2)):
        with monkeypatch.context() as broken:
            broken.setattr("claims.management.commands.nightly.write_notices", lambda grant: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                call_command("nightly", stdout=StringIO())
        assert told(Kind.RELEASED, house.di) == []
        call_command("nightly", stdout=StringIO())
    assert told(Kind.RELEASED, house.di) == ["1 duty was released today"]
