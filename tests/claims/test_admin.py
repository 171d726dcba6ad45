"""Approval in the administration: the queue, each verb from the page and from the list, and who has none."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from claims import services
from claims.models import Claim, Event
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
    assert "Waiting for you" in page and "clean, £105.12" in page and "flagged, £105.12" in page
    assert "Waiting for you" not in signed_in(house.finance).get("/admin/").content.decode()


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


def test_an_action_asks_first_and_says_how_many_and_how_much(house: make.House, enquiry: Enquiry) -> None:
    clean, asked = [claimed(house, enquiry) for _ in range(2)], flagged(house, enquiry)
    before = state_of(asked)
    page = select(signed_in(house.di), "approve", *clean, asked)
    assert page.status_code == 200
    assert page.context["selection"].ready == clean
    assert [(out.row, out.refusal.code) for out in page.context["selection"].left_out] == [(asked, "A07")]
    assert "Approve 2 claims: £210.24" in page.content.decode()
    assert page.context["seen"] == " ".join(f"{claim.pk}:{claim.revision}" for claim in clean)
    assert state_of(asked) == before


def test_each_claim_is_approved_on_its_own(house: make.House, enquiry: Enquiry) -> None:
    clean, asked, stale = claimed(house, enquiry), flagged(house, enquiry), claimed(house, enquiry)
    stale.revision -= 1
    page = confirm(signed_in(house.di), "approve", clean, asked, stale)
    assert [outcome.row for outcome in page.context["done"]] == [clean]
    codes = {outcome.row: outcome.refusal.code for outcome in page.context["refused"]}
    assert codes == {asked: "A07", stale: "A03"}
    assert "A07" in page.content.decode() and "£105.12" in page.content.decode()
    assert [status(claim) for claim in (clean, asked, stale)] == ["approved", "certified", "certified"]
    assert state_of(clean)[2] == (968_464, 0, 21_024, 10_512, 0)


def test_what_waits_clean_is_confirmed_at_once(house: make.House, enquiry: Enquiry) -> None:
    clean, _ = claimed(house, enquiry), flagged(house, enquiry)
    page = signed_in(house.di).get(reverse("admin:claims_claim_approve_together"))
    assert page.context["selection"].ready == [clean] and "Approve 1 claim: £105.12" in page.content.decode()


def test_an_action_with_nothing_selected_asks_about_what_it_can(house: make.House, enquiry: Enquiry) -> None:
    clean = claimed(house, enquiry)
    client = signed_in(house.di)
    asked = client.post(QUEUE, {"action": "approve", "index": "0"}, follow=True)
    assert asked.context["selection"].ready == [clean]
    nothing = client.post(QUEUE, {"action": "reject", "index": "0"}, follow=True)
    assert "Nothing is selected" in nothing.content.decode()
    assert status(clean) == "certified"


def test_claims_are_returned_together(house: make.House, enquiry: Enquiry) -> None:
    one, other = claimed(house, enquiry), flagged(house, enquiry)
    client = signed_in(house.di)
    missing = confirm(client, "return", one, other, reason="Bring the log")
    assert missing.status_code == 422 and "Bring the log" in missing.content.decode()
    assert {status(one), status(other)} == {"certified"}
    confirm(client, "return", one, other, reason_code="evidence", reason="Bring the log")
    assert {status(one), status(other)} == {"returned"}
    assert state_of(one)[2] == (978_976, 21_024, 0, 0, 0)


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
    before = state_of(foreign)
    page = confirm(signed_in(person), "approve", mine, foreign)
    assert [outcome.refusal.code for outcome in page.context["refused"]] == ["A01", "A02"]
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
        assert confirm(signed_in(person), "approve", claim).status_code == 404
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
