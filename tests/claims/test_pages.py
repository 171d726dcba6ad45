"""The pages of claims in the browser: each verb through its door, what is refused, and who sees nothing."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils.html import escape

from claims import services
from claims.models import Claim, Event
from grants.models import LADDER, Grant, LedgerEntry
from overtime_ledger import clock
from overtime_ledger.accounts.models import User
from tasking import pay
from tasking import services as tasking
from tasking.models import Assignment, Enquiry
from tests import factories as make
from tests.files import text_of

pytestmark = pytest.mark.django_db
As = Callable[[User], Client]


@pytest.fixture
def house() -> make.House:
    return make.house()


@pytest.fixture
def enquiry(house: make.House) -> Enquiry:
    return make.enquiry(house)


@pytest.fixture
def duty(house: make.House, enquiry: Enquiry) -> Assignment:
    """Four hours from 16:00 on 1 March, tasked the day before: £105.12."""
    return make.assignment(house, enquiry, make.officer(house.lead), day=date(2021, 3, 1))


@pytest.fixture
def signed_in(client: Client) -> As:
    def sign_in(who: User) -> Client:
        client.force_login(who)
        return client

    return sign_in


def stages(enquiry: Enquiry) -> tuple[int, ...]:
    enquiry.line.refresh_from_db()
    return tuple(getattr(enquiry.line, stage) for stage in LADDER)


def at(name: str, pk: int) -> str:
    return reverse(f"claims:{name}", args=[pk])


def typed(start: str = "16:00", end: str = "20:00", **more: object) -> dict[str, object]:
    return {"starts": start, "ends": end, "break_minutes": "0", "duty_type": "planned", "remark": "", **more}


# Claiming


def test_worked_as_planned_is_two_presses(duty: Assignment, enquiry: Enquiry, signed_in: As) -> None:
    officer = signed_in(duty.officer)
    page = officer.get(at("as_planned", duty.pk))  # the first press: the button of the home page
    button = "I worked these hours and no other fund pays for them: claim £105.12"
    assert button in page.content.decode()
    sent = officer.post(at("as_planned", duty.pk), {"expected_pence": page.context["offer"].pence})
    claim = Claim.objects.get()
    assert sent.url == at("claim", claim.pk)
    assert (claim.status, claim.attested_worked, claim.attested_sole_fund) == ("submitted", True, True)
    assert stages(enquiry) == (989_488, 0, 10_512, 0, 0)


def test_pressing_twice_claims_once(duty: Assignment, signed_in: As) -> None:
    officer = signed_in(duty.officer)
    for _ in range(2):
        sent = officer.post(at("as_planned", duty.pk), {"expected_pence": 10_512})
        assert sent.status_code == 302
    assert Claim.objects.count() == 1


def test_another_price_than_was_on_the_page_is_refused(
    duty: Assignment, enquiry: Enquiry, signed_in: As
) -> None:
    before = stages(enquiry)
    sent = signed_in(duty.officer).post(at("as_planned", duty.pk), {"expected_pence": 9_999})
    assert (sent.status_code, sent.context["refusal"].code) == (422, "A03")
    assert not Claim.objects.exists()
    assert stages(enquiry) == before


def test_a_duty_that_is_not_over_says_so_and_has_no_button(
    house: make.House, enquiry: Enquiry, signed_in: As
) -> None:
    later = make.assignment(
        house, enquiry, make.officer(house.lead), day=date(2021, 3, 20), told_on=date(2021, 3, 5)
    )
    page = signed_in(later.officer).get(at("as_planned", later.pk))
    assert page.context["refusal"].code == "C03"
    assert "expected_pence" not in page.content.decode()


def test_other_times_is_three_presses_and_the_rest_returns(
    duty: Assignment, enquiry: Enquiry, signed_in: As
) -> None:
    officer = signed_in(duty.officer)
    assert officer.get(at("other_times", duty.pk)).status_code == 200
    check = officer.post(at("other_times", duty.pk), typed(end="19:00"))
    assert check.context["offer"].pence == 7_884
    assert "£26.28" in check.content.decode()
    assert not Claim.objects.exists()
    officer.post(at("other_times", duty.pk), typed(end="19:00", expected_pence=7_884))
    assert Claim.objects.get().pence == 7_884
    assert stages(enquiry) == (992_116, 0, 7_884, 0, 0)


def test_changing_the_times_on_the_check_page_loses_nothing(duty: Assignment, signed_in: As) -> None:
    sent = typed(end="19:00", remark="Relieved early", expected_pence=7_884, change="1")
    page = signed_in(duty.officer).post(at("other_times", duty.pk), sent)
    assert 'value="19:00"' in page.content.decode()
    assert "Relieved early" in page.content.decode()
    assert not Claim.objects.exists()


def test_more_than_authorised_wants_its_reason_and_waits_for_the_di(
    duty: Assignment, enquiry: Enquiry, signed_in: As
) -> None:
    officer, before = signed_in(duty.officer), stages(enquiry)
    asked = officer.post(at("other_times", duty.pk), typed(end="22:00"))
    assert (asked.status_code, list(asked.context["form"].errors)) == (422, ["remark"])
    check = officer.post(at("other_times", duty.pk), typed(end="22:00", remark="The subject moved"))
    price = check.context["offer"].pence
    sent = typed(end="22:00", remark="The subject moved", expected_pence=price)
    officer.post(at("other_times", duty.pk), sent)
    claim = Claim.objects.get()
    assert (claim.status, claim.more_time.get().extra_pence) == ("draft", price - 10_512)
    assert stages(enquiry) == before


def test_times_that_cannot_be_are_said_at_their_field(duty: Assignment, signed_in: As) -> None:
    page = signed_in(duty.officer).post(at("other_times", duty.pk), typed(start="25:00", end="20:00"))
    assert (page.status_code, list(page.context["form"].errors)) == (422, ["starts"])
    assert 'value="25:00"' in page.content.decode()


def test_a_start_after_midnight_is_of_the_night_that_was_tasked(
    house: make.House, enquiry: Enquiry, signed_in: As
) -> None:
    night = make.assignment(house, enquiry, make.officer(house.lead), day=date(2021, 3, 1), hours=(20, 23))
    check = signed_in(night.officer).post(
        at("other_times", night.pk), typed("00:30", "02:30", remark="Began late")
    )
    assert check.context["offer"].statement.starts_at == make.at(date(2021, 3, 2), 0, 30)


def test_a_clerk_claims_for_officers_of_the_agency_and_for_nobody_else(
    house: make.House, enquiry: Enquiry, duty: Assignment, signed_in: As
) -> None:
    make.agree(house)
    theirs = make.assignment(house, enquiry, make.officer(house.other), day=date(2021, 3, 2))
    clerk = signed_in(house.clerk)
    page = clerk.get(at("as_planned", theirs.pk))
    assert f"{theirs.officer} worked these hours" in page.content.decode()
    clerk.post(at("as_planned", theirs.pk), {"expected_pence": page.context["offer"].pence})
    claim = Claim.objects.get()
    assert (claim.claimant, claim.entered_by) == (theirs.officer, house.clerk)
    assert clerk.get(at("as_planned", duty.pk)).status_code == 404


def test_answering_a_return_is_two_presses(
    house: make.House, duty: Assignment, enquiry: Enquiry, signed_in: As
) -> None:
    claim = returned(house, duty)
    officer = signed_in(duty.officer)
    page = officer.get(at("answer", claim.pk))
    assert "Which end was it?" in page.content.decode()
    sent = typed(revision=claim.revision, expected_pence=page.context["offer"].pence, remark="As tasked")
    officer.post(at("answer", claim.pk), sent)
    claim.refresh_from_db()
    assert (claim.status, claim.remark) == ("submitted", "As tasked")
    assert stages(enquiry) == (989_488, 0, 10_512, 0, 0)


def test_answering_with_other_times_is_checked_first_and_shows_the_difference(
    house: make.House, duty: Assignment, enquiry: Enquiry, signed_in: As
) -> None:
    claim = returned(house, duty)
    officer = signed_in(duty.officer)
    sent = typed(end="19:00", revision=claim.revision, expected_pence=10_512)
    check = officer.post(at("answer", claim.pk), sent)
    assert check.context["offer"].pence == 7_884
    claim.refresh_from_db()
    assert claim.status == "returned"
    officer.post(at("answer", claim.pk), sent | {"expected_pence": 7_884})
    assert stages(enquiry) == (992_116, 0, 7_884, 0, 0)
    page = signed_in(house.supervisor).get(at("claim", claim.pk))
    assert [one.what for one in page.context["since_last_time"]] == ["End", "Pay"]


def test_an_answer_to_a_claim_that_changed_meanwhile_is_refused(
    house: make.House, duty: Assignment, enquiry: Enquiry, signed_in: As
) -> None:
    claim, before = returned(house, duty), stages(enquiry)
    sent = typed(revision=claim.revision - 1, expected_pence=10_512)
    page = signed_in(duty.officer).post(at("answer", claim.pk), sent)
    claim.refresh_from_db()
    assert (page.status_code, page.context["refusal"].code, claim.status) == (422, "A03", "returned")
    assert stages(enquiry) == before


def test_withdrawing_gives_the_duty_back(
    house: make.House, duty: Assignment, enquiry: Enquiry, signed_in: As
) -> None:
    claim = make.claim(house, duty)
    officer = signed_in(duty.officer)
    assert officer.get(at("withdraw", claim.pk)).status_code == 200
    stale = officer.post(at("withdraw", claim.pk), {"revision": 99})
    claim.refresh_from_db()
    assert (stale.status_code, claim.status) == (422, "submitted")
    officer.post(at("withdraw", claim.pk), {"revision": claim.revision})
    claim.refresh_from_db()
    assert (claim.status, stages(enquiry)) == ("withdrawn", (989_488, 10_512, 0, 0, 0))


def returned(house: make.House, duty: Assignment) -> Claim:
    claim = make.claim(house, duty)
    with clock.travel(make.at(date(2021, 3, 3))):
        return services.return_claim(
            claim,
            by=house.supervisor,
            revision=claim.revision,
            reason_code="times",
            reason="Which end was it?",
        )


# Travel, and what another agency charges


def with_insurance() -> tuple[make.House, Enquiry]:
    """A grant that bears the employer's National Insurance of 13.8%."""
    make.on_costs()
    house = make.house(opened=False)
    Grant.objects.filter(pk=house.grant.pk).update(on_cost="ni")
    house.grant.refresh_from_db()
    make.open_up(house)
    return house, make.enquiry(house)


