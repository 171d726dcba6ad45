"""One working day with everybody in it: a grant at work, claims in every state, those who see nothing.

For tests that look across the whole product: journeys, the access matrix, query counts. The day is Monday,
8 March 2021.
"""

from dataclasses import dataclass, replace
from datetime import date

from django.contrib.auth.hashers import make_password

from claims import services as claims
from claims.models import BulkApproval, Claim, Settlement
from claims.services import together
from grants import services as grants
from grants.models import Authority, Grant
from overtime_ledger import clock
from overtime_ledger.accounts.models import Agency, User
from tasking import services as tasking
from tasking.models import Assignment, Enquiry, Tasking
from tasking.quotes import Plan
from tests import factories as make
from tests.factories import House, at

PASSWORD = "nine wet bicycles"
FEB_1 = date(2021, 2, 1)
OF_THE_SCENE = 500  # numbers of people and agencies that are kept for those of the scene


@dataclass
class Scene:
    """Who and what there is. Amounts: four hours of a constable of the lead force cost £105.12."""

    house: House
    enquiry: Enquiry
    second: Enquiry
    empty: Enquiry
    constables: list[User]
    btp: list[User]
    repeated: Tasking
    to_claim: Assignment
    to_claim_too: Assignment
    to_come: Assignment
    btp_to_claim: Assignment
    clean: list[Claim]
    flagged: Claim
    flagged_too: Claim
    to_certify: Claim
    btp_to_certify: Claim
    returned: Claim
    waiting: Claim
    approved: list[Claim]
    btp_approved: Claim
    settled: Claim
    settlement: Settlement
    delegation: Authority
    drawn: BulkApproval


def scene() -> Scene:
    """Make it all by the services, each step at its own time by the person whose step it is."""
    house = make.house()
    make.agree(house)
    enquiry, second = make.enquiry(house, pence=2_000_000), make.enquiry(house, pence=500_000)
    constables = [make.officer(house.lead) for _ in range(6)]
    btp = [make.officer(house.other) for _ in range(2)]
    first, *others = constables

    def duty(who: User, month: int, day: int, to: Enquiry = enquiry) -> Assignment:
        return make.assignment(house, to, who, day=date(2021, month, day))

    def claim(who: User, month: int, day: int, state: str) -> Claim:
        return make.claim(house, duty(who, month, day), state=state)

    approved = [claim(who, 2, day, "approved") for who, day in zip(others[:3], (3, 17, 26), strict=True)]
    settled = claim(others[0], 2, 10, "approved")
    settlement = _paid(house, settled)
    clean = [claim(who, 3, day, "certified") for who, day in zip(others[:3], (1, 2, 3), strict=True)]
    made = Scene(
        house=house,
        enquiry=enquiry,
        second=second,
        empty=make.enquiry(house, pence=0),
        constables=constables,
        btp=btp,
        repeated=_together(house, second, [others[0], others[1], btp[1]]),
        to_claim=duty(first, 3, 4),
        to_claim_too=duty(first, 3, 5),
        to_come=duty(first, 3, 11),
        btp_to_claim=duty(btp[0], 3, 5),
        clean=clean,
        flagged=_late(house, duty(others[3], 2, 10)),
        flagged_too=_late(house, duty(others[4], 2, 11, second)),
        to_certify=claim(others[3], 3, 4, "submitted"),
        btp_to_certify=claim(btp[1], 3, 2, "submitted"),
        returned=_returned(house, claim(first, 2, 24, "certified")),
        waiting=_asking_for_more(duty(others[4], 3, 3)),
        approved=approved,
        btp_approved=claim(btp[0], 2, 18, "approved"),
        settled=settled,
        settlement=settlement,
        delegation=_delegated(house),
        drawn=_drawn_up(house, clean),
    )
    _sign_in_names(made)
    return made


def _paid(house: House, claim: Claim) -> Settlement:
    with clock.travel(at(date(2021, 2, 20))):
        return claims.settle(
            [claim], grant=house.grant, agency=house.lead, reference="2021-02/OT1", by=house.finance
        )


def _drawn_up(house: House, clean: list[Claim]) -> BulkApproval:
    with clock.travel(at(date(2021, 3, 5), 9)):
        return together.draw(clean, by=house.di)


