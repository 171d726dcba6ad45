"""What people type to close a grant: who sees to an item, what shows it, until when records are kept."""

from datetime import date
from typing import Any

from django import forms

from overtime_ledger import clock
from overtime_ledger.accounts.models import User
from overtime_ledger.books.selectors.closing import possible_owners
from overtime_ledger.forms import DayField, ModelChoiceField, ReasonField, refuse_personal_data


class AssignForm(forms.Form):
    """Who sees to an item of the checklist, and by when."""

    owner = ModelChoiceField(
        User.objects.none(),
        label="Who sees to it",
        empty_label="Choose",
        error_messages={"required": "Choose who sees to it"},
    )
    due_on = DayField(
        label="To be done by", error_messages={"required": "Enter the day by which it is to be done"}
    )

    def __init__(self, data: Any, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        field = self.fields["owner"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = possible_owners()


class SignForm(forms.Form):
    """That an item is done, since when, and what shows it."""

    done_on = DayField(label="Done on", error_messages={"required": "Enter the day on which it was done"})
    evidence = forms.CharField(
        label="What shows it, and where it lies",
        max_length=300,
        help_text="Such as: signed report, EQ/14, shared drive of the project office.",
        validators=(refuse_personal_data,),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Say what shows it, and where it lies"},
    )

    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any, *, says: str) -> None:
        super().__init__(data, initial={"done_on": clock.today(), "seen": says})


class RetentionForm(forms.Form):
    """Until when a grant's records are kept."""

    keep_until = DayField(label="Keep the records until", error_messages={"required": "Enter the last day"})
    legal_hold = forms.BooleanField(
        label="On legal hold: nothing is destroyed until it is lifted", required=False
    )
    reason = ReasonField(
        label="Why then, or what the legal hold is for", error_messages={"required": "Say why"}
    )

    def __init__(self, data: Any, *, least: date, legal_hold: bool) -> None:
        super().__init__(data, initial={"keep_until": least, "legal_hold": legal_hold})
        self.fields["keep_until"].help_text = f"{least:%-d %B %Y} or later."
