"""A file opened again says what the list showed: the same rows, the same total, and no live formula."""

import csv
import hashlib
import io
import tracemalloc
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.http import FileResponse, Http404, HttpRequest
from django.test import RequestFactory
from openpyxl import load_workbook
from pytest_django import Settings

from overtime_ledger import clock
from overtime_ledger.accounts.models import User
from overtime_ledger.audit import exports
from overtime_ledger.audit.exports import Column, export
from overtime_ledger.audit.models import AccessLog
from tests import factories as make
from tests.files import content_of

pytestmark = pytest.mark.django_db

MARKING = "OFFICIAL-SENSITIVE [ORGANISATIONAL]"


@dataclass
class Row:
    who: str
    pence: int | None
    on: date | None
    at: datetime | None
    minutes: int


@dataclass(frozen=True)
class Granted:
    """A grant, as far as a file says of it."""

    reference: str
    marking: str

    def __str__(self) -> str:
        return self.reference


WORKED = date(2021, 3, 5)
ROWS = [
    Row("PC 4471", 128_440, WORKED, make.at(WORKED, 16), 140),
    Row('=HYPERLINK("http://example.com","£5")', 1, WORKED, None, 15),
    Row("+44", -500, None, None, 0),
    Row("-1+1", None, None, None, 0),
    Row("@SUM(A1)", 2, WORKED, None, 0),
    Row("\t=1+1", 3, WORKED, None, 0),
    Row("  =1+1", 4, WORKED, None, 0),
    Row("\x07bell", 5, WORKED, None, 0),
    Row("04471", 6, WORKED, None, 0),
]
PENCE = sum(row.pence or 0 for row in ROWS)
COLUMNS = [
    Column("Officer", lambda row: row.who),
    Column("Amount", lambda row: row.pence, "pounds"),
    Column("Duty", lambda row: row.on, "day"),
    Column("Approved", lambda row: row.at, "moment"),
    Column("Minutes", lambda row: row.minutes, "minutes"),
]


@pytest.fixture
def request_of_finance() -> HttpRequest:
    request = RequestFactory().get("/")
    request.user = make.UserFactory(display_name="Finance 1")
    return request


def exported(request: HttpRequest, file_format: str, **changes: Any) -> FileResponse:
    given: dict[str, Any] = {
        "title": "Claims register",
        "columns": COLUMNS,
        "rows": iter(ROWS),
        "filters": {"Status": "approved", "Agency": ""},
        "grants": [Granted("PCD 733", MARKING)],
        "basis": "By the day of the duty",
    }
    return export(request, file_format=file_format, **(given | changes))


def read_csv(response: FileResponse) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content_of(response).decode("utf-8-sig"), newline="")))


def read_xlsx(response: FileResponse) -> Any:
    return load_workbook(io.BytesIO(content_of(response))).active


def test_a_csv_holds_the_rows_and_their_total(request_of_finance: HttpRequest) -> None:
    lines = read_csv(exported(request_of_finance, "csv"))
    assert lines[8] == ["Officer", "Amount (£)", "Duty", "Approved (London)", "Approved (UTC)", "Minutes"]
    rows, total = lines[9:-1], lines[-1]
    assert rows[0] == [
        "PC 4471",
        "1284.40",
        "2021-03-05",
        "2021-03-05 16:00:00",
        "2021-03-05 16:00:00",
        "140",
    ]
    assert len(rows) == len(ROWS)
    assert total[:2] == ["Total", str(Decimal(PENCE) / 100)]
    assert sum(Decimal(row[1] or 0) for row in rows) == Decimal(total[1])


def test_a_csv_says_what_it_is_and_who_made_it(request_of_finance: HttpRequest) -> None:
    with clock.travel(make.at(date(2021, 3, 8), 10)):
        head = dict(line for line in read_csv(exported(request_of_finance, "csv"))[:7])
    assert head == {
        "Title": "Claims register",
        "Grant": "PCD 733",
        "Marking": MARKING,
        "As at": "2021-03-08",
        "Basis": "By the day of the duty",
        "Filters": "Status: approved",
        "Made by": "Finance 1, 8 March 2021, 10:00",
    }


def test_excel_is_told_that_a_csv_is_utf_8(request_of_finance: HttpRequest) -> None:
    assert content_of(exported(request_of_finance, "csv")).startswith(b"\xef\xbb\xbf")


