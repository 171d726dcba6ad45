"""Approval in the administration: the queue, each verb from the page and from the list, and who has none."""

import html
import re
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from claims import services
from claims.models import BulkApproval, Claim, Event
from grants.models import LADDER, LedgerEntry
from grants.services import delegate
from overtime_ledger import clock
from overtime_ledger.accounts.models import User
from tasking.models import Enquiry
from tests import factories as make

pytestmark = pytest.mark.django_db
QUEUE = "/admin/claims/claim/"
DAY = date(2021, 2, 10)


@pytest.fixture
def house() -> make.House:
    return make.house()


@pytest.fixture
def enquiry(house: make.House) -> Enquiry:
    return make.enquiry(house)


def claimed(house: make.House, enquiry: Enquiry, *, state: str = "certified") -> Claim:
    """A clean claim of a fresh officer: £105.12."""
    return make.claim(house, make.assignment(house, enquiry, make.officer(house.lead)), state=state)


def flagged(house: make.House, enquiry: Enquiry) -> Claim:
    """A certified claim that was submitted late (C07)."""
    duty = make.assignment(house, enquiry, make.officer(house.lead))
    with clock.travel(make.at(DAY + timedelta(days=20))):
        claim = services.submit(services.as_planned(duty), by=duty.officer)
        return services.certify(claim, by=house.supervisor, revision=claim.revision, record="Duty record 1")


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def press(client: Client, claim: Claim, verb: str, *, seen: object = None, **said: str) -> Any:
    """Send the form of a verb from the claim's page."""
    fields = {f"{verb}-{name}": value for name, value in said.items()}
    address = reverse(f"admin:claims_claim_{verb}", args=(claim.pk,))
    return client.post(address, {"seen": str(claim.revision if seen is None else seen), **fields})


def select(client: Client, verb: str, *claims: Claim) -> Any:
    """Choose a list action for some claims."""
    chosen = [str(claim.pk) for claim in claims]
    return client.post(f"{QUEUE}?status=all", {"action": verb, "index": "0", "_selected_action": chosen})


def confirm(client: Client, verb: str, *claims: Claim, **said: str) -> Any:
    """Send the confirmation page of a list action, as it was drawn for these claims."""
    seen = " ".join(f"{claim.pk}:{claim.revision}" for claim in claims)
    return client.post(reverse(f"admin:claims_claim_{verb}_together"), {"seen": seen, **said})


def state_of(claim: Claim) -> tuple[object, ...]:
    """Status, revision, the enquiry's balances and how many events and entries there are."""
    claim.refresh_from_db()
    line = claim.enquiry.line
    line.refresh_from_db()
    balances = tuple(getattr(line, stage) for stage in LADDER)
    return claim.status, claim.revision, balances, Event.objects.count(), LedgerEntry.objects.count()


def status(claim: Claim) -> str:
    claim.refresh_from_db()
    return claim.status


def test_the_list_opens_with_what_waits_for_approval_and_says_what_it_comes_to(
    house: make.House, enquiry: Enquiry
) -> None:
    waiting, other = claimed(house, enquiry), flagged(house, enquiry)
    approved = claimed(house, enquiry, state="approved")
    page = signed_in(house.di).get(QUEUE)
    assert set(page.context["cl"].queryset) == {waiting, other}
    assert page.context["cl"].total.pence == 2 * 10_512
    assert "£210.24" in page.content.decode()
    everything = signed_in(house.di).get(QUEUE, {"status": "all"})
    assert approved in everything.context["cl"].queryset
    clean = signed_in(house.di).get(QUEUE, {"questions": "clean", "agency__id__exact": house.lead.pk})
    assert list(clean.context["cl"].queryset) == [waiting]
    found = signed_in(house.di).get(QUEUE, {"q": waiting.claimant.staff_number})
    assert list(found.context["cl"].queryset) == [waiting]


def test_the_first_page_says_what_waits(house: make.House, enquiry: Enquiry) -> None:
    claimed(house, enquiry)
    flagged(house, enquiry)
    page = signed_in(house.di).get("/admin/").content.decode()
    said = " ".join(re.sub("<[^>]+>", "", page).split())
    assert "Waiting for you: 1 clean, £105.12; 1 flagged; 2 older than 3 days." in said
    assert "Waiting for you" not in signed_in(house.finance).get("/admin/").content.decode()


