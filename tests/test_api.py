"""The API: whom it answers, that its answers are as described and tie to the ledger, what it leaves."""

import json
import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from grants.models import LADDER, Grant
from grants.selectors import incurred_by_day, positions
from overtime_ledger import clock
from overtime_ledger.accounts import clients
from overtime_ledger.accounts.models import ApiClient, User
from overtime_ledger.audit.models import AccessLog
from overtime_ledger.dashboard.api import openapi
from tests import factories as make

pytestmark = pytest.mark.django_db

TODAY = date(2021, 3, 8)


@pytest.fixture
def house() -> make.House:
    return make.house()


@pytest.fixture
def busy(house: make.House) -> make.House:
    """Duties of two agencies on two enquiries on several rungs."""
    make.agree(house)
    one, two = make.enquiry(house, pence=500_000), make.enquiry(house, pence=300_000)
    for officer, enquiry, state in (
        (make.officer(house.lead), one, "approved"),
        (make.officer(house.lead), two, "submitted"),
        (make.officer(house.other), two, "approved"),
    ):
        make.claim(house, make.assignment(house, enquiry, officer), state=state)
    make.assignment(house, one, make.officer(house.other), day=date(2021, 3, 20), told_on=TODAY)
    return house


@pytest.fixture
def token(house: make.House) -> str:
    return made(house, references=[house.grant.reference])[1]


def made(house: make.House, name: str = "Dashboard", **terms: Any) -> tuple[ApiClient, str]:
    return clients.make_client(by=house.administrator, name=name, **terms)


def ask(
    client: Client, house: make.House, report: str, token: str | None, query: str = "", **headers: str
) -> HttpResponse:
    """A program's request; the grant's reference stands in the address."""
    given = {"Authorization": f"Bearer {token}"} if token is not None else {}
    return client.get(f"/api/grants/{house.grant.reference}/{report}{query}", headers={**given, **headers})


def told(response: HttpResponse) -> Any:
    assert response.status_code == 200, response.content
    return json.loads(response.content)


# What it answers


def wrongs(value: Any, schema: Any, at: str = "$") -> Iterator[str]:
    """Where a value is not as a schema says: types, members, lists, enumerations, days."""
    while "$ref" in schema:
        schema = openapi.document()["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    kinds = {
        "integer": int,
        "string": str,
        "boolean": bool,
        "object": dict,
        "array": list,
        "null": type(None),
    }
    allowed = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    if type(value) not in [kinds[kind] for kind in allowed]:
        yield f"{at}: {value!r} is none of {allowed}"
    elif "enum" in schema and value not in schema["enum"]:
        yield f"{at}: {value!r} is none of {schema['enum']}"
    elif isinstance(value, str) and schema.get("format") == "date":
        assert date.fromisoformat(value)
    elif isinstance(value, dict):
        if sorted(value) != sorted(schema["required"]) or sorted(value) != sorted(schema["properties"]):
            yield f"{at}: {sorted(value)}"
        for name, inner in schema["properties"].items():
            yield from wrongs(value.get(name), inner, f"{at}.{name}")
    elif isinstance(value, list):
        for place, one in enumerate(value):
            yield from wrongs(one, schema["items"], f"{at}[{place}]")


@pytest.mark.parametrize(("report", "shape"), [("position", "Position"), ("burn-down", "BurnDown")])
@pytest.mark.parametrize("query", ["", "?as_at=2021-02-15", "?as_at=2021-01-20"])
def test_each_answer_is_as_described(
    client: Client, busy: make.House, token: str, report: str, shape: str, query: str
) -> None:
    answer = told(ask(client, busy, report, token, query))
    assert list(wrongs(answer, {"$ref": f"#/components/schemas/{shape}"})) == []


def test_an_empty_grant_and_one_whose_window_is_over_are_answered_as_described(
    client: Client, house: make.House, token: str
) -> None:
    for day in (TODAY, date(2021, 4, 2)):
        with clock.travel(make.at(day)):
            for report, shape in (("position", "Position"), ("burn-down", "BurnDown")):
                answer = told(ask(client, house, report, token))
                assert list(wrongs(answer, {"$ref": f"#/components/schemas/{shape}"})) == []


