"""What a duty pays, to the penny and in words: overtime in England and Wales, January to March 2021.

Police Regulations 2003, regulations 22, 25 and 26, with Annex G (overtime) and Annex H (public holidays and
rest days). Pure: aware datetimes and exact fractions in, pence and words out; each line is rounded once, half
up. A duty is first cut where its rule changes (the end of a public holiday, the start of a rest day, the
fortieth hour of a part-timer's week), then each part at the ends of the grant's window. No Django.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
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
    weekly_minutes_before: int = 0
    holiday_substituted: bool = False
    rest_day_from: datetime | None = None  # where a duty runs into the officer's rest day

    def __post_init__(self) -> None:
        for moment in (self.starts_at, self.ends_at, self.told_at, self.rest_day_from):
            if moment is not None and moment.tzinfo is None:
                raise ValueError("The times of a duty must know their time zone")
        if min(self.break_minutes, self.travel_minutes, self.weekly_minutes_before) < 0:
            raise ValueError("The minutes of a duty cannot be negative")

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
    """Part of a duty under one rule: `minutes` counted, `units` of 15, `hourly` in pence, exact."""

    rule: str
    starts_at: datetime
    ends_at: datetime
    minutes: int
    units: int
    multiplier: Fraction
    hourly: Fraction
    pence: int
    working: str


@dataclass(frozen=True)
class Price:
    """What a duty costs the grant (`lines`) and what the officer is owed besides, not by the grant."""

    lines: tuple[Line, ...]
    owed_beyond: tuple[Line, ...]
    notes: tuple[str, ...] = ()

    @property
    def pence(self) -> int:
        return sum(line.pence for line in self.lines)

    @property
    def units(self) -> int:
        return sum(line.units for line in self.lines)

    @property
    def working(self) -> str:
        """Every line in words, with what is owed besides, so that nothing of the duty goes unexplained."""
        return " ".join(line.working for line in (*self.lines, *self.owed_beyond))


@dataclass(frozen=True)
class _Stay:
    """What is reckoned of a duty: the stretch inside the grant's window, and the whole it was cut from."""

    duty: Duty
    whole: Duty
    switches: Switches

    @property
    def clipped(self) -> bool:
        return self.duty != self.whole


@dataclass(frozen=True)
class _Counted:
    """What a rule makes of a stay, and why."""

    minutes: int
    multiplier: Fraction
    because: str


@dataclass(frozen=True)
class _Rate:
    """An hour's pay in exact pence, as it is shown, and where it comes from."""

    hourly: Fraction
    shown: str
    source: str


_Rule = Callable[[_Stay], _Counted]


def hourly_pence(annual_pay_pence: int) -> Fraction:
    """An hour's basic pay in exact pence: annual pay x 6/313 for the week, / 40 for the hour (Annex G)."""
    return annual_pay_pence * Fraction(6, 313) / 40


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
) -> Price:
    """Price a police officer's duty; `rank` and pay are those held on the day, `window` None is no grant.

    Raises NotPayable. Source: Annexes G and H of the determinations under the Police Regulations 2003.
    """
    duty = _in_utc(duty)
    if rank not in ELIGIBLE_RANKS:
        raise NotPayable("rank_not_eligible", f"Only constables and sergeants earn overtime, not: {rank}.")
    if duty.duty_type not in RULES:
        raise NotPayable("unknown_duty_type", f"There is no duty type {duty.duty_type}.")
    _check_window(duty, window)
    rate = _police_rate(annual_pay_pence, switches)
    parts = _parts(duty, switches)
    reckoned = [_reckon(part, RULES[part.duty_type], window, switches, rate) for part in parts]
    return _joined(reckoned, _notes(parts, duty, switches))


def price_at_agreed_rate(
    duty: Duty, *, grade: str, hourly_pence: int, multiplier: Fraction, window: Window | None
) -> Price:
    """Price another agency's duty by its agreed rate card: completed quarters of the duty less breaks.

    Nothing is lost or added: the agency's own pay rules are never computed. `hourly_pence` is whole pence.
    Raises NotPayable.
    """
    duty = replace(_in_utc(duty), duty_type="agreed_rate")
    _check_window(duty, window)
    rate = _Rate(Fraction(hourly_pence), pounds(hourly_pence), f"Agreed rate card, {grade}.")

    def agreed(stay: _Stay) -> _Counted:
        return _less_breaks(stay, multiplier, "Agreed rate: nothing is lost or added.")

    return _joined([_reckon(duty, agreed, window, DEFAULT_SWITCHES, rate)], notes=())


