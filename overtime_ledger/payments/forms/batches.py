"""What people type about batches: of which days, what payroll paid, why a line is left out or resolved."""

from collections.abc import Iterator, Sequence
from typing import Any, cast

from django import forms
from django.db.models import QuerySet
from django.forms import BoundField

from grants.models import Grant
from overtime_ledger import clock
from overtime_ledger.forms import DayField, ModelChoiceField, PoundsField, ReasonField, refuse_personal_data
from overtime_ledger.payments.forms.amounts import AmountsForm, ClaimAmountsField, ClaimAmountsFile
from overtime_ledger.payments.models import MOST_TOLERATED_PENCE, BatchLine


class PayrollDays(forms.Form):
    """Up to which day the duties of a payroll batch are."""

    up_to = DayField(label="Duties up to")

    def __init__(self, data: Any, *, grant: Grant) -> None:
        super().__init__(data, initial={"up_to": min(clock.today(), grant.eligible_to)})

    @property
    def days(self) -> dict[str, Any]:
        """The days as `draw` takes them: those proposed while nothing was chosen, none while unreadable."""
        if not self.is_bound:
            return dict(self.initial)
        return dict(self.cleaned_data) if self.is_valid() else {}


class StatementDays(PayrollDays):
    """From which day to which the duties of a statement are."""

    up_to = None  # type: ignore[assignment]
    from_on = DayField(label="First day of the duties")
    to_on = DayField(label="Last day of the duties")

    def __init__(self, data: Any, *, grant: Grant) -> None:
        super().__init__(data, grant=grant)
        self.initial = {"from_on": grant.eligible_from, "to_on": min(clock.today(), grant.eligible_to)}

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or {}
        first, last = typed.get("from_on"), typed.get("to_on")
        if first and last and last < first:
            self.add_error("to_on", "The last day must not be before the first")
        return typed


def _quoted(label: str) -> forms.CharField:
    """What the agency's invoice is to quote."""
    return forms.CharField(
        label=label,
        max_length=40,
        required=False,
        validators=[refuse_personal_data],
        widget=forms.TextInput(attrs={"class": "input--20", "autocomplete": "off"}),
    )


class SeenForm(forms.Form):
    """The control total that was on the page."""

    expected_pence = forms.IntegerField(widget=forms.HiddenInput)


class DrawStatementForm(SeenForm):
    """That, and what the agency's invoice is to quote."""

    purchase_order = _quoted("Purchase order")
    cost_code = _quoted("Cost code")


class WhyForm(forms.Form):
    """Why a claim is left out, or a batch withdrawn."""

    reason = ReasonField(label="Why", help_text="It stays with the batch.")


class PaidForm(AmountsForm):
    """The reference of payroll, and what was paid where it is something else than calculated."""

    reference = forms.CharField(
        label="Payroll reference",
        help_text="The number by which payroll knows the run in which it was paid.",
        max_length=40,
        validators=[refuse_personal_data],
        widget=forms.TextInput(attrs={"class": "input--20", "autocomplete": "off"}),
        error_messages={"required": "Enter the payroll reference"},
    )
    file = ClaimAmountsFile(
        column="paid",
        label="File of payroll with what was paid",
        help_text="CSV with the columns claim and paid, in pounds. It replaces what is typed below, and a "
        "claim that it leaves out was not paid.",
    )
    expected_pence = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, files: Any = None, *, lines: Sequence[BatchLine]) -> None:
        super().__init__(data, files)
        self.lines = {line.claim_id: line for line in lines}
        file = cast("ClaimAmountsFile", self.fields["file"])
        file.claims, file.of = self.lines, "this batch"
        as_list = ClaimAmountsField(
            label="Claims that were paid otherwise",
            help_text="A claim and what was paid for it in each line, like 412 85.20. Two columns of a "
            "spreadsheet can be pasted. A claim that is not named was paid as calculated; 0 was not paid.",
            claims=self.lines,
            of="this batch",
        )
        self.make_room(self.lines, called="paid", label="Paid for claim", as_list=as_list)

    @property
    def paid(self) -> dict[int, int]:
        """What was paid otherwise than calculated, in pence, by the number of the claim."""
        said: dict[int, int] | None = self.cleaned_data["file"]
        if said is None:
            said = self.typed
        else:
            said = {claim: 0 for claim, line in self.lines.items() if line.live} | said
        return {claim: pence for claim, pence in said.items() if pence != self.lines[claim].due_pence}

    def rows(self) -> Iterator[tuple[BatchLine, BoundField]]:
        """Each line that has room to type beside it, with its field."""
        for claim, name in self.names.items():
            yield self.lines[claim], self[name]


class ResolveForm(forms.Form):
    """What became of a difference."""

    resolution = forms.ChoiceField(
        label="What became of it",
        widget=forms.RadioSelect,
        choices=[
            (BatchLine.Resolution.EXPLAINED, "Explained: it is right as it was paid"),
            (BatchLine.Resolution.RECOVERED, "Recovered: it was taken back, or the rest was paid"),
            (BatchLine.Resolution.CORRECTED, "Corrected: the claim was reversed and claimed again"),
        ],
        error_messages={"required": "Choose what became of it"},
    )
    reason = ReasonField(
        label="How", help_text="Where it can be seen, such as the payroll run or the agency’s credit note."
    )


class ToleranceForm(forms.Form):
    """Up to how much a paid amount may differ and need no explanation."""

    grant = ModelChoiceField[Grant](label="Grant", queryset=Grant.objects.none(), empty_label=None)
    pence = PoundsField(label="Tolerated on one claim", min_pence=0, max_pence=MOST_TOLERATED_PENCE)
    reason = ReasonField(label="Why that much")

    def __init__(self, data: Any = None, *, grants: QuerySet[Grant]) -> None:
        super().__init__(data)
        self.fields["grant"].queryset = grants  # type: ignore[attr-defined]
