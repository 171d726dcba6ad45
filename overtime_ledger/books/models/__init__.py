"""Periods and their snapshots, the reconciliation, accruals at year end, the closing of a grant."""
