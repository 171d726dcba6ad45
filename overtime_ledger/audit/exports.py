"""What leaves the product as a file: the rows a list shows, as CSV or XLSX, put on record before they go.

Every file starts with its title, its marking, the day it is as at, the filters and who made it, and ends
with the total of each column of pounds. Text can never become a formula: spreadsheets get it as text, and
CSV gets an apostrophe before what would start one. Amounts, days, moments and minutes are typed numbers.
"""

import csv
import hashlib
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal, cast

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.text import slugify
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from overtime_ledger import clock
from overtime_ledger.accounts.models import User
from overtime_ledger.audit.models import AccessLog
from overtime_ledger.money import decimal_pounds

Kind = Literal["text", "pounds", "day", "moment", "minutes", "number"]
Value = str | int | float | Decimal | date | datetime | None

CONTENT_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@dataclass(frozen=True)
class Column:
    """One column of a report: its heading, how a row gives its value, and what the value is.

    A value of `pounds` is integer pence (nothing stays nothing); of `minutes` and `number` a number; of
    `day` a date; of `moment` an aware datetime; everything else is text. Pounds are added up unless
    `total` is False, as for running sums and rates.
    """

    label: str
    value: Callable[[Any], object]
    kind: Kind = "text"
    total: bool = True

    @property
    def is_added_up(self) -> bool:
        """Whether its amounts have a total beneath them."""
        return self.kind == "pounds" and self.total

    @property
    def heading(self) -> str:
        """The label, with the unit that the bare number leaves out."""
        return f"{self.label} (£)" if self.kind == "pounds" else self.label


def export(
    request: HttpRequest,
    *,
    title: str,
    columns: Sequence[Column],
    rows: Iterable[Any],
    file_format: str,
    filters: Mapping[str, str],
    marking: str,
    as_at: date | None = None,
    basis: str = "",
) -> HttpResponse:
    """Make a file of some rows and log it: who, what, the filters, how many rows, its SHA-256.

    `file_format` is "csv" or "xlsx", anything else is a page not found. `filters` are shown in the file
    in words. `as_at` is the day a past position is of; else the business date. `basis` says how amounts
    are dated, where that matters.
    """
    if file_format not in CONTENT_TYPES:
        raise Http404("There is no such format")
    by = cast(User, request.user)
    shown = {name: value for name, value in filters.items() if value}
    head = _head(title, marking, as_at or clock.today(), basis, shown, by)
    table = _Table(columns, rows)
    content = _csv(head, table) if file_format == "csv" else _xlsx(head, table, title, marking)
    AccessLog.objects.create(
        by=by,
        action=AccessLog.Action.EXPORTED,
        what=f"{title} ({file_format.upper()})"[:200],
        filters=shown,
        rows=table.count,
        sha256=hashlib.sha256(content).hexdigest(),
    )
    name = f"{slugify(title) or 'export'}-{as_at or clock.today()}.{file_format}"
    response = HttpResponse(content, content_type=CONTENT_TYPES[file_format])
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _head(
    title: str, marking: str, as_at: date, basis: str, filters: Mapping[str, str], by: User
) -> list[tuple[str, Value]]:
    made = f"{by}, {timezone.localtime(clock.now()):%d %B %Y, %H:%M}"
    said = "; ".join(f"{name}: {value}" for name, value in filters.items()) or "None: everything is here"
    told: list[tuple[str, Value]] = [("Basis", basis)] if basis else []
    return [
        ("Title", title),
        ("Marking", marking),
        ("As at", as_at),
        *told,
        ("Filters", said),
        ("Made by", made),
    ]


class _Table:
    """Rows as typed values, read once; counts them and adds up the columns of pounds on the way."""

    def __init__(self, columns: Sequence[Column], rows: Iterable[Any]) -> None:
        self.columns = columns
        self._rows = rows
        self.count = 0
        self._pence = [0 for _ in columns]

    def __iter__(self) -> Iterator[list[Value]]:
        for row in self._rows:
            self.count += 1
            yield [self._cell(place, column, row) for place, column in enumerate(self.columns)]

    def _cell(self, place: int, column: Column, row: Any) -> Value:
        value = column.value(row)
        if column.kind == "pounds" and isinstance(value, int):
            self._pence[place] += value
        return _typed(value, column.kind)

    @property
    def totals(self) -> list[Value]:
        """The row beneath the others, once they are read; empty if no column is in pounds."""
        if not any(column.is_added_up for column in self.columns):
            return []
        sums: list[Value] = [
            decimal_pounds(pence) if column.is_added_up else None
            for column, pence in zip(self.columns, self._pence, strict=True)
        ]
        if sums[0] is None:
            sums[0] = "Total"
        return sums


