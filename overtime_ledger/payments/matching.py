"""How an invoice compares with the statement it answers, line by line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, F, Q, QuerySet, Sum

from claims.models import Claim
from claims.selectors import Total
from overtime_ledger.accounts.models import User
from overtime_ledger.payments.models import Batch, BatchLine, Invoice, InvoiceLine

AGREES = "Agrees"


@dataclass(frozen=True)
class Compared:
    """A line of a statement and what an invoice charges for it; amounts in pence.

    Without a `stated_line` it is charged but not on the statement; without a `charged_line` it is on the
    statement but not charged.
    """

    stated_line: BatchLine | None
    charged_line: InvoiceLine | None

    @property
    def claim(self) -> Claim | None:
        return self.stated_line.claim if self.stated_line else None

    @property
    def what(self) -> str:
        """What is charged beyond the statement, in words."""
        return self.charged_line.what if self.charged_line else ""

    @property
    def stated(self) -> int:
        return self.stated_line.pence if self.stated_line else 0

    @property
    def charged(self) -> int:
        return self.charged_line.charged_pence if self.charged_line else 0

    @property
    def credited(self) -> int:
        return self.charged_line.credited_pence if self.charged_line else 0

    @property
    def matched(self) -> int:
        """The part that is borne out: what is paid once the whole line agrees."""
        return self.charged_line.pence if self.charged_line else 0

    @property
    def difference(self) -> int:
        """What is charged, less credits, above the statement; below it, where less is charged."""
        return self.charged - self.credited - self.stated if self.charged > self.credited else 0

    @property
    def verdict(self) -> str:
        """How it compares, in words."""
        if self.charged == self.credited:
            return "Credited" if self.charged else "Not charged"
        if self.stated_line is None:
            return "Not on the statement"
        if self.difference:
            return "Above the statement" if self.difference > 0 else "Below the statement"
        return AGREES

    @property
    def tone(self) -> str:
        """The colour of the words: green where it agrees, grey where nothing is asked, else amber."""
        if self.charged == self.credited:
            return "grey"
        return "green" if self.verdict == AGREES else "amber"


@dataclass(frozen=True)
class Comparison:
    """All lines of a statement and of the invoice that answers it."""

    rows: Sequence[Compared]

    def _sum(self, of: str) -> int:
        return sum(getattr(row, of) for row in self.rows)

    @property
    def differing(self) -> list[Compared]:
        """Lines that say something other than the statement; also those that were credited."""
        return [row for row in self.rows if row.verdict != AGREES]

    @property
    def not_charged(self) -> list[Compared]:
        """Lines of the statement for which nothing is left to be paid by this invoice."""
        return [row for row in self.rows if row.stated_line and not row.matched]

    @property
    def stated(self) -> int:
        return self._sum("stated")

    @property
    def charged(self) -> int:
        return self._sum("charged")

    @property
    def credited(self) -> int:
        return self._sum("credited")

    @property
    def difference(self) -> int:
        return self._sum("difference")

    @property
    def matched(self) -> int:
        return self._sum("matched")


def compared(invoice: Invoice) -> Comparison:
    """An invoice beside its statement: the statement's lines by day, then what is charged beyond it.

    Lines that were left out before the invoice came are no part of what it answers.
    """
    charged = list(invoice.lines.select_related("batch_line__claim__claimant"))
    by_line = {line.batch_line_id: line for line in charged if line.batch_line_id}
    answered = Q(live=True) | Q(left_out_at__gte=invoice.recorded_at) | Q(pk__in=by_line)
    stated = invoice.statement.lines.filter(answered).select_related("claim__claimant")
    rows = [Compared(line, by_line.get(line.pk)) for line in stated.order_by("claim__duty_on", "claim_id")]
    return Comparison([*rows, *(Compared(None, line) for line in charged if line.batch_line is None)])


def to_credit(invoice: Invoice) -> list[InvoiceLine]:
    """The lines of which something is left to be taken back: first those that differ."""
    lines = invoice.lines.filter(charged_pence__gt=F("credited_pence"))
    related = lines.select_related("batch_line__claim__claimant")
    return sorted(related, key=lambda line: (line.agrees, line.pk))


def total_stated(statements: QuerySet[Batch]) -> Total:
    """How many statements, and their control totals together."""
    found = statements.order_by().aggregate(count=Count("pk"), total=Sum("pence", default=0))
    return Total(found["count"], found["total"])


def totals(invoices: QuerySet[Invoice]) -> Total:
    """How many invoices, and what they charge without VAT."""
    found = invoices.order_by().aggregate(count=Count("pk"), net=Sum("net_pence", default=0))
    return Total(found["count"], found["net"])


@dataclass(frozen=True)
class Happened:
    """Something that happened to an invoice, as its timeline shows it."""

    at: datetime
    who: str
    what: str
    why: str
    pence: int | None


def timeline(invoice: Invoice) -> list[Happened]:
    """What happened to an invoice, the first thing first."""
    done = [
        Happened(
            invoice.recorded_at, str(invoice.recorded_by), "Recorded", invoice.dispute, invoice.net_pence
        )
    ]
    done += [
        Happened(note.recorded_at, str(note.recorded_by), str(note), note.reason, note.net_pence)
        for note in invoice.credit_notes.select_related("recorded_by")
    ]
    if invoice.settlement and invoice.paid_at:
        done.append(Happened(invoice.paid_at, str(invoice.paid_by), "Paid", "", invoice.settlement.pence))
    return done


@dataclass(frozen=True)
class AgencyPapers:
    """What an agency's clerk has to see to: statements to invoice, and invoices to put right."""

    to_invoice: Sequence[Batch]
    disputed: Sequence[Invoice]


def papers_for(clerk: User) -> AgencyPapers | None:
    """The papers that wait for a clerk, the oldest first; None for whoever reads none of their agency's."""
    if not clerk.has_perm("payments.read_own_agency"):
        return None
    sent = Batch.objects.filter(
        agency=clerk.agency_id, kind=Batch.Kind.STATEMENT, status=Batch.Status.SENT
    ).exclude(invoices__in=Invoice.objects.live())
    disputed = Invoice.objects.filter(agency=clerk.agency_id, status=Invoice.Status.DISPUTED)
    return AgencyPapers(
        list(sent.order_by("pk").select_related("grant")),
        list(disputed.order_by("pk").select_related("grant")),
    )
