"""The pages of taskings: who sees what, from form to check to tasking, and the verbs that give money back."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.html import escape

from grants.models import AgencyRate, Grant
from overtime_ledger import clock
from overtime_ledger.accounts.models import Draft, User
from overtime_ledger.audit.models import AccessLog
from tasking import services
from tasking.forms.duties import as_typed
from tasking.models import Assignment, Enquiry, Tasking
from tasking.quotes import Plan
from tests import factories as make
from tests.files import text_of

pytestmark = pytest.mark.django_db
WEDNESDAY = date(2021, 3, 10)


@pytest.fixture
def house() -> make.House:
    return make.house()


@pytest.fixture
def enquiry(house: make.House) -> Enquiry:
    return make.enquiry(house)


def as_(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def url(name: str, *args: object) -> str:
    return reverse(f"tasking:{name}", args=args)


def plan(enquiry: Enquiry, *officers: User, day: date = WEDNESDAY, hours: tuple[int, int] = (16, 20)) -> Plan:
    return Plan(
        enquiry=enquiry,
        duty_type="planned",
        starts_at=make.at(day, hours[0]),
        ends_at=make.at(day, hours[1]),
        officers=officers,
        reason="Observations",
    )


def typed(plan: Plan, **changes: Any) -> dict[str, Any]:
    """What a person types for a plan."""
    return dict(as_typed(plan).lists()) | changes


def tasked(house: make.House, plan: Plan) -> Tasking:
    return services.task(plan, by=house.di)


def available(enquiry: Enquiry) -> int:
    enquiry.line.refresh_from_db()
    return enquiry.line.available


def queries(client: Client, address: str, **data: Any) -> int:
    """Queries of a page that was opened once before, so that nothing is only the first time's."""
    send: Callable[[], Any] = lambda: client.post(address, data) if data else client.get(address)  # noqa: E731
    send()
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert send().status_code == 200
    return len(captured)


# From the form to the tasking


def test_officers_are_tasked_through_the_check_page(house: make.House, enquiry: Enquiry) -> None:
    di, constable = as_(house.di), make.officer(house.lead)
    page = di.get(url("task"), {"enquiry": enquiry.pk})
    assert page.context["form"]["enquiry"].value() == str(enquiry.pk)
    assert str(constable) in page.content.decode()

    duty = typed(plan(enquiry, constable))
    checked = di.post(url("check"), duty)
    assert checked.status_code == 200
    assert "Task 1 officer: £105.12, leaves £9,894.88" in checked.content.decode()
    assert not Tasking.objects.exists() and available(enquiry) == 1_000_000

    issued = di.post(url("issue"), duty | {"expected_pence": 10_512})
    tasking = Tasking.objects.get()
    assert issued.headers["Location"] == url("tasking", tasking.pk)
    assert available(enquiry) == 1_000_000 - 10_512
    assert tasking.issued_by == house.di


def test_the_draft_lives_from_the_check_to_the_tasking(house: make.House, enquiry: Enquiry) -> None:
    di, duty = as_(house.di), typed(plan(enquiry, make.officer(house.lead)))
    di.post(url("check"), duty)
    assert Draft.objects.get(person=house.di, path=url("check")).fields["reason"] == ["Observations"]
    di.post(url("issue"), duty | {"expected_pence": 10_512})
    assert not Draft.objects.exists()


def test_the_same_press_twice_tasks_once_and_says_so_kindly(house: make.House, enquiry: Enquiry) -> None:
    di, duty = as_(house.di), typed(plan(enquiry, make.officer(house.lead)), expected_pence=10_512)
    di.post(url("issue"), duty)
    second = di.post(url("issue"), duty, follow=True)
    assert second.redirect_chain == [(url("tasking", Tasking.objects.get().pk), 302)]
    assert "nothing was tasked twice" in second.content.decode()
    assert available(enquiry) == 1_000_000 - 10_512


def test_other_officers_at_the_same_time_are_no_second_press(house: make.House, enquiry: Enquiry) -> None:
    di, first, second = as_(house.di), make.officer(house.lead), make.officer(house.lead)
    tasked(house, plan(enquiry, first))
    answer = di.post(url("issue"), typed(plan(enquiry, first, second), expected_pence=21_024))
    assert answer.status_code == 422
    assert [refusal.code for refusal in answer.context["refusals"]] == ["T06"]
    assert Tasking.objects.count() == 1