@pytest.fixture
def btp(house: make.House, enquiry: Enquiry) -> Assignment:
    """Four hours from 16:00 on 2 March of a BTP constable: £106.67 by the card of £20.00 an hour x 4/3."""
    make.agree(house)
    return make.assignment(house, enquiry, make.officer(house.other), day=date(2021, 3, 2))


def hidden(page: HttpResponse) -> dict[str, str]:
    """What the hidden fields of a check page send along."""
    fields = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.content.decode())
    return {name: value for name, value in fields if name != "csrfmiddlewaretoken"}


def test_travel_is_asked_where_the_kind_of_duty_counts_it(
    house: make.House, enquiry: Enquiry, duty: Assignment, signed_in: As
) -> None:
    page = signed_in(duty.officer).get(at("other_times", duty.pk))
    assert "travel_minutes" not in page.context["form"].fields
    who = make.officer(house.lead)
    rest = make.assignment(house, enquiry, who, day=date(2021, 3, 7), hours=(9, 14), duty_type="rest_day")
    officer = signed_in(who)
    assert 'name="travel_minutes"' in officer.get(at("other_times", rest.pk)).content.decode()
    sent = typed("09:00", "14:00", duty_type="rest_day", travel_minutes="1 h", remark="Closed roads")
    check = officer.post(at("other_times", rest.pk), sent)
    assert "Travel of 60 minutes (1 h) counts besides" in check.content.decode()
    officer.post(at("other_times", rest.pk), hidden(check))
    assert Claim.objects.get().travel_minutes == 60
    page = signed_in(house.di).get(at("claim", Claim.objects.get().pk))
    assert ("Travel", "0 minutes", "60 minutes") in [
        (one.what, one.before, one.now) for one in page.context["since_tasked"]
    ]


