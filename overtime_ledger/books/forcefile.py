"""A file of the force's ledger, CSV or XLSX: read to cells as text, then to lines; what is wrong by its cell.

Rows are numbered as a spreadsheet shows them; titles above the column names are passed over. Amounts are
pounds, as accounts write them: "1,284.40", "-59.13", "(59.13)", "59.13-", "59.13 CR". Days are like
2021-02-26, 26/02/2021 or 26 Feb 2021, with a time or without.
"""

import csv
import io
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from typing import Any

from openpyxl import load_workbook

from overtime_ledger.money import parse_pounds

MOST_ROWS = 20_000
_MOST_READ = MOST_ROWS + 100
"""With titles and empty rows; more are not read."""
MOST_COLUMNS = 60
MOST_UNPACKED = 100 * 1024 * 1024
"""No workbook is read that unpacks to more bytes."""
DAY, REFERENCE, AMOUNT, CREDIT, DESCRIPTION = "booked_on", "reference", "amount", "credit", "description"
NEEDED = (DAY, REFERENCE, AMOUNT)

Cells = list[str]
Columns = Mapping[str, str]
"""By what is needed of a line, the name of the file's column that has it."""


class Unreadable(Exception):
    """The file is no table that can be read; the message says why in plain words."""


@dataclass(frozen=True)
class Table:
    """The cells of a file: its column names, and each row with its number. Empty rows are left out."""

    header: Cells
    rows: list[tuple[int, Cells]]


@dataclass(frozen=True)
class Line:
    """A line of the force's ledger, money in pence: more than nothing is a cost, less gives back."""

    row: int
    booked_on: date
    reference: str
    description: str
    pence: int

    @property
    def key(self) -> tuple[date, str, str, int]:
        """What makes it look like another line."""
        return self.booked_on, self.reference, self.description, self.pence


@dataclass(frozen=True)
class BadCell:
    """A cell that cannot be read: where it is, what it holds, what is wrong with it."""

    row: int
    column: str
    holds: str
    problem: str


def table_of(content: bytes) -> Table:
    """The cells of a CSV or XLSX file as text. Raises Unreadable."""
    rows = _xlsx_rows(content) if content.startswith(b"PK") else _csv_rows(content)
    numbered = [(number, cells) for number, cells in enumerate(rows, start=1) if any(cells)]
    if not numbered:
        raise Unreadable("The file is empty.")
    names = next((place for place, (_, cells) in enumerate(numbered) if _filled(cells) >= len(NEEDED)), None)
    if names is None:
        raise Unreadable("No row has three cells: a day, a reference and an amount are needed of each line.")
    (_, header), *below = numbered[names:]
    if not below:
        raise Unreadable("The file has no rows below its column names.")
    if len(below) > MOST_ROWS or len(rows) > _MOST_READ:
        raise Unreadable(f"The file has more than {MOST_ROWS:,} lines: send it in parts.")
    header = _names(header)
    return Table(header, [(number, cells[: len(header)]) for number, cells in below])


def _filled(cells: Cells) -> int:
    return sum(bool(cell) for cell in cells)


def _names(header: Cells) -> Cells:
    while not header[-1]:
        header = header[:-1]
    if len(header) > MOST_COLUMNS:
        raise Unreadable(f"The file has more than {MOST_COLUMNS} columns.")
    named = [name for name in header if name]
    if twice := {name for name in named if named.count(name) > 1}:
        raise Unreadable(f"Two columns have the same name: {', '.join(sorted(twice))}.")
    return header


def _csv_rows(content: bytes) -> list[Cells]:
    text = _decoded(content)
    first, *_ = text.split("\n", 1)
    if said := re.fullmatch(r"sep=(.)\r?", first):
        # Spreadsheets write so which sign separates; the line counts as a row, and holds nothing.
        separator, text = said[1], text.replace(first, "", 1)
    else:
        separator = _separator(text)
    try:
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
        return [[_plain(cell) for cell in row] for row in islice(rows, _MOST_READ + 1)]
    except csv.Error as error:
        raise Unreadable(f"The file cannot be read as CSV: {error}.") from error


def _decoded(content: bytes) -> str:
    encoding = "utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        # What older spreadsheets call CSV.
        text = content.decode("cp1252", errors="replace")
    if "\0" in text or "\ufffd" in text:
        raise Unreadable("The file is neither a workbook (XLSX) nor text. Save it as one of them.")
    return text


def _separator(text: str) -> str:
    """What stands in most of the first lines often enough to part three cells."""
    lines = text[:20_000].splitlines()[:20]
    return max(",;\t", key=lambda sign: (sum(line.count(sign) >= 2 for line in lines), text.count(sign)))


