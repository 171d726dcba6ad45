"""Verbs on accruals: draw one up, confirm it as a second person, withdraw it before that."""

from datetime import date, timedelta

from django.db import transaction

from grants.checks import not_closed
from grants.models import Grant
from overtime_ledger import clock
from overtime_ledger.accounts.models import User
from overtime_ledger.accounts.services import require
from overtime_ledger.books.models import AccrualLine, AccrualRun
from overtime_ledger.books.selectors import accruals as selectors
from overtime_ledger.errors import Refusal
from overtime_ledger.money import pounds

FINANCE = "finance"
MAY = "books.draw_accrual"
Status = AccrualRun.Status


def may_draw(grant: Grant, as_at: date, *, by: User) -> None:
    """Refuse others than finance (P01), a day that is not over or lies before the grant's window (Y01), and
    a second accrual of a day (Y02). Reads only.
    """
    require(by, MAY, who=FINANCE)
    not_closed(grant)
    if not grant.eligible_from <= as_at < clock.today():
        yesterday = clock.today() - timedelta(days=1)
        raise Refusal(
            "Y01",
            f"An accrual is of days of duty that are over: from {grant.eligible_from:%-d %B %Y} "
            f"to {yesterday:%-d %B %Y}.",
            fix="Choose a day between them, or wait until the day is over.",
            who="Finance",
        )
    standing = grant.accrual_runs.standing().filter(as_at=as_at).first()
    if standing:
        raise Refusal(
            "Y02",
            f"{standing} is the accrual of {as_at:%-d %B %Y} already.",
            fix="Look at it; one that is not confirmed can be withdrawn and drawn up again.",
            who="Finance",
        )


@transaction.atomic
def draw(grant: Grant, as_at: date, *, by: User, expected_pence: int | None = None) -> AccrualRun:
    """Freeze what is worked up to a day and not paid, duty by duty; a second person confirms it.

    `expected_pence` is the total that was seen: another one refuses (A03). Refuses as `may_draw` does.
    """
    require(by, MAY, who=FINANCE)
    grant = Grant.objects.select_for_update(no_key=True).get(pk=grant.pk)
    may_draw(grant, as_at, by=by)
    lines = selectors.open_lines(grant, as_at)
    pence = sum(line.pence for line in lines)
    if expected_pence is not None and pence != expected_pence:
        raise Refusal(
            "A03",
            f"The duties come to {pounds(pence)} now, not {pounds(expected_pence)}.",
            fix="Look at the list as it is now.",
            who="Finance",
        )
    run = AccrualRun.objects.create(
        grant=grant,
        number=selectors.next_number(grant),
        as_at=as_at,
        last_entry=grant.last_number,
        line_count=len(lines),
        pence=pence,
        drawn_by=by,
        drawn_at=clock.now(),
    )
    for line in lines:
        line.run = run
    AccrualLine.objects.bulk_create(lines, batch_size=500)
    return run


def may_confirm(run: AccrualRun, *, by: User) -> None:
    """Refuse others than finance (P01), a closed grant (L03), what waits for nobody (A03), and who drew it up
    (G01). Reads only.
    """
    require(by, MAY, who=FINANCE)
    not_closed(run.grant)
    _waits(run)
    if run.drawn_by_id == by.pk:
        raise Refusal(
            "G01",
            "You drew this accrual up yourself: two people are needed.",
            fix="Ask a second person in finance to confirm it.",
            who="Another person in finance",
        )


def _waits(run: AccrualRun) -> None:
    if run.status != Status.DRAWN:
        raise Refusal(
            "A03",
            f"{run} is {run.get_status_display().lower()}.",
            fix="Look at it as it is now.",
            who="Nobody has to",
        )


@transaction.atomic
def confirm(run: AccrualRun, *, by: User) -> AccrualRun:
    """Confirm an accrual as a second person in finance. Refuses as `may_confirm` does."""
    locked = _locked(run)
    may_confirm(locked, by=by)
    locked.status, locked.confirmed_by, locked.confirmed_at = Status.CONFIRMED, by, clock.now()
    locked.save(update_fields=["status", "confirmed_by", "confirmed_at"])
    return locked


@transaction.atomic
def withdraw(run: AccrualRun, *, by: User, reason: str) -> AccrualRun:
    """Take an accrual back that nobody confirmed, and say why (A08); the day can then be drawn up anew."""
    require(by, MAY, who=FINANCE)
    locked = _locked(run)
    not_closed(locked.grant)
    _waits(locked)
    if not reason.strip():
        raise Refusal("A08", "This needs a reason in words.", fix="Say why.", who="Finance")
    locked.status, locked.withdrawn_by, locked.withdrawn_at = Status.WITHDRAWN, by, clock.now()
    locked.withdrawn_because = reason.strip()
    locked.save(update_fields=["status", "withdrawn_by", "withdrawn_at", "withdrawn_because"])
    return locked


def _locked(run: AccrualRun) -> AccrualRun:
    rows = AccrualRun.objects.select_for_update(of=("self",), no_key=True).select_related("grant")
    return rows.get(pk=run.pk)
