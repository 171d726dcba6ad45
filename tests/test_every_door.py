"""Every code that refuses, met through the doors at which it can arise, and nothing changed afterwards.

Three doors: a page of the browser, a page of the administration, and what is done to several rows at once
in either. Each function below is one attempt: it brings about what stands against it by the services, as in
life, and says who sends what where. What is sent is whole, so that only the control can refuse it: its code
is put on record, the answer is 422, and claims, duties, money, ledger, timelines and terms are as before.
"""

import pickle
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from claims import services as claims
from claims.models import BulkApproval, Claim, Dispute, Event, Evidence, Freeze, Interest, LateClaim, MoreTime
from claims.services import late, parts, safeguards, together
from grants import services as grants
from grants import terms
from grants.models import LADDER, Authority, BudgetLine, Gate, Grant, LedgerEntry, OnCostRate, TermsChange
from grants.terms_forms import standing
from overtime_ledger import clock
from overtime_ledger.accounts import two_people
from overtime_ledger.accounts.models import PayTable, User
from overtime_ledger.audit.models import ControlSpoke
from overtime_ledger.controls import CONTROLS
from tasking import services as tasking
from tasking.forms.duties import as_typed
from tasking.models import Assignment, Enquiry, RosteredTour, TaskingEvent, TimeOwed
from tasking.quotes import Plan
from tests import factories as make
from tests.databases import OwnDatabases
from tests.factories import at
from tests.scene import FEB_1, Scene, another_grant

TODAY = date(2021, 3, 8)
WEDNESDAY = date(2021, 3, 17)
WHY = "Because it is so"
CONFIRMED = {"confirmed": "yes"}


@dataclass(frozen=True)
class Attempt:
    """Who sends what where, and on which day if not today."""

    who: User
    where: str
    sent: dict[str, Any] = field(default_factory=dict)
    on: date | None = None


Tried = Callable[[Scene], Attempt]
ATTEMPTS: list[tuple[str, str, Tried]] = []


def at_the(door: str, *codes: str) -> Callable[[Tried], Tried]:
    """An attempt at a door, and the codes that it meets."""

    def listed(attempt: Tried) -> Tried:
        ATTEMPTS.extend((code, door, attempt) for code in codes)
        return attempt

    return listed


BROWSER, ADMIN, BULK = "browser", "administration", "bulk"

# Codes that no whole press can meet, and why. They are met below the doors: see docs/controls.md.
NOT_MET = {
    "T09": "the form of a tasking asks why it was not tasked beforehand",
    "T12": "the form of a tasking offers open enquiries only",
    "T13": "the form of an enquiry asks for its subjects",
    "T15": "the form of a tasking asks for its officers",
    "T16": "the form asks for an end that is earlier",
    "C01": "whoever is not named on a duty does not find it (404)",
    "C13": "the button that sends a claim says both statements",
    "G07": "the form of a delegation offers others only",
    "G09": "the form of a move offers the lines of one grant, and refuses the same line twice",
    "G10": "the forms ask for the reason",
    "G11": "the form of a move offers open lines only",
    "L01": "a second press is told kindly that it was done already",
    "L02": "books close after the window and after claims: T02, C06 and C16 speak first",
}
OURS = "TCA"
"""Groups of tasking, claims and approval: each of their codes is met here."""


def url(name: str, *keys: Any) -> str:
    return reverse(name, args=keys)


def revised(claim: Claim, **said: Any) -> dict[str, Any]:
    return {"revision": claim.revision, "reason": WHY, **said}


# Tasking, in the browser


def planned(stage: Scene, *officers: User, day: date = WEDNESDAY, **changes: Any) -> Attempt:
    plan = Plan(
        enquiry=changes.pop("to", stage.enquiry),
        duty_type=changes.pop("duty_type", "planned"),
        starts_at=at(day, 16),
        ends_at=at(day, 20),
        officers=officers,
        reason="Observations",
    )
    typed = dict(as_typed(plan).lists()) | {"expected_pence": changes.pop("pence", 10_512)}
    return Attempt(changes.pop("who", stage.house.di), url("tasking:issue"), typed, **changes)


@at_the(BROWSER, "T01")
def a_grant_that_is_not_open(stage: Scene) -> Attempt:
    house = stage.house
    draft = another_grant(house, "PCD 913")
    grants.appoint_controller(draft, house.di, by=house.finance, from_on=FEB_1)
    enquiry = tasking.open_enquiry(
        draft, by=house.di, objective="Fuller enquiries", kind=Enquiry.Kind.SURVEILLANCE, new_subjects=1
    )
    return planned(stage, stage.constables[1], to=enquiry)