def _together(house: House, enquiry: Enquiry, officers: list[User]) -> Tasking:
    """Three officers on the Saturday before, tasked last, to be tasked again next week."""
    with clock.travel(at(date(2021, 3, 5), 18)):
        plan = Plan(
            enquiry=enquiry,
            duty_type="planned",
            starts_at=at(date(2021, 3, 6), 10),
            ends_at=at(date(2021, 3, 6), 14),
            officers=officers,
            reason="Observations",
        )
        return tasking.task(plan, by=house.di)


def _late(house: House, duty: Assignment) -> Claim:
    """A certified claim that a control asks about: it came more than 14 days after the duty."""
    with clock.travel(at(date(2021, 3, 2), 12)):
        claim = claims.submit(claims.as_planned(duty), by=duty.officer)
        return claims.certify(claim, by=house.supervisor, revision=claim.revision, record="Duty record 1")


def _returned(house: House, claim: Claim) -> Claim:
    with clock.travel(at(date(2021, 3, 1), 10)):
        return claims.return_claim(
            claim,
            by=house.di,
            revision=claim.revision,
            reason_code="times",
            reason="The log says that it ended earlier",
        )


def _asking_for_more(duty: Assignment) -> Claim:
    with clock.travel(at(date(2021, 3, 4), 9)):
        longer = replace(claims.as_planned(duty), ends_at=at(duty.duty_on, 21))
        return claims.submit(longer, by=duty.officer, reason="The subject moved on late")


def _delegated(house: House) -> Authority:
    """The deputy acts up to £500 a decision until the end; another one's delegation ran out."""
    expired = make.person("deputy", agency=house.lead, name="DS 9005", is_staff=True)
    User.objects.filter(pk=expired.pk).update(username="expired_deputy")
    with clock.travel(at(FEB_1)):
        grants.delegate(house.grant, expired, by=house.di, from_on=FEB_1, to_on=date(2021, 2, 7))
        return grants.delegate(
            house.grant, house.deputy, by=house.di, from_on=FEB_1, to_on=date(2021, 3, 31), limit_pence=50_000
        )


def another_grant(house: House, reference: str, *, controlled_by: str = "") -> Grant:
    """Another grant of the same force: open with a DI of its own, who signs in by that name, or a draft."""
    with clock.travel(at(FEB_1)):
        grant = grants.set_up_grant(
            by=house.finance,
            reference=reference,
            title="Another pilot",
            funder="Home Office",
            fund="SOC",
            recipient="MOPAC",
            spending_body="MPS",
            purpose="Overtime",
            lead_force=house.lead,
            amount_pence=1_000_000,
            eligible_from=date(2021, 2, 1),
            eligible_to=date(2021, 3, 31),
            claims_close_on=date(2021, 3, 31),
            books_close_on=date(2021, 4, 30),
        )
        if controlled_by:
            di = make.person("controlling_di", agency=house.lead, name="DI 9006", is_staff=True)
            User.objects.filter(pk=di.pk).update(username=controlled_by, password=house.di.password)
            grants.appoint_controller(grant, di, by=house.finance, from_on=FEB_1)
            make.open_up(replace(house, grant=grant, di=di))
    grant.refresh_from_db()
    return grant


def _sign_in_names(made: Scene) -> None:
    house = made.house
    third = Agency.objects.create(code="SYP", name="South Yorkshire Police")
    names = {
        "di": house.di,
        "deputy": house.deputy,
        "finance": house.finance,
        "second_finance": house.second_finance,
        "supervisor": house.supervisor,
        "btp_supervisor": house.other_supervisor,
        "clerk": house.clerk,
        "auditor": house.auditor,
        "administrator": house.administrator,
        "project_manager": make.person("project_manager", agency=house.lead, name="PM 9007"),
        "cfo": make.person("chief_finance_officer", agency=house.lead, name="CFO 9008"),
        "officer": made.constables[0],
        "btp_officer": made.btp[0],
        "other_clerk": make.person("agency_clerk", agency=third, name="SYP clerk 1"),
        "nobody": make.person(agency=house.lead, name="Visitor 1"),
    }
    for name, person in names.items():
        person.username = name
        person.save(update_fields=["username"])
    User.objects.update(password=make_password(PASSWORD))
