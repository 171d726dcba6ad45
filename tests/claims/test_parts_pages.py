"""The doors of a part approval and its dispute: the browser's, the administration's, and what totals say."""

import csv
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from io import StringIO
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from claims import selectors, services
from claims.models import Claim, Dispute
from claims.services import safeguards
from grants import services as grants
from grants.models import LADDER, LedgerEntry
from overtime_ledger import clock
from overtime_ledger.accounts.models import User
from tasking.models import Enquiry
from tests import factories as make

pytestmark = pytest.mark.django_db
PAID = (992_116, 0, 0, 7_884, 0)
CLAIMED = (989_488, 0, 10_512, 0, 0)
WHY = "Relieved at 19:00"


@pytest.fixture
def house() -> Iterator[make.House]:
    """A Friday on which the DI and a deputy both act."""
    made = make.house()
    with clock.travel(make.at(date(2021, 2, 12))):
        grants.delegate(made.grant, made.deputy, by=made.di, from_on=clock.today(), to_on=date(2021, 3, 31))
        yield made


@pytest.fixture
def enquiry(house: make.House) -> Enquiry:
    return make.enquiry(house)


@pytest.fixture
def certified(house: make.House, enquiry: Enquiry) -> Claim:
    """Four hours, 16:00 to 20:00, £105.12."""
    return make.claim(house, make.assignment(house, enquiry, make.officer(house.lead)), state="certified")


@pytest.fixture
def in_part(house: make.House, certified: Claim) -> Claim:
    """Three of the four hours, approved by the DI."""
    return services.approve_part(certified, by=house.di, revision=certified.revision, minutes=180, reason=WHY)


@pytest.fixture
def disputed(in_part: Claim) -> Claim:
    services.dispute(in_part, by=in_part.claimant, reason="The relief came at 20:00")
    return in_part


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def at(name: str, claim: Claim) -> str:
    return reverse(f"claims:{name}", args=[claim.pk])


def stages(enquiry: Enquiry) -> tuple[int, ...]:
    enquiry.line.refresh_from_db()
    return tuple(getattr(enquiry.line, stage) for stage in LADDER)


def said(claim: Claim, **more: object) -> dict[str, object]:
    return {"minutes": "3 h", "reason": WHY, "revision": claim.revision, **more}


def text(page: Any) -> str:
    return " ".join(page.content.decode().split())


# A part, in the browser


def test_a_part_is_seen_before_it_is_approved(house: make.House, enquiry: Enquiry, certified: Claim) -> None:
    di = signed_in(house.di)
    assert at("approve_part", certified) in text(di.get(at("claim", certified)))
    assert di.get(at("approve_part", certified)).status_code == 200
    check = di.post(at("approve_part", certified), said(certified))
    shown = text(check)
    assert "Approve £78.84 of £105.12</button>" in shown
    assert (check.context["price"].pence, check.context["back_pence"]) == (7_884, 2_628)
    assert [(one.stage, one.after - one.before) for one in check.context["effect"]] == [
        ("Available", 2_628),
        ("Claimed", -10_512),
        ("Approved", 7_884),
    ]
    assert "12 completed quarters" in shown
    assert WHY in shown
    assert stages(enquiry) == CLAIMED
    done = di.post(at("approve_part", certified), said(certified, expected_pence=7_884))
    assert done.url == at("claim", certified)
    assert stages(enquiry) == PAID


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"minutes": "4 h"}, "minutes"),
        ({"minutes": "0"}, "minutes"),
        ({"minutes": ""}, "minutes"),
        ({"reason": " "}, "reason"),
    ],
)
def test_what_is_no_part_or_has_no_reason_is_said_at_its_field(
    house: make.House, enquiry: Enquiry, certified: Claim, typed: dict[str, str], field: str
) -> None:
    for expected in ({}, {"expected_pence": 7_884}):
        page = signed_in(house.di).post(at("approve_part", certified), said(certified, **typed, **expected))
        assert (page.status_code, list(page.context["form"].errors)) == (422, [field])
    if typed.get("minutes"):
        assert page.context["refusal"].code == "A11"
        assert WHY in text(page)
    assert stages(enquiry) == CLAIMED


