"""What a claim comes to: rules as tasked, rank and pay of the day, what an agency charges, what is asked."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from claims import services
from claims.checks import Charge, Statement
from claims.models import Claim
from claims.selectors import duties_to_claim
from grants.models import AgencyAgreement, AgencyRate, Grant, LedgerEntry
from overtime_ledger import clock
from overtime_ledger.accounts.models import PayPoint, User
from overtime_ledger.errors import Refusal
from tasking import services as tasking
from tasking.models import Assignment, Enquiry, RestDay, RosteredTour, SubstitutedHoliday
from tasking.quotes import Plan
from tests import factories as make

pytestmark = pytest.mark.django_db
DAY = date(2021, 2, 10)
LATER = make.at(date(2021, 2, 20))
FOUR_HOURS = 10_512  # 16 quarters at time and a third of £41,130 a year


def refused(code: str) -> pytest.RaisesExc[Refusal]:
    return pytest.raises(Refusal, match=f"^{code}: ")


@pytest.fixture
def house() -> make.House:
    return make.house()


@pytest.fixture
def enquiry(house: make.House) -> Enquiry:
    return make.enquiry(house)


@pytest.fixture
def constable(house: make.House) -> User:
    return make.officer(house.lead)


def submit(
    statement: Statement, *, at: datetime = LATER, reason: str = "It took longer", **more: object
) -> Claim:
    """Submit in the name of the officer, and read back what was kept."""
    with clock.travel(at):
        claim = services.submit(
            statement,
            by=statement.assignment.officer,
            reason=reason,
            **more,  # type: ignore[arg-type]
        )
    return Claim.objects.get(pk=claim.pk)


def stated(duty: Assignment, start: tuple[int, int], end: tuple[int, int], **more: object) -> Statement:
    """A statement with other times of the same day."""
    times = {"starts_at": make.at(duty.duty_on, *start), "ends_at": make.at(duty.duty_on, *end)}
    return replace(services.as_planned(duty), **times, **more)  # type: ignore[arg-type]


def codes(claim: Claim) -> list[tuple[str, str]]:
    return [(flag["code"], flag["level"]) for flag in claim.flags]


def question(claim: Claim, code: str) -> str:
    return next(str(flag["question"]) for flag in claim.flags if flag["code"] == code)


def promote(officer: User, on: date, rank: str = "sergeant", pay: int | None = 4_622_700) -> None:
    scale, point = make.pay_point(rank, pay) if pay else ("", "")
    make.RankHeldFactory(person=officer, rank=rank, scale=scale, point=point, held_from=on)


# What is frozen when tasked, and what is of the day


def test_a_claim_keeps_the_rule_set_under_which_it_was_tasked(
    house: make.House, enquiry: Enquiry, constable: User
) -> None:
    duty = make.assignment(house, enquiry, constable, day=DAY, hours=(16, 17), duty_type="recall")
    make.rule_set(house.lead, valid_from=make.START, recall_minimum_minutes=240)
    claim = submit(services.as_planned(duty))
    assert (claim.rule_set, claim.pence) == (duty.rule_set, duty.committed_pence)
    assert claim.pay_lines[0].units == 4


def test_a_duty_before_a_promotion_is_claimed_at_the_old_point(
    house: make.House, enquiry: Enquiry, constable: User
) -> None:
    duty = make.assignment(house, enquiry, constable, day=DAY)
    promote(constable, date(2021, 2, 15))
    claim = submit(services.as_planned(duty))
    assert (claim.rank, claim.pay_point, claim.pence) == (
        "constable",
        "point 7 of constable_2013",
        FOUR_HOURS,
    )
    assert claim.is_clean


def test_c14_a_promotion_between_tasking_and_duty_is_of_the_day_and_dearer(
    house: make.House, enquiry: Enquiry, constable: User
) -> None:
    duty = make.assignment(house, enquiry, constable, day=DAY)
    promote(constable, DAY)
    with refused("C04"):
        submit(services.as_planned(duty), reason="")
    claim = submit(services.as_planned(duty))
    assert (claim.status, claim.rank, claim.pence) == ("draft", "sergeant", 11_815)
    assert set(codes(claim)) == {("C14", "hold"), ("C04", "hold")}
    claim = services.grant_more_time(claim, by=house.di, revision=claim.revision)
    assert (claim.status, claim.annual_pay_pence) == ("submitted", 4_622_700)


def test_c14_a_point_corrected_after_tasking_is_asked_about_and_the_rest_returns(
    house: make.House, enquiry: Enquiry, constable: User
) -> None:
    duty = make.assignment(house, enquiry, constable, day=DAY)
    scale, point = make.pay_point("constable", 3_495_000)
    constable.ranks.update(scale=scale, point=point)
    claim = submit(services.as_planned(duty))
    assert (claim.status, claim.annual_pay_pence, claim.pence) == ("submitted", 3_495_000, 8_933)
    assert codes(claim) == [("C14", "hold")]
    assert "£41,130.00" in question(claim, "C14") and "£34,950.00" in question(claim, "C14")
    enquiry.line.refresh_from_db()
    assert (enquiry.line.available, enquiry.line.claimed) == (1_000_000 - 8_933, 8_933)


def test_an_uplift_confirmed_after_tasking_is_of_the_day_too(
    house: make.House, enquiry: Enquiry, constable: User
) -> None:
    duty = make.assignment(house, enquiry, constable, day=DAY)
    uplift = PayPoint(rank="constable", scale="constable_2013", point="7", annual_pay_pence=4_200_000)
    make.pay_table([uplift], valid_from=DAY)
    claim = submit(services.as_planned(duty))
    assert (claim.annual_pay_pence, claim.pence) == (4_200_000, 10_735)
    assert set(codes(claim)) == {("C14", "hold"), ("C04", "hold")}


def test_t04_who_was_an_inspector_on_the_day_is_not_paid(
    house: make.House, enquiry: Enquiry, constable: User
) -> None:
    duty = make.assignment(house, enquiry, constable, day=DAY)
    promote(constable, DAY, rank="inspector", pay=None)
    with refused("T04"):
        submit(services.as_planned(duty))


def test_t04_nor_is_an_inspector_of_another_agency(house: make.House, enquiry: Enquiry) -> None:
    make.agree(house)
    visitor = make.officer(house.other)
    duty = make.assignment(house, enquiry, visitor, day=DAY)
    promote(visitor, DAY, rank="inspector", pay=None)
    with refused("T04"):
        submit(services.as_planned(duty))


def test_c14_another_grade_of_an_agency_is_asked_about_at_the_rate_as_tasked(
    house: make.House, enquiry: Enquiry
) -> None:
    make.agree(house)
    visitor = make.officer(house.other)
    duty = make.assignment(house, enquiry, visitor, day=DAY)
    promote(visitor, DAY, pay=None)
    claim = submit(services.as_planned(duty))
    assert (claim.grade, claim.pence, codes(claim)) == ("sergeant", 10_667, [("C14", "hold")])
    assert "tasked as constable; on the day, sergeant" in claim.pay_lines[0].working


# The circumstances of the times that are stated


def test_the_roster_and_travel_count_as_on_the_tasking(
    house: make.House, enquiry: Enquiry, constable: User
) -> None:
    duty = make.assignment(house, enquiry, constable, day=DAY, hours=(20, 23))
    RestDay.objects.create(officer=constable, day=DAY + timedelta(days=1))
    ends_at = make.at(DAY + timedelta(days=1), 4)
    claim = submit(replace(services.as_planned(duty), ends_at=ends_at))
    assert [(line.rule, line.units) for line in claim.pay_lines] == [("planned", 16), ("rest_day", 16)]
    recall = make.assignment(house, enquiry, constable, day=date(2021, 2, 12), duty_type="recall")
    claim = submit(replace(stated(recall, (16, 0), (18, 0)), travel_minutes=60))
    assert (claim.travel_minutes, claim.pay_lines[0].units) == (60, 12)


def test_the_fifth_casual_claim_of_a_week_loses_nothing(
    house: make.House, enquiry: Enquiry, constable: User
) -> None:
    """Found from the other claims: of the duties two were tasked as planned and claimed as casual."""
    units = []
    for number in range(5):
        day = date(2021, 2, 15) + timedelta(days=number)
        duty_type = "planned" if number < 2 else "casual"
        duty = make.assignment(house, enquiry, constable, day=day, hours=(16, 18), duty_type=duty_type)
        claim = submit(replace(services.as_planned(duty), duty_type="casual"))
        units.append(claim.pay_lines[0].units)
    assert units == [6, 6, 6, 6, 8]


def substitute(officer: User, by: User) -> SubstitutedHoliday:
    return SubstitutedHoliday.objects.create(
        officer=officer,
        day=DAY,
        in_place_of=date(2020, 12, 28),
        evidence="Form 728 of 4 January 2021",
        recorded_by=by,
    )


def test_c10_a_substituted_holiday_is_held_and_without_its_record_refused(
    house: make.House, enquiry: Enquiry, constable: User
) -> None:
    substituted = substitute(constable, house.supervisor)
    duty = make.assignment(house, enquiry, constable, day=DAY, duty_type="public_holiday")
    claim = submit(services.as_planned(duty))
    assert codes(claim) == [("C10", "hold")] and "Form 728" in question(claim, "C10")
    services.withdraw(claim, by=constable, revision=claim.revision)
    substituted.delete()
    with refused("C10"):
        submit(services.as_planned(duty))


def test_c10_an_agency_does_not_make_a_holiday_of_any_day(house: make.House, enquiry: Enquiry) -> None:
    agreement = make.agree(house)
    rate(house, agreement, duty_type="public_holiday", multiplier="2")
    visitor = make.officer(house.other)
    duty = make.assignment(house, enquiry, visitor, day=DAY)
    holiday = replace(services.as_planned(duty), duty_type="public_holiday")
    with refused("C10"):
        submit(holiday)
    substitute(visitor, house.other_supervisor)
    assert {code for code, _ in codes(submit(holiday))} == {"C10", "C05", "C04"}


def test_t10_is_asked_anew_of_the_times_that_are_stated(
    house: make.House, enquiry: Enquiry, constable: User
) -> None:
    RosteredTour.objects.create(officer=constable, starts_at=make.at(DAY, 8), ends_at=make.at(DAY, 16))
    duty = make.assignment(house, enquiry, constable, day=DAY, hours=(16, 20))
    longer = replace(services.as_planned(duty), ends_at=make.at(DAY + timedelta(days=1), 1))
    claim = submit(longer)
    assert {code for code, _ in codes(claim)} == {"C04", "T10"}
    assert question(claim, "T10").startswith("17 h 00 min (tours 8 h 00 min + this duty 9 h 00 min) on end")
    claim = services.refuse_more_time(claim, by=house.di, revision=claim.revision, reason="By the log, no")
    assert submit(services.as_planned(duty), claim=claim, revision=claim.revision).is_clean


# On-costs


def test_pay_and_on_cost_are_claimed_and_approved_together() -> None:
    house = make.house(opened=False)
    Grant.objects.filter(pk=house.grant.pk).update(on_cost="ni_levy")
    with clock.travel(make.at(make.START)):
        make.open_up(house)
    make.on_costs()
    duty = make.assignment(house, make.enquiry(house), make.officer(house.lead), day=DAY)
    make.on_costs(ni="15.05")  # too late for a duty that is tasked
    claim = make.claim(house, duty, state="approved")
    claim.refresh_from_db()
    assert (claim.pay_pence, claim.on_cost_pence, claim.pence) == (FOUR_HOURS, 1_503, FOUR_HOURS + 1_503)
    assert claim.on_cost_percent == Decimal("14.3")
    assert [(line.pence, line.on_cost_pence) for line in claim.pay_lines] == [(FOUR_HOURS, 1_503)]
    moved = LedgerEntry.objects.filter(kind__in=("tasking", "submission", "approval"))
    assert {entry.pence for entry in moved} == {FOUR_HOURS + 1_503}


# What another agency charges


def rate(
    house: make.House, agreement: AgencyAgreement, *, duty_type: str = "planned", **changes: object
) -> AgencyRate:
    """A later line of the rate card, as two people leave it."""
    terms = {
        "grade": "constable",
        "hourly_pence": 2000,
        "multiplier": "4/3",
        "valid_from": date(2021, 2, 2),
        "valid_to": date(2021, 3, 31),
        "source": "Rate letter",
        "agreed_with": "Head of finance",
        "recorded_by": house.finance,
        "confirmed_by": house.second_finance,
    }
    return AgencyRate.objects.create(agreement=agreement, duty_type=duty_type, **(terms | changes))


@pytest.fixture
def visit(house: make.House, enquiry: Enquiry) -> Assignment:
    """Four hours of the other agency at £20.00 x 4/3 with 20% on top: £106.67 + £21.33."""
    rate(house, make.agree(house), on_cost_percent=Decimal("20"))
    return make.assignment(house, enquiry, make.officer(house.other), day=DAY)


CARD = Charge(minutes=240, hourly_pence=2000, multiplier="4/3", on_cost_percent=Decimal("20"))


def test_an_agency_that_charges_as_agreed_asks_nothing(visit: Assignment) -> None:
    claim = submit(replace(services.as_planned(visit), charge=CARD))
    assert (claim.pay_pence, claim.on_cost_pence, claim.is_clean) == (10_667, 2_133, True)
    assert claim.pence == visit.committed_pence
    assert "The agency's own figure" in claim.pay_lines[0].working


def test_what_is_charged_below_the_card_returns_the_rest(visit: Assignment, enquiry: Enquiry) -> None:
    less = Charge(minutes=180, hourly_pence=1900, multiplier="1", on_cost_percent=Decimal(0))
    claim = submit(replace(services.as_planned(visit), charge=less))
    assert (claim.pence, claim.is_clean) == (5_700, True)
    kept = (claim.charged_minutes, claim.agreed_hourly_pence, claim.agreed_multiplier, claim.on_cost_percent)
    assert kept == (180, 1900, "1", 0)
    enquiry.line.refresh_from_db()
    assert (enquiry.line.available, enquiry.line.claimed) == (1_000_000 - 5_700, 5_700)


@pytest.mark.parametrize(
    ("charge", "said"),
    [
        (replace(CARD, minutes=180, hourly_pence=2001), "£20.01 an hour, agreed £20.00"),
        (replace(CARD, minutes=180, multiplier="3/2"), "a multiplier of 3/2, agreed 4/3"),
        (replace(CARD, minutes=180, on_cost_percent=Decimal("21.5")), "an on-cost of 21.5%, agreed 20%"),
        (replace(CARD, minutes=245, hourly_pence=1000), "245 minutes for 240 worked"),
    ],
    ids=["rate", "multiplier", "on-cost", "hours"],
)
def test_c09_above_the_card_is_held(visit: Assignment, charge: Charge, said: str) -> None:
    claim = submit(replace(services.as_planned(visit), charge=charge))
    assert claim.status == "submitted" and codes(claim) == [("C09", "hold")]
    assert said in question(claim, "C09")


def test_c09_above_the_card_and_above_what_was_authorised_is_asked_of_the_di(
    house: make.House, visit: Assignment
) -> None:
    claim = submit(replace(services.as_planned(visit), charge=replace(CARD, minutes=300)))
    assert claim.status == "draft" and {code for code, _ in codes(claim)} == {"C09", "C04"}
    claim = services.grant_more_time(claim, by=house.di, revision=claim.revision)
    assert (claim.pence, claim.charged_minutes) == (16_000, 300)


def test_a_claim_answered_keeps_what_the_agency_charged(house: make.House, visit: Assignment) -> None:
    charge = replace(CARD, minutes=180, hourly_pence=2100)
    claim = submit(replace(services.as_planned(visit), charge=charge))
    claim = services.return_claim(
        claim, by=house.other_supervisor, revision=claim.revision, reason_code="other", reason="Which rate?"
    )
    assert services.as_claimed(claim).charge == charge
    corrected = replace(services.as_claimed(claim), charge=CARD, remark="The card is right")
    claim = submit(corrected, claim=claim, revision=claim.revision)
    assert claim.is_clean and claim.pence == visit.authorised_pence


def test_the_lead_force_charges_nothing_of_its_own(
    house: make.House, enquiry: Enquiry, constable: User
) -> None:
    duty = make.assignment(house, enquiry, constable, day=DAY)
    claim = submit(replace(services.as_planned(duty), charge=replace(CARD, hourly_pence=9_900)))
    assert (claim.pence, claim.charged_minutes, claim.agreed_hourly_pence) == (FOUR_HOURS, None, None)


def test_t08_an_agencys_maximum_counts_pay_and_on_cost(house: make.House, enquiry: Enquiry) -> None:
    agreement = make.agree(house, maximum_pence=13_000)
    rate(house, agreement, on_cost_percent=Decimal("20"))
    duty = make.assignment(house, enquiry, make.officer(house.other), day=DAY)
    claim = submit(replace(services.as_planned(duty), charge=replace(CARD, minutes=255)))
    assert claim.pence == 13_600
    with refused("T08"):
        services.grant_more_time(claim, by=house.di, revision=claim.revision)


def test_what_is_charged_is_cut_by_the_grants_window(house: make.House, enquiry: Enquiry) -> None:
    rate(house, make.agree(house), on_cost_percent=Decimal("20"))
    visitor, last = make.officer(house.other), date(2021, 3, 31)
    with clock.travel(make.at(last)):
        duty = tasking.task(
            Plan(
                enquiry=enquiry,
                duty_type="planned",
                starts_at=make.at(last, 22),
                ends_at=make.at(last + timedelta(days=1), 2),
                officers=[visitor],
                reason="Observations",
            ),
            by=house.di,
        ).assignments.get()
    assert duty.authorised_pence == 6_400  # two hours of four, and a fifth
    charge = replace(CARD, minutes=300)
    reckoned = services.reckon(replace(services.as_planned(duty), charge=charge))
    assert reckoned.price.pence == 6_400
    assert [flag.code for flag in reckoned.flags] == ["C09"]


def test_a_lead_force_figure_stands_beside_police_ranks_only(house: make.House, enquiry: Enquiry) -> None:
    agreement = make.agree(house, grades=("constable",))
    rate(house, agreement, grade="Grade 5")
    make.pay_point("constable", 3_495_000)
    police = submit(services.as_planned(make.assignment(house, enquiry, make.officer(house.other), day=DAY)))
    beside = services.lead_force_equivalent(police)
    assert beside is not None
    assert (beside.price.pay_pence, beside.pay_point) == (FOUR_HOURS, "point 7 of constable_2013")
    assert beside.more_pence == 10_667 - FOUR_HOURS
    graded = make.officer(house.other, rank="agency_grade", grade="Grade 5")
    other = submit(services.as_planned(make.assignment(house, enquiry, graded, day=DAY)))
    own = submit(services.as_planned(make.assignment(house, enquiry, make.officer(house.lead), day=DAY)))
    assert services.lead_force_equivalent(other) is None
    assert services.lead_force_equivalent(own) is None


def test_the_lead_force_figure_is_without_on_cost(visit: Assignment) -> None:
    claim = submit(services.as_planned(visit))
    beside = services.lead_force_equivalent(claim)
    assert beside is not None and beside.claimed_pence == claim.pay_pence == 10_667


# Patterns


@pytest.fixture
def six_duties(house: make.House, enquiry: Enquiry, constable: User) -> list[Assignment]:
    """Six duties on six days, each tasked from 16:00 to 20:00."""
    return [make.assignment(house, enquiry, constable, day=DAY + timedelta(days=n)) for n in range(6)]


Wall = tuple[int, int]


def claimed(duties: list[Assignment], *hours: tuple[Wall, Wall]) -> list[Claim]:
    return [submit(stated(duty, start, end)) for duty, (start, end) in zip(duties, hours, strict=False)]


def c12(claim: Claim) -> list[str]:
    return [flag["question"] for flag in claim.flags if flag["code"] == "C12"]


def test_c12_always_the_same_times(six_duties: list[Assignment]) -> None:
    *first, fifth, sixth = claimed(six_duties, *[((16, 10), (19, 50))] * 5, ((16, 10), (19, 40)))
    assert not any(map(c12, [*first, sixth]))
    assert c12(fifth) == ["The last 5 claims all say 16:10 to 19:50: are these the hours worked?"]
    assert ("C12", "note") in codes(fifth) and not fifth.has_hold


def test_c12_all_on_the_hour(six_duties: list[Assignment]) -> None:
    hours = [
        ((16, 0), (18, 0)),
        ((16, 0), (19, 0)),
        ((17, 0), (19, 0)),
        ((17, 0), (20, 0)),
        ((16, 0), (17, 0)),
    ]
    *first, fifth = claimed(six_duties[:5], *hours)
    assert not any(map(c12, first))
    assert c12(fifth) == ["The last 5 claims all begin and end on the hour: are these the hours worked?"]


def test_c12_always_exactly_the_minimum(house: make.House, enquiry: Enquiry, constable: User) -> None:
    found = []
    for number in range(5):
        day = DAY + timedelta(days=number)
        duty = make.assignment(house, enquiry, constable, day=day, duty_type="rest_day")
        found.append(submit(stated(duty, (16, 5), (17 + number % 2, 10 + number))))
    assert {claim.pay_lines[0].minutes for claim in found} == {240}
    assert not any(map(c12, found[:-1]))
    assert c12(found[-1]) == [
        "The last 5 claims were all short and paid the minimum: was each of them needed?"
    ]


def test_c12_nearly_the_same_time_of_the_same_day(
    house: make.House, enquiry: Enquiry, constable: User
) -> None:
    morning = make.assignment(house, enquiry, constable, day=DAY, hours=(6, 9))
    noon = make.assignment(house, enquiry, constable, day=DAY, hours=(9, 12))
    first = submit(stated(morning, (6, 0), (8, 50)))
    near, apart = stated(noon, (9, 0), (11, 50)), stated(noon, (9, 10), (11, 50))
    claim = submit(near)
    assert c12(claim) == [f"Claim {first.pk} is for nearly the same time of that day: are these two duties?"]
    services.withdraw(claim, by=constable, revision=claim.revision)
    assert not c12(submit(apart))


def test_c12_a_duty_claimed_as_tasked_asks_nothing_however_regular(
    house: make.House, enquiry: Enquiry, six_duties: list[Assignment]
) -> None:
    """The times are the DI's then, also of two duties that touch."""
    claimed(six_duties, *[((16, 0), (19, 0))] * 4)
    touching = make.assignment(
        house, enquiry, six_duties[4].officer, day=six_duties[4].duty_on, hours=(20, 22)
    )
    as_tasked = [submit(services.as_planned(duty)) for duty in (six_duties[4], touching, six_duties[5])]
    assert not any(map(c12, as_tasked))


