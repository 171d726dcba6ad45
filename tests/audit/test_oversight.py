"""The pages of controls and of exceptions: what they count, who reads them, files that add up."""

import re
from dataclasses import replace
from datetime import date

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from claims import services as claims
from claims.models import Claim, LateClaim
from claims.services import late, parts, safeguards
from overtime_ledger import clock
from overtime_ledger.accounts.models import User
from overtime_ledger.audit.services import put_on_record
from overtime_ledger.controls import CONTROLS
from overtime_ledger.dashboard.exceptions import Chosen, Exceptional, every, total
from tasking import services as tasking
from tasking.models import Assignment, Enquiry
from tasking.quotes import Plan
from tests import factories as make
from tests.files import csv_lines, text_of
from tests.scene import another_grant

pytestmark = pytest.mark.django_db
CONTROLS_PAGE, EXCEPTIONS_PAGE = "/audit/controls/", "/audit/exceptions/"
DAY = date(2021, 2, 10)
MARCH_8 = make.at(date(2021, 3, 8), 12)


@pytest.fixture(autouse=True)
def today() -> object:
    with clock.travel(MARCH_8):
        yield


@pytest.fixture
def house() -> make.House:
    return make.house()


@pytest.fixture
def enquiry(house: make.House) -> Enquiry:
    return make.enquiry(house)


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def listed(house: make.House, **chosen: object) -> list[Exceptional]:
    return list(every(Chosen(grants=[house.grant], **chosen)))  # type: ignore[arg-type]


def in_short(rows: list[Exceptional]) -> list[tuple[str, str, str, bool]]:
    return [(row.code, row.level, row.what, row.is_open) for row in rows]


def duty(house: make.House, enquiry: Enquiry, *, day: date = DAY) -> Assignment:
    return make.assignment(house, enquiry, make.officer(house.lead), day=day)


def submitted_late(house: make.House, of: Assignment) -> Claim:
    """Certified, with a note: it came over 14 days after the duty (C07)."""
    claim = claims.submit(claims.as_planned(of), by=of.officer)
    return claims.certify(claim, by=house.supervisor, revision=claim.revision, record="Duty record 1")


def tasked_late(house: make.House, enquiry: Enquiry) -> Assignment:
    plan = Plan(
        enquiry=enquiry,
        duty_type="planned",
        starts_at=make.at(date(2021, 3, 5), 16),
        ends_at=make.at(date(2021, 3, 5), 20),
        officers=[make.officer(house.lead)],
        reason="Observations",
        retrospective_reason="The vehicle was seen at once",
    )
    return tasking.task(plan, by=house.di).assignments.get()


def asking_for_more(house: make.House, enquiry: Enquiry) -> Claim:
    of = duty(house, enquiry, day=date(2021, 3, 3))
    longer = replace(claims.as_planned(of), ends_at=make.at(date(2021, 3, 3), 21))
    return claims.submit(longer, by=of.officer, reason="The subject moved on late")


# Exceptions


def test_a_question_stays_on_the_list_with_who_let_it_pass_and_why(
    house: make.House, enquiry: Enquiry
) -> None:
    claim = submitted_late(house, duty(house, enquiry))
    (row,) = listed(house)
    assert in_short([row]) == [("C07", "note", str(claim), True)]
    assert (row.pence, row.overridden_by, row.reason) == (10_512, "", "")
    assert (row.whose_turn, row.age) == ("The controlling DI, who approves it", 0)
    with clock.travel(make.at(date(2021, 3, 11))):
        assert listed(house)[0].age == 3
        claims.approve(claim, by=house.di, revision=claim.revision, reason="The log agrees")
    with clock.travel(make.at(date(2021, 3, 20))):
        (row,) = listed(house)
    assert in_short([row]) == [("C07", "note", str(claim), False)]
    assert (row.overridden_by, row.reason) == ("DI 9001, controlling DI", "The log agrees")
    assert (row.whose_turn, row.age) == ("", 3)


def test_what_is_rejected_or_withdrawn_was_overridden_by_nobody(house: make.House, enquiry: Enquiry) -> None:
    rejected, withdrawn = (submitted_late(house, duty(house, enquiry)) for _ in range(2))
    claims.reject(rejected, by=house.di, revision=rejected.revision, reason="Not worked")
    claims.withdraw(withdrawn, by=withdrawn.claimant, revision=withdrawn.revision, reason="Wrong day")
    rows = {row.what: row for row in listed(house)}
    assert not any(row.is_open or row.overridden_by for row in rows.values())
    assert (rows[str(rejected)].reason, rows[str(withdrawn)].reason) == ("Not worked", "Wrong day")


