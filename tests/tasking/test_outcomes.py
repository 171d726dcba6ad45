"""What comes of subjects: recorded by who controls the grant, corrected anew, asked for at closing."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse

from overtime_ledger import clock
from overtime_ledger.accounts.models import User
from overtime_ledger.audit.models import AccessLog
from overtime_ledger.errors import Refusal
from tasking import selectors, services
from tasking.models import Enquiry, EntryAssessment, Outcome, Subject
from tasking.services import Assessed, Came
from tests import factories as make

pytestmark = pytest.mark.django_db
FEB_10, FEB_20 = date(2021, 2, 10), date(2021, 2, 20)
ENTRY = Assessed(62, "MoRiLE", 100, make.START, "Analyst 12")
CHARGED = Came("charged", FEB_10, "major", exit_score=20, exit_by="Analyst 12")
OPEN = Came("open", FEB_10, "none")


@pytest.fixture
def house() -> make.House:
    return make.house()


@pytest.fixture
def enquiry(house: make.House) -> Enquiry:
    return make.enquiry(house, pence=0)


@pytest.fixture
def subject(enquiry: Enquiry) -> Subject:
    return enquiry.subjects.get()


@pytest.fixture(autouse=True)
def on_20_february() -> Any:
    with clock.travel(make.at(FEB_20)):
        yield


def refused(code: str, verb: Any, *args: Any, **kwargs: Any) -> None:
    with pytest.raises(Refusal) as refusal:
        verb(*args, **kwargs)
    assert refusal.value.code == code


def as_(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_a_record_is_corrected_by_a_new_one_and_both_stay(
    house: make.House, enquiry: Enquiry, subject: Subject
) -> None:
    first = services.record_entry(enquiry, subject, ENTRY, by=house.di)
    again = replace(ENTRY, score=60)
    refused("A03", services.record_entry, enquiry, subject, again, by=house.di)
    refused("A08", services.record_entry, enquiry, subject, again, by=house.di, seen=first.pk)
    second = services.record_entry(enquiry, subject, again, by=house.di, seen=first.pk, reason="Misread")
    assert second.replaces == first and selectors.entry_of(enquiry, subject) == second
    early = services.record_outcome(enquiry, subject, OPEN, by=house.di)
    refused("A03", services.record_outcome, enquiry, subject, CHARGED, by=house.di, seen=0, reason="So")
    late = services.record_outcome(enquiry, subject, CHARGED, by=house.di, seen=early.pk, reason="Charged")
    assert [late] == list(enquiry.outcomes.standing()) and enquiry.outcomes.count() == 2
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        Outcome.objects.filter(pk=early.pk).update(result="charged")
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        EntryAssessment.objects.filter(pk=second.pk).delete()


def test_only_who_controls_the_grant_records(house: make.House, enquiry: Enquiry, subject: Subject) -> None:
    for somebody in (house.deputy, house.finance, house.auditor):
        refused("A02", services.record_outcome, enquiry, subject, OPEN, by=somebody)
        refused("A02", services.record_entry, enquiry, subject, ENTRY, by=somebody)
    assert not Outcome.objects.exists() and not EntryAssessment.objects.exists()


def test_t22_an_exit_score_is_on_the_scale_of_the_entry(
    house: make.House, enquiry: Enquiry, subject: Subject
) -> None:
    refused("T22", services.record_entry, enquiry, subject, replace(ENTRY, score=101), by=house.di)
    refused("T22", services.record_outcome, enquiry, subject, CHARGED, by=house.di)
    entry = services.record_entry(enquiry, subject, ENTRY, by=house.di)
    above = replace(CHARGED, exit_score=101)
    refused("T22", services.record_outcome, enquiry, subject, above, by=house.di)
    services.record_outcome(enquiry, subject, replace(CHARGED, exit_score=99), by=house.di)
    smaller = replace(ENTRY, score=9, scale_most=10)
    again = {"seen": entry.pk, "reason": "Another scale"}
    refused("T22", services.record_entry, enquiry, subject, smaller, by=house.di, **again)


@pytest.mark.parametrize(
    "changes",
    [
        {"came_on": date(2021, 2, 21)},
        {"came_on": date(2021, 1, 31)},
        {"result": "other"},
        {"words": "Left the country"},
        {"exit_by": ""},
        {"result": "open"},
    ],
)
def test_t23_an_outcome_is_whole_and_has_happened(
    house: make.House, enquiry: Enquiry, subject: Subject, changes: dict[str, Any]
) -> None:
    ahead = replace(ENTRY, assessed_on=date(2021, 2, 21))
    refused("T23", services.record_entry, enquiry, subject, ahead, by=house.di)
    services.record_entry(enquiry, subject, ENTRY, by=house.di)
    refused("T23", services.record_outcome, enquiry, subject, replace(CHARGED, **changes), by=house.di)


def test_t24_closing_asks_for_the_outcome_of_each_subject(
    house: make.House, enquiry: Enquiry, subject: Subject
) -> None:
    di, address = as_(house.di), reverse("tasking:close_enquiry", args=[enquiry.pk])
    page = di.get(address)
    assert page.context["untold"] == 1 and "None yet" in page.content.decode()
    assert di.post(address).context["refusal"].code == "T24"
    services.record_outcome(enquiry, subject, OPEN, by=house.di)
    assert di.get(address).context["untold"] == 0
    di.post(address)
    enquiry.refresh_from_db()
    assert enquiry.status == Enquiry.Status.CLOSED
    after = services.record_outcome(  # of a closed enquiry too, until the grant is closed
        enquiry, subject, replace(OPEN, result="no_action"), by=house.di, seen=_last(enquiry), reason="Over"
    )
    assert after.capacity == "controlling DI"


def _last(enquiry: Enquiry) -> int:
    return enquiry.outcomes.latest("pk").pk


def test_the_di_records_in_the_browser_and_the_looking_is_on_record(
    house: make.House, enquiry: Enquiry, subject: Subject
) -> None:
    di = as_(house.di)
    of = [enquiry.pk, subject.pk]
    entry, outcome = reverse("tasking:record_entry", args=of), reverse("tasking:record_outcome", args=of)
    stated = {"score": "62", "scale_most": "100", "scale": "MoRiLE", "assessed_on": "2021-02-01"}
    di.post(entry, stated | {"assessed_by": "Analyst 12"})
    typed = {"result": "other", "came_on": "2021-02-10", "disruption": "minor", "exit_score": "30"}
    page = di.post(outcome, typed)
    assert page.status_code == 422 and set(page.context["form"].errors) == {"words", "exit_by"}
    typed |= {"words": "Left the country", "exit_by": "Analyst 12"}
    assert "07700" in str(di.post(outcome, typed | {"words": "Ring 07700 900123"}).content)
    assert not Outcome.objects.exists()
    di.post(outcome, typed)
    made = Outcome.objects.get()
    assert made.result_in_words == "Left the country" and (made.exit_score, made.recorded_by) == (
        30,
        house.di,
    )
    assert "reason" in di.post(outcome, typed | {"seen": made.pk}).context["form"].errors
    seen = reverse("tasking:enquiry", args=[enquiry.pk])
    for person, named in ((house.di, True), (house.auditor, True), (house.finance, False)):
        shown = as_(person).get(seen).content.decode()
        assert "Left the country" in shown and (subject.codename in shown) is named
        last = AccessLog.objects.filter(by=person).first()
        assert last and last.what == f"Outcomes of subjects: {enquiry}" and last.rows == 2


@pytest.mark.parametrize(
    "statement, rule",
    [
        ("insert into tasking_outcome ({columns}) select {other}", "tasking_outcome_of_its_enquiry"),
        ("insert into tasking_outcome ({columns}) select {scored}", "tasking_outcome_on_its_scale"),
        ("insert into tasking_outcome ({columns}) select {twice}", "tasking_outcome_first_once"),
        ("insert into tasking_outcome ({columns}) select {wordless}", "tasking_outcome_other_in_words"),
        ("insert into tasking_outcome ({columns}) select {unstated}", "tasking_outcome_score_is_stated"),
        ("insert into tasking_outcome ({columns}) select {unsaid}", "tasking_outcome_correction_says_why"),
    ],
)
def test_the_database_refuses_what_must_never_be_recorded(
    house: make.House, enquiry: Enquiry, subject: Subject, statement: str, rule: str
) -> None:
    elsewhere = make.enquiry(house, pence=0).subjects.get()
    services.record_entry(enquiry, subject, ENTRY, by=house.di)
    standing = services.record_outcome(enquiry, subject, OPEN, by=house.di)

    def row(
        subject_id: int = subject.pk, result: str = "charged", score: str = "null", by: str = "", of: str = ""
    ) -> str:
        replaced, reason = (of or str(standing.pk)), ("" if rule.endswith("says_why") else "Why")
        return (
            f"{enquiry.pk}, {subject_id}, '{result}', '', date '2021-02-10', 'none', {score}, '{by}', "
            f"{replaced}, '{reason}', {house.di.pk}, now(), ''"
        )

    columns = (
        "enquiry_id, subject_id, result, words, came_on, disruption, exit_score, exit_by, replaces_id, "
        "reason, recorded_by_id, recorded_at, capacity"
    )
    rows = {
        "other": row(elsewhere.pk),
        "scored": row(score="101", by="Analyst 12"),
        "twice": row(of="null::bigint"),
        "wordless": row(result="other"),
        "unstated": row(score="30"),
        "unsaid": row(),
    }
    with pytest.raises(IntegrityError) as error, connection.cursor() as cursor:
        cursor.execute(statement.format(columns=columns, **rows))
    cause: Any = error.value.__cause__
    assert cause.diag.constraint_name == rule
