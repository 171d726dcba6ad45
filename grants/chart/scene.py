"""What there is to draw of a burn-down, in days of the window and in pence: the same for any paper."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from typing import Literal

from grants.burndown import ALL_TASKED_WORKED, AT_THIS_PACE, BurnDown, Day, Terms, incurred_to
from grants.chart.paper import counted_days, month_day, short_date, whole
from overtime_ledger.money import round_half_up

Kind = Literal["pace", "needed", "tasked", "profile", "outcome"]


@dataclass(frozen=True)
class Scene:
    """What is to be drawn, in days since the window opened and in pence: the same for every layout."""

    terms: Terms
    burn: BurnDown
    as_at: date
    is_today: bool
    steps: tuple[tuple[int, int], ...]
    futures: tuple["Course", ...]

    @property
    def now_day(self) -> int:
        """The start of `as_at` in days of the window, kept within it."""
        return self.terms.window_days - self.burn.days_left

    @property
    def left(self) -> int:
        """Pence left as at the day asked for."""
        return self.steps[-1][1]

    @property
    def running(self) -> bool:
        """Whether `as_at` is a day of the window."""
        return self.terms.eligible_from <= self.as_at <= self.terms.eligible_to

    @property
    def top(self) -> int:
        """The highest amount to be shown: the award, unless reversals exceed it."""
        return max([self.terms.award_pence, 1, *self.levels])

    @property
    def floor(self) -> int:
        """The lowest amount to be shown: nothing, unless more was incurred than awarded."""
        return min([0, *self.levels])

    @property
    def levels(self) -> list[int]:
        """Every amount that a line passes through."""
        ends = [round_half_up(course.end_pence) for course in self.futures]
        return [*(pence for _, pence in self.steps), *ends]


@dataclass(frozen=True)
class Course:
    """A future: a straight line from today to a day and an amount, and the outturn's words."""

    kind: Kind
    end_day: Fraction
    end_pence: Fraction
    name: str
    brief_name: str
    words: tuple[str, ...]
    brief_words: tuple[str, ...]


def scene_of(terms: Terms, days: Sequence[Day], burn: BurnDown, as_at: date, today: date | None) -> Scene:
    bare = Scene(terms, burn, as_at, as_at == today, _steps(terms, days, as_at), ())
    if not burn.days_left or bare.left <= 0:
        return bare
    courses = [_needed(bare), *(_foretold(bare, name) for name in (AT_THIS_PACE, ALL_TASKED_WORKED))]
    return replace(bare, futures=tuple(courses))


def _steps(terms: Terms, days: Sequence[Day], as_at: date) -> tuple[tuple[int, int], ...]:
    """Day of the window and money left from that day on, wherever it changes."""
    last = min(as_at, terms.eligible_to)
    steps = [(0, terms.award_pence)]
    for on in sorted({day.on for day in days if day.on <= as_at}):
        place = max(0, (min(on, last) - terms.eligible_from).days)
        steps.append((place, terms.award_pence - incurred_to(days, on)))
    return tuple(steps)


def _needed(scene: Scene) -> Course:
    burn = scene.burn
    if burn.days_left >= 7 and burn.required_week is not None:
        words: tuple[str, ...] = (f"{whole(burn.required_week)} a week",)
        brief: tuple[str, ...] = (whole(burn.required_week), "a week")
    else:
        # A week is longer than what is left: the weekly figure would exceed the money there is.
        span = f"in {counted_days(burn.days_left)}"
        words, brief = (f"{whole(scene.left)} {span}",), (whole(scene.left), span)
    end = Fraction(scene.terms.window_days)
    return Course("needed", end, Fraction(0), "Pace needed", "Needed", words, brief)


def _foretold(scene: Scene, name: str) -> Course:
    forecast = next(forecast for forecast in scene.burn.forecasts if forecast.name == name)
    kind: Kind = "pace" if name == AT_THIS_PACE else "tasked"
    names = ("At this pace", "This pace") if kind == "pace" else ("All tasked worked", "All tasked")
    end = Fraction(scene.terms.window_days)
    if forecast.unspent >= 0:
        words, brief = _unspent(forecast.unspent)
        return Course(kind, end, Fraction(forecast.unspent), *names, words, brief)
    # The cap is hard: the line stops where the money does.
    span = end - scene.now_day
    gone = scene.now_day + span * scene.left / (scene.left - forecast.unspent)
    short = f"{whole(-forecast.unspent)} short"
    if kind == "tasked" or scene.burn.run_out_on is None:
        return Course(kind, end, Fraction(0), *names, (short,), (whole(-forecast.unspent), "short"))
    words = (f"the money runs out on {month_day(scene.burn.run_out_on)}, {short}",)
    brief = (f"runs out {short_date(scene.burn.run_out_on)}", short)
    return Course(kind, gone, Fraction(0), *names, words, brief)


def _unspent(pence: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if pence == 0:
        return ("all spent",), ("all spent",)
    return (f"{whole(pence)} unspent",), (whole(pence), "unspent")


def outcome(scene: Scene) -> list[Course]:
    """What was left when the window ended: then there is one end to be named, and no future."""
    if scene.burn.days_left:
        return []
    words = (whole(scene.left),)
    end = Fraction(scene.terms.window_days)
    return [Course("outcome", end, Fraction(scene.left), "Unspent", "Unspent", words, words)]


def planned(scene: Scene) -> list[Course]:
    """The end of the profile that finance set; the even one is not drawn."""
    terms = scene.terms
    if not terms.profile:
        return []
    left = terms.award_pence - terms.profile[-1].cumulative
    end = Fraction(terms.window_days)
    return [Course("profile", end, Fraction(left), "Profile", "Profile", *_unspent(left))]
