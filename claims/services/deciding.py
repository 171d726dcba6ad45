"""The verbs of those who decide: more time, certify, return, approve, reject, reverse."""

from django.db import IntegrityError, transaction

from claims import checks
from claims.models import Claim, Event, MoreTime
from claims.services import claiming, safeguards, steps, telling
from grants import ledger
from grants.models import Authority, LedgerEntry
from grants.services import require_authority
from overtime_ledger import clock
from overtime_ledger.accounts.models import User
from overtime_ledger.errors import Refusal, broken_rule
from tasking import services as tasking
from tasking.models import Assignment
from tasking.quotes import lines_of

Status, Verb, Kind = Claim.Status, Event.Verb, ledger.Kind


@transaction.atomic
def grant_more_time(
    claim: Claim, *, by: User, revision: int, reason: str = "", minutes: int | None = None
) -> Claim:
    """Commit the extra that was asked, or `minutes` of it for a reason, and let the claim go on with it.

    Of a part the claim ends earlier and is reckoned anew. Refuses by A01, A02, A03, A08, C06, T03, and T08.
    """
    claim = steps.locked(claim)
    checks.as_seen(claim, revision)
    request = _open_request(claim, by=by)
    checks.claims_are_open(claim.assignment, claim.grant)
    assignment = steps.locked_assignment(claim.assignment)
    tasking.lock_agreements(claim.grant, [claim.agency_id])
    asked = claim.worked_minutes - assignment.authorised_minutes
    if minutes is not None and minutes != asked:
        steps.need(reason)
        checks.is_part_of(minutes, asked)
        claim = claiming.end_earlier(claim, assignment, asked - minutes)
    extra = max(claim.pence - assignment.committed_pence, 0)
    authority = require_authority(claim.grant, by=by, pence=extra)
    if claim.pence > assignment.authorised_pence:
        assignment.authorised_pence, assignment.on_cost_pence = claim.pence, claim.on_cost_pence
        assignment.lines = lines_of(claim.pay_lines)
    assignment.authorised_minutes = max(assignment.authorised_minutes, claim.worked_minutes)
    assignment.save(update_fields=["authorised_pence", "on_cost_pence", "authorised_minutes", "lines"])
    _decide(request, MoreTime.Status.GRANTED, by=by)
    claim.status = Status.SUBMITTED
    claim.revision += 1
    claim.save(update_fields=["status", "revision"])
    steps.record(claim, Verb.GRANTED, by=by, reason=reason, capacity=authority.capacity)
    tasking.record_extension(assignment, extra, by=by, reason=reason, capacity=authority.capacity)
    claiming.hand_in(claim, assignment, by=request.asked_by, committed_by=by)
    return claim


@transaction.atomic
def refuse_more_time(claim: Claim, *, by: User, revision: int, reason: str) -> Claim:
    """Refuse the extra; the claim goes on waiting until its claimant claims what was authorised."""
    claim = steps.locked(claim)
    checks.as_seen(claim, revision)
    request, authority = may_refuse_more_time(claim, by=by)
    steps.need(reason)
    _decide(request, MoreTime.Status.REFUSED, by=by)
    claim.revision += 1
    claim.save(update_fields=["revision"])
    steps.record(claim, Verb.REFUSED, by=by, reason=reason, capacity=authority.capacity)
    return claim


def may_grant_more_time(claim: Claim, *, by: User) -> tuple[MoreTime, Authority]:
    """The open request and the authority to grant it; refuses everybody else. Reads only."""
    request = _open_request(claim, by=by)
    return request, require_authority(claim.grant, by=by, pence=request.extra_pence)


def may_refuse_more_time(claim: Claim, *, by: User) -> tuple[MoreTime, Authority]:
    """The open request and the authority to refuse it; refuses everybody else. Reads only."""
    return _open_request(claim, by=by), require_authority(claim.grant, by=by)


