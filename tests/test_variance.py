"""The dashboard compares: variance with what is said of it, weeks and agencies, profile, underspend."""

import csv
import io
from datetime import date
from io import StringIO

import pytest
from django.core.management import call_command
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from claims import services as claims
from claims.services.digests import waiting_by_person
from grants import planning
from grants import services as grants
from grants.models import Grant, Profile, UnderspendNotice, VarianceComment
from overtime_ledger import clock
from overtime_ledger.accounts.models import User
from overtime_ledger.accounts.two_people import state_of
from overtime_ledger.dashboard.figures import figures
from tests import factories as make
from tests.books.test_periods import closed

pytestmark = pytest.mark.django_db

TODAY, LATER = date(2021, 3, 8), date(2021, 2, 24)
House = make.House


@pytest.fixture
def house() -> House:
    return make.house()


@pytest.fixture
def busy(house: House) -> House:
    """Duties of two agencies on two enquiries in two weeks: approved, reversed later, submitted, tasked."""
    make.agree(house)
    one, two = make.enquiry(house, pence=500_000), make.enquiry(house, pence=300_000)
    lead, other = make.officer(house.lead), make.officer(house.other)
    make.claim(house, make.assignment(house, one, lead), state="approved")
    make.claim(house, make.assignment(house, two, lead, day=LATER), state="approved")
    make.claim(house, make.assignment(house, two, other, day=LATER), state="approved")
    make.claim(house, make.assignment(house, one, make.officer(house.lead), day=LATER))
    make.assignment(house, two, other)
    wrong = make.claim(house, make.assignment(house, one, make.officer(house.lead)), state="approved")
    with clock.travel(make.at(date(2021, 3, 1))):
        claims.reverse(wrong, by=house.di, revision=wrong.revision, reason="Paid by another fund")
    return house


def opened(client: Client, user: User, address: str) -> str:
    client.force_login(user)
    response = client.get(address)
    assert response.status_code == 200, address
    return response.content.decode()


def read_csv(response: HttpResponse) -> list[list[str]]:
    content = b"".join(response.streaming_content)  # type: ignore[attr-defined]
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def page(name: str, made: House, *rest: str, query: str = "") -> str:
    return reverse(f"grants:{name}", args=[made.grant.pk, *rest]) + query


# What it shows ties to the ledger


@pytest.mark.parametrize("as_at", [None, date(2021, 2, 26), date(2021, 2, 1)])
def test_weeks_and_agencies_add_up_to_what_is_incurred(busy: House, as_at: date | None) -> None:
    shown = figures(busy.grant, as_at=as_at)
    table = shown.spending
    for row in table.rows:
        assert sum(cell.pence for cell in row.cells) == row.together.pence == row.week.incurred
    for place, cell in enumerate(table.sums):
        assert cell.pence == sum(row.cells[place].pence for row in table.rows)
        (agency,) = (one for one in shown.agencies if one.position.agency == table.agencies[place])
        assert cell.pence == agency.position.incurred
    assert table.together.pence == shown.burn.stages.incurred


def test_the_entries_behind_each_cell_add_up_to_it(client: Client, busy: House) -> None:
    client.force_login(busy.auditor)
    for as_at in (None, date(2021, 2, 26)):
        table = figures(busy.grant, as_at=as_at).spending
        cells = [
            *table.sums,
            table.together,
            *(cell for row in table.rows for cell in (*row.cells, row.together)),
        ]
        assert any(cell.pence for cell in cells)
        for cell in cells:
            if cell.pence:
                assert client.get(cell.url).context["movement"].effect == cell.pence


def test_the_charts_say_what_the_tables_say(busy: House) -> None:
    shown = figures(busy.grant)
    assert shown.spending_chart is not None and shown.ladders is not None
    assert [name for _, name in shown.spending_chart.key] == [one.code for one in shown.spending.agencies]
    for drawing in shown.spending_chart.drawings:
        assert [len(column.parts) for column in drawing.columns] == [
            sum(cell.pence > 0 for cell in row.cells) for row in shown.spending.rows
        ]
    for ladders in shown.ladders.drawings:
        assert [one.name.lines[0].text for one in ladders.ladders] == [
            str(row.position.line) for row in shown.enquiries
        ]


