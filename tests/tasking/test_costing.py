"""What would it cost, what does it buy, how is pay reckoned: three pages that answer and commit nothing."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields, replace
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from claims.selectors import worked_minutes
from grants import services as grants
from grants.models import DutyType, Grant
from overtime_ledger import clock
from overtime_ledger.accounts.models import PayPoint, PayTable, User
from overtime_ledger.dashboard.figures import figures
from overtime_ledger.money import decimal_pounds, round_half_up
from tasking import buying, pay, rulebook, services
from tasking.models import Assignment, RuleSet
from tasking.pay.hours import DOUBLE, HALF, PLAIN, THIRD, Hour, pay_bought
from tasking.quotes import Outline, Plan, estimate
from tests import factories as make
from tests.scene import another_grant

WEDNESDAY = date(2021, 3, 10)
db = pytest.mark.django_db


@pytest.fixture
def house() -> make.House:
    return make.house()


def house_bearing(on_cost: str) -> make.House:
    """A house whose grant bears on-costs: a term that stands once it is open."""
    make.on_costs()
    made = make.house(opened=False)
    Grant.objects.update(on_cost=on_cost)
    with clock.travel(make.at(make.START)):
        make.open_up(made)
    return made


def as_(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def url(name: str) -> str:
    return reverse(f"tasking:{name}")


def asked(grant: Grant, *officers: User, day: date = WEDNESDAY, **changes: Any) -> dict[str, Any]:
    """What an address asks: four hours of planned overtime of some officers, or what is changed of it."""
    duty = {"grant": grant.pk, "duty_type": "planned", "day": day, "starts": "16:00", "ends": "20:00"}
    return duty | {"officers": [officer.pk for officer in officers]} | changes


def text(client: Client, name: str, **query: Any) -> str:
    """The words of a page, without its markup."""
    page = client.get(url(name), query)
    assert page.status_code == 200
    words: str = page.content.decode()
    return " ".join(words.replace("&#x27;", "'").split())


@contextmanager
def nothing_written() -> Iterator[None]:
    def rows() -> dict[str, int]:
        models = [one for one in apps.get_models() if one._meta.label != "sessions.Session"]
        return {one._meta.label: one._default_manager.count() for one in models}

    before = rows()
    yield
    assert rows() == before


# What would it cost


def outline(*officers: User, starts_at: datetime, hours: int = 4, **more: Any) -> Outline:
    duty = {"duty_type": "planned", "starts_at": starts_at, "ends_at": starts_at + timedelta(hours=hours)}
    return Outline(**(duty | {"officers": officers} | more))


DUTIES: list[tuple[str, dict[str, Any]]] = [
    ("planned", {}),
    ("planned", {"break_minutes": 40}),
    ("casual", {}),
    ("rest_day", {"travel_minutes": 60}),
    ("rest_day", {"hours": 11}),
    ("toil", {}),
]


@db
@pytest.mark.parametrize(("duty_type", "more"), DUTIES)
@pytest.mark.parametrize("on_cost", ["none", "ni", "ni_levy"])
def test_a_duty_costs_what_tasking_it_then_commits(
    on_cost: str, duty_type: str, more: dict[str, Any]
) -> None:
    make.on_costs()
    house = make.house(opened=False)
    Grant.objects.update(on_cost=on_cost)
    with clock.travel(make.at(make.START)):
        make.open_up(house)
    enquiry = make.enquiry(house)
    officers = [make.officer(house.lead), make.officer(house.lead, rank="sergeant", pay=4_396_500)]
    if duty_type in ("planned", "casual", "rest_day"):
        make.agree(house)
        officers.append(make.officer(house.other))
    thought = outline(*officers, starts_at=make.at(WEDNESDAY, 16), duty_type=duty_type, **more)

    would = estimate(house.grant, thought)
    said = {field.name: getattr(thought, field.name) for field in fields(thought)}
    tasked = services.task(Plan(enquiry=enquiry, reason="Observations", **said), by=house.di)

    assert would.refusals == []
    committed = {one.officer_id: one for one in Assignment.objects.filter(tasking=tasked)}
    for quote in would.quotes:
        one = committed[quote.officer.pk]
        assert (quote.pence, quote.on_cost_pence) == (one.committed_pence, one.on_cost_pence)
        assert quote.price and [line.working for line in quote.price.lines] == [
            line["working"] for line in one.lines
        ]
        kinds = [owed.kind for owed in quote.price.time_owed]
        assert kinds == list(one.time_owed.values_list("kind", flat=True))
    enquiry.line.refresh_from_db()
    assert would.leaves == sum(line.available for line in house.grant.lines.all())


@db
def test_the_page_says_it_with_the_other_total_and_what_is_left(house: make.House) -> None:
    make.on_costs()
    make.enquiry(house, pence=20_000), make.enquiry(house, pence=30_000)
    first, second = make.officer(house.lead), make.officer(house.lead)
    words = text(as_(house.finance), "cost", **asked(house.grant, first, second))
    assert "2 officers would cost <strong>£210.24</strong>" in words and "Nothing is committed" in words
    assert "16 completed quarters of an hour (4 h) at £19.7109 an hour x 4/3 (time and a third)" in words
    assert "it would come to £239.26" in words  # twice £105.12 with £14.51 on top
    assert "£135,000.00 available in all, and £134,789.76 after it" in words
    assert words.count("Short") == 1


@db
def test_asking_writes_nothing(house: make.House) -> None:
    make.enquiry(house)
    officer, di = make.officer(house.lead), as_(house.di)
    for name, query in (
        ("cost", {}),
        ("cost", asked(house.grant, officer)),
        ("cost", asked(house.grant, officer, starts="quarter past")),
        ("buys", {}),
        ("buys", {"grant": house.grant.pk, "pounds": "5,000", "on": "2021-03-08"}),
        ("how_pay_is_reckoned", {}),
    ):
        with nothing_written():
            assert di.get(url(name), query).status_code == 200
        assert di.post(url(name), query).status_code == 405


@db
def test_only_grants_one_may_open_are_asked_about(house: make.House) -> None:
    make.enquiry(house)
    other = another_grant(house, "PCD 912", controlled_by="other_di")
    stranger, officer = as_(User.objects.get(username="other_di")), make.officer(house.lead)
    for name, query in (
        ("cost", asked(house.grant, officer)),
        ("buys", {"grant": house.grant.pk, "pounds": "5", "on": "2021-03-08"}),
    ):
        page = stranger.get(url(name), query)
        assert page.status_code == 200 and "quotation" not in page.context and "purchase" not in page.context
        assert "not a grant that you may open" in page.content.decode()
        assert "Pilot" not in page.content.decode().replace("Another pilot", "")
        assert as_(officer).get(url(name), query).status_code == 404
    assert stranger.get(url("cost"), asked(other, officer)).context["quotation"].pence == 10_512
    seen = as_(house.finance).get(url("cost")).context["grants"]
    assert {grant.reference for grant in seen} == {"PCD 911", "PCD 912"}


@db
def test_without_a_grant_there_is_nothing_to_reckon_with(house: make.House) -> None:
    for name in ("cost", "buys"):
        assert "There is no grant that you can open today" in text(as_(house.deputy), name)


@db
@pytest.mark.parametrize("status", ["draft", "closed"])
def test_a_grant_that_is_not_open_is_priced_and_refused(status: str) -> None:
    house = make.house(opened=status != "draft")
    if status == "closed":
        make.shut(house.grant)
    page = as_(house.finance).get(url("cost"), asked(house.grant, make.officer(house.lead)))
    assert [refusal.code for refusal in page.context["refusals"]] == ["T01"]
    assert page.context["quotation"].pence == 10_512
    assert not page.context["task_url"]


@db
def test_every_refusal_and_question_is_said_and_the_others_priced(house: make.House) -> None:
    enquiry = make.enquiry(house)
    busy, inspector, free = (make.officer(house.lead) for _ in range(3))
    inspector.ranks.update(rank="inspector")
    make.assignment(house, enquiry, busy, day=WEDNESDAY, hours=(16, 20), told_on=date(2021, 3, 8))
    page = as_(house.di).get(url("cost"), asked(house.grant, busy, inspector, free, ends="15:00"))
    assert sorted(refusal.code for refusal in page.context["refusals"]) == ["T04", "T06"]
    assert "things stand in the way" in page.content.decode()
    assert [flag.code for quote in page.context["quotation"].quotes for flag in quote.flags] == ["T10"]
    assert f"officers={free.pk}" in page.context["task_url"]
    assert f"officers={busy.pk}" not in page.context["task_url"]


@db
def test_a_deputy_is_told_of_the_limit(house: make.House) -> None:
    grants.delegate(
        house.grant,
        house.deputy,
        by=house.di,
        from_on=date(2021, 3, 8),
        to_on=date(2021, 3, 31),
        limit_pence=10_000,
    )
    query = asked(house.grant, make.officer(house.lead))
    page = as_(house.deputy).get(url("cost"), query)
    assert [refusal.code for refusal in page.context["refusals"]] == ["A02"]
    assert as_(house.di).get(url("cost"), query).context["refusals"] == []


@db
def test_a_day_outside_the_window_has_no_price(house: make.House) -> None:
    page = as_(house.di).get(url("cost"), asked(house.grant, make.officer(house.lead), day=date(2021, 4, 2)))
    assert [refusal.code for refusal in page.context["refusals"]] == ["T02"]
    assert page.context["quotation"].quotes == [] and not page.context["task_url"]


@db
def test_a_duty_that_has_begun_is_priced_and_asks_for_its_reason(house: make.House) -> None:
    page = as_(house.finance).get(
        url("cost"), asked(house.grant, make.officer(house.lead), day=date(2021, 3, 3))
    )
    assert [refusal.code for refusal in page.context["refusals"]] == ["T09"]
    assert page.context["quotation"].pence == 10_512


@db
def test_the_notice_decides_what_a_rest_day_pays(house: make.House) -> None:
    officer, finance = make.officer(house.lead), as_(house.finance)
    duty = asked(house.grant, officer, day=date(2021, 3, 26), duty_type="rest_day")
    late = finance.get(url("cost"), duty | {"told_on": "2021-03-11", "told_time": "09:00"})
    assert late.context["quotation"].pence == 11_827
    early = finance.get(url("cost"), duty | {"told_on": "2021-03-10", "told_time": "09:00"})
    assert early.context["quotation"].pence == 0
    assert "Another rest day is due for 26 March 2021" in early.content.decode()
    now = finance.get(url("cost"), duty)
    assert now.context["quotation"].pence == 0 and "(now)" in now.content.decode()


@db
@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"ends": ""}, "Enter a time, like 18:00"),
        ({"officers": []}, "Choose at least one officer"),
        ({"told_on": "2021-03-01"}, "Enter the time at which the officers were told as well"),
        ({"told_time": "09:00"}, "Enter the date on which the officers were told as well"),
        ({"day": "2021-03-28", "starts": "01:30"}, "The clocks go forward that night"),
        ({"break_minutes": "4 h"}, "The break is as long as the duty"),
    ],
)
def test_what_cannot_be_read_is_said_at_its_field(
    house: make.House, wrong: dict[str, Any], message: str
) -> None:
    page = as_(house.finance).get(url("cost"), asked(house.grant, make.officer(house.lead)) | wrong)
    assert page.status_code == 200 and "quotation" not in page.context
    assert "There is a problem" in page.content.decode() and message in page.content.decode()


@db
def test_money_fits_only_once_it_is_where_it_is_needed(house: make.House) -> None:
    officer, finance = make.officer(house.lead), as_(house.finance)
    make.enquiry(house, pence=10_000)
    assert "Only once money is allocated" in text(finance, "cost", **asked(house.grant, officer))
    make.enquiry(house, pence=10_512)
    assert "<strong>Yes.</strong>" in text(finance, "cost", **asked(house.grant, officer))
    small = another_grant(house, "PCD 912", controlled_by="other_di")
    dear = asked(small, *(make.officer(house.lead) for _ in range(30)), ends="06:00", duty_type="rest_day")
    assert "too little" in text(as_(User.objects.get(username="other_di")), "cost", **dear)


@db
def test_who_controls_the_grant_goes_on_to_task_just_this(house: make.House) -> None:
    enquiry, officer = make.enquiry(house), make.officer(house.lead)
    query = asked(house.grant, officer, starts="22:00", ends="02:00", travel_minutes="30")
    di = as_(house.di)
    address = di.get(url("cost"), query).context["task_url"]
    form = di.get(address).context["form"]
    typed = {name: form[name].value() for name in ("starts", "ends", "officers", "travel_minutes", "day")}
    assert typed == {
        "starts": "22:00",
        "ends": "02:00",
        "officers": [str(officer.pk)],
        "travel_minutes": "30",
        "day": WEDNESDAY,
    }
    assert di.get(url("task"), {"enquiry": enquiry.pk, "day": "soon"}).status_code == 200
    assert not as_(house.finance).get(url("cost"), query).context["task_url"]


def queries(client: Client, name: str, query: dict[str, Any]) -> int:
    """Queries of a page that was opened once before, so that nothing is only the first time's."""
    client.get(url(name), query)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url(name), query).status_code == 200
    return len(captured)


