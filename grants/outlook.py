"""How a grant is meant to run down and how it does: its profile, its forecast, what is said of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from django.db.models import Q

from grants import burndown
from grants.burndown import Forecast, Point, Terms
from grants.models import Grant, Profile, UnderspendNotice, VarianceComment
from grants.selectors import incurred_by_line, positions

TOO_EARLY = burndown.PACE_DAYS
"""The first days of a window on which the pace, a mean of so many days, says nothing yet."""


def profile_of(grant: Grant, *, as_at: date) -> Profile | None:
    """The profile that was in force at the end of a day; None while the award is spread evenly."""
    return grant.profiles.in_force(as_at).select_related("recorded_by", "confirmed_by").first()


def points_of(profile: Profile | None) -> tuple[Point, ...]:
    """A profile as the burn-down wants it; empty for the even one."""
    return tuple(Point(on, pence) for on, pence in profile.plan) if profile else ()


def terms_of(grant: Grant, profile: Profile | None = None) -> Terms:
    """A grant's award, window, warning levels and profile, as the burn-down wants them."""
    return Terms(
        award_pence=grant.amount_pence,
        eligible_from=grant.eligible_from,
        eligible_to=grant.eligible_to,
        amber_under=Fraction(grant.amber_under_percent, 100),
        red_under=Fraction(grant.red_under_percent, 100),
        amber_over=Fraction(grant.amber_over_percent, 100),
        red_over=Fraction(grant.red_over_percent, 100),
        profile=points_of(profile),
    )


def pace_forecast(grant: Grant, *, as_at: date) -> Forecast:
    """What a grant will have cost in the end at the pace of a day: the figure its dashboard shows."""
    since = as_at - timedelta(days=burndown.PACE_DAYS - 1)
    incurred = sum(one.incurred for one in positions(grant, as_at=as_at))
    lately = sum(incurred_by_line(grant, since=since, until=as_at).values())
    return burndown.at_this_pace(terms_of(grant), incurred, lately, as_at=as_at)


def is_judged(grant: Grant, on: date) -> bool:
    """Whether the pace of a day is one to judge by: inside the window, and not in its first days."""
    first = grant.eligible_from + timedelta(days=TOO_EARLY - 1)
    return grant.status == Grant.Status.OPEN and first <= on <= grant.eligible_to


@dataclass(frozen=True)
class Planned:
    """A point of a profile as a page shows it, beside what the award spread evenly would be, in pence."""

    on: date
    pence: int
    even: int


def shown(grant: Grant, profile: Profile | None) -> list[Planned]:
    """The points of a profile; of the even one only its end."""
    even = terms_of(grant)
    points = points_of(profile) or even.plan[1:]
    return [Planned(point.on, point.cumulative, even.planned(point.on)) for point in points]


@dataclass(frozen=True)
class Said:
    """The last comment on each variance: by the id of the line, and by the id of the agency."""

    lines: Mapping[int, VarianceComment]
    agencies: Mapping[int, VarianceComment]


def said_of(grant: Grant, *, as_at: date) -> Said:
    """What was said last of each line and agency of a grant, up to a day."""
    rows = grant.variance_comments.filter(given_on__lte=as_at).select_related("given_by")
    last = rows.order_by("line_id", "agency_id", "-given_on", "-id").distinct("line_id", "agency_id")
    found = list(last)
    return Said(
        lines={one.line_id: one for one in found if one.line_id},
        agencies={one.agency_id: one for one in found if one.agency_id},
    )


def underspend_of(grant: Grant, *, as_at: date) -> UnderspendNotice | None:
    """The notice of an underspend that ran at the end of a day, as it stood then."""
    running = Q(ended_on__isnull=True) | Q(ended_on__gt=as_at)
    rows = grant.underspends.filter(running, noticed_on__lte=as_at).select_related("answered_by")
    notice = rows.order_by("-id").first()
    if notice and notice.answered_on and notice.answered_on > as_at:
        notice.answer, notice.reason, notice.plan_by = "", "", None
        notice.answered_by = notice.answered_on = None
    return notice


def running_underspends(grants: Iterable[Grant]) -> list[UnderspendNotice]:
    """The notice of each grant whose underspend goes on, those to be answered first."""
    found = UnderspendNotice.objects.running().filter(grant__in=grants).select_related("grant")
    return sorted(found, key=lambda notice: (not notice.waits, notice.noticed_on))
