"""The pages of enquiries: opened by codename, read with a record of the reading, closed when empty."""

from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from claims import services as claims
from overtime_ledger.accounts.models import User
from overtime_ledger.audit.models import AccessLog
from tasking.models import Enquiry, Subject
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def house() -> make.House:
    return make.house()


def as_(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def url(name: str, *args: object) -> str:
    return reverse(f"tasking:{name}", args=args)


def opening(house: make.House, **changes: Any) -> dict[str, Any]:
    return {
        "grant": house.grant.pk,
        "new_subjects": "2",
        "objective": "Find the source of the supply",
        "kind": "surveillance",
        "entry_score": "",
        "entry_score_most": "",
        "entry_score_by": "",
    } | changes


def test_an_enquiry_is_opened_against_new_codenames(house: make.House) -> None:
    stated = {"entry_score": "62", "entry_score_most": "100", "entry_score_by": "Analyst 12"}
    answer = as_(house.di).post(url("open_enquiry"), opening(house, **stated))
    opened = Enquiry.objects.get()
    assert answer.headers["Location"] == url("enquiry", opened.pk)
    assessed = opened.entry_assessments.all()
    assert {(one.in_words, one.assessed_by) for one in assessed} == {("62 of 100, MoRiLE", "Analyst 12")}
    assert {one.subject for one in assessed} == set(opened.subjects.all())
    assert opened.name == "Enquiry 1" and opened.subjects.count() == 2 and opened.line.allocated == 0


def test_pressing_twice_opens_one_enquiry(house: make.House) -> None:
    di = as_(house.di)
    posted = opening(house, token=str(di.get(url("open_enquiry")).context["form"]["token"].value()))
    di.post(url("open_enquiry"), posted)
    again = di.post(url("open_enquiry"), posted, follow=True)
    assert "nothing was opened twice" in again.content.decode()
    assert Enquiry.objects.count() == 1 and Subject.objects.count() == 2
    di.post(url("open_enquiry"), posted | {"token": str(uuid4())})
    assert Enquiry.objects.count() == 2


def test_the_only_grant_is_chosen_already(house: make.House) -> None:
    page = as_(house.di).get(url("open_enquiry"))
    assert page.context["form"]["grant"].value() == house.grant.pk and page.context["form"]["grant"].is_hidden


def test_an_enquiry_is_opened_against_a_known_subject(house: make.House) -> None:
    subject = make.enquiry(house).subjects.get()
    as_(house.di).post(url("open_enquiry"), opening(house, new_subjects="0", subjects=[subject.pk]))
    assert subject.enquiries.count() == 2 and Subject.objects.count() == 1


@pytest.mark.parametrize(
    "field, wrong",
    [
        ("new_subjects", {"new_subjects": "0"}),
        ("new_subjects", {"new_subjects": "two"}),
        ("objective", {"objective": ""}),
        ("objective", {"objective": "Follow AB12 CDE"}),
        ("kind", {"kind": ""}),
        ("entry_score_by", {"entry_score": "30", "entry_score_most": "100"}),
        ("entry_score_most", {"entry_score": "30", "entry_score_by": "Analyst 12"}),
        ("entry_score", {"entry_score_by": "Analyst 12"}),
        ("entry_score", {"entry_score": "30.5", "entry_score_most": "100", "entry_score_by": "Analyst 12"}),
        ("entry_score", {"entry_score": "101", "entry_score_most": "100", "entry_score_by": "Analyst 12"}),
        ("entry_score_by", {"entry_score": "3", "entry_score_most": "9", "entry_score_by": "07700 900123"}),
    ],
)
def test_what_is_wrong_is_said_at_its_field(house: make.House, field: str, wrong: dict[str, str]) -> None:
    answer = as_(house.di).post(url("open_enquiry"), opening(house) | wrong)
    assert answer.status_code == 422 and field in answer.context["form"].errors
    assert not Enquiry.objects.exists()


def test_seeing_codenames_is_on_record_and_takes_the_permission(house: make.House) -> None:
    enquiry = make.enquiry(house)
    codename = str(enquiry.subjects.get())
    shown = {}
    for person in (house.di, house.auditor, house.finance):
        shown[person] = codename in as_(person).get(url("enquiry", enquiry.pk)).content.decode()
    assert shown == {house.di: True, house.auditor: True, house.finance: False}
    seen = AccessLog.objects.filter(action="viewed")
    assert {entry.by for entry in seen} == {house.di, house.auditor}
    assert seen[0].filters == {"codenames": codename} and "Enquiry 1" in seen[0].what


def test_who_may_not_see_a_grant_finds_no_enquiry(house: make.House) -> None:
    enquiry = make.enquiry(house)
    people = (make.officer(house.lead), house.supervisor, house.clerk, house.administrator)
    for person in people:
        assert as_(person).get(url("enquiries")).status_code == 404
        assert as_(person).get(url("enquiry", enquiry.pk)).status_code == 404
    assert as_(house.deputy).get(url("enquiry", enquiry.pk)).status_code == 404
    for person in (*people, house.finance, house.auditor):
        assert as_(person).get(url("open_enquiry")).status_code == 404
        assert as_(person).post(url("close_enquiry", enquiry.pk)).status_code == 404


def test_a_deputy_without_a_delegation_opens_nothing(house: make.House) -> None:
    answer = as_(house.deputy).post(url("open_enquiry"), opening(house))
    assert answer.status_code == 422 and not Enquiry.objects.exists()


def test_an_enquiry_with_money_says_why_it_stays_open(house: make.House) -> None:
    enquiry = make.enquiry(house)
    for answer in (
        as_(house.di).get(url("close_enquiry", enquiry.pk)),
        as_(house.di).post(url("close_enquiry", enquiry.pk)),
    ):
        assert answer.context["refusal"].code == "T14"
    enquiry.refresh_from_db()
    assert enquiry.status == Enquiry.Status.OPEN


def test_an_empty_enquiry_is_closed(house: make.House) -> None:
    enquiry = make.enquiry(house, pence=0)
    assert as_(house.di).get(url("close_enquiry", enquiry.pk)).context["refusal"] is None
    assert as_(house.di).post(url("close_enquiry", enquiry.pk)).context["refusal"].code == "T24"
    as_(house.di).post(url("close_enquiry", enquiry.pk), {"outcomes_follow": "on"})
    enquiry.refresh_from_db()
    assert enquiry.status == Enquiry.Status.CLOSED


def test_each_rung_leads_to_what_makes_it_up(house: make.House) -> None:
    shown, officer = make.enquiry(house), make.officer(house.lead)
    make.assignment(house, shown, officer, day=date(2021, 2, 24))
    returned = make.claim(house, make.assignment(house, shown, officer))
    make.claim(house, make.assignment(house, shown, officer, day=date(2021, 2, 17)), state="approved")
    claims.return_claim(
        returned, by=house.supervisor, revision=returned.revision, reason_code="times", reason="Which end?"
    )
    client = as_(house.di)
    page = client.get(url("enquiry", shown.pk)).context
    for stage, address in page["urls"].items():
        behind = client.get(address).context
        pence = behind["movement"].effect if "movement" in behind else behind["total"].pence
        assert pence == getattr(page["enquiry"].line, stage), stage


def test_the_list_counts_adds_up_and_filters(house: make.House) -> None:
    first, second = make.enquiry(house, pence=500_000), make.enquiry(house, pence=300_000)
    make.claim(house, make.assignment(house, first, make.officer(house.lead)))
    page = as_(house.di).get(url("enquiries"))
    assert [row.enquiry for row in page.context["rows"]] == [second, first]
    assert [(row.taskings, row.claims) for row in page.context["rows"]] == [(0, 0), (1, 1)]
    assert page.context["allocated"] == 800_000 and page.context["stages"]["claimed"] == 10_512
    assert [line.available for line in page.context["main_lines"]] == [12_700_000]
    assert not as_(house.di).get(url("enquiries"), {"status": "closed"}).context["rows"]


def test_the_list_leaves_as_a_file(house: make.House) -> None:
    make.enquiry(house)
    for file_format in ("csv", "xlsx"):
        assert as_(house.di).get(url("enquiries"), {"format": file_format}).status_code == 200
    assert AccessLog.objects.filter(action="exported", rows=1).count() == 2


@pytest.mark.parametrize("name", ["enquiries", "enquiry"])
def test_queries_do_not_grow_with_the_rows(house: make.House, name: str) -> None:
    di, enquiry = as_(house.di), make.enquiry(house)
    address = url(name) if name == "enquiries" else url(name, enquiry.pk)

    def queries() -> int:
        di.get(address)
        with CaptureQueriesContext(connection) as captured:
            assert di.get(address).status_code == 200
        return len(captured)

    make.assignment(house, enquiry, make.officer(house.lead))
    before = queries()
    for day in (11, 12, 13):
        make.assignment(house, make.enquiry(house), make.officer(house.lead))
        make.assignment(house, enquiry, make.officer(house.lead), day=date(2021, 2, day))
    assert queries() == before