def test_another_price_than_was_seen_is_shown_again(house: make.House, enquiry: Enquiry) -> None:
    duty = typed(plan(enquiry, make.officer(house.lead)), expected_pence=1)
    answer = as_(house.di).post(url("issue"), duty)
    assert answer.status_code == 422 and not Tasking.objects.exists()
    assert [refusal.code for refusal in answer.context["refusals"]] == ["A03"]
    assert answer.context["can_issue"]
    assert 'name="expected_pence" value="10512"' in answer.content.decode()
    missing = as_(house.di).post(url("issue"), typed(plan(enquiry, make.officer(house.lead))))
    assert missing.status_code == 422 and not Tasking.objects.exists()


def test_every_refusal_is_shown_with_who_is_left(house: make.House, enquiry: Enquiry) -> None:
    inspector, constable = make.officer(house.lead, rank="inspector"), make.officer(house.lead)
    tasked(house, plan(enquiry, busy := make.officer(house.lead)))
    answer = as_(house.di).post(url("check"), typed(plan(enquiry, inspector, constable, busy)))
    assert answer.status_code == 422
    assert sorted(refusal.code for refusal in answer.context["refusals"]) == ["T04", "T06"]
    assert answer.context["free"] == [constable]
    assert "Go on without the officers refused" in answer.content.decode()


def test_missing_money_offers_its_allocation(house: make.House) -> None:
    short = make.enquiry(house, pence=10_000)
    answer = as_(house.di).post(url("check"), typed(plan(short, make.officer(house.lead))))
    text = answer.content.decode()
    main = house.grant.lines.get(is_main=True)
    assert answer.status_code == 422 and "Allocate £5.12" in text
    assert f"?source={main.pk}&amp;target={short.line_id}&amp;pence=5.12" in text
    assert url("issue") not in text


def test_nothing_typed_is_lost_on_an_error(house: make.House, enquiry: Enquiry) -> None:
    duty = typed(plan(enquiry, make.officer(house.lead)), starts="quarter past", reason="Kept as typed")
    answer = as_(house.di).post(url("check"), duty)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert 'value="quarter past"' in text and "Kept as typed" in text
    assert text.count(" checked") == 1


def test_changing_a_plan_brings_back_what_was_typed(house: make.House, enquiry: Enquiry) -> None:
    page = as_(house.di).post(url("task"), typed(plan(enquiry, make.officer(house.lead))))
    assert page.status_code == 200
    assert 'value="16:00"' in page.content.decode() and "Observations" in page.content.decode()


def test_an_end_before_the_start_is_on_the_next_day(house: make.House, enquiry: Enquiry) -> None:
    night = typed(plan(enquiry, make.officer(house.lead)), starts="2200", ends="0200")
    checked = as_(house.di).post(url("check"), night)
    assert checked.context["plan"].ends_at == make.at(date(2021, 3, 11), 2)
    same = as_(house.di).post(url("check"), night | {"ends": "22:00"})
    assert same.context["form"].errors["ends"]


@pytest.mark.parametrize(
    "field, day, starts, ends",
    [("ends", (27, 3, 2021), "22:00", "01:30"), ("starts", (28, 3, 2021), "01:30", "05:00")],
)
def test_a_time_that_the_clocks_leap_over_is_an_error_of_its_field(
    house: make.House, enquiry: Enquiry, field: str, day: tuple[int, ...], starts: str, ends: str
) -> None:
    parts = {f"day_{place}": part for place, part in enumerate(day)}
    duty = typed(plan(enquiry, make.officer(house.lead)), starts=starts, ends=ends, **parts)
    answer = as_(house.di).post(url("check"), duty)
    assert list(answer.context["form"].errors) == [field]
    assert "01:30 on 28 March 2021 does not exist" in answer.content.decode()


