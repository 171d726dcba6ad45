"""What a duty earns in time, which costs the grant nothing; and what somebody has to ask about it.

Annex H: another rest day with 15 or more clear days' notice, a day in lieu of a public holiday with under 8.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from tasking.pay import words
from tasking.pay.duties import Duty, Switches, clear_days, is_public_holiday, ordinary
from tasking.pay.rules import REST_DAY_NOTICE

HOLIDAY_NOTICE = 8


@dataclass(frozen=True)
class TimeOwed:
    """Time that a duty earns an officer: another rest day, a day off in lieu of a public holiday, or minutes.

    `minutes` is 0 for a whole day. It costs the grant nothing; somebody has to grant it.
    """

    kind: Literal["rest_day", "lieu_day", "toil"]
    minutes: int
    because: str


def time_owed_for(parts: list[Duty], switches: Switches) -> tuple[TimeOwed, ...]:
    """What the parts of a duty earn in time."""
    return tuple(owed for part in parts for owed in _owed_for(part, switches))


def _owed_for(part: Duty, switches: Switches) -> Iterator[TimeOwed]:
    if part.duty_type == "toil":
        minutes = max(part.minutes - part.break_minutes, 0)
        because = (
            f"Time off is due for {words.spell(minutes)} worked; whether at time and a third is not verified."
        )
        yield TimeOwed("toil", minutes, because)
    if part.duty_type == "rest_day" and part.told_at:
        notice = clear_days(part.told_at, part.starts_at)
        if notice >= REST_DAY_NOTICE:
            because = f"Another rest day is due for {words.day(part.starts_at)}: {notice} clear days' notice."
            yield TimeOwed("rest_day", 0, because)
    if part.duty_type == "public_holiday" and part.told_at:
        yield from _days_in_lieu(part, part.told_at, switches)


def _days_in_lieu(part: Duty, told_at: datetime, switches: Switches) -> Iterator[TimeOwed]:
    """A day off for each public holiday in a part, if the officer was told under 8 clear days before it."""
    day = switches.force_day(part.starts_at)
    while switches.day_start(day).astimezone(UTC) < part.ends_at:
        begins = max(part.starts_at, switches.day_start(day).astimezone(UTC))
        if clear_days(told_at, begins) < HOLIDAY_NOTICE:
            notice = words.notice(clear_days(told_at, begins))
            because = (
                f"A day off in lieu of {day.day} {day:%B %Y} is due as well: {notice}, which is under 8."
            )
            yield TimeOwed("lieu_day", 0, because)
        day += timedelta(days=1)


def questions_of(duty: Duty, switches: Switches) -> tuple[str, ...]:
    """What of a duty may be another kind of duty, or has a cost later."""
    notes = []
    if duty.duty_type == "toil":
        notes.append("Time off that is not taken may have to be paid in cash after the grant's last day.")
    if duty.duty_type == "planned" and ordinary(duty) == "casual":
        began = "tour" if duty.tour_starts_at else "duty"
        notes.append(f"The officer was told after the {began} began: is it casual?")
    if duty.duty_type == "casual" and duty.told_at and ordinary(duty) == "planned":
        notes.append(
            "Told beforehand: is it planned? It is if the officer was told by the start of the tour."
        )
    if duty.rest_day_until and not duty.rest_day_from and ordinary(duty) == duty.duty_type:
        notes.append("The roster has a rest day: is the duty type right?")
    on_holiday = is_public_holiday(switches.force_day(duty.starts_at))
    if on_holiday and duty.duty_type not in ("public_holiday", "toil"):
        notes.append(f"{words.day(duty.starts_at)} is a public holiday: is the duty type right?")
    return tuple(notes)
