"""Verbs on periods: soft-close, open again, close for good with a snapshot."""

from django.db import transaction

from grants.checks import not_closed
from grants.models import Grant, Period, PeriodStep
from overtime_ledger import clock
from overtime_ledger.accounts.models import User
from overtime_ledger.accounts.services import require
from overtime_ledger.books.models import PeriodSnapshot, Reconciliation
from overtime_ledger.books.selectors.periods import snapshot_document
from overtime_ledger.books.selectors.reconciliation import digest_of
from overtime_ledger.errors import Refusal
from overtime_ledger.ui import day

FINANCE = "finance"
MAY = "grants.close_period"
State = Period.State


@transaction.atomic
def soft_close(period: Period, *, by: User, reason: str) -> Period:
    """Let a period take only payments, reversals and what gives money back, from now on.

    Refuses others than finance (P01), no reason (A08), and a period not begun or not open (B01).
    """
    require(by, MAY, who=FINANCE)
    period = _locked(period)
    if period.starts_on > clock.today():
        raise _not_now(f"{period.number} begins on {day(period.starts_on)}.", "Close it when it has begun.")
    _step(period, State.OPEN, State.SOFT, by=by, reason=reason)
    return period


@transaction.atomic
def open_again(period: Period, *, by: User, reason: str) -> Period:
    """Open a soft-closed period again. One that is closed for good is never opened (B01)."""
    require(by, MAY, who=FINANCE)
    period = _locked(period)
    _step(period, State.SOFT, State.OPEN, by=by, reason=reason)
    return period


def may_close(period: Period, *, by: User) -> Reconciliation:
    """The signed reconciliation with which a period may be closed for good; reads only.

    Refuses others than finance (P01), a period that is closed, not over or after one that is not closed
    (B01), and one without a signed reconciliation (B02).
    """
    require(by, MAY, who=FINANCE)
    if period.is_hard:
        raise _not_now(f"{period.number} is closed for good.", "Correct by reversal in an open period.")
    if period.ends_on >= clock.today():
        raise _not_now(f"{period.number} ends on {day(period.ends_on)}.", "Close it when it is over.")
    earlier = Period.objects.filter(grant=period.grant_id, ends_on__lt=period.starts_on)
    if before := earlier.exclude(state=State.HARD).order_by("starts_on").first():
        raise _not_now(f"{before.number} is not closed for good.", f"Close {before.number} first.")
    signed = period.reconciliations.filter(status=Reconciliation.Status.SIGNED).first()
    if signed is None:
        raise Refusal(
            "B02",
            f"{period.number} has no signed reconciliation with the force’s ledger.",
            fix="Reconcile it until the difference is £0.00; a second person signs.",
            who="Finance",
        )
    return signed


@transaction.atomic
def close(period: Period, *, by: User, reason: str) -> PeriodSnapshot:
    """Close a period for good and freeze what stands in the books at its end. It is never opened again.

    One that is open is soft-closed by the same press. Refuses as `may_close` does.
    """
    require(by, MAY, who=FINANCE)
    period = _locked(period)
    signed = may_close(period, by=by)
    if period.is_open:
        _step(period, State.OPEN, State.SOFT, by=by, reason=reason)
    period.closed_on = clock.today()
    _step(period, State.SOFT, State.HARD, by=by, reason=reason)
    document, last_number = snapshot_document(period, signed)
    return PeriodSnapshot.objects.create(
        period=period,
        reconciliation=signed,
        last_number=last_number,
        document=document,
        sha256=digest_of(document),
        taken_by=by,
        taken_at=clock.now(),
    )


def _locked(period: Period) -> Period:
    """The period as it is now. The grant comes first, as when an entry is posted."""
    not_closed(Grant.objects.select_for_update(no_key=True).get(pk=period.grant_id))
    return Period.objects.select_for_update(of=("self",)).select_related("grant").get(pk=period.pk)


def _step(period: Period, from_: str, to: str, *, by: User, reason: str) -> None:
    if not reason.strip():
        raise Refusal("A08", "This needs a reason in words.", fix="Say why.", who="Finance")
    if period.state != from_:
        raise _not_now(
            f"{period.number} is {period.get_state_display().lower()}.",
            "Nothing opens it again: correct by reversal in an open period."
            if period.is_hard
            else "Look at the period as it is now.",
        )
    period.state = to
    period.save(update_fields=["state", "closed_on"])
    PeriodStep.objects.create(period=period, state=to, by=by, at=clock.now(), reason=reason.strip())


def _not_now(reason: str, fix: str) -> Refusal:
    return Refusal("B01", reason, fix=fix, who="Finance")
