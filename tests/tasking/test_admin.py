"""Taskings are read in the administration; supervisors keep their agency's rosters, finance the rule sets."""

from datetime import date, time
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from grants.models import Grant
from overtime_ledger import clock
from overtime_ledger.accounts import two_people
from overtime_ledger.accounts.models import User
from overtime_ledger.audit.models import AccessLog
from overtime_ledger.ui import pounds
from tasking import pay
from tasking.models import RestDay, RosteredTour, RuleSet, SubstitutedHoliday, TimeOwed
from tasking.rulebook import SWITCHES
from tasking.selectors import switches_of
from tests import factories as make

pytestmark = pytest.mark.django_db
TOURS = "/admin/tasking/rosteredtour/"


@pytest.fixture
def house() -> make.House:
    return make.house()


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def tour(officer: User, start: str = "08:00", end: str = "16:00") -> dict[str, object]:
    return {
        "officer": officer.pk,
        "starts_at_0": "10/02/2021",
        "starts_at_1": start,
        "ends_at_0": "10/02/2021",
        "ends_at_1": end,
    }


def test_a_supervisor_keeps_the_tours_of_the_own_agency(house: make.House) -> None:
    supervisor = make.person("supervisor", "officer", agency=house.lead, is_staff=True)
    own, foreign = make.officer(house.lead), make.officer(house.other)
    client = signed_in(supervisor)
    assert client.get(f"{TOURS}add/").status_code == 200
    assert client.post(f"{TOURS}add/", tour(own)).status_code == 302
    kept = RosteredTour.objects.get()
    assert (kept.officer, kept.starts_at, kept.ends_at) == (
        own,
        make.at(kept.starts_at.date(), 8),
        make.at(kept.starts_at.date(), 16),
    )
    for somebody in (foreign, supervisor):
        assert client.post(f"{TOURS}add/", tour(somebody)).status_code == 200
    overlapping = client.post(f"{TOURS}add/", tour(own, "15:00", "23:00"))
    assert "This officer has another tour at that time." in overlapping.content.decode()
    backwards = client.post(f"{TOURS}add/", tour(own, "23:00", "17:00"))
    assert "The tour ends before it begins." in backwards.content.decode()
    assert RosteredTour.objects.count() == 1


def test_another_agencys_tours_are_not_there(house: make.House) -> None:
    foreign = RosteredTour.objects.create(
        officer=make.officer(house.other), starts_at=make.at(make.START, 8), ends_at=make.at(make.START, 16)
    )
    supervisor = make.person("supervisor", agency=house.lead, is_staff=True)
    assert signed_in(supervisor).get(f"{TOURS}{foreign.pk}/change/").status_code == 404
    assert signed_in(house.auditor).get(f"{TOURS}{foreign.pk}/change/").status_code == 200
    assert signed_in(house.auditor).post(f"{TOURS}{foreign.pk}/change/", {}).status_code == 404
    assert signed_in(house.administrator).get(TOURS).status_code == 404


RESTS = "/admin/tasking/restday/"
HOLIDAYS = "/admin/tasking/substitutedholiday/"


def holiday(officer: User, **more: str) -> dict[str, object]:
    said = {"day": "10/02/2021", "in_place_of": "01/01/2021", "evidence": "Order 12"}
    return {"officer": officer.pk, **said, **more}


def test_a_supervisor_keeps_rest_days_of_the_own_agency(house: make.House) -> None:
    supervisor = make.person("supervisor", "officer", agency=house.lead, is_staff=True)
    own, foreign = make.officer(house.lead), make.officer(house.other)
    client = signed_in(supervisor)
    assert client.get(f"{RESTS}add/").status_code == 200
    assert client.post(f"{RESTS}add/", {"officer": own.pk, "day": "10/02/2021"}).status_code == 302
    kept = RestDay.objects.get()
    assert (kept.officer, kept.day) == (own, date(2021, 2, 10))
    for somebody in (foreign, supervisor):
        answer = client.post(f"{RESTS}add/", {"officer": somebody.pk, "day": "11/02/2021"})
        assert "Select a valid choice" in answer.content.decode()
    twice = client.post(f"{RESTS}add/", {"officer": own.pk, "day": "10/02/2021"})
    assert "already exists" in twice.content.decode()
    moved = {"officer": own.pk, "day": "12/02/2021"}
    assert client.post(f"{RESTS}{kept.pk}/change/", moved).status_code == 302
    assert client.post(f"{RESTS}{kept.pk}/delete/", {"post": "yes"}).status_code == 404
    kept.refresh_from_db()
    assert kept.day == date(2021, 2, 12) and RestDay.objects.count() == 1


