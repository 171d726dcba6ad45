"""Verbs on matches: by reference and amount, by hand, undone. Nothing is ever overwritten."""

from collections.abc import Sequence

from django.db import IntegrityError, transaction

from grants.models import Grant
from overtime_ledger import clock
from overtime_ledger.accounts.models import User
from overtime_ledger.accounts.services import require
from overtime_ledger.books.models import ForceLine, Match, MatchedEntry, MatchedLine
from overtime_ledger.books.selectors.ledgers import Entry, Ledgers, ledgers
from overtime_ledger.books.services.asked_first import FINANCE, MAY, grant_of_turn, need, what_is_signed
from overtime_ledger.errors import Refusal, broken_rule
from overtime_ledger.money import pounds


@transaction.atomic
def match_again(grant: Grant, *, by: User) -> int:
    """Match what came to match since: a payment was recorded after its line was booked. How many matches."""
    require(by, MAY, who=FINANCE)
    return match_all(grant_of_turn(grant), by=by)


def match_all(grant: Grant, *, by: User) -> int:
    """Match what has reference and amount in common, the grant being locked; how many matches."""
    found = ledgers(grant).would_match()
    now = clock.now()
    made = Match.objects.bulk_create(
        [Match(grant=grant, automatic=True, reason=one.by, made_by=by, made_at=now) for one in found]
    )
    entries = [
        MatchedEntry(match=of, entry_id=entry.pk)
        for of, one in zip(made, found, strict=True)
        for entry in one.entries
    ]
    lines = [
        MatchedLine(match=of, line_id=line.pk)
        for of, one in zip(made, found, strict=True)
        for line in one.lines
    ]
    MatchedEntry.objects.bulk_create(entries, batch_size=2000)
    MatchedLine.objects.bulk_create(lines, batch_size=2000)
    return len(made)


@transaction.atomic
def match_by_hand(
    grant: Grant,
    entries: Sequence[Entry],
    lines: Sequence[ForceLine],
    *,
    by: User,
    reason: str,
    differing: bool = False,
) -> Match:
    """Say that entries here and lines there, one or many of either, are the same money, and why.

    Refuses when something of it is matched by now, or nothing is chosen (A03), and sums that are not the same
    to the penny (B07) unless it is said that they differ: what is between them is then explained.
    """
    require(by, MAY, who=FINANCE)
    need(reason)
    grant = grant_of_turn(grant)
    _all_open(ledgers(grant), entries, lines)
    apart = sum(entry.pence for entry in entries) - sum(line.pence for line in lines)
    if apart and not differing:
        raise Refusal(
            "B07",
            f"What is chosen differs: ours is {pounds(abs(apart))} {'more' if apart > 0 else 'less'}.",
            fix="Choose what comes to the same on both sides, or say that the amounts differ.",
            who="Finance",
        )
    made = Match.objects.create(grant=grant, reason=reason.strip(), made_by=by, made_at=clock.now())
    MatchedEntry.objects.bulk_create(
        [MatchedEntry(match=made, entry_id=entry.pk) for entry in entries], batch_size=2000
    )
    MatchedLine.objects.bulk_create([MatchedLine(match=made, line=line) for line in lines], batch_size=2000)
    return made


def _all_open(both: Ledgers, entries: Sequence[Entry], lines: Sequence[ForceLine]) -> None:
    open_entries = {entry.pk for entry in both.open_entries}
    open_lines = {line.pk for line in both.open_lines}
    if (
        not (entries or lines)
        or any(entry.pk not in open_entries for entry in entries)
        or any(line.pk not in open_lines for line in lines)
    ):
        raise Refusal(
            "A03",
            "Something of this is matched already.",
            fix="Look at what is open now and choose again.",
            who="Finance",
        )


@transaction.atomic
def undo_match(match: Match, *, by: User, reason: str) -> None:
    """Undo a match, with the reason; what was in it is open again. Refuses what was signed (B06)."""
    require(by, MAY, who=FINANCE)
    need(reason)
    grant = grant_of_turn(match.grant)
    match = Match.objects.get(pk=match.pk, grant=grant)
    if match.undone_at:
        raise Refusal("A03", "This match is undone.", fix="Look at it as it is now.", who="Nobody has to")
    match.undone_by, match.undone_at, match.undone_because = by, clock.now(), reason.strip()
    try:
        with transaction.atomic():
            match.save(update_fields=["undone_by", "undone_at", "undone_because"])
            match.entries.filter(live=True).update(live=False)
            match.lines.filter(live=True).update(live=False)
    except IntegrityError as error:
        if broken_rule(error) != "books_match_stands":
            raise
        raise what_is_signed("A signed reconciliation counts this match.") from error
