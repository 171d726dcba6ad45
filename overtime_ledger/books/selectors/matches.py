"""What the matches that stand, and those that were undone, hold of either side."""

from collections.abc import Sequence
from dataclasses import dataclass

from overtime_ledger.books.models import Match


@dataclass(frozen=True)
class Sums:
    """What a match holds of either side, in pence, and under which references."""

    ours_pence: int
    theirs_pence: int
    entries: int
    references: Sequence[str]

    @property
    def difference_pence(self) -> int:
        return self.ours_pence - self.theirs_pence


def sums_of(match: Match) -> Sums:
    """What a match holds; give it with its entries and lines."""
    entries = [part.entry for part in match.entries.all()]
    lines = [part.line for part in match.lines.all()]
    return Sums(
        ours_pence=sum(-one.pence if one.reverses_id else one.pence for one in entries),
        theirs_pence=sum(line.pence for line in lines),
        entries=len(entries),
        references=[str(line) for line in lines],
    )
