"""Two in finance press at the same moment: a claim is drawn once, and paid or held back, never both."""

from datetime import date
from functools import partial

import pytest
from django.core.management import call_command

from claims.models import Claim
from claims.services import safeguards
from overtime_ledger.payments.models import Batch, BatchLine
from overtime_ledger.payments.services import batches
from tests import factories as make
from tests.test_races import AFTER, DAY, WON, at_once

pytestmark = pytest.mark.django_db(transaction=True)


def test_claims_are_drawn_once_and_paid_or_held_back() -> None:
    house = make.house()
    enquiry = make.enquiry(house)
    for _ in range(2):
        duty = make.assignment(house, enquiry, make.officer(house.lead), day=DAY)
        make.claim(house, duty, state="approved")
    drawing = lambda: batches.draw(house.grant, house.lead, by=house.finance, up_to=date(2021, 2, 12))  # noqa: E731
    drawn = at_once(AFTER, drawing, drawing, drawing)
    assert drawn[WON] == 1 and set(drawn) <= {WON, "F05", "F06"}
    batch = batches.mark_sent(Batch.objects.get(), by=house.finance)
    claim = batch.lines.latest("pk").claim
    done = at_once(
        AFTER,
        lambda: batches.confirm_paid(batch, reference="1", by=house.finance),
        lambda: batches.confirm_paid(batch, reference="2", by=house.second_finance),
        lambda: safeguards.freeze(claim, by=house.auditor, reason="Looked into"),
    )
    batch.refresh_from_db()
    paid = batch.status == "paid"
    assert done[WON] == 1 + paid and set(done) <= {WON, "F07", "A09", "A03"}
    assert Claim.objects.filter(status="settled").count() == (2 if paid else 0)
    call_command("verify_ledger")


def test_batches_of_days_that_overlap_never_share_a_claim() -> None:
    house = make.house()
    enquiry = make.enquiry(house)
    days = (DAY, date(2021, 2, 11))
    claims = [
        make.claim(
            house, make.assignment(house, enquiry, make.officer(house.lead), day=day), state="approved"
        )
        for day in days
    ]
    drawing = [partial(batches.draw, house.grant, house.lead, by=house.finance, up_to=day) for day in days]
    drawn = at_once(AFTER, *drawing, *reversed(drawing))
    assert drawn[WON] in (1, 2) and set(drawn) <= {WON, "F05", "F06"}
    assert Batch.objects.count() == drawn[WON]
    held = BatchLine.objects.filter(live=True).values_list("claim", flat=True)
    assert sorted(held) == sorted(set(held)) and set(held) <= {claim.pk for claim in claims}
    assert sum(Batch.objects.values_list("claim_count", flat=True)) == len(held)
