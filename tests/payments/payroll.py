"""Payroll batches of the scene: one paid with a difference, one that was sent; for tests of pages."""

from dataclasses import dataclass
from datetime import date

from overtime_ledger import clock
from overtime_ledger.payments.models import Batch, BatchLine, Tolerance
from overtime_ledger.payments.services import batches, differences
from tests import factories as make
from tests.factories import at
from tests.scene import FEB_1, Scene


@dataclass(frozen=True)
class Payroll:
    """A batch that was sent, a line of it, a difference to resolve, a tolerance to confirm."""

    batch: Batch
    batch_line: BatchLine
    difference: BatchLine
    tolerance: Tolerance


def payroll(stage: Scene, *, reference: str = "2021-03/OT9", officers: int = 2) -> Payroll:
    """Two batches of duties of the grant's first morning; of the first one claim was paid 2p more."""
    paid = sent(stage, officers)
    first = paid.lines.earliest("pk")
    with clock.travel(at(date(2021, 3, 2))):
        by = stage.house.second_finance
        otherwise = {first.claim_id: first.pence + 2}
        batches.confirm_paid(paid, reference=reference, by=by, paid=otherwise)
    first.refresh_from_db()
    batch = sent(stage, officers)
    waiting = Tolerance.objects.filter(confirmed_by=None).first() or differences.propose_tolerance(
        stage.house.grant, by=stage.house.second_finance, pence=1, reason="Rounding"
    )
    return Payroll(batch, batch.lines.earliest("pk"), first, waiting)


def sent(stage: Scene, officers: int) -> Batch:
    """The batch of that morning of some new officers, as it went to payroll."""
    house = stage.house
    for _ in range(officers):
        duty = make.assignment(
            house, stage.enquiry, make.officer(house.lead), day=FEB_1, hours=(10, 12), told_on=FEB_1
        )
        make.claim(house, duty, state="approved")
    with clock.travel(at(date(2021, 3, 1))):
        drawn = batches.draw(house.grant, house.lead, by=house.second_finance, up_to=FEB_1)
        return batches.mark_sent(drawn, by=house.second_finance)
