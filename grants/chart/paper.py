"""What every chart is drawn with: paper of two widths, labels, ticks, and amounts and days in words.

Coordinates leave here as text, so that a locale cannot touch them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Literal

from overtime_ledger.money import round_half_up

Anchor = Literal["start", "middle", "end"]


@dataclass(frozen=True)
class Line:
    """One line of a label: its text and the point of its baseline that `Label.anchor` names."""

    text: str
    x: str
    y: str


@dataclass(frozen=True)
class Label:
    """A few words, one line beneath the other: the first says what it is, the rest how much."""

    lines: tuple[Line, ...]
    anchor: Anchor


@dataclass(frozen=True)
class Tick:
    """A mark on an axis with its words; `label` is empty where a neighbour needs the room."""

    path: str
    label: Label | None


@dataclass(frozen=True)
class Rule:
    """A vertical line that marks a day, with a flag in the band above the plot."""

    path: str
    label: Label


@dataclass(frozen=True)
class Dot:
    """A point worth seeing: where the money stands today, where a future ends."""

    x: str
    y: str


@dataclass(frozen=True)
class Paper:
    """Sizes of one layout in units of its view box, and how briefly it has to put things."""

    name: Literal["wide", "narrow"]
    width: int
    left: int
    right: int
    top: int
    plot_height: int
    letter: Fraction
    line: int
    tick_gap: int
    day_tick_gap: int
    brief: bool

    @property
    def bottom(self) -> int:
        """Where the plot ends and the axis runs."""
        return self.top + self.plot_height

    @property
    def deadline_x(self) -> int:
        """Where the last day of the window ends."""
        return self.width - self.right

    def width_of(self, text: str) -> Fraction:
        """An upper estimate of how wide bold words come out: the server does not know the reader's font."""
        return len(text) * self.letter


WIDE = Paper(
    name="wide",
    width=768,
    left=86,
    right=180,
    top=72,
    plot_height=288,
    letter=Fraction(9),
    line=20,
    tick_gap=24,
    day_tick_gap=64,
    brief=False,
)
NARROW = Paper(
    name="narrow",
    width=346,
    left=50,
    right=94,
    top=66,
    plot_height=270,
    letter=Fraction(8),
    line=17,
    tick_gap=23,
    day_tick_gap=50,
    brief=True,
)


# Shapes


def apart(
    middles: Sequence[Fraction], heights: Sequence[int], *, lowest: int, highest: int
) -> list[Fraction]:
    """Tops of boxes near their wished middles, in order, none touching, between two edges."""
    gap = 8
    tops: list[Fraction] = []
    edge = Fraction(lowest)
    for middle, height in zip(middles, heights, strict=True):
        tops.append(max(middle - Fraction(height, 2), edge))
        edge = tops[-1] + height + gap
    edge = Fraction(highest + gap)
    for place in reversed(range(len(tops))):
        tops[place] = min(tops[place], edge - gap - heights[place])
        edge = tops[place]
    return tops


def written(texts: Sequence[str], x: Fraction, y: Fraction, paper: Paper, anchor: Anchor) -> Label:
    """A label whose first line has its baseline at a point."""
    lines = [
        Line(text, coordinate(x), coordinate(y + place * paper.line)) for place, text in enumerate(texts)
    ]
    return Label(tuple(lines), anchor)


def across(paper: Paper, y: Fraction) -> str:
    """A horizontal line over the whole plot."""
    return f"M{paper.left} {coordinate(y)}H{paper.deadline_x}"


def dot(x: Fraction, y: Fraction) -> Dot:
    """A point of the drawing."""
    return Dot(coordinate(x), coordinate(y))


def coordinate(units: Fraction) -> str:
    """A coordinate to a tenth of a unit, with a point whatever the locale."""
    return f"{float(units):.1f}"


def even_step(top: int) -> int:
    """The smallest round step, at least £10, that cuts the scale into at most six."""
    power: int = max(1000, 10 ** max(0, len(str(top)) - 2))
    steps: list[int] = [power, power * 2, power * 5 // 2, power * 5, power * 10, power * 20]
    return next(step for step in steps if step * 6 >= top)


# Amounts and days in words


def whole(pence: int) -> str:
    """Pounds without the pence: a label in a drawing, not a figure to book."""
    sign = "−" if pence < 0 else ""
    return f"{sign}£{round_half_up(Fraction(abs(pence), 100)):,}"


def axis_amount(paper: Paper, pence: int, top: int) -> str:
    """An amount on the axis; on narrow paper in thousands or millions, as the whole axis is."""
    if not paper.brief or top < 1_000_000:
        return whole(pence)
    unit, letter = (100_000, "k") if top < 1_000_000_000 else (100_000_000, "m")
    tenths = round_half_up(Fraction(abs(pence) * 10, unit))
    number = f"{tenths // 10:,}.{tenths % 10}".removesuffix(".0")
    return f"{'−' if pence < 0 else ''}£{number}{letter if tenths else ''}"


def counted_days(count: int) -> str:
    """So many days, in words."""
    return "1 day" if count == 1 else f"{count} days"


def short_date(day: date) -> str:
    """8 Mar"""
    return f"{day.day} {day:%b}"


def month_day(day: date) -> str:
    """8 March"""
    return f"{day.day} {day:%B}"


def day_on(paper: Paper, day: date) -> str:
    """A day as briefly as the paper has room for."""
    return short_date(day) if paper.brief else month_day(day)


def long_date(day: date) -> str:
    """8 March 2021"""
    return f"{day.day} {day:%B %Y}"
