"""Price a file of police duties without a database: the rules of `tasking.pay` from the command line."""

import csv
from argparse import ArgumentParser
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from overtime_ledger import csvfile
from overtime_ledger.csvfile import BadCell, Row, cell
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
        requests = csvfile.read_table(options["file"], IN_COLUMNS, read_request, named_by="id")
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


def read_request(row: Row) -> Request:
    """A row as a duty with its rank, pay and window; BadCell if a cell cannot be read."""
    duty_type = cell(row, "duty_type", _duty_type)
    needed = NEEDED_FOR.get(duty_type)
    if needed and not row[needed]:
        raise BadCell(needed, f"needed for {duty_type}")
    duty = pay.Duty(
        duty_type=duty_type,
        starts_at=cell(row, "duty_start", csvfile.moment),
        ends_at=cell(row, "duty_end", csvfile.moment),
        told_at=cell(row, "told_at", csvfile.moment) if row["told_at"] else None,
        break_minutes=cell(row, "break_minutes", csvfile.whole_number),
        travel_minutes=cell(row, "travel_minutes", csvfile.whole_number),
        casual_occasion=cell(row, "casual_occasion", _occasion) if row["casual_occasion"] else None,
        follows_tour=cell(row, "follows_tour", csvfile.yes),
        weekly_minutes_before=cell(row, "weekly_minutes_before", csvfile.whole_number),
        holiday_substituted=cell(row, "holiday_substituted", csvfile.yes),
    )
    return Request(
        id=cell(row, "id", csvfile.text),
        rank=cell(row, "rank", csvfile.text).lower(),
        annual_pay_pence=cell(row, "annual_pay", csvfile.pence),
        duty=duty,
        window=_window(row),
    )


def _window(row: Row) -> pay.Window | None:
    if not (row["eligible_from"] or row["eligible_to"]):
        return None
    first, last = cell(row, "eligible_from", csvfile.day), cell(row, "eligible_to", csvfile.day)
    if last < first:
        raise BadCell("eligible_to", "lies before eligible_from")
    return pay.Window.of_days(first, last)


def _duty_type(text: str) -> str:
    if text not in pay.RULES:
        raise ValueError(f"not one of {', '.join(pay.RULES)}")
    return text


def _occasion(text: str) -> int:
    occasion = csvfile.whole_number(text)
    if not occasion:
        raise ValueError("not the number of an occasion: the first of a week is 1")
    return occasion
