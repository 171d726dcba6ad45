"""What leaves the product as a file: the rows a list shows, as CSV or XLSX, put on record before they go.

Every file starts with its title, its marking, the day it is as at, the filters and who made it, and ends
with the total of each column of pounds. Text can never become a formula: spreadsheets get it as text, and
CSV gets an apostrophe before what would start one. Amounts, days, moments and minutes are typed numbers; a
moment stands there twice, in London's time and in UTC.

Rows are read one by one and written one by one, into a temporary file that leaves the memory when it grows:
fifty thousand of them take no more of it than fifty.
"""

import csv
import hashlib
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from tempfile import SpooledTemporaryFile, TemporaryFile
from typing import IO, Any, Literal, Protocol, cast
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile

from django.conf import settings
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest
from django.utils import timezone
from django.utils.text import slugify
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.utils.datetime import to_excel

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
IN_MEMORY = 256 * 1024
"""Bytes of a file that are kept in memory; what is larger lies on the disk until it is sent."""
A_BLOCK = 64 * 1024
AT_ONCE = 500
"""Rows that are read from the database at a time."""
LONGEST_TEXT = 32_767
"""Signs that a cell of a spreadsheet holds."""


class Marked(Protocol):
    """A grant, as far as a file says of it: its name, and the protective marking it is under."""

    marking: Any


@dataclass(frozen=True)
class Column:
    """One column of a report: its heading, how a row gives its value, and what the value is.

    A value of `pounds` is integer pence (nothing stays nothing); of `minutes` and `number` a number; of
    `day` a date; of `moment` an aware datetime, which fills two columns; everything else is text. Pounds are
    added up unless `total` is False, as for running sums and rates.
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
    def headings(self) -> tuple[str, ...]:
        """The label, with the unit or zone that the bare value leaves out, for each column it fills."""
        if self.kind == "moment":
            return f"{self.label} (London)", f"{self.label} (UTC)"
        return (f"{self.label} (£)" if self.kind == "pounds" else self.label,)


def export(
    request: HttpRequest,
    *,
    title: str,
    columns: Sequence[Column],
    rows: Iterable[Any],
    file_format: str,
    filters: Mapping[str, str],
    grants: Iterable[Marked] | None,
    basis: str,
    marking: str = "",
    as_at: date | None = None,
    made_by: str = "",
) -> FileResponse:
    """Make a file of some rows and log it: who, what, the filters, how many rows, its SHA-256.

    `file_format` is "csv" or "xlsx", anything else is a page not found. `rows` are read once, a queryset
    some rows at a time. `filters` are shown in the file in words. `grants` are those it
    tells of, None if it is of no grant; they give the marking, unless `marking` does. `basis` says what the
    rows are and by which day they count. `as_at` is the day a past position is of; else the business date.
    `made_by` stands in the file in the place of the person, where it is for everybody.
    """
    if file_format not in CONTENT_TYPES:
        raise Http404("There is no such format")
    by = cast(User, request.user)
    shown = {name: value for name, value in filters.items() if value}
    told = list(_once(grants))
    marking = marking or shared_marking(told)
    head = head_of(title, None if grants is None else told, marking, as_at, basis, shown, made_by or str(by))
    table = Table(columns, rows)
    file = cast(IO[bytes], SpooledTemporaryFile(IN_MEMORY))  # noqa: SIM115
    if file_format == "csv":
        write_csv(file, head, table)
    else:
        _write_xlsx(file, head, table, title, marking)
    size = file.tell()
    AccessLog.objects.create(
        by=by,
        action=AccessLog.Action.EXPORTED,
        what=f"{title} ({file_format.upper()})"[:200],
        filters=shown,
        rows=table.count,
        sha256=digest_of(file),
    )
    name = f"{slugify(title) or 'export'}-{as_at or clock.today()}.{file_format}"
    return sent(file, name=name, content_type=CONTENT_TYPES[file_format], size=size)


def sent(file: IO[bytes], *, name: str, content_type: str, size: int) -> FileResponse:
    """A file on its way out, block by block, to be saved and not shown; it is closed when it is sent."""
    response = FileResponse(file, content_type=content_type)
    response.block_size = A_BLOCK
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Content-Length"] = str(size)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "no-store"
    return response


def digest_of(file: IO[bytes]) -> str:
    """SHA-256 of a file in hex, read from its beginning block by block; it is left there again."""
    digest = hashlib.sha256()
    file.seek(0)
    while block := file.read(A_BLOCK):
        digest.update(block)
    file.seek(0)
    return digest.hexdigest()


def _once(grants: Iterable[Marked] | None) -> Iterable[Marked]:
    """Each grant once, though a thousand rows of a query lead to it."""
    if isinstance(grants, QuerySet):
        every = grants.model._default_manager.filter(pk__in=grants.order_by().values("pk"))
        return cast(Iterable[Marked], every)
    return grants or ()


def shared_marking(grants: Iterable[Marked]) -> str:
    """The protective marking that some grants share; the product's own if they differ or there are none."""
    markings = {grant.marking for grant in grants}
    return markings.pop() if len(markings) == 1 else str(settings.LEDGER_MARKING)


