"""The deadline of 31 March 2021 rules everywhere: tasking, claiming, approving, and what is left over."""

from collections.abc import Callable
from datetime import date, timedelta
from io import StringIO
from threading import Thread

import pytest
from django.core.management import call_command
from django.db import connection

from claims import services as claims
from claims.management.commands.nightly import NIGHTLY_LOCK
from claims.models import Claim
from grants.models import LADDER, BudgetLine, LedgerEntry
from overtime_ledger import clock
from overtime_ledger.errors import Refusal
from tasking import services as tasking
from tasking.models import Assignment, Enquiry
from tasking.quotes import Plan
from tests import factories as make
from tests.factories import House

pytestmark = pytest.mark.django_db

LAST = date(2021, 3, 31)
AFTER = LAST + timedelta(days=1)


def refused(code: str, act: Callable[[], object]) -> None:
    """Assert that something is refused by a control."""
    with pytest.raises(Refusal) as refusal:
        act()
    assert refusal.value.code == code


def release_unclaimed() -> str:
    """What the command prints when it runs on the night after the deadline."""
    printed = StringIO()
    with clock.travel(make.at(AFTER, 2)):
        call_command("release_unclaimed", stdout=printed)
    return printed.getvalue()


def house_with_accruals_window() -> House:
    """A grant whose claims close nine days after its last day of duty."""
    house = make.house(opened=False)
    type(house.grant).objects.update(claims_close_on=date(2021, 4, 9))
    with clock.travel(make.at(make.START)):
        make.open_up(house)
    return house


def balances(line: BudgetLine) -> tuple[int, ...]:
    """available, tasked, claimed, approved, settled, in pence."""
    line.refresh_from_db()
    return tuple(getattr(line, stage) for stage in LADDER)


def past_midnight(house: House, enquiry: Enquiry) -> Assignment:
    """A constable on £41,130 tasked from 22:00 on the last day to 02:00."""
    with clock.travel(make.at(LAST, 9)):
        plan = Plan(
            enquiry=enquiry,
            duty_type="planned",
            starts_at=make.at(LAST, 22),
            ends_at=make.at(AFTER, 2),
            officers=[make.officer(house.lead)],
            reason="Observations",
        )
        return tasking.task(plan, by=house.di).assignments.get()


# Tasking


def test_a_duty_past_the_last_midnight_commits_its_price_up_to_midnight() -> None:
    house = make.house()
    duty = past_midnight(house, make.enquiry(house))
    # Two of the four hours: 8 quarters at 4/3 of £19.7109 an hour.
    assert duty.committed_pence == 5_256
    assert duty.duty_on == LAST


def test_no_duty_is_tasked_for_the_day_after() -> None:
    house = make.house()
    enquiry, officer = make.enquiry(house), make.officer(house.lead)
    refused("T02", lambda: make.assignment(house, enquiry, officer, day=AFTER, told_on=LAST))
    refused("T02", lambda: make.assignment(house, enquiry, officer, day=date(2021, 1, 31), told_on=LAST))


# Claiming and approving


def test_on_the_last_day_a_claim_is_submitted_certified_and_approved() -> None:
    house = make.house()
    enquiry = make.enquiry(house)
    duty = make.assignment(house, enquiry, make.officer(house.lead), day=LAST, hours=(6, 10))
    with clock.travel(make.at(LAST, 23, 59)):
        claim = claims.submit(claims.as_planned(duty), by=duty.officer)
        claim = claims.certify(claim, by=house.supervisor, revision=claim.revision, record="Duty record 1")
        claim = claims.approve(claim, by=house.di, revision=claim.revision)
    assert balances(enquiry.line) == (989_488, 0, 0, 10_512, 0)


def test_a_day_later_nothing_is_submitted() -> None:
    house = make.house()
    duty = make.assignment(house, make.enquiry(house), make.officer(house.lead), day=LAST)
    with clock.travel(make.at(AFTER, 0)):
        refused("C06", lambda: claims.submit(claims.as_planned(duty), by=duty.officer))
    assert not Claim.objects.exists()