@pytest.mark.parametrize("changed", [{"expected_pence": 7_000}, {"expected_pence": 7_884, "revision": 1}])
def test_another_sum_or_another_claim_than_was_seen_is_refused_and_what_was_typed_stays(
    house: make.House, enquiry: Enquiry, certified: Claim, changed: dict[str, int]
) -> None:
    page = signed_in(house.di).post(at("approve_part", certified), said(certified, **changed))
    assert (page.status_code, page.context["refusal"].code) == (422, "A03")
    assert WHY in text(page)
    assert 'value="3 h"' in text(page)
    assert stages(enquiry) == CLAIMED


def test_changing_the_part_on_the_check_page_loses_nothing(house: make.House, certified: Claim) -> None:
    sent = said(certified, expected_pence=7_884, change="1")
    page = signed_in(house.di).post(at("approve_part", certified), sent)
    assert (page.status_code, page.templates[0].name) == (200, "claims/approve_part.html")
    assert WHY in text(page)
    assert "7884" not in text(page)


def test_without_the_role_there_is_no_such_page(
    house: make.House, enquiry: Enquiry, certified: Claim
) -> None:
    for person in (house.supervisor, house.finance, house.auditor, certified.claimant):
        page = signed_in(person).post(at("approve_part", certified), said(certified, expected_pence=7_884))
        assert page.status_code == 404
    assert stages(enquiry) == CLAIMED


def test_its_own_interest_keeps_the_di_from_a_part(
    house: make.House, enquiry: Enquiry, certified: Claim
) -> None:
    safeguards.declare_interest(by=house.di, officer=certified.claimant, what="Siblings")
    page = signed_in(house.di).post(at("approve_part", certified), said(certified, expected_pence=7_884))
    assert (page.status_code, page.context["refusal"].code) == (422, "A05")
    assert stages(enquiry) == CLAIMED


# What everybody reads


def test_everybody_who_sees_the_claim_reads_old_new_and_why(house: make.House, in_part: Claim) -> None:
    for person in (in_part.claimant, house.supervisor, house.finance, house.auditor, house.di):
        shown = text(signed_in(person).get(at("claim", in_part)))
        assert f"Claimed £105.12, approved £78.84: {WHY}" in shown
        assert "12 completed quarters" in shown
        assert "Different from what was tasked" not in shown
        assert "Changed since it was last sent" not in shown


def test_the_claims_list_and_its_file_show_claimed_beside_approved(house: make.House, in_part: Claim) -> None:
    assert "of £105.12 claimed" in text(signed_in(house.finance).get(reverse("claims:claims")))
    assert "of £105.12 claimed" in text(signed_in(in_part.claimant).get(reverse("claims:claims")))
    file = signed_in(house.finance).get(reverse("claims:claims"), {"format": "csv"})
    rows = list(csv.reader(StringIO(b"".join(file).decode("utf-8-sig"))))
    head = next(number for number, row in enumerate(rows) if row and row[0] == "Claim")
    row = dict(zip(rows[head], rows[head + 1], strict=True))
    assert (row["Claimed (£)"], row["Amount (£)"], row["Minutes"]) == ("105.12", "78.84", "180")


def test_hours_and_pence_of_a_part_are_those_approved_now_and_at_the_end_of_a_past_day(
    house: make.House, enquiry: Enquiry, in_part: Claim
) -> None:
    whole = make.claim(house, make.assignment(house, enquiry, make.officer(house.lead)), state="approved")
    both = 180 + 240, 7_884 + whole.pence
    assert selectors.worked_minutes(house.grant) == both
    today = clock.today()
    with clock.travel(make.at(today + timedelta(days=3))):
        assert selectors.worked_minutes(house.grant, as_at=today) == both
        before = selectors.worked_minutes(house.grant, as_at=date(2021, 2, 11))
        assert before == (480, 21_024)


