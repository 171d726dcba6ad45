"""Every file that the product gives out, opened again: it says what the screen says, and it is on record.

The addresses are those of the access matrix, so an export cannot be forgotten: whatever answers a format with
a file is met here, and a place in the code that makes one and is not met fails the last test.
"""

import ast
import csv
import hashlib
import io
import pickle
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from html import unescape
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.forms import BooleanField, ChoiceField, Form
from django.http import FileResponse
from django.template.backends.django import Template
from django.test import Client
from django.utils.safestring import SafeString
from openpyxl import load_workbook

from overtime_ledger.accounts.models import User
from overtime_ledger.audit import exports
from overtime_ledger.audit.models import AccessLog
from overtime_ledger.forms import DayField
from overtime_ledger.money import pounds
from tests.databases import OwnDatabases
from tests.files import content_of
from tests.scene import another_grant
from tests.test_access_matrix import TABLE, Addresses

HEAD = ["Title", "Grant", "Marking", "As at", "Basis", "Filters", "Made by"]
FORMULA = tuple("=+-@\t\r")
NUMBER = re.compile(r"-?\d+(\.\d+)?")

LOG = "/audit/"
"""The access log, to which every file adds a row."""
MET: set[tuple[str, str]] = set()
"""The places in the code that made a file while these tests ran: module and function."""


@pytest.fixture(scope="module")
def one_database(own_databases: OwnDatabases) -> Iterator[None]:
    with own_databases():
        yield


@pytest.fixture
def db(one_database: None) -> None:
    """In the place of pytest-django's: one copy of the scene for all, of which files only tell."""


@pytest.fixture(scope="module")
def known(one_database: None, made_once: tuple[str, bytes]) -> Addresses:
    stage = pickle.loads(made_once[1])
    another_grant(stage.house, "PCD 912", controlled_by="other_di")
    return Addresses(stage)


@pytest.fixture(scope="module", autouse=True)
def places() -> Iterator[None]:
    """Notes which function asked for a file."""
    said = exports.head_of

    def noting(*args: Any, **more: Any) -> Any:
        asked = sys._getframe(2)
        MET.add((asked.f_code.co_filename, asked.f_code.co_name))
        return said(*args, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exports, "head_of", noting)
        yield


def reader_of(route: str) -> User:
    """Who takes out what is there: finance, or else the first who finds the page."""
    names = TABLE[route].opens.split()
    return User.objects.get(username="finance" if "finance" in names else names[0])


@dataclass
class Report:
    """A file, read: what stands at its top, its headings, its rows, and the totals beneath them."""

    head: dict[str, Any]
    headings: list[str]
    rows: list[list[Any]]
    totals: dict[str, Decimal]

    @classmethod
    def of(cls, lines: list[list[Any]], count: int) -> "Report":
        """`count` rows stand beneath the headings, and after them at most the total."""
        place = next(number for number, line in enumerate(lines) if not any(line))
        headings, body = lines[place + 1], lines[place + 2 :]
        rows, last = body[:count], dict(zip(headings, body[count], strict=True)) if body[count:] else {}
        assert len(body) - count in (0, 1)
        totals = {
            name: Decimal(str(value))
            for name, value in last.items()
            if name.endswith("(£)") and value not in ("", None)
        }
        return cls(dict(line[:2] for line in lines[:place]), headings, rows, totals)

    def column(self, name: str) -> list[Any]:
        place = self.headings.index(name)
        return [row[place] for row in self.rows]


@dataclass
class Taken:
    """What left, how it went on record, and what a reader of such files finds in it."""

    content: bytes
    log: AccessLog
    report: Report


def taken(client: Client, address: str, file_format: str) -> Taken:
    """A file as somebody saves and opens it."""
    return read(client.get(in_format(address, file_format)), address, file_format)


def read(response: Any, address: str, file_format: str) -> Taken:
    """A file that was asked for last."""
    content = content_of(response)
    log = AccessLog.objects.latest("pk")
    if file_format == "csv":
        lines: list[list[Any]] = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    else:
        sheet = load_workbook(io.BytesIO(content)).active
        assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n", "d"}, address
        lines = [list(line) for line in sheet.iter_rows(values_only=True)]
    return Taken(content, log, Report.of(lines, log.rows))


