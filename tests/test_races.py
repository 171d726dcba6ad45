"""People who press at the same moment: real connections, each in a thread of its own, on committed rows."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from functools import partial
from threading import Barrier

import pytest
from django.core.management import call_command
from django.db import connection

from claims import services as claims
from claims.models import Claim
from grants import services as grants
from grants.models import LADDER, BudgetLine, LedgerEntry, Period
from overtime_ledger import clock
from overtime_ledger.accounts.models import User
from overtime_ledger.books.models import PeriodSnapshot
from overtime_ledger.books.selectors.reconciliation import compare
from overtime_ledger.books.services import periods, reconciliation
from overtime_ledger.errors import Refusal
from tasking import services as tasking
from tasking.models import Assignment, Enquiry, SubstitutedHoliday
from tasking.quotes import Plan
from tests import factories as make

pytestmark = pytest.mark.django_db(transaction=True)

DAY = date(2021, 2, 10)
BEFORE, AFTER = make.at(date(2021, 2, 9)), make.at(date(2021, 2, 12))
WON = "won"


def at_once(moment: datetime, *verbs: Callable[[], object]) -> Counter[str]:
    """Do all of it at the same moment, each on its own connection; how often each outcome came about.

    Anything but a win or a Refusal (a deadlock, a broken constraint) is raised.
    """
    start = Barrier(len(verbs))

    def run(verb: Callable[[], object]) -> str:
        try:
            connection.ensure_connection()
            start.wait(timeout=10)
            with clock.travel(moment):
                verb()
            return WON
        except Refusal as refusal:
            return refusal.code
        finally:
            connection.close()

    with ThreadPoolExecutor(len(verbs)) as pool:
        return Counter(pool.map(run, verbs))


def tasking_of(house: make.House, to: Enquiry, *officers: User, day: date = DAY) -> Callable[[], object]:
    plan = Plan(
        enquiry=Enquiry.objects.select_related("line", "grant").get(pk=to.pk),
        duty_type="planned",
        starts_at=make.at(day, 16),
        ends_at=make.at(day, 20),
        officers=list(User.objects.select_related("agency").in_bulk([one.pk for one in officers]).values()),
        reason="Observations",
    )
    plan = Plan(**{**vars(plan), "officers": sorted(plan.officers, key=officers.index)})
    return lambda: tasking.task(plan, by=house.di)


def pots(line: BudgetLine) -> tuple[int, ...]:
    line.refresh_from_db()
    return tuple(getattr(line, stage) for stage in LADDER)


@pytest.fixture
def house() -> make.House:
    return make.house()


def test_four_task_against_the_last_hundred_pounds_and_one_wins(house: make.House) -> None:
    enquiry = make.enquiry(house, pence=10_600)  # £106.00; each duty costs £105.12
    officers = [make.officer(house.lead) for _ in range(4)]
    outcomes = at_once(BEFORE, *(tasking_of(house, enquiry, officer) for officer in officers))
    assert outcomes == {WON: 1, "T03": 3}
    assert pots(enquiry.line) == (88, 10_512, 0, 0, 0)
    assert Assignment.objects.count() == 1
    call_command("verify_ledger")


def test_four_approve_the_same_claim_and_one_wins(house: make.House) -> None:
    enquiry = make.enquiry(house)
    claim = make.claim(
        house, make.assignment(house, enquiry, make.officer(house.lead), day=DAY), state="certified"
    )
    verb = lambda: claims.approve(Claim.objects.get(pk=claim.pk), by=house.di, revision=claim.revision)  # noqa: E731
    assert at_once(AFTER, verb, verb, verb, verb) == {WON: 1, "A03": 3}
    assert pots(enquiry.line) == (989_488, 0, 0, 10_512, 0)
    assert LedgerEntry.objects.filter(kind="approval").count() == 1
    assert claim.events.filter(verb="approved").count() == 1


@pytest.mark.parametrize("day", [DAY, date(2021, 2, 11), date(2021, 2, 12)])
def test_overlapping_taskings_of_the_same_officers_named_in_either_order(
    house: make.House, day: date
) -> None:
    enquiry = make.enquiry(house)
    one, two, three = (make.officer(house.lead) for _ in range(3))
    orders = ((one, two, three), (three, two, one), (two, three, one), (one, three, two))
    outcomes = at_once(BEFORE, *(tasking_of(house, enquiry, *order, day=day) for order in orders))
    assert outcomes == {WON: 1, "T06": 3}
    assert pots(enquiry.line) == (1_000_000 - 3 * 10_512, 3 * 10_512, 0, 0, 0)


def test_two_taskings_do_not_pass_an_agencys_maximum_together(house: make.House) -> None:
    agreement = make.agree(house, maximum_pence=15_000)  # one duty of four hours costs £106.67
    enquiry = make.enquiry(house)
    officers = [make.officer(house.other) for _ in range(4)]
    outcomes = at_once(BEFORE, *(tasking_of(house, enquiry, officer) for officer in officers))
    assert outcomes == {WON: 1, "T08": 3}
    assert pots(enquiry.line)[1] <= agreement.maximum_pence


def test_a_duty_is_claimed_once_however_often_it_is_pressed(house: make.House) -> None:
    enquiry = make.enquiry(house)
    constable = make.officer(house.lead)
    duty = make.assignment(house, enquiry, constable, day=DAY)
    statement = claims.as_planned(duty)
    verb = lambda: claims.submit(statement, by=constable)  # noqa: E731
    assert at_once(AFTER, verb, verb, verb, verb) == {WON: 1, "C02": 3}
    assert pots(enquiry.line) == (989_488, 0, 10_512, 0, 0)


def test_two_duties_are_not_claimed_for_the_same_hours(house: make.House) -> None:
    """Each claim is fine alone: both officers' duties are stretched over the same hours."""
    enquiry = make.enquiry(house)
    constable = make.officer(house.lead)
    early = make.assignment(house, enquiry, constable, day=DAY, hours=(8, 12))
    late = make.assignment(house, enquiry, constable, day=DAY, hours=(16, 20))
    stretched = {"starts_at": make.at(DAY, 12, 30), "ends_at": make.at(DAY, 15, 30)}
    statements = [claims.Statement(**{**vars(claims.as_planned(one)), **stretched}) for one in (early, late)]
    outcomes = at_once(
        AFTER,
        lambda: claims.submit(statements[0], by=constable),
        lambda: claims.submit(statements[1], by=constable),
    )
    assert outcomes == {WON: 1, "C02": 1}


