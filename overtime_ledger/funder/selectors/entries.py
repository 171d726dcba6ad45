"""Which entries of the ledger spent a grant's money, and which of them are claimed, held back, taken back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Case, Count, Exists, F, OuterRef, Q, QuerySet, Sum, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from claims.models import Freeze
from claims.selectors import with_agency
from grants.models import ClaimBasis, Grant, LedgerEntry, Stage
from grants.selectors import OTHERS
from overtime_ledger import clock
from overtime_ledger.funder.models import Expenditure, FunderClaim, FunderClaimLine

SPENT_BY: Mapping[str, tuple[Stage, Stage]] = {
    ClaimBasis.ACCRUED: (Stage.CLAIMED, Stage.APPROVED),
    ClaimBasis.PAID: (Stage.APPROVED, Stage.SETTLED),
}
"""Between which rungs an entry spends money on each basis; the other way round it takes spending back."""

DAY_OF: Mapping[str, str] = {
    ClaimBasis.ACCRUED: "Accruals: by the day of the duty",
    ClaimBasis.PAID: "Payments: by the day of the payment",
}
"""By which day each basis counts, in words."""

Spending = QuerySet[Any]
"""Entries of the ledger with what `spending` says of each, which their model does not know."""


def spending(grant: Grant, basis: str) -> Spending:
    """The entries that spent a grant's money on a basis or took it back, each with `spent`, `day`, `is_lead`.

    `spent` is its pence, below nothing where it took spending back. `day` is the day by which it counts: of
    the duty, or of the payment; a reversal counts on the day of what it reverses. `is_lead` tells overtime of
    the lead force from that of the others; `claim_named` is the officer's claim behind it.
    """
    paid_on = Coalesce("reverses__posted_on", "posted_on")
    return with_agency(spent([grant], basis).order_by("number")).annotate(
        day=F("effective_on") if basis == ClaimBasis.ACCRUED else paid_on,
        is_lead=Case(When(agency_id=grant.lead_force_id, then=Value(True)), default=Value(False)),
    )


def spent(grants: Sequence[Grant], basis: str) -> Spending:
    """The entries that spent money of some grants on a basis or took it back, each with `spent`."""
    source, target = SPENT_BY[basis]
    ahead, back = Q(source_stage=source, target_stage=target), Q(source_stage=target, target_stage=source)
    rows = LedgerEntry.objects.filter(ahead | back, grant__in=grants)
    return rows.annotate(spent=Case(When(ahead, then=F("pence")), default=-F("pence")))


def unclaimed() -> Combinable:
    """Whether an entry is in no claim to the funder."""
    return ~claimed("pk")


def claimed(entry: str, *, by: date | None = None) -> Exists:
    """Whether an entry is in a claim to the funder that was drawn by a day."""
    lines = FunderClaimLine.objects.filter(entry=OuterRef(entry), live=True)
    return Exists(lines.filter(claim__drawn_at__lt=clock.midnight_after(by)) if by else lines)


def asked_for(entry: str, *, by: date | None = None) -> Exists:
    """Whether an entry is in a claim that the funder has, or had by a day."""
    sent = FunderClaim.objects.sent().filter(sent_on__lte=by) if by else FunderClaim.objects.sent()
    return Exists(FunderClaimLine.objects.filter(entry=OuterRef(entry), live=True, claim__in=sent))


def due_back(grant: Grant) -> Spending:
    """Entries that took back what the funder was asked for: minus lines of the next claim, until then due."""
    return spending(grant, grant.claim_basis).filter(unclaimed(), asked_for("reverses"))


@dataclass(frozen=True)
class Entries:
    """Some entries of the ledger together: how many, and their pence."""

    count: int = 0
    pence: int = 0


def together(entries: Spending) -> Entries:
    """What some spending comes to."""
    sums = entries.order_by().aggregate(count=Count("pk"), pence=Sum("spent", default=0))
    return Entries(sums["count"], sums["pence"])


def held_back(grants: Sequence[Grant], *, as_at: date | None = None) -> list[int]:
    """The officers' claims of some grants that are held back on suspicion, now or at the end of a day."""
    freezes = Freeze.objects.filter(claim__grant__in=grants).order_by("claim")
    if as_at is None:
        freezes = freezes.filter(released_at=None)
    else:
        end = clock.midnight_after(as_at)
        freezes = freezes.filter(Q(released_at=None) | Q(released_at__gte=end), frozen_at__lt=end)
    return list(freezes.values_list("claim", flat=True))


def left_out(grant: Grant) -> list[int]:
    """The officers' claims that no claim takes now: held back, and in no claim to the funder before that."""
    held = held_back([grant])
    if not held:
        return []
    before = spending(grant, grant.claim_basis).filter(claimed("pk"), claim_named__in=held)
    return sorted(set(held) - set(before.order_by().values_list("claim_named", flat=True)))


def by_type(entries: Spending, **sums: Any) -> dict[Expenditure, dict[str, int]]:
    """Sums of some spending by type, in one query."""
    found = {row["is_lead"]: row for row in entries.order_by().values("is_lead").annotate(**sums)}
    return {kind: found.get(kind == Expenditure.LEAD, {}) for kind in Expenditure}


def agency_of(grant: Grant, kind: str) -> int | str:
    """Whose entries are of a type of expenditure, as the page of the ledger is asked for them."""
    return grant.lead_force_id if kind == Expenditure.LEAD else OTHERS


def unpaid_by_type(grant: Grant, up_to: date, *, without: Sequence[int] = ()) -> dict[Expenditure, int]:
    """What of the duties up to a day was approved and is not paid, by type, without some officers' claims."""
    sums = {
        basis: by_type(
            spending(grant, basis).filter(effective_on__lte=up_to).exclude(claim_named__in=without),
            total=Sum("spent", default=0),
        )
        for basis in ClaimBasis
    }
    return {
        kind: sums[ClaimBasis.ACCRUED][kind].get("total", 0) - sums[ClaimBasis.PAID][kind].get("total", 0)
        for kind in Expenditure
    }


def posted_by(entries: Spending, as_at: date | None) -> Spending:
    """Those of some entries that were posted by the end of a day."""
    return entries if as_at is None else entries.filter(posted_on__lte=as_at)
