"""What an approver says with each verb on a claim, and how the administration does it."""

import re
from collections.abc import Callable
from typing import Any

from django import forms

from claims import checks, selectors, services
from claims.forms.parts import AnswerDisputeForm, PartForm
from claims.models import Claim, Event
from overtime_ledger.administration import NothingToSay, Verb
from overtime_ledger.forms import MinutesField, ReasonField
from overtime_ledger.ui import duration, pounds

Status = Claim.Status


class AnswerField(ReasonField):
    """A reason that a flagged claim needs; that it is missing is for the control to say (A07)."""

    def validate(self, value: Any) -> None:
        return


class ApproveForm(forms.Form):
    """Why it is right: the answer to a flagged claim's questions."""

    reason = AnswerField(label="Your answer to the questions", help_text="It stays on the claim’s timeline.")


class MoreTimeForm(forms.Form):
    """The answer to a request for more time: all of it, a part, or none."""

    decision = forms.ChoiceField(choices=[("grant", "All"), ("part", "A part"), ("refuse", "None")])
    minutes = MinutesField(
        label="If only a part: how much more time", required=False, help_text="The claim then ends earlier."
    )
    reason = ReasonField(
        label="Reason",
        required=False,
        help_text="Needed to refuse, or to grant a part. The claimant reads it.",
    )

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or {}
        if typed.get("decision") == "part" and typed.get("minutes") is None and "minutes" not in self.errors:
            self.add_error("minutes", "Enter how much more time is granted, like 90")
        return typed


class RejectForm(forms.Form):
    """Why it is refused for good."""

    reason = ReasonField(label="Why it is refused", help_text="The claimant reads it.")


class ReverseForm(forms.Form):
    """Why an approval was wrong."""

    reason = ReasonField(label="Why the approval was wrong", help_text="It stands in the ledger.")


class ReturnForm(forms.Form):
    """What is wrong with it, in a code and in words."""

    reason_code = forms.ChoiceField(
        label="What is wrong with it",
        choices=Event.Reason.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose what is wrong with it"},
    )
    reason = ReasonField(label="What the claimant should do", help_text="The claimant reads it.")


def _verb(name: str, label: str, done: str, service: Any, **forms: Any) -> Verb:
    """A verb of `claims.services` with what was seen as its revision; what is no number was never seen."""

    def do(claim: Claim, *, by: Any, seen: str, **said: str) -> Claim:
        revision = int(seen) if re.fullmatch("[0-9]{1,9}", seen) else 0
        verdict: Claim = service(claim, by=by, revision=revision, **said)
        return verdict

    return Verb(name=name, label=label, done=done, do=do, **forms)


def _more_time(claim: Claim, *, by: Any, revision: int, decision: str, minutes: Any, reason: str) -> Claim:
    if decision == "refuse":
        return services.refuse_more_time(claim, by=by, revision=revision, reason=reason)
    part = minutes if decision == "part" else None
    return services.grant_more_time(claim, by=by, revision=revision, reason=reason, minutes=part)


def _answer_dispute(claim: Claim, *, by: Any, revision: int, decision: str, answer: str) -> Claim:
    checks.as_seen(claim, revision)
    return services.answer_dispute(claim, by=by, decision=decision, answer=answer).claim


def _part_in_words(claim: Claim, typed: Any) -> dict[str, str]:
    """What a part comes to, to be read before it is approved."""
    part = services.part_of(claim, typed["minutes"]).price
    moves = (
        f"{one.stage} {pounds(one.before)} → {pounds(one.after)}"
        for one in selectors.effect_of_part(claim, part.pence)
    )
    return {
        "Claimed": f"{pounds(claim.pence)} for {duration(claim.worked_minutes)}",
        "Approved": f"{pounds(part.pence)} for {duration(typed['minutes'])}",
        f"Returns to {claim.enquiry}": pounds(claim.pence - part.pence),
        "How the pay of the part comes about": " ".join(line.working for line in part.lines),
        "Why no more": typed["reason"],
        f"The money of {claim.enquiry}": "; ".join(moves),
    }


VERBS = (
    _verb("approve", "Approve", "approved", services.approve, form=ApproveForm, together=NothingToSay),
    _verb("return", "Return", "returned", services.return_claim, form=ReturnForm, together=ReturnForm),
    _verb("reject", "Reject", "rejected", services.reject, form=RejectForm, together=RejectForm),
    _verb("reverse", "Reverse", "reversed", services.reverse, form=ReverseForm),
    _verb(
        "approve_part",
        "Approve a part",
        "approved in part",
        services.approve_part,
        form=PartForm,
        asks=_part_in_words,
    ),
    _verb("more_time", "Decide about more time", "decided", _more_time, form=MoreTimeForm),
    _verb("answer_dispute", "Answer the dispute", "answered", _answer_dispute, form=AnswerDisputeForm),
)
MAY: dict[str, Callable[..., object]] = {
    "approve": services.may_approve,
    "approve_part": services.may_approve_part,
    "return": services.may_return,
    "reject": services.may_reject,
    "reverse": services.may_reverse,
    "more_time": services.may_refuse_more_time,
    "answer_dispute": services.may_answer_dispute,
}
"""What is asked before a verb is offered on the page of a claim."""
FROM_STATUS = {
    "approve": (Status.CERTIFIED,),
    "approve_part": (Status.CERTIFIED,),
    "return": (Status.SUBMITTED, Status.CERTIFIED),
    "reject": (Status.SUBMITTED, Status.CERTIFIED),
    "reverse": (Status.APPROVED, Status.SETTLED),
    "more_time": (Status.DRAFT,),
    "answer_dispute": (Status.APPROVED, Status.SETTLED),
}
"""The states of a claim that call for a verb."""
