"""Time off that duties earn: who sees it, who decides on it, and what the home pages say of it."""

from dataclasses import replace
from datetime import date

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from grants.models import LedgerEntry
from overtime_ledger import clock
from overtime_ledger.accounts.models import User
from overtime_ledger.audit.models import AccessLog
from tasking import pay, selectors, services
from tasking.models import Assignment, Enquiry, TimeOwed
from tasking.quotes import Plan
from tests import factories as make
from tests.files import text_of

pytestmark = pytest.mark.django_db
SUNDAY = date(2021, 3, 28)


@pytest.fixture
def house() -> make.House:
    return make.house()


@pytest.fixture
def enquiry(house: make.House) -> Enquiry:
    return make.enquiry(house)


@pytest.fixture
def owed(house: make.House, enquiry: Enquiry) -> TimeOwed:
    """Another rest day, for a rest day worked with 26 clear days' notice."""
    return rest_day(house, enquiry, make.officer(house.lead))


def rest_day(house: make.House, enquiry: Enquiry, who: User, day: date = SUNDAY) -> TimeOwed:
    duty = make.assignment(house, enquiry, who, day=day, duty_type="rest_day", told_on=date(2021, 3, 1))
    return duty.time_owed.get()


def toil(house: make.House, enquiry: Enquiry, who: User, day: date = date(2021, 3, 10)) -> TimeOwed:
    """Four hours for which time off is owed instead of pay."""
    duty = make.assignment(house, enquiry, who, day=day, duty_type="toil", told_on=date(2021, 3, 1))
    return duty.time_owed.get()


def btp_day(house: make.House, enquiry: Enquiry) -> TimeOwed:
    """A day that a duty of another agency's officer earned."""
    make.agree(house)
    duty = make.assignment(house, enquiry, make.officer(house.other), day=date(2021, 3, 10))
    services.owe(duty, [pay.TimeOwed("lieu_day", 0, "A day off in lieu is due as well.")])
    return duty.time_owed.get()