@at_the(BROWSER, "T02")
def the_day_after_the_window(stage: Scene) -> Attempt:
    return planned(stage, stage.constables[1], day=date(2021, 4, 1))


@at_the(BROWSER, "T03")
def an_enquiry_without_money(stage: Scene) -> Attempt:
    return planned(stage, stage.constables[1], to=stage.empty)


@at_the(BROWSER, "T04")
def an_inspector(stage: Scene) -> Attempt:
    return planned(stage, make.officer(stage.house.lead, rank="inspector"))


@at_the(BROWSER, "T05")
def the_controlling_di(stage: Scene) -> Attempt:
    make.RankHeldFactory(person=stage.house.di)
    stage.house.di.groups.add(Group.objects.get(name="officer"))
    return planned(stage, stage.house.di)


@at_the(BROWSER, "T06")
def two_places_at_once(stage: Scene) -> Attempt:
    return planned(stage, stage.constables[0], day=stage.to_come.duty_on, to=stage.second)


@at_the(BROWSER, "T07")
def a_grade_without_an_agreed_rate(stage: Scene) -> Attempt:
    return planned(stage, make.officer(stage.house.other, rank="agency_grade", grade="analyst"))


@at_the(BROWSER, "T08")
def an_agency_at_its_maximum(stage: Scene) -> Attempt:
    other = make.AgencyFactory()
    make.agree(replace(stage.house, other=other), maximum_pence=100)
    return planned(stage, make.officer(other), pence=10_667)


@at_the(BROWSER, "T21")
def an_agency_outside_the_cost_types(stage: Scene) -> Attempt:
    house = stage.house
    after = {"cost_types": "lead"}
    change = terms.propose(house.grant, by=house.finance, after=after, reason=WHY, effective_from=TODAY)
    change = terms.approve(change, by=house.second_finance)
    terms.agree(change, by=house.finance, funder_reference="HO/21/7", agreed_on=TODAY)
    return planned(stage, stage.btp[0])


@at_the(BROWSER, "T14")
def an_enquiry_with_money(stage: Scene) -> Attempt:
    return Attempt(stage.house.di, url("tasking:close_enquiry", stage.enquiry.pk))


@at_the(BROWSER, "T22")
def an_exit_score_above_its_scale(stage: Scene) -> Attempt:
    subject = stage.empty.subjects.get()
    assessed = tasking.Assessed(62, "MoRiLE", 100, TODAY, "Analyst 12")
    tasking.record_entry(stage.empty, subject, assessed, by=stage.house.di)
    return outcome(stage, exit_score="101", exit_by="Analyst 12")


@at_the(BROWSER, "T23")
def an_outcome_of_tomorrow(stage: Scene) -> Attempt:
    return outcome(stage, came_on="2021-03-09")


def outcome(stage: Scene, **typed: str) -> Attempt:
    """What came of the subject of an enquiry: charged today, with a major disruption."""
    to = url("tasking:record_outcome", stage.empty.pk, stage.empty.subjects.get().pk)
    sent = {"result": "charged", "came_on": f"{TODAY}", "disruption": "major"}
    return Attempt(stage.house.di, to, sent | typed)


@at_the(BROWSER, "T24")
def an_enquiry_without_outcomes(stage: Scene) -> Attempt:
    return Attempt(stage.house.di, url("tasking:close_enquiry", stage.empty.pk))


@at_the(BROWSER, "T17")
def a_duty_that_is_claimed(stage: Scene) -> Attempt:
    duty = stage.clean[0].assignment
    sent = {"reason": WHY, "expected_pence": duty.committed_pence}
    return Attempt(stage.house.di, url("tasking:stand_down", duty.pk), sent)


@at_the(BROWSER, "T18")
def declined_after_it_began(stage: Scene) -> Attempt:
    duty = stage.to_claim
    sent = {"reason": WHY, "expected_pence": duty.committed_pence}
    return Attempt(duty.officer, url("tasking:decline", duty.pk), sent)


def owed(stage: Scene) -> TimeOwed:
    duty = make.assignment(
        stage.house,
        stage.enquiry,
        stage.constables[1],
        day=date(2021, 3, 28),
        duty_type="rest_day",
        told_on=date(2021, 3, 1),
    )
    return duty.time_owed.get()


