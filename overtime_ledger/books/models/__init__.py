"""Periods and their snapshots, the reconciliation, accruals at year end, the closing of a grant."""

from overtime_ledger.books.models.accruals import AccrualLine as AccrualLine
from overtime_ledger.books.models.accruals import AccrualRun as AccrualRun
