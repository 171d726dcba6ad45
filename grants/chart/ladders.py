"""The geometry of the ladders of all enquiries on one scale: a bar for each, as long as its allocation."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from grants.chart.paper import Label, Paper, Tick, axis_amount, coordinate, even_step, whole, written
from overtime_ledger.money import pounds


@dataclass(frozen=True)
class Bar:
    """What there is to draw of a line: its name, and the pence on each rung by the rung's name."""

    name: str
    rungs: Sequence[tuple[str, int]]

    @property
    def pence(self) -> int:
        """All of it: what was allocated."""
        return sum(pence for _, pence in self.rungs)


@dataclass(frozen=True)
class Step:
    """One rung of a bar; `name` is the stage's."""

    name: str
    x: str
    y: str
    width: str
    height: str


@dataclass(frozen=True)
class Ladder:
    """One line: its name, its rungs from the left, and what it was allocated behind them."""

    name: Label
    steps: tuple[Step, ...]
    total: Label


@dataclass(frozen=True)
class Drawing:
    """The chart laid out for one width. All coordinates are units of the view box."""

    name: Literal["wide", "narrow"]
    view_box: str
    money_ticks: tuple[Tick, ...]
    ladders: tuple[Ladder, ...]


@dataclass(frozen=True)
class Ladders:
    """The ladders of all enquiries as plain values: what they say in words, and their two layouts."""

    title: str
    description: str
    key: tuple[str, ...]
    drawings: tuple[Drawing, ...]


_WIDE = Paper(
    name="wide",
    width=768,
    left=120,
    right=84,
    top=8,
    plot_height=34,
    letter=Fraction(9),
    line=20,
    tick_gap=24,
    day_tick_gap=80,
    brief=False,
)
_NARROW = Paper(
    name="narrow",
    width=346,
    left=4,
    right=58,
    top=4,
    plot_height=44,
    letter=Fraction(8),
    line=17,
    tick_gap=23,
    day_tick_gap=60,
    brief=True,
)
_THICK = 18


def ladders(bars: Sequence[Bar]) -> Ladders | None:
    """Lay out the ladder of each enquiry on one scale, so that lengths compare; None if there is none."""
    if not any(bar.pence for bar in bars):
        return None
    said = "; ".join(f"{bar.name} {pounds(bar.pence)}" for bar in bars)
    return Ladders(
        title="Ladder of each enquiry, on one scale",
        description=f"Allocated: {said}. What stands on each rung is a row of the table.",
        key=tuple(name for name, _ in bars[0].rungs),
        drawings=tuple(_drawing(paper, bars) for paper in (_WIDE, _NARROW)),
    )


def _drawing(paper: Paper, bars: Sequence[Bar]) -> Drawing:
    top = max(bar.pence for bar in bars)
    bottom = paper.top + paper.plot_height * len(bars)
    ticks = range(0, top + 1, even_step(top))
    return Drawing(
        name=paper.name,
        view_box=f"0 0 {paper.width} {bottom + paper.line + 6}",
        money_ticks=tuple(_tick(paper, pence, top, bottom) for pence in _apart(paper, ticks, top)),
        ladders=tuple(_ladder(paper, place, bar, top) for place, bar in enumerate(bars)),
    )


def _x(paper: Paper, pence: int, top: int) -> Fraction:
    return paper.left + Fraction(pence * (paper.deadline_x - paper.left), top)


def _apart(paper: Paper, ticks: range, top: int) -> list[int]:
    """As many of the ticks as have room for their words."""
    pitch = _x(paper, ticks.step, top) - paper.left
    every = next(every for every in range(1, 100) if every * pitch >= paper.day_tick_gap)
    return list(ticks)[::every]


def _tick(paper: Paper, pence: int, top: int, bottom: int) -> Tick:
    x = _x(paper, pence, top)
    label = written(
        [axis_amount(paper, pence, top)],
        x,
        Fraction(bottom + paper.line),
        paper,
        "middle" if pence else "start",
    )
    return Tick(f"M{coordinate(x)} {paper.top}V{bottom}", label)


def _ladder(paper: Paper, place: int, bar: Bar, top: int) -> Ladder:
    """On wide paper the name stands before its bar, on narrow paper above it."""
    row = Fraction(paper.top + paper.plot_height * place)
    y = row + paper.plot_height - _THICK - 6
    steps, reached = [], 0
    for name, pence in bar.rungs:
        if pence > 0:
            x, after = _x(paper, reached, top), _x(paper, reached + pence, top)
            steps.append(Step(name, coordinate(x), coordinate(y), coordinate(after - x), str(_THICK)))
            reached += pence
    if paper.brief:
        label = written([bar.name], Fraction(paper.left), y - 5, paper, "start")
    else:
        label = written([bar.name], Fraction(paper.left - 11), y + 14, paper, "end")
    end = _x(paper, max(bar.pence, 0), top) + 6
    return Ladder(label, tuple(steps), written([whole(bar.pence)], end, y + 14, paper, "start"))
