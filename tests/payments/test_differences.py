"""What was paid otherwise than calculated: found, resolved by a second person, or tolerated by two."""

from datetime import date

import pytest

from overtime_ledger.errors import Refusal
from overtime_ledger.payments import selectors
from overtime_ledger.payments.models import BatchLine, Tolerance
from overtime_ledger.payments.services import batches, differences
from tests import factories as make
from tests.factories import House

pytestmark = pytest.mark.django_db

DAY = date(2021, 2, 10)


@pytest.fixture
def house() -> House:
    return make.house()


def paid_otherwise(house: House, *amounts: int) -> list[BatchLine]:
    """Lines of a paid batch, on each so many pence more (or less) paid than calculated."""
    enquiry = make.enquiry(house)
    for _ in amounts:
        duty = make.assignment(house, enquiry, make.officer(house.lead), day=DAY)
        make.claim(house, duty, state="approved")
    batch = batches.draw(house.grant, house.lead, by=house.finance, up_to=DAY)
    batches.mark_sent(batch, by=house.finance)
    lines = list(batch.lines.all())
    paid = {line.claim_id: line.pence + more for line, more in zip(lines, amounts, strict=True)}
    batches.confirm_paid(batch, reference="Payroll 1", by=house.finance, paid=paid)
    return list(batch.lines.all())


def tolerate(house: House, pence: int) -> Tolerance:
    proposed = differences.propose_tolerance(house.grant, by=house.finance, pence=pence, reason="Rounding")
    return differences.confirm_tolerance(proposed, by=house.second_finance)


def test_f08_who_confirmed_the_payment_does_not_resolve_its_difference(house: House) -> None:
    (line,) = paid_otherwise(house, -100)
    with pytest.raises(Refusal) as refusal:
        differences.resolve(line, by=house.finance, resolution="explained", reason="Rounding")
    assert refusal.value.code == "F08"
    done = differences.resolve(line, by=house.second_finance, resolution="recovered", reason="Paid in March")
    assert (done.resolution, done.resolved_by) == ("recovered", house.second_finance)
    assert not BatchLine.objects.open_differences()


def test_it_is_resolved_once_one_way_with_a_reason_by_those_who_may(house: House) -> None:
    differs, agrees = paid_otherwise(house, 100, 0)
    for line, by, resolution, reason, code in (
        (differs, house.second_finance, "explained", " ", "A08"),
        (differs, house.second_finance, "forgotten", "So", "F08"),
        (differs, house.di, "explained", "So", "P01"),
        (agrees, house.second_finance, "explained", "So", "A03"),
    ):
        with pytest.raises(Refusal) as refusal:
            differences.resolve(line, by=by, resolution=resolution, reason=reason)
        assert refusal.value.code == code
    differences.resolve(differs, by=house.second_finance, resolution="corrected", reason="Next month")
    with pytest.raises(Refusal, match="Nothing is to be resolved"):
        differences.resolve(differs, by=house.second_finance, resolution="corrected", reason="Again")


def test_what_two_people_tolerate_is_listed_and_needs_nothing(house: House) -> None:
    tolerate(house, 50)
    within, above = paid_otherwise(house, -50, 51)
    assert set(BatchLine.objects.differences()) == {within, above}
    assert list(BatchLine.objects.open_differences()) == [above]


def test_a_tolerance_counts_once_a_second_person_confirms_it_and_not_backwards(house: House) -> None:
    proposed = differences.propose_tolerance(house.grant, by=house.finance, pence=50, reason="Rounding")
    assert selectors.tolerance(house.grant) == 0
    (line,) = paid_otherwise(house, 10)
    with pytest.raises(Refusal) as own:
        differences.confirm_tolerance(proposed, by=house.finance)
    with pytest.raises(Refusal) as second:
        differences.propose_tolerance(house.grant, by=house.finance, pence=60, reason="Rounding")
    differences.confirm_tolerance(proposed, by=house.second_finance)
    with pytest.raises(Refusal) as again:
        differences.confirm_tolerance(proposed, by=house.second_finance)
    assert [raised.value.code for raised in (own, second, again)] == ["G01", "A03", "G02"]
    assert selectors.tolerance(house.grant) == 50
    assert list(BatchLine.objects.open_differences()) == [line]


@pytest.mark.parametrize(
    ("pence", "reason", "code"), [(501, "So", "F08"), (-1, "So", "F08"), (5, " ", "A08")]
)
def test_little_is_tolerated_and_with_a_reason(house: House, pence: int, reason: str, code: str) -> None:
    with pytest.raises(Refusal) as refusal:
        differences.propose_tolerance(house.grant, by=house.finance, pence=pence, reason=reason)
    assert refusal.value.code == code
