"""The only writer of ledger entries. The books themselves are kept by the database (see migration 0002)."""

from datetime import date
from typing import Any

from django.db import IntegrityError, connection

from grants.models import BudgetLine, LedgerEntry, Stage
from overtime_ledger import clock
from overtime_ledger.accounts.models import User
from overtime_ledger.errors import Refusal, broken_rule

Kind = LedgerEntry.Kind

MOVES: dict[Kind, tuple[Stage, Stage]] = {
    Kind.AWARD: (Stage.FUNDER, Stage.AVAILABLE),
    Kind.ALLOCATION: (Stage.AVAILABLE, Stage.AVAILABLE),
    Kind.MOVE: (Stage.AVAILABLE, Stage.AVAILABLE),
    Kind.TASKING: (Stage.AVAILABLE, Stage.TASKED),
    Kind.SUBMISSION: (Stage.TASKED, Stage.CLAIMED),
    Kind.WITHDRAWAL: (Stage.CLAIMED, Stage.TASKED),
    Kind.REJECTION: (Stage.CLAIMED, Stage.AVAILABLE),
    Kind.APPROVAL: (Stage.CLAIMED, Stage.APPROVED),
    Kind.SETTLEMENT: (Stage.APPROVED, Stage.SETTLED),
    Kind.RELEASE: (Stage.TASKED, Stage.AVAILABLE),
}

_INSERT = """
    insert into grants_ledgerentry (
        grant_id, kind, source_line_id, source_stage, target_line_id, target_stage,
        pence, effective_on, posted_on, reference, reason, recorded_by_id, reverses_id)
    values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""


def post(
    kind: Kind,
    line: BudgetLine,
    pence: int,
    *,
    effective_on: date,
    reference: str,
    by: User,
    reason: str = "",
    source: BudgetLine | None = None,
) -> str:
    """Move `pence` as `kind` says, on `line` or from `source` to it, and return the entry's reference.

    Call it as a transaction's last statement: it locks the grant until the commit. `effective_on` is the
    day of the duty; `reference` is unique, so that a retry posts nothing twice. Raises Refusal when the
    money is not there (T03 when tasking, else A04), the grant is not open (T01), the duty is outside the
    grant's window (T02) or its books are closed (C06); the database has the last word on all of them.
    """
    source_stage, target_stage = MOVES[kind]
    source_line_id = None if source_stage == Stage.FUNDER else (source or line).pk
    _insert(
        line.grant_id, kind, source_line_id, source_stage, line.pk, target_stage,
        pence, effective_on, clock.today(), reference, reason, by.pk, None,
    )  # fmt: skip
    return reference


def reverse(entry: LedgerEntry, *, by: User, reason: str) -> str:
    """Post the mirror of an entry, once, and return its reference. The books may be closed already."""
    reference = f"{entry.reference}:reversed"
    _insert(
        entry.grant_id, Kind.REVERSAL,
        entry.target_line_id, entry.target_stage, entry.source_line_id, entry.source_stage,
        entry.pence, entry.effective_on, clock.today(), reference, reason, by.pk, entry.pk,
    )  # fmt: skip
    return reference


def _insert(*values: Any) -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute(_INSERT, values)
    except IntegrityError as error:
        if refusal := _explained(error, kind=values[1]):
            raise refusal from error
        raise


def _explained(error: IntegrityError, *, kind: str) -> Refusal | None:
    """What a refusal of the database means to the person who asked, or None if it is a bug."""
    rule = broken_rule(error)
    if rule.startswith("grants_budgetline_") and rule.endswith("_not_negative"):
        return Refusal(
            "T03" if kind == Kind.TASKING else "A04",
            "The money is not there any more: somebody else used it meanwhile.",
            fix="Look at the figures again and allocate more money to the enquiry.",
            who="The controlling DI or a deputy",
        )
    if rule == "grants_ledgerentry_grant_open":
        return Refusal(
            "T01",
            "The grant is not open.",
            fix="Record and confirm every gate, then open the grant.",
            who="Finance",
        )
    if rule == "grants_ledgerentry_inside_window":
        return Refusal(
            "T02",
            "The day of the duty is outside the grant's window.",
            fix="Choose a day inside the window; other days cannot be charged to this grant.",
            who="The controlling DI or a deputy",
        )
    if rule == "grants_ledgerentry_books_open":
        return Refusal(
            "C06",
            "The grant's books are closed.",
            fix="Tell finance: what moves after this day are settlements and corrections by reversal.",
            who="Finance",
        )
    if rule.startswith("grants_ledgerentry_reference"):
        return Refusal(
            "L01",
            "This was posted already: nothing was posted twice.",
            fix="Look at the ledger, it stands there once.",
            who="Nobody has to",
        )
    return None
