"""Pages ask the database as often for many rows as for few: every page of the access matrix."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from claims import services as claims
from claims.models import Claim
from claims.selectors import clean_for
from claims.services import together
from grants import planning
from grants import services as grants
from grants.models import AgencyAgreement, AgencyRate, OnCostRate, TermsChange
from overtime_ledger import clock
from overtime_ledger.accounts import two_people
from overtime_ledger.accounts.models import Agency, PayPoint, User
from overtime_ledger.audit.models import AccessLog
from overtime_ledger.books.models import ForceLine
from overtime_ledger.books.services import matches
from overtime_ledger.funder import services as funder
from tasking import services as tasking
from tasking.models import RestDay, RosteredTour, SubstitutedHoliday, Tasking, TimeOwed
from tasking.quotes import Plan
from tests import factories as make
from tests.books.scene import force_file, force_lines
from tests.factories import at
from tests.funder.scene import SIGN, another
from tests.payments.payroll import payroll
from tests.payments.scene import papers
from tests.scene import FEB_1, Scene, another_grant
from tests.test_access_matrix import TABLE, Addresses, Page, put_on_the_late_list

# Each page is opened by the first who may, and these by everybody whose page differs.
BY_EVERYBODY = ("", "claims/", "taskings/", "time-owed/", "claims/interests/")
DIFFERENT = "di officer supervisor clerk finance auditor administrator"


@pytest.fixture
def db(own_database: None) -> None:
    """In the place of pytest-django's: a copy of the scene."""


def openers() -> Iterator[tuple[str, Page, str]]:
    """Every page that opens, with who opens it here."""
    for route, page in TABLE.items():
        names = page.opens.split()
        if route in BY_EVERYBODY:
            yield from ((route, page, name) for name in DIFFERENT.split() if name in names)
        elif names and "anonymous" not in names:
            yield route, page, names[0]


def test_many_rows_take_as_many_queries_as_few(db: None, stage: Scene) -> None:
    another_grant(stage.house, "PCD 912")
    TimeOwed.objects.create(assignment=stage.btp_to_claim, kind="toil", minutes=60, because="An hour")
    reversed_one = make.assignment(stage.house, stage.enquiry, stage.constables[0], day=date(2021, 2, 5))
    claim = make.claim(stage.house, reversed_one, state="approved")
    claims.reverse(claim, by=stage.house.di, revision=claim.revision, reason="Not worked after all")
    ContentType.objects.get_for_models(*apps.get_models())  # else asked for by whoever comes first
    few = counted(stage, Addresses(stage))
    bigger = twice_as_much(stage)
    many = counted(stage, Addresses(bigger))
    grown = {page: (few[page], count) for page, count in many.items() if count > few[page]}
    assert grown == {}, "queries with few rows and with many"


def counted(stage: Scene, addresses: Addresses) -> dict[str, int]:
    """Queries of each page."""
    clients: dict[str, Client] = {}
    found: dict[str, int] = {}
    for route, page, name in openers():
        if name not in clients:
            clients[name] = Client()
            clients[name].force_login(User.objects.get(username=name))
        address = addresses.of(route, page)
        connection.queries_log.clear()  # it holds 9,000 and is shared by all pages
        with CaptureQueriesContext(connection) as captured:
            answer = clients[name].get(address)
            answer.close()
        assert answer.status_code == 200, address
        found[f"{name}: /{route}"] = len(captured)
    return found


