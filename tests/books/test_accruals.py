"""An accrual freezes what was worked up to a day and not paid; what came in since is reckoned live."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from claims import services as claims
from claims.models import Claim
from overtime_ledger import clock
from overtime_ledger.books.models import AccrualLine, AccrualRun
from overtime_ledger.books.selectors import accruals as selectors
from overtime_ledger.books.services import accruals
from overtime_ledger.errors import Refusal
from tasking import services as tasking
from tests import factories as make
from tests.databases import kept
from tests.factories import House, at

pytestmark = pytest.mark.django_db
DAY = date(2021, 2, 10)
LATER = date(2021, 3, 8)


@kept
def duties_of_each_sort() -> tuple[House, dict[str, Claim]]:
    """One duty of each sort on 10 February: unclaimed, submitted, certified, approved, paid; one to come."""
    house = make.house()
    make.agree(house)
    enquiry = make.enquiry(house)
    duties = [make.assignment(house, enquiry, make.officer(house.lead), day=DAY) for _ in range(5)]
    make.assignment(house, enquiry, make.officer(house.lead), day=LATER)
    btp = make.assignment(house, enquiry, make.officer(house.other), day=DAY)
    found = {
        "submitted": make.claim(house, duties[1]),
        "certified": make.claim(house, duties[2], state="certified"),
        "approved": make.claim(house, duties[3], state="approved"),
        "paid": make.claim(house, duties[4], state="approved"),
        "btp": make.claim(house, btp, state="approved"),
    }
    with clock.travel(at(DAY + timedelta(days=3))):
        claims.settle(
            [found["paid"]], grant=house.grant, agency=house.lead, reference="Payroll 1", by=house.finance
        )
    return house, found


@pytest.fixture
def scene() -> tuple[House, dict[str, Claim]]:
    return duties_of_each_sort()


@pytest.fixture
def house(scene: tuple[House, dict[str, Claim]]) -> House:
    return scene[0]


@pytest.fixture
def worked(scene: tuple[House, dict[str, Claim]]) -> dict[str, Claim]:
    return scene[1]


def drawn(house: House, *, on: date = LATER, as_at: date = date(2021, 2, 28)) -> AccrualRun:
    with clock.travel(at(on)):
        return accruals.draw(house.grant, as_at, by=house.finance)


def test_what_is_worked_and_not_paid_is_frozen_as_the_ledger_has_it(
    house: House, worked: dict[str, Claim]
) -> None:
    run = drawn(house)
    kinds = sorted(run.lines.values_list("kind", "basis"))
    assert kinds == [
        ("unapproved", "certified"),
        ("unapproved", "stated"),
        ("unclaimed", "estimated"),
        ("unpaid", "certified"),
        ("unpaid", "certified"),
    ]
    assert run.line_count == 5 and run.pence == sum(run.lines.values_list("pence", flat=True))
    assert run.pence == selectors.open_in_the_ledger(house.grant, run.as_at) > 0
    house.grant.refresh_from_db()
    assert run.last_entry == house.grant.last_number and str(run) == "AC-0001"


def test_the_residual_is_what_is_accrued_less_what_came_in_since(
    house: House, worked: dict[str, Claim]
) -> None:
    run = drawn(house)
    before = selectors.Sums.of(selectors.standing_of(run))
    assert (before.changed, before.paid_pence, before.residual) == (0, 0, run.pence)
    with clock.travel(at(LATER, 12)):
        claims.settle(
            [worked["btp"]], grant=house.grant, agency=house.other, reference="BTP 7", by=house.finance
        )
        claims.reject(worked["certified"], by=house.di, revision=worked["certified"].revision, reason="Twice")
        unclaimed = run.lines.get(kind="unclaimed").assignment
        tasking.release(unclaimed, by=house.finance, reason="Not claimed")
    after = selectors.Sums.of(selectors.standing_of(run))
    paid, fell_away = worked["btp"].pence, worked["certified"].pence + run.lines.get(kind="unclaimed").pence
    assert (after.pence, after.paid_pence, after.changed) == (run.pence, paid, -fell_away)
    assert after.residual == run.pence - paid - fell_away == selectors.residuals([run])[run.pk]
    assert after.residual == selectors.open_in_the_ledger(house.grant, run.as_at)
    matched = {row.agency.code: row.matched_pence for row in selectors.rows_of(selectors.standing_of(run))}
    assert matched == {"MPS": None, "BTP": paid}


def test_rows_of_the_report_add_up_to_the_accrual(house: House, worked: dict[str, Claim]) -> None:
    run = drawn(house)
    duties = selectors.standing_of(run)
    rows = selectors.rows_of(duties)
    assert [(row.agency.code, row.basis_in_words, row.sums.count) for row in rows] == [
        ("BTP", "Certified", 1),
        ("MPS", "Certified", 2),
        ("MPS", "Estimated", 1),
        ("MPS", "Stated, not certified", 1),
    ]
    assert sum(row.sums.pence for row in rows) == run.pence
    agencies = selectors.by_agency(duties)
    assert sum(one.unclaimed + one.unapproved + one.unpaid for one in agencies) == run.pence
    assert selectors.Sums.of(duties).minutes == 5 * 240


def test_y01_an_accrual_is_of_days_that_are_over(house: House) -> None:
    for as_at in (LATER, house.grant.eligible_from - timedelta(days=1)):
        with pytest.raises(Refusal) as refused:
            drawn(house, as_at=as_at)
        assert refused.value.code == "Y01"
    assert not AccrualRun.objects.exists()


def test_y02_a_day_has_one_accrual_until_it_is_withdrawn(house: House, worked: dict[str, Claim]) -> None:
    first = drawn(house)
    with pytest.raises(Refusal) as refused:
        drawn(house)
    assert refused.value.code == "Y02"
    with pytest.raises(Refusal) as refused:
        accruals.withdraw(first, by=house.finance, reason=" ")
    assert refused.value.code == "A08"
    accruals.withdraw(first, by=house.finance, reason="A claim came in this morning")
    assert str(drawn(house)) == "AC-0002"


def test_a_second_person_in_finance_confirms_it_once(house: House, worked: dict[str, Claim]) -> None:
    run = drawn(house)
    refused = {}
    for who in (house.finance, house.di):
        with pytest.raises(Refusal) as refusal:
            accruals.confirm(run, by=who)
        refused[who] = refusal.value.code
    assert refused == {house.finance: "G01", house.di: "P01"}
    accruals.confirm(run, by=house.second_finance)
    for verb in (
        lambda: accruals.confirm(run, by=house.second_finance),
        lambda: accruals.withdraw(run, by=house.finance, reason="No"),
    ):
        with pytest.raises(Refusal) as refusal:
            verb()
        assert refusal.value.code == "A03"
    run.refresh_from_db()
    assert (run.status, run.confirmed_by) == ("confirmed", house.second_finance)


def test_what_was_seen_is_what_is_frozen(house: House, worked: dict[str, Claim]) -> None:
    with clock.travel(at(LATER)), pytest.raises(Refusal) as refused:
        accruals.draw(house.grant, date(2021, 2, 28), by=house.finance, expected_pence=1)
    assert refused.value.code == "A03" and not AccrualRun.objects.exists()


@pytest.mark.parametrize(
    ("sql", "rule"),
    [
        ("update books_accrualrun set pence = pence + 1", "books_accrualrun_stands"),
        (
            "update books_accrualrun set status = 'drawn', confirmed_by_id = null",
            "stands",
        ),
        ("delete from books_accrualrun", "books_accrualrun_stands"),
        ("update books_accrualline set pence = 1", "books_accrualline"),
        ("delete from books_accrualline", "books_accrualline"),
    ],
)
def test_the_database_keeps_what_was_frozen(
    house: House, worked: dict[str, Claim], sql: str, rule: str
) -> None:
    accruals.confirm(drawn(house), by=house.second_finance)
    with pytest.raises(IntegrityError) as refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
    assert rule in str(refused.value.__cause__.diag.constraint_name or refused.value)  # type: ignore[union-attr]


def test_the_database_lets_an_accrual_have_its_lines_and_no_others(
    house: House, worked: dict[str, Claim]
) -> None:
    run, other = drawn(house), drawn(house, as_at=date(2021, 3, 1))
    line = run.lines.earliest("pk")
    columns = {field.attname: getattr(line, field.attname) for field in line._meta.concrete_fields[1:]}
    for wrong in ({"pence": line.pence + 1}, {"agency_id": house.other.pk}, {"duty_on": LATER}):
        with pytest.raises(IntegrityError) as refused, transaction.atomic():
            AccrualLine.objects.create(**columns | {"run": other} | wrong)
        assert "says" in str(refused.value)
    late = make.assignment(house, line.enquiry, make.officer(house.lead), day=DAY)
    with pytest.raises(IntegrityError, match="drawn up with"), transaction.atomic():
        AccrualLine.objects.create(
            run=other,
            assignment=late,
            enquiry=line.enquiry,
            agency=house.lead,
            duty_on=DAY,
            kind="unclaimed",
            basis="estimated",
            minutes=240,
            pence=late.committed_pence,
        )
    with pytest.raises(IntegrityError, match="control total"), transaction.atomic():
        AccrualRun.objects.create(
            grant=house.grant,
            number=9,
            as_at=DAY,
            last_entry=1,
            line_count=1,
            pence=5,
            drawn_by=house.finance,
            drawn_at=clock.now(),
        )
        with connection.cursor() as cursor:
            cursor.execute("set constraints all immediate")