@at_the(BROWSER, "T19")
def time_off_twice(stage: Scene) -> Attempt:
    due, by = owed(stage), stage.house.supervisor
    tasking.grant_time_off(due, by=by, granted_for=date(2021, 3, 30))
    return Attempt(by, url("tasking:grant_time_off", due.pk), {"granted_for": "2021-03-31"})


@at_the(BROWSER, "T20")
def time_off_before_the_duty(stage: Scene) -> Attempt:
    where = url("tasking:grant_time_off", owed(stage).pk)
    return Attempt(stage.house.supervisor, where, {"granted_for": "2021-03-20"})


# Claiming, in the browser


def as_planned(duty: Assignment, **changes: Any) -> Attempt:
    sent = {"expected_pence": duty.committed_pence}
    return Attempt(duty.officer, url("claims:as_planned", duty.pk), sent, **changes)


def other_times(duty: Assignment, ends: str, **typed: str) -> Attempt:
    sent = {"starts": "16:00", "ends": ends, "break_minutes": "0", "duty_type": "planned", "remark": WHY}
    return Attempt(duty.officer, url("claims:other_times", duty.pk), sent | typed)


@at_the(BROWSER, "C02")
def a_minute_twice(stage: Scene) -> Attempt:
    duty = stage.to_claim
    later = make.assignment(stage.house, stage.enquiry, duty.officer, day=duty.duty_on, hours=(21, 23))
    make.claim(stage.house, later)
    return other_times(duty, "22:00")


@at_the(BROWSER, "C03")
def a_duty_that_is_not_over(stage: Scene) -> Attempt:
    return as_planned(stage.to_come)


@at_the(BROWSER, "C06")
def claimed_after_the_closing_day(stage: Scene) -> Attempt:
    return as_planned(stage.to_claim, on=date(2021, 4, 1))


@at_the(BROWSER, "C08")
def inside_the_tour(stage: Scene) -> Attempt:
    duty = stage.to_claim
    RosteredTour.objects.create(
        officer=duty.officer, starts_at=at(duty.duty_on, 8), ends_at=at(duty.duty_on, 17)
    )
    return as_planned(duty)


@at_the(BROWSER, "C10")
def a_public_holiday_that_is_none(stage: Scene) -> Attempt:
    return other_times(stage.to_claim, "20:00", duty_type="public_holiday")


@at_the(BROWSER, "C15")
def evidence_that_is_no_document(stage: Scene) -> Attempt:
    claim = stage.to_certify
    file = SimpleUploadedFile("log.pdf", b"<html>no record</html>")
    sent = {"kind": "duty_record", "file": file}
    return Attempt(claim.claimant, url("claims:add_evidence", claim.pk), sent)


@at_the(BROWSER, "C16")
def an_exception_without_need(stage: Scene) -> Attempt:
    duty = stage.to_claim
    return Attempt(duty.officer, url("claims:ask_late", duty.pk), {"reason": WHY})


@at_the(BROWSER, "C16")
def an_exception_beyond_the_books(stage: Scene) -> Attempt:
    duty = make.assignment(stage.house, stage.enquiry, stage.constables[1], day=date(2021, 2, 22))
    tasking.release(duty, by=stage.house.di, reason="Not claimed")
    duty.refresh_from_db()
    asked = late.ask_for_exception(duty, by=duty.officer, reason="I was ill")
    until = {f"until_{place}": part for place, part in enumerate(parted(date(2021, 5, 1)))}
    where = url("claims:late_claim", asked.pk)
    return Attempt(stage.house.finance, where, {"decision": "grant", "answer": WHY, **until})


# Deciding about one claim, in the browser and in the administration


def approving(claim: Claim, who: User, **changes: Any) -> Attempt:
    return Attempt(who, url("claims:approve", claim.pk), revised(claim), **changes)


def approving_there(claim: Claim, who: User, reason: str = WHY, **changes: Any) -> Attempt:
    sent = {"seen": str(claim.revision), "approve-reason": reason}
    return Attempt(who, url("admin:claims_claim_approve", claim.pk), sent, **changes)


Deciding = Callable[[Scene], tuple[Claim, User]]
"""Brings about what stands against a claim, and who decides about it all the same."""