def test_time_off_is_granted_once_and_stays_so_while_the_duty_is_claimed(house: make.House) -> None:
    constable = make.officer(house.lead)
    SubstitutedHoliday.objects.create(
        officer=constable,
        day=DAY,
        in_place_of=date(2020, 12, 28),
        evidence="Form 728",
        recorded_by=house.supervisor,
    )
    duty = make.assignment(house, make.enquiry(house), constable, day=DAY, duty_type="public_holiday")
    owed = duty.time_owed.get()
    statement = claims.as_planned(duty)
    grant = lambda: tasking.grant_time_off(owed, by=house.supervisor, granted_for=date(2021, 2, 12))  # noqa: E731
    claim = lambda: claims.submit(statement, by=constable)  # noqa: E731
    assert at_once(AFTER, grant, claim, grant, claim) == {WON: 2, "T19": 1, "C02": 1}
    owed.refresh_from_db()
    assert (owed.status, duty.time_owed.count()) == ("granted", 1)


def test_a_duty_is_either_cancelled_or_claimed(house: make.House) -> None:
    enquiry = make.enquiry(house)
    constable = make.officer(house.lead)
    duty = make.assignment(house, enquiry, constable, day=DAY)
    statement = claims.as_planned(duty)
    outcomes = at_once(
        AFTER,
        lambda: claims.submit(statement, by=constable),
        lambda: tasking.cancel(duty.tasking, by=house.di, reason="Not needed"),
        lambda: tasking.stand_down(duty, by=house.di, reason="Not needed"),
    )
    assert outcomes[WON] == 1
    assert pots(enquiry.line) in ((989_488, 0, 10_512, 0, 0), (1_000_000, 0, 0, 0, 0))


