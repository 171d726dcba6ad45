"""What people type about batches: of which days, what payroll paid, why a line is left out or resolved."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.core.management.base import CommandError
from django.db.models import QuerySet
from django.forms import BoundField

from grants.models import Grant
from overtime_ledger import clock
from overtime_ledger.accounts.models import Agency
from overtime_ledger.csvfile import Row, cell, read_table
from overtime_ledger.forms import (
    UNREADABLE,
    DayField,
    ModelChoiceField,
    PoundsField,
    ReasonField,
    refuse_personal_data,
)
from overtime_ledger.money import parse_pounds
from overtime_ledger.payments.models import (
    MOST_TOLERATED_PENCE,
    Batch,
    BatchLine,
    BatchLineQuerySet,
    BatchQuerySet,
)

MOST_BESIDE = 400
"""Lines beside which a page has room to type; what was paid for more comes as a file."""


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


class PaidForm(forms.Form):
    """The reference of payroll, and what was paid where it is something else than calculated."""

    reference = forms.CharField(
        label="Payroll reference",
        help_text="The number by which payroll knows the run in which it was paid.",
        max_length=40,
        validators=[refuse_personal_data],
        widget=forms.TextInput(attrs={"class": "input--20", "autocomplete": "off"}),
        error_messages={"required": "Enter the payroll reference"},
    )
    file = forms.FileField(
        label="File of payroll with what was paid",
        required=False,
        allow_empty_file=True,
        help_text="CSV with the columns claim and paid, in pounds. It replaces what is typed below, and a "
        "claim that it leaves out was not paid.",
        widget=forms.FileInput(attrs={"accept": ".csv"}),
        error_messages={"invalid": "The file did not arrive: choose it again"},
    )
    expected_pence = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, files: Any = None, *, lines: Sequence[BatchLine]) -> None:
        super().__init__(data, files)
        self.lines = {line.claim_id: line for line in lines}
        for place, line in enumerate(lines):
            name = f"paid_{line.claim_id}"
            if place < MOST_BESIDE or name in self.data:
                self.fields[name] = PoundsField(
                    label=f"Paid for claim {line.claim_id}", min_pence=0, required=False
                )

    def clean_file(self) -> dict[int, int] | None:
        """What the file says was paid, in pence, by the number of the claim; nothing without a file."""
        file: UploadedFile[bytes] | None = self.cleaned_data["file"]
        if not file:
            return None
        try:
            rows = read_table(file.read(), ("claim", "paid"), self._paid, named_by="claim")
        except CommandError as error:
            raise forms.ValidationError(str(error).splitlines()) from error
        if len(paid := dict(rows)) < len(rows):
            raise forms.ValidationError("A claim is there more than once")
        return {claim: 0 for claim, line in self.lines.items() if line.live} | paid

    def _paid(self, row: Row) -> tuple[int, int]:
        return cell(row, "claim", self._claim), cell(row, "paid", _amount)

    def _claim(self, text: str) -> int:
        number = text.lower().removeprefix("claim").strip()
        if not (number.isascii() and number.isdecimal() and len(number) < 10):
            raise ValueError("not the number of a claim")
        if int(number) not in self.lines:
            raise ValueError("not a claim of this batch")
        return int(number)

    @property
    def paid(self) -> dict[int, int]:
        """What was paid otherwise than calculated, in pence, by the number of the claim."""
        said: Mapping[int, int] | None = self.cleaned_data["file"]
        if said is None:
            typed = {claim: self.cleaned_data.get(f"paid_{claim}") for claim in self.lines}
            said = {claim: pence for claim, pence in typed.items() if pence is not None}
        return {claim: pence for claim, pence in said.items() if pence != self.lines[claim].due_pence}

    def rows(self) -> Iterator[tuple[BatchLine, BoundField]]:
        """Each line that has room to type beside it, with its field."""
        for claim, line in self.lines.items():
            if f"paid_{claim}" in self.fields:
                yield line, self[f"paid_{claim}"]


def _amount(text: str) -> int:
    pence = parse_pounds(text)
    if pence < 0:
        raise ValueError("less than nothing")
    return pence


class ResolveForm(forms.Form):
    """What became of a difference."""

    resolution = forms.ChoiceField(
        label="What became of it",
        widget=forms.RadioSelect,
        choices=[
            (BatchLine.Resolution.EXPLAINED, "Explained: it is right as it was paid"),
            (BatchLine.Resolution.RECOVERED, "Recovered: payroll took it back or paid the rest"),
            (BatchLine.Resolution.CORRECTED, "Corrected: the claim was reversed and claimed again"),
        ],
        error_messages={"required": "Choose what became of it"},
    )
    reason = ReasonField(label="How", help_text="Where it can be seen, such as the payroll run.")


class ToleranceForm(forms.Form):
    """Up to how much a paid amount may differ and need no explanation."""

    grant = ModelChoiceField[Grant](label="Grant", queryset=Grant.objects.none(), empty_label=None)
    pence = PoundsField(label="Tolerated on one claim", min_pence=0, max_pence=MOST_TOLERATED_PENCE)
    reason = ReasonField(label="Why that much")

    def __init__(self, data: Any = None, *, grants: QuerySet[Grant]) -> None:
        super().__init__(data)
        self.fields["grant"].queryset = grants  # type: ignore[attr-defined]


class BatchFilter(forms.Form):
    """Which batches to show; all of it is optional."""

    kind = forms.ChoiceField(label="Kind", choices=[("", "All"), *Batch.Kind.choices], required=False)
    status = forms.ChoiceField(label="Status", choices=[("", "All"), *Batch.Status.choices], required=False)
    agency = ModelChoiceField[Agency](
        label="Agency", queryset=Agency.objects.none(), required=False, empty_label="All"
    )

    def __init__(self, data: Any, *, of: BatchQuerySet) -> None:
        super().__init__(data)
        agencies = Agency.objects.filter(pk__in=of.order_by().values("agency"))
        self.fields["agency"].queryset = agencies  # type: ignore[attr-defined]

    def narrow(self, rows: BatchQuerySet) -> BatchQuerySet:
        """Those that were asked for; none while the filter cannot be read."""
        if not self.is_valid():
            return rows.none()
        return rows.filter(**{name: value for name, value in self.cleaned_data.items() if value})

    def in_words(self) -> dict[str, str]:
        """What was chosen, as an export repeats it."""
        return _in_words(self)


class DifferenceFilter(forms.Form):
    """Which differences to show; all of it is optional."""

    STATES = (
        ("", "All"),
        ("open", "To be resolved"),
        ("tolerated", "Tolerated"),
        *BatchLine.Resolution.choices,
    )

    state = forms.ChoiceField(label="State", choices=STATES, required=False)
    agency = ModelChoiceField[Agency](
        label="Agency", queryset=Agency.objects.none(), required=False, empty_label="All"
    )

    def __init__(self, data: Any, *, of: BatchLineQuerySet) -> None:
        super().__init__(data)
        agencies = Agency.objects.filter(pk__in=of.order_by().values("batch__agency"))
        self.fields["agency"].queryset = agencies  # type: ignore[attr-defined]

    def narrow(self, rows: BatchLineQuerySet) -> BatchLineQuerySet:
        """Those that were asked for; none while the filter cannot be read."""
        if not self.is_valid():
            return rows.none()
        state, agency = self.cleaned_data["state"], self.cleaned_data["agency"]
        if agency:
            rows = rows.filter(batch__agency=agency)
        if state == "open":
            return rows.unresolved()
        if state == "tolerated":
            return rows.tolerated()
        return rows.filter(resolution=state) if state else rows

    def in_words(self) -> dict[str, str]:
        """What was chosen, as an export repeats it."""
        return _in_words(self)


def _in_words(form: forms.Form) -> dict[str, str]:
    if not form.is_valid():
        return UNREADABLE
    found = {}
    for name, value in form.cleaned_data.items():
        field = form.fields[name]
        shown = dict(field.choices).get(value, value) if isinstance(value, str) else value  # type: ignore[attr-defined]
        found[str(field.label)] = str(shown) if value else ""
    return found
