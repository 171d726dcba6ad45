"""Which verbs a claim's state calls for, and what keeps a person from each."""

from collections.abc import Callable

from claims.models import Claim, Dispute, Event
from claims.services import claiming, deciding, parts, settling
from grants import ledger
from overtime_ledger.accounts.models import User
from overtime_ledger.errors import Refusal

Status, Verb, Kind = Claim.Status, Event.Verb, ledger.Kind


_May = Callable[..., object]


# The verbs for which each state of a claim calls, in the order in which pages offer them.
_VERBS: dict[str, dict[str, _May]] = {
    Status.DRAFT: {
        "more_time": deciding.may_refuse_more_time,
        "answer": claiming.may_answer,
        "withdraw": claiming.may_withdraw,
    },
    Status.SUBMITTED: {
        "certify": deciding.may_certify,
        "approve": deciding.may_approve,
        "return": deciding.may_return,
        "reject": deciding.may_reject,
        "withdraw": claiming.may_withdraw,
    },
    Status.CERTIFIED: {
        "approve": deciding.may_approve,
        "approve_part": parts.may_approve_part,
        "return": deciding.may_return,
        "reject": deciding.may_reject,
        "withdraw": claiming.may_withdraw,
    },
    Status.RETURNED: {"answer": claiming.may_answer, "withdraw": claiming.may_withdraw},
    Status.APPROVED: {"settle": settling.may_settle, "reverse": deciding.may_reverse},
    Status.SETTLED: {"reverse": deciding.may_reverse},
}


def obstacles(claim: Claim, *, by: User) -> dict[str, Refusal | None]:
    """The verbs for which a claim's state calls, each with what keeps a person from it, if anything does."""
    found: dict[str, Refusal | None] = {}
    for verb, may in (_of_a_part(claim) | _VERBS.get(claim.status, {})).items():
        try:
            may(claim, by=by)
            found[verb] = None
        except Refusal as refusal:
            found[verb] = refusal
    return found


def _of_a_part(claim: Claim) -> dict[str, _May]:
    """A part that was approved may be disputed once; an open dispute is answered."""
    if claim.claimed_pence is None or claim.status not in (Status.APPROVED, Status.SETTLED):
        return {}
    raised = parts.dispute_of(claim)
    if raised is None:
        return {"dispute": parts.may_dispute}
    return {"decide_dispute": parts.may_answer_dispute} if raised.status == Dispute.Status.OPEN else {}
