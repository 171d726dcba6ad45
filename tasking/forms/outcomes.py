"""What people type of a subject: its harm on entry, what came of it, and its harm on exit."""

from typing import Any

from django import forms

from overtime_ledger import clock
from overtime_ledger.forms import DayField, ReasonField, refuse_personal_data
from tasking.models import EntryAssessment, Outcome
from tasking.services import Assessed, Came

SCALE, MOST_OF_ANY_SCALE = "MoRiLE", 1_000_000
SHORT = {"class": "input--5", "inputmode": "numeric", "autocomplete": "off"}
LONG = {"class": "input--20", "autocomplete": "off"}


def score_field(label: str, **options: Any) -> forms.IntegerField:
    """A whole number on a scale."""
    return forms.IntegerField(
        label=label,
        min_value=0,
        max_value=MOST_OF_ANY_SCALE,
        widget=forms.TextInput(attrs=SHORT),
        error_messages={
            "invalid": "Enter a whole number, like 62",
            "required": "Enter the score, a whole number",
        },
        **options,
    )


def analyst_field(label: str = "Stated by", **options: Any) -> forms.CharField:
    """Who stated a score: a role and a number."""
    return forms.CharField(
        label=label,
        max_length=80,
        validators=[refuse_personal_data],
        help_text="Role and number of the analyst, not a name.",
        widget=forms.TextInput(attrs=LONG),
        error_messages={"required": "Say which analyst stated the score"},
        **options,
    )


class RecordForm(forms.Form):
    """A record of a subject; what is `seen` is the one that it corrects, and needs a reason."""

    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)
    reason = ReasonField(
        label="Why it is recorded anew",
        max_length=300,
        help_text="What stood before stays on record. No personal data of the public.",
    )

    def __init__(self, data: Any, *, stands: EntryAssessment | Outcome | None, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.initial["seen"] = stands.pk if stands else None
        if stands is None:
            del self.fields["reason"]

    @property
    def correction(self) -> dict[str, Any]:
        """What is corrected and why, as arguments of the verbs. Only after `is_valid()`."""
        typed = self.cleaned_data
        return {"seen": typed["seen"], "reason": typed.get("reason", "")}


class EntryForm(RecordForm):
    """How harmful a subject was on entry, as an analyst scored it."""

    score = score_field("Score on entry")
    scale_most = score_field("Highest score of the scale")
    scale = forms.CharField(
        label="Scale",
        max_length=60,
        initial=SCALE,
        validators=[refuse_personal_data],
        help_text="What it is scored by. The exit score is on the same scale.",
        widget=forms.TextInput(attrs=LONG),
        error_messages={"required": "Say by which scale it is scored"},
    )
    assessed_on = DayField(
        label="Assessed on", error_messages={"required": "Enter the day of the assessment"}
    )
    assessed_by = analyst_field()
    field_order = ("score", "scale_most", "scale", "assessed_on", "assessed_by", "reason")

    def __init__(self, data: Any, *, stands: EntryAssessment | None, alike: EntryAssessment | None) -> None:
        """`alike` is an assessment of the same grant, whose scale is offered."""
        offered = stands or alike
        initial: dict[str, Any] = {"assessed_on": clock.today()}
        if offered:
            initial |= {"scale": offered.scale, "scale_most": offered.scale_most}
        if stands:
            initial |= {name: getattr(stands, name) for name in ("score", "assessed_on", "assessed_by")}
        super().__init__(data, stands=stands, initial=initial)

    def assessed(self) -> Assessed:
        """What was typed. Only after `is_valid()`."""
        names = ("score", "scale", "scale_most", "assessed_on", "assessed_by")
        return Assessed(**{name: self.cleaned_data[name] for name in names})


class OutcomeForm(RecordForm):
    """What came of a subject."""

    result = forms.ChoiceField(
        choices=Outcome.Result.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose what came of the subject"},
    )
    words = forms.CharField(
        label="If another result: what it was",
        required=False,
        max_length=200,
        validators=[refuse_personal_data],
        help_text="In a few words, without personal data of the public.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    came_on = DayField(
        label="Date of the result",
        help_text="If it is still open: the day as at which it is.",
        error_messages={"required": "Enter the date of the result"},
    )
    disruption = forms.ChoiceField(
        label="Level of disruption",
        choices=Outcome.Disruption.choices,
        widget=forms.RadioSelect,
        help_text="By the national definitions, as assessed; none if there is no disruption.",
        error_messages={"required": "Choose the level of disruption"},
    )
    exit_score = score_field("Score on exit", required=False)
    exit_by = analyst_field("Exit score stated by", required=False)
    field_order = ("result", "words", "came_on", "disruption", "exit_score", "exit_by", "reason")

    def __init__(self, data: Any, *, stands: Outcome | None, entry: EntryAssessment | None) -> None:
        names = ("result", "words", "came_on", "disruption", "exit_score", "exit_by")
        initial = {name: getattr(stands, name) for name in names} if stands else {"came_on": clock.today()}
        super().__init__(data, stands=stands, initial=initial)
        self.fields["exit_score"].help_text = (
            f"Score on entry: {entry.in_words}. On the same scale, as an analyst states it; none while open."
            if entry
            else "Record the entry assessment first: an exit score is compared with it."
        )

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or {}
        other, score = typed.get("result") == Outcome.Result.OTHER, typed.get("exit_score")
        if other and not typed.get("words") and "words" not in self.errors:
            self.add_error("words", "Say in a few words what came of the subject")
        if typed.get("result") and not other and typed.get("words"):
            self.add_error("words", "Leave this empty, or choose Other as the result")
        if score is not None and not typed.get("exit_by") and "exit_by" not in self.errors:
            self.add_error("exit_by", "Say which analyst stated the exit score")
        if score is None and typed.get("exit_by") and "exit_score" not in self.errors:
            self.add_error("exit_score", "Enter the exit score that was stated")
        if score is not None and typed.get("result") == Outcome.Result.OPEN:
            self.add_error("exit_score", "A subject that is still open has no score on exit yet")
        return typed

    def came(self) -> Came:
        """What was typed. Only after `is_valid()`."""
        names = ("result", "came_on", "disruption", "words", "exit_score", "exit_by")
        return Came(**{name: self.cleaned_data[name] for name in names})


class CloseForm(forms.Form):
    """That an enquiry is closed though not every subject has an outcome."""

    outcomes_follow = forms.BooleanField(
        label="No outcome yet: it is recorded later, at the latest before the grant is closed", required=False
    )
