"""What people type about agencies' statements, invoices and credit notes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from overtime_ledger import clock
from overtime_ledger.forms import DayField, PoundsField, ReasonField, refuse_personal_data
from overtime_ledger.payments.forms.amounts import (
    MOST_BESIDE,
    AmountsForm,
    ClaimAmountsField,
    ClaimAmountsFile,
    amount_beside,
)
from overtime_ledger.payments.models import Batch, BatchLine, Invoice, InvoiceLine
from overtime_ledger.payments.services import invoices


class NumberField(forms.CharField):
    """The number of a paper of the agency, or one that it quotes."""

    widget = forms.TextInput(attrs={"class": "input--20", "autocomplete": "off"})

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=40, validators=[refuse_personal_data], **kwargs)


class InvoiceForm(AmountsForm):
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
    file = ClaimAmountsFile(
        column="amount",
        label="File with what is charged for each claim",
        help_text="CSV with the columns claim and amount, in pounds. A claim it leaves out is not charged.",
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
        help_text="Only where it charges more than the statement. It is recorded as disputed then, the "
        "agency’s clerks are told, and nothing of it is paid before a credit note puts it right.",
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
        as_list = ClaimAmountsField(
            label="Claims that are charged otherwise",
            help_text="A claim and what is charged for it in each line, like 412 85.20. Two columns of a "
            "spreadsheet can be pasted. A claim not named is as the statement says; 0 is not charged.",
            claims=self.stated,
            of="this statement",
        )
        self.make_room(self.stated, called="line", label="Charged for claim", as_list=as_list)

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or {}
        if typed.get("beyond") and not typed.get("beyond_what"):
            self.add_error("beyond_what", "Say what is charged that is not on the statement")
        if typed.get("file") is not None and self.typed:
            self.add_error("file", "Choose a file or type the lines, not both")
        dated, received = typed.get("dated_on"), typed.get("received_on")
        if dated and received and not dated <= received <= clock.today():
            self.add_error("received_on", "It is received on its own date or later, and no later than today")
        return typed

    @property
    def said(self) -> invoices.Said:
        """What the invoice says."""
        typed = self.cleaned_data
        return invoices.Said(
            number=typed["number"],
            dated_on=typed["dated_on"],
            received_on=typed["received_on"],
            purchase_order=typed["purchase_order"],
            cost_code=typed["cost_code"],
            net_pence=typed["net"],
            vat_code=typed["vat_code"],
            vat_pence=typed["vat"] or 0,
            lines=self.stated | self.typed if self.typed else typed["file"],
            beyond=[(typed["beyond_what"], typed["beyond"])] if typed["beyond"] else [],
        )


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
        beside = [line for line in lines if len(lines) <= MOST_BESIDE or line.to_credit_pence][:MOST_BESIDE]
        self.names = {line.pk: f"line_{line.pk}" for line in beside}
        for line in beside:
            self.fields[self.names[line.pk]] = amount_beside(
                f"Taken back of {line.named}", initial=line.to_credit_pence or None
            )
        self.others = {
            line.batch_line.claim_id: line.pk
            for line in lines
            if line.batch_line and line.pk not in self.names
        }
        if self.others:
            self.fields["others"] = ClaimAmountsField(
                label="Other claims of which something is taken back",
                help_text="A claim and what is taken back of it in each line, like 412 85.20.",
                claims=self.others,
                of="this invoice",
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
            lines={pk: typed[name] or 0 for pk, name in self.names.items()}
            | {self.others[claim]: pence for claim, pence in typed.get("others", {}).items()},
        )


class PayForm(forms.Form):
    """The day on which an invoice was paid, and the total that was on the page."""

    paid_on = DayField(label="Paid on", help_text="The day on which the money left.")
    expected_pence = forms.IntegerField(widget=forms.HiddenInput)