def test_travel_can_be_stated_once_another_kind_of_duty_is(duty: Assignment, signed_in: As) -> None:
    sent = typed(duty_type="recall", change="1")
    page = signed_in(duty.officer).post(at("other_times", duty.pk), sent)
    assert 'name="travel_minutes"' in page.content.decode()


def test_an_officer_of_the_lead_force_can_type_no_rate(duty: Assignment, signed_in: As) -> None:
    officer = signed_in(duty.officer)
    page = officer.get(at("other_times", duty.pk))
    assert "charged" not in page.content.decode()
    rates = {
        "charged_minutes": "480",
        "charged_hourly": "99.00",
        "charged_multiplier": "2",
        "charged_on_cost": "50",
    }
    officer.post(at("other_times", duty.pk), typed(expected_pence=10_512, **rates))
    claim = Claim.objects.get()
    assert (claim.pence, claim.on_cost_pence, claim.charged_minutes) == (10_512, 0, None)
    assert claim.agreed_hourly_pence is None


def test_the_rate_card_stands_in_the_fields_and_is_no_charge(
    house: make.House, btp: Assignment, signed_in: As
) -> None:
    clerk = signed_in(house.clerk)
    fields = clerk.get(at("other_times", btp.pk)).context["form"]
    assert [str(field.value()) for field in fields.charge_fields] == ["4 h", "20.00", "4/3", "0"]
    drawn = {
        "charged_minutes": "4 h",
        "charged_hourly": "20.00",
        "charged_multiplier": "8/6",
        "charged_on_cost": "0.0",
        "drawn": fields["drawn"].value(),
    }
    check = clerk.post(at("other_times", btp.pk), typed(end="19:00", **drawn))
    assert check.context["offer"].pence == 8_000  # the hours follow the times
    assert hidden(check)["charged_minutes"] == "3 h"
    assert {one.difference for one in check.context["compared"]} == {""}
    clerk.post(at("other_times", btp.pk), hidden(check))
    claim = Claim.objects.get()
    assert (claim.pence, claim.charged_minutes, claim.flags) == (8_000, None, [])


def test_without_a_word_about_the_charge_it_is_as_agreed(btp: Assignment, signed_in: As) -> None:
    signed_in(btp.officer).post(at("other_times", btp.pk), typed(end="19:00", expected_pence=8_000))
    assert Claim.objects.get().charged_minutes is None


