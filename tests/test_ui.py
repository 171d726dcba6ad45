"""The words, components, navigation and headers that all pages share."""

from datetime import UTC, date, datetime
from io import StringIO
from types import SimpleNamespace
from typing import Any

import pytest
from django import forms
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.template.loader import render_to_string
from django.test import Client, RequestFactory

from overtime_ledger import ui
from overtime_ledger.errors import Flag, Refusal
from overtime_ledger.ladder import LADDER
from overtime_ledger.ui.frame import address
from overtime_ledger.ui.lists import LongList

STAGES = {
    "available": 6_190_200,
    "tasked": 1_284_400,
    "claimed": 0,
    "approved": 3_500_000,
    "settled": 1_985_400,
}


def draw(source: str, **context: object) -> str:
    return str(engines["django"].from_string(source).render(context))


def request_of(path: str = "/", *, permissions: set[str] | None = None, staff: bool = False) -> HttpRequest:
    """A request of somebody signed in who has these permissions; of nobody, if None are given."""
    request = RequestFactory().get(path)
    known = permissions or set()
    request.user = SimpleNamespace(  # type: ignore[assignment]
        is_authenticated=permissions is not None, is_staff=staff, has_perm=known.__contains__
    )
    request.session = SimpleNamespace(get_expiry_age=lambda: 3600)  # type: ignore[assignment]
    return request


# Words


def test_money_is_written_as_people_write_it() -> None:
    assert ui.pounds(128440) == "£1,284.40"
    assert ui.pounds(-5) == "−£0.05"
    assert ui.pounds(0) == "£0.00"
    assert ui.pounds(None) == ui.pounds("") == ""


def test_days_and_times_are_londons() -> None:
    winter = datetime(2021, 3, 8, 16, tzinfo=UTC)
    summer = datetime(2021, 3, 30, 23, 30, tzinfo=UTC)
    assert ui.day(date(2021, 3, 8)) == ui.day(winter) == "8 March 2021"
    assert ui.short_day(winter) == "Mon 8 Mar"
    assert ui.clock(winter) == "16:00"
    assert ui.moment(summer) == "31 March 2021, 00:30"
    assert ui.day(None) == ui.short_day(None) == ui.clock(None) == ui.moment(None) == ""


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [
        ((8, 16, 0), (8, 18, 20), "16:00 to 18:20"),
        ((8, 22, 0), (9, 2, 0), "22:00 to 02:00 the next day"),
        ((8, 22, 0), (9, 0, 0), "22:00 to midnight"),
        ((8, 22, 0), (10, 2, 0), "22:00 to 02:00 on 10 March 2021"),
    ],
)
def test_a_span_says_when_it_ends_on_another_day(
    start: tuple[int, int, int], end: tuple[int, int, int], said: str
) -> None:
    assert ui.span(datetime(2021, 3, *start, tzinfo=UTC), datetime(2021, 3, *end, tzinfo=UTC)) == said


def test_an_unknown_span_is_left_out() -> None:
    assert ui.span(None, datetime(2021, 3, 8, tzinfo=UTC)) == ""


@pytest.mark.parametrize(
    ("minutes", "said"),
    [(140, "2 h 20 min"), (120, "2 h"), (45, "45 min"), (0, "0 min"), (-20, "−20 min"), (None, "")],
)
def test_durations(minutes: int | None, said: str) -> None:
    assert ui.duration(minutes) == said


# The ladder


def test_the_ladder_fills_its_bar_and_hides_nothing_that_is_there() -> None:
    rungs = ui.draw_rungs({**STAGES, "claimed": 1}, {})
    assert sum(rung.width for rung in rungs) == 10_000
    assert all(rung.width >= 60 for rung in rungs)
    assert [rung.left for rung in rungs] == [sum(r.width for r in rungs[:place]) for place in range(5)]