def test_a_retrospective_tasking_asks_why(house: make.House, enquiry: Enquiry) -> None:
    di, late = as_(house.di), plan(enquiry, make.officer(house.lead), day=date(2021, 3, 5))
    assert "retrospective" not in di.get(url("task")).content.decode()
    asked = di.post(url("check"), typed(late))
    assert asked.status_code == 422 and list(asked.context["form"].errors) == ["retrospective_reason"]
    told = di.post(url("check"), typed(replace(late, retrospective_reason="Called out by phone")))
    assert told.status_code == 200
    assert [flag.code for quote in told.context["quotation"].quotes for flag in quote.flags] == ["T09"]


@pytest.mark.parametrize("text", ["Seen with AB12 CDE", "Born 3 May 1985", "Call 07700 900123"])
def test_no_personal_data_in_a_reason(house: make.House, enquiry: Enquiry, text: str) -> None:
    duty = typed(plan(enquiry, make.officer(house.lead)), reason=text)
    answer = as_(house.di).post(url("check"), duty)
    assert list(answer.context["form"].errors) == ["reason"]


def test_a_deputy_over_the_limit_sees_so_before_pressing(house: make.House, enquiry: Enquiry) -> None:
    from grants.services import delegate

    delegate(
        house.grant, house.deputy, by=house.di, from_on=clock.today(), to_on=clock.today(), limit_pence=10_000
    )
    answer = as_(house.deputy).post(url("check"), typed(plan(enquiry, make.officer(house.lead))))
    assert [refusal.code for refusal in answer.context["refusals"]] == ["A02"]
    assert not answer.context["can_issue"]


# What decides the pay, and what it shows


def rest_day(enquiry: Enquiry, *officers: User, day: date = date(2021, 3, 14)) -> Plan:
    """Four hours on a Sunday."""
    return replace(plan(enquiry, *officers, day=day), duty_type="rest_day")


def with_insurance() -> tuple[make.House, Enquiry]:
    """A grant that bears the employer's National Insurance of 13.8%."""
    make.on_costs()
    house = make.house(opened=False)
    Grant.objects.filter(pk=house.grant.pk).update(on_cost="ni")
    house.grant.refresh_from_db()
    make.open_up(house)
    return house, make.enquiry(house)


def test_travel_and_the_telling_go_from_the_form_to_the_tasking(house: make.House, enquiry: Enquiry) -> None:
    di, told_at = as_(house.di), make.at(date(2021, 3, 4), 17, 30)
    sunday = replace(rest_day(enquiry, make.officer(house.lead)), travel_minutes=90, told_at=told_at)
    checked = di.post(url("check"), typed(sunday))
    assert (checked.context["plan"].travel_minutes, checked.context["plan"].told_at) == (90, told_at)
    text = checked.content.decode()
    assert "4 March 2021, 17:30" in text and "Travel of 90 minutes (1 h 30 min) counts besides" in text
    for name, value in (("travel_minutes", "90"), ("told_on_0", "4"), ("told_time", "17:30")):
        assert f'<input type="hidden" name="{name}" value="{value}">' in text
    assert Draft.objects.get(person=house.di).fields["told_time"] == ["17:30"]

    sent = dict(checked.context["typed"]) | {"expected_pence": checked.context["quotation"].pence}
    di.post(url("issue"), sent)
    tasking = Tasking.objects.get()
    assert (tasking.travel_minutes, tasking.told_at) == (90, told_at)
    again = di.get(url("again", tasking.pk)).context["plan"]
    assert (again.travel_minutes, again.told_at) == (90, None)  # next week's is told next


def test_left_empty_the_officers_are_told_by_the_tasking(house: make.House, enquiry: Enquiry) -> None:
    duty = typed(plan(enquiry, make.officer(house.lead)), expected_pence=10_512)
    before = clock.now()
    as_(house.di).post(url("issue"), duty)
    assert before <= Tasking.objects.get().told_at <= clock.now()


