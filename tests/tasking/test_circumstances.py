"""What a duty is reckoned from: rules, pay and on-cost of its day, roster and other duties; time off owed."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal

import pytest

from claims import services as claims
from grants.models import AgencyRate, Grant, LedgerEntry, OnCostRate
from overtime_ledger import clock
from overtime_ledger.accounts import two_people
from overtime_ledger.accounts.models import PayPoint, PayTable, User
from overtime_ledger.accounts.services import PayPointRow, record_pay_table
from overtime_ledger.errors import Refusal
from tasking import pay, services
from tasking.checks import working_time
from tasking.models import Assignment, Enquiry, RestDay, RosteredTour, RuleSet, SubstitutedHoliday, TimeOwed
from tasking.quotes import Plan, Quote, quote
from tasking.selectors import KnownDuty
from tests import factories as make

pytestmark = pytest.mark.django_db
WEDNESDAY = date(2021, 2, 10)
THURSDAY = WEDNESDAY + timedelta(days=1)
FOUR_HOURS = 10_512  # 16 quarters at time and a third of £41,130 a year


def refused(code: str) -> pytest.RaisesExc[Refusal]:
    return pytest.raises(Refusal, match=f"^{code}: ")


@pytest.fixture
def house() -> make.House:
    return make.house()


@pytest.fixture
def enquiry(house: make.House) -> Enquiry:
    return make.enquiry(house)


def bearing(on_cost: str) -> make.House:
    """The open grant, which bears an on-cost."""
    house = make.house(opened=False)
    Grant.objects.filter(pk=house.grant.pk).update(on_cost=on_cost)
    with clock.travel(make.at(make.START)):
        make.open_up(house)
    return house


def planned(
    to: Enquiry,
    *officers: User,
    day: date = WEDNESDAY,
    start: int = 16,
    hours: float = 4,
    duty_type: str = "planned",
    told: datetime | None = None,
    travel: int = 0,
    breaks: int = 0,
) -> Plan:
    """A duty told the morning before, unless another moment is said."""
    return Plan(
        enquiry=to,
        duty_type=duty_type,
        starts_at=make.at(day, start),
        ends_at=make.at(day, start) + timedelta(hours=hours),
        officers=officers,
        reason="Observations",
        told_at=told or make.at(day - timedelta(days=1)),
        travel_minutes=travel,
        break_minutes=breaks,
    )


def quoted(plan: Plan) -> Quote:
    """What a plan for one officer comes to, at the moment they are told."""
    assert plan.told_at is not None
    with clock.travel(plan.told_at):
        (one,) = quote(plan).quotes
    return one


def lines(plan: Plan) -> list[tuple[str, int, str]]:
    """Rule, units and multiplier of each line."""
    one = quoted(plan)
    assert one.price is not None, one.refusal
    return [(line.rule, line.units, str(line.multiplier)) for line in one.price.lines]


def tasked(house: make.House, plan: Plan) -> Assignment:
    assert plan.told_at is not None
    with clock.travel(plan.told_at):
        return services.task(plan, by=house.di).assignments.get()


def refusal_of(plan: Plan) -> Refusal:
    refusal = quoted(plan).refusal
    assert refusal is not None
    return refusal


def tour(officer: User, day: date, start: int = 8, hours: float = 8) -> RosteredTour:
    starts_at = make.at(day, start)
    return RosteredTour.objects.create(
        officer=officer, starts_at=starts_at, ends_at=starts_at + timedelta(hours=hours)
    )


def substitute(officer: User, day: date, by: User) -> SubstitutedHoliday:
    """A day that stands for the Monday after Christmas, with its evidence."""
    return SubstitutedHoliday.objects.create(
        officer=officer,
        day=day,
        in_place_of=date(2020, 12, 28),
        evidence="Form 728 of 4 January 2021",
        recorded_by=by,
    )


# Rules, pay and on-cost of the day


def test_the_rule_set_of_the_day_of_the_duty_decides(house: make.House, enquiry: Enquiry) -> None:
    first = RuleSet.objects.get()
    later = make.rule_set(house.lead, valid_from=THURSDAY, recall_minimum_minutes=240)
    constable = make.officer(house.lead)
    recalls = [
        planned(enquiry, constable, day=day, hours=1, duty_type="recall") for day in (WEDNESDAY, THURSDAY)
    ]
    assert [lines(one) for one in recalls] == [[("recall", 4, "4/3")], [("recall", 16, "4/3")]]
    assert [tasked(house, one).rule_set for one in recalls] == [first, later]


def test_a_rule_set_that_is_not_confirmed_has_no_effect(house: make.House, enquiry: Enquiry) -> None:
    draft = services.record_rule_set(
        by=house.finance, agency=house.lead, valid_from=WEDNESDAY, source="Note", recall_minimum_minutes=240
    )
    recall = planned(enquiry, make.officer(house.lead), hours=1, duty_type="recall")
    assert lines(recall) == [("recall", 4, "4/3")]
    two_people.confirm(draft, by=house.second_finance)
    assert lines(recall) == [("recall", 16, "4/3")]


def test_t07_without_a_rule_set_in_force_nothing_is_priced(house: make.House, enquiry: Enquiry) -> None:
    other = make.AgencyFactory(code="SYP", settled_by="payroll")
    services.record_rule_set(by=house.finance, agency=other, valid_from=make.START, source="Note")
    refusal = refusal_of(planned(enquiry, make.officer(other)))
    assert (refusal.code, refusal.who) == ("T07", "Finance")
    assert "rule set" in refusal.reason and "confirmed" in refusal.fix


def test_pay_is_that_of_the_table_in_force_on_the_day(house: make.House, enquiry: Enquiry) -> None:
    constable = make.officer(house.lead)
    uplift = PayPoint(rank="constable", scale="constable_2013", point="7", annual_pay_pence=4_200_000)
    make.pay_table([uplift], valid_from=THURSDAY)
    before, after = (tasked(house, planned(enquiry, constable, day=day)) for day in (WEDNESDAY, THURSDAY))
    assert (before.annual_pay_pence, before.authorised_pence) == (4_113_000, FOUR_HOURS)
    assert (after.annual_pay_pence, after.authorised_pence) == (4_200_000, 10_735)
    assert {before.pay_point, after.pay_point} == {"point 7 of constable_2013"}


def test_a_table_that_is_not_confirmed_has_no_effect(house: make.House, enquiry: Enquiry) -> None:
    points = [
        PayPointRow("constable", "constable_2013", "7", 9_900_000, "sourced"),
        PayPointRow("constable", "constable_2013", "8", 9_900_000, "sourced"),
    ]
    table = record_pay_table(by=house.finance, valid_from=make.START, source="Circular", points=points)
    new, usual = make.officer(house.lead, pay=None), make.officer(house.lead)
    new.ranks.update(scale="constable_2013", point="8")
    refusal = refusal_of(planned(enquiry, new))
    assert (refusal.code, refusal.who) == ("T07", "Finance")
    assert "point 8 of constable_2013" in refusal.reason and "confirmed" in refusal.fix
    assert quoted(planned(enquiry, usual)).pence == FOUR_HOURS
    two_people.confirm(table, by=house.second_finance)
    assert quoted(planned(enquiry, usual)).pence > FOUR_HOURS and quoted(planned(enquiry, new)).price


def test_a_later_table_takes_the_place_of_an_earlier_one_point_by_point(
    house: make.House, enquiry: Enquiry
) -> None:
    make.pay_table([PayPoint(rank="constable", scale="constable_2013", point="6", annual_pay_pence=1)])
    assert PayTable.objects.count() == 2
    assert quoted(planned(enquiry, make.officer(house.lead))).pence == FOUR_HOURS


def test_t07_an_officer_without_a_pay_point_is_a_call_to_the_administrator(
    house: make.House, enquiry: Enquiry
) -> None:
    refusal = refusal_of(planned(enquiry, make.officer(house.lead, pay=None)))
    assert (refusal.code, refusal.who) == ("T07", "An administrator")


def test_a_promotion_between_two_duties_changes_rank_and_point(house: make.House, enquiry: Enquiry) -> None:
    promoted = make.officer(house.lead)
    scale, point = make.pay_point("sergeant", 4_622_700)
    make.RankHeldFactory(person=promoted, rank="sergeant", scale=scale, point=point, held_from=THURSDAY)
    before, after = (tasked(house, planned(enquiry, promoted, day=day)) for day in (WEDNESDAY, THURSDAY))
    assert (before.rank, before.authorised_pence) == ("constable", FOUR_HOURS)
    assert (after.rank, after.authorised_pence) == ("sergeant", 11_815)


# On-costs


@pytest.mark.parametrize(
    ("policy", "percent", "on_cost"), [("none", "0", 0), ("ni", "13.8", 1_451), ("ni_levy", "14.3", 1_503)]
)
def test_the_grant_bears_the_on_cost_of_its_terms(policy: str, percent: str, on_cost: int) -> None:
    house = bearing(policy)
    make.on_costs()
    enquiry = make.enquiry(house)
    duty = tasked(house, planned(enquiry, make.officer(house.lead)))
    assert (duty.on_cost_percent, duty.on_cost_pence) == (Decimal(percent), on_cost)
    assert duty.authorised_pence == duty.committed_pence == FOUR_HOURS + on_cost
    entry = LedgerEntry.objects.latest("number")
    assert (entry.kind, entry.pence) == ("tasking", FOUR_HOURS + on_cost)


def test_t07_a_percentage_that_nobody_confirmed_is_missing() -> None:
    house = bearing("ni_levy")
    enquiry = make.enquiry(house)
    plan = planned(enquiry, make.officer(house.lead))
    for kind, percent in ((OnCostRate.Kind.EMPLOYER_NI, "13.8"), (OnCostRate.Kind.LEVY, "0.5")):
        refusal = refusal_of(plan)
        assert (refusal.code, refusal.who) == ("T07", "Finance") and "percentage" in refusal.reason
        with clock.travel(make.at(make.START)):
            rate = OnCostRate.objects.create(
                kind=kind,
                percent=Decimal(percent),
                valid_from=make.START,
                source="Rates",
                recorded_by=house.finance,
            )
            assert quoted(plan).refusal
            two_people.confirm(rate, by=house.second_finance)
    assert quoted(plan).pence == FOUR_HOURS + 1_503


def test_a_percentage_changes_from_a_day_on() -> None:
    house = bearing("ni")
    make.on_costs()
    people = {"recorded_by": house.finance, "confirmed_by": house.second_finance}
    OnCostRate.objects.create(
        kind="employer_ni", percent=Decimal("15.05"), valid_from=THURSDAY, source="Rates", **people
    )
    enquiry = make.enquiry(house)
    constable = make.officer(house.lead)
    costs = [quoted(planned(enquiry, constable, day=day)).on_cost_pence for day in (WEDNESDAY, THURSDAY)]
    assert costs == [1_451, 1_582]


def test_beside_its_own_total_a_quote_has_that_of_the_other_policy(
    house: make.House, enquiry: Enquiry
) -> None:
    make.on_costs()
    make.agree(house)
    with clock.travel(make.at(WEDNESDAY - timedelta(days=1))):
        shown = quote(planned(enquiry, make.officer(house.lead), make.officer(house.other)))
    assert (shown.pence, shown.other_pence) == (FOUR_HOURS + 10_667, FOUR_HOURS + 1_451 + 10_667)


def test_an_agencys_maximum_counts_its_on_cost_too(house: make.House, enquiry: Enquiry) -> None:
    agreement = make.agree(house, maximum_pence=10_667)
    visitor = make.officer(house.other)
    assert not quoted(planned(enquiry, visitor)).refusal
    AgencyRate.objects.create(
        agreement=agreement,
        grade="constable",
        duty_type="planned",
        hourly_pence=2000,
        multiplier="4/3",
        on_cost_percent=Decimal("20"),
        valid_from=THURSDAY,
        valid_to=date(2021, 3, 31),
        source="Rate letter",
        agreed_with="Head of finance",
        recorded_by=house.finance,
        confirmed_by=house.second_finance,
    )
    later = planned(enquiry, visitor, day=THURSDAY)
    assert quoted(later).pence == 10_667 + 2_133
    with refused("T08"):
        tasked(house, later)


# The roster and the other duties


def test_the_fifth_casual_stay_of_a_week_loses_nothing(house: make.House, enquiry: Enquiry) -> None:
    constable = make.officer(house.lead)
    found = []
    for day in range(5):
        monday = date(2021, 2, 15) + timedelta(days=day)
        stay = planned(enquiry, constable, day=monday, hours=2, duty_type="casual", told=make.at(monday, 15))
        found += [units for _, units, _ in lines(stay)]
        duty = tasked(house, stay)
        assert duty.casual_occasion == day + 1
        make.claim(house, duty)
    assert found == [6, 6, 6, 6, 8]
    next_monday = date(2021, 2, 22)
    told = make.at(next_monday, 15)
    fresh = planned(enquiry, constable, day=next_monday, hours=2, duty_type="casual", told=told)
    assert lines(fresh) == [("casual", 6, "4/3")]


def test_an_occasion_is_one_if_it_was_claimed_as_casual(house: make.House, enquiry: Enquiry) -> None:
    constable = make.officer(house.lead)
    duty = tasked(house, planned(enquiry, constable, hours=2))
    stay = planned(enquiry, constable, day=THURSDAY, duty_type="casual", told=make.at(THURSDAY, 15))
    assert quoted(stay).duty.casual_occasion == 1
    with clock.travel(make.at(THURSDAY, 12)):
        claim = claims.submit(replace(claims.as_planned(duty), duty_type="casual"), by=constable)
    assert quoted(stay).duty.casual_occasion == 2
    with clock.travel(make.at(THURSDAY, 12)):
        claims.withdraw(claim, by=constable, revision=claim.revision)
    assert quoted(stay).duty.casual_occasion == 1


def test_a_short_casual_stay_counts_as_the_rule_set_says(house: make.House, enquiry: Enquiry) -> None:
    constable = make.officer(house.lead)
    short = planned(enquiry, constable, hours=0.25, duty_type="casual", told=make.at(WEDNESDAY, 15))
    tasked(house, short)
    stay = planned(enquiry, constable, day=THURSDAY, duty_type="casual", told=make.at(THURSDAY, 15))
    assert quoted(stay).duty.casual_occasion == 1
    make.rule_set(house.lead, valid_from=THURSDAY, short_casual_occasion_counts=True)
    assert quoted(stay).duty.casual_occasion == 2


def test_a_short_stay_straight_after_a_tour_has_no_minimum(house: make.House, enquiry: Enquiry) -> None:
    constable = make.officer(house.lead)
    stay = planned(enquiry, constable, hours=1, duty_type="rest_day")
    assert lines(stay) == [("rest_day", 16, "3/2")]
    tour(constable, WEDNESDAY)
    assert lines(stay) == [("rest_day", 4, "3/2")]
    assert tasked(house, stay).follows_tour


def test_a_part_timers_week_is_plain_to_forty_hours(house: make.House, enquiry: Enquiry) -> None:
    constable = make.officer(house.lead)
    for day in (8, 9, 10):
        tour(constable, date(2021, 2, day), hours=12)
    tasked(house, planned(enquiry, constable, day=date(2021, 2, 8), start=20, hours=2, duty_type="part_time"))
    more = planned(enquiry, constable, day=date(2021, 2, 12), start=9, hours=4, duty_type="part_time")
    assert quoted(more).duty.weekly_minutes_before == 38 * 60
    assert lines(more) == [("part_time", 8, "1"), ("part_time", 8, "4/3")]
    following = planned(enquiry, constable, day=date(2021, 2, 15), start=9, hours=4, duty_type="part_time")
    assert lines(following) == [("part_time", 16, "1")]


def test_the_week_begins_on_the_day_of_the_rule_set(house: make.House, enquiry: Enquiry) -> None:
    constable = make.officer(house.lead)
    for day in (8, 9, 10, 11):
        tour(constable, date(2021, 2, day), hours=10)
    more = planned(enquiry, constable, day=date(2021, 2, 12), start=9, hours=2, duty_type="part_time")
    assert lines(more) == [("part_time", 8, "4/3")]
    make.rule_set(house.lead, valid_from=make.START, week_starts_on=3)
    assert lines(more) == [("part_time", 8, "1")]


def test_a_rostered_rest_day_splits_a_duty_where_it_begins(house: make.House, enquiry: Enquiry) -> None:
    constable = make.officer(house.lead)
    RestDay.objects.create(officer=constable, day=THURSDAY)
    night = planned(enquiry, constable, start=20, hours=9)
    assert lines(night) == [("planned", 16, "4/3"), ("rest_day", 20, "3/2")]
    duty = tasked(house, night)
    assert [line["rule"] for line in duty.lines] == ["planned", "rest_day"]
    assert sum(line["pence"] for line in duty.lines) == duty.authorised_pence == 10_512 + 14_783


def test_the_day_of_the_force_says_when_a_rest_day_begins(house: make.House, enquiry: Enquiry) -> None:
    constable = make.officer(house.lead)
    RestDay.objects.create(officer=constable, day=THURSDAY)
    make.rule_set(house.lead, valid_from=make.START, force_day_starts=time(7))
    early = planned(enquiry, constable, day=THURSDAY, start=2, hours=9, told=make.at(WEDNESDAY))
    assert lines(early) == [("planned", 20, "4/3"), ("rest_day", 16, "3/2")]


def test_a_rest_day_ends_where_the_next_day_of_the_force_begins(house: make.House, enquiry: Enquiry) -> None:
    constable = make.officer(house.lead)
    RestDay.objects.create(officer=constable, day=WEDNESDAY)
    late = planned(enquiry, constable, start=18, hours=8, duty_type="rest_day")
    assert lines(late) == [("rest_day", 24, "3/2"), ("planned", 8, "4/3")]
    RestDay.objects.create(officer=constable, day=THURSDAY)
    assert lines(late) == [("rest_day", 32, "3/2")]


def test_travel_counts_where_the_rule_counts_it(house: make.House, enquiry: Enquiry) -> None:
    constable = make.officer(house.lead)
    recall = planned(enquiry, constable, hours=2, duty_type="recall", travel=60)
    assert lines(recall) == [("recall", 12, "4/3")]
    assert tasked(house, recall).tasking.travel_minutes == 60
    make.rule_set(house.lead, valid_from=make.START, travel_limit_minutes=0)
    assert lines(replace(recall, starts_at=make.at(THURSDAY, 16), ends_at=make.at(THURSDAY, 18))) == [
        ("recall", 8, "4/3")
    ]


@pytest.mark.parametrize(("told", "units"), [(13, 8), (11, 0)])
def test_an_early_start_is_paid_under_eight_hours_notice(
    house: make.House, enquiry: Enquiry, told: int, units: int
) -> None:
    early = planned(
        enquiry,
        make.officer(house.lead),
        day=WEDNESDAY,
        start=20,
        hours=2,
        duty_type="early_start",
        told=make.at(WEDNESDAY, told),
    )
    assert lines(early) == [("early_start", units, "4/3")]


# Public holidays


def test_c10_a_day_that_is_no_public_holiday_is_none(house: make.House, enquiry: Enquiry) -> None:
    refusal = refusal_of(planned(enquiry, make.officer(house.lead), duty_type="public_holiday"))
    assert refusal.code == "C10" and "supervisor" in refusal.who and "evidence" in refusal.fix


def test_c10_nor_is_it_for_another_agency(house: make.House, enquiry: Enquiry) -> None:
    agreement = make.agree(house)
    visitor = make.officer(house.other)
    holiday = planned(enquiry, visitor, duty_type="public_holiday")
    assert refusal_of(holiday).code == "T07"  # its rate card has no line for public holidays
    holiday_rate(house, agreement)
    assert refusal_of(holiday).code == "C10"
    substitute(visitor, WEDNESDAY, house.other_supervisor)
    one = quoted(holiday)
    assert one.pence == 16_000 and [(flag.code, flag.level) for flag in one.flags] == [("C10", "hold")]


def holiday_rate(house: make.House, agreement: object) -> AgencyRate:
    return AgencyRate.objects.create(
        agreement=agreement,
        grade="constable",
        duty_type="public_holiday",
        hourly_pence=2000,
        multiplier="2",
        valid_from=make.START,
        valid_to=date(2021, 3, 31),
        source="Rate letter",
        agreed_with="Head of finance",
        recorded_by=house.finance,
        confirmed_by=house.second_finance,
    )


def test_a_substituted_holiday_is_double_time_held_with_its_evidence(
    house: make.House, enquiry: Enquiry
) -> None:
    constable = make.officer(house.lead)
    substitute(constable, WEDNESDAY, house.supervisor)
    duty = tasked(house, planned(enquiry, constable, duty_type="public_holiday"))
    assert duty.authorised_pence == 15_769  # 4 hours x 2
    (hold,) = duty.notes
    assert (hold["code"], hold["level"]) == ("C10", "hold")
    assert "28 December 2020" in hold["question"] and "Form 728" in hold["question"]


@pytest.mark.parametrize(("clear_days", "owed"), [(7, ["lieu_day"]), (8, [])])
def test_under_eight_clear_days_a_day_in_lieu_is_owed_as_well(
    house: make.House, enquiry: Enquiry, clear_days: int, owed: list[str]
) -> None:
    constable, day = make.officer(house.lead), date(2021, 2, 24)
    substitute(constable, day, house.supervisor)
    told = make.at(day - timedelta(days=clear_days + 1))
    duty = tasked(house, planned(enquiry, constable, day=day, duty_type="public_holiday", told=told))
    assert list(duty.time_owed.values_list("kind", flat=True)) == owed


# Time off


@pytest.mark.parametrize(("clear_days", "pence", "owed"), [(15, 0, ["rest_day"]), (14, 11_827, [])])
def test_t11_with_fifteen_clear_days_another_rest_day_is_owed_and_no_money(
    house: make.House, enquiry: Enquiry, clear_days: int, pence: int, owed: list[str]
) -> None:
    day = date(2021, 2, 24)
    told = make.at(day - timedelta(days=clear_days + 1))
    plan = planned(enquiry, make.officer(house.lead), day=day, duty_type="rest_day", told=told)
    assert [flag.code for flag in quoted(plan).flags] == (["T11"] if owed else [])
    entries = LedgerEntry.objects.count()
    duty = tasked(house, plan)
    assert duty.committed_pence == pence
    assert list(duty.time_owed.values_list("kind", "minutes", "status")) == [
        (kind, 0, "due") for kind in owed
    ]
    assert LedgerEntry.objects.count() == entries + bool(pence)


def test_time_off_in_lieu_costs_nothing_and_is_owed_in_minutes(house: make.House, enquiry: Enquiry) -> None:
    plan = planned(enquiry, make.officer(house.lead), duty_type="toil", breaks=30)
    one = quoted(plan)
    assert one.price and one.price.notes and one.pence == 0
    assert tasked(house, plan).time_owed.get().minutes == 210


@pytest.fixture
def owed(house: make.House, enquiry: Enquiry) -> TimeOwed:
    """Four hours of time off, due since 10 February."""
    return tasked(house, planned(enquiry, make.officer(house.lead), duty_type="toil")).time_owed.get()


def test_time_off_is_granted_once_by_another_supervisor_of_the_agency(
    house: make.House, owed: TimeOwed
) -> None:
    officer = owed.assignment.officer
    for outsider, code in (
        (officer, "P01"),
        (house.di, "P01"),
        (house.finance, "P01"),
        (house.clerk, "P01"),
        (house.other_supervisor, "A01"),
    ):
        with refused(code):
            services.grant_time_off(owed, by=outsider, granted_for=THURSDAY)
        with refused(code):
            services.strike_time_off(owed, by=outsider, reason="Taken")
    with refused("T20"):
        services.grant_time_off(owed, by=house.supervisor, granted_for=WEDNESDAY - timedelta(days=1))
    granted = services.grant_time_off(owed, by=house.supervisor, granted_for=THURSDAY)
    assert (granted.status, granted.granted_for, granted.decided_by) == (
        "granted",
        THURSDAY,
        house.supervisor,
    )
    with refused("T19"):
        services.grant_time_off(owed, by=house.supervisor, granted_for=THURSDAY)
    with refused("T19"):
        services.strike_time_off(owed, by=house.supervisor, reason="Twice")


def test_a01_a_supervisor_who_worked_the_duty_does_not_grant_it(house: make.House, enquiry: Enquiry) -> None:
    both = make.person("officer", "supervisor", agency=house.lead)
    make.RankHeldFactory(person=both)
    owed = tasked(house, planned(enquiry, both, duty_type="toil")).time_owed.get()
    with refused("A01"):
        services.grant_time_off(owed, by=both, granted_for=THURSDAY)


def test_time_off_is_struck_with_a_reason(house: make.House, owed: TimeOwed) -> None:
    with refused("A08"):
        services.strike_time_off(owed, by=house.supervisor, reason=" ")
    struck = services.strike_time_off(owed, by=house.supervisor, reason="Taken on the day itself")
    assert (struck.status, struck.reason) == ("not_due", "Taken on the day itself")
    with refused("T19"):
        services.grant_time_off(owed, by=house.supervisor, granted_for=THURSDAY)


def test_a_shorter_duty_earns_less_time_off(house: make.House, owed: TimeOwed) -> None:
    tasking = owed.assignment.tasking
    with clock.travel(make.at(WEDNESDAY)):
        services.shorten(tasking, by=house.di, ends_at=make.at(WEDNESDAY, 18), reason="Less is needed")
    owed.refresh_from_db()
    assert (owed.minutes, owed.status) == (120, "due")


def test_a_break_leaves_some_time_of_a_duty(house: make.House, enquiry: Enquiry) -> None:
    plan = planned(enquiry, make.officer(house.lead), breaks=60)
    tasking = tasked(house, plan).tasking
    with refused("T16"):
        services.shorten(tasking, by=house.di, ends_at=make.at(WEDNESDAY, 17), reason="Less is needed")
    with refused("C03"):
        tasked(house, replace(plan, break_minutes=240))


@pytest.mark.parametrize("verb", ["cancel", "stand down", "decline"])
def test_a_duty_that_is_not_worked_earns_none(house: make.House, owed: TimeOwed, verb: str) -> None:
    duty = owed.assignment
    with clock.travel(make.at(WEDNESDAY)):
        if verb == "cancel":
            services.cancel(duty.tasking, by=house.di, reason="Called off")
        elif verb == "stand down":
            services.stand_down(duty, by=house.di, reason="Ill")
        else:
            services.decline(duty, by=duty.officer, reason="Away")
    owed.refresh_from_db()
    assert (owed.status, bool(owed.reason)) == ("not_due", True)


def test_what_was_granted_before_stays_granted(house: make.House, owed: TimeOwed) -> None:
    services.grant_time_off(owed, by=house.supervisor, granted_for=date(2021, 2, 12))
    services.cancel(owed.assignment.tasking, by=house.di, reason="Called off")
    owed.refresh_from_db()
    assert owed.status == "granted"


def test_a_release_takes_the_time_off_of_paid_duties_alone(
    house: make.House, enquiry: Enquiry, owed: TimeOwed
) -> None:
    """What pays nothing cannot be claimed, so that it is released though it was worked."""
    constable = make.officer(house.lead)
    substitute(constable, WEDNESDAY, house.supervisor)
    paid = tasked(house, planned(enquiry, constable, duty_type="public_holiday"))
    with clock.travel(make.at(date(2021, 4, 1))):
        for duty in services.unclaimed_after(house.grant, clock.today()):
            services.release(duty, by=house.finance, reason="Never claimed")
    owed.refresh_from_db()
    assert (owed.status, paid.time_owed.get().status) == ("due", "not_due")


def test_a_duty_over_two_holidays_earns_two_days_and_each_is_kept_apart(owed: TimeOwed) -> None:
    duty = owed.assignment
    first, second = (
        pay.TimeOwed("lieu_day", 0, f"A day off in lieu of {day} December 2020") for day in (25, 26)
    )

    def days() -> list[tuple[str, str]]:
        rows = duty.time_owed.filter(kind="lieu_day").order_by("because")
        return [(row.because[-16:-14], row.status) for row in rows]

    services.owe(duty, [first, second])
    assert days() == [("25", "due"), ("26", "due")]
    services.owe(duty, [second])
    assert days() == [("25", "not_due"), ("26", "due")]
    services.owe(duty, [first, second])
    assert days() == [("25", "due"), ("26", "due")]
    owed.refresh_from_db()
    assert owed.status == "not_due"


# Working time: questions with their sums


def known(*hours: tuple[int, int, float], is_tour: bool = True) -> list[KnownDuty]:
    """Duties of March by day, hour and length."""
    return [
        KnownDuty(
            make.at(date(2021, 3, day), hour),
            make.at(date(2021, 3, day), hour) + timedelta(hours=length),
            "a rostered tour" if is_tour else f"tasking {day}",
            is_tour=is_tour,
        )
        for day, hour, length in hours
    ]


def asked(busy: list[KnownDuty], day: int, hour: int, length: float) -> list[str]:
    """The questions about one duty of March."""
    starts_at = make.at(date(2021, 3, day), hour)
    flags = working_time(busy, starts_at, starts_at + timedelta(hours=length))
    assert all((flag.code, flag.level) == ("T10", "note") for flag in flags)
    return [flag.question for flag in flags]


def test_t10_rest_to_the_next_tour() -> None:
    assert asked(known((11, 9, 8)), 10, 16, 6) == []
    (question,) = asked(known((11, 6, 8)), 10, 16, 6)
    assert question.startswith("8 h 00 min of rest between this duty and a rostered tour, 3 h 00 min short")


def test_t10_a_stay_straight_after_a_tour_is_one_stretch_with_it() -> None:
    assert asked(known((10, 8, 8)), 10, 16, 8) == []
    (question,) = asked(known((10, 8, 8)), 10, 16, 9)
    assert question.startswith("17 h 00 min (tours 8 h 00 min + this duty 9 h 00 min) on end")


def test_t10_over_sixty_hours_in_a_week() -> None:
    tours = known(*((day, 8, 10) for day in (8, 9, 10, 11, 12)))
    assert asked(tours, 13, 8, 10) == []
    (question,) = asked(tours, 13, 8, 12)
    assert question.startswith(
        "62 h 00 min (tours 50 h 00 min + this duty 12 h 00 min) in the week from 8 March"
    )


def test_t10_over_a_hundred_overtime_hours_in_a_month() -> None:
    others = known(*((day, 8, 12) for day in (1, 4, 7, 10, 13, 16, 19, 22)), is_tour=False)
    assert asked(others, 25, 8, 4) == []
    (question,) = asked([*others, *known((26, 20, 8))], 25, 8, 5)
    assert question.startswith(
        "101 h 00 min (other overtime 96 h 00 min + this duty 5 h 00 min) of overtime in March"
    )


def test_t10_a_mean_over_forty_eight_hours_in_seventeen_weeks() -> None:
    last = date(2021, 3, 19)
    tours = []
    for week in range(17):
        for day in range(5):
            starts_at = make.at(last - timedelta(weeks=week, days=day), 8)
            ends_at = starts_at + timedelta(hours=9, minutes=30)
            tours.append(KnownDuty(starts_at, ends_at, "a rostered tour", is_tour=True))
    assert asked(tours, 20, 8, 8) == []
    (question,) = asked(tours, 20, 8, 9)
    assert question.startswith("816 h 30 min of known duty in 17 weeks, 48 h 01 min a week on average")


def test_t10_is_raised_of_the_officers_own_duties_and_stands_on_the_assignment(
    house: make.House, enquiry: Enquiry
) -> None:
    constable, other = make.officer(house.lead), make.officer(house.lead)
    tour(other, THURSDAY, start=6)
    plan = planned(enquiry, constable, hours=6)
    assert not quoted(plan).flags
    tour(constable, THURSDAY, start=6)
    (note,) = tasked(house, plan).notes
    assert note["code"] == "T10" and "8 h 00 min of rest" in note["question"]
