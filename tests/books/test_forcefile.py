"""A file of the force's ledger as accounts systems write it: what is read of it, what is refused and why."""

import io
import random
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
from openpyxl import Workbook

from overtime_ledger.books import forcefile
from overtime_ledger.books.forcefile import BadCell, Line, Unreadable, lines_of, table_of

COLUMNS = {"booked_on": "Date", "reference": "Ref", "amount": "Amount", "credit": "", "description": ""}
HEADER = "Date;Ref;Amount\n"
DAY = date(2021, 2, 26)


def read(content: bytes) -> tuple[list[Line], list[BadCell]]:
    return lines_of(table_of(content), COLUMNS)


def workbook(rows: list[list[Any]], *, before: Callable[[Workbook], object] = lambda book: None) -> bytes:
    book, file = Workbook(), io.BytesIO()
    before(book)
    sheet = book.create_sheet("Lines")
    for row in rows:
        sheet.append(row)
    book.save(file)
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "row", "reference"),
    [
        ((HEADER + "26/02/2021;PAY 1;5.00\n").encode(), 2, "PAY 1"),
        (("\ufeff" + HEADER + "26/02/2021;PAY 1;5.00\n").encode(), 2, "PAY 1"),
        ((HEADER + "26/02/2021;Café £;5.00\n").encode("cp1252"), 2, "Café £"),
        ((HEADER.replace(";", "\t") + "26/02/2021\tPAY 1\t5.00\n").encode("utf-16"), 2, "PAY 1"),
        ((HEADER + '26/02/2021;"a;b";5.00\n').replace("\n", "\r\n").encode(), 2, "a;b"),
        (("sep=;\n" + HEADER + "26/02/2021;PAY 1;5.00\n").encode(), 3, "PAY 1"),
        (("Cost centre 4711, March\n\n" + HEADER + "26/02/2021;PAY 1;5.00\n\n").encode(), 4, "PAY 1"),
        ((HEADER + "26/02/2021;1,2,3,4;5.00\n").encode(), 2, "1,2,3,4"),
    ],
)
def test_csv_as_spreadsheets_write_it(content: bytes, row: int, reference: str) -> None:
    assert read(content) == ([Line(row, DAY, reference, "", 500)], [])


@pytest.mark.parametrize(
    ("amount", "pence"),
    [
        ("1,284.40", 128_440),
        ("£5", 500),
        ("(59.13)", -5913),
        ("£(1,000.00)", -100_000),
        ("-59.13", -5913),
        ("−59.13", -5913),
        ("59.13-", -5913),
        ("59.13 CR", -5913),
        ("59.13 dr", 5913),
    ],
)
def test_amounts_as_accounts_write_them(amount: str, pence: int) -> None:
    lines, bad = read(f"{HEADER}26/02/2021;PAY 1;{amount}\n".encode())
    assert ([line.pence for line in lines], bad) == ([pence], [])


@pytest.mark.parametrize(
    "amount", ["1.284,40", "(5.00", "12.345", "1,28.40", "5 5", "#REF!", "5e3", "9" * 14]
)
def test_an_amount_that_may_mean_something_else_is_refused(amount: str) -> None:
    lines, (bad,) = read(f"{HEADER}26/02/2021;PAY 1;{amount}\n".encode())
    assert (lines, bad.row, bad.column, bad.holds) == ([], 2, "Amount", amount)


@pytest.mark.parametrize(
    "day",
    [
        "2021-02-26",
        "26/02/2021",
        "26/02/21",
        "26.02.2021",
        "26-Feb-21",
        "26 February 2021",
        "2021-02-26T10:30:00",
        "26/02/2021 00:00",
    ],
)
def test_days_in_their_forms(day: str) -> None:
    assert read(f"{HEADER}{day};PAY 1;1\n".encode())[0] == [Line(2, DAY, "PAY 1", "", 100)]