def at_both(*codes: str) -> Callable[[Deciding], Deciding]:
    """An approval that is refused alike in the browser and in the administration."""

    def listed(who_what: Deciding) -> Deciding:
        def here(stage: Scene) -> Attempt:
            return approving(*who_what(stage))

        def there(stage: Scene) -> Attempt:
            return approving_there(*who_what(stage))

        for door, attempt in ((BROWSER, here), (ADMIN, there)):
            attempt.__name__ = who_what.__name__
            at_the(door, *codes)(attempt)
        return who_what

    return listed


def also_deputy(stage: Scene, person: User) -> User:
    """Somebody who works on the grant, made a deputy of it as well."""
    person.groups.add(Group.objects.get(name="deputy"))
    User.objects.filter(pk=person.pk).update(is_staff=True)
    person = User.objects.get(pk=person.pk)  # with the permissions of now
    grants.delegate(stage.house.grant, person, by=stage.house.di, from_on=TODAY, to_on=date(2021, 3, 31))
    return person


@at_both("A01")
def what_one_certified(stage: Scene) -> tuple[Claim, User]:
    return stage.clean[0], also_deputy(stage, stage.house.supervisor)


@at_both("A02")
def above_the_limit(stage: Scene) -> tuple[Claim, User]:
    Authority.objects.filter(pk=stage.delegation.pk).update(limit_pence=10_511)
    return stage.clean[0], stage.house.deputy


@at_both("A03")
def what_changed_since(stage: Scene) -> tuple[Claim, User]:
    seen = stage.clean[0]
    claims.return_claim(
        seen, by=stage.house.di, revision=seen.revision, reason_code="times", reason="The log says otherwise"
    )
    return seen, stage.house.di


@at_both("A05")
def where_one_has_an_interest(stage: Scene) -> tuple[Claim, User]:
    claim, di = stage.clean[0], stage.house.di
    safeguards.declare_interest(by=di, what="We share a house", officer=claim.claimant)
    return claim, di


@at_both("A09")
def what_is_held_back(stage: Scene) -> tuple[Claim, User]:
    claim = stage.clean[0]
    safeguards.freeze(claim, by=stage.house.finance, reason="Two logs differ")
    return claim, stage.house.di


@at_both("A13")
def what_nobody_certified(stage: Scene) -> tuple[Claim, User]:
    return stage.to_certify, stage.house.di


@at_both("C11")
def what_has_no_record(stage: Scene) -> tuple[Claim, User]:
    return unshown(stage), stage.house.di


def unshown(stage: Scene) -> Claim:
    claim = stage.to_certify
    return claims.certify(claim, by=stage.house.supervisor, revision=claim.revision)


@at_the(BROWSER, "C06")
def approved_after_the_closing_day(stage: Scene) -> Attempt:
    return approving(stage.clean[0], stage.house.di, on=date(2021, 4, 1))


@at_the(ADMIN, "C06")
def approved_there_after_the_closing_day(stage: Scene) -> Attempt:
    return approving_there(stage.clean[0], stage.house.di, on=date(2021, 4, 1))


@at_the(ADMIN, "A07")
def a_question_left_unanswered(stage: Scene) -> Attempt:
    return approving_there(stage.flagged, stage.house.di, reason="")


@at_the(BROWSER, "C04")
def more_than_was_asked(stage: Scene) -> Attempt:
    claim = stage.waiting
    sent = revised(claim, decision="part", minutes="120")
    return Attempt(stage.house.di, url("claims:more_time", claim.pk), sent)


def more_time_there(stage: Scene, **said: str) -> Attempt:
    sent = {"seen": str(stage.waiting.revision)} | {f"more_time-{name}": text for name, text in said.items()}
    return Attempt(stage.house.di, url("admin:claims_claim_more_time", stage.waiting.pk), sent)


@at_the(ADMIN, "C04")
def more_than_was_asked_there(stage: Scene) -> Attempt:
    return more_time_there(stage, decision="part", minutes="120", reason=WHY)


@at_the(ADMIN, "A08")
def more_time_refused_without_a_reason(stage: Scene) -> Attempt:
    return more_time_there(stage, decision="refuse")


@at_the(BROWSER, "A11")
def a_part_that_is_the_whole(stage: Scene) -> Attempt:
    claim = stage.clean[0]
    return Attempt(stage.house.di, url("claims:approve_part", claim.pk), revised(claim, minutes="4 h"))