@pytest.mark.parametrize(
    "told, field",
    [
        ({"told_on_0": "9", "told_on_1": "3", "told_on_2": "2099", "told_time": "09:00"}, "told_on"),
        ({"told_on_0": "31", "told_on_1": "2", "told_on_2": "2021", "told_time": "09:00"}, "told_on"),
        ({"told_time": "09:00"}, "told_on"),
        ({"told_on_0": "4", "told_on_1": "3", "told_on_2": "2021"}, "told_time"),
        ({"told_on_0": "4", "told_on_1": "3", "told_on_2": "2021", "told_time": "noonish"}, "told_time"),
        ({"travel_minutes": "a while"}, "travel_minutes"),
        ({"travel_minutes": "13:00"}, "travel_minutes"),
    ],
)
def test_what_cannot_be_is_said_at_its_field_and_stays(
    house: make.House, enquiry: Enquiry, told: dict[str, str], field: str
) -> None:
    duty = typed(plan(enquiry, make.officer(house.lead)), **told)
    answer = as_(house.di).post(url("check"), duty)
    text = answer.content.decode()
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, [field])
    for name, value in told.items():
        assert f'name="{name}" value="{value}"' in text
    assert field == "travel_minutes" or '<details class="details" open>' in text


def test_told_later_today_is_the_future_of_the_time(house: make.House, enquiry: Enquiry) -> None:
    with clock.travel(make.at(date(2021, 3, 8), 12)):
        today = {"told_on_0": "8", "told_on_1": "3", "told_on_2": "2021", "told_time": "12:01"}
        answer = as_(house.di).post(url("check"), typed(plan(enquiry, make.officer(house.lead)), **today))
    assert list(answer.context["form"].errors) == ["told_time"]


def test_the_check_page_splits_pay_and_on_cost_where_there_is_one() -> None:
    house, enquiry = with_insurance()
    checked = as_(house.di).post(url("check"), typed(plan(enquiry, make.officer(house.lead))))
    quotation, text = checked.context["quotation"], checked.content.decode()
    assert (quotation.pay_pence, quotation.on_cost_pence, quotation.pence) == (10_512, 1_451, 11_963)
    assert text.count("<dt>On-cost</dt><dd>£14.51</dd>") == 2  # the officer's, and together
    assert "Task 1 officer: £119.63" in text
    assert "For information. Without on-costs it would come to £105.12." in text


def test_without_on_costs_there_is_one_figure_and_the_other_total(
    house: make.House, enquiry: Enquiry
) -> None:
    make.on_costs()
    text = as_(house.di).post(url("check"), typed(plan(enquiry, make.officer(house.lead)))).content.decode()
    assert "<dt>On-cost</dt>" not in text
    assert "With Employer" in text and "of 13.8% it would come to £119.63." in text


def test_what_an_agency_adds_is_split_too(house: make.House, enquiry: Enquiry) -> None:
    agreement = make.agree(house, grades=("sergeant",))
    visitor = make.officer(house.other)
    AgencyRate.objects.create(
        agreement=agreement,
        grade="constable",
        duty_type="planned",
        hourly_pence=2000,
        multiplier="4/3",
        on_cost_percent=Decimal("5.5"),
        valid_from=date(2021, 2, 1),
        valid_to=date(2021, 3, 31),
        source="Rate letter",
        recorded_by=house.finance,
        confirmed_by=house.second_finance,
    )
    checked = as_(house.di).post(url("check"), typed(plan(enquiry, make.officer(house.lead), visitor)))
    text = checked.content.decode()
    assert "<dt>On-cost</dt><dd>£5.87</dd>" in text and "<dt>On-cost</dt><dd>£0.00</dd>" in text
    assert "£20.00 an hour × 4/3, on-cost 5.5%" in text


def test_the_tasking_page_has_the_same_figures_and_working() -> None:
    house, enquiry = with_insurance()
    duty = plan(enquiry, make.officer(house.lead), make.officer(house.lead))
    checked = as_(house.di).post(url("check"), typed(duty))
    tasking = tasked(house, duty)
    page = as_(house.di).get(url("tasking", tasking.pk))
    together, text = page.context["together"], page.content.decode()
    assert (together.pay_pence, together.on_cost_pence, together.other_pence) == (21_024, 2_902, 21_024)
    working = checked.context["quotation"].quotes[0].price.lines[0].working
    assert escape(working) in text and escape(working) in checked.content.decode()
    assert "Pay: point 7 of constable_2013, £41,130.00 a year, on-cost 13.8%." in text
    assert "Rule set of MPS from 1 September 2020" in text
    mine = as_(duty.officers[0]).get(url("tasking", tasking.pk)).content.decode()
    assert "£14.51" in mine and "£29.02" not in mine and "For information" not in mine


