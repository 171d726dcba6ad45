"""What is typed about a part of a claim: by who approves it, who disputes it and who answers."""

from typing import Any, cast

from django import forms
from django.http import QueryDict
from django.utils import timezone

from claims import services
from claims.models import Claim
from overtime_ledger.errors import Refusal
from overtime_ledger.forms import MinutesField, ReasonField
from overtime_ledger.ui import duration


class PartForm(forms.Form):
    """How much of a claim's time is approved and why no more; once valid, `part` is what that comes to."""

    minutes = MinutesField(
        label="Time approved",
        error_messages={"required": "Enter how much of the time is approved, like 3 h"},
    )
    reason = ReasonField(
        label="Why no more?", help_text="The claimant reads it, and it stays on the timeline."
    )
    expected_pence = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, claim: Claim, prefix: str | None = None) -> None:
        super().__init__(data, prefix=prefix)
        self.claim = claim
        self.part: services.Reckoning | None = None
        self.refusal: Refusal | None = None
        worked, start = duration(claim.worked_minutes), timezone.localtime(claim.starts_at)
        less = f"Less than the {worked} that were worked, from {start:%H:%M} on"
        self.fields["minutes"].help_text = f"{less}: 3 h, 1 h 30, or minutes."

    def clean_minutes(self) -> int:
        """Minutes that are a part of the claim and pay less (A11)."""
        minutes: int = self.cleaned_data["minutes"]
        try:
            self.part = services.part_of(self.claim, minutes)
        except Refusal as refusal:
            self.refusal = refusal
            raise forms.ValidationError(f"{refusal.reason} {refusal.fix}", code=refusal.code) from refusal
        return minutes


class ApprovePartForm(PartForm):
    """The same, of the revision of the claim that was on the page."""

    revision = forms.IntegerField(
        widget=forms.HiddenInput, error_messages={"required": "The page was not whole: press again"}
    )

    def __init__(self, data: Any = None, *, claim: Claim) -> None:
        super().__init__(data, claim=claim)
        self.initial = {"revision": claim.revision}

    def look_again(self, claim: Claim) -> None:
        """Ask once more about the claim as it is now, with what was typed: the sum is to be seen again."""
        del self.fields["expected_pence"]
        if self.is_bound:
            data = cast(QueryDict, self.data).copy()
            data["revision"] = str(claim.revision)
            self.data = data


class DisputeForm(forms.Form):
    """Why more is due than the part that was approved."""

    reason = ReasonField(
        label="Why is more due?",
        help_text="Say it in full: it is disputed once. Whoever answers reads it, and it stays on the "
        "timeline. Evidence can be added on the claim’s page.",
    )


class AnswerDisputeForm(forms.Form):
    """Whether a part approval stands, and why."""

    decision = forms.ChoiceField(
        label="What becomes of it",
        choices=[
            ("stands", "Let the approved part stand"),
            ("upheld", "Uphold the dispute: the duty is open to be claimed again"),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": "Choose what becomes of it"},
    )
    answer = ReasonField(
        label="Your answer", help_text="The claimant reads it, and it stays on the timeline."
    )