def as_(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def at(name: str, *args: object) -> str:
    return reverse(f"tasking:{name}", args=args)


def seen_by(person: User, **query: object) -> list[TimeOwed]:
    return list(as_(person).get(at("time_owed"), query).context["page_obj"].object_list)


# Who sees what


def test_each_sees_their_own_their_agencys_or_that_of_their_grants(
    house: make.House, enquiry: Enquiry, owed: TimeOwed
) -> None:
    other, theirs = rest_day(house, enquiry, make.officer(house.lead)), btp_day(house, enquiry)
    assert seen_by(owed.assignment.officer) == [owed]
    assert seen_by(make.officer(house.lead)) == []
    assert seen_by(house.supervisor) == [other, owed]
    for person in (house.clerk, house.other_supervisor):
        assert seen_by(person) == [theirs]
    for person in (house.di, house.finance, house.auditor):
        assert seen_by(person) == [theirs, other, owed]
    assert seen_by(house.deputy) == []  # no delegation is in force
    assert as_(house.administrator).get(at("time_owed")).status_code == 404


def test_an_officer_finds_what_for_and_nothing_to_press(owed: TimeOwed) -> None:
    page = as_(owed.assignment.officer).get(at("time_owed"))
    text = page.content.decode()
    assert "Time owed to you" in text and "Due: 1 rest day." in text and owed.because[:20] in text
    assert "Grant a day" not in text and "officer" not in page.context["filter"].fields


def test_the_list_is_filtered_and_leaves_as_a_file(
    house: make.House, enquiry: Enquiry, owed: TimeOwed
) -> None:
    hours = toil(house, enquiry, make.officer(house.lead))
    services.grant_time_off(owed, by=house.supervisor, granted_for=date(2021, 3, 30))
    di = house.di
    assert seen_by(di, status="due") == [hours] and seen_by(di, status="granted") == [owed]
    assert seen_by(di, status="not_due") == [] and seen_by(di, status="lost") == []
    assert seen_by(di, kind="toil") == [hours]
    assert seen_by(di, officer=owed.assignment.officer.staff_number) == [owed]
    for file_format in ("csv", "xlsx"):
        assert as_(di).get(at("time_owed"), {"format": file_format}).status_code == 200
    text = text_of(as_(di).get(at("time_owed"), {"format": "csv", "status": "granted"}))
    assert "Status: Granted" in text and "2021-03-30" in text and "PS 9003" in text
    assert AccessLog.objects.filter(action="exported", what__startswith="Time owed").count() == 3


def test_fifty_a_page_and_as_many_queries_for_many_as_for_few(house: make.House, enquiry: Enquiry) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            supervisor.get(at("time_owed"))
        return len(captured)

    supervisor, who = as_(house.supervisor), make.officer(house.lead)
    first = toil(house, enquiry, who)
    supervisor.get(at("time_owed"))
    few = queries()
    for number in range(51):
        duty = Assignment.objects.get(pk=first.assignment_id)
        TimeOwed.objects.create(assignment=duty, kind="lieu_day", minutes=0, because=f"Day {number}")
    assert len(supervisor.get(at("time_owed")).context["page_obj"].object_list) == 50
    assert queries() == few


# What supervisors decide


def test_a_day_is_granted_by_a_supervisor(house: make.House, owed: TimeOwed) -> None:
    supervisor = as_(house.supervisor)
    assert at("grant_time_off", owed.pk) in supervisor.get(at("time_owed")).content.decode()
    assert supervisor.get(at("grant_time_off", owed.pk)).status_code == 200
    entries = LedgerEntry.objects.count()
    sent = supervisor.post(at("grant_time_off", owed.pk), {"granted_for": "2021-03-30"}, follow=True)
    assert "has the time off on 30 March 2021" in sent.content.decode()
    owed.refresh_from_db()
    assert (owed.status, owed.granted_for, owed.decided_by) == (
        "granted",
        date(2021, 3, 30),
        house.supervisor,
    )
    assert LedgerEntry.objects.count() == entries  # it costs the grant nothing
    assert "Day off: 30 March 2021" in as_(owed.assignment.officer).get(at("time_owed")).content.decode()


def test_what_is_not_due_is_struck_with_a_reason(house: make.House, owed: TimeOwed) -> None:
    supervisor = as_(house.supervisor)
    asked = supervisor.post(at("strike_time_off", owed.pk), {"reason": " "})
    assert (asked.status_code, list(asked.context["form"].errors)) == (422, ["reason"])
    supervisor.post(at("strike_time_off", owed.pk), {"reason": "The duty was not worked"})
    owed.refresh_from_db()
    assert (owed.status, owed.reason, owed.decided_by) == (
        "not_due",
        "The duty was not worked",
        house.supervisor,
    )


@pytest.mark.parametrize(
    "day, month, code", [("27", "3", "T20"), ("30", "2", ""), ("next", "3", ""), ("", "3", "")]
)
def test_a_day_that_cannot_be_is_refused_and_stays_typed(
    house: make.House, owed: TimeOwed, day: str, month: str, code: str
) -> None:
    sent = {"granted_for_0": day, "granted_for_1": month, "granted_for_2": "2021"}
    page = as_(house.supervisor).post(at("grant_time_off", owed.pk), sent)
    assert page.status_code == 422
    assert page.context["refusal"].code == code if code else page.context["form"].errors
    assert not day or f'name="granted_for_0" value="{day}"' in page.content.decode()
    owed.refresh_from_db()
    assert owed.status == "due"


def test_a_second_press_is_told_that_it_is_decided(house: make.House, owed: TimeOwed) -> None:
    supervisor = as_(house.supervisor)
    supervisor.post(at("grant_time_off", owed.pk), {"granted_for": "2021-03-30"})
    for name, sent in (
        ("grant_time_off", {"granted_for": "2021-03-31"}),
        ("strike_time_off", {"reason": "No"}),
    ):
        answer = supervisor.post(at(name, owed.pk), sent)
        assert (answer.status_code, answer.context["refusal"].code) == (422, "T19")
        assert '<form method="post" novalidate>' not in answer.content.decode()
    owed.refresh_from_db()
    assert (owed.status, owed.granted_for, owed.reason) == ("granted", date(2021, 3, 30), "")


def test_nobody_decides_on_their_own(house: make.House, enquiry: Enquiry) -> None:
    both = make.person("officer", "supervisor", agency=house.lead)
    make.RankHeldFactory(person=both)
    own = rest_day(house, enquiry, both)
    client = as_(both)
    assert at("grant_time_off", own.pk) not in client.get(at("time_owed")).content.decode()
    page = client.get(at("grant_time_off", own.pk))
    assert page.context["refusal"].code == "A01"
    sent = client.post(at("grant_time_off", own.pk), {"granted_for": "2021-03-30"})
    own.refresh_from_db()
    assert (sent.status_code, own.status) == (422, "due")


@pytest.mark.parametrize("name", ["grant_time_off", "strike_time_off"])
def test_the_verbs_do_not_exist_for_others(house: make.House, owed: TimeOwed, name: str) -> None:
    sent = {"granted_for": "2021-03-30", "reason": "x"}
    for person in (owed.assignment.officer, house.di, house.finance, house.auditor, house.clerk,
                   house.other_supervisor, house.administrator):  # fmt: skip
        assert as_(person).get(at(name, owed.pk)).status_code == 404
        assert as_(person).post(at(name, owed.pk), sent).status_code == 404
    owed.refresh_from_db()
    assert owed.status == "due"


# What home pages say


def test_home_says_what_is_owed_and_what_waits(house: make.House, enquiry: Enquiry, owed: TimeOwed) -> None:
    toil(house, enquiry, owed.assignment.officer)
    home = reverse("home")
    mine = as_(owed.assignment.officer).get(home).content.decode()
    assert "Time owed to you: 1 rest day, 4 h." in mine
    assert "Time owed to you" not in as_(make.officer(house.lead)).get(home).content.decode()
    waits = as_(house.supervisor).get(home).content.decode()
    assert '<span class="queues__count">2</span> to grant' in waits
    assert "to grant" not in as_(house.other_supervisor).get(home).content.decode()
    for person in (house.di, house.finance):
        text = as_(person).get(home).content.decode()
        assert "4 h of time off in lieu</a> is due to 1 officer" in text
        assert "may have to be paid in cash" in text
    services.strike_time_off(TimeOwed.objects.get(kind="toil"), by=house.supervisor, reason="Not worked")
    assert "may have to be paid in cash" not in as_(house.di).get(home).content.decode()


def test_a_duty_that_pays_nothing_is_not_offered_as_planned(house: make.House, enquiry: Enquiry) -> None:
    who = make.officer(house.lead)
    with clock.travel(make.at(date(2021, 3, 1))):
        plan = Plan(
            enquiry=enquiry,
            duty_type="toil",
            starts_at=make.at(date(2021, 3, 2), 16),
            ends_at=make.at(date(2021, 3, 2), 20),
            officers=[who],
            reason="Observations",
        )
        duty = services.task(plan, by=house.di).assignments.get()
    text = as_(who).get(at("tasking", duty.tasking_id)).content.decode()
    assert "It earns time off and no pay" in text
    assert reverse("claims:as_planned", args=[duty.pk]) not in text
    assert reverse("claims:other_times", args=[duty.pk]) in text


def test_time_due_in_words(house: make.House, enquiry: Enquiry, owed: TimeOwed) -> None:
    everything = TimeOwed.objects.all()
    assert selectors.time_due(everything).in_words == "1 rest day"
    hours = toil(house, enquiry, owed.assignment.officer)
    for day in ("Good Friday", "Easter Monday"):
        TimeOwed.objects.create(assignment=hours.assignment, kind="lieu_day", minutes=0, because=day)
    assert selectors.time_due(everything).in_words == "1 rest day, 2 days in lieu of public holidays, 4 h"
    assert not replace(selectors.time_due(everything), rest_days=0, lieu_days=0, toil_minutes=0)