def test_what_is_due_and_the_list_come_to_the_same(house: make.House, in_part: Claim) -> None:
    page = signed_in(house.finance).get(reverse("payments:overview"))
    listed = signed_in(house.finance).get(reverse("claims:claims"), {"waiting": "finance"})
    assert page.context["total"] == listed.context["total"] == selectors.Total(1, 7_884)


# The dispute


def test_the_claimant_disputes_once(in_part: Claim) -> None:
    officer = signed_in(in_part.claimant)
    assert at("dispute", in_part) in text(officer.get(at("claim", in_part)))
    assert officer.get(at("dispute", in_part)).status_code == 200
    empty = officer.post(at("dispute", in_part), {"reason": ""})
    assert (empty.status_code, list(empty.context["form"].errors)) == (422, ["reason"])
    assert officer.post(at("dispute", in_part), {"reason": "The relief came at 20:00"}).status_code == 302
    page = officer.get(at("claim", in_part))
    assert "The relief came at 20:00" in text(page)
    assert at("dispute", in_part) not in text(page)
    again = officer.post(at("dispute", in_part), {"reason": "And another thing"})
    assert (again.status_code, again.context["refusal"].code) == (422, "A12")
    assert "And another thing" in text(again)
    assert Dispute.objects.count() == 1


def test_nobody_else_disputes_it(house: make.House, in_part: Claim) -> None:
    for person in (make.officer(house.lead), house.clerk, house.di, house.finance):
        assert signed_in(person).get(at("dispute", in_part)).status_code == 404
        assert signed_in(person).post(at("dispute", in_part), {"reason": "More"}).status_code == 404
    assert not Dispute.objects.exists()


def test_an_open_dispute_waits_for_the_other_of_di_and_deputy(house: make.House, disputed: Claim) -> None:
    assert list(selectors.to_decide(house.deputy, house.grant)) == [disputed]
    assert list(selectors.to_decide(house.di, house.grant)) == []
    assert "Disputed £78.84" in text(signed_in(house.deputy).get("/"))
    assert at("answer_dispute", disputed) in text(signed_in(house.deputy).get(at("claim", disputed)))
    assert at("answer_dispute", disputed) not in text(signed_in(house.di).get(at("claim", disputed)))
    listed = signed_in(house.auditor).get(reverse("claims:claims"), {"waiting": "dispute"})
    assert listed.context["total"].count == 1
    refused = signed_in(house.di).post(
        at("answer_dispute", disputed), {"decision": "stands", "answer": "No more"}
    )
    assert (refused.status_code, refused.context["refusal"].code) == (422, "A01")
    assert Dispute.objects.get().status == "open"


def test_the_part_is_left_to_stand_with_an_answer(
    house: make.House, enquiry: Enquiry, disputed: Claim
) -> None:
    deputy, before = signed_in(house.deputy), LedgerEntry.objects.count()
    page = deputy.get(at("answer_dispute", disputed))
    assert "until 26 February 2021" in text(page)
    assert "Let £78.84 stand" in text(page)
    for decision in ({"decision": "stands"}, {"answer": "The log says 19:00"}):
        assert deputy.post(at("answer_dispute", disputed), decision).status_code == 422
    said = {"decision": "stands", "answer": "The log says 19:00"}
    assert deputy.post(at("answer_dispute", disputed), said).status_code == 302
    assert (Dispute.objects.get().status, LedgerEntry.objects.count()) == ("refused", before)
    assert stages(enquiry) == PAID
    told = text(signed_in(disputed.claimant).get(at("claim", disputed)))
    assert "Disputed: the part stands" in told
    assert "The log says 19:00" in told