# The rules, one function for each duty type.


def _planned(stay: _Stay) -> _Counted:
    return _less_breaks(stay, THIRD, "Planned: nothing is lost.")


def _casual(stay: _Stay) -> _Counted:
    minutes, occasion = stay.duty.minutes, stay.duty.casual_occasion
    if minutes < CASUAL_LOSS:
        return _Counted(0, THIRD, "Casual: a stay under 30 minutes counts nothing.")
    which = f"occasion {occasion} of the week" if occasion else "occasion not stated, taken as the first"
    if (occasion or 1) > CASUAL_LOSSES_A_WEEK:
        return _Counted(minutes, THIRD, f"Casual, {which}: after the fourth nothing is lost.")
    because = f"Casual, {which}: 30 minutes are lost on each of the first four."
    return _Counted(minutes - CASUAL_LOSS, THIRD, because)


def _rest_day(stay: _Stay) -> _Counted:
    notice = clear_days(_told(stay.whole), stay.whole.starts_at)
    if notice >= REST_DAY_NOTICE:
        because = f"Rest day, {notice} clear days' notice: with 15 or more another rest day is due, not pay."
        return _Counted(0, HALF, because)
    name = f"Rest day, {max(notice, 0)} clear days' notice (under 15)"
    if stay.duty.follows_tour and stay.duty.minutes <= SHORT_STAY:
        because = f"{name}: a stay of at most 60 minutes straight after a tour counts as worked."
        return _Counted(stay.duty.minutes, HALF, because)
    return _at_least_four_hours(stay, HALF, f"{name}: time and a half.")


def _public_holiday(stay: _Stay) -> _Counted:
    kind = "Substituted public holiday" if stay.whole.holiday_substituted else "Public holiday"
    return _at_least_four_hours(stay, DOUBLE, f"{kind}: double time.")


def _recall(stay: _Stay) -> _Counted:
    minutes, because = _with_travel(stay)
    least = max(stay.switches.recall_minimum_minutes, QUARTER)
    if minutes < least and not stay.clipped:
        minutes, because = least, f"{because} It counts as {_spell(least)}, the least a recall counts."
    return _Counted(minutes, THIRD, f"Recall between two tours: nothing is lost.{because}")


def _early_start(stay: _Stay) -> _Counted:
    if stay.whole.starts_at - _told(stay.whole) >= EARLY_START_NOTICE:
        return _Counted(0, THIRD, "Early start with 8 hours' notice or more: nothing is payable.")
    return _Counted(stay.duty.minutes, THIRD, "Early start with under 8 hours' notice: nothing is lost.")


def _part_time(stay: _Stay) -> _Counted:
    before = stay.whole.weekly_minutes_before
    if before < FULL_WEEK:
        because = f"Part-time, after {_spell(before)} in the week: plain time up to 40 hours."
        return _Counted(stay.duty.minutes, PLAIN, because)
    return _Counted(stay.duty.minutes, THIRD, "Part-time, over 40 hours in the week: time and a third.")


def _toil(stay: _Stay) -> _Counted:
    return _Counted(0, Fraction(0), "Time off in lieu of pay: it costs the grant nothing.")


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


def _less_breaks(stay: _Stay, multiplier: Fraction, because: str) -> _Counted:
    breaks = stay.duty.break_minutes
    if breaks:
        because += f" Breaks of {_spell(breaks)} do not count."
    return _Counted(max(stay.duty.minutes - breaks, 0), multiplier, because)


def _told(duty: Duty) -> datetime:
    if duty.told_at is None:
        raise NotPayable("notice_unknown", "When was the officer told? The pay for this duty depends on it.")
    return duty.told_at