@db
def test_many_officers_take_as_many_queries_as_few(house: make.House) -> None:
    make.agree(house)
    make.enquiry(house)
    officers = [make.officer(house.lead) for _ in range(6)] + [make.officer(house.other) for _ in range(3)]
    few, many = asked(house.grant, officers[0], officers[6]), asked(house.grant, *officers)
    finance = as_(house.finance)
    assert queries(finance, "cost", few) == queries(finance, "cost", many)


# What does it buy


def sum_of(grant: Grant, pence: int, on: date = date(2021, 3, 8)) -> dict[str, Any]:
    return {"grant": grant.pk, "pounds": decimal_pounds(pence), "on": on}


@db
def test_with_national_insurance_the_pilot_buys_less_pay(house: make.House) -> None:
    make.on_costs()
    words = text(as_(house.finance), "buys", **sum_of(house.grant, 13_500_000))
    assert "PCD 911 bears none: all of £135,000.00 is overtime pay" in words
    assert "£135,000.00 would buy £118,629.17 of overtime pay" in words


@db
def test_a_grant_that_bears_national_insurance_says_how_much_is_pay() -> None:
    house = house_bearing("ni")
    words = text(as_(house.finance), "buys", **sum_of(house.grant, 13_500_000))
    assert "Without on-costs, £135,000.00 would all be overtime pay." in words
    assert "£135,000.00 buys £118,629.17 of overtime pay, and £16,370.83 is on-cost" in words


