"""The columns of what goes out about claims to the funder."""

from overtime_ledger.audit.exports import Column
from overtime_ledger.funder.models import FunderClaim
from overtime_ledger.ui import day


def certified(claim: FunderClaim, capacity: str) -> str:
    """By whom and when a claim was certified in a capacity; "Not certified" until then."""
    by, at = (claim.pm_by, claim.pm_at) if capacity == "pm" else (claim.cfo_by, claim.cfo_at)
    return f"{by}, {day(at)}" if by else "Not certified"


def report_columns(claim: FunderClaim) -> tuple[Column, ...]:
    """The report as the funder wants it; its last row is the total, so that nothing is added up beneath."""
    return (
        Column("Expenditure type", lambda row: row.label),
        Column("Profile", lambda row: row.profile, "pounds", total=False),
        Column("Actual", lambda row: row.actual, "pounds", total=False),
        Column("Variance", lambda row: row.variance, "pounds", total=False),
        Column("Variance %", lambda row: row.variance_percent),
        Column("Reason", lambda row: row.reason),
        Column("Cumulative", lambda row: row.cumulative, "pounds", total=False),
        Column("Accrued unpaid", lambda row: row.unpaid, "pounds", total=False),
        Column("Forecast", lambda row: row.forecast, "pounds", total=False),
        Column("Claimed now", lambda row: row.now, "pounds", total=False),
        Column("Previously claimed", lambda row: row.previous, "pounds", total=False),
        Column("Balance", lambda row: row.balance, "pounds", total=False),
        Column("Certified by the Project Manager", lambda row: certified(claim, "pm")),
        Column("Certified by the Chief Finance Officer", lambda row: certified(claim, "cfo")),
    )


LINES = (
    Column("Entry", lambda line: line.entry.number, "number"),
    Column("Posted", lambda line: line.entry.posted_on, "day"),
    Column("Duty", lambda line: line.entry.effective_on, "day"),
    Column("Kind", lambda line: line.entry.get_kind_display()),
    Column("Expenditure type", lambda line: line.get_expenditure_display()),
    Column("Agency", lambda line: line.agency.code),
    Column("Amount", lambda line: line.pence, "pounds"),
    Column("Reference", lambda line: line.entry.reference),
    Column("Digest", lambda line: bytes(line.entry.digest).hex()),
)

STATEMENT = (
    Column("Item", lambda item: item.what),
    Column("Amount", lambda item: item.pence, "pounds", total=False),
    Column("Note", lambda item: item.note),
)

OUTTURN = (
    Column("Expenditure type", lambda row: row.label),
    Column("Paid", lambda row: row.paid, "pounds"),
    Column("Accrued, not paid", lambda row: row.unpaid, "pounds"),
    Column("Outturn", lambda row: row.accrued, "pounds"),
)