def test_an_empty_ladder_is_drawn_empty() -> None:
    assert {rung.width for rung in ui.draw_rungs(dict.fromkeys(LADDER, 0), {})} == {0}


def test_the_ladder_says_its_pounds_in_words_and_leads_on() -> None:
    page = draw(
        "{% ladder stages urls=urls %}", stages=SimpleNamespace(**STAGES), urls={"approved": "/claims/?a=1"}
    )
    for label, amount in (("Available", "£61,902.00"), ("Tasked", "£12,844.00"), ("Claimed", "£0.00")):
        assert label in page and amount in page
    assert 'href="/claims/?a=1">£35,000.00<span class="visually-hidden"> Approved</span>' in page
    assert "style=" not in page


def test_a_compact_ladder_is_the_bar_alone() -> None:
    page = draw("{% ladder stages label='MM-7F3K' compact=True %}", stages=STAGES)
    assert 'aria-label="MM-7F3K: Available £61,902.00' in page
    assert "<ol" not in page


# Components


def test_a_status_is_said_in_words() -> None:
    assert (
        draw("{% status_tag 'submitted' %}").strip()
        == '<strong class="tag tag--submitted">Submitted</strong>'
    )
    assert "tag--late-list" in draw("{% status_tag 'late_list' 'On the late list' %}")


def test_a_refusal_says_code_reason_fix_and_who() -> None:
    refusal = Refusal("T03", "£10.00 short.", fix="Allocate £10.00.", who="The controlling DI")
    page = draw("{% refusal refusal %}", refusal=refusal)
    for words in ("T03", "£10.00 short.", "Allocate £10.00.", "The controlling DI"):
        assert words in page
    assert draw("{% refusal refusal %}", refusal=None).strip() == ""


def test_flags_are_questions_with_holds_first() -> None:
    page = draw(
        "{% flags flags %}",
        flags=[Flag("C07", "note", "What held it up?"), Flag("C04", "hold", "Was it ordered?")],
    )
    assert page.index("Was it ordered?") < page.index("What held it up?")
    assert draw("{% flags flags %}", flags=[]).strip() == ""


def test_a_timeline_says_who_when_what_why_and_the_pounds() -> None:
    event = {
        "at": datetime(2021, 3, 8, 16, tzinfo=UTC),
        "who": "DI 902",
        "what": "Approved",
        "why": "The duty record matches.",
        "pence": 5913,
        "under": "the delegation of 1 March 2021",
    }
    page = draw("{% timeline events %}", events=[event])
    for words in (
        "8 March 2021, 16:00",
        "DI 902, under the delegation of 1 March 2021",
        "£59.13",
        event["why"],
    ):
        assert str(words) in page
    without = draw("{% timeline events %}", events=[event | {"pence": None, "why": "", "under": ""}])
    assert "£" not in without and "under" not in without