def test_a_supervisor_substitutes_a_public_holiday_with_evidence(house: make.House) -> None:
    supervisor = make.person("supervisor", "officer", agency=house.lead, is_staff=True)
    own, foreign = make.officer(house.lead), make.officer(house.other)
    client = signed_in(supervisor)
    for wrong, said in (
        (holiday(own, in_place_of="10/03/2021"), "10 March 2021 is no public holiday of England"),
        (holiday(own, day="01/01/2021"), "A day cannot take its own place."),
        (holiday(own, evidence=""), "This field is required"),
        (holiday(foreign), "Select a valid choice"),
        (holiday(supervisor), "Select a valid choice"),
    ):
        assert said in client.post(f"{HOLIDAYS}add/", wrong).content.decode()
    assert not SubstitutedHoliday.objects.exists()
    assert client.post(f"{HOLIDAYS}add/", holiday(own)).status_code == 302
    kept = SubstitutedHoliday.objects.get()
    assert (kept.officer, kept.day, kept.in_place_of) == (own, date(2021, 2, 10), date(2021, 1, 1))
    assert kept.recorded_by == supervisor
    another = make.person("supervisor", agency=house.lead, is_staff=True)
    change = f"{HOLIDAYS}{kept.pk}/change/"
    assert signed_in(another).post(change, holiday(own, day="11/02/2021")).status_code == 302
    kept.refresh_from_db()
    assert (kept.day, kept.recorded_by) == (date(2021, 2, 11), another)


def test_another_agencys_roster_is_not_there(house: make.House) -> None:
    officer = make.officer(house.other)
    rest = RestDay.objects.create(officer=officer, day=make.START)
    other = SubstitutedHoliday.objects.create(
        officer=officer,
        day=make.START,
        in_place_of=date(2021, 1, 1),
        evidence="Order 12",
        recorded_by=house.other_supervisor,
    )
    supervisor = make.person("supervisor", agency=house.lead, is_staff=True)
    for address in (f"{RESTS}{rest.pk}/change/", f"{HOLIDAYS}{other.pk}/change/"):
        assert signed_in(supervisor).get(address).status_code == 404
        assert signed_in(supervisor).post(address, holiday(officer)).status_code == 404
        assert signed_in(house.auditor).get(address).status_code == 200
        assert signed_in(house.auditor).post(address, holiday(officer)).status_code == 404
    for address in (RESTS, HOLIDAYS):
        assert signed_in(house.administrator).get(address).status_code == 404
        assert signed_in(house.finance).get(address).status_code == 404


# Rules of pay


RULES = "/admin/tasking/ruleset/"


def rules(house: make.House, **more: object) -> dict[str, object]:
    """The form of a rule set as finance types it."""
    said = {
        "agency": house.lead.pk,
        "valid_from": "1/4/2020",
        "source": "Finance note 7",
        "recall_minimum_minutes": "4:00",
        "travel_limit_minutes": "",
        "london_weighting_pence": "2,394.00",
        "short_casual_occasion_counts": "on",
        "week_starts_on": "6",
        "force_day_starts": "07:00",
    }
    return said | more


def confirm(client: Client, row: RuleSet, seen: str = "") -> Any:
    return client.post(f"{RULES}{row.pk}/confirm/", {"seen": seen or two_people.state_of(row)})


