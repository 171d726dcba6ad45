"""A statement of three claims of BTP, what its invoice may say, and what finance does with it."""

from dataclasses import dataclass, replace
from datetime import date

from claims.models import Claim
from overtime_ledger import clock
from overtime_ledger.accounts.models import User
from overtime_ledger.payments.models import Batch, Invoice
from overtime_ledger.payments.services import batches, invoices
from overtime_ledger.payments.services.invoices import Credit, Said
from tests import factories as make
from tests.databases import kept
from tests.factories import House, at

SENT, CAME, PAID = date(2021, 3, 1), date(2021, 3, 4), date(2021, 3, 8)


@dataclass
class Books:
    """A statement of three claims of BTP, sent on 1 March."""

    house: House
    statement: Batch
    claims: list[Claim]

    @property
    def each(self) -> int:
        """What each of the claims comes to."""
        return self.claims[0].pence

    @property
    def said(self) -> Said:
        """The invoice that says what the statement says."""
        return Said(number="BTP-1", dated_on=CAME, received_on=CAME, net_pence=self.statement.pence)

    def charging(self, *amounts: int, beyond: int = 0) -> Said:
        """An invoice that charges other amounts for the claims, in their order."""
        lines = {claim.pk: pence for claim, pence in zip(self.claims, amounts, strict=True)}
        extra = [("Catering", beyond)] if beyond else []
        return replace(self.said, lines=lines, net_pence=sum(amounts) + beyond, beyond=extra)


@kept
def a_statement() -> Books:
    house = make.house()
    make.agree(house)
    for person in (house.clerk, house.finance, house.second_finance):
        User.objects.filter(pk=person.pk).update(email=f"{person.pk}@example.org")
    enquiry = make.enquiry(house)
    officer = make.officer(house.other)
    claims = [
        make.claim(house, make.assignment(house, enquiry, officer, day=date(2021, 2, day)), state="approved")
        for day in (9, 10, 11)
    ]
    with clock.travel(at(SENT)):
        drawn = batches.draw(
            house.grant, house.other, by=house.finance, from_on=date(2021, 2, 1), to_on=date(2021, 2, 28)
        )
        return Books(house, batches.mark_sent(drawn, by=house.finance), claims)


def record(books: Books, said: Said | None = None, dispute: str = "") -> Invoice:
    with clock.travel(at(CAME)):
        return invoices.record(books.statement, said or books.said, by=books.house.finance, dispute=dispute)


def credit(books: Books, invoice: Invoice, *amounts: int, number: str = "CN-1") -> None:
    lines = dict(zip(invoice.lines.values_list("pk", flat=True), amounts, strict=True))
    said = Credit(number=number, dated_on=CAME, reason="As asked", lines=lines)
    with clock.travel(at(CAME)):
        invoices.credit(invoice, said, by=books.house.finance)
    invoice.refresh_from_db()


def pay(books: Books, invoice: Invoice) -> Invoice:
    with clock.travel(at(PAID)):
        return invoices.pay(invoice, by=books.house.second_finance, paid_on=PAID)
