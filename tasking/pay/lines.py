"""From parts of a duty to lines, each with its pence and its working in words.

The pay of a line is rounded once, half up, and so is its on-cost.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction

from overtime_ledger.money import pounds, round_half_up
from tasking.pay import words
from tasking.pay.duties import LONDON, Duty, Switches, Window, clip
from tasking.pay.hours import QUARTER, Rate, pay_of
from tasking.pay.rules import NAMES, Counted, Rule, Stay


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
class Terms:
    """What all parts of a duty are reckoned with."""

    rate: Rate
    window: Window | None
    on_cost: Fraction
    switches: Switches


def reckon_each(
    parts: list[Duty], asked: Duty, rule_of: Callable[[Duty], Rule], terms: Terms
) -> list[tuple[Line | None, Line | None]]:
    """For each part the line that the grant bears, and the line that the officer is owed besides."""
    seen: set[str] = set()
    reckoned = []
    for part in parts:
        stay = Stay(part, part, asked, terms.switches, continued=part.duty_type in seen)
        reckoned.append(_reckon(stay, rule_of(part), terms))
        seen.add(part.duty_type)
    return reckoned


def _reckon(stay: Stay, rule: Rule, terms: Terms) -> tuple[Line | None, Line | None]:
    counted = rule(stay)
    entitled = _line(stay, counted, terms)
    if clip(stay.asked, terms.window) == stay.asked:
        return entitled, None
    inside = clip(stay.part, terms.window)
    borne = None
    if inside:
        cut = replace(stay, duty=inside, clipped=True)
        borne = _line(cut, rule(cut), terms)
    return borne, _owed(entitled, borne, _switches(stay, counted, terms), terms.rate)


def _line(stay: Stay, counted: Counted, terms: Terms) -> Line:
    duty, rate = stay.duty, terms.rate
    name, law = NAMES[duty.duty_type]
    units = counted.minutes // QUARTER
    pence = pay_of(units, rate.hourly, counted.multiplier)
    on_cost_pence = round_half_up(pence * terms.on_cost)
    times = words.times(counted.multiplier)
    share = words.percent(terms.on_cost)
    payable = f"{words.quarters(units)} at {rate.shown} an hour x {times} = {pounds(pence)}. {rate.source}"
    said = (
        f"{name}, {words.span(duty.starts_at, duty.ends_at)}: {words.spell(duty.minutes)}.",
        counted.because,
        f"{words.spell(counted.minutes)} count." if counted.minutes not in (0, duty.minutes) else "",
        payable if units else "Payable: £0.00.",
        _switches(stay, counted, terms),
        law,
        f"On-cost {share}: {pounds(on_cost_pence)}." if terms.on_cost and pence else "",
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
        working=words.sentences(*said),
    )


def _owed(entitled: Line, borne: Line | None, switches: str, rate: Rate) -> Line | None:
    """What the rule gives the officer for a part less what the grant bears, with the stretch it is for."""
    borne_units = borne.units if borne else 0
    units = entitled.units - borne_units
    if not units:
        return None
    name, law = NAMES[entitled.rule]
    pence = pay_of(units, entitled.hourly, entitled.multiplier)
    starts_at, ends_at = entitled.starts_at, entitled.ends_at
    if borne and borne.ends_at < ends_at and borne.starts_at == starts_at:
        starts_at = borne.ends_at
    elif borne and borne.starts_at > starts_at and borne.ends_at == ends_at:
        ends_at = borne.starts_at
    payee = "the officer" if law else "the other agency"
    span, times = words.span(entitled.starts_at, entitled.ends_at), words.times(entitled.multiplier)
    said = (
        f"{name}, {span}: of {words.quarters(entitled.units)} the grant "
        f"bears {borne_units}, because it bears only minutes inside its window.",
        f"{words.quarters(units)} at {rate.shown} an hour x {times} = {pounds(pence)} "
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
        working=words.sentences(*said),
    )


def _switches(stay: Stay, counted: Counted, terms: Terms) -> str:
    """The switches that had a say in a line, so that nobody takes for law what is not verified."""
    named = counted.switches
    if stay.asked.duty_type == "public_holiday":
        named += (f"the force's day starts at {stay.switches.force_day_starts:%H:%M}",)
    if counted.minutes >= QUARTER:
        named += terms.rate.switches
    if not named:
        return ""
    return f"Unverified switch{'es' if len(named) > 1 else ''}: {'; '.join(named)}."
