"""What people type about the reconciliation: file, columns, what belongs together, what explains it."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from overtime_ledger.books.forcefile import (
    AMOUNT,
    CREDIT,
    DAY,
    DESCRIPTION,
    NEEDED,
    REFERENCE,
    Table,
    Unreadable,
    table_of,
)
from overtime_ledger.books.models import Adjustment
from overtime_ledger.books.selectors.by_hand import chosen
from overtime_ledger.books.selectors.ledgers import Ledgers
from overtime_ledger.forms import ReasonField, refuse_personal_data
from overtime_ledger.money import pounds
from overtime_ledger.uploads import MOST_BYTES


class FileForm(forms.Form):
    """A file of the force's ledger. Valid, it has its `table` and the `sha256` of its content."""

    file = forms.FileField(
        label="File of the force’s ledger",
        help_text="CSV or XLSX, with one row of column names above the lines; at most 20,000 lines.",
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".csv,.xlsx"}),
        error_messages={
            "required": "Choose a file",
            "invalid": "The file did not arrive: choose it again",
        },
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise forms.ValidationError("The file is larger than 10 MB: send it in parts.", code="size")
        content = file.read()
        try:
            self.table: Table = table_of(content)
        except Unreadable as problem:
            raise forms.ValidationError(str(problem), code="unreadable") from problem
        self.sha256 = hashlib.sha256(content).hexdigest()
        return file


_LABELS = {
    DAY: ("Day on which it was booked", ""),
    REFERENCE: ("Reference", "Payroll batch, invoice or claim: what a payment here has too."),
    AMOUNT: ("Amount, or debit", "In pounds. What gives back is negative."),
    CREDIT: ("Credit, if it has a column of its own", "It is taken off."),
    DESCRIPTION: ("Description", ""),
}


class ColumnsForm(forms.Form):
    """Which column of a file holds what, and whether lines like those on record are further ones."""

    take_repeated = forms.BooleanField(
        required=False, label="Take lines that look like lines on record too: they are further ones"
    )

    def __init__(self, data: Any, *, header: Sequence[str], guessed: Mapping[str, str]) -> None:
        super().__init__(data)
        names = [(name, name) for name in header if name]
        for wanted, (label, hint) in _LABELS.items():
            self.fields[wanted] = forms.ChoiceField(
                label=label,
                help_text=hint,
                choices=[("", "Choose a column" if wanted in NEEDED else "None"), *names],
                required=wanted in NEEDED,
                initial=guessed.get(wanted, ""),
                error_messages={"required": f"Choose the column: {label.lower()}"},
            )
        self.order_fields([*_LABELS, "take_repeated"])

    def clean(self) -> dict[str, Any]:
        typed: dict[str, Any] = super().clean() or {}
        taken: dict[str, str] = {}
        for wanted, (label, _) in _LABELS.items():
            name = typed.get(wanted)
            if name and (other := taken.setdefault(name, wanted)) != wanted:
                self.add_error(wanted, f"{label}: {name} is chosen already, as {_LABELS[other][0].lower()}")
        return typed

    @property
    def columns(self) -> dict[str, str]:
        """By what is wanted, the column that was chosen."""
        return {wanted: self.cleaned_data[wanted] for wanted in _LABELS}

    @property
    def chosen(self) -> list[tuple[str, str]]:
        """What was chosen, as names and values of a form."""
        more = [("take_repeated", "on")] if self.cleaned_data["take_repeated"] else []
        return [*self.columns.items(), *more]


class ExplainForm(forms.Form):
    """Why something does not match, and who deals with it."""

    kind = forms.ChoiceField(
        label="What is it?",
        choices=Adjustment.Kind.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose what it is"},
    )
    reason = ReasonField(label="Why does it not match?")
    deals_with = forms.CharField(
        label="Who deals with it?",
        max_length=120,
        validators=[refuse_personal_data],
        help_text="A role or a department, such as: payroll.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "class": "input--20"}),
        error_messages={"required": "Say who deals with it"},
    )


class UndoForm(forms.Form):
    """Why a match is undone, or a reconciliation sent back."""

    reason = ReasonField(label="Why?")


class MatchForm(forms.Form):
    """What somebody says is the same money: keys of payments, of claims and of lines, and why.

    Valid, it has what is `chosen`.
    """

    find = forms.CharField(
        label="Look for",
        required=False,
        max_length=80,
        help_text="A reference, an amount, the number of a claim or an officer. What is chosen stays.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "class": "input--20"}),
    )
    pick = forms.Field(required=False, widget=forms.MultipleHiddenInput)
    differing = forms.BooleanField(
        required=False,
        label="The amounts differ: the reconciliation shows by how much, and it is explained there",
    )
    reason = ReasonField(label="Why do they belong together?")

    def __init__(self, data: Any, *, both: Ledgers, keys: Sequence[str], initial: Mapping[str, Any]) -> None:
        super().__init__(data, initial=dict(initial))
        self.chosen = chosen(both, keys)

    def clean(self) -> dict[str, Any]:
        typed: dict[str, Any] = super().clean() or {}
        if self.chosen.gone:
            self.add_error("pick", "Something of this is matched already: choose again")
        elif not self.chosen.keys:
            self.add_error("pick", "Choose what belongs together")
        elif self.chosen.apart_pence and not typed.get("differing"):
            ours, theirs = self.chosen.ours_pence, self.chosen.theirs_pence
            self.add_error(
                "pick",
                f"What is chosen comes to {pounds(ours)} here and {pounds(theirs)} there: "
                f"{pounds(abs(ours - theirs))} apart",
            )
        return typed
