"""What finance types when claims were paid."""

import re
from collections.abc import Sequence
from typing import Any, cast

from django import forms

from claims.models import Claim, ClaimQuerySet
from overtime_ledger.accounts.models import Agency
from overtime_ledger.forms import ModelMultipleChoiceField, refuse_personal_data


class ClaimTicks(ModelMultipleChoiceField[Claim]):
    """Claims to tick in a table."""

    widget = forms.CheckboxSelectMultiple


class SettleForm(forms.Form):
    """Approved claims of one agency that were paid together, and under what reference."""

    claims = ClaimTicks(
        queryset=Claim.objects.none(),
        error_messages={
            "required": "Tick at least one claim",
            "invalid_choice": "One of the ticked claims is not approved any more; it is left out now",
        },
    )
    reference = forms.CharField(
        max_length=40,
        validators=[refuse_personal_data],
        widget=forms.TextInput(attrs={"class": "input--20", "autocomplete": "off"}),
        error_messages={"required": "Enter the reference"},
    )
    expected_pence = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(
        self, data: Any = None, *, due: ClaimQuerySet, shown: Sequence[Claim], agency: Agency
    ) -> None:
        """`due` are the claims that can be settled, `shown` those that the page has room for."""
        super().__init__(data, initial={"claims": [claim.pk for claim in shown]})
        cast(ClaimTicks, self.fields["claims"]).queryset = due
        by_payroll = agency.is_paid_by_payroll
        self.fields["reference"].label = "Payroll batch" if by_payroll else "Invoice number"
        self.fields["reference"].help_text = (
            "The batch in which payroll pays them, such as 2021-03/OT2."
            if by_payroll
            else f"The number on the invoice of {agency.name} that was paid."
        )

    @property
    def ticked(self) -> set[int]:
        """Ids of the claims that are ticked: all of them until somebody chose."""
        return {int(pk) for pk in self["claims"].value() or () if re.fullmatch("[0-9]{1,18}", str(pk))}
