"""Everything the dashboard of a grant shows for one day, read once and ready for a template or a file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction

from claims import selectors as claims
from claims.selectors import AgencyPosition, Total
from claims.spending import AgencyWeeks, Spent, by_week, spent_by_agency
from grants import burndown, outlook
from grants.burndown import BurnDown, Day, Forecast, Stages, Terms, Week
from grants.chart import Bar, Chart, Ladders, Series, chart, ladders, spending
from grants.chart import Spending as SpendingChart
from grants.models import LADDER, Grant, OwnForecast, Profile, UnderspendNotice
from grants.selectors import (
    INCURRED,
    LinePosition,
    incurred_by_day,
    incurred_by_line,
    own_forecast,
    positions,
)
from overtime_ledger import clock
from overtime_ledger.dashboard import variance
from overtime_ledger.dashboard.links import Links
from overtime_ledger.dashboard.rows import (
    AgencyRow,
    Cell,
    LineRow,
    Spending,
    SpendingRow,
    VarianceRow,
    WeekRow,
    hours,
)
from overtime_ledger.dashboard.variance import Frozen
from overtime_ledger.money import pounds, round_half_up
from overtime_ledger.payments import selectors as payments
from overtime_ledger.payments.models import BatchLine
from tasking.models import Enquiry
from tasking.selectors import enquiries_by_line


@dataclass(frozen=True)
class Figures:
    """The figures of a grant as at one day, all from the ledger."""

    grant: Grant
    as_at: date
    is_past: bool
    terms: Terms
    burn: BurnDown
    days: Sequence[Day]
    chart: Chart
    ladders: Ladders | None
    spending_chart: SpendingChart | None
    lines: Sequence[LineRow]
    agencies: Sequence[AgencyRow]
    weeks: Sequence[WeekRow]
    spending: Spending
    variances: Sequence[VarianceRow]
    profile: Profile | None
    underspend: UnderspendNotice | None
    frozen: Frozen | None
    own: OwnForecast | None
    urls: Mapping[str, str]
    pace_url: str
    headline: str

    @property
    def pace_forecast(self) -> Forecast:
        return self.burn.forecasts[0]

    @property
    def has_burnt(self) -> bool:
        """Whether any duty was approved, so that there is a pace to judge."""
        return bool(self.burn.stages.incurred)

    @property
    def forecasts(self) -> Sequence[Forecast]:
        """The futures there are: once the window has ended, none at a pace."""
        return self.burn.forecasts[1:] if self.has_ended else self.burn.forecasts

    @property
    def behind_pence(self) -> int:
        """How much less is incurred than the profile plans; below nothing it is more."""
        return self.burn.planned_pence - self.burn.stages.incurred

    @property
    def profile_words(self) -> str:
        """How the grant stands against its profile on the day, in a sentence."""
        plan = f"The profile plans {pounds(self.burn.planned_pence)} by the end of this day"
        stands = f"{pounds(self.burn.stages.incurred)} is incurred"
        if not self.behind_pence:
            return f"{plan}, and just that is incurred."
        way = "behind" if self.behind_pence > 0 else "ahead of"
        return f"{plan}; {stands}: {pounds(abs(self.behind_pence))} {way} it."

    @property
    def still_open(self) -> int:
        """Pence tasked or claimed and not accepted yet."""
        return self.burn.stages.tasked + self.burn.stages.claimed

    @property
    def has_ended(self) -> bool:
        return not self.burn.days_left

    @property
    def enquiries(self) -> Sequence[LineRow]:
        return [row for row in self.lines if row.enquiry]

    @property
    def hours(self) -> int:
        return hours(sum(row.position.minutes for row in self.agencies))

    # Figures in words, as the key figures show them

    @property
    def to_task_pounds(self) -> str:
        return whole_pounds(self.burn.to_task_this_week_pence)

    @property
    def award_note(self) -> str:
        return f"of {pounds(self.grant.amount_pence)}"

    @property
    def pace_words(self) -> str:
        return whole_pounds(self.burn.burn_rate_week)

    @property
    def pace_note(self) -> str:
        """The pace needed, and by how much the present one misses it."""
        required = self.burn.required_week
        if required is None:
            return "not applicable: the window has ended"
        gap = required - self.burn.burn_rate_week
        if not self.burn.burn_rate_week:
            return f"needed: {whole_pounds(required)} a week"
        if not gap:
            return f"needed: {whole_pounds(required)}, just that"
        missed = f"{whole_pounds(abs(gap))} too {'slow' if gap > 0 else 'fast'}"
        return f"needed: {whole_pounds(required)}, {missed}"

    @property
    def run_out_words(self) -> str:
        on, last = self.burn.run_out_on, self.terms.eligible_to
        if on is None:
            return "No burn yet"
        return f"{on.day} {on:%B}" if on <= last else "Not in time"

    @property
    def run_out_note(self) -> str:
        on, last = self.burn.run_out_on, self.terms.eligible_to
        if on is None:
            return "no duty of the last 14 days is approved"
        return "at this pace" if on <= last else f"at this pace only on {on.day} {on:%B %Y}"

    @property
    def closing_note(self) -> str:
        on = self.grant.claims_close_on
        closed = "claims closed on" if self.as_at > on else "claims close on"
        return f"{closed} {on.day} {on:%B %Y}"

    @property
    def days_left_words(self) -> str:
        days = self.burn.days_left
        return "today" if days == 1 else f"{days} days, today included"

    @property
    def available_hours_words(self) -> str:
        hours = self.burn.available_hours
        return "Not known yet" if hours is None else f"{hours:,} hours"

    @property
    def average_note(self) -> str:
        average = self.burn.average_hour_pence
        return "once a duty is priced" if average is None else f"at {pounds(average)} an hour on average"

    @property
    def committed(self) -> Stages:
        """What agencies hold together: the ladder above available."""
        rows = [row.position for row in self.agencies]
        return Stages(0, *(sum(getattr(row, stage) for row in rows) for stage in LADDER[1:]))


@dataclass(frozen=True)
class Queues:
    """What waits for somebody on a grant, counted and in pence."""

    to_certify: Total
    clean: Total
    flagged: Total
    more_time: Total
    to_settle: Total
    in_batches: Total
    differences: payments.Differing


def figures(grant: Grant, *, as_at: date | None = None) -> Figures:
    """The dashboard of a grant, for today or for a past day. Nothing is posted or changed."""
    today = clock.today()
    day = as_at or today
    found = positions(grant, as_at=day)
    profile = outlook.profile_of(grant, as_at=day)
    terms = outlook.terms_of(grant, profile)
    stages = Stages(*(sum(getattr(one, stage) for one in found) for stage in LADDER))
    days = [Day(on, pence) for on, pence in incurred_by_day(grant, as_at=day)]
    agencies = claims.by_agency(grant, as_at=day)
    spent = spent_by_agency(grant, as_at=day)
    own = own_forecast(grant, as_at=day)
    burn = burndown.burn_down(
        terms,
        stages,
        days,
        as_at=day,
        worked_minutes=sum(one.minutes for one in agencies),
        costed_pence=sum(one.pence for one in agencies),
        own_forecast=(own.outturn_pence, own.given_on) if own else None,
    )
    link = Links(grant, day if day < today else None)
    lines = _lines(grant, found, terms, link, day)
    rows = _agencies(grant, agencies, spent, terms, link, day)
    weeks = burndown.weeks(terms, days, as_at=day)
    by_agency = by_week([row.position.agency for row in rows], spent, weeks)
    frozen = variance.frozen_of(grant, as_at=day)
    compared = variance.Compared(frozen, outlook.said_of(grant, as_at=day), link)
    urls = link.of_each_stage()
    return Figures(
        grant=grant,
        as_at=day,
        is_past=day < today,
        terms=terms,
        burn=burn,
        days=days,
        chart=chart(terms, days, burn, as_at=day, today=today),
        ladders=ladders([_bar(row) for row in lines if row.enquiry]),
        spending_chart=spending(weeks, [Series(one.agency.code, one.weeks) for one in by_agency]),
        lines=lines,
        agencies=rows,
        weeks=[_week(grant, week, link) for week in weeks],
        spending=_spending(grant, weeks, by_agency, link),
        variances=[
            *variance.of_the_grant(lines, terms.award_pence, burn.forecasts[0], urls[INCURRED], compared),
            *variance.of_lines(lines, compared),
            *variance.of_agencies(rows, compared),
        ],
        profile=profile,
        underspend=outlook.underspend_of(grant, as_at=day),
        frozen=frozen,
        own=own,
        urls=urls,
        pace_url=link.entries(stage=INCURRED, to=day, **{"from": _fortnight_before(day)}),
        headline=_headline(terms, burn),
    )


def queues(grant: Grant) -> Queues:
    """What waits on a grant just now, whoever has to do it."""
    clean, flagged = claims.to_approve(grant)
    due = claims.to_settle(grant)
    return Queues(
        to_certify=claims.total(claims.waiting_to_be_certified(grant)),
        clean=claims.total(clean),
        flagged=claims.total(flagged),
        more_time=claims.total(claims.to_decide_more_time(grant)),
        to_settle=Total(sum(one.count for one in due), sum(one.pence for one in due)),
        in_batches=payments.in_batches(grant),
        differences=payments.summed(BatchLine.objects.filter(batch__grant=grant).open_differences()),
    )


def whole_pounds(pence: int) -> str:
    """Pounds without the pence, for a sentence: £16,017."""
    return f"£{round_half_up(Fraction(max(pence, 0), 100)):,}"


def _lines(
    grant: Grant, found: Sequence[LinePosition], terms: Terms, link: Links, as_at: date
) -> list[LineRow]:
    enquiries = enquiries_by_line(grant)
    lately = incurred_by_line(grant, since=_fortnight_before(as_at), until=as_at)
    rows = []
    for one in found:
        enquiry, forecast = enquiries.get(one.line.pk), None
        if enquiry and one.allocated and enquiry.status == Enquiry.Status.OPEN:
            # A line may be used up: only more than it holds is too much.
            own = replace(terms, award_pence=one.allocated, amber_over=terms.red_over, profile=())
            forecast = burndown.at_this_pace(own, one.incurred, lately.get(one.line.pk, 0), as_at=as_at)
        rows.append(LineRow(one, enquiry, forecast, link.of_each_stage(line=one.line.pk)))
    return rows


def _fortnight_before(as_at: date) -> date:
    """The first of the days whose cost is the pace."""
    return as_at - timedelta(days=burndown.PACE_DAYS - 1)


def _agencies(
    grant: Grant,
    found: Sequence[AgencyPosition],
    spent: Sequence[Spent],
    terms: Terms,
    link: Links,
    as_at: date,
) -> list[AgencyRow]:
    maxima = dict(grant.agreements.values_list("agency", "maximum_pence"))
    rows = []
    for one in found:
        maximum, forecast = maxima.get(one.agency.pk), None
        if maximum:
            # Nobody has to spend an agency's maximum: only more than that is too much.
            own = replace(
                terms, award_pence=maximum, amber_under=Fraction(0), red_under=Fraction(0), profile=()
            )
            days = [Day(day.on, day.pence) for day in spent if day.agency_id == one.agency.pk]
            lately = burndown.incurred_to(days, as_at) - burndown.incurred_to(
                days, _fortnight_before(as_at) - timedelta(days=1)
            )
            forecast = burndown.at_this_pace(own, one.incurred, lately, as_at=as_at)
        rows.append(
            AgencyRow(
                position=one,
                maximum_pence=maximum,
                forecast=forecast,
                claims_url=link.claims(grant=grant.pk, agency=one.agency.pk),
                urls=link.of_each_stage(agency=one.agency.pk),
            )
        )
    return rows


def _bar(row: LineRow) -> Bar:
    return Bar(str(row.position.line), [(stage, getattr(row.position, stage)) for stage in LADDER])


def _spending(grant: Grant, weeks: Sequence[Week], agencies: Sequence[AgencyWeeks], link: Links) -> Spending:
    """The weeks as rows and the agencies as columns, with what both come to."""
    rows = []
    for place, week in enumerate(weeks):
        days = {"from": _first_of(grant, week) if place else None, "to": week.as_at}
        between = {name: day for name, day in days.items() if day}
        rows.append(
            SpendingRow(
                week=week,
                cells=[
                    Cell(
                        one.weeks[place],
                        link.entries(stage=INCURRED, agency=one.agency.pk, **between),
                    )
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


def _week(grant: Grant, week: Week, link: Links) -> WeekRow:
    """The first week's figures hold whatever was worked before, and the last what was worked after."""
    return WeekRow(
        week=week,
        incurred_url=link.entries(stage=INCURRED, **{"from": _first_of(grant, week), "to": week.as_at}),
        cumulative_url=link.entries(stage=INCURRED, to=week.as_at),
    )


def _headline(terms: Terms, burn: BurnDown) -> str:
    """The one sentence to take away."""
    award, incurred = pounds(terms.award_pence), burn.stages.incurred
    last = f"{terms.eligible_to.day} {terms.eligible_to:%B %Y}"
    if not burn.days_left:
        open_claims = burn.stages.tasked + burn.stages.claimed
        rest = f" {pounds(open_claims)} is still tasked or claimed." if open_claims else ""
        return f"The window ended on {last}. {pounds(incurred)} of {award} is incurred.{rest}"
    if burn.as_at < terms.eligible_from:
        return f"The window opens on {terms.eligible_from.day} {terms.eligible_from:%B %Y}."
    if not incurred:
        return f"Nothing is approved yet. {award} can be spent until {last}."
    forecast = burn.forecasts[0]
    if forecast.unspent < 0 and burn.run_out_on:
        runs_out = f"{burn.run_out_on.day} {burn.run_out_on:%B %Y}"
        return f"At this pace the money runs out on {runs_out}, {pounds(-forecast.unspent)} short."
    return f"At this pace {pounds(forecast.unspent)} is left unspent on {last}, and lost."
