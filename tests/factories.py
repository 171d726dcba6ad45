"""People and agencies by factory; grants, duties and claims by the services, as in life."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import factory
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db import connection

from claims import services as claims
from claims.models import Claim
from grants import services as grants
from grants.models import AgencyAgreement, AgencyRate, Grant, OnCostRate
from overtime_ledger import clock
from overtime_ledger.accounts import two_people
from overtime_ledger.accounts.models import Agency, PayPoint, PayTable, RankHeld, User
from overtime_ledger.post.models import Message
from tasking import services as tasking
from tasking.models import Assignment, Enquiry, RuleSet
from tasking.quotes import Plan
from tests.databases import kept

START = date(2021, 2, 1)


class AgencyFactory(factory.django.DjangoModelFactory[Agency]):
    class Meta:
        model = Agency

    code = factory.Sequence(lambda n: f"AG{n}")
    name = factory.LazyAttribute(lambda agency: f"Agency {agency.code}")


class UserFactory(factory.django.DjangoModelFactory[User]):
    class Meta:
        model = User
        skip_postgeneration_save = True

    username = factory.Sequence(lambda n: f"person{n}")
    staff_number = factory.Sequence(lambda n: str(4000 + n))
    display_name = factory.LazyAttribute(lambda user: f"PC {user.staff_number}")
    agency = factory.SubFactory(AgencyFactory)
    is_staff = factory.LazyAttribute(lambda user: False)

    @factory.post_generation
    def roles(self: User, create: bool, extracted: tuple[str, ...], **kwargs: object) -> None:
        """The names of the person's roles, as in roles.json."""
        if extracted:
            wanted = Group.objects.filter(name__in=extracted)
            if not wanted:  # after a test that commits, the database is emptied
                call_command("roles", "load")
                wanted = wanted.all()
            self.groups.add(*wanted)


class RankHeldFactory(factory.django.DjangoModelFactory[RankHeld]):
    class Meta:
        model = RankHeld

    person = factory.SubFactory(UserFactory)
    rank = RankHeld.Rank.CONSTABLE
    scale = "constable_2013"
    point = "7"
    held_from = date(2020, 9, 1)
    evidence = "Payroll record"


@contextmanager
def numbered(first: int) -> Iterator[None]:
    """Number agencies and people from another number on, and afterwards go on as before."""
    before = [(made, made._meta.next_sequence()) for made in (AgencyFactory, UserFactory)]
    for made, _ in before:
        made.reset_sequence(first)
    yield
    for made, number in before:
        made.reset_sequence(number)


def number_from(least: int) -> None:
    """Number no more agencies or people lower than this."""
    for made in (AgencyFactory, UserFactory):
        made.reset_sequence(max(least, made._meta.next_sequence()))


@dataclass
class House:
    """An open grant with everybody who works on it."""

    grant: Grant
    lead: Agency
    other: Agency
    di: User
    deputy: User
    finance: User
    second_finance: User
    supervisor: User
    auditor: User
    administrator: User
    clerk: User
    other_supervisor: User


def person(*roles: str, agency: Agency, name: str = "", is_staff: bool = False) -> User:
    """Somebody with roles at an agency."""
    extra = {"display_name": name} if name else {}
    return UserFactory(roles=roles, agency=agency, is_staff=is_staff, **extra)


def officer(agency: Agency, *, rank: str = "constable", pay: int | None = 4_113_000, grade: str = "") -> User:
    """An officer of an agency with a rank held since September 2020; pay only for the lead force."""
    made = person("officer", agency=agency)
    scale, point = pay_point(rank, pay) if pay and agency.is_paid_by_payroll else ("", "")
    RankHeldFactory(person=made, rank=rank, grade=grade, scale=scale, point=point)
    return made


def pay_point(rank: str, annual_pay_pence: int) -> tuple[str, str]:
    """Scale and point that pay a sum a year; a table with it, of September 2020, if there is none."""
    known = PayPoint.objects.filter(rank=rank, annual_pay_pence=annual_pay_pence).first()
    if known is None:
        name = f"{rank}_{annual_pay_pence}"
        known = pay_table([PayPoint(rank=rank, scale=name, point="1", annual_pay_pence=annual_pay_pence)])
    return known.scale, known.point


