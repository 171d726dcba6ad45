"""What was not claimed in time: duties that were released, and the late list with its exceptions."""

from dataclasses import dataclass
from datetime import date, time

from django.db.models import Count, F, Q, QuerySet, Sum

from claims.models import LateClaim
from claims.selectors import Total
from grants.models import Grant
from overtime_ledger import clock
from overtime_ledger.accounts.models import User
from tasking.models import Assignment, TaskingEvent


@dataclass(frozen=True)
class LateDuty:
    """A duty that needs a named exception, or has one, and what was asked for it last."""

    duty: Assignment
    late: LateClaim | None


def late_duties(user: User, limit: int) -> list[LateDuty]:
    """What a person, or a clerk's agency, may claim only by a named exception; the oldest duties first."""
    today = clock.today()
    missed = Q(status=Assignment.Status.RELEASED) | Q(
        status=Assignment.Status.TASKED, tasking__enquiry__grant__claims_close_on__lt=today
    )
    excepted = Q(status=Assignment.Status.TASKED, claim_until__gte=today)
    whose = Q(officer=user)
    if user.has_perm("claims.claim_for_agency"):
        whose |= Q(agency=user.agency_id)
    rows = Assignment.objects.filter(
        whose,
        missed | excepted,
        ends_at__lte=clock.now(),
        authorised_pence__gt=0,
        tasking__enquiry__grant__status=Grant.Status.OPEN,
        tasking__enquiry__grant__books_close_on__gte=today,
    )
    rows = rows.select_related("officer", "tasking__enquiry").prefetch_related("late_claims")
    oldest = rows.order_by("starts_at", "pk")[:limit]
    return [LateDuty(duty, next(iter(duty.late_claims.all()), None)) for duty in oldest]


def listed(user: User) -> QuerySet[LateClaim]:
    """The late list of the grants a person may open, with what its pages name."""
    rows = LateClaim.objects.filter(assignment__tasking__enquiry__grant__in=Grant.objects.visible_to(user))
    return rows.select_related(
        "assignment__officer",
        "assignment__agency",
        "assignment__tasking__enquiry__grant",
        "assignment__tasking__enquiry__line",
        "asked_by",
        "decided_by",
    )


def total(rows: QuerySet[LateClaim]) -> Total:
    """How many exceptions, and what the duties were authorised for."""
    found = rows.order_by().aggregate(count=Count("pk"), pence=Sum("assignment__authorised_pence", default=0))
    return Total(found["count"], found["pence"])


def by_status(rows: QuerySet[LateClaim]) -> list[tuple[str, Total]]:
    """How many exceptions were asked for, granted and refused, and what the duties were authorised for."""
    sums = rows.order_by().values("status")
    sums = sums.annotate(count=Count("pk"), pence=Sum("assignment__authorised_pence"))
    found = {row["status"]: Total(row["count"], row["pence"]) for row in sums}
    return [(status.label, found.get(status.value, Total(0, 0))) for status in LateClaim.Status]


def released(user: User) -> QuerySet[TaskingEvent]:
    """Duties of the grants a person may open that nobody claimed and that were released, the latest first."""
    seen = Grant.objects.visible_to(user)
    rows = TaskingEvent.objects.filter(
        verb=TaskingEvent.Verb.RELEASED,
        tasking__enquiry__grant__in=seen,
        assignment__isnull=False,
        pence__lt=0,  # what earns time off alone gives nothing back, and is never claimed
    )
    rows = rows.select_related("assignment__officer", "assignment__agency", "tasking__enquiry")
    return rows.annotate(returned_pence=-F("pence")).order_by("-at", "-pk")


def released_since(rows: QuerySet[TaskingEvent], first: date) -> QuerySet[TaskingEvent]:
    """Those that were released on a day or later."""
    return rows.filter(at__gte=clock.london(first, time()))


def returned(rows: QuerySet[TaskingEvent]) -> Total:
    """How many duties were released, and what returned to their enquiries."""
    found = rows.order_by().aggregate(count=Count("pk"), pence=Sum("pence", default=0))
    return Total(found["count"], -found["pence"])