def test_each_variance_is_plan_less_forecast_and_the_first_is_the_grants(busy: House) -> None:
    shown = figures(busy.grant)
    first, *others = shown.variances
    assert (first.plan, first.incurred) == (busy.grant.amount_pence, shown.burn.stages.incurred)
    assert first.variance == shown.pace_forecast.unspent
    for row in shown.variances:
        assert row.plan - row.forecast.outturn == row.variance and row.since_close is None
    plans = [row.position.allocated for row in shown.enquiries]
    assert [row.plan for row in others] == [*plans, 2_000_000]


# What is said


def test_what_is_said_of_a_variance_stands_beside_it_and_leaves_with_the_file(
    client: Client,
    busy: House,
) -> None:
    line = busy.grant.lines.filter(is_main=False).earliest("pk")
    client.force_login(busy.di)
    response = client.post(
        page("comment", busy, query=f"?line={line.pk}"), {"kind": "timing", "comment": "Begins in March"}
    )
    assert response.status_code == 302
    assert "Begins in March" in opened(client, busy.finance, page("by_line", busy))
    assert "Begins in March" not in opened(client, busy.di, page("by_line", busy, query="?as_at=2021-03-07"))
    rows = read_csv(client.get(page("variance", busy, "csv")))  # type: ignore[arg-type]
    (row,) = (row for row in rows if row[:1] == [str(line)])
    assert row[-4:] == ["Timing", "Begins in March", str(busy.di), "2021-03-08"]


def test_who_controls_and_finance_say_why_and_nobody_of_another_line(client: Client, busy: House) -> None:
    line = busy.grant.lines.get(is_main=True)
    for user, found in ((busy.di, 200), (busy.finance, 200), (busy.auditor, 404), (busy.supervisor, 404)):
        client.force_login(user)
        assert client.get(page("comment", busy, query=f"?line={line.pk}")).status_code == found
    client.force_login(busy.di)
    for wrong in ("", "?line=0", "?agency=0", "?line=x", f"?line={line.pk}&agency={busy.lead.pk}"):
        assert client.get(page("comment", busy, query=wrong)).status_code == 404
    assert client.post(page("comment", busy, query=f"?line={line.pk}"), {"kind": ""}).status_code == 422
    assert not VarianceComment.objects.exists()


# The profile


def test_finance_sets_a_profile_by_month_and_a_second_person_confirms_it(client: Client, busy: House) -> None:
    client.force_login(busy.finance)
    typed = {"by_2021_02_28": "40,000", "by_2021_03_31": "130,000", "reason": "Most of it in March"}
    assert client.post(page("set_profile", busy, query="?by=month"), typed).status_code == 302
    profile = Profile.objects.get()
    seen = {"seen": state_of(profile)}
    assert client.post(page("confirm_profile", busy), seen).status_code == 422
    client.force_login(busy.second_finance)
    assert "Confirm this profile" in client.get(page("profile", busy)).content.decode()
    assert client.post(page("confirm_profile", busy), seen).status_code == 302
    shown = figures(busy.grant)
    # 8 of the 31 days of March, of £90,000.
    assert shown.burn.planned_pence == 40_000_00 + round(90_000_00 * 8 / 31)
    assert "burn-chart__future--profile" in opened(client, busy.di, "/")
    assert "burn-chart__future--profile" not in opened(client, busy.di, "/?as_at=2021-03-07")


def test_a_profile_that_falls_is_explained_at_its_field(client: Client, busy: House) -> None:
    client.force_login(busy.finance)
    typed = {"by_2021_02_28": "40,000", "by_2021_03_31": "30,000", "reason": "Less"}
    response = client.post(page("set_profile", busy, query="?by=month"), typed)
    assert response.status_code == 422 and list(response.context["form"].errors) == ["by_2021_03_31"]
    weeks = client.get(page("set_profile", busy, query="?by=week")).context["form"]
    assert len(weeks.ends) == 9 and weeks.ends[-1] == busy.grant.eligible_to


def test_a_profile_that_waits_is_taken_back(client: Client, busy: House) -> None:
    points = [(busy.grant.eligible_to, 100)]
    planning.set_profile(busy.grant, by=busy.finance, points=points, reason="Too little")
    client.force_login(busy.second_finance)
    assert client.post(page("drop_profile", busy)).status_code == 302
    assert not Profile.objects.exists()
    assert client.post(page("confirm_profile", busy)).status_code == 404


# The underspend


def night() -> str:
    out = StringIO()
    call_command("nightly", stdout=out)
    return out.getvalue()


