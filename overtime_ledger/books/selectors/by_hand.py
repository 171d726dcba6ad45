"""What may be matched by hand: payments as a whole, single claims of them, lines of the force."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from claims.models import Claim
from grants.models import Grant
from overtime_ledger.books.matching import plain
from overtime_ledger.books.models import ForceLine
from overtime_ledger.books.selectors.ledgers import Entry, Ledgers, Part
from overtime_ledger.money import parse_pounds

MOST_SHOWN = 40
"""So many payments, lines and claims of a payment are offered at once, the likeliest first."""


def key_of_entry(entry: Entry) -> str:
    return f"entry-{entry.pk}"


def key_of_line(line: ForceLine) -> str:
    return f"line-{line.pk}"


@dataclass(frozen=True)
class Chosen:
    """What somebody chose of either side, by its keys; each entry and line once, if it is open still."""

    keys: frozenset[str]
    entries: Sequence[Entry]
    lines: Sequence[ForceLine]
    gone: int = 0

    @property
    def ours_pence(self) -> int:
        return sum(entry.pence for entry in self.entries)

    @property
    def theirs_pence(self) -> int:
        return sum(line.pence for line in self.lines)

    @property
    def apart_pence(self) -> int:
        """By how much ours is above theirs."""
        return self.ours_pence - self.theirs_pence


def chosen(both: Ledgers, keys: Collection[str]) -> Chosen:
    """What is open under these keys; `gone` counts those that are not any more."""
    wanted = frozenset(keys)
    parts = [part for part in both.open_parts() if part.key in wanted]
    claims = [entry for entry in both.open_entries if key_of_entry(entry) in wanted]
    lines = [line for line in both.open_lines if key_of_line(line) in wanted]
    entries = {entry.pk: entry for entry in [*(one for part in parts for one in part.entries), *claims]}
    return Chosen(wanted, [*entries.values()], lines, len(wanted) - len(parts) - len(claims) - len(lines))


@dataclass(frozen=True)
class Sought:
    """What to look for: a text, amounts in pence, references as they are compared, numbers of claims."""

    text: str
    pence: Collection[int]
    references: Collection[str] = ()
    claims: Collection[int] = ()

    def is_named(self, names: Iterable[str]) -> bool:
        plainly = [plain(name) for name in names]
        return any(name in self.references or (self.text and self.text in name) for name in plainly)

    def is_claim(self, entry: Entry) -> bool:
        return entry.claim in self.claims or entry.pence in self.pence

    def is_line(self, line: ForceLine) -> bool:
        return line.pence in self.pence or self.is_named((line.reference, line.description))


def sought(grant: Grant, text: str) -> Sought | None:
    """What a text looks for: a reference or description, an amount, a claim, an officer; None for no text."""
    if not text.strip():
        return None
    try:
        amount = parse_pounds(text.strip().lstrip("-\u2212"))
    except ValueError:
        amount = 0
    paid = Claim.objects.filter(grant=grant, settlement__isnull=False)
    claims = set(paid.filter(claimant__display_name__icontains=text.strip()).values_list("pk", flat=True))
    number = text.lower().replace("claim", "").strip()
    if number.isdecimal() and len(number) < 18:
        claims.add(int(number))
    return Sought(plain(text), {amount, -amount} - {0}, claims=claims)


def _like(both: Ledgers, what: Chosen) -> Sought:
    """What is like that which is chosen already: its amounts, its references."""
    named = {line.reference for line in what.lines}
    named |= {one for entry in what.entries for one in both.references[entry.payment]}
    pence = {line.pence for line in what.lines} | {entry.pence for entry in what.entries}
    pence |= {what.ours_pence, what.theirs_pence}
    return Sought("", pence - {0}, {plain(name) for name in named} - {""})


@dataclass(frozen=True)
class Offer:
    """A payment with its claims, a claim, or a line of the force; in pence."""

    key: str
    reference: str
    what: str
    on: date
    pence: int
    is_chosen: bool
    of: str = ""
    """Of a claim, the key of its payment."""


@dataclass(frozen=True)
class Offers:
    """What may be matched, the likeliest first; `more_...` are open too and not shown."""

    ours: Sequence[Offer]
    theirs: Sequence[Offer]
    more_ours: int
    more_theirs: int


CHOSEN, LIKELY, OTHER = range(3)


def offers(both: Ledgers, what: Chosen, looked_for: Sought | None) -> Offers:
    """What is chosen, then what is looked for; without that, what is like it, then the rest."""
    seek = looked_for or _like(both, what)
    worst = LIKELY if looked_for else OTHER
    parts = [(_rank_of_part(both, part, what, seek), part) for part in both.open_parts()]
    ours = sorted(
        ((rank, part) for rank, part in parts if rank <= worst),
        key=lambda one: (one[0], -one[1].entries[-1].posted_on.toordinal()),
    )
    lines = [(_rank_of_line(line, what, seek), line) for line in both.open_lines]
    theirs = sorted(
        ((rank, line) for rank, line in lines if rank <= worst),
        key=lambda one: (one[0], -one[1].booked_on.toordinal()),
    )
    return Offers(
        ours=_ours(ours[:MOST_SHOWN], what, seek),
        theirs=[_of_line(line, what) for _, line in theirs[:MOST_SHOWN]],
        more_ours=len(ours[MOST_SHOWN:]),
        more_theirs=len(theirs[MOST_SHOWN:]),
    )


def _rank_of_part(both: Ledgers, part: Part, what: Chosen, seek: Sought) -> int:
    if part.key in what.keys or any(key_of_entry(entry) in what.keys for entry in part.entries):
        return CHOSEN
    likely = (
        part.pence in seek.pence
        or seek.is_named(both.references[part.payment.pk])
        or any(seek.is_claim(entry) for entry in part.entries)
    )
    return LIKELY if likely else OTHER


def _rank_of_line(line: ForceLine, what: Chosen, seek: Sought) -> int:
    if key_of_line(line) in what.keys:
        return CHOSEN
    return LIKELY if seek.is_line(line) else OTHER


def _ours(parts: Sequence[tuple[int, Part]], what: Chosen, seek: Sought) -> list[Offer]:
    """Payments; under one that is chosen or likely its claims, where there is more than one."""
    shown = {part.key: _claims_shown(part, what, seek) if rank < OTHER else () for rank, part in parts}
    numbers = [entry.claim for entries in shown.values() for entry in entries]
    claims = Claim.objects.select_related("claimant").in_bulk(numbers)
    found = []
    for _, part in parts:
        found.append(_of_part(part, what, len(shown[part.key])))
        found += [_of_claim(entry, claims[entry.claim], part.key, what) for entry in shown[part.key]]
    return found


def _claims_shown(part: Part, what: Chosen, seek: Sought) -> Sequence[Entry]:
    if len(part.entries) == 1:
        return ()
    likeliest = sorted(
        part.entries, key=lambda entry: (key_of_entry(entry) not in what.keys, not seek.is_claim(entry))
    )
    return likeliest[:MOST_SHOWN]


def _of_part(part: Part, what: Chosen, shown: int) -> Offer:
    count = len({entry.claim for entry in part.entries})
    told = "Taken back" if part.is_back else "Paid"
    claims = "1 claim" if count == 1 else f"{count} claims"
    more = f"; {count - shown} more are found by their numbers" if shown and count > shown else ""
    return Offer(
        key=part.key,
        reference=part.payment.reference,
        what=f"{told}: {part.payment.agency.code}, {claims}{more}",
        on=part.entries[-1].posted_on,
        pence=part.pence,
        is_chosen=part.key in what.keys,
    )


def _of_claim(entry: Entry, claim: Claim, of: str, what: Chosen) -> Offer:
    key = key_of_entry(entry)
    return Offer(
        key=key,
        reference=str(claim),
        what=f"{claim.claimant}, duty of {claim.duty_on:%-d %B %Y}",
        on=entry.posted_on,
        pence=entry.pence,
        is_chosen=key in what.keys,
        of=of,
    )


def _of_line(line: ForceLine, what: Chosen) -> Offer:
    key = key_of_line(line)
    return Offer(
        key=key,
        reference=line.reference,
        what=line.description,
        on=line.booked_on,
        pence=line.pence,
        is_chosen=key in what.keys,
    )
