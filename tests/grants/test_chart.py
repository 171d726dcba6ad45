"""The burn-down chart: what it draws, what it says, and that its labels never stand on each other."""

import re
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import combinations
from xml.etree import ElementTree

import pytest
from django.template.loader import render_to_string
from hypothesis import given
from hypothesis import strategies as st

from grants.burndown import Day, Point, Stages, Terms, burn_down
from grants.chart import Chart, Drawing, Label, chart

PCD_911 = Terms(135_000_00, date(2021, 2, 1), date(2021, 3, 31))
MONDAY_8_MARCH = date(2021, 3, 8)
SVG = "{http://www.w3.org/2000/svg}"


def drawn(
    as_at: date,
    days: list[Day] | None = None,
    *,
    committed: int = 0,
    terms: Terms = PCD_911,
    today: date | None = None,
) -> Chart:
    """The chart of a grant of which `committed` is tasked besides what `days` incurred."""
    days = days or []
    incurred = sum(day.incurred for day in days if day.on <= as_at)
    stages = Stages(terms.award_pence - incurred - committed, committed, 0, incurred, 0)
    burn = burn_down(terms, stages, days, as_at=as_at, worked_minutes=0, costed_pence=0)
    return chart(terms, days, burn, as_at=as_at, today=today)


def steadily(pence_a_day: int, count: int, first: date = date(2021, 2, 1)) -> list[Day]:
    return [Day(first + timedelta(days=place), pence_a_day) for place in range(count)]


def words(label: Label | None) -> list[str]:
    return [line.text for line in label.lines] if label else []


def by_kind(drawing: Drawing) -> dict[str, list[str]]:
    return {future.kind: words(future.label) for future in drawing.futures}


