"""Verbs on the reconciliation: take a file, match, explain, prepare, sign. Nothing is ever overwritten."""

from collections.abc import Sequence

from django.db import IntegrityError, transaction

from grants.checks import not_closed
from grants.models import Grant, Period
from overtime_ledger import clock
from overtime_ledger.accounts.models import User
from overtime_ledger.accounts.services import require
from overtime_ledger.books.forcefile import Columns, Table, lines_of
from overtime_ledger.books.models import (
    Adjustment,
    ForceLine,
    ForceUpload,
    Match,
    MatchedEntry,
    MatchedLine,
    Reconciliation,
    UploadDraft,
)
from overtime_ledger.books.selectors.ledgers import Entry, Ledgers, ledgers
from overtime_ledger.books.selectors.preview import part_repeated
from overtime_ledger.books.selectors.reconciliation import Comparison, compare, digest_of
from overtime_ledger.books.selectors.unmatched import Item
from overtime_ledger.errors import Refusal, broken_rule
from overtime_ledger.money import pounds
from overtime_ledger.ui import day

FINANCE = "finance"
MAY = "books.reconcile"
Status = Reconciliation.Status


def _grant_of_turn(grant: Grant) -> Grant:
    """The grant, locked: its matches are made by one person after the other. A closed one refuses (L03)."""
    locked = Grant.objects.select_for_update(no_key=True).get(pk=grant.pk)
    not_closed(locked)
    return locked


# The file


@transaction.atomic
def hold(grant: Grant, table: Table, *, by: User, file_name: str, sha256: str) -> UploadDraft:
    """Keep a file's cells until somebody has said which column is which; a second file takes its place.

    Refuses others than finance (P01) and a file that was taken before (B04).
    """
    require(by, MAY, who=FINANCE)
    _never_taken(grant, sha256)
    UploadDraft.objects.filter(grant=grant, by=by).delete()
    return UploadDraft.objects.create(
        grant=grant,
        by=by,
        file_name=file_name[:120],
        sha256=sha256,
        header=table.header,
        rows=table.rows,
        made_at=clock.now(),
    )


def _never_taken(grant: Grant, sha256: str) -> None:
    before = grant.force_uploads.filter(sha256=sha256).select_related("uploaded_by").first()
    if before:
        raise Refusal(
            "B04",
            f"This file was taken on {day(before.uploaded_at)} already, by {before.uploaded_by}.",
            fix="Look at its lines; a later file of the force’s ledger may repeat them.",
            who="Finance",
        )


@transaction.atomic
def take(
    draft: UploadDraft, columns: Columns, *, by: User, take_repeated: bool = False
) -> tuple[ForceUpload, int]:
    """Take every line of a file and match what matches, or nothing at all; how many matches it made.

    Lines that look like lines on record are left out, unless it is said that they are further ones. Refuses
    a file that was taken before (B04), and one with a cell that cannot be read or nothing new in it (B05).
    """
    require(by, MAY, who=FINANCE)
    grant = _grant_of_turn(draft.grant)
    _never_taken(grant, draft.sha256)
    table = Table(draft.header, [(number, cells) for number, cells in draft.rows])
    lines, bad = lines_of(table, columns)
    if bad:
        first = bad[0]
        raise Refusal(
            "B05",
            f"{len(bad)} of {len(table.rows)} rows cannot be read, the first in row {first.row}, "
            f"column {first.column}: {first.problem}. Nothing was taken.",
            fix="Correct the file, or choose other columns, and send it again.",
            who="Finance",
        )
    new, _ = part_repeated(() if take_repeated else grant.force_lines.all(), lines)
    if not new:
        raise Refusal(
            "B05",
            "Every line of this file is on record already.",
            fix="Send a file with later lines.",
            who="Finance",
        )
    upload = ForceUpload.objects.create(
        grant=grant,
        file_name=draft.file_name,
        sha256=draft.sha256,
        columns=dict(columns),
        line_count=len(new),
        left_out=len(table.rows) - len(new),
        pence=sum(line.pence for line in new),
        uploaded_by=by,
        uploaded_at=clock.now(),
    )
    ForceLine.objects.bulk_create(
        [
            ForceLine(
                grant=grant,
                upload=upload,
                row=line.row,
                booked_on=line.booked_on,
                reference=line.reference,
                description=line.description,
                pence=line.pence,
            )
            for line in new
        ],
        batch_size=2000,
    )
    draft.delete()
    return upload, _match_all(grant, by=by)


