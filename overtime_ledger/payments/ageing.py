"""How long agencies have waited: approved claims of other agencies that nobody has paid yet, by their age.

What waits adds up to what the ledger holds as approved for those agencies, to the penny.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import (
    Case,
    CharField,
    Count,
    DateField,
    F,
    OuterRef,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import TruncDate

from claims.models import Claim
from grants.models import Grant
from overtime_ledger import clock
from overtime_ledger.accounts.models import Agency, User
from overtime_ledger.payments.models import Batch, BatchLine, Invoice, InvoiceLine
from overtime_ledger.ui import LONDON

AGES = (
    ("30", "0 to 30 days", 30),
    ("60", "31 to 60 days", 60),
    ("90", "61 to 90 days", 90),
    ("over", "Over 90 days", None),
    ("none", "Not invoiced", None),
)
"""The name in addresses, the words, and the most days of it."""
SINCE = (("duty", "The duty"), ("approval", "The approval"), ("invoice", "The date of the invoice"))
STANDS = (
    ("approved", "Approved, on no statement that was sent"),
    ("stated", "On a statement, not invoiced"),
    ("disputed", "Invoiced, differences disputed"),
    ("matched", "Invoiced and matched, to be paid"),
)


@dataclass(frozen=True)
class Cell:
    """What waits at one point of its way for as long as one column says; in pence."""

    age: str
    pence: int


@dataclass(frozen=True)
class Aged:
    """What waits for one agency at one point of its way, by age."""

    agency: Agency
    stand: str
    label: str
    count: int
    cells: Sequence[Cell]

    @property
    def pence(self) -> int:
        return sum(cell.pence for cell in self.cells)


@dataclass(frozen=True)
class Ageing:
    """All that waits, row by row, with the totals of the columns."""

    ages: Sequence[tuple[str, str]]
    rows: Sequence[Aged]

    @property
    def totals(self) -> list[Cell]:
        """The sum of each column."""
        return [
            Cell(age, sum(row.cells[place].pence for row in self.rows))
            for place, (age, _) in enumerate(self.ages)
        ]

    @property
    def pence(self) -> int:
        return sum(row.pence for row in self.rows)

    @property
    def count(self) -> int:
        return sum(row.count for row in self.rows)


def waiting(user: User, since: str) -> QuerySet[Claim]:
    """Approved claims of agencies that are paid by invoice: where each `stand`s, since what day, its `age`.

    Readers of a grant see all of it, a clerk those of the own agency.
    """
    lines = BatchLine.objects.filter(claim=OuterRef("pk"), live=True, batch__status=Batch.Status.SENT)
    billed = InvoiceLine.objects.filter(
        batch_line__claim=OuterRef("pk"), batch_line__live=True, charged_pence__gt=F("credited_pence")
    )
    rows = seen_by(user).annotate(
        statement=Subquery(lines.order_by().values("batch")[:1]),
        statement_number=Subquery(lines.order_by().values("batch__number")[:1]),
        invoice=Subquery(billed.order_by().values("invoice")[:1]),
        invoice_number=Subquery(billed.order_by().values("invoice__number")[:1]),
        invoice_status=Subquery(billed.order_by().values("invoice__status")[:1]),
        invoiced_on=Subquery(billed.order_by().values("invoice__dated_on")[:1], output_field=DateField()),
    )
    stand = Case(
        When(invoice_status=Invoice.Status.MATCHED, then=Value("matched")),
        When(invoice_status=Invoice.Status.DISPUTED, then=Value("disputed")),
        When(statement__isnull=False, then=Value("stated")),
        default=Value("approved"),
        output_field=CharField(),
    )
    days = {
        "duty": F("duty_on"),
        "approval": TruncDate("approved_at", tzinfo=LONDON),
        "invoice": F("invoiced_on"),
    }
    return rows.annotate(stand=stand, since=days[since]).annotate(age=_age())


def seen_by(user: User) -> QuerySet[Claim]:
    """Approved claims of agencies that are paid by invoice, of the grants or the agency one may see."""
    rows = Claim.objects.filter(status=Claim.Status.APPROVED, agency__settled_by=Agency.SettledBy.INVOICE)
    if user.has_perm("payments.view_invoice"):
        return rows.filter(grant__in=Grant.objects.visible_to(user))
    return rows.filter(agency=user.agency_id)


def _age() -> Case:
    today = clock.today()
    bounds = (
        When(since__gte=today - timedelta(days=most), then=Value(name)) for name, _, most in AGES if most
    )
    missing = When(since__isnull=True, then=Value("none"))
    return Case(missing, *bounds, default=Value("over"), output_field=CharField())


def ageing(rows: QuerySet[Any], since: str) -> Ageing:
    """What waits, by agency, where it stands and its age."""
    ages = [(name, label) for name, label, _ in AGES if name != "none" or since == "invoice"]
    sums = rows.order_by().values("agency", "stand", "age").annotate(number=Count("pk"), total=Sum("pence"))
    found = {(row["agency"], row["stand"], row["age"]): (row["number"], row["total"]) for row in sums}
    agencies = Agency.objects.in_bulk({agency for agency, _, _ in found})
    listed = [
        _row(agency, stand, label, ages, found)
        for agency in sorted(agencies.values(), key=lambda one: one.code)
        for stand, label in STANDS
    ]
    return Ageing(ages, [row for row in listed if row.count])


def _row(
    agency: Agency,
    stand: str,
    label: str,
    ages: Iterable[tuple[str, str]],
    found: dict[tuple[int, str, str], tuple[int, int]],
) -> Aged:
    held = [(age, *found.get((agency.pk, stand, age), (0, 0))) for age, _ in ages]
    cells = [Cell(age, pence) for age, _, pence in held]
    return Aged(agency, stand, label, sum(number for _, number, _ in held), cells)


def listed(rows: QuerySet[Any]) -> QuerySet[Any]:
    """The claims behind the figures, the oldest first, with what their list and their file name."""
    return rows.select_related("agency", "claimant", "grant").order_by("duty_on", "pk")


def days_since(day: date | None) -> int | None:
    """Whole days from a day to the business date; none where there is no such day."""
    return (clock.today() - day).days if day else None