def in_format(address: str, file_format: str) -> str:
    """An address that ends in its format is asked for another; others are asked for one."""
    if re.search(r"\.csv$", address):
        return re.sub(r"csv$", file_format, address)
    return f"{address}{'&' if '?' in address else '?'}format={file_format}"


@dataclass
class Exported:
    """A place that answers a format with a file, whoever takes it out, and what they got in each format."""

    route: str
    address: str
    client: Client
    plain: Taken
    typed: Taken


def exported(known: Addresses) -> Iterator[Exported]:
    """Every address that answers a format with a file."""
    clients: dict[User, Client] = {}
    for route, page in TABLE.items():
        if not page.opens or page.by_token or route.startswith(("admin/", "account/", "api/")):
            continue
        reader = reader_of(route)
        if reader not in clients:
            clients[reader] = Client()
            clients[reader].force_login(reader)
        client, address = clients[reader], known.of(route, OF.get(route, page))
        answer = client.get(in_format(address, "csv"))
        if isinstance(answer, FileResponse) and answer["Content-Type"].startswith("text/csv"):
            assert "attachment" in answer["Content-Disposition"], address
            plain = read(answer, address, "csv")
            yield Exported(route, address, client, plain, taken(client, address, "xlsx"))
        else:
            answer.close()


OF = {"disclosure/extracts/<int:pk>/": replace(TABLE["disclosure/extracts/<int:pk>/"], of="released")}
"""Rows of the scene that a file is made of, where the page alone needs another."""


@pytest.fixture(scope="module")
def files(one_database: None, known: Addresses, places: None) -> list[Exported]:
    with pytest.MonkeyPatch.context() as patch:  # a page that is no file need not be written
        patch.setattr(Template, "render", lambda *_: SafeString(""))
        found = list(exported(known))
    assert len(found) > 30
    return found


# What a file is


def test_each_says_what_it_is_is_on_record_and_holds_typed_values(db: None, files: list[Exported]) -> None:
    wrong = []
    for one in files:
        for file in (one.plain, one.typed):
            wrong += [f"{one.address}: {problem}" for problem in problems_of(file)]
        plain, typed = one.plain.report, one.typed.report
        more = len(typed.rows) - len(plain.rows)
        assert more == (one.address == LOG), one.address
        typed.rows = typed.rows[more:]  # that the CSV was taken is itself an access
        wrong += [f"{one.address}: {problem}" for problem in untyped(plain, typed)]
    assert wrong == [], "\n".join(wrong)


def problems_of(one: Taken) -> Iterator[str]:
    head, log = one.report.head, one.log
    if list(head) != HEAD or not all(head.values()):
        yield f"at its top stands {head}"
    if (log.action, log.sha256) != ("exported", hashlib.sha256(one.content).hexdigest()):
        yield "what is on record is not what left"
    if not all(f"{name}: {value}" in head["Filters"] for name, value in log.filters.items()):
        yield f"its filters are {log.filters} on record"
    for name, total in one.report.totals.items():
        found = sum((Decimal(str(value)) for value in one.report.column(name) if value), Decimal(0))
        if round(found, 2) != round(total, 2):
            yield f"{name} comes to {found}, not {total}"


def untyped(plain: Report, typed: Report) -> Iterator[str]:
    """What CSV and XLSX say differently, what could become a formula, what is text and should be none."""
    assert plain.headings == typed.headings
    for heading in plain.headings:
        cells = zip(plain.column(heading), typed.column(heading), strict=True)
        problems = (problem_of(heading, text, value) for text, value in cells)
        yield from (f"{heading}: {problem}" for problem in problems if problem)


BY_ITS_FIGURES = re.compile(r"no\.$|number|officer|reference|request|PO\b|cost code|^by$", re.IGNORECASE)
"""Headings of what is called by figures and is no number: 04471 keeps its nought."""


def problem_of(heading: str, text: str, value: Any) -> str:
    """What is wrong with a cell, as CSV and as XLSX have it."""
    if isinstance(value, str):
        if text.removeprefix("'") != value.removeprefix("'"):
            return f"{text!r} is {value!r}"
        if text.startswith(FORMULA):
            return f"{text!r} is a formula"
        if heading.endswith(("(£)", "(London)", "(UTC)")) or re.fullmatch(r"\d{4}-\d\d-\d\d.*", text):
            return f"{text!r} is text"
        if NUMBER.fullmatch(text) and not BY_ITS_FIGURES.search(heading):
            return f"{text!r} is text"
    elif isinstance(value, datetime):
        moment = heading.endswith(("(London)", "(UTC)"))
        if text != f"{value:%Y-%m-%d %H:%M:%S}" if moment else text != f"{value:%Y-%m-%d}":
            return f"{text!r} is {value!r}"
    elif value is None:
        return "" if text == "" else f"{text!r} is missing"
    elif round(Decimal(text), 4) != round(Decimal(str(value)), 4):
        return f"{text!r} is {value!r}"
    return ""


