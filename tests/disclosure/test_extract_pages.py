"""Extracts through their doors: a month drawn up, decided, released by another, taken out and printed."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from claims import services as claims
from overtime_ledger import clock
from overtime_ledger.accounts.models import User
from overtime_ledger.audit.models import AccessLog
from overtime_ledger.disclosure import extract_figures as figures
from overtime_ledger.disclosure.models import Extract
from overtime_ledger.money import decimal_pounds
from tests import factories as make
from tests.databases import kept
from tests.factories import House, at
from tests.files import csv_lines, csv_rows, sheet_rows

pytestmark = pytest.mark.django_db
WORTH = "Nobody had to be briefed anew"
WHY = "It shows who works there"
FEB = {"month": "2021-02-01"}


@kept
def paid_in_february() -> House:
    """After two payments: one of the lead force, one of the other agency."""
    house = make.house()
    make.agree(house)
    enquiry = make.enquiry(house)
    for agency in (house.lead, house.other):
        duties = [make.assignment(house, enquiry, make.officer(agency)) for _ in range(6)]
        approved = [make.claim(house, duty, state="approved") for duty in duties]
        with clock.travel(at(date(2021, 2, 20))):
            claims.settle(approved, grant=house.grant, agency=agency, reference="2021-02", by=house.finance)
    return house


@pytest.fixture
def house() -> Iterator[House]:
    """On 8 March, with what was paid in February."""
    house = paid_in_february()
    with clock.travel(at(date(2021, 3, 8))):
        yield house


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def post(person: User, name: str, *args: object, **said: object) -> int:
    return signed_in(person).post(reverse(f"disclosure:{name}", args=args), said).status_code


def get(person: User, name: str, *args: object) -> str:
    answer = signed_in(person).get(reverse(f"disclosure:{name}", args=args))
    assert answer.status_code == 200
    return answer.content.decode()


def released(house: House) -> Extract:
    assert post(house.finance, "draw_publication", grant=house.grant.pk, **FEB) == 302
    extract = Extract.objects.get()
    first, second = extract.lines.all()
    said = {"decision": "publish", "purpose": first.purpose, "value_for_money": WORTH}
    assert post(house.finance, "decide", extract.pk, first.pk, **said) == 302
    kept = {
        "decision": "redact",
        "purpose": second.purpose,
        "exemption": "s31",
        "why": "Shows who works there",
    }
    assert post(house.finance, "decide", extract.pk, second.pk, **kept) == 302
    assert post(house.finance, "release", extract.pk) == 422
    assert post(house.second_finance, "release", extract.pk) == 302
    extract.refresh_from_db()
    return extract


def test_a_month_is_decided_line_by_line_released_by_another_and_printed(house: House) -> None:
    extract = released(house)
    page = get(house.auditor, "as_released", extract.pk)
    assert "OFFICIAL - PUBLIC" in page and house.grant.marking not in page
    assert "British Transport Police" not in page and "Recipient withheld: FOIA s.31" in page
    assert WHY not in page and WORTH in page
    assert post(house.finance, "withdraw", extract.pk, reason="No") == 422


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_the_file_names_nobody_and_comes_to_what_is_shown(house: House, file_format: str) -> None:
    extract = released(house)
    address = reverse("disclosure:extract", args=[extract.pk])
    answer = signed_in(house.finance).get(address, {"format": file_format})
    rows = csv_rows(answer) if file_format == "csv" else sheet_rows(answer)
    amounts = [Decimal(str(row["Amount (£)"])) for row in rows]
    assert sum(amounts[:-1]) == amounts[-1] == decimal_pounds(figures.totals(extract).shown)
    said = " ".join(str(value) for row in rows for value in row.values())
    assert figures.names_in(house.grant, said) == [] and "British Transport Police" not in said
    assert AccessLog.objects.filter(action="exported", by=house.finance).count() == 1


def test_what_stands_above_the_rows_names_nobody_either(house: House) -> None:
    extract = released(house)
    answer = signed_in(house.finance).get(reverse("disclosure:extract", args=[extract.pk]), {"format": "csv"})
    lines = csv_lines(answer)
    head = " ".join(cell for line in lines[: lines.index([])] for cell in line)
    assert ["Marking", "OFFICIAL - PUBLIC"] in lines and figures.names_in(house.grant, head) == []


def test_nothing_goes_out_before_its_release(house: House) -> None:
    post(house.finance, "draw_publication", grant=house.grant.pk, **FEB)
    extract = Extract.objects.get()
    address = reverse("disclosure:extract", args=[extract.pk])
    assert signed_in(house.finance).get(address, {"format": "csv"}).status_code == 404
    assert (
        signed_in(house.finance).get(reverse("disclosure:as_released", args=[extract.pk])).status_code == 404
    )
    page = get(house.second_finance, "extract", extract.pk)
    assert "2 of 2 lines are not decided" in page and "release it" not in page


def test_a_refusal_keeps_what_was_typed(house: House) -> None:
    post(house.finance, "draw_publication", grant=house.grant.pk, **FEB)
    extract = Extract.objects.get()
    address = reverse("disclosure:decide", args=[extract.pk, extract.lines.all()[0].pk])
    said = {"decision": "publish", "purpose": "Overtime on Enquiry 1", "value_for_money": WORTH}
    answer = signed_in(house.finance).post(address, said)
    page = answer.content.decode()
    assert answer.status_code == 422 and "D02" in page and WORTH in page and "Overtime on Enquiry 1" in page
    assert post(house.finance, "draw_publication", grant=house.grant.pk, **FEB) == 422


def test_a_request_is_answered_with_its_day(house: House) -> None:
    said = {"reference": "FOI 12", "received_on": "2021-03-05", "scope": "Overtime by force"}
    days = {"from_on": "2021-02-01", "to_on": "2021-02-28"}
    assert post(house.finance, "draw_foi", grant=house.grant.pk, **said, **days) == 302
    assert "due on 6 April 2021" in get(house.auditor, "extract", Extract.objects.get().pk)
    assert post(house.finance, "draw_foi", grant=house.grant.pk, **said) == 422
    extract = Extract.objects.get()
    assert post(house.finance, "withdraw", extract.pk, reason="Asked anew") == 302
    assert "Asked anew" in get(house.auditor, "extract", extract.pk)


def test_an_empty_list_says_what_to_do(house: House) -> None:
    assert "Nothing was drawn up yet" in get(house.finance, "extracts")
