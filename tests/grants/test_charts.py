"""Weekly spending and the ladders of enquiries: what is drawn is what was spent, and labels keep apart."""

import re
from collections.abc import Sequence
from datetime import date
from itertools import combinations
from xml.etree import ElementTree

import pytest
from django.template.loader import render_to_string
from hypothesis import given
from hypothesis import strategies as st

from grants.burndown import Day, Terms, Week, weeks
from grants.chart import Bar, Label, Ladders, Series, Spending, ladders, spending

PCD_911 = Terms(135_000_00, date(2021, 2, 1), date(2021, 3, 31))
SVG = "{http://www.w3.org/2000/svg}"
THREE = date(2021, 2, 17)


def three_weeks() -> tuple[Week, ...]:
    return weeks(PCD_911, [Day(date(2021, 2, 3), 500_00)], as_at=THREE)


def drawn(*series: Sequence[int], names: str = "BTP COLP MPS NCA X Y Z") -> Spending:
    shown = spending(three_weeks(), [Series(*one) for one in zip(names.split(), series, strict=False)])
    assert shown is not None
    return shown


def said(label: Label | None) -> list[str]:
    return [line.text for line in label.lines] if label else []


class TestSpending:
    def test_each_part_is_as_high_as_its_pounds_and_stands_on_the_one_before(self) -> None:
        wide, _ = drawn([600_00, 0, 0], [300_00, 300_00, 900_00]).drawings
        first, second, third = wide.columns
        # £900 is the whole plot of 240 units.
        assert [(part.shade, part.height) for part in first.parts] == [(1, "160.0"), (2, "80.0")]
        assert float(first.parts[1].y) + 80 == float(first.parts[0].y)
        assert [(part.shade, part.height) for part in second.parts] == [(2, "80.0")]
        assert [said(column.total) for column in (first, second, third)] == [["£900"], ["£300"], ["£900"]]

    def test_more_than_five_agencies_share_the_last_shade(self) -> None:
        chart = drawn(*[[100_00, 100_00, 100_00]] * 7)
        assert [name for _, name in chart.key] == ["BTP", "COLP", "MPS", "NCA", "Other agencies"]
        assert chart.drawings[0].columns[0].parts[-1].height == "102.9"  # three sevenths of 240
        assert "£2,100.00 was incurred in 3 weeks" in chart.description and "Z £300.00" in chart.description

    def test_what_was_reversed_hangs_beneath_the_axis(self) -> None:
        wide, _ = drawn([-100_00, 0, 0], [300_00, 0, 0]).drawings
        below, above = wide.columns[0].parts
        assert (below.height, above.height) == ("60.0", "180.0")
        assert float(below.y) == float(above.y) + 180 == float(re.findall(r" ([\d.]+)H", wide.axis)[0])
        assert said(wide.columns[0].total) == ["£200"]

    def test_before_the_first_week_there_is_no_chart(self) -> None:
        assert spending([], []) is None

    @given(st.lists(st.lists(st.integers(-5_000_00, 90_000_00), min_size=3, max_size=3), max_size=8))
    def test_every_penny_is_drawn_and_nothing_leaves_the_paper(self, series: list[list[int]]) -> None:
        chart = drawn(*series, names="A B C D E F G H")
        others = [[sum(pence) for pence in zip(*series[4:], strict=True)]] if len(series) > 5 else series[4:]
        shown = [*series[:4], *others]
        for drawing in chart.drawings:
            width, height = (float(side) for side in drawing.view_box.split()[2:])
            for place, column in enumerate(drawing.columns):
                assert len(column.parts) == sum(one[place] != 0 for one in shown)
                for part in column.parts:
                    assert float(part.x) >= 0 and float(part.x) + float(part.width) <= width
                    assert float(part.y) >= 0 and float(part.y) + float(part.height) <= height

    @pytest.mark.parametrize("last", [date(2021, 2, 5), date(2021, 6, 30), date(2022, 1, 31)])
    def test_words_under_many_columns_keep_apart(self, last: date) -> None:
        terms = Terms(135_000_00, date(2021, 2, 1), date(2022, 1, 31))
        shown = weeks(terms, [], as_at=last)
        chart = spending(shown, [Series("MPS", [12_345_67] * len(shown))])
        assert chart is not None
        for drawing in chart.drawings:
            for kind in ("day", "total"):
                lines = [
                    line
                    for column in drawing.columns
                    if (label := getattr(column, kind))
                    for line in label.lines
                ]
                for one, other in combinations(lines, 2):
                    room = (len(one.text) + len(other.text)) / 2 * (9 if drawing.name == "wide" else 7.5)
                    assert abs(float(one.x) - float(other.x)) >= room


class TestLadders:
    BARS = (
        Bar("Enquiry 1", [("available", 100_00), ("settled", 300_00)]),
        Bar("Enquiry 2", [("tasked", 200_00)]),
    )

    def drawn(self) -> Ladders:
        found = ladders(self.BARS)
        assert found is not None
        return found

    def test_all_bars_are_on_one_scale(self) -> None:
        wide, narrow = self.drawn().drawings
        lengths = [[float(step.width) for step in one.steps] for one in wide.ladders]
        assert lengths == [[141.0, 423.0], [282.0]]
        assert [said(one.name) for one in narrow.ladders] == [["Enquiry 1"], ["Enquiry 2"]]
        assert [said(one.total) for one in narrow.ladders] == [["£400"], ["£200"]]

    def test_nothing_allocated_is_no_chart(self) -> None:
        assert ladders([]) is None and ladders([Bar("Enquiry 1", [("available", 0)])]) is None


class TestTheTemplates:
    def rendered(self) -> list[ElementTree.Element]:
        charts = {
            "grants/spending_chart.html": drawn([600_00, 0, 0], [300_00, 300_00, 900_00]),
            "grants/ladders_chart.html": TestLadders().drawn(),
        }
        return [
            ElementTree.fromstring(render_to_string(name, {"chart": one}).strip())
            for name, one in charts.items()
        ]

    def test_each_drawing_is_an_image_named_by_its_title_and_description(self) -> None:
        for chart in self.rendered():
            found = chart.findall(f"{SVG}svg")
            assert len(found) == 2
            for svg in found:
                ids = [svg.find(f"{SVG}{tag}").get("id") for tag in ("title", "desc")]  # type: ignore[union-attr]
                assert (svg.get("role"), svg.get("aria-labelledby")) == ("img", " ".join(map(str, ids)))

    def test_ids_are_unique_and_every_hatch_is_there(self) -> None:
        for chart in self.rendered():
            ids = [node.get("id") for node in chart.iter() if node.get("id")]
            used = {fill for node in chart.iter() if (fill := node.get("fill"))}
            assert len(ids) == len(set(ids)) and {f"url(#{name})" for name in ids} >= used

    def test_there_is_no_inline_style(self) -> None:
        for chart in self.rendered():
            assert not [node for node in chart.iter() if {"style", "stroke"} & set(node.keys())]

    def test_every_class_has_its_rule_in_the_style_sheets(self, pytestconfig: pytest.Config) -> None:
        folder = pytestconfig.rootpath / "static" / "css"
        css = "".join((folder / f"{name}.css").read_text() for name in ("chart", "components"))
        styled = set(re.findall(r"\.([\w-]+)", css))
        used = {
            name
            for chart in self.rendered()
            for node in chart.iter()
            for name in (node.get("class") or "").split()
        }
        assert used <= styled
