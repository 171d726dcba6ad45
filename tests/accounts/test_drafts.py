"""What is being typed is kept for the one who types it, until it is sent, thrown away or thirty days old."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.test import Client
from django.urls import include, path

from overtime_ledger import clock
from overtime_ledger.accounts import drafts
from overtime_ledger.accounts.models import Draft, User
from overtime_ledger.accounts.views import LARGEST
from tests.factories import UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


def duty(request: HttpRequest) -> HttpResponse:
    """A page as ours are: a redirect when it was done, the page again when it was refused."""
    if request.method == "POST" and request.POST.get("why"):
        return HttpResponseRedirect("/done/")
    return HttpResponse("The form", status=422 if request.method == "POST" else 200)


urlpatterns = [path("duty/", duty), path("", include("overtime_ledger.urls"))]

ADDRESS = "/account/draft/"
FORM = "/duty/?enquiry=3"
MOMENT = datetime(2021, 3, 8, 14, 2, tzinfo=UTC)


@pytest.fixture
def person() -> User:
    return UserFactory()


@pytest.fixture
def door(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def save(client: Client, sent: Any) -> HttpResponse:
    body = sent if isinstance(sent, str | bytes) else json.dumps(sent)
    return client.post(ADDRESS, body, content_type="application/json")  # type: ignore[return-value]


def shown(client: Client, *paths: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get(ADDRESS, {"path": paths}).json()["drafts"]
    return found


# Kept and shown


def test_what_was_typed_comes_back_with_its_moment(door: Client) -> None:
    fields = {"why": ["Follow-up £20"], "day_0": ["8"], "officers": ["4", "5"], "urgent": []}
    with clock.travel(MOMENT):
        answer = save(door, {"path": FORM, "fields": fields})
        assert json.loads(answer.content) == {"day": "8 March 2021", "clock": "14:02", "complete": True}
        assert shown(door, FORM, "/other/") == [
            {"path": FORM, "fields": fields, "day": "8 March 2021", "clock": "14:02"}
        ]


def test_there_is_one_draft_a_form_and_it_is_the_last(door: Client) -> None:
    save(door, {"path": FORM, "fields": {"why": ["Fol"]}})
    save(door, {"path": FORM, "fields": {"why": ["Follow-up"]}})
    save(door, {"path": "/duty/?enquiry=4", "fields": {"why": ["Another"]}})
    assert [each["fields"] for each in shown(door, FORM)] == [{"why": ["Follow-up"]}]
    assert Draft.objects.count() == 2


def test_nothing_typed_is_no_draft(door: Client) -> None:
    save(door, {"path": FORM, "fields": {"why": ["Follow-up"]}})
    assert save(door, {"path": FORM, "fields": {}}).status_code == 204
    assert not Draft.objects.exists()


def test_what_looks_like_personal_data_is_not_kept(door: Client) -> None:
    answer = save(door, {"path": FORM, "fields": {"why": ["Seen with AB12 CDE"], "start": ["18:00"]}})
    assert json.loads(answer.content)["complete"] is False
    assert Draft.objects.get().fields == {"start": ["18:00"]}


def test_reading_costs_one_query_beside_the_session(door: Client, django_assert_max_num_queries: Any) -> None:
    save(door, {"path": FORM, "fields": {"why": ["Follow-up"]}})
    with django_assert_max_num_queries(
        6
    ) as queries:  # session and person read, session written in a transaction
        shown(door, FORM, "/a/", "/b/")
    assert sum("accounts_draft" in query["sql"] for query in queries.captured_queries) == 1


# Nobody else's


def test_a_draft_is_its_writers_alone(door: Client, person: User) -> None:
    save(door, {"path": FORM, "fields": {"why": ["Mine"]}})
    other, stranger = Client(), UserFactory(is_superuser=True, is_staff=True)
    other.force_login(stranger)
    assert shown(other, FORM) == []
    save(other, {"path": FORM, "fields": {"why": ["Theirs"]}})
    save(other, {"path": FORM, "fields": {}})
    other.post(FORM, {"why": "Theirs"})
    assert Draft.objects.get().person == person
    assert shown(door, FORM)[0]["fields"] == {"why": ["Mine"]}


def test_who_is_not_signed_in_keeps_and_reads_nothing(client: Client) -> None:
    for answer in (save(client, {"path": FORM, "fields": {"why": ["x"]}}), client.get(ADDRESS)):
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith("/account/login/")
    assert not Draft.objects.exists()


def test_another_site_cannot_save(person: User) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(person)
    assert save(strict, {"path": FORM, "fields": {"why": ["x"]}}).status_code == 403


def test_the_administration_knows_no_drafts() -> None:
    assert Draft not in admin.site._registry
    assert not Permission.objects.filter(content_type__model="draft").exists()


# What is not taken


@pytest.mark.parametrize(
    "sent",
    [
        "",
        "[]",
        "{",
        b"\xff",
        "[" * 10_000,
        {"path": FORM},
        {"fields": {"why": ["x"]}},
        {"path": "https://elsewhere.example/", "fields": {"why": ["x"]}},
        {"path": "/" + "a" * 500, "fields": {"why": ["x"]}},
        {"path": 3, "fields": {"why": ["x"]}},
        {"path": "/\0", "fields": {"why": ["x"]}},
        {"path": FORM, "fields": ["why"]},
        {"path": FORM, "fields": {"why": "x"}},
        {"path": FORM, "fields": {"why": [3]}},
        {"path": FORM, "fields": {"why": [["x"]]}},
        {"path": FORM, "fields": {"why": ["a\0b"]}},
        {"path": FORM, "fields": {"why": ["half a pair: \ud83d"]}},
        {"path": FORM, "fields": {"\0": ["x"]}},
    ],
)
def test_what_is_no_draft_is_refused(door: Client, sent: Any) -> None:
    assert save(door, sent).status_code == 400
    assert not Draft.objects.exists()


def test_a_draft_has_a_size(door: Client) -> None:
    around = len(json.dumps({"path": FORM, "fields": {"why": [""]}}))
    assert save(door, {"path": FORM, "fields": {"why": ["x" * (LARGEST - around)]}}).status_code == 200
    assert save(door, {"path": FORM, "fields": {"why": ["y" * (LARGEST - around + 1)]}}).status_code == 413
    assert Draft.objects.get().fields["why"][0][0] == "x"


def test_other_methods_and_odd_questions_do_no_harm(door: Client) -> None:
    assert door.delete(ADDRESS).status_code == 405
    assert shown(door) == shown(door, "/\0", "x" * 600) == []


# How a draft ends


def test_a_form_that_was_taken_discards_its_draft_and_no_other(door: Client) -> None:
    save(door, {"path": FORM, "fields": {"why": ["Follow-up"]}})
    save(door, {"path": "/duty/?enquiry=4", "fields": {"why": ["Another"]}})
    door.post(FORM, {"why": "Follow-up"})
    assert [draft.path for draft in Draft.objects.all()] == ["/duty/?enquiry=4"]


def test_a_form_that_was_refused_and_a_page_that_was_read_leave_the_draft(door: Client) -> None:
    save(door, {"path": FORM, "fields": {"why": ["Follow-up"]}})
    assert door.post(FORM, {"why": ""}).status_code == 422
    assert door.get(FORM).status_code == 200
    assert Draft.objects.exists()


def test_a_form_sent_after_the_session_ended_leaves_the_draft(person: User) -> None:
    drafts.keep(person, FORM, {"why": ["Follow-up"]})
    Client().post(FORM, {"why": "Follow-up"})
    assert Draft.objects.exists()


def test_after_thirty_days_a_draft_is_not_shown_and_the_next_one_kept_sweeps_it_out(
    door: Client, person: User
) -> None:
    with clock.travel(MOMENT):
        drafts.keep(person, FORM, {"why": ["Follow-up"]})
    with clock.travel(MOMENT + timedelta(days=29, hours=23)):
        assert len(shown(door, FORM)) == 1
    with clock.travel(MOMENT + timedelta(days=30)):
        assert shown(door, FORM) == []
        drafts.keep(UserFactory(), "/elsewhere/", {"why": ["Something"]})
    assert [draft.path for draft in Draft.objects.all()] == ["/elsewhere/"]