def head_of(
    title: str,
    grants: Iterable[Marked] | None,
    marking: str,
    as_at: date | None,
    basis: str,
    filters: Mapping[str, str],
    by: str,
) -> list[tuple[str, Value]]:
    """What stands above the headings of a file, by what it says."""
    of = "All of them" if grants is None else ", ".join(sorted(map(str, grants))) or "None of them"
    made = f"{by}, {timezone.localtime(clock.now()):%-d %B %Y, %H:%M}"
    said = "; ".join(f"{name}: {value}" for name, value in filters.items()) or "None: everything is here"
    return [
        ("Title", title),
        ("Grant", of),
        ("Marking", marking),
        ("As at", as_at or clock.today()),
        ("Basis", basis),
        ("Filters", said),
        ("Made by", made),
    ]


class Table:
    """Rows as typed values, read once; counts them and adds up the columns of pounds on the way."""

    def __init__(self, columns: Sequence[Column], rows: Iterable[Any]) -> None:
        self.columns = columns
        self._rows = rows
        self.count = 0
        self._pence = [0 for _ in columns]

    @property
    def headings(self) -> list[str]:
        return [heading for column in self.columns for heading in column.headings]

    @property
    def kinds(self) -> list[Kind]:
        """What the values are, column by column as the file has them."""
        return [column.kind for column in self.columns for _ in column.headings]

    def __iter__(self) -> Iterator[list[Value]]:
        # A list that the database keeps is read some rows at a time, not all at once.
        rows = self._rows
        for row in rows.iterator(chunk_size=AT_ONCE) if isinstance(rows, QuerySet) else rows:
            self.count += 1
            cells: list[Value] = []
            for place, column in enumerate(self.columns):
                value = column.value(row)
                if column.kind == "moment":
                    cells += _twice(cast(datetime, value) if value else None)
                    continue
                if column.kind == "pounds" and isinstance(value, int):
                    self._pence[place] += value
                cells.append(_typed(value, column.kind))
            yield cells

    @property
    def pence(self) -> dict[str, int]:
        """What each column that is added up comes to, by its label, once the rows are read."""
        columns = zip(self.columns, self._pence, strict=True)
        return {column.label: pence for column, pence in columns if column.is_added_up}

    @property
    def totals(self) -> list[Value]:
        """The row beneath the others, once they are read; empty if no column is in pounds."""
        if not any(column.is_added_up for column in self.columns):
            return []
        sums: list[Value] = [
            decimal_pounds(pence) if column.is_added_up else None
            for column, pence in zip(self.columns, self._pence, strict=True)
            for _ in column.headings
        ]
        if sums[0] is None:
            sums[0] = "Total"
        return sums


def _twice(moment: datetime | None) -> tuple[datetime | None, datetime | None]:
    """A moment as London's clocks show it and in UTC. Spreadsheets know no zones: the headings name them."""
    if moment is None:
        return None, None
    second = moment.replace(microsecond=0)
    return timezone.localtime(second).replace(tzinfo=None), second.astimezone(UTC).replace(tzinfo=None)


def _typed(value: Any, kind: Kind) -> Value:
    if value is None or value == "":
        return None
    if kind == "text":
        return str(ILLEGAL_CHARACTERS_RE.sub("", str(value)))
    return decimal_pounds(value) if kind == "pounds" else cast(Value, value)


