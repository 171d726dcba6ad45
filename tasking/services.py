"""Verbs of tasking: open an enquiry, task, shorten, cancel, stand down, decline, release."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from grants import ledger
from grants.checks import not_closed
from grants.models import AgencyAgreement, BudgetLine, Grant
from grants.services import require_authority
from overtime_ledger import clock
from overtime_ledger.accounts.models import Agency, User
from overtime_ledger.accounts.services import require
from overtime_ledger.audit.models import AccessLog
from overtime_ledger.errors import Refusal, broken_rule
from tasking import checks, pay, selectors
from tasking.checks import DI
from tasking.models import Assignment, Enquiry, RuleSet, Subject, Tasking, TaskingEvent, TimeOwed
from tasking.quotes import Cut, Plan, Quote, cut_short, lines_of, minutes_of, quote

Verb = TaskingEvent.Verb
SUPERVISOR = "A supervisor of the officer's agency"
MOST_DRAWS = 20
"""Tries for a codename. Of a million all but a few are free, so two are hardly ever needed."""


@transaction.atomic
def open_enquiry(
    grant: Grant,
    *,
    by: User,
    objective: str,
    kind: str,
    subjects: Iterable[Subject] = (),
    new_subjects: int = 0,
    entry_score: Decimal | None = None,
    entry_score_by: str = "",
) -> Enquiry:
    """Open an enquiry with its own budget line, against known subjects and newly codenamed ones.

    Refuses without authority (A02) or without a subject (T13).
    """
    require_authority(grant, by=by)
    require(by, "tasking.task_officers", who=DI)
    chosen = [*subjects, *(_new_subject(by) for _ in range(new_subjects))]
    if not chosen:
        raise Refusal(
            "T13",
            "An enquiry is made against a subject.",
            fix="Choose a subject or draw a new codename.",
            who=DI,
        )
    Grant.objects.select_for_update(no_key=True).get(pk=grant.pk)  # two at once would take the same name
    name = selectors.next_enquiry_name(grant)
    enquiry = Enquiry.objects.create(
        grant=grant,
        name=name,
        line=BudgetLine.objects.create(grant=grant, name=name),
        objective=objective,
        kind=kind,
        entry_score=entry_score,
        entry_score_by=entry_score_by,
        opened_by=by,
        opened_on=clock.today(),
    )
    enquiry.subjects.set(chosen)
    return enquiry


def _new_subject(by: User) -> Subject:
    """A subject under a codename that nobody has; one that is taken, even this moment, is drawn again."""
    for _ in range(MOST_DRAWS):
        try:
            with transaction.atomic():
                return Subject.objects.create(created_by=by)
        except IntegrityError as error:
            if broken_rule(error) != "tasking_subject_codename_key":
                raise
    raise Refusal(
        "T13",
        "No free codename was found.",
        fix="Try again; if it happens again, tell the administrator that codenames run short.",
        who=DI,
    )


def look_at_subjects(enquiries: QuerySet[Enquiry], *, by: User, page: str) -> list[Subject]:
    """The subjects of some enquiries, the looking put on record; none without the permission to see them."""
    if not by.has_perm("tasking.view_subject"):
        return []
    subjects = list(selectors.subjects_of(enquiries))
    if subjects:
        AccessLog.objects.create(
            by=by,
            action=AccessLog.Action.VIEWED,
            what=f"Codenames of subjects: {page}",
            filters={"codenames": ", ".join(subject.codename for subject in subjects)},
            rows=len(subjects),
        )
    return subjects


@transaction.atomic
def record_rule_set(*, by: User, agency: Agency, **switches: Any) -> RuleSet:
    """Put a rule set of an agency on record; a second person in finance confirms it.

    `switches` are the fields of `RuleSet`; what is not valid raises ValidationError. Refuses (P01) others.
    """
    require(by, "grants.set_up_grant", who="finance")
    rule_set = RuleSet(agency=agency, recorded_by=by, **switches)
    rule_set.full_clean()
    rule_set.save()
    return rule_set


@transaction.atomic
def close_enquiry(enquiry: Enquiry, *, by: User) -> None:
    """Close an enquiry that holds no available, tasked or claimed money (T14): move or release it first."""
    require_authority(enquiry.grant, by=by)
    locked = Enquiry.objects.select_for_update(of=("self",), no_key=True).get(pk=enquiry.pk)
    checks.holds_only_incurred(locked, BudgetLine.objects.get(pk=locked.line_id))
    locked.status, locked.closed_by, locked.closed_on = Enquiry.Status.CLOSED, by, clock.today()
    locked.save(update_fields=["status", "closed_by", "closed_on"])
    BudgetLine.objects.filter(pk=locked.line_id).update(is_open=False)


@transaction.atomic
def task(plan: Plan, *, by: User, expected_pence: int | None = None) -> Tasking:
    """Task officers to a duty and commit its price in the same transaction.

    `expected_pence` is the total the DI saw: if rates or rules changed since, it is refused (A03). Refuses
    with the first control (T01 to T09) that stands against the plan, and without authority (A02).
    """
    grant = plan.enquiry.grant
    plan.enquiry.refresh_from_db(from_queryset=Enquiry.objects.select_for_update(of=("self",), no_key=True))
    lock_agreements(grant, [officer.agency_id for officer in plan.officers if officer.agency_id])
    lock_officers(officer.pk for officer in plan.officers)
    quotation = quote(plan)
    authority = require_authority(grant, by=by, pence=quotation.pence)
    if not plan.officers:
        raise Refusal("T15", "Nobody is named.", fix="Choose at least one officer.", who=DI)
    for refusal in quotation.refusals:
        raise refusal
    checks.price_is_as_seen(quotation.pence, expected_pence)
    now = clock.now()
    tasking = Tasking.objects.create(
        enquiry=plan.enquiry,
        duty_type=plan.duty_type,
        starts_at=plan.starts_at,
        ends_at=plan.ends_at,
        break_minutes=plan.break_minutes,
        travel_minutes=plan.travel_minutes,
        reason=plan.reason,
        retrospective_reason=plan.retrospective_reason,
        told_at=plan.told_at or now,
        issued_by=by,
        issued_at=now,
        capacity=authority.capacity,
    )
    assignments = _assign(tasking, quotation.quotes)
    TimeOwed.objects.bulk_create(
        TimeOwed(assignment=assignment, **asdict(owed))
        for assignment, one in zip(assignments, quotation.quotes, strict=True)
        for owed in (one.price.time_owed if one.price else ())
    )
    TaskingEvent.objects.create(
        tasking=tasking,
        verb=Verb.ISSUED,
        by=by,
        at=now,
        reason=plan.reason,
        pence=quotation.pence,
        minutes={one.pk: one.authorised_minutes for one in assignments},
        capacity=authority.capacity,
    )
    for assignment in assignments:
        _commit(assignment, assignment.authorised_pence, by=by, reference=f"assignment:{assignment.pk}:task")
    return tasking


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


def lock_agreements(grant: Grant, agencies: Iterable[int]) -> None:
    """Let one transaction at a time commit more to an agency: two at once could pass its maximum together."""
    agreements = AgencyAgreement.objects.select_for_update(no_key=True).filter(grant=grant)
    list(agreements.filter(agency__in=set(agencies)).order_by("pk").values_list("pk"))


def require_room_for(assignment: Assignment, pence: int) -> None:
    """Refuse (T08) what its agency's maximum does not leave room for; the agreement is locked already."""
    grant = assignment.tasking.enquiry.grant
    agreement = grant.agreements.filter(agency=assignment.agency_id).select_related("agency").first()
    if agreement:
        used = selectors.agency_use(grant).get(assignment.agency_id, 0)
        checks.agency_maximum_holds(agreement, used, pence)


