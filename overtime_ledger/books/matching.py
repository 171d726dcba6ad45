"""What of two ledgers is the same money: by reference and amount. Pure: no database, money in pence.

A line there matches a payment here that has its reference and its amount: the payment as a whole, without or
with what was reversed of it since, only what was reversed, or one claim of it by the claim's own reference.
Several lines with one reference match a payment together.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Ours:
    """An entry here that paid a claim, or took that back: then its pence are less than nothing."""

    pk: int
    payment: int
    claim: int
    pence: int


@dataclass(frozen=True)
class Theirs:
    """A line there. `pk` is whatever tells it from the others."""

    pk: int
    reference: str
    pence: int


@dataclass(frozen=True)
class Found:
    """Entries and lines that are the same money, and by what it was found."""

    entries: Sequence[Ours]
    lines: Sequence[Theirs]
    by: str

    @property
    def pence(self) -> int:
        return sum(line.pence for line in self.lines)


@dataclass
class Open:
    """What is matched with nothing yet."""

    entries: dict[int, Ours]
    lines: dict[int, Theirs]
    found: list[Found] = field(default_factory=list)

    def take(self, entries: Sequence[Ours], lines: Sequence[Theirs], by: str) -> None:
        for entry in entries:
            del self.entries[entry.pk]
        for line in lines:
            del self.lines[line.pk]
        self.found.append(Found(entries, lines, by))


def plain(reference: str) -> str:
    """A reference without what people and systems write differently: case, spaces, signs."""
    return re.sub(r"[^0-9a-z]", "", reference.lower())


def match(
    entries: Iterable[Ours], lines: Iterable[Theirs], references: Mapping[int, Sequence[str]]
) -> list[Found]:
    """Everything that matches, each entry and line once. `references` are those of each payment."""
    left = Open({one.pk: one for one in entries}, {one.pk: one for one in lines})
    payments = {
        plain(reference): payment for payment, known in references.items() for reference in known if reference
    }
    _by_payment(left, payments)
    _by_claim(left)
    return left.found


def _by_payment(left: Open, payments: Mapping[str, int]) -> None:
    of_payment: dict[int, list[Ours]] = defaultdict(list)
    for entry in left.entries.values():
        of_payment[entry.payment].append(entry)
    named: dict[int, list[Theirs]] = defaultdict(list)
    for line in left.lines.values():
        if (payment := payments.get(plain(line.reference))) is not None:
            named[payment].append(line)
    for payment, lines in named.items():
        parts = _parts(of_payment[payment])
        for some in [*([line] for line in lines), lines]:
            if any(line.pk not in left.lines for line in some):
                continue
            if fitting := parts.get(sum(line.pence for line in some)):
                left.take(fitting, some, "Reference and amount of the payment")
                parts = _parts([entry for entry in of_payment[payment] if entry.pk in left.entries])


def _parts(entries: Sequence[Ours]) -> Mapping[int, Sequence[Ours]]:
    """What of a payment a line may be about, by what it comes to: what was taken back, what was paid, all."""
    back = [entry for entry in entries if entry.pence < 0]
    paid = [entry for entry in entries if entry.pence > 0]
    return {sum(entry.pence for entry in part): part for part in (back, paid, entries)}


_CLAIM = re.compile(r"(?:claim|c)0*(\d{1,12})")


def _by_claim(left: Open) -> None:
    """Lines that name a claim: "claim 42", "C42", "claim:42"."""
    of_claim: dict[tuple[int, int], list[Ours]] = defaultdict(list)
    for entry in left.entries.values():
        of_claim[entry.claim, entry.pence].append(entry)
    for line in list(left.lines.values()):
        named = _CLAIM.fullmatch(plain(line.reference))
        waiting = of_claim.get((int(named[1]), line.pence)) if named else None
        if waiting:
            left.take([waiting.pop(0)], [line], "Number and amount of the claim")
