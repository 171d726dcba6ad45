"""What of the two ledgers does not match by the end of a period: each item, why, and whose it is."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Literal

from grants.models import Period
from overtime_ledger.books.matching import plain
from overtime_ledger.books.models import Adjustment, ForceLine
from overtime_ledger.books.selectors.ledgers import Entry, Ledgers
from overtime_ledger.money import pounds
from overtime_ledger.ui import day

Side = Literal["ours", "theirs", "differs"]
FINANCE = "Finance"
FORCE = "The force’s finance"


@dataclass(frozen=True)
class Item:
    """Something that does not match at the end of a period, by how much ours is above theirs, and why."""

    side: Side
    pk: int
    on: date
    reference: str
    description: str
    pence: int
    reason: str
    who: str
    is_timing: bool = False
    adjustment: Adjustment | None = None

    @property
    def amount_pence(self) -> int:
        """The amount as its own ledger has it."""
        return -self.pence if self.side == "theirs" else self.pence

    @property
    def key(self) -> str:
        return f"{self.side}-{self.pk}"

    @property
    def pick(self) -> str:
        """The key under which it is chosen to be matched by hand; none of a match."""
        if self.side == "theirs":
            return f"line-{self.pk}"
        return f"{'paid' if self.pence > 0 else 'back'}-{self.pk}" if self.side == "ours" else ""

    @property
    def is_carried(self) -> bool:
        """Whether what explains it comes from an earlier period, and nobody has said it of this one yet."""
        return self.adjustment is not None and self.adjustment.pk is None

    @property
    def explained(self) -> str:
        """What was said of it, in words."""
        return self.adjustment.said if self.adjustment else ""

    @property
    def deals_with(self) -> str:
        return self.adjustment.deals_with if self.adjustment else self.who


@dataclass(frozen=True)
class AtEnd:
    """Both ledgers as far as they go by the end of a day."""

    both: Ledgers
    end: date

    @cached_property
    def entries(self) -> Sequence[Entry]:
        return [entry for entry in self.both.entries if entry.posted_on <= self.end]

    @cached_property
    def lines(self) -> Sequence[ForceLine]:
        return [line for line in self.both.lines if line.booked_on <= self.end]

    def is_inside(self, found: int | None) -> bool:
        """Whether all of a match lies by the end of the day."""
        return found is not None and self.both.last_days[found] <= self.end

    @cached_property
    def open_entries(self) -> Mapping[int, Sequence[Entry]]:
        """By payment, what of it matches nothing by then."""
        found: dict[int, list[Entry]] = defaultdict(list)
        for entry in self.entries:
            if not self.is_inside(entry.match):
                found[entry.payment].append(entry)
        return found

    @cached_property
    def open_lines(self) -> Sequence[ForceLine]:
        """Lines there that match nothing by then."""
        return [line for line in self.lines if not self.is_inside(self.both.match_of_line.get(line.pk))]

    @cached_property
    def open_lines_pence(self) -> Mapping[str, int]:
        """By reference, as they are compared, what the open lines come to."""
        sums: dict[str, int] = defaultdict(int)
        for line in self.open_lines:
            sums[plain(line.reference)] += line.pence
        return sums

    @cached_property
    def matched_pence(self) -> Mapping[int, tuple[int, int]]:
        """By match that lies inside, what it comes to here and there."""
        ours: dict[int, int] = defaultdict(int)
        theirs: dict[int, int] = defaultdict(int)
        for entry in self.entries:
            if entry.match and self.is_inside(entry.match):
                ours[entry.match] += entry.pence
        for line in self.lines:
            found = self.both.match_of_line.get(line.pk)
            if found and self.is_inside(found):
                theirs[found] += line.pence
        return {found: (ours[found], theirs[found]) for found in sorted({*ours, *theirs})}


@dataclass(frozen=True)
class Explanations:
    """What was said of the items of a period, and what was said of them before it."""

    own: Mapping[str, Adjustment]
    earlier: Mapping[str, Adjustment]
    period: Period

    def of(self, key: str, pence: int) -> Adjustment | None:
        """What explains an item: what was said of it in this period, else carried forward if the same."""
        if key in self.own:
            return self.own[key]
        before = self.earlier.get(key)
        return before.carried_to(self.period) if before and before.pence == pence else None


def explanations(period: Period) -> Explanations:
    """Those of a period that stand, and the last of each item of the periods before it.

    What was withdrawn in the period is not carried into it again.
    """
    own: dict[str, Adjustment] = {}
    withdrawn: set[str] = set()
    for one in period.adjustments.select_related("carried_from__period").order_by("pk"):
        if one.withdrawn_at:
            withdrawn.add(one.item_key)
        else:
            own[one.item_key] = one
    before = Adjustment.objects.filter(
        period__grant=period.grant_id, period__starts_on__lt=period.starts_on, withdrawn_at__isnull=True
    )
    before = before.select_related("period", "carried_from__period").order_by("period__starts_on", "pk")
    earlier = {one.item_key: one for one in before}
    return Explanations(own, {key: one for key, one in earlier.items() if key not in withdrawn}, period)


def items(at_end: AtEnd, said: Explanations) -> Iterator[Item]:
    """Every item that does not match by the end of a period: payments, lines, matches that differ."""
    for payment, entries in at_end.open_entries.items():
        yield _payment_item(at_end, payment, entries, said)
    for line in at_end.open_lines:
        yield _line_item(at_end, line, said)
    for found, (ours, theirs) in at_end.matched_pence.items():
        if ours != theirs:
            yield _differing_item(at_end.both, found, ours - theirs, said)


def _payment_item(at_end: AtEnd, pk: int, entries: Sequence[Entry], said: Explanations) -> Item:
    both, payment = at_end.both, at_end.both.payments[pk]
    pence = sum(entry.pence for entry in entries)
    late = [entry for entry in entries if entry.match]
    claims = len({entry.claim for entry in entries})
    if len(late) == len(entries):
        reason, who = _timing(max(both.last_days[one.match] for one in late if one.match))
    else:
        reason = _why_no_line(at_end, pk, entries)
        who = "Payroll" if payment.agency.is_paid_by_payroll else "Accounts payable of the force"
    return Item(
        side="ours",
        pk=pk,
        on=entries[0].posted_on,
        reference=payment.reference,
        description=f"{payment.agency.code}, {claims} claim{'' if claims == 1 else 's'}",
        pence=pence,
        reason=reason,
        who=who,
        is_timing=len(late) == len(entries),
        adjustment=said.of(f"ours-{pk}", pence),
    )


def _why_no_line(at_end: AtEnd, payment: int, entries: Sequence[Entry]) -> str:
    later = sum(entry.pence for entry in entries if entry.match)
    rest = sum(entry.pence for entry in entries) - later
    beside = f" {pounds(later)} of it is matched with something after this period." if later else ""
    names = {plain(one) for one in at_end.both.references[payment]}
    named = [at_end.open_lines_pence[name] for name in names if name in at_end.open_lines_pence]
    if not named:
        return f"The force has no line with this reference and amount.{beside}"
    theirs = sum(named)
    return f"The force has {pounds(theirs)} with this reference, {_apart(rest, theirs)}.{beside}"


def _line_item(at_end: AtEnd, line: ForceLine, said: Explanations) -> Item:
    found = at_end.both.match_of_line.get(line.pk)
    reason, who = (
        _timing(at_end.both.last_days[found])
        if found
        else why_no_payment(at_end.both, line.reference, line.pence, at_end.open_entries)
    )
    return Item(
        side="theirs",
        pk=line.pk,
        on=line.booked_on,
        reference=line.reference,
        description=line.description,
        pence=-line.pence,
        reason=reason,
        who=who,
        is_timing=bool(found),
        adjustment=said.of(f"theirs-{line.pk}", -line.pence),
    )


def why_no_payment(
    both: Ledgers, reference: str, pence: int, open_entries: Mapping[int, Sequence[Entry]]
) -> tuple[str, str]:
    """Why a line of the force matches nothing here, and who deals with it."""
    if not reference:
        return "The line has no reference.", FORCE
    payment = both.payment_named.get(plain(reference))
    if payment is None:
        return "No payment here has this reference.", FINANCE
    open_pence = sum(entry.pence for entry in open_entries.get(payment, ()))
    if not open_pence:
        return "The payment with this reference is matched: perhaps it was booked twice.", FORCE
    return f"The payment comes to {pounds(open_pence)} here, {_apart(open_pence, pence)}.", FINANCE


def _timing(last: date) -> tuple[str, str]:
    return f"It is matched with something of {day(last)}, after this period.", "Nobody: it is timing"


def _apart(ours: int, theirs: int) -> str:
    return f"{pounds(abs(ours - theirs))} {'less' if theirs < ours else 'more'}"


def _differing_item(both: Ledgers, found: int, pence: int, said: Explanations) -> Item:
    return Item(
        side="differs",
        pk=found,
        on=both.last_days[found],
        reference=both.reference_of_match[found],
        description=f"Match {found}",
        pence=pence,
        reason="Matched by hand, and the amounts differ.",
        who=FINANCE,
        adjustment=said.of(f"differs-{found}", pence),
    )
