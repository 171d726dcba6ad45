"""What is typed outlives its page: kept, offered, put back or discarded, and gone once the form is taken."""

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template import engines
from django.test import Client
from django.urls import include, path
from playwright.sync_api import Browser, Page, expect

from overtime_ledger.accounts.models import Draft, User
from overtime_ledger.forms import DayField, ReasonField
from tests.factories import UserFactory

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls(__name__)]


class DutyForm(forms.Form):
    when = DayField(label="Day of the duty")
    kind = forms.ChoiceField(choices=[("planned", "Planned"), ("casual", "Casual")], widget=forms.RadioSelect)
    officers = forms.MultipleChoiceField(
        choices=[("4", "PC 4471"), ("5", "PC 4472")], widget=forms.CheckboxSelectMultiple, required=False
    )
    place = forms.ChoiceField(choices=[("n", "North"), ("s", "South")])
    reason = ReasonField(label="Reason")
    revision = forms.IntegerField(widget=forms.HiddenInput, initial=7)


PAGE = """{% extends "base.html" %}{% block title %}Duty{% endblock %}
{% block main %}{% error_summary form %}<h1>Duty</h1>
<form method="post" novalidate>{% csrf_token %}{{ form }}<button class="button">Task</button></form>
<form method="post" action="/short/"><label for="q">Short</label><input id="q" name="q"></form>
<form method="post" action="/off/" data-draft="off">
<label for="o">Off</label><textarea id="o" name="o"></textarea></form>
{% endblock %}"""


def duty(request: HttpRequest) -> HttpResponse:
    form = DutyForm(request.POST or None)
    if form.is_valid():
        return HttpResponseRedirect("/done/")
    answer = engines["django"].from_string(PAGE).render({"form": form}, request)
    return HttpResponse(answer, status=422 if form.errors else 200)


def done(request: HttpRequest) -> HttpResponse:
    return HttpResponse("Done")


urlpatterns = [
    path("duty/", duty),
    path("done/", done),
    path("account/", include("overtime_ledger.accounts.urls")),
    # To where the foot of every page leads.
    path("", include("tasking.urls")),
    path("", include("claims.urls")),
]


@pytest.fixture
def person() -> User:
    return UserFactory()


@pytest.fixture
def page(browser: Browser, live_server: Any, person: User) -> Iterator[Page]:
    """A browser where the person is signed in and timers wait for the test; no script may fail."""
    client = Client()
    client.force_login(person)
    context = browser.new_context(base_url=live_server.url)
    context.add_cookies(
        [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}]
    )
    opened = context.new_page()
    complaints: list[str] = []
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on(
        "console",
        lambda said: complaints.append(said.text) if "Content Security Policy" in said.text else None,
    )
    opened.clock.install()
    yield opened
    context.close()
    assert complaints == []


FORM = "/duty/?enquiry=3"


def type_a_duty(page: Page) -> None:
    page.goto(FORM)
    page.get_by_label("Day", exact=True).fill("10")
    page.get_by_label("Casual").check()
    page.get_by_label("PC 4472").check()
    page.get_by_label("Place").select_option("s")
    page.get_by_label("Reason").fill("Follow-up\nof MM-7F3K")


def pause(page: Page) -> None:
    with page.expect_response("**/account/draft/"):
        page.clock.run_for(3500)


def offer(page: Page) -> Any:
    return page.get_by_text("What you typed on")


