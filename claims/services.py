"""Verbs on a claim: submit, ask for more time, certify, return, withdraw, approve, reject, settle, reverse.

Each verb is one transaction: lock and re-read, authority, controls, event, money last. What somebody
decides on is what they saw: `revision` comes from the page.
"""

from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from claims import checks
from claims.checks import Statement
from claims.models import Claim, ClaimLine, Event, MoreTime, Settlement
from grants import ledger
from grants.models import Authority, Grant, LedgerEntry
from grants.services import require_authority
from overtime_ledger import clock
from overtime_ledger.accounts.models import Agency, User
from overtime_ledger.accounts.services import require
from overtime_ledger.errors import Flag, Refusal, broken_rule
from overtime_ledger.money import pounds
from tasking import pay, quotes
from tasking import services as tasking
from tasking.models import Assignment
from tasking.selectors import known_duties

Status, Verb, Kind = Claim.Status, Event.Verb, ledger.Kind


def as_planned(assignment: Assignment) -> Statement:
    """The statement of somebody who worked the duty just as it was tasked and attests to it."""
    return Statement(
        assignment=assignment,
        starts_at=assignment.tasking.starts_at,
        ends_at=assignment.tasking.ends_at,
        break_minutes=assignment.tasking.break_minutes,
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
        duty_type=claim.duty_type,
    )


def reckon(statement: Statement) -> pay.Price:
    """What a statement would be paid, with its working. Raises Refusal. Reads only."""
    assignment = statement.assignment
    duty = quotes.duty_of(
        assignment,
        starts_at=statement.starts_at,
        ends_at=statement.ends_at,
        break_minutes=statement.break_minutes,
        duty_type=statement.duty_type,
    )
    return quotes.reckon(quotes.basis_of(assignment), duty, assignment.tasking.enquiry.grant)


def check(statement: Statement, *, by: User) -> pay.Price:
    """The price of a statement if every control lets it be submitted, else the first Refusal. Reads only."""
    assignment = statement.assignment
    checks.named_on_tasking(assignment, by)
    checks.claims_are_open(assignment.tasking.enquiry.grant)
    checks.times_are_possible(statement, clock.now())
    busy = known_duties([assignment.officer], statement.starts_at, without=[assignment.pk]).get(
        assignment.officer_id, []
    )
    checks.time_is_claimed_once(statement, busy)
    checks.outside_the_tour(statement, busy)
    price = reckon(statement)
    if not price.pence:
        raise Refusal(
            "C03",
            f"Nothing is payable for these times. {price.working}",
            fix="Correct the times; if they are right, there is nothing to claim.",
            who=checks.CLAIMANT,
        )
    return price


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
    price = check(statement, by=by)
    return Offer(
        statement,
        price,
        checks.flags_of(statement, price.pence, clock.now()),
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
        claim = _locked(claim)
        _step(claim, from_=(Status.RETURNED, Status.DRAFT), to="submitted")
        checks.as_seen(claim, revision or 0)
    assignment = _locked_assignment(statement.assignment)
    tasking.lock_agreements(assignment.tasking.enquiry.grant, [assignment.agency_id])
    tasking.lock_officers([assignment.officer_id])
    if claim is None:
        checks.not_claimed_yet(assignment)
    statement = replace(statement, assignment=assignment)
    price = check(statement, by=by)
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
    claim = _write(claim, statement, price, by=by, status=Status.DRAFT if wants_more else Status.SUBMITTED)
    if wants_more:
        _ask(claim, price.pence, by=by, reason=reason)
    else:
        _hand_in(claim, assignment, by=by, committed_by=by)
    return claim


def _write(claim: Claim | None, statement: Statement, price: pay.Price, *, by: User, status: str) -> Claim:
    """Put a statement and its reckoning on a new or an existing claim, as its next revision."""
    assignment, now = statement.assignment, clock.now()
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
    claim.worked_minutes, claim.pence = statement.worked_minutes, price.pence
    claim.remark, claim.entered_by = statement.remark, by
    claim.attested_worked, claim.attested_sole_fund = statement.attested_worked, statement.attested_sole_fund
    claim.flags = [asdict(flag) for flag in checks.flags_of(statement, price.pence, now)]
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
            working=line.working,
        )
        for position, line in enumerate(price.lines, start=1)
    )
    return claim


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
    _record(claim, Verb.ASKED, by=by, reason=reason)


