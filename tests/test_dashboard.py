"""Home by role and the dashboard of a grant: what each shows, that it ties to the ledger, who sees it."""

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from claims import services as claims
from grants import services as grants
from grants.models import LADDER, LedgerEntry
from grants.selectors import ALLOCATED, COMMITTED, INCURRED, STILL_OPEN, UNSPENT, entries, movement, positions
from overtime_ledger import clock
from overtime_ledger.accounts.models import User
from overtime_ledger.audit.models import AccessLog
from overtime_ledger.dashboard.figures import Figures, figures, queues
from tests import factories as make
from tests.files import csv_lines, sheet_of

pytestmark = pytest.mark.django_db

FIRST, SECOND = date(2021, 2, 10), date(2021, 2, 24)
TODAY = date(2021, 3, 8)


@pytest.fixture
def house() -> make.House:
    return make.house()


@pytest.fixture
def busy(house: make.House) -> make.House:
    """Duties of two agencies on two enquiries: tasked, submitted, certified, approved, settled, reversed."""
    make.agree(house)
    one, two = make.enquiry(house, pence=500_000), make.enquiry(house, pence=300_000)
    first, second = make.officer(house.lead), make.officer(house.lead)
    third, fourth = make.officer(house.other), make.officer(house.other)
    _settle(house, make.claim(house, make.assignment(house, one, first), state="approved"), house.lead)
    make.claim(house, make.assignment(house, two, first, day=SECOND), state="certified")
    _reverse(house, make.claim(house, make.assignment(house, one, second), state="approved"))
    make.claim(house, make.assignment(house, one, second, day=SECOND), state="submitted")
    make.claim(house, make.assignment(house, two, third, day=SECOND), state="approved")
    make.claim(house, make.assignment(house, one, fourth, day=SECOND), state="submitted")
    make.assignment(house, two, fourth)
    return house


def _settle(house: make.House, claim: Any, agency: Any) -> None:
    with clock.travel(make.at(date(2021, 2, 20))):
        reference = f"Batch {claim.pk}"
        claims.settle([claim], grant=house.grant, agency=agency, reference=reference, by=house.finance)


def _reverse(house: make.House, claim: Any) -> None:
    with clock.travel(make.at(date(2021, 3, 1))):
        claims.reverse(claim, by=house.di, revision=claim.revision, reason="Paid by another fund")


def page_of(client: Client, user: User, address: str = "/", *, status: int = 200) -> HttpResponse:
    client.force_login(user)
    response = client.get(address)
    assert response.status_code == status
    return response


# Home by role


def test_the_home_of_whoever_watches_a_grant_is_its_dashboard(client: Client, busy: make.House) -> None:
    tasking = reverse("tasking:task")
    for user in (busy.di, busy.finance, busy.second_finance, busy.auditor):
        response = page_of(client, user)
        assert response.context["figures"].grant == busy.grant
        assert "burn-chart" in response.content.decode()
        # Only who controls the grant finds what they may do.
        assert (tasking in response.content.decode()) == (user == busy.di)


def test_a_deputy_sees_the_dashboard_while_the_delegation_is_in_force(
    client: Client, house: make.House
) -> None:
    assert "figures" not in page_of(client, house.deputy).context
    with clock.travel(make.at(TODAY)):
        grants.delegate(house.grant, house.deputy, by=house.di, from_on=TODAY, to_on=TODAY)
    assert page_of(client, house.deputy).context["authority"].person == house.deputy


def test_an_officer_finds_duties_to_claim_with_both_buttons(client: Client, house: make.House) -> None:
    who = make.officer(house.lead)
    duty = make.assignment(house, make.enquiry(house), who)
    shown = page_of(client, who).content.decode()
    assert reverse("claims:as_planned", args=[duty.pk]) in shown
    assert reverse("claims:other_times", args=[duty.pk]) in shown


def test_an_officer_may_decline_what_is_to_come_and_sees_where_claims_are(
    client: Client, house: make.House
) -> None:
    who, enquiry = make.officer(house.lead), make.enquiry(house)
    coming = make.assignment(house, enquiry, who, day=date(2021, 3, 12), told_on=TODAY)
    claim = make.claim(house, make.assignment(house, enquiry, who), state="approved")
    panel = page_of(client, who).context["panels"]["officer"]
    assert [duty.pk for duty in panel["to_come"]] == [coming.pk]
    (mine,) = panel["claims"]
    assert (mine.pk, mine.status, mine.since) == (claim.pk, "approved", claim.approved_at)


