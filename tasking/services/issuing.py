"""Task officers to a duty: the money is committed in the same transaction."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict

from django.db import IntegrityError, transaction
from django.utils import timezone

from grants import ledger
from grants.models import AgencyAgreement, Grant
from grants.services import require_authority
from overtime_ledger import clock
from overtime_ledger.accounts.models import User
from overtime_ledger.errors import Refusal, broken_rule
from tasking import checks, selectors
from tasking.checks import DI
from tasking.models import Assignment, Enquiry, Tasking, TaskingEvent, TimeOwed
from tasking.quotes import Plan, Quote, lines_of, minutes_of, quote


@transaction.atomic
def task(plan: Plan, *, by: User, expected_pence: int | None = None) -> Tasking:
    """Task officers to a duty and commit its price in the same transaction.

    `expected_pence` is the total the DI saw: if rates or rules changed since, it is refused (A03). Refuses
    with the first control (T01 to T09) that stands against the plan, and without authority (A02).
    """
    rows = Enquiry.objects.select_for_update(of=("self",), no_key=True).select_related("grant", "line")
    plan.enquiry.refresh_from_db(from_queryset=rows)
    grant = plan.enquiry.grant
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
        verb=TaskingEvent.Verb.ISSUED,
        by=by,
        at=now,
        reason=plan.reason,
        pence=quotation.pence,
        minutes={one.pk: one.authorised_minutes for one in assignments},
        capacity=authority.capacity,
    )
    for assignment in assignments:
        commit(assignment, assignment.authorised_pence, by=by, reference=f"assignment:{assignment.pk}:task")
    return tasking


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


def commit(assignment: Assignment, pence: int, *, by: User, reference: str) -> None:
    """Commit pence of its enquiry's line to a duty; nothing where it costs nothing."""
    if pence:
        ledger.post(
            ledger.Kind.TASKING,
            assignment.tasking.enquiry.line,
            pence,
            effective_on=assignment.duty_on,
            reference=reference,
            by=by,
        )
