"""Questions about a grant that cost nothing: what a duty would cost, what a sum buys."""

from collections.abc import Sequence
from typing import Any, cast

from django import forms

from grants.models import Grant
from overtime_ledger.forms import DayField, PoundsField
from tasking.forms.choices import GrantChoice
from tasking.forms.duties import DutyForm
from tasking.quotes import Outline


class AskForm(forms.Form):
    """A question about a grant that one may open: asked by GET, kept nowhere."""

    grant = GrantChoice(
        queryset=Grant.objects.none(),
        empty_label=None,
        error_messages={
            "required": "Choose a grant",
            "invalid_choice": "This is not a grant that you may open: choose another",
        },
    )

    def __init__(self, data: Any = None, *, grants: Sequence[Grant], **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        field = cast(GrantChoice, self.fields["grant"])
        field.queryset = Grant.objects.filter(pk__in=[grant.pk for grant in grants])
        field.choices = [(grant.pk, field.label_from_instance(grant)) for grant in grants]
        if len(grants) == 1:
            field.widget = forms.HiddenInput()
            self.initial["grant"] = grants[0].pk


class CostForm(AskForm, DutyForm):
    """A duty that is thought of, with the notice that officers would get. Nothing comes of it."""

    told_on = DayField(
        label="Officers told on",
        required=False,
        help_text="The notice decides what a rest day pays and whether a day off is due. Left empty: now.",
    )
    field_order = ("grant", *DutyForm.base_fields)

    def __init__(self, data: Any = None, *, grants: Sequence[Grant], **kwargs: Any) -> None:
        super().__init__(data, grants=grants, **kwargs)
        self.offer_officers(grants)

    def outline(self) -> Outline:
        """The duty that was typed. Only after `is_valid()`."""
        typed = self.cleaned_data
        return Outline(
            duty_type=typed["duty_type"],
            starts_at=typed["starts_at"],
            ends_at=typed["ends_at"],
            officers=list(typed["officers"]),
            break_minutes=typed["break_minutes"] or 0,
            travel_minutes=typed["travel_minutes"] or 0,
            told_at=typed["told_at"],
        )


class BuysForm(AskForm):
    """A sum, and the day whose pay it is to buy."""

    pounds = PoundsField(label="How much")
    on = DayField(label="For duties on")
