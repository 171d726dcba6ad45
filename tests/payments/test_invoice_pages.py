"""Pages of statements, invoices and ageing: what finance does there, what a clerk sees, files and totals."""

import csv
import io
from datetime import date
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import Settings

from claims.models import Claim
from grants.models import BudgetLine
from overtime_ledger import clock
from overtime_ledger.accounts.models import Agency, User
from overtime_ledger.audit.models import AccessLog
from overtime_ledger.money import decimal_pounds, pounds
from overtime_ledger.payments.models import Invoice
from overtime_ledger.payments.services import batches
from tests import factories as make
from tests.factories import at
from tests.payments.books import CAME, PAID, Books, a_statement, pay, record

pytestmark = pytest.mark.django_db


@pytest.fixture
def books(settings: Settings) -> Books:
    settings.LEDGER_TODAY = PAID
    return a_statement()


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def typed(books: Books, **changes: Any) -> dict[str, Any]:
    """What somebody types of the invoice that says what the statement says."""
    return {
        "number": "BTP-1",
        "dated_on": "2021-03-04",
        "received_on": "2021-03-05",
        "net": pounds(books.statement.pence),
        "vat_code": "O",
        **changes,
    }


def send(books: Books, **changes: Any) -> Any:
    address = f"/payments/statements/{books.statement.pk}/invoice/"
    return signed_in(books.house.finance).post(address, typed(books, **changes))


def rows_of(answer: Any) -> list[dict[str, str]]:
    """The rows of a CSV file below its head, the total last."""
    text = b"".join(answer.streaming_content) if answer.streaming else answer.content
    lines = text.decode("utf-8-sig").splitlines()
    return list(csv.DictReader(io.StringIO("\n".join(lines[lines.index("") + 1 :]))))


