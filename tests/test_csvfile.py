"""Reading files of rows for commands: everything is read, or each bad cell is named and nothing is."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError

from overtime_ledger import csvfile
from overtime_ledger.csvfile import BadCell, Row, cell

COLUMNS = ("name", "minutes")


def file(tmp_path: Path, content: str) -> Path:
    path = tmp_path / "rows.csv"
    path.write_text(content, encoding="utf-8")
    return path


def minutes_of(row: Row) -> tuple[str, int]:
    return cell(row, "name", csvfile.text), cell(row, "minutes", csvfile.whole_number)


def refusal(path: Path, *, named_by: str = "") -> str:
    with pytest.raises(CommandError) as refused:
        csvfile.read_table(path, COLUMNS, minutes_of, named_by=named_by)
    assert refused.value.returncode == 2
    return str(refused.value)


def test_rows_are_read_whatever_the_order_of_columns_and_the_blanks_around_them(tmp_path: Path) -> None:
    path = file(tmp_path, "\ufeffminutes , note,name\n 15,x, A \n\n , ,\n,,B\n")
    assert csvfile.read_table(path, COLUMNS, minutes_of) == [("A", 15), ("B", 0)]


def test_a_header_alone_is_no_rows(tmp_path: Path) -> None:
    assert csvfile.read_table(file(tmp_path, "name,minutes\n"), COLUMNS, minutes_of) == []


def test_every_bad_cell_is_named_by_its_row_and_column(tmp_path: Path) -> None:
    path = file(tmp_path, "name,minutes\nA,15\nB,many\n\n,15\n")
    assert refusal(path).splitlines() == [
        "row 3, column minutes: 'many': not a whole number",
        "row 5, column name: '': must not be empty",
    ]
    assert refusal(path, named_by="name").splitlines() == [
        "row 3 (name B), column minutes: 'many': not a whole number",
        "row 5 (name missing), column name: '': must not be empty",
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "row 1, column name: is missing"),
        ("name\nA\n", "row 1, column minutes: is missing"),
        ("name,minutes,name\n", "row 1, column name: is there twice"),
        ("name,minutes\nA\n", "row 2, column minutes: 1 cells in a row of 2 columns"),
        ("name,minutes\nA,15,x\n", "row 2, column 3: 3 cells in a row of 2 columns"),
    ],
)
def test_a_file_of_another_shape_is_refused(tmp_path: Path, content: str, message: str) -> None:
    assert refusal(file(tmp_path, content)) == message


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    assert "cannot be read" in refusal(tmp_path / "nowhere.csv")
    (tmp_path / "latin.csv").write_bytes(b"name,minutes\ncaf\xe9,15\n")
    assert "cannot be read" in refusal(tmp_path / "latin.csv")
    assert "cannot be read" in refusal(file(tmp_path, 'name,minutes\n"A,15\n'))


@pytest.mark.parametrize(
    ("read", "text", "expected"),
    [
        (csvfile.text, "A", "A"),
        (csvfile.day, "2021-02-01", date(2021, 2, 1)),
        (csvfile.moment, "2021-02-10T16:00", datetime(2021, 2, 10, 16, tzinfo=UTC)),
        (csvfile.moment, "2021-03-28 02:00", datetime(2021, 3, 28, 1, tzinfo=UTC)),
        (csvfile.moment, "2021-10-31T01:30", datetime(2021, 10, 31, 0, 30, tzinfo=UTC)),
        (csvfile.whole_number, "007", 7),
        (csvfile.whole_number, "", 0),
        (csvfile.yes, "Yes", True),
        (csvfile.yes, "no", False),
        (csvfile.yes, "", False),
        (csvfile.pence, "41130", 41_130_00),
        (csvfile.pence, "£41,130.5", 41_130_50),
    ],
)
def test_a_cell_is_read(read: Any, text: str, expected: object) -> None:
    assert cell({"column": text}, "column", read) == expected


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (csvfile.text, ""),
        (csvfile.day, "1 February 2021"),
        (csvfile.day, "2021-02-30"),
        (csvfile.day, "0021-02-01"),
        (csvfile.moment, "2021-02-10"),
        (csvfile.moment, "2021-02-10T24:00"),
        (csvfile.moment, "2021-03-28T01:30"),
        (csvfile.moment, "1021-02-10T16:00"),
        (csvfile.whole_number, "-5"),
        (csvfile.whole_number, "1.5"),
        (csvfile.whole_number, "²"),
        (csvfile.whole_number, "1000000"),
        (csvfile.yes, "1"),
        (csvfile.pence, "0"),
        (csvfile.pence, "-5"),
        (csvfile.pence, "1.234"),
        (csvfile.pence, ""),
    ],
)
def test_a_cell_that_cannot_be_read_names_its_column(read: Any, text: str) -> None:
    with pytest.raises(BadCell, match=r"^column column: "):
        cell({"column": text}, "column", read)