def test_c12_a_claim_as_tasked_in_between_does_not_break_a_run(six_duties: list[Assignment]) -> None:
    claimed(six_duties[:4], *[((16, 10), (19, 50))] * 4)
    submit(services.as_planned(six_duties[4]))
    (last,) = claimed(six_duties[5:], ((16, 10), (19, 50)))
    assert len(c12(last)) == 1


# Time off that a duty earns


def test_what_is_claimed_decides_the_time_off_that_is_owed(
    house: make.House, enquiry: Enquiry, constable: User
) -> None:
    substitute(constable, house.supervisor)
    duty = make.assignment(house, enquiry, constable, day=DAY, duty_type="public_holiday")
    owed = duty.time_owed.get()
    claim = submit(replace(services.as_planned(duty), duty_type="planned"))
    owed.refresh_from_db()
    assert owed.status == "not_due"
    services.withdraw(claim, by=constable, revision=claim.revision)
    claim = submit(services.as_planned(duty))
    owed.refresh_from_db()
    assert (owed.kind, owed.status, owed.reason) == ("lieu_day", "due", "")
    services.reject(claim, by=house.di, revision=claim.revision, reason="Not worked")
    owed.refresh_from_db()
    assert owed.status == "not_due"


def test_a_duty_that_earns_time_off_alone_is_not_to_be_claimed(
    house: make.House, enquiry: Enquiry, constable: User
) -> None:
    paid = make.assignment(house, enquiry, constable, day=DAY)
    unpaid = make.assignment(house, enquiry, constable, day=DAY + timedelta(days=1), duty_type="toil")
    assert list(duties_to_claim(constable)) == [paid]
    with refused("C03"):
        submit(services.as_planned(unpaid))


@pytest.mark.parametrize("verb", ["grant", "strike"])
def test_time_off_that_was_decided_before_the_claim_stays_so(
    house: make.House, enquiry: Enquiry, constable: User, verb: str
) -> None:
    substitute(constable, house.supervisor)
    duty = make.assignment(house, enquiry, constable, day=DAY, duty_type="public_holiday")
    owed = duty.time_owed.get()
    if verb == "grant":
        tasking.grant_time_off(owed, by=house.supervisor, granted_for=date(2021, 2, 12))
    else:
        tasking.strike_time_off(owed, by=house.supervisor, reason="Given before the duty")
    decided = {"grant": "granted", "strike": "not_due"}[verb]
    claim = submit(services.as_planned(duty))
    owed.refresh_from_db()
    assert (claim.status, owed.status, duty.time_owed.count()) == ("submitted", decided, 1)