def test_a_returned_claim_is_answered_from_the_home_of_its_claimant_and_of_the_clerk(
    client: Client, house: make.House
) -> None:
    make.agree(house)
    officer = make.officer(house.other)
    claim = make.claim(house, make.assignment(house, make.enquiry(house), officer))
    claims.return_claim(
        claim, by=house.other_supervisor, revision=claim.revision, reason_code="times", reason="Which end?"
    )
    for user, names_the_officer in ((officer, False), (house.clerk, True)):
        shown = page_of(client, user).content.decode()
        assert reverse("claims:answer", args=[claim.pk]) in shown
        assert (f"{claim}: {officer}, " in shown) == names_the_officer


def test_supervisors_and_clerks_find_what_is_of_their_own_agency_alone(
    client: Client, busy: make.House
) -> None:
    panel = page_of(client, busy.supervisor).context["panels"]["supervisor"]
    assert [claim.agency for claim in panel["to_certify"]] == [busy.lead]
    panel = page_of(client, busy.clerk).context["panels"]["clerk"]
    assert [duty.agency for duty in panel["to_claim"]] == [busy.other]
    assert {claim.agency for claim in panel["claims"]} == {busy.other}


def test_an_auditor_sees_whether_the_chain_is_whole(client: Client, house: make.House) -> None:
    (chain,) = page_of(client, house.auditor).context["panels"]["auditor"]["chains"]
    house.grant.refresh_from_db()
    assert chain.is_whole
    assert (chain.last_number, chain.digest) == (
        house.grant.last_number,
        bytes(house.grant.last_digest).hex(),
    )


def test_an_administrator_is_led_to_the_administration_and_sees_no_money(
    client: Client, house: make.House
) -> None:
    shown = page_of(client, house.administrator).content.decode()
    assert reverse("admin:index") in shown
    assert "£" not in shown


def test_without_a_role_one_is_told_whom_to_ask(client: Client, house: make.House) -> None:
    response = page_of(client, make.person(agency=house.lead))
    assert response.context["nothing"]
    assert "administrator" in response.content.decode()


def test_several_roles_have_the_panels_of_each(client: Client, house: make.House) -> None:
    both = make.person("supervisor", "finance", "officer", agency=house.lead)
    context = page_of(client, both).context
    assert {"officer", "supervisor"} <= set(context["panels"])
    assert "figures" in context


def test_several_grants_are_chosen_from(client: Client, house: make.House) -> None:
    grants.set_up_grant(by=house.finance, **_terms(house, reference="PCD 912"))
    response = page_of(client, house.finance)
    assert len(response.context["rows"]) == 2
    assert "figures" not in response.context


def test_a_grant_being_set_up_says_which_gates_are_missing(client: Client) -> None:
    house = make.house(opened=False)
    response = page_of(client, house.finance)
    assert (response.context["gates_confirmed"], response.context["gates_needed"]) == (0, 17)
    assert "burn-chart" not in response.content.decode()


def _terms(house: make.House, **changes: Any) -> dict[str, Any]:
    names = ("title", "funder", "fund", "recipient", "spending_body", "purpose", "lead_force", "amount_pence")
    days = ("eligible_from", "eligible_to", "claims_close_on", "books_close_on")
    return {name: getattr(house.grant, name) for name in (*names, *days)} | changes


# What it shows ties to the ledger


def _line_totals(shown: Figures) -> list[int]:
    return [sum(getattr(row.position, stage) for row in shown.lines) for stage in LADDER]


def test_enquiries_and_agencies_tie_to_the_ledger_to_the_penny(busy: make.House) -> None:
    for as_at in (None, date(2021, 2, 1), FIRST, date(2021, 2, 12), date(2021, 2, 26)):
        shown = figures(busy.grant, as_at=as_at)
        stages = shown.burn.stages
        assert _line_totals(shown) == [getattr(stages, stage) for stage in LADDER]
        assert [getattr(shown.committed, stage) for stage in LADDER[1:]] == [
            getattr(stages, stage) for stage in LADDER[1:]
        ]
        assert stages.total == busy.grant.amount_pence
        assert sum(row.week.incurred for row in shown.weeks) == stages.incurred


def test_the_entries_behind_a_figure_add_up_to_it(busy: make.House) -> None:
    for stage in (*LADDER, INCURRED):
        for position in positions(busy.grant):
            found = movement(entries(busy.grant, line=position.line, stage=stage))
            assert found.effect == getattr(position, stage)