def _hand_in(claim: Claim, assignment: Assignment, *, by: User, committed_by: User) -> None:
    """Move the claim's money from tasked to claimed: top it up within what is authorised, return the rest."""
    short, rest = claim.pence - assignment.committed_pence, assignment.committed_pence - claim.pence
    if short > 0:
        tasking.require_room_for(assignment, short)
    claim.more_time.filter(status=MoreTime.Status.ASKED).update(status=MoreTime.Status.LAPSED)
    assignment.committed_pence, assignment.status = claim.pence, Assignment.Status.CLAIMED
    _set_times(assignment, claim.starts_at, claim.ends_at)
    _record(claim, Verb.SUBMITTED, by=by, reason=claim.remark)
    if short > 0:
        _post(Kind.TASKING, claim, short, "commit", by=committed_by)
    _post(Kind.SUBMISSION, claim, claim.pence, "submit", by=by)
    if rest > 0:
        _post(Kind.RELEASE, claim, rest, "release", by=by, reason="Not worked")


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
def grant_more_time(claim: Claim, *, by: User, revision: int, reason: str = "") -> Claim:
    """Commit the extra that was asked and let the claim go on as submitted.

    Refuses by A01, A02, A03, C06, T03, and T08.
    """
    claim = _locked(claim)
    checks.as_seen(claim, revision)
    request, authority = may_grant_more_time(claim, by=by)
    checks.claims_are_open(claim.grant)
    assignment = _locked_assignment(claim.assignment)
    tasking.lock_agreements(claim.grant, [claim.agency_id])
    assignment.authorised_pence = max(assignment.authorised_pence, claim.pence)
    assignment.authorised_minutes = max(assignment.authorised_minutes, claim.worked_minutes)
    assignment.save(update_fields=["authorised_pence", "authorised_minutes"])
    _decide(request, MoreTime.Status.GRANTED, by=by)
    claim.status = Status.SUBMITTED
    claim.revision += 1
    claim.save(update_fields=["status", "revision"])
    _record(claim, Verb.GRANTED, by=by, reason=reason, capacity=authority.capacity)
    tasking.record_extension(
        assignment, request.extra_pence, by=by, reason=reason, capacity=authority.capacity
    )
    _hand_in(claim, assignment, by=request.asked_by, committed_by=by)
    return claim


@transaction.atomic
def refuse_more_time(claim: Claim, *, by: User, revision: int, reason: str) -> Claim:
    """Refuse the extra; the claim goes on waiting until its claimant claims what was authorised."""
    claim = _locked(claim)
    checks.as_seen(claim, revision)
    request, authority = may_refuse_more_time(claim, by=by)
    _need(reason)
    _decide(request, MoreTime.Status.REFUSED, by=by)
    claim.revision += 1
    claim.save(update_fields=["revision"])
    _record(claim, Verb.REFUSED, by=by, reason=reason, capacity=authority.capacity)
    return claim


def may_grant_more_time(claim: Claim, *, by: User) -> tuple[MoreTime, Authority]:
    """The open request and the authority to grant it; refuses everybody else. Reads only."""
    request = _open_request(claim, by=by)
    return request, require_authority(claim.grant, by=by, pence=request.extra_pence)


def may_refuse_more_time(claim: Claim, *, by: User) -> tuple[MoreTime, Authority]:
    """The open request and the authority to refuse it; refuses everybody else. Reads only."""
    return _open_request(claim, by=by), require_authority(claim.grant, by=by)


def _open_request(claim: Claim, *, by: User) -> MoreTime:
    checks.not_ones_own(claim, by)
    request = claim.more_time.filter(status=MoreTime.Status.ASKED).select_related("asked_by").first()
    if request is None:
        raise Refusal(
            "A03",
            "No request for more time is open.",
            fix="Look at the claim as it is now.",
            who="Nobody has to",
        )
    return request


def _decide(request: MoreTime, status: str, *, by: User) -> None:
    request.status, request.decided_by, request.decided_at = status, by, clock.now()
    request.save(update_fields=["status", "decided_by", "decided_at"])


