"""Batches for payroll and statements: drawn, sent, paid or withdrawn; what stands against a payment."""

from collections.abc import Mapping
from datetime import date, timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from claims import services as claims
from claims.models import Claim, Interest
from claims.services import safeguards
from grants.models import Grant
from overtime_ledger.errors import Refusal
from overtime_ledger.payments import selectors
from overtime_ledger.payments.models import Batch, BatchLine
from overtime_ledger.payments.services import batches
from tests import factories as make
from tests.factories import House

pytestmark = pytest.mark.django_db

DAY = date(2021, 2, 10)
LATER = make.at(DAY + timedelta(days=10))


def approved(house: House, days: int = 3) -> list[Claim]:
    """Approved claims of the lead force of some days in a row."""
    enquiry = make.enquiry(house)
    duties = [
        make.assignment(house, enquiry, make.officer(house.lead), day=DAY + timedelta(days=day))
        for day in range(days)
    ]
    return [make.claim(house, duty, state="approved") for duty in duties]


def drawn(house: House, *, up_to: date = DAY + timedelta(days=5)) -> Batch:
    return batches.draw(house.grant, house.lead, by=house.finance, up_to=up_to)


def paid(house: House, batch: Batch, amounts: Mapping[int, int] | None = None) -> Batch:
    batches.mark_sent(batch, by=house.finance)
    return batches.confirm_paid(batch, reference="Payroll 1", by=house.finance, paid=amounts)


def line_of(claim: Claim) -> BatchLine:
    return BatchLine.objects.get(claim=claim, live=True)


@pytest.fixture
def house() -> House:
    return make.house()


def test_a_batch_has_the_approved_claims_up_to_a_day_their_number_and_their_total(house: House) -> None:
    first, second, _ = approved(house)
    batch = drawn(house, up_to=second.duty_on)
    assert str(batch) == "PB-0001"
    assert (batch.claim_count, batch.pence) == (2, first.pence + second.pence)
    assert [line.claim for line in batch.lines.all()] == [first, second]


def test_numbers_have_no_gaps_and_a_withdrawn_one_stays_used(house: House) -> None:
    first, second, _ = approved(house)
    one = drawn(house, up_to=first.duty_on)
    two = drawn(house, up_to=second.duty_on)
    batches.withdraw(one, by=house.finance, reason="Payroll was closed")
    assert [str(one), str(two), str(drawn(house))] == ["PB-0001", "PB-0002", "PB-0003"]


def test_a_statement_is_of_days_and_has_its_own_numbers(house: House) -> None:
    make.agree(house)
    approved(house)
    drawn(house)
    enquiry = make.enquiry(house)
    theirs = make.assignment(house, enquiry, make.officer(house.other, pay=None), day=DAY)
    claim = make.claim(house, theirs, state="approved")
    statement = batches.draw(house.grant, house.other, by=house.finance, from_on=DAY, to_on=DAY)
    assert str(statement) == "AS-0001"
    assert statement.pence == claim.pence


def test_what_is_held_back_disputed_or_in_another_batch_is_not_drawn(house: House) -> None:
    held, in_another, left = approved(house)
    safeguards.freeze(held, by=house.auditor, reason="Looked into")
    drawn(house, up_to=in_another.duty_on)
    assert [line.claim for line in drawn(house).lines.all()] == [left]


@pytest.mark.parametrize(
    ("days", "code"),
    [
        ({"up_to": DAY - timedelta(days=1)}, "F05"),
        ({}, "F05"),
        ({"from_on": DAY, "to_on": DAY}, "F05"),
    ],
)
def test_days_without_claims_or_of_the_other_kind_make_no_batch(
    house: House, days: dict[str, date], code: str
) -> None:
    approved(house, 1)
    with pytest.raises(Refusal) as refusal:
        batches.draw(house.grant, house.lead, by=house.finance, **days)
    assert refusal.value.code == code


