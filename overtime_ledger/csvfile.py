"""Files of rows for commands: read whole or not at all, and a bad cell is named by its row and column.

A command that is given a file with bad cells names all of them on standard error, ends with exit code 2, and
has done nothing. The header is row 1, as a spreadsheet shows it.
"""

import csv
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from io import StringIO
from pathlib import Path
from typing import TypeVar

from django.core.management.base import CommandError
from django.utils import timezone

from overtime_ledger import clock
from overtime_ledger.money import parse_pounds

BAD_FILE = 2  # the exit code
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_YEARS = range(1990, 2101)

Row = dict[str, str]
T = TypeVar("T")


class BadCell(Exception):
    """A cell that cannot be read: its column and what is wrong with it."""

    def __init__(self, column: str, problem: str) -> None:
        super().__init__(f"column {column}: {problem}")


def read_table(
    file: Path | bytes, columns: Sequence[str], read: Callable[[Row], T], *, named_by: str = ""
) -> list[T]:
    """Every row of a file (or of its content) as `read` makes it.

    `named_by` is the column by whose cell people know a row. Raises CommandError that names each row for
    which `read` raised BadCell.
    """
    answers, problems = [], []
    for number, row in read_rows(file, columns):
        try:
            answers.append(read(row))
        except BadCell as bad:
            name = f" ({named_by} {row[named_by] or 'missing'})" if named_by else ""
            problems.append(f"row {number}{name}, {bad}")
    if problems:
        raise CommandError("\n".join(problems), returncode=BAD_FILE)
    return answers


def read_rows(file: Path | bytes, columns: Sequence[str]) -> Iterator[tuple[int, Row]]:
    """The rows below the header, each with its number; blank rows and columns not asked for may be there.

    Raises CommandError if the file cannot be read, lacks a column or has it twice, or has a row too short or
    too long.
    """
    try:
        content = file if isinstance(file, bytes) else file.read_bytes()
        lines = StringIO(content.decode("utf-8-sig"), newline="")
        header, *rows = list(csv.reader(lines, strict=True)) or [[]]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        name = "The file" if isinstance(file, bytes) else file
        raise CommandError(f"{name} cannot be read: {error}", returncode=BAD_FILE) from error
    header = [name.strip() for name in header]
    for column in columns:
        if header.count(column) != 1:
            problem = "is missing" if column not in header else "is there twice"
            raise CommandError(f"row 1, column {column}: {problem}", returncode=BAD_FILE)
    for number, cells in enumerate(rows, start=2):
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(header):
            column = header[len(cells)] if len(cells) < len(header) else f"{len(header) + 1}"
            problem = f"{len(cells)} cells in a row of {len(header)} columns"
            raise CommandError(f"row {number}, column {column}: {problem}", returncode=BAD_FILE)
        yield number, {name: cell.strip() for name, cell in zip(header, cells, strict=True)}


def cell(row: Row, column: str, read: Callable[[str], T]) -> T:
    """A cell as `read` makes it of its text; BadCell with the message of the ValueError that it raised."""
    try:
        return read(row[column])
    except ValueError as error:
        raise BadCell(column, f"{row[column]!r}: {error}") from error


# What a cell may hold. Each raises ValueError with a message that names what was expected.


def text(text: str) -> str:
    if not text:
        raise ValueError("must not be empty")
    return text


def day(text: str) -> date:
    """A date like 2021-02-01."""
    if not _DAY.fullmatch(text):
        raise ValueError("not a date like 2021-02-01")
    found = date.fromisoformat(text)
    if found.year not in _YEARS:
        raise ValueError(f"not a year from {_YEARS[0]} to {_YEARS[-1]}")
    return found


def moment(text: str) -> datetime:
    """A London wall time like 2021-02-10T16:00; of an hour that came twice, the first."""
    if not _MOMENT.fullmatch(text):
        raise ValueError("not a time like 2021-02-10T16:00")
    day(text[:10])
    wall = datetime.fromisoformat(text)
    found = clock.london(wall.date(), wall.time())
    if timezone.localtime(found).replace(tzinfo=None) != wall:
        raise ValueError("there was no such time: the clocks went forward")
    return found


def whole_number(text: str) -> int:
    """A number of up to six digits; an empty cell is 0."""
    if not text:
        return 0
    if not (text.isascii() and text.isdecimal() and len(text) <= 6):
        raise ValueError("not a whole number")
    return int(text)


def yes(text: str) -> bool:
    """Yes or no; an empty cell is no."""
    if text.lower() not in ("yes", "no", ""):
        raise ValueError("not yes or no")
    return text.lower() == "yes"


def pence(text: str) -> int:
    """An amount in pounds, like 41130 or 41,130.50, in pence: more than nothing."""
    amount = parse_pounds(text)
    if not amount:
        raise ValueError("must be more than nothing")
    return amount
