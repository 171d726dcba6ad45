"""What people type about accruals: of which grant and day, and why one is taken back."""

from datetime import timedelta
from typing import Any

from django import forms
from django.db.models import QuerySet

from grants.models import Grant
from overtime_ledger import clock
from overtime_ledger.accounts.models import Agency, User
from overtime_ledger.books.models import AccrualLine, AccrualRun
from overtime_ledger.forms import UNREADABLE, DayField, ModelChoiceField, ReasonField
from tasking.models import Enquiry


class OfDayForm(forms.Form):
    """A grant and the last day of duties; unasked, the last day of its window, or yesterday."""

    grant = ModelChoiceField(
        Grant.objects.none(),
        label="Grant",
        empty_label=None,
        error_messages={
            "required": "Choose the grant",
            "invalid_choice": "Choose a grant from the list",
        },
    )
    as_at = DayField(
        label="Last day of the duties",
        help_text="At year end the last day of the grant’s window. It must be over.",
        error_messages={"required": "Enter the last day, like 31 3 2021"},
    )

    def __init__(self, data: Any, *, by: User) -> None:
        grants = Grant.objects.visible_to(by).filter(status=Grant.Status.OPEN)
        first = grants.first()
        yesterday = clock.today() - timedelta(days=1)
        super().__init__(
            data, initial={"grant": first, "as_at": min(yesterday, first.eligible_to)} if first else {}
        )
        field = self.fields["grant"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = grants
        self.has_grants = first is not None


class DutiesForm(forms.Form):
    """Which duties of an accrual are shown; everything is optional."""

    agency = forms.ModelChoiceField(Agency.objects.none(), required=False, empty_label="All")
    enquiry = forms.ModelChoiceField(Enquiry.objects.none(), required=False, empty_label="All")
    kind = forms.ChoiceField(
        label="How far it had come", required=False, choices=[("", "All"), *AccrualLine.Kind.choices]
    )
    basis = forms.ChoiceField(
        label="Certified or estimated", required=False, choices=[("", "All"), *AccrualLine.Basis.choices]
    )

    def __init__(self, data: Any, *, run: AccrualRun) -> None:
        super().__init__(data)
        for name, model in (("agency", Agency), ("enquiry", Enquiry)):
            field = self.fields[name]
            assert isinstance(field, forms.ModelChoiceField)
            field.queryset = model.objects.filter(pk__in=run.lines.values(name)).order_by("pk")

    def narrow(self, lines: QuerySet[AccrualLine]) -> QuerySet[AccrualLine]:
        """The duties that were asked for; a filter that cannot be read finds none."""
        if not self.is_valid():
            return lines.none()
        return lines.filter(**{name: value for name, value in self.cleaned_data.items() if value})

    def in_words(self) -> dict[str, str]:
        """What was chosen, as an export repeats it."""
        if not self.is_valid():
            return UNREADABLE
        return {
            str(self[name].label): str(dict(getattr(self.fields[name], "choices", ())).get(value, value))
            for name, value in self.cleaned_data.items()
            if value
        }


class WithdrawForm(forms.Form):
    """Why an accrual, or the closing of a grant, is taken back."""

    reason = ReasonField(label="Why is it withdrawn?", error_messages={"required": "Say why it is withdrawn"})