def test_each_figure_leads_to_the_list_of_just_these(house: make.House, enquiry: Enquiry) -> None:
    clean, asked = claimed(house, enquiry), flagged(house, enquiry)
    duty = make.assignment(house, enquiry, make.officer(house.lead), day=date(2021, 3, 5))
    new = make.claim(house, duty, state="certified")
    person = deputy_and_supervisor(house)
    with clock.travel(make.at(make.START)):
        delegate(house.grant, person, by=house.di, from_on=make.START, to_on=date(2021, 3, 31))
    mine = claimed(house, enquiry, state="submitted")
    services.certify(mine, by=person, revision=mine.revision, record="Duty record 1")
    client = signed_in(person)
    page = client.get(QUEUE).content.decode()
    links = re.findall(r'href="/admin/claims/claim/(\?[^"]+mine=yes)"', page)
    found = [list(client.get(QUEUE + html.unescape(link)).context["cl"].queryset) for link in links]
    assert [set(one) for one in found] == [{clean, new}, {asked}, {clean, asked}]


def test_queries_stay_the_same_as_the_list_grows(house: make.House, enquiry: Enquiry) -> None:
    client = signed_in(house.di)

    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            client.get(QUEUE)
        return len(captured)

    claimed(house, enquiry)
    first = queries()
    for _ in range(4):
        claimed(house, enquiry)
    assert queries() == first


def test_nothing_is_added_changed_or_deleted(house: make.House, enquiry: Enquiry) -> None:
    claim = claimed(house, enquiry)
    before = state_of(claim)
    superuser = User.objects.create_superuser("root", password="nine wet bicycles", staff_number="0")
    for person in (house.di, superuser):
        client = signed_in(person)
        assert client.get(f"{QUEUE}add/").status_code == 404
        assert client.post(f"{QUEUE}add/", {}).status_code == 404
        assert client.get(f"{QUEUE}{claim.pk}/delete/").status_code == 404
        assert client.post(f"{QUEUE}{claim.pk}/delete/", {"post": "yes"}).status_code == 404
        assert client.post(f"{QUEUE}{claim.pk}/change/", {"pence": "1"}).status_code == 404
    assert "delete_selected" not in str(signed_in(superuser).get(QUEUE).content)
    assert state_of(claim) == before


def test_the_page_shows_what_an_approver_reads(house: make.House, enquiry: Enquiry) -> None:
    claim = flagged(house, enquiry)
    page = signed_in(house.di).get(f"{QUEUE}{claim.pk}/change/")
    text = page.content.decode()
    assert page.status_code == 200
    for words in (
        "Submitted 20 days after the duty",
        "16 completed quarters",
        "Approve £105.12",
        "£9,894.88",
    ):
        assert words in text, words
    assert [event.what for event in page.context["events"]] == ["Certified", "Submitted"]
    assert [entry.kind for entry in page.context["entries"]] == ["tasking", "submission"]


def test_the_page_of_an_agencys_claim_has_card_charge_and_equivalent(
    house: make.House, enquiry: Enquiry
) -> None:
    make.agree(house)
    duty = make.assignment(house, enquiry, make.officer(house.other))
    charge = services.Charge(minutes=240, hourly_pence=1900, multiplier="4/3", on_cost_percent=Decimal("5"))
    with clock.travel(make.at(DAY + timedelta(days=1))):
        claim = services.submit(replace(services.as_planned(duty), charge=charge), by=house.clerk)
        claim = services.certify(
            claim, by=house.other_supervisor, revision=claim.revision, record="Timesheet 1"
        )
    assert (claim.pay_pence, claim.on_cost_pence) == (10_133, 507)
    page = signed_in(house.di).get(f"{QUEUE}{claim.pk}/change/")
    text = page.content.decode()
    assert [one.difference for one in page.context["compared"]] == ["", "−£1.00", "", "+5 points"]
    assert page.context["equivalent"].in_words == "3.6% less"
    assert "A check of reason" in text and "The agency’s own figure: constable" in text
    row = re.search(r"<tfoot>.*?Claimed.*?</tfoot>", text, re.S)
    assert row and re.findall("£[0-9.,]+", row[0]) == ["£101.33", "£5.07", "£106.40"]


# Verbs on the page


