"""Verbs on duties that were tasked: shorten, cancel, stand down, decline, release, take up again."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from grants import ledger
from grants.checks import not_closed
from grants.models import BudgetLine, Grant
from grants.services import require_authority
from overtime_ledger import clock
from overtime_ledger.accounts.models import User
from overtime_ledger.errors import Refusal, broken_rule
from tasking import checks
from tasking.checks import DI
from tasking.models import Assignment, Tasking, TaskingEvent
from tasking.quotes import Cut, cut_short, lines_of, minutes_of
from tasking.services.issuing import commit, lock_agreements, lock_officers, require_room_for
from tasking.services.time_off import owe

Verb = TaskingEvent.Verb


@transaction.atomic
def shorten(
    tasking: Tasking, *, by: User, ends_at: datetime, reason: str, expected_pence: int | None = None
) -> int:
    """End a duty earlier for all who have not claimed, and return the money. Returns the pence.

    Refuses by T16 or T17, and by A03 if another sum than `expected_pence` would return.
    """
    authority = require_authority(tasking.enquiry.grant, by=by)
    assignments = _locked(tasking)
    tasking.refresh_from_db()
    cuts = cut_short(tasking, assignments, ends_at)
    total = sum(cut.returned for cut in cuts)
    checks.price_is_as_seen(total, expected_pence)
    tasking.ends_at = ends_at
    tasking.save(update_fields=["ends_at"])
    event = _record(
        tasking,
        Verb.SHORTENED,
        by=by,
        reason=reason,
        pence=-total,
        minutes={cut.assignment.pk: minutes_of(cut.duty) for cut in cuts},
        capacity=authority.capacity,
    )
    returned = [(cut.assignment, cut.returned) for cut in cuts]
    for cut in cuts:
        _cut(cut)
    for assignment, pence in returned:
        _give_back(
            assignment,
            pence,
            by=by,
            reference=f"tasking-event:{event.pk}:assignment:{assignment.pk}",
            reason=reason,
        )
    return total


def _cut(cut: Cut) -> None:
    assignment, pence = cut.assignment, cut.pence
    assignment.ends_at, assignment.authorised_minutes = cut.duty.ends_at, minutes_of(cut.duty)
    assignment.lines = lines_of(cut.price.lines)
    assignment.authorised_pence = assignment.committed_pence = pence
    assignment.on_cost_pence = cut.on_cost_pence
    assignment.save(
        update_fields=[
            "ends_at",
            "authorised_minutes",
            "lines",
            "authorised_pence",
            "committed_pence",
            "on_cost_pence",
        ]
    )
    owe(assignment, cut.price.time_owed)


@transaction.atomic
def cancel(tasking: Tasking, *, by: User, reason: str, expected_pence: int | None = None) -> int:
    """Cancel a duty nobody has claimed, and return the money. Returns the pence. Refuses by T17 or A03."""
    authority = require_authority(tasking.enquiry.grant, by=by)
    assignments = _locked(tasking)
    checks.nobody_has_claimed(assignments)
    Tasking.objects.filter(pk=tasking.pk).update(status=Tasking.Status.CANCELLED)
    tasked = [one for one in assignments if one.status == Assignment.Status.TASKED]
    checks.price_is_as_seen(sum(one.committed_pence for one in tasked), expected_pence)
    return _end(
        tasked, Assignment.Status.CANCELLED, Verb.CANCELLED, by=by, reason=reason, capacity=authority.capacity
    )


@transaction.atomic
def stand_down(assignment: Assignment, *, by: User, reason: str, expected_pence: int | None = None) -> int:
    """Take one officer off a duty that is not claimed, and return the money. Returns the pence."""
    authority = require_authority(assignment.tasking.enquiry.grant, by=by)
    locked = _unclaimed(assignment)
    checks.price_is_as_seen(locked.committed_pence, expected_pence)
    return _end(
        [locked],
        Assignment.Status.CANCELLED,
        Verb.CANCELLED,
        by=by,
        reason=reason,
        capacity=authority.capacity,
    )


@transaction.atomic
def decline(assignment: Assignment, *, by: User, reason: str, expected_pence: int | None = None) -> int:
    """Let the officer decline a duty before it begins, and return the money. Returns the pence."""
    locked = _unclaimed(assignment)
    checks.may_decline(locked, by, clock.now())
    checks.price_is_as_seen(locked.committed_pence, expected_pence)
    return _end([locked], Assignment.Status.DECLINED, Verb.DECLINED, by=by, reason=reason)


def _unclaimed(assignment: Assignment) -> Assignment:
    rows = Assignment.objects.select_for_update(of=("self",)).select_related(
        "tasking__enquiry__line", "tasking__enquiry__grant", "officer"
    )
    locked = rows.get(pk=assignment.pk)
    not_closed(locked.tasking.enquiry.grant)
    checks.is_unclaimed(locked)
    return locked


def _end(
    assignments: Sequence[Assignment], status: str, verb: str, *, by: User, reason: str, capacity: str = ""
) -> int:
    """End unclaimed assignments, record it once for each, and give their money back. Returns the pence."""
    given_back = []
    for assignment in assignments:
        pence, assignment.committed_pence, assignment.status = assignment.committed_pence, 0, status
        assignment.save(update_fields=["committed_pence", "status"])
        if verb != Verb.RELEASED or assignment.authorised_pence:  # what pays nothing is worked unclaimed
            owe(assignment, ())
        event = _record(
            assignment.tasking,
            verb,
            assignment=assignment,
            by=by,
            reason=reason,
            pence=-pence,
            capacity=capacity,
        )
        given_back.append((assignment, pence, event))
    for assignment, pence, event in given_back:
        _give_back(assignment, pence, by=by, reference=f"tasking-event:{event.pk}", reason=reason)
    return sum(pence for _, pence, _ in given_back)


def _record(
    tasking: Tasking,
    verb: str,
    *,
    by: User,
    reason: str,
    pence: int,
    capacity: str = "",
    assignment: Assignment | None = None,
    minutes: Mapping[int, int] | None = None,
) -> TaskingEvent:
    return TaskingEvent.objects.create(
        tasking=tasking,
        assignment=assignment,
        verb=verb,
        by=by,
        at=clock.now(),
        reason=reason,
        pence=pence,
        minutes=minutes or {},
        capacity=capacity,
    )


def record_extension(assignment: Assignment, pence: int, *, by: User, reason: str, capacity: str) -> None:
    """Note on a duty's timeline that more time was granted, for `pence` more, which its claim commits."""
    _record(
        assignment.tasking,
        Verb.EXTENDED,
        assignment=assignment,
        by=by,
        reason=reason,
        pence=pence,
        minutes={assignment.pk: assignment.authorised_minutes},
        capacity=capacity,
    )