def twice_as_much(stage: Scene) -> Scene:
    """Again as many officers, enquiries, duties, claims in each state, settlements, agreements, grants.

    The tasking and the claims that have pages of their own here have more officers and more history.
    """
    house = stage.house
    _another_agency(stage)
    make.enquiry(house, pence=100_000), make.enquiry(house, pence=0)
    constables = [make.officer(house.lead) for _ in range(6)]
    for offset, who in enumerate([*constables, *stage.btp, stage.constables[0]]):
        lead = who.agency_id == house.lead.pk
        for state in ("submitted", "certified", "approved"):
            make.claim(house, make.assignment(house, stage.enquiry, who, day=_day(offset)), state=state)
            offset += 9 if lead else 8
        late = make.assignment(house, stage.enquiry, who, day=date(2021, 2, 9), hours=(5, 8))
        with clock.travel(at(date(2021, 3, 5))):
            claim = claims.submit(claims.as_planned(late), by=who)
            supervisor = house.supervisor if lead else house.other_supervisor
            claims.certify(claim, by=supervisor, revision=claim.revision, record="Duty record 1")
        to_come = make.assignment(house, stage.enquiry, who, day=date(2021, 3, 12))
        TimeOwed.objects.create(assignment=to_come, kind="toil", minutes=60, because="Worked for time off")
        make.assignment(house, stage.enquiry, who, day=date(2021, 2, 8), hours=(5, 8))
        RosteredTour.objects.create(officer=who, starts_at=at(FEB_1, 1), ends_at=at(FEB_1, 2))
    for number in range(3):
        _settle_one(stage, number)
    grants.delegate(
        house.grant, make.person("deputy", agency=house.lead), by=house.di, from_on=FEB_1, to_on=clock.today()
    )
    grants.move(stage.enquiry.line, stage.second.line, 100, by=house.di, reason="Evened out", token="more")
    make.outcomes(house.grant, by=house.di)
    AccessLog.objects.create(by=house.di, action="viewed", what="Codenames")
    _more_reference_data(stage)
    for number, first, days in ((1, date(2021, 2, 27), 1), (2, date(2021, 2, 20), 2)):
        papers(stage, number=f"BTP-9{number}", first=first, days=days)
        payroll(stage, reference=f"2021-03/OT9{number}", officers=4)
    for number in (914, 915):
        another_grant(house, f"PCD {number}")
    returned = claims.submit(
        claims.as_claimed(stage.returned),
        by=stage.returned.claimant,
        claim=stage.returned,
        revision=stage.returned.revision,
    )
    returned = claims.return_claim(
        returned, by=house.di, revision=returned.revision, reason_code="times", reason="Still not as logged"
    )
    _more_claims_to_the_funder(stage)
    _more_of_the_force(stage)
    return replace(
        stage,
        returned=returned,
        repeated=_bigger_tasking(stage, constables),
        drawn=together.draw(clean_for(house.di), by=house.di),
    )


def _more_claims_to_the_funder(stage: Scene) -> None:
    """Two more claims, certified and sent, with receipts, and reversals of lines that are claimed."""
    grant, finance = stage.house.grant, stage.house.finance
    people = {one.username: one for one in User.objects.filter(username__in=("finance", *SIGN))}
    approved = iter(Claim.objects.filter(grant=grant, status=Claim.Status.APPROVED, batch_lines=None))

    def reverse_one() -> None:
        claim = next(approved)
        claims.reverse(claim, by=stage.house.di, revision=claim.revision, reason="Not worked after all")

    another(grant, people, up_to=clock.today())
    for _ in range(2):
        reverse_one()
        another(grant, people, up_to=clock.today())
        sent = grant.funder_claims.filter(status="certified").latest("number")
        funder.send(sent, by=finance, sent_on=clock.today(), reference=f"Portal {sent.number}")
        for number in (1, 2):
            said = {"received_on": clock.today(), "reference": f"HO {sent.number}/{number}", "by": finance}
            funder.receive(sent, pence=100, **said)
    reverse_one(), reverse_one()


