"""The story of a grant, from award to settlement, in figures a finance person can follow."""

from datetime import date, timedelta

import pytest
from django.core.management import call_command

from claims import services as claims
from grants import services as grants
from grants.models import LADDER, BudgetLine
from overtime_ledger import clock
from tasking import services as tasking
from tests import factories as make

pytestmark = pytest.mark.django_db


def balances(line: BudgetLine) -> tuple[int, ...]:
    """available, tasked, claimed, approved, settled of a line, in pence."""
    line.refresh_from_db()
    return tuple(getattr(line, stage) for stage in LADDER)


def test_a_grant_from_award_to_settlement_reversal_and_release() -> None:
    house = make.house()
    main = house.grant.lines.get(is_main=True)
    # The award: £135,000.00 stands on the main line.
    assert balances(main) == (13_500_000, 0, 0, 0, 0)

    # The DI allocates £10,000.00 to an enquiry.
    enquiry = make.enquiry(house, pence=1_000_000)
    assert balances(main) == (12_500_000, 0, 0, 0, 0)
    assert balances(enquiry.line) == (1_000_000, 0, 0, 0, 0)

    # A constable on £41,130 is tasked from 16:00 to 20:00. Four hours are 16 quarters at time and a third:
    # £41,130 x 6/313 / 40 = £19.7109 an hour; 4 hours x 4/3 = £105.12.
    constable = make.officer(house.lead)
    duty = make.assignment(house, enquiry, constable)
    assert duty.committed_pence == 10_512
    assert balances(enquiry.line) == (989_488, 10_512, 0, 0, 0)

    # He worked to 19:00 only: £78.84 is claimed, £26.28 returns to the enquiry at once.
    statement = claims.as_planned(duty)
    shorter = claims.Statement(**{**vars(statement), "ends_at": make.at(duty.duty_on, 19)})
    with clock.travel(make.at(date(2021, 2, 11))):
        claim = claims.submit(shorter, by=constable)
        assert balances(enquiry.line) == (992_116, 0, 7_884, 0, 0)

        # A supervisor certifies the hours: no money moves. The DI approves: it is incurred.
        claim = claims.certify(claim, by=house.supervisor, revision=claim.revision, record="Duty record 1")
        assert balances(enquiry.line) == (992_116, 0, 7_884, 0, 0)
        claim = claims.approve(claim, by=house.di, revision=claim.revision)
        assert balances(enquiry.line) == (992_116, 0, 0, 7_884, 0)

        # Payroll pays: it is settled.
        claims.settle(
            [claim], grant=house.grant, agency=house.lead, reference="Payroll 2021-02", by=house.finance
        )
        assert balances(enquiry.line) == (992_116, 0, 0, 0, 7_884)

        # It turns out to be wrong: the approval is reversed, and the money is available again.
        claim.refresh_from_db()
        claim = claims.reverse(claim, by=house.di, revision=claim.revision, reason="Paid by another fund")
        assert balances(enquiry.line) == (1_000_000, 0, 0, 0, 0)

    # Another duty is never claimed: after the last day its £105.12 is released.
    make.assignment(house, enquiry, constable, day=date(2021, 3, 30))
    assert balances(enquiry.line) == (989_488, 10_512, 0, 0, 0)
    with clock.travel(make.at(house.grant.eligible_to + timedelta(days=1))):
        for assignment in tasking.unclaimed_after(house.grant, clock.today()):
            tasking.release(assignment, by=house.finance, reason="Never claimed")
    assert balances(enquiry.line) == (1_000_000, 0, 0, 0, 0)

    # What the enquiry does not need goes back to the main line. The award is whole.
    with clock.travel(make.at(date(2021, 4, 1))):
        grants.move(enquiry.line, main, 1_000_000, by=house.di, reason="Not needed", token="back")
    assert balances(main) == (13_500_000, 0, 0, 0, 0)
    call_command("verify_ledger")
