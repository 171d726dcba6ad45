"""What a sum of money buys of a grant's overtime: hours by pay point and rate, and how much of it is pay."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from fractions import Fraction

from grants.models import AgencyRate, DutyType, Grant
from grants.selectors import on_cost_percents
from overtime_ledger import clock
from overtime_ledger.accounts.models import PayPoint
from tasking import pay, selectors
from tasking.pay.hours import DOUBLE, HALF, PLAIN, QUARTER, THIRD, Hour, pay_bought, police_hourly
from tasking.quotes import OtherOnCost, other_on_cost

MULTIPLIERS: Mapping[DutyType, Fraction] = {
    DutyType.PLANNED: THIRD,
    DutyType.REST_DAY: HALF,
    DutyType.PUBLIC_HOLIDAY: DOUBLE,
}
"""The kinds of duty that stand for the three multipliers of the lead force."""


@dataclass(frozen=True)
class Bought:
    """What an hour of one kind costs, on-cost included, and the completed quarters that the sum buys."""

    hour_pence: int
    minutes: int


@dataclass(frozen=True)
class PointRow:
    """What the sum buys of officers of the lead force at one pay point, in the order of MULTIPLIERS."""

    point: PayPoint
    bought: tuple[Bought, ...]


@dataclass(frozen=True)
class RateRow:
    """What the sum buys at one line of an agency's rate card."""

    rate: AgencyRate
    kind: str
    bought: Bought


@dataclass(frozen=True)
class Purchase:
    """What a sum buys on a day. `missing` says in words why the lead force's hours cannot be priced.

    `pay_pence` is how much of the sum is pay if all of it is spent on the lead force, `other_pay_pence` the
    same under the policy of on-costs that the grant does not have.
    """

    grant: Grant
    pence: int
    on: date
    on_cost_percent: Decimal | None
    pay_pence: int | None
    other: OtherOnCost | None
    other_pay_pence: int | None
    points: list[PointRow]
    rates: list[RateRow]
    missing: str

    @property
    def on_cost_pence(self) -> int:
        """What of the sum is on-cost."""
        return self.pence - (self.pay_pence or 0)


def at_the_average(hour_pence: Fraction | None, pence: int) -> Bought | None:
    """What a sum buys at what an hour of a grant costs on average, in exact pence; None if none is priced."""
    return _bought(Hour(hour_pence, PLAIN), pence) if hour_pence else None


def purchase(grant: Grant, pence: int, on: date) -> Purchase:
    """What a sum of pence buys of duties on a day, at the pay, rates and on-costs in force on it. Reads only.

    Exact to the quarter of an hour: minima, breaks, notice and the rounding of single lines are of duties.
    """
    morning = clock.london(on, time())
    percent = on_cost_percents(on)[grant.on_cost]
    rule_set = selectors.rule_sets_on(morning).get(grant.lead_force_id)
    points = selectors.overtime_points_on(morning)
    missing = _missing(grant, points, rule_set is not None, percent)
    other = other_on_cost(grant, morning)
    switches = selectors.switches_of(rule_set)
    return Purchase(
        grant=grant,
        pence=pence,
        on=on,
        on_cost_percent=percent,
        pay_pence=None if percent is None else pay_bought(pence, _share(percent)),
        other=other,
        other_pay_pence=pay_bought(pence, _share(other.percent)) if other else None,
        points=[] if missing else [_at_point(point, switches, percent, pence) for point in points],
        rates=[_at_rate(rate, pence) for rate in selectors.rate_cards(grant, morning)],
        missing=missing,
    )


def _missing(grant: Grant, points: list[PayPoint], has_rules: bool, percent: Decimal | None) -> str:
    if not points:
        return "no pay table with a point of constables or sergeants is confirmed"
    if not has_rules:
        return f"no rule set of {grant.lead_force} is confirmed"
    return "" if percent is not None else f"no percentage of {grant.get_on_cost_display()} is on record"


def _share(percent: Decimal | None) -> Fraction:
    return Fraction(percent or 0) / 100


def _bought(hour: Hour, pence: int) -> Bought:
    return Bought(hour.pence, hour.quarters_for(pence) * QUARTER)


def _at_point(point: PayPoint, switches: pay.Switches, percent: Decimal | None, pence: int) -> PointRow:
    hourly = police_hourly(point.annual_pay_pence, switches)
    hours = (Hour(hourly, times, _share(percent)) for times in MULTIPLIERS.values())
    return PointRow(point, tuple(_bought(hour, pence) for hour in hours))


def _at_rate(rate: AgencyRate, pence: int) -> RateRow:
    times, share = Fraction(rate.multiplier), _share(rate.on_cost_percent)
    hour = Hour(Fraction(rate.hourly_pence), times, share)
    kind = dict(DutyType.choices).get(rate.duty_type, rate.duty_type)
    return RateRow(rate, kind.partition(":")[0], _bought(hour, pence))