def write_csv(file: IO[bytes], head: Iterable[tuple[str, Value]], table: Table) -> None:
    """Comma separated, with the mark at the front by which Excel knows UTF-8, and so the pound sign.

    The head, if there is one, stands above the headings; the file is left open at its end.
    """
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="", write_through=True)
    writer = csv.writer(text)
    told = [(name, _in_csv(value)) for name, value in head]
    writer.writerows([*told, ()] if told else [])
    writer.writerow([_in_csv(heading) for heading in table.headings])
    writer.writerows([_in_csv(value) for value in row] for row in table)
    if totals := table.totals:
        writer.writerow([_in_csv(value) for value in totals])
    text.detach()


def _in_csv(value: Value) -> object:
    if isinstance(value, str):
        return _harmless(value)
    return f"{value:%Y-%m-%d %H:%M:%S}" if isinstance(value, datetime) else value


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


def _write_xlsx(
    file: IO[bytes], head: Sequence[tuple[str, Value]], table: Table, title: str, marking: str
) -> None:
    """One sheet, written row by row; the marking is on every printed page."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("".join(" " if sign in r"[]:*?/\'" else sign for sign in title)[:31])
    sheet.freeze_panes = f"A{len(head) + 3}"
    sheet.print_title_rows = f"{len(head) + 2}:{len(head) + 2}"
    headings = table.headings
    for place, (heading, kind) in enumerate(zip(headings, table.kinds, strict=True), 1):
        sheet.column_dimensions[get_column_letter(place)].width = max(_WIDTHS[kind], len(heading) + 2)
    for part in (sheet.HeaderFooter.oddHeader, sheet.HeaderFooter.oddFooter):
        part.center.text = marking.replace("&", "&&")
    for name, value in head:
        sheet.append([_cell(sheet, name, "text", bold=True), _cell(sheet, value, "day")])
    sheet.append([])
    sheet.append([_cell(sheet, heading, "text", bold=True) for heading in headings])
    rows = _rows(sheet, table, len(head) + 3)
    with TemporaryFile() as around:
        book.save(around)
        _fill(file, around, rows)
    file.seek(0, io.SEEK_END)


def _cell(sheet: Any, value: Value, kind: Kind, *, bold: bool = False) -> Any:
    """A typed cell. Text is marked as such: left alone, `=1+1` would become a live formula."""
    cell = WriteOnlyCell(sheet, value=value)
    if isinstance(value, str):
        cell.data_type = "s"
    cell.number_format = "@" if isinstance(value, str) else _FORMATS[kind]
    if bold:
        cell.font = Font(bold=True)
    return cell


def _rows(sheet: Any, table: Table, first: int) -> Iterator[bytes]:
    """The rows of a table, and the total beneath them, as the sheet's XML: openpyxl takes five times as long.

    The styles of its columns are put into the book before any row is asked for.
    """
    plain, bold = (
        [
            [_cell(sheet, "", "text", bold=bold).style_id for _ in table.kinds],
            [_cell(sheet, None, kind, bold=bold).style_id for kind in table.kinds],
        ]
        for bold in (False, True)
    )
    letters = [get_column_letter(place) for place in range(1, len(table.kinds) + 1)]

    def xml(number: int, row: Sequence[Value], styles: list[list[int]]) -> bytes:
        cells = (
            _cell_xml(f"{letter}{number}", value, styles[not isinstance(value, str)][place])
            for place, (letter, value) in enumerate(zip(letters, row, strict=True))
            if value is not None
        )
        return f'<row r="{number}">{"".join(cells)}</row>'.encode()

    def every() -> Iterator[bytes]:
        for number, row in enumerate(table, first):
            yield xml(number, row, plain)
        if totals := table.totals:
            yield xml(first + table.count, totals, bold)

    return every()


def _cell_xml(place: str, value: Value, style: int) -> str:
    if isinstance(value, str):
        text = escape(value[:LONGEST_TEXT])
        return f'<c r="{place}" s="{style}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'
    number = to_excel(value) if isinstance(value, date) else value
    return f'<c r="{place}" s="{style}"><v>{number}</v></c>'


def _fill(file: IO[bytes], around: IO[bytes], rows: Iterable[bytes]) -> None:
    """Copy a workbook and put rows at the end of its one sheet."""
    with ZipFile(around) as made, ZipFile(file, "w", ZIP_DEFLATED) as book:
        for name in made.namelist():
            before, end, after = made.read(name).partition(b"</sheetData>")
            with book.open(name, "w", force_zip64=True) as part:
                part.write(before)
                for row in rows if end else ():
                    part.write(row)
                part.write(end + after)