@transaction.atomic
def withdraw(claim: Claim, *, by: User, revision: int, reason: str = "") -> Claim:
    """Take a claim back before it is approved; its money waits as tasked and the duty can be claimed anew."""
    claim = _locked(claim)
    checks.as_seen(claim, revision)
    may_withdraw(claim, by=by)
    assignment = _locked_assignment(claim.assignment)
    claim.more_time.filter(status=MoreTime.Status.ASKED).update(status=MoreTime.Status.LAPSED)
    was_claimed = claim.status in (Status.SUBMITTED, Status.CERTIFIED)
    _to(claim, Status.WITHDRAWN, certified_by=None, certified_at=None)
    assignment.status = Assignment.Status.TASKED
    _set_times(assignment, assignment.tasking.starts_at, assignment.tasking.ends_at)
    _record(claim, Verb.WITHDRAWN, by=by, reason=reason)
    if was_claimed:
        _post(Kind.WITHDRAWAL, claim, claim.pence, "withdraw", by=by, reason=reason)
    return claim


def may_answer(claim: Claim, *, by: User) -> None:
    """Refuse somebody who cannot submit a claim again. Reads only."""
    _step(claim, from_=(Status.RETURNED, Status.DRAFT), to="submitted")
    checks.named_on_tasking(claim.assignment, by)
    checks.claims_are_open(claim.grant)


def may_withdraw(claim: Claim, *, by: User) -> None:
    """Refuse somebody who cannot withdraw a claim. Reads only."""
    _step(claim, from_=(Status.DRAFT, Status.SUBMITTED, Status.CERTIFIED, Status.RETURNED), to="withdrawn")
    checks.named_on_tasking(claim.assignment, by)


@transaction.atomic
def certify(claim: Claim, *, by: User, revision: int) -> Claim:
    """Confirm, as a supervisor of the claimant's own agency, that the hours were worked.

    Refuses by A01, A03 and P01.
    """
    claim = _locked(claim)
    checks.as_seen(claim, revision)
    may_certify(claim, by=by)
    _to(claim, Status.CERTIFIED, certified_by=by, certified_at=clock.now())
    _record(claim, Verb.CERTIFIED, by=by)
    return claim


def may_certify(claim: Claim, *, by: User) -> None:
    """Refuse somebody who cannot certify a claim. Reads only."""
    _step(claim, from_=(Status.SUBMITTED,), to="certified")
    _require_supervisor(claim, by=by)
    checks.not_certified_by_oneself(claim, by)


def _require_supervisor(claim: Claim, *, by: User) -> None:
    if not by.has_perm("claims.certify_claim") or by.agency_id != claim.agency_id:
        raise Refusal(
            "P01",
            f"{by} does not certify for {claim.agency}.",
            fix="Ask a supervisor of the claimant's own agency.",
            who=f"A supervisor of {claim.agency}",
        )


@transaction.atomic
def return_claim(claim: Claim, *, by: User, revision: int, reason_code: str, reason: str) -> Claim:
    """Send a claim back to its claimant with a coded reason and words; its money waits as tasked.

    A supervisor of the agency returns what waits to be certified, the DI or a deputy also what is certified.
    """
    claim = _locked(claim)
    checks.as_seen(claim, revision)
    capacity = may_return(claim, by=by)
    if reason_code not in Event.Reason.values:
        raise Refusal(
            "A08",
            "A return needs one of the coded reasons.",
            fix="Choose a reason.",
            who="Whoever returns it",
        )
    _need(reason)
    _to(claim, Status.RETURNED, certified_by=None, certified_at=None)
    _record(claim, Verb.RETURNED, by=by, reason_code=reason_code, reason=reason, capacity=capacity)
    _post(Kind.WITHDRAWAL, claim, claim.pence, "return", by=by, reason=reason)
    return claim


def may_return(claim: Claim, *, by: User) -> str:
    """In what capacity somebody returns a claim: as supervisor, or under their authority over the grant.

    Refuses everybody else. Reads only.
    """
    _step(claim, from_=(Status.SUBMITTED, Status.CERTIFIED), to="returned")
    if (
        claim.status == Status.SUBMITTED
        and by.has_perm("claims.certify_claim")
        and by.agency_id == claim.agency_id
    ):
        checks.not_certified_by_oneself(claim, by)
        return "supervisor"
    if by.pk != claim.certified_by_id:
        checks.not_ones_own(claim, by)
    return require_authority(claim.grant, by=by).capacity


