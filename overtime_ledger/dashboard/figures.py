"""Everything the dashboard of a grant shows for one day, read once and ready for a template or a file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction
from urllib.parse import urlencode

from django.urls import reverse

from claims import selectors as claims
from claims.selectors import AgencyPosition, Total
from grants import burndown
from grants.burndown import BurnDown, Day, Forecast, Stages, Terms, Week
from grants.chart import Chart, chart
from grants.models import LADDER, Grant, OwnForecast
from grants.selectors import (
    INCURRED,
    TOGETHER,
    LinePosition,
    incurred_by_day,
    incurred_by_line,
    own_forecast,
    positions,
)
from overtime_ledger import clock
from overtime_ledger.money import pounds, round_half_up
from tasking.models import Enquiry
from tasking.selectors import enquiries_by_line


@dataclass(frozen=True)
class LineRow:
    """One budget line on the day: the main line, or an enquiry with its forecast."""

    position: LinePosition
    enquiry: Enquiry | None
    forecast: Forecast | None
    urls: Mapping[str, str]

    @property
    def used_percent(self) -> int | None:
        """How much of what was allocated is tasked or further up the ladder; None if nothing was."""
        return percent(self.position.allocated - self.position.available, self.position.allocated)

    @property
    def short_pence(self) -> int:
        """By how much the forecast exceeds what was allocated."""
        return max(0, -self.forecast.unspent) if self.forecast else 0


@dataclass(frozen=True)
class WeekRow:
    """One week and the way to the entries behind its figures."""

    week: Week
    incurred_url: str
    cumulative_url: str


@dataclass(frozen=True)
class AgencyRow:
    """One agency's share of the ladder, the agreed maximum if there is one, and the average hour."""

    position: AgencyPosition
    maximum_pence: int | None
    claims_url: str
    urls: Mapping[str, str]

    @property
    def left_pence(self) -> int | None:
        """What of the agreed maximum is not tasked yet."""
        return None if self.maximum_pence is None else self.maximum_pence - self.position.pence

    @property
    def average_hour_pence(self) -> int | None:
        return _average(self.position.pence, self.position.minutes)

    @property
    def hours(self) -> int:
        return _hours(self.position.minutes)


@dataclass(frozen=True)
class Figures:
    """The figures of a grant as at one day, all from the ledger."""

    grant: Grant
    as_at: date
    is_past: bool
    terms: Terms
    burn: BurnDown
    chart: Chart
    lines: Sequence[LineRow]
    agencies: Sequence[AgencyRow]
    weeks: Sequence[WeekRow]
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
        return _hours(sum(row.position.minutes for row in self.agencies))

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


def figures(grant: Grant, *, as_at: date | None = None) -> Figures:
    """The dashboard of a grant, for today or for a past day. Nothing is posted or changed."""
    today = clock.today()
    day = as_at or today
    found = positions(grant, as_at=day)
    terms = terms_of(grant)
    stages = Stages(*(sum(getattr(one, stage) for one in found) for stage in LADDER))
    days = [Day(on, pence) for on, pence in incurred_by_day(grant, as_at=day)]
    agencies = claims.by_agency(grant, as_at=day)
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
    link = _Links(grant, day if day < today else None)
    return Figures(
        grant=grant,
        as_at=day,
        is_past=day < today,
        terms=terms,
        burn=burn,
        chart=chart(terms, days, burn, as_at=day, today=today),
        lines=_lines(grant, found, terms, link, day),
        agencies=_agencies(grant, agencies, link),
        weeks=[_week(grant, week, link) for week in burndown.weeks(terms, days, as_at=day)],
        own=own,
        urls=link.of_each_stage(),
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
    )


def terms_of(grant: Grant) -> Terms:
    """A grant's award, window and warning levels, as the burn-down wants them."""
    return Terms(
        award_pence=grant.amount_pence,
        eligible_from=grant.eligible_from,
        eligible_to=grant.eligible_to,
        amber_under=Fraction(grant.amber_under_percent, 100),
        red_under=Fraction(grant.red_under_percent, 100),
        amber_over=Fraction(grant.amber_over_percent, 100),
        red_over=Fraction(grant.red_over_percent, 100),
    )


def percent(part: int, whole: int) -> int | None:
    """A share in whole percent, rounded half up; None of nothing."""
    return round_half_up(Fraction(part * 100, whole)) if whole > 0 else None


def whole_pounds(pence: int) -> str:
    """Pounds without the pence, for a sentence: £16,017."""
    return f"£{round_half_up(Fraction(max(pence, 0), 100)):,}"


def _hours(minutes: int) -> int:
    return round_half_up(Fraction(minutes, 60))


def _average(pence: int, minutes: int) -> int | None:
    return round_half_up(Fraction(pence * 60, minutes)) if minutes else None


class _Links:
    """Addresses of the entries behind a figure, as at the same day."""

    def __init__(self, grant: Grant, as_at: date | None) -> None:
        self._entries = reverse("grants:entries", args=[grant.pk])
        self._claims = reverse("claims:claims")
        self._as_at = {"as_at": as_at} if as_at else {}

    def entries(self, **filters: object) -> str:
        return f"{self._entries}?{urlencode(filters | self._as_at)}"

    def of_each_stage(self, **filters: object) -> dict[str, str]:
        """The entries behind each of the five balances, and behind those taken together."""
        return {stage: self.entries(stage=stage, **filters) for stage in (*LADDER, *TOGETHER)}

    def claims(self, **filters: object) -> str:
        return f"{self._claims}?{urlencode(filters)}"


def _lines(
    grant: Grant, found: Sequence[LinePosition], terms: Terms, link: _Links, as_at: date
) -> list[LineRow]:
    enquiries = enquiries_by_line(grant)
    lately = incurred_by_line(grant, since=_fortnight_before(as_at), until=as_at)
    rows = []
    for one in found:
        enquiry, forecast = enquiries.get(one.line.pk), None
        if enquiry and one.allocated and enquiry.status == Enquiry.Status.OPEN:
            # A line may be used up: only more than it holds is too much.
            own = replace(terms, award_pence=one.allocated, amber_over=terms.red_over)
            forecast = burndown.at_this_pace(own, one.incurred, lately.get(one.line.pk, 0), as_at=as_at)
        rows.append(LineRow(one, enquiry, forecast, link.of_each_stage(line=one.line.pk)))
    return rows


def _fortnight_before(as_at: date) -> date:
    """The first of the days whose cost is the pace."""
    return as_at - timedelta(days=burndown.PACE_DAYS - 1)


def _agencies(grant: Grant, found: Sequence[AgencyPosition], link: _Links) -> list[AgencyRow]:
    maxima = dict(grant.agreements.values_list("agency", "maximum_pence"))
    return [
        AgencyRow(
            position=one,
            maximum_pence=maxima.get(one.agency.pk),
            claims_url=link.claims(grant=grant.pk, agency=one.agency.pk),
            urls=link.of_each_stage(agency=one.agency.pk),
        )
        for one in found
    ]


def _week(grant: Grant, week: Week, link: _Links) -> WeekRow:
    """The first week's figures hold whatever was worked before, and the last what was worked after."""
    first = max(week.ending - timedelta(days=week.ending.weekday()), grant.eligible_from)
    return WeekRow(
        week=week,
        incurred_url=link.entries(stage=INCURRED, **{"from": first, "to": week.as_at}),
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