# Matches


@transaction.atomic
def match_again(grant: Grant, *, by: User) -> int:
    """Match what came to match since: a payment was recorded after its line was booked. How many matches."""
    require(by, MAY, who=FINANCE)
    return _match_all(_grant_of_turn(grant), by=by)


def _match_all(grant: Grant, *, by: User) -> int:
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
    _need(reason)
    grant = _grant_of_turn(grant)
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
    _need(reason)
    grant = _grant_of_turn(match.grant)
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
        raise _signed("A signed reconciliation counts this match.") from error


def _signed(reason: str) -> Refusal:
    return Refusal(
        "B06",
        reason,
        fix="It stands. What is wrong in it is corrected in an open period.",
        who="Finance",
    )


# What explains the rest


@transaction.atomic
def explain(period: Period, item: Item, *, by: User, kind: str, reason: str, deals_with: str) -> Adjustment:
    """Say why an item does not match at the end of a period, and who deals with it, for all of its amount.

    It takes the place of what is carried forward. Refuses what is explained already (A03), and once the
    period's reconciliation is prepared (B06).
    """
    require(by, MAY, who=FINANCE)
    _need(reason)
    _grant_of_turn(period.grant)
    _may_change(period)
    if item.adjustment and not item.is_carried:
        raise Refusal("A03", "This is explained.", fix="Withdraw the explanation first.", who="Finance")
    of = {"ours": "settlement_id", "theirs": "line_id", "differs": "match_id"}[item.side]
    return Adjustment.objects.create(
        period=period,
        kind=kind,
        pence=item.pence,
        reason=reason.strip(),
        deals_with=deals_with.strip(),
        made_by=by,
        made_at=clock.now(),
        **{of: item.pk},
    )


@transaction.atomic
def explain_timing(period: Period, *, by: User) -> int:
    """Explain everything that matches something booked after the period; how many items that were."""
    require(by, MAY, who=FINANCE)
    items = [one for one in compare(period).items if one.is_timing and not one.adjustment]
    for item in items:
        kind = Adjustment.Kind.TIMING
        explain(period, item, by=by, kind=kind, reason=item.reason, deals_with=item.who)
    return len(items)


@transaction.atomic
def withdraw(adjustment: Adjustment, *, by: User) -> None:
    """Take an explanation back; it stays on record. Refuses once the reconciliation is prepared (B06)."""
    require(by, MAY, who=FINANCE)
    _grant_of_turn(adjustment.period.grant)
    _may_change(adjustment.period)
    adjustment = Adjustment.objects.get(pk=adjustment.pk)
    if adjustment.withdrawn_at:
        raise Refusal("A03", "This is withdrawn.", fix="Look at it as it is now.", who="Nobody has to")
    adjustment.withdrawn_by, adjustment.withdrawn_at = by, clock.now()
    adjustment.save(update_fields=["withdrawn_by", "withdrawn_at"])


def standing(period: Period) -> Reconciliation | None:
    """The reconciliation of a period that is prepared or signed."""
    people = ("prepared_by", "signed_by", "period__grant")
    rows = period.reconciliations.exclude(status=Status.RETURNED).select_related(*people)
    return rows.first()


def _may_change(period: Period) -> None:
    if made := standing(period):
        raise _signed(f"The reconciliation of this period is {made.get_status_display().lower()}.")


# Two signatures


def may_prepare(period: Period, compared: Comparison, *, by: User) -> None:
    """Refuse others than finance (P01), a period that is not over (B01), and what is not explained (B03)."""
    require(by, MAY, who=FINANCE)
    _may_change(period)
    if period.ends_on >= clock.today():
        raise Refusal(
            "B01",
            f"{period.number} is not over: its last day is {day(period.ends_on)}.",
            fix="Reconcile it when it is over.",
            who="Finance",
        )
    if not compared.is_whole:
        raise Refusal(
            "B03",
            f"Not explained: {compared.unexplained}. Explanations that do not fit any more: "
            f"{len(compared.stale)}. Difference: {pounds(compared.difference_pence)}.",
            fix="Match or explain each item of the lists, until the difference is £0.00.",
            who="Finance",
        )