def refused(page: Any, code: str) -> bool:
    return page.status_code == 422 and page.context["refusal"].code == code


def test_finance_records_a_rule_set_and_a_second_person_confirms_it(house: make.House) -> None:
    one, other = signed_in(house.finance), signed_in(house.second_finance)
    page = one.get(f"{RULES}add/").content.decode()
    for switch in SWITCHES:
        assert switch.label in unescape(page) and switch.source in unescape(page), switch.name
    assert one.post(f"{RULES}add/", rules(house)).status_code == 302
    row = RuleSet.objects.latest("pk")
    assert switches_of(row) == pay.Switches(
        recall_minimum_minutes=240,
        travel_limit_minutes=None,
        london_weighting_pence=239_400,
        short_casual_occasion_counts=True,
        week_starts_on=6,
        force_day_starts=time(7),
    )
    assert (row.recorded_by, row.confirmed_by) == (house.finance, None)
    assert refused(confirm(one, row), "G01")
    seen, change = two_people.state_of(row), f"{RULES}{row.pk}/change/"
    assert one.post(change, rules(house, force_day_starts="06:00")).status_code == 302
    assert refused(confirm(other, row, seen), "A03")
    row.refresh_from_db()
    page = other.get(f"{RULES}{row.pk}/confirm/").content.decode()
    assert "06:00" in page and "£2,394.00" in page and "Sunday" in page
    assert confirm(other, row).status_code == 302
    assert one.post(change, rules(house)).status_code == 404
    row.refresh_from_db()
    assert (row.force_day_starts, row.confirmed_by) == (time(6), house.second_finance)
    assert "£2,394.00" in one.get(change).content.decode()


def test_a_rule_set_is_for_an_agency_paid_by_payroll_and_its_switches_are_possible(house: make.House) -> None:
    client, before = signed_in(house.finance), RuleSet.objects.count()
    for wrong, said in (
        ({"agency": house.other.pk}, "Select a valid choice"),
        ({"recall_minimum_minutes": "long"}, "Enter minutes, like 90"),
        ({"london_weighting_pence": "-1"}, "Enter an amount in pounds"),
        ({"force_day_starts": "6"}, "24 hour clock"),
        ({"source": ""}, "This field is required"),
    ):
        assert said in client.post(f"{RULES}add/", rules(house, **wrong)).content.decode()
    for person in (house.auditor, house.di, house.administrator):
        assert signed_in(person).post(f"{RULES}add/", rules(house)).status_code == 404
    assert RuleSet.objects.count() == before


def test_a_duty_says_from_what_its_pay_was_reckoned() -> None:
    house = make.house(opened=False)
    Grant.objects.filter(pk=house.grant.pk).update(on_cost="ni")
    make.on_costs()
    with clock.travel(make.at(make.START)):
        make.open_up(house)
    duty = make.assignment(house, make.enquiry(house), make.officer(house.lead))
    page = signed_in(house.auditor).get(f"/admin/tasking/assignment/{duty.pk}/change/").content.decode()
    for said in ("point 7 of constable_2013", "£41,130.00", str(duty.rule_set), "13.8%"):
        assert said in page, said
    assert f"£105.12 pay and {pounds(duty.on_cost_pence)} on-cost." in page


def test_time_owed_is_read_and_never_typed_over(house: make.House) -> None:
    duty = make.assignment(house, make.enquiry(house), make.officer(house.lead))
    owed = TimeOwed.objects.create(assignment=duty, kind="toil", minutes=135, because="Two hours and more")
    TimeOwed.objects.create(assignment=duty, kind="rest_day", minutes=0, because="Told early")
    client = signed_in(house.auditor)
    page = client.get("/admin/tasking/timeowed/").content.decode()
    assert "2 h 15 min" in page and "A day" in page and str(duty.officer) in page
    address = f"/admin/tasking/timeowed/{owed.pk}/change/"
    assert "Two hours and more" in client.get(address).content.decode()
    assert client.post(address, {"status": "granted"}).status_code == 404
    assert client.get("/admin/tasking/timeowed/add/").status_code == 404
    assert signed_in(house.administrator).get("/admin/tasking/timeowed/").status_code == 404


