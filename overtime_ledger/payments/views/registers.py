"""The columns of what goes out about statements, invoices and what agencies wait for."""

from decimal import Decimal
from typing import Any

from claims.views import registers as claims
from overtime_ledger.audit.exports import Column
from overtime_ledger.payments.ageing import AGES, STANDS, days_since
from overtime_ledger.payments.models import BatchLine, InvoiceLine

_OF_CLAIM = {column.label: column for column in claims.BATCH}


def _of_claim(label: str, *, shown: str = "", total: bool = True) -> Column:
    """A column of the claim behind a row, as the register has it."""
    column = _OF_CLAIM[label]
    return Column(shown or label, lambda row: column.value(row.claim), column.kind, total)


def minutes_of(line: BatchLine) -> int:
    """The minutes that are priced."""
    return sum(one.minutes for one in line.claim.pay_lines)


def _hours(line: BatchLine) -> Decimal:
    """The same in hours, to four places."""
    return round(Decimal(minutes_of(line)) / 60, 4)


def _billed(line: Any) -> InvoiceLine | None:
    """What the invoice charges for a line of its statement."""
    return line.billed[0] if line.billed else None


def _of_invoice(name: str) -> Any:
    def value(line: Any) -> object:
        billed = _billed(line)
        return getattr(billed.invoice, name) if billed else None

    return value


STATEMENT = (
    Column("Statement no.", lambda line: str(line.batch)),
    Column("Agency", lambda line: line.batch.agency.code),
    Column("From", lambda line: line.batch.from_on, "day"),
    Column("To", lambda line: line.batch.to_on, "day"),
    Column("Claim", lambda line: line.claim_id, "number"),
    _of_claim("Officer no.", shown="Officer ref."),
    _of_claim("Rank", shown="Grade"),
    _of_claim("Date"),
    Column("Hours", _hours, "number"),
    _of_claim("Hourly rate", shown="Rate"),
    _of_claim("Multiplier"),
    _of_claim("Pay"),
    _of_claim("On-cost"),
    Column("Amount", lambda line: line.pence, "pounds"),
    Column("Purchase order", lambda line: line.batch.purchase_order),
    Column("Cost code", lambda line: line.batch.cost_code),
    Column("Invoice no.", _of_invoice("number")),
    Column("Invoice date", _of_invoice("dated_on"), "day"),
    Column("Net", lambda line: line.billed[0].charged_pence if line.billed else None, "pounds"),
    Column("VAT code", _of_invoice("vat_code")),
    Column("Matched", lambda line: line.billed[0].pence if line.billed else None, "pounds"),
    Column("Difference", lambda line: line.billed[0].difference_pence if line.billed else None, "pounds"),
    Column("Paid on", _of_invoice("paid_on"), "day"),
)

STATEMENTS = (
    Column("Statement no.", str),
    Column("Grant", lambda one: str(one.grant)),
    Column("Agency", lambda one: one.agency.code),
    Column("From", lambda one: one.from_on, "day"),
    Column("To", lambda one: one.to_on, "day"),
    Column("State", lambda one: one.get_status_display()),
    Column("Sent", lambda one: one.sent_at, "moment"),
    Column("Claims", lambda one: one.claim_count, "number"),
    Column("Amount", lambda one: one.pence, "pounds"),
    Column("Invoice no.", lambda one: ", ".join(invoice.number for invoice in one.invoices.all())),
)

INVOICES = (
    Column("Invoice no.", lambda one: one.number),
    Column("Agency", lambda one: one.agency.code),
    Column("Grant", lambda one: str(one.grant)),
    Column("Statement no.", lambda one: str(one.statement)),
    Column("Date", lambda one: one.dated_on, "day"),
    Column("Received", lambda one: one.received_on, "day"),
    Column("Purchase order", lambda one: one.purchase_order),
    Column("Cost code", lambda one: one.cost_code),
    Column("VAT code", lambda one: one.vat_code),
    Column("Net", lambda one: one.net_pence, "pounds"),
    Column("VAT", lambda one: one.vat_pence, "pounds"),
    Column("Credited", lambda one: one.credited, "pounds"),
    Column("Matched", lambda one: one.matched, "pounds"),
    Column("Difference", lambda one: one.net_pence - one.credited - one.matched, "pounds"),
    Column("State", lambda one: one.get_status_display()),
    Column("Recorded by", lambda one: str(one.recorded_by)),
    Column("Paid on", lambda one: one.paid_on, "day"),
    Column("Paid by", lambda one: str(one.paid_by or "")),
)

_LABELS = {name: label for name, label, _ in AGES} | dict(STANDS)

AGED = (
    Column("Agency", lambda claim: claim.agency.code),
    Column("Grant", lambda claim: str(claim.grant)),
    Column("Claim", lambda claim: claim.pk, "number"),
    Column("Officer no.", lambda claim: claim.claimant.staff_number),
    Column("Date", lambda claim: claim.duty_on, "day"),
    Column("Approved", lambda claim: claim.approved_at, "moment"),
    Column("Where it stands", lambda claim: _LABELS[claim.stand]),
    Column("Statement no.", lambda claim: f"AS-{claim.statement_number:04d}" if claim.statement else ""),
    Column("Invoice no.", lambda claim: claim.invoice_number),
    Column("Invoice date", lambda claim: claim.invoiced_on, "day"),
    Column("Days since", lambda claim: days_since(claim.since), "number"),
    Column("Age", lambda claim: _LABELS[claim.age]),
    Column("Amount", lambda claim: claim.pence, "pounds"),
)