def test_a_retrospective_tasking_is_listed_until_its_claim_carries_the_question_on(
    house: make.House, enquiry: Enquiry
) -> None:
    of = tasked_late(house, enquiry)
    (row,) = listed(house, code="T09")
    assert in_short([row]) == [("T09", "hold", str(of.tasking), True)]
    assert (row.reason, row.overridden_by) == ("The vehicle was seen at once", "DI 9001, controlling DI")
    assert row.url == reverse("tasking:tasking", args=(of.tasking_id,))
    claim = claims.submit(claims.as_planned(of), by=of.officer)
    (row,) = listed(house, code="T09")
    assert in_short([row]) == [("T09", "hold", str(claim), True)]
    assert (row.whose_turn, row.overridden_by) == ("A supervisor of MPS, who certifies the hours", "")


def test_more_time_is_the_request_first_and_the_question_after_it_is_granted(
    house: make.House, enquiry: Enquiry
) -> None:
    claim = asking_for_more(house, enquiry)
    (row,) = listed(house)
    assert in_short([row]) == [("C04", "request", str(claim), True)]
    assert row.pence == 2629 and "The subject moved on late" in row.description
    assert "who was asked for more time" in row.whose_turn
    claims.grant_more_time(claim, by=house.di, revision=claim.revision, reason="Seen on the log")
    question, request = sorted(listed(house), key=lambda row: row.kind)
    assert (request.is_open, request.overridden_by) == (False, "DI 9001, controlling DI")
    assert request.reason == "Seen on the log"
    assert (question.kind, question.is_open, question.pence) == ("claim", True, 13_141)


def test_a_refused_request_was_overridden_by_nobody_and_its_draft_waits_for_the_claimant(
    house: make.House, enquiry: Enquiry
) -> None:
    claim = asking_for_more(house, enquiry)
    submitted = claims.refuse_more_time(claim, by=house.di, revision=claim.revision, reason="Not agreed")
    (row,) = listed(house)
    assert (row.is_open, row.overridden_by, row.reason) == (False, "", "Not agreed")
    safeguards.freeze(submitted, by=house.auditor, reason="Two logs differ")
    assert "finance or an auditor" in listed(house, held_back=True, code="A09")[0].whose_turn.lower()


def test_a_late_exception_names_who_granted_it(house: make.House, enquiry: Enquiry) -> None:
    of = duty(house, enquiry)
    with clock.travel(make.at(date(2021, 4, 5))):
        asked = late.ask_for_exception(of, by=of.officer, reason="In hospital since")
        (row,) = listed(house)
        assert in_short([row]) == [("C06", "block", str(of.tasking), True)]
        assert row.whose_turn == "Finance, who decides about the late list"
        late.grant_exception(asked, by=house.finance, until=date(2021, 4, 12), answer="Certificate seen")
        (row,) = listed(house)
    assert (row.is_open, row.overridden_by, row.reason) == (False, "Finance 1", "Certificate seen")


def test_a_reversal_and_a_dispute_are_listed(house: make.House, enquiry: Enquiry) -> None:
    approved = make.claim(house, duty(house, enquiry), state="approved")
    claims.reverse(approved, by=house.di, revision=approved.revision, reason="Worked for another case")
    part = make.claim(house, duty(house, enquiry), state="certified")
    part = parts.approve_part(
        part, by=house.di, revision=part.revision, minutes=180, reason="Relieved at 19:00"
    )
    parts.dispute(part, by=part.claimant, reason="The relief came at 20:00")
    dispute, reversal = sorted(listed(house), key=lambda row: row.level)
    assert in_short([dispute, reversal]) == [
        ("", "dispute", str(part), True),
        ("", "reversal", str(approved), False),
    ]
    assert (dispute.pence, reversal.pence) == (2628, 10_512)
    assert (reversal.overridden_by, reversal.reason) == ("DI 9001, controlling DI", "Worked for another case")


def test_a_claim_that_is_held_back_is_there_only_for_those_who_may_hold_claims_back(
    house: make.House, enquiry: Enquiry
) -> None:
    claim = submitted_late(house, duty(house, enquiry))
    safeguards.freeze(claim, by=house.auditor, reason="Two logs differ")
    assert listed(house) == []
    rows = listed(house, held_back=True)
    assert {(row.code, row.is_open) for row in rows} == {("C07", True), ("A09", True)}
    for person, seen in ((house.auditor, True), (house.finance, True), (house.di, False)):
        text = signed_in(person).get(EXCEPTIONS_PAGE).content.decode()
        assert ("Two logs differ" in text) == (str(claim) in text) == seen
        file = text_of(signed_in(person).get(EXCEPTIONS_PAGE + "?format=csv"))
        assert ("Two logs differ" in file) == seen
    safeguards.release_from_freeze(claim, by=house.finance, reason="The log was wrong")
    (held,) = listed(house, held_back=True, code="A09")
    assert (held.is_open, held.overridden_by, held.reason) == (False, "Finance 1", "The log was wrong")


