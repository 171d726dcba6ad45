"""What a verb would do to an enquiry's money."""

from dataclasses import dataclass

from claims.models import Claim
from grants.models import Period, Stage

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


def closed_periods(claim: Claim) -> list[Period]:
    """The periods closed for good in which a claim was approved or paid: what undoes it is of a later one."""
    days = [entry.posted_on for entry in (claim.approval_entry, claim.settlement_entry) if entry]
    closed = Period.objects.filter(grant=claim.grant_id, state=Period.State.HARD)
    return [one for one in closed if any(one.starts_on <= day <= one.ends_on for day in days)]


def effect_of(verb: str, claim: Claim) -> list[Effect]:
    """The stages of the enquiry's line between which approve, return, reject or reverse moves the money."""
    paid = Stage.SETTLED if claim.status == Status.SETTLED else Stage.APPROVED
    source, target = _MOVES.get(verb, (paid, Stage.AVAILABLE))
    line = claim.enquiry.line
    return [
        Effect(stage.label, getattr(line, stage), getattr(line, stage) + sign * claim.pence)
        for stage, sign in ((source, -1), (target, 1))
    ]