def approve(claim: Claim, *, by: User, revision: int, reason: str = "") -> Claim:
    """Accept a certified claim as a charge on the grant; its money is incurred from now on.

    Refuses by A01 (three people), A02 (authority and its limit), A03 (not what was seen), A04 (money),
    C06 (claims closed), and A07 (flagged without a reason).
    """
    claim = _as_seen(claim, revision)
    authority = may_approve(claim, by=by)
    checks.flags_are_answered(claim, reason)
    entry = f"claim:{claim.pk}:approve:{revision + 1}"
    claim.status, claim.revision, claim.approval_entry_id = Status.APPROVED, revision + 1, entry
    claim.approved_by_id, claim.approved_at = by.pk, clock.now()
    changed = ("status", "approved_by_id", "approved_at", "approval_entry_id")
    step = ledger.Step(
        claim,
        seen=revision,
        changes={name: getattr(claim, name) for name in changed},
        event=_event(claim, Verb.APPROVED, by=by, reason=reason, capacity=authority.capacity),
    )
    line, day = claim.enquiry.line, claim.duty_on
    if not ledger.post_step(
        step, Kind.APPROVAL, line, claim.pence, effective_on=day, reference=entry, by=by, reason=reason
    ):
        checks.as_seen(Claim.objects.get(pk=claim.pk), revision)
    return claim


def may_approve(claim: Claim, *, by: User) -> Authority:
    """The authority under which somebody approves a claim; refuses everybody else. Reads only."""
    if claim.status == Status.SUBMITTED:
        raise Refusal(
            "A03",
            f"The hours of claim {claim.pk} are not certified yet.",
            fix=f"Wait until a supervisor of {claim.agency} has certified them.",
            who=f"A supervisor of {claim.agency}",
        )
    _step(claim, from_=(Status.CERTIFIED,), to="approved")
    checks.not_ones_own(claim, by)
    authority = require_authority(claim.grant, by=by, pence=claim.pence)
    checks.claims_are_open(claim.grant)
    return authority


@transaction.atomic
def reject(claim: Claim, *, by: User, revision: int, reason: str) -> Claim:
    """Refuse a claim for good; its money returns to the enquiry's available."""
    claim = _locked(claim)
    checks.as_seen(claim, revision)
    authority = may_reject(claim, by=by)
    _need(reason)
    _close(claim)
    _to(claim, Status.REJECTED)
    _record(claim, Verb.REJECTED, by=by, reason=reason, capacity=authority.capacity)
    _post(Kind.REJECTION, claim, claim.pence, "reject", by=by, reason=reason)
    return claim


def may_reject(claim: Claim, *, by: User) -> Authority:
    """The authority under which somebody rejects a claim; refuses everybody else. Reads only."""
    _step(claim, from_=(Status.SUBMITTED, Status.CERTIFIED), to="rejected")
    checks.not_ones_own(claim, by)
    return require_authority(claim.grant, by=by)


@transaction.atomic
def reverse(claim: Claim, *, by: User, revision: int, reason: str) -> Claim:
    """Undo an approval, settled or not: mirror entries, then back to available. The claim ends."""
    claim = _locked(claim)
    checks.as_seen(claim, revision)
    authority = may_reverse(claim, by=by)
    _need(reason)
    approval = LedgerEntry.objects.get(reference=claim.approval_entry_id)
    settlement = LedgerEntry.objects.filter(reference=claim.settlement_entry_id).first()
    _close(claim)
    _to(claim, Status.REVERSED, reversal_entry_id=f"{approval.reference}:reversed")
    _record(claim, Verb.REVERSED, by=by, reason=reason, capacity=authority.capacity)
    if settlement:
        ledger.reverse(settlement, by=by, reason=reason)
    ledger.reverse(approval, by=by, reason=reason)
    _post(Kind.REJECTION, claim, claim.pence, "reverse", by=by, reason=reason)
    return claim


