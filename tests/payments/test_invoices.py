"""An agency's invoice is matched with its statement, put right by credit notes, and paid once."""

from dataclasses import replace
from datetime import date

import pytest
from django.db import connection
from pytest_django import Settings

from claims.models import Claim
from grants.models import LedgerEntry
from overtime_ledger import clock
from overtime_ledger.errors import Refusal
from overtime_ledger.payments.models import BatchLine, Invoice
from overtime_ledger.payments.services import batches, differences, invoices
from overtime_ledger.post.models import Message
from tests.factories import at
from tests.payments.books import PAID, Books, a_statement, credit, pay, record

pytestmark = pytest.mark.django_db


@pytest.fixture
def books(settings: Settings) -> Books:
    settings.SENDS_MAIL = True
    return a_statement()


def test_the_clerks_are_told_that_a_statement_was_sent_and_nothing_else(books: Books) -> None:
    told = Message.objects.get(to=books.house.clerk, kind="statement")
    assert told.path == f"/payments/statements/{books.statement.pk}/"
    for secret in ("£", str(books.claims[0].claimant), str(books.claims[0].pk)):
        assert secret not in told.body


def test_an_invoice_as_the_statement_says_is_matched_and_paid_under_its_number(books: Books) -> None:
    invoice = record(books)
    assert (invoice.status, invoice.lines.count()) == ("matched", 3)
    paid = pay(books, invoice)
    assert (paid.status, paid.paid_on, paid.settlement.reference) == ("paid", PAID, "BTP-1")
    assert {claim.status for claim in Claim.objects.filter(pk__in=[one.pk for one in books.claims])} == {
        "settled"
    }
    settled = LedgerEntry.objects.filter(kind="settlement", grant=books.house.grant)
    assert sum(settled.values_list("pence", flat=True)) == paid.net_pence == paid.settlement.pence
    books.statement.refresh_from_db()
    assert (books.statement.status, books.statement.settlement_id) == ("paid", paid.settlement_id)


def test_vat_is_shown_and_lies_outside_the_grant(books: Books) -> None:
    vat = (books.statement.pence + 2) // 5
    invoice = record(books, replace(books.said, vat_code="S", vat_pence=vat))
    assert invoice.gross_pence == books.statement.pence + vat
    assert pay(books, invoice).settlement.pence == books.statement.pence


@pytest.mark.parametrize(("code", "vat"), [("O", 1), ("Z", 100), ("S", 0), ("S", 5_000)])
def test_f11_vat_follows_from_its_code(books: Books, code: str, vat: int) -> None:
    with pytest.raises(Refusal, match="F11"):
        record(books, replace(books.said, vat_code=code, vat_pence=vat))


def test_f02_the_same_number_twice_is_refused_however_it_is_written(books: Books) -> None:
    invoice = record(books)
    credit(books, invoice, *[books.each] * 3)
    assert invoice.status == "credited"
    with pytest.raises(Refusal, match="F02"):
        record(books, replace(books.said, number=" btp-1 "))
    assert record(books, replace(books.said, number="BTP-2")).status == "matched"


def test_f02_a_statement_is_invoiced_once(books: Books) -> None:
    record(books)
    with pytest.raises(Refusal, match="F02: AS-0001 is invoiced already"):
        record(books, replace(books.said, number="BTP-2"))


def test_f02_a_line_above_its_statement_is_refused_or_becomes_a_disputed_difference(books: Books) -> None:
    said = books.charging(books.each + 500, books.each, books.each)
    with pytest.raises(Refusal, match=r"F02: The invoice charges £5\.00 above"):
        record(books, said)
    assert not Invoice.objects.exists()
    invoice = record(books, said, dispute="Why five pounds more?")
    first = invoice.lines.first()
    assert (invoice.status, first.pence, first.beyond_pence) == ("disputed", books.each, 500)
    assert (
        Message.objects.get(to=books.house.clerk, kind="invoice").path == f"/payments/invoices/{invoice.pk}/"
    )


def test_f02_what_is_not_on_the_statement_is_a_difference(books: Books) -> None:
    said = books.charging(*[books.each] * 3, beyond=2_000)
    with pytest.raises(Refusal, match=r"F02.*Catering"):
        record(books, said)
    invoice = record(books, said, dispute="The grant bears overtime only")
    credit(books, invoice, 0, 0, 0, 2_000)
    assert invoice.status == "matched"
    assert pay(books, invoice).settlement.pence == books.statement.pence


