"""What a duty pays, to the penny and in words: overtime in England and Wales, January to March 2021.

Police Regulations 2003, regulations 22, 25 and 26, with Annex G (overtime) and Annex H (public holidays and
rest days). Pure: aware datetimes and exact fractions in, pence and words out; the pay of each line is rounded
once, half up, and so is its on-cost. A duty is first cut where its rule changes (the end of a public holiday,
the start of a rest day, the fortieth hour of a part-timer's week), then each part at the ends of the grant's
window. No Django.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from typing import Literal
from zoneinfo import ZoneInfo

import holidays

from overtime_ledger.money import pounds, round_half_up

LONDON = ZoneInfo("Europe/London")
ELIGIBLE_RANKS = frozenset({"constable", "sergeant"})
THIRD, HALF, DOUBLE, PLAIN = Fraction(4, 3), Fraction(3, 2), Fraction(2), Fraction(1)
QUARTER = 15
FOUR_HOURS = 4 * 60
FULL_WEEK = 40 * 60
SHORT_STAY = 60
CASUAL_LOSS = 30
CASUAL_LOSSES_A_WEEK = 4
REST_DAY_NOTICE = 15
HOLIDAY_NOTICE = 8
EARLY_START_NOTICE = timedelta(hours=8)

_ANNEX_G = "Police Regulations 2003, reg. 25 and Annex G."
_ANNEX_H = "Police Regulations 2003, reg. 26 and Annex H."
_NAMES = {  # each rule as its working calls it, and where the rule stands
    "planned": ("Planned overtime", _ANNEX_G),
    "casual": ("Casual overtime", _ANNEX_G),
    "rest_day": ("Rest day", _ANNEX_H),
    "public_holiday": ("Public holiday", _ANNEX_H),
    "recall": ("Recall between two tours", _ANNEX_G),
    "early_start": ("Early start", _ANNEX_G),
    "part_time": ("Part-time hours", _ANNEX_G),
    "toil": ("Time off in lieu of pay", _ANNEX_G),
    "agreed_rate": ("Agreed rate", ""),
}
_MULTIPLIERS = {
    PLAIN: "plain time",
    THIRD: "time and a third",
    HALF: "time and a half",
    DOUBLE: "double time",
}
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

_ENGLAND = holidays.country_holidays("GB", subdiv="ENG")


class NotPayable(Exception):
    """The duty cannot be priced; `code` names the reason for programs, `reason` says it in plain words.

    Codes: rank_not_eligible, not_a_public_holiday, outside_grant_period, end_not_after_start,
    notice_unknown (a rest day or early start without the moment the officer was told), unknown_duty_type.
    """

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(f"{code}: {reason}")
        self.code = code
        self.reason = reason


@dataclass(frozen=True, kw_only=True)
class Switches:
    """What differs by force or is not settled in law; by default as the rule book takes it."""

    recall_minimum_minutes: int = 0  # 240 if the four hours of KSO [2022] EWHC 2514 are held to apply
    travel_limit_minutes: int | None = 360  # duty and travel together; None: travel always counts
    london_weighting_pence: int = 0  # a year, where it is counted in the hourly rate
    short_casual_occasion_counts: bool = False  # whether a stay under 30 minutes uses up one of the four
    week_starts_on: int = 0  # Monday is 0
    force_day_starts: time = time(0)  # 07:00 is common; not verified for the Metropolitan Police

    def week_start(self, moment: datetime) -> datetime:
        """The moment at which the force's week that contains `moment` began."""
        day = self.force_day(moment)
        return self.day_start(day - timedelta(days=(day.weekday() - self.week_starts_on) % 7))

    def force_day(self, moment: datetime) -> date:
        """The day of the force to which a moment belongs."""
        local = moment.astimezone(LONDON)
        return local.date() - timedelta(days=local.time() < self.force_day_starts)

    def day_start(self, day: date) -> datetime:
        """The moment at which a day of the force begins."""
        return datetime.combine(day, self.force_day_starts, LONDON)


DEFAULT_SWITCHES = Switches()