def test_what_is_typed_over_is_the_agencys_own_and_is_asked_about(
    btp: Assignment, enquiry: Enquiry, signed_in: As
) -> None:
    officer = signed_in(btp.officer)
    first = officer.post(at("other_times", btp.pk), typed(end="19:00"))
    again = hidden(first) | {"charged_minutes": "4 h", "charged_hourly": "21.50", "charged_on_cost": "5"}
    # four hours are charged for three worked, at another rate: £114.67 and 5% on top is more than was tasked
    asked = officer.post(at("other_times", btp.pk), again)
    assert (asked.status_code, list(asked.context["form"].errors)) == (422, ["remark"])
    for value in ("4 h", "21.50", "5"):
        assert f'value="{value}"' in asked.content.decode()
    check = officer.post(at("other_times", btp.pk), again | {"remark": "The agency has a minimum of 4 hours"})
    text = check.content.decode()
    assert "C09" in text and "£21.50 an hour, agreed £20.00" in text
    assert [one.difference for one in check.context["compared"]] == ["+1 h", "+£1.50", "", "+5 points"]
    officer.post(at("other_times", btp.pk), hidden(check))
    claim = Claim.objects.get()
    assert (claim.charged_minutes, claim.agreed_hourly_pence, claim.pay_pence) == (240, 2150, 11_467)
    assert (claim.on_cost_pence, claim.pence) == (573, 12_040)
    assert "C09" in claim.flag_codes and claim.status == "draft"


def test_another_kind_of_duty_has_its_own_line_of_the_card(btp: Assignment, signed_in: As) -> None:
    officer = signed_in(btp.officer)
    form = officer.get(at("other_times", btp.pk)).context["form"]
    sent = typed(
        duty_type="rest_day", charged_multiplier="4/3", drawn=form["drawn"].value(), remark="It was one"
    )
    check = officer.post(at("other_times", btp.pk), sent)
    assert (check.context["offer"].pence, hidden(check)["charged_multiplier"]) == (12_000, "3/2")
    back = hidden(check) | {"charged_multiplier": "4/3"}  # typed now, and meant
    assert officer.post(at("other_times", btp.pk), back).context["offer"].pence == 10_667


@pytest.mark.parametrize(
    "field, value",
    [
        ("charged_multiplier", "1.33"),
        ("charged_multiplier", "4"),
        ("charged_multiplier", "1/0"),
        ("charged_multiplier", "100/99"),
        ("charged_multiplier", "a third"),
        ("charged_hourly", "0"),
        ("charged_hourly", "2000.00"),
        ("charged_on_cost", "101"),
        ("charged_on_cost", "-1"),
        ("charged_on_cost", "a little"),
        ("charged_minutes", "25:00"),
    ],
)
def test_what_no_agency_can_charge_is_said_at_its_field(
    btp: Assignment, signed_in: As, field: str, value: str
) -> None:
    page = signed_in(btp.officer).post(at("other_times", btp.pk), typed(end="19:00", **{field: value}))
    assert (page.status_code, list(page.context["form"].errors)) == (422, [field])
    assert f'name="{field}" value="{value}"' in page.content.decode()


def test_a_return_is_answered_with_the_charge_that_was_sent(
    house: make.House, btp: Assignment, signed_in: As
) -> None:
    charge = services.Charge(minutes=240, hourly_pence=1900, multiplier="4/3")
    with clock.travel(make.at(date(2021, 3, 3))):
        claim = services.submit(replace(services.as_planned(btp), charge=charge), by=house.clerk)
        claim = services.return_claim(
            claim, by=house.other_supervisor, revision=claim.revision, reason_code="times", reason="Sure?"
        )
    clerk = signed_in(house.clerk)
    page = clerk.get(at("answer", claim.pk))
    assert [str(field.value()) for field in page.context["form"].charge_fields][:2] == ["4 h", "19.00"]
    sent = hidden(page) | typed(remark="As invoiced") | {"charged_hourly": "19.00"}
    clerk.post(at("answer", claim.pk), sent)
    claim.refresh_from_db()
    assert (claim.status, claim.agreed_hourly_pence, claim.pence) == ("submitted", 1900, 10_133)
    with clock.travel(make.at(date(2021, 3, 4))):
        claim = services.return_claim(
            claim, by=house.other_supervisor, revision=claim.revision, reason_code="times", reason="Sure?"
        )
    page = clerk.get(at("answer", claim.pk))
    check = clerk.post(
        at("answer", claim.pk), hidden(page) | typed(remark="As agreed") | {"charged_hourly": "20.00"}
    )
    clerk.post(at("answer", claim.pk), hidden(check))
    claim.refresh_from_db()
    assert (claim.charged_minutes, claim.pence) == (None, 10_667)
    differences = signed_in(house.other_supervisor).get(at("claim", claim.pk)).context["since_last_time"]
    assert [one.what for one in differences] == ["Hours charged", "Hourly rate", "Pay"]