def test_an_upheld_dispute_puts_the_duty_back_among_those_to_claim(
    house: make.House, enquiry: Enquiry, disputed: Claim
) -> None:
    page = signed_in(house.deputy).get(at("answer_dispute", disputed))
    shown = {one.stage: one.after for one in page.context["effect"]}
    said = {"decision": "upheld", "answer": "The relief wrote 20:00"}
    assert signed_in(house.deputy).post(at("answer_dispute", disputed), said).status_code == 302
    assert stages(enquiry) == (989_488, 10_512, 0, 0, 0)
    assert shown == {"Available": 989_488, "Tasked": 10_512, "Approved": 0}
    assert list(selectors.duties_to_claim(disputed.claimant)) == [disputed.assignment]
    assert "Disputed and upheld" in text(signed_in(disputed.claimant).get(at("claim", disputed)))


def test_a_reversed_part_leaves_nothing_to_answer(house: make.House, disputed: Claim) -> None:
    services.reverse(disputed, by=house.di, revision=disputed.revision, reason="Paid elsewhere")
    said = {"decision": "stands", "answer": "No more"}
    page = signed_in(house.deputy).post(at("answer_dispute", disputed), said)
    assert (page.status_code, page.context["refusal"].code) == (422, "A12")
    assert list(selectors.to_decide(house.deputy, house.grant)) == []


# The administration


def press(person: User, claim: Claim, verb: str, *, seen: int | None = None, **said: Any) -> Any:
    """Send the form of a verb from the claim's page, or, with `confirmed`, the page that asks once more."""
    buttons = {"confirmed": said.pop("confirmed")} if "confirmed" in said else {}
    fields = {f"{verb}-{name}": value for name, value in said.items()}
    address = reverse(f"admin:claims_claim_{verb}", args=(claim.pk,))
    return signed_in(person).post(address, {"seen": str(seen or claim.revision), **fields, **buttons})


def test_the_administration_shows_a_part_once_more_and_approves_just_that(
    house: make.House, enquiry: Enquiry, certified: Claim
) -> None:
    page = signed_in(house.di).get(reverse("admin:claims_claim_approve_part", args=(certified.pk,)))
    assert "See what the part comes to" in text(page)
    asked = press(house.di, certified, "approve_part", minutes="3 h", reason=WHY)
    assert "Approve £78.84 of £105.12</button>" in text(asked)
    assert "12 completed quarters" in text(asked)
    assert stages(enquiry) == CLAIMED
    typed = dict(asked.context_data["typed_values"])
    assert typed["approve_part-expected_pence"] == "7884"
    done = signed_in(house.di).post(
        reverse("admin:claims_claim_approve_part", args=(certified.pk,)), typed | {"confirmed": "yes"}
    )
    assert done.status_code == 302
    assert stages(enquiry) == PAID
    listed = signed_in(house.di).get("/admin/claims/claim/", {"status": "approved"})
    assert "£78.84 of £105.12 claimed" in text(listed)
    page = signed_in(house.auditor).get(reverse("admin:claims_claim_change", args=(certified.pk,)))
    assert f"Claimed £105.12, approved £78.84: {WHY}" in text(page)


def test_a_part_above_the_deputys_limit_is_refused_before_it_is_asked_about(
    house: make.House, enquiry: Enquiry, certified: Claim
) -> None:
    house.grant.authorities.filter(person=house.deputy).update(limit_pence=7_884)
    page = signed_in(house.deputy).get(at("claim", certified))
    assert at("approve_part", certified) in text(page) and "A02" in text(page)
    for typed, status in (("3 h 30", 422), ("3 h", 200)):
        browser = signed_in(house.deputy).post(at("approve_part", certified), said(certified, minutes=typed))
        asked = press(house.deputy, certified, "approve_part", minutes=typed, reason=WHY)
        assert (browser.status_code, asked.status_code) == (status, status)
        assert ("A02" in text(browser), "A02" in text(asked)) == (status == 422, status == 422)
    assert stages(enquiry) == CLAIMED


