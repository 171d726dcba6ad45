"""What waits for whom, and the agencies' shares of the ladder, now and on a past day."""

from dataclasses import replace
from datetime import date

import pytest

from claims import selectors
from claims import services as claims
from grants import services as grants
from overtime_ledger import clock
from tasking import services as taskings
from tests import factories as make

pytestmark = pytest.mark.django_db


def test_a_duty_wanders_from_the_officer_to_the_supervisor_to_the_di_to_finance() -> None:
    house = make.house()
    constable = make.officer(house.lead)
    duty = make.assignment(house, make.enquiry(house), constable)
    assert list(selectors.duties_to_claim(constable)) == [duty]
    claim = make.claim(house, duty)
    assert not selectors.duties_to_claim(constable)
    assert list(selectors.my_claims(constable)) == [claim]
    assert list(selectors.to_certify(house.supervisor)) == [claim]
    assert not selectors.to_certify(house.other_supervisor)
    claim = claims.certify(claim, by=house.supervisor, revision=claim.revision, record="Duty record 1")
    clean, flagged = selectors.to_approve(house.grant)
    assert (list(clean) + list(flagged)) == [claim]
    assert list(selectors.clean_for(house.di) | selectors.flagged_for(house.di)) == [claim]
    claims.approve(claim, by=house.di, revision=claim.revision, reason="Checked")
    (due,) = selectors.to_settle(house.grant)
    assert (due.agency, due.count, due.pence) == (house.lead, 1, claim.pence)


def test_one_decides_on_nothing_that_one_certified_oneself() -> None:
    house = make.house()
    deputy = make.person("deputy", "supervisor", agency=house.lead)
    with clock.travel(make.at(date(2021, 2, 8))):
        grants.delegate(house.grant, deputy, by=house.di, from_on=date(2021, 2, 8), to_on=date(2021, 3, 31))
    duty = make.assignment(house, make.enquiry(house), make.officer(house.lead))
    with clock.travel(make.at(date(2021, 3, 4))):  # late, so that a control asks about it
        claim = claims.submit(claims.as_planned(duty), by=duty.officer)
    claims.certify(claim, by=deputy, revision=claim.revision, record="Duty record 1")
    for waiting in (selectors.flagged_for, lambda user: selectors.to_decide(user, house.grant)):
        assert list(waiting(house.di)) == [claim]
        assert not waiting(deputy)


def test_a_duty_that_is_not_over_waits_for_nobody() -> None:
    house = make.house()
    constable = make.officer(house.lead)
    duty = make.assignment(
        house, make.enquiry(house), constable, day=date(2021, 3, 20), told_on=date(2021, 3, 5)
    )
    assert not selectors.duties_to_claim(constable)
    assert list(selectors.duties_to_come(constable)) == [duty]


def test_a_returned_claim_waits_for_its_claimant_and_the_clerk_of_the_agency() -> None:
    house = make.house()
    make.agree(house)
    officer = make.officer(house.other)
    claim = make.claim(house, make.assignment(house, make.enquiry(house), officer))
    claims.return_claim(
        claim, by=house.other_supervisor, revision=claim.revision, reason_code="times", reason="Which end?"
    )
    assert list(selectors.to_answer(officer)) == list(selectors.to_answer(house.clerk)) == [claim]
    assert not selectors.to_answer(house.supervisor)


def test_the_shares_of_agencies_are_the_same_from_balances_and_from_entries() -> None:
    house = make.house()
    make.agree(house)
    enquiry = make.enquiry(house)
    ours, theirs = make.officer(house.lead), make.officer(house.other)
    make.claim(house, make.assignment(house, enquiry, ours), state="approved")
    make.claim(house, make.assignment(house, enquiry, theirs), state="certified")
    make.assignment(house, enquiry, theirs, day=date(2021, 2, 17))
    returned = make.claim(house, make.assignment(house, enquiry, ours, day=date(2021, 2, 20)))
    with clock.travel(make.at(date(2021, 2, 22))):
        claims.return_claim(
            returned, by=house.di, revision=returned.revision, reason_code="times", reason="Which end?"
        )
    now = selectors.by_agency(house.grant)
    assert [(row.agency.code, row.tasked > 0, row.claimed > 0, row.approved > 0) for row in now] == [
        ("BTP", True, True, False),
        ("MPS", True, False, True),
    ]
    with clock.travel(make.at(date(2021, 3, 20))):
        assert selectors.by_agency(house.grant, as_at=date(2021, 3, 19)) == now
    assert selectors.worked_minutes(house.grant) == (4 * 240, sum(row.pence for row in now))


def test_the_past_is_as_it_was_then() -> None:
    house = make.house()
    constable = make.officer(house.lead)
    duty = make.assignment(house, make.enquiry(house), constable)
    statement = claims.as_planned(duty)
    shorter = claims.Statement(**{**vars(statement), "ends_at": make.at(duty.duty_on, 19)})
    with clock.travel(make.at(date(2021, 2, 12))):
        claim = claims.submit(shorter, by=constable)
    tasked, claimed = (
        selectors.by_agency(house.grant, as_at=day)[0] for day in (date(2021, 2, 9), date(2021, 2, 12))
    )
    assert (tasked.tasked, tasked.claimed, tasked.minutes) == (10_512, 0, 240)
    assert (claimed.tasked, claimed.claimed, claimed.minutes) == (0, claim.pence, 180)
    assert selectors.by_agency(house.grant, as_at=date(2021, 2, 1)) == []


def test_shortening_a_duty_today_leaves_the_hours_of_past_days_alone() -> None:
    house = make.house()
    duty = make.assignment(house, make.enquiry(house), make.officer(house.lead), day=date(2021, 3, 12))
    with clock.travel(make.at(date(2021, 3, 12), 18)):
        taskings.shorten(
            duty.tasking, by=house.di, ends_at=make.at(duty.duty_on, 19), reason="The subject left"
        )
    with clock.travel(make.at(date(2021, 3, 13))):
        before, after = (
            selectors.worked_minutes(house.grant, as_at=day) for day in (date(2021, 3, 11), date(2021, 3, 12))
        )
    assert (before, after) == ((240, 10_512), (180, 7_884))


def test_granting_more_time_leaves_the_hours_of_past_days_alone_and_is_told_on_the_tasking() -> None:
    house = make.house()
    duty = make.assignment(house, make.enquiry(house), make.officer(house.lead))
    longer = replace(claims.as_planned(duty), ends_at=make.at(duty.duty_on, 22))
    with clock.travel(make.at(date(2021, 2, 12))):
        claim = claims.submit(longer, by=duty.officer, reason="The subject stayed")
    with clock.travel(make.at(date(2021, 2, 15))):
        claim = claims.grant_more_time(claim, by=house.di, revision=claim.revision, reason="Needed")
    asked, granted = (
        selectors.worked_minutes(house.grant, as_at=day) for day in (date(2021, 2, 12), date(2021, 2, 15))
    )
    assert (asked, granted) == ((240, 10_512), (360, claim.pence))
    told = duty.tasking.events.get(verb="extended")
    assert (told.by, told.pence, told.reason) == (house.di, claim.pence - 10_512, "Needed")
