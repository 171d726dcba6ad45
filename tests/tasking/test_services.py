"""Tasking a duty: the price, the controls T01 to T11, and how its money comes back."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from grants import terms
from grants.models import Grant
from grants.services import move
from overtime_ledger import clock
from overtime_ledger.errors import Refusal
from tasking import services
from tasking.models import Assignment, Enquiry, RosteredTour, Subject, TaskingEvent
from tasking.quotes import Plan, quote, same_again
from tests import factories as make

pytestmark = pytest.mark.django_db
WEDNESDAY = date(2021, 3, 10)


def refused(code: str) -> pytest.RaisesExc[Refusal]:
    return pytest.raises(Refusal, match=f"^{code}: ")


@pytest.fixture
def house() -> make.House:
    return make.house()


@pytest.fixture
def enquiry(house: make.House) -> Enquiry:
    return make.enquiry(house)


def plan(
    enquiry: Enquiry, *officers: object, day: date = WEDNESDAY, hours: tuple[int, int] = (16, 20)
) -> Plan:
    return Plan(
        enquiry=enquiry,
        duty_type="planned",
        starts_at=make.at(day, hours[0]),
        ends_at=make.at(day, hours[1]),
        officers=officers,  # type: ignore[arg-type]
        reason="Observations",
    )


def available(enquiry: Enquiry) -> int:
    enquiry.line.refresh_from_db()
    return enquiry.line.available


def test_tasking_commits_the_price_of_each_officer(house: make.House, enquiry: Enquiry) -> None:
    constable, sergeant = (
        make.officer(house.lead),
        make.officer(house.lead, rank="sergeant", pay=4_622_700),
    )
    planned = plan(enquiry, constable, sergeant)
    expected = quote(planned)
    assert [one.pence for one in expected.quotes] == [10_512, 11_815]
    tasking = services.task(planned, by=house.di, expected_pence=22_327)
    enquiry.line.refresh_from_db()
    assert (enquiry.line.available, enquiry.line.tasked) == (1_000_000 - 22_327, 22_327)
    assert sum(one.committed_pence for one in tasking.assignments.all()) == 22_327
    assert tasking.events.get().pence == 22_327


def test_another_agency_is_priced_by_its_rate_card(house: make.House, enquiry: Enquiry) -> None:
    make.agree(house)
    planned = plan(enquiry, make.officer(house.other))
    assert quote(planned).pence == 10_667  # 4 hours x £20.00 x 4/3


def test_t01_nothing_is_tasked_before_the_grant_is_open() -> None:
    house = make.house(opened=False)
    enquiry = make.enquiry(house, pence=0)
    with refused("T01"):
        services.task(plan(enquiry, make.officer(house.lead)), by=house.di)


def test_t15_a_tasking_names_somebody(house: make.House, enquiry: Enquiry) -> None:
    with refused("T15"):
        services.task(plan(enquiry), by=house.di)
    enquiry.line.refresh_from_db()
    assert (enquiry.line.available, enquiry.line.tasked) == (1_000_000, 0)


@pytest.mark.parametrize("day", [date(2021, 1, 31), date(2021, 4, 1)])
def test_t02_the_duty_lies_in_the_window(house: make.House, enquiry: Enquiry, day: date) -> None:
    with refused("T02"):
        services.task(plan(enquiry, make.officer(house.lead), day=day), by=house.di)


def test_a_duty_past_the_last_midnight_is_clipped(house: make.House, enquiry: Enquiry) -> None:
    planned = plan(enquiry, make.officer(house.lead), day=date(2021, 3, 31), hours=(22, 23))
    late = replace(planned, ends_at=make.at(date(2021, 4, 1), 2))
    (one,) = quote(late).quotes
    assert one.pence == 5_256  # two hours of four
    assert one.price and one.price.owed_beyond


def test_t03_says_how_much_is_short(house: make.House) -> None:
    enquiry = make.enquiry(house, pence=10_000)
    with refused("T03") as refusal:
        services.task(plan(enquiry, make.officer(house.lead)), by=house.di)
    assert "£5.12 more" in refusal.value.reason
    assert available(enquiry) == 10_000


@pytest.mark.parametrize("rank", ["inspector", "superintendent"])
def test_t04_inspectors_and_above_earn_no_overtime(house: make.House, enquiry: Enquiry, rank: str) -> None:
    with refused("T04"):
        services.task(plan(enquiry, make.officer(house.lead, rank=rank)), by=house.di)


def test_t04_the_rank_on_the_day_counts(house: make.House, enquiry: Enquiry) -> None:
    promoted = make.officer(house.lead, rank="sergeant", pay=4_622_700)
    make.RankHeldFactory(person=promoted, rank="inspector", scale="", point="", held_from=WEDNESDAY)
    assert not quote(plan(enquiry, promoted, day=WEDNESDAY - timedelta(days=1))).refusals
    with refused("T04"):
        services.task(plan(enquiry, promoted), by=house.di)


def test_t05_who_controls_the_grant_is_not_paid_from_it(house: make.House, enquiry: Enquiry) -> None:
    make.RankHeldFactory(person=house.di)
    with refused("T05"):
        services.task(plan(enquiry, house.di), by=house.di)


def test_t06_nobody_is_tasked_twice_for_the_same_time(house: make.House, enquiry: Enquiry) -> None:
    constable = make.officer(house.lead)
    services.task(plan(enquiry, constable, hours=(16, 20)), by=house.di)
    with refused("T06"):
        services.task(plan(enquiry, constable, hours=(19, 22)), by=house.di)
    services.task(plan(enquiry, constable, hours=(20, 22)), by=house.di)  # touching ends are fine


def test_t07_an_agency_needs_an_agreement_and_a_rate(house: make.House, enquiry: Enquiry) -> None:
    visitor = make.officer(house.other)
    with refused("T07"):
        services.task(plan(enquiry, visitor), by=house.di)
    make.agree(house, grades=("sergeant",))
    with refused("T07") as refusal:
        services.task(plan(enquiry, visitor), by=house.di)
    assert "constable" in refusal.value.reason


def test_t08_an_agency_costs_no_more_than_its_maximum(house: make.House, enquiry: Enquiry) -> None:
    make.agree(house, maximum_pence=15_000)
    services.task(plan(enquiry, make.officer(house.other)), by=house.di)
    with refused("T08"):
        services.task(plan(enquiry, make.officer(house.other)), by=house.di)


def test_t21_only_overtime_of_the_grants_cost_types_is_tasked(house: make.House, enquiry: Enquiry) -> None:
    make.agree(house)
    ours, visitor = make.officer(house.lead), make.officer(house.other)
    standing = services.task(plan(enquiry, visitor), by=house.di).assignments.get()
    for cost_types, borne, refused_one in (("lead", ours, visitor), ("others", visitor, ours)):
        said = {"reason": "Agreed", "effective_from": clock.today(), "after": {"cost_types": cost_types}}
        change = terms.approve(terms.propose(house.grant, by=house.finance, **said), by=house.second_finance)
        terms.agree(change, by=house.finance, funder_reference="HO/21/7", agreed_on=clock.today())
        enquiry = Enquiry.objects.get(pk=enquiry.pk)
        with refused("T21"):
            services.task(plan(enquiry, refused_one, day=WEDNESDAY + timedelta(days=2)), by=house.di)
        assert not quote(plan(enquiry, borne, day=WEDNESDAY + timedelta(days=3))).refusals
    standing.refresh_from_db()
    assert standing.status == "tasked"  # as it was tasked, it is paid


def test_t09_a_retrospective_tasking_needs_a_reason_and_is_held(house: make.House, enquiry: Enquiry) -> None:
    planned = plan(enquiry, make.officer(house.lead), day=date(2021, 3, 5))
    with refused("T09"):
        services.task(planned, by=house.di)
    tasking = services.task(replace(planned, retrospective_reason="Called out by phone"), by=house.di)
    (note,) = tasking.assignments.get().notes
    assert (note["code"], note["level"]) == ("T09", "hold")


def test_t10_rest_and_long_duties_are_questions_never_a_block(house: make.House, enquiry: Enquiry) -> None:
    constable = make.officer(house.lead)
    services.task(plan(enquiry, constable, hours=(0, 20)), by=house.di)
    (one,) = quote(plan(enquiry, constable, day=WEDNESDAY + timedelta(days=1), hours=(2, 6))).quotes
    assert [flag.code for flag in one.flags] == ["T10"] and "6 h 00 min of rest" in one.flags[0].question
    assert one.refusal is None


def test_t11_fifteen_clear_days_notice_of_a_rest_day_pays_nothing(
    house: make.House, enquiry: Enquiry
) -> None:
    planned = replace(plan(enquiry, make.officer(house.lead), day=date(2021, 3, 24)), duty_type="rest_day")
    (one,) = quote(planned).quotes
    assert [flag.code for flag in one.flags] == ["T11"] and one.pence == 0
    (nearer,) = quote(
        replace(planned, starts_at=make.at(date(2021, 3, 23)), ends_at=make.at(date(2021, 3, 23), 15))
    ).quotes
    assert not nearer.flags and nearer.pence > 0


def test_c08_not_inside_a_rostered_tour(house: make.House, enquiry: Enquiry) -> None:
    constable = make.officer(house.lead)
    RosteredTour.objects.create(
        officer=constable, starts_at=make.at(WEDNESDAY, 8), ends_at=make.at(WEDNESDAY, 16)
    )
    with refused("C08"):
        services.task(plan(enquiry, constable, hours=(15, 18)), by=house.di)
    services.task(plan(enquiry, constable, hours=(16, 18)), by=house.di)


def test_a02_only_who_controls_the_grant_tasks(house: make.House, enquiry: Enquiry) -> None:
    for outsider in (house.finance, house.deputy, house.supervisor, house.auditor, house.administrator):
        with refused("A02"):
            services.task(plan(enquiry, make.officer(house.lead)), by=outsider)
    assert not Assignment.objects.exists()


def test_a03_another_price_than_was_seen_is_not_tasked(house: make.House, enquiry: Enquiry) -> None:
    with refused("A03"):
        services.task(plan(enquiry, make.officer(house.lead)), by=house.di, expected_pence=1)


def test_every_refusal_of_a_plan_is_shown_at_once(house: make.House, enquiry: Enquiry) -> None:
    shown = quote(plan(enquiry, make.officer(house.lead, rank="inspector"), make.officer(house.other)))
    assert [refusal.code for refusal in shown.refusals] == ["T04", "T07"]


def test_the_same_again_keeps_the_wall_time_over_the_clocks_change(
    house: make.House, enquiry: Enquiry
) -> None:
    tasking = services.task(plan(enquiry, make.officer(house.lead), day=date(2021, 3, 24)), by=house.di)
    again = same_again(tasking)
    assert again.starts_at == make.at(date(2021, 3, 31), 16)
    assert again.starts_at - tasking.starts_at == timedelta(days=7, hours=-1)
    assert [one.pk for one in again.officers] == [one.officer_id for one in tasking.assignments.all()]


def test_a_shorter_duty_returns_money_at_once(house: make.House, enquiry: Enquiry) -> None:
    tasking = services.task(plan(enquiry, make.officer(house.lead)), by=house.di)
    returned = services.shorten(tasking, by=house.di, ends_at=make.at(WEDNESDAY, 18), reason="Subject left")
    assert returned == 5_256
    assert available(enquiry) == 1_000_000 - 5_256
    assert tasking.assignments.get().committed_pence == 5_256
    with refused("T16"):
        services.shorten(tasking, by=house.di, ends_at=make.at(WEDNESDAY, 21), reason="Longer")


def test_a_cancelled_duty_returns_all_of_it(house: make.House, enquiry: Enquiry) -> None:
    tasking = services.task(plan(enquiry, make.officer(house.lead), make.officer(house.lead)), by=house.di)
    assert services.cancel(tasking, by=house.di, reason="Called off") == 21_024
    assert available(enquiry) == 1_000_000
    assert {one.status for one in tasking.assignments.all()} == {Assignment.Status.CANCELLED}
    assert tasking.events.filter(verb=TaskingEvent.Verb.CANCELLED).count() == 2


def test_a_claimed_duty_is_not_cancelled(house: make.House, enquiry: Enquiry) -> None:
    duty = make.assignment(house, enquiry, make.officer(house.lead))
    make.claim(house, duty)
    with refused("T17"):
        services.cancel(duty.tasking, by=house.di, reason="Called off")
    with refused("T17"):
        services.stand_down(duty, by=house.di, reason="Called off")


def test_one_officer_is_stood_down(house: make.House, enquiry: Enquiry) -> None:
    first, second = make.officer(house.lead), make.officer(house.lead)
    tasking = services.task(plan(enquiry, first, second), by=house.di)
    assert services.stand_down(tasking.assignments.get(officer=first), by=house.di, reason="Ill") == 10_512
    assert available(enquiry) == 1_000_000 - 10_512


def test_the_officer_declines_before_the_duty_and_nobody_else_does(
    house: make.House, enquiry: Enquiry
) -> None:
    constable = make.officer(house.lead)
    duty = services.task(plan(enquiry, constable), by=house.di).assignments.get()
    with refused("C01"):
        services.decline(duty, by=make.officer(house.lead), reason="Not I")
    with clock.travel(make.at(WEDNESDAY, 17)), refused("T18"):
        services.decline(duty, by=constable, reason="Too late")
    assert services.decline(duty, by=constable, reason="Court that day") == 10_512
    assert available(enquiry) == 1_000_000


def test_nothing_is_released_before_the_window_is_over(house: make.House, enquiry: Enquiry) -> None:
    duty = make.assignment(house, enquiry, make.officer(house.lead))
    assert services.unclaimed_after(house.grant, house.grant.eligible_to) == []
    after = house.grant.eligible_to + timedelta(days=1)
    assert services.unclaimed_after(house.grant, after) == [duty]
    with clock.travel(make.at(after)):
        assert services.release(duty, by=house.finance, reason="Never claimed") == 10_512
        assert services.release(duty, by=house.finance, reason="Never claimed") == 0
    assert available(enquiry) == 1_000_000


def test_an_enquiry_needs_a_subject_and_closes_only_when_it_holds_nothing(house: make.House) -> None:
    with refused("T13"):
        services.open_enquiry(house.grant, by=house.di, objective="None", kind="other")
    enquiry = make.enquiry(house, pence=100)
    with refused("T14"):
        services.close_enquiry(enquiry, by=house.di)
    empty = make.enquiry(house, pence=0)
    services.close_enquiry(empty, by=house.di, outcomes_follow=True)
    empty.refresh_from_db()
    with refused("T12"):
        services.task(plan(empty, make.officer(house.lead)), by=house.di)
    assert {one.name for one in Grant.objects.get().enquiries.all()} == {"Enquiry 1", "Enquiry 2"}


def test_a_codename_that_is_taken_is_drawn_again(house: make.House, monkeypatch: pytest.MonkeyPatch) -> None:
    # Sixteen codenames, of which nine are drawn.
    monkeypatch.setattr("tasking.models.enquiries.CODENAME_LETTERS", "A2")
    opened = services.open_enquiry(house.grant, by=house.di, objective="All", kind="other", new_subjects=9)
    assert len({str(subject) for subject in opened.subjects.all()}) == 9


def test_t13_without_a_free_codename_nothing_is_opened(
    house: make.House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tasking.models.enquiries.CODENAME_LETTERS", "A")
    with refused("T13"):
        services.open_enquiry(house.grant, by=house.di, objective="Two", kind="other", new_subjects=2)
    assert not Enquiry.objects.exists() and not Subject.objects.exists()


def test_a_closed_enquiry_says_who_closed_it_and_takes_no_more_money(house: make.House) -> None:
    empty = make.enquiry(house, pence=0)
    services.close_enquiry(empty, by=house.di, outcomes_follow=True)
    empty.refresh_from_db()
    assert (empty.closed_by, empty.closed_on) == (house.di, clock.today())
    with refused("G11"):
        move(house.grant.lines.get(is_main=True), empty.line, 100, by=house.di, reason="Late", token="t")


def test_a_duty_somebody_has_claimed_is_not_shortened(house: make.House, enquiry: Enquiry) -> None:
    duty = make.assignment(house, enquiry, make.officer(house.lead), day=date(2021, 3, 3))
    make.claim(house, duty)
    with refused("T17"):
        services.shorten(duty.tasking, by=house.di, ends_at=make.at(date(2021, 3, 3), 18), reason="Shorter")
