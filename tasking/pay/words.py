"""The working of a line in words: minutes, quarters, moments and shares as people say them."""

from datetime import datetime, time, timedelta
from fractions import Fraction

from tasking.pay.duties import LONDON
from tasking.pay.hours import DOUBLE, HALF, PLAIN, QUARTER, THIRD

_MULTIPLIERS = {
    PLAIN: "plain time",
    THIRD: "time and a third",
    HALF: "time and a half",
    DOUBLE: "double time",
}


def sentences(*words: str) -> str:
    """Sentences one after the other, without those that say nothing."""
    return " ".join(sentence for sentence in words if sentence)


def quarters(units: int) -> str:
    """9 is "9 completed quarters of an hour (2 h 15 min)"."""
    if units == 1:
        return "1 completed quarter of an hour"
    hours = f" ({hours_in_words(units * QUARTER)})" if units >= 4 else ""
    return f"{units} completed quarters of an hour{hours}"


def times(multiplier: Fraction) -> str:
    """4/3 is "4/3 (time and a third)"."""
    name = _MULTIPLIERS.get(multiplier)
    return f"{multiplier} ({name})" if name else str(multiplier)


def percent(share: Fraction) -> str:
    """0.138 is "13.8%"."""
    return f"{float(share * 100):g}%"


def notice(clear: int) -> str:
    """How many clear days' notice; told on the day or later is none."""
    return "1 clear day's notice" if clear == 1 else f"{max(clear, 0)} clear days' notice"


def hours_in_words(minutes: int) -> str:
    """140 is "2 h 20 min", 240 is "4 h"."""
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest} min" if rest else f"{hours} h"


def spell(minutes: int) -> str:
    """140 is "140 minutes (2 h 20 min)"; under an hour the minutes alone."""
    return f"{minutes:,} minutes ({hours_in_words(minutes)})" if minutes >= 60 else f"{minutes} minutes"


def day(moment: datetime) -> str:
    """A moment's day in London: "10 February 2021"."""
    local = moment.astimezone(LONDON)
    return f"{local.day} {local:%B %Y}"


def at(moment: datetime, *, ending: bool = False) -> str:
    """A moment in words; one that ends a day is that day's midnight, not the next day's 00:00."""
    local = moment.astimezone(LONDON)
    if ending and local.time() == time():
        return f"midnight at the end of {day(local - timedelta(days=1))}"
    return f"{local:%H:%M} on {day(local)}"


def span(starts_at: datetime, ends_at: datetime) -> str:
    """From when to when, and whether the clocks change meanwhile."""
    first, last = starts_at.astimezone(LONDON), ends_at.astimezone(LONDON)
    clocks = " (the clocks change in between)" if first.utcoffset() != last.utcoffset() else ""
    start = f"{first:%H:%M}" if first.date() == last.date() else at(first)
    return f"{start} to {at(last, ending=True)}{clocks}"
