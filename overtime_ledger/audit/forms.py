"""Which part of the access log to show."""

from typing import Any

from django import forms

from overtime_ledger.accounts.models import User
from overtime_ledger.audit.models import AccessLog
from overtime_ledger.audit.selectors import people_on_log
from overtime_ledger.forms import UNREADABLE, DayField


class AccessForm(forms.Form):
    """Filters of the access log: everything is optional."""

    by = forms.ModelChoiceField(label="Who", queryset=User.objects.none(), required=False, empty_label="All")
    action = forms.ChoiceField(
        label="Action", choices=[("", "All"), *AccessLog.Action.choices], required=False
    )
    what = forms.CharField(label="What", required=False, widget=forms.TextInput(attrs={"class": "input--10"}))
    since = DayField(label="From", required=False)
    until = DayField(label="To", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["by"].queryset = people_on_log()  # type: ignore[attr-defined]

    def chosen(self) -> dict[str, Any]:
        """The filter as arguments of `selectors.accesses`; empty while it cannot be read."""
        return {name: value for name, value in self.cleaned_data.items() if value} if self.is_valid() else {}

    def in_words(self) -> dict[str, str]:
        """What was chosen, as an export repeats it."""
        if not self.is_valid():
            return UNREADABLE
        actions = dict(AccessLog.Action.choices)
        return {
            str(self.fields[name].label): str(actions.get(value, value) if name == "action" else value)
            for name, value in self.chosen().items()
        }