def test_no_text_of_a_csv_starts_a_formula(request_of_finance: HttpRequest) -> None:
    rows = read_csv(exported(request_of_finance, "csv"))[9:-1]
    texts = [row[0] for row in rows]
    assert all(text.startswith("'") for text in texts[1:7])
    assert texts[7] == "bell"
    # An amount below nothing is a number and stays one.
    assert rows[2][1] == "-5.00"


def test_a_spreadsheet_holds_typed_values_and_their_total(request_of_finance: HttpRequest) -> None:
    sheet = read_xlsx(exported(request_of_finance, "xlsx"))
    rows = list(sheet.iter_rows(min_row=10, values_only=True))
    assert rows[0] == ("PC 4471", 1284.4, datetime(2021, 3, 5), *[datetime(2021, 3, 5, 16)] * 2, 140)
    amounts = [Decimal(str(row[1])) for row in rows[:-1] if row[1] is not None]
    assert sum(amounts) == Decimal(str(rows[-1][1])) == Decimal(PENCE) / 100
    assert rows[-1][0] == "Total"


def test_a_spreadsheet_has_no_formula_and_keeps_leading_zeros(request_of_finance: HttpRequest) -> None:
    sheet = read_xlsx(exported(request_of_finance, "xlsx"))
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n", "d"}
    assert sheet["A11"].value == ROWS[1].who
    assert sheet["A18"].value == "04471"


def test_grants_of_several_markings_go_out_under_the_products_own(
    request_of_finance: HttpRequest, settings: Settings
) -> None:
    """And each grant is named once; of nothing that is of a grant, the file says so."""
    several = [Granted("PCD 912", "OFFICIAL"), Granted("PCD 733", MARKING)]
    for grants, named in ((several, "PCD 733, PCD 912"), ([], "None of them"), (None, "All of them")):
        head = dict(read_csv(exported(request_of_finance, "csv", grants=grants))[:7])
        assert (head["Grant"], head["Marking"]) == (named, settings.LEDGER_MARKING)


def test_a_spreadsheet_bears_the_marking_on_every_printed_page(request_of_finance: HttpRequest) -> None:
    sheet = read_xlsx(exported(request_of_finance, "xlsx"))
    assert sheet["B3"].value == sheet.oddHeader.center.text == sheet.oddFooter.center.text == MARKING


def test_titles_and_filters_are_no_formulas_either(request_of_finance: HttpRequest) -> None:
    changes: dict[str, Any] = {"title": "=1+1: [a/b]", "filters": {"=Reason": "=2+2"}}
    sheet = read_xlsx(exported(request_of_finance, "xlsx", **changes))
    assert sheet["B1"].data_type == sheet["B6"].data_type == "s"
    lines = read_csv(exported(request_of_finance, "csv", **changes))
    assert lines[0][1] == "'=1+1: [a/b]"
    assert lines[5][1] == "'=Reason: =2+2"


def test_an_export_without_rows_is_still_a_file(request_of_finance: HttpRequest) -> None:
    assert read_csv(exported(request_of_finance, "csv", rows=[]))[-1][:2] == ["Total", "0.00"]
    assert read_xlsx(exported(request_of_finance, "xlsx", rows=[])).max_row == 10


def test_without_a_column_of_pounds_there_is_no_total(request_of_finance: HttpRequest) -> None:
    lines = read_csv(exported(request_of_finance, "csv", columns=COLUMNS[:1], rows=ROWS[:1]))
    assert lines[-1] == ["PC 4471"]


def test_running_sums_are_not_added_up(request_of_finance: HttpRequest) -> None:
    columns = [COLUMNS[0], COLUMNS[1], Column("So far", lambda row: row.pence, "pounds", total=False)]
    lines = read_csv(exported(request_of_finance, "csv", columns=columns))
    assert lines[9] == ["PC 4471", "1284.40", "1284.40"]
    assert lines[-1] == ["Total", str(Decimal(PENCE) / 100), ""]


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_every_export_is_put_on_record_with_its_hash(
    request_of_finance: HttpRequest, file_format: str
) -> None:
    response = exported(request_of_finance, file_format)
    log = AccessLog.objects.get()
    assert (log.by, log.action, log.rows) == (request_of_finance.user, "exported", len(ROWS))
    assert log.what == f"Claims register ({file_format.upper()})"
    assert log.filters == {"Status": "approved"}
    assert log.sha256 == hashlib.sha256(content_of(response)).hexdigest()


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_what_was_made_ready_is_on_record_though_its_download_is_broken_off(
    request_of_finance: HttpRequest, monkeypatch: pytest.MonkeyPatch, file_format: str
) -> None:
    monkeypatch.setattr(exports, "A_BLOCK", 100)
    monkeypatch.setattr(connection, "close_if_unusable_or_obsolete", lambda: None)  # the test goes on with it
    broken, whole = (exported(request_of_finance, file_format) for _ in range(2))
    assert len(next(iter(broken))) == 100 < int(broken["Content-Length"])
    broken.close()
    assert broken.file_to_stream.closed
    first, second = AccessLog.objects.order_by("pk")
    # Nobody can say how far it came: on record stands the file as it was made, with all its rows.
    assert first.rows == second.rows == len(ROWS)
    made = hashlib.sha256(content_of(whole)).hexdigest()
    assert second.sha256 == made
    assert file_format == "xlsx" or first.sha256 == made  # a workbook bears the moment at which it was made