def test_approve(house: make.House, enquiry: Enquiry) -> None:
    claim = claimed(house, enquiry)
    answer = press(signed_in(house.di), claim, "approve")
    assert answer.status_code == 302
    assert state_of(claim)[2] == (989_488, 0, 0, 10_512, 0)
    assert (claim.status, claim.approved_by) == ("approved", house.di)


def test_return(house: make.House, enquiry: Enquiry) -> None:
    claim = claimed(house, enquiry)
    said = {"reason_code": "times", "reason": "The book says 19:00"}
    assert press(signed_in(house.di), claim, "return", **said).status_code == 302
    assert state_of(claim)[2] == (989_488, 10_512, 0, 0, 0)
    event = claim.events.latest("pk")
    assert (claim.status, event.reason_code, event.reason) == ("returned", "times", "The book says 19:00")


def test_a_return_without_its_code_keeps_what_was_typed(house: make.House, enquiry: Enquiry) -> None:
    claim = claimed(house, enquiry)
    before = state_of(claim)
    page = press(signed_in(house.di), claim, "return", reason="The book says 19:00")
    assert page.status_code == 422 and "The book says 19:00" in page.content.decode()
    assert state_of(claim) == before


def test_reject(house: make.House, enquiry: Enquiry) -> None:
    claim = claimed(house, enquiry)
    assert press(signed_in(house.di), claim, "reject", reason="Not this grant").status_code == 302
    assert state_of(claim)[2] == (1_000_000, 0, 0, 0, 0)
    assert claim.status == "rejected"


def test_reverse(house: make.House, enquiry: Enquiry) -> None:
    claim = claimed(house, enquiry, state="approved")
    assert press(signed_in(house.di), claim, "reverse", reason="Paid by another fund").status_code == 302
    assert state_of(claim)[2] == (1_000_000, 0, 0, 0, 0)
    assert claim.status == "reversed"


def refused(page: Any, code: str) -> bool:
    """Whether the page was shown again with the refusal's panel."""
    return page.status_code == 422 and page.context["refusal"].code == code


def test_a_flagged_claim_needs_an_answer(house: make.House, enquiry: Enquiry) -> None:
    claim = flagged(house, enquiry)
    before = state_of(claim)
    page = press(signed_in(house.di), claim, "approve")
    assert refused(page, "A07") and "A07" in page.content.decode()
    assert state_of(claim) == before
    assert press(signed_in(house.di), claim, "approve", reason="The log shows it").status_code == 302
    assert status(claim) == "approved"


def test_what_changed_since_it_was_seen_is_refused_and_shown(house: make.House, enquiry: Enquiry) -> None:
    claim = claimed(house, enquiry)
    before = state_of(claim)
    for seen in (claim.revision - 1, "", "not a number"):
        page = press(signed_in(house.di), claim, "approve", seen=seen, reason="Checked with the log")
        assert refused(page, "A03") and "Checked with the log" in page.content.decode()
        assert f'name="seen" value="{claim.revision}"' in page.content.decode()
    assert state_of(claim) == before


def deputy_and_supervisor(house: make.House) -> User:
    """Somebody who certifies for the lead force and has the role of a deputy."""
    person: User = make.person("supervisor", "deputy", agency=house.lead, is_staff=True)
    return person


def test_nobody_approves_what_they_certified(house: make.House, enquiry: Enquiry) -> None:
    person = deputy_and_supervisor(house)
    with clock.travel(make.at(make.START)):
        delegate(house.grant, person, by=house.di, from_on=make.START, to_on=date(2021, 3, 31))
    claim = claimed(house, enquiry, state="submitted")
    services.certify(claim, by=person, revision=claim.revision, record="Duty record 1")
    before = state_of(claim)
    for verb, said in (("approve", {}), ("reject", {"reason": "No"})):
        assert refused(press(signed_in(person), claim, verb, **said), "A01")
    assert state_of(claim) == before


def test_nobody_approves_without_a_delegation_in_force(house: make.House, enquiry: Enquiry) -> None:
    person, claim = deputy_and_supervisor(house), claimed(house, enquiry)
    before = state_of(claim)
    client = signed_in(person)
    page = client.get(f"{QUEUE}{claim.pk}/change/").content.decode()
    assert "Approve £" not in page and "DI 9001: Controlling DI" in page
    said = {"reason": "Checked", "reason_code": "times"}
    for verb in ("approve", "return", "reject"):
        assert refused(press(client, claim, verb, **said), "A02")
    assert state_of(claim) == before