@dataclass(frozen=True, kw_only=True)
class Duty:
    """One officer's stay, as tasked or as claimed. Raises ValueError for naive times or negative minutes."""

    duty_type: str
    starts_at: datetime
    ends_at: datetime
    told_at: datetime | None = None
    break_minutes: int = 0
    travel_minutes: int = 0
    casual_occasion: int | None = None
    follows_tour: bool = False
    tour_starts_at: datetime | None = None  # of the tour that it follows, where the roster says so
    weekly_minutes_before: int = 0
    holiday_substituted: bool = False
    rest_day_from: datetime | None = None  # where a duty runs into the officer's rest day
    rest_day_until: datetime | None = None  # where it runs out of it again

    def __post_init__(self) -> None:
        moments = (
            self.starts_at,
            self.ends_at,
            self.told_at,
            self.tour_starts_at,
            self.rest_day_from,
            self.rest_day_until,
        )
        for moment in moments:
            if moment is not None and moment.tzinfo is None:
                raise ValueError("The times of a duty must know their time zone")
        if min(self.break_minutes, self.travel_minutes, self.weekly_minutes_before) < 0:
            raise ValueError("The minutes of a duty cannot be negative")
        if self.rest_day_from and self.rest_day_until and self.rest_day_until <= self.rest_day_from:
            raise ValueError("A rest day must end after it begins")

    @property
    def minutes(self) -> int:
        """True minutes from start to end, whatever the clocks did meanwhile."""
        return (self.ends_at.astimezone(UTC) - self.starts_at.astimezone(UTC)) // timedelta(minutes=1)


@dataclass(frozen=True)
class Window:
    """The moments between which the grant bears cost: from `starts_at` up to, but not at, `ends_at`."""

    starts_at: datetime
    ends_at: datetime

    @classmethod
    def of_days(cls, first: date, last: date) -> "Window":
        """The whole of both days and of all between them, in London."""
        after = last + timedelta(days=1)
        return cls(datetime.combine(first, time(), LONDON), datetime.combine(after, time(), LONDON))


@dataclass(frozen=True)
class Line:
    """Part of a duty under one rule: `minutes` counted, `units` of 15, `hourly` in pence, exact.

    `pence` is the pay, `on_cost_pence` what the payer adds to it; what is owed beyond the grant has none.
    """

    rule: str
    starts_at: datetime
    ends_at: datetime
    minutes: int
    units: int
    multiplier: Fraction
    hourly: Fraction
    pence: int
    on_cost_pence: int
    working: str

    @property
    def total_pence(self) -> int:
        return self.pence + self.on_cost_pence


@dataclass(frozen=True)
class TimeOwed:
    """Time that a duty earns an officer: another rest day, a day off in lieu of a public holiday, or minutes.

    `minutes` is 0 for a whole day. It costs the grant nothing; somebody has to grant it.
    """

    kind: Literal["rest_day", "lieu_day", "toil"]
    minutes: int
    because: str


