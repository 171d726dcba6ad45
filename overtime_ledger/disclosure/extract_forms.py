"""What people type about extracts: of what they are, and what is decided of a line."""

from datetime import date, timedelta
from typing import Any

from django import forms

from grants.models import Grant
from overtime_ledger import clock
from overtime_ledger.accounts.models import User
from overtime_ledger.disclosure.extract_models import Breakdown, Exemption, ExtractLine
from overtime_ledger.forms import DayField, ModelChoiceField, ReasonField, refuse_personal_data

GRANT = {"required": "Choose the grant", "invalid_choice": "Choose a grant from the list"}


class OfGrantForm(forms.Form):
    """A form that begins with one of the grants that were opened."""

    grant = ModelChoiceField(Grant.objects.none(), label="Grant", empty_label=None, error_messages=GRANT)

    def __init__(self, data: Any, *, by: User, initial: dict[str, Any] | None = None) -> None:
        grants = Grant.objects.visible_to(by).exclude(status=Grant.Status.DRAFT)
        super().__init__(data, initial={"grant": grants.first(), **(initial or {})})
        field = self.fields["grant"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = grants


class PublicationForm(OfGrantForm):
    """A grant and a month; unasked, the last that is over."""

    month = DayField(
        label="Any day of the month",
        help_text="Payments of the whole month are drawn up. It must be over.",
        error_messages={"required": "Enter a day of the month, like 1 2 2021"},
    )

    def __init__(self, data: Any, *, by: User) -> None:
        last_month = clock.today().replace(day=1) - timedelta(days=1)
        super().__init__(data, by=by, initial={"month": last_month.replace(day=1)})


class FoiForm(OfGrantForm):
    """A request for information: its number, when it came, what was asked, and of which days."""

    reference = forms.CharField(
        label="Number of the request",
        max_length=40,
        widget=forms.TextInput(attrs={"class": "input--10", "autocomplete": "off"}),
        error_messages={"required": "Enter the number of the request"},
    )
    received_on = DayField(label="Received on", error_messages={"required": "Enter the day on which it came"})
    scope = forms.CharField(
        label="What was asked for",
        max_length=500,
        help_text="In words that can be shown: it stands above the answer.",
        widget=forms.Textarea(attrs={"rows": 3}),
        validators=(refuse_personal_data,),
        error_messages={"required": "Say what was asked for"},
    )
    from_on = DayField(label="Duties from", error_messages={"required": "Enter the first day"})
    to_on = DayField(label="Duties until", error_messages={"required": "Enter the last day"})
    breakdown = forms.ChoiceField(
        label="Broken down by",
        choices=Breakdown.choices,
        required=False,
        help_text="The finer, the fewer officers stand behind a line.",
    )

    def __init__(self, data: Any, *, by: User) -> None:
        first: date = clock.today().replace(day=1)
        month_ago = (first - timedelta(days=1)).replace(day=1)
        initial = {"received_on": clock.today(), "from_on": month_ago, "to_on": first - timedelta(days=1)}
        super().__init__(data, by=by, initial=initial)


class DecideForm(forms.Form):
    """What becomes of a line, and what that rests on."""

    decision = forms.ChoiceField(
        label="What becomes of this line?",
        choices=[one for one in ExtractLine.Decision.choices if one[0]],
        widget=forms.RadioSelect,
        error_messages={"required": "Choose what becomes of this line"},
    )
    purpose = forms.CharField(
        label="Purpose, as it goes out",
        max_length=300,
        validators=(refuse_personal_data,),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Say what it was for"},
    )
    value_for_money = forms.CharField(
        label="Value-for-money reason, as it goes out",
        max_length=500,
        required=False,
        help_text="Why it was worth its price. Name no subject, enquiry or person.",
        validators=(refuse_personal_data,),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    exemption = forms.ChoiceField(
        label="Exemption, if something is kept back",
        required=False,
        choices=[("", "None: it is published"), *Exemption.choices],
    )
    why = ReasonField(
        label="What the decision rests on",
        required=False,
        max_length=500,
        help_text="Stays inside. Needed to redact or withhold, and to publish with few officers behind it.",
    )

    def __init__(self, data: Any, *, line: ExtractLine) -> None:
        initial = {
            name: getattr(line, name)
            for name in ("decision", "purpose", "value_for_money", "exemption", "why")
        }
        super().__init__(data, initial=initial)
        if line.extract.is_foi:
            del self.fields["value_for_money"]


class WithdrawForm(forms.Form):
    """Why an extract is taken back."""

    reason = ReasonField(label="Why is it withdrawn?", error_messages={"required": "Say why it is withdrawn"})
