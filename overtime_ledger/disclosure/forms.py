"""What is asked of whoever makes a disclosure, and which commitments to show."""

from typing import Any

from django import forms

from grants.models import Grant
from grants.selectors import agencies_of
from overtime_ledger.accounts.models import Agency
from overtime_ledger.disclosure.commitments import Chosen
from overtime_ledger.forms import UNREADABLE, refuse_personal_data


class PackForm(forms.Form):
    """For whom an audit pack is and why: filled in already, so that one press is enough."""

    recipient = forms.CharField(
        label="Who gets it",
        max_length=200,
        initial="Internal audit",
        validators=[refuse_personal_data],
        error_messages={"required": "Say who gets it"},
    )
    reason = forms.CharField(
        label="What it is for",
        max_length=500,
        initial="Audit of the grant",
        validators=[refuse_personal_data],
        error_messages={"required": "Say what it is for"},
    )


class CommitmentsForm(forms.Form):
    """Filters of the commitments: everything is optional."""

    agency = forms.ModelChoiceField(
        label="Agency", queryset=Agency.objects.none(), required=False, empty_label="All"
    )
    which = forms.ChoiceField(
        label="Which",
        choices=[("", "Everything committed"), ("unused", "Only what nobody claimed yet")],
        required=False,
    )

    def __init__(self, *args: Any, grant: Grant, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.grant = grant
        self.fields["agency"].queryset = agencies_of(grant)  # type: ignore[attr-defined]

    def chosen(self) -> Chosen | None:
        """Which commitments are asked for; None while the filter cannot be read."""
        if not self.is_valid():
            return None
        agency = self.cleaned_data["agency"]
        unused_only = self.cleaned_data["which"] == "unused"
        return Chosen(self.grant, agency=agency.pk if agency else None, unused_only=unused_only)

    def in_words(self) -> dict[str, str]:
        """What was chosen, as an export repeats it."""
        if not self.is_valid():
            return UNREADABLE
        which = "Only what nobody claimed yet" if self.cleaned_data["which"] else ""
        return {"Agency": str(self.cleaned_data["agency"] or ""), "Which": which}
