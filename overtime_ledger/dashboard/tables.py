"""How the tables of the dashboard are put together: from figures of the ledger to rows with their ways."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

from claims.selectors import AgencyPosition
from claims.spending import AgencyWeeks, Spent
from grants import burndown
from grants.burndown import Day, Forecast, Terms, Week
from grants.chart import Bar
from grants.models import LADDER, Grant
from grants.selectors import INCURRED, UNSPENT, LinePosition, incurred_by_line
from overtime_ledger.dashboard.links import Links
from overtime_ledger.dashboard.rows import AgencyRow, Cell, LineRow, Spending, SpendingRow, WeekRow
from tasking.models import Enquiry
from tasking.selectors import enquiries_by_line


def of_lines(
    grant: Grant, found: Sequence[LinePosition], terms: Terms, link: Links, as_at: date
) -> list[LineRow]:
    """Each budget line, the enquiries with what they come to at their own pace."""
    enquiries = enquiries_by_line(grant)
    since = as_at - timedelta(days=burndown.PACE_DAYS - 1)
    lately = incurred_by_line(grant, since=since, until=as_at)
    rows = []
    for one in found:
        enquiry, forecast = enquiries.get(one.line.pk), None
        if enquiry and one.allocated and enquiry.status == Enquiry.Status.OPEN:
            # A line may be used up: only more than it holds is too much.
            own = replace(terms, award_pence=one.allocated, amber_over=terms.red_over, profile=())
            forecast = burndown.at_this_pace(own, one.incurred, lately.get(one.line.pk, 0), as_at=as_at)
        rows.append(
            LineRow(
                position=one,
                enquiry=enquiry,
                forecast=forecast,
                urls=link.of_each_stage(line=one.line.pk),
                pace_url=link.pace(as_at, line=one.line.pk),
            )
        )
    return rows


def of_agencies(
    grant: Grant,
    found: Sequence[AgencyPosition],
    spent: Sequence[Spent],
    terms: Terms,
    link: Links,
    as_at: date,
) -> list[AgencyRow]:
    """Each agency that holds anything of the ladder, with what its agreed maximum comes to at its pace."""
    maxima = dict(grant.agreements.values_list("agency", "maximum_pence"))
    return [
        AgencyRow(
            position=one,
            maximum_pence=maxima.get(one.agency.pk),
            forecast=_within(maxima.get(one.agency.pk), one, spent, terms, as_at),
            claims_url=link.claims(grant=grant.pk, agency=one.agency.pk),
            urls=link.of_each_stage(agency=one.agency.pk),
            pace_url=link.pace(as_at, agency=one.agency.pk),
        )
        for one in found
    ]


def _within(
    maximum: int | None, one: AgencyPosition, spent: Sequence[Spent], terms: Terms, as_at: date
) -> Forecast | None:
    if not maximum:
        return None
    # Nobody has to spend an agency's maximum: only more than that is too much.
    own = replace(terms, award_pence=maximum, amber_under=Fraction(0), red_under=Fraction(0), profile=())
    days = [Day(day.on, day.pence) for day in spent if day.agency_id == one.agency.pk]
    return burndown.at_this_pace(own, one.incurred, burndown.of_the_last_days(days, as_at), as_at=as_at)


def bar_of(row: LineRow) -> Bar:
    """A line as the chart of the ladders draws it."""
    return Bar(str(row.position.line), [(stage, getattr(row.position, stage)) for stage in LADDER])


def of_weeks(grant: Grant, weeks: Sequence[Week], tasked: dict[date, int], link: Links) -> list[WeekRow]:
    """The burn-down by week; `tasked` is what stood tasked at the end of each week's day."""
    return [_week(grant, week, tasked[week.as_at], link) for week in weeks]


def _week(grant: Grant, week: Week, tasked: int, link: Links) -> WeekRow:
    """The first week's figures hold whatever was worked before, and the last what was worked after."""
    return WeekRow(
        week=week,
        tasked_open=tasked,
        incurred_url=link.entries(stage=INCURRED, **{"from": _first_of(grant, week), "to": week.as_at}),
        cumulative_url=link.entries(stage=INCURRED, to=week.as_at),
        tasked_url=link.entries(stage="tasked", as_at=week.as_at),
        remaining_url=link.entries(stage=UNSPENT, to=week.as_at),
        pace_url=link.pace(week.as_at),
    )


def of_spending(
    grant: Grant, weeks: Sequence[Week], agencies: Sequence[AgencyWeeks], link: Links
) -> Spending:
    """The weeks as rows and the agencies as columns, with what both come to."""
    rows = []
    for place, week in enumerate(weeks):
        days = {"from": _first_of(grant, week) if place else None, "to": week.as_at}
        between = {name: day for name, day in days.items() if day}
        rows.append(
            SpendingRow(
                week=week,
                cells=[
                    Cell(one.weeks[place], link.entries(stage=INCURRED, agency=one.agency.pk, **between))
                    for one in agencies
                ],
                together=Cell(week.incurred, link.entries(stage=INCURRED, **between)),
            )
        )
    until = {"to": weeks[-1].as_at} if weeks else {}
    return Spending(
        agencies=[one.agency for one in agencies],
        rows=rows,
        sums=[
            Cell(one.total, link.entries(stage=INCURRED, agency=one.agency.pk, **until)) for one in agencies
        ],
        together=Cell(sum(week.incurred for week in weeks), link.entries(stage=INCURRED, **until)),
    )


def _first_of(grant: Grant, week: Week) -> date:
    return max(week.ending - timedelta(days=week.ending.weekday()), grant.eligible_from)