@at_the(ADMIN, "A11")
def a_part_that_is_the_whole_there(stage: Scene) -> Attempt:
    claim = stage.clean[0]
    sent = {"seen": str(claim.revision), "approve_part-minutes": "4 h", "approve_part-reason": WHY}
    return Attempt(stage.house.di, url("admin:claims_claim_approve_part", claim.pk), sent | CONFIRMED)


def disputed(stage: Scene) -> Claim:
    claim = stage.clean[0]
    claim = claims.approve_part(claim, by=stage.house.di, revision=claim.revision, minutes=180, reason=WHY)
    claims.dispute(claim, by=claim.claimant, reason="The relief came at 20:00")
    return claim


@at_the(BROWSER, "A12")
def a_second_dispute(stage: Scene) -> Attempt:
    claim = disputed(stage)
    return Attempt(claim.claimant, url("claims:dispute", claim.pk), {"reason": WHY})


@at_the(ADMIN, "A12")
def a_dispute_that_is_decided(stage: Scene) -> Attempt:
    claim, deputy = disputed(stage), stage.house.deputy
    parts.refuse_dispute(claim.dispute, by=deputy, answer=WHY)
    claim = Claim.objects.get(pk=claim.pk)
    sent = {"answer_dispute-decision": "stands", "answer_dispute-answer": WHY, "seen": str(claim.revision)}
    return Attempt(deputy, url("admin:claims_claim_answer_dispute", claim.pk), sent)


@at_the(ADMIN, "T03")
def a_dispute_upheld_without_the_money(stage: Scene) -> Attempt:
    claim, house = disputed(stage), stage.house
    main, line = house.grant.lines.get(is_main=True), BudgetLine.objects.get(pk=stage.enquiry.line_id)
    grants.move(line, main, line.available, by=house.di, reason=WHY, token="all of it")
    sent = {"answer_dispute-decision": "upheld", "answer_dispute-answer": WHY, "seen": str(claim.revision)}
    return Attempt(house.deputy, url("admin:claims_claim_answer_dispute", claim.pk), sent)


def moving(stage: Scene, pence: str) -> Attempt:
    sent = {
        "source": stage.second.line_id,
        "target": stage.enquiry.line_id,
        "pence": pence,
        "reason": WHY,
        "token": "6f1c2f6e-2f7e-4bb0-9d2e-0c3c2c1d1a11",
    }
    return Attempt(stage.house.di, url("grants:move", stage.house.grant.pk), sent | CONFIRMED)


@at_the(BROWSER, "A04")
def more_than_the_line_has(stage: Scene) -> Attempt:
    return moving(stage, "90,000.00")


@at_the(BROWSER, "A10")
def the_same_interest_again(stage: Scene) -> Attempt:
    di, officer = stage.house.di, stage.constables[1]
    safeguards.declare_interest(by=di, what="We share a house", officer=officer)
    return Attempt(di, url("claims:interests"), {"officer": officer.pk, "what": "We share a car"})


@at_the(BROWSER, "P01")
def the_hours_of_another_agency(stage: Scene) -> Attempt:
    supervisor = also_deputy(stage, stage.house.supervisor)
    claim = stage.btp_to_certify
    return Attempt(supervisor, url("claims:certify", claim.pk), revised(claim, record="Sheet 4"))


# Several at once


def drawn(stage: Scene, *, by: User | None = None, but: Claim | None = None) -> BulkApproval:
    """One clean claim drawn up and opened, before what stands against it."""
    bulk = together.draw([but or stage.clean[0]], by=by or stage.house.di)
    together.open_sampled(bulk.rows.get().claim, by=bulk.by)
    return bulk


def approving_together(bulk: BulkApproval, door: str, **changes: Any) -> Attempt:
    name = {BROWSER: "claims:together", ADMIN: "admin:claims_bulkapproval_approve"}[door]
    return Attempt(User.objects.get(pk=bulk.by_id), url(name, bulk.pk), **changes)


def in_bulk(*codes: str) -> Callable[[Callable[[Scene], BulkApproval]], None]:
    """An approval of several that is refused alike from the browser and from the administration."""

    def listed(draw: Callable[[Scene], BulkApproval]) -> None:
        def here(stage: Scene) -> Attempt:
            return approving_together(draw(stage), BROWSER)

        def there(stage: Scene) -> Attempt:
            return approving_together(draw(stage), ADMIN)

        for door, attempt in ((BROWSER, here), (ADMIN, there)):
            attempt.__name__ = f"{draw.__name__}-{door}"
            at_the(BULK, *codes)(attempt)

    return listed