def test_a_delegation_ends_at_its_limit(house: make.House, enquiry: Enquiry) -> None:
    with clock.travel(make.at(make.START)):
        delegate(
            house.grant,
            house.deputy,
            by=house.di,
            from_on=make.START,
            to_on=date(2021, 3, 31),
            limit_pence=5_000,
        )
    claim = claimed(house, enquiry)
    before = state_of(claim)
    assert refused(press(signed_in(house.deputy), claim, "approve"), "A02")
    assert state_of(claim) == before


def test_an_address_of_a_verb_only_shows_the_page_until_it_is_pressed(
    house: make.House, enquiry: Enquiry
) -> None:
    claim = claimed(house, enquiry)
    before = state_of(claim)
    page = signed_in(house.di).get(reverse("admin:claims_claim_approve", args=(claim.pk,)))
    assert page.status_code == 200 and state_of(claim) == before


# Verbs in the list


def open_sample(client: Client) -> BulkApproval:
    """Open the sample of what was drawn up last on the administration's pages of its claims."""
    bulk = BulkApproval.objects.latest("pk")
    for row in bulk.rows.filter(is_sample=True):
        client.get(f"{QUEUE}{row.claim_id}/change/")
    return bulk


def bulk_page(bulk: BulkApproval) -> str:
    return reverse("admin:claims_bulkapproval_change", args=[bulk.pk])


def approve_bulk(client: Client, bulk: BulkApproval) -> Any:
    """Press the button on the page of a bulk approval."""
    return client.post(reverse("admin:claims_bulkapproval_approve", args=[bulk.pk]), follow=True)


def test_an_action_draws_up_what_can_be_approved_and_says_what_is_left_out(
    house: make.House, enquiry: Enquiry
) -> None:
    clean, asked = [claimed(house, enquiry) for _ in range(2)], flagged(house, enquiry)
    client, before = signed_in(house.di), state_of(asked)
    answer = select(client, "approve", *clean, asked)
    bulk = BulkApproval.objects.get()
    assert answer.url == bulk_page(bulk)
    assert set(bulk.rows.values_list("claim", "revision")) == {(one.pk, one.revision) for one in clean}
    text = client.get(answer.url).content.decode()
    assert "Approve 2 claims: £210.24" in text and "To open" in text
    assert f"Claim {asked.pk} is left out. A07" in text
    assert state_of(asked) == before


def test_the_sample_is_opened_in_the_administration_then_each_is_approved_on_its_own(
    house: make.House, enquiry: Enquiry
) -> None:
    one, stale = claimed(house, enquiry), claimed(house, enquiry)
    client = signed_in(house.di)
    select(client, "approve", one, stale)
    before = state_of(one)
    refused = approve_bulk(client, BulkApproval.objects.get())
    assert refused.status_code == 422 and refused.context["refusal"].code == "A06"
    assert state_of(one) == before
    bulk = open_sample(client)
    assert f'href="{bulk_page(bulk)}"' in client.get(f"{QUEUE}{one.pk}/change/").content.decode()
    deputy = house.deputy
    with clock.travel(make.at(make.START)):
        delegate(house.grant, deputy, by=house.di, from_on=make.START, to_on=date(2021, 3, 31))
    services.return_claim(stale, by=deputy, revision=stale.revision, reason_code="times", reason="The log")
    text = approve_bulk(client, bulk).content.decode()
    assert "Approved 1 claim: £105.12" in text and f"A03: Claim {stale.pk} changed" in text
    assert (status(one), status(stale)) == ("approved", "returned")
    assert state_of(one)[2] == (978_976, 10_512, 0, 10_512, 0)


def test_what_waits_clean_is_drawn_up_at_once(house: make.House, enquiry: Enquiry) -> None:
    clean, _ = claimed(house, enquiry), flagged(house, enquiry)
    client, address = signed_in(house.di), reverse("admin:claims_claim_approve_together")
    assert "Draw up 1 claim: £105.12" in client.get(address).content.decode()
    assert not BulkApproval.objects.exists()
    assert client.post(address).url == bulk_page(BulkApproval.objects.get())
    assert [row.claim for row in BulkApproval.objects.get().rows.all()] == [clean]