@dataclass(frozen=True)
class Price:
    """What a duty costs the grant (`lines`) and what the officer is owed besides, not by the grant.

    `time_owed` is owed in time, `notes` are questions that somebody has to answer.
    """

    lines: tuple[Line, ...]
    owed_beyond: tuple[Line, ...]
    time_owed: tuple[TimeOwed, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def pence(self) -> int:
        """Pay and on-cost together: what the grant bears."""
        return self.pay_pence + self.on_cost_pence

    @property
    def pay_pence(self) -> int:
        return sum(line.pence for line in self.lines)

    @property
    def on_cost_pence(self) -> int:
        return sum(line.on_cost_pence for line in self.lines)

    @property
    def units(self) -> int:
        return sum(line.units for line in self.lines)

    @property
    def working(self) -> str:
        """Every line in words, with what is owed besides, so that nothing of the duty goes unexplained."""
        words = [line.working for line in self.lines]
        if len(self.lines) > 1:
            words.append(f"Together {pounds(self.pence)}.")
        words += [line.working for line in self.owed_beyond]
        return " ".join(words + [owed.because for owed in self.time_owed])


@dataclass(frozen=True)
class Hour:
    """An hour of duty under one rule: exact pence before the multiplier, and the share that comes on top."""

    hourly: Fraction
    multiplier: Fraction
    on_cost: Fraction = Fraction(0)

    @property
    def pence(self) -> int:
        """What a line of just an hour costs."""
        return self.pence_of(4)

    def pence_of(self, quarters: int) -> int:
        """What a line of some quarters costs: its pay and its on-cost, each rounded half up."""
        paid = _pence(quarters, self.hourly, self.multiplier)
        return paid + round_half_up(paid * self.on_cost)

    def quarters_for(self, pence: int) -> int:
        """Completed quarters of an hour that a sum buys, on-cost included. Exact: no line is rounded."""
        return pence * 4 // (self.hourly * self.multiplier * (1 + self.on_cost))


@dataclass(frozen=True)
class _Stay:
    """What is reckoned: a stretch of a duty under one rule.

    A duty that the window cuts (`clipped`) has no minimum in any of its parts. Breaks, travel and the casual
    loss belong to the duty: a part that is `continued` (an earlier one had the same rule) has none of them.
    """

    duty: Duty  # the stretch inside the window
    part: Duty  # the part it was cut from
    asked: Duty  # the duty as it was asked for
    switches: Switches
    clipped: bool = False
    continued: bool = False


@dataclass(frozen=True)
class _Counted:
    """What a rule makes of a stay, why, and the switches that had a say in it."""

    minutes: int
    multiplier: Fraction
    because: str
    switches: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Rate:
    """An hour's pay in exact pence, as it is shown, and where it comes from."""

    hourly: Fraction
    shown: str
    source: str
    switches: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Terms:
    """What all parts of a duty are reckoned with."""

    rate: _Rate
    window: Window | None
    on_cost: Fraction
    switches: Switches


_Rule = Callable[[_Stay], _Counted]


def hourly_pence(annual_pay_pence: int) -> Fraction:
    """An hour's basic pay in exact pence: annual pay x 6/313 for the week, / 40 for the hour (Annex G)."""
    return annual_pay_pence * Fraction(6, 313) / 40


def police_hourly(annual_pay_pence: int, switches: Switches = DEFAULT_SWITCHES) -> Fraction:
    """An hour's pay of a police officer in exact pence, with what the force counts in beside basic pay."""
    return hourly_pence(annual_pay_pence + switches.london_weighting_pence)


def exact_pounds(hourly: Fraction) -> str:
    """An hour's pay as it is shown, to a hundredth of a penny: "£19.7109"."""
    whole, part = divmod(round_half_up(hourly * 100), 10_000)
    return f"£{whole:,}.{part:04}"


def pay_bought(pence: int, on_cost: Fraction) -> int:
    """The most pay, in whole pence, that a sum bears together with an on-cost on it."""
    return pence // (1 + on_cost)


def law_of(duty_type: str) -> str:
    """Where the rule of a duty type stands."""
    return _NAMES[duty_type][1]


def clear_days(told_at: datetime, starts_at: datetime) -> int:
    """Days between being told and the duty, counting neither; below 0 if told on the day or later."""
    return (starts_at.astimezone(LONDON).date() - told_at.astimezone(LONDON).date()).days - 1


def casual_occasion(earlier_minutes: Iterable[int], switches: Switches = DEFAULT_SWITCHES) -> int:
    """Which counting occasion of the week a casual stay is, after stays of the given minutes in that week."""
    least = 0 if switches.short_casual_occasion_counts else CASUAL_LOSS
    return 1 + sum(minutes >= least for minutes in earlier_minutes)


def is_public_holiday(day: date) -> bool:
    """Whether England has a public holiday on that day."""
    return day in _ENGLAND


def price(
    duty: Duty,
    *,
    rank: str,
    annual_pay_pence: int,
    window: Window | None,
    switches: Switches = DEFAULT_SWITCHES,
    on_cost: Fraction = Fraction(0),
    pay_point: str = "",
) -> Price:
    """Price a police officer's duty; `rank` and pay are those held on the day, `window` None is no grant.

    `on_cost` is the share of the pay that the grant bears besides (0.138 for 13.8%); `pay_point` says in
    words where the annual pay is from. Raises NotPayable, and ValueError for pay or on-cost below nothing.
    Source: Annexes G and H of the determinations under the Police Regulations 2003.
    """
    duty = _in_utc(duty)
    if rank not in ELIGIBLE_RANKS:
        raise NotPayable("rank_not_eligible", f"Only constables and sergeants earn overtime, not: {rank}.")
    if duty.duty_type not in RULES:
        raise NotPayable("unknown_duty_type", f"There is no duty type {duty.duty_type}.")
    _check_window(duty, window)
    _check_money(annual_pay_pence, on_cost)
    terms = _Terms(_police_rate(annual_pay_pence, pay_point, switches), window, on_cost, switches)
    parts = _parts(duty, switches)
    reckoned = _reckon_each(parts, duty, lambda part: RULES[part.duty_type], terms)
    return _joined(reckoned, _time_owed(parts, switches), _notes(duty, switches))


def price_at_agreed_rate(
    duty: Duty,
    *,
    grade: str,
    hourly_pence: int,
    multiplier: Fraction,
    window: Window | None,
    charged_minutes: int | None = None,
    on_cost: Fraction = Fraction(0),
    source: str = "Agreed rate card",
) -> Price:
    """Price another agency's duty by its agreed rate card: completed quarters of what the agency charges.

    The agency's own pay rules are never computed: `charged_minutes` is its own figure, which a minimum of its
    own may have raised; None is the duty less breaks. Of a duty that the window cuts, never more than the
    minutes inside. `hourly_pence` is whole pence. Raises NotPayable; ValueError for figures below nothing.
    """
    duty = replace(_in_utc(duty), duty_type="agreed_rate")
    _check_window(duty, window)
    _check_money(hourly_pence, multiplier, charged_minutes or 0, on_cost)
    rate = _Rate(Fraction(hourly_pence), pounds(hourly_pence), f"{source}, {grade}.")

    def agreed(stay: _Stay) -> _Counted:
        return _charged(stay, charged_minutes, multiplier)

    terms = _Terms(rate, window, on_cost, DEFAULT_SWITCHES)
    return _joined(_reckon_each([duty], duty, lambda part: agreed, terms), time_owed=(), notes=())


# The rules, one function for each duty type.


def _planned(stay: _Stay) -> _Counted:
    return _less_breaks(stay, THIRD, "Nothing is lost.")


def _casual(stay: _Stay) -> _Counted:
    minutes, occasion = stay.duty.minutes, stay.duty.casual_occasion
    if stay.continued:
        return _Counted(minutes, THIRD, "Of the same occasion: it has lost its half hour already.")
    if minutes < CASUAL_LOSS:
        return _Counted(0, THIRD, "A stay under 30 minutes counts nothing.")
    which, switches = "The occasion is not stated and taken as the first of the week", _week_of(stay.switches)
    if occasion:
        short = "one" if stay.switches.short_casual_occasion_counts else "none"
        which = f"Occasion {occasion} of the week"
        switches += (f"a stay under 30 minutes uses up {short} of the first four occasions",)
    if (occasion or 1) > CASUAL_LOSSES_A_WEEK:
        return _Counted(minutes, THIRD, f"{which}: after the fourth nothing is lost.", switches)
    because = f"{which}: 30 minutes are lost on each of the first four."
    return _Counted(minutes - CASUAL_LOSS, THIRD, because, switches)


def _rest_day(stay: _Stay) -> _Counted:
    notice = clear_days(_told(stay.part), stay.part.starts_at)
    if notice >= REST_DAY_NOTICE:
        because = f"{notice} clear days' notice: with 15 or more another rest day is due instead of pay."
        return _Counted(0, HALF, because)
    because = f"{_notice(notice)}, which is under 15: it is paid."
    if stay.duty.follows_tour and stay.duty.minutes <= SHORT_STAY:
        because += " A stay of at most 60 minutes straight after a tour counts as worked."
        return _Counted(stay.duty.minutes, HALF, because)
    return _at_least_four_hours(stay, HALF, because)


def _public_holiday(stay: _Stay) -> _Counted:
    because = "The day is a public holiday in England."
    if stay.part.holiday_substituted:
        because = "The day stands in for a public holiday, as the evidence shows."
    return _at_least_four_hours(stay, DOUBLE, because)


def _recall(stay: _Stay) -> _Counted:
    minutes, because, switches = _with_travel(stay)
    because = f"Nothing is lost.{because}"
    chosen = stay.switches.recall_minimum_minutes
    if minutes < max(chosen, FOUR_HOURS) and not stay.clipped:
        minimum = f"counts at least {_spell(chosen)}" if chosen else "has no minimum of 4 hours"
        switches += (f"a recall {minimum} (disputed: KSO [2022] EWHC 2514)",)
    least = max(chosen, QUARTER)
    if minutes < least and not stay.clipped:
        minutes, because = least, f"{because} The least that a recall counts is {_spell(least)}."
    return _Counted(minutes, THIRD, because, switches)


def _early_start(stay: _Stay) -> _Counted:
    if stay.part.starts_at - _told(stay.part) >= EARLY_START_NOTICE:
        return _Counted(0, THIRD, "Told 8 hours or more before it: nothing is payable.")
    because = "Told under 8 hours before it, the day's normal tour being done already: nothing is lost."
    return _Counted(stay.duty.minutes, THIRD, because)


def _part_time(stay: _Stay) -> _Counted:
    before, week = stay.part.weekly_minutes_before, _week_of(stay.switches)
    if before < FULL_WEEK:
        because = f"It comes after {_spell(before)} in the week: plain time up to 40 hours."
        return _Counted(stay.duty.minutes, PLAIN, because, week)
    return _Counted(stay.duty.minutes, THIRD, "It comes after 40 hours in the week.", week)


def _toil(stay: _Stay) -> _Counted:
    return _Counted(0, Fraction(0), "It costs the grant nothing.")


RULES: dict[str, _Rule] = {
    "planned": _planned,
    "casual": _casual,
    "rest_day": _rest_day,
    "public_holiday": _public_holiday,
    "recall": _recall,
    "early_start": _early_start,
    "part_time": _part_time,
    "toil": _toil,
}


def _charged(stay: _Stay, charged_minutes: int | None, multiplier: Fraction) -> _Counted:
    """What another agency charges, or what was worked; inside the window never more than was worked there."""
    inside = _less_breaks(stay, multiplier, "Nothing is lost or added.")
    if charged_minutes is None:
        return inside
    worked = _less_breaks(replace(stay, duty=stay.asked), multiplier, "").minutes
    because = f"The agency charges {_spell(charged_minutes)} for {_spell(worked)} worked."
    if stay.clipped and charged_minutes > inside.minutes:
        because += f" The grant bears no more than the {_spell(inside.minutes)} inside its window."
        return _Counted(inside.minutes, multiplier, because)
    return _Counted(charged_minutes, multiplier, because)


def _less_breaks(stay: _Stay, multiplier: Fraction, because: str) -> _Counted:
    breaks = 0 if stay.continued else stay.duty.break_minutes
    if breaks:
        inside = ", taken to lie inside the grant's window," if stay.clipped else ""
        because += f" Breaks of {_spell(breaks)}{inside} do not count."
    return _Counted(max(stay.duty.minutes - breaks, 0), multiplier, because)


def _told(duty: Duty) -> datetime:
    if duty.told_at is None:
        raise NotPayable("notice_unknown", "When was the officer told? The pay for this duty depends on it.")
    return duty.told_at


def _at_least_four_hours(stay: _Stay, multiplier: Fraction, because: str) -> _Counted:
    minutes, travel, switches = _with_travel(stay)
    because += travel
    if minutes < FOUR_HOURS and stay.clipped:
        because += " A duty cut by the grant's window has no four-hour minimum."
    elif minutes < FOUR_HOURS:
        minutes, because = FOUR_HOURS, f"{because} The least that it counts is 4 hours."
    return _Counted(minutes, multiplier, because, switches)


def _with_travel(stay: _Stay) -> tuple[int, str, tuple[str, ...]]:
    """Minutes, words and switch: duty and travel where together they stay inside the limit, else duty alone.

    What the window cuts off does not bring in travel that the officer is not entitled to.
    """
    worked, travel, limit = stay.duty.minutes, stay.duty.travel_minutes, stay.switches.travel_limit_minutes
    if not travel or stay.continued:
        return worked, "", ()
    within = "always" if limit is None else f"where it and the duty are at most {_spell(limit)} together"
    named = (f"travel counts {within}",)
    if limit is None or stay.part.minutes + travel <= limit:
        return worked + travel, f" Travel of {_spell(travel)} counts besides.", named
    return worked, f" Travel of {_spell(travel)} does not count.", named


def _week_of(switches: Switches) -> tuple[str, ...]:
    starts = f"{switches.force_day_starts:%H:%M}"
    return (f"the force's week starts on {_WEEKDAYS[switches.week_starts_on]} at {starts}",)


# Cutting a duty where its rule changes.


def _parts(duty: Duty, switches: Switches) -> list[Duty]:
    """The duty cut into parts of one rule each; most stay whole, for midnight alone changes nothing."""
    if duty.duty_type == "toil":
        return [duty]
    if duty.duty_type == "part_time":
        return _week_parts(duty, switches)
    parts = _holiday_parts(duty, switches) if duty.duty_type == "public_holiday" else [duty]
    return [piece for part in parts for piece in _rest_day_parts(part, duty)]


def _rest_day_parts(part: Duty, asked: Duty) -> list[Duty]:
    """A part cut where the officer's rest day begins and ends; a moment outside the duty changes nothing."""
    if part.duty_type == "public_holiday":
        return [part]
    before: Duty | None = None
    on: Duty | None = part
    after: Duty | None = None
    if part.rest_day_from and asked.starts_at < part.rest_day_from < asked.ends_at:
        before, on = _cut(part, part.rest_day_from)
        if before and before.duty_type == "rest_day":
            before = replace(before, duty_type=_ordinary(asked))
        on = on and replace(on, duty_type="rest_day", follows_tour=True)
    until = part.rest_day_until
    if on and on.duty_type == "rest_day" and until and asked.starts_at < until < asked.ends_at:
        on, after = _cut(on, until)
        after = after and replace(after, duty_type=_ordinary(asked))
    return [piece for piece in (before, on, after) if piece]


def _cut(duty: Duty, moment: datetime) -> tuple[Duty | None, Duty | None]:
    """What of a duty lies before a moment, and what from then on."""
    moment = moment.astimezone(UTC)
    if moment <= duty.starts_at:
        return None, duty
    if moment >= duty.ends_at:
        return duty, None
    return replace(duty, ends_at=moment), replace(duty, starts_at=moment)


def _ordinary(duty: Duty) -> str:
    """The type of overtime that a stay is where no rest day or holiday rule reaches it."""
    tour_starts_at = duty.tour_starts_at or duty.starts_at
    return "casual" if duty.told_at is not None and duty.told_at > tour_starts_at else "planned"


def _holiday_parts(duty: Duty, switches: Switches) -> list[Duty]:
    """The duty cut where the public holiday begins or ends; off the holiday it is ordinary overtime."""
    first = day = switches.force_day(duty.starts_at)
    parts: list[Duty] = []
    rest: Duty | None = duty
    while rest:
        holiday = day == first if duty.holiday_substituted else is_public_holiday(day)
        day += timedelta(days=1)
        part, rest = _cut(rest, switches.day_start(day))
        assert part, "a duty is cut at the end of the day in which what is left of it begins"
        part = replace(part, duty_type="public_holiday" if holiday else _ordinary(duty))
        if parts and parts[-1].duty_type == part.duty_type:
            part = replace(part, starts_at=parts.pop().starts_at)
        parts.append(part)
    if not any(part.duty_type == "public_holiday" for part in parts):
        raise NotPayable(
            "not_a_public_holiday", f"{_day(duty.starts_at)} is not a public holiday in England."
        )
    return parts


def _week_parts(duty: Duty, switches: Switches) -> list[Duty]:
    """A part-timer's hours cut at the fortieth hour of the week; a new week starts again from nothing."""
    if duty.weekly_minutes_before + duty.minutes <= FULL_WEEK:
        return [duty]
    this_week, next_week = _cut(duty, switches.week_start(duty.starts_at) + timedelta(days=7))
    assert this_week, "a duty begins in its own week"
    plain, over = _cut(this_week, duty.starts_at + timedelta(minutes=FULL_WEEK - duty.weekly_minutes_before))
    parts = [plain] if plain else []
    if over:
        parts.append(replace(over, weekly_minutes_before=max(duty.weekly_minutes_before, FULL_WEEK)))
    if next_week:
        parts += _week_parts(replace(next_week, weekly_minutes_before=0), switches)
    return parts


# From parts to lines.


def _reckon_each(
    parts: list[Duty], asked: Duty, rule_of: Callable[[Duty], _Rule], terms: _Terms
) -> list[tuple[Line | None, Line | None]]:
    """For each part the line that the grant bears, and the line that the officer is owed besides."""
    seen: set[str] = set()
    reckoned = []
    for part in parts:
        stay = _Stay(part, part, asked, terms.switches, continued=part.duty_type in seen)
        reckoned.append(_reckon(stay, rule_of(part), terms))
        seen.add(part.duty_type)
    return reckoned


def _reckon(stay: _Stay, rule: _Rule, terms: _Terms) -> tuple[Line | None, Line | None]:
    counted = rule(stay)
    entitled = _line(stay, counted, terms)
    if _clip(stay.asked, terms.window) == stay.asked:
        return entitled, None
    inside = _clip(stay.part, terms.window)
    borne = None
    if inside:
        cut = replace(stay, duty=inside, clipped=True)
        borne = _line(cut, rule(cut), terms)
    return borne, _owed(entitled, borne, _switches(stay, counted, terms), terms.rate)


def _clip(part: Duty, window: Window | None) -> Duty | None:
    """What of a part lies inside the window."""
    if window is None:
        return part
    _, from_start = _cut(part, window.starts_at)
    return _cut(from_start, window.ends_at)[0] if from_start else None


def _owed(entitled: Line, borne: Line | None, switches: str, rate: _Rate) -> Line | None:
    """What the rule gives the officer for a part less what the grant bears, with the stretch it is for."""
    borne_units = borne.units if borne else 0
    units = entitled.units - borne_units
    if not units:
        return None
    name, law = _NAMES[entitled.rule]
    pence = _pence(units, entitled.hourly, entitled.multiplier)
    starts_at, ends_at = entitled.starts_at, entitled.ends_at
    if borne and borne.ends_at < ends_at and borne.starts_at == starts_at:
        starts_at = borne.ends_at
    elif borne and borne.starts_at > starts_at and borne.ends_at == ends_at:
        ends_at = borne.starts_at
    payee = "the officer" if law else "the other agency"
    words = (
        f"{name}, {_span(entitled.starts_at, entitled.ends_at)}: of {_quarters(entitled.units)} the grant "
        f"bears {borne_units}, because it bears only minutes inside its window.",
        f"{_quarters(units)} at {rate.shown} an hour x {_times(entitled.multiplier)} = {pounds(pence)} "
        f"{'is' if units == 1 else 'are'} owed to {payee}, but not by this grant.",
        switches,
        law,
    )
    return replace(
        entitled,
        starts_at=starts_at,
        ends_at=ends_at,
        minutes=entitled.minutes - (borne.minutes if borne else 0),
        units=units,
        pence=pence,
        on_cost_pence=0,
        working=_sentences(*words),
    )


def _line(stay: _Stay, counted: _Counted, terms: _Terms) -> Line:
    duty, rate = stay.duty, terms.rate
    name, law = _NAMES[duty.duty_type]
    units = counted.minutes // QUARTER
    pence = _pence(units, rate.hourly, counted.multiplier)
    on_cost_pence = round_half_up(pence * terms.on_cost)
    times = _times(counted.multiplier)
    payable = f"{_quarters(units)} at {rate.shown} an hour x {times} = {pounds(pence)}. {rate.source}"
    words = (
        f"{name}, {_span(duty.starts_at, duty.ends_at)}: {_spell(duty.minutes)}.",
        counted.because,
        f"{_spell(counted.minutes)} count." if counted.minutes not in (0, duty.minutes) else "",
        payable if units else "Payable: £0.00.",
        _switches(stay, counted, terms),
        law,
        f"On-cost {_percent(terms.on_cost)}: {pounds(on_cost_pence)}." if terms.on_cost and pence else "",
    )
    return Line(
        rule=duty.duty_type,
        starts_at=duty.starts_at.astimezone(LONDON),
        ends_at=duty.ends_at.astimezone(LONDON),
        minutes=counted.minutes,
        units=units,
        multiplier=counted.multiplier,
        hourly=rate.hourly,
        pence=pence,
        on_cost_pence=on_cost_pence,
        working=_sentences(*words),
    )


def _joined(
    reckoned: list[tuple[Line | None, Line | None]], time_owed: tuple[TimeOwed, ...], notes: tuple[str, ...]
) -> Price:
    lines = tuple(borne for borne, _ in reckoned if borne)
    return Price(lines, tuple(owed for _, owed in reckoned if owed), time_owed, notes)


def _pence(units: int, hourly: Fraction, multiplier: Fraction) -> int:
    return round_half_up(units * hourly / 4 * multiplier)


def _police_rate(annual_pay_pence: int, pay_point: str, switches: Switches) -> _Rate:
    weighting = switches.london_weighting_pence
    hourly = police_hourly(annual_pay_pence, switches)
    year = f"{pounds(annual_pay_pence)} a year" + (f", {pay_point}," if pay_point else "")
    named: tuple[str, ...] = ()
    if weighting:
        year = f"({year} + London weighting of {pounds(weighting)})"
        named = (f"London weighting of {pounds(weighting)} a year counts in the hourly rate",)
    source = f"An hour's pay is {year} x 6/313 / 40, kept exact until the line is rounded."
    return _Rate(hourly, exact_pounds(hourly), source, named)


def _in_utc(duty: Duty) -> Duty:
    """The duty in true time: across a change of the clocks wall times compare and subtract wrongly."""

    def utc(moment: datetime | None) -> datetime | None:
        return moment and moment.astimezone(UTC)

    starts_at, ends_at = duty.starts_at.astimezone(UTC), duty.ends_at.astimezone(UTC)
    if starts_at >= ends_at:
        raise NotPayable("end_not_after_start", "The duty must end after it starts.")
    return replace(
        duty,
        starts_at=starts_at,
        ends_at=ends_at,
        told_at=utc(duty.told_at),
        rest_day_from=utc(duty.rest_day_from),
        rest_day_until=utc(duty.rest_day_until),
    )


def _check_window(duty: Duty, window: Window | None) -> None:
    if window and _clip(duty, window) is None:
        period = f"from {_at(window.starts_at)} to {_at(window.ends_at, ending=True)}"
        raise NotPayable("outside_grant_period", f"The duty lies outside the grant's window, {period}.")


def _check_money(*figures: int | Fraction) -> None:
    if min(figures) < 0:
        raise ValueError("Rates, minutes and shares cannot be negative")


# What is owed in time, and what somebody has to ask.


def _time_owed(parts: list[Duty], switches: Switches) -> tuple[TimeOwed, ...]:
    return tuple(owed for part in parts for owed in _time_owed_for(part, switches))


def _time_owed_for(part: Duty, switches: Switches) -> Iterator[TimeOwed]:
    if part.duty_type == "toil":
        minutes = max(part.minutes - part.break_minutes, 0)
        because = (
            f"Time off is due for {_spell(minutes)} worked; whether at time and a third is not verified."
        )
        yield TimeOwed("toil", minutes, because)
    if part.duty_type == "rest_day" and part.told_at:
        notice = clear_days(part.told_at, part.starts_at)
        if notice >= REST_DAY_NOTICE:
            because = f"Another rest day is due for {_day(part.starts_at)}: {notice} clear days' notice."
            yield TimeOwed("rest_day", 0, because)
    if part.duty_type == "public_holiday" and part.told_at:
        yield from _days_in_lieu(part, part.told_at, switches)


def _days_in_lieu(part: Duty, told_at: datetime, switches: Switches) -> Iterator[TimeOwed]:
    """A day off for each public holiday in a part, if the officer was told under 8 clear days before it."""
    day = switches.force_day(part.starts_at)
    while switches.day_start(day).astimezone(UTC) < part.ends_at:
        begins = max(part.starts_at, switches.day_start(day).astimezone(UTC))
        if clear_days(told_at, begins) < HOLIDAY_NOTICE:
            notice = _notice(clear_days(told_at, begins))
            because = (
                f"A day off in lieu of {day.day} {day:%B %Y} is due as well: {notice}, which is under 8."
            )
            yield TimeOwed("lieu_day", 0, because)
        day += timedelta(days=1)


def _notes(duty: Duty, switches: Switches) -> tuple[str, ...]:
    notes = []
    if duty.duty_type == "toil":
        notes.append("Time off that is not taken may have to be paid in cash after the grant's last day.")
    if duty.duty_type == "planned" and _ordinary(duty) == "casual":
        began = "tour" if duty.tour_starts_at else "duty"
        notes.append(f"The officer was told after the {began} began: is it casual?")
    if duty.duty_type == "casual" and duty.told_at and _ordinary(duty) == "planned":
        notes.append(
            "Told beforehand: is it planned? It is if the officer was told by the start of the tour."
        )
    if duty.rest_day_until and not duty.rest_day_from and _ordinary(duty) == duty.duty_type:
        notes.append("The roster has a rest day: is the duty type right?")
    on_holiday = is_public_holiday(switches.force_day(duty.starts_at))
    if on_holiday and duty.duty_type not in ("public_holiday", "toil"):
        notes.append(f"{_day(duty.starts_at)} is a public holiday: is the duty type right?")
    return tuple(notes)


# Words.


def _sentences(*words: str) -> str:
    return " ".join(sentence for sentence in words if sentence)


def _switches(stay: _Stay, counted: _Counted, terms: _Terms) -> str:
    """The switches that had a say in a line, so that nobody takes for law what is not verified."""
    named = counted.switches
    if stay.asked.duty_type == "public_holiday":
        named += (f"the force's day starts at {stay.switches.force_day_starts:%H:%M}",)
    if counted.minutes >= QUARTER:
        named += terms.rate.switches
    if not named:
        return ""
    return f"Unverified switch{'es' if len(named) > 1 else ''}: {'; '.join(named)}."


def _quarters(units: int) -> str:
    """9 is "9 completed quarters of an hour (2 h 15 min)"."""
    if units == 1:
        return "1 completed quarter of an hour"
    hours = f" ({hours_in_words(units * QUARTER)})" if units >= 4 else ""
    return f"{units} completed quarters of an hour{hours}"


def _times(multiplier: Fraction) -> str:
    """4/3 is "4/3 (time and a third)"."""
    name = _MULTIPLIERS.get(multiplier)
    return f"{multiplier} ({name})" if name else str(multiplier)


def _percent(share: Fraction) -> str:
    """0.138 is "13.8%"."""
    return f"{float(share * 100):g}%"


def _notice(clear: int) -> str:
    return "1 clear day's notice" if clear == 1 else f"{max(clear, 0)} clear days' notice"


def hours_in_words(minutes: int) -> str:
    """140 is "2 h 20 min", 240 is "4 h"."""
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest} min" if rest else f"{hours} h"


def _spell(minutes: int) -> str:
    """140 is "140 minutes (2 h 20 min)"; under an hour the minutes alone."""
    return f"{minutes:,} minutes ({hours_in_words(minutes)})" if minutes >= 60 else f"{minutes} minutes"


def _day(moment: datetime) -> str:
    local = moment.astimezone(LONDON)
    return f"{local.day} {local:%B %Y}"


def _at(moment: datetime, *, ending: bool = False) -> str:
    """A moment in words; one that ends a day is that day's midnight, not the next day's 00:00."""
    local = moment.astimezone(LONDON)
    if ending and local.time() == time():
        return f"midnight at the end of {_day(local - timedelta(days=1))}"
    return f"{local:%H:%M} on {_day(local)}"


def _span(starts_at: datetime, ends_at: datetime) -> str:
    first, last = starts_at.astimezone(LONDON), ends_at.astimezone(LONDON)
    clocks = " (the clocks change in between)" if first.utcoffset() != last.utcoffset() else ""
    start = f"{first:%H:%M}" if first.date() == last.date() else _at(first)
    return f"{start} to {_at(last, ending=True)}{clocks}"
