"""An hour's pay, exact: basic pay by Annex G, an agreed rate, its multipliers, and what a sum buys of it."""

from dataclasses import dataclass
from fractions import Fraction

from overtime_ledger.money import pounds, round_half_up
from tasking.pay.duties import DEFAULT_SWITCHES, Switches

THIRD, HALF, DOUBLE, PLAIN = Fraction(4, 3), Fraction(3, 2), Fraction(2), Fraction(1)
QUARTER = 15


@dataclass(frozen=True)
class Hour:
    """An hour of duty under one rule: exact pence before the multiplier, and the share that comes on top."""

    hourly: Fraction
    multiplier: Fraction
    on_cost: Fraction = Fraction(0)

    @property
    def pence(self) -> int:
        """What a line of just an hour costs."""
        return self.pence_of(4)

    def pence_of(self, quarters: int) -> int:
        """What a line of some quarters costs: its pay and its on-cost, each rounded half up."""
        paid = pay_of(quarters, self.hourly, self.multiplier)
        return paid + round_half_up(paid * self.on_cost)

    def quarters_for(self, pence: int) -> int:
        """Completed quarters of an hour that a sum buys, on-cost included. Exact: no line is rounded."""
        return pence * 4 // (self.hourly * self.multiplier * (1 + self.on_cost))


@dataclass(frozen=True)
class Rate:
    """An hour's pay in exact pence, as it is shown, and where it comes from."""

    hourly: Fraction
    shown: str
    source: str
    switches: tuple[str, ...] = ()


def hourly_pence(annual_pay_pence: int) -> Fraction:
    """An hour's basic pay in exact pence: annual pay x 6/313 for the week, / 40 for the hour (Annex G)."""
    return annual_pay_pence * Fraction(6, 313) / 40


def police_hourly(annual_pay_pence: int, switches: Switches = DEFAULT_SWITCHES) -> Fraction:
    """An hour's pay of a police officer in exact pence, with what the force counts in beside basic pay."""
    return hourly_pence(annual_pay_pence + switches.london_weighting_pence)


def exact_pounds(hourly: Fraction) -> str:
    """An hour's pay as it is shown, to a hundredth of a penny: "£19.7109"."""
    whole, part = divmod(round_half_up(hourly * 100), 10_000)
    return f"£{whole:,}.{part:04}"


def pay_bought(pence: int, on_cost: Fraction) -> int:
    """The most pay, in whole pence, that a sum bears together with an on-cost on it."""
    return pence // (1 + on_cost)


def pay_of(units: int, hourly: Fraction, multiplier: Fraction) -> int:
    """What quarters of an hour pay, in pence, rounded half up: the one rounding of a line."""
    return round_half_up(units * hourly / 4 * multiplier)


def police_rate(annual_pay_pence: int, pay_point: str, switches: Switches) -> Rate:
    """An hour's pay of a police officer, with its source in words."""
    weighting = switches.london_weighting_pence
    hourly = police_hourly(annual_pay_pence, switches)
    year = f"{pounds(annual_pay_pence)} a year" + (f", {pay_point}," if pay_point else "")
    named: tuple[str, ...] = ()
    if weighting:
        year = f"({year} + London weighting of {pounds(weighting)})"
        named = (f"London weighting of {pounds(weighting)} a year counts in the hourly rate",)
    source = f"An hour's pay is {year} x 6/313 / 40, kept exact until the line is rounded."
    return Rate(hourly, exact_pounds(hourly), source, named)