@pytest.mark.parametrize("day", ["31/02/2021", "02/26/2021", "44253", "Total", "1921-02-26", ""])
def test_what_is_no_day_is_named_in_its_cell(day: str) -> None:
    lines, (bad,) = read(f"{HEADER}{day};PAY 1;1\n".encode())
    assert (lines, bad.row, bad.column, bad.holds) == ([], 2, "Date", day)


def test_a_workbook_with_typed_cells_formulas_and_an_empty_first_sheet() -> None:
    lines, bad = read(
        workbook(
            [
                ["Cost centre 4711"],
                [None, None],
                ["Date", "Ref", "Amount"],
                [datetime(2021, 2, 26, 10, 30), 7731, 59.13],
                [DAY, "PAY 1", 59.129999999999995],
                ["26/02/2021", "PAY\n2", "(5.00)"],
                [DAY, "PAY 3", 0],
                [DAY, "PAY 4", "=1+1"],
            ]
        )
    )
    assert [(line.row, line.booked_on, line.reference, line.pence) for line in lines] == [
        (4, DAY, "7731", 5913),
        (5, DAY, "PAY 1", 5913),
        (6, DAY, "PAY 2", -500),
    ]
    assert [(cell.row, cell.problem) for cell in bad] == [
        (8, "empty, or a formula whose value was not saved")
    ]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "The file is empty"),
        (b"\n  \n", "The file is empty"),
        (HEADER.encode(), "no rows below"),
        (b"Date;Amount\n26/02/2021;1\n", "No row has three cells"),
        (b"a;a;b\n1;2;3\n", "same name: a"),
        (HEADER.encode() + b'26/02/2021;"PAY;1\n', "cannot be read as CSV"),
        (b"%PDF\x00\x01", "neither a workbook"),
        (b"PK\x03\x04 broken", "cannot be opened"),
        ((";".join(f"c{n}" for n in range(61)) + "\n1;2;3\n").encode(), "more than 60 columns"),
    ],
)
def test_what_is_no_table_says_why(content: bytes, why: str) -> None:
    with pytest.raises(Unreadable, match=why):
        table_of(content)


def test_no_file_is_cut_short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forcefile, "MOST_ROWS", 3)
    monkeypatch.setattr(forcefile, "_MOST_READ", 10)
    line = "26/02/2021;PAY 1;1\n"
    assert len(read((HEADER + line * 3).encode())[0]) == 3
    for content in (HEADER + line * 4, HEADER + "\n" * 9 + line * 2):
        with pytest.raises(Unreadable, match="more than 3 lines"):
            table_of(content.encode())


def test_a_workbook_that_unpacks_to_too_much_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forcefile, "MOST_UNPACKED", 1000)
    with pytest.raises(Unreadable, match="too large when it is unpacked"):
        table_of(workbook([["Date", "Ref", "Amount"], [DAY, "PAY 1", 1]]))


def test_a_broken_workbook_is_read_or_refused_and_never_an_error() -> None:
    chance, whole = random.Random(1), workbook([["Date", "Ref", "Amount"], [DAY, "PAY 1", 1]])
    parts = {
        name: zipfile.ZipFile(io.BytesIO(whole)).read(name)
        for name in zipfile.ZipFile(io.BytesIO(whole)).namelist()
    }
    for name, text in parts.items():
        for broken in (b"", text[: len(text) // 2], text[:40] + b"\x00\xff<" + text[40:]):
            file = io.BytesIO()
            with zipfile.ZipFile(file, "w") as packed:
                for other, held in parts.items():
                    packed.writestr(other, broken if other == name else held)
            _read_or_refused(file.getvalue())
    for _ in range(40):
        garbled = bytearray(whole)
        for _ in range(8):
            garbled[chance.randrange(len(garbled))] = chance.randrange(256)
        _read_or_refused(bytes(garbled))


def _read_or_refused(content: bytes) -> None:
    try:
        table_of(content)
    except Unreadable as refused:
        assert str(refused).endswith(".")