def may_reverse(claim: Claim, *, by: User) -> Authority:
    """The authority under which somebody reverses an approval; refuses everybody else. Reads only."""
    _step(claim, from_=(Status.APPROVED, Status.SETTLED), to="reversed")
    if by.pk in (claim.claimant_id, claim.entered_by_id):
        checks.not_ones_own(claim, by)
    return require_authority(claim.grant, by=by)


def _close(claim: Claim) -> None:
    assignment = _locked_assignment(claim.assignment)
    assignment.status, assignment.committed_pence = Assignment.Status.CLOSED, 0
    assignment.save(update_fields=["status", "committed_pence"])


def may_settle(claim: Claim, *, by: User) -> None:
    """Refuse somebody who cannot mark an approved claim as paid. Reads only."""
    require(by, "claims.settle_claim", who="finance")
    if by.pk in (claim.claimant_id, claim.approved_by_id):
        raise Refusal(
            "A01",
            f"You claimed or approved claim {claim.pk}.",
            fix="Leave it to somebody else.",
            who="Finance",
        )


@transaction.atomic
def settle(
    claims: Sequence[Claim],
    *,
    grant: Grant,
    agency: Agency,
    reference: str,
    by: User,
    expected_pence: int | None = None,
) -> Settlement:
    """Mark approved claims of one agency as paid, all or none, under a payroll batch or invoice number.

    Refuses if a claim is not approved any more or of another agency (F03), if the total is not what was
    seen (A03), and if the agency has that reference already (F02).
    """
    require(by, "claims.settle_claim", who="finance")
    if not reference.strip():
        raise Refusal(
            "F04",
            "A settlement needs its reference.",
            fix="Enter the payroll batch or invoice number.",
            who="Finance",
        )
    rows = Claim.objects.select_for_update(of=("self",)).select_related("enquiry__line", "grant")
    locked = list(rows.filter(pk__in=[claim.pk for claim in claims]).order_by("pk"))
    for claim in locked:
        if claim.status != Status.APPROVED or claim.agency_id != agency.pk or claim.grant_id != grant.pk:
            raise Refusal(
                "F03",
                f"Claim {claim.pk} is {claim.get_status_display().lower()} or not of {agency} and {grant}.",
                fix="Draw up the settlement again from the approved claims.",
                who="Finance",
            )
        may_settle(claim, by=by)
    pence = sum(claim.pence for claim in locked)
    if not locked or (expected_pence is not None and expected_pence != pence):
        raise Refusal(
            "A03",
            f"The approved claims add up to {pounds(pence)} now, not what was on the page.",
            fix="Look at the list again.",
            who="Finance",
        )
    try:
        settlement = Settlement.objects.create(
            grant=grant,
            agency=agency,
            reference=reference.strip(),
            settled_on=clock.today(),
            settled_by=by,
            claim_count=len(locked),
            pence=pence,
        )
    except IntegrityError as error:
        if broken_rule(error) != "claims_settlement_reference_once":
            raise
        raise Refusal(
            "F02",
            f"{agency} has a settlement {reference.strip()} already.",
            fix="Enter the number of this one.",
            who="Finance",
        ) from error
    for claim in locked:
        entry = f"claim:{claim.pk}:settle:{claim.revision + 1}"
        _to(claim, Status.SETTLED, settlement=settlement, settlement_entry_id=entry)
        _record(claim, Verb.SETTLED, by=by, reason=settlement.reference)
    for claim in locked:
        _post(Kind.SETTLEMENT, claim, claim.pence, "settle", by=by, reason=settlement.reference)
    return settlement


@transaction.atomic
def lapse(claim: Claim, *, by: User) -> int:
    """End a claim still with its claimant when claims closed, and return its money. Returns the pence."""
    claim = _locked(claim)
    if claim.status not in (Status.DRAFT, Status.RETURNED) or clock.today() <= claim.grant.claims_close_on:
        return 0
    assignment = _locked_assignment(claim.assignment)
    claim.more_time.filter(status=MoreTime.Status.ASKED).update(status=MoreTime.Status.LAPSED)
    _to(claim, Status.WITHDRAWN)
    assignment.status = Assignment.Status.TASKED
    assignment.save(update_fields=["status"])
    _record(claim, Verb.WITHDRAWN, by=by, reason="Not submitted before claims closed")
    return tasking.release(assignment, by=by, reason="Not submitted before claims closed")