def _open_request(claim: Claim, *, by: User) -> MoreTime:
    checks.not_held_back(claim)
    checks.not_ones_own(claim, by)
    checks.no_interest(claim, by)
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
def certify(claim: Claim, *, by: User, revision: int, record: str = "") -> Claim:
    """Confirm, as a supervisor of the claimant's own agency, that the hours were worked.

    `record` says where the duty record or timesheet is that shows it (C11). Refuses by A01, A03, A05, A09 and
    P01.
    """
    claim = steps.locked(claim)
    checks.as_seen(claim, revision)
    may_certify(claim, by=by)
    if record.strip():
        safeguards.keep_evidence(claim, by=by, kind=claim.record_kind, reference=record)
    steps.to(claim, Status.CERTIFIED, certified_by=by, certified_at=clock.now())
    steps.record(claim, Verb.CERTIFIED, by=by, reason=record.strip())
    return claim


def may_certify(claim: Claim, *, by: User) -> None:
    """Refuse somebody who cannot certify a claim. Reads only."""
    steps.step(claim, from_=(Status.SUBMITTED,), to="certified")
    _require_supervisor(claim, by=by)
    checks.not_certified_by_oneself(claim, by)
    checks.no_interest(claim, by)


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
    claim = steps.locked(claim)
    checks.as_seen(claim, revision)
    capacity = may_return(claim, by=by)
    if reason_code not in Event.Reason.values:
        raise Refusal(
            "A08",
            "A return needs one of the coded reasons.",
            fix="Choose a reason.",
            who="Whoever returns it",
        )
    steps.need(reason)
    steps.to(claim, Status.RETURNED, certified_by=None, certified_at=None)
    steps.record(claim, Verb.RETURNED, by=by, reason_code=reason_code, reason=reason, capacity=capacity)
    telling.returned(claim)
    steps.post(Kind.WITHDRAWAL, claim, claim.pence, "return", by=by, reason=reason)
    return claim


def may_return(claim: Claim, *, by: User) -> str:
    """In what capacity somebody returns a claim: as supervisor, or under their authority over the grant.

    Refuses everybody else. Reads only.
    """
    steps.step(claim, from_=(Status.SUBMITTED, Status.CERTIFIED), to="returned")
    checks.no_interest(claim, by)
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


def approve(
    claim: Claim, *, by: User, revision: int, reason: str = "", held: Authority | None = None
) -> Claim:
    """Accept a certified claim as a charge on the grant; its money is incurred from now on.

    For several claims the authority `held` over their grant is read once; whether it is still in force the
    database asks with each.

    Refuses by A01 (three people), A02 (authority and its limit), A03 (not what was seen), A04 (money),
    C06 (claims closed), and A07 (flagged without a reason).
    """
    claim = steps.as_seen(claim, revision)
    step = approval(claim, by=by, reason=reason, held=held)
    try:
        done = ledger.post_steps(Kind.APPROVAL, [step], by=by)
    except IntegrityError as error:
        if broken_rule(error) not in ("claims_claim_no_interest", "claims_claim_not_held_back"):
            raise
        raise _meanwhile(claim) from error
    if not done:
        checks.as_seen(Claim.objects.get(pk=claim.pk), revision)
        require_authority(claim.grant, by=by, pence=claim.pence)
        raise _meanwhile(claim)
    return claim


def approval(claim: Claim, *, by: User, reason: str = "", held: Authority | None = None) -> ledger.Step:
    """The step by which a claim is approved as it is: put on the claim, not yet taken. Reads only."""
    authority = may_approve(claim, by=by, held=held)
    checks.flags_are_answered(claim, reason)
    seen, claim.revision = claim.revision, claim.revision + 1
    entry = f"claim:{claim.pk}:approve:{claim.revision}"
    claim.status, claim.approval_entry_id = Status.APPROVED, entry
    claim.approved_by_id, claim.approved_at = by.pk, clock.now()
    changed = ("status", "approved_by_id", "approved_at", "approval_entry_id")
    return ledger.Step(
        row=claim,
        seen=seen,
        changes={column: getattr(claim, column) for column in changed},
        event=steps.event(claim, Verb.APPROVED, by=by, reason=reason, capacity=authority.capacity),
        line=claim.enquiry.line,
        pence=claim.pence,
        effective_on=claim.duty_on,
        reference=entry,
        reason=reason,
        under=authority,
    )


