"""Which batches, differences, statements, invoices and waiting claims a list shows."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.db.models import QuerySet

from overtime_ledger.accounts.models import Agency, User
from overtime_ledger.forms import UNREADABLE, ModelChoiceField
from overtime_ledger.payments.ageing import AGES, SINCE, STANDS
from overtime_ledger.payments.models import Batch, BatchLine, BatchLineQuerySet, Invoice


class _OfAgency(forms.Form):
    """Whose rows: a clerk has one agency only, so that there is nothing to choose."""

    agency = ModelChoiceField(
        queryset=Agency.objects.none(), required=False, empty_label="All", label="Agency"
    )

    whose = "agency"

    def __init__(self, data: Any, *, reader: User, of: QuerySet[Any]) -> None:
        super().__init__(data)
        field = cast("ModelChoiceField[Agency]", self.fields["agency"])
        field.queryset = Agency.objects.filter(pk__in=of.order_by().values(self.whose))
        if reader.has_perm("payments.read_own_agency") and not reader.has_perm("payments.view_invoice"):
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


class BatchFilter(_OfAgency):
    """Batches of a kind, of an agency, or in a state."""

    kind = forms.ChoiceField(label="Kind", choices=[("", "All"), *Batch.Kind.choices], required=False)
    status = forms.ChoiceField(label="Status", choices=[("", "All"), *Batch.Status.choices], required=False)
    field_order = ("kind", "status", "agency")


class DifferenceFilter(_OfAgency):
    """Differences in a state, of an agency, or of one batch, to which its page leads."""

    STATES = (
        ("", "All"),
        ("open", "To be resolved"),
        ("tolerated", "Tolerated"),
        *BatchLine.Resolution.choices,
    )

    state = forms.ChoiceField(label="State", choices=STATES, required=False)
    batch = forms.ModelChoiceField(Batch.objects.none(), required=False, widget=forms.HiddenInput)
    field_order = ("state", "agency", "batch")
    whose = "batch__agency"

    def __init__(self, data: Any, *, reader: User, of: QuerySet[Any]) -> None:
        super().__init__(data, reader=reader, of=of)
        field = cast("forms.ModelChoiceField[Batch]", self.fields["batch"])
        field.queryset = Batch.objects.filter(pk__in=of.order_by().values("batch"))

    def narrow(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """The differences that were asked for; a filter that cannot be read finds none."""
        if not self.is_valid():
            return rows.none()
        state, agency, batch = (self.cleaned_data[name] for name in ("state", "agency", "batch"))
        found = cast("BatchLineQuerySet", rows.filter(batch__agency=agency) if agency else rows)
        found = found.filter(batch=batch) if batch else found
        if state == "open":
            return found.unresolved()
        if state == "tolerated":
            return found.tolerated()
        return found.filter(resolution=state) if state else found


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
