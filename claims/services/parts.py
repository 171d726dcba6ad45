"""Approve a part of a claim, and the one dispute of it: down only, with a reason, by another person."""

from datetime import date, timedelta

from django.db import IntegrityError, transaction

from claims import checks
from claims.models import Claim, Dispute, Event, LateClaim
from claims.services import claiming, deciding, reckoning, steps
from grants import ledger
from grants.checks import not_closed
from grants.models import Authority
from grants.services import require_authority
from overtime_ledger import clock
from overtime_ledger.accounts.models import User
from overtime_ledger.errors import Refusal, broken_rule
from tasking import services as tasking

Status, Verb, Kind = Claim.Status, Event.Verb, ledger.Kind
DAYS_TO_CLAIM_AGAIN = 14


def part_of(claim: Claim, minutes: int) -> reckoning.Reckoning:
    """What a claim comes to if only so many of its minutes are approved, from its start on. Reads only.

    Refuses (A11) what is no part of it, or pays no less: a minimum may hold the pay up.
    """
    if not 0 < minutes < claim.worked_minutes:
        raise Refusal(
            "A11",
            f"{claim.worked_minutes} minutes were worked: a part is less than that, and more than nothing.",
            fix="Enter the minutes that are approved, or approve or reject the whole.",
            who="Whoever approves",
        )
    reckoned = reckoning.reckon(claiming.shorter(claim, claim.worked_minutes - minutes))
    if reckoned.price.pence >= claim.pence:
        raise Refusal(
            "A11",
            f"For {minutes} minutes the pay is the same. {reckoned.price.working}",
            fix="Approve the whole, or return the claim.",
            who="Whoever approves",
        )
    return reckoned


def may_approve_part(claim: Claim, *, by: User, pence: int = 0) -> Authority:
    """The authority under which somebody approves a part of a claim; refuses everybody else. Reads only.

    Its limit is asked of the `pence` of the part once they are known, not of the whole claim.
    """
    return deciding.may_approve(claim, by=by, pence=pence)


@transaction.atomic
def approve_part(
    claim: Claim, *, by: User, revision: int, minutes: int, reason: str, expected_pence: int | None = None
) -> Claim:
    """Accept some minutes of a certified claim, from its start on; the rest returns to the enquiry.

    Its claimant sees what was claimed, what is approved and why. Refuses as `approve` does, by A11 what is no
    part, by A08 without a reason, and by A03 if the part comes to another sum than was seen.
    """
    claim = steps.locked(claim)
    checks.as_seen(claim, revision)
    may_approve_part(claim, by=by)
    steps.need(reason)
    reckoned = part_of(claim, minutes)
    part, claimed = reckoned.price.pence, claim.pence
    authority = require_authority(claim.grant, by=by, pence=part)
    checks.comes_to(part, expected_pence)
    entry = f"claim:{claim.pk}:approve:{revision + 1}"
    steps.to(
        claim,
        Status.APPROVED,
        pence=part,
        on_cost_pence=reckoned.price.on_cost_pence,
        claimed_pence=claimed,
        approved_minutes=minutes,
        approved_by_id=by.pk,
        approved_at=clock.now(),
        approval_entry_id=entry,
    )
    claiming.write_lines(claim, reckoned.price)
    assignment = steps.locked_assignment(claim.assignment)
    assignment.committed_pence = part
    assignment.save(update_fields=["committed_pence"])
    tasking.owe(assignment, reckoned.price.time_owed)
    steps.record(claim, Verb.PART, by=by, reason=reason, capacity=authority.capacity)
    steps.post(Kind.APPROVAL, claim, part, "approve", by=by, reason=reason)
    steps.post(Kind.REJECTION, claim, claimed - part, "part", by=by, reason=reason)
    return claim


@transaction.atomic
def dispute(claim: Claim, *, by: User, reason: str) -> Dispute:
    """Say, once, why more than the approved part is due. Refuses by C01, A08, A09, and A12."""
    claim = steps.locked(claim)
    may_dispute(claim, by=by)
    steps.need(reason)
    raised = Dispute(claim=claim, reason=reason.strip(), raised_by=by, raised_at=clock.now())
    try:
        with transaction.atomic():
            raised.save()
    except IntegrityError as error:
        if not broken_rule(error).startswith("claims_dispute_claim_id"):
            raise
        raise _no_dispute(claim) from error
    steps.record(claim, Verb.DISPUTED, by=by, reason=reason.strip())
    return raised


def may_dispute(claim: Claim, *, by: User) -> None:
    """Refuse a dispute of what was approved whole, was disputed before, or is somebody else's. Reads only."""
    not_closed(claim.grant)
    checks.not_held_back(claim)
    checks.named_on_tasking(claim.assignment, by)
    in_part = claim.claimed_pence is not None and claim.status in (Status.APPROVED, Status.SETTLED)
    if not in_part or Dispute.objects.filter(claim=claim).exists():
        raise _no_dispute(claim)


