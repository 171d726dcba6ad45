"""The geometry of the weekly spending by agency: a column for each week, in it a part for each agency."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from grants.burndown import Week
from grants.chart.paper import (
    Label,
    Paper,
    Tick,
    across,
    axis_amount,
    coordinate,
    even_step,
    long_date,
    short_date,
    whole,
    written,
)
from overtime_ledger.money import pounds

MOST = 5
"""So many agencies have a shade of their own; those after them share the last one."""
OTHERS = "Other agencies"
_DARK = (1, 3, 5)


@dataclass(frozen=True)
class Series:
    """What one agency spent in each week, in pence."""

    name: str
    weeks: Sequence[int]


@dataclass(frozen=True)
class Part:
    """One agency's share of a column: its shade from 1 on, and its name if there is room for it."""

    shade: int
    x: str
    y: str
    width: str
    height: str
    label: Label | None

    @property
    def kind(self) -> str:
        """How its name is written on its shade."""
        return "on-dark" if self.shade in _DARK else "on-light"


@dataclass(frozen=True)
class Column:
    """One week: its parts from the axis upwards, its total above them, its last day beneath."""

    parts: tuple[Part, ...]
    total: Label
    day: Label | None


@dataclass(frozen=True)
class Drawing:
    """The chart laid out for one width. All coordinates are units of the view box."""

    name: Literal["wide", "narrow"]
    view_box: str
    money_ticks: tuple[Tick, ...]
    axis: str
    columns: tuple[Column, ...]


@dataclass(frozen=True)
class Spending:
    """The weekly spending as plain values: what it says in words, its key, and its two layouts."""

    title: str
    description: str
    key: tuple[tuple[int, str], ...]
    drawings: tuple[Drawing, ...]


_WIDE = Paper(
    name="wide",
    width=768,
    left=86,
    right=10,
    top=34,
    plot_height=240,
    letter=Fraction(9),
    line=20,
    tick_gap=24,
    day_tick_gap=64,
    brief=False,
)
_NARROW = Paper(
    name="narrow",
    width=346,
    left=50,
    right=4,
    top=28,
    plot_height=220,
    letter=Fraction(8),
    line=17,
    tick_gap=23,
    day_tick_gap=50,
    brief=True,
)


def spending(weeks: Sequence[Week], series: Sequence[Series]) -> Spending | None:
    """Lay out what each agency spent in each week; None while there is no week.

    A week in which more of an agency was reversed than approved hangs that part beneath the axis.
    """
    if not weeks:
        return None
    shown = _shared(series, len(weeks))
    return Spending(
        title=f"Spent by week and agency, as at {long_date(weeks[-1].as_at)}",
        description=_description(weeks, series),
        key=tuple((place + 1, one.name) for place, one in enumerate(shown)),
        drawings=tuple(_drawing(paper, weeks, shown) for paper in (_WIDE, _NARROW)),
    )


def _shared(series: Sequence[Series], count: int) -> list[Series]:
    if len(series) <= MOST:
        return list(series)
    rest = series[MOST - 1 :]
    others = [sum(one.weeks[place] for one in rest) for place in range(count)]
    return [*series[: MOST - 1], Series(OTHERS, others)]


def _drawing(paper: Paper, weeks: Sequence[Week], series: Sequence[Series]) -> Drawing:
    sums = [[one.weeks[place] for one in series] for place in range(len(weeks))]
    top = max(1, *(sum(pence for pence in week if pence > 0) for week in sums))
    floor = min(0, *(sum(pence for pence in week if pence < 0) for week in sums))
    scale = _Scale(paper, len(weeks), floor, top)
    height = paper.bottom + 2 * paper.line + 8
    return Drawing(
        name=paper.name,
        view_box=f"0 0 {paper.width} {height}",
        money_ticks=tuple(_tick(scale, pence) for pence in _amounts(floor, top)),
        axis=across(paper, scale.y(0)),
        columns=tuple(_column(scale, place, week, series) for place, week in enumerate(weeks)),
    )


@dataclass(frozen=True)
class _Scale:
    """Turns weeks and pence into units of one layout's view box."""

    paper: Paper
    count: int
    floor: int
    top: int

    @property
    def pitch(self) -> Fraction:
        """Units from one column to the next."""
        return Fraction(self.paper.deadline_x - self.paper.left, self.count)

    @property
    def width(self) -> Fraction:
        return min(self.pitch * 7 / 10, Fraction(64))

    def middle(self, place: int) -> Fraction:
        return self.paper.left + self.pitch * place + self.pitch / 2

    def y(self, pence: int) -> Fraction:
        per_penny = Fraction(self.paper.plot_height, self.top - self.floor)
        return self.paper.top + (self.top - pence) * per_penny


def _amounts(floor: int, top: int) -> range:
    step = even_step(max(top, -floor))
    return range(-(-floor // step) * step, top + 1, step)


def _tick(scale: _Scale, pence: int) -> Tick:
    paper, y = scale.paper, scale.y(pence)
    text = axis_amount(paper, pence, scale.top)
    return Tick(across(paper, y), written([text], Fraction(paper.left - 11), y + 5, paper, "end"))


def _column(scale: _Scale, place: int, week: Week, series: Sequence[Series]) -> Column:
    parts, up, down = [], 0, 0
    for shade, one in enumerate(series, 1):
        pence = one.weeks[place]
        if pence > 0:
            parts.append(_part(scale, place, shade, one.name, up, up + pence))
            up += pence
        elif pence < 0:
            parts.append(_part(scale, place, shade, one.name, down + pence, down))
            down += pence
    paper, middle = scale.paper, scale.middle(place)
    total = axis_amount(paper, up + down, scale.top) if paper.brief else whole(up + down)
    room = max(paper.width_of(total), Fraction(paper.day_tick_gap)) / scale.pitch
    is_told = (scale.count - 1 - place) % max(1, -(-room.numerator // room.denominator)) == 0
    y = scale.y(up) - 6
    return Column(
        parts=tuple(parts),
        total=written([total] if is_told else [], middle, y, paper, "middle"),
        day=written([short_date(week.ending)], middle, Fraction(paper.bottom + paper.line), paper, "middle")
        if is_told
        else None,
    )


def _part(scale: _Scale, place: int, shade: int, name: str, low: int, high: int) -> Part:
    paper, top, height = scale.paper, scale.y(high), scale.y(low) - scale.y(high)
    fits = height >= paper.line and paper.width_of(name) <= scale.width
    middle = scale.middle(place)
    return Part(
        shade=shade,
        x=coordinate(middle - scale.width / 2),
        y=coordinate(top),
        width=coordinate(scale.width),
        height=coordinate(height),
        label=written([name], middle, top + height / 2 + 5, paper, "middle") if fits else None,
    )


def _description(weeks: Sequence[Week], series: Sequence[Series]) -> str:
    total = sum(sum(one.weeks) for one in series)
    shares = "; ".join(f"{one.name} {pounds(sum(one.weeks))}" for one in series)
    several = "1 week" if len(weeks) == 1 else f"{len(weeks)} weeks"
    said = f"{pounds(total)} was incurred in {several}"
    return f"{said}: {shares}. Each week is a row of the table." if shares else f"{said}."
