"""Words for money and time."""

from datetime import date, datetime
from decimal import Decimal
from typing import Literal
from zoneinfo import ZoneInfo

from django.utils.dateformat import format as format_date

from overtime_ledger import money
from overtime_ledger.ui.library import register

LONDON = ZoneInfo("Europe/London")


@register.filter
def pounds(pence: int | Literal[""] | None) -> str:
    """Integer pence as pounds: 128440 is "£1,284.40". Nothing stays nothing."""
    return "" if pence is None or pence == "" else money.pounds(pence)


@register.filter
def percent(value: Decimal | Literal[""] | None) -> str:
    """A percentage without needless noughts: Decimal("13.800") is "13.8%". Nothing stays nothing."""
    return "" if value is None or value == "" else f"{value.normalize():f}%"


@register.filter
def day(value: date | None) -> str:
    """A date, or the London date of a moment: "8 March 2021"."""
    return format_date(_london_day(value), "j F Y") if value else ""


@register.filter
def short_day(value: date | None) -> str:
    """A date for tight places: "Mon 8 Mar"."""
    return format_date(_london_day(value), "D j M") if value else ""


@register.filter
def clock(moment_: datetime | None) -> str:
    """The London wall time of an aware moment, 24 hours: "16:00"."""
    return f"{moment_.astimezone(LONDON):%H:%M}" if moment_ else ""


@register.filter
def moment(moment_: datetime | None) -> str:
    """An aware moment in London: "8 March 2021, 16:00"."""
    return f"{day(moment_)}, {clock(moment_)}" if moment_ else ""


@register.filter
def span(start: datetime | None, end: datetime | None) -> str:
    """Two aware moments: "16:00 to 18:20", and the day of the end when it is another one."""
    if not start or not end:
        return ""
    days_later = (_london_day(end) - _london_day(start)).days
    if days_later == 0:
        return f"{clock(start)} to {clock(end)}"
    if days_later == 1 and clock(end) == "00:00":
        return f"{clock(start)} to midnight"
    if days_later == 1:
        return f"{clock(start)} to {clock(end)} the next day"
    return f"{clock(start)} to {clock(end)} on {day(end)}"


@register.filter
def duration(minutes: int | Literal[""] | None) -> str:
    """Minutes as people say them: 140 is "2 h 20 min", 120 "2 h", 45 "45 min"."""
    if minutes is None or minutes == "":
        return ""
    sign = "−" if minutes < 0 else ""
    hours, rest = divmod(abs(minutes), 60)
    parts = [f"{hours:,} h"] if hours else []
    if rest or not hours:
        parts.append(f"{rest} min")
    return sign + " ".join(parts)


def _london_day(value: date) -> date:
    return value.astimezone(LONDON).date() if isinstance(value, datetime) else value