@in_bulk("A01")
def drawn_by_who_certified(stage: Scene) -> BulkApproval:
    return drawn(stage, by=also_deputy(stage, stage.house.supervisor))


@in_bulk("A02")
def drawn_before_the_limit_fell(stage: Scene) -> BulkApproval:
    bulk = drawn(stage, by=stage.house.deputy)
    Authority.objects.filter(pk=stage.delegation.pk).update(limit_pence=10_511)
    return bulk


@in_bulk("A03")
def drawn_and_returned(stage: Scene) -> BulkApproval:
    bulk = drawn(stage)
    what_changed_since(stage)
    return bulk


@in_bulk("A05")
def drawn_before_the_interest(stage: Scene) -> BulkApproval:
    bulk = drawn(stage)
    where_one_has_an_interest(stage)
    return bulk


@in_bulk("A06")
def drawn_and_not_opened(stage: Scene) -> BulkApproval:
    return together.draw(stage.clean[1:], by=stage.house.deputy)


@in_bulk("A09")
def drawn_and_held_back(stage: Scene) -> BulkApproval:
    bulk = drawn(stage)
    what_is_held_back(stage)
    return bulk


@in_bulk("C11")
def drawn_without_its_record(stage: Scene) -> BulkApproval:
    return drawn(stage, but=unshown(stage))


@at_the(BULK, "C06")
def drawn_before_the_closing_day(stage: Scene) -> Attempt:
    return approving_together(drawn(stage), BROWSER, on=date(2021, 4, 1))


@at_the(BULK, "C06")
def drawn_there_before_the_closing_day(stage: Scene) -> Attempt:
    return approving_together(drawn(stage), ADMIN, on=date(2021, 4, 1))


def rejecting_together(claim: Claim, who: User) -> Attempt:
    sent = {"seen": f"{claim.pk}:{claim.revision}", "reason": WHY}
    return Attempt(who, url("admin:claims_claim_reject_together"), sent)


def returning_together(claim: Claim, who: User) -> Attempt:
    sent = {
        "claim": claim.pk,
        f"claim-{claim.pk}-revision": claim.revision,
        "all-reason_code": "times",
        "all-reason": WHY,
    }
    return Attempt(who, url("claims:return_together"), sent)


def all_at_once(who_what: Deciding, *codes: str) -> None:
    """What is refused to one claim is refused when several are rejected or returned as well."""

    def rejected(stage: Scene) -> Attempt:
        return rejecting_together(*who_what(stage))

    def returned(stage: Scene) -> Attempt:
        return returning_together(*who_what(stage))

    for attempt in (rejected, returned):
        attempt.__name__ = f"{attempt.__name__}_{who_what.__name__}"
        at_the(BULK, *codes)(attempt)


all_at_once(what_changed_since, "A03")
all_at_once(where_one_has_an_interest, "A05")
all_at_once(what_is_held_back, "A09")


@at_the(BULK, "A01")
def rejected_with_others_by_who_certified(stage: Scene) -> Attempt:
    return rejecting_together(*what_one_certified(stage))


# Grants and terms, in the browser and in the administration


def delegating(stage: Scene, to: User, *, until: date) -> Attempt:
    days = {"from_on": TODAY, "to_on": until}
    sent = {f"{name}_{place}": part for name, day in days.items() for place, part in enumerate(parted(day))}
    where = url("grants:delegations", stage.house.grant.pk)
    return Attempt(stage.house.di, where, {"person": to.pk, **sent} | CONFIRMED)


def parted(day: date) -> tuple[int, int, int]:
    return day.day, day.month, day.year


@at_the(BROWSER, "G08")
def a_delegation_that_is_over(stage: Scene) -> Attempt:
    return delegating(stage, stage.house.deputy, until=date(2021, 3, 7))


def at_the_gate(stage: Scene, verb: str, who: User, **sent: Any) -> Attempt:
    return Attempt(who, url(f"admin:grants_gate_{verb}", gate_of(stage).pk), sent)


def gate_of(stage: Scene, reference: str = "PCD 914") -> Gate:
    found = Grant.objects.filter(reference=reference).first() or another_grant(stage.house, reference)
    return found.gates.earliest("pk")


def recorded_gate(stage: Scene) -> Gate:
    gate, by = gate_of(stage), stage.house.finance
    grants.record_gate(gate, by=by, happened_on=FEB_1, evidence="Letter 4")
    return Gate.objects.get(pk=gate.pk)


