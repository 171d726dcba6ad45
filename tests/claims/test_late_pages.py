"""The late list through its doors: who asks, decides and reads the answer; what is said of releases."""

from collections.abc import Iterator
from datetime import date
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from claims.models import LateClaim
from claims.services import late
from grants import services as grants
from overtime_ledger import clock
from overtime_ledger.accounts.models import User
from overtime_ledger.audit.models import AccessLog
from tasking.models import Assignment, Enquiry
from tests import factories as make
from tests.files import text_of

pytestmark = pytest.mark.django_db
MARCH_30, APRIL_1, APRIL_2, APRIL_9 = (
    date(2021, 3, 30),
    date(2021, 4, 1),
    date(2021, 4, 2),
    date(2021, 4, 9),
)


@pytest.fixture
def house() -> make.House:
    return make.house()


@pytest.fixture
def enquiry(house: make.House) -> Enquiry:
    return make.enquiry(house)


@pytest.fixture
def duty(house: make.House, enquiry: Enquiry) -> Iterator[Assignment]:
    """A duty of 30 March that nobody claimed; the night of 1 April released it. Today is 2 April."""
    made = make.assignment(house, enquiry, make.officer(house.lead), day=MARCH_30)
    with clock.travel(make.at(APRIL_1, 2)):
        call_command("nightly", stdout=StringIO())
    made.refresh_from_db()
    with clock.travel(make.at(APRIL_2)):
        yield made


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def get(person: User, name: str, *args: object, query: str = "") -> str:
    page = signed_in(person).get(reverse(name, args=args) + query)
    assert page.status_code == 200
    return text_of(page)


def post(person: User, name: str, *args: object, **fields: object) -> Any:
    return signed_in(person).post(reverse(name, args=args), fields)


def refused(page: Any, code: str) -> bool:
    return bool(page.status_code == 422 and page.context["refusal"].code == code)


def ask(duty: Assignment) -> LateClaim:
    page = post(duty.officer, "claims:ask_late", duty.pk, reason="In hospital from 30 March")
    assert page.status_code == 302
    return LateClaim.objects.latest("pk")


def until(day: date, **more: object) -> dict[str, object]:
    return {"until_0": day.day, "until_1": day.month, "until_2": day.year, "decision": "grant", **more}


def test_an_officer_sees_what_was_released_asks_and_reads_the_answer(
    house: make.House, duty: Assignment
) -> None:
    home, asking = get(duty.officer, "home"), reverse("claims:ask_late", args=(duty.pk,))
    assert "Not claimed in time" in home and asking in home
    for name in ("claims:as_planned", "claims:other_times"):
        assert asking in get(duty.officer, name, duty.pk)
    listed = ask(duty)
    assert "Finance has not answered yet" in get(duty.officer, "home")
    assert "1</span> on the late list" in get(house.finance, "home")
    said = until(APRIL_9, answer="Agreed: in hospital")
    assert post(house.finance, "claims:late_claim", listed.pk, **said).status_code == 302
    home = get(duty.officer, "home")
    assert "until 9 April 2021: Agreed: in hospital" in home
    assert reverse("claims:as_planned", args=(duty.pk,)) in home


def test_a_refusal_says_why_and_one_may_ask_again(house: make.House, duty: Assignment) -> None:
    listed = ask(duty)
    page = post(house.finance, "claims:late_claim", listed.pk, decision="refuse", answer="Not shown")
    assert page.status_code == 302
    home = get(duty.officer, "home")
    assert "Finance refused an exception on 2 April 2021: Not shown" in home and "again" in home
    ask(duty)
    assert LateClaim.objects.count() == 2


def test_asking_twice_or_without_need_is_refused(
    house: make.House, enquiry: Enquiry, duty: Assignment
) -> None:
    assert post(duty.officer, "claims:ask_late", duty.pk, reason="").status_code == 422
    ask(duty)
    assert refused(post(duty.officer, "claims:ask_late", duty.pk, reason="Once more"), "C16")
    other = make.assignment(house, enquiry, make.officer(house.lead), day=date(2021, 3, 10))
    with clock.travel(make.at(date(2021, 3, 11))):
        assert refused(post(other.officer, "claims:ask_late", other.pk, reason="Early"), "C16")
    assert post(other.officer, "claims:ask_late", duty.pk, reason="Not mine").status_code == 404
    assert LateClaim.objects.count() == 1