def test_who_judges_an_agencys_claim_is_told_what_the_lead_force_would_pay(
    house: make.House, btp: Assignment, signed_in: As
) -> None:
    claim = make.claim(house, btp, state="certified")
    said = "the same duty would be paid at most £105.12 under the rules of MPS (point 7 of constable_2013)"
    for person in (house.di, house.finance, house.auditor):
        page = signed_in(person).get(at("claim", claim.pk))
        assert said in page.content.decode() and page.context["equivalent"].in_words == "1.5% more"
    for person in (house.clerk, house.other_supervisor, btp.officer):
        assert signed_in(person).get(at("claim", claim.pk)).context["equivalent"] is None
    claim.refresh_from_db()
    assert claim.pence == 10_667  # nothing is charged by it
    signed_in(house.di).get(at("return", claim.pk))
    assert said in signed_in(house.di).get(at("return", claim.pk)).content.decode()


def test_a_grade_that_is_no_police_rank_has_no_equivalent(
    house: make.House, enquiry: Enquiry, signed_in: As
) -> None:
    make.agree(house, grades=("Grade 5",))
    who = make.officer(house.other, rank="agency_grade", grade="Grade 5")
    claim = make.claim(house, make.assignment(house, enquiry, who, day=date(2021, 3, 2)))
    page = signed_in(house.di).get(at("claim", claim.pk))
    assert page.context["equivalent"] is None and len(page.context["compared"]) == 4
    assert "<dt>Grade on the day</dt><dd>Grade 5</dd>" in page.content.decode()


def test_pay_on_cost_and_total_stand_on_every_page(signed_in: As) -> None:
    house, enquiry = with_insurance()
    duty = make.assignment(house, enquiry, make.officer(house.lead), day=date(2021, 3, 1))
    figures = "<dt>Pay</dt><dd>£105.12</dd></div>\n    <div><dt>On-cost</dt><dd>£14.51</dd>"
    assert figures in signed_in(duty.officer).get(at("as_planned", duty.pk)).content.decode()
    check = signed_in(duty.officer).post(at("other_times", duty.pk), typed(end="19:00"))
    assert "<dd>£78.84</dd>" in check.content.decode() and "<dd>£10.88</dd>" in check.content.decode()
    claim = make.claim(house, duty, state="certified")
    for name in ("claim", "return", "reject"):
        assert figures in signed_in(house.di).get(at(name, claim.pk)).content.decode()
    register = text_of(signed_in(house.di).get(reverse("claims:claims"), {"format": "csv"}))
    assert "Hourly rate,Multiplier,Pay (£),On-cost (£)," in register
    assert "4/3,105.12,14.51," in register


def test_the_working_reads_the_same_when_tasked_claimed_and_approved(
    house: make.House, duty: Assignment, signed_in: As
) -> None:
    working = escape(duty.lines[0]["working"])
    officer = signed_in(duty.officer)
    for address in (
        reverse("tasking:tasking", args=[duty.tasking_id]),
        at("as_planned", duty.pk),
        at("other_times", duty.pk),
    ):
        page = officer.post(address, typed()) if "other-times" in address else officer.get(address)
        assert working in page.content.decode(), address
    claim = make.claim(house, duty, state="certified")
    di = signed_in(house.di)
    for address in (
        at("claim", claim.pk),
        at("return", claim.pk),
        reverse("admin:claims_claim_change", args=[claim.pk]),
    ):
        assert working in di.get(address).content.decode(), address


def test_the_rank_and_the_rules_are_those_of_the_day(
    house: make.House, duty: Assignment, signed_in: As
) -> None:
    scale, point = make.pay_point("sergeant", 4_000_000)
    make.RankHeldFactory(
        person=duty.officer, rank="sergeant", scale=scale, point=point, held_from=date(2021, 3, 1)
    )
    claim = make.claim(house, duty)
    page = signed_in(house.di).get(at("claim", claim.pk))
    text, differences = page.content.decode(), [one.what for one in page.context["since_tasked"]]
    assert "<dt>Rank on the day</dt><dd>Sergeant, point 1 of sergeant_4000000</dd>" in text
    assert "Rule set of MPS from 1 September 2020" in text
    assert differences == ["Rank or grade", "Pay point", "Pay"]


def test_events_of_earlier_days_are_compared_by_what_they_have(
    house: make.House, duty: Assignment, signed_in: As
) -> None:
    claim = make.claim(house, duty)
    facts = {"starts_at": "2021-03-01T16:00:00+00:00", "ends_at": "2021-03-01T19:00:00+00:00"}
    facts |= {"break_minutes": 0, "duty_type": "planned", "pence": 7_884}
    Event.objects.create(
        claim=claim, verb="submitted", by=duty.officer, at=clock.now(), revision=1, pence=7_884, facts=facts
    )
    differences = signed_in(house.di).get(at("claim", claim.pk)).context["since_last_time"]
    assert [(one.what, one.before, one.now) for one in differences] == [
        ("End", "19:00", "20:00"),
        ("Pay", "£78.84", "£105.12"),
    ]