def _typed(value: Any, kind: Kind) -> Value:
    if value is None or value == "":
        return None
    if kind == "pounds":
        return decimal_pounds(value)
    if kind == "moment":
        # Spreadsheets know no zones: the wall time in London.
        moment: datetime = value
        return timezone.localtime(moment).replace(tzinfo=None)
    if kind in ("day", "minutes", "number"):
        return cast(Value, value)
    return str(ILLEGAL_CHARACTERS_RE.sub("", str(value)))


def _csv(head: Iterable[tuple[str, Value]], table: _Table) -> bytes:
    """Comma separated, with the mark at the front by which Excel knows UTF-8, and so the pound sign."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerows([name, _in_csv(value)] for name, value in head)
    writer.writerow([])
    writer.writerow([_in_csv(column.heading) for column in table.columns])
    writer.writerows([_in_csv(value) for value in row] for row in table)
    if totals := table.totals:
        writer.writerow([_in_csv(value) for value in totals])
    return text.getvalue().encode("utf-8-sig")


def _in_csv(value: Value) -> object:
    if isinstance(value, str):
        return _harmless(value)
    return f"{value:%Y-%m-%d %H:%M}" if isinstance(value, datetime) else value


def _harmless(text: str) -> str:
    """Put an apostrophe before text that a spreadsheet would read as a formula."""
    starts = text.lstrip()[:1]
    return f"'{text}" if starts in tuple("=+-@＝＋－＠") or text[:1] in tuple("\t\r\n") else text


_FORMATS = {
    "pounds": "#,##0.00;[Red]-#,##0.00",
    "day": "d mmmm yyyy",
    "moment": "d mmmm yyyy hh:mm",
    "minutes": "#,##0",
    "number": "General",
    "text": "@",
}
_WIDTHS = {"pounds": 16, "day": 19, "moment": 24, "minutes": 11, "number": 11, "text": 26}


def _xlsx(head: Sequence[tuple[str, Value]], table: _Table, title: str, marking: str) -> bytes:
    """One sheet, written row by row; the marking is on every printed page."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("".join(" " if sign in r"[]:*?/\'" else sign for sign in title)[:31])
    sheet.freeze_panes = f"A{len(head) + 3}"
    sheet.print_title_rows = f"{len(head) + 2}:{len(head) + 2}"
    for place, column in enumerate(table.columns, 1):
        sheet.column_dimensions[get_column_letter(place)].width = max(
            _WIDTHS[column.kind], len(column.heading) + 2
        )
    for part in (sheet.HeaderFooter.oddHeader, sheet.HeaderFooter.oddFooter):
        part.center.text = marking.replace("&", "&&")
    for name, value in head:
        kind: Kind = "day" if isinstance(value, date) else "text"
        sheet.append([_in_xlsx(sheet, name, "text", bold=True), _in_xlsx(sheet, value, kind)])
    sheet.append([])
    sheet.append([_in_xlsx(sheet, column.heading, "text", bold=True) for column in table.columns])
    for row in table:
        sheet.append(_cells(sheet, table.columns, row))
    if totals := table.totals:
        sheet.append(_cells(sheet, table.columns, totals, bold=True))
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _cells(sheet: Any, columns: Sequence[Column], row: Sequence[Value], *, bold: bool = False) -> list[Any]:
    return [
        _in_xlsx(sheet, value, column.kind, bold=bold) for column, value in zip(columns, row, strict=True)
    ]


def _in_xlsx(sheet: Any, value: Value, kind: Kind, *, bold: bool = False) -> Any:
    """A typed cell. Text is marked as such: left alone, `=1+1` would become a live formula."""
    if value is None:
        return None
    cell = WriteOnlyCell(sheet, value=value)
    if isinstance(value, str):
        cell.data_type = "s"
    cell.number_format = "@" if isinstance(value, str) else _FORMATS[kind]
    if bold:
        cell.font = Font(bold=True)
    return cell