def test_finance_records_an_invoice_and_another_person_marks_it_as_paid(books: Books) -> None:
    answer = send(books, vat_code="S", vat=pounds(books.statement.pence // 5))
    invoice = Invoice.objects.get()
    assert answer.status_code == 302 and answer.url == f"/payments/invoices/{invoice.pk}/"
    own = signed_in(books.house.finance).get(answer.url).content.decode()
    assert "G01" in own and "Mark as paid" not in own
    other = signed_in(books.house.second_finance)
    assert f"Mark as paid: {pounds(books.statement.pence)}" in other.get(answer.url).content.decode()
    form = {"paid_on": "2021-03-08", "expected_pence": books.statement.pence}
    assert other.post(f"{answer.url}pay/", form).status_code == 302
    invoice.refresh_from_db()
    assert (invoice.status, invoice.paid_on) == ("paid", PAID)
    assert "VAT" in other.get(answer.url).content.decode()


def test_a_difference_is_refused_with_what_was_typed_and_recorded_with_a_question(books: Books) -> None:
    first = books.claims[0].pk
    more = {f"line_{first}": pounds(books.each + 500), "net": pounds(books.statement.pence + 500)}
    refused = send(books, **more)
    assert refused.status_code == 422 and "F02" in refused.content.decode()
    assert f'value="{pounds(books.each + 500)}"' in refused.content.decode()
    assert not Invoice.objects.exists()
    recorded = send(books, dispute="Why five pounds more?", **more)
    page = signed_in(books.house.clerk).get(recorded.url).content.decode()
    assert "Why five pounds more?" in page and "Above the statement" in page
    assert "Record a credit note" not in page and "What to do" not in page


def test_a_credit_note_proposes_what_differs_and_makes_it_agree(books: Books) -> None:
    invoice = record(books, books.charging(books.each + 500, books.each, books.each), dispute="Why?")
    client = signed_in(books.house.finance)
    address = f"/payments/invoices/{invoice.pk}/credit/"
    form = client.get(address).context["form"]
    proposed = {name: form[name].initial for name in form.names.values() if form[name].initial}
    assert list(proposed.values()) == [500]
    said = {"number": "CN-1", "dated_on": "2021-03-08", "reason": "As asked", next(iter(proposed)): "5.00"}
    assert client.post(address, said).status_code == 302
    invoice.refresh_from_db()
    assert invoice.status == "matched"


def test_where_many_claims_are_what_differs_is_typed_as_a_list(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("amounts", "invoices"):
        monkeypatch.setattr(f"overtime_ledger.payments.forms.{module}.MOST_BESIDE", 1)
    first, second, third = (claim.pk for claim in books.claims)
    more = {"otherwise": f"{first} {pounds(books.each + 500)}\n{second},{pounds(books.each - 100)}"}
    answer = send(books, net=pounds(books.statement.pence + 400), dispute="Why five pounds?", **more)
    assert answer.status_code == 302
    invoice, client = Invoice.objects.get(), signed_in(books.house.finance)
    assert [line.difference_pence for line in invoice.lines.all()] == [500, -100, 0]
    said = {"number": "CN-1", "dated_on": "2021-03-08", "reason": "As asked"}
    beside = f"line_{invoice.lines.earliest('pk').pk}"
    wrong = client.post(f"{answer.url}credit/", said | {"others": f"{first} 1"})
    assert "not a claim of this invoice" in wrong.content.decode()
    client.post(f"{answer.url}credit/", said | {beside: "5.00", "others": f"{third} {pounds(books.each)}"})
    invoice.refresh_from_db()
    assert invoice.status == "matched"
    assert [line.left_pence for line in invoice.lines.all()] == [books.each, books.each - 100, 0]
    page = signed_in(books.house.second_finance).get(answer.url).content.decode()
    assert f"Mark as paid: {pounds(2 * books.each - 100)}" in page
    assert "Below the statement" in page and f"settles {pounds(2 * books.each)}" in page


def test_a_file_says_what_each_claim_is_charged(books: Books) -> None:
    one, two, _ = books.claims
    lines = (
        f"claim,amount\n{one.pk},{decimal_pounds(one.pence)}\nClaim {two.pk},{decimal_pounds(two.pence)}\n"
    )
    file = SimpleUploadedFile("invoice.csv", lines.encode())
    assert send(books, file=file, net=pounds(2 * books.each)).status_code == 302
    invoice = Invoice.objects.get()
    assert (invoice.status, invoice.lines.count()) == ("matched", 2)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("claim,amount\nx,1\n", "row 2 (claim x), column claim"),
        ("claim,amount\n1,one\n", "column amount"),
        ("claim,price\n1,1\n", "column amount: is missing"),
        ("claim,amount\n1,1\n1,1\n", "more than once"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_row_by_row(books: Books, lines: str, said: str) -> None:
    answer = send(books, file=SimpleUploadedFile("invoice.csv", lines.encode()))
    assert answer.status_code == 422 and said in answer.content.decode()
    assert not Invoice.objects.exists()


def test_the_statement_and_its_file_come_to_its_control_total(books: Books) -> None:
    client = signed_in(books.house.clerk)
    address = f"/payments/statements/{books.statement.pk}/"
    page = client.get(address).content.decode()
    assert page.count(pounds(books.statement.pence)) >= 2 and "Signature" in page
    assert "Record the agency’s invoice" not in page
    offered = signed_in(books.house.finance).get(address).content.decode()
    assert "Record the agency’s invoice" in offered
    *rows, total = rows_of(client.get(f"{address}?format=csv"))
    assert [row["Claim"] for row in rows] == [str(claim.pk) for claim in books.claims]
    assert total["Amount (£)"] == str(decimal_pounds(books.statement.pence))
    assert total["Amount (£)"] == str(decimal_pounds(sum(claim.pence for claim in books.claims)))
    assert AccessLog.objects.get(action="exported").rows == 3


def test_a_clerk_sees_the_own_agencys_papers_and_nothing_else(books: Books) -> None:
    house, invoice = books.house, record(books)
    other = make.person(
        "agency_clerk", agency=Agency.objects.create(code="SYP", name="South Yorkshire Police")
    )
    with clock.travel(at(CAME)):
        duty = make.assignment(house, make.enquiry(house), make.officer(house.other), day=date(2021, 2, 20))
        make.claim(house, duty, state="approved")
        drawn = batches.draw(
            house.grant, house.other, by=house.finance, from_on=date(2021, 2, 20), to_on=date(2021, 2, 20)
        )
    own, stranger = signed_in(house.clerk), signed_in(other)
    papers = (f"/payments/statements/{books.statement.pk}/", f"/payments/invoices/{invoice.pk}/")
    assert [own.get(paper).status_code for paper in papers] == [200, 200]
    assert [stranger.get(paper).status_code for paper in papers] == [404, 404]
    assert own.get(f"/payments/statements/{drawn.pk}/").status_code == 404, "it is not sent"
    listed = own.get("/payments/statements/").content.decode()
    assert "AS-0001" in listed and "AS-0002" not in listed
    for address in ("/payments/statements/", "/payments/invoices/", "/payments/ageing/"):
        page = stranger.get(address).content.decode()
        assert "BTP" not in page and "AS-0001" not in page
    for person in (house.clerk, house.auditor):
        assert signed_in(person).post(f"{papers[1]}pay/").status_code == 404


def approved_of_other_agencies() -> int:
    """What the ledger holds as approved; nothing of the lead force's is in these books."""
    return sum(BudgetLine.objects.values_list("approved", flat=True))


@pytest.mark.parametrize("since", ["duty", "approval", "invoice"])
def test_the_ageing_adds_up_to_what_the_ledger_holds_as_approved(books: Books, since: str) -> None:
    record(books, books.charging(books.each, 0, books.each))
    client = signed_in(books.house.finance)
    page = client.get(f"/payments/ageing/?since={since}")
    ageing = page.context["ageing"]
    assert ageing.pence == approved_of_other_agencies() == sum(claim.pence for claim in books.claims)
    assert {row.stand: row.count for row in ageing.rows} == {"stated": 1, "matched": 2}
    *_, total = rows_of(client.get(f"/payments/ageing/?since={since}&format=csv"))
    assert total["Amount (£)"] == str(decimal_pounds(ageing.pence))
    matched = client.get(f"/payments/ageing/?since={since}&stand=matched").context["total"]
    assert (matched.count, matched.pence) == (2, 2 * books.each)


def test_ages_are_counted_by_days(books: Books) -> None:
    client = signed_in(books.house.finance)

    def ages(today: date) -> dict[str, int]:
        with clock.travel(at(today)):
            rows = client.get("/payments/ageing/").context["ageing"].rows
        return {cell.age: cell.pence for row in rows for cell in row.cells if cell.pence}

    assert ages(date(2021, 3, 11)) == {"30": 3 * books.each}, "30 days since the first of them"
    assert ages(date(2021, 3, 12)) == {"30": 2 * books.each, "60": books.each}
    assert set(ages(date(2021, 5, 12))) == {"90", "over"}


def test_what_is_paid_leaves_the_ageing_and_the_invoices_add_up(books: Books) -> None:
    paid = pay(books, record(books))
    client = signed_in(books.house.auditor)
    assert client.get("/payments/ageing/").context["ageing"].pence == approved_of_other_agencies() == 0
    *_, total = rows_of(client.get("/payments/invoices/?status=paid&format=csv"))
    settled = sum(Claim.objects.filter(status="settled").values_list("pence", flat=True))
    assert total["Matched (£)"] == total["Net (£)"] == str(decimal_pounds(settled))
    assert paid.settlement is not None and paid.settlement.pence == settled
    assert client.get("/payments/invoices/").context["total"].pence == settled


def test_a_clerks_home_leads_to_what_waits_for_the_agency(books: Books) -> None:
    client = signed_in(books.house.clerk)
    home = client.get("/").content.decode()
    assert f"/payments/statements/{books.statement.pk}/" in home and pounds(books.statement.pence) in home
    assert ">Statements</a>" in home
    invoice = record(books, books.charging(books.each + 500, books.each, books.each), dispute="Why?")
    home = client.get("/").content.decode()
    assert f"/payments/invoices/{invoice.pk}/" in home
    assert f"/payments/statements/{books.statement.pk}/" not in home
    assert "/payments/" not in signed_in(books.house.supervisor).get("/").content.decode()


def test_the_controlling_di_reads_the_papers_of_the_own_grant_and_acts_on_none(books: Books) -> None:
    invoice = record(books)
    di = signed_in(books.house.di)
    for address in (
        f"/payments/statements/{books.statement.pk}/",
        f"/payments/invoices/{invoice.pk}/",
        "/payments/ageing/",
    ):
        page = di.get(address)
        said = page.content.decode()
        assert page.status_code == 200 and pounds(books.statement.pence) in said
        assert "Record" not in said.replace("Recorded", "") and "Mark as paid" not in said
    assert di.get(f"/payments/statements/{books.statement.pk}/invoice/").status_code == 404
    assert di.post(f"/payments/invoices/{invoice.pk}/pay/").status_code == 404