class TestWhatIsDrawn:
    def test_money_left_falls_in_steps_on_the_day_of_the_duty(self) -> None:
        # The plot is 502 units for 59 days and 288 for £135,000; half the award is 144 units down.
        days = [Day(date(2021, 2, 3), 67_500_00)]
        wide, _ = drawn(MONDAY_8_MARCH, days).drawings
        after_2, after_35 = 86 + 502 * 2 / 59, 86 + 502 * 35 / 59
        assert wide.remaining == f"M86.0 72.0H{after_2:.1f}V216.0H{after_35:.1f}"

    def test_several_entries_of_one_day_are_one_step(self) -> None:
        one = drawn(MONDAY_8_MARCH, [Day(date(2021, 2, 3), 500_00)])
        two = drawn(MONDAY_8_MARCH, [Day(date(2021, 2, 3), 200_00), Day(date(2021, 2, 3), 300_00)])
        assert one == two

    def test_later_duties_are_not_drawn(self) -> None:
        early = [Day(date(2021, 2, 3), 500_00)]
        assert drawn(MONDAY_8_MARCH, [*early, Day(date(2021, 3, 20), 900_00)]) == drawn(MONDAY_8_MARCH, early)

    def test_a_profile_is_drawn_through_its_points_and_named_at_its_end(self) -> None:
        # A third of the award by 14 February, which is 14 of 59 days; then to within £5,000 of it.
        points = (Point(date(2021, 2, 14), 45_000_00), Point(date(2021, 3, 31), 130_000_00))
        chart = drawn(MONDAY_8_MARCH, steadily(2_000_00, 35), terms=replace(PCD_911, profile=points))
        wide, narrow = chart.drawings
        (line,) = [future for future in wide.futures if future.kind == "profile"]
        x, end = 86 + 502 * 14 / 59, 72 + 288 * 130 / 135
        assert line.path == f"M86.0 72.0L{x:.1f} 168.0L588.0 {end:.1f}"
        assert words(line.label) == ["Profile", "£5,000 unspent"]
        assert by_kind(narrow)["profile"] == ["Profile", "£5,000", "unspent"]
        assert "The profile plans £48,444.44 to be left now." in chart.description

    def test_the_even_profile_is_not_drawn(self) -> None:
        wide, _ = drawn(MONDAY_8_MARCH, steadily(2_000_00, 35)).drawings
        assert "profile" not in by_kind(wide)

    def test_after_the_window_the_profile_stands_beside_what_was_left(self) -> None:
        terms = replace(PCD_911, profile=(Point(date(2021, 3, 31), 135_000_00),))
        wide, _ = drawn(date(2021, 4, 2), steadily(2_000_00, 59), terms=terms).drawings
        assert by_kind(wide) == {"profile": ["Profile", "all spent"]}
        assert wide.outcome is not None and words(wide.outcome.label) == ["Unspent", "£17,000"]

    def test_three_futures_each_name_their_end(self) -> None:
        # 35 days at £2,000 leave £65,000; £65,000 x 7 / 24 is £18,958.
        wide, narrow = drawn(MONDAY_8_MARCH, steadily(2_000_00, 35), committed=22_000_00).drawings
        # 13 of the last 14 days cost £2,000: £13,000 a week, £44,571 in the 24 days left.
        assert by_kind(wide) == {
            "tasked": ["All tasked worked", "£43,000 unspent"],
            "pace": ["At this pace", "£20,429 unspent"],
            "needed": ["Pace needed", "£18,958 a week"],
        }
        assert by_kind(narrow) == {
            "tasked": ["All tasked", "£43,000", "unspent"],
            "pace": ["This pace", "£20,429", "unspent"],
            "needed": ["Needed", "£18,958", "a week"],
        }

    def test_the_day_is_called_today_only_when_it_is(self) -> None:
        for today, said in [(MONDAY_8_MARCH, "Today, 8 March"), (date(2021, 3, 9), "As at 8 March")]:
            rule = drawn(MONDAY_8_MARCH, today=today).drawings[0].today
            assert rule is not None
            assert words(rule.label) == [said, "£135,000 left"]

    def test_the_deadline_is_named(self) -> None:
        wide, narrow = drawn(MONDAY_8_MARCH).drawings
        assert words(wide.deadline.label) == ["Spend by", "31 March 2021"]
        assert words(narrow.deadline.label) == ["Spend by", "31 Mar"]

    def test_round_amounts_that_would_touch_the_award_are_left_out(self) -> None:
        wide, narrow = drawn(MONDAY_8_MARCH).drawings
        assert [words(tick.label) for tick in wide.money_ticks] == [
            ["£0"],
            ["£25,000"],
            ["£50,000"],
            ["£75,000"],
            ["£100,000"],
        ]
        assert words(wide.award.label) == ["Award", "£135,000"]
        assert words(narrow.award.label) == ["Award", "£135k"]


class TestWhenThePaceOverspends:
    # £3,000 a day to 1 March leave £48,000 on 2 March; thirteen such days in the last fourteen.
    chart = drawn(date(2021, 3, 2), steadily(3_000_00, 29), committed=10_000_00)

    def test_the_line_ends_where_the_money_does_and_says_when(self) -> None:
        # £48,000 at £39,000 in fourteen days last 17.2 days; 30 days cost £83,571.
        wide, narrow = self.chart.drawings
        assert by_kind(wide)["pace"] == ["At this pace", "the money runs out on 19 March, £35,571 short"]
        assert by_kind(narrow)["pace"] == ["This pace", "runs out 19 Mar", "£35,571 short"]
        end = next(future.end for future in wide.futures if future.kind == "pace")
        assert float(end.x) == pytest.approx(86 + 502 * (29 + 17.23) / 59, abs=0.1)
        assert end.y == "360.0"

    def test_the_words_beneath_the_axis_have_room(self) -> None:
        plain = drawn(date(2021, 3, 2)).drawings[0]
        assert self.chart.drawings[0].height > plain.height

    def test_the_description_says_it(self) -> None:
        assert "the money runs out on 19 March 2021, £35,571.43 short" in self.chart.description