def test_at_the_end_of_each_step_the_database_agrees_with_an_invoice_of_something_else(
    books: Books,
) -> None:
    def commit() -> None:
        with connection.cursor() as cursor:
            cursor.execute("set constraints all immediate")
            cursor.execute("set constraints all deferred")

    said = books.charging(books.each, books.each, books.each, beyond=1_000)
    invoice = record(books, said, dispute="What was catered for?")
    commit()
    credit(books, invoice, 0, 0, 0, 1_000)
    commit()
    assert invoice.status == "matched"
    pay(books, invoice)
    commit()


def test_f11_nothing_is_disputed_that_is_not_above_the_statement(books: Books) -> None:
    said = books.charging(books.each - 500, books.each, books.each)
    with pytest.raises(Refusal, match="F11: Nothing is charged above"):
        record(books, said, dispute="Five pounds are missing")


def test_what_is_charged_less_is_paid_and_listed_and_the_ledger_books_what_was_calculated(
    books: Books,
) -> None:
    said = books.charging(books.each - 500, books.each, books.each)
    invoice = record(books, said)
    assert invoice.status == "matched"
    assert set(Message.objects.filter(kind="payment").values_list("to", flat=True)) == {
        books.house.second_finance.pk
    }
    paid = pay(books, invoice)
    assert paid.settlement.pence == books.statement.pence
    (line,) = BatchLine.objects.open_differences()
    assert (line.claim, line.paid_pence, line.difference_pence) == (
        books.claims[0],
        books.each - 500,
        -500,
    )
    told = Message.objects.get(kind="payment", key__startswith="batch:")
    assert (told.to_id, told.path) == (books.house.finance.pk, "/payments/differences/?state=open")
    with pytest.raises(Refusal, match="F08"):
        differences.resolve(line, by=books.house.second_finance, resolution="explained", reason="Their rates")
    differences.resolve(line, by=books.house.finance, resolution="explained", reason="They waive the rest")
    assert not BatchLine.objects.open_differences().exists()


def test_what_a_credit_note_takes_of_a_claim_leaves_the_rest_to_be_paid(books: Books) -> None:
    invoice = record(books)
    credit(books, invoice, 300, 0, 0)
    assert invoice.status == "matched"
    paid = pay(books, invoice)
    assert paid.settlement.pence == books.statement.pence
    assert BatchLine.objects.open_differences().get().difference_pence == -300


def tolerate(books: Books, pence: int) -> None:
    by, other = books.house.finance, books.house.second_finance
    made = differences.propose_tolerance(books.house.grant, by=by, pence=pence, reason="Rounding")
    assert Message.objects.get(kind="payment", key__startswith="tolerance:").to_id == other.pk
    differences.confirm_tolerance(made, by=other)


def test_f02_rounding_within_what_is_tolerated_is_paid_and_listed_and_a_penny_more_is_not(
    books: Books,
) -> None:
    tolerate(books, 3)
    with pytest.raises(Refusal, match=r"F02: The invoice charges £0\.04 above"):
        record(books, books.charging(books.each + 4, books.each, books.each))
    with pytest.raises(Refusal, match=r"F02.*Catering"):
        record(books, books.charging(books.each, books.each, books.each, beyond=1))
    invoice = record(books, books.charging(books.each + 3, books.each - 3, books.each))
    assert (invoice.status, invoice.tolerance_pence) == ("matched", 3)
    assert invoice.lines.earliest("pk").to_credit_pence == 0
    paid = pay(books, invoice)
    assert paid.settlement.pence == books.statement.pence
    assert not BatchLine.objects.open_differences().exists()
    listed = BatchLine.objects.differences().tolerated()
    assert sorted(listed.values_list("difference_pence", flat=True)) == [-3, 3]
    assert not Message.objects.filter(key__startswith="batch:").exists()


def test_rounding_of_the_total_alone_stands_at_the_largest_claim(books: Books) -> None:
    tolerate(books, 3)
    with pytest.raises(Refusal, match="F11: The lines add up"):
        record(books, replace(books.said, net_pence=books.statement.pence + 4))
    invoice = record(books, replace(books.said, net_pence=books.statement.pence + 2))
    assert [line.difference_pence for line in invoice.lines.all()] == [2, 0, 0]