@db
def test_hours_are_those_of_a_duty_at_each_pay_point_and_rate(house: make.House) -> None:
    make.agree(house)
    point = PayPoint(rank="sergeant", scale="sergeant", point="2", annual_pay_pence=4_396_500)
    inspector = PayPoint(rank="inspector", scale="inspector", point="0", annual_pay_pence=5_000_000)
    make.pay_table([point, inspector], valid_from=date(2021, 3, 1))
    made = buying.purchase(house.grant, 500_000, date(2021, 3, 8))
    bought = {str(row.point): [(one.hour_pence, one.minutes) for one in row.bought] for row in made.points}
    assert bought == {  # 5000.00 / 26.28115 is 190.25 hours
        "point 7 of constable_2013": [(2_628, 11_415), (2_957, 10_140), (3_942, 7_605)],
        "point 2 of sergeant": [(2_809, 10_665), (3_160, 9_480), (4_214, 7_110)],
    }
    rates = {(row.rate.grade, row.kind): (row.bought.hour_pence, row.bought.minutes) for row in made.rates}
    assert rates["constable", "Planned"] == (2_667, 11_250)
    assert rates["constable", "Rest day"] == (3_000, 9_990)
    assert len(rates) == 6
    earlier = buying.purchase(house.grant, 500_000, date(2021, 2, 8))
    assert [str(row.point) for row in earlier.points] == ["point 7 of constable_2013"]