def test_those_who_left_a_duty_are_not_added_up(house: make.House, enquiry: Enquiry) -> None:
    tasking = tasked(house, plan(enquiry, make.officer(house.lead), make.officer(house.lead)))
    services.stand_down(tasking.assignments.all()[0], by=house.di, reason="Ill")
    page = as_(house.di).get(url("tasking", tasking.pk))
    assert page.context["together"].pence == 10_512


def test_shortening_says_what_it_costs_from_then_on() -> None:
    house, enquiry = with_insurance()
    tasking = tasked(house, plan(enquiry, make.officer(house.lead)))
    seen = as_(house.di).post(url("shorten", tasking.pk), {"ends": "18:00", "reason": "Subject left"})
    together, text = seen.context["together"], seen.content.decode()
    assert (together.pay_pence, together.on_cost_pence, together.pence) == (5_256, 725, 5_981)
    assert "£52.56 pay and £7.25 on-cost from then on" in text
    assert "Without on-costs it would come to £52.56" in text
    shorter = {"ends": "18:00", "reason": "Subject left", "expected_pence": seen.context["pence"]}
    as_(house.di).post(url("shorten", tasking.pk), shorter)
    one = tasking.assignments.get()
    assert (one.pay_pence, one.on_cost_pence, one.authorised_pence) == (5_256, 725, 5_981)


@pytest.mark.parametrize(
    "duty_type, day, told_on, says",
    [
        ("rest_day", date(2021, 3, 28), date(2021, 3, 1), "Another rest day is due"),
        ("toil", WEDNESDAY, date(2021, 3, 1), "paid in cash after the grant’s last day, and nothing is set"),
    ],
)
def test_time_that_a_duty_earns_is_on_both_pages(
    house: make.House, enquiry: Enquiry, duty_type: str, day: date, told_on: date, says: str
) -> None:
    duty = replace(
        plan(enquiry, make.officer(house.lead), day=day), duty_type=duty_type, told_at=make.at(told_on)
    )
    with clock.travel(make.at(date(2021, 3, 8))):
        assert says in as_(house.di).post(url("check"), typed(duty)).content.decode()
        tasking = tasked(house, duty)
        assert says in as_(house.di).get(url("tasking", tasking.pk)).content.decode()


def test_a_page_of_many_officers_asks_as_often_as_one_of_few(house: make.House, enquiry: Enquiry) -> None:
    early = make.at(date(2021, 2, 20))
    few, many = (
        tasked(house, replace(rest_day(enquiry, *officers, day=date(2021, 3, 28)), told_at=early))
        for officers in ([make.officer(house.lead)], [make.officer(house.lead) for _ in range(5)])
    )
    pages = ("tasking", "again")
    counts = [[queries(as_(house.di), url(page, one.pk)) for page in pages] for one in (few, many)]
    assert counts[0] == counts[1]


# The same again


def test_the_same_again_next_week_is_a_check_page_and_a_press(house: make.House, enquiry: Enquiry) -> None:
    di = as_(house.di)
    tasking = tasked(house, plan(enquiry, make.officer(house.lead), make.officer(house.lead)))
    page = di.get(url("again", tasking.pk))
    repeated = page.context["plan"]
    assert repeated.starts_at == make.at(date(2021, 3, 17), 16)
    di.post(url("issue"), typed(repeated, expected_pence=page.context["quotation"].pence))
    assert Tasking.objects.first().assignments.count() == 2  # type: ignore[union-attr]
    assert available(enquiry) == 1_000_000 - 4 * 10_512


def test_the_same_again_of_an_old_duty_lies_ahead(house: make.House, enquiry: Enquiry) -> None:
    duty = make.assignment(house, enquiry, make.officer(house.lead), day=date(2021, 2, 10))
    page = as_(house.di).get(url("again", duty.tasking_id))
    assert page.context["plan"].starts_at == make.at(WEDNESDAY, 16)


def test_the_same_again_outside_the_window_is_refused_on_its_page(
    house: make.House, enquiry: Enquiry
) -> None:
    tasking = tasked(house, plan(enquiry, make.officer(house.lead), day=date(2021, 3, 31)))
    page = as_(house.di).get(url("again", tasking.pk))
    assert [refusal.code for refusal in page.context["refusals"]] == ["T02"]
    assert page.status_code == 200 and not page.context["can_issue"]


