"""What people type about accruals: of which grant and day, and why one is taken back."""

from datetime import timedelta
from typing import Any

from django import forms

from grants.models import Grant
from overtime_ledger import clock
from overtime_ledger.accounts.models import User
from overtime_ledger.forms import DayField, ModelChoiceField, ReasonField


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


class WithdrawForm(forms.Form):
    """Why an accrual, or the closing of a grant, is taken back."""

    reason = ReasonField(label="Why is it withdrawn?", error_messages={"required": "Say why it is withdrawn"})
