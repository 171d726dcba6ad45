"""An officer: claims a duty, asks for more time, answers a return, knows where the claim is."""

from claims.models import Claim, MoreTime
from tests.journeys.conftest import Arrival
from tests.journeys.money import Watch
from tests.journeys.person import KeyboardPerson, PlainPerson
from tests.scene import Scene

AS_PLANNED = "I worked these hours and no other fund pays for them: claim £105.12"


def test_a_duty_that_went_as_planned_takes_two_presses(arrive: Arrival, stage: Scene) -> None:
    books, officer = Watch(stage.enquiry.line), arrive("officer")
    officer.press("Worked as planned: Thu 4 Mar")
    officer.reads("16:00 to 20:00", "Enquiry 1")
    officer.press(AS_PLANNED)
    assert officer.presses == 2
    claim = Claim.objects.get(assignment=stage.to_claim)
    assert (claim.status, claim.pence, claim.entered_by) == ("submitted", 10_512, claim.claimant)
    assert books.moved() == (0, -10_512, 10_512, 0, 0)
    officer.reads("Next:", "Submitted")


def test_other_times_take_three_presses_and_the_unworked_rest_returns(arrive: Arrival, stage: Scene) -> None:
    books, officer = Watch(stage.enquiry.line), arrive("officer")
    officer.press("Times were different: Fri 5 Mar")
    officer.type("End", "19:00")
    officer.press("Check the pay")
    officer.reads("£26.28")
    officer.press("claim £78.84")
    assert officer.presses == 3
    claim = Claim.objects.get(assignment=stage.to_claim_too)
    assert (claim.status, claim.pence, claim.worked_minutes) == ("submitted", 7_884, 180)
    assert books.moved() == (2_628, -10_512, 7_884, 0, 0)


def test_more_than_was_tasked_is_asked_for_with_a_reason_and_nothing_typed_is_lost(
    arrive: Arrival, stage: Scene
) -> None:
    books, officer = Watch(stage.enquiry.line), arrive("officer")
    officer.press("Times were different: Fri 5 Mar")
    officer.type("End", "21:00")
    officer.press("Check the pay")
    officer.reads("There is a problem")
    assert officer.page.title().startswith("Error: ")
    assert officer.main.get_by_label("End").input_value() == "21:00"
    officer.type("Remark", "The subject moved on late")
    officer.press("Check the pay")
    officer.press("ask for £131.41")
    assert officer.presses == 4
    request = MoreTime.objects.get(claim__assignment=stage.to_claim_too)
    assert (request.status, request.extra_pence, request.claim.status) == ("asked", 2_629, "draft")
    assert books.moved() == (0, 0, 0, 0, 0)


def test_a_return_is_answered_in_two_presses(arrive: Arrival, stage: Scene) -> None:
    books, officer = Watch(stage.enquiry.line), arrive("officer")
    officer.press("Answer Claim")
    officer.reads("The log says that it ended earlier")
    officer.type("Your answer", "It ended as claimed: the log was closed early")
    officer.press("claim £105.12 again")
    assert officer.presses == 2
    claim = Claim.objects.get(pk=stage.returned.pk)
    assert (claim.status, claim.remark) == ("submitted", "It ended as claimed: the log was closed early")
    assert claim.revision > stage.returned.revision
    assert books.moved() == (0, -10_512, 10_512, 0, 0)


def test_where_ones_claim_is_stands_on_the_home_page(arrive: Arrival, stage: Scene) -> None:
    officer = arrive("officer")
    row = officer.main.get_by_role("row").filter(has_text=f"Claim {stage.returned.pk}")
    assert "Returned" in row.inner_text() and "since Mon 1 Mar" in row.inner_text()
    assert officer.presses == 0


def test_a_duty_to_come_is_declined(arrive: Arrival, stage: Scene) -> None:
    books, officer = Watch(stage.enquiry.line), arrive("officer")
    officer.press("I cannot work this duty: Thu 11 Mar")
    officer.type("Reason", "Court that day")
    officer.press("Decline")
    stage.to_come.refresh_from_db()
    assert (stage.to_come.status, stage.to_come.committed_pence) == ("declined", 0)
    assert books.moved() == (10_512, -10_512, 0, 0, 0)


def test_by_keyboard_alone(arrive: Arrival, stage: Scene) -> None:
    books, officer = Watch(stage.enquiry.line), arrive("officer", KeyboardPerson)
    officer.press("Times were different: Fri 5 Mar")
    officer.type("End", "19:00")
    officer.press("Check the pay")
    officer.press("claim £78.84")
    assert officer.presses == 3
    assert Claim.objects.get(assignment=stage.to_claim_too).pence == 7_884
    assert books.moved() == (2_628, -10_512, 7_884, 0, 0)


def test_without_a_script(arrive: Arrival, stage: Scene) -> None:
    books, officer = Watch(stage.enquiry.line), arrive("officer", PlainPerson)
    officer.press("Worked as planned: Thu 4 Mar")
    officer.press(AS_PLANNED)
    assert officer.presses == 2
    assert Claim.objects.get(assignment=stage.to_claim).status == "submitted"
    assert books.moved() == (0, -10_512, 10_512, 0, 0)
