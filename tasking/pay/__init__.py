"""What a duty pays, to the penny and in words: overtime in England and Wales, January to March 2021.

Police Regulations 2003, regulations 22, 25 and 26, with Annex G (overtime) and Annex H (public holidays and
rest days). Pure: aware datetimes and exact fractions in, pence and words out; the pay of each line is rounded
once, half up, and so is its on-cost. A duty is first cut where its rule changes (the end of a public holiday,
the start of a rest day, the fortieth hour of a part-timer's week), then each part at the ends of the grant's
window. No Django.

Read on in the order in which a duty goes through it: `duties` (what is known of one), `parts` (where it
is cut), `rules` (what counts), `hours` (what an hour pays), `lines` (pence and working), `time_off` (what
is owed in time), `words`.
"""

from dataclasses import dataclass, replace
from fractions import Fraction

from overtime_ledger.money import pounds
from tasking.pay import words
from tasking.pay.duties import (
    DEFAULT_SWITCHES,
    LONDON,
    Duty,
    NotPayable,
    Switches,
    Window,
    clear_days,
    clip,
    in_utc,
    is_public_holiday,
)
from tasking.pay.hours import Rate, police_rate
from tasking.pay.lines import Line, Terms, reckon_each
from tasking.pay.parts import parts_of
from tasking.pay.rules import RULES, Counted, Stay, casual_occasion, charged
from tasking.pay.time_off import TimeOwed, questions_of, time_owed_for

__all__ = [
    "DEFAULT_SWITCHES",
    "ELIGIBLE_RANKS",
    "LONDON",
    "RULES",
    "Duty",
    "Line",
    "NotPayable",
    "Price",
    "Switches",
    "TimeOwed",
    "Window",
    "casual_occasion",
    "clear_days",
    "is_public_holiday",
    "price",
    "price_at_agreed_rate",
]

ELIGIBLE_RANKS = frozenset({"constable", "sergeant"})


@dataclass(frozen=True)
class Price:
    """What a duty costs the grant (`lines`) and what the officer is owed besides, not by the grant.

    `time_owed` is owed in time, `notes` are questions that somebody has to answer.
    """

    lines: tuple[Line, ...]
    owed_beyond: tuple[Line, ...]
    time_owed: tuple[TimeOwed, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def pence(self) -> int:
        """Pay and on-cost together: what the grant bears."""
        return self.pay_pence + self.on_cost_pence

    @property
    def pay_pence(self) -> int:
        return sum(line.pence for line in self.lines)

    @property
    def on_cost_pence(self) -> int:
        return sum(line.on_cost_pence for line in self.lines)

    @property
    def units(self) -> int:
        return sum(line.units for line in self.lines)

    @property
    def working(self) -> str:
        """Every line in words, with what is owed besides, so that nothing of the duty goes unexplained."""
        words = [line.working for line in self.lines]
        if len(self.lines) > 1:
            words.append(f"Together {pounds(self.pence)}.")
        words += [line.working for line in self.owed_beyond]
        return " ".join(words + [owed.because for owed in self.time_owed])


def price(
    duty: Duty,
    *,
    rank: str,
    annual_pay_pence: int,
    window: Window | None,
    switches: Switches = DEFAULT_SWITCHES,
    on_cost: Fraction = Fraction(0),
    pay_point: str = "",
) -> Price:
    """Price a police officer's duty; `rank` and pay are those held on the day, `window` None is no grant.

    `on_cost` is the share of the pay that the grant bears besides (0.138 for 13.8%); `pay_point` says in
    words where the annual pay is from. Raises NotPayable, and ValueError for pay or on-cost below nothing.
    Source: Annexes G and H of the determinations under the Police Regulations 2003.
    """
    duty = in_utc(duty)
    if rank not in ELIGIBLE_RANKS:
        raise NotPayable("rank_not_eligible", f"Only constables and sergeants earn overtime, not: {rank}.")
    if duty.duty_type not in RULES:
        raise NotPayable("unknown_duty_type", f"There is no duty type {duty.duty_type}.")
    _check_window(duty, window)
    _check_money(annual_pay_pence, on_cost)
    terms = Terms(police_rate(annual_pay_pence, pay_point, switches), window, on_cost, switches)
    parts = parts_of(duty, switches)
    reckoned = reckon_each(parts, duty, lambda part: RULES[part.duty_type], terms)
    return _joined(reckoned, time_owed_for(parts, switches), questions_of(duty, switches))


def price_at_agreed_rate(
    duty: Duty,
    *,
    grade: str,
    hourly_pence: int,
    multiplier: Fraction,
    window: Window | None,
    charged_minutes: int | None = None,
    on_cost: Fraction = Fraction(0),
    source: str = "Agreed rate card",
) -> Price:
    """Price another agency's duty by its agreed rate card: completed quarters of what the agency charges.

    The agency's own pay rules are never computed: `charged_minutes` is its own figure, which a minimum of its
    own may have raised; None is the duty less breaks. Of a duty that the window cuts, never more than the
    minutes inside. `hourly_pence` is whole pence. Raises NotPayable; ValueError for figures below nothing.
    """
    duty = replace(in_utc(duty), duty_type="agreed_rate")
    _check_window(duty, window)
    _check_money(hourly_pence, multiplier, charged_minutes or 0, on_cost)
    rate = Rate(Fraction(hourly_pence), pounds(hourly_pence), f"{source}, {grade}.")

    def agreed(stay: Stay) -> Counted:
        return charged(stay, charged_minutes, multiplier)

    terms = Terms(rate, window, on_cost, DEFAULT_SWITCHES)
    return _joined(reckon_each([duty], duty, lambda part: agreed, terms), time_owed=(), notes=())


def _joined(
    reckoned: list[tuple[Line | None, Line | None]], time_owed: tuple[TimeOwed, ...], notes: tuple[str, ...]
) -> Price:
    lines = tuple(borne for borne, _ in reckoned if borne)
    return Price(lines, tuple(owed for _, owed in reckoned if owed), time_owed, notes)


def _check_window(duty: Duty, window: Window | None) -> None:
    if window and clip(duty, window) is None:
        period = f"from {words.at(window.starts_at)} to {words.at(window.ends_at, ending=True)}"
        raise NotPayable("outside_grant_period", f"The duty lies outside the grant's window, {period}.")


def _check_money(*figures: int | Fraction) -> None:
    if min(figures) < 0:
        raise ValueError("Rates, minutes and shares cannot be negative")
