"""The command that prices a file of duties: what it writes and what it refuses, all without a database."""

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from tasking.management.commands.price_overtime import IN_COLUMNS

VECTORS = Path(__file__).parent / "overtime_vectors.csv"
GOOD = {
    "id": "A1",
    "rank": "constable",
    "annual_pay": "41130",
    "duty_type": "planned",
    "told_at": "2021-02-10T07:50",
    "duty_start": "2021-02-10T16:00",
    "duty_end": "2021-02-10T18:20",
    "break_minutes": "0",
    "travel_minutes": "0",
    "casual_occasion": "",
    "follows_tour": "no",
    "weekly_minutes_before": "",
    "holiday_substituted": "no",
    "eligible_from": "2021-02-01",
    "eligible_to": "2021-03-31",
}


def written(tmp_path: Path, *rows: dict[str, str], columns: tuple[str, ...] = IN_COLUMNS) -> Path:
    path = tmp_path / "duties.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    return path


def run(path: Path) -> list[dict[str, Any]]:
    out = io.StringIO()
    call_command("price_overtime", str(path), stdout=out)
    return list(csv.DictReader(io.StringIO(out.getvalue())))


def refusal(path: Path) -> str:
    out = io.StringIO()
    with pytest.raises(CommandError) as refused:
        call_command("price_overtime", str(path), stdout=out)
    assert refused.value.returncode == 2
    assert out.getvalue() == ""
    return str(refused.value)


def test_every_worked_example_of_the_rule_book_matches() -> None:
    with VECTORS.open(encoding="utf-8", newline="") as file:
        expected = list(csv.DictReader(file))
    answers = run(VECTORS)
    assert list(answers[0]) == ["id", "units", "multiplier", "pence", "error", "working"]
    for answer, row in zip(answers, expected, strict=True):
        assert answer["id"] == row["id"]
        for column in ("units", "multiplier", "pence", "error"):
            assert answer[column] == row[f"expected_{column}"], (row["id"], column)
        assert answer["working"]


def test_lines_of_no_units_are_left_out_unless_there_is_nothing_else(tmp_path: Path) -> None:
    part_time = GOOD | {"duty_type": "part_time", "duty_start": "2021-02-10T16:00"}
    answers = run(
        written(
            tmp_path,
            part_time | {"weekly_minutes_before": "2390", "duty_end": "2021-02-10T18:00"},
            part_time | {"weekly_minutes_before": "2390", "duty_end": "2021-02-10T16:20"},
        )
    )
    assert [(answer["units"], answer["multiplier"]) for answer in answers] == [("7", "4/3"), ("0", "1")]
    assert answers[1]["pence"] == "0"


def test_columns_may_come_in_any_order_with_others_between_and_blank_rows(tmp_path: Path) -> None:
    path = written(tmp_path, GOOD | {"note": "x"}, columns=(*reversed(IN_COLUMNS), "note"))
    path.write_text("\ufeff" + path.read_text(encoding="utf-8") + ",,\n\n", encoding="utf-8")
    assert [answer["pence"] for answer in run(path)] == ["5913"]


def test_an_empty_file_of_duties_prices_nothing(tmp_path: Path) -> None:
    assert run(written(tmp_path)) == []


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("id", ""),
        ("rank", ""),
        ("annual_pay", ""),
        ("annual_pay", "much"),
        ("annual_pay", "0"),
        ("annual_pay", "-41130"),
        ("duty_type", "double"),
        ("duty_type", ""),
        ("told_at", "yesterday"),
        ("duty_start", ""),
        ("duty_start", "2021-02-10"),
        ("duty_start", "2021-02-30T10:00"),
        ("duty_start", "2021-02-10T25:00"),
        ("duty_start", "2021-03-28T01:30"),
        ("duty_end", "9999-12-31T23:00"),
        ("break_minutes", "-5"),
        ("break_minutes", "1.5"),
        ("break_minutes", "²"),
        ("travel_minutes", "an hour"),
        ("casual_occasion", "0"),
        ("follows_tour", "maybe"),
        ("weekly_minutes_before", "1_000"),
        ("holiday_substituted", "1"),
        ("eligible_from", ""),
        ("eligible_to", "31/03/2021"),
        ("eligible_to", "2021-01-31"),
    ],
)
def test_a_bad_cell_is_named_and_nothing_is_priced(tmp_path: Path, column: str, value: str) -> None:
    message = refusal(written(tmp_path, GOOD, GOOD | {"id": "A2"} | {column: value}))
    assert message.startswith("row 3 ")
    assert f"column {column}:" in message
    assert "\n" not in message


def test_every_bad_row_is_named(tmp_path: Path) -> None:
    bad = GOOD | {"duty_type": "double"}
    assert len(refusal(written(tmp_path, bad, GOOD, bad)).splitlines()) == 2


@pytest.mark.parametrize(
    ("duty_type", "column"),
    [
        ("casual", "casual_occasion"),
        ("rest_day", "told_at"),
        ("early_start", "told_at"),
        ("part_time", "weekly_minutes_before"),
    ],
)
def test_a_cell_that_decides_the_pay_of_its_type_may_not_be_empty(
    tmp_path: Path, duty_type: str, column: str
) -> None:
    assert f"column {column}:" in refusal(written(tmp_path, GOOD | {"duty_type": duty_type, column: ""}))


def test_a_missing_or_repeated_column_and_a_short_row_are_named(tmp_path: Path) -> None:
    fewer = tuple(column for column in IN_COLUMNS if column != "told_at")
    assert refusal(written(tmp_path, GOOD, columns=fewer)) == "row 1, column told_at: is missing"
    twice = refusal(written(tmp_path, GOOD, columns=(*IN_COLUMNS, "rank")))
    assert twice == "row 1, column rank: is there twice"
    path = written(tmp_path, GOOD)
    path.write_text(path.read_text(encoding="utf-8") + "A2,constable\n", encoding="utf-8")
    assert refusal(path).startswith("row 3, column annual_pay:")


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    assert "cannot be read" in refusal(tmp_path / "nowhere.csv")
    (tmp_path / "latin.csv").write_bytes(b"id,rank\nA1,caf\xe9\n")
    assert "cannot be read" in refusal(tmp_path / "latin.csv")
    (tmp_path / "empty.csv").write_text("")
    assert refusal(tmp_path / "empty.csv") == "row 1, column id: is missing"