@db
def test_what_is_bought_bears_the_on_cost_of_the_grant_and_counts_london_weighting() -> None:
    house = house_bearing("ni")
    plain = buying.purchase(house.grant, 500_000, date(2021, 2, 8))
    assert [one.hour_pence for one in plain.points[0].bought] == [2_628 + 363, 2_957 + 408, 3_942 + 544]
    make.rule_set(house.lead, valid_from=date(2021, 3, 1), london_weighting_pence=250_000)
    dearer = buying.purchase(house.grant, 500_000, date(2021, 3, 8))
    assert dearer.points[0].bought[0].hour_pence > plain.points[0].bought[0].hour_pence


@db
def test_the_average_hour_is_that_of_the_burn_down(house: make.House) -> None:
    finance = as_(house.finance)
    assert "so that there is no average hour" in text(finance, "buys", **sum_of(house.grant, 500_000))
    make.assignment(house, make.enquiry(house), make.officer(house.lead), day=WEDNESDAY)
    average = finance.get(url("buys"), sum_of(house.grant, 500_000)).context["average"]
    assert average.hour_pence == figures(house.grant).burn.average_hour_pence == 2_628
    minutes, pence = worked_minutes(house.grant)
    assert average.minutes == 500_000 * minutes // pence // 15 * 15 == 11_415


