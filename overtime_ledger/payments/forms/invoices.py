"""What people type about agencies' statements, invoices and credit notes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.core.management.base import CommandError
from django.db.models import QuerySet

from overtime_ledger import clock
from overtime_ledger.accounts.models import Agency, User
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
from overtime_ledger.payments.ageing import AGES, SINCE, STANDS
from overtime_ledger.payments.models import Batch, BatchLine, Invoice, InvoiceLine
from overtime_ledger.payments.services import invoices

MOST_TYPED = 400
"""Lines of a statement that a page has room to type; what more lines are charged comes as a file."""


class NumberField(forms.CharField):
    """The number of a paper of the agency, or one that it quotes."""

    widget = forms.TextInput(attrs={"class": "input--20", "autocomplete": "off"})

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=40, validators=[refuse_personal_data], **kwargs)


class InvoiceForm(forms.Form):
    """An agency's invoice. Where no line is typed and no file given, each line is as the statement says."""

    number = NumberField(label="Invoice number", error_messages={"required": "Enter the invoice number"})
    dated_on = DayField(label="Date of the invoice")
    received_on = DayField(label="Received on")
    purchase_order = NumberField(label="Purchase order", required=False)
    cost_code = NumberField(label="Cost code", required=False)
    net = PoundsField(label="Net amount", help_text="Without VAT: this is what the grant bears.")
    vat_code = forms.ChoiceField(
        label="VAT code",
        choices=Invoice.Vat.choices,
        initial=Invoice.Vat.NONE,
        help_text="Police forces usually charge one another none.",
    )
    vat = PoundsField(
        label="VAT", min_pence=0, required=False, help_text="It is shown and paid, but not by the grant."
    )
    file = forms.FileField(
        label="File with what is charged for each claim",
        required=False,
        allow_empty_file=True,
        help_text="CSV with the columns claim and amount, in pounds. A claim it leaves out is not charged.",
        widget=forms.FileInput(attrs={"accept": ".csv"}),
        error_messages={"invalid": "The file did not arrive: choose it again"},
    )
    beyond = PoundsField(label="Charged for anything that is not on the statement", required=False)
    beyond_what = forms.CharField(
        label="What that is",
        required=False,
        max_length=80,
        validators=[refuse_personal_data],
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    dispute = ReasonField(
        label="What is the agency asked about it?",
        required=False,
        help_text="Only where the invoice differs. It is recorded as disputed then, the agency’s clerks are "
        "told, and nothing of it is paid before a credit note puts it right.",
    )

    def __init__(
        self, data: Any = None, files: Any = None, *, statement: Batch, lines: Sequence[BatchLine]
    ) -> None:
        initial = {
            "net": statement.pence,
            "received_on": clock.today(),
            "purchase_order": statement.purchase_order,
            "cost_code": statement.cost_code,
        }
        super().__init__(data, files, initial=initial)
        self.stated = {line.claim_id: line.pence for line in lines}
        self.typed = {line.claim_id: f"line_{line.claim_id}" for line in lines[:MOST_TYPED]}
        for claim, name in self.typed.items():
            self.fields[name] = PoundsField(label=f"Charged for claim {claim}", min_pence=0, required=False)

    def clean_file(self) -> dict[int, int] | None:
        """What the file charges for each claim, in pence, by its number."""
        file: UploadedFile[bytes] | None = self.cleaned_data["file"]
        if not file:
            return None
        try:
            rows = read_table(file.read(), ("claim", "amount"), _charged, named_by="claim")
        except CommandError as error:
            raise forms.ValidationError(str(error).splitlines()) from error
        if len(charged := dict(rows)) < len(rows):
            raise forms.ValidationError("A claim is there more than once")
        return charged

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or {}
        if typed.get("beyond") and not typed.get("beyond_what"):
            self.add_error("beyond_what", "Say what is charged that is not on the statement")
        if typed.get("file") is not None and self._otherwise():
            self.add_error("file", "Choose a file or type the lines, not both")
        dated, received = typed.get("dated_on"), typed.get("received_on")
        if dated and received and not dated <= received <= clock.today():
            self.add_error("received_on", "It is received on its own date or later, and no later than today")
        return typed

    def _otherwise(self) -> dict[int, int]:
        """What was typed beside claims: a line left empty is as the statement says."""
        typed = {claim: self.cleaned_data.get(name) for claim, name in self.typed.items()}
        return {claim: pence for claim, pence in typed.items() if pence is not None}

    @property
    def said(self) -> invoices.Said:
        """What the invoice says."""
        typed = self.cleaned_data
        otherwise = self._otherwise()
        return invoices.Said(
            number=typed["number"],
            dated_on=typed["dated_on"],
            received_on=typed["received_on"],
            purchase_order=typed["purchase_order"],
            cost_code=typed["cost_code"],
            net_pence=typed["net"],
            vat_code=typed["vat_code"],
            vat_pence=typed["vat"] or 0,
            lines=self.stated | otherwise if otherwise else typed["file"],
            beyond=[(typed["beyond_what"], typed["beyond"])] if typed["beyond"] else [],
        )


def _charged(row: Row) -> tuple[int, int]:
    return cell(row, "claim", _claim), cell(row, "amount", parse_pounds)


def _claim(text: str) -> int:
    number = text.lower().removeprefix("claim").strip()
    if not (number.isascii() and number.isdecimal() and len(number) < 10):
        raise ValueError("not the number of a claim")
    return int(number)


class CreditForm(forms.Form):
    """An agency's credit note: how much of each line it takes back. What differs is proposed."""

    number = NumberField(
        label="Number of the credit note", error_messages={"required": "Enter the number of the credit note"}
    )
    dated_on = DayField(label="Date of the credit note")
    vat = PoundsField(label="VAT taken back", min_pence=0, required=False)
    reason = ReasonField(label="What it is for")

    def __init__(self, data: Any = None, *, lines: Sequence[InvoiceLine]) -> None:
        super().__init__(data)
        self.names = {line.pk: f"line_{line.pk}" for line in lines}
        for line in lines:
            self.fields[self.names[line.pk]] = PoundsField(
                label=f"Taken back of {line.named}",
                min_pence=0,
                required=False,
                initial=line.to_credit_pence or None,
            )

    def clean_dated_on(self) -> Any:
        """A day that has come."""
        if self.cleaned_data["dated_on"] > clock.today():
            raise forms.ValidationError("It cannot be dated after today")
        return self.cleaned_data["dated_on"]

    @property
    def said(self) -> invoices.Credit:
        """What the credit note says."""
        typed = self.cleaned_data
        return invoices.Credit(
            number=typed["number"],
            dated_on=typed["dated_on"],
            vat_pence=typed["vat"] or 0,
            reason=typed["reason"],
            lines={pk: typed[name] or 0 for pk, name in self.names.items()},
        )


class PayForm(forms.Form):
    """The day on which an invoice was paid, and the total that was on the page."""

    paid_on = DayField(label="Paid on", help_text="The day on which the money left.")
    expected_pence = forms.IntegerField(widget=forms.HiddenInput)


# Which rows a list shows


class _OfAgency(forms.Form):
    """Whose rows: a clerk has one agency only, so that there is nothing to choose."""

    agency = ModelChoiceField(
        queryset=Agency.objects.none(), required=False, empty_label="All", label="Agency"
    )

    def __init__(self, data: Any, *, reader: User, of: QuerySet[Any]) -> None:
        super().__init__(data)
        field = cast("ModelChoiceField[Agency]", self.fields["agency"])
        field.queryset = Agency.objects.filter(pk__in=of.order_by().values("agency"))
        if not reader.has_perm("payments.view_invoice"):
            del self.fields["agency"]

    def narrow(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """The rows that were asked for; a filter that cannot be read finds none."""
        if not self.is_valid():
            return rows.none()
        return rows.filter(**self.conditions())

    def conditions(self) -> dict[str, Any]:
        """What was chosen, by the name of the field."""
        return {name: value for name, value in self.cleaned_data.items() if value}

    def in_words(self) -> dict[str, str]:
        """What was chosen, as an export repeats it."""
        if not self.is_valid():
            return UNREADABLE
        chosen = {name: value for name, value in self.cleaned_data.items() if value}
        return {str(self.fields[name].label): self._word(name, value) for name, value in chosen.items()}

    def _word(self, name: str, value: Any) -> str:
        choices = getattr(self.fields[name], "choices", ())
        return next((str(label) for key, label in choices if key == value), str(value))


class StatementFilter(_OfAgency):
    """Statements of an agency, or in a state."""

    status = forms.ChoiceField(label="State", required=False, choices=[("", "All"), *Batch.Status.choices])


class InvoiceFilter(_OfAgency):
    """Invoices of an agency, or in a state."""

    status = forms.ChoiceField(label="State", required=False, choices=[("", "All"), *Invoice.Status.choices])


class AgeingFilter(_OfAgency):
    """Since what day the age is counted, and what of it is listed."""

    since = forms.ChoiceField(label="Age since", required=False, choices=SINCE, initial="duty")
    stand = forms.ChoiceField(label="Where it stands", required=False, choices=[("", "All"), *STANDS])
    age = forms.ChoiceField(
        label="Age", required=False, choices=[("", "All"), *((name, label) for name, label, _ in AGES)]
    )
    field_order = ("since", "agency", "stand", "age")

    @property
    def chosen_since(self) -> str:
        """Since the duty, unless something else that there is was chosen."""
        return (self.cleaned_data.get("since") if self.is_valid() else "") or "duty"

    def conditions(self) -> dict[str, Any]:
        """What narrows the list: since when it is counted does not."""
        return {name: value for name, value in super().conditions().items() if name != "since"}
