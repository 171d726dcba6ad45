"""Verbs on what was paid otherwise than calculated: resolve a difference, and say what is tolerated."""

from django.db import IntegrityError, transaction

from claims import checks
from grants.checks import not_closed
from grants.models import Grant
from overtime_ledger import clock
from overtime_ledger.accounts.models import User
from overtime_ledger.accounts.services import require
from overtime_ledger.errors import Refusal, broken_rule
from overtime_ledger.money import pounds
from overtime_ledger.payments.models import MOST_TOLERATED_PENCE, BatchLine, Tolerance
from overtime_ledger.payments.services import telling


@transaction.atomic
def resolve(line: BatchLine, *, by: User, resolution: str, reason: str) -> BatchLine:
    """Put on record what became of a difference: explained, recovered or corrected, and how.

    Nothing moves in the ledger. Refuses what is no difference or resolved already (A03), whoever confirmed
    the payment (F08), a claim of one's own or of somebody in whom one declared an interest (A01, A05), and
    no reason (A08).
    """
    rows = BatchLine.objects.select_for_update(of=("self",), no_key=True)
    locked = rows.select_related("batch__settlement", "batch__grant", "claim__agency").get(pk=line.pk)
    not_closed(locked.batch.grant)
    may_resolve(locked, by=by)
    if resolution not in BatchLine.Resolution.values:
        raise Refusal(
            "F08",
            "A difference is explained, recovered or corrected.",
            fix="Choose which of them it is.",
            who="Finance",
        )
    if not reason.strip():
        raise Refusal("A08", "This needs a reason in words.", fix="Say what was done.", who="Finance")
    locked.resolution, locked.resolved_by, locked.resolved_at = resolution, by, clock.now()
    locked.resolved_because = reason.strip()
    locked.save(update_fields=["resolution", "resolved_by", "resolved_at", "resolved_because"])
    return locked


def may_resolve(line: BatchLine, *, by: User) -> None:
    """Refuse somebody who cannot resolve a difference, and what is none. Reads only."""
    require(by, "claims.settle_claim", who="finance")
    if line.resolution or line.paid_pence is None or line.paid_pence == line.due_pence:
        raise Refusal(
            "A03",
            f"Nothing is to be resolved on {line.claim}.",
            fix="Look at the differences as they are now.",
            who="Nobody",
        )
    if line.batch.settlement is not None and line.batch.settlement.settled_by_id == by.pk:
        raise Refusal(
            "F08",
            "You confirmed this payment; somebody else says what became of its difference.",
            fix="Leave it to a second person in finance.",
            who="Another person in finance",
        )
    checks.no_interest(line.claim, by)
    if by.pk in (line.claim.claimant_id, line.claim.approved_by_id):
        raise Refusal(
            "A01",
            f"You claimed or approved {line.claim}.",
            fix="Leave it to somebody else.",
            who="Another person in finance",
        )


@transaction.atomic
def propose_tolerance(grant: Grant, *, by: User, pence: int, reason: str) -> Tolerance:
    """Say up to how many pence a paid amount may differ unexplained; a second person confirms it.

    Refuses more than the most there is (F08), no reason (A08), and a second one while one waits (A03).
    """
    require(by, "claims.settle_claim", who="finance")
    not_closed(grant)
    if not 0 <= pence <= MOST_TOLERATED_PENCE:
        raise Refusal(
            "F08",
            f"At most {pounds(MOST_TOLERATED_PENCE)} of a difference can be tolerated.",
            fix="Enter less; a larger difference is resolved, not tolerated.",
            who="Finance",
        )
    if not reason.strip():
        raise Refusal("A08", "This needs a reason in words.", fix="Say why.", who="Finance")
    try:
        with transaction.atomic():
            made = Tolerance.objects.create(
                grant=grant, pence=pence, reason=reason.strip(), recorded_by=by, recorded_at=clock.now()
            )
    except IntegrityError as error:
        if broken_rule(error) != "payments_tolerance_one_waiting":
            raise
        raise Refusal(
            "A03",
            "A tolerance waits to be confirmed already.",
            fix="Have that one confirmed first.",
            who="A second person in finance",
        ) from error
    telling.tolerance_proposed(made)
    return made


@transaction.atomic
def confirm_tolerance(tolerance: Tolerance, *, by: User) -> Tolerance:
    """Let a tolerance count for payments confirmed from now on; earlier ones keep theirs.

    Refuses whoever proposed it (G01), and what counts already (G02).
    """
    locked = Tolerance.objects.select_for_update(no_key=True).get(pk=tolerance.pk)
    not_closed(locked.grant)
    may_confirm_tolerance(locked, by=by)
    locked.confirmed_by, locked.confirmed_at = by, clock.now()
    locked.save(update_fields=["confirmed_by", "confirmed_at"])
    return locked


def may_confirm_tolerance(tolerance: Tolerance, *, by: User) -> None:
    """Refuse somebody who cannot confirm a tolerance. Reads only."""
    require(by, "claims.settle_claim", who="finance")
    if tolerance.confirmed_by_id:
        raise Refusal("G02", "This is confirmed already.", fix="Nothing is left to do here.", who="Nobody")
    if tolerance.recorded_by_id == by.pk:
        raise Refusal(
            "G01",
            "You proposed this yourself: two people are needed.",
            fix="Ask a second person in finance to confirm it.",
            who="Another person in finance",
        )