def _at_least_four_hours(stay: _Stay, multiplier: Fraction, because: str) -> _Counted:
    minutes, travel = _with_travel(stay)
    because += travel
    if minutes < FOUR_HOURS and stay.clipped:
        because += " A duty cut by the grant's window has no four-hour minimum."
    elif minutes < FOUR_HOURS:
        minutes, because = FOUR_HOURS, f"{because} Under 4 hours counts as 4 hours."
    return _Counted(minutes, multiplier, because)


def _with_travel(stay: _Stay) -> tuple[int, str]:
    """Duty and travel where together they stay inside the limit, else duty alone."""
    worked, travel, limit = stay.duty.minutes, stay.duty.travel_minutes, stay.switches.travel_limit_minutes
    minutes = worked + travel if limit is None or worked + travel <= limit else worked
    if stay.clipped:  # a shorter stretch must not bring in travel beyond what the whole duty earns
        minutes = min(minutes, _with_travel(replace(stay, duty=stay.whole))[0])
    if not travel:
        return minutes, ""
    counts = f"{_spell(minutes - worked)} count besides" if minutes > worked else "nothing counts"
    return minutes, f" Of {_spell(travel)} of travel {counts} (a switch: unverified in law)."


# Cutting a duty where its rule changes.


def _parts(duty: Duty, switches: Switches) -> list[Duty]:
    """The duty cut into parts of one rule each; most stay whole, for midnight alone changes nothing."""
    if duty.duty_type == "public_holiday":
        return _holiday_parts(duty, switches)
    if duty.duty_type == "part_time":
        return _week_parts(duty, switches)
    if duty.rest_day_from is None or duty.duty_type == "toil":
        return [duty]
    before, after = _cut(duty, duty.rest_day_from)
    if not (before and after):
        return [duty]
    ordinary = _ordinary(duty) if duty.duty_type == "rest_day" else duty.duty_type
    rest_day = replace(after, duty_type="rest_day", follows_tour=True)
    return [replace(before, duty_type=ordinary), rest_day]


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
    return "casual" if duty.told_at is not None and duty.told_at > duty.starts_at else "planned"


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


def _reckon(
    part: Duty, rule: _Rule, window: Window | None, switches: Switches, rate: _Rate
) -> tuple[Line | None, Line | None]:
    """The line of a part that the grant bears, and the line that the officer is owed besides."""
    entitled = _line(part, rule(_Stay(part, part, switches)), rate)
    inside = _clip(part, window)
    if inside == part:
        return entitled, None
    borne = _line(inside, rule(_Stay(inside, part, switches)), rate) if inside else None
    return borne, _owed(part, inside, entitled, borne)


def _clip(part: Duty, window: Window | None) -> Duty | None:
    """What of a part lies inside the window."""
    if window is None:
        return part
    _, from_start = _cut(part, window.starts_at)
    return _cut(from_start, window.ends_at)[0] if from_start else None


def _owed(part: Duty, inside: Duty | None, entitled: Line, borne: Line | None) -> Line | None:
    """What the rule gives the officer for the part less what the grant bears, with the stretch it is for."""
    units = entitled.units - (borne.units if borne else 0)
    if not units:
        return None
    starts_at, ends_at = part.starts_at, part.ends_at
    if inside and inside.starts_at == starts_at:
        starts_at = inside.ends_at
    elif inside and inside.ends_at == ends_at:
        ends_at = inside.starts_at
    pence = _pence(units, entitled.hourly, entitled.multiplier)
    return replace(
        entitled,
        starts_at=starts_at.astimezone(LONDON),
        ends_at=ends_at.astimezone(LONDON),
        minutes=entitled.minutes - (borne.minutes if borne else 0),
        units=units,
        pence=pence,
        working=f"{_span(starts_at, ends_at)} lies outside the grant's window: {_quarters(units)} x "
        f"{entitled.multiplier} = {pounds(pence)} is owed to the officer, but not by this grant.",
    )