def test_the_file_is_named_after_its_report_and_its_day(request_of_finance: HttpRequest) -> None:
    response = exported(request_of_finance, "csv", as_at=date(2021, 2, 28))
    assert response["Content-Disposition"] == 'attachment; filename="claims-register-2021-02-28.csv"'
    assert read_csv(response)[3] == ["As at", "2021-02-28"]


def test_another_format_does_not_exist(request_of_finance: HttpRequest) -> None:
    with pytest.raises(Http404):
        exported(request_of_finance, "pdf")
    assert not AccessLog.objects.exists()


def test_a_moment_is_told_in_london_and_in_utc(request_of_finance: HttpRequest) -> None:
    """The hour that London's clocks show twice in October is one hour only in UTC."""
    first, second = (datetime(2021, 10, 31, hour, 30, tzinfo=UTC) for hour in (0, 1))
    rows = [Row("PC 4471", None, None, moment, 0) for moment in (first, second)]
    lines = read_csv(exported(request_of_finance, "csv", rows=rows))[9:11]
    assert [line[3] for line in lines] == ["2021-10-31 01:30:00"] * 2
    assert [line[4] for line in lines] == ["2021-10-31 00:30:00", "2021-10-31 01:30:00"]
    cells = list(read_xlsx(exported(request_of_finance, "xlsx", rows=rows)).iter_rows(min_row=10, max_row=11))
    assert [cell.value for cell in cells[0][3:5]] == [
        datetime(2021, 10, 31, 1, 30),
        datetime(2021, 10, 31, 0, 30),
    ]


@pytest.mark.parametrize(("file_format", "few", "many"), [("csv", 2_000, 20_000), ("xlsx", 200, 2_000)])
def test_ten_times_the_rows_take_no_more_memory(
    request_of_finance: HttpRequest, file_format: str, few: int, many: int
) -> None:
    def peak(count: int) -> int:
        rows = (
            Row(f"PC {number}: {'observations ' * 16}", number, WORKED, None, 15) for number in range(count)
        )
        tracemalloc.start()
        response = exported(request_of_finance, file_format, rows=rows)
        with closing(response.file_to_stream):
            assert sum(map(len, response)) == int(response["Content-Length"])
        highest = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return highest

    peak(10)  # what is loaded once, at first use
    few_peak, many_peak = peak(few), peak(many)
    assert many_peak < 1.5 * few_peak


def test_a_file_is_to_be_saved_and_nothing_keeps_a_copy(request_of_finance: HttpRequest) -> None:
    response = exported(request_of_finance, "csv")
    assert response["Cache-Control"] == "no-store"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert int(response["Content-Length"]) == len(content_of(response))


def test_a_queryset_is_read_some_rows_at_a_time(
    request_of_finance: HttpRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "AT_ONCE", 2)
    people = [make.UserFactory(display_name=f"PC {number}") for number in range(5)]
    rows = User.objects.filter(pk__in=[one.pk for one in people]).order_by("pk")
    lines = read_csv(exported(request_of_finance, "csv", columns=[Column("Who", str)], rows=rows))
    assert [line[0] for line in lines[9:]] == [f"PC {number}" for number in range(5)]
    assert rows._result_cache is None


def test_a_long_text_is_cut_to_what_a_cell_holds_and_signs_of_xml_stay(
    request_of_finance: HttpRequest,
) -> None:
    texts = ["<b>&amp;</b>", "x" * 40_000, " spaces  kept ", "two\nlines", "#N/A"]
    rows = [Row(text, 1, None, None, 0) for text in texts]
    sheet = read_xlsx(exported(request_of_finance, "xlsx", rows=rows))
    found = [sheet.cell(row=number, column=1).value for number in range(10, 15)]
    assert found == [texts[0], "x" * 32_767, *texts[2:]]