@pytest.mark.parametrize(
    ("typed", "seen", "code"),
    [
        ({"minutes": "4 h"}, None, "A11"),
        ({"reason": ""}, None, "field"),
        ({"expected_pence": "7000"}, None, "A03"),
        ({}, 1, "A03"),
    ],
)
def test_the_administration_refuses_what_is_no_part_or_not_what_was_seen(
    house: make.House, enquiry: Enquiry, certified: Claim, typed: dict[str, str], seen: int | None, code: str
) -> None:
    said = {"minutes": "3 h", "reason": WHY, "expected_pence": "7884"} | typed
    page = press(house.di, certified, "approve_part", seen=seen, confirmed="yes", **said)
    assert page.status_code == 422
    refusal = page.context_data["refusal"]
    assert (refusal.code if refusal else "field") == code
    assert stages(enquiry) == CLAIMED


def test_the_administration_answers_a_dispute(house: make.House, enquiry: Enquiry, disputed: Claim) -> None:
    change = reverse("admin:claims_claim_change", args=(disputed.pk,))
    assert "Let £78.84 stand" in text(signed_in(house.deputy).get(change))
    own = text(signed_in(house.di).get(change))
    assert "Let £78.84 stand" not in own
    assert "You approved the part" in own
    said = {"decision": "upheld", "answer": "The relief wrote 20:00"}
    for person, seen, code in ((house.di, None, "A01"), (house.deputy, 1, "A03")):
        page = press(person, disputed, "answer_dispute", seen=seen, **said)
        assert (page.status_code, page.context_data["refusal"].code) == (422, code)
    assert stages(enquiry) == PAID
    assert press(house.deputy, disputed, "answer_dispute", **said).status_code == 302
    assert stages(enquiry) == (989_488, 10_512, 0, 0, 0)
    again = press(house.deputy, disputed, "answer_dispute", **said)
    assert (again.status_code, again.context_data["refusal"].code) == (422, "A03")


def test_what_was_never_disputed_has_no_answer(house: make.House, in_part: Claim) -> None:
    page = press(house.deputy, in_part, "answer_dispute", decision="stands", answer="No more")
    assert (page.status_code, page.context_data["refusal"].code) == (422, "A12")


@pytest.fixture
def asking(house: make.House, enquiry: Enquiry) -> Claim:
    """A draft that asks for two hours more than the four that were tasked."""
    duty = make.assignment(house, enquiry, make.officer(house.lead))
    longer = replace(services.as_planned(duty), ends_at=make.at(duty.duty_on, 22))
    return services.submit(longer, by=duty.officer, reason="The subject moved on late")


@pytest.mark.parametrize(
    ("decision", "status", "worked"),
    [("grant", "submitted", 360), ("part", "submitted", 300), ("refuse", "draft", 360)],
)
def test_the_administration_grants_more_time_a_part_of_it_or_none(
    house: make.House, asking: Claim, decision: str, status: str, worked: int
) -> None:
    page = signed_in(house.di).get(reverse("admin:claims_claim_change", args=(asking.pk,)))
    assert "Grant only that part of the time" in text(page)
    said = {"decision": decision, "minutes": "1 h" if decision == "part" else "", "reason": "As logged"}
    assert press(house.di, asking, "more_time", **said).status_code == 302
    asking.refresh_from_db()
    assert (asking.status, asking.worked_minutes) == (status, worked)


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"decision": "refuse", "reason": ""}, "A08"),
        ({"decision": "part", "minutes": "1 h", "reason": ""}, "A08"),
        ({"decision": "part", "minutes": "", "reason": "As logged"}, "field"),
        ({"decision": "part", "minutes": "9 h", "reason": "As logged"}, "C04"),
    ],
)
def test_more_time_is_refused_or_granted_in_part_only_with_its_reason(
    house: make.House, enquiry: Enquiry, asking: Claim, said: dict[str, str], code: str
) -> None:
    before = stages(enquiry)
    page = press(house.di, asking, "more_time", **said)
    assert page.status_code == 422
    refusal = page.context_data["refusal"]
    assert (refusal.code if refusal else "field") == code
    assert stages(enquiry) == before
    assert Claim.objects.get(pk=asking.pk).revision == asking.revision