def _net_of(client: Client, address: str) -> int:
    response = client.get(address)
    assert response.status_code == 200
    return response.context["movement"].effect  # type: ignore[no-any-return]


def test_every_link_leads_to_entries_that_make_up_its_figure(client: Client, busy: make.House) -> None:
    client.force_login(busy.auditor)
    for as_at in (None, date(2021, 2, 26)):
        shown = figures(busy.grant, as_at=as_at)
        for stage in (*LADDER, INCURRED):
            assert _net_of(client, shown.urls[stage]) == getattr(shown.burn.stages, stage)
        assert _net_of(client, shown.urls[UNSPENT]) == shown.burn.remaining
        assert _net_of(client, shown.urls[STILL_OPEN]) == shown.still_open
        for agency in shown.agencies:
            for stage in (*LADDER[1:], INCURRED):
                assert _net_of(client, agency.urls[stage]) == getattr(agency.position, stage)
        for week in shown.weeks:
            assert _net_of(client, week.incurred_url) == week.week.incurred
            assert _net_of(client, week.cumulative_url) == week.week.incurred_cumulative
            assert _net_of(client, week.tasked_url) == week.tasked_open
            assert _net_of(client, week.remaining_url) == week.week.remaining
            assert round(_net_of(client, week.pace_url) / 2) == week.week.pace
        assert round(_net_of(client, shown.pace_url) / 2) == shown.burn.burn_rate_week
        for line in shown.lines:
            assert _net_of(client, line.urls[ALLOCATED]) == line.position.allocated
            assert _net_of(client, line.urls[COMMITTED]) == line.position.allocated - line.position.available
            assert _net_of(client, line.urls[STILL_OPEN]) == line.still_open
        assert _net_of(client, shown.urls[ALLOCATED]) == busy.grant.amount_pence


PARTS = ("grant", "by_line", "by_agency", "by_week")
LOOSE = re.compile(r"<td class=\"num\">\s*[+−]?£(?!0\.00)[^<]*</td>")


def test_no_amount_of_a_table_stands_without_a_way_to_what_it_is_made_of(
    client: Client, busy: make.House
) -> None:
    for day in (TODAY, date(2021, 4, 2)):
        for query in ("", "?as_at=2021-02-26"):
            with clock.travel(make.at(day)):
                shown = [
                    page_of(client, busy.finance, reverse(f"grants:{part}", args=[busy.grant.pk]) + query)
                    for part in PARTS
                ]
            assert [LOOSE.findall(page.content.decode()) for page in shown[:2] + shown[3:]] == [[], [], []]
            # What an agency may cost at most is the agreement's own word.
            before, _ = shown[2].content.decode().split('id="agreements"')
            assert LOOSE.findall(before) == []


@pytest.mark.parametrize("day", [TODAY, date(2021, 4, 2)])
def test_every_key_figure_links_to_what_it_is_made_of(client: Client, busy: make.House, day: date) -> None:
    with clock.travel(make.at(day)):
        shown = page_of(client, busy.di).content.decode()
    figures_shown = shown.count('class="figure__value"')
    assert figures_shown == shown.count('class="figure__value"><a href=') >= 3


def test_the_queues_are_what_waits(busy: make.House) -> None:
    waiting = queues(busy.grant)
    assert (waiting.to_certify.count, waiting.clean.count + waiting.flagged.count) == (2, 1)
    approved = [row.position.approved for row in figures(busy.grant).agencies]
    assert (waiting.to_settle.count, waiting.to_settle.pence) == (1, sum(approved))


def test_the_opening_day_asks_for_a_week_of_the_opening_pace(house: make.House) -> None:
    shown = figures(house.grant, as_at=date(2021, 2, 1))
    assert shown.words.to_task == "£16,017"
    assert shown.words.run_out == "No burn yet"


def test_the_forecast_of_the_di_stands_with_its_date_from_that_day_on(house: make.House) -> None:
    with clock.travel(make.at(FIRST)):
        grants.foretell(house.grant, 12_900_000, by=house.di, reason="Two operations planned")
    assert len(figures(house.grant, as_at=date(2021, 2, 9)).forecasts) == 2
    own = figures(house.grant).forecasts[-1]
    assert (own.outturn, own.rag) == (12_900_000, "green")
    assert "10 February 2021" in own.name


# A past day


