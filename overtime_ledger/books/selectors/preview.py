"""What taking a file of the force's ledger would do: lines that are new, what matches, the rest and why."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from grants.models import Grant
from overtime_ledger.books.forcefile import Line
from overtime_ledger.books.matching import Theirs
from overtime_ledger.books.models import ForceLine, ForceUpload
from overtime_ledger.books.selectors.ledgers import Entry, Ledgers, ledgers
from overtime_ledger.books.selectors.unmatched import why_no_payment

SHOWN = 200
"""So many lines of a list are shown on a page; a file has them all."""


@dataclass(frozen=True)
class Judged:
    """A line of a file, and what becomes of it."""

    line: Line
    matches: str
    reason: str
    who: str


@dataclass(frozen=True)
class Preview:
    """What taking a file would do."""

    judged: Sequence[Judged]
    repeated: Sequence[Line]
    more_matched: int

    @property
    def new(self) -> int:
        return len(self.judged)

    @property
    def pence(self) -> int:
        return sum(one.line.pence for one in self.judged)

    @cached_property
    def matching(self) -> list[Judged]:
        return [one for one in self.judged if one.matches]

    @cached_property
    def left(self) -> list[Judged]:
        return [one for one in self.judged if not one.matches]

    @property
    def matching_pence(self) -> int:
        return sum(one.line.pence for one in self.matching)

    @property
    def left_pence(self) -> int:
        return self.pence - self.matching_pence

    @property
    def matching_shown(self) -> list[Judged]:
        return self.matching[:SHOWN]

    @property
    def left_shown(self) -> list[Judged]:
        return self.left[:SHOWN]

    @property
    def is_cut(self) -> bool:
        """Whether a list is longer than what is shown of it."""
        return max(len(self.matching), len(self.left)) > SHOWN

    @property
    def matching_note(self) -> str:
        return _lines(len(self.matching))

    @property
    def left_note(self) -> str:
        return _lines(len(self.left))

    @property
    def repeated_note(self) -> str:
        return _lines(len(self.repeated))


def _lines(count: int) -> str:
    return "1 line" if count == 1 else f"{count:,} lines"


def preview(grant: Grant, lines: Sequence[Line], *, take_repeated: bool = False) -> Preview:
    """What taking the lines of a file would do, without doing it."""
    both = ledgers(grant)
    new, repeated = (list(lines), []) if take_repeated else part_repeated(both.lines, lines)
    theirs = [Theirs(-number, line.reference, line.pence) for number, line in enumerate(new, start=1)]
    found = both.would_match(theirs)
    by = {line.pk: one.by for one in found for line in one.lines}
    left: dict[int, list[Entry]] = defaultdict(list)
    gone = {entry.pk for one in found for entry in one.entries}
    for entry in both.open_entries:
        if entry.pk not in gone:
            left[entry.payment].append(entry)
    return Preview(
        judged=[_judge(both, line, by.get(one.pk, ""), left) for line, one in zip(new, theirs, strict=True)],
        repeated=repeated,
        more_matched=sum(line.pk in by for line in both.open_lines),
    )


def _judge(both: Ledgers, line: Line, by: str, left: Mapping[int, Sequence[Entry]]) -> Judged:
    if by:
        return Judged(line, by, "", "")
    return Judged(line, "", *why_no_payment(both, line.reference, line.pence, left))


def part_repeated(known: Iterable[ForceLine], lines: Sequence[Line]) -> tuple[list[Line], list[Line]]:
    """Part lines that are new from those that look like one on record: day, reference, text and amount.

    As many as are on record count as repeated, so that a file that begins where the last one began is taken
    as far as it goes on.
    """
    on_record = Counter((line.booked_on, line.reference, line.description, line.pence) for line in known)
    new: list[Line] = []
    repeated: list[Line] = []
    for one in lines:
        if on_record[one.key]:
            on_record[one.key] -= 1
            repeated.append(one)
        else:
            new.append(one)
    return new, repeated


def remembered_columns(grant: Grant) -> dict[str, str]:
    """Which column held what in the last file that was taken; empty before the first."""
    last = ForceUpload.objects.filter(grant=grant).order_by("-pk").first()
    return dict(last.columns) if last else {}