def dispute_of(claim: Claim) -> Dispute | None:
    """What the claimant said against the part that was approved, if anything. Reads only."""
    found: Dispute | None = getattr(claim, "dispute", None)
    return found


def may_answer_dispute(claim: Claim, *, by: User) -> Authority:
    """The authority under which somebody answers a claim's dispute; refuses everybody else. Reads only."""
    return may_decide_dispute(_dispute_on(claim), by=by)


def _dispute_on(claim: Claim) -> Dispute:
    raised = dispute_of(claim)
    if raised is None:
        raise Refusal(
            "A12",
            f"Claim {claim.pk} was not disputed.",
            fix="Look at the claim as it is now.",
            who="Nobody has to",
        )
    return raised


def _no_dispute(claim: Claim) -> Refusal:
    return Refusal(
        "A12",
        f"Claim {claim.pk} was not approved in part, or was disputed already: that is done once.",
        fix="Look at its timeline: the answer stands there.",
        who="Nobody",
    )


def answer_dispute(claim: Claim, *, by: User, decision: str, answer: str) -> Dispute:
    """Uphold a claim's dispute (`upheld`) or let the part stand (`stands`); refuses as those do."""
    decide = {"upheld": uphold_dispute, "stands": refuse_dispute}[decision]
    return decide(_dispute_on(claim), by=by, answer=answer)


@transaction.atomic
def refuse_dispute(raised: Dispute, *, by: User, answer: str) -> Dispute:
    """Let a part approval stand, and say why."""
    raised, authority = _to_decide(raised, by=by)
    steps.need(answer)
    _decide(raised, Dispute.Status.REFUSED, by=by, answer=answer)
    steps.record(raised.claim, Verb.STANDS, by=by, reason=answer.strip(), capacity=authority.capacity)
    return raised


@transaction.atomic
def uphold_dispute(raised: Dispute, *, by: User, answer: str) -> Dispute:
    """Undo a part approval and open the duty to be claimed again; its whole price is committed anew.

    Refuses as `reverse` and, if the money is not there any more, as a tasking does (T03, T08).
    """
    raised, authority = _to_decide(raised, by=by)
    steps.need(answer)
    _decide(raised, Dispute.Status.UPHELD, by=by, answer=answer)
    claim = raised.claim
    steps.record(claim, Verb.UPHELD, by=by, reason=answer.strip(), capacity=authority.capacity)
    deciding.reverse(claim, by=by, revision=claim.revision, reason=answer)
    until = claimable_until(claim)
    again = _exception(raised, by=by, until=until)
    tasking.take_up(
        claim.assignment, by=by, until=until, reason=answer.strip(), reference=f"late:{again.pk}:commit"
    )
    return raised


def claimable_until(claim: Claim) -> date:
    """The last day on which a duty could be claimed again if its dispute were upheld today."""
    return min(clock.today() + timedelta(days=DAYS_TO_CLAIM_AGAIN), claim.grant.books_close_on)


def _exception(raised: Dispute, *, by: User, until: date) -> LateClaim:
    return LateClaim.objects.create(
        assignment=raised.claim.assignment,
        reason=raised.reason,
        asked_by=raised.raised_by,
        asked_at=raised.raised_at,
        status=LateClaim.Status.GRANTED,
        until=until,
        answer=raised.answer,
        decided_by=by,
        decided_at=clock.now(),
    )


def may_decide_dispute(raised: Dispute, *, by: User) -> Authority:
    """The authority under which somebody decides a dispute; not who approved the part (A01). Reads only."""
    claim = raised.claim
    checks.not_held_back(claim)
    checks.not_ones_own(claim, by)
    checks.no_interest(claim, by)
    if by.pk in (claim.approved_by_id, raised.raised_by_id):
        raise Refusal(
            "A01",
            f"You approved the part of claim {claim.pk}, or raised the dispute.",
            fix="Leave it to the other of controlling DI and deputy.",
            who="The controlling DI or a deputy",
        )
    if raised.status != Dispute.Status.OPEN or claim.status not in (Status.APPROVED, Status.SETTLED):
        ended: Dispute | Claim = raised if raised.status != Dispute.Status.OPEN else claim
        raise Refusal(
            "A12",
            f"{ended} is {ended.get_status_display().lower()} already.",
            fix="Nothing is left to do here.",
            who="Nobody",
        )
    return require_authority(claim.grant, by=by)


def _to_decide(raised: Dispute, *, by: User) -> tuple[Dispute, Authority]:
    claim = steps.locked(raised.claim)
    locked = Dispute.objects.select_for_update(no_key=True).get(pk=raised.pk)
    locked.claim = claim
    return locked, may_decide_dispute(locked, by=by)


def _decide(raised: Dispute, status: str, *, by: User, answer: str) -> None:
    raised.status, raised.answer = status, answer.strip()
    raised.decided_by, raised.decided_at = by, clock.now()
    raised.save()