@transaction.atomic
def release(assignment: Assignment, *, by: User, reason: str) -> int:
    """Return the money of a past duty that was never claimed.

    Returns the pence; 0 if it was claimed or ended meanwhile.
    """
    rows = Assignment.objects.select_for_update(of=("self",)).select_related(
        "tasking__enquiry__line", "officer"
    )
    locked = rows.get(pk=assignment.pk)
    if locked.status != Assignment.Status.TASKED:
        return 0
    return _end([locked], Assignment.Status.RELEASED, Verb.RELEASED, by=by, reason=reason)


def take_up(assignment: Assignment, *, by: User, until: date, reason: str, reference: str) -> None:
    """Open a duty again for a late claim, up to a day, and commit its price anew if it was released.

    Refuses by T03 if the enquiry's money is not there, T06 if the officer's time is taken, and T17.
    """
    grant = assignment.tasking.enquiry.grant
    lock_agreements(grant, [assignment.agency_id])
    lock_officers([assignment.officer_id])
    rows = Assignment.objects.select_for_update(of=("self",), no_key=True).select_related("tasking")
    locked = rows.get(pk=assignment.pk)
    ended = (Assignment.Status.RELEASED, Assignment.Status.CLOSED)  # closed: a claim of it was reversed
    if locked.status not in (Assignment.Status.TASKED, *ended):
        checks.is_unclaimed(locked)
    pence = locked.authorised_pence - locked.committed_pence
    line = BudgetLine.objects.get(enquiry__taskings=locked.tasking_id)
    checks.money_is_there(line, pence)
    require_room_for(locked, pence)
    locked.status, locked.claim_until = Assignment.Status.TASKED, until
    locked.committed_pence = locked.authorised_pence
    locked.starts_at, locked.ends_at = locked.tasking.starts_at, locked.tasking.ends_at
    try:
        with transaction.atomic():
            locked.save(update_fields=["status", "claim_until", "committed_pence", "starts_at", "ends_at"])
    except IntegrityError as error:
        if broken_rule(error) != "tasking_assignment_no_overlap":
            raise
        raise Refusal(
            "T06",
            f"{locked.officer} is on another duty at that time by now.",
            fix="Look at the officer's duties; the same time is not paid twice.",
            who=DI,
        ) from error
    _record(locked.tasking, Verb.TAKEN_UP, assignment=locked, by=by, reason=reason, pence=pence)
    commit(locked, pence, by=by, reference=reference)


def unclaimed_after(grant: Grant, today: date) -> list[Assignment]:
    """Duties of a grant that nobody claimed and nobody can claim any more, once its window is over."""
    if today <= grant.eligible_to:
        return []
    return list(_unclaimed_of(grant))


def overdue_on(grant: Grant, today: date) -> list[Assignment]:
    """Duties of a grant that nobody claimed within the days that it allows after the duty's end."""
    last_day = clock.midnight_after(today - timedelta(days=grant.release_after_days + 1))
    return list(_unclaimed_of(grant).filter(ends_at__lte=last_day))


def _unclaimed_of(grant: Grant) -> QuerySet[Assignment]:
    allowed_late = Q(claim_until__gte=clock.today())
    return (
        Assignment.objects.to_claim()
        .filter(tasking__enquiry__grant=grant)
        .exclude(allowed_late)
        .order_by("pk")
    )


def _locked(tasking: Tasking) -> list[Assignment]:
    rows = tasking.assignments.select_for_update(of=("self",)).select_related(
        "tasking__enquiry__line", "officer"
    )
    return list(rows.order_by("pk"))


def _give_back(assignment: Assignment, pence: int, *, by: User, reference: str, reason: str = "") -> None:
    if pence:
        ledger.post(
            ledger.Kind.RELEASE,
            assignment.tasking.enquiry.line,
            pence,
            effective_on=assignment.duty_on,
            reference=reference,
            by=by,
            reason=reason,
        )
