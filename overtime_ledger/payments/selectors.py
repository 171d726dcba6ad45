"""What is due, what is on its way, what was paid and how it differs: figures of payments."""

from collections.abc import Iterable
from datetime import date

from django.db.models import Exists, OuterRef, QuerySet

from claims.models import Claim, ClaimQuerySet, Dispute
from grants.models import Grant
from overtime_ledger.accounts.models import Agency
from overtime_ledger.payments.models import BatchLine, BatchLineQuerySet, Tolerance


def due(
    grant: Grant, agency: Agency, *, up_to: date | None = None, from_on: date | None = None
) -> ClaimQuerySet:
    """Approved claims of an agency to draw: not held back, not disputed, in no live batch.

    Of duties up to a day, and from a day on, both included.
    """
    rows = to_draw([grant]).filter(agency=agency).order_by("duty_on", "pk")
    if up_to:
        rows = rows.filter(duty_on__lte=up_to)
    return rows.filter(duty_on__gte=from_on) if from_on else rows


def to_draw(grants: Iterable[Grant]) -> ClaimQuerySet:
    """Approved claims of some grants that can be drawn into a batch now."""
    rows = Claim.objects.awaiting_settlement().filter(grant__in=grants)
    return rows.filter(~Exists(_in_live_batch()), ~Exists(_disputed()))


def _in_live_batch() -> BatchLineQuerySet:
    return BatchLine.objects.filter(claim=OuterRef("pk"), live=True)


def _disputed() -> QuerySet[Dispute]:
    return Dispute.objects.filter(claim=OuterRef("pk"), status=Dispute.Status.OPEN)


def tolerance(grant: Grant) -> int:
    """Up to how many pence a paid amount may differ and need no explanation: none until two people set it."""
    row = Tolerance.objects.in_force().filter(grant=grant).first()
    return row.pence if row else 0
