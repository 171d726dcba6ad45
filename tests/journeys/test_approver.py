"""The approver in the administration: the queue with its totals, one claim, several together, one refused."""

import re

from django.urls import reverse

from claims import services as claims
from claims.models import Claim
from tests.journeys.conftest import Arrival
from tests.journeys.money import Watch
from tests.journeys.person import Person
from tests.scene import Scene

QUEUE = "admin:claims_claim_changelist"


def at_the_queue(arrive: Arrival, name: str = "di") -> Person:
    """An approver whose day begins in the queue."""
    approver = arrive(name)
    approver.goto(reverse(QUEUE))
    approver.presses = 0
    return approver


def status(claim: Claim) -> str:
    return Claim.objects.get(pk=claim.pk).status


def test_the_queue_says_how_many_and_how_much(arrive: Arrival, stage: Scene) -> None:
    approver = at_the_queue(arrive)
    approver.reads("5 claims, £525.60")
    rows = approver.main.locator("#result_list tbody tr")
    assert rows.count() == 5
    approver.press("Flagged")
    approver.reads("2 claims, £210.24")


def test_one_flagged_claim_in_two_presses(arrive: Arrival, stage: Scene) -> None:
    books, approver = Watch(stage.enquiry.line), at_the_queue(arrive)
    approver.press(re.compile(f"^{stage.flagged.pk}$"))
    approver.reads("C07", "Before", "After")
    approver.type("Your answer to the questions", "The duty record is on file")
    approver.press("Approve £105.12")
    assert approver.presses == 2
    assert status(stage.flagged) == "approved"
    assert books.moved() == (0, 0, -10_512, 10_512, 0)


def test_without_its_answer_it_is_refused_on_the_same_page(arrive: Arrival, stage: Scene) -> None:
    books, approver = Watch(stage.enquiry.line), at_the_queue(arrive)
    approver.press(re.compile(f"^{stage.flagged.pk}$"))
    approver.press("Approve £105.12")
    approver.reads("A07")
    assert status(stage.flagged) == "certified"
    assert books.moved() == (0, 0, 0, 0, 0)


def test_one_is_returned_in_two(arrive: Arrival, stage: Scene) -> None:
    books, approver = Watch(stage.second.line), at_the_queue(arrive)
    approver.press(re.compile(f"^{stage.flagged_too.pk}$"))
    approver.choose_radio("Something that shows it is missing")
    approver.type("What the claimant should do", "Add the reference of the log")
    approver.press("Return it to")
    assert approver.presses == 2
    assert status(stage.flagged_too) == "returned"
    assert books.moved() == (0, 10_512, -10_512, 0, 0)


def open_the_sample(approver: Person) -> int:
    """Open each claim of the sample and come back; how many there are."""
    names = approver.main.locator(".sample a").all_inner_texts()
    for name in names:
        approver.press(name)
        approver.press("Approve clean claims together")
    approver.reads("Opened")
    return len(names)


def test_all_clean_claims_in_two_and_opening_the_sample(arrive: Arrival, stage: Scene) -> None:
    books, approver = Watch(stage.enquiry.line), at_the_queue(arrive)
    approver.reads("Waiting for you")
    approver.press("Approve selected")
    opened = open_the_sample(approver)
    approver.press("Approve 3 claims: £315.36")
    approver.reads("Approved 3 claims: £315.36")
    assert (opened, approver.presses) == (1, 2 + 2 * opened)
    assert {status(claim) for claim in stage.clean} == {"approved"}
    assert status(stage.flagged) == "certified"
    assert books.moved() == (0, 0, -31_536, 31_536, 0)


def test_without_opening_the_sample_nothing_is_approved(arrive: Arrival, stage: Scene) -> None:
    books, approver = Watch(stage.enquiry.line), at_the_queue(arrive)
    approver.press("Approve all that are clean: 3, £315.36")
    approver.press("Approve 3 claims: £315.36")
    approver.reads("A06", "Open each claim of the sample")
    assert {status(claim) for claim in stage.clean} == {"certified"}
    assert books.moved() == (0, 0, 0, 0, 0)


def tick(approver: Person, *claims: Claim) -> None:
    for claim in claims:
        row = approver.page.get_by_role("row", name=re.compile(rf"\b{claim.pk} {claim.claimant}"))
        row.get_by_role("checkbox").check()


def test_of_several_together_one_is_refused_and_the_others_stand(arrive: Arrival, stage: Scene) -> None:
    books, approver = Watch(stage.enquiry.line), at_the_queue(arrive)
    tick(approver, *stage.clean, stage.flagged)
    approver.press("Approve selected")
    approver.reads("left out", "A07", "£315.36")
    open_the_sample(approver)
    changed = stage.clean[1]
    claims.return_claim(
        changed,
        by=stage.house.deputy,
        revision=changed.revision,
        reason_code="times",
        reason="The log says otherwise",
    )
    approver.press("Approve 3 claims: £315.36")
    approver.reads("1 refused", "A03")
    assert [status(claim) for claim in stage.clean] == ["approved", "returned", "approved"]
    assert status(stage.flagged) == "certified"
    assert books.moved() == (0, 10_512, -31_536, 21_024, 0)


def test_several_are_returned_each_with_its_own_words(arrive: Arrival, stage: Scene) -> None:
    approver = at_the_queue(arrive)
    one, other = stage.clean[:2]
    tick(approver, one, other)
    approver.press("Return selected")
    approver.choose("What is wrong with them", "Something that shows it is missing")
    approver.type("What should the claimants do?", "Add the reference of the log")
    approver.press("Write it into each form below")
    words = approver.main.get_by_role("group", name=re.compile(f"Claim {other.pk}"))
    words.get_by_label("What should the claimant do?").fill("Add the page of the book")
    approver.press("Return 2 claims")
    assert [status(claim) for claim in (one, other)] == ["returned", "returned"]
    told = [Claim.objects.get(pk=claim.pk).events.latest("pk").reason for claim in (one, other)]
    assert told == ["Add the reference of the log", "Add the page of the book"]


def test_a_deputy_approves_up_to_the_limit_in_the_name_of_the_di(arrive: Arrival, stage: Scene) -> None:
    deputy = at_the_queue(arrive, "deputy")
    claim = stage.clean[0]
    deputy.press(re.compile(f"^{claim.pk}$"))
    deputy.press("Approve £105.12")
    event = Claim.objects.get(pk=claim.pk).events.latest("pk")
    assert (event.by, event.capacity) == (stage.house.deputy, "for the controlling DI")