def test_what_was_typed_is_offered_and_put_back(page: Page, person: User) -> None:
    type_a_duty(page)
    pause(page)
    expect(page.get_by_text("Draft kept at")).to_be_visible()
    draft = Draft.objects.get()
    assert (draft.person, draft.path) == (person, FORM)
    assert draft.fields == {
        "when_0": ["10"],
        "when_1": [""],
        "when_2": [""],
        "kind": ["casual"],
        "officers": ["5"],
        "place": ["s"],
        "reason": ["Follow-up\nof MM-7F3K"],
    }

    page.goto("/duty/?enquiry=4")
    page.wait_for_load_state("networkidle")
    expect(offer(page)).to_have_count(0)

    page.goto(FORM)
    expect(offer(page)).to_contain_text("What you typed on 8 March 2021 at ")
    assert Axe().run(page).response["violations"] == []
    page.get_by_role("button", name="Put it back").press("Enter")
    expect(offer(page)).to_have_count(0)
    expect(page.get_by_label("Day", exact=True)).to_be_focused()
    expect(page.get_by_label("Day", exact=True)).to_have_value("10")
    expect(page.get_by_label("Casual")).to_be_checked()
    expect(page.get_by_label("PC 4472")).to_be_checked()
    expect(page.get_by_label("PC 4471")).not_to_be_checked()
    expect(page.get_by_label("Place")).to_have_value("s")
    expect(page.get_by_label("Reason")).to_have_value("Follow-up\nof MM-7F3K")
    expect(page.get_by_role("status").filter(has_text="What you typed is back.")).to_be_visible()


def test_a_discarded_draft_is_gone(page: Page, person: User) -> None:
    type_a_duty(page)
    pause(page)
    page.goto(FORM)
    with page.expect_response("**/account/draft/"):
        page.get_by_role("button", name="Discard").click()
    expect(offer(page)).to_have_count(0)
    expect(page.get_by_label("Reason")).to_have_value("")
    expect(page.get_by_text("Draft discarded.")).to_be_visible()
    assert not Draft.objects.exists()


def test_a_refused_form_keeps_what_was_sent_and_a_taken_one_leaves_nothing(page: Page) -> None:
    type_a_duty(page)
    pause(page)
    page.get_by_label("Reason").fill("Follow-up, longer")
    page.get_by_role("button", name="Task").click()
    expect(page.get_by_role("alert")).to_contain_text("There is a problem")
    expect(offer(page)).to_have_count(0)
    pause(page)
    assert Draft.objects.get().fields["reason"] == ["Follow-up, longer"]

    page.get_by_label("Month").fill("2")
    page.get_by_label("Year").fill("2021")
    page.get_by_role("button", name="Task").click()
    page.wait_for_url("**/done/")
    assert not Draft.objects.exists()


def test_leaving_at_once_loses_nothing(page: Page) -> None:
    type_a_duty(page)
    with page.expect_response("**/account/draft/"):
        page.evaluate(
            """() => {
                Object.defineProperty(document, "hidden", { value: true });
                document.dispatchEvent(new Event("visibilitychange"));
            }"""
        )
    assert Draft.objects.count() == 1


def test_what_is_typed_and_taken_back_is_no_draft_but_spoils_no_older_one(page: Page) -> None:
    type_a_duty(page)
    pause(page)
    page.goto(FORM)
    expect(offer(page)).to_be_visible()
    page.get_by_label("Reason").fill("x")
    page.get_by_label("Reason").fill("")
    page.clock.run_for(3500)
    page.wait_for_load_state("networkidle")
    assert Draft.objects.get().fields["reason"] == ["Follow-up\nof MM-7F3K"]


def test_short_forms_and_those_that_say_so_are_left_alone(page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "account/draft" in request.url else None)
    page.goto(FORM)
    page.wait_for_load_state("networkidle")
    page.get_by_label("Short").fill("x")
    page.get_by_label("Off").fill("x")
    page.clock.run_for(3500)
    page.wait_for_load_state("networkidle")
    assert [url.partition("?")[2] for url in asked] == ["path=%2Fduty%2F%3Fenquiry%3D3"]


def test_after_the_session_ended_the_page_says_that_nothing_is_kept(page: Page) -> None:
    type_a_duty(page)
    page.context.clear_cookies()
    page.clock.run_for(3500)
    expect(page.get_by_text("cannot be kept as a draft: you were signed out")).to_be_visible()
    assert not Draft.objects.exists()
