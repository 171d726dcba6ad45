"""Text to dates and pence for claims to the funder."""

from datetime import timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from grants.models import Grant
from overtime_ledger import clock
from overtime_ledger.forms import DayField, PoundsField, ReasonField
from overtime_ledger.funder import selectors
from overtime_ledger.ui import day


class UpToForm(forms.Form):
    """The last day of a claim's period."""

    up_to = DayField(
        label="Claim everything up to",
        help_text="The last day of the claim's period. What was approved, paid or reversed for earlier days "
        "since the last claim is in it too.",
    )

    def __init__(self, grant: Grant, *args: Any, **kwargs: Any) -> None:
        last = selectors.last_claim(grant)
        self.earliest = last.up_to if last else grant.eligible_from
        month_before = clock.today().replace(day=1) - timedelta(days=1)
        suggested = month_before if month_before > self.earliest else clock.today()
        super().__init__(*args, **kwargs)
        self.fields["up_to"].initial = suggested

    def clean_up_to(self) -> Any:
        up_to = self.cleaned_data["up_to"]
        if not self.earliest <= up_to <= clock.today():
            raise ValidationError(f"Choose a day from {day(self.earliest)} to today")
        return up_to


class DrawForm(forms.Form):
    """Why spending is not as planned, which it has to say if it is not, and the total that was seen."""

    reason = ReasonField(
        label="Why spending is not as planned",
        max_length=1000,
        help_text="The funder reads it beside the variance.",
        error_messages={"required": "Say why spending is not as planned"},
    )
    expected_pence = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, draft: selectors.Draft, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["expected_pence"].initial = draft.now
        self.fields["reason"].required = draft.variance != 0


class ReasonForm(forms.Form):
    """Why something is taken back."""

    reason = ReasonField(label="Reason", max_length=1000)


class SendForm(forms.Form):
    """When a claim went to the funder, and under which reference."""

    sent_on = DayField(label="Sent on")
    reference = forms.CharField(
        label="Reference",
        max_length=80,
        help_text="Of the letter, or the number the funder's portal gave it.",
        error_messages={"required": "Enter the reference under which it was sent"},
    )


class TransferForm(forms.Form):
    """Money on the bank statement: how much, when, under which reference."""

    pence = PoundsField(label="Amount")
    happened_on = DayField(label="Day on the bank statement")
    reference = forms.CharField(
        label="Reference",
        max_length=80,
        error_messages={"required": "Enter the reference on the bank statement"},
    )
