"""What a verb would do to an enquiry's money."""

from dataclasses import dataclass

from claims.models import Claim
from grants.models import Stage

Status = Claim.Status


@dataclass(frozen=True)
class Effect:
    """A stage of the enquiry's money before and after a verb, in pence."""

    stage: str
    before: int
    after: int


_MOVES = {
    "approve": (Stage.CLAIMED, Stage.APPROVED),
    "return": (Stage.CLAIMED, Stage.TASKED),
    "reject": (Stage.CLAIMED, Stage.AVAILABLE),
}


def effect_of_part(claim: Claim, pence: int) -> list[Effect]:
    """The enquiry's line before and after so much of a claim is approved and the rest goes back."""
    return _effects(claim, available=claim.pence - pence, claimed=-claim.pence, approved=pence)


def effect_of_upholding(claim: Claim) -> list[Effect]:
    """The enquiry's line before and after a part approval is undone and the whole duty is set aside anew."""
    paid = Stage.SETTLED if claim.status == Status.SETTLED else Stage.APPROVED
    whole = claim.assignment.authorised_pence
    return _effects(claim, available=claim.pence - whole, tasked=whole, **{paid: -claim.pence})


def _effects(claim: Claim, **by: int) -> list[Effect]:
    line = claim.enquiry.line
    return [
        Effect(Stage(stage).label, getattr(line, stage), getattr(line, stage) + pence)
        for stage, pence in by.items()
    ]


def effect_of(verb: str, claim: Claim) -> list[Effect]:
    """The stages of the enquiry's line between which approve, return, reject or reverse moves the money."""
    paid = Stage.SETTLED if claim.status == Status.SETTLED else Stage.APPROVED
    source, target = _MOVES.get(verb, (paid, Stage.AVAILABLE))
    line = claim.enquiry.line
    return [
        Effect(stage.label, getattr(line, stage), getattr(line, stage) + sign * claim.pence)
        for stage, sign in ((source, -1), (target, 1))
    ]
