"""Which part of the evaluation of a pilot is shown."""

from datetime import date
from typing import Any

from django import forms

from grants.forms import AsAtForm
from grants.models import Grant
from overtime_ledger.books.selectors.evaluation import UNTOLD
from overtime_ledger.forms import UNREADABLE, ModelChoiceField
from overtime_ledger.ui import day
from tasking.models import Enquiry, Outcome


class EvaluationForm(AsAtForm):
    """As at the end of which day, of which enquiry, with which result and level of disruption."""

    enquiry = ModelChoiceField(Enquiry.objects.none(), label="Enquiry", required=False, empty_label="All")
    result = forms.ChoiceField(
        label="Exit result",
        required=False,
        choices=[("", "All"), *Outcome.Result.choices, (UNTOLD, "None on record yet")],
    )
    level = forms.ChoiceField(
        label="Disruption",
        required=False,
        choices=[("", "All"), *Outcome.Disruption.choices, (UNTOLD, "None on record yet")],
    )

    def __init__(self, data: Any, *, grant: Grant) -> None:
        super().__init__(data)
        self.fields["as_at"].label = "As at the end of"
        field = self.fields["enquiry"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = grant.enquiries.order_by("pk")

    @property
    def on(self) -> date | None:
        """The day that was chosen; None for today, and while the filter cannot be read."""
        return self.cleaned_data["as_at"] if self.is_valid() else None

    @property
    def narrows_subjects(self) -> bool:
        """Whether only some subjects of an enquiry may be shown."""
        return self.is_valid() and bool(self.cleaned_data["result"] or self.cleaned_data["level"])

    def chosen(self) -> dict[str, Any]:
        """The enquiry, result and level that were chosen; nothing while the filter cannot be read."""
        chosen = self.cleaned_data if self.is_valid() else {}
        return {"enquiry": chosen.get("enquiry")} | {
            name: chosen.get(name, "") for name in ("result", "level")
        }

    def in_words(self) -> dict[str, str]:
        """What was chosen, as a file repeats it."""
        if not self.is_bound:
            return {}
        if not self.is_valid():
            return UNREADABLE
        words = {}
        for name, value in self.cleaned_data.items():
            choices = dict(getattr(self.fields[name], "choices", ())) if isinstance(value, str) else {}
            if value:
                said = day(value) if name == "as_at" else str(choices.get(value, value))
                words[str(self.fields[name].label)] = said
        return words
