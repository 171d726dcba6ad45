"""What is typed about how a grant is meant to run down: a profile, a comment on a variance, an answer."""

from datetime import date, timedelta
from typing import Any, Literal

from django import forms
from django.core.exceptions import ValidationError

from grants.burndown import Terms
from grants.models import Grant, UnderspendNotice, VarianceComment
from overtime_ledger import clock
from overtime_ledger.forms import DayField, PoundsField, ReasonField
from overtime_ledger.money import pounds
from overtime_ledger.ui import day

By = Literal["week", "month"]


def period_ends(grant: Grant, by: By) -> list[date]:
    """The days on which the weeks (Sundays) or months of a grant's window end; the last is its last day."""
    last, ends = grant.eligible_to, []
    on = grant.eligible_from
    while on <= last:
        until = on + timedelta(days=6 - on.weekday())
        if by == "month":
            until = (on.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
        ends.append(min(until, last))
        on = ends[-1] + timedelta(days=1)
    return ends


class ProfileForm(forms.Form):
    """What is planned to be incurred by the end of each week or month: sums that never fall."""

    reason = ReasonField(label="What it rests on", widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, data: Any, *, grant: Grant, terms: Terms, by: By) -> None:
        super().__init__(data)
        self.grant, self.ends = grant, period_ends(grant, by)
        for end in self.ends:
            self.fields[_name(end)] = PoundsField(
                label=f"By {day(end)}",
                min_pence=0,
                max_pence=grant.amount_pence,
                initial=min(terms.planned(end), grant.amount_pence),
            )
        self.order_fields([*map(_name, self.ends), "reason"])

    def clean(self) -> dict[str, Any]:
        given, before = super().clean() or {}, 0
        for end in self.ends:
            pence = given.get(_name(end))
            if pence is not None and pence < before:
                self.add_error(_name(end), f"It cannot be less than {pounds(before)}, planned before it")
            before = max(before, pence or 0)
        return given

    @property
    def points(self) -> list[tuple[date, int]]:
        """The points of the profile, once the form is valid."""
        return [(end, self.cleaned_data[_name(end)]) for end in self.ends]


def _name(end: date) -> str:
    return f"by_{end:%Y_%m_%d}"


class CommentForm(forms.Form):
    """Why there is a variance, and whether time evens it out."""

    kind = forms.ChoiceField(
        label="Is it a matter of time?",
        choices=VarianceComment.Kind.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose timing or permanent"},
    )
    comment = ReasonField(label="What it comes from", error_messages={"required": "Say what it comes from"})


class AnswerForm(forms.Form):
    """What follows from an underspend: a plan with a day, or that it is accepted; and the words for it."""

    answer = forms.ChoiceField(
        label="What follows",
        choices=UnderspendNotice.Answer.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose what follows"},
    )
    reason = ReasonField(
        label="The plan, or why it is accepted", error_messages={"required": "Say what follows, and why"}
    )
    plan_by = DayField(
        label="The plan is to have worked by",
        required=False,
        help_text="Only for a plan.",
    )

    def __init__(self, data: Any, *, grant: Grant) -> None:
        super().__init__(data)
        self.grant = grant

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("answer") != UnderspendNotice.Answer.PLAN:
            given["plan_by"] = None
        elif "plan_by" in given and given["plan_by"] is None:
            self.add_error("plan_by", "Enter the day by which the plan is to have worked, like 21 3 2021")
        return given

    def clean_plan_by(self) -> date | None:
        on: date | None = self.cleaned_data["plan_by"]
        if on and not clock.today() <= on <= self.grant.eligible_to:
            raise ValidationError(f"Choose a day from today to {day(self.grant.eligible_to)}")
        return on