@at_the(ADMIN, "G01")
def a_gate_confirmed_by_who_recorded_it(stage: Scene) -> Attempt:
    state = two_people.state_of(recorded_gate(stage))
    return at_the_gate(stage, "confirm", stage.house.finance, seen=state)


@at_the(ADMIN, "G02")
def a_gate_confirmed_twice(stage: Scene) -> Attempt:
    gate, other = recorded_gate(stage), stage.house.second_finance
    state = two_people.state_of(gate)
    two_people.confirm(gate, by=other)
    return at_the_gate(stage, "confirm", other, seen=state)


@at_the(ADMIN, "G03")
def a_gate_that_lies_ahead(stage: Scene) -> Attempt:
    days = {f"record-happened_on_{place}": part for place, part in enumerate(parted(date(2021, 3, 9)))}
    return at_the_gate(stage, "record", stage.house.finance, **days, **{"record-evidence": "Letter 4"})


@at_the(ADMIN, "G04")
def a_gate_that_nobody_recorded(stage: Scene) -> Attempt:
    state = two_people.state_of(gate_of(stage))
    return at_the_gate(stage, "confirm", stage.house.second_finance, seen=state)


@at_the(BULK, "G01")
def gates_confirmed_together_by_who_recorded_them(stage: Scene) -> Attempt:
    gate = recorded_gate(stage)
    seen = f"{gate.pk}:{two_people.state_of(gate)}"
    return Attempt(stage.house.finance, url("admin:grants_gate_confirm_together"), {"seen": seen})


@at_the(BULK, "G02")
def gates_confirmed_together_twice(stage: Scene) -> Attempt:
    gate, other = recorded_gate(stage), stage.house.second_finance
    seen = f"{gate.pk}:{two_people.state_of(gate)}"
    two_people.confirm(gate, by=other)
    return Attempt(other, url("admin:grants_gate_confirm_together"), {"seen": seen})


@at_the(ADMIN, "T01")
def a_grant_opened_before_its_gates(stage: Scene) -> Attempt:
    return Attempt(stage.house.finance, url("admin:grants_grant_open", gate_of(stage).grant_id), CONFIRMED)


@at_the(ADMIN, "G05")
def a_grant_opened_twice(stage: Scene) -> Attempt:
    return Attempt(stage.house.finance, url("admin:grants_grant_open", stage.house.grant.pk), CONFIRMED)


@at_the(ADMIN, "G06")
def a_second_controlling_di_on_the_same_day(stage: Scene) -> Attempt:
    other = make.person("controlling_di", agency=stage.house.lead, name="DI 9007", is_staff=True)
    days = {f"appoint-from_on_{place}": part for place, part in enumerate(parted(FEB_1))}
    where = url("admin:grants_grant_appoint", stage.house.grant.pk)
    return Attempt(stage.house.finance, where, {"appoint-person": other.pk, **days} | CONFIRMED)


def put_forward(stage: Scene, **values: Any) -> Attempt:
    """The form of terms as it is prefilled, with some of it typed over."""
    grant = Grant.objects.get(pk=stage.house.grant.pk)
    dates = ("eligible_from", "eligible_to", "claims_close_on", "books_close_on")
    said: dict[str, Any] = {
        name: getattr(grant, name) for name in (*dates, "purpose", "cost_types", "on_cost")
    }
    said |= {
        "amount_pence": f"{grant.amount_pence / 100:.2f}",
        "reason": WHY,
        "effective_from": TODAY,
    } | values
    sent: dict[str, Any] = {"seen": standing(grant)}
    for name, value in said.items():
        if isinstance(value, date):
            sent |= {f"put_forward-{name}_{place}": part for place, part in enumerate(parted(value))}
        else:
            sent[f"put_forward-{name}"] = value
    return Attempt(stage.house.finance, url("admin:grants_grant_put_forward", grant.pk), sent | CONFIRMED)


def changing(stage: Scene) -> TermsChange:
    house = stage.house
    return terms.propose(
        house.grant, by=house.finance, after={"purpose": "Overtime too"}, reason=WHY, effective_from=TODAY
    )


@at_the(ADMIN, "G12")
def a_second_change_of_terms(stage: Scene) -> Attempt:
    changing(stage)
    return put_forward(stage, purpose="Something else")


@at_the(ADMIN, "G13")
def a_change_that_changes_nothing(stage: Scene) -> Attempt:
    return put_forward(stage)