def _meanwhile(claim: Claim) -> Refusal:
    """What the database refused although it could be done a moment before."""
    return Refusal(
        "A03",
        f"Claim {claim.pk} was held back, an interest was declared or an authority ended, "
        "since the page was drawn.",
        fix="Look at the claim as it is now.",
        who="Whoever decides",
    )


def may_approve(
    claim: Claim, *, by: User, pence: int | None = None, held: Authority | None = None
) -> Authority:
    """The authority under which somebody approves a claim, or `pence` of it; refuses everybody else.

    Reads only.
    """
    if claim.status == Status.SUBMITTED:
        raise Refusal(
            "A13",
            f"The hours of claim {claim.pk} are not certified yet.",
            fix=f"Wait until a supervisor of {claim.agency} has certified them.",
            who=f"A supervisor of {claim.agency}",
        )
    steps.step(claim, from_=(Status.CERTIFIED,), to="approved")
    checks.not_ones_own(claim, by)
    checks.no_interest(claim, by)
    authority = require_authority(
        claim.grant, by=by, pence=claim.pence if pence is None else pence, held=held
    )
    checks.claims_are_open(claim.assignment, claim.grant)
    checks.has_its_record(claim)
    return authority


@transaction.atomic
def reject(claim: Claim, *, by: User, revision: int, reason: str) -> Claim:
    """Refuse a claim for good; its money returns to the enquiry's available, and it earns no time off."""
    claim = steps.locked(claim)
    checks.as_seen(claim, revision)
    authority = may_reject(claim, by=by)
    steps.need(reason)
    _close(claim)
    tasking.owe(claim.assignment, ())
    steps.to(claim, Status.REJECTED)
    steps.record(claim, Verb.REJECTED, by=by, reason=reason, capacity=authority.capacity)
    telling.rejected(claim)
    steps.post(Kind.REJECTION, claim, claim.pence, "reject", by=by, reason=reason)
    return claim


def may_reject(claim: Claim, *, by: User) -> Authority:
    """The authority under which somebody rejects a claim; refuses everybody else. Reads only."""
    steps.step(claim, from_=(Status.SUBMITTED, Status.CERTIFIED), to="rejected")
    checks.not_ones_own(claim, by)
    checks.no_interest(claim, by)
    return require_authority(claim.grant, by=by)


@transaction.atomic
def reverse(claim: Claim, *, by: User, revision: int, reason: str) -> Claim:
    """Undo an approval, settled or not, held back or not: mirror entries, then back to available. It ends."""
    claim = steps.locked(claim)
    checks.as_seen(claim, revision)
    authority = may_reverse(claim, by=by)
    steps.need(reason)
    approval = LedgerEntry.objects.get(reference=claim.approval_entry_id)
    settlement = LedgerEntry.objects.filter(reference=claim.settlement_entry_id).first()
    _close(claim)
    steps.to(claim, Status.REVERSED, reversal_entry_id=f"{approval.reference}:reversed")
    steps.record(claim, Verb.REVERSED, by=by, reason=reason, capacity=authority.capacity)
    safeguards.end_freeze(claim, by=by, reason=reason)
    if settlement:
        ledger.reverse(settlement, by=by, reason=reason)
    ledger.reverse(approval, by=by, reason=reason)
    steps.post(Kind.REJECTION, claim, claim.pence, "reverse", by=by, reason=reason)
    return claim


def may_reverse(claim: Claim, *, by: User) -> Authority:
    """The authority under which somebody reverses an approval; refuses everybody else. Reads only."""
    steps.step(claim, from_=(Status.APPROVED, Status.SETTLED), to="reversed")
    checks.no_interest(claim, by)
    if by.pk in (claim.claimant_id, claim.entered_by_id):
        checks.not_ones_own(claim, by)
    return require_authority(claim.grant, by=by)


def _close(claim: Claim) -> None:
    assignment = steps.locked_assignment(claim.assignment)
    assignment.status, assignment.committed_pence = Assignment.Status.CLOSED, 0
    assignment.save(update_fields=["status", "committed_pence"])
