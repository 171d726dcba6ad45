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


def test_all_clean_claims_in_two(arrive: Arrival, stage: Scene) -> None:
    books, approver = Watch(stage.enquiry.line), at_the_queue(arrive)
    approver.press("Approve selected")
    approver.press("Approve 3 claims: £315.36")
    assert approver.presses == 2
    assert {status(claim) for claim in stage.clean} == {"approved"}
    assert status(stage.flagged) == "certified"
    assert books.moved() == (0, 0, -31_536, 31_536, 0)


def test_of_several_together_one_is_refused_and_the_others_stand(arrive: Arrival, stage: Scene) -> None:
    books, approver = Watch(stage.enquiry.line), at_the_queue(arrive)
    for claim in (*stage.clean, stage.flagged):
        approver.page.get_by_role("row", name=re.compile(rf"\b{claim.pk} {claim.claimant}")).get_by_role(
            "checkbox"
        ).check()
    approver.press("Approve selected")
    approver.reads("Left out", "A07", "£315.36")
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


def test_a_deputy_approves_up_to_the_limit_in_the_name_of_the_di(arrive: Arrival, stage: Scene) -> None:
    deputy = at_the_queue(arrive, "deputy")
    claim = stage.clean[0]
    deputy.press(re.compile(f"^{claim.pk}$"))
    deputy.press("Approve £105.12")
    event = Claim.objects.get(pk=claim.pk).events.latest("pk")
    assert (event.by, event.capacity) == (stage.house.deputy, "for the controlling DI")