@at_the(ADMIN, "A04")
def an_award_below_what_is_used(stage: Scene) -> Attempt:
    house = stage.house
    change = terms.propose(
        house.grant, by=house.finance, after={"amount_pence": 2_000_000}, reason=WHY, effective_from=TODAY
    )
    change = terms.approve(change, by=house.second_finance)
    days = {f"agree-agreed_on_{place}": part for place, part in enumerate(parted(TODAY))}
    sent = {"seen": change.pk, "agree-funder_reference": "HO/21/7", **days} | CONFIRMED
    return Attempt(house.finance, url("admin:grants_grant_agree", house.grant.pk), sent)


@at_the(ADMIN, "P02")
def a_pay_table_without_points(stage: Scene) -> Attempt:
    file = SimpleUploadedFile("scales.csv", b"rank,scale,point,annual_pay,status\n")
    days = {f"valid_from_{place}": part for place, part in enumerate(parted(date(2021, 9, 1)))}
    sent = {"points": file, "source": "Circular 2021/1", **days}
    return Attempt(stage.house.finance, url("admin:accounts_paytable_add"), sent)


# The attempts


@pytest.fixture(scope="module")
def one_database(own_databases: OwnDatabases) -> Iterator[None]:
    """One copy of the scene for all: what an attempt brings about is rolled back."""
    with own_databases():
        yield


@pytest.fixture
def db(one_database: None) -> Iterator[None]:
    """In the place of pytest-django's: the copy of the scene, in a transaction that is rolled back."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture
def stage(db: None, made_once: tuple[str, bytes]) -> Scene:
    made: Scene = pickle.loads(made_once[1])
    return made


@pytest.fixture(autouse=True)
def sessions_in_memory(settings: Settings) -> None:
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.cache"


def everything() -> dict[str, list[Any]]:
    """All that a press could change, as it stands in the database."""
    columns: dict[Any, tuple[str, ...]] = {
        Claim: ("status", "revision", "pence", "worked_minutes", "ends_at"),
        Assignment: ("status", "committed_pence", "authorised_pence", "ends_at"),
        BudgetLine: (*LADDER, "is_open"),
        Grant: ("status", "amount_pence", "purpose", "eligible_to", "claims_close_on", "books_close_on"),
        Authority: ("person", "to_on", "limit_pence"),
        Gate: ("happened_on", "recorded_by", "confirmed_by"),
        TermsChange: ("status",),
        Enquiry: ("status",),
        TimeOwed: ("status", "granted_for"),
        MoreTime: ("status",),
        Dispute: ("status",),
        LateClaim: ("status", "until"),
        Interest: ("ended_at",),
        Freeze: ("released_at",),
        Event: ("verb",),
        TaskingEvent: ("verb",),
        LedgerEntry: ("number",),
        Evidence: ("kind",),
        OnCostRate: ("confirmed_by",),
        PayTable: ("confirmed_by",),
    }
    return {
        model.__name__: list(model.objects.order_by("pk").values_list("pk", *names))
        for model, names in columns.items()
    }


def spoken() -> list[str]:
    return list(ControlSpoke.objects.values_list("code", flat=True))


@pytest.mark.parametrize(
    ("code", "door", "attempt"),
    ATTEMPTS,
    ids=[f"{code}-{door}-{attempt.__name__}" for code, door, attempt in ATTEMPTS],
)
def test_it_is_refused_and_nothing_changes(stage: Scene, code: str, door: str, attempt: Tried) -> None:
    tried = attempt(stage)
    client, before, heard = Client(), everything(), spoken()
    client.force_login(User.objects.get(pk=tried.who.pk))
    with ExitStack() as day:
        if tried.on:
            day.enter_context(clock.travel(at(tried.on)))
        answer = client.post(tried.where, tried.sent)
    assert code in spoken()[len(heard) :], (answer.status_code, answer.content.decode()[-3000:])
    assert answer.status_code == 422 or door == BULK
    connection.check_constraints()
    assert everything() == before


def test_every_code_that_refuses_is_met_at_a_door_or_it_is_said_why_not() -> None:
    refusing = {code for code, control in CONTROLS.items() if control.blocks}
    met = {code for code, _, _ in ATTEMPTS}
    assert met & NOT_MET.keys() == set()
    assert met | NOT_MET.keys() <= refusing
    assert {code for code in refusing if code[0] in OURS} <= met | NOT_MET.keys()