def test_a_single_claim_approved_together_is_opened_first(house: make.House, enquiry: Enquiry) -> None:
    claim, client = claimed(house, enquiry), signed_in(house.di)
    select(client, "approve", claim)
    assert approve_bulk(client, BulkApproval.objects.get()).status_code == 422
    assert status(claim) == "certified"
    approve_bulk(client, open_sample(client))
    assert status(claim) == "approved"


def test_claims_that_are_only_named_are_not_approved(house: make.House, enquiry: Enquiry) -> None:
    """What the old confirmation page sent is refused: no sample was drawn and opened (A06)."""
    claim, other = claimed(house, enquiry), claimed(house, enquiry)
    before = state_of(claim)
    assert refused(confirm(signed_in(house.di), "approve", claim, other), "A06")
    assert refused(confirm(signed_in(house.di), "approve", claim), "A06")
    assert state_of(claim) == before and not BulkApproval.objects.exists()


def test_an_action_with_nothing_selected_is_about_what_it_can(house: make.House, enquiry: Enquiry) -> None:
    clean = claimed(house, enquiry)
    client = signed_in(house.di)
    client.post(QUEUE, {"action": "approve", "index": "0"})
    assert [row.claim for row in BulkApproval.objects.get().rows.all()] == [clean]
    for verb in ("return", "reject"):
        nothing = client.post(QUEUE, {"action": verb, "index": "0"}, follow=True)
        assert "o claim is ticked" in (text := nothing.content.decode()) or "Nothing is selected" in text
    assert status(clean) == "certified"


def test_claims_are_returned_together_each_with_its_own_words(house: make.House, enquiry: Enquiry) -> None:
    one, other = claimed(house, enquiry), flagged(house, enquiry)
    client, address = signed_in(house.di), reverse("admin:claims_claim_return_together")
    asked = select(client, "return", one, other)
    assert asked.status_code == 200 and len(asked.context["returns"].asked) == 2
    sent: dict[str, Any] = {"claim": [one.pk, other.pk], "all-reason": "Bring the log"}
    for claim in (one, other):
        sent[f"claim-{claim.pk}-revision"] = claim.revision
    missing = client.post(address, sent)
    assert missing.status_code == 422 and "Bring the log" in missing.content.decode()
    assert {status(one), status(other)} == {"certified"}
    sent |= {"all-reason_code": "evidence", f"claim-{other.pk}-reason_code": "times"}
    assert client.post(address, sent).status_code == 302
    assert {status(one), status(other)} == {"returned"}
    assert [claim.events.latest("pk").reason_code for claim in (one, other)] == ["evidence", "times"]
    assert state_of(one)[2] == (978_976, 21_024, 0, 0, 0)


def test_of_several_returned_one_is_refused_and_keeps_its_words(house: make.House, enquiry: Enquiry) -> None:
    one, approved = claimed(house, enquiry), claimed(house, enquiry)
    sent: dict[str, Any] = {
        "claim": [one.pk, approved.pk],
        "all-reason_code": "times",
        "all-reason": "The log",
    }
    for claim in (one, approved):
        sent[f"claim-{claim.pk}-revision"] = claim.revision
    services.approve(approved, by=house.di, revision=approved.revision)
    client = signed_in(house.di)
    page = client.post(reverse("admin:claims_claim_return_together"), sent)
    assert page.status_code == 422 and "A03" in page.content.decode() and "The log" in page.content.decode()
    assert (status(one), status(approved)) == ("returned", "approved")


def test_an_auditor_reads_what_was_approved_together_and_presses_nothing(
    house: make.House, enquiry: Enquiry
) -> None:
    claim, client = claimed(house, enquiry), signed_in(house.di)
    select(client, "approve", claim)
    bulk = open_sample(client)
    listed = reverse("admin:claims_bulkapproval_changelist")
    for person in (house.auditor, house.di):
        assert list(signed_in(person).get(listed).context["cl"].queryset) == [bulk]
    auditor = signed_in(house.auditor)
    text = auditor.get(bulk_page(bulk)).content.decode()
    assert "Yes, opened" in text and "Approve 1 claim" not in text
    assert approve_bulk(auditor, bulk).status_code == 404
    deputy = deputy_and_supervisor(house)
    for person in (deputy, house.finance, house.supervisor):
        assert signed_in(person).get(bulk_page(bulk)).status_code == 404
        assert approve_bulk(signed_in(person), bulk).status_code == 404
    assert not signed_in(deputy).get(listed).context["cl"].queryset
    assert status(claim) == "certified"


