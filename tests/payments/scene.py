"""Papers of BTP in the scene: a statement that was sent, its invoice, a credit note; for tests of pages."""

from dataclasses import dataclass
from datetime import date, timedelta

from overtime_ledger import clock
from overtime_ledger.payments.models import Batch, CreditNote, Invoice
from overtime_ledger.payments.services import batches, invoices
from overtime_ledger.payments.services.invoices import Credit, Said
from tests import factories as make
from tests.factories import at
from tests.scene import Scene


@dataclass(frozen=True)
class Papers:
    """A statement without an invoice, and another whose invoice was put right and waits to be paid."""

    statement: Batch
    invoice: Invoice
    credit_note: CreditNote


def papers(stage: Scene, *, number: str = "BTP-1", first: date = date(2021, 2, 4), days: int = 1) -> Papers:
    """Two statements of some days each, from a day on; the second is invoiced ten pounds above."""
    empty = sent(stage, first, days)
    statement = sent(stage, first + timedelta(days=days), days)
    said = Said(
        number=number,
        dated_on=date(2021, 3, 2),
        received_on=date(2021, 3, 3),
        net_pence=statement.pence + 1_000,
        lines={line.claim_id: line.pence for line in statement.lines.all()},
        beyond=[("Catering", 1_000)],
    )
    with clock.travel(at(date(2021, 3, 3))):
        invoice = invoices.record(
            statement, said, by=stage.house.second_finance, dispute="What was catered for?"
        )
        extra = invoice.lines.get(batch_line=None)
        credit = Credit(
            number=f"{number}-C", dated_on=date(2021, 3, 3), reason="As asked", lines={extra.pk: 1_000}
        )
        note = invoices.credit(invoice, credit, by=stage.house.second_finance)
    invoice.refresh_from_db()
    return Papers(empty, invoice, note)


def sent(stage: Scene, first: date, days: int) -> Batch:
    """The statement of duties of both officers of BTP in some mornings, as it was sent."""
    house, last = stage.house, first + timedelta(days=days - 1)
    for number in range(days):
        for who in stage.btp:
            day = first + timedelta(days=number)
            duty = make.assignment(house, stage.enquiry, who, day=day, hours=(5, 8))
            make.claim(house, duty, state="approved")
    with clock.travel(at(date(2021, 3, 2))):
        drawn = batches.draw(house.grant, house.other, by=house.finance, from_on=first, to_on=last)
        return batches.mark_sent(drawn, by=house.finance)
