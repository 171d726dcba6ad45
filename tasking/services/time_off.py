"""Verbs on time off that duties earned: keep it, give it, strike it off."""

from collections.abc import Iterable
from datetime import date

from django.db import transaction

from overtime_ledger import clock
from overtime_ledger.accounts.models import User
from overtime_ledger.accounts.services import require
from overtime_ledger.errors import Refusal
from tasking import pay
from tasking.models import Assignment, TimeOwed

SUPERVISOR = "A supervisor of the officer's agency"


def owe(assignment: Assignment, earned: Iterable[pay.TimeOwed]) -> None:
    """Keep the time off that a duty earns as it is reckoned now; what it earns no more is not due.

    What somebody has granted or struck meanwhile stays as it was decided.
    """
    kept = list(assignment.time_owed.select_for_update(no_key=True).order_by("pk"))
    for one in earned:
        row = _kept_for(one, kept) or TimeOwed(assignment=assignment, kind=one.kind)
        if row.decided_by_id is None:
            row.minutes, row.because = one.minutes, one.because
            row.status, row.reason = TimeOwed.Status.DUE, ""
            row.save()
    rest = assignment.time_owed.due().filter(pk__in=[row.pk for row in kept])
    rest.update(status=TimeOwed.Status.NOT_DUE, reason="The duty earns it no more.")


def _kept_for(one: pay.TimeOwed, kept: list[TimeOwed]) -> TimeOwed | None:
    """Take out of some rows the one that is for this time off: in the same words, else of the same kind."""
    alike = [row for row in kept if row.kind == one.kind]
    alike.sort(key=lambda row: row.because != one.because)
    if not alike:
        return None
    kept.remove(alike[0])
    return alike[0]


@transaction.atomic
def grant_time_off(owed: TimeOwed, *, by: User, granted_for: date) -> TimeOwed:
    """Put on record the day on which an officer has the time off that a duty earned them.

    A supervisor of the officer's agency, not the officer. Refuses others (P01, A01), a day before the duty
    (T20), and what is not due (T19).
    """
    locked = _owed(owed, by=by)
    if granted_for < locked.assignment.duty_on:
        raise Refusal(
            "T20",
            f"The duty was on {locked.assignment.duty_on:%-d %B %Y}: the time off is given afterwards.",
            fix="Enter the day on which the officer is off.",
            who=SUPERVISOR,
        )
    locked.status, locked.granted_for = TimeOwed.Status.GRANTED, granted_for
    return _decided(locked, by=by)


@transaction.atomic
def strike_time_off(owed: TimeOwed, *, by: User, reason: str) -> TimeOwed:
    """Put on record that time off is not due, and why (A08). Refuses as `grant_time_off` does."""
    locked = _owed(owed, by=by)
    if not reason.strip():
        raise Refusal("A08", "This needs a reason in words.", fix="Say why.", who=SUPERVISOR)
    locked.status, locked.reason = TimeOwed.Status.NOT_DUE, reason.strip()
    return _decided(locked, by=by)


def may_decide_time_off(owed: TimeOwed, *, by: User) -> None:
    """Refuse whoever does not keep the time off of the officer's agency, and the officer. Reads only."""
    require(by, "claims.certify_claim", who="a supervisor of the agency")
    if by.agency_id != owed.assignment.agency_id or by.pk == owed.assignment.officer_id:
        raise Refusal(
            "A01",
            "Time off is granted by another supervisor of the officer's agency.",
            fix="Leave it to them.",
            who=SUPERVISOR,
        )
    if owed.status != TimeOwed.Status.DUE:
        raise Refusal(
            "T19",
            f"This time off is {owed.get_status_display().lower()} already.",
            fix="Nothing is left to do here.",
            who="Nobody",
        )


def _owed(owed: TimeOwed, *, by: User) -> TimeOwed:
    rows = TimeOwed.objects.select_for_update(of=("self",), no_key=True).select_related("assignment")
    locked = rows.get(pk=owed.pk)
    may_decide_time_off(locked, by=by)
    return locked


def _decided(owed: TimeOwed, *, by: User) -> TimeOwed:
    owed.decided_by, owed.decided_at = by, clock.now()
    owed.save()
    return owed