def test_the_same_again_in_the_night_of_the_clocks_keeps_its_length(
    house: make.House, enquiry: Enquiry
) -> None:
    night = replace(
        plan(enquiry, make.officer(house.lead)),
        starts_at=make.at(date(2021, 3, 20), 22),
        ends_at=make.at(date(2021, 3, 21), 1, 30),
    )
    page = as_(house.di).get(url("again", tasked(house, night).pk))
    repeated = page.context["plan"]
    assert repeated.ends_at - repeated.starts_at == timedelta(hours=3, minutes=30)
    assert "22:00 to 02:30 the next day" in page.content.decode()


# Verbs that give money back


def test_a_duty_is_shortened_after_its_return_was_seen(house: make.House, enquiry: Enquiry) -> None:
    di, tasking = as_(house.di), tasked(house, plan(enquiry, make.officer(house.lead)))
    shorter = {"ends": "18:00", "reason": "Subject left"}
    seen = di.post(url("shorten", tasking.pk), shorter)
    assert seen.status_code == 200 and "£52.56 returns" in seen.content.decode()
    assert available(enquiry) == 1_000_000 - 10_512
    done = di.post(url("shorten", tasking.pk), shorter | {"expected_pence": 5_256})
    assert done.status_code == 302 and available(enquiry) == 1_000_000 - 5_256
    again = di.post(url("shorten", tasking.pk), shorter | {"expected_pence": 5_256})
    assert again.status_code == 422 and available(enquiry) == 1_000_000 - 5_256


def test_a_later_end_is_no_shorter_duty(house: make.House, enquiry: Enquiry) -> None:
    tasking = tasked(house, plan(enquiry, make.officer(house.lead)))
    answer = as_(house.di).post(url("shorten", tasking.pk), {"ends": "21:00", "reason": "Kept as typed"})
    assert list(answer.context["form"].errors) == ["ends"] and "Kept as typed" in answer.content.decode()


def test_a_night_is_shortened_past_midnight(house: make.House, enquiry: Enquiry) -> None:
    night = plan(enquiry, make.officer(house.lead), hours=(22, 23))
    tasking = tasked(house, replace(night, ends_at=make.at(date(2021, 3, 11), 4)))
    seen = as_(house.di).post(url("shorten", tasking.pk), {"ends": "01:00", "reason": "Quiet"})
    assert seen.context["form"].ends_at == make.at(date(2021, 3, 11), 1)


def test_a_duty_is_cancelled_and_the_second_press_is_told_so(house: make.House, enquiry: Enquiry) -> None:
    di = as_(house.di)
    tasking = tasked(house, plan(enquiry, make.officer(house.lead), make.officer(house.lead)))
    assert "£210.24 returns" in di.get(url("cancel", tasking.pk)).content.decode()
    assert available(enquiry) == 1_000_000 - 21_024
    off = {"reason": "Called off", "expected_pence": 21_024}
    assert di.post(url("cancel", tasking.pk), off).status_code == 302
    assert available(enquiry) == 1_000_000
    again = di.post(url("cancel", tasking.pk), off)
    assert again.status_code == 422 and again.context["refusal"].code == "T17"


def test_what_returns_is_what_was_seen(house: make.House, enquiry: Enquiry) -> None:
    tasking = tasked(house, plan(enquiry, make.officer(house.lead)))
    answer = as_(house.di).post(url("cancel", tasking.pk), {"reason": "Off", "expected_pence": 21_024})
    assert answer.context["refusal"].code == "A03"
    assert 'name="expected_pence" value="10512"' in answer.content.decode()
    assert available(enquiry) == 1_000_000 - 10_512


def test_a_claimed_duty_says_that_it_cannot_be_cancelled(house: make.House, enquiry: Enquiry) -> None:
    duty = make.assignment(house, enquiry, make.officer(house.lead))
    make.claim(house, duty)
    page = as_(house.di).get(url("cancel", duty.tasking_id))
    assert page.status_code == 200 and page.context["refusal"].code == "T17"
    assert '<form method="post" novalidate>' not in page.content.decode()


