"""A part of a claim is approved, its claimant disputes it, another than the approver answers."""

from django.urls import reverse

from claims.models import Claim
from tests.journeys.conftest import Arrival
from tests.journeys.money import Watch
from tests.scene import Scene


def test_a_part_is_approved_disputed_and_upheld(arrive: Arrival, stage: Scene) -> None:
    claim, books = stage.clean[0], Watch(stage.enquiry.line)
    address = reverse("claims:claim", args=[claim.pk])
    di = arrive("di")
    di.goto(address)
    di.press("Approve only a part")
    di.type("Time approved", "4 h")
    di.type("Why no more?", "Relieved at 19:00")
    di.press("See what the part comes to")
    di.reads("a part is less than that")
    di.type("Time approved", "3 h")
    di.press("See what the part comes to")
    di.press("Approve £78.84 of £105.12")
    di.reads("Claimed £105.12, approved £78.84: Relieved at 19:00")
    assert books.moved() == (2_628, 0, -10_512, 7_884, 0)
    officer = arrive(claim.claimant.username)
    officer.goto(address)
    officer.press("Dispute this")
    officer.type("Why is more due?", "The relief came at 20:00")
    officer.press("Dispute £78.84 of £105.12")
    officer.reads("Disputed: it waits for an answer")
    deputy = arrive("deputy")
    deputy.reads("Disputed £78.84")
    deputy.goto(address)
    deputy.press("Answer the dispute")
    deputy.type("Your answer", "The relief wrote 20:00")
    deputy.press("Uphold: reverse £78.84 and set £105.12 aside again")
    deputy.reads("Disputed and upheld")
    assert books.moved() == (0, 10_512, -10_512, 0, 0)


def test_the_administration_has_the_same(arrive: Arrival, stage: Scene) -> None:
    claim, books = stage.clean[0], Watch(stage.enquiry.line)
    di = arrive("di")
    di.goto(reverse("admin:claims_claim_change", args=[claim.pk]))
    di.unfold("Approve only a part")
    di.type("Time approved", "3 h")
    di.type("Why no more?", "Relieved at 19:00")
    di.press("See what the part comes to")
    di.press("Approve £78.84 of £105.12")
    assert books.moved() == (2_628, 0, -10_512, 7_884, 0)
    di.goto(reverse("admin:claims_claim_change", args=[stage.waiting.pk]))
    di.reads("The subject moved on late")
    di.type("If only a part: how much more time", "30")
    di.type("Reason", "Relieved at half past")
    di.press("Grant only that part of the time")
    assert Claim.objects.get(pk=stage.waiting.pk).worked_minutes == 270
