"""What is due, what is on its way, what was paid and how it differs: figures of payments."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Exists, F, Min, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from claims.models import Claim, ClaimQuerySet, Dispute, Settlement
from claims.selectors import Total, total
from grants.models import Grant
from overtime_ledger.accounts.models import Agency, User
from overtime_ledger.payments.models import Batch, BatchLine, BatchLineQuerySet, Tolerance


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


@dataclass(frozen=True)
class Due:
    """What is approved and to be paid to one agency's officers under one grant, and what cannot be yet."""

    grant: Grant
    agency: Agency
    count: int
    pence: int
    oldest_on: date | None
    kept_back: int

    @property
    def paid_by(self) -> str:
        """How its officers are paid, in words."""
        return "Payroll" if self.agency.is_paid_by_payroll else "Invoice"


def due_by_agency(grants: Sequence[Grant]) -> list[Due]:
    """What is due, grant by grant and agency by agency; with what is held back or disputed meanwhile."""
    sums = {row["key"]: row for row in _by_agency(to_draw(grants))}
    kept = {row["key"]: row["count"] for row in _by_agency(_kept_back(grants))}
    agencies = Agency.objects.in_bulk({agency for _, agency in {**sums, **kept}})
    nothing = {"count": 0, "total": 0, "oldest": None}
    found = [
        (grant, agencies[key[1]], sums.get(key, nothing), kept.get(key, 0))
        for grant in grants
        for key in {**sums, **kept}
        if key[0] == grant.pk
    ]
    found.sort(key=lambda one: (-one[0].pk, one[1].code))
    return [
        Due(grant, agency, row["count"], row["total"], row["oldest"], waiting)
        for grant, agency, row, waiting in found
    ]


def _by_agency(rows: ClaimQuerySet) -> Iterator[dict[str, Any]]:
    sums = rows.order_by().values("grant", "agency")
    for row in sums.annotate(count=Count("pk"), total=Sum("pence"), oldest=Min("duty_on")):
        yield row | {"key": (row["grant"], row["agency"])}


def _kept_back(grants: Iterable[Grant]) -> ClaimQuerySet:
    """Approved, in no live batch, and held back or disputed."""
    rows = Claim.objects.filter(status=Claim.Status.APPROVED, grant__in=grants)
    rows = rows.filter(~Exists(_in_live_batch()))
    return rows.exclude(pk__in=rows.not_held_back().filter(~Exists(_disputed())).values("pk"))


def kept_back(grant: Grant, agency: Agency) -> ClaimQuerySet:
    """Of one agency, the approved claims that wait because they are held back or disputed."""
    return _kept_back([grant]).filter(agency=agency)


def in_batches(grant: Grant) -> Total:
    """The approved claims of a grant that are in batches not paid yet."""
    rows = Claim.objects.awaiting_settlement().filter(grant=grant)
    return total(rows.filter(Exists(_in_live_batch())))


def payments(grants: Iterable[Grant]) -> QuerySet[Settlement]:
    """What was paid, the latest first, with the pence that were: for direct ones, what was calculated."""
    rows = Settlement.objects.filter(grant__in=grants)
    rows = rows.select_related("grant", "agency", "settled_by", "batch")
    rows = rows.annotate(paid_pence=Coalesce(Sum("batch__lines__paid_pence"), F("pence")))
    return rows.order_by("-pk")


@dataclass(frozen=True)
class Together:
    """How many batches or payments, how many pence were calculated for them, and how many were paid."""

    count: int
    calculated: int
    paid: int


def together(rows: QuerySet[Batch] | QuerySet[Settlement]) -> Together:
    """What some batches or payments come to, once each bears its `paid_pence`."""
    found = rows.order_by().aggregate(
        count=Count("pk"), calculated=Sum("pence", default=0), paid=Sum("paid_pence", default=0)
    )
    return Together(**found)


def lines_of(batch: Batch) -> BatchLineQuerySet:
    """The lines of a batch in the order of their duties, with what pages and files say of them."""
    rows = batch.lines.with_what_stands_against().with_difference().order_by("claim__duty_on", "claim_id")
    rows = rows.select_related("batch__agency", "claim__claimant", "claim__enquiry", "left_out_by")
    return rows.prefetch_related("claim__lines")


def differences(user: User) -> BatchLineQuerySet:
    """What was paid otherwise than calculated, of grants a person may open, the latest first."""
    rows = BatchLine.objects.visible_to(user).differences().order_by("-batch", "pk")
    return rows.select_related("batch__settlement", "batch__agency", "claim__claimant", "resolved_by")


@dataclass(frozen=True)
class Differing:
    """How many differences, and what was paid above and below what was calculated, in pence."""

    count: int
    above: int
    below: int

    @property
    def net(self) -> int:
        """By how much more was paid than calculated, all together."""
        return self.above - self.below


def summed(rows: BatchLineQuerySet) -> Differing:
    """The sum of some differences, what is above never set off against what is below."""
    found = rows.order_by().aggregate(
        count=Count("pk"),
        above=Sum("difference_pence", filter=Q(difference_pence__gt=0), default=0),
        below=Sum("difference_pence", filter=Q(difference_pence__lt=0), default=0),
    )
    return Differing(found["count"], found["above"], -found["below"])


def _in_live_batch() -> BatchLineQuerySet:
    return BatchLine.objects.filter(claim=OuterRef("pk"), live=True)


def _disputed() -> QuerySet[Dispute]:
    return Dispute.objects.filter(claim=OuterRef("pk"), status=Dispute.Status.OPEN)


def tolerance(grant: Grant) -> int:
    """Up to how many pence a paid amount may differ and need no explanation: none until two people set it."""
    row = Tolerance.objects.in_force().filter(grant=grant).first()
    return row.pence if row else 0
