"""Which exceptions to show."""

from collections.abc import Sequence
from typing import Any

from django import forms

from grants.models import Grant
from overtime_ledger.controls import CONTROLS
from overtime_ledger.dashboard.exceptions import LEVELS, STATES, Chosen
from overtime_ledger.forms import UNREADABLE

LATE, HELD_BACK = "C06", "A09"


class ExceptionsForm(forms.Form):
    """Filters of the exceptions: everything is optional."""

    grant = forms.ModelChoiceField(
        label="Grant", queryset=Grant.objects.none(), required=False, empty_label="All"
    )
    code = forms.ChoiceField(label="Control", required=False)
    level = forms.ChoiceField(label="Level", choices=[("", "All"), *LEVELS.items()], required=False)
    state = forms.ChoiceField(label="State", choices=[("", "All"), *STATES.items()], required=False)

    def __init__(self, *args: Any, grants: Sequence[Grant], held_back: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.grants, self.held_back = grants, held_back
        named = {LATE, HELD_BACK} if held_back else {LATE}
        shown = [control for control in CONTROLS.values() if control.asks or control.code in named]
        choices = [("", "All"), *((one.code, f"{one.code} {one.title}") for one in shown)]
        self.fields["code"].choices = choices  # type: ignore[attr-defined]
        self.fields["grant"].queryset = Grant.objects.filter(  # type: ignore[attr-defined]
            pk__in=[grant.pk for grant in grants]
        )

    def chosen(self) -> Chosen:
        """The exceptions that were asked for; none while the filter cannot be read."""
        if not self.is_valid():
            return Chosen(grants=())
        data = self.cleaned_data
        return Chosen(
            grants=[data["grant"]] if data["grant"] else self.grants,
            code=data["code"],
            level=data["level"],
            state=data["state"],
            held_back=self.held_back,
        )

    def in_words(self) -> dict[str, str]:
        """What was chosen, as an export repeats it."""
        if not self.is_valid():
            return UNREADABLE
        shown = LEVELS | STATES
        return {
            str(self.fields[name].label): shown.get(value, str(value))
            for name, value in self.cleaned_data.items()
            if value
        }