def test_the_night_puts_an_underspend_before_the_di_once_and_finance_sees_it(
    client: Client,
    busy: House,
) -> None:
    User.objects.filter(pk__in=(busy.di.pk, busy.finance.pk)).update(email="di@example.org")
    assert "fell under 85% of the award" in night() and "fell under" not in night()
    assert waiting_by_person()[busy.di.pk]["underspend"] == 1
    assert "underspend" not in waiting_by_person().get(busy.finance.pk, {})
    assert "Say what follows" in opened(client, busy.di, "/")
    shown = opened(client, busy.finance, "/")
    assert "Underspend: decide what to do" in shown and "Say what follows" not in shown


def test_the_di_answers_and_nothing_waits_any_more(client: Client, busy: House) -> None:
    night()
    client.force_login(busy.di)
    late = {
        "answer": "plan",
        "reason": "Two more teams",
        "plan_by_0": "1",
        "plan_by_1": "4",
        "plan_by_2": "2021",
    }
    assert client.post(page("underspend", busy), {"answer": "plan", "reason": "Two more"}).status_code == 422
    assert client.post(page("underspend", busy), late).status_code == 422
    right = late | {"plan_by_0": "21", "plan_by_1": "3"}
    assert client.post(page("underspend", busy), right).status_code == 302
    notice = UnderspendNotice.objects.get()
    assert (notice.answer, notice.plan_by) == ("plan", date(2021, 3, 21))
    assert client.post(page("underspend", busy), right).status_code == 404
    assert "Two more teams" in opened(client, busy.auditor, page("underspend", busy))
    assert "Two more teams" in opened(client, busy.auditor, page("grant", busy))
    assert busy.di.pk not in waiting_by_person() or not waiting_by_person()[busy.di.pk]["underspend"]


def test_among_several_grants_the_home_page_names_those_with_an_underspend(
    client: Client, busy: House
) -> None:
    names = ("title", "funder", "fund", "recipient", "spending_body", "purpose", "lead_force", "amount_pence")
    days = ("eligible_from", "eligible_to", "claims_close_on", "books_close_on")
    terms = {name: getattr(busy.grant, name) for name in (*names, *days)}
    grants.set_up_grant(by=busy.finance, reference="PCD 912", **terms)
    assert "underspend" not in opened(client, busy.finance, "/")
    night()
    shown = opened(client, busy.finance, "/")
    assert "PCD 911: underspend to decide on" in shown and page("underspend", busy) in shown


def test_a_past_day_shows_the_task_and_offers_nothing(client: Client, busy: House) -> None:
    with clock.travel(make.at(date(2021, 3, 1), 1)):
        planning.watch(busy.grant)
    shown = opened(client, busy.di, "/?as_at=2021-03-02")
    assert "Underspend: decide what to do" in shown and "Say what follows" not in shown
    assert "Underspend: decide" not in opened(client, busy.di, "/?as_at=2021-02-28")


# Since the last close


def test_lines_are_compared_with_the_last_period_closed_for_good(client: Client, busy: House) -> None:
    with clock.travel(make.at(TODAY)):
        closed(busy, busy.grant.periods.get(number="P11"))
        since = make.claim(
            busy,
            make.assignment(
                busy, busy.grant.enquiries.latest("pk"), make.officer(busy.lead), day=date(2021, 3, 2)
            ),
            state="approved",
        )
        shown = figures(busy.grant)
    assert shown.frozen is not None and shown.frozen.name == "P11"
    before = figures(busy.grant, as_at=date(2021, 2, 28))
    assert shown.variances[0].since_close == shown.burn.stages.incurred - before.burn.stages.incurred
    for row in shown.variances:
        (then,) = (one for one in before.variances if one.name == row.name)
        assert row.since_close == row.incurred - then.incurred
    assert since.pence > 0 and any(row.since_close for row in shown.variances[1:])
    assert figures(busy.grant, as_at=date(2021, 3, 7)).frozen is None
    assert "Since the close of P11" in opened(client, busy.finance, page("by_line", busy))
    client.force_login(busy.finance)
    with clock.travel(make.at(TODAY)):
        for row in shown.variances:
            assert client.get(row.since_close_url).context["movement"].effect == row.since_close


# Nothing there yet


def test_an_empty_grant_has_its_page(client: Client, house: House) -> None:
    shown = opened(client, house.di, "/")
    assert "Spent by week and agency" not in shown
    assert [row.name for row in figures(house.grant).variances] == ["The grant"]
    rows = read_csv(client.get(page("spending", house, "csv")))  # type: ignore[arg-type]
    assert rows[-1][0] == "Total" and Grant.objects.count() == 1
