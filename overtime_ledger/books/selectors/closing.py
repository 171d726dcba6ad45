"""The closing checklist of a grant: what the product knows by itself, what was signed, who sees to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.contrib.auth.models import Permission
from django.db.models import Count, Max, Q, QuerySet, Sum

from claims.models import Claim, Dispute, LateClaim, Settlement
from grants.models import Grant, Period
from overtime_ledger import clock
from overtime_ledger.accounts.models import Agency, User
from overtime_ledger.books.models import Closing, ClosingItem, Retention, least_retention
from overtime_ledger.books.selectors import evaluation
from overtime_ledger.funder.selectors import account
from overtime_ledger.money import pounds
from overtime_ledger.payments.models import Batch, BatchLine

Kind = ClosingItem.Kind


@dataclass(frozen=True)
class Known:
    """Whether something is so, and in words what shows it or what stands against it."""

    is_so: bool
    says: str


@dataclass(frozen=True)
class Item:
    """A line of the checklist as it stands now."""

    kind: str
    title: str
    known: Known | None
    is_signed: bool
    owner: User | None
    due_on: date | None
    done_on: date | None
    evidence: str
    signed_by: User | None
    signed_at: datetime | None

    @property
    def is_done(self) -> bool:
        """What is known is so, and what is to be signed is signed."""
        return (self.known is None or self.known.is_so) and (not self.to_sign or self.is_signed)

    @property
    def to_sign(self) -> bool:
        """Whether somebody signs it; what the product knows alone, nobody signs."""
        return self.kind in ClosingItem.SIGNED

    @property
    def is_overdue(self) -> bool:
        return not self.is_done and self.due_on is not None and self.due_on < clock.today()

    @property
    def says(self) -> str:
        """What shows it, or what stands against it."""
        if self.known and not (self.is_done and self.evidence):
            return self.known.says
        return self.evidence or "Not signed yet."

    @property
    def state(self) -> str:
        return "done" if self.is_done else "overdue" if self.is_overdue else "open"


def checklist(grant: Grant) -> list[Item]:
    """Every item of a grant's closing checklist, in its order, as it stands now."""
    rows = {row.kind: row for row in grant.closing_items.select_related("owner", "signed_by")}
    return [_item(grant, kind, rows.get(kind)) for kind in Kind]


def item_of(grant: Grant, kind: str) -> Item:
    """One item of it."""
    rows = grant.closing_items.select_related("owner", "signed_by")
    return _item(grant, kind, rows.filter(kind=kind).first())


def _item(grant: Grant, kind: str, row: ClosingItem | None) -> Item:
    row, knows = row or ClosingItem(grant=grant, kind=kind), KNOWN.get(kind)
    known, is_signed = knows(grant) if knows else None, row.signed_by_id is not None
    if is_signed and known and row.figures != figures_of(grant, kind):
        is_signed = False
        known = Known(known.is_so, f"{known.says} Other figures were signed: sign it again.")
    return Item(
        kind=kind,
        title=Kind(kind).label,
        known=known,
        is_signed=is_signed,
        owner=row.owner,
        due_on=row.due_on,
        done_on=row.done_on,
        evidence=row.evidence,
        signed_by=row.signed_by,
        signed_at=row.signed_at,
    )


def as_it_stood(items: list[Item]) -> list[dict[str, Any]]:
    """The checklist to be kept with a closing."""
    return [
        {
            "item": item.title,
            "done": item.is_done,
            "says": item.says,
            "owner": str(item.owner or ""),
            "due_on": item.due_on.isoformat() if item.due_on else "",
            "done_on": item.done_on.isoformat() if item.done_on else "",
            "signed_by": str(item.signed_by or ""),
        }
        for item in items
    ]


# What the product knows by itself