_May = Callable[..., object]
# The verbs for which each state of a claim calls, in the order in which pages offer them.
_VERBS: dict[str, dict[str, _May]] = {
    Status.DRAFT: {"more_time": may_refuse_more_time, "answer": may_answer, "withdraw": may_withdraw},
    Status.SUBMITTED: {
        "certify": may_certify,
        "approve": may_approve,
        "return": may_return,
        "reject": may_reject,
        "withdraw": may_withdraw,
    },
    Status.CERTIFIED: {
        "approve": may_approve,
        "return": may_return,
        "reject": may_reject,
        "withdraw": may_withdraw,
    },
    Status.RETURNED: {"answer": may_answer, "withdraw": may_withdraw},
    Status.APPROVED: {"settle": may_settle, "reverse": may_reverse},
    Status.SETTLED: {"reverse": may_reverse},
}


def obstacles(claim: Claim, *, by: User) -> dict[str, Refusal | None]:
    """The verbs for which a claim's state calls, each with what keeps a person from it, if anything does."""
    found: dict[str, Refusal | None] = {}
    for verb, may in _VERBS.get(claim.status, {}).items():
        try:
            may(claim, by=by)
            found[verb] = None
        except Refusal as refusal:
            found[verb] = refusal
    return found


def _locked(claim: Claim) -> Claim:
    """The claim as it is now, locked until the transaction ends, with what every verb reads."""
    rows = Claim.objects.select_for_update(of=("self",), no_key=True)
    return rows.select_related("grant", "enquiry__line").get(pk=claim.pk)


def _locked_assignment(assignment: Assignment) -> Assignment:
    rows = Assignment.objects.select_for_update(of=("self",), no_key=True)
    return rows.select_related("tasking__enquiry__line", "tasking__enquiry__grant", "officer", "agency").get(
        pk=assignment.pk
    )


def _step(claim: Claim, *, from_: Sequence[str], to: str) -> None:
    if claim.status not in from_:
        raise Refusal(
            "A03",
            f"Claim {claim.pk} is {claim.get_status_display().lower()} and cannot be {to} now.",
            fix="Look at the claim as it is now.",
            who="Nobody has to",
        )


def _to(claim: Claim, status: str, **changes: Any) -> None:
    """Write a step as the claim's next revision."""
    changes |= {"status": status, "revision": claim.revision + 1}
    Claim.objects.filter(pk=claim.pk).update(**changes)
    for name, value in changes.items():
        setattr(claim, name, value)


def _as_seen(claim: Claim, revision: int) -> Claim:
    """A copy of the claim at the revision that was seen, without locking it; refuses (A03) if there is none.

    The database lets no claim change without a new revision: what is known of this one is still true when a
    step finds it at that revision.
    """
    if claim.revision == revision:
        return copy(claim)
    claim = Claim.objects.select_related("grant", "enquiry__line").get(pk=claim.pk)
    checks.as_seen(claim, revision)
    return claim


def _record(claim: Claim, verb: str, **said: Any) -> None:
    _event(claim, verb, **said).save()


def _event(
    claim: Claim, verb: str, *, by: User, reason_code: str = "", reason: str = "", capacity: str = ""
) -> Event:
    return Event(
        claim=claim,
        verb=verb,
        by=by,
        at=clock.now(),
        revision=claim.revision,
        reason_code=reason_code,
        reason=reason,
        pence=claim.pence,
        capacity=capacity,
        facts={
            "starts_at": claim.starts_at.isoformat(),
            "ends_at": claim.ends_at.isoformat(),
            "break_minutes": claim.break_minutes,
            "duty_type": claim.duty_type,
            "pence": claim.pence,
        },
    )


def _post(kind: ledger.Kind, claim: Claim, pence: int, verb: str, *, by: User, reason: str = "") -> None:
    ledger.post(
        kind,
        claim.enquiry.line,
        pence,
        effective_on=claim.duty_on,
        reference=f"claim:{claim.pk}:{verb}:{claim.revision}",
        by=by,
        reason=reason,
    )


def _need(reason: str) -> None:
    if not reason.strip():
        raise Refusal("A08", "This needs a reason in words.", fix="Say why.", who="Whoever decides")