def _line(duty: Duty, counted: _Counted, rate: _Rate) -> Line:
    units = counted.minutes // QUARTER
    pence = _pence(units, rate.hourly, counted.multiplier)
    elapsed = f"{_span(duty.starts_at, duty.ends_at)} is {_spell(duty.minutes)}. {counted.because}"
    reckoned = (
        f"{_quarters(units)} at {rate.shown} an hour x {counted.multiplier} = {pounds(pence)}. {rate.source}"
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
        working=f"{elapsed} {reckoned if units else 'Payable: £0.00.'}{_law(duty.duty_type)}",
    )


def _joined(reckoned: list[tuple[Line | None, Line | None]], notes: tuple[str, ...]) -> Price:
    lines = tuple(borne for borne, _ in reckoned if borne)
    return Price(lines, tuple(owed for _, owed in reckoned if owed), notes)


def _pence(units: int, hourly: Fraction, multiplier: Fraction) -> int:
    return round_half_up(units * hourly / 4 * multiplier)


def _police_rate(annual_pay_pence: int, switches: Switches) -> _Rate:
    hourly = hourly_pence(annual_pay_pence + switches.london_weighting_pence)
    whole, part = divmod(round_half_up(hourly * 100), 10_000)
    year = f"{pounds(annual_pay_pence)} a year"
    if switches.london_weighting_pence:
        year = f"({year} + London weighting of {pounds(switches.london_weighting_pence)})"
    return _Rate(hourly, f"£{whole:,}.{part:04}", f"(An hour is {year} x 6/313 / 40, kept exact in the sum.)")


def _in_utc(duty: Duty) -> Duty:
    """The duty in true time: across a change of the clocks wall times compare and subtract wrongly."""
    starts_at, ends_at = duty.starts_at.astimezone(UTC), duty.ends_at.astimezone(UTC)
    if starts_at >= ends_at:
        raise NotPayable("end_not_after_start", "The duty must end after it starts.")
    told_at = duty.told_at and duty.told_at.astimezone(UTC)
    return replace(duty, starts_at=starts_at, ends_at=ends_at, told_at=told_at)


def _check_window(duty: Duty, window: Window | None) -> None:
    if window and _clip(duty, window) is None:
        period = f"from {_at(window.starts_at)} to {_at(window.ends_at, ending=True)}"
        raise NotPayable("outside_grant_period", f"The duty lies outside the grant's window, {period}.")


def _notes(parts: list[Duty], duty: Duty, switches: Switches) -> tuple[str, ...]:
    """What the working of the money does not say but somebody has to act on or ask about."""
    notes = [note for part in parts if (note := _day_off_note(part))]
    if duty.duty_type == "toil":
        notes.append("Time off that is not taken may have to be paid in cash after the grant's last day.")
    if duty.duty_type == "planned" and _ordinary(duty) == "casual":
        notes.append("The officer was told after the duty began: is it casual?")
    on_holiday = is_public_holiday(switches.force_day(duty.starts_at))
    if on_holiday and duty.duty_type not in ("public_holiday", "toil"):
        notes.append(f"{_day(duty.starts_at)} is a public holiday: is the duty type right?")
    return tuple(notes)


def _day_off_note(part: Duty) -> str | None:
    if part.told_at is None:
        return None
    notice = clear_days(part.told_at, part.starts_at)
    if part.duty_type == "rest_day" and notice >= REST_DAY_NOTICE:
        return f"Another rest day is due instead of pay: {notice} clear days' notice."
    if part.duty_type == "public_holiday" and notice < HOLIDAY_NOTICE:
        return "A day off in lieu is due as well: under 8 clear days' notice."
    return None


# Words.


def _law(duty_type: str) -> str:
    if duty_type == "agreed_rate":
        return ""
    annex = "H" if duty_type in ("rest_day", "public_holiday") else "G"
    return f" Police Regulations 2003, Annex {annex}."


def _quarters(units: int) -> str:
    return f"{units} completed quarter{'' if units == 1 else 's'} of an hour"


def _spell(minutes: int) -> str:
    """140 is "140 minutes (2 h 20 min)"; under an hour the minutes alone."""
    hours, rest = divmod(minutes, 60)
    if not hours:
        return f"{minutes} minutes"
    return f"{minutes:,} minutes ({hours} h {rest} min)" if rest else f"{minutes:,} minutes ({hours} h)"


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
