"""Periods are closed step by step; for good with a signed reconciliation and a snapshot, and for ever."""

from collections.abc import Iterator
from datetime import date

import pytest
from django.db import transaction

from claims import services as claims
from claims.models import Claim, Settlement
from grants.models import LADDER, LedgerEntry, Period
from grants.selectors import positions
from overtime_ledger import clock
from overtime_ledger.books.models import PeriodSnapshot
from overtime_ledger.books.selectors.periods import latest_snapshot, periods_listed, still_open
from overtime_ledger.books.selectors.reconciliation import compare, digest_of
from overtime_ledger.books.services import periods as services
from overtime_ledger.books.services import reconciliation
from overtime_ledger.errors import Refusal
from overtime_ledger.payments.services import batches
from tests import factories as make

pytestmark = pytest.mark.django_db
TODAY = date(2021, 3, 8)


@pytest.fixture
def house() -> Iterator[make.House]:
    with clock.travel(make.at(TODAY)):
        yield make.house()


@pytest.fixture
def february(house: make.House) -> Period:
    return house.grant.periods.get(number="P11")


def one_of_each(house: make.House) -> Settlement:
    """A claim in each state at the end of February; one of them paid on the 20th."""
    enquiry = make.enquiry(house)
    made = {
        state: make.claim(house, make.assignment(house, enquiry, make.officer(house.lead)), state=state)
        for state in ("submitted", "certified", "approved")
    }
    paid = make.claim(house, make.assignment(house, enquiry, make.officer(house.lead)), state="approved")
    make.assignment(house, enquiry, make.officer(house.lead))
    assert {claim.status for claim in made.values()} == {"submitted", "certified", "approved"}
    with clock.travel(make.at(date(2021, 2, 20))):
        return claims.settle(
            [paid], grant=house.grant, agency=house.lead, reference="PAY 1", by=house.finance
        )


def reconciled(house: make.House, period: Period) -> None:
    """The period's reconciliation, everything being explained, prepared and signed."""
    for item in compare(period).items:
        reconciliation.explain(
            period, item, by=house.finance, kind="timing", reason="Booked in March", deals_with="Payroll"
        )
    made = reconciliation.prepare(period, by=house.finance, seen=compare(period).digest)
    reconciliation.sign(made, by=house.second_finance, seen=made.sha256)


def closed(house: make.House, period: Period) -> PeriodSnapshot:
    period.refresh_from_db()
    if period.is_open:
        services.soft_close(period, by=house.finance, reason="Month end")
    reconciled(house, period)
    return services.close(period, by=house.finance, reason="Reconciled and reported")


def test_soft_closed_and_opened_again_with_reasons_on_record(house: make.House, february: Period) -> None:
    services.soft_close(february, by=house.finance, reason="Month end")
    february.refresh_from_db()
    assert february.is_soft
    services.open_again(february, by=house.second_finance, reason="An approval is still to come")
    steps = february.steps.values_list("state", "by", "reason")
    assert [*steps] == [
        ("soft", house.finance.pk, "Month end"),
        ("open", house.second_finance.pk, "An approval is still to come"),
    ]
    with pytest.raises(Refusal, match="A08"):
        services.soft_close(february, by=house.finance, reason=" ")


def test_b01_a_period_is_closed_in_its_turn(house: make.House, february: Period) -> None:
    march, adjusting = house.grant.periods.filter(number__in=("P12", "P13"))
    cases = [
        (services.soft_close, adjusting, "begins on 1 April 2021"),
        (services.open_again, february, "P11 is open"),
        (services.close, adjusting, "P13 ends on 30 April 2021"),
    ]
    for verb, period, why in cases:
        with pytest.raises(Refusal, match=f"B01.*{why}"):
            verb(period, by=house.finance, reason="Month end")
    services.soft_close(march, by=house.finance, reason="Early")
    with pytest.raises(Refusal, match=r"B01.*ends on 31 March 2021"):
        services.close(march, by=house.finance, reason="Early")
    with clock.travel(make.at(date(2021, 4, 2))), pytest.raises(Refusal, match=r"B01.*P11 is not closed"):
        services.close(march, by=house.finance, reason="Out of turn")
    assert not PeriodSnapshot.objects.exists()


