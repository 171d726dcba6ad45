"""Verbs of closing: give an item an owner, sign it, set retention, propose, confirm, withdraw."""

from datetime import date
from typing import Any

from django.db import transaction

from grants.checks import not_closed
from grants.models import Grant
from overtime_ledger import clock
from overtime_ledger.accounts.models import User
from overtime_ledger.accounts.services import require
from overtime_ledger.books.models import Closing, ClosingItem, Retention, least_retention
from overtime_ledger.books.selectors import closing as selectors
from overtime_ledger.errors import Refusal

FINANCE = "finance"
MAY = "books.close_grant"
Status = Closing.Status


@transaction.atomic
def assign(grant: Grant, kind: str, *, owner: User, due_on: date, by: User) -> ClosingItem:
    """Say who sees to an item of the checklist, and by when. Refuses others than finance (P01), and (L03)."""
    require(by, MAY, who=FINANCE)
    grant = _locked(grant)
    not_closed(grant)
    return _write(grant, kind, owner=owner, due_on=due_on)


@transaction.atomic
def sign(grant: Grant, kind: str, *, done_on: date, evidence: str, by: User, seen: str = "") -> ClosingItem:
    """Sign an item as done on a day, with what shows it; the evaluation with its figures as they stand.

    `seen` is what its page said (`Item.says`): if it says otherwise by now, it is refused (A03).
    Refuses others than finance (P01), a closed grant (L03), and (Y04) what the product knows by itself, what
    does not stand yet, a day ahead, and no evidence.
    """
    require(by, MAY, who=FINANCE)
    grant = _locked(grant)
    not_closed(grant)
    knows = selectors.KNOWN.get(kind)
    known = knows(grant) if knows else selectors.Known(True, "")
    problems = {
        "Nobody signs this: the product looks it up itself.": kind not in ClosingItem.SIGNED,
        f"It cannot be signed yet. {known.says}": not known.is_so,
        "The day lies ahead.": done_on > clock.today(),
        "It needs what shows it.": not evidence.strip(),
    }
    for problem, is_so in problems.items():
        if is_so:
            raise Refusal("Y04", problem, fix="Sign it when it is done, with its evidence.", who="Finance")
    if seen and seen != selectors.item_of(grant, kind).says:
        raise Refusal(
            "A03",
            "What the page said is not so any more.",
            fix="Look at what it says now, and sign that.",
            who="Finance",
        )
    return _write(
        grant,
        kind,
        done_on=done_on,
        evidence=evidence.strip(),
        figures=selectors.figures_of(grant, kind),
        signed_by=by,
        signed_at=clock.now(),
    )


def _write(grant: Grant, kind: str, **said: Any) -> ClosingItem:
    item, _ = ClosingItem.objects.update_or_create(grant=grant, kind=kind, defaults=said)
    return item


@transaction.atomic
def set_retention(grant: Grant, *, keep_until: date, legal_hold: bool, reason: str, by: User) -> Retention:
    """Set until when a grant's records are kept, or put them on legal hold; a closed grant's too.

    Refuses others than finance (P01), no reason (A08), and (Y05) an earlier day than six years after the
    financial year or after the final payment.
    """
    require(by, MAY, who=FINANCE)
    grant = _locked(grant)
    paid_on = selectors.final_payment_on(grant)
    least = least_retention(grant.eligible_to, paid_on)
    if keep_until < least:
        raise Refusal(
            "Y05",
            f"Records are kept until {least:%-d %B %Y} at least.",
            fix="Choose that day or a later one.",
            who="Finance",
        )
    if not reason.strip():
        raise Refusal("A08", "This needs a reason in words.", fix="Say why then.", who="Finance")
    return Retention.objects.create(
        grant=grant,
        final_payment_on=paid_on,
        keep_until=keep_until,
        legal_hold=legal_hold,
        reason=reason.strip(),
        set_by=by,
        set_at=clock.now(),
    )