# The file and the screen

NOT_ON_SCREEN = {
    # Of one balance the page gives what its entries changed, which is the next column.
    "grants/<int:pk>/entries/": {"Amount (£)"},
    # The page gives what is committed, and what was authorised tasking by tasking.
    "taskings/": {"Pay (£)", "On-cost (£)", "Authorised (£)"},
    # What was asked for where a part was approved stands on the page of the claim.
    "claims/": {"Claimed (£)"},
    # On the page of the accrual, agency by agency.
    "books/accruals/<int:pk>/duties/": {"Invoice matched (£)"},
}
"""Totals that stand in a file and not on the page it is taken from, by route."""


def test_its_totals_are_those_of_the_screen_under_each_filter(db: None, files: list[Exported]) -> None:
    wrong = []
    for one in files:
        page = re.sub(r"[a-z_]+\.csv$", page_of, one.address)  # the tables of the dashboard are on its pages
        whole = one.client.get(page)
        plain = taken(one.client, one.address, "csv") if one.address == LOG else one.plain
        wrong += [f"{one.address}: {found}" for found in differences(one.route, plain.report, whole)]
        for query in narrowed(whole):
            asked = f"{one.address}?{query}"
            screen, file = one.client.get(asked), taken(one.client, asked, "csv")
            wrong += [f"{asked}: {found}" for found in differences(one.route, file.report, screen)]
    assert wrong == [], "\n".join(wrong)


def page_of(table: re.Match[str]) -> str:
    """The page of a grant on which a table stands that is a file of its own."""
    return {"agencies.csv": "agencies/", "spending.csv": "weeks/"}.get(table[0], "")


def narrowed(screen: Any) -> Iterator[str]:
    """A query for each thing by which a list can be narrowed."""
    asked = screen.wsgi_request.GET
    values = (value for context in screen.context for value in context.flatten().values())
    form = next((one for one in values if isinstance(one, Form) and one.is_bound and one.data is asked), None)
    for name, field in form.fields.items() if form else ():
        if isinstance(field, ChoiceField):
            yield from (f"{name}={value}" for value in islice(choices_of(field), 1))
        elif isinstance(field, BooleanField):
            yield f"{name}=on"
        elif isinstance(field, DayField) and name != "to":
            yield f"{name}=2021-02-10"


def choices_of(field: ChoiceField) -> Iterator[str]:
    for value, label in field.choices:
        several = isinstance(label, list | tuple)
        yield from (str(inner) for inner, _ in label) if several else ([str(value)] if value else [])


def differences(route: str, one: Report, screen: Any) -> Iterator[str]:
    """Where a file says something else than the page from which it is taken."""
    text = re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", screen.content.decode())))
    page = screen.context.get("page")
    if page is not None and page.paginator.count != len(one.rows):
        yield f"{len(one.rows)} rows, not {page.paginator.count}"
    for name, total in one.totals.items():
        elsewhere = not total or name in NOT_ON_SCREEN.get(route, ())  # nothing is often not written
        if not elsewhere and pounds(int(total * 100)) not in text:
            yield f"{name} comes to {total}"


# None is forgotten


def test_every_place_that_makes_a_file_was_met(db: None, files: list[Exported]) -> None:
    """Each call of `export` in the product, by module and function."""
    calls = set()
    for module in sources():
        if "export(" not in module.read_text():
            continue
        for function in ast.walk(ast.parse(module.read_text())):
            if isinstance(function, ast.FunctionDef):
                calls |= {(module, function.name) for call in ast.walk(function) if is_export(call)}
    assert {(str(module), name) for module, name in calls} - MET == set()


def sources() -> Iterator[Path]:
    for app in ("claims", "grants", "overtime_ledger", "tasking"):
        yield from (settings.BASE_DIR / app).rglob("*.py")


def is_export(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "export"
