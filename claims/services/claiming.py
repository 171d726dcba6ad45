"""The claimant's verbs: submit, submit again, ask for more time, withdraw; what lapses when claims close."""

from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from django.db import IntegrityError, transaction
from django.utils import timezone

from claims import checks
from claims.checks import Statement
from claims.models import Claim, ClaimLine, Event, MoreTime
from claims.services import reckoning, steps, telling
from claims.services.reckoning import Reckoning
from grants import ledger
from overtime_ledger import clock
from overtime_ledger.accounts.models import User
from overtime_ledger.errors import Flag, Refusal, broken_rule
from overtime_ledger.money import pounds
from tasking import pay
from tasking import services as tasking
from tasking.models import Assignment

Status, Verb, Kind = Claim.Status, Event.Verb, ledger.Kind


def as_planned(assignment: Assignment) -> Statement:
    """The statement of somebody who worked the duty just as it was tasked and attests to it."""
    return Statement(
        assignment=assignment,
        starts_at=assignment.tasking.starts_at,
        ends_at=assignment.tasking.ends_at,
        break_minutes=assignment.tasking.break_minutes,
        travel_minutes=assignment.tasking.travel_minutes,
        duty_type=assignment.tasking.duty_type,
        attested_worked=True,
        attested_sole_fund=True,
    )


def as_claimed(claim: Claim) -> Statement:
    """The statement of a claim as it was last handed in; as planned if it still waits for more time."""
    if claim.status == Status.DRAFT:
        return as_planned(claim.assignment)
    return replace(
        as_planned(claim.assignment),
        starts_at=claim.starts_at,
        ends_at=claim.ends_at,
        break_minutes=claim.break_minutes,
        travel_minutes=claim.travel_minutes,
        duty_type=claim.duty_type,
        charge=reckoning.charged_on(claim),
    )


def check(statement: Statement, *, by: User) -> Reckoning:
    """What a statement comes to if every control lets it be submitted, else the first Refusal. Reads only."""
    assignment = statement.assignment
    checks.named_on_tasking(assignment, by)
    checks.claims_are_open(assignment, assignment.tasking.enquiry.grant)
    checks.times_are_possible(statement, clock.now())
    circumstances = reckoning.circumstances_of(statement)
    checks.time_is_claimed_once(statement, circumstances.busy)
    checks.outside_the_tour(statement, circumstances.busy)
    reckoned = reckoning.reckon(statement, circumstances)
    if not reckoned.price.pence:
        raise Refusal(
            "C03",
            f"Nothing is payable for these times. {reckoned.price.working}",
            fix="Correct the times; if they are right, there is nothing to claim.",
            who=checks.CLAIMANT,
        )
    return reckoned


@dataclass(frozen=True)
class Offer:
    """What a statement would come to if it were submitted now, and what would happen to the rest."""

    statement: Statement
    price: pay.Price
    flags: list[Flag]
    asks: Flag | None

    @property
    def pence(self) -> int:
        return self.price.pence

    @property
    def returns_pence(self) -> int:
        """What goes back to the enquiry because it was not worked."""
        return max(self.statement.assignment.committed_pence - self.pence, 0)

    @property
    def extra_pence(self) -> int:
        """What is asked of the controlling DI beyond what stands committed."""
        return max(self.pence - self.statement.assignment.committed_pence, 0) if self.asks else 0


def offer(statement: Statement, *, by: User, claim: Claim | None = None) -> Offer:
    """Price a statement as `submit` would, with its questions. Raises the first Refusal. Reads only."""
    if claim is None:
        checks.not_claimed_yet(statement.assignment)
    reckoned = check(statement, by=by)
    price = reckoned.price
    return Offer(
        statement,
        price,
        checks.flags_of(statement, price.pence, clock.now(), *reckoned.flags),
        checks.more_than_authorised(statement, price.pence),
    )


@transaction.atomic
def submit(
    statement: Statement,
    *,
    by: User,
    claim: Claim | None = None,
    revision: int | None = None,
    expected_pence: int | None = None,
    reason: str = "",
) -> Claim:
    """Claim a duty, or submit a returned or waiting claim again; what was not worked returns to the enquiry.

    More than was authorised is asked of the controlling DI with `reason`, and the claim waits as a draft
    (C04). `expected_pence` is the price its claimant saw. Refuses by C01 to C03, C06, C08, C13, by A03 if the
    claim or that price changed, and T03 if the money for the authorised hours is not there any more.
    """
    if claim is not None:
        claim = steps.locked(claim)
        steps.step(claim, from_=(Status.RETURNED, Status.DRAFT), to="submitted")
        checks.as_seen(claim, revision or 0)
    assignment = steps.locked_assignment(statement.assignment)
    tasking.lock_agreements(assignment.tasking.enquiry.grant, [assignment.agency_id])
    tasking.lock_officers([assignment.officer_id])
    if claim is None:
        checks.not_claimed_yet(assignment)
    statement = replace(statement, assignment=assignment)
    reckoned = check(statement, by=by)
    price = reckoned.price
    if expected_pence is not None and expected_pence != price.pence:
        raise Refusal(
            "A03",
            f"These hours come to {pounds(price.pence)} now, not {pounds(expected_pence)}: "
            "the duty changed since the page was drawn.",
            fix="Look at the duty as it is now and claim it again.",
            who=checks.CLAIMANT,
        )
    checks.attested(statement)
    wants_more = checks.more_than_authorised(statement, price.pence)
    if wants_more and not reason.strip():
        raise Refusal(
            "C04",
            f"{wants_more.question} It is asked of the controlling DI while the claim waits.",
            fix="Say why more time was needed.",
            who=checks.CLAIMANT,
        )
    claim = _write(claim, statement, reckoned, by=by, status=Status.DRAFT if wants_more else Status.SUBMITTED)
    if wants_more:
        _ask(claim, price.pence, by=by, reason=reason)
    else:
        hand_in(claim, assignment, by=by, committed_by=by)
    return claim


