"""The geometry of the burn-down chart: the money left day by day, its futures, and the profile if one is set.

How labels are kept apart: what names a day stands in a band above the plot, on the side of its rule that has
room; what names the end of a line stands in a column right of the deadline, pushed apart and tied to its line
by a leader; a run-out date, which falls inside the plot, stands beneath the axis.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Literal

from grants.burndown import BurnDown, Day, Terms
from grants.chart.paper import (
    NARROW,
    WIDE,
    Anchor,
    Dot,
    Label,
    Paper,
    Rule,
    Tick,
    across,
    apart,
    axis_amount,
    coordinate,
    day_on,
    dot,
    even_step,
    long_date,
    short_date,
    whole,
    written,
)
from grants.chart.scene import Course, Kind, Scene, outcome, planned, scene_of
from grants.chart.words import described


@dataclass(frozen=True)
class Future:
    """One dashed line from today on, or the profile: its end, its label, the leader between the two."""

    kind: Kind
    path: str
    end: Dot
    leader: str
    label: Label


@dataclass(frozen=True)
class Drawing:
    """The chart laid out for one width. All coordinates are units of the view box."""

    name: Literal["wide", "narrow"]
    view_box: str
    height: int
    money_ticks: tuple[Tick, ...]
    day_ticks: tuple[Tick, ...]
    axis: str
    award: Tick
    remaining: str
    now: Dot | None
    today: Rule | None
    deadline: Rule
    futures: tuple[Future, ...]
    outcome: Future | None


@dataclass(frozen=True)
class Chart:
    """The burn-down chart as plain values: what it says in words, and its two layouts."""

    title: str
    description: str
    drawings: tuple[Drawing, ...]


def chart(
    terms: Terms, days: Sequence[Day], burn: BurnDown, *, as_at: date, today: date | None = None
) -> Chart:
    """Lay out the burn-down chart.

    `days` and `burn` must come from the same ledger entries and be as at the same day; later days are
    ignored. The rule at `as_at` is called "Today" only if `today`, the business date, is that day.
    Time runs from the start of the first day of the window to the end of its last. What a duty cost is
    taken off at the start of its day; the futures begin at the start of `as_at`, the first of the days left.
    """
    scene = scene_of(terms, days, burn, as_at, today)
    return Chart(
        title=f"Money left of the award, day by day, as at {long_date(as_at)}",
        description=described(scene),
        drawings=(_drawing(scene, WIDE), _drawing(scene, NARROW)),
    )


@dataclass(frozen=True)
class _Plane:
    """Turns days and pence into units of one layout's view box."""

    paper: Paper
    days: int
    floor: int
    top: int

    def x(self, day: Fraction | int) -> Fraction:
        """Units from the left edge."""
        return self.paper.left + Fraction(day) * (self.paper.deadline_x - self.paper.left) / self.days

    def y(self, pence: Fraction | int) -> Fraction:
        """Units from the top edge."""
        per_penny = Fraction(self.paper.plot_height, self.top - self.floor)
        return self.paper.top + (self.top - pence) * per_penny


def _drawing(scene: Scene, paper: Paper) -> Drawing:
    plane = _Plane(paper, scene.terms.window_days, scene.floor, scene.top)
    early = [course for course in scene.futures if course.end_day < scene.terms.window_days]
    ending = [course for course in scene.futures if course.end_day == scene.terms.window_days]
    column = _column(scene, plane, [*ending, *planned(scene), *outcome(scene)])
    notes = [_note(scene, plane, course) for course in early]
    height = paper.bottom + 34 + max([0, *(12 + paper.line * len(note.label.lines) for note in notes)])
    return Drawing(
        name=paper.name,
        view_box=f"0 0 {paper.width} {height}",
        height=height,
        money_ticks=_money_ticks(scene, plane),
        day_ticks=_day_ticks(scene, plane, early),
        axis=across(paper, plane.y(0)),
        award=_award(scene, plane),
        remaining=_staircase(scene, plane),
        now=dot(plane.x(scene.now_day), plane.y(scene.left)) if scene.running else None,
        today=_today(scene, plane),
        deadline=_deadline(scene, plane),
        futures=(*(one for one in column if one.kind != "outcome"), *notes),
        outcome=next((one for one in column if one.kind == "outcome"), None),
    )


def _staircase(scene: Scene, plane: _Plane) -> str:
    (_, first), *rest = scene.steps
    path = [f"M{coordinate(plane.x(0))} {coordinate(plane.y(first))}"]
    path += [f"H{coordinate(plane.x(day))}V{coordinate(plane.y(pence))}" for day, pence in rest]
    return "".join([*path, f"H{coordinate(plane.x(scene.now_day))}"])


