"""The figures of the dashboard: how fast a grant burns, what it will cost in the end, what to task this week.

Pure functions of plain values: no Django, no database. Amounts are integer pence outside and exact
fractions inside, rounded half up once, where a figure leaves this module.

Two conventions hold everywhere. Money is incurred on the day of its duty, never on the day it is paid. And
the day of `as_at` still counts as a day on which duty can be worked: on the last day there is one day left.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Literal

from overtime_ledger.money import pounds, round_half_up

Rag = Literal["green", "amber", "red"]

AT_THIS_PACE = "At this pace"
ALL_TASKED_WORKED = "If all tasked hours are worked"
PACE_DAYS = 14


@dataclass(frozen=True)
class Stages:
    """The five rungs of the ladder, in pence. Together they are the award."""

    available: int
    tasked: int
    claimed: int
    approved: int
    settled: int

    @property
    def incurred(self) -> int:
        """What has been accepted as a charge on the grant, paid or not: approved + settled."""
        return self.approved + self.settled

    @property
    def total(self) -> int:
        """All five together."""
        return self.available + self.tasked + self.claimed + self.approved + self.settled


@dataclass(frozen=True)
class Terms:
    """The award as really awarded, the window in which duty may be worked, and the warning levels.

    The four levels are shares of the award. A forecast of the outturn below `amber_under` or above
    `amber_over` is amber; below `red_under` or above `red_over` it is red. The `profile` is the planned
    cumulative cost, its points in the order of their days; without one the award is spread evenly.
    """

    award_pence: int
    eligible_from: date
    eligible_to: date
    amber_under: Fraction = Fraction(95, 100)
    red_under: Fraction = Fraction(85, 100)
    amber_over: Fraction = Fraction(98, 100)
    red_over: Fraction = Fraction(1)
    profile: tuple["Point", ...] = ()

    def __post_init__(self) -> None:
        if self.eligible_to < self.eligible_from:
            raise ValueError("The window of a grant cannot end before it begins")

    @property
    def window_days(self) -> int:
        """Days on which duty may be worked, first and last included."""
        return (self.eligible_to - self.eligible_from).days + 1

    def days_left(self, as_at: date) -> int:
        """Days of the window to come, `as_at` included: all before it opens, none after it ends."""
        return max(0, (self.eligible_to - max(as_at, self.eligible_from)).days + 1)

    @property
    def plan(self) -> tuple["Point", ...]:
        """The profile from the eve of the window on; the even one where none is set."""
        eve = Point(self.eligible_from - timedelta(days=1), 0)
        return (eve, *(self.profile or (Point(self.eligible_to, self.award_pence),)))

    def planned(self, on: date) -> int:
        """Pence planned to be incurred by the end of a day; between two points the plan rises evenly."""
        if on >= self.plan[-1].on:
            return self.plan[-1].cumulative
        for before, after in pairwise(self.plan):
            if before.on <= on < after.on:
                share = Fraction((on - before.on).days, (after.on - before.on).days)
                return before.cumulative + _rounded((after.cumulative - before.cumulative) * share)
        return 0


@dataclass(frozen=True)
class Point:
    """A point of a profile: what is planned to be incurred by the end of a day, in pence."""

    on: date
    cumulative: int


@dataclass(frozen=True)
class Day:
    """What duties of one day cost, in pence; below nothing when more was reversed than approved."""

    on: date
    incurred: int


@dataclass(frozen=True)
class Forecast:
    """What the grant will have cost in the end, and what of the award is then lost, in pence."""

    name: str
    outturn: int
    unspent: int
    rag: Rag
    rag_word: str


@dataclass(frozen=True)
class BurnDown:
    """The figures of the dashboard on one day. Amounts in pence; a week is seven days.

    `planned_pence` is what the profile plans to be incurred by the end of that day.
    `required_week` is None once the window has ended ("not applicable"), `run_out_on` when nothing burns.
    `average_hour_pence` and both figures in hours are None until an hour has been priced.
    """

    as_at: date
    stages: Stages
    remaining: int
    days_left: int
    weeks_left: Fraction
    opening_day_pence: int
    opening_week_pence: int
    planned_pence: int
    burn_rate_week: int
    required_week: int | None
    run_out_on: date | None
    last_safe_day: date
    forecasts: tuple[Forecast, ...]
    to_task_this_week_pence: int
    hours_this_week: int | None
    available_hours: int | None
    average_hour_pence: int | None


@dataclass(frozen=True)
class Week:
    """One row of the table beneath the chart: the position when a week closes. Amounts in pence.

    `ending` is a Sunday or the last day of the window. `as_at` is the day the figures are for: the same day,
    or the day asked for in a week that is still running. `gap` is required less pace: above nothing means
    too slow. Each row shows what the dashboard itself showed on that day.
    """

    ending: date
    as_at: date
    days_left: int
    profile_cumulative: int
    incurred: int
    incurred_cumulative: int
    remaining: int
    pace: int
    required: int | None
    gap: int | None
    run_out_on: date | None

    @property
    def complete(self) -> bool:
        """Whether the week is over: the last row of a running grant usually is not."""
        return self.as_at == self.ending


def burn_down(
    terms: Terms,
    stages: Stages,
    days: Sequence[Day],
    *,
    as_at: date,
    worked_minutes: int,
    costed_pence: int,
    own_forecast: tuple[int, date] | None = None,
) -> BurnDown:
    """Work out every figure of the dashboard as at one day.

    `stages` and `days` must come from the same ledger entries; days after `as_at` are ignored. The average
    hour is `costed_pence` for `worked_minutes`: both of everything incurred, claimed and tasked.
    `own_forecast` is the DI's own outturn in pence and the day it was given.
    """
    pace = _pace_week(days, as_at)
    remaining = terms.award_pence - stages.incurred
    to_task = _to_task_this_week(terms, stages.available, as_at)
    average = average_hour(worked_minutes=worked_minutes, costed_pence=costed_pence)
    opening_day = Fraction(terms.award_pence, terms.window_days)
    return BurnDown(
        as_at=as_at,
        stages=stages,
        remaining=remaining,
        days_left=terms.days_left(as_at),
        weeks_left=_weeks_left(terms, as_at),
        opening_day_pence=_rounded(opening_day),
        opening_week_pence=_rounded(opening_day * 7),
        planned_pence=terms.planned(as_at),
        burn_rate_week=_rounded(pace),
        required_week=_required_week(terms, remaining, as_at),
        run_out_on=_run_out_on(terms, remaining, pace, as_at),
        last_safe_day=terms.eligible_to,
        forecasts=_forecasts(terms, stages, pace, as_at, own_forecast),
        to_task_this_week_pence=_rounded(to_task),
        hours_this_week=_hours(to_task, average),
        available_hours=_hours(Fraction(max(0, stages.available)), average),
        average_hour_pence=None if average is None else _rounded(average),
    )


def average_hour(*, worked_minutes: int, costed_pence: int) -> Fraction | None:
    """What an hour costs on average, in exact pence; None until an hour has been priced."""
    return Fraction(costed_pence * 60, worked_minutes) if worked_minutes else None


def at_this_pace(terms: Terms, incurred: int, last_fortnight: int, *, as_at: date) -> Forecast:
    """Where a line ends up if it goes on as in the last fourteen days; `terms` hold what it was allocated."""
    pace = Fraction(last_fortnight, 2)
    return forecast(terms, AT_THIS_PACE, incurred + _rounded(pace * _weeks_left(terms, as_at)))


def weeks(terms: Terms, days: Sequence[Day], *, as_at: date) -> tuple[Week, ...]:
    """The burn-down week by week, from the first of the window to the one `as_at` falls in.

    No rows before the window opens. The profile is that of `terms`.
    """
    rows: list[Week] = []
    opens = terms.eligible_from
    while opens <= min(as_at, terms.eligible_to):
        ending = min(opens + timedelta(days=6 - opens.weekday()), terms.eligible_to)
        before = rows[-1].incurred_cumulative if rows else 0
        rows.append(_week(terms, days, ending, min(ending, as_at), before))
        opens = ending + timedelta(days=1)
    return tuple(rows)


def incurred_to(days: Sequence[Day], on: date) -> int:
    """Pence incurred by duties up to and including a day."""
    return sum(day.incurred for day in days if day.on <= on)


def of_the_last_days(days: Sequence[Day], as_at: date) -> int:
    """Pence incurred by duties of the days that make the pace, `as_at` the last of them."""
    return incurred_to(days, as_at) - incurred_to(days, as_at - timedelta(days=PACE_DAYS))


def _week(terms: Terms, days: Sequence[Day], ending: date, as_at: date, before: int) -> Week:
    incurred = incurred_to(days, as_at)
    remaining = terms.award_pence - incurred
    exact_pace = _pace_week(days, as_at)
    pace = _rounded(exact_pace)
    required = _required_week(terms, remaining, as_at)
    return Week(
        ending=ending,
        as_at=as_at,
        days_left=terms.days_left(as_at),
        profile_cumulative=terms.planned(as_at),
        incurred=incurred - before,
        incurred_cumulative=incurred,
        remaining=remaining,
        pace=pace,
        required=required,
        # Of the two rounded figures beside it, so that the row can be checked by hand.
        gap=None if required is None else required - pace,
        run_out_on=_run_out_on(terms, remaining, exact_pace, as_at),
    )


def _weeks_left(terms: Terms, as_at: date) -> Fraction:
    return Fraction(terms.days_left(as_at), 7)


def _pace_week(days: Sequence[Day], as_at: date) -> Fraction:
    """Half of what the last fourteen days cost, even if the grant is younger."""
    return Fraction(of_the_last_days(days, as_at), 2)


def _required_week(terms: Terms, remaining: int, as_at: date) -> int | None:
    """The weekly pace that spends the rest exactly; in the last days more than the rest itself."""
    weeks_left = _weeks_left(terms, as_at)
    return _rounded(remaining / weeks_left) if weeks_left else None


def _to_task_this_week(terms: Terms, available: int, as_at: date) -> Fraction:
    """What has to be newly tasked this week: a week's even share of what is still available.

    available / weeks left; all of it in the last seven days; nothing when the window has ended or
    nothing is available. What is tasked or claimed already is on its way and is not asked for again.
    """
    if not terms.days_left(as_at):
        return Fraction(0)
    return max(0, available) / max(Fraction(1), _weeks_left(terms, as_at))


def _run_out_on(terms: Terms, remaining: int, pace: Fraction, as_at: date) -> date | None:
    """The day on which the money is gone at this pace: within the window if the forecast is an overspend.

    None when nothing burns, when the window has ended, and when the day is beyond the calendar.
    """
    if pace <= 0 or as_at > terms.eligible_to:
        return None
    days = max(0, remaining) / (pace / 7) // 1
    return as_at + timedelta(days=days) if days <= (date.max - as_at).days else None


def _hours(amount: Fraction, average: Fraction | None) -> int | None:
    return round_half_up(amount / average) if average else None


def _forecasts(
    terms: Terms, stages: Stages, pace: Fraction, as_at: date, own: tuple[int, date] | None
) -> tuple[Forecast, ...]:
    """The outturn foretold in up to three ways, each named."""
    named = [
        (AT_THIS_PACE, stages.incurred + _rounded(pace * _weeks_left(terms, as_at))),
        (ALL_TASKED_WORKED, stages.incurred + stages.claimed + stages.tasked),
    ]
    if own is not None:
        outturn, given_on = own
        named.append((f"The DI’s own figure of {given_on.day} {given_on:%B %Y}", outturn))
    return tuple(forecast(terms, name, outturn) for name, outturn in named)


def underspend(terms: Terms, outturn: int) -> Literal["amber", "red"] | None:
    """The warning level that an outturn, in pence, falls under; None if it does not."""
    if outturn < terms.award_pence * terms.red_under:
        return "red"
    return "amber" if outturn < terms.award_pence * terms.amber_under else None


def forecast(terms: Terms, name: str, outturn: int) -> Forecast:
    """Judge an outturn, in pence, against the award and its warning levels."""
    rag, why = _rag(terms, outturn)
    return Forecast(name, outturn, terms.award_pence - outturn, rag, why)


def _rag(terms: Terms, outturn: int) -> tuple[Rag, str]:
    """The colour of a forecast and why, in words that stand without the colour."""
    award = terms.award_pence
    unspent = award - outturn
    if unspent < 0 and outturn > award * terms.red_over:
        return "red", f"Overspend: {pounds(-unspent)} more than the award"
    if outturn > award * terms.red_over:
        return "red", _over(terms.red_over)
    under = underspend(terms, outturn)
    if under == "red":
        return "red", f"Underspend: less than {_percent(terms.red_under)} of the award"
    if outturn > award * terms.amber_over:
        return "amber", _over(terms.amber_over)
    if under == "amber":
        return "amber", f"Underspend: less than {_percent(terms.amber_under)} of the award"
    return "green", f"On course: {_percent(terms.amber_under)} to {_percent(terms.amber_over)} of the award"


def _over(level: Fraction) -> str:
    return f"Close to the cap: more than {_percent(level)} of the award"


def _percent(share: Fraction) -> str:
    return f"{float(share * 100):g}%"


def _rounded(pence: Fraction) -> int:
    """Whole pence, half a penny away from nothing, so that an amount and its reversal round alike."""
    return round_half_up(pence) if pence >= 0 else -round_half_up(-pence)