def _xlsx_rows(content: bytes) -> list[Cells]:
    """The first sheet that holds anything; formulas by the value they had when they were saved."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            unpacked = sum(part.file_size for part in packed.infolist())
        if unpacked <= MOST_UNPACKED:
            return _sheet_rows(content)
    except Exception as error:
        # A broken workbook breaks whatever part of the reader comes to it first.
        raise Unreadable(
            "The workbook cannot be opened: save it again as XLSX, without a password."
        ) from error
    raise Unreadable("The workbook is too large when it is unpacked: send it in parts, or as CSV.")


def _sheet_rows(content: bytes) -> list[Cells]:
    book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    try:
        for sheet in book.worksheets:
            # What a sheet says of its own size may be wrong, and huge.
            sheet.reset_dimensions()
            cells = sheet.iter_rows(values_only=True, max_col=MOST_COLUMNS + 1)
            rows = [[_as_text(value) for value in row] for row in islice(cells, _MOST_READ + 1)]
            if any(map(any, rows)):
                return rows
        return []
    finally:
        book.close()


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d}"
    if isinstance(value, float):
        # What a formula makes of pence is not always the number that it means: 59.129999999999995.
        near = round(value, 2)
        return f"{Decimal(repr(near if abs(value - near) < 1e-6 else value)):f}"
    return _plain(str(value))


_UNSEEN = re.compile(r"[\x00-\x1f\x7f]+")


def _plain(cell: str) -> str:
    """A cell without what nobody sees in it."""
    return _UNSEEN.sub(" ", cell).strip()


def lines_of(table: Table, columns: Columns) -> tuple[list[Line], list[BadCell]]:
    """The lines of a file, its columns being known, and every cell that cannot be read.

    A line whose amount is nothing is left out.
    """
    places = {wanted: table.header.index(name) for wanted, name in columns.items() if name}
    lines: list[Line] = []
    bad: list[BadCell] = []
    for number, cells in table.rows:
        of_row = {wanted: cells[place] if place < len(cells) else "" for wanted, place in places.items()}
        try:
            line = _line(number, of_row)
        except _Problem as problem:
            column = columns[problem.wanted]
            bad.append(BadCell(number, column, of_row[problem.wanted][:40], str(problem)))
        else:
            if line.pence:
                lines.append(line)
    return lines, bad


class _Problem(ValueError):
    def __init__(self, wanted: str, message: str) -> None:
        super().__init__(message)
        self.wanted = wanted


def _line(number: int, cells: Mapping[str, str]) -> Line:
    booked_on = _day(cells[DAY])
    pence = _pence(cells, AMOUNT, may_be_empty=CREDIT in cells)
    if CREDIT in cells:
        pence -= _pence(cells, CREDIT, may_be_empty=True)
    for wanted, most in ((REFERENCE, 80), (DESCRIPTION, 200)):
        if len(cells.get(wanted, "")) > most:
            raise _Problem(wanted, f"longer than {most} characters")
    return Line(number, booked_on, cells[REFERENCE], cells.get(DESCRIPTION, ""), pence)


_FORMATS = (
    "%Y-%m-%d", "%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%d %b %Y", "%d-%b-%Y", "%d %B %Y",
    "%d/%m/%y", "%d-%b-%y", "%d %b %y",
)  # fmt: skip
_TIME = re.compile(r"[T ]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?Z?$")


def _day(text: str) -> date:
    for form in _FORMATS:
        try:
            found = datetime.strptime(_TIME.sub("", text), form).date()
        except ValueError:
            continue
        if 2000 <= found.year <= 2100:
            return found
    raise _Problem(DAY, "not a day like 26/02/2021" if text else "empty")


_SIGNED = re.compile(
    r"£?\s*(?P<open>\()?(?P<minus>[-−])?\s*(?P<amount>£?\s*[\d,.]+)\s*(?P<after>[-−])?(?P<close>\))?"
    r"\s*(?P<side>CR|DR)?",
    re.IGNORECASE,
)


def _pence(cells: Mapping[str, str], wanted: str, *, may_be_empty: bool) -> int:
    """An amount in pence; in brackets, with a minus before or behind it or CR, it is less than nothing."""
    text = cells[wanted]
    if not text and may_be_empty:
        return 0
    if not text:
        raise _Problem(wanted, "empty, or a formula whose value was not saved")
    found = _SIGNED.fullmatch(text)
    try:
        if not found or bool(found["open"]) != bool(found["close"]):
            raise ValueError
        amount = parse_pounds(found["amount"])
    except ValueError as error:
        raise _Problem(wanted, "not an amount like 1,284.40") from error
    if amount >= 10**13:
        raise _Problem(wanted, "more than any grant")
    gives_back = found["open"] or found["minus"] or found["after"] or (found["side"] or "").upper() == "CR"
    return -amount if gives_back else amount


_USUAL: Mapping[str, Sequence[str]] = {
    DAY: ("date", "posted", "posting date", "booked", "transaction date", "period"),
    REFERENCE: ("reference", "ref", "document", "document no", "invoice", "batch"),
    AMOUNT: ("amount", "amount (£)", "value", "debit", "net"),
    CREDIT: ("credit",),
    DESCRIPTION: ("description", "text", "narrative", "details"),
}


def guess(header: Sequence[str], remembered: Columns) -> dict[str, str]:
    """Which column holds what: as for the last file if its columns are all there, else by the usual names."""
    if remembered and all(name in header for name in remembered.values() if name):
        return dict(remembered)
    by_name = {name.lower(): name for name in reversed(header) if name}
    return {wanted: next(_found(by_name, names), "") for wanted, names in _USUAL.items()}


def _found(by_name: Mapping[str, str], names: Sequence[str]) -> Iterator[str]:
    for name in names:
        if name in by_name:
            yield by_name[name]