def test_time_that_a_duty_earned_is_on_the_claim(house: make.House, enquiry: Enquiry, signed_in: As) -> None:
    duty = make.assignment(house, enquiry, make.officer(house.lead), day=date(2021, 3, 1))
    tasking.owe(duty, [pay.TimeOwed("lieu_day", 0, "A day off in lieu is due as well.")])
    page = signed_in(house.supervisor).get(at("claim", make.claim(house, duty).pk))
    assert "A day off in lieu" not in page.content.decode()  # claimed as planned, it earns none
    tasking.owe(duty, [pay.TimeOwed("lieu_day", 0, "A day off in lieu is due as well.")])
    page = signed_in(house.supervisor).get(at("claim", Claim.objects.get().pk))
    assert "A day off in lieu is due as well." in page.content.decode()


# Deciding


def test_certifying_is_two_presses(house: make.House, duty: Assignment, signed_in: As) -> None:
    claim = make.claim(house, duty)
    supervisor = signed_in(house.supervisor)
    page = supervisor.get(at("claim", claim.pk))
    assert page.context["panels"]["certify"]
    supervisor.post(at("certify", claim.pk), {"revision": claim.revision, "record": "Sheet 12"})
    claim.refresh_from_db()
    assert (claim.status, claim.certified_by) == ("certified", house.supervisor)


def test_nobody_certifies_a_claim_they_entered(house: make.House, enquiry: Enquiry, signed_in: As) -> None:
    make.agree(house)
    both = make.person("agency_clerk", "supervisor", agency=house.other)
    duty = make.assignment(house, enquiry, make.officer(house.other), day=date(2021, 3, 2))
    with clock.travel(make.at(date(2021, 3, 3))):
        claim = services.submit(services.as_planned(duty), by=both)
    before = stages(enquiry)
    page = signed_in(both).post(at("certify", claim.pk), {"revision": claim.revision, "record": "Sheet 12"})
    claim.refresh_from_db()
    assert (page.status_code, page.context["refusal"].code, claim.status) == (422, "A01", "submitted")
    assert stages(enquiry) == before


def test_approving_shows_the_money_and_moves_it(
    house: make.House, duty: Assignment, enquiry: Enquiry, signed_in: As
) -> None:
    claim = make.claim(house, duty, state="certified")
    di = signed_in(house.di)
    page = di.get(at("claim", claim.pk))
    assert [(one.before, one.after) for one in page.context["approval"]] == [(10_512, 0), (0, 10_512)]
    di.post(at("approve", claim.pk), {"revision": claim.revision, "reason": ""})
    claim.refresh_from_db()
    assert (claim.status, stages(enquiry)) == ("approved", (989_488, 0, 0, 10_512, 0))


def test_a_flagged_claim_is_approved_with_a_reason_only(
    house: make.House, enquiry: Enquiry, signed_in: As
) -> None:
    claim = flagged(house, enquiry)
    di, before = signed_in(house.di), stages(enquiry)
    page = di.post(at("approve", claim.pk), {"revision": claim.revision, "reason": ""})
    claim.refresh_from_db()
    assert (page.status_code, claim.status, stages(enquiry)) == (422, "certified", before)
    assert "Error: " in page.content.decode()
    di.post(at("approve", claim.pk), {"revision": claim.revision, "reason": "Told on the day, on record"})
    claim.refresh_from_db()
    assert claim.status == "approved"


def flagged(house: make.House, enquiry: Enquiry) -> Claim:
    """A certified claim that says another kind of duty than was tasked (C05)."""
    duty = make.assignment(house, enquiry, make.officer(house.lead), day=date(2021, 3, 2))
    statement = services.Statement(**{**vars(services.as_planned(duty)), "duty_type": "casual"})
    with clock.travel(make.at(date(2021, 3, 3))):
        claim = services.submit(statement, by=duty.officer)
        return services.certify(claim, by=house.supervisor, revision=claim.revision, record="Duty record 1")


def test_a_stale_approval_is_refused_and_keeps_what_was_typed(
    house: make.House, enquiry: Enquiry, signed_in: As
) -> None:
    claim = flagged(house, enquiry)
    before = stages(enquiry)
    sent = {"revision": claim.revision - 1, "reason": "Told on the day"}
    page = signed_in(house.di).post(at("approve", claim.pk), sent)
    claim.refresh_from_db()
    assert (page.status_code, page.context["refusal"].code, claim.status) == (422, "A03", "certified")
    assert stages(enquiry) == before
    assert "Told on the day" in page.content.decode()


def test_the_page_says_why_one_cannot_approve_and_who_can(
    house: make.House, duty: Assignment, signed_in: As
) -> None:
    claim = make.claim(house, duty)
    page = signed_in(house.di).get(at("claim", claim.pk))
    assert not page.context["panels"]["approve"]
    assert ("Approve it", "A13") in [(does, why.code) for does, why in page.context["cannot"]]
    deputy = signed_in(house.deputy).get(at("claim", claim.pk))
    assert deputy.status_code == 404  # no delegation, no grant to see
    auditor = signed_in(house.auditor).get(at("claim", claim.pk))
    assert not auditor.context["links"]
    assert "A supervisor of MPS" in auditor.content.decode()