def claims_closed(grant: Grant) -> Known:
    """Claims are closed, and no claim, dispute or late exception waits for anybody."""
    waiting = {
        "claim waits to be decided": Claim.objects.filter(
            grant=grant, status__in=("draft", "submitted", "certified", "returned")
        ).count(),
        "exception waits for an answer": LateClaim.objects.filter(
            assignment__tasking__enquiry__grant=grant, status=LateClaim.Status.ASKED
        ).count(),
        "dispute waits for an answer": Dispute.objects.filter(
            claim__grant=grant, status=Dispute.Status.OPEN
        ).count(),
        "claim is held back": Claim.objects.filter(grant=grant).live().held_back().count(),
    }
    if clock.today() <= grant.claims_close_on:
        return Known(False, f"Claims close on {grant.claims_close_on:%-d %B %Y}.")
    if any(waiting.values()):
        said = "; ".join(_counted(number, what) for what, number in waiting.items() if number)
        return Known(False, f"{said[0].upper()}{said[1:]}.")
    return Known(True, f"Closed on {grant.claims_close_on:%-d %B %Y}; no claim waits for anybody.")


def _counted(number: int, what: str) -> str:
    noun, verb, rest = what.split(" ", 2)
    several = {"waits": "wait", "is": "are"}[verb]
    return f"{number} {noun} {verb} {rest}" if number == 1 else f"{number} {noun}s {several} {rest}"


def commitments_released(grant: Grant) -> Known:
    """Nothing stands tasked any more."""
    tasked = _balance(grant, "tasked")
    if tasked:
        return Known(False, f"{pounds(tasked)} is still tasked: duties are to be claimed or released.")
    return Known(True, "Nothing is tasked any more.")


def payroll_paid(grant: Grant) -> Known:
    """Every approved claim of the lead force is paid, and no batch or difference is open."""
    return _paid(grant, Agency.SettledBy.PAYROLL, Batch.Kind.PAYROLL, "payroll batch")


def invoices_in(grant: Grant) -> Known:
    """Every approved claim of other agencies is invoiced and paid, and no statement or difference is open."""
    return _paid(grant, Agency.SettledBy.INVOICE, Batch.Kind.STATEMENT, "statement")


def _paid(grant: Grant, settled_by: str, kind: str, what: str) -> Known:
    due = Claim.objects.filter(grant=grant, status=Claim.Status.APPROVED, agency__settled_by=settled_by)
    sums = due.order_by().aggregate(count=Count("pk"), pence=Sum("pence", default=0))
    batches = Batch.objects.live().filter(grant=grant, kind=kind).count()
    lines = BatchLine.objects.filter(batch__grant=grant, batch__kind=kind).open_differences().count()
    against = []
    if sums["count"]:
        claims = "claim is" if sums["count"] == 1 else "claims are"
        against.append(f"{sums['count']} approved {claims} not paid, {pounds(sums['pence'])}")
    if batches:
        against.append(f"{batches} {what}{' is' if batches == 1 else 's are'} open")
    if lines:
        against.append(f"{lines} difference{' is' if lines == 1 else 's are'} not resolved")
    if against:
        return Known(False, f"{'; '.join(against)}.")
    return Known(True, f"Every approved claim is paid, no {what} is open.")


def books_reconciled(grant: Grant) -> Known:
    """Every period of the books is closed for good, which a signed reconciliation allows alone."""
    open_ones = grant.periods.exclude(state=Period.State.HARD).count()
    if not grant.periods.exists():
        return Known(False, "The grant has no periods to close.")
    if open_ones:
        periods = "period is" if open_ones == 1 else "periods are"
        return Known(False, f"{open_ones} {periods} not reconciled and closed for good.")
    last = grant.periods.aggregate(last=Max("ends_on"))["last"]
    if later := grant.entries.filter(posted_on__gt=last).count():
        entries = "1 entry was" if later == 1 else f"{later} entries were"
        return Known(False, f"{entries} posted after the last period: the books have to close later.")
    return Known(True, "Every period is reconciled and closed for good.")


def spending_claimed(grant: Grant) -> Known:
    """The window is over, all that was spent is claimed from the funder, and the claims are sent."""
    if clock.today() <= grant.eligible_to:
        return Known(False, f"Duties go on until {grant.eligible_to:%-d %B %Y}.")
    now = account(grant)
    if now.unclaimed or now.in_hand:
        left = pounds(now.unclaimed + now.in_hand)
        return Known(False, f"{left} of the spending is not claimed from the funder and sent.")
    return Known(True, f"All spending is claimed from the funder: {pounds(now.claimed)}.")


