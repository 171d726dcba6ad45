"""How other agencies of the demonstration get paid: statements, an invoice paid, one disputed."""

from collections.abc import Mapping
from datetime import date

from claims.demonstration.agenda import at
from claims.demonstration.weeks import Story
from overtime_ledger import clock
from overtime_ledger.payments.models import Batch, Invoice
from overtime_ledger.payments.services import batches, invoices
from overtime_ledger.payments.services.invoices import Said

QUOTES = {"BTP": "4500091142", "COLP": "4500091157", "NCA": "4500091163"}
"""The lead force's purchase order for each agency."""
COST_CODE = "SOC-911-21"
TRAVEL = 4_680


def put_on_agenda(story: Story) -> None:
    """Statements of three agencies, and the invoices of two of them."""
    agenda = story.agenda
    fortnight, rest = (date(2021, 2, 1), date(2021, 2, 14)), (date(2021, 2, 15), date(2021, 2, 28))
    agenda.at(at("2021-02-26T10:10"), _send, story, "BTP", fortnight)
    agenda.at(at("2021-03-01T14:20"), _agrees, story)
    agenda.at(at("2021-03-02T09:30"), _send, story, "COLP", fortnight)
    agenda.at(at("2021-03-04T11:45"), _differs, story)
    agenda.at(at("2021-03-04T15:20"), _paid, story)
    agenda.at(at("2021-03-05T09:50"), _send, story, "BTP", rest)
    agenda.at(at("2021-03-05T10:00"), _send, story, "NCA", rest)


def _send(story: Story, code: str, days: tuple[date, date]) -> None:
    """Draw the statement of an agency for some days, and send it to its clerks."""
    agency, by = story.cast.agencies[code], story.cast["finance"]
    drawn = batches.draw(
        story.grant,
        agency,
        by=by,
        from_on=days[0],
        to_on=days[1],
        purchase_order=QUOTES[code],
        cost_code=COST_CODE,
    )
    batches.mark_sent(drawn, by=by)


def _agrees(story: Story) -> None:
    """BTP invoices just what its statement says, without VAT as forces do."""
    _record(story, "BTP", "BTP-90214")


def _differs(story: Story) -> None:
    """The City of London Police charge half an hour more of one duty, and travel that nobody agreed."""
    statement = _statement(story, "COLP")
    lines = {line.claim_id: line.pence for line in statement.lines.order_by("pk")}
    first = next(iter(lines))
    _record(
        story,
        "COLP",
        "CL/21/0388",
        lines=lines | {first: lines[first] + 1_340},
        beyond=TRAVEL,
        dispute="One duty is charged half an hour longer than your supervisor certified, and travel lies "
        "outside the agreement. Please credit both.",
    )


def _record(
    story: Story,
    code: str,
    number: str,
    *,
    lines: Mapping[int, int] | None = None,
    beyond: int = 0,
    dispute: str = "",
) -> Invoice:
    statement, today = _statement(story, code), clock.today()
    said = Said(
        number=number,
        dated_on=today,
        received_on=today,
        purchase_order=statement.purchase_order,
        cost_code=statement.cost_code,
        net_pence=(sum(lines.values()) if lines else statement.pence) + beyond,
        lines=lines,
        beyond=[("Travel", beyond)] if beyond else [],
    )
    return invoices.record(statement, said, by=story.cast["finance"], dispute=dispute)


def _statement(story: Story, code: str) -> Batch:
    """The first statement of an agency."""
    return Batch.objects.filter(kind=Batch.Kind.STATEMENT, agency=story.cast.agencies[code]).earliest("pk")


def _paid(story: Story) -> None:
    """The second person in finance pays what was matched."""
    invoice = Invoice.objects.select_related("statement").get(number="BTP-90214")
    invoices.pay(invoice, by=story.cast["finance2"], paid_on=clock.today())
