"""Text to dates and pence for what is done on the pages of a grant."""

from collections.abc import Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from grants.models import LADDER, Authority, BudgetLine, Grant, LedgerEntry
from grants.selectors import (
    ALLOCATED,
    CLAIMED_ON,
    COMMITTED,
    INCURRED,
    OTHERS,
    STILL_OPEN,
    UNSPENT,
    agencies_of,
    possible_deputies,
)
from overtime_ledger import clock
from overtime_ledger.accounts.models import Agency, User
from overtime_ledger.forms import (
    UNREADABLE,
    DayField,
    ModelChoiceField,
    PoundsField,
    ReasonField,
    refuse_personal_data,
)
from overtime_ledger.money import pounds

if TYPE_CHECKING:
    GrantForm = forms.ModelForm[Grant]
else:
    # Django's own does not know at run time that it is generic.
    GrantForm = forms.ModelForm


class LineField(ModelChoiceField[BudgetLine]):
    """A budget line, shown with what is available on it."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.name}: {pounds(obj.available)} available"


class MoveForm(forms.Form):
    """How much money goes from which line to which, and why."""

    source = LineField(BudgetLine.objects.none(), label="From", empty_label="Choose a line")
    target = LineField(BudgetLine.objects.none(), label="To", empty_label="Choose a line")
    pence = PoundsField(label="Amount")
    reason = ReasonField(label="Reason", max_length=500, help_text="It stays in the ledger beside the entry.")
    token = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)

    def __init__(self, grant: Grant, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("source", "target"):
            field = self.fields[name]
            assert isinstance(field, forms.ModelChoiceField)
            field.queryset = grant.lines.order_by("-is_main", "pk")

    def clean_target(self) -> BudgetLine:
        target: BudgetLine = self.cleaned_data["target"]
        if target == self.cleaned_data.get("source"):
            raise ValidationError("Choose a line other than the one the money comes from")
        return target


class ForecastForm(forms.Form):
    """What the controlling DI expects the grant to cost in the end, and why."""

    outturn_pence = PoundsField(label="Cost of the grant at its end", min_pence=0)
    reason = ReasonField(label="What it rests on", max_length=500)


MOST_NUMBER = 2**31 - 1


class EntriesForm(forms.Form):
    """What to show of a grant's ledger. Everything is optional; `from` and `to` are days of the duty."""

    ENQUIRIES = "enquiries"

    line = forms.ChoiceField(label="Line", required=False)
    kind = forms.ChoiceField(label="Kind", choices=[("", "All"), *LedgerEntry.Kind.choices], required=False)
    agency = forms.ChoiceField(label="Agency", required=False)
    stage = forms.ChoiceField(
        label="Balance of",
        choices=[
            ("", "All"),
            *((stage.value, stage.label) for stage in LADDER),
            (INCURRED, "Incurred"),
            (UNSPENT, "Not incurred"),
            (STILL_OPEN, "Tasked or claimed"),
            (CLAIMED_ON, "Claimed and beyond"),
            (COMMITTED, "Tasked and beyond"),
            (ALLOCATED, "All of them together"),
        ],
        required=False,
    )

    def __init__(self, grant: Grant, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines = {str(line.pk): line for line in grant.lines.order_by("-is_main", "pk")}
        self.agencies = {str(agency.pk): agency for agency in agencies_of(grant)}
        self.lead_force = grant.lead_force
        self._offer("line", {self.ENQUIRIES: "Every enquiry", **self.lines})
        self._offer("agency", {**self.agencies, OTHERS: f"All but {grant.lead_force}"})
        self.fields["from"] = DayField(label="Duty from", required=False)
        self.fields["to"] = DayField(label="Duty to", required=False)
        self.fields["since"] = DayField(label="Posted from", required=False)
        self.fields["as_at"] = DayField(label="Posted by", required=False)
        for name, label in (("claim", "Claim"), ("through", "Up to entry")):
            # Only a link from another page asks for these; whoever follows it sees them and can clear them.
            shown = forms.NumberInput(attrs={"class": "input--5"}) if self.data.get(name) else None
            self.fields[name] = forms.IntegerField(
                label=label,
                required=False,
                min_value=1,
                max_value=MOST_NUMBER,
                widget=shown or forms.HiddenInput,
            )

    def _offer(self, name: str, choices: Mapping[str, object]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", "All"), *((value, str(said)) for value, said in choices.items())]

    def chosen(self) -> dict[str, Any]:
        """The filter as arguments of `selectors.entries`; all empty while it cannot be read."""
        data = self.cleaned_data if self.is_valid() else {}
        return {
            "line": self.lines.get(data.get("line", "")),
            "enquiries_only": data.get("line") == self.ENQUIRIES,
            "kind": data.get("kind", ""),
            "stage": data.get("stage", ""),
            "duty_from": data.get("from"),
            "duty_to": data.get("to"),
            "since": data.get("since"),
            "as_at": data.get("as_at"),
            "through": data.get("through"),
        }

    def chosen_agencies(self) -> QuerySet[Agency] | None:
        """The agencies chosen, None for all; which entries are theirs is known in a layer above."""
        chosen = self.cleaned_data.get("agency") if self.is_valid() else ""
        if not chosen:
            return None
        if chosen == OTHERS:
            return Agency.objects.exclude(pk=self.lead_force.pk)
        return Agency.objects.filter(pk=chosen)

    def chosen_claim(self) -> int | None:
        """The number of the claim chosen; which entries are of it is known in a layer above."""
        return self.cleaned_data.get("claim") if self.is_valid() else None

    def in_words(self) -> dict[str, str]:
        """What was chosen, as an export repeats it."""
        if not self.is_valid():
            return UNREADABLE
        return {
            str(self.fields[name].label): str(
                dict(getattr(self.fields[name], "choices", ())).get(value, value)
            )
            for name in self.fields
            if (value := self.cleaned_data.get(name))
        }


class AsAtForm(forms.Form):
    """The day a position is wanted for."""

    as_at = DayField(label="Show the position at the end of", required=False)

    def clean_as_at(self) -> Any:
        day = self.cleaned_data["as_at"]
        if day and day > clock.today():
            raise ValidationError("Choose a day that is over, or leave it empty for today")
        return day


class DelegateForm(forms.Form):
    """Who acts for the controlling DI, from when until when, up to how much in one decision."""

    person = forms.ModelChoiceField(
        label="Deputy", queryset=User.objects.none(), empty_label="Choose a person"
    )
    from_on = DayField(label="First day")
    to_on = DayField(label="Last day")
    limit_pence = PoundsField(
        label="Limit of a single decision",
        required=False,
        help_text="The most one tasking, move or approval may come to. Leave it empty for no limit.",
    )
    token = forms.UUIDField(required=False, widget=forms.HiddenInput, initial=uuid4)

    def __init__(self, grant: Grant, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.grant = grant
        person = self.fields["person"]
        assert isinstance(person, forms.ModelChoiceField)
        person.queryset = possible_deputies(grant)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        asked = {name: given.get(name) for name in ("person", "from_on", "to_on")}
        if (
            all(asked.values())
            and self.grant.authorities.filter(kind=Authority.Kind.DEPUTY, **asked).exists()
        ):
            self.add_error("person", f"{asked['person']} has this delegation already, for just these days")
        return given


class SetUpForm(GrantForm):
    """The terms of a new grant as its funder offered them."""

    amount_pence = PoundsField(label="Award", help_text="The ceiling: not a penny more can be spent.")
    eligible_from = DayField(label="First day of duty")
    eligible_to = DayField(label="Last day of duty", help_text="Up to midnight. Nothing can be worked later.")
    claims_close_on = DayField(label="Claims close on", help_text="Last day to submit and approve a claim.")
    books_close_on = DayField(
        label="Books close on", help_text="Afterwards only settlement and corrections are posted."
    )

    class Meta:
        model = Grant
        fields = (
            "reference",
            "title",
            "funder",
            "fund",
            "recipient",
            "spending_body",
            "purpose",
            "lead_force",
            "amount_pence",
            "eligible_from",
            "eligible_to",
            "claims_close_on",
            "books_close_on",
            "cost_types",
            "on_cost",
            "claim_basis",
            "marking",
        )
        widgets = {
            "purpose": forms.Textarea(attrs={"rows": 3}),
            "cost_types": forms.RadioSelect,
            "on_cost": forms.RadioSelect,
            "claim_basis": forms.RadioSelect,
        }
        help_texts = {
            "on_cost": "What the grant bears on top of the overtime pay of the lead force. The percentages "
            "are those on record for the day of the duty. Like all terms it stands once the grant is open.",
            "claim_basis": "What the funder pays for: overtime once it is approved, or once it is paid. It "
            "cannot be changed once the grant is open: the same overtime would be claimed twice.",
        }
        error_messages = {
            "cost_types": {"required": "Choose whose overtime the grant bears"},
            "on_cost": {"required": "Choose what the grant bears on top of the pay"},
            "claim_basis": {"required": "Choose what is claimed from the funder"},
        }

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        in_order = ("eligible_from", "eligible_to", "claims_close_on", "books_close_on")
        for before, after in pairwise(in_order):
            if given.get(before) and given.get(after) and given[after] < given[before]:
                said = f"It cannot be before “{self.fields[before].label}”"
                self.add_error(after, said)
        return given

    def clean_purpose(self) -> str:
        purpose: str = self.cleaned_data["purpose"]
        refuse_personal_data(purpose)
        return purpose
