"""What the administration shows of payments: read here, done on the pages of finance."""

from overtime_ledger.payments.admin import invoices

__all__ = ["invoices"]