def _more_reference_data(stage: Scene) -> None:
    """More pay tables, rule sets and on-costs, and of each officer a rest day, a holiday and time owed."""
    house = stage.house
    for year in (2018, 2019):
        day = date(year, 9, 1)
        point = PayPoint(rank="constable", scale="constable_2013", point="7", annual_pay_pence=4_000_000)
        make.pay_table([point], valid_from=day)
        make.rule_set(house.lead, valid_from=day)
        OnCostRate.objects.create(
            kind="levy", percent="0.5", valid_from=day, source="Rates", recorded_by=house.finance
        )
    for who in (*stage.constables[1:3], stage.btp[1]):
        put_on_the_late_list(stage, who)
    _planned_and_said(stage)
    for number in (1, 2):
        TermsChange.objects.create(
            grant=house.grant,
            kind="funder",
            before={"on_cost": "none"},
            after={"on_cost": "ni"},
            reason=f"Asked for {number} times",
            withdrawn_because="Not wanted any more",
            status="withdrawn",
            effective_from=FEB_1,
            proposed_by=house.finance,
            proposed_at=at(FEB_1),
        )
    for who in stage.constables:
        RestDay.objects.create(officer=who, day=date(2021, 3, 20))
        SubstitutedHoliday.objects.create(
            officer=who,
            day=date(2021, 3, 20),
            in_place_of=date(2021, 1, 1) if who != stage.constables[0] else date(2020, 12, 25),
            evidence="Order 12",
            recorded_by=house.supervisor,
        )
        for duty in who.assignments.all()[:1]:
            TimeOwed.objects.create(assignment=duty, kind="toil", minutes=60, because="An hour")


def _planned_and_said(stage: Scene) -> None:
    """Two profiles and a third that waits, a notice of an underspend, comments on lines and an agency."""
    house = stage.house
    for number, reason in enumerate(("At first", "Later", "To come")):
        points = [(house.grant.eligible_to, house.grant.amount_pence - number)]
        profile = planning.set_profile(house.grant, by=house.finance, points=points, reason=reason)
        if reason != "To come":
            planning.confirm_profile(profile, by=house.second_finance, seen=two_people.state_of(profile))
    planning.watch(house.grant)
    for said in ("Billed late", "Paid late"):
        for about in ({"line": stage.enquiry.line}, {"line": stage.second.line}, {"agency": house.lead}):
            planning.comment(house.grant, by=house.di, kind="timing", comment=said, **about)


def _day(offset: int) -> date:
    return date(2021, 2, 2) + timedelta(days=offset % 27)


def _another_agency(stage: Scene) -> None:
    """One more agency with its agreement, rate card and officers."""
    house, agency = stage.house, Agency.objects.create(code="NCA", name="National Crime Agency")
    agreement = AgencyAgreement.objects.create(
        grant=house.grant,
        agency=agency,
        reference="NCA/1",
        charging_basis="Agreed hourly rates",
        maximum_pence=1_000_000,
        signed_on=FEB_1,
        recorded_by=house.finance,
    )
    two_people.confirm(agreement, by=house.second_finance)
    rate = AgencyRate.objects.create(
        agreement=agreement,
        grade="constable",
        duty_type="planned",
        hourly_pence=2100,
        multiplier="4/3",
        valid_from=FEB_1,
        valid_to=date(2021, 3, 31),
        source="Rate letter",
        recorded_by=house.finance,
    )
    two_people.confirm(rate, by=house.second_finance)
    for day in (4, 11, 18):
        make.assignment(house, stage.enquiry, make.officer(agency), day=date(2021, 2, day))


def _more_of_the_force(stage: Scene) -> None:
    """More lines of the force's ledger, in another file, some of them matched."""
    force_lines(stage.house, 6, "More")
    grant, by = stage.house.grant, stage.house.finance
    for line in ForceLine.objects.order_by("-pk")[:3]:
        matches.match_by_hand(grant, [], [line], by=by, reason="Booked and taken back", differing=True)
    force_file(stage.house, "Further", 6)


def _settle_one(stage: Scene, number: int) -> None:
    due = stage.house.grant.claims.filter(status="approved", agency=stage.house.lead, batch_lines=None)
    claim = due.earliest("pk")
    claims.settle(
        [claim],
        grant=stage.house.grant,
        agency=stage.house.lead,
        reference=f"2021-03/OT{number}",
        by=stage.house.finance,
    )


def _bigger_tasking(stage: Scene, officers: list[User]) -> Tasking:
    with clock.travel(at(date(2021, 3, 5), 18)):
        plan = Plan(
            enquiry=stage.second,
            duty_type="planned",
            starts_at=at(date(2021, 3, 6), 10),
            ends_at=at(date(2021, 3, 6), 14),
            officers=[*officers, stage.btp[0]],
            reason="Observations",
        )
        return tasking.task(plan, by=stage.house.di)