@db
def test_unasked_it_says_what_is_left_or_what_will_come(house: make.House) -> None:
    di = as_(house.di)
    assert di.get(url("buys")).context["purchase"].pence == 13_500_000
    make.assignment(house, make.enquiry(house), make.officer(house.lead), day=WEDNESDAY)
    assert di.get(url("buys")).context["purchase"].pence == 13_500_000 - 10_512
    draft = another_grant(house, "PCD 912")
    page = as_(house.finance).get(url("buys"), {"grant": draft.pk})
    assert page.context["purchase"].pence == 1_000_000


@db
def test_what_cannot_be_priced_says_what_is_missing(house: make.House) -> None:
    finance, may = as_(house.finance), sum_of(house.grant, 500_000, date(2020, 5, 1))
    assert "no pay table with a point of constables or sergeants is confirmed" in text(finance, "buys", **may)
    usual = PayPoint(rank="constable", scale="constable_2013", point="7", annual_pay_pence=4_000_000)
    make.pay_table([usual], valid_from=date(2020, 4, 1))
    assert "no rule set of MPS is confirmed" in text(finance, "buys", **may)
    make.rule_set(house.lead, valid_from=date(2020, 4, 1))
    draft = another_grant(house, "PCD 912")
    Grant.objects.filter(pk=draft.pk).update(on_cost="ni")
    may = sum_of(draft, 500_000, date(2020, 5, 1))
    assert "no percentage of Employer's National Insurance is on record" in text(finance, "buys", **may)


@db
def test_a_sum_that_cannot_be_read_is_said_at_its_field(house: make.House) -> None:
    page = as_(house.finance).get(
        url("buys"), {"grant": house.grant.pk, "pounds": "lots", "on": "2021-03-08"}
    )
    assert "Enter an amount in pounds" in page.content.decode() and "purchase" not in page.context


MONEY = st.integers(0, 20_000_000)
HOURLY = st.fractions(min_value=Fraction(500), max_value=Fraction(6_000), max_denominator=313)


@given(HOURLY, st.sampled_from((PLAIN, THIRD, HALF, DOUBLE)), st.integers(0, 300), MONEY)
def test_a_sum_buys_as_many_quarters_as_it_can_bear(
    hourly: Fraction, multiplier: Fraction, tenths: int, pence: int
) -> None:
    hour = Hour(hourly, multiplier, Fraction(tenths, 1000))
    exact = hour.hourly / 4 * hour.multiplier * (1 + hour.on_cost)
    quarters = hour.quarters_for(pence)
    assert exact * quarters <= pence < exact * (quarters + 1)
    assert abs(hour.pence_of(quarters) - exact * quarters) <= 1


@given(st.integers(0, 1_000), MONEY)
def test_pay_bought_and_its_on_cost_are_never_more_than_the_sum(tenths: int, pence: int) -> None:
    on_cost = Fraction(tenths, 1000)
    bought = pay_bought(pence, on_cost)
    assert bought + round_half_up(bought * on_cost) <= pence < (bought + 1) * (1 + on_cost)


# How pay is reckoned


def test_every_switch_and_every_kind_of_duty_is_explained() -> None:
    assert {one.name for one in rulebook.SWITCHES} == {field.name for field in fields(pay.Switches)}
    assert {one.duty_type for one in rulebook.RULES} == set(pay.RULES) == set(DutyType.values)
    for one in rulebook.SWITCHES:
        assert one.in_words(getattr(pay.DEFAULT_SWITCHES, one.name))


BASIS = rulebook.Basis(
    {"constable": (4_113_000, "point 7"), "sergeant": (4_396_500, "point 2")}, pay.DEFAULT_SWITCHES
)


def worked(title: str) -> rulebook.Worked:
    examples = [one for rule in (*rulebook.RULES, *rulebook.TRAPS) for one in rule.examples]
    return rulebook.work(next(one for one in examples if one.title.startswith(title)), BASIS)


@pytest.mark.parametrize(
    ("title", "pence"),
    [
        ("Told at 07:50, before", 5_913),
        ("16:00 to 18:20 again, told at 15:00", 4_599),
        ("A stay of 25 minutes", 0),
        ("Told on 13 February", 17_740),
        ("Told on 1 February", 0),
        ("5 hours with an hour of travel", 17_740),
        ("New Year's Day", 23_653),
        ("14 February 2021, recorded", 23_653),
        ("00:30 to 03:30", 5_256),
        ("22:00 on 31 March", 5_256),
        ("12 hours after 32", 32 * 493 - 7 + 10_512),
    ],
)
def test_the_examples_come_to_what_the_domain_says(title: str, pence: int) -> None:
    price = worked(title).price
    assert price and price.pence == pence