def test_a_payment_and_reversals_the_other_way_round(house: make.House) -> None:
    """All claims are paid together while each is reversed, last first: no deadlock, each ends one way."""
    enquiry = make.enquiry(house)
    approved = [
        make.claim(
            house, make.assignment(house, enquiry, make.officer(house.lead), day=DAY), state="approved"
        )
        for _ in range(6)
    ]

    def pay() -> None:
        claims.settle(approved, grant=house.grant, agency=house.lead, reference="Payroll 1", by=house.finance)

    def reverse_each() -> None:
        for claim in reversed(approved):
            claims.reverse(claim, by=house.di, revision=claim.revision, reason="Wrong")

    outcomes = at_once(AFTER, pay, reverse_each)
    states = Counter(Claim.objects.values_list("status", flat=True))
    # Either all were paid and the reversals were of claims that had changed, or at least one was not payable.
    assert outcomes == {WON: 1, "A03": 1} or outcomes == {WON: 1, "F05": 1}
    if states["settled"]:
        assert states == {"settled": 6} and pots(enquiry.line)[4] == 6 * 10_512
    else:
        assert states == {"reversed": 6} and pots(enquiry.line) == (1_000_000, 0, 0, 0, 0)
    call_command("verify_ledger")


def test_four_bulk_approvals_of_the_same_list_share_it(house: make.House) -> None:
    """As the door of a bulk approval does: one claim at a time, each in its own transaction."""
    enquiry = make.enquiry(house)
    certified = [
        make.claim(
            house, make.assignment(house, enquiry, make.officer(house.lead), day=DAY), state="certified"
        )
        for _ in range(8)
    ]
    done: list[int] = []

    def approve_all(order: list[Claim]) -> None:
        for claim in order:
            try:
                claims.approve(claim, by=house.di, revision=claim.revision)
                done.append(claim.pk)
            except Refusal as refusal:
                assert refusal.code == "A03"

    orders = (certified, certified[::-1], certified[4:] + certified[:4], certified[1:] + certified[:1])
    outcomes = at_once(AFTER, *(lambda order=order: approve_all(order) for order in orders))  # type: ignore[misc]
    assert outcomes == {WON: 4}
    assert sorted(done) == sorted(claim.pk for claim in certified)
    assert pots(enquiry.line) == (1_000_000 - 8 * 10_512, 0, 0, 8 * 10_512, 0)
    call_command("verify_ledger")


def test_money_moved_both_ways_at_once_is_all_there(house: make.House) -> None:
    one, two = make.enquiry(house, pence=1_000), make.enquiry(house, pence=1_000)

    def moving(source: BudgetLine, target: BudgetLine, name: str) -> Callable[[], None]:
        def move() -> None:
            for number in range(5):
                token = f"{name}{number}"
                grants.move(source, target, 100, by=house.di, reason="To and fro", token=token)

        return move

    there, back = moving(one.line, two.line, "there"), moving(two.line, one.line, "back")
    also_there, also_back = moving(one.line, two.line, "again"), moving(two.line, one.line, "home")
    assert at_once(AFTER, there, back, also_there, also_back) == {WON: 4}
    assert pots(one.line) == pots(two.line) == (1_000, 0, 0, 0, 0)
    call_command("verify_ledger")


def test_the_same_press_twice_moves_money_once(house: make.House) -> None:
    enquiry = make.enquiry(house, pence=1_000)
    main = house.grant.lines.get(is_main=True)
    verb = lambda: grants.move(main, enquiry.line, 100, by=house.di, reason="More", token="page-7")  # noqa: E731
    assert at_once(AFTER, verb, verb, verb, verb) == {WON: 1, "L01": 3}
    assert pots(enquiry.line) == (1_100, 0, 0, 0, 0)