class TestTheEndsOfTheWindow:
    def test_before_it_opens_the_opening_day_is_marked(self) -> None:
        wide, _ = drawn(date(2021, 1, 20)).drawings
        assert wide.today is not None and wide.now is None
        assert words(wide.today.label) == ["Opens", "1 February"]

    def test_in_the_last_days_what_is_needed_is_said_for_the_days_left(self) -> None:
        spent = [Day(date(2021, 2, 1), 130_000_00)]
        assert by_kind(drawn(date(2021, 3, 27), spent).drawings[0])["needed"] == [
            "Pace needed",
            "£5,000 in 5 days",
        ]
        assert by_kind(drawn(date(2021, 3, 31), spent).drawings[0])["needed"] == [
            "Pace needed",
            "£5,000 in 1 day",
        ]

    def test_afterwards_there_is_no_future_but_what_is_unspent(self) -> None:
        after = drawn(date(2021, 4, 10), [Day(date(2021, 3, 31), 130_000_00)])
        wide, _ = after.drawings
        assert (wide.futures, wide.today, wide.now) == ((), None, None)
        assert wide.outcome is not None and words(wide.outcome.label) == ["Unspent", "£5,000"]
        assert words(wide.deadline.label) == ["Ended", "31 March 2021"]
        assert after.description == (
            "The window ended on 31 March 2021. Of the award of £135,000.00, "
            "£130,000.00 is incurred and £5,000.00 is not."
        )

    def test_with_everything_incurred_there_is_nothing_to_foretell(self) -> None:
        wide, _ = drawn(MONDAY_8_MARCH, [Day(date(2021, 3, 1), 135_000_00)]).drawings
        assert (wide.futures, wide.outcome) == ((), None)

    def test_an_award_of_nothing_can_be_drawn(self) -> None:
        drawn(MONDAY_8_MARCH, terms=Terms(0, date(2021, 2, 1), date(2021, 3, 31)))

    def test_more_incurred_than_awarded_is_drawn_below_the_axis(self) -> None:
        wide, _ = drawn(MONDAY_8_MARCH, [Day(date(2021, 3, 1), 140_000_00)]).drawings
        assert wide.now is not None and float(wide.now.y) == 360.0
        assert float(wide.axis.split()[1].split("H")[0]) < 360.0


def test_the_description_says_the_facts_in_words() -> None:
    said = drawn(MONDAY_8_MARCH, steadily(2_000_00, 35), committed=22_000_00)
    assert said.title == "Money left of the award, day by day, as at 8 March 2021"
    assert said.description == (
        "£65,000.00 of the award of £135,000.00 is left to spend by 31 March 2021: 24 days. "
        "At this pace, £13,000.00 a week, £20,428.57 is left unspent. "
        "The pace needed to spend it all is £18,958.33 a week. "
        "If all tasked hours are worked, £43,000.00 is left unspent."
    )


@dataclass(frozen=True)
class Box:
    """Where the words of one line stand, in units of the view box."""

    text: str
    left: float
    right: float
    top: float
    bottom: float

    def touches(self, other: "Box") -> bool:
        return (
            self.left < other.right
            and other.left < self.right
            and self.top < other.bottom
            and other.top < self.bottom
        )


def boxes(drawing: Drawing) -> list[Box]:
    """Every line of words, its width estimated: letters are 16 or 14 units high, on ticks a tenth less."""
    size = 16 if drawing.name == "wide" else 14
    ticks = [tick.label for tick in (*drawing.money_ticks, drawing.award, *drawing.day_ticks)]
    others = [future.label for future in drawing.futures] + [drawing.deadline.label]
    others += [mark.label for mark in (drawing.today, drawing.outcome) if mark]
    small = [box for label in ticks if label for box in _boxes(label, size * 0.9)]
    return small + [box for label in others for box in _boxes(label, size)]


def _boxes(label: Label, size: float) -> list[Box]:
    back = {"start": 0.0, "middle": 0.5, "end": 1.0}[label.anchor]
    found = []
    for line in label.lines:
        width = len(line.text) * size * 0.54
        left = float(line.x) - width * back
        found.append(
            Box(line.text, left, left + width, float(line.y) - size * 0.74, float(line.y) + size * 0.2)
        )
    return found


