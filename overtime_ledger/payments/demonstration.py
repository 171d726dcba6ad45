"""How the claims of the demonstration get paid: one batch paid with differences, one still with payroll."""

from datetime import date

from django.db.models import F

from claims.demonstration.agenda import at
from claims.demonstration.weeks import Story
from overtime_ledger.payments.models import Batch, BatchLine
from overtime_ledger.payments.services import batches, differences

PAID_UP_TO, SENT_UP_TO = date(2021, 2, 14), date(2021, 2, 21)


def put_on_agenda(story: Story) -> None:
    """Two batches for payroll, while claims go on."""
    agenda = story.agenda
    agenda.at(at("2021-02-25T15:00"), _to_payroll, story, PAID_UP_TO)
    agenda.at(at("2021-02-26T15:20"), _paid_by_payroll, story, "MPS-2021-02")
    agenda.at(at("2021-03-01T10:30"), _explain, story)
    agenda.at(at("2021-03-05T15:40"), _to_payroll, story, SENT_UP_TO)


def _to_payroll(story: Story, up_to: date) -> None:
    batch = batches.draw(story.grant, story.cast.agencies["MPS"], by=story.cast["finance"], up_to=up_to)
    batches.mark_sent(batch, by=story.cast["finance"])


def _paid_by_payroll(story: Story, reference: str) -> None:
    """Payroll paid two claims otherwise than they were calculated."""
    batch = Batch.objects.get(kind=Batch.Kind.PAYROLL)
    first, second, *_ = batch.lines.order_by("pk")
    otherwise = {first.claim_id: first.pence + 38, second.claim_id: second.pence - 1250}
    batches.confirm_paid(batch, reference=reference, by=story.cast["finance"], paid=otherwise)


def _explain(story: Story) -> None:
    more = BatchLine.objects.open_differences().filter(paid_pence__gt=F("pence")).get()
    because = "Payroll rounds each line up to the minute; agreed with the payroll team."
    differences.resolve(more, by=story.cast["finance2"], resolution="explained", reason=because)