def _money_ticks(scene: Scene, plane: _Plane) -> tuple[Tick, ...]:
    """Round amounts at even steps; one that would touch the award's own line is left out."""
    step = even_step(scene.top)
    award_y = plane.y(scene.terms.award_pence)
    amounts = range(scene.floor // step * step, scene.top + 1, step)
    shown = [pence for pence in amounts if pence >= scene.floor]
    clear = [pence for pence in shown if abs(plane.y(pence) - award_y) >= plane.paper.tick_gap]
    return tuple(_money_tick(plane, pence) for pence in clear)


def _money_tick(plane: _Plane, pence: int) -> Tick:
    paper = plane.paper
    y = plane.y(pence)
    text = axis_amount(paper, pence, plane.top)
    return Tick(across(paper, y), written([text], Fraction(paper.left - 11), y + 5, paper, "end"))


def _award(scene: Scene, plane: _Plane) -> Tick:
    """The line at the height of the award, named as such."""
    paper = plane.paper
    y = plane.y(scene.terms.award_pence)
    text = axis_amount(paper, scene.terms.award_pence, plane.top)
    label = written(["Award", text], Fraction(paper.left - 11), y + 5 - paper.line, paper, "end")
    return Tick(across(paper, y), label)


def _day_ticks(scene: Scene, plane: _Plane, early: Iterable[Course]) -> tuple[Tick, ...]:
    paper = plane.paper
    busy = [plane.x(course.end_day) for course in early]
    ticks = []
    for day in _tick_days(scene.terms, plane):
        x = plane.x((day - scene.terms.eligible_from).days)
        free = all(abs(x - other) >= paper.day_tick_gap / 2 for other in busy)
        label = written([short_date(day)], x, Fraction(paper.bottom + 24), paper, "middle") if free else None
        ticks.append(Tick(f"M{coordinate(x)} {paper.bottom}v6", label))
    return tuple(ticks)


def _tick_days(terms: Terms, plane: _Plane) -> list[date]:
    """Every week, or as many weeks apart as the words need room."""
    unit = plane.x(7) - plane.x(0)
    weeks = next(weeks for weeks in range(1, 1000) if weeks * unit >= plane.paper.day_tick_gap)
    days = range(0, terms.window_days, weeks * 7)
    return [terms.eligible_from + timedelta(days=day) for day in days]


def _today(scene: Scene, plane: _Plane) -> Rule | None:
    """The day asked for, with what is left then: right of its rule if that clears the deadline's.

    Before the window the opening day is marked instead; afterwards there is no place for it.
    """
    paper = plane.paper
    if not scene.burn.days_left:
        return None
    if not scene.running:
        return _flag(paper, plane.x(0), ["Opens", day_on(paper, scene.terms.eligible_from)], "start")
    x = plane.x(scene.now_day)
    called = "Today," if scene.is_today else "As at"
    texts = [f"{called} {day_on(paper, scene.as_at)}", f"{whole(scene.left)} left"]
    fits = x + 6 + max(map(paper.width_of, texts)) <= paper.deadline_x - 4
    return _flag(paper, x, texts, "start" if fits else "end")


def _deadline(scene: Scene, plane: _Plane) -> Rule:
    last = scene.terms.eligible_to
    said = "Spend by" if scene.burn.days_left else "Ended"
    texts = [said, short_date(last) if plane.paper.brief else long_date(last)]
    return _flag(plane.paper, Fraction(plane.paper.deadline_x), texts, "start")


def _flag(paper: Paper, x: Fraction, texts: Sequence[str], anchor: Anchor) -> Rule:
    aside = x + (6 if anchor == "start" else -6)
    return Rule(
        f"M{coordinate(x)} 2V{paper.bottom}", written(texts, aside, Fraction(paper.line - 4), paper, anchor)
    )


def _column(scene: Scene, plane: _Plane, courses: Sequence[Course]) -> tuple[Future, ...]:
    """The futures that reach the deadline, labelled beside it in the order of their ends."""
    paper = plane.paper
    ordered = sorted(courses, key=lambda course: -course.end_pence)
    heights = [paper.line * len(_texts(paper, course)) for course in ordered]
    middles = [plane.y(course.end_pence) for course in ordered]
    tops = apart(middles, heights, lowest=paper.top - 10, highest=paper.bottom + 22)
    return tuple(_future(scene, plane, course, top) for course, top in zip(ordered, tops, strict=True))


def _future(scene: Scene, plane: _Plane, course: Course, top: Fraction) -> Future:
    paper = plane.paper
    texts = _texts(paper, course)
    x, y = plane.x(course.end_day), plane.y(course.end_pence)
    label_x = Fraction(paper.deadline_x + (24 if not paper.brief else 18))
    middle = top + Fraction(paper.line * len(texts), 2)
    return Future(
        kind=course.kind,
        path=_profile_path(scene, plane) if course.kind == "profile" else _course_path(scene, plane, course),
        end=dot(x, y),
        leader=f"M{coordinate(x)} {coordinate(y)}L{coordinate(label_x - 4)} {coordinate(middle)}",
        label=written(texts, label_x, top + paper.line - 4, paper, "start"),
    )


def _note(scene: Scene, plane: _Plane, course: Course) -> Future:
    """A future that ends inside the plot, labelled beneath the axis as near as the edges allow."""
    paper = plane.paper
    texts = _texts(paper, course)
    half = max(map(paper.width_of, texts)) / 2
    x, y = plane.x(course.end_day), plane.y(course.end_pence)
    middle = min(max(x, half), paper.width - half)
    top = paper.bottom + 38
    return Future(
        kind=course.kind,
        path=_course_path(scene, plane, course),
        end=dot(x, y),
        leader=f"M{coordinate(x)} {coordinate(y)}V{top}",
        label=written(texts, middle, Fraction(top + paper.line - 2), paper, "middle"),
    )


def _texts(paper: Paper, course: Course) -> list[str]:
    return [course.brief_name, *course.brief_words] if paper.brief else [course.name, *course.words]


def _profile_path(scene: Scene, plane: _Plane) -> str:
    """From the whole award down, by what is planned to be left at the end of each day that has a point."""
    terms = scene.terms
    corners = [
        (plane.x((point.on - terms.eligible_from).days + 1), plane.y(terms.award_pence - point.cumulative))
        for point in terms.plan
    ]
    return "M" + "L".join(f"{coordinate(x)} {coordinate(y)}" for x, y in corners)


def _course_path(scene: Scene, plane: _Plane, course: Course) -> str:
    start = f"M{coordinate(plane.x(scene.now_day))} {coordinate(plane.y(scene.left))}"
    return f"{start}L{coordinate(plane.x(course.end_day))} {coordinate(plane.y(course.end_pence))}"
