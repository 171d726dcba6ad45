"""Reckon every entry, digest and balance again, without trusting anything the database keeps of its own."""

import hashlib
from collections.abc import Generator, Iterator, Sized
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime
from itertools import groupby
from typing import Any, NamedTuple

from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction

from grants.models import LADDER, BudgetLine, Grant, LedgerEntry
from overtime_ledger.money import pounds

Balances = dict[tuple[int | None, str], int]


class Row(NamedTuple):
    """One entry as it is stored."""

    grant_id: int
    number: int
    kind: str
    source_line_id: int | None
    source_stage: str
    target_line_id: int | None
    target_stage: str
    pence: int
    effective_on: date
    posted_on: date
    recorded_by_id: int
    recorded_at: datetime
    reverses_id: int | None
    reference: str
    reason: str
    digest: bytes

    def reckoned_digest(self, previous: bytes) -> bytes:
        """SHA-256 of the digest before it and of its own fields, as the recipe in the migrations says."""
        fields = (
            self.grant_id,
            self.number,
            self.kind,
            _or_empty(self.source_line_id),
            self.source_stage,
            _or_empty(self.target_line_id),
            self.target_stage,
            self.pence,
            self.effective_on.isoformat(),
            self.posted_on.isoformat(),
            self.recorded_by_id,
            self.recorded_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f"),
            _or_empty(self.reverses_id),
            self.reference,
            self.reason,
        )
        return hashlib.sha256(previous + "|".join(map(str, fields)).encode()).digest()


def _or_empty(number: int | None) -> str:
    return "" if number is None else str(number)


class Wrong(Exception):
    """The first row that does not stand up."""


class Command(BaseCommand):
    help = "Recomputes every balance and digest. Exit 0 if the books are true, 1 with the first bad row."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with one_moment():
                self.stdout.write(verified())
        except Wrong as wrong:
            raise CommandError(str(wrong), returncode=1) from None


@contextmanager
def one_moment() -> Iterator[None]:
    """Everything is read as of one moment, while people go on posting."""
    inside_another = connection.in_atomic_block
    with transaction.atomic():
        if not inside_another:
            with connection.cursor() as cursor:
                cursor.execute("set transaction isolation level repeatable read, read only")
        yield


def verified(only: Grant | None = None) -> str:
    """Go through the books of every grant, or of one, and say in a line what was found true. Raises Wrong."""
    chosen = Grant.objects.all() if only is None else Grant.objects.filter(pk=only.pk)
    grants = {grant.pk: grant for grant in chosen.order_by("pk")}
    every = BudgetLine.objects.select_related("grant").order_by("grant_id", "-is_main", "pk")
    lines = list(every if only is None else every.filter(grant=only))
    balances: Balances = {}
    last_numbers: dict[int | None, int] = {}
    heads: dict[int, tuple[int, bytes]] = {}
    with closing(entries(only)) as stream:
        for grant_id, rows in groupby(stream, key=lambda row: row.grant_id):
            if grant_id not in grants:
                raise Wrong(f"Grant {grant_id} has entries but is not there")
            heads[grant_id] = follow(rows, grants[grant_id], balances, last_numbers)
    for grant in grants.values():
        check_head(grant, *heads.get(grant.pk, (0, b"")))
    for line in lines:
        check_line(line, balances, last_numbers.pop(line.pk, 0))
    if gone := last_numbers.keys() - {None}:
        raise Wrong(f"Line {min(gone, key=str)} has entries but is not there")
    for grant in grants.values():
        check_award(grant, [line for line in lines if line.grant_id == grant.pk])
    count = sum(number for number, _ in heads.values())
    return (
        f"The books are true: {_counted(grants, 'grant')}, {_counted(lines, 'budget line')}, "
        f"{count} {'entry' if count == 1 else 'entries'}; "
        "every number, digest and balance reckoned again."
    )


def _counted(rows: Sized, what: str) -> str:
    return f"{len(rows)} {what}{'' if len(rows) == 1 else 's'}"


def entries(only: Grant | None = None) -> Generator[Row, None, None]:
    """All entries, or those of one grant: grant by grant in order of their numbers, streamed."""
    rows = LedgerEntry.objects.order_by("grant_id", "number", "pk").values_list(*Row._fields)
    for row in (rows if only is None else rows.filter(grant=only)).iterator(chunk_size=5000):
        yield Row._make((*row[:-1], bytes(row[-1])))


def follow(
    rows: Iterator[Row], grant: Grant, balances: Balances, last_numbers: dict[int | None, int]
) -> tuple[int, bytes]:
    """Follow a grant's chain and return its last number and digest.

    Adds each entry to `balances` and notes in `last_numbers` which one moved a line last.
    """
    number, digest = 0, b""
    for row in rows:
        number += 1
        name = f"{grant}, entry {row.number} ({row.reference})"
        if row.number != number:
            raise Wrong(f"{name}: entry {number} is missing or stands twice")
        if row.digest != row.reckoned_digest(digest):
            raise Wrong(f"{name}: its digest is not that of its fields and of the entry before it")
        digest = row.digest
        move(row, balances, name)
        last_numbers[row.source_line_id] = last_numbers[row.target_line_id] = number
    return number, digest


def move(row: Row, balances: Balances, name: str) -> None:
    """Move an entry's pence; no pot is ever below zero, not even for one entry."""
    source, target = (row.source_line_id, row.source_stage), (row.target_line_id, row.target_stage)
    balances[source] = balances.get(source, 0) - row.pence
    balances[target] = balances.get(target, 0) + row.pence
    if row.pence <= 0 or (row.source_line_id is not None and balances[source] < 0):
        raise Wrong(f"{name}: it takes {row.pence} pence from {row.source_stage}, which is not there")


def check_head(grant: Grant, number: int, digest: bytes) -> None:
    """The grant names its last entry: entries cut off the end of the chain leave no other trace."""
    if (grant.last_number, bytes(grant.last_digest)) != (number, digest):
        raise Wrong(f"{grant}: it says entry {grant.last_number} is its last, the chain ends with {number}")


def check_line(line: BudgetLine, balances: Balances, last_number: int) -> None:
    """The five balances of a line are what its entries make them, and it names the last of them."""
    name = f"{line.grant}, {line} (line {line.pk})"
    for stage in LADDER:
        kept, reckoned = getattr(line, stage), balances.get((line.pk, stage), 0)
        if kept != reckoned:
            raise Wrong(f"{name}: {stage} says {kept} pence, its entries make {reckoned}")
    if line.last_number != last_number:
        raise Wrong(f"{name}: it names entry {line.last_number} as its last, which is {last_number}")


def check_award(grant: Grant, lines: list[BudgetLine]) -> None:
    """All stages of all lines of a grant together are its award, to the penny."""
    award = 0 if grant.status == Grant.Status.DRAFT else grant.amount_pence
    total = sum(getattr(line, stage) for line in lines for stage in LADDER)
    if total != award:
        raise Wrong(f"{grant}: all stages add up to {pounds(total)}, the award is {pounds(award)}")