def funder_is_quits(grant: Grant) -> Known:
    """The funder owes nothing and is owed nothing."""
    now = account(grant)
    if now.due_from or now.due_to:
        owed = f"{pounds(now.due_from)} is due from" if now.due_from else f"{pounds(now.due_to)} is due to"
        return Known(False, f"{owed} the funder.")
    return Known(True, "Nothing is due from or to the funder.")


def pilot_evaluated(grant: Grant) -> Known:
    """Each subject of each enquiry has an outcome on record, if only that it is still open."""
    whole = evaluation.evaluation(grant, named=False)
    if whole.sums.untold:
        subjects = "1 subject has" if whole.sums.untold == 1 else f"{whole.sums.untold} subjects have"
        return Known(False, f"{subjects} no outcome on record, of {whole.sums.cases}.")
    return Known(True, f"As it stands: {evaluation.in_words(whole)}.")


def figures_of(grant: Grant, kind: str) -> dict[str, int]:
    """What is signed with an item, to be compared later: the figures of the evaluation, of others nothing."""
    if kind != Kind.EVALUATION:
        return {}
    return evaluation.figures_of(evaluation.evaluation(grant, named=False))


def retention_set(grant: Grant) -> Known:
    """Until when records are kept is set, and late enough."""
    latest = retention_of(grant)
    least = least_retention(grant.eligible_to, final_payment_on(grant))
    if latest is None or latest.keep_until < least:
        return Known(False, f"To be set: {least:%-d %B %Y} or later.")
    said = latest.in_words
    return Known(True, f"{said[0].upper()}{said[1:]}.")


KNOWN: Mapping[str, Callable[[Grant], Known]] = {
    Kind.CLAIMS: claims_closed,
    Kind.COMMITMENTS: commitments_released,
    Kind.PAYROLL: payroll_paid,
    Kind.INVOICES: invoices_in,
    Kind.RECONCILIATION: books_reconciled,
    Kind.OUTTURN: spending_claimed,
    Kind.USAGE: funder_is_quits,
    Kind.EVALUATION: pilot_evaluated,
    Kind.RETENTION: retention_set,
}


def _balance(grant: Grant, stage: str) -> int:
    return int(grant.lines.aggregate(total=Sum(stage, default=0))["total"])


# Retention, closings, and the grants


def final_payment_on(grant: Grant) -> date | None:
    """The last day on which claims of a grant were paid, if any were."""
    latest: date | None = Settlement.objects.filter(grant=grant).aggregate(latest=Max("settled_on"))["latest"]
    return latest


def retention_of(grant: Grant) -> Retention | None:
    """What was set last."""
    return grant.retentions.select_related("set_by").first()


def closing_of(grant: Grant) -> Closing | None:
    """The closing of a grant that is proposed or confirmed."""
    return grant.closings.standing().select_related("proposed_by", "confirmed_by").first()


def unspent(grant: Grant) -> int:
    """What is left of the award, in pence."""
    return _balance(grant, "available")


def settled(grant: Grant) -> int:
    """What was paid from the grant, in pence."""
    return _balance(grant, "settled")


def possible_owners() -> QuerySet[User]:
    """Who can own an item: finance, and who controls grants."""
    names = Q(codename="close_grant") | Q(codename="allocate_grant")
    with_role = User.objects.filter(is_active=True, groups__permissions__in=Permission.objects.filter(names))
    return with_role.distinct().order_by("display_name", "pk")


def to_close(user: User) -> list[tuple[Grant, Closing | None, Retention | None]]:
    """The grants a person may open that are or were open, with their closing and their retention."""
    grants = list(Grant.objects.visible_to(user).exclude(status=Grant.Status.DRAFT))
    closings = {one.grant_id: one for one in Closing.objects.standing().filter(grant__in=grants)}
    kept = Retention.objects.filter(grant__in=grants).order_by("grant_id", "-id").distinct("grant_id")
    retentions = {one.grant_id: one for one in kept}
    return [(grant, closings.get(grant.pk), retentions.get(grant.pk)) for grant in grants]