def test_the_position_ties_to_the_ledger_to_the_penny(client: Client, busy: make.House, token: str) -> None:
    answer = told(ask(client, busy, "position", token))
    for stage in LADDER:
        booked = sum(getattr(line, stage) for line in positions(busy.grant))
        assert answer["ladder"][f"{stage}_pence"] == booked
        assert sum(line[f"{stage}_pence"] for line in answer["lines"]) == booked
        if stage != "available":
            assert sum(agency[f"{stage}_pence"] for agency in answer["agencies"]) == booked
    assert sum(answer["ladder"][f"{stage}_pence"] for stage in LADDER) == answer["grant"]["award_pence"]
    assert answer["grant"]["award_pence"] - answer["ladder"]["incurred_pence"] == answer["remaining_pence"]


def test_the_burn_down_ties_to_the_ledger_to_the_penny(client: Client, busy: make.House, token: str) -> None:
    answer = told(ask(client, busy, "burn-down", token))
    days = [(date.fromisoformat(day["on"]), day["incurred_pence"]) for day in answer["days"]]
    assert days == incurred_by_day(busy.grant) and sum(pence for _, pence in days) > 0
    assert sum(week["incurred_pence"] for week in answer["weeks"]) == sum(pence for _, pence in days)
    assert answer["weeks"][-1]["remaining_pence"] == answer["remaining_pence"]


def test_a_past_day_is_what_was_known_then(client: Client, busy: make.House, token: str) -> None:
    before = told(ask(client, busy, "position", token, "?as_at=2021-02-10"))
    assert before["as_at"] == "2021-02-10" and before["ladder"]["incurred_pence"] == 0
    assert before["ladder"]["tasked_pence"] > 0


def test_nobody_is_named(client: Client, busy: make.House, token: str) -> None:
    text = "".join(ask(client, busy, report, token).content.decode() for report in ("position", "burn-down"))
    for person in User.objects.all():
        assert person.display_name not in text and f'"{person.staff_number}"' not in text
    for enquiry in busy.grant.enquiries.all():
        assert enquiry.objective not in text
        assert not any(str(subject) in text for subject in enquiry.subjects.all())


def test_the_description_is_for_everybody_and_names_every_address(client: Client) -> None:
    response = client.get("/api/openapi.json")
    answer = told(response)
    assert answer["openapi"].startswith("3.1") and not response.cookies
    assert set(answer["paths"]) == {"/api/grants/{reference}/position", "/api/grants/{reference}/burn-down"}
    named = re.findall(r"#/components/schemas/(\w+)", json.dumps(answer))
    assert {*named} == {*answer["components"]["schemas"]}


# Whom it answers


def test_without_a_token_in_force_there_is_nothing(client: Client, house: make.House) -> None:
    revoked, its_token = made(house, "Revoked", every_grant=True)
    clients.revoke_client(revoked, by=house.administrator)
    _, expired = made(house, "Expired", every_grant=True, expires_on=clock.today())
    with clock.travel(clock.now() + timedelta(days=1)):
        for wrong in (None, "", "otl_guess", its_token, expired):
            response = ask(client, house, "position", wrong)
            assert response.status_code == 401 and "Bearer" in response.headers["WWW-Authenticate"]
            assert list(wrongs(json.loads(response.content), openapi.PROBLEM)) == []


def test_a_session_opens_nothing_and_a_token_opens_no_session(
    client: Client, house: make.House, token: str
) -> None:
    response = ask(client, house, "position", token)
    assert not response.cookies and "sessionid" not in client.cookies
    client.force_login(house.finance)
    assert ask(client, house, "position", None).status_code == 401


def test_a_token_reads_the_grants_it_is_for_and_no_draft(
    client: Client, house: make.House, token: str
) -> None:
    other = Grant.objects.get(pk=house.grant.pk)
    other.pk, other.reference, other.status, other.opened_on = None, "PCD 999", "draft", None
    other.last_number, other.last_digest = 0, b""
    other.save()
    house.grant = other
    assert ask(client, house, "position", token).status_code == 404
    assert ask(client, house, "position", made(house, "All", every_grant=True)[1]).status_code == 404


@pytest.mark.parametrize("day", ["2021-03-09", "yesterday", "2021-02-30", "1066-10-14"])
def test_a_day_that_cannot_be_shown_is_explained(
    client: Client, house: make.House, token: str, day: str
) -> None:
    with clock.travel(make.at(TODAY)):
        assert ask(client, house, "position", token, f"?as_at={day}").status_code == 400


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_it_is_only_read(client: Client, house: make.House, token: str, method: str) -> None:
    bearer = {"Authorization": f"Bearer {token}"}
    for address in (f"/api/grants/{house.grant.reference}/position", "/api/openapi.json"):
        # As a program sends it: without the cookie that a form of ours would bring.
        response = getattr(Client(enforce_csrf_checks=True), method)(address, headers=bearer)
        assert (response.status_code, response.headers["Allow"]) == (405, "GET")
        assert list(wrongs(json.loads(response.content), openapi.PROBLEM)) == []


