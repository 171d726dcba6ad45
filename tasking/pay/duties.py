"""What is known of a duty, and what differs by force; where a duty can be cut. Aware datetimes, no Django."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import holidays

LONDON = ZoneInfo("Europe/London")
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


def clear_days(told_at: datetime, starts_at: datetime) -> int:
    """Days between being told and the duty, counting neither; below 0 if told on the day or later."""
    return (starts_at.astimezone(LONDON).date() - told_at.astimezone(LONDON).date()).days - 1


def is_public_holiday(day: date) -> bool:
    """Whether England has a public holiday on that day."""
    return day in _ENGLAND


def in_utc(duty: Duty) -> Duty:
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


def cut(duty: Duty, moment: datetime) -> tuple[Duty | None, Duty | None]:
    """What of a duty lies before a moment, and what from then on."""
    moment = moment.astimezone(UTC)
    if moment <= duty.starts_at:
        return None, duty
    if moment >= duty.ends_at:
        return duty, None
    return replace(duty, ends_at=moment), replace(duty, starts_at=moment)


def clip(part: Duty, window: Window | None) -> Duty | None:
    """What of a part lies inside the window."""
    if window is None:
        return part
    _, from_start = cut(part, window.starts_at)
    return cut(from_start, window.ends_at)[0] if from_start else None


def ordinary(duty: Duty) -> str:
    """The type of overtime that a stay is where no rest day or holiday rule reaches it."""
    tour_starts_at = duty.tour_starts_at or duty.starts_at
    return "casual" if duty.told_at is not None and duty.told_at > tour_starts_at else "planned"