def test_returning_wants_a_coded_reason_and_words(
    house: make.House, duty: Assignment, enquiry: Enquiry, signed_in: As
) -> None:
    claim = make.claim(house, duty, state="certified")
    di = signed_in(house.di)
    assert di.get(at("return", claim.pk)).status_code == 200
    page = di.post(at("return", claim.pk), {"revision": claim.revision, "reason": "", "reason_code": ""})
    assert (page.status_code, set(page.context["form"].errors)) == (422, {"reason", "reason_code"})
    sent = {"revision": claim.revision, "reason": "Which end?", "reason_code": "times"}
    di.post(at("return", claim.pk), sent)
    claim.refresh_from_db()
    assert (claim.status, stages(enquiry)) == ("returned", (989_488, 10_512, 0, 0, 0))


def test_rejecting_and_reversing_give_the_money_back(
    house: make.House, duty: Assignment, enquiry: Enquiry, signed_in: As
) -> None:
    di = signed_in(house.di)
    approved = make.claim(house, duty, state="approved")
    assert "£105.12 returns to" in di.get(at("reverse", approved.pk)).content.decode()
    page = di.post(at("reverse", approved.pk), {"revision": approved.revision, "reason": ""})
    assert (page.status_code, stages(enquiry)) == (422, (989_488, 0, 0, 10_512, 0))
    di.post(at("reverse", approved.pk), {"revision": approved.revision, "reason": "Paid by another fund"})
    assert stages(enquiry) == (1_000_000, 0, 0, 0, 0)
    other = make.claim(house, make.assignment(house, enquiry, duty.officer, day=date(2021, 3, 3)))
    assert di.get(at("reject", other.pk)).status_code == 200
    di.post(at("reject", other.pk), {"revision": other.revision, "reason": "Not worked"})
    other.refresh_from_db()
    assert (other.status, stages(enquiry)) == ("rejected", (1_000_000, 0, 0, 0, 0))


@pytest.mark.parametrize(("decision", "reason"), [("grant", ""), ("refuse", "Two hours were enough")])
def test_more_time_is_granted_or_refused_in_two_presses(
    house: make.House, duty: Assignment, signed_in: As, decision: str, reason: str
) -> None:
    claim = asking(duty)
    di = signed_in(house.di)
    assert di.get(at("claim", claim.pk)).context["panels"]["more_time"]
    sent = {"revision": claim.revision, "decision": decision, "reason": reason}
    assert di.post(at("more_time", claim.pk), sent).status_code == 302
    claim.refresh_from_db()
    assert claim.status == ("submitted" if decision == "grant" else "draft")
    assert claim.more_time.get().status == ("granted" if decision == "grant" else "refused")


def test_a_part_of_the_time_is_granted_in_two_presses(
    house: make.House, duty: Assignment, signed_in: As
) -> None:
    claim, di = asking(duty), signed_in(house.di)
    sent = {
        "revision": claim.revision,
        "decision": "part",
        "reason": "Half an hour was needed",
        "minutes": "",
    }
    page = di.post(at("more_time", claim.pk), sent)
    assert page.status_code == 422 and page.context["forms"]["more_time"].errors["minutes"]
    assert di.post(at("more_time", claim.pk), sent | {"minutes": "30"}).status_code == 302
    claim.refresh_from_db()
    assert (claim.status, claim.worked_minutes) == ("submitted", 270)


def test_to_refuse_more_time_needs_a_reason(
    house: make.House, duty: Assignment, enquiry: Enquiry, signed_in: As
) -> None:
    claim, before = asking(duty), stages(enquiry)
    sent = {"revision": claim.revision, "decision": "refuse", "reason": ""}
    page = signed_in(house.di).post(at("more_time", claim.pk), sent)
    assert (page.status_code, claim.more_time.get().status) == (422, "asked")
    assert stages(enquiry) == before


def test_after_a_refusal_of_more_time_the_authorised_hours_are_two_presses_away(
    house: make.House, duty: Assignment, enquiry: Enquiry, signed_in: As
) -> None:
    claim = asking(duty)
    with clock.travel(make.at(date(2021, 3, 4))):
        claim = services.refuse_more_time(claim, by=house.di, revision=claim.revision, reason="Enough")
    officer = signed_in(duty.officer)
    page = officer.get(at("answer", claim.pk))
    assert "Enough" in page.content.decode()
    sent = typed(revision=claim.revision, expected_pence=page.context["offer"].pence)
    officer.post(at("answer", claim.pk), sent)
    claim.refresh_from_db()
    assert (claim.status, stages(enquiry)) == ("submitted", (989_488, 0, 10_512, 0, 0))


def asking(duty: Assignment) -> Claim:
    """A claim of six hours where four were authorised."""
    statement = services.as_planned(duty)
    longer = services.Statement(**{**vars(statement), "ends_at": make.at(duty.duty_on, 22)})
    with clock.travel(make.at(date(2021, 3, 3))):
        return services.submit(longer, by=duty.officer, reason="The subject moved")


# Reading


