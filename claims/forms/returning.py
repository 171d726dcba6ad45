"""What is typed when one claim is returned, or several at once."""

from collections.abc import Mapping
from typing import Any

from django import forms

from claims.forms.deciding import ReasonForm
from claims.models import Claim, Event
from overtime_ledger.forms import ReasonField


class ReturnForm(ReasonForm):
    """A return: one of the coded reasons, and what the claimant should do in words."""

    reason_code = forms.ChoiceField(
        label="What is wrong with it",
        choices=Event.Reason.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose what is wrong with it"},
    )
    field_order = ("reason_code", "reason")

    def __init__(self, data: Any = None, *, claim: Claim) -> None:
        super().__init__(data, claim=claim, label="What should the claimant do?")
        self.fields["reason"].help_text = "The claimant reads it, and it stays on the timeline."


SAYS = ("reason_code", "reason")
REASONS = [("", "Choose"), *Event.Reason.choices]


class SameForAllForm(forms.Form):
    """What several claimants are told alike, wherever nothing else is said to one of them."""

    reason_code = forms.ChoiceField(label="What is wrong with them", choices=REASONS, required=False)
    reason = ReasonField(label="What should the claimants do?", required=False)

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, prefix="all")


class ReturnTogetherForm(ReturnForm):
    """The return of one of several claims: a code and words of its own, or else the same as for all."""

    def __init__(self, sent: Any = None, *, claim: Claim, start: Mapping[str, Any] | None = None) -> None:
        """`sent` is what the whole page sent; `start` is what stands in the fields before anybody types."""
        prefix = f"claim-{claim.pk}"
        names = (*SAYS, "revision")
        data = sent and {
            f"{prefix}-{name}": sent.get(f"{prefix}-{name}") or sent.get(f"all-{name}", "") for name in names
        }
        super().__init__(data, claim=claim)
        self.prefix, self.initial = prefix, {**self.initial, **(start or {})}
        self.fields["reason_code"] = forms.ChoiceField(
            label="What is wrong with it",
            choices=REASONS,
            error_messages={"required": f"Claim {claim.pk}: choose what is wrong with it"},
        )
        self.fields["reason"].error_messages["required"] = (
            f"Claim {claim.pk}: say what the claimant should do"
        )
        self.fields["reason"].help_text = "The claimant reads it."
        self.order_fields(SAYS)

    @property
    def typed(self) -> dict[str, Any]:
        """What stands in its fields, to stand there again."""
        return {name: self[name].value() for name in SAYS}