def test_claims_are_rejected_together(house: make.House, enquiry: Enquiry) -> None:
    one, approved = claimed(house, enquiry), claimed(house, enquiry, state="approved")
    client = signed_in(house.di)
    assert [out.row for out in select(client, "reject", one, approved).context["selection"].left_out] == [
        approved
    ]
    page = confirm(client, "reject", one, approved, reason="Not this grant")
    assert [outcome.refusal.code for outcome in page.context["refused"]] == ["A03"]
    assert (status(one), status(approved)) == ("rejected", "approved")


def test_list_actions_refuse_ones_own_and_without_authority(house: make.House, enquiry: Enquiry) -> None:
    person = deputy_and_supervisor(house)
    mine, foreign = claimed(house, enquiry, state="submitted"), claimed(house, enquiry)
    services.certify(mine, by=person, revision=mine.revision, record="Duty record 1")
    mine.refresh_from_db()
    before, client = state_of(foreign), signed_in(person)
    text = client.get(select(client, "approve", mine, foreign).url).content.decode()
    assert f"Claim {mine.pk} is left out. A01" in text
    text = approve_bulk(client, BulkApproval.objects.get()).content.decode()
    assert "A06" in text
    page = approve_bulk(client, open_sample(client)).content.decode()
    assert "1 refused" in page and "A02" in page
    assert (status(mine), state_of(foreign)) == ("certified", before)


# Who has none of it


def test_finance_and_auditors_read_and_press_nothing(house: make.House, enquiry: Enquiry) -> None:
    claim = claimed(house, enquiry)
    before = state_of(claim)
    for person in (house.finance, house.auditor):
        client = signed_in(person)
        page = client.get(f"{QUEUE}{claim.pk}/change/").content.decode()
        assert "Approve £" not in page and "DI 9001" in page
        assert 'name="action"' not in client.get(QUEUE).content.decode()
        for verb in ("approve", "return", "reject", "reverse"):
            assert press(client, claim, verb, reason="x", reason_code="times").status_code == 404
        for verb in ("approve", "return", "reject"):
            assert confirm(client, verb, claim, reason="x", reason_code="times").status_code == 404
    assert state_of(claim) == before


def test_what_one_may_not_see_is_not_there(house: make.House, enquiry: Enquiry) -> None:
    claim = claimed(house, enquiry)
    before = state_of(claim)
    administrator, officer = house.administrator, make.officer(house.lead)
    former = make.person("controlling_di", agency=house.lead, is_staff=True)
    addresses = (
        f"{QUEUE}{claim.pk}/change/",
        f"{QUEUE}{claim.pk}/history/",
        reverse("admin:claims_claim_approve", args=(claim.pk,)),
    )
    for person in (administrator, officer, former):
        for address in addresses:
            assert signed_in(person).get(address).status_code == 404
        assert press(signed_in(person), claim, "approve").status_code == 404
        assert confirm(signed_in(person), "reject", claim, reason="No").status_code == 404
    for person in (administrator, officer):
        assert confirm(signed_in(person), "approve", claim).status_code == 404
    assert refused(confirm(signed_in(former), "approve", claim), "A06")
    assert signed_in(administrator).get(QUEUE).status_code == 404
    assert state_of(claim) == before


def test_a_role_taken_away_ends_the_verbs(house: make.House, enquiry: Enquiry) -> None:
    claim = claimed(house, enquiry)
    house.di.groups.set([Group.objects.get(name="supervisor")])
    assert press(signed_in(house.di), claim, "approve").status_code == 404
    assert status(claim) == "certified"


def test_the_ledger_is_shown_to_its_readers_alone(house: make.House, enquiry: Enquiry) -> None:
    claim = claimed(house, enquiry)
    supervisor = make.person("supervisor", agency=house.lead, is_staff=True)
    address = f"{QUEUE}{claim.pk}/change/"
    for person, is_shown in ((house.di, True), (house.auditor, True), (supervisor, False)):
        page = signed_in(person).get(address)
        assert page.status_code == 200
        assert ("In the ledger" in page.content.decode()) is is_shown, person
