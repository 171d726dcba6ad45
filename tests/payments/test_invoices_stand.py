"""What the database refuses of invoices whatever program writes: plain SQL that goes round the services."""

from collections.abc import Callable

import pytest
from django.db import DatabaseError, connection, transaction

from overtime_ledger.errors import broken_rule
from overtime_ledger.payments.models import Invoice
from overtime_ledger.payments.services import batches
from tests.payments.books import Books, a_statement, credit, pay, record

pytestmark = pytest.mark.django_db

INVOICE = """
    insert into payments_invoice (grant_id, agency_id, statement_id, number, dated_on, received_on,
        purchase_order, cost_code, vat_code, net_pence, vat_pence, status, dispute,
        recorded_by_id, recorded_at, tolerance_pence)
    select grant_id, agency_id, statement_id, {number}, dated_on, received_on, '', '', {vat_code}, net_pence,
        {vat}, {status}, '', recorded_by_id, recorded_at, {tolerance} from payments_invoice where id = {id}
"""


@pytest.fixture
def books() -> Books:
    return a_statement()


@pytest.fixture
def refused() -> Callable[[str, str], None]:
    """Run a statement and commit, as far as a test can; it breaks the constraint of that name."""

    def run(rule: str, sql: str) -> None:
        with (
            pytest.raises(DatabaseError) as refusal,
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute("set constraints all deferred")
            cursor.execute(sql)
            cursor.execute("set constraints all immediate")
        assert broken_rule(refusal.value) == rule, refusal.value

    return run


def copy_of(invoice: Invoice, **changes: object) -> str:
    said = {"number": "'OTHER-1'", "vat_code": "'O'", "vat": 0, "status": "'matched'", "tolerance": 0}
    return INVOICE.format(**said | changes, id=invoice.pk)


def test_a_number_is_used_once_and_a_statement_invoiced_once(
    books: Books, refused: Callable[[str, str], None]
) -> None:
    invoice = record(books)
    refused("payments_invoice_one_live_a_statement", copy_of(invoice))
    credit(books, invoice, *[books.each] * 3)
    refused("payments_invoice_number_once", copy_of(invoice, number="' btp-1'").replace("' btp", "'btp"))
    refused("payments_invoice_adds_up", copy_of(invoice))


def test_nothing_is_invoiced_above_what_is_certified_and_not_invoiced(
    books: Books, refused: Callable[[str, str], None]
) -> None:
    invoice = record(books)
    line = invoice.lines.earliest("pk")
    add = (
        "insert into payments_invoiceline"
        " (invoice_id, batch_line_id, what, charged_pence, pence, credited_pence)"
        f" select {invoice.pk}, {{line}}, {{what}}, {{charged}}, {{pence}}, 0"
    )
    refused(
        "payments_invoiceline_within_statement",
        f"with gone as (select 1) {add.format(line=line.batch_line_id, what=repr(''), charged=1, pence=1)}",
    )
    refused(
        "payments_invoiceline_on_the_statement_or_not",
        add.format(line="null::bigint", what=repr("Catering"), charged=5, pence=5),
    )
    refused(
        "payments_invoice_adds_up",
        add.format(line="null::bigint", what=repr("Catering"), charged=5, pence=0),
    )
    refused(
        "payments_invoiceline_stands",
        f"update payments_invoiceline set charged_pence = charged_pence + 1 where id = {line.pk}",
    )
    refused("payments_invoiceline_stands", f"delete from payments_invoiceline where id = {line.pk}")


def test_an_invoice_stands_and_says_what_it_is(books: Books, refused: Callable[[str, str], None]) -> None:
    invoice = record(books, books.charging(books.each + 5, books.each, books.each), dispute="Why?")
    one = f"where id = {invoice.pk}"
    refused("payments_invoice_stands", f"update payments_invoice set net_pence = 1 {one}")
    refused("payments_invoice_stands", f"update payments_invoice set tolerance_pence = 5 {one}")
    refused("payments_invoice_tolerance_confirmed", copy_of(invoice, tolerance=1))
    refused("payments_invoice_stands", f"delete from payments_invoice {one}")
    refused("payments_invoice_is_what_it_says", f"update payments_invoice set status = 'matched' {one}")
    refused("payments_invoice_steps", f"update payments_invoice set status = 'paid' {one}")
    refused("payments_invoice_vat_by_its_code", copy_of(invoice, vat=1))
    refused("payments_invoice_steps", copy_of(invoice, status="'paid'"))


def test_what_is_credited_is_credited_by_a_note(books: Books, refused: Callable[[str, str], None]) -> None:
    invoice = record(books)
    line = invoice.lines.earliest("pk")
    refused(
        "payments_creditnote_adds_up",
        f"update payments_invoiceline set credited_pence = 5, pence = pence - 5 where id = {line.pk}",
    )
    refused(
        "payments_invoiceline_within_what_is_charged",
        f"update payments_invoiceline set credited_pence = 5 where id = {line.pk}",
    )
    credit(books, invoice, books.each, 0, 0)
    refused("payments_creditnote_append_only", "update payments_creditnote set net_pence = 1")
    refused("payments_creditline_append_only", "delete from payments_creditline")


def test_who_recorded_it_does_not_pay_and_a_paid_one_stands(
    books: Books, refused: Callable[[str, str], None]
) -> None:
    paid = pay(books, record(books))
    refused(
        "payments_invoice_stands",
        f"update payments_invoice set paid_by_id = recorded_by_id where id = {paid.pk}",
    )
    refused("payments_invoice_stands", f"update payments_invoice set status = 'matched' where id = {paid.pk}")


def test_a_payment_is_by_two_people_and_by_a_settlement(
    books: Books, refused: Callable[[str, str], None]
) -> None:
    invoice = record(books)
    settled = f"""
        with made as (
            insert into claims_settlement
                (grant_id, agency_id, reference, settled_on, settled_by_id, claim_count, pence)
            select grant_id, agency_id, number, received_on, recorded_by_id, 1, net_pence
            from payments_invoice where id = {invoice.pk} returning id)
        update payments_invoice set status = 'paid', paid_on = received_on, paid_at = recorded_at,
            paid_by_id = {{by}}, settlement_id = {{settlement}} where id = {invoice.pk}
    """
    made, other = "(select id from made)", books.house.second_finance.pk
    refused("payments_invoice_two_people", settled.format(by="recorded_by_id", settlement=made))
    refused("payments_invoice_paid_by_settling", settled.format(by=other, settlement="null"))
    refused("payments_invoice_paid_as_matched", settled.format(by=other, settlement=made))


def test_what_was_paid_stands_on_the_line_of_the_statement(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    invoice = record(books, books.charging(books.each - 5, books.each, books.each))
    confirm = batches.confirm_paid
    monkeypatch.setattr(
        batches, "confirm_paid", lambda batch, *, paid, **said: confirm(batch, paid={}, **said)
    )
    with pytest.raises(DatabaseError) as refusal, transaction.atomic():
        pay(books, invoice)
        connection.check_constraints()
    assert broken_rule(refusal.value) == "payments_invoice_paid_as_matched"


def test_a_statement_is_paid_by_its_invoice(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "_its_invoice_is_matched", lambda batch: None)
    with pytest.raises(DatabaseError) as refusal, transaction.atomic():
        batches.confirm_paid(books.statement, reference="BTP-9", by=books.house.second_finance)
        connection.check_constraints()
    assert broken_rule(refusal.value) == "payments_statement_paid_by_its_invoice"


def test_what_is_invoiced_stays_on_its_statement(books: Books, refused: Callable[[str, str], None]) -> None:
    record(books)
    line = books.statement.lines.earliest("pk")
    refused(
        "payments_batchline_not_invoiced",
        "update payments_batchline set live = false, left_out_by_id = "
        f"{books.house.finance.pk}, left_out_at = now(), left_out_because = 'x' where id = {line.pk}",
    )


def test_a_statement_with_an_invoice_is_not_withdrawn(
    books: Books, refused: Callable[[str, str], None]
) -> None:
    record(books, books.charging(0, 0, 0, beyond=500), dispute="What is this?")
    refused(
        "payments_statement_not_invoiced",
        f"with gone as (update payments_batchline set live = false where batch_id = {books.statement.pk})"
        " update payments_batch set status = 'withdrawn', withdrawn_at = now(), withdrawn_because = 'x',"
        f" withdrawn_by_id = {books.house.finance.pk} where id = {books.statement.pk}",
    )