def test_a_day_later_nothing_is_approved() -> None:
    house = make.house()
    duty = make.assignment(house, make.enquiry(house), make.officer(house.lead))
    claim = make.claim(house, duty, state="certified")
    with clock.travel(make.at(AFTER, 0)):
        refused("C06", lambda: claims.approve(claim, by=house.di, revision=claim.revision))
    claim.refresh_from_db()
    assert claim.status == Claim.Status.CERTIFIED


def test_a_day_later_no_more_time_is_granted() -> None:
    house = make.house()
    claim = asked_for_more(house, make.enquiry(house))
    with clock.travel(make.at(AFTER, 0)):
        refused("C06", lambda: claims.grant_more_time(claim, by=house.di, revision=claim.revision))


def test_inside_an_accruals_window_what_was_worked_past_midnight_is_still_not_paid() -> None:
    house = house_with_accruals_window()
    duty = past_midnight(house, make.enquiry(house))
    with clock.travel(make.at(AFTER, 8)):
        claim = claims.submit(claims.as_planned(duty), by=duty.officer)
    assert (claim.pence, claim.worked_minutes) == (5_256, 240)


# What is left over


def asked_for_more(house: House, enquiry: Enquiry) -> Claim:
    """A claim that waits as a draft, because an hour more was worked than authorised."""
    duty = make.assignment(house, enquiry, make.officer(house.lead), day=date(2021, 3, 29))
    statement = claims.as_planned(duty)
    longer = claims.Statement(**{**vars(statement), "ends_at": make.at(duty.duty_on, 21)})
    with clock.travel(make.at(date(2021, 3, 30), 9)):
        return claims.submit(longer, by=duty.officer, reason="Stayed on")


def returned(house: House, enquiry: Enquiry) -> Claim:
    """A claim that was sent back and not answered."""
    duty = make.assignment(house, enquiry, make.officer(house.lead), day=date(2021, 3, 28))
    claim = make.claim(house, duty)
    with clock.travel(make.at(date(2021, 3, 30), 9)):
        return claims.return_claim(
            claim, by=house.supervisor, revision=claim.revision, reason_code="times", reason="Which end?"
        )


def test_what_was_never_claimed_or_never_submitted_returns_to_its_enquiry() -> None:
    house = make.house()
    enquiry = make.enquiry(house)
    unclaimed = make.assignment(house, enquiry, make.officer(house.lead), day=LAST)
    draft, sent_back = asked_for_more(house, enquiry), returned(house, enquiry)
    waiting = make.claim(house, make.assignment(house, enquiry, make.officer(house.lead)), state="certified")
    assert balances(enquiry.line) == (957_952, 31_536, 10_512, 0, 0)

    printed = release_unclaimed()

    assert "2 × claim lapsed, £210.24" in printed and "1 × duty released, £105.12" in printed
    assert balances(enquiry.line) == (989_488, 0, 10_512, 0, 0)
    ended = Assignment.objects.filter(pk__in=[unclaimed.pk, draft.assignment_id, sent_back.assignment_id])
    assert {one.status for one in ended} == {Assignment.Status.RELEASED}
    assert {claim.status for claim in Claim.objects.exclude(pk=waiting.pk)} == {Claim.Status.WITHDRAWN}
    last = LedgerEntry.objects.filter(kind=LedgerEntry.Kind.RELEASE).latest("number")
    assert (last.recorded_by.username, last.posted_on) == ("ledger", AFTER)
    call_command("verify_ledger", stdout=StringIO())


def test_a_second_run_finds_nothing() -> None:
    house = make.house()
    make.assignment(house, make.enquiry(house), make.officer(house.lead), day=LAST)
    release_unclaimed()
    entries = LedgerEntry.objects.count()
    assert "no claim lapsed, no duty released" in release_unclaimed()
    assert LedgerEntry.objects.count() == entries


def test_before_the_window_is_over_nothing_is_released() -> None:
    house = make.house()
    make.assignment(house, make.enquiry(house), make.officer(house.lead), day=date(2021, 2, 10))
    with clock.travel(make.at(LAST, 23, 59)):
        call_command("release_unclaimed", stdout=StringIO())
    assert Assignment.objects.get().status == Assignment.Status.TASKED


