"""An officer at a phone's width or a desk: claim, answer, know where the claim is."""

from claims.models import Claim
from grants.models import LADDER
from tasking.models import Assignment, Enquiry
from tests.journeys.conftest import Arrival
from tests.scene import Scene


def stages(enquiry: Enquiry) -> tuple[int, ...]:
    enquiry.line.refresh_from_db()
    return tuple(getattr(enquiry.line, stage) for stage in LADDER)


def moved(enquiry: Enquiry, before: tuple[int, ...]) -> tuple[int, ...]:
    """What changed on an enquiry's five balances, in pence."""
    return tuple(now - then for now, then in zip(stages(enquiry), before, strict=True))


def test_a_duty_that_went_as_planned_takes_two_presses(arrive: Arrival, stage: Scene) -> None:
    before = stages(stage.enquiry)
    officer = arrive("officer")
    officer.press("Worked as planned: Thu 4 Mar")
    officer.reads("16:00 to 20:00", "£105.12")
    officer.press("I worked these hours and no other fund pays for them: claim £105.12")
    assert officer.presses == 2
    claim = Claim.objects.get(assignment=stage.to_claim)
    assert (claim.status, claim.pence, claim.entered_by) == ("submitted", 10_512, claim.claimant)
    assert moved(stage.enquiry, before) == (0, -10_512, 10_512, 0, 0)