@transaction.atomic
def prepare(period: Period, *, by: User, seen: str) -> Reconciliation:
    """Freeze the reconciliation of a period for a second person to sign, as it was `seen`.

    Whoever prepares it says again of the period what is carried forward into it.
    Refuses as `may_prepare` does, and what changed since it was seen (A03).
    """
    require(by, MAY, who=FINANCE)
    _grant_of_turn(period.grant)
    compared = compare(period)
    may_prepare(period, compared, by=by)
    document = compared.document()
    _as_seen(document, seen)
    _say_again(compared, by=by)
    return Reconciliation.objects.create(
        period=period,
        ours_pence=compared.ours_pence,
        theirs_pence=compared.theirs_pence,
        only_ours_pence=compared.only_ours_pence,
        only_theirs_pence=compared.only_theirs_pence,
        differences_pence=compared.differences_pence,
        adjusted_pence=compared.adjusted_pence,
        document=document,
        sha256=digest_of(document),
        prepared_by=by,
        prepared_at=clock.now(),
    )


def _say_again(compared: Comparison, *, by: User) -> None:
    said = [item.adjustment for item in compared.carried if item.adjustment]
    for one in said:
        one.made_by, one.made_at = by, clock.now()
    Adjustment.objects.bulk_create(said, batch_size=2000)


def may_sign(made: Reconciliation, *, by: User) -> None:
    """Refuse others than finance (P01), whoever prepared it (G01), and what waits for no signature (A03)."""
    require(by, MAY, who=FINANCE)
    if not made.is_prepared:
        raise Refusal(
            "A03",
            f"This reconciliation is {made.get_status_display().lower()}.",
            fix="Look at it as it is now.",
            who="Nobody has to",
        )
    if made.prepared_by_id == by.pk:
        raise Refusal(
            "G01",
            "You prepared this yourself: two people are needed.",
            fix="Ask a second person in finance to sign it.",
            who="Another person in finance",
        )


@transaction.atomic
def sign(made: Reconciliation, *, by: User, seen: str) -> None:
    """Sign a reconciliation as a second person, as it was `seen`; it stands from then on.

    Refuses as `may_sign` does, another than was seen, and what the ledgers do not bear out any more (A03).
    """
    made = _locked(made)
    may_sign(made, by=by)
    _as_seen(made.document, seen)
    _as_seen(compare(made.period).document(), made.sha256)
    made.status, made.signed_by, made.signed_at = Status.SIGNED, by, clock.now()
    made.save(update_fields=["status", "signed_by", "signed_at"])


@transaction.atomic
def send_back(made: Reconciliation, *, by: User, reason: str) -> None:
    """Send a prepared reconciliation back with the reason; another one can then be prepared."""
    require(by, MAY, who=FINANCE)
    _need(reason)
    made = _locked(made)
    if not made.is_prepared:
        raise _signed(f"This reconciliation is {made.get_status_display().lower()}.")
    made.status, made.returned_because = Status.RETURNED, reason.strip()
    made.returned_by, made.returned_at = by, clock.now()
    made.save(update_fields=["status", "returned_by", "returned_at", "returned_because"])


def _locked(made: Reconciliation) -> Reconciliation:
    _grant_of_turn(made.period.grant)
    return Reconciliation.objects.select_related("period__grant").get(pk=made.pk)


def _as_seen(document: str, seen: str) -> None:
    if digest_of(document) != seen:
        raise Refusal(
            "A03",
            "The ledgers, or what explains them, changed since this was drawn up.",
            fix="Look at the figures as they are now; send it back if it is prepared.",
            who="Finance",
        )


def _need(reason: str) -> None:
    if not reason.strip():
        raise Refusal("A08", "This needs a reason in words.", fix="Say why.", who="Finance")