def test_one_officer_is_stood_down(house: make.House, enquiry: Enquiry) -> None:
    first, second = make.officer(house.lead), make.officer(house.lead)
    tasking = tasked(house, plan(enquiry, first, second))
    one = tasking.assignments.get(officer=first)
    page = as_(house.di).post(url("stand_down", one.pk), {"reason": "", "expected_pence": 10_512})
    assert page.status_code == 422 and page.context["form"].errors
    as_(house.di).post(url("stand_down", one.pk), {"reason": "Ill", "expected_pence": 10_512})
    one.refresh_from_db()
    assert one.status == Assignment.Status.CANCELLED and available(enquiry) == 1_000_000 - 10_512


def test_the_officer_declines_and_nobody_else_finds_the_door(house: make.House, enquiry: Enquiry) -> None:
    constable, other = make.officer(house.lead), make.officer(house.lead)
    one = tasked(house, plan(enquiry, constable)).assignments.get()
    assert as_(other).get(url("decline", one.pk)).status_code == 404
    assert as_(house.di).get(url("decline", one.pk)).status_code == 404
    as_(constable).post(url("decline", one.pk), {"reason": "Court that day", "expected_pence": 10_512})
    one.refresh_from_db()
    assert one.status == Assignment.Status.DECLINED and available(enquiry) == 1_000_000
    again = as_(constable).post(url("decline", one.pk), {"reason": "Court that day"})
    assert again.status_code == 422 and again.context["refusal"].code == "T17"


# Who sees what


def test_an_officer_sees_the_own_duty_and_nobody_elses_pay(house: make.House, enquiry: Enquiry) -> None:
    mine, sergeant = make.officer(house.lead), make.officer(house.lead, rank="sergeant", pay=4_622_700)
    tasking = tasked(house, plan(enquiry, mine, sergeant))
    text = as_(mine).get(url("tasking", tasking.pk)).content.decode()
    assert "£105.12" in text and str(sergeant) in text
    for hidden in ("£118.15", "£223.27", "46,227", "Stand down", "Cancel the duty", "Same again"):
        assert hidden not in text
    assert as_(make.officer(house.lead)).get(url("tasking", tasking.pk)).status_code == 404


def test_a_list_shows_and_adds_up_only_what_one_may_see(house: make.House, enquiry: Enquiry) -> None:
    make.agree(house)
    mine, visitor = make.officer(house.lead), make.officer(house.other)
    tasked(house, plan(enquiry, mine, visitor))
    tasked(house, plan(enquiry, make.officer(house.lead), hours=(8, 12)))
    pounds = {
        person: as_(person).get(url("taskings")).context["committed"]
        for person in (house.di, house.auditor, mine, house.clerk, house.other_supervisor)
    }
    assert pounds == {
        house.di: 2 * 10_512 + 10_667,
        house.auditor: 2 * 10_512 + 10_667,
        mine: 10_512,
        house.clerk: 10_667,
        house.other_supervisor: 10_667,
    }


def test_a_clerk_sees_the_own_agencys_officers_on_a_tasking(house: make.House, enquiry: Enquiry) -> None:
    make.agree(house)
    tasking = tasked(house, plan(enquiry, make.officer(house.lead), make.officer(house.other)))
    text = as_(house.clerk).get(url("tasking", tasking.pk)).content.decode()
    assert "£106.67" in text and "£105.12" not in text and "£211.79" not in text
    lead_only = tasked(house, plan(enquiry, make.officer(house.lead), hours=(8, 12)))
    assert as_(house.clerk).get(url("tasking", lead_only.pk)).status_code == 404


@pytest.mark.parametrize("name", ["again", "shorten", "cancel"])
def test_verbs_of_the_di_do_not_exist_for_others(house: make.House, enquiry: Enquiry, name: str) -> None:
    mine = make.officer(house.lead)
    tasking = tasked(house, plan(enquiry, mine))
    outsiders = (mine, house.finance, house.supervisor, house.clerk, house.auditor, house.administrator)
    for person in (*outsiders, house.deputy):  # the deputy's delegation is not in force
        assert as_(person).get(url(name, tasking.pk)).status_code == 404
        assert as_(person).post(url(name, tasking.pk), {"reason": "x"}).status_code == 404