def test_b02_nothing_is_closed_for_good_without_a_signed_reconciliation(
    house: make.House, february: Period
) -> None:
    services.soft_close(february, by=house.finance, reason="Month end")
    with pytest.raises(Refusal, match="B02"):
        services.close(february, by=house.finance, reason="Month end")
    reconciliation.prepare(february, by=house.finance, seen=compare(february).digest)
    with pytest.raises(Refusal, match="B02"):
        services.close(february, by=house.finance, reason="Month end")
    february.refresh_from_db()
    assert february.is_soft and not PeriodSnapshot.objects.exists()


def test_closed_for_good_the_snapshot_is_the_position_to_the_penny(
    house: make.House, february: Period
) -> None:
    paid = one_of_each(house)
    snapshot = closed(house, february)
    figures = snapshot.figures
    lines = positions(house.grant, as_at=date(2021, 2, 28))
    assert [(one["line"], *(one[stage] for stage in LADDER)) for one in figures["lines"]] == [
        (one.line.name, *(getattr(one, stage) for stage in LADDER)) for one in lines
    ]
    assert sum(figures["totals"][stage] for stage in LADDER) == house.grant.amount_pence
    assert figures["totals"]["settled"] == paid.pence == figures["agencies"][0]["settled"]
    last = LedgerEntry.objects.filter(posted_on__lte=date(2021, 2, 28)).order_by("-number").first()
    assert last and figures["entries"] == {"last": last.number, "digest": bytes(last.digest).hex()}
    assert snapshot.sha256 == digest_of(snapshot.document) and latest_snapshot(house.grant) == snapshot


def test_afterwards_corrections_are_reversals_in_an_open_period(house: make.House, february: Period) -> None:
    one_of_each(house)
    snapshot = closed(house, february)
    wrong = Claim.objects.get(status="settled")
    claims.reverse(wrong, by=house.di, revision=wrong.revision, reason="Wrong")
    assert set(LedgerEntry.objects.order_by("-number").values_list("posted_on", flat=True)[:3]) == {TODAY}
    snapshot.refresh_from_db()
    assert snapshot.document == PeriodSnapshot.objects.get().document
    assert positions(house.grant, as_at=date(2021, 2, 28))[1].settled == wrong.pence
    for verb in (services.open_again, services.soft_close):
        with pytest.raises(Refusal, match="B01"):
            verb(february, by=house.finance, reason="Again")


def unpaid(house: make.House) -> int:
    """What is tasked, claimed or approved in the ledger, in pence."""
    return sum(line.tasked + line.claimed + line.approved for line in house.grant.lines.all())


def test_what_is_still_open_and_with_whom(house: make.House, february: Period) -> None:
    one_of_each(house)
    rows = [(row.what, row.whom, row.count) for row in still_open(february)]
    assert rows == [
        ("Duties tasked and not claimed", "The officers of MPS", 1),
        ("Claims to certify", "A supervisor of MPS", 1),
        ("Claims to approve", "The controlling DI or a deputy: MPS", 1),
        ("Approved claims in no batch yet", "Finance: MPS", 1),
    ]
    assert all(row.url and row.pence > 0 for row in still_open(february))
    in_all = sum(row.pence for row in still_open(february))
    batch = batches.draw(house.grant, house.lead, by=house.finance, up_to=february.ends_on)
    last = still_open(february)[-1]
    assert (last.what, last.whom) == (f"Payroll batch {batch}, drawn up", "Finance, with payroll")
    assert sum(row.pence for row in still_open(february)) == in_all == unpaid(house)
    assert not still_open(Period(grant=house.grant, ends_on=date(2021, 2, 5)))


def test_the_list_says_how_far_each_period_is(house: make.House, february: Period) -> None:
    one_of_each(house)
    closed(house, february)
    rows = periods_listed(house.grant)
    assert [row.period.number for row in rows] == ["P11", "P12", "P13"]
    assert sum(row.entries for row in rows) == LedgerEntry.objects.count()
    assert rows[0].snapshot and rows[0].reconciliation and not rows[1].snapshot


@pytest.mark.parametrize("verb", [services.soft_close, services.open_again, services.close])
def test_nobody_else_closes(house: make.House, february: Period, verb: object) -> None:
    for person in (house.di, house.auditor):
        with pytest.raises(Refusal, match="P01"), transaction.atomic():
            verb(february, by=person, reason="No")  # type: ignore[operator]
