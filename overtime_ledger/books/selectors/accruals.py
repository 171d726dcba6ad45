"""What a grant owes for duties worked and not paid: now, as it was frozen, and what came in since."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Case, F, FilteredRelation, Max, OuterRef, Q, QuerySet, Subquery, Sum, When
from django.db.models.functions import Coalesce, Greatest

from claims.models import Claim
from grants.models import Grant, LedgerEntry, Stage
from overtime_ledger.accounts.models import Agency
from overtime_ledger.books.models import AccrualLine, AccrualRun
from overtime_ledger.payments.models import Invoice, InvoiceLine
from tasking.models import Assignment, Enquiry

Kind = AccrualLine.Kind
Basis = AccrualLine.Basis
Status = Claim.Status

OPEN = (Stage.TASKED, Stage.CLAIMED, Stage.APPROVED)
"""The rungs on which money for a duty stands that is worked and not paid."""


@dataclass(frozen=True)
class Standing:
    """A duty of an accrual: what was accrued, what stands on the ladder for it now, and what is paid of it.

    Amounts in pence. `changed` is what came out dearer than accrued, or below nothing what fell away.
    """

    agency: Agency
    enquiry: Enquiry
    duty_on: date
    kind: str
    basis: str
    minutes: int
    pence: int
    now_pence: int
    paid_pence: int
    invoiced_pence: int
    assignment_id: int
    claim_id: int | None

    @property
    def changed(self) -> int:
        return self.now_pence - self.pence

    @property
    def residual(self) -> int:
        """What is still to be paid: accrued, and changed, less paid."""
        return self.now_pence - self.paid_pence

    @property
    def month(self) -> date:
        return self.duty_on.replace(day=1)

    @property
    def matched_pence(self) -> int | None:
        """What its agency's invoices came to; nothing where payroll pays and there is no invoice."""
        return None if self.agency.is_paid_by_payroll else self.invoiced_pence

    @property
    def basis_in_words(self) -> str:
        return Basis(self.basis).label

    @property
    def kind_in_words(self) -> str:
        return Kind(self.kind).label


@dataclass(frozen=True)
class Sums:
    """Some duties of an accrual together; amounts in pence."""

    count: int
    minutes: int
    pence: int
    changed: int
    paid_pence: int
    invoiced_pence: int
    residual: int

    @classmethod
    def of(cls, duties: Sequence[Standing]) -> Sums:
        return cls(
            count=len(duties),
            minutes=sum(duty.minutes for duty in duties),
            pence=sum(duty.pence for duty in duties),
            changed=sum(duty.changed for duty in duties),
            paid_pence=sum(duty.paid_pence for duty in duties),
            invoiced_pence=sum(duty.invoiced_pence for duty in duties),
            residual=sum(duty.residual for duty in duties),
        )


@dataclass(frozen=True)
class Row:
    """One row of the report: an agency's duties of an enquiry in a month, on one basis."""

    agency: Agency
    enquiry: Enquiry
    month: date
    basis_in_words: str
    sums: Sums

    @property
    def matched_pence(self) -> int | None:
        return None if self.agency.is_paid_by_payroll else self.sums.invoiced_pence


@dataclass(frozen=True)
class AgencyRow:
    """What is accrued for an agency, by how far its duties had come; amounts in pence."""

    agency: Agency
    unclaimed: int
    unapproved: int
    unpaid: int
    sums: Sums


def open_lines(grant: Grant, as_at: date) -> list[AccrualLine]:
    """Lines, not saved, for every duty up to a day for which money stands on the ladder unpaid, by day."""
    duties = (
        Assignment.objects.filter(tasking__enquiry__grant=grant, committed_pence__gt=0, duty_on__lte=as_at)
        .annotate(live=FilteredRelation("claims", condition=Q(claims__status__in=Claim.LIVE)))
        .exclude(live__status=Status.SETTLED)
        .order_by("duty_on", "pk")
    )
    facts = duties.values_list(
        "pk", "agency", "tasking__enquiry", "duty_on", "committed_pence", "authorised_minutes",
        "live__pk", "live__status", Coalesce("live__approved_minutes", "live__worked_minutes"),
    )  # fmt: skip
    return [
        AccrualLine(
            assignment_id=pk,
            agency_id=agency,
            enquiry_id=enquiry,
            duty_on=duty_on,
            pence=pence,
            claim_id=claim,
            kind=_kind(status),
            basis=_basis(status),
            minutes=authorised if _basis(status) == Basis.ESTIMATED else stated,
        )
        for pk, agency, enquiry, duty_on, pence, authorised, claim, status, stated in facts
    ]


def _kind(status: str | None) -> Kind:
    if status is None:
        return Kind.UNCLAIMED
    return Kind.UNPAID if status == Status.APPROVED else Kind.UNAPPROVED


def _basis(status: str | None) -> Basis:
    """Who vouches for the hours. A draft or a returned claim stands at what was authorised."""
    if status in (Status.CERTIFIED, Status.APPROVED):
        return Basis.CERTIFIED
    return Basis.STATED if status == Status.SUBMITTED else Basis.ESTIMATED