class TestLabels:
    @given(
        as_at=st.dates(date(2021, 1, 20), date(2021, 4, 10)),
        early=st.integers(0, 130_000_00),
        late=st.integers(0, 60_000_00),
        committed=st.integers(0, 50_000_00),
        planned=st.none() | st.integers(0, 135_000_00),
    )
    def test_never_stand_on_each_other_or_outside(
        self, as_at: date, early: int, late: int, committed: int, planned: int | None
    ) -> None:
        profile = () if planned is None else (Point(PCD_911.eligible_to, planned),)
        terms = replace(PCD_911, profile=profile)
        late = min(late, 135_000_00 - early)
        committed = min(committed, 135_000_00 - early - late)
        days = [Day(date(2021, 2, 1), early), Day(max(as_at, date(2021, 2, 1)), late)]
        for drawing in drawn(as_at, days, committed=committed, terms=terms).drawings:
            width, height = (float(side) for side in drawing.view_box.split()[2:])
            for box in boxes(drawing):
                assert box.left >= 0 and box.right <= width, box
                assert box.top >= 0 and box.bottom <= height, box
            for one, other in combinations(boxes(drawing), 2):
                assert not one.touches(other), (one, other)

    @pytest.mark.parametrize("award", [500, 9_99, 1_500_00, 9_999_99, 1_234_567_00, 98_765_432_10])
    @pytest.mark.parametrize("length", [1, 6, 59, 365, 1100])
    def test_ticks_keep_apart_for_any_award_and_window(self, award: int, length: int) -> None:
        terms = Terms(award, date(2021, 2, 1), date(2021, 2, 1) + timedelta(days=length - 1))
        for drawing in drawn(date(2021, 2, 1), terms=terms).drawings:
            ticks = [tick.label for tick in (*drawing.money_ticks, drawing.award, *drawing.day_ticks)]
            size = 14 if drawing.name == "wide" else 12
            small = [box for label in ticks if label for box in _boxes(label, size)]
            assert not [pair for pair in combinations(small, 2) if pair[0].touches(pair[1])]

    def test_leaders_do_not_cross(self) -> None:
        for drawing in drawn(MONDAY_8_MARCH, steadily(3_700_00, 35), committed=4_000_00).drawings:
            at_the_deadline = [future for future in drawing.futures if float(future.end.x) > 240]
            ends = [float(future.end.y) for future in at_the_deadline]
            labels = [float(future.label.lines[0].y) for future in at_the_deadline]
            assert ends == sorted(ends) and labels == sorted(labels)


class TestTheTemplate:
    def rendered(self, **context: object) -> ElementTree.Element:
        figures = drawn(MONDAY_8_MARCH, steadily(2_000_00, 35), committed=22_000_00, today=MONDAY_8_MARCH)
        text = render_to_string("grants/burn_down_chart.html", {"chart": figures, **context})
        return ElementTree.fromstring(text.strip())

    def test_each_drawing_is_an_image_named_by_its_title_and_description(self) -> None:
        for svg in self.rendered(chart_id="grant-7").findall(f"{SVG}svg"):
            ids = [svg.find(f"{SVG}{tag}").get("id") for tag in ("title", "desc")]  # type: ignore[union-attr]
            assert (svg.get("role"), svg.get("aria-labelledby")) == ("img", " ".join(map(str, ids)))
            assert all(str(name).startswith("grant-7-") for name in ids)

    def test_ids_are_unique(self) -> None:
        ids = [node.get("id") for node in self.rendered().iter() if node.get("id")]
        assert len(ids) == len(set(ids)) == 4

    def test_there_is_no_inline_style_or_colour(self) -> None:
        for node in self.rendered().iter():
            assert not {"style", "fill", "stroke", "font-size"} & set(node.keys())

    def test_every_class_has_its_rule_in_the_style_sheet(self, pytestconfig: pytest.Config) -> None:
        css = (pytestconfig.rootpath / "static" / "css" / "chart.css").read_text()
        styled = set(re.findall(r"\.(burn-chart[\w-]*)", css))
        used = {name for node in self.rendered().iter() for name in (node.get("class") or "").split()}
        assert used - styled <= {"burn-chart__label--today"}

    def test_it_draws_the_same_in_any_language(self) -> None:
        from django.utils import translation

        with translation.override("de"):
            german = ElementTree.tostring(self.rendered())
        assert german == ElementTree.tostring(self.rendered())
