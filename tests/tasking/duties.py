"""Duties in a line, for the tests of the pay engine, and their price in short."""

from datetime import date, datetime
from typing import Any

import pytest

from tasking.pay import LONDON, Duty, NotPayable, Price, Switches, Window, price

GRANT = Window.of_days(date(2021, 2, 1), date(2021, 3, 31))
PAY = 41_130_00  # an hour is £19.7109, a quarter £4.9278


def at(text: str) -> datetime:
    """A London wall time, "10 Feb 16:00", in 2021 unless the year is given."""
    words = text.split()
    year = int(words[2]) if len(words) == 4 else 2021
    wall = datetime.strptime(f"{words[0]} {words[1]} {year} {words[-1]}", "%d %b %Y %H:%M")
    return wall.replace(tzinfo=LONDON)


def duty(duty_type: str, starts: str, ends: str, *, told: str | None = None, **more: Any) -> Duty:
    return Duty(
        duty_type=duty_type,
        starts_at=at(starts),
        ends_at=at(ends),
        told_at=at(told) if told else None,
        **more,
    )


def priced(worked: Duty, window: Window | None = GRANT, switches: Switches | None = None) -> Price:
    return price(
        worked, rank="constable", annual_pay_pence=PAY, window=window, switches=switches or Switches()
    )


def units(worked: Duty, window: Window | None = GRANT, switches: Switches | None = None) -> str:
    """The lines in short: "32x1 16x4/3"."""
    return " ".join(f"{line.units}x{line.multiplier}" for line in priced(worked, window, switches).lines)


def owed(worked: Duty, window: Window | None = GRANT) -> str:
    return " ".join(f"{line.units}x{line.multiplier}" for line in priced(worked, window).owed_beyond)


def code(worked: Duty, rank: str = "constable", window: Window | None = GRANT) -> str:
    with pytest.raises(NotPayable) as refused:
        price(worked, rank=rank, annual_pay_pence=PAY, window=window)
    return refused.value.code