def test_in_an_accruals_window_duties_are_released_and_claims_may_still_be_answered() -> None:
    house = house_with_accruals_window()
    enquiry = make.enquiry(house)
    unclaimed = make.assignment(house, enquiry, make.officer(house.lead), day=LAST)
    sent_back = returned(house, enquiry)
    release_unclaimed()
    unclaimed.refresh_from_db()
    sent_back.refresh_from_db()
    assert unclaimed.status == Assignment.Status.RELEASED
    assert sent_back.status == Claim.Status.RETURNED


@pytest.mark.django_db(transaction=True)
def test_two_runs_at_once_release_each_duty_once() -> None:
    house = make.house()
    enquiry = make.enquiry(house)
    for day in range(20, 26):
        make.assignment(house, enquiry, make.officer(house.lead), day=date(2021, 3, day))
    asked_for_more(house, enquiry)
    returned(house, enquiry)
    problems: list[BaseException] = []

    def run() -> None:
        try:
            release_unclaimed()
        except BaseException as problem:
            problems.append(problem)
        finally:
            connection.close()

    runs = [Thread(target=run) for _ in range(2)]
    for one in runs:
        one.start()
    for one in runs:
        one.join(30)
    assert not problems
    assert balances(enquiry.line) == (1_000_000, 0, 0, 0, 0)
    assert LedgerEntry.objects.filter(kind=LedgerEntry.Kind.RELEASE).count() == 8


def nightly(day: date) -> str:
    """What the nightly command prints when it runs after midnight of a day."""
    printed = StringIO()
    with clock.travel(make.at(day, 2)):
        call_command("nightly", stdout=printed)
    return printed.getvalue()


def test_every_night_duties_are_released_that_nobody_claimed_in_the_days_the_grant_allows() -> None:
    house = make.house()
    enquiry = make.enquiry(house)
    old = make.assignment(house, enquiry, make.officer(house.lead), day=date(2021, 2, 10))
    recent = make.assignment(house, enquiry, make.officer(house.lead), day=date(2021, 2, 11))
    claimed = make.claim(house, make.assignment(house, enquiry, make.officer(house.lead)))
    assert "no overdue duty released" in nightly(date(2021, 2, 15))
    assert "1 × overdue duty released, £105.12" in nightly(date(2021, 2, 16))
    assert "no overdue duty released" in nightly(date(2021, 2, 16))
    old.refresh_from_db()
    recent.refresh_from_db()
    assert (old.status, recent.status, claimed.assignment.tasking.status) == ("released", "tasked", "issued")
    assert old.tasking.events.latest("id").reason == "Not claimed within 5 days of the duty"
    assert balances(enquiry.line) == (978_976, 10_512, 10_512, 0, 0)


def test_after_the_window_the_nightly_run_releases_all_that_was_never_claimed() -> None:
    house = make.house()
    make.assignment(house, make.enquiry(house), make.officer(house.lead), day=LAST)
    assert "1 × duty released, £105.12" in nightly(AFTER)


@pytest.mark.django_db(transaction=True)
def test_one_nightly_run_at_a_time() -> None:
    house = make.house()
    enquiry = make.enquiry(house)
    make.assignment(house, enquiry, make.officer(house.lead), day=date(2021, 2, 10))
    elsewhere = connection.copy()
    try:
        with elsewhere.cursor() as cursor:
            cursor.execute("select pg_advisory_lock(%s)", [NIGHTLY_LOCK])
        assert "Another nightly run is at work" in nightly(date(2021, 3, 1))
        with elsewhere.cursor() as cursor:
            cursor.execute("select pg_advisory_unlock(%s)", [NIGHTLY_LOCK])
    finally:
        elsewhere.close()
    assert balances(enquiry.line) == (989_488, 10_512, 0, 0, 0)
    assert "1 × overdue duty released" in nightly(date(2021, 3, 1))