def test_examples_say_what_is_not_paid_and_what_is_owed_elsewhere() -> None:
    assert "inspector" in worked("The same duty as an inspector").refused
    assert "not a public holiday" in worked("14 February 2021 without").refused
    clipped = worked("22:00 on 31 March").price
    assert clipped and clipped.owed_beyond
    without = replace(BASIS, earns={})
    assert rulebook.work(rulebook.PLANNED, without).refused.startswith("No confirmed pay table")


def test_other_ways_of_reckoning_come_out_wrong() -> None:
    ways = [one(4_113_000) for one in rulebook.OTHER_WAYS]
    assert "£19.7109" in ways[0].words and "£19.7740" in ways[0].words
    assert [way.pence for way in ways] == [842, 658, 3]


@db
def test_whoever_is_signed_in_reads_how_pay_is_reckoned(house: make.House) -> None:
    make.on_costs()
    words = text(as_(make.person(agency=house.other)), "how_pay_is_reckoned")
    assert "by the rule set of MPS from 1 September 2020" in words
    assert "kept on from 16:00 to 18:20: <strong>£59.13</strong>" in words
    assert "On-cost 13.8%: £8.16" in words
    assert "The text of Annex G could not be read" in words
    assert "No confirmed pay table says what a sergeant earns" in words
    assert Client().get(url("how_pay_is_reckoned")).status_code == 302


@db
def test_it_is_led_to_from_every_page_and_every_working(house: make.House) -> None:
    make.enquiry(house)
    address = url("how_pay_is_reckoned")
    assert f'href="{address}"' in as_(house.supervisor).get("/").content.decode()
    page = as_(house.di).get(url("cost"), asked(house.grant, make.officer(house.lead)))
    assert page.content.decode().count(f'href="{address}"') == 3  # the tab, the working, the foot


@db
def test_examples_follow_the_rule_set_and_the_pay_in_force(house: make.House) -> None:
    client = as_(house.supervisor)
    make.rule_set(house.lead, valid_from=date(2021, 3, 1), week_starts_on=6, london_weighting_pence=250_000)
    later = make.rule_set(house.lead, valid_from=date(2021, 4, 1))
    draft = RuleSet.objects.create(
        agency=house.lead, valid_from=date(2021, 2, 1), source="Note", recorded_by=house.finance
    )
    point = PayPoint(rank="constable", scale="constable_2013", point="7", annual_pay_pence=5_000_000)
    make.pay_table([point], valid_from=date(2021, 3, 1))
    words = text(client, "how_pay_is_reckoned")
    assert "£2,500.00 a year counts" in words and "Sunday" in words
    assert "£50,000.00 a year, point 7 of constable_2013, + London weighting of £2,500.00" in words
    assert f"{later}: To come" in words and f"{draft}: Not confirmed by a second person" in words
    assert "Rule set of MPS from 1 September 2020: Earlier" in words


@db
def test_without_pay_or_rules_it_says_so(house: make.House) -> None:
    before = date(2020, 6, 1)
    with clock.travel(make.at(before)):
        words = text(as_(house.finance), "how_pay_is_reckoned")
    assert "so that the examples cannot be worked out" in words
    assert "No confirmed pay table is in force today" in words
    assert "Metropolitan Police Service has no confirmed rule set today" in words
    assert "No percentage is on record" in words
    usual = PayPoint(rank="constable", scale="constable_2013", point="7", annual_pay_pence=4_000_000)
    make.pay_table([usual], valid_from=date(2020, 4, 1))
    with clock.travel(make.at(before)):
        assert "No rule set is confirmed" in text(as_(house.finance), "how_pay_is_reckoned")


@db
def test_more_tables_and_rule_sets_take_no_more_queries(house: make.House) -> None:
    client: Client = as_(house.supervisor)
    count: Callable[[], int] = lambda: queries(client, "how_pay_is_reckoned", {})  # noqa: E731
    few = count()
    for month in (4, 5, 6):
        make.rule_set(house.lead, valid_from=date(2020, month, 1))
        PayTable.objects.create(valid_from=date(2020, month, 1), source="S", recorded_by=house.finance)
    assert count() == few