@pytest.fixture
def several(house: make.House, enquiry: Enquiry) -> list[Claim]:
    """Three claims with a question, one of them with two; one request; one retrospective tasking."""
    made = [submitted_late(house, duty(house, enquiry)) for _ in range(2)]
    twice = replace(claims.as_planned(duty(house, enquiry)), duty_type="casual")
    made.append(claims.submit(twice, by=twice.assignment.officer))
    made.append(asking_for_more(house, enquiry))
    tasked_late(house, enquiry)
    return made


def test_the_list_is_filtered_and_an_amount_counts_once(house: make.House, several: list[Claim]) -> None:
    claims.approve(several[0], by=house.di, revision=several[0].revision, reason="The log agrees")
    for chosen, count, objects, pence in (
        ({}, 6, 5, 3 * 10_512 + 2629 + several[2].pence),
        ({"code": "C07"}, 3, 3, 2 * 10_512 + several[2].pence),
        ({"level": "note"}, 3, 3, 2 * 10_512 + several[2].pence),
        ({"code": "C05"}, 1, 1, several[2].pence),
        ({"state": "closed"}, 1, 1, 10_512),
        ({"code": "C07", "state": "open"}, 2, 2, 10_512 + several[2].pence),
        ({"level": "reversal"}, 0, 0, 0),
    ):
        found = total(Chosen(grants=[house.grant], **chosen))  # type: ignore[arg-type]
        assert (found.count, found.objects, found.pence) == (count, objects, pence), chosen
        assert len(listed(house, **chosen)) == count
    assert total(Chosen(grants=[])).count == 0


def test_the_page_filters_by_address_and_says_what_it_comes_to(
    house: make.House, several: list[Claim]
) -> None:
    finance = signed_in(house.finance)
    page = finance.get(EXCEPTIONS_PAGE)
    assert page.context["total"].count == 6 and "6 exceptions" in page.content.decode()
    raised = [row.raised_at for row in page.context["page"]]
    assert raised == sorted(raised, reverse=True)
    for query, count in (
        ("?code=C07", 3),
        ("?level=hold&state=open", 2),
        (f"?grant={house.grant.pk}", 6),
        ("?state=closed", 0),
        ("?code=X99", 0),
        ("?grant=999", 0),
    ):
        assert finance.get(EXCEPTIONS_PAGE + query).context["total"].count == count, query
    assert "No exception is like that" in finance.get(EXCEPTIONS_PAGE + "?state=closed").content.decode()


def test_a_file_holds_what_the_filter_shows_and_adds_up_to_the_screen(
    house: make.House, several: list[Claim]
) -> None:
    finance = signed_in(house.finance)
    for query in ("", "code=C07&"):
        page = finance.get(f"{EXCEPTIONS_PAGE}?{query}")
        rows = csv_lines(finance.get(f"{EXCEPTIONS_PAGE}?{query}format=csv"))
        heading = next(place for place, row in enumerate(rows) if row[:1] == ["Code"])
        assert rows[heading][:10] == [
            "Code",
            "Level",
            "Object",
            "Description",
            "Amount (£)",
            "Amount, each claim or duty once (£)",
            "Raised (London)",
            "Raised (UTC)",
            "Reason given",
            "Overridden by",
        ]
        assert len(rows) - heading - 2 == page.context["total"].count
        assert rows[-1][5] == f"{page.context['total'].pence / 100:.2f}"
        assert rows[-1][4] == ""
    assert finance.get(EXCEPTIONS_PAGE + "?format=xlsx").status_code == 200
    assert finance.get(EXCEPTIONS_PAGE + "?format=pdf").status_code == 404


def test_fifty_a_page_and_as_many_queries_for_many_as_for_few(house: make.House, enquiry: Enquiry) -> None:
    finance = signed_in(house.finance)

    def queries(address: str) -> int:
        finance.get(address)
        with CaptureQueriesContext(connection) as captured:
            finance.get(address)
        return len(captured)

    submitted_late(house, duty(house, enquiry))
    pages = (EXCEPTIONS_PAGE, CONTROLS_PAGE, EXCEPTIONS_PAGE + "?format=csv")
    few = [queries(page) for page in pages]
    of = duty(house, enquiry)
    LateClaim.objects.bulk_create(
        LateClaim(
            assignment=of,
            reason=f"Reason {number}",
            asked_by=of.officer,
            asked_at=MARCH_8,
            status="refused",
            answer="No",
            decided_by=house.finance,
            decided_at=MARCH_8,
        )
        for number in range(60)
    )
    asking_for_more(house, enquiry)
    assert [queries(page) for page in pages] == few
    first, second = (finance.get(EXCEPTIONS_PAGE + query).context["page"] for query in ("", "?page=2"))
    assert (len(first), len(second), first.paginator.count) == (50, 12, 62)
    assert not {row.description for row in first} & {row.description for row in second}


