"""Verbs on a period's reconciliation: explain what does not match, prepare it, sign it as a second person."""

from django.db import transaction

from grants.models import Period
from overtime_ledger import clock
from overtime_ledger.accounts.models import User
from overtime_ledger.accounts.services import require
from overtime_ledger.books.models import Adjustment, Reconciliation
from overtime_ledger.books.selectors.reconciliation import Comparison, compare, digest_of
from overtime_ledger.books.selectors.unmatched import Item
from overtime_ledger.books.services.asked_first import FINANCE, MAY, grant_of_turn, need, what_is_signed
from overtime_ledger.errors import Refusal
from overtime_ledger.money import pounds
from overtime_ledger.ui import day

Status = Reconciliation.Status


@transaction.atomic
def explain(period: Period, item: Item, *, by: User, kind: str, reason: str, deals_with: str) -> Adjustment:
    """Say why an item does not match at the end of a period, and who deals with it, for all of its amount.

    It takes the place of what is carried forward. Refuses what is explained already (A03), and once the
    period's reconciliation is prepared (B06).
    """
    require(by, MAY, who=FINANCE)
    need(reason)
    grant_of_turn(period.grant)
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
    grant_of_turn(adjustment.period.grant)
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
        raise what_is_signed(f"The reconciliation of this period is {made.get_status_display().lower()}.")


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
    grant_of_turn(period.grant)
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
    need(reason)
    made = _locked(made)
    if not made.is_prepared:
        raise what_is_signed(f"This reconciliation is {made.get_status_display().lower()}.")
    made.status, made.returned_because = Status.RETURNED, reason.strip()
    made.returned_by, made.returned_at = by, clock.now()
    made.save(update_fields=["status", "returned_by", "returned_at", "returned_because"])


def _locked(made: Reconciliation) -> Reconciliation:
    grant_of_turn(made.period.grant)
    return Reconciliation.objects.select_related("period__grant").get(pk=made.pk)


def _as_seen(document: str, seen: str) -> None:
    if digest_of(document) != seen:
        raise Refusal(
            "A03",
            "The ledgers, or what explains them, changed since this was drawn up.",
            fix="Look at the figures as they are now; send it back if it is prepared.",
            who="Finance",
        )
