"""What people say when they close a period or open it again."""

from django import forms

from overtime_ledger.forms import ReasonField


class StepForm(forms.Form):
    """Why a period is closed, or opened again."""

    reason = ReasonField(
        label="Why?",
        help_text="It stays on record with your name.",
        error_messages={"required": "Say why"},
    )
