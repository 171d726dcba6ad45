"""A part of a claim is approved, its rest goes back; its claimant disputes it once."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction

from claims import services
from claims.models import Claim, Dispute
from claims.services import parts
from grants import services as grants
from overtime_ledger import clock
from overtime_ledger.errors import Refusal
from tasking.models import Enquiry
from tests import factories as make

pytestmark = pytest.mark.django_db


@contextmanager
def refused(code: str) -> Iterator[None]:
    with pytest.raises(Refusal) as refusal:
        yield
    assert refusal.value.code == code


@pytest.fixture
def house() -> Iterator[make.House]:
    made = make.house()
    with clock.travel(make.at(date(2021, 2, 12))):
        yield made


@pytest.fixture
def enquiry(house: make.House) -> Enquiry:
    return make.enquiry(house)


@pytest.fixture
def certified(house: make.House, enquiry: Enquiry) -> Claim:
    """Four hours, 16:00 to 20:00, £105.12."""
    duty = make.assignment(house, enquiry, make.officer(house.lead))
    return make.claim(house, duty, state="certified")


def stages(enquiry: Enquiry) -> tuple[int, ...]:
    enquiry.line.refresh_from_db()
    line = enquiry.line
    return (line.available, line.tasked, line.claimed, line.approved, line.settled)


def part(house: make.House, claim: Claim, minutes: int = 180, reason: str = "Relieved at 19:00") -> Claim:
    return parts.approve_part(claim, by=house.di, revision=claim.revision, minutes=minutes, reason=reason)


def test_three_of_four_hours_are_approved_and_the_fourth_goes_back(
    house: make.House, enquiry: Enquiry, certified: Claim
) -> None:
    claim = part(house, certified)
    claim.refresh_from_db()
    assert (claim.status, claim.pence, claim.claimed_pence) == ("approved", 7_884, 10_512)
    assert (claim.worked_minutes, claim.approved_minutes) == (240, 180)
    assert sum(line.pence for line in claim.pay_lines) == 7_884
    assert stages(enquiry) == (992_116, 0, 0, 7_884, 0)
    assert claim.assignment.committed_pence == 10_512 - 2_628
    event = claim.events.latest("id")
    assert (event.verb, event.pence, event.reason) == ("part", 7_884, "Relieved at 19:00")
    connection.check_constraints()
    call_command("verify_ledger", stdout=StringIO())


@pytest.mark.parametrize(
    ("minutes", "reason", "code"), [(240, "x", "A11"), (0, "x", "A11"), (180, " ", "A08")]
)
def test_a_part_is_less_than_the_whole_and_has_a_reason(
    house: make.House, enquiry: Enquiry, certified: Claim, minutes: int, reason: str, code: str
) -> None:
    with refused(code):
        part(house, certified, minutes, reason)
    assert stages(enquiry) == (989_488, 0, 10_512, 0, 0)


def test_a_minimum_that_holds_the_pay_up_leaves_no_part(house: make.House, enquiry: Enquiry) -> None:
    duty = make.assignment(house, enquiry, make.officer(house.lead), hours=(16, 19), duty_type="rest_day")
    claim = make.claim(house, duty, state="certified")
    with refused("A11"):
        part(house, claim, 120)


def test_a_deputys_limit_is_asked_of_the_part(house: make.House, enquiry: Enquiry, certified: Claim) -> None:
    until = date(2021, 3, 31)
    grants.delegate(
        house.grant, house.deputy, by=house.di, from_on=clock.today(), to_on=until, limit_pence=7_884
    )
    said = {"by": house.deputy, "revision": certified.revision, "reason": "Relieved at 19:00"}
    with refused("A02"):
        services.approve(certified, **said)
    with refused("A02"):
        parts.approve_part(certified, minutes=210, **said)
    assert stages(enquiry) == (989_488, 0, 10_512, 0, 0)
    parts.approve_part(certified, minutes=180, **said)
    assert stages(enquiry) == (992_116, 0, 0, 7_884, 0)


def test_a_part_is_settled_as_it_was_approved(house: make.House, enquiry: Enquiry, certified: Claim) -> None:
    claim = part(house, certified)
    paid = services.settle([claim], grant=house.grant, agency=house.lead, reference="OT1", by=house.finance)
    assert paid.pence == 7_884 and stages(enquiry) == (992_116, 0, 0, 0, 7_884)


def test_a_part_is_disputed_once_and_answered_by_another(
    house: make.House, enquiry: Enquiry, certified: Claim
) -> None:
    with refused("A12"):
        parts.dispute(certified, by=certified.claimant, reason="I stayed")
    claim = part(house, certified)
    with refused("C01"):
        parts.dispute(claim, by=house.supervisor, reason="He stayed")
    raised = parts.dispute(claim, by=claim.claimant, reason="The relief came at 20:00")
    with refused("A12"):
        parts.dispute(claim, by=claim.claimant, reason="Again")
    with refused("A01"):
        parts.refuse_dispute(raised, by=house.di, answer="No")
    with refused("A02"):
        parts.refuse_dispute(raised, by=house.deputy, answer="No")


def delegated(house: make.House) -> None:
    grants.delegate(house.grant, house.deputy, by=house.di, from_on=clock.today(), to_on=date(2021, 3, 31))


def test_a_refused_dispute_lets_the_part_stand(house: make.House, enquiry: Enquiry, certified: Claim) -> None:
    delegated(house)
    claim = part(house, certified)
    raised = parts.dispute(claim, by=claim.claimant, reason="The relief came at 20:00")
    raised = parts.refuse_dispute(raised, by=house.deputy, answer="The log says 19:00")
    assert raised.status == Dispute.Status.REFUSED
    assert stages(enquiry) == (992_116, 0, 0, 7_884, 0)
    with refused("A12"):
        parts.uphold_dispute(raised, by=house.deputy, answer="After all")


def test_an_upheld_dispute_opens_the_duty_to_be_claimed_again(
    house: make.House, enquiry: Enquiry, certified: Claim
) -> None:
    delegated(house)
    claim = part(house, certified)
    raised = parts.dispute(claim, by=claim.claimant, reason="The relief came at 20:00")
    parts.uphold_dispute(raised, by=house.deputy, answer="The relief's own record says 20:00")
    claim.refresh_from_db()
    assert claim.status == "reversed" and stages(enquiry) == (989_488, 10_512, 0, 0, 0)
    claim.assignment.refresh_from_db()
    again = services.submit(services.as_planned(claim.assignment), by=claim.claimant)
    assert (again.pence, stages(enquiry)) == (10_512, (989_488, 0, 10_512, 0, 0))
    connection.check_constraints()
    call_command("verify_ledger", stdout=StringIO())


def test_the_database_takes_no_part_but_with_the_approval(
    house: make.House, enquiry: Enquiry, certified: Claim
) -> None:
    claim = part(house, certified)
    row = Claim.objects.filter(pk=claim.pk)
    for values in (
        {"pence": 1},
        {"claimed_pence": None, "approved_minutes": None},
        {"claimed_pence": 20_000},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            row.update(**values)
    other = make.claim(house, make.assignment(house, enquiry, make.officer(house.lead)), state="certified")
    for values in ({"pence": 1}, {"claimed_pence": 10_512, "approved_minutes": 60, "pence": 1}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Claim.objects.filter(pk=other.pk).update(revision=other.revision + 1, **values)