def test_a_di_reads_the_exceptions_of_the_own_grant_alone(house: make.House, several: list[Claim]) -> None:
    other = another_grant(house, "PCD 912", controlled_by="other_di")
    stranger = User.objects.get(username="other_di")
    page = signed_in(stranger).get(EXCEPTIONS_PAGE)
    assert (page.status_code, page.context["total"].count) == (200, 0)
    assert signed_in(stranger).get(f"{EXCEPTIONS_PAGE}?grant={house.grant.pk}").context["total"].count == 0
    assert signed_in(house.di).get(EXCEPTIONS_PAGE).context["total"].count == 6
    assert signed_in(house.di).get(f"{EXCEPTIONS_PAGE}?grant={other.pk}").context["total"].count == 0


# Controls


def spoken(person: User) -> dict[str, tuple[int, int, int, int, int]]:
    """How often each control spoke: refused lately and in all, asked lately and in all, approved."""
    page = signed_in(person).get(CONTROLS_PAGE)
    rows = [row for _, rows in page.context["groups"] for row in rows]
    assert [row.control.code for row in rows] == [*CONTROLS]
    return {
        row.control.code: (
            row.refused.recent,
            row.refused.all,
            row.asked.recent,
            row.asked.all,
            row.asked.approved,
        )
        for row in rows
    }


def test_every_control_is_on_the_page_with_how_often_it_spoke(
    house: make.House, several: list[Claim]
) -> None:
    claims.approve(several[0], by=house.di, revision=several[0].revision, reason="The log agrees")
    with clock.travel(make.at(date(2021, 2, 2))):
        put_on_record(["A03"], by=house.di, where="/claims/1/approve/")
    put_on_record(["A03", "T09"], by=house.di, where="/claims/1/approve/")
    before = spoken(house.di)
    assert before["A03"] == (1, 2, 0, 0, 0)
    assert before["T09"] == (1, 1, 1, 1, 0)
    assert before["C07"] == (0, 0, 3, 3, 1)
    with clock.travel(make.at(date(2021, 5, 1))):
        assert spoken(house.di)["C07"] == (0, 0, 0, 3, 1)


def test_the_counts_lead_to_what_they_are_made_of(house: make.House, several: list[Claim]) -> None:
    put_on_record(["A03"], by=house.di, where="/claims/1/approve/")
    finance = signed_in(house.finance)
    page = finance.get(CONTROLS_PAGE).content.decode()
    links = dict(re.findall(r'<a href="([^"]+code=[^"]+)">(\d+)<', page.replace("&amp;", "&")))
    assert links == {
        f"{reverse('admin:audit_controlspoke_changelist')}?code=A03": "1",
        f"{EXCEPTIONS_PAGE}?code=C05&level=hold": "1",
        f"{EXCEPTIONS_PAGE}?code=C07&level=note": "3",
        f"{EXCEPTIONS_PAGE}?code=T09&level=hold": "1",
    }
    asked = {address: count for address, count in links.items() if EXCEPTIONS_PAGE in address}
    for address, count in asked.items():
        assert finance.get(address).context["total"].count == int(count), address
    assert "controlspoke" not in signed_in(house.di).get(CONTROLS_PAGE).content.decode()


def test_a_code_leads_to_its_entry_for_those_who_read_the_list(house: make.House, enquiry: Enquiry) -> None:
    claim = submitted_late(house, duty(house, enquiry))
    address = reverse("claims:claim", args=(claim.pk,))
    entry = f'href="{CONTROLS_PAGE}#C07"'
    assert entry in signed_in(house.di).get(address).content.decode()
    theirs = signed_in(claim.claimant).get(address).content.decode()
    assert "C07" in theirs and entry not in theirs
    refused = signed_in(house.di).post(
        reverse("claims:approve", args=(claim.pk,)), {"revision": 1, "reason": "The log agrees"}
    )
    assert f'href="{CONTROLS_PAGE}#A03"' in refused.content.decode()
    assert 'id="A03"' in signed_in(house.di).get(CONTROLS_PAGE).content.decode()


@pytest.mark.parametrize("page", [CONTROLS_PAGE, EXCEPTIONS_PAGE])
def test_the_pages_are_not_there_for_others(house: make.House, page: str) -> None:
    for person in (house.supervisor, house.clerk, house.administrator, make.officer(house.lead)):
        assert signed_in(person).get(page).status_code == 404
