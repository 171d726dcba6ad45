"""The only writer of ledger entries. The books themselves are kept by the database (see migration 0002)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import Field, Model

from grants.models import Authority, BudgetLine, LedgerEntry, Stage
from overtime_ledger import clock
from overtime_ledger.accounts.models import User
from overtime_ledger.errors import Refusal, broken_rule

Kind = LedgerEntry.Kind

MOVES: dict[Kind, tuple[Stage, Stage]] = {
    Kind.AWARD: (Stage.FUNDER, Stage.AVAILABLE),
    Kind.SUPPLEMENT: (Stage.FUNDER, Stage.AVAILABLE),
    Kind.REDUCTION: (Stage.AVAILABLE, Stage.FUNDER),
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

_ENTRY = (
    "grant_id", "kind", "source_line_id", "source_stage", "target_line_id", "target_stage",
    "pence", "effective_on", "posted_on", "reference", "reason", "recorded_by_id", "reverses_id",
)  # fmt: skip
INSERT = f"insert into grants_ledgerentry ({', '.join(_ENTRY)}) values ({', '.join(['%s'] * len(_ENTRY))})"
# The rows are locked by their ids, and all of them are changed before the first entry locks the grant.
_STEPS = """
    with wanted as materialized (
        select * from jsonb_to_recordset(%s) as one (step_id bigint, seen integer, under bigint, {wanted})),
    locked as materialized (
        select id from {table} where id = any(%s) order by id for update),
    step as (
        update {table} set {changes}, revision = revision + 1
        from locked join wanted on step_id = locked.id
        where {table}.id = locked.id and revision = seen and (under is null or exists (
            select from grants_authority held
            where held.id = under and held.person_id = entry_recorded_by_id and held.grant_id = entry_grant_id
              and held.from_on <= %s and coalesce(held.to_on >= %s, true)
              and coalesce(held.limit_pence >= entry_pence, true)))
        returning step_id),
    said as (
        insert into {event} ({told}) select {events} from step join wanted using (step_id) order by step_id)
    insert into grants_ledgerentry ({entry})
    select {entries} from step join wanted using (step_id) order by step_id
    returning reference
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
    grant's window (T02), its books (L02) or the period (F01) are closed; the database has the last word on
    all of them.
    """
    values = _values(kind, line, pence, effective_on, reference, by, reason, source)
    _execute(INSERT, values, kind=kind)
    return reference


@dataclass(frozen=True, kw_only=True)
class Step:
    """What an entry is posted for: a row that goes on to its next revision, and the event that tells it.

    `changes` are of columns; `under` is the authority over the grant by which it is taken, if it needs one.
    """

    row: Model
    seen: int
    changes: Mapping[str, Any]
    event: Model
    line: BudgetLine
    pence: int
    effective_on: date
    reference: str
    reason: str = ""
    under: Authority | None = None


def post_steps(kind: Kind, steps: Sequence[Step], *, by: User) -> set[str]:
    """Take steps of one kind, tell of them and post their entries, in order of their rows: one statement.

    Returns the references of what was posted; of a row that is not at the revision that was `seen` any more,
    or whose authority is not in force or does not reach so far, nothing has happened. Raises what `post`
    raises of the first that is refused, and then nothing has happened at all.
    """
    if not steps:
        return set()
    today, rows = clock.today(), [step.row.pk for step in steps]
    values = (json.dumps([_wanted(kind, step, by) for step in steps], default=str), rows, today, today)
    sql = _steps_sql(type(steps[0].row), tuple(steps[0].changes), type(steps[0].event))
    # Alone it is a transaction of its own; inside another it must be possible to refuse it.
    with transaction.atomic() if connection.in_atomic_block else nullcontext():
        return {reference for (reference,) in _execute(sql, values, kind=kind)}


def _wanted(kind: Kind, step: Step, by: User) -> dict[str, Any]:
    """A step as a row for the database: what it changes, tells and posts, each column by its own name."""
    entry = _values(kind, step.line, step.pence, step.effective_on, step.reference, by, step.reason, None)
    event = {column: getattr(step.event, column) for column in _told(type(step.event))}
    return {
        "step_id": step.row.pk,
        "seen": step.seen,
        "under": step.under and step.under.pk,
        **{f"change_{column}": value for column, value in step.changes.items()},
        **{f"event_{column}": value for column, value in event.items()},
        **{f"entry_{column}": value for column, value in zip(_ENTRY, entry, strict=True)},
    }


@cache
def _steps_sql(row: type[Model], changed: tuple[str, ...], event: type[Model]) -> str:
    told = _told(event)
    wanted = [
        *_typed("change", row, changed),
        *_typed("event", event, told),
        *_typed("entry", LedgerEntry, _ENTRY),
    ]
    return _STEPS.format(
        wanted=", ".join(wanted),
        table=row._meta.db_table,
        changes=", ".join(f"{column} = change_{column}" for column in changed),
        event=event._meta.db_table,
        told=", ".join(told),
        events=", ".join(f"event_{column}" for column in told),
        entry=", ".join(_ENTRY),
        entries=", ".join(f"entry_{column}" for column in _ENTRY),
    )


def _typed(what: str, model: type[Model], columns: Sequence[str]) -> Iterator[str]:
    """Some columns of a table with their types."""
    for column in columns:
        field = model._meta.get_field(column)
        assert isinstance(field, Field)
        yield f"{what}_{column} {field.db_type(connection)}"


@cache
def _told(event: type[Model]) -> tuple[str, ...]:
    """The columns of an event that are not left to the database."""
    fields = event._meta.concrete_fields
    return tuple(field.attname for field in fields if not field.primary_key and not field.has_db_default())


def _values(
    kind: Kind,
    line: BudgetLine,
    pence: int,
    effective_on: date,
    reference: str,
    by: User,
    reason: str,
    source: BudgetLine | None,
) -> tuple[Any, ...]:
    source_stage, target_stage = MOVES[kind]
    source_line_id = None if source_stage == Stage.FUNDER else (source or line).pk
    target_line_id = None if target_stage == Stage.FUNDER else line.pk
    return (
        line.grant_id, kind, source_line_id, source_stage, target_line_id, target_stage,
        pence, effective_on, clock.today(), reference, reason, by.pk, None,
    )  # fmt: skip


def reverse(entry: LedgerEntry, *, by: User, reason: str) -> str:
    """Post the mirror of an entry, once, and return its reference. The books may be closed already."""
    reference = f"{entry.reference}:reversed"
    values = (
        entry.grant_id, Kind.REVERSAL,
        entry.target_line_id, entry.target_stage, entry.source_line_id, entry.source_stage,
        entry.pence, entry.effective_on, clock.today(), reference, reason, by.pk, entry.pk,
    )  # fmt: skip
    _execute(INSERT, values, kind=Kind.REVERSAL)
    return reference


def _execute(sql: str, values: Sequence[Any], *, kind: Kind) -> list[tuple[Any, ...]]:
    """Send a statement and return the rows that it returns. Raises Refusal."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(sql, values)
            return list(cursor.fetchall()) if cursor.description else []
    except IntegrityError as error:
        if refusal := _explained(error, kind=kind):
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
    if rule == "grants_grant_closed":
        return Refusal(
            "L03",
            "The grant is closed: it can only be read.",
            fix="Nothing is left to do here.",
            who="Nobody",
        )
    if rule == "grants_ledgerentry_grant_open":
        return Refusal(
            "T01",
            "The grant is not open.",
            fix="Record and confirm every gate, then open the grant; one that is closed is only read.",
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
            "L02",
            "The grant's books are closed.",
            fix="Tell finance: what moves after this day are settlements and corrections by reversal.",
            who="Finance",
        )
    if rule == "grants_ledgerentry_period_soft":
        return Refusal(
            "F01",
            "This period of the books is soft-closed: it takes payments, reversals and money given back.",
            fix="Wait for the next period, or ask finance to open this one again.",
            who="Finance",
        )
    if rule == "grants_ledgerentry_period_signed":
        return Refusal(
            "F01",
            "This period of the books is reconciled and signed for: its days take no payment any more.",
            fix="Post it in an open period; what is wrong in this one is corrected there by a reversal.",
            who="Finance",
        )
    if rule == "grants_ledgerentry_period_closed":
        return Refusal(
            "F01",
            "This period of the books is closed for good.",
            fix="Post it in an open period; what is wrong in this one is corrected there by a reversal.",
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