def test_a_token_opens_no_other_page_and_what_is_not_there_is_told_in_json(
    client: Client, house: make.House, token: str
) -> None:
    bearer = {"Authorization": f"Bearer {token}"}
    pk = house.grant.pk
    for address in ("/", f"/grants/{pk}/", f"/grants/{pk}/position.csv", "/claims/", "/admin/"):
        response = client.get(address, headers=bearer)
        assert response.status_code == 302 and "login" in response.headers["Location"]
    for address in ("/api/", "/api/claims", f"/api/grants/{house.grant.reference}/entries"):
        response = client.get(address, headers=bearer)
        assert response.status_code == 404
        assert list(wrongs(json.loads(response.content), openapi.PROBLEM)) == []
    assert b"<html" in client.get("/nowhere/").content


def test_the_description_keeps_to_the_rules_of_openapi() -> None:
    """By hand what a validator would look at: there is none among what this product is built with."""
    told = openapi.document()
    assert {*told} <= {"openapi", "info", "paths", "components", "security"}
    assert {"title", "version"} <= {*told["info"]}
    names = set()
    for address, item in told["paths"].items():
        (method,) = item
        operation = item[method]
        names.add(operation["operationId"])
        in_path = {one["name"] for one in operation["parameters"] if one["in"] == "path"}
        assert method == "get" and in_path == {*re.findall(r"{(\w+)}", address)}
        assert all(one["required"] for one in operation["parameters"] if one["in"] == "path")
        assert all(one["schema"] and one["description"] for one in operation["parameters"])
        for status, response in operation["responses"].items():
            assert re.fullmatch(r"[2-5]\d\d", status) and response["description"]
            for header in response.get("headers", {}).values():
                assert header["schema"]
            for content in response.get("content", {}).values():
                assert content["schema"]["$ref"].startswith("#/components/schemas/")
    assert len(names) == len(told["paths"])
    assert all({*needed} <= {*told["components"]["securitySchemes"]} for needed in told["security"])


def test_too_many_requests_in_a_minute_wait(
    client: Client, house: make.House, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(openapi, "A_MINUTE", 2)
    answers = [ask(client, house, "position", token).status_code for _ in range(3)]
    last = ask(client, house, "position", token)
    assert answers[:2] == [200, 200] and last.status_code == 429
    assert 1 <= int(last.headers["Retry-After"]) <= 60
    other = made(house, "Another", every_grant=True)[1]
    assert ask(client, house, "position", other).status_code == 200


# How it answers, and what it leaves behind


def test_what_has_not_changed_is_not_sent_again(client: Client, busy: make.House, token: str) -> None:
    first = ask(client, busy, "position", token)
    assert first.headers["Protective-Marking"] == busy.grant.marking
    again = ask(client, busy, "position", token, **{"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304 and not again.content
    assert again.headers["Protective-Marking"] == busy.grant.marking
    make.assignment(busy, make.enquiry(busy), make.officer(busy.lead))
    changed = ask(client, busy, "position", token, **{"If-None-Match": first.headers["ETag"]})
    assert changed.status_code == 200 and changed.headers["ETag"] != first.headers["ETag"]


def test_the_log_says_once_a_day_which_program_read_what(
    client: Client, house: make.House, token: str
) -> None:
    with clock.travel(make.at(TODAY)):
        for report in ("position", "position", "burn-down"):
            ask(client, house, report, token)
    rows = AccessLog.objects.order_by("pk")
    assert [(str(row.who), row.by, row.what) for row in rows] == [
        ("Dashboard", None, f"{house.grant} Position (API)"),
        ("Dashboard", None, f"{house.grant} Burn-down (API)"),
    ]
    assert ApiClient.objects.get().last_used_on == TODAY
    client.force_login(house.auditor)
    shown = client.get("/audit/").content.decode()
    assert "Dashboard" in shown and "Position (API)" in shown


def test_the_number_of_queries_does_not_grow_with_the_grant(
    client: Client, busy: make.House, token: str
) -> None:
    def queries() -> int:
        ask(client, busy, "position", token)
        with CaptureQueriesContext(connection) as captured:
            ask(client, busy, "position", token)
        return len(captured)

    few = queries()
    for _ in range(3):
        make.claim(busy, make.assignment(busy, make.enquiry(busy), make.officer(busy.lead)), state="approved")
    assert queries() == few <= 20