def test_what_is_tolerated_later_changes_no_invoice_that_is_disputed(books: Books) -> None:
    said = books.charging(books.each + 2, books.each, books.each)
    invoice = record(books, said, dispute="Twopence?")
    tolerate(books, 3)
    with pytest.raises(Refusal, match="F12"):
        pay(books, invoice)


def test_f11_the_lines_add_up_to_the_net(books: Books) -> None:
    with pytest.raises(Refusal, match=r"F11: The lines add up to .* £1\.00 is missing"):
        record(books, replace(books.said, net_pence=books.statement.pence + 100))


def test_f11_an_invoice_answers_a_statement_that_was_sent(books: Books) -> None:
    batches.withdraw(books.statement, by=books.house.finance, reason="Wrong days")
    with pytest.raises(Refusal, match="F11: AS-0001 is no statement that was sent"):
        record(books)


def test_f12_only_what_is_matched_is_paid(books: Books) -> None:
    invoice = record(books, books.charging(books.each + 500, books.each, books.each), dispute="Why?")
    with pytest.raises(Refusal, match="F12"):
        pay(books, invoice)
    credit(books, invoice, 500, 0, 0)
    assert invoice.status == "matched"
    assert pay(books, invoice).settlement.pence == books.statement.pence == invoice.net_pence - 500


def test_f12_a_statement_is_not_confirmed_without_its_invoice(books: Books) -> None:
    with pytest.raises(Refusal, match="F12"):
        batches.confirm_paid(books.statement, reference="BTP-9", by=books.house.second_finance)


def test_g01_who_recorded_an_invoice_or_a_credit_note_does_not_pay_it(books: Books) -> None:
    invoice = record(books)
    with clock.travel(at(PAID)), pytest.raises(Refusal, match="G01"):
        invoices.pay(invoice, by=books.house.finance, paid_on=PAID)


def test_a03_another_total_than_was_seen_is_not_paid(books: Books) -> None:
    invoice = record(books)
    with clock.travel(at(PAID)), pytest.raises(Refusal, match="A03"):
        invoices.pay(invoice, by=books.house.second_finance, paid_on=PAID, expected_pence=1)


def test_what_an_invoice_does_not_charge_waits_for_the_next_statement(books: Books) -> None:
    invoice = record(books, books.charging(books.each, 0, books.each))
    assert invoice.status == "matched"
    paid = pay(books, invoice)
    assert paid.settlement.claim_count == 2
    left = Claim.objects.get(pk=books.claims[1].pk)
    assert left.status == "approved" and not left.batch_lines.filter(live=True).exists()
    with clock.travel(at(PAID)):
        again = batches.draw(
            books.house.grant,
            books.house.other,
            by=books.house.finance,
            from_on=date(2021, 2, 1),
            to_on=date(2021, 3, 1),
        )
    assert [line.claim_id for line in again.lines.all()] == [left.pk]


def test_f12_a_claim_that_is_invoiced_is_left_out_only_after_a_credit_note(books: Books) -> None:
    invoice = record(books)
    line = books.statement.lines.first()
    with pytest.raises(Refusal, match="F12"):
        batches.leave_out(line, by=books.house.finance, reason="Reversed")
    with pytest.raises(Refusal, match="F12"):
        batches.withdraw(books.statement, by=books.house.finance, reason="Wrong days")
    credit(books, invoice, books.each, 0, 0)
    assert invoice.status == "matched"
    assert pay(books, invoice).settlement.claim_count == 2


def test_f02_no_more_is_credited_than_was_charged(books: Books) -> None:
    invoice = record(books)
    with pytest.raises(Refusal, match="F02"):
        credit(books, invoice, books.each + 1, 0, 0)
    with pytest.raises(Refusal, match="F11"):
        credit(books, invoice, 0, 0, 0)


def test_p01_only_finance_records_credits_and_pays(books: Books) -> None:
    for person in (books.house.clerk, books.house.auditor, books.house.di):
        with pytest.raises(Refusal, match="P01"):
            invoices.record(books.statement, books.said, by=person)