def as_if_frozen(lines: Sequence[AccrualLine]) -> list[Standing]:
    """Lines that are not saved, as their accrual would show them on its first day."""
    agencies = Agency.objects.in_bulk({line.agency_id for line in lines})
    enquiries = Enquiry.objects.in_bulk({line.enquiry_id for line in lines})
    return [
        Standing(
            agencies[line.agency_id],
            enquiries[line.enquiry_id],
            line.duty_on,
            line.kind,
            line.basis,
            line.minutes,
            line.pence,
            line.pence,
            0,
            0,
            line.assignment_id,
            line.claim_id,
        )
        for line in lines
    ]


def with_what_came_in(lines: QuerySet[AccrualLine]) -> QuerySet[AccrualLine]:
    """Lines with `now_pence`, what stands on the ladder for their duty now, and `paid_pence` of it.

    `invoiced_pence` is what invoices charged for it that its statement bears out, or what was settled so.
    """
    now = F("assignment__committed_pence")
    return lines.annotate(
        paid=FilteredRelation("assignment__claims", condition=Q(assignment__claims__status=Status.SETTLED))
    ).annotate(
        now_pence=now,
        paid_pence=Case(When(paid__isnull=False, then=now), default=0),
        invoiced_pence=Greatest(Coalesce(Subquery(_invoiced()), 0), F("paid_pence")),
    )


def _invoiced() -> QuerySet[InvoiceLine, Any]:
    """The sum of what live invoices charge for the duty of a line."""
    of_duty = InvoiceLine.objects.filter(batch_line__claim__assignment=OuterRef("assignment"))
    live = of_duty.exclude(invoice__status=Invoice.Status.CREDITED).order_by()
    return live.values("batch_line__claim__assignment").annotate(sum=Sum("pence")).values("sum")


def standing_of(run: AccrualRun) -> list[Standing]:
    """The duties of an accrual with what came in since, in the order of their days."""
    return list(standings(run.lines.order_by("duty_on", "pk")))


def standings(lines: QuerySet[AccrualLine]) -> Iterator[Standing]:
    """The same for some lines."""
    for line in with_what_came_in(lines).select_related("agency", "enquiry"):
        yield Standing(
            line.agency,
            line.enquiry,
            line.duty_on,
            line.kind,
            line.basis,
            line.minutes,
            line.pence,
            line.now_pence,  # type: ignore[attr-defined]
            line.paid_pence,  # type: ignore[attr-defined]
            line.invoiced_pence,  # type: ignore[attr-defined]
            line.assignment_id,
            line.claim_id,
        )


def rows_of(duties: Iterable[Standing]) -> list[Row]:
    """The rows of the report: by agency, enquiry, month and basis."""
    groups: dict[tuple[str, str, date, str], list[Standing]] = {}
    for duty in duties:
        key = (duty.agency.code, duty.enquiry.name, duty.month, duty.basis_in_words)
        groups.setdefault(key, []).append(duty)
    return [
        Row(group[0].agency, group[0].enquiry, group[0].month, group[0].basis_in_words, Sums.of(group))
        for _, group in sorted(groups.items(), key=lambda one: one[0])
    ]


def by_agency(duties: Sequence[Standing]) -> list[AgencyRow]:
    """What is accrued for each agency, by how far its duties had come."""
    agencies = {duty.agency.code: duty.agency for duty in duties}
    found = []
    for _, agency in sorted(agencies.items()):
        theirs = [duty for duty in duties if duty.agency == agency]
        of = {kind: sum(duty.pence for duty in theirs if duty.kind == kind) for kind in Kind}
        found.append(
            AgencyRow(agency, of[Kind.UNCLAIMED], of[Kind.UNAPPROVED], of[Kind.UNPAID], Sums.of(theirs))
        )
    return found


def open_in_the_ledger(grant: Grant, as_at: date) -> int:
    """What the ledger says is worked and not paid for duties up to a day, in pence, from its entries."""
    entries = LedgerEntry.objects.filter(grant=grant, effective_on__lte=as_at).order_by()
    sums = entries.aggregate(
        gained=Sum("pence", filter=Q(target_stage__in=OPEN), default=0),
        lost=Sum("pence", filter=Q(source_stage__in=OPEN), default=0),
    )
    return int(sums["gained"] - sums["lost"])


def next_number(grant: Grant) -> int:
    """The number after that of a grant's last accrual. The grant is locked."""
    last = grant.accrual_runs.aggregate(last=Max("number"))["last"]
    return int(last or 0) + 1


def residuals(runs: Iterable[AccrualRun]) -> Mapping[int, int]:
    """What is still to be paid of each of some accruals, in pence."""
    lines = with_what_came_in(AccrualLine.objects.filter(run__in=list(runs))).order_by()
    return dict(lines.values_list("run").annotate(left=Sum(F("now_pence") - F("paid_pence"))))
