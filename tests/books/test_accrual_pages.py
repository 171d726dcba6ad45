"""Accruals through their doors: shown before they are frozen, confirmed by another, taken out as files."""

import csv
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from overtime_ledger import clock
from overtime_ledger.accounts.models import User
from overtime_ledger.audit.models import AccessLog
from overtime_ledger.books.models import AccrualRun
from overtime_ledger.money import decimal_pounds, pounds
from tests import factories as make

pytestmark = pytest.mark.django_db
DAY, YEAR_END, TODAY = date(2021, 3, 30), date(2021, 3, 31), date(2021, 4, 2)
DRAW = f"books/accruals/draw/?as_at={YEAR_END}&grant="


@pytest.fixture
def house() -> Iterator[make.House]:
    house = make.house()
    enquiry = make.enquiry(house)
    for state in ("submitted", "approved"):
        make.claim(house, make.assignment(house, enquiry, make.officer(house.lead), day=DAY), state=state)
    make.assignment(house, enquiry, make.officer(house.lead), day=DAY)
    with clock.travel(make.at(TODAY)):
        yield house


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def drawn(house: make.House) -> AccrualRun:
    address = f"/{DRAW}{house.grant.pk}"
    seen = signed_in(house.finance).get(address).context["sums"].pence
    answer = signed_in(house.finance).post(address, {"expected_pence": seen})
    run = AccrualRun.objects.get()
    assert answer.headers["Location"] == reverse("books:accrual", args=[run.pk])
    return run


def test_finance_sees_what_would_be_accrued_freezes_it_and_another_confirms(house: make.House) -> None:
    before = signed_in(house.finance).get(f"/{DRAW}{house.grant.pk}").content.decode()
    run = drawn(house)
    assert run.line_count == 3 and f"Draw up the accrual of 3 duties: {pounds(run.pence)}" in before
    confirm = reverse("books:confirm_accrual", args=[run.pk])
    assert signed_in(house.finance).post(confirm).status_code == 422
    assert signed_in(house.second_finance).post(confirm).status_code == 302
    run.refresh_from_db()
    assert run.status == "confirmed"
    page = signed_in(house.auditor).get(reverse("books:accrual", args=[run.pk])).content.decode()
    assert page.count(pounds(run.pence)) >= 4 and "Withdraw it" not in page


def test_a_day_that_is_not_over_and_a_total_that_changed_are_refused_on_the_page(house: make.House) -> None:
    client = signed_in(house.finance)
    early = client.post(
        f"/books/accruals/draw/?as_at={TODAY}&grant={house.grant.pk}", {"expected_pence": "0"}
    )
    assert early.status_code == 422 and "Y01" in early.content.decode()
    changed = client.post(f"/{DRAW}{house.grant.pk}", {"expected_pence": "1"})
    assert changed.status_code == 422 and "A03" in changed.content.decode()
    assert not AccrualRun.objects.exists()


def test_it_is_withdrawn_with_a_reason(house: make.House) -> None:
    run, client = drawn(house), signed_in(house.finance)
    address = reverse("books:withdraw_accrual", args=[run.pk])
    assert client.post(address, {"reason": ""}).status_code == 422
    assert client.post(address, {"reason": "A timesheet came"}).status_code == 302
    page = signed_in(house.auditor).get(reverse("books:accrual", args=[run.pk])).content.decode()
    assert "A timesheet came" in page
    assert client.post(address, {"reason": "Again"}).status_code == 422


@pytest.mark.parametrize("name", ["accrual", "accrual_lines"])
def test_the_files_come_to_what_the_ledger_owes_and_are_on_record(house: make.House, name: str) -> None:
    run = drawn(house)
    answer = signed_in(house.auditor).get(reverse(f"books:{name}", args=[run.pk]), {"format": "csv"})
    lines = list(csv.reader(text_of(answer).splitlines()))
    headings, total = lines[lines.index([]) + 1], lines[-1]
    sums = dict(zip(headings, total, strict=True))
    assert Decimal(sums["Amount (£)"]) == Decimal(sums["Residual (£)"]) == decimal_pounds(run.pence)
    assert ["Marking", house.grant.marking] in lines
    assert AccessLog.objects.filter(action="exported", by=house.auditor).count() == 1


def text_of(answer: Any) -> str:
    return b"".join(answer).decode("utf-8-sig")


def test_an_empty_list_says_what_to_do(house: make.House) -> None:
    page = signed_in(house.finance).get(reverse("books:accruals")).content.decode()
    assert "No accrual was drawn up yet" in page and "Show what would be accrued" in page