def pay_table(points: list[PayPoint], *, valid_from: date = date(2020, 9, 1)) -> PayPoint:
    """A table of pay as two people leave it; its last point."""
    finance, second = UserFactory(), UserFactory()
    table = PayTable.objects.create(valid_from=valid_from, source="Circular", recorded_by=finance)
    for point in points:
        point.pay_table, point.status = table, "sourced"
    PayPoint.objects.bulk_create(points)
    PayTable.objects.filter(pk=table.pk).update(confirmed_by=second)
    return points[-1]


def rule_set(agency: Agency, *, valid_from: date = date(2020, 9, 1), **switches: Any) -> RuleSet:
    """A rule set of an agency as two people leave it."""
    people = {"recorded_by": UserFactory(), "confirmed_by": UserFactory()}
    return RuleSet.objects.create(agency=agency, valid_from=valid_from, source="Note", **people, **switches)


def on_costs(*, ni: str = "13.8", levy: str = "0.5") -> None:
    """The percentages of employer's National Insurance and of the levy, as two people leave them."""
    people = {"recorded_by": UserFactory(), "confirmed_by": UserFactory()}
    for kind, percent in (("employer_ni", ni), ("levy", levy)):
        OnCostRate.objects.create(
            kind=kind, percent=Decimal(percent), valid_from=date(2020, 4, 6), source="Rates", **people
        )


@kept
def house(*, opened: bool = True, amount_pence: int = 13_500_000) -> House:
    """A grant from 1 February to 31 March 2021 with its people, opened on its first day through its gates."""
    with clock.travel(at(START)):
        lead = AgencyFactory(
            code="MPS", name="Metropolitan Police Service", settled_by=Agency.SettledBy.PAYROLL
        )
        other = AgencyFactory(code="BTP", name="British Transport Police")
        finance = person("finance", agency=lead, name="Finance 1", is_staff=True)
        second = person("finance", agency=lead, name="Finance 2", is_staff=True)
        rule_set(lead)
        usual = PayPoint(rank="constable", scale="constable_2013", point="7", annual_pay_pence=4_113_000)
        pay_table([usual])
        di = person("controlling_di", agency=lead, name="DI 9001", is_staff=True)
        deputy = person("deputy", agency=lead, name="DS 9002", is_staff=True)
        grant = grants.set_up_grant(
            by=finance,
            reference="PCD 911",
            title="Pilot",
            funder="Home Office",
            fund="SOC",
            recipient="MOPAC",
            spending_body="MPS",
            purpose="Overtime",
            lead_force=lead,
            amount_pence=amount_pence,
            eligible_from=date(2021, 2, 1),
            eligible_to=date(2021, 3, 31),
            claims_close_on=date(2021, 3, 31),
            books_close_on=date(2021, 4, 30),
        )
        made = House(
            grant=grant,
            lead=lead,
            other=other,
            di=di,
            deputy=deputy,
            finance=finance,
            second_finance=second,
            supervisor=person("supervisor", agency=lead, name="PS 9003"),
            auditor=person("auditor", agency=lead, name="Auditor 1", is_staff=True),
            administrator=person("administrator", agency=lead, name="Administrator 1", is_staff=True),
            clerk=person("agency_clerk", agency=other, name="BTP clerk 1"),
            other_supervisor=person("supervisor", agency=other, name="BTP PS 9004"),
        )
        grants.appoint_controller(grant, di, by=finance, from_on=START)
        if opened:
            open_up(made)
    return made


def open_up(made: House) -> None:
    """Every gate as two people leave it who record and confirm it, at once for speed; then open the grant."""
    made.grant.gates.update(
        happened_on=clock.today(),
        evidence="On file",
        recorded_by=made.finance,
        confirmed_by=made.second_finance,
    )
    grants.open_grant(made.grant, by=made.finance)
    made.grant.refresh_from_db()


