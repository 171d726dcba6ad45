"""The rules of pay in plain words, with examples that the pay engine works out: what people can look up.

What each rule rests on is said as its sources were found. The text of Annex G could not be read: its content
comes from Police Federation guidance, parallel legislation and case law. Pure: no Django, no arithmetic but
that of `tasking.pay`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from typing import Any, Literal

from overtime_ledger.money import pounds, round_half_up
from tasking import pay
from tasking.pay.hours import THIRD, Hour, exact_pounds, hourly_pence
from tasking.pay.words import hours_in_words

Standing = Literal["sourced", "derived", "unverified"]
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
WINDOW = pay.Window.of_days(date(2021, 2, 1), date(2021, 3, 31))
"""The window of a grant in the examples that need one."""


# The switches: what differs by force or is not settled


@dataclass(frozen=True)
class Switch:
    """One switch of a rule set: what it decides, how well that is sourced, and its value in words."""

    name: str
    label: str
    meaning: str
    standing: Standing
    source: str
    in_words: Callable[[Any], str]


SWITCHES = (
    Switch(
        "recall_minimum_minutes",
        "The least a recall counts",
        "Whether a recall between two tours counts at least so long. Otherwise one quarter of an hour.",
        "unverified",
        "A minimum of 4 hours is disputed for 2021: KSO [2022] EWHC 2514.",
        lambda minutes: hours_in_words(minutes) if minutes else "No minimum of 4 hours",
    ),
    Switch(
        "travel_limit_minutes",
        "Travel counts",
        "Up to what length of duty and travel together it counts: on rest days, public holidays, recalls.",
        "unverified",
        "Sourced for recalls; for rest days not verified.",
        lambda minutes: (
            "Always"
            if minutes is None
            else f"Where duty and travel are at most {hours_in_words(minutes)} together"
        ),
    ),
    Switch(
        "london_weighting_pence",
        "London weighting in the hourly rate",
        "A year's London weighting where the force counts it in. London allowance never is.",
        "unverified",
        "Both are outside the hourly rate; for 2021 not verified.",
        lambda pence: f"{pounds(pence)} a year counts" if pence else "Not counted",
    ),
    Switch(
        "short_casual_occasion_counts",
        "A casual stay under 30 minutes",
        "Whether it uses up one of the week's first four occasions, on which 30 minutes are lost.",
        "unverified",
        "No source says whether it does.",
        lambda counts: "Uses up one of the four" if counts else "Uses up none of the four",
    ),
    Switch(
        "week_starts_on",
        "The force's week begins on",
        "The week in which casual occasions and a part-timer's 40 hours are counted.",
        "unverified",
        "Differs by force; not verified for the Metropolitan Police.",
        lambda day: WEEKDAYS[day],
    ),
    Switch(
        "force_day_starts",
        "The force's day begins at",
        "Where a rest day or a public holiday begins and ends.",
        "unverified",
        "Differs by force and is often 07:00; not verified for the Metropolitan Police.",
        lambda at: f"{at:%H:%M}",
    ),
)


# The duty types and the traps


@dataclass(frozen=True)
class Example:
    """A duty that never changes, to be priced by whatever is in force; `title` says what it shows."""

    title: str
    duty: pay.Duty
    rank: str = "constable"
    window: pay.Window | None = None


@dataclass(frozen=True)
class Rule:
    """How one type of duty is reckoned, in plain words."""

    duty_type: str
    words: tuple[str, ...]
    standing: Standing
    source: str
    examples: tuple[Example, ...]


@dataclass(frozen=True)
class Trap:
    """Something that pay systems get wrong, in plain words, with examples."""

    title: str
    words: str
    standing: Standing
    examples: tuple[Example, ...] = ()


GUIDANCE = "Police Federation guidance, parallel legislation and case law; Annex G itself could not be read."
HOLIDAYS = "Annex H, by Police Federation guidance and case law."


def _at(day: int, month: int, hour: int, minute: int = 0, *, year: int = 2021) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=pay.LONDON)


def _duty(kind: str, starts_at: datetime, ends_at: datetime, told: datetime, **more: Any) -> pay.Duty:
    return pay.Duty(duty_type=kind, starts_at=starts_at, ends_at=ends_at, told_at=told, **more)


def _casual(minutes: tuple[int, int], occasion: int) -> pay.Duty:
    ends_at = _at(10, 2, *minutes)
    return _duty("casual", _at(10, 2, 16), ends_at, _at(10, 2, 15), casual_occasion=occasion)


def _rest_day(told: datetime, hours: tuple[int, int], **more: Any) -> pay.Duty:
    return _duty("rest_day", _at(17, 2, hours[0]), _at(17, 2, hours[1]), told, **more)


PLANNED = Example(
    "Told at 07:50, before the tour; kept on from 16:00 to 18:20",
    _duty("planned", _at(10, 2, 16), _at(10, 2, 18, 20), _at(10, 2, 7, 50)),
)
_FIRST = Example(
    "16:00 to 18:20 again, told at 15:00 after the tour began: the first of the week", _casual((18, 20), 1)
)
_FIFTH = Example("A stay of 50 minutes on the fifth occasion of the week", _casual((16, 50), 5))
_SHORT = Example("A stay of 25 minutes", _casual((16, 25), 1))
_FOURTEEN = Example(
    "Told on 2 February for 17 February: 14 clear days", _rest_day(_at(2, 2, 9), (9, 15), travel_minutes=0)
)
_FIFTEEN = Example("Told on 1 February for 17 February: 15 clear days", _rest_day(_at(1, 2, 9), (9, 15)))
_THREE = Example("Told on 13 February for 17 February: 3 clear days", _rest_day(_at(13, 2, 9), (8, 14)))
_SUBSTITUTED = Example(
    "14 February 2021, recorded with its evidence as the officer's day for a public holiday; "
    "told on 10 February",
    _duty("public_holiday", _at(14, 2, 8), _at(14, 2, 14), _at(10, 2, 9), holiday_substituted=True),
)
_NO_HOLIDAY = Example(
    "14 February 2021 without such a record",
    _duty("public_holiday", _at(14, 2, 8), _at(14, 2, 14), _at(10, 2, 9)),
)

RULES = (
    Rule(
        "planned",
        (
            "Told at or before the start of the tour. The time from start to end less breaks counts, in "
            "completed quarters of an hour, and nothing is lost.",
            "A duty under a tasking that was issued beforehand is nearly always planned.",
        ),
        "sourced",
        GUIDANCE,
        (PLANNED,),
    ),
    Rule(
        "casual",
        (
            "Told after the tour began. A stay under 30 minutes counts nothing; on each of the first four "
            "occasions of the week 30 minutes are lost; from the fifth nothing is lost.",
        ),
        "sourced",
        f"{GUIDANCE} Whether a stay under 30 minutes uses up an occasion is not verified.",
        (_FIRST, _SHORT, _FIFTH),
    ),
    Rule(
        "rest_day",
        (
            "With under 15 clear days' notice it is paid, and counts at least 4 hours. A stay of at most 60 "
            "minutes straight after a tour counts as worked.",
            "With 15 clear days or more nothing is paid: another rest day is due.",
            "A rest day has one rate. Double time at under 5 days' notice was abolished in April 2012.",
        ),
        "sourced",
        f"{HOLIDAYS} When travel counts is not verified.",
        (
            _THREE,
            Example("Two hours, of which at least 4 count", _rest_day(_at(10, 2, 9), (18, 20))),
            Example(
                "5 hours with an hour of travel",
                _rest_day(_at(10, 2, 9), (8, 13), travel_minutes=60),
            ),
            _FIFTEEN,
        ),
    ),
    Rule(
        "public_holiday",
        (
            "A public holiday of England, or a day that is on record, with evidence, as the officer's day "
            "instead of one. It counts at least 4 hours.",
            "Told under 8 clear days before, a day off in lieu is due as well.",
            "No public holiday falls between 2 January and 1 April 2021.",
        ),
        "sourced",
        HOLIDAYS,
        (
            Example(
                "New Year's Day 2021, told on 24 December",
                _duty(
                    "public_holiday",
                    _at(1, 1, 8),
                    _at(1, 1, 14),
                    _at(24, 12, 9, year=2020),
                ),
            ),
            _SUBSTITUTED,
        ),
    ),
    Rule(
        "recall",
        (
            "Called back between two tours. Duty and travel count and nothing is lost; at least one quarter "
            "is paid.",
        ),
        "sourced",
        f"{GUIDANCE} A minimum of 4 hours is disputed for 2021: KSO [2022] EWHC 2514.",
        (
            Example(
                "Called in from 18:00 to 20:00 with an hour of travel",
                _duty("recall", _at(10, 2, 18), _at(10, 2, 20), _at(10, 2, 17, 30), travel_minutes=60),
            ),
        ),
    ),
    Rule(
        "early_start",
        (
            "The tour begins early, the normal tour of that day of the force being done already. Told under "
            "8 hours before, the time is paid; told 8 hours before or more, nothing is.",
        ),
        "sourced",
        GUIDANCE,
        (
            Example(
                "Told at 23:00 to start at 05:00 in place of 07:00: 6 hours' notice",
                _duty("early_start", _at(11, 2, 5), _at(11, 2, 7), _at(10, 2, 23)),
            ),
            Example(
                "Told at 21:00: 8 hours' notice",
                _duty("early_start", _at(11, 2, 5), _at(11, 2, 7), _at(10, 2, 21)),
            ),
        ),
    ),
    Rule(
        "part_time",
        ("Extra hours of a part-timer: plain time up to 40 hours in the week, enhanced from there on.",),
        "sourced",
        GUIDANCE,
        (
            Example(
                "12 hours after 32 in the week",
                _duty(
                    "part_time", _at(10, 2, 8), _at(10, 2, 20), _at(9, 2, 9), weekly_minutes_before=32 * 60
                ),
            ),
        ),
    ),
    Rule(
        "toil",
        (
            "Time off instead of pay costs the grant nothing. It may turn into cash after the deadline, for "
            "which nothing is set aside.",
        ),
        "unverified",
        "Whether the time off is at time and a third is not verified.",
        (
            Example(
                "3 hours worked, to be taken as time off",
                _duty("toil", _at(10, 2, 16), _at(10, 2, 19), _at(9, 2, 9)),
            ),
        ),
    ),
)

TRAPS = (
    Trap(
        "Clear days exclude both ends",
        "Neither the day of being told nor the day of the duty counts.",
        "sourced",
        (_FOURTEEN, _FIFTEEN),
    ),
    Trap(
        "Casual occasions are counted by the week",
        "The same stay is worth less on one of the first four occasions than when it was planned.",
        "sourced",
        (_FIRST, _FIFTH),
    ),
    Trap(
        "The clocks change on 28 March 2021",
        "At 01:00 it is 02:00. Minutes are of true time, not of the wall.",
        "sourced",
        (
            Example(
                "00:30 to 03:30 on the wall that night",
                _duty("planned", _at(28, 3, 0, 30), _at(28, 3, 3, 30), _at(27, 3, 20)),
            ),
        ),
    ),
    Trap(
        "The grant ends at the midnight of its last day",
        "A duty that runs past it is cut there first and reckoned then, without any minimum. What the "
        "officer is owed beyond it is not the grant's.",
        "sourced",
        (
            Example(
                "22:00 on 31 March to 02:00, for a grant that ends on 31 March",
                _duty("planned", _at(31, 3, 22), _at(1, 4, 2), _at(31, 3, 12)),
                window=WINDOW,
            ),
        ),
    ),
    Trap(
        "The rank on the day of the duty counts",
        "Not the rank on the day of the claim. Inspectors and above earn no overtime.",
        "sourced",
        (
            PLANNED,
            Example("The same duty as a sergeant", PLANNED.duty, rank="sergeant"),
            Example("The same duty as an inspector", PLANNED.duty, rank="inspector"),
        ),
    ),
    Trap(
        "Double time needs a public holiday",
        "None falls between 2 January and 1 April 2021: it takes a substituted day with its evidence.",
        "sourced",
        (_NO_HOLIDAY, _SUBSTITUTED),
    ),
)


# Worked out


@dataclass(frozen=True)
class Worked:
    """An example with its price; or in words why it has none."""

    example: Example
    price: pay.Price | None
    refused: str = ""


@dataclass(frozen=True)
class Basis:
    """What examples are worked with: by rank the annual pay in pence and its point in words; the switches."""

    earns: Mapping[str, tuple[int, str]]
    switches: pay.Switches


def work(example: Example, basis: Basis, *, on_cost: Fraction = Fraction(0)) -> Worked:
    """Price an example by the pay engine. Of a rank without pay on record it says so."""
    known = basis.earns.get(example.rank)
    if known is None and example.rank in pay.ELIGIBLE_RANKS:
        return Worked(example, None, f"No confirmed pay table says what a {example.rank} earns.")
    annual_pay_pence, point = known or (0, "")
    try:
        price = pay.price(
            example.duty,
            rank=example.rank,
            annual_pay_pence=annual_pay_pence,
            window=example.window,
            switches=basis.switches,
            on_cost=on_cost,
            pay_point=point,
        )
    except pay.NotPayable as refusal:
        return Worked(example, None, refusal.reason)
    return Worked(example, price)


def multipliers(worked: Sequence[Worked]) -> str:
    """The multipliers that some examples were paid at, as fractions: "1 and 4/3"."""
    lines = [line for one in worked if one.price for line in one.price.lines]
    return " and ".join(dict.fromkeys(str(line.multiplier) for line in lines if line.pence))


@dataclass(frozen=True)
class Apart:
    """Another way of reckoning, in words, and by how many pence it comes out wrong."""

    words: str
    pence: int


def by_2080(annual_pay_pence: int) -> Apart:
    """An hour as 1/2080 of annual pay."""
    right, wrong = hourly_pence(annual_pay_pence), Fraction(annual_pay_pence, 52 * 40)
    return Apart(
        f"An hour is {exact_pounds(right)}; by 2080 it would be {exact_pounds(wrong)}. In a hundred "
        "planned hours that is",
        abs(_planned(400, wrong) - _planned(400, right)),
    )


def by_decimals(annual_pay_pence: int) -> Apart:
    """A hundred hours of planned overtime at 1.33."""
    hourly = hourly_pence(annual_pay_pence)
    right, wrong = _planned(400, hourly), Hour(hourly, Fraction(133, 100)).pence_of(400)
    return Apart(
        f"A hundred planned hours are {pounds(right)}; at 1.33 they would be {pounds(wrong)}. That is",
        abs(wrong - right),
    )


def by_rounding_first(annual_pay_pence: int) -> Apart:
    """Nine quarters of planned overtime, with each quarter's pay rounded first."""
    hourly = hourly_pence(annual_pay_pence)
    right, wrong = _planned(9, hourly), _planned(9, Fraction(round_half_up(hourly / 4) * 4))
    return Apart(
        f"Nine planned quarters are {pounds(right)}; with each quarter's pay rounded first they would be "
        f"{pounds(wrong)}. That is",
        abs(wrong - right),
    )


def _planned(quarters: int, hourly: Fraction) -> int:
    return Hour(hourly, THIRD).pence_of(quarters)


OTHER_WAYS = (by_2080, by_decimals, by_rounding_first)
"""Ways that come out wrong, each told at an annual pay in pence."""


def another_agency() -> pay.Price:
    """An hour and three quarters of another agency, at a rate card made up for the example."""
    return pay.price_at_agreed_rate(
        pay.Duty(duty_type="planned", starts_at=_at(10, 2, 16), ends_at=_at(10, 2, 17, 50)),
        grade="an agreed grade",
        hourly_pence=2000,
        multiplier=THIRD,
        window=None,
    )