def may_propose(grant: Grant, *, by: User) -> list[selectors.Item]:
    """The checklist, every item of it done. Refuses others than finance (P01), a grant that is not open
    (L03, T01), a closing under way (Y06), and open items (Y03). Reads only.
    """
    require(by, MAY, who=FINANCE)
    not_closed(grant)
    if grant.status != Grant.Status.OPEN:
        raise Refusal(
            "T01",
            f"{grant} is not open yet.",
            fix="Record and confirm every gate, then open the grant.",
            who="Finance",
        )
    if selectors.closing_of(grant):
        raise Refusal(
            "Y06",
            "Its closing is proposed already.",
            fix="Confirm it as a second person, or withdraw it.",
            who="Another person in finance",
        )
    return _all_done(grant)


def _all_done(grant: Grant) -> list[selectors.Item]:
    items = selectors.checklist(grant)
    missing = [item.title for item in items if not item.is_done]
    if missing:
        raise Refusal(
            "Y03",
            f"{len(missing)} of {len(items)} items are open: {'; '.join(missing)}.",
            fix="See to each of them; the checklist says what stands against it.",
            who="The owner of each item",
        )
    return items


@transaction.atomic
def propose(grant: Grant, *, by: User) -> Closing:
    """Propose to close a grant whose checklist is done. Refuses as `may_propose` does."""
    grant = _locked(grant)
    items = may_propose(grant, by=by)
    return Closing.objects.create(
        grant=grant,
        last_entry=grant.last_number,
        settled_pence=selectors.settled(grant),
        unspent_pence=selectors.unspent(grant),
        checklist=selectors.as_it_stood(items),
        proposed_by=by,
        proposed_at=clock.now(),
    )


def may_confirm(closing: Closing, *, by: User) -> None:
    """Refuse others than finance (P01), what is not proposed any more (A03), and who proposed (G01)."""
    require(by, MAY, who=FINANCE)
    _waits(closing)
    if closing.proposed_by_id == by.pk:
        raise Refusal(
            "G01",
            "You proposed this closing yourself: two people are needed.",
            fix="Ask a second person in finance to confirm it.",
            who="Another person in finance",
        )


def _waits(closing: Closing) -> None:
    if closing.status != Status.PROPOSED:
        raise Refusal(
            "A03",
            f"This closing is {closing.get_status_display().lower()}.",
            fix="Look at the grant as it is now.",
            who="Nobody has to",
        )


@transaction.atomic
def confirm(closing: Closing, *, by: User) -> Closing:
    """Close a grant as a second person; from then on it is only read.

    The checklist is looked at once more (Y03), with the grant locked, and an entry since the proposal
    refuses (A03).
    """
    require(by, MAY, who=FINANCE)
    grant = Grant.objects.select_for_update().get(pk=closing.grant_id)
    locked = Closing.objects.select_for_update().get(pk=closing.pk)
    may_confirm(locked, by=by)
    if grant.last_number != locked.last_entry:
        raise Refusal(
            "A03",
            "The ledger has new entries since the closing was proposed.",
            fix="Withdraw it, look at the figures, and propose it again.",
            who="Finance",
        )
    locked.checklist = selectors.as_it_stood(_all_done(grant))
    locked.status, locked.confirmed_by, locked.confirmed_at = Status.CONFIRMED, by, clock.now()
    locked.closed_on = clock.today()
    locked.save(update_fields=["checklist", "status", "confirmed_by", "confirmed_at", "closed_on"])
    grant.status, grant.closed_on = Grant.Status.CLOSED, locked.closed_on
    grant.save(update_fields=["status", "closed_on"])
    locked.grant = grant
    return locked


@transaction.atomic
def withdraw(closing: Closing, *, by: User, reason: str) -> Closing:
    """Take a proposal back that nobody confirmed, and say why (A08)."""
    require(by, MAY, who=FINANCE)
    locked = Closing.objects.select_for_update(of=("self",)).select_related("grant").get(pk=closing.pk)
    _waits(locked)
    if not reason.strip():
        raise Refusal("A08", "This needs a reason in words.", fix="Say why.", who="Finance")
    locked.status, locked.withdrawn_by, locked.withdrawn_at = Status.WITHDRAWN, by, clock.now()
    locked.withdrawn_because = reason.strip()
    locked.save(update_fields=["status", "withdrawn_by", "withdrawn_at", "withdrawn_because"])
    return locked


def _locked(grant: Grant) -> Grant:
    return Grant.objects.select_for_update(no_key=True).get(pk=grant.pk)