def _write(claim: Claim | None, statement: Statement, reckoned: Reckoning, *, by: User, status: str) -> Claim:
    """Put a statement and its reckoning on a new or an existing claim, as its next revision."""
    assignment, price, now = statement.assignment, reckoned.price, clock.now()
    if claim is None:
        claim = Claim(
            assignment=assignment,
            claimant=assignment.officer,
            grant=assignment.tasking.enquiry.grant,
            enquiry=assignment.tasking.enquiry,
            agency_id=assignment.agency_id,
        )
    else:
        claim.revision += 1
    claim.duty_type, claim.break_minutes = statement.duty_type, statement.break_minutes
    claim.starts_at, claim.ends_at = statement.starts_at, statement.ends_at
    claim.duty_on = timezone.localdate(statement.starts_at)
    claim.travel_minutes, claim.worked_minutes = statement.travel_minutes, statement.worked_minutes
    claim.pence, claim.on_cost_pence = price.pence, price.on_cost_pence
    charge = statement.charge if reckoned.basis.agreed_hourly_pence else None  # the lead force states none
    claim.charged_minutes = charge.minutes if charge else None
    for column, value in reckoned.basis.columns.items():
        setattr(claim, column, value)
    claim.remark, claim.entered_by = statement.remark, by
    claim.attested_worked, claim.attested_sole_fund = statement.attested_worked, statement.attested_sole_fund
    claim.flags = [asdict(flag) for flag in checks.flags_of(statement, price.pence, now, *reckoned.flags)]
    claim.status, claim.submitted_at = status, now
    claim.certified_by = claim.certified_at = None
    try:
        claim.save()
    except IntegrityError as error:
        if broken_rule(error) not in ("claims_claim_no_overlap", "claims_claim_one_live_an_assignment"):
            raise
        raise Refusal(
            "C02",
            "Some of this time is on another claim of the same officer.",
            fix="Look at your claims and correct the times.",
            who=checks.CLAIMANT,
        ) from error
    write_lines(claim, price)
    tasking.owe(assignment, price.time_owed)
    return claim


def write_lines(claim: Claim, price: pay.Price) -> None:
    """Keep how a revision of a claim was reckoned, line by line."""
    ClaimLine.objects.bulk_create(
        ClaimLine(
            claim=claim,
            revision=claim.revision,
            position=position,
            rule=line.rule,
            starts_at=line.starts_at,
            ends_at=line.ends_at,
            minutes=line.minutes,
            units=line.units,
            multiplier=str(line.multiplier),
            hourly_pence=_four_places(line.hourly),
            pence=line.pence,
            on_cost_pence=line.on_cost_pence,
            working=line.working,
        )
        for position, line in enumerate(price.lines, start=1)
    )


def end_earlier(claim: Claim, assignment: Assignment, minutes: int) -> Claim:
    """Reckon a claim that waits for more time as if it had ended so much earlier; still its author's."""
    statement = replace(shorter(claim, minutes), assignment=assignment)
    return _write(claim, statement, reckoning.reckon(statement), by=claim.entered_by, status=Status.DRAFT)


def shorter(claim: Claim, minutes: int) -> Statement:
    """What a claim states, as if it had ended so many minutes earlier."""
    statement = replace(
        as_planned(claim.assignment),
        starts_at=claim.starts_at,
        ends_at=claim.ends_at - timedelta(minutes=minutes),
        break_minutes=claim.break_minutes,
        travel_minutes=claim.travel_minutes,
        duty_type=claim.duty_type,
        remark=claim.remark,
    )
    if charge := reckoning.charged_on(claim):
        statement = replace(statement, charge=replace(charge, minutes=max(charge.minutes - minutes, 0)))
    return statement


def _four_places(rate: Fraction) -> Decimal:
    """An exact rate as it is shown and kept for reading; nothing is reckoned from it."""
    return (Decimal(rate.numerator) / Decimal(rate.denominator)).quantize(Decimal("0.0001"))