def test_the_list_is_filtered_counted_and_exported_as_shown(
    house: make.House, duty: Assignment, enquiry: Enquiry, signed_in: As
) -> None:
    make.agree(house)
    make.claim(house, duty, state="approved")
    theirs = make.assignment(house, enquiry, make.officer(house.other), day=date(2021, 2, 10))
    make.claim(house, theirs)
    questioned = flagged(house, enquiry)
    finance = signed_in(house.finance)
    page = reverse("claims:claims")
    for query, count in (
        ({}, 3),
        ({"status": "approved"}, 1),
        ({"waiting": "supervisor"}, 1),
        ({"waiting": "claimant"}, 0),
        ({"agency": house.other.pk}, 1),
        ({"enquiry": enquiry.pk}, 3),
        ({"grant": house.grant.pk}, 3),
        ({"officer": duty.officer.staff_number}, 1),
        ({"flagged": "yes"}, 1),
        ({"from": "2021-03-01"}, 2),
        ({"to": "2021-02-28"}, 1),
        ({"week": "2021-03-04"}, 2),
        ({"status": "nonsense"}, 0),
    ):
        assert finance.get(page, query).context["total"].count == count, query
    shown = text_of(finance.get(page, {"flagged": "yes", "format": "csv"}))
    assert f"\r\n{questioned.pk}," in shown
    assert "Questions: Flagged" in shown
    assert finance.get(page, {"format": "xlsx"}).status_code == 200
    assert finance.get(page, {"format": "exe"}).status_code == 404


def test_an_outsider_finds_nothing(house: make.House, duty: Assignment, signed_in: As) -> None:
    claim = make.claim(house, duty)
    stranger = make.officer(house.other)
    for who in (stranger, house.clerk, house.other_supervisor, house.administrator):
        visitor = signed_in(who)
        for name in ("claim", "answer", "withdraw", "certify", "return", "approve", "reject", "reverse"):
            assert visitor.get(at(name, claim.pk)).status_code == 404, (who, name)
            assert visitor.post(at(name, claim.pk), {"revision": 1}).status_code == 404, (who, name)
        for name in ("as_planned", "other_times"):
            assert visitor.get(at(name, duty.pk)).status_code == 404, (who, name)
        assert visitor.get(reverse("payments:overview")).status_code == 404
        assert visitor.get(reverse("claims:approve_clean")).status_code == 404
    assert signed_in(house.administrator).get(reverse("claims:claims")).status_code == 404
    assert signed_in(stranger).get(reverse("claims:claims")).context["total"].count == 0


def test_a_role_alone_opens_no_door_of_another(house: make.House, duty: Assignment, signed_in: As) -> None:
    claim = make.claim(house, duty, state="certified")
    for who, closed in (
        (duty.officer, ("certify", "return", "approve", "reject", "reverse", "more_time")),
        (house.supervisor, ("answer", "withdraw", "approve", "reject", "reverse", "more_time")),
        (house.di, ("answer", "withdraw", "certify")),
        (house.finance, ("answer", "withdraw", "certify", "return", "approve", "reject", "reverse")),
        (house.auditor, ("answer", "withdraw", "certify", "return", "approve", "reject", "reverse")),
    ):
        for name in closed:
            sent = {"revision": claim.revision, "reason": "x", "reason_code": "times"}
            assert signed_in(who).post(at(name, claim.pk), sent).status_code == 404, (who, name)
    claim.refresh_from_db()
    assert claim.status == "certified"


def test_reading_never_writes(house: make.House, duty: Assignment, signed_in: As) -> None:
    claim = make.claim(house, duty, state="certified")
    entries, revision = LedgerEntry.objects.count(), claim.revision
    di = signed_in(house.di)
    for name in ("claim", "approve", "return", "reject", "more_time"):
        di.get(at(name, claim.pk))
    di.get(reverse("claims:approve_clean"))
    claim.refresh_from_db()
    assert (LedgerEntry.objects.count(), claim.revision) == (entries, revision)


def test_queries_do_not_grow_with_the_rows(
    house: make.House,
    enquiry: Enquiry,
    duty: Assignment,
    signed_in: As,
    django_assert_max_num_queries: Callable[..., object],
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    make.claim(house, duty, state="certified")
    draw = f"{reverse('payments:draw')}?grant={house.grant.pk}&agency={house.lead.pk}"
    pages = (
        (house.di, reverse("claims:claims")),
        (house.di, reverse("claims:approve_clean")),
        (house.finance, reverse("payments:overview")),
        (house.finance, draw),
    )

    def counts() -> list[int]:
        found = []
        for who, page in pages:
            visitor = signed_in(who)
            with CaptureQueriesContext(
                connection,
            ) as queries:
                assert visitor.get(page).status_code == 200
            found.append(len(queries))
        return found

    make.claim(
        house, make.assignment(house, enquiry, duty.officer, day=date(2021, 2, 1 + 7)), state="approved"
    )
    before = counts()
    for day in range(9, 15):
        state = "certified" if day % 2 else "approved"
        make.claim(house, make.assignment(house, enquiry, duty.officer, day=date(2021, 2, day)), state=state)
    assert counts() == before