def test_a_past_day_says_so_and_offers_nothing_to_do(client: Client, busy: make.House) -> None:
    response = page_of(client, busy.di, "/?as_at=2021-02-12")
    shown = response.content.decode()
    assert response.context["figures"].as_at == date(2021, 2, 12)
    assert "past view" in shown
    assert reverse("tasking:task") not in shown


def test_a_past_day_is_what_the_dashboard_showed_then(busy: make.House) -> None:
    make.enquiry(busy)  # allocated on the first day: posted then
    with clock.travel(
        make.at(
            date(2021, 2, 26),
        )
    ):
        then = figures(busy.grant)
    now = figures(busy.grant, as_at=date(2021, 2, 26))
    reversed_later = LedgerEntry.objects.filter(posted_on__gt=date(2021, 2, 26)).exists()
    assert reversed_later
    assert now.burn.stages.total == then.burn.stages.total
    assert now.burn.stages.incurred > figures(busy.grant).burn.stages.incurred


def test_a_day_that_cannot_be_shown_is_explained_and_today_is_shown(
    client: Client, house: make.House
) -> None:
    for asked in ("2021-03-09", "nonsense", "2021-02-30"):
        response = page_of(client, house.di, f"/?as_at={asked}")
        assert response.context["as_at_form"].errors
        assert response.context["figures"].as_at == TODAY


def test_after_the_last_day_nothing_is_asked_for_any_more(client: Client, busy: make.House) -> None:
    with clock.travel(make.at(date(2021, 4, 2))):
        response = page_of(client, busy.di)
    shown = response.context["figures"]
    assert shown.has_ended
    assert shown.burn.to_task_this_week_pence == 0
    assert reverse("tasking:again", args=[response.context["recent"][0].tasking.pk]) not in (
        response.content.decode()
    )


# The pages of the grant, and files


def test_each_page_of_a_grant_shows_its_own_and_leads_to_the_others(client: Client, busy: make.House) -> None:
    pages = (*PARTS, "terms", "delegations", "entries")
    shown = {
        name: page_of(client, busy.auditor, reverse(f"grants:{name}", args=[busy.grant.pk])) for name in pages
    }
    for name, response in shown.items():
        content = response.content.decode()
        for other in pages:
            current = ' aria-current="page"' if other == name else ""
            assert f'<a href="{reverse(f"grants:{other}", args=[busy.grant.pk])}"{current}>' in content
    assert len(shown["terms"].context["gates"]) == 17
    assert [row.agency for row in shown["by_agency"].context["agreements"]] == [busy.other]
    assert shown["grant"].context["figures"].grant == busy.grant


def test_a_past_day_is_kept_from_page_to_page(client: Client, busy: make.House) -> None:
    for name in PARTS:
        shown = page_of(
            client, busy.di, reverse(f"grants:{name}", args=[busy.grant.pk]) + "?as_at=2021-02-12"
        )
        content = shown.content.decode()
        assert "past view" in content and reverse("grants:comment", args=[busy.grant.pk]) not in content
        for other in PARTS:
            assert f'href="{reverse(f"grants:{other}", args=[busy.grant.pk])}?as_at=2021-02-12"' in content


def test_a_grant_being_set_up_has_all_its_pages(client: Client) -> None:
    house = make.house(opened=False)
    for name in (*PARTS, "terms", "delegations", "entries"):
        page_of(client, house.finance, reverse(f"grants:{name}", args=[house.grant.pk]))


def test_from_the_overview_one_comes_to_the_payments_the_funder_and_the_books(
    client: Client, busy: make.House
) -> None:
    shown = page_of(client, busy.finance).content.decode()
    for address in ("payments:overview",):
        assert reverse(address) in shown
    for address in ("funder:account", "books:book", "books:closing", "disclosure:packs"):
        assert reverse(address, args=[busy.grant.pk]) in shown


def test_a_grant_one_does_not_control_is_not_there_nor_its_files(client: Client, house: make.House) -> None:
    another = make.person("controlling_di", agency=house.lead)
    pages = [
        reverse(f"grants:{name}", args=[house.grant.pk])
        for name in (*PARTS, "terms", "entries", "delegations", "forecast")
    ]
    files = [
        reverse(f"grants:{name}", args=[house.grant.pk, "csv"]) for name in ("position", "agencies", "weeks")
    ]
    for outsider in (another, house.supervisor, house.clerk, house.administrator, make.officer(house.lead)):
        for address in (*pages, *files):
            page_of(client, outsider, address, status=404)
    assert not AccessLog.objects.exists()


