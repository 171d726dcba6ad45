"""The ledger against the force's: what matches up to a day, what does not and why, what would match.

Ours is what was settled: payments, less what was reversed of them. What is only approved here is no payment;
where the force has accrued it, its line stands among theirs and is explained as an accrual.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from hashlib import sha256
from typing import Any, Literal

from claims.models import Claim, Settlement
from grants.models import Grant, Period
from overtime_ledger.books.forcefile import Line
from overtime_ledger.books.matching import Found, Ours, Theirs, match, plain
from overtime_ledger.books.models import (
    Adjustment,
    ForceLine,
    ForceUpload,
    Match,
    MatchedEntry,
    MatchedLine,
    Reconciliation,
)
from overtime_ledger.books.models.reconciliation import payments_of
from overtime_ledger.money import pounds
from overtime_ledger.payments.models import Batch
from overtime_ledger.ui import day

Side = Literal["ours", "theirs", "differs"]
FINANCE = "Finance"


@dataclass(frozen=True)
class Entry:
    """A payment of one claim here, or its reversal; `match` is the number of the match it is in."""

    pk: int
    posted_on: date
    payment: int
    claim: int
    pence: int
    match: int | None

    @property
    def as_ours(self) -> Ours:
        return Ours(self.pk, self.payment, self.claim, self.pence)


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
    def explained(self) -> str:
        """What was said of it, in words."""
        if self.adjustment is None:
            return ""
        return f"{self.adjustment.get_kind_display()}. {self.adjustment.reason}"

    @property
    def deals_with(self) -> str:
        return self.adjustment.deals_with if self.adjustment else self.who


@dataclass(frozen=True)
class Comparison:
    """The two ledgers up to the last day of a period, in pence."""

    period: Period
    ours_pence: int
    theirs_pence: int
    matches: int
    matched_pence: int
    items: Sequence[Item]
    adjusted_pence: int
    stale: Sequence[Adjustment]

    def _of(self, side: Side) -> list[Item]:
        return [item for item in self.items if item.side == side]

    @cached_property
    def only_ours(self) -> list[Item]:
        return self._of("ours")

    @cached_property
    def only_theirs(self) -> list[Item]:
        return self._of("theirs")

    @cached_property
    def differing(self) -> list[Item]:
        return self._of("differs")

    @property
    def only_ours_pence(self) -> int:
        return sum(item.amount_pence for item in self.only_ours)

    @property
    def only_theirs_pence(self) -> int:
        return sum(item.amount_pence for item in self.only_theirs)

    @property
    def differences_pence(self) -> int:
        return sum(item.pence for item in self.differing)

    @property
    def difference_pence(self) -> int:
        """What nothing explains."""
        return self.ours_pence - self.theirs_pence - self.adjusted_pence

    @property
    def unexplained(self) -> int:
        return sum(item.adjustment is None for item in self.items)

    @property
    def timing_unexplained(self) -> int:
        """How many of them are matched with something after the period, and wait only to be called so."""
        return sum(item.is_timing and item.adjustment is None for item in self.items)

    @property
    def is_whole(self) -> bool:
        """Whether everything is explained, to the penny."""
        return not (self.unexplained or self.stale or self.difference_pence)

    def document(self) -> str:
        """All of it as JSON, to be frozen."""
        told = {
            "grant": self.period.grant.reference,
            "period": self.period.number,
            "up_to": f"{self.period.ends_on}",
            "ours_pence": self.ours_pence,
            "theirs_pence": self.theirs_pence,
            "matches": self.matches,
            "matched_pence": self.matched_pence,
            "only_ours_pence": self.only_ours_pence,
            "only_theirs_pence": self.only_theirs_pence,
            "differences_pence": self.differences_pence,
            "adjusted_pence": self.adjusted_pence,
            "difference_pence": self.difference_pence,
            "items": [_told(item) for item in self.items],
        }
        return json.dumps(told, indent=1, ensure_ascii=False, sort_keys=True)

    @property
    def digest(self) -> str:
        """What stands for all of it: whoever acts on it sends back what they saw."""
        return digest_of(self.document())


def digest_of(document: str) -> str:
    return sha256(document.encode()).hexdigest()


def _told(item: Item) -> dict[str, Any]:
    return {
        "side": item.side,
        "on": f"{item.on}",
        "reference": item.reference,
        "description": item.description,
        "pence": item.amount_pence,
        "reason": item.reason,
        "explained": item.explained,
        "deals_with": item.deals_with,
    }


@dataclass(frozen=True)
class Frozen:
    """An item of a reconciliation as it was when it was prepared."""

    side: Side
    on: date
    reference: str
    description: str
    amount_pence: int
    reason: str
    explained: str
    deals_with: str


def frozen_items(reconciliation: Reconciliation) -> list[Frozen]:
    """The items of a prepared or signed reconciliation."""
    return [
        Frozen(
            side=item["side"],
            on=date.fromisoformat(item["on"]),
            reference=item["reference"],
            description=item["description"],
            amount_pence=item["pence"],
            reason=item["reason"],
            explained=item["explained"],
            deals_with=item["deals_with"],
        )
        for item in json.loads(reconciliation.document)["items"]
    ]


# Both ledgers


@dataclass(frozen=True)
class Part:
    """What was paid of a payment and is open, or what was taken back of it; pence less than nothing then."""

    payment: Settlement
    is_back: bool
    pence: int

    @property
    def key(self) -> str:
        return f"{'back' if self.is_back else 'paid'}-{self.payment.pk}"


@dataclass(frozen=True)
class Ledgers:
    """Everything either side has of a grant, with the matches that stand."""

    entries: Sequence[Entry]
    lines: Sequence[ForceLine]
    match_of_line: Mapping[int, int]
    payments: Mapping[int, Settlement]
    references: Mapping[int, Sequence[str]]

    @cached_property
    def last_days(self) -> Mapping[int, date]:
        """By match, the latest day of what is in it."""
        days: dict[int, date] = {}
        for entry in self.entries:
            if entry.match:
                days[entry.match] = max(days.get(entry.match, entry.posted_on), entry.posted_on)
        for line in self.lines:
            if found := self.match_of_line.get(line.pk):
                days[found] = max(days.get(found, line.booked_on), line.booked_on)
        return days

    @cached_property
    def payment_named(self) -> Mapping[str, int]:
        """Payments by their references, as they are compared."""
        return {plain(one): pk for pk, known in self.references.items() for one in known if one}

    def open_entries(self) -> list[Ours]:
        return [entry.as_ours for entry in self.entries if entry.match is None]

    def open_lines(self) -> list[Theirs]:
        return [
            Theirs(line.pk, line.reference, line.pence)
            for line in self.lines
            if line.pk not in self.match_of_line
        ]

    def open_parts(self) -> list[Part]:
        """Payments with something open, what was taken back of them apart."""
        pence: dict[tuple[int, bool], int] = defaultdict(int)
        for entry in self.open_entries():
            pence[entry.payment, entry.pence < 0] += entry.pence
        return [Part(self.payments[pk], is_back, amount) for (pk, is_back), amount in pence.items()]

    def found(self) -> list[Found]:
        """What would match of all that does not yet."""
        return match(self.open_entries(), self.open_lines(), self.references)


def ledgers(grant: Grant) -> Ledgers:
    """Both sides of a grant as they are now."""
    live = {"match__grant": grant, "live": True}
    matched = dict(MatchedEntry.objects.filter(**live).values_list("entry", "match"))
    paid = Claim.objects.filter(grant=grant, settlement_entry__isnull=False)
    claims = {
        str(reference): (claim, payment)
        for reference, claim, payment in paid.values_list("settlement_entry_id", "pk", "settlement")
    }
    entries = []
    for pk, posted_on, pence, reference, reversed_reference in payments_of(grant).values_list(
        "pk", "posted_on", "pence", "reference", "reverses__reference"
    ):
        claim, payment = claims[reversed_reference or reference]
        signed = -pence if reversed_reference else pence
        entries.append(Entry(pk, posted_on, payment, claim, signed, matched.get(pk)))
    payments = {one.pk: one for one in grant.settlements.select_related("agency")}
    batches = {batch.settlement_id: batch for batch in Batch.objects.filter(settlement__grant=grant)}
    return Ledgers(
        entries=entries,
        lines=list(grant.force_lines.all()),
        match_of_line=dict(MatchedLine.objects.filter(**live).values_list("line", "match")),
        payments=payments,
        references={
            pk: [one.reference, str(batches[pk])] if pk in batches else [one.reference]
            for pk, one in payments.items()
        },
    )


def compare(period: Period) -> Comparison:
    """Both ledgers up to the last day of a period: the totals, and every item that does not match by then."""
    both, end = ledgers(period.grant), period.ends_on
    entries = [entry for entry in both.entries if entry.posted_on <= end]
    lines = [line for line in both.lines if line.booked_on <= end]
    adjustments = {
        _key_of(one): one for one in period.adjustments.filter(withdrawn_at__isnull=True).order_by("pk")
    }
    items = list(_items(both, entries, lines, end, adjustments))
    keys = {item.key for item in items if item.adjustment and item.adjustment.pence == item.pence}
    inside = {found for found, last in both.last_days.items() if last <= end}
    return Comparison(
        period=period,
        ours_pence=sum(entry.pence for entry in entries),
        theirs_pence=sum(line.pence for line in lines),
        matches=len(inside),
        matched_pence=sum(entry.pence for entry in entries if entry.match in inside),
        items=items,
        adjusted_pence=sum(one.pence for one in adjustments.values()),
        stale=[one for key, one in adjustments.items() if key not in keys],
    )


def _key_of(adjustment: Adjustment) -> str:
    if adjustment.settlement_id:
        return f"ours-{adjustment.settlement_id}"
    return f"theirs-{adjustment.line_id}" if adjustment.line_id else f"differs-{adjustment.match_id}"


def _items(
    both: Ledgers,
    entries: Sequence[Entry],
    lines: Sequence[ForceLine],
    end: date,
    adjustments: Mapping[str, Adjustment],
) -> Iterable[Item]:
    late = {found for found, last in both.last_days.items() if last > end}
    open_entries: dict[int, list[Entry]] = defaultdict(list)
    differing: dict[int, int] = defaultdict(int)
    for entry in entries:
        if entry.match is None or entry.match in late:
            open_entries[entry.payment].append(entry)
        else:
            differing[entry.match] += entry.pence
    open_lines = []
    for line in lines:
        found = both.match_of_line.get(line.pk)
        if found is None or found in late:
            open_lines.append(line)
        else:
            differing[found] -= line.pence
    for payment, of_it in open_entries.items():
        key = f"ours-{payment}"
        yield _payment_item(both, both.payments[payment], of_it, open_lines, adjustments.get(key))
    for line in open_lines:
        yield _line_item(both, line, open_entries, adjustments.get(f"theirs-{line.pk}"))
    for found, pence in differing.items():
        if pence:
            yield _differing_item(both, found, pence, adjustments.get(f"differs-{found}"))


def _payment_item(
    both: Ledgers,
    payment: Settlement,
    entries: Sequence[Entry],
    open_lines: Sequence[ForceLine],
    adjustment: Adjustment | None,
) -> Item:
    pence = sum(entry.pence for entry in entries)
    who = "Payroll" if payment.agency.is_paid_by_payroll else "Accounts payable of the force"
    names = {plain(one) for one in both.references[payment.pk]}
    named = [line for line in open_lines if plain(line.reference) in names]
    found = next((entry.match for entry in entries if entry.match), None)
    if found:
        last = both.last_days[found]
        reason, who = _timing(last)
    elif named:
        theirs = sum(line.pence for line in named)
        reason = f"The force has {pounds(theirs)} with this reference, {_apart(pence, theirs)}."
    else:
        reason = "The force has no line with this reference and amount."
    return Item(
        side="ours",
        pk=payment.pk,
        on=entries[0].posted_on,
        reference=payment.reference,
        description=f"{payment.agency.code}, {len(entries)} entries"
        if len(entries) > 1
        else payment.agency.code,
        pence=pence,
        reason=reason,
        who=who,
        is_timing=bool(found),
        adjustment=adjustment,
    )


def _line_item(
    both: Ledgers,
    line: ForceLine,
    open_entries: Mapping[int, Sequence[Entry]],
    adjustment: Adjustment | None,
) -> Item:
    found = both.match_of_line.get(line.pk)
    reason, who = (
        _timing(both.last_days[found])
        if found
        else why_not(both, Theirs(line.pk, line.reference, line.pence), open_entries)
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
        adjustment=adjustment,
    )


def why_not(both: Ledgers, line: Theirs, open_entries: Mapping[int, Sequence[Entry]]) -> tuple[str, str]:
    """Why a line of the force matches nothing here, and who deals with it."""
    if not line.reference:
        return "The line has no reference.", "The force’s finance"
    payment = both.payment_named.get(plain(line.reference))
    if payment is None:
        return "No payment here has this reference.", FINANCE
    open_pence = sum(entry.pence for entry in open_entries.get(payment, ()))
    if not open_pence:
        return "The payment with this reference is matched: perhaps it was booked twice.", (
            "The force’s finance"
        )
    return f"The payment comes to {pounds(open_pence)} here, {_apart(open_pence, line.pence)}.", FINANCE


def _timing(last: date) -> tuple[str, str]:
    return f"It is matched with something of {day(last)}, after this period.", "Nobody: it is timing"


def _apart(ours: int, theirs: int) -> str:
    return f"{pounds(abs(ours - theirs))} {'less' if theirs < ours else 'more'}"


def _differing_item(both: Ledgers, found: int, pence: int, adjustment: Adjustment | None) -> Item:
    payment = next((both.payments[one.payment] for one in both.entries if one.match == found), None)
    line = next((one for one in both.lines if both.match_of_line.get(one.pk) == found), None)
    return Item(
        side="differs",
        pk=found,
        on=both.last_days[found],
        reference=payment.reference if payment else line.reference if line else "",
        description=f"Match {found}",
        pence=pence,
        reason="Matched by hand, and the amounts differ.",
        who=FINANCE,
        adjustment=adjustment,
    )


# What a file would match

_SHOWN = 200


def _lines(count: int) -> str:
    return "1 line" if count == 1 else f"{count:,} lines"


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

    @property
    def matching(self) -> list[Judged]:
        return [one for one in self.judged if one.matches]

    @property
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
        return self.matching[:_SHOWN]

    @property
    def left_shown(self) -> list[Judged]:
        return self.left[:_SHOWN]

    @property
    def matching_note(self) -> str:
        return _lines(len(self.matching))

    @property
    def left_note(self) -> str:
        return _lines(len(self.left))

    @property
    def repeated_note(self) -> str:
        return _lines(len(self.repeated))


def preview(grant: Grant, lines: Sequence[Line], *, take_repeated: bool = False) -> Preview:
    """What taking the lines of a file would do, without doing it."""
    both = ledgers(grant)
    new, repeated = part_repeated(both.lines, lines)
    if take_repeated:
        new, repeated = list(lines), []
    waiting = both.open_lines()
    theirs = [Theirs(-number, line.reference, line.pence) for number, line in enumerate(new, start=1)]
    found = match(both.open_entries(), [*waiting, *theirs], both.references)
    by = {line.pk: one.by for one in found for line in one.lines}
    gone = {entry.pk for one in found for entry in one.entries}
    left: dict[int, list[Entry]] = defaultdict(list)
    for entry in both.entries:
        if entry.match is None and entry.pk not in gone:
            left[entry.payment].append(entry)
    return Preview(
        judged=[_judge(both, line, one, by, left) for line, one in zip(new, theirs, strict=True)],
        repeated=repeated,
        more_matched=sum(one.pk in by for one in waiting),
    )


def _judge(
    both: Ledgers, line: Line, theirs: Theirs, by: Mapping[int, str], left: Mapping[int, Sequence[Entry]]
) -> Judged:
    if theirs.pk in by:
        return Judged(line, by[theirs.pk], "", "")
    return Judged(line, "", *why_not(both, theirs, left))


def part_repeated(known: Iterable[ForceLine], lines: Sequence[Line]) -> tuple[list[Line], list[Line]]:
    """Part lines that are new from those that look like one on record: day, reference, text and amount.

    As many as are on record count as repeated, so that a file that begins where the last one began is taken
    as far as it goes on.
    """
    on_record: dict[tuple[date, str, str, int], int] = defaultdict(int)
    for line in known:
        on_record[line.booked_on, line.reference, line.description, line.pence] += 1
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
