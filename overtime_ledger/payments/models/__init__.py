"""How approved claims get paid: batches for payroll and statements for agencies."""

from overtime_ledger.payments.models.batch import (
    MOST_TOLERATED_PENCE,
    Batch,
    BatchLine,
    BatchLineQuerySet,
    BatchQuerySet,
    Tolerance,
)
from overtime_ledger.payments.models.invoice import (
    CreditLine,
    CreditNote,
    Invoice,
    InvoiceLine,
    InvoiceQuerySet,
)

__all__ = [
    "MOST_TOLERATED_PENCE",
    "Batch",
    "BatchLine",
    "BatchLineQuerySet",
    "BatchQuerySet",
    "CreditLine",
    "CreditNote",
    "Invoice",
    "InvoiceLine",
    "InvoiceQuerySet",
    "Tolerance",
]