def test_f06_two_who_draw_at_once(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second finds the claims due still, because the first has not told anybody yet."""
    (claim,) = approved(house, 1)
    drawn(house)
    everything = Claim.objects.filter(pk=claim.pk)
    monkeypatch.setattr(batches.selectors, "due", lambda *args, **named: everything)
    with pytest.raises(Refusal) as refusal, transaction.atomic():
        drawn(house)
    assert refusal.value.code == "F06"


def test_one_draws_what_one_saw_and_needs_the_role(house: House) -> None:
    approved(house, 1)
    with pytest.raises(Refusal) as changed:
        batches.draw(house.grant, house.lead, by=house.finance, up_to=DAY, expected_pence=1)
    with pytest.raises(Refusal) as other:
        batches.draw(house.grant, house.lead, by=house.di, up_to=DAY)
    assert (changed.value.code, other.value.code) == ("A03", "P01")


def test_confirming_settles_the_claims_under_the_reference_of_payroll(house: House) -> None:
    made = approved(house)
    batch = paid(house, drawn(house))
    assert batch.settlement is not None
    assert (batch.settlement.reference, batch.settlement.pence) == ("Payroll 1", sum(c.pence for c in made))
    assert set(Claim.objects.values_list("status", flat=True)) == {"settled"}
    assert [line.paid_pence for line in batch.lines.all()] == [claim.pence for claim in made]
    assert not BatchLine.objects.differences()


def test_a_payment_of_many_asks_the_database_as_often_as_one_of_a_few(house: House) -> None:
    def queries(days: int) -> int:
        approved(house, days)
        batch = batches.mark_sent(drawn(house), by=house.finance)
        with CaptureQueriesContext(connection) as captured:
            batches.confirm_paid(batch, reference=f"Payroll {days}", by=house.finance)
        return len(captured)

    queries(1)  # roles and interests are read once a person
    assert queries(4) == queries(2)


def test_a_difference_is_kept_and_the_pot_holds_what_was_calculated(house: House) -> None:
    more, less, same = approved(house)
    batch = paid(house, drawn(house), {more.pk: more.pence + 150, less.pk: 0, same.pk: same.pence})
    settled = Grant.objects.get().lines.get(is_main=False).settled
    assert settled == batch.pence == more.pence + less.pence + same.pence
    found = {line.claim_id: line.difference_pence for line in BatchLine.objects.differences()}
    assert found == {more.pk: 150, less.pk: -less.pence}


def test_what_was_left_out_and_paid_all_the_same_is_a_difference(house: House) -> None:
    first, _, _ = approved(house)
    batch = drawn(house)
    batches.leave_out(line_of(first), by=house.finance, reason="Asked to")
    paid(house, batch, {first.pk: 500})
    (line,) = BatchLine.objects.differences()
    assert (line.claim, line.due_pence, line.difference_pence) == (first, 0, 500)


def test_amounts_of_strange_claims_or_below_nothing_are_refused(house: House) -> None:
    (claim,) = approved(house, 1)
    batch = batches.mark_sent(drawn(house), by=house.finance)
    for amounts in ({claim.pk + 99: 1}, {claim.pk: -1}):
        with pytest.raises(Refusal) as refusal:
            batches.confirm_paid(batch, reference="1", by=house.finance, paid=amounts)
        assert refusal.value.code == "F05"


def test_a_batch_goes_one_way(house: House) -> None:
    approved(house, 1)
    batch = drawn(house)
    with pytest.raises(Refusal, match="drawn up and cannot be confirmed as paid"):
        batches.confirm_paid(batch, reference="1", by=house.finance)
    paid(house, batch)
    for verb in (batches.withdraw, batches.redraw):
        with pytest.raises(Refusal, match="paid and cannot be withdrawn"):
            verb(batch, by=house.finance, reason="Wrong")
    with pytest.raises(Refusal, match="paid and cannot be sent"):
        batches.mark_sent(batch, by=house.finance)
    with pytest.raises(Refusal, match="paid and cannot be changed"):
        batches.leave_out(batch.lines.get(), by=house.finance, reason="Wrong")


def test_f07_a_claim_held_back_meanwhile_stops_the_batch_until_it_is_left_out(house: House) -> None:
    held, kept, _ = approved(house)
    batch = batches.mark_sent(drawn(house), by=house.finance)
    safeguards.freeze(held, by=house.auditor, reason="Looked into")
    with pytest.raises(Refusal) as refusal:
        batches.confirm_paid(batch, reference="1", by=house.finance)
    assert refusal.value.code == "F07"
    assert "held back" in refusal.value.reason
    batches.leave_out(line_of(held), by=house.finance, reason="Held back")
    batch.refresh_from_db()
    batches.confirm_paid(batch, reference="1", by=house.finance, expected_pence=batch.pence)
    kept.refresh_from_db()
    held.refresh_from_db()
    assert (kept.status, held.status, batch.claim_count) == ("settled", "approved", 2)


def test_f07_a_reversed_claim_is_gone_from_the_batch_that_is_drawn_again(house: House) -> None:
    wrong, _, _ = approved(house)
    batch = batches.mark_sent(drawn(house), by=house.finance)
    claims.reverse(wrong, by=house.di, revision=wrong.revision, reason="Not worked")
    (line,) = BatchLine.objects.troubled()
    assert line.trouble == "Its approval was reversed"
    with pytest.raises(Refusal, match="F07"):
        batches.confirm_paid(batch, reference="1", by=house.finance)
    again = batches.redraw(batch, by=house.finance, reason="A reversal")
    batch.refresh_from_db()
    assert (batch.status, batch.claim_count, str(again), again.claim_count) == (
        "withdrawn",
        3,
        "PB-0002",
        2,
    )


def test_when_nothing_is_left_to_draw_the_old_batch_stands(house: House) -> None:
    (wrong,) = approved(house, 1)
    batch = drawn(house)
    claims.reverse(wrong, by=house.di, revision=wrong.revision, reason="Not worked")
    with pytest.raises(Refusal):
        batches.redraw(batch, by=house.finance, reason="A reversal")
    batch.refresh_from_db()
    assert batch.status == "drawn"


def test_the_last_line_is_not_left_out_and_every_line_with_a_reason(house: House) -> None:
    approved(house, 2)
    batch = drawn(house)
    first, last = batch.lines.all()
    with pytest.raises(Refusal) as silent:
        batches.leave_out(first, by=house.finance, reason=" ")
    batches.leave_out(first, by=house.finance, reason="Asked to")
    with pytest.raises(Refusal) as again:
        batches.leave_out(first, by=house.finance, reason="Asked to")
    with pytest.raises(Refusal) as empty:
        batches.leave_out(last, by=house.finance, reason="Asked to")
    assert [raised.value.code for raised in (silent, again, empty)] == ["A08", "A03", "F06"]


def test_what_is_left_out_waits_for_the_next_batch(house: House) -> None:
    approved(house, 2)
    batch = drawn(house)
    line = batches.leave_out(batch.lines.all()[0], by=house.finance, reason="Asked to")
    assert [row.claim for row in drawn(house).lines.all()] == [line.claim]


def test_who_approved_a_claim_or_is_tied_to_its_officer_does_not_pay_it(house: House) -> None:
    claim, _, _ = approved(house)
    batch = batches.mark_sent(drawn(house), by=house.finance)
    house.di.groups.add(*house.finance.groups.all())
    with pytest.raises(Refusal) as own:
        batches.confirm_paid(batch, reference="1", by=type(house.di).objects.get(pk=house.di.pk))
    safeguards.declare_interest(by=house.finance, what="Cousin", officer=claim.claimant)
    assert Interest.objects.exists()
    for verb in (
        lambda: batches.confirm_paid(batch, reference="1", by=house.finance),
        lambda: batches.leave_out(line_of(claim), by=house.finance, reason="No"),
    ):
        with pytest.raises(Refusal) as tied:
            verb()
        assert tied.value.code == "A05"
    assert own.value.code == "A01"


def test_the_same_reference_twice_is_refused_and_the_batch_stands(house: House) -> None:
    first, _, _ = approved(house)
    paid(house, drawn(house, up_to=first.duty_on))
    batch = batches.mark_sent(drawn(house), by=house.finance)
    with pytest.raises(Refusal) as refusal:
        batches.confirm_paid(batch, reference="Payroll 1", by=house.finance)
    batch.refresh_from_db()
    assert (refusal.value.code, batch.status) == ("F02", "sent")


def test_nothing_is_tolerated_until_two_people_say_so(house: House) -> None:
    assert selectors.tolerance(house.grant) == 0
