"""Both ledgers of a grant, ours and the force's, and the matches that stand between them.

Ours is what was settled: payments, less what was reversed of them. What is only approved here is no payment;
where the force has accrued it, its line stands among theirs and is explained as an accrual.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from claims.models import Claim, Settlement
from grants.models import Grant
from overtime_ledger.books.matching import Found, Ours, Theirs, match, plain
from overtime_ledger.books.models import ForceLine, MatchedEntry, MatchedLine
from overtime_ledger.books.models.reconciliation import payments_of
from overtime_ledger.payments.models import Batch


@dataclass(frozen=True)
class Entry(Ours):
    """A payment of one claim here, or its reversal; `match` is the number of the match it is in."""

    posted_on: date
    match: int | None

    @property
    def is_back(self) -> bool:
        return self.pence < 0


@dataclass(frozen=True)
class Part:
    """What was paid of a payment and is open, or what was taken back of it; pence less than nothing then."""

    payment: Settlement
    is_back: bool
    entries: Sequence[Entry]

    @property
    def pence(self) -> int:
        return sum(entry.pence for entry in self.entries)

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
    def reference_of_match(self) -> Mapping[int, str]:
        """By match, the reference of its payment here, else of its line there."""
        of_lines = {
            found: line.reference for line in self.lines if (found := self.match_of_line.get(line.pk))
        }
        of_payments = {
            entry.match: self.payments[entry.payment].reference for entry in self.entries if entry.match
        }
        return of_lines | of_payments

    @cached_property
    def payment_named(self) -> Mapping[str, int]:
        """Payments by their references, as they are compared."""
        return {plain(one): pk for pk, known in self.references.items() for one in known if one}

    @cached_property
    def open_entries(self) -> Sequence[Entry]:
        """Entries here that are in no match."""
        return [entry for entry in self.entries if entry.match is None]

    @cached_property
    def open_lines(self) -> Sequence[ForceLine]:
        """Lines there that are in no match."""
        return [line for line in self.lines if line.pk not in self.match_of_line]

    def open_parts(self) -> list[Part]:
        """Payments with something open, what was taken back of them apart."""
        of_part: dict[tuple[int, bool], list[Entry]] = defaultdict(list)
        for entry in self.open_entries:
            of_part[entry.payment, entry.is_back].append(entry)
        return [Part(self.payments[pk], is_back, entries) for (pk, is_back), entries in of_part.items()]

    def would_match(self, more: Iterable[Theirs] = ()) -> list[Found]:
        """What would match of all that does not yet, with more lines of a file or without."""
        waiting = [Theirs(line.pk, line.reference, line.pence) for line in self.open_lines]
        return match(self.open_entries, [*waiting, *more], self.references)


def ledgers(grant: Grant) -> Ledgers:
    """Both sides of a grant as they are now."""
    live = {"match__grant": grant, "live": True}
    payments = {one.pk: one for one in grant.settlements.select_related("agency")}
    batches = {batch.settlement_id: str(batch) for batch in Batch.objects.filter(settlement__grant=grant)}
    return Ledgers(
        entries=_entries(grant, dict(MatchedEntry.objects.filter(**live).values_list("entry", "match"))),
        lines=list(grant.force_lines.all()),
        match_of_line=dict(MatchedLine.objects.filter(**live).values_list("line", "match")),
        payments=payments,
        references={
            pk: [one.reference, batches[pk]] if pk in batches else [one.reference]
            for pk, one in payments.items()
        },
    )


def _entries(grant: Grant, match_of_entry: Mapping[int, int]) -> list[Entry]:
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
        entries.append(Entry(pk, payment, claim, signed, posted_on, match_of_entry.get(pk)))
    return entries
