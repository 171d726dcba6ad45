"""What is known of officers, duties and money before a duty is tasked."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet, Sum
from django.utils import timezone

from grants.models import AgencyAgreement, AgencyRate, Grant
from overtime_ledger.accounts.models import RankHeld, User
from tasking import pay
from tasking.models import Assignment, DutyType, Enquiry, RosteredTour


@dataclass(frozen=True)
class KnownDuty:
    """Time of an officer that is taken: by a tasking or its claim, or by a rostered tour."""

    starts_at: datetime
    ends_at: datetime
    what: str
    is_tour: bool = False


def officers_to_task(grant: Grant) -> QuerySet[User]:
    """Officers of the lead force and of the agencies with a confirmed agreement."""
    agencies = AgencyAgreement.objects.filter(grant=grant, confirmed_by__isnull=False).values("agency")
    return (
        User.objects.filter(is_active=True, groups__name="officer")
        .filter(agency__in=[grant.lead_force_id, *agencies.values_list("agency", flat=True)])
        .select_related("agency")
        .order_by("agency__code", "display_name")
        .distinct()
    )


def ranks_on(officers: Iterable[User], duty_on: datetime) -> dict[int, RankHeld]:
    """The rank each officer holds on the day of a duty."""
    held = RankHeld.objects.filter(person__in=list(officers)).on(timezone.localdate(duty_on))
    return {rank.person_id: rank for rank in held}


def rates_for(grant: Grant, duty_type: str, duty_on: datetime) -> dict[tuple[int, str], AgencyRate]:
    """Confirmed rates in force on the day of a duty, by agency and grade; the latest one counts."""
    day = timezone.localdate(duty_on)
    rates = AgencyRate.objects.filter(
        agreement__grant=grant,
        agreement__confirmed_by__isnull=False,
        confirmed_by__isnull=False,
        duty_type=duty_type,
        valid_from__lte=day,
        valid_to__gte=day,
    )
    return {
        (rate.agreement.agency_id, rate.grade): rate
        for rate in rates.select_related("agreement").order_by("valid_from")
    }


def known_duties(
    officers: Sequence[User], starts_at: datetime, *, without: Sequence[int] = ()
) -> dict[int, list[KnownDuty]]:
    """Live taskings (and their claims) and rostered tours of officers a month around a duty, by officer."""
    around = (starts_at - timedelta(days=32), starts_at + timedelta(days=32))
    duties: dict[int, list[KnownDuty]] = defaultdict(list)
    for one in (
        Assignment.objects.live()
        .filter(officer__in=officers, starts_at__range=around)
        .exclude(pk__in=without)
    ):
        duties[one.officer_id].append(KnownDuty(one.starts_at, one.ends_at, f"tasking {one.tasking_id}"))
    for tour in RosteredTour.objects.filter(officer__in=officers, starts_at__range=around):
        duties[tour.officer_id].append(
            KnownDuty(tour.starts_at, tour.ends_at, "a rostered tour", is_tour=True)
        )
    return duties


def casual_stays_before(
    officers: Sequence[User], starts_at: datetime, *, rules: pay.RuleSet
) -> dict[int, list[int]]:
    """Minutes of each officer's earlier casual stays in the week of a duty, to count the occasions."""
    stays = Assignment.objects.filter(
        officer__in=officers,
        tasking__duty_type=DutyType.CASUAL,
        status__in=(*Assignment.LIVE, Assignment.Status.CLOSED),
        starts_at__gte=rules.week_start(starts_at),
        starts_at__lt=starts_at,
    )
    minutes: dict[int, list[int]] = defaultdict(list)
    for officer, start, end in stays.values_list("officer", "starts_at", "ends_at"):
        minutes[officer].append(int((end - start).total_seconds()) // 60)
    return minutes


def agency_use(grant: Grant) -> dict[int, int]:
    """Pence each agency's officers hold on the ladder of a grant, from tasked to settled."""
    sums = Assignment.objects.filter(tasking__enquiry__grant=grant).order_by().values_list("agency")
    return dict(sums.annotate(pence=Sum("committed_pence")))


def next_enquiry_name(grant: Grant) -> str:
    """The neutral name of the next enquiry of a grant."""
    return f"Enquiry {Enquiry.objects.filter(grant=grant).count() + 1}"
