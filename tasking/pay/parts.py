"""Cutting a duty where its rule changes: at a public holiday, a rest day, the fortieth hour of a week."""

from dataclasses import replace
from datetime import timedelta

from tasking.pay import words
from tasking.pay.duties import Duty, NotPayable, Switches, cut, is_public_holiday, ordinary
from tasking.pay.rules import FULL_WEEK


def parts_of(duty: Duty, switches: Switches) -> list[Duty]:
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
        before, on = cut(part, part.rest_day_from)
        if before and before.duty_type == "rest_day":
            before = replace(before, duty_type=ordinary(asked))
        on = on and replace(on, duty_type="rest_day", follows_tour=True)
    until = part.rest_day_until
    if on and on.duty_type == "rest_day" and until and asked.starts_at < until < asked.ends_at:
        on, after = cut(on, until)
        after = after and replace(after, duty_type=ordinary(asked))
    return [piece for piece in (before, on, after) if piece]


def _holiday_parts(duty: Duty, switches: Switches) -> list[Duty]:
    """The duty cut where the public holiday begins or ends; off the holiday it is ordinary overtime."""
    first = day = switches.force_day(duty.starts_at)
    parts: list[Duty] = []
    rest: Duty | None = duty
    while rest:
        holiday = day == first if duty.holiday_substituted else is_public_holiday(day)
        day += timedelta(days=1)
        part, rest = cut(rest, switches.day_start(day))
        assert part, "a duty is cut at the end of the day in which what is left of it begins"
        part = replace(part, duty_type="public_holiday" if holiday else ordinary(duty))
        if parts and parts[-1].duty_type == part.duty_type:
            part = replace(part, starts_at=parts.pop().starts_at)
        parts.append(part)
    if not any(part.duty_type == "public_holiday" for part in parts):
        raise NotPayable(
            "not_a_public_holiday", f"{words.day(duty.starts_at)} is not a public holiday in England."
        )
    return parts


def _week_parts(duty: Duty, switches: Switches) -> list[Duty]:
    """A part-timer's hours cut at the fortieth hour of the week; a new week starts again from nothing."""
    if duty.weekly_minutes_before + duty.minutes <= FULL_WEEK:
        return [duty]
    this_week, next_week = cut(duty, switches.week_start(duty.starts_at) + timedelta(days=7))
    assert this_week, "a duty begins in its own week"
    plain, over = cut(this_week, duty.starts_at + timedelta(minutes=FULL_WEEK - duty.weekly_minutes_before))
    parts = [plain] if plain else []
    if over:
        parts.append(replace(over, weekly_minutes_before=max(duty.weekly_minutes_before, FULL_WEEK)))
    if next_week:
        parts += _week_parts(replace(next_week, weekly_minutes_before=0), switches)
    return parts
