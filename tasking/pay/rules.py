"""The rules, one function for each duty type: what of a stay counts, at which multiplier, and why.

Police Regulations 2003, regulation 25 with Annex G (overtime), regulation 26 with Annex H (public
holidays and rest days); and what another agency charges at its agreed rate.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from fractions import Fraction

from tasking.pay import words
from tasking.pay.duties import DEFAULT_SWITCHES, Duty, NotPayable, Switches, clear_days
from tasking.pay.hours import DOUBLE, HALF, PLAIN, QUARTER, THIRD

FOUR_HOURS = 4 * 60
FULL_WEEK = 40 * 60
SHORT_STAY = 60
CASUAL_LOSS = 30
CASUAL_LOSSES_A_WEEK = 4
REST_DAY_NOTICE = 15
EARLY_START_NOTICE = timedelta(hours=8)

_ANNEX_G = "Police Regulations 2003, reg. 25 and Annex G."
_ANNEX_H = "Police Regulations 2003, reg. 26 and Annex H."
NAMES = {  # each rule as its working calls it, and where the rule stands
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
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True)
class Stay:
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
class Counted:
    """What a rule makes of a stay, why, and the switches that had a say in it."""

    minutes: int
    multiplier: Fraction
    because: str
    switches: tuple[str, ...] = ()


Rule = Callable[[Stay], Counted]


def law_of(duty_type: str) -> str:
    """Where the rule of a duty type stands."""
    return NAMES[duty_type][1]


def casual_occasion(earlier_minutes: Iterable[int], switches: Switches = DEFAULT_SWITCHES) -> int:
    """Which counting occasion of the week a casual stay is, after stays of the given minutes in that week."""
    least = 0 if switches.short_casual_occasion_counts else CASUAL_LOSS
    return 1 + sum(minutes >= least for minutes in earlier_minutes)


def _planned(stay: Stay) -> Counted:
    return _less_breaks(stay, THIRD, "Nothing is lost.")


def _casual(stay: Stay) -> Counted:
    minutes, occasion = stay.duty.minutes, stay.duty.casual_occasion
    if stay.continued:
        return Counted(minutes, THIRD, "Of the same occasion: it has lost its half hour already.")
    if minutes < CASUAL_LOSS:
        return Counted(0, THIRD, "A stay under 30 minutes counts nothing.")
    which, switches = "The occasion is not stated and taken as the first of the week", _week_of(stay.switches)
    if occasion:
        short = "one" if stay.switches.short_casual_occasion_counts else "none"
        which = f"Occasion {occasion} of the week"
        switches += (f"a stay under 30 minutes uses up {short} of the first four occasions",)
    if (occasion or 1) > CASUAL_LOSSES_A_WEEK:
        return Counted(minutes, THIRD, f"{which}: after the fourth nothing is lost.", switches)
    because = f"{which}: 30 minutes are lost on each of the first four."
    return Counted(minutes - CASUAL_LOSS, THIRD, because, switches)


def _rest_day(stay: Stay) -> Counted:
    notice = clear_days(_told(stay.part), stay.part.starts_at)
    if notice >= REST_DAY_NOTICE:
        because = f"{notice} clear days' notice: with 15 or more another rest day is due instead of pay."
        return Counted(0, HALF, because)
    because = f"{words.notice(notice)}, which is under 15: it is paid."
    if stay.duty.follows_tour and stay.duty.minutes <= SHORT_STAY:
        because += " A stay of at most 60 minutes straight after a tour counts as worked."
        return Counted(stay.duty.minutes, HALF, because)
    return _at_least_four_hours(stay, HALF, because)


def _public_holiday(stay: Stay) -> Counted:
    because = "The day is a public holiday in England."
    if stay.part.holiday_substituted:
        because = "The day stands in for a public holiday, as the evidence shows."
    return _at_least_four_hours(stay, DOUBLE, because)


def _recall(stay: Stay) -> Counted:
    minutes, because, switches = _with_travel(stay)
    because = f"Nothing is lost.{because}"
    chosen = stay.switches.recall_minimum_minutes
    if minutes < max(chosen, FOUR_HOURS) and not stay.clipped:
        minimum = f"counts at least {words.spell(chosen)}" if chosen else "has no minimum of 4 hours"
        switches += (f"a recall {minimum} (disputed: KSO [2022] EWHC 2514)",)
    least = max(chosen, QUARTER)
    if minutes < least and not stay.clipped:
        minutes, because = least, f"{because} The least that a recall counts is {words.spell(least)}."
    return Counted(minutes, THIRD, because, switches)


def _early_start(stay: Stay) -> Counted:
    if stay.part.starts_at - _told(stay.part) >= EARLY_START_NOTICE:
        return Counted(0, THIRD, "Told 8 hours or more before it: nothing is payable.")
    because = "Told under 8 hours before it, the day's normal tour being done already: nothing is lost."
    return Counted(stay.duty.minutes, THIRD, because)


def _part_time(stay: Stay) -> Counted:
    before, week = stay.part.weekly_minutes_before, _week_of(stay.switches)
    if before < FULL_WEEK:
        because = f"It comes after {words.spell(before)} in the week: plain time up to 40 hours."
        return Counted(stay.duty.minutes, PLAIN, because, week)
    return Counted(stay.duty.minutes, THIRD, "It comes after 40 hours in the week.", week)


def _toil(stay: Stay) -> Counted:
    return Counted(0, Fraction(0), "It costs the grant nothing.")


RULES: dict[str, Rule] = {
    "planned": _planned,
    "casual": _casual,
    "rest_day": _rest_day,
    "public_holiday": _public_holiday,
    "recall": _recall,
    "early_start": _early_start,
    "part_time": _part_time,
    "toil": _toil,
}


def charged(stay: Stay, charged_minutes: int | None, multiplier: Fraction) -> Counted:
    """What another agency charges, or what was worked; inside the window never more than was worked there."""
    inside = _less_breaks(stay, multiplier, "Nothing is lost or added.")
    if charged_minutes is None:
        return inside
    worked = _less_breaks(replace(stay, duty=stay.asked), multiplier, "").minutes
    because = f"The agency charges {words.spell(charged_minutes)} for {words.spell(worked)} worked."
    if stay.clipped and charged_minutes > inside.minutes:
        because += f" The grant bears no more than the {words.spell(inside.minutes)} inside its window."
        return Counted(inside.minutes, multiplier, because)
    return Counted(charged_minutes, multiplier, because)


def _less_breaks(stay: Stay, multiplier: Fraction, because: str) -> Counted:
    breaks = 0 if stay.continued else stay.duty.break_minutes
    if breaks:
        inside = ", taken to lie inside the grant's window," if stay.clipped else ""
        because += f" Breaks of {words.spell(breaks)}{inside} do not count."
    return Counted(max(stay.duty.minutes - breaks, 0), multiplier, because)


def _told(duty: Duty) -> datetime:
    if duty.told_at is None:
        raise NotPayable("notice_unknown", "When was the officer told? The pay for this duty depends on it.")
    return duty.told_at


def _at_least_four_hours(stay: Stay, multiplier: Fraction, because: str) -> Counted:
    minutes, travel, switches = _with_travel(stay)
    because += travel
    if minutes < FOUR_HOURS and stay.clipped:
        because += " A duty cut by the grant's window has no four-hour minimum."
    elif minutes < FOUR_HOURS:
        minutes, because = FOUR_HOURS, f"{because} The least that it counts is 4 hours."
    return Counted(minutes, multiplier, because, switches)


def _with_travel(stay: Stay) -> tuple[int, str, tuple[str, ...]]:
    """Minutes, words and switch: duty and travel where together they stay inside the limit, else duty alone.

    What the window cuts off does not bring in travel that the officer is not entitled to.
    """
    worked, travel, limit = stay.duty.minutes, stay.duty.travel_minutes, stay.switches.travel_limit_minutes
    if not travel or stay.continued:
        return worked, "", ()
    within = "always" if limit is None else f"where it and the duty are at most {words.spell(limit)} together"
    named = (f"travel counts {within}",)
    if limit is None or stay.part.minutes + travel <= limit:
        return worked + travel, f" Travel of {words.spell(travel)} counts besides.", named
    return worked, f" Travel of {words.spell(travel)} does not count.", named


def _week_of(switches: Switches) -> tuple[str, ...]:
    starts = f"{switches.force_day_starts:%H:%M}"
    return (f"the force's week starts on {_WEEKDAYS[switches.week_starts_on]} at {starts}",)
