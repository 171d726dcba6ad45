"""Put a table of annual pay on record from a file, for a second person in finance to confirm."""

from argparse import ArgumentTypeError
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Model

from overtime_ledger import csvfile
from overtime_ledger.accounts.models import PayPoint, PayTable, RankHeld, User
from overtime_ledger.accounts.services import PayPointRow, record_pay_table
from overtime_ledger.csvfile import BadCell, Row, cell
from overtime_ledger.errors import Refusal, shown

COLUMNS = ("scale", "point", "annual_pay", "status")
RANKS = [rank.value for rank in RankHeld.Rank if rank != RankHeld.Rank.AGENCY_GRADE]
MOST_A_YEAR = 1_000_000_00


class Command(BaseCommand):
    help = (
        f"Put annual pay on record. FILE.csv has the columns {', '.join(COLUMNS)} (others are ignored); a "
        "scale begins with its rank, like constable_2013; pay is in pounds. A bad cell is named with its row "
        "(the header is row 1) and column on standard error; nothing is recorded and the exit code is 2. The "
        "table is in force once a second person in finance has confirmed it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE.csv", type=Path)
        parser.add_argument("--from", dest="valid_from", metavar="DATE", required=True, type=_day)
        parser.add_argument(
            "--source", metavar="TEXT", required=True, type=_source, help="Where the pay is from."
        )
        parser.add_argument("--by", metavar="USERNAME", required=True, help="Somebody in finance.")

    def handle(self, *args: Any, file: Path, valid_from: date, source: str, by: str, **options: Any) -> None:
        points = read_points(file)
        person = User.objects.filter(username=by).first()
        if not person:
            raise CommandError(f"There is no account {by}.")
        try:
            record_pay_table(by=person, valid_from=valid_from, source=source, points=points)
        except Refusal as refused:
            shown(refused)
            raise CommandError(f"{refused.reason} {refused.fix}") from refused
        scales = {point.scale for point in points}
        self.stdout.write(
            f"Recorded {len(points)} points of {len(scales)} scales, in force from {valid_from:%-d %B %Y} "
            "once a second person in finance has confirmed them."
        )


def read_points(file: Path | bytes) -> list[PayPointRow]:
    """Every point that a file (or its content) states, each point of a scale once.

    Raises CommandError for bad cells.
    """
    seen: set[tuple[str, str]] = set()

    def read(row: Row) -> PayPointRow:
        point = read_point(row)
        if (point.scale, point.point) in seen:
            raise BadCell("point", f"{point.point!r}: this point of {point.scale} is there already")
        seen.add((point.scale, point.point))
        return point

    return csvfile.read_table(file, COLUMNS, read)


def read_point(row: Row) -> PayPointRow:
    """A row as a point of a scale; BadCell if a cell cannot be read."""
    return PayPointRow(
        rank=cell(row, "scale", rank_of),
        scale=cell(row, "scale", _text_for("scale")),
        point=cell(row, "point", _text_for("point")),
        annual_pay_pence=cell(row, "annual_pay", _annual_pay),
        status=cell(row, "status", _text_for("status")),
    )


def rank_of(scale: str) -> str:
    """The rank that a scale is for: constable_2013 is for a constable."""
    for rank in RANKS:
        if scale == rank or scale.startswith(f"{rank}_"):
            return rank
    raise ValueError(f"does not begin with a rank: {', '.join(RANKS)}")


def _text_for(column: str, model: type[Model] = PayPoint) -> Callable[[str], str]:
    """Text that fits the column of the ledger into which it goes."""
    most: int = model._meta.get_field(column).max_length  # type: ignore[union-attr, assignment]

    def read(text: str) -> str:
        if len(text) > most:
            raise ValueError(f"longer than {most} characters")
        return csvfile.text(text)

    return read


def _annual_pay(text: str) -> int:
    pence = csvfile.pence(text)
    if pence >= MOST_A_YEAR:
        raise ValueError("not what a year pays: a million pounds or more")
    return pence


def _day(text: str) -> date:
    try:
        return csvfile.day(text)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from error


def _source(text: str) -> str:
    try:
        return _text_for("source", PayTable)(text.strip())
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from error