class Small(forms.Form):
    amount = forms.CharField(error_messages={"required": "Enter an amount"})
    kind = forms.ChoiceField(label="Kind of duty", choices=[("p", "Planned")], widget=forms.RadioSelect)
    revision = forms.IntegerField(widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        self.add_error(None, "The two do not agree")
        return self.cleaned_data


def test_the_error_summary_leads_to_each_field() -> None:
    page = draw("{% error_summary form None %}", form=Small({}))
    assert '<a href="#id_amount">Enter an amount</a>' in page
    assert '<a href="#id_kind_0">Kind of duty: This field is required.</a>' in page
    assert "<li>The two do not agree</li>" in page
    assert "Revision: This field is required." in page and "#id_revision" not in page


def test_no_errors_no_summary() -> None:
    assert draw("{% error_summary form %}", form=Small()).strip() == ""


def test_the_error_summary_reads_formsets() -> None:
    formset = forms.formset_factory(Small)(
        {"form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "1", "form-0-amount": ""}, prefix="form"
    )
    assert 'href="#id_form-0-amount"' in draw("{% error_summary formset %}", formset=formset)


def test_pages_keep_the_filter_of_the_list() -> None:
    request = RequestFactory().get("/claims/", {"status": "submitted", "page": "2"})
    page = draw("{% pagination page_obj %}", request=request, page_obj=Paginator(range(640), 50).page(2))
    assert "Showing 51 to 100 of 640" in page
    assert 'href="?status=submitted&amp;page=3"' in page
    assert 'href="?status=submitted&amp;page=2" aria-current="page"' in page


def test_a_single_page_needs_no_numbers() -> None:
    request = RequestFactory().get("/claims/")
    page = draw("{% pagination page_obj %}", request=request, page_obj=Paginator(range(3), 50).page(1))
    assert page.strip() == ""


def test_a_table_stands_in_a_region_the_keyboard_can_scroll() -> None:
    page = draw('{% table_region "Claims this month" %}<tbody></tbody>{% endtable_region %}')
    assert (
        '<div class="table-region" role="region" tabindex="0" aria-labelledby="table-claims-this-month">'
        in page
    )
    assert '<caption id="table-claims-this-month">Claims this month</caption>' in page


def test_components_escape_what_people_wrote() -> None:
    page = draw(
        "{% panel heading %}{{ heading }}{% endpanel %}{% details heading %}x{% enddetails %}"
        "{% notice heading %}x{% endnotice %}{% key_figure heading heading note=heading %}",
        heading="<script>",
    )
    assert "<script>" not in page


def test_warnings_and_insets_wrap_their_words() -> None:
    assert "Warning: </span>Once only" in draw("{% warning %}Once only{% endwarning %}")
    assert "Set apart" in draw("{% inset %}Set apart{% endinset %}")


# Navigation


def test_nobody_signed_in_sees_no_navigation(settings: Any) -> None:
    settings.ROOT_URLCONF = __name__
    assert ui.navigation(request_of("/", permissions=None)) == []
    assert ui.page(request_of("/", permissions=None))["session_seconds"] is None


def test_entries_follow_permissions_and_addresses(settings: Any) -> None:
    settings.ROOT_URLCONF = __name__
    labels = [entry.label for entry in ui.navigation(request_of("/", permissions={"claims.view_claim"}))]
    assert labels == ["Home", "Claims"]
    labels = [entry.label for entry in ui.navigation(request_of("/", permissions=set(), staff=True))]
    assert labels == ["Home", "Administration"]
    everything = {one for section in ui.NAVIGATION for place in section.places for one in place.seen_by}
    labels = [entry.label for entry in ui.navigation(request_of("/", permissions=everything))]
    assert labels == ["Home", "Claims"]


@pytest.mark.django_db
def test_nobody_has_more_than_seven_sections_and_every_place_is_within_one() -> None:
    call_command("roles", "load", stdout=StringIO())
    for role in Group.objects.all():
        codes = role.permissions.values_list("content_type__app_label", "codename")
        permissions = {f"{app}.{code}" for app, code in codes}
        found = ui.navigation(request_of("/", permissions=permissions, staff=True))
        assert 2 <= len(found) <= 7, role.name
        for section in found:
            there = ui.navigation(request_of(section.url, permissions=permissions, staff=True))
            (current,) = (one for one in there if one.current)
            assert (current.label, len(current.within)) != (section.label, 1)
            assert not current.within or current.within[0].current == "page"


def test_the_places_of_the_open_section_stand_within_it() -> None:
    may = {"tasking.view_tasking", "tasking.view_enquiry", "claims.view_claim"}
    entries = {one.label: one for one in ui.navigation(request_of("/enquiries/7/", permissions=may))}
    assert [one.label for one in entries["Tasking"].within] == ["Taskings", "Enquiries", "Time owed"]
    assert [one.label for one in entries["Tasking"].within if one.current] == ["Enquiries"]
    assert (entries["Tasking"].current, entries["Claims"].within) == ("true", ())


@pytest.mark.parametrize(
    ("path", "current"),
    [
        ("/", "Home"),
        ("/claims/", "Claims"),
        ("/claims/42/", "Claims"),
        ("/manage/", "Administration"),
        ("/x/", None),
    ],
)
def test_the_nearest_entry_is_the_current_one(settings: Any, path: str, current: str | None) -> None:
    settings.ROOT_URLCONF = __name__
    entries = ui.navigation(request_of(path, permissions={"claims.view_claim"}, staff=True))
    assert [entry.label for entry in entries if entry.current] == ([current] if current else [])


def test_each_address_of_the_navigation_is_there() -> None:
    places = [place for section in ui.NAVIGATION for place in section.places]
    assert [place.name for place in places if not address(place.name)] == []


# Headers and the frame


def test_only_our_own_scripts_and_styles_run_and_signed_in_pages_are_not_kept() -> None:
    middleware = ui.SecurityHeaders(lambda request: HttpResponse())
    signed_in, anonymous = middleware(request_of(permissions=set())), middleware(request_of(permissions=None))
    assert signed_in["Content-Security-Policy"] == (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
    assert "camera=()" in signed_in["Permissions-Policy"]
    assert signed_in["Cache-Control"] == "no-store"
    assert "Cache-Control" not in anonymous


@pytest.mark.django_db
def test_a_page_bears_its_marking_twice_and_the_day_of_the_demonstration(client: Client) -> None:
    page = client.get("/account/login/").text
    assert page.count("OFFICIAL-SENSITIVE [ORGANISATIONAL]") == 2
    assert "Demonstration: today is 8 March 2021" in page
    assert '<html lang="en-GB">' in page
    assert "<title>Sign in - Overtime Ledger</title>" in page


@pytest.mark.django_db
def test_the_title_of_a_page_with_errors_says_so(client: Client) -> None:
    page = client.post("/account/login/", {"login": "", "password": ""}).text
    assert "<title>Error: Sign in - Overtime Ledger</title>" in page
    assert '<a href="#id_login">' in page


@pytest.mark.django_db
def test_nobody_can_sign_themselves_up(client: Client) -> None:
    assert client.get("/account/signup/").status_code == 404


@pytest.mark.parametrize("template", ["403.html", "404.html", "403_csrf.html"])
def test_error_pages_lead_home_and_bear_the_marking(template: str) -> None:
    page = render_to_string(template, request=request_of(permissions=None))
    assert page.count("OFFICIAL-SENSITIVE [ORGANISATIONAL]") == 2
    assert 'href="/"' in page


def test_the_page_for_failures_of_the_server_needs_no_request() -> None:
    page = render_to_string("500.html")
    assert page.count("OFFICIAL-SENSITIVE [ORGANISATIONAL]") == 2
    assert "no money has moved" in page


def _nothing(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


def _urls() -> list[Any]:
    """Some of the addresses that the navigation knows, for the tests above."""
    from django.urls import include, path

    return [
        path("", _nothing, name="home"),
        path("claims/", include(([path("", _nothing, name="claims")], "claims"))),
        path("manage/", include(([path("", _nothing, name="index")], "admin"))),
    ]


urlpatterns = _urls()


@pytest.mark.django_db
def test_a_long_list_has_each_row_on_one_page_in_order_from_either_end() -> None:
    roles = [Group.objects.create(name=f"Role {number}") for number in range(7)]
    rows = Group.objects.filter(name__startswith="Role ").order_by("-pk")
    pages = LongList(rows)
    pages.per_page = 2
    found = [[one.pk for one in pages.page(number)] for number in pages.page_range]
    newest = [one.pk for one in reversed(roles)]
    assert found == [newest[0:2], newest[2:4], newest[4:6], newest[6:]]
    assert [one.pk for one in pages.get_page(99)] == newest[6:]
    assert list(LongList(rows.none()).get_page(1)) == []
