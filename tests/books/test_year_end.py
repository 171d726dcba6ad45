"""A grant goes all the way to its closing: every item of the checklist done by those whose work it is."""

from datetime import date

import pytest

from claims.models import Claim, Settlement
from grants.models import Grant
from grants.periods import lay_out
from overtime_ledger import clock
from overtime_ledger.books.forcefile import Table
from overtime_ledger.books.models import ClosingItem
from overtime_ledger.books.selectors import closing as selectors
from overtime_ledger.books.selectors.accruals import residuals
from overtime_ledger.books.selectors.reconciliation import compare
from overtime_ledger.books.services import accruals, closing, force_file, periods, reconciliation
from overtime_ledger.errors import Refusal
from overtime_ledger.funder import services as funder
from overtime_ledger.money import decimal_pounds
from overtime_ledger.payments.services import batches, invoices
from tests import factories as make
from tests.factories import at
from tests.funder.scene import FunderScene, made, reverse_approval

pytestmark = pytest.mark.django_db
Kind = ClosingItem.Kind
APRIL_6, APRIL_20, MAY_4 = date(2021, 4, 6), date(2021, 4, 20), date(2021, 5, 4)
COLUMNS = {"booked_on": "Day", "reference": "Reference", "amount": "Amount"}


@pytest.fixture
def scene() -> FunderScene:
    """Three approved duties, two of the lead force; the books close on 30 April."""
    stage = made()
    Grant.objects.filter(pk=stage.grant.pk).update(books_close_on=date(2021, 4, 30))
    stage.grant.refresh_from_db()
    lay_out(stage.grant)
    return stage


def open_items(grant: Grant) -> set[str]:
    return {item.kind for item in selectors.checklist(grant) if not item.is_done}


def pay(scene: FunderScene) -> None:
    """Payroll pays the lead force's claims, the other agency's invoice is paid."""
    house = scene.house
    payroll = batches.draw(house.grant, house.lead, by=house.finance, up_to=date(2021, 3, 31))
    batches.mark_sent(payroll, by=house.finance)
    batches.confirm_paid(payroll, reference="OT 4", by=house.finance)
    days = {"from_on": date(2021, 2, 1), "to_on": date(2021, 3, 31)}
    statement = batches.draw(house.grant, house.other, by=house.finance, **days)
    batches.mark_sent(statement, by=house.finance)
    said = invoices.Said(number="B 1", dated_on=APRIL_6, received_on=APRIL_6, net_pence=statement.pence)
    invoices.pay(invoices.record(statement, said, by=house.finance), by=house.second_finance, paid_on=APRIL_6)


def claim_from_the_funder(scene: FunderScene) -> None:
    drawn = funder.draw(scene.grant, up_to=date(2021, 3, 31), by=scene.house.finance, reason="Few duties")
    funder.certify(drawn, capacity="pm", by=scene.manager)
    funder.certify(drawn, capacity="cfo", by=scene.cfo)
    sent = funder.send(drawn, by=scene.house.finance, sent_on=APRIL_20, reference="Portal 1")
    received = {"received_on": APRIL_20, "by": scene.house.finance}
    funder.receive(sent, pence=10_000, reference="HO 1", **received)
    assert open_items(scene.grant) >= {Kind.USAGE}
    funder.receive(sent, pence=sent.pence - 10_000, reference="HO 2", **received)


def reconcile(scene: FunderScene) -> None:
    """The force booked what was paid, on the day of the payment; each period is signed and closed."""
    grant, by, second = scene.grant, scene.house.finance, scene.house.second_finance
    paid = Settlement.objects.filter(grant=grant).order_by("pk")
    cells = [
        (row, [f"{one.settled_on:%Y-%m-%d}", one.reference, f"{decimal_pounds(one.pence)}"])
        for row, one in enumerate(paid, 2)
    ]
    table = Table(["Day", "Reference", "Amount"], cells)
    file = force_file.hold(grant, table, by=by, file_name="year.csv", sha256="0" * 64)
    force_file.take(file, COLUMNS, by=by)
    for period in grant.periods.order_by("starts_on"):
        prepared = reconciliation.prepare(period, by=by, seen=compare(period).digest)
        reconciliation.sign(prepared, by=second, seen=prepared.sha256)
        periods.soft_close(period, by=by, reason="Month end")
        periods.close(period, by=second, reason="Reconciled")


def sign_the_rest(scene: FunderScene) -> None:
    by = scene.house.finance
    make.outcomes(scene.grant, by=scene.house.di)
    for kind in ClosingItem.SIGNED:
        closing.sign(scene.grant, kind, done_on=MAY_4, evidence="Minute 4", by=by)
    kept = {"keep_until": date(2027, 4, 6), "legal_hold": False, "reason": "Six years"}
    closing.set_retention(scene.grant, by=by, **kept)


def test_a_grant_is_closed_through_all_ten_items(scene: FunderScene) -> None:
    grant, house = scene.grant, scene.house
    assert open_items(grant) == set(Kind) - {Kind.COMMITMENTS}
    with clock.travel(at(APRIL_6)):
        run = accruals.draw(grant, date(2021, 3, 31), by=house.finance)
        pay(scene)
        assert open_items(grant) == {*Kind} - {Kind.CLAIMS, Kind.COMMITMENTS, Kind.PAYROLL, Kind.INVOICES}
    with clock.travel(at(APRIL_20)):
        claim_from_the_funder(scene)
    with clock.travel(at(MAY_4)):
        reconcile(scene)
        assert open_items(grant) == {*ClosingItem.SIGNED, Kind.RETENTION}
        sign_the_rest(scene)
        made = closing.confirm(closing.propose(grant, by=house.finance), by=house.second_finance)
    grant.refresh_from_db()
    assert (grant.status, grant.closed_on) == (Grant.Status.CLOSED, MAY_4)
    assert made.settled_pence == sum(Claim.objects.values_list("pence", flat=True)) == run.pence
    assert residuals([run])[run.pk] == 0  # what was accrued at year end has all come in
    with pytest.raises(Refusal, match="L03"):
        accruals.confirm(run, by=house.second_finance)


def test_what_was_posted_after_the_last_period_keeps_the_grant_open(scene: FunderScene) -> None:
    with clock.travel(at(APRIL_6)):
        pay(scene)
    with clock.travel(at(MAY_4)):
        reconcile(scene)
        reverse_approval(scene, scene.february)
        item = selectors.item_of(scene.grant, Kind.RECONCILIATION)
    assert not item.is_done and "posted after the last period" in item.says