def test_the_ledger_names_the_claim_the_tasking_and_the_officer(client: Client, busy: make.House) -> None:
    response = page_of(
        client, busy.finance, reverse("grants:entries", args=[busy.grant.pk]) + "?kind=approval"
    )
    rows = response.context["transactions"]
    assert len(rows) == LedgerEntry.objects.filter(kind="approval").count()
    for row in rows:
        claim = busy.grant.claims.get(pk=row.claim_id)
        assert row.behind.duty.pk == claim.assignment_id
        assert row.tasking_id == claim.assignment.tasking_id
    tasked = reverse("grants:entries", args=[busy.grant.pk]) + "?stage=tasked"
    assert all(row.behind for row in page_of(client, busy.finance, tasked).context["transactions"])


def test_transactions_leave_as_a_file_with_the_total_of_the_screen(client: Client, busy: make.House) -> None:
    address = reverse("grants:entries", args=[busy.grant.pk]) + "?stage=incurred&format="
    lines = csv_lines(page_of(client, busy.finance, f"{address}csv"))
    head = lines.index(next(line for line in lines if line[:1] == ["Entry"]))
    effect = lines[head].index("Change of the balance (£)")
    assert Decimal(lines[-1][effect]) * 100 == figures(busy.grant).burn.stages.incurred
    assert AccessLog.objects.get().rows == len(lines) - head - 2
    sheet = sheet_of(page_of(client, busy.finance, f"{address}xlsx"))
    (total,) = list(sheet.iter_rows(min_row=sheet.max_row, values_only=True))
    assert Decimal(str(total[effect])) == Decimal(lines[-1][effect])


def test_position_agencies_and_weeks_leave_as_files_with_the_totals_of_the_screen(
    client: Client, busy: make.House
) -> None:
    for as_at in ("", "?as_at=2021-02-26"):
        stages = page_of(client, busy.di, f"/{as_at}").context["figures"].burn.stages
        total = _last_line(client, "position", busy, as_at)
        assert [total[f"{name} (£)"] for name in ("Allocated", "Available", "Tasked", "Claimed")] == [
            stages.total,
            stages.available,
            stages.tasked,
            stages.claimed,
        ]
        assert total["Incurred (£)"] == stages.incurred
        assert _last_line(client, "agencies", busy, as_at)["Incurred (£)"] == stages.incurred
        assert _last_line(client, "weeks", busy, as_at)["Incurred in the week (£)"] == stages.incurred


def _last_line(client: Client, name: str, house: make.House, as_at: str) -> dict[str, int]:
    """The totals of a file in pence, by their headings."""
    lines = csv_lines(client.get(reverse(f"grants:{name}", args=[house.grant.pk, "csv"]) + as_at))
    headings = next(line for line in lines if len(line) > 2)
    amounts = zip(headings, lines[-1], strict=True)
    return {
        heading: int(Decimal(text) * 100) for heading, text in amounts if heading.endswith("(£)") and text
    }


def _count_queries(do: Callable[[], object]) -> int:
    do()  # content types and the like are read once
    with CaptureQueriesContext(
        connection,
    ) as caught:
        do()
    return len(caught)


def test_the_number_of_queries_does_not_grow_with_the_grant(client: Client, busy: make.House) -> None:
    pk = busy.grant.pk
    pages = [
        "/",
        "/?as_at=2021-02-26",
        reverse("grants:entries", args=[pk]),
        reverse("grants:grant", args=[pk]),
    ]
    client.force_login(busy.di)
    before = [_count_queries(lambda page=page: client.get(page)) for page in pages]
    more = make.enquiry(busy)
    for _ in range(3):
        who = make.officer(busy.lead)
        make.claim(busy, make.assignment(busy, more, who), state="approved")
        make.assignment(busy, more, who, day=SECOND)
    assert [_count_queries(lambda page=page: client.get(page)) for page in pages] == before


def test_the_number_of_queries_of_an_officers_home_does_not_grow(client: Client, house: make.House) -> None:
    who, enquiry = make.officer(house.lead), make.enquiry(house)
    make.claim(house, make.assignment(house, enquiry, who))
    make.assignment(house, enquiry, who, day=SECOND)
    client.force_login(who)
    before = _count_queries(lambda: client.get("/"))
    for day in (11, 12, 13):
        make.claim(house, make.assignment(house, enquiry, who, day=date(2021, 2, day)))
        make.assignment(house, enquiry, who, day=date(2021, 2, day + 14))
    assert _count_queries(lambda: client.get("/")) == before