def agree(
    made: House, *, maximum_pence: int = 2_000_000, grades: tuple[str, ...] = ("constable", "sergeant")
) -> AgencyAgreement:
    """A confirmed agreement and rate card with the other agency: £20.00 an hour at the usual multipliers.

    The rates are as two people leave them who record and confirm them, at once for speed.
    """
    agreement = grants.record_agreement(
        made.grant,
        by=made.finance,
        agency=made.other,
        reference="BTP/1",
        charging_basis="Agreed hourly rates",
        maximum_pence=maximum_pence,
        signed_on=START,
    )
    two_people.confirm(agreement, by=made.second_finance)
    AgencyRate.objects.bulk_create(
        AgencyRate(
            agreement=agreement,
            grade=grade,
            duty_type=duty_type,
            hourly_pence=2000,
            multiplier=multiplier,
            valid_from=START,
            valid_to=date(2021, 3, 31),
            source="Rate letter",
            agreed_with="Head of finance",
            recorded_by=made.finance,
            confirmed_by=made.second_finance,
        )
        for grade in grades
        for duty_type, multiplier in (("planned", "4/3"), ("casual", "4/3"), ("rest_day", "3/2"))
    )
    return agreement


def at(day: date, hour: int = 9, minute: int = 0) -> datetime:
    """A moment of a day in London."""
    return clock.london(day, datetime.min.time().replace(hour=hour, minute=minute))


def enquiry(made: House, *, pence: int = 1_000_000) -> Enquiry:
    """An enquiry against one subject with money allocated to it on the grant's first day."""
    with clock.travel(at(START)):
        opened = tasking.open_enquiry(
            made.grant,
            by=made.di,
            objective="Fuller enquiries",
            kind=Enquiry.Kind.SURVEILLANCE,
            new_subjects=1,
        )
        if pence:
            grants.move(
                made.grant.lines.get(is_main=True),
                opened.line,
                pence,
                by=made.di,
                reason="Opening allocation",
                token=f"enquiry-{opened.pk}",
            )
    opened.line.refresh_from_db()
    return opened


def outcomes(grant: Grant, *, by: User) -> None:
    """An outcome of each subject of each enquiry that has none yet: no further action."""
    for opened in grant.enquiries.all():
        for subject in opened.subjects.exclude(pk__in=opened.outcomes.values("subject")):
            tasking.record_outcome(opened, subject, tasking.Came("no_action", clock.today(), "none"), by=by)


def assignment(
    made: House,
    to: Enquiry,
    who: User,
    *,
    day: date = date(2021, 2, 10),
    hours: tuple[int, int] = (16, 20),
    duty_type: str = "planned",
    told_on: date | None = None,
) -> Assignment:
    """A duty of one officer, tasked by the DI the day before at nine o'clock (or on another day)."""
    with clock.travel(at(told_on or day - timedelta(days=1))):
        plan = Plan(
            enquiry=to,
            duty_type=duty_type,
            starts_at=at(day, hours[0]),
            ends_at=at(day, hours[1]),
            officers=[who],
            reason="Observations",
        )
        return tasking.task(plan, by=made.di).assignments.get()


def claim(made: House, duty: Assignment, *, state: str = "submitted") -> Claim:
    """A claim of a duty worked as planned, walked the day after to submitted, certified or approved."""
    with clock.travel(at(duty.duty_on + timedelta(days=1), 12)):
        made_claim = claims.submit(claims.as_planned(duty), by=duty.officer)
        if state in ("certified", "approved"):
            lead = duty.agency_id == made.lead.pk
            supervisor = made.supervisor if lead else made.other_supervisor
            made_claim = claims.certify(
                made_claim, by=supervisor, revision=made_claim.revision, record="Duty record 1"
            )
        if state == "approved":
            made_claim = claims.approve(
                made_claim, by=made.di, revision=made_claim.revision, reason="Checked against the record"
            )
    return made_claim


def shut(grant: Grant) -> None:
    """Close a grant as nobody can, with its checklist open: for what happens afterwards."""
    with connection.cursor() as cursor:
        cursor.execute("set session_replication_role = replica")
        Grant.objects.filter(pk=grant.pk).update(status=Grant.Status.CLOSED, closed_on=clock.today())
        cursor.execute("set session_replication_role = origin")


def message_to(who: User) -> Message:
    """The day's digest of somebody, as it waits in the outbox."""
    return Message.objects.get_or_create(
        key=f"digest:{who.pk}",
        defaults={
            "to": who,
            "kind": "digest",
            "subject": "Waiting for you: 1",
            "body": "Waiting for you:\n- 1 claim to certify",
            "path": "/",
            "created_at": clock.now(),
            "next_at": clock.now(),
        },
    )[0]
