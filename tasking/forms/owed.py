"""What people type of time off that duties earned, and which of it a list shows."""

from typing import Any

from django import forms
from django.db.models import Q

from overtime_ledger.forms import DayField, ReasonField
from tasking.models import TimeOwed, TimeOwedQuerySet


class OwedFilter(forms.Form):
    """Which time owed a list shows."""

    status = forms.ChoiceField(required=False, choices=[("", "All"), *TimeOwed.Status.choices])
    kind = forms.ChoiceField(required=False, label="What", choices=[("", "All"), *TimeOwed.Kind.choices])
    officer = forms.CharField(
        required=False,
        label="Officer’s number",
        widget=forms.TextInput(attrs={"class": "input--10", "autocomplete": "off"}),
    )

    def __init__(self, data: Any, *, only_own: bool) -> None:
        super().__init__(data)
        if only_own:
            del self.fields["officer"]

    def narrow(self, owed: TimeOwedQuerySet) -> TimeOwedQuerySet:
        """The time owed that was asked for; a filter that cannot be read finds none."""
        if not self.is_valid():
            return owed.none()
        chosen = self.cleaned_data
        if number := chosen.get("officer", "").strip():
            officer = "assignment__officer"
            owed = owed.filter(
                Q(**{f"{officer}__staff_number__iexact": number})
                | Q(**{f"{officer}__display_name__iexact": number})
            )
        return owed.filter(**{name: chosen[name] for name in ("status", "kind") if chosen[name]})


class GrantedForm(forms.Form):
    """The day on which an officer has time off."""

    granted_for = DayField(
        label="Day off", help_text="For example, 22 3 2021. On or after the day of the duty."
    )


class NotDueForm(forms.Form):
    """Why time off is not due after all."""

    reason = ReasonField(label="Why it is not due", help_text="The officer reads it, and it stays on record.")
