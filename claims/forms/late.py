"""What people type about the late list and about duties that were released."""

from datetime import date, timedelta
from typing import Any

from django import forms
from django.db.models import QuerySet

from claims.late_list import released_since
from claims.models import LateClaim
from overtime_ledger import clock
from overtime_ledger.accounts.models import Agency
from overtime_ledger.forms import UNREADABLE, DayField, ModelChoiceField, ReasonField
from overtime_ledger.ui import day
from tasking.models import TaskingEvent


class AskForm(forms.Form):
    """Why a duty was not claimed in time."""

    reason = ReasonField(
        label="Why was it not claimed in time?",
        help_text="Finance reads it, and it stays on record.",
        error_messages={"required": "Say why it was not claimed in time"},
    )


class DecideForm(forms.Form):
    """Finance's answer, and if the exception is granted the last day to claim the duty."""

    until = DayField(
        label="Last day to claim and approve it",
        required=False,
        help_text="Needed to grant it: from today until the books close.",
    )
    answer = ReasonField(
        label="Answer", help_text="The officer reads it.", error_messages={"required": "Write an answer"}
    )

    def __init__(self, data: Any, *, decision: str, books_close_on: date) -> None:
        in_a_week = clock.today() + timedelta(days=7)
        super().__init__(data, initial={"until": min(in_a_week, max(books_close_on, clock.today()))})
        self.grants = decision == "grant"

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if self.grants and not given.get("until") and "until" not in self.errors:
            self.add_error("until", "Enter the last day to claim it, like 8 3 2021")
        return given


class LateFilter(forms.Form):
    """Which exceptions the late list shows; unasked, those that wait for an answer."""

    status = forms.ChoiceField(
        label="State",
        required=False,
        choices=[("", "Asked"), ("granted", "Granted"), ("refused", "Refused"), ("all", "All")],
    )
    agency = ModelChoiceField(Agency.objects.none(), label="Agency", required=False, empty_label="All")

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        field = self.fields["agency"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = Agency.objects.filter(assignments__late_claims__isnull=False).distinct()

    def narrow(self, rows: QuerySet[LateClaim]) -> QuerySet[LateClaim]:
        """The exceptions that were asked for; a filter that cannot be read finds none."""
        if not self.is_valid():
            return rows.none()
        chosen = self.cleaned_data
        if chosen["status"] != "all":
            rows = rows.filter(status=chosen["status"] or LateClaim.Status.ASKED)
        return rows.filter(assignment__agency=chosen["agency"]) if chosen["agency"] else rows

    def in_words(self) -> dict[str, str]:
        """What was chosen, as an export repeats it."""
        if not self.is_valid():
            return UNREADABLE
        chosen = self.cleaned_data
        states = {"": "Asked", "granted": "Granted", "refused": "Refused", "all": "All"}
        more = {"Agency": str(chosen["agency"])} if chosen["agency"] else {}
        return {"State": states[chosen["status"]], **more}


class ReleasedFilter(forms.Form):
    """Since when duties were released."""

    since = DayField(label="Released since", required=False)

    def narrow(self, rows: QuerySet[TaskingEvent]) -> QuerySet[TaskingEvent]:
        """The releases that were asked for; a filter that cannot be read finds none."""
        if not self.is_valid():
            return rows.none()
        since = self.cleaned_data["since"]
        return released_since(rows, since) if since else rows

    def in_words(self) -> dict[str, str]:
        """What was chosen, as an export repeats it."""
        if not self.is_valid():
            return UNREADABLE
        since = self.cleaned_data["since"]
        return {"Released since": day(since)} if since else {}