def lock_officers(officers: Iterable[int]) -> None:
    """Let one transaction at a time fill officers' time.

    Two that look at once both find it free, and then each waits for the other's row until one is thrown out.
    """
    people = User.objects.select_for_update(no_key=True).filter(pk__in=list(officers))
    list(people.order_by("pk").values_list("pk"))


def _assign(tasking: Tasking, quotes: Sequence[Quote]) -> list[Assignment]:
    assignments = []
    for one in quotes:
        assert one.basis is not None and one.price is not None and one.officer.agency_id is not None
        assignments.append(
            Assignment(
                tasking=tasking,
                officer=one.officer,
                agency_id=one.officer.agency_id,
                starts_at=tasking.starts_at,
                ends_at=tasking.ends_at,
                duty_on=timezone.localdate(tasking.starts_at),
                **one.basis.columns,
                casual_occasion=one.duty.casual_occasion,
                follows_tour=one.duty.follows_tour,
                weekly_minutes_before=one.duty.weekly_minutes_before,
                authorised_pence=one.price.pence,
                committed_pence=one.price.pence,
                on_cost_pence=one.price.on_cost_pence,
                authorised_minutes=minutes_of(one.duty),
                lines=lines_of(one.price.lines),
                notes=[asdict(flag) for flag in one.flags],
            )
        )
    try:
        return Assignment.objects.bulk_create(assignments)
    except IntegrityError as error:
        if broken_rule(error) != "tasking_assignment_no_overlap":
            raise
        raise Refusal(
            "T06",
            "Meanwhile one of the officers was tasked for some of that time.",
            fix="Look at the officers again and choose another time or another officer.",
            who=DI,
        ) from error


def _commit(assignment: Assignment, pence: int, *, by: User, reference: str) -> None:
    if pence:
        ledger.post(
            ledger.Kind.TASKING,
            assignment.tasking.enquiry.line,
            pence,
            effective_on=assignment.duty_on,
            reference=reference,
            by=by,
        )


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


def _locked(tasking: Tasking) -> list[Assignment]:
    rows = tasking.assignments.select_for_update(of=("self",)).select_related(
        "tasking__enquiry__line", "officer"
    )
    return list(rows.order_by("pk"))


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
    _commit(locked, pence, by=by, reference=reference)


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
