"""What a grant has spent on the basis of its claims, and what of that is claimed, received and due."""

from overtime_ledger.funder.selectors.balances import Account, account, accounts
from overtime_ledger.funder.selectors.drawing import Draft, draft, last_claim, lines_of
from overtime_ledger.funder.selectors.entries import DAY_OF, Entries, due_back, held_back, spending
from overtime_ledger.funder.selectors.reports import (
    TOTAL,
    Agreement,
    Row,
    agreements,
    digest,
    digest_of,
    held_back_since,
    report,
    reversed_since,
    timeline,
    to_certify,
)
from overtime_ledger.funder.selectors.statements import Statement, statement

__all__ = [
    "DAY_OF",
    "TOTAL",
    "Account",
    "Agreement",
    "Draft",
    "Entries",
    "Row",
    "Statement",
    "account",
    "accounts",
    "agreements",
    "digest",
    "digest_of",
    "draft",
    "due_back",
    "held_back",
    "held_back_since",
    "last_claim",
    "lines_of",
    "report",
    "reversed_since",
    "spending",
    "statement",
    "timeline",
    "to_certify",
]