def test_others_find_no_page_to_task_from(house: make.House, enquiry: Enquiry) -> None:
    duty = typed(plan(enquiry, make.officer(house.lead)), expected_pence=10_512)
    for person in (house.finance, house.supervisor, house.clerk, house.auditor, house.administrator):
        assert {as_(person).get(url(name)).status_code for name in ("task", "check", "issue")} == {404}
        assert as_(person).post(url("issue"), duty).status_code == 404
    assert as_(house.deputy).post(url("issue"), duty).status_code == 422
    assert not Tasking.objects.exists()
    assert as_(house.administrator).get(url("taskings")).status_code == 404


# Lists


def test_the_list_of_taskings_is_filtered(house: make.House, enquiry: Enquiry) -> None:
    make.agree(house)
    mine, visitor = make.officer(house.lead), make.officer(house.other)
    first = tasked(house, plan(enquiry, mine, visitor))
    second = tasked(
        house, replace(plan(make.enquiry(house), mine, day=date(2021, 3, 20)), duty_type="rest_day")
    )
    third = make.assignment(house, enquiry, mine).tasking
    di = as_(house.di)

    def found(**query: object) -> list[Tasking]:
        return [row.tasking for row in di.get(url("taskings"), query).context["rows"]]

    assert found() == [second, first, third]
    assert found(enquiry=second.enquiry_id) == [second]
    assert found(agency=house.other.pk) == [first]
    assert found(officer=visitor.staff_number) == [first]
    assert found(duty_type="rest_day") == [second]
    assert found(status="claimed") == []
    assert found(**{"from": "2021-03-10", "to": "2021-03-15"}) == [first]
    assert found(**{"from": "the ides"}) == []
    assert di.get(url("taskings"), {"agency": house.other.pk}).context["committed"] == 10_667


def test_the_list_leaves_as_a_file(house: make.House, enquiry: Enquiry) -> None:
    tasked(house, plan(enquiry, make.officer(house.lead), make.officer(house.lead)))
    for file_format in ("csv", "xlsx"):
        assert as_(house.di).get(url("taskings"), {"format": file_format}).status_code == 200
    text = text_of(as_(house.di).get(url("taskings"), {"format": "csv", "status": "tasked"}))
    assert "Status: Tasked" in text and "210.24" in text
    assert AccessLog.objects.filter(action="exported", rows=2).count() == 3


def test_fifty_taskings_a_page(house: make.House, enquiry: Enquiry) -> None:
    mine = make.officer(house.lead)
    for hour in range(51):
        day, hour = date(2021, 2, 10 + hour // 10), 2 * (hour % 10)
        make.assignment(house, enquiry, mine, day=day, hours=(hour, hour + 1))
    page = as_(house.di).get(url("taskings"))
    assert len(page.context["rows"]) == 50 and page.context["page_obj"].paginator.count == 51


def test_queries_do_not_grow_with_the_rows(house: make.House, enquiry: Enquiry) -> None:
    di, officers = as_(house.di), [make.officer(house.lead) for _ in range(4)]
    one = tasked(house, plan(enquiry, officers[0]))
    before = {
        "list": queries(di, url("taskings")),
        "tasking": queries(di, url("tasking", one.pk)),
        "again": queries(di, url("again", one.pk)),
        "form": queries(di, url("task")),
        "check": queries(di, url("check"), **typed(plan(enquiry, officers[0], hours=(8, 9)))),
        "cancel": queries(di, url("cancel", one.pk)),
    }
    officers += [make.officer(house.lead) for _ in range(4)]
    many = tasked(house, plan(enquiry, *officers[1:]))
    tasked(house, plan(make.enquiry(house), *officers, hours=(10, 11)))
    assert before == {
        "list": queries(di, url("taskings")),
        "tasking": queries(di, url("tasking", many.pk)),
        "again": queries(di, url("again", many.pk)),
        "form": queries(di, url("task")),
        "check": queries(di, url("check"), **typed(plan(enquiry, *officers, hours=(8, 9)))),
        "cancel": queries(di, url("cancel", many.pk)),
    }