def test_enquiries_opened_at_once_have_names_of_their_own(house: make.House) -> None:
    verb = lambda: tasking.open_enquiry(  # noqa: E731
        house.grant, by=house.di, objective="Fuller enquiries", kind="surveillance", new_subjects=1
    )
    assert at_once(AFTER, verb, verb, verb, verb) == {WON: 4}
    names = set(Enquiry.objects.values_list("name", flat=True))
    assert names == {"Enquiry 1", "Enquiry 2", "Enquiry 3", "Enquiry 4"}


MARCH = make.at(date(2021, 3, 8))
LAST_OF_FEBRUARY = make.at(date(2021, 2, 28), 23, 59)


def reconciled(house: make.House) -> Period:
    """February of the grant, soft-closed and signed for."""
    february = house.grant.periods.get(number="P11")
    with clock.travel(MARCH):
        made = reconciliation.prepare(february, by=house.finance, seen=compare(february).digest)
        reconciliation.sign(made, by=house.second_finance, seen=made.sha256)
        periods.soft_close(february, by=house.finance, reason="Month end")
    return february


def travelling(moment: datetime, verb: Callable[[], object]) -> Callable[[], object]:
    def then() -> object:
        with clock.travel(moment):
            return verb()

    return then


@pytest.mark.parametrize("round_", range(3))
def test_what_is_posted_while_its_period_closes_is_in_the_snapshot_or_refused(
    house: make.House, round_: int
) -> None:
    """Money is given back on the last day of February while February is closed for good."""
    enquiry, before = make.enquiry(house), LedgerEntry.objects.count
    with clock.travel(BEFORE):
        duties = [make.assignment(house, enquiry, make.officer(house.lead), day=DAY) for _ in range(3)]
    february, posted = reconciled(house), before()
    release = [
        travelling(LAST_OF_FEBRUARY, partial(tasking.cancel, one.tasking, by=house.di, reason="Called off"))
        for one in duties
    ]
    close = travelling(MARCH, lambda: periods.close(february, by=house.finance, reason="Reported"))
    outcomes = at_once(MARCH, *release[: round_ + 1], close, *release[round_ + 1 :])
    snapshot = PeriodSnapshot.objects.get()
    given_back = before() - posted
    assert outcomes == Counter({WON: 1 + given_back}) + Counter({"F01": 3 - given_back})
    last = LedgerEntry.objects.latest("number")
    assert snapshot.last_number == last.number and last.posted_on <= february.ends_on
    assert snapshot.figures["totals"]["tasked"] == pots(enquiry.line)[1]
    call_command("verify_ledger")


def test_what_is_paid_while_its_days_are_signed_for_is_in_the_reconciliation_or_refused(
    house: make.House,
) -> None:
    enquiry = make.enquiry(house)
    duty = make.assignment(house, enquiry, make.officer(house.lead), day=DAY)
    due = make.claim(house, duty, state="approved")
    february = house.grant.periods.get(number="P11")
    with clock.travel(MARCH):
        made = reconciliation.prepare(february, by=house.finance, seen=compare(february).digest)
    pay = travelling(
        LAST_OF_FEBRUARY,
        lambda: claims.settle(
            [due], grant=house.grant, agency=house.lead, reference="PAY 1", by=house.finance
        ),
    )
    sign = travelling(MARCH, lambda: reconciliation.sign(made, by=house.second_finance, seen=made.sha256))
    outcomes = at_once(MARCH, pay, sign)
    made.refresh_from_db()
    assert outcomes == ({WON: 1, "F01": 1} if made.is_signed else {WON: 1, "A03": 1})
    assert LedgerEntry.objects.filter(kind="settlement").exists() is not made.is_signed