def test_taskings_and_duties_are_read_and_never_typed_over(house: make.House) -> None:
    enquiry = make.enquiry(house)
    duty = make.assignment(house, enquiry, make.officer(house.lead))
    subject = enquiry.subjects.get()
    rows = {
        "enquiry": enquiry.pk,
        "tasking": duty.tasking_id,
        "assignment": duty.pk,
        "subject": subject.pk,
        "taskingevent": duty.tasking.events.get().pk,
    }
    client = signed_in(house.auditor)
    for kind, pk in rows.items():
        address = f"/admin/tasking/{kind}/"
        assert list(client.get(address).context["cl"].queryset.values_list("pk", flat=True)) == [pk], kind
        assert client.get(f"{address}{pk}/change/").status_code == 200, kind
        assert client.post(f"{address}{pk}/change/", {"status": "x"}).status_code == 404, kind
        assert client.get(f"{address}add/").status_code == 404, kind
        assert client.post(f"{address}{pk}/delete/", {"post": "yes"}).status_code == 404, kind
    stranger = signed_in(make.person("controlling_di", agency=house.lead, is_staff=True))
    for kind in ("enquiry", "tasking", "subject"):
        assert stranger.get(f"/admin/tasking/{kind}/{rows[kind]}/change/").status_code == 404, kind


def test_queries_stay_the_same_as_the_lists_grow(house: make.House) -> None:
    enquiry = make.enquiry(house)
    client = signed_in(house.auditor)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            for kind in ("enquiry", "tasking", "assignment", "taskingevent"):
                client.get(f"/admin/tasking/{kind}/")
        return len(captured)

    make.assignment(house, enquiry, make.officer(house.lead))
    first = queries()
    for _ in range(3):
        make.assignment(house, enquiry, make.officer(house.lead))
    assert queries() == first


def looks() -> list[tuple[str, int, str]]:
    rows = AccessLog.objects.filter(action="viewed").order_by("pk")
    return [(row.by.display_name, row.rows, row.filters["codenames"]) for row in rows]


def test_codenames_are_for_those_who_may_see_subjects(house: make.House) -> None:
    enquiry = make.enquiry(house)
    codename = enquiry.subjects.get().codename
    address = "/admin/tasking/enquiry/"
    finance = signed_in(house.finance)
    for page in (f"{address}{enquiry.pk}/change/", address):
        text = finance.get(page).content.decode()
        assert codename not in text and "codename" not in text.lower(), page
    assert list(finance.get(f"{address}?q={codename}").context["cl"].queryset) == []
    assert looks() == []
    auditor = signed_in(house.auditor)
    assert "codename of a subject" in auditor.get(address).content.decode()
    assert list(auditor.get(f"{address}?q={codename}").context["cl"].queryset) == [enquiry]
    assert codename in auditor.get(f"{address}{enquiry.pk}/change/").content.decode()
    assert looks() == [("Auditor 1", 1, codename)]


def test_who_looks_at_subjects_is_on_record(house: make.House) -> None:
    first, second = make.enquiry(house).subjects.get(), make.enquiry(house).subjects.get()
    both = ", ".join(sorted((first.codename, second.codename)))
    auditor = signed_in(house.auditor)
    auditor.get("/admin/tasking/subject/")
    auditor.get(f"/admin/tasking/subject/?q={second.codename}")
    auditor.get(f"/admin/tasking/subject/{first.pk}/change/")
    auditor.get(f"/admin/tasking/subject/{first.pk}/history/")
    assert [(rows, ", ".join(sorted(names.split(", ")))) for _, rows, names in looks()] == [
        (2, both),
        (1, second.codename),
        (1, first.codename),
        (1, first.codename),
    ]
    assert signed_in(house.finance).get(f"/admin/tasking/subject/{first.pk}/change/").status_code == 404
    assert len(looks()) == 4
