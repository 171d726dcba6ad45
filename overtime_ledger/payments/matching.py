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

AGREES, TOLERATED = "Agrees", "Tolerated"


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
        """The part that the statement bears out."""
        return self.charged_line.pence if self.charged_line else 0

    @property
    def left(self) -> int:
        """What is charged and was not taken back: what is paid."""
        return self.charged - self.credited

    @property
    def difference(self) -> int:
        """What is charged, less credits, above the statement; below it, where less is charged."""
        return self.charged_line.difference_pence if self.charged_line else 0

    @property
    def verdict(self) -> str:
        """How it compares, in words."""
        if self.charged_line is None or not self.left:
            return "Credited" if self.charged else "Not charged"
        if self.stated_line is None:
            return "Not on the statement"
        if not self.difference:
            return AGREES
        if abs(self.difference) <= self.charged_line.invoice.tolerance_pence:
            return TOLERATED
        return "Above the statement" if self.difference > 0 else "Below the statement"

    @property
    def tone(self) -> str:
        """The colour of the words: green where it agrees, grey where nothing is asked, else amber."""
        if not self.left or self.verdict == TOLERATED:
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
        return [row for row in self.rows if row.stated_line and not row.left]

    @property
    def to_explain(self) -> list[Compared]:
        """Lines charged otherwise than stated: once paid, they stand on the list of differences."""
        return [row for row in self.rows if row.difference]

    @property
    def to_pay(self) -> int:
        """What is paid for it, without VAT."""
        return self._sum("left")

    @property
    def settled(self) -> int:
        """What the ledger books when it is paid: the claims that it charges, as they were calculated."""
        return sum(row.stated for row in self.rows if row.left)

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
    """The lines of which something is left to be taken back: first those that are above the statement."""
    lines = invoice.lines.filter(charged_pence__gt=F("credited_pence"))
    related = lines.select_related("batch_line__claim__claimant")
    return sorted(related, key=lambda line: (line.is_payable, line.pk))


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
    notes = list(invoice.credit_notes.select_related("recorded_by"))
    done += [
        Happened(note.recorded_at, str(note.recorded_by), str(note), note.reason, note.net_pence)
        for note in notes
    ]
    if invoice.paid_at:
        paid = invoice.net_pence - sum(note.net_pence for note in notes)
        done.append(Happened(invoice.paid_at, str(invoice.paid_by), "Paid", "", paid))
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
