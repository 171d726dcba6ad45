"""Price a file of police duties without a database: the rules of `tasking.pay` from the command line."""

import csv
import re
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, TypeVar

from django.core.management.base import BaseCommand, CommandError

from overtime_ledger.money import parse_pounds
from tasking import pay

IN_COLUMNS = (
    "id", "rank", "annual_pay", "duty_type", "told_at", "duty_start", "duty_end", "break_minutes",
    "travel_minutes", "casual_occasion", "follows_tour", "weekly_minutes_before", "holiday_substituted",
    "eligible_from", "eligible_to",
)  # fmt: skip
OUT_COLUMNS = ("id", "units", "multiplier", "pence", "error", "working")
NEEDED_FOR = {
    "casual": "casual_occasion",
    "rest_day": "told_at",
    "early_start": "told_at",
    "part_time": "weekly_minutes_before",
}
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_YEARS = range(1990, 2101)

T = TypeVar("T")


class BadCell(Exception):
    """A cell that cannot be read: its column and what is wrong with it."""

    def __init__(self, column: str, problem: str) -> None:
        super().__init__(f"column {column}: {problem}")


@dataclass(frozen=True)
class Request:
    """One row of the file, read."""

    id: str
    rank: str
    annual_pay_pence: int
    duty: pay.Duty
    window: pay.Window | None


class Command(BaseCommand):
    help = (
        f"Price police duties. FILE.csv has the columns {', '.join(IN_COLUMNS)} (others are ignored); "
        "times are London wall times like 2021-02-10T16:00. Writes CSV to standard output. A bad cell is "
        "named with its row (the header is row 1) and column on standard error; nothing is written and the "
        "exit code is 2."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE.csv", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        requests = read_requests(options["file"])
        writer = csv.writer(self.stdout, lineterminator="\n")
        writer.writerow(OUT_COLUMNS)
        for request in requests:
            writer.writerow(answer(request))


def answer(request: Request) -> tuple[str | int, ...]:
    """The row of output for a row of input; a duty that is not payable has its code instead of figures."""
    try:
        price = pay.price(
            request.duty, rank=request.rank, annual_pay_pence=request.annual_pay_pence, window=request.window
        )
    except pay.NotPayable as refused:
        return request.id, "", "", "", refused.code, refused.reason
    lines = [line for line in price.lines if line.units] or price.lines[:1]
    units = "+".join(str(line.units) for line in lines)
    multipliers = "+".join(str(line.multiplier) for line in lines)
    return request.id, units, multipliers, price.pence, "", price.working


def read_requests(path: Path) -> list[Request]:
    """Every row of the file, or CommandError naming each row that has a bad cell."""
    requests, problems = [], []
    for number, row in read_rows(path):
        try:
            requests.append(read_request(row))
        except BadCell as bad:
            problems.append(f"row {number} (id {row.get('id') or 'missing'}), {bad}")
    if problems:
        raise CommandError("\n".join(problems), returncode=2)
    return requests


def read_rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows below the header, each with its number as a spreadsheet shows it."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            header, *rows = list(csv.reader(file, strict=True)) or [[]]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise CommandError(f"{path} cannot be read: {error}", returncode=2) from error
    header = [name.strip() for name in header]
    for column in IN_COLUMNS:
        if header.count(column) != 1:
            problem = "is missing" if column not in header else "is there twice"
            raise CommandError(f"row 1, column {column}: {problem}", returncode=2)
    for number, cells in enumerate(rows, start=2):
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(header):
            column = header[len(cells)] if len(cells) < len(header) else f"{len(header) + 1}"
            problem = f"{len(cells)} cells in a row of {len(header)} columns"
            raise CommandError(f"row {number}, column {column}: {problem}", returncode=2)
        yield number, {name: cell.strip() for name, cell in zip(header, cells, strict=True)}


def read_request(row: dict[str, str]) -> Request:
    """A row as a duty with its rank, pay and window; BadCell if a cell cannot be read."""
    duty_type = _cell(row, "duty_type", _duty_type)
    needed = NEEDED_FOR.get(duty_type)
    if needed and not row[needed]:
        raise BadCell(needed, f"needed for {duty_type}")
    duty = pay.Duty(
        duty_type=duty_type,
        starts_at=_cell(row, "duty_start", _moment),
        ends_at=_cell(row, "duty_end", _moment),
        told_at=_cell(row, "told_at", _moment) if row["told_at"] else None,
        break_minutes=_cell(row, "break_minutes", _minutes),
        travel_minutes=_cell(row, "travel_minutes", _minutes),
        casual_occasion=_cell(row, "casual_occasion", _occasion) if row["casual_occasion"] else None,
        follows_tour=_cell(row, "follows_tour", _yes),
        weekly_minutes_before=_cell(row, "weekly_minutes_before", _minutes),
        holiday_substituted=_cell(row, "holiday_substituted", _yes),
    )
    return Request(
        id=_cell(row, "id", _text),
        rank=_cell(row, "rank", _text).lower(),
        annual_pay_pence=_cell(row, "annual_pay", _pay),
        duty=duty,
        window=_window(row),
    )


def _window(row: dict[str, str]) -> pay.Window | None:
    if not (row["eligible_from"] or row["eligible_to"]):
        return None
    first, last = _cell(row, "eligible_from", _day), _cell(row, "eligible_to", _day)
    if last < first:
        raise BadCell("eligible_to", "lies before eligible_from")
    return pay.Window.of_days(first, last)


def _cell(row: dict[str, str], column: str, read: Callable[[str], T]) -> T:
    try:
        return read(row[column])
    except ValueError as error:
        raise BadCell(column, f"{row[column]!r}: {error}") from error


def _text(text: str) -> str:
    if not text:
        raise ValueError("must not be empty")
    return text


def _duty_type(text: str) -> str:
    if text not in pay.RULES:
        raise ValueError(f"not one of {', '.join(pay.RULES)}")
    return text


def _moment(text: str) -> datetime:
    if not _MOMENT.fullmatch(text):
        raise ValueError("not a time like 2021-02-10T16:00")
    wall = datetime.fromisoformat(text)
    _day(text[:10])
    moment = wall.replace(tzinfo=pay.LONDON)
    if moment.astimezone(UTC).astimezone(pay.LONDON).replace(tzinfo=None) != wall:
        raise ValueError("there was no such time: the clocks went forward")
    return moment


def _day(text: str) -> date:
    if not _DAY.fullmatch(text):
        raise ValueError("not a date like 2021-02-01")
    day = date.fromisoformat(text)
    if day.year not in _YEARS:
        raise ValueError(f"not a year from {_YEARS[0]} to {_YEARS[-1]}")
    return day


def _minutes(text: str) -> int:
    if not text:
        return 0
    if not (text.isascii() and text.isdecimal() and len(text) <= 6):
        raise ValueError("not a whole number of minutes")
    return int(text)


def _occasion(text: str) -> int:
    occasion = _minutes(text)
    if not occasion:
        raise ValueError("not the number of an occasion: the first of a week is 1")
    return occasion


def _yes(text: str) -> bool:
    if text.lower() not in ("yes", "no", ""):
        raise ValueError("not yes or no")
    return text.lower() == "yes"


def _pay(text: str) -> int:
    pence = parse_pounds(text)
    if not pence:
        raise ValueError("must be more than nothing")
    return pence
