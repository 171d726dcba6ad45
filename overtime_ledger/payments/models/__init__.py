"""How approved claims get paid: batches for payroll and statements for agencies."""

from overtime_ledger.payments.models.batch import (
    MOST_TOLERATED_PENCE,
    Batch,
    BatchLine,
    BatchLineQuerySet,
    BatchQuerySet,
    Tolerance,
)

__all__ = ["MOST_TOLERATED_PENCE", "Batch", "BatchLine", "BatchLineQuerySet", "BatchQuerySet", "Tolerance"]
