"""The only writer of ledger entries. The books themselves are kept by the database (see migration 0002)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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

_ENTRY = """
    insert into grants_ledgerentry (
        grant_id, kind, source_line_id, source_stage, target_line_id, target_stage,
        pence, effective_on, posted_on, reference, reason, recorded_by_id, reverses_id)
    {} %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s {}
"""
INSERT = _ENTRY.format("values (", ")")
_STEP = """
    with step as (
        update {table} set {changes}, revision = revision + 1
        where id = %s and revision = %s and exists (
            select from grants_authority held
            where held.id = %s and held.person_id = %s and held.grant_id = %s
              and held.from_on <= %s and coalesce(held.to_on >= %s, true)
              and coalesce(held.limit_pence >= %s, true))
        returning id),
    said as (
        insert into {event} ({columns}) select {values} from step)
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


@dataclass(frozen=True)
class Step:
    """What an entry is posted for: a row that goes on to its next revision, and the event that tells it.

    Whoever takes it does so `under` their authority over the grant.
    """

    row: Model
    seen: int
    changes: Mapping[str, Any]
    event: Model
    under: Authority


def post_step(
    step: Step,
    kind: Kind,
    line: BudgetLine,
    pence: int,
    *,
    effective_on: date,
    reference: str,
    by: User,
    reason: str = "",
) -> bool:
    """Take a step, tell of it and post its entry in one statement, the grant being locked for no longer.

    Returns False, and nothing has happened, if the row is not at the revision that was `seen` any more, or
    the authority is not in force or does not reach so far. Raises what `post` raises.
    """
    names, told = tuple(step.changes), _told(type(step.event))
    values = [_stored(_field(step.row, name), step.changes[name]) for name in names]
    today = clock.today()
    values += [step.row.pk, step.seen, step.under.pk, by.pk, line.grant_id, today, today, pence]
    values += [_stored(field, getattr(step.event, field.attname)) for field in told]
    values += _values(kind, line, pence, effective_on, reference, by, reason, None)
    # Alone it is a transaction of its own; inside another it must be possible to refuse it.
    with transaction.atomic() if connection.in_atomic_block else nullcontext():
        return bool(_execute(_step_sql(type(step.row), names, type(step.event)), values, kind=kind))


@cache
def _step_sql(row: type[Model], names: tuple[str, ...], event: type[Model]) -> str:
    told = _told(event)
    return _STEP.format(
        table=row._meta.db_table,
        changes=", ".join(f"{_field(row, name).column} = %s" for name in names),
        event=event._meta.db_table,
        columns=", ".join(str(field.column) for field in told),
        values=", ".join("%s" for _ in told),
    ) + _ENTRY.format("select", "from step")


@cache
def _told(event: type[Model]) -> tuple[Field[Any, Any], ...]:
    """The fields of an event that are not left to the database."""
    fields = event._meta.concrete_fields
    return tuple(field for field in fields if not field.primary_key and not field.has_db_default())


def _field(row: Model | type[Model], name: str) -> Field[Any, Any]:
    field = row._meta.get_field(name)
    assert isinstance(field, Field)
    return field


def _stored(field: Field[Any, Any], value: Any) -> Any:
    return field.get_db_prep_save(value, connection)


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


def _execute(sql: str, values: Sequence[Any], *, kind: Kind) -> int:
    """Send a statement and return how many entries it posted. Raises Refusal."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(sql, values)
            return int(cursor.rowcount)
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
            "This period of the books is reconciled and signed for: no payment is posted on its days any more.",
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
