"""The columns of the files a grant gives out: position, variance, weeks, spending by agency, transactions."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice

from claims.selectors import Behind, behind
from grants.models import LedgerEntry
from overtime_ledger.audit.exports import Column
from overtime_ledger.dashboard.rows import Spending, SpendingRow


@dataclass(frozen=True)
class Transaction:
    """An entry of the ledger with the duty and the claim behind it, where there is one."""

    entry: LedgerEntry
    behind: Behind | None

    @property
    def tasking_id(self) -> int | None:
        return self.behind.duty.tasking_id if self.behind else None

    @property
    def claim_id(self) -> int | None:
        return self.behind.claim_id if self.behind else None

    @property
    def digest(self) -> str:
        return bytes(self.entry.digest).hex()

    @property
    def source(self) -> str:
        """Where the money came from: line and rung, or the funder."""
        return _place(self.entry.source_line, self.entry.get_source_stage_display())

    @property
    def target(self) -> str:
        """Where it went."""
        return _place(self.entry.target_line, self.entry.get_target_stage_display())


def _place(line: object | None, stage: str) -> str:
    return f"{line}: {stage.lower()}" if line else stage


def transactions(entries: Iterable[LedgerEntry], size: int = 1000) -> Iterator[Transaction]:
    """Entries with what stands behind them, `size` at a time, so that any number fits into memory."""
    rows = iter(entries)
    while some := list(islice(rows, size)):
        found = behind(some)
        yield from (Transaction(entry, found.get(entry.reference)) for entry in some)


TRANSACTIONS = (
    Column("Entry", lambda row: row.entry.number, "number"),
    Column("Posted", lambda row: row.entry.posted_on, "day"),
    Column("Duty", lambda row: row.entry.effective_on, "day"),
    Column("Kind", lambda row: row.entry.get_kind_display()),
    Column("From", lambda row: row.source),
    Column("To", lambda row: row.target),
    Column("Amount", lambda row: row.entry.pence, "pounds"),
    Column("Claim", lambda row: row.claim_id, "number"),
    Column("Tasking", lambda row: row.tasking_id, "number"),
    Column("Enquiry", lambda row: row.behind and row.behind.duty.tasking.enquiry),
    Column("Agency", lambda row: row.behind and row.behind.duty.agency),
    Column("Officer", lambda row: row.behind and row.behind.duty.officer.staff_number),
    Column("By", lambda row: row.entry.recorded_by),
    Column("Reason", lambda row: row.entry.reason),
    Column("Reference", lambda row: row.entry.reference),
    Column("Digest", lambda row: row.digest),
)

EFFECT = Column("Change of the balance", lambda row: row.entry.effect, "pounds")
"""Stands after the amount when the entries of one balance are asked for: the column adds up to it."""

POSITION = (
    Column("Line", lambda row: row.position.line),
    Column("Allocated", lambda row: row.position.allocated, "pounds"),
    Column("Available", lambda row: row.position.available, "pounds"),
    Column("Tasked", lambda row: row.position.tasked, "pounds"),
    Column("Claimed", lambda row: row.position.claimed, "pounds"),
    Column("Approved", lambda row: row.position.approved, "pounds"),
    Column("Settled", lambda row: row.position.settled, "pounds"),
    Column("Incurred", lambda row: row.position.incurred, "pounds"),
    Column("Used %", lambda row: row.used_percent, "number"),
    Column("Forecast outturn", lambda row: row.forecast and row.forecast.outturn, "pounds", total=False),
    Column("Variance", lambda row: row.forecast and row.forecast.unspent, "pounds", total=False),
    Column("RAG", lambda row: row.forecast and f"{row.forecast.rag.title()}. {row.forecast.rag_word}"),
)

AGENCIES = (
    Column("Agency", lambda row: row.position.agency.name),
    Column("Tasked", lambda row: row.position.tasked, "pounds"),
    Column("Claimed", lambda row: row.position.claimed, "pounds"),
    Column("Approved", lambda row: row.position.approved, "pounds"),
    Column("Settled", lambda row: row.position.settled, "pounds"),
    Column("Incurred", lambda row: row.position.incurred, "pounds"),
    Column("Minutes", lambda row: row.position.minutes, "minutes"),
    Column("Agreed maximum", lambda row: row.maximum_pence, "pounds"),
    Column("Left of it", lambda row: row.left_pence, "pounds"),
)

VARIANCE = (
    Column("Line", lambda row: row.name),
    Column("Against", lambda row: row.what),
    Column("Plan", lambda row: row.plan, "pounds", total=False),
    Column("Incurred", lambda row: row.incurred, "pounds", total=False),
    Column("Incurred since the last close", lambda row: row.since_close, "pounds", total=False),
    Column("Forecast outturn", lambda row: row.forecast.outturn, "pounds", total=False),
    Column("Variance", lambda row: row.variance, "pounds", total=False),
    Column("Variance %", lambda row: row.percent, "number"),
    Column("RAG", lambda row: f"{row.forecast.rag.title()}. {row.forecast.rag_word}"),
    Column("Timing or permanent", lambda row: row.comment and row.comment.word),
    Column("Comment", lambda row: row.comment and row.comment.comment),
    Column("By", lambda row: row.comment and row.comment.given_by),
    Column("On", lambda row: row.comment and row.comment.given_on, "day"),
)
"""The grant holds its enquiries, and they hold what agencies cost: nothing here is added up."""


def spending(table: Spending) -> tuple[Column, ...]:
    """The weeks with a column for each agency; each column, and what they come to, is added up."""
    return (
        Column("Week ending", lambda row: row.week.ending, "day"),
        Column("As at", lambda row: row.week.as_at, "day"),
        *(
            Column(agency.code, partial(_spent, place), "pounds")
            for place, agency in enumerate(table.agencies)
        ),
        Column("Together", lambda row: row.together.pence, "pounds"),
    )


def _spent(place: int, row: SpendingRow) -> int:
    return row.cells[place].pence


WEEKS = (
    Column("Week ending", lambda row: row.week.ending, "day"),
    Column("As at", lambda row: row.week.as_at, "day"),
    Column("Days left", lambda row: row.week.days_left, "number"),
    Column("Profile, cumulative", lambda row: row.week.profile_cumulative, "pounds", total=False),
    Column("Incurred in the week", lambda row: row.week.incurred, "pounds"),
    Column("Incurred, cumulative", lambda row: row.week.incurred_cumulative, "pounds", total=False),
    Column("Tasked, open", lambda row: row.tasked_open, "pounds", total=False),
    Column("Remaining", lambda row: row.week.remaining, "pounds", total=False),
    Column("Pace a week", lambda row: row.week.pace, "pounds", total=False),
    Column("Needed a week", lambda row: row.week.required, "pounds", total=False),
    Column("Gap", lambda row: row.week.gap, "pounds", total=False),
    Column("Runs out on", lambda row: row.week.run_out_on, "day"),
)