def test_a_decision_that_cannot_be_keeps_what_was_typed(house: make.House, duty: Assignment) -> None:
    listed = ask(duty)
    page = post(house.finance, "claims:late_claim", listed.pk, **until(date(2021, 5, 1), answer="Agreed"))
    assert refused(page, "C16") and "Agreed</textarea>" in page.content.decode()
    no_day = post(house.finance, "claims:late_claim", listed.pk, decision="grant", answer="Agreed")
    assert no_day.status_code == 422 and "last day to claim it" in no_day.content.decode()
    main = house.grant.lines.get(is_main=True)
    line = duty.tasking.enquiry.line
    line.refresh_from_db()
    grants.move(line, main, line.available, by=house.di, reason="Not needed", token="back")
    assert refused(
        post(house.finance, "claims:late_claim", listed.pk, **until(APRIL_9, answer="Agreed")), "T03"
    )
    listed.refresh_from_db()
    assert listed.status == "asked"


def test_only_finance_decides_and_auditors_read(house: make.House, duty: Assignment) -> None:
    listed = ask(duty)
    said = until(APRIL_9, answer="Agreed")
    assert "In hospital" in get(house.auditor, "claims:late_claim", listed.pk)
    assert post(house.auditor, "claims:late_claim", listed.pk, **said).status_code == 405
    for person in (house.di, duty.officer, house.supervisor):
        assert post(person, "claims:late_claim", listed.pk, **said).status_code == 404
        assert signed_in(person).get(reverse("claims:late")).status_code == 404


def test_nobody_decides_on_an_exception_for_oneself(house: make.House, duty: Assignment) -> None:
    listed = ask(duty)
    duty.officer.groups.add(*house.finance.groups.all())
    assert "This is your own" in get(duty.officer, "claims:late_claim", listed.pk)
    page = post(duty.officer, "claims:late_claim", listed.pk, **until(APRIL_9, answer="Agreed"))
    assert refused(page, "A01")


def test_the_late_list_counts_filters_and_goes_out_as_a_file(house: make.House, duty: Assignment) -> None:
    listed = ask(duty)
    assert "Asked: 1, £105.12; Granted: 0, £0.00" in get(house.finance, "claims:late")
    assert "No exception is like that" in get(house.finance, "claims:late", query="?status=granted")
    late.refuse_exception(listed, by=house.finance, answer="Not shown")
    assert "Nobody waits for an exception" in get(house.finance, "claims:late")
    assert "Not shown" in get(house.finance, "claims:late", query="?status=all&format=csv")
    taken = AccessLog.objects.latest("pk")
    assert (taken.by, taken.rows) == (house.finance, 1)


def test_the_di_is_told_what_was_released_and_led_to_it(house: make.House, duty: Assignment) -> None:
    home = get(house.di, "home")
    address = f"{reverse('claims:released')}?since=2021-04-01"
    assert address in home and "£105.12" in home
    shown = get(house.di, "claims:released", query="?since=2021-04-01")
    assert str(duty.officer) in shown and "1 duty, £105.12" in shown
    assert "Nothing was released like that" in get(house.di, "claims:released", query="?since=2021-04-02")
    assert "105.12" in get(house.di, "claims:released", query="?format=csv")
    with clock.travel(make.at(date(2021, 4, 3))):
        assert "Released since" not in get(house.di, "home")
    assert signed_in(duty.officer).get(reverse("claims:released")).status_code == 404


def test_a_clerk_asks_for_officers_of_the_agency(house: make.House, enquiry: Enquiry) -> None:
    make.agree(house)
    theirs = make.assignment(house, enquiry, make.officer(house.other), day=MARCH_30)
    with clock.travel(make.at(APRIL_2)):
        assert reverse("claims:ask_late", args=(theirs.pk,)) in get(house.clerk, "home")
        page = post(house.clerk, "claims:ask_late", theirs.pk, reason="The timesheet came late")
        assert page.status_code == 302
        listed = LateClaim.objects.get()
        assert listed.asked_by == house.clerk
        assert refused(post(house.clerk, "claims:as_planned", theirs.pk, attested="yes"), "C06")
