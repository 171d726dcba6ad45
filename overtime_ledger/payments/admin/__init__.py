"""What the administration shows of payments: read here, done on the pages of finance."""

from overtime_ledger.payments.admin import batches, invoices

__all__ = ["batches", "invoices"]