def _ask(claim: Claim, pence: int, *, by: User, reason: str) -> None:
    claim.more_time.filter(status=MoreTime.Status.ASKED).update(status=MoreTime.Status.LAPSED)
    assignment = claim.assignment
    MoreTime.objects.create(
        claim=claim,
        extra_pence=max(pence - assignment.committed_pence, 0),
        reason=reason,
        asked_by=by,
        asked_at=clock.now(),
    )
    assignment.status = Assignment.Status.CLAIMED
    _set_times(assignment, claim.starts_at, claim.ends_at)
    steps.record(claim, Verb.ASKED, by=by, reason=reason)
    telling.more_time_asked(claim, by=by)


def hand_in(claim: Claim, assignment: Assignment, *, by: User, committed_by: User) -> None:
    """Move the claim's money from tasked to claimed: top it up within what is authorised, return the rest."""
    short, rest = claim.pence - assignment.committed_pence, assignment.committed_pence - claim.pence
    if short > 0:
        tasking.require_room_for(assignment, short)
    if claim.revision > 1:  # a new claim asked for nothing yet
        claim.more_time.filter(status=MoreTime.Status.ASKED).update(status=MoreTime.Status.LAPSED)
    assignment.committed_pence, assignment.status = claim.pence, Assignment.Status.CLAIMED
    _set_times(assignment, claim.starts_at, claim.ends_at)
    steps.record(claim, Verb.SUBMITTED, by=by, reason=claim.remark)
    if short > 0:
        steps.post(Kind.TASKING, claim, short, "commit", by=committed_by)
    steps.post(Kind.SUBMISSION, claim, claim.pence, "submit", by=by)
    if rest > 0:
        steps.post(Kind.RELEASE, claim, rest, "release", by=by, reason="Not worked")


def _set_times(assignment: Assignment, starts_at: datetime, ends_at: datetime) -> None:
    """Save an assignment with the officer's time: as claimed while a claim lives, else as tasked."""
    assignment.starts_at, assignment.ends_at = starts_at, ends_at
    try:
        assignment.save(update_fields=["committed_pence", "status", "starts_at", "ends_at"])
    except IntegrityError as error:
        if broken_rule(error) != "tasking_assignment_no_overlap":
            raise
        raise Refusal(
            "C02",
            "Some of this time is on another duty of the same officer.",
            fix="Correct the times, or have the other duty cancelled if it was not worked.",
            who="The claimant; the controlling DI cancels duties",
        ) from error


@transaction.atomic
def withdraw(claim: Claim, *, by: User, revision: int, reason: str = "") -> Claim:
    """Take a claim back before it is approved; its money waits as tasked and the duty can be claimed anew."""
    claim = steps.locked(claim)
    checks.as_seen(claim, revision)
    may_withdraw(claim, by=by)
    assignment = steps.locked_assignment(claim.assignment)
    claim.more_time.filter(status=MoreTime.Status.ASKED).update(status=MoreTime.Status.LAPSED)
    was_claimed = claim.status in (Status.SUBMITTED, Status.CERTIFIED)
    steps.to(claim, Status.WITHDRAWN, certified_by=None, certified_at=None)
    assignment.status = Assignment.Status.TASKED
    _set_times(assignment, assignment.tasking.starts_at, assignment.tasking.ends_at)
    steps.record(claim, Verb.WITHDRAWN, by=by, reason=reason)
    if was_claimed:
        steps.post(Kind.WITHDRAWAL, claim, claim.pence, "withdraw", by=by, reason=reason)
    return claim


def may_answer(claim: Claim, *, by: User) -> None:
    """Refuse somebody who cannot submit a claim again. Reads only."""
    steps.step(claim, from_=(Status.RETURNED, Status.DRAFT), to="submitted")
    checks.named_on_tasking(claim.assignment, by)
    checks.claims_are_open(claim.assignment, claim.grant)


def may_withdraw(claim: Claim, *, by: User) -> None:
    """Refuse somebody who cannot withdraw a claim. Reads only."""
    steps.step(
        claim, from_=(Status.DRAFT, Status.SUBMITTED, Status.CERTIFIED, Status.RETURNED), to="withdrawn"
    )
    checks.named_on_tasking(claim.assignment, by)


@transaction.atomic
def lapse(claim: Claim, *, by: User) -> int:
    """End a claim still with its claimant when claims closed, and return its money. Returns the pence."""
    claim = steps.locked(claim)
    waits = claim.status in (Status.DRAFT, Status.RETURNED) and not claim.is_held_back
    if not waits or clock.today() <= claim.grant.claims_close_on:
        return 0
    assignment = steps.locked_assignment(claim.assignment)
    claim.more_time.filter(status=MoreTime.Status.ASKED).update(status=MoreTime.Status.LAPSED)
    steps.to(claim, Status.WITHDRAWN)
    assignment.status = Assignment.Status.TASKED
    assignment.save(update_fields=["status"])
    steps.record(claim, Verb.WITHDRAWN, by=by, reason="Not submitted before claims closed")
    return tasking.release(assignment, by=by, reason="Not submitted before claims closed")
