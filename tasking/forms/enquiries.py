"""What people type to open an enquiry, and which of them a list shows."""

from typing import Any, cast
from uuid import uuid4

from django import forms
from django.db.models import QuerySet

from grants.models import Grant
from overtime_ledger import clock
from overtime_ledger.accounts.models import User
from overtime_ledger.forms import ReasonField
from tasking import selectors
from tasking.forms.choices import GrantChoice, SubjectsField
from tasking.forms.outcomes import SCALE, analyst_field, score_field
from tasking.models import Enquiry, Subject
from tasking.services import Assessed

MOST_NEW_CODENAMES = 9
ENTRY = {
    "entry_score": "Enter the score that was stated",
    "entry_score_most": "Enter the highest score of the scale",
    "entry_score_by": "Say which analyst stated the score",
}
"""Fields of the entry assessment, and what is said where only some of them are typed."""


class OpenEnquiryForm(forms.Form):
    """A new enquiry: against whom, to what end, and the score an analyst stated."""

    grant = GrantChoice(queryset=Grant.objects.none(), empty_label=None)
    new_subjects = forms.IntegerField(
        label="New codenames to draw",
        min_value=0,
        max_value=MOST_NEW_CODENAMES,
        initial=1,
        help_text="One for each subject that has none yet. The key from codename to person stays outside.",
        widget=forms.TextInput(attrs={"class": "input--2", "inputmode": "numeric"}),
        error_messages={"invalid": "Enter a number, like 1", "required": "Enter a number, 0 for none"},
    )
    subjects = SubjectsField(label="Known subjects", queryset=Subject.objects.none(), required=False)
    objective = ReasonField(
        label="Objective",
        max_length=1000,  # it stays on the enquiry and is not posted
        help_text="What the enquiry is to find out or do. No names or other personal data of the public.",
        error_messages={"required": "Enter the objective"},
    )
    kind = forms.ChoiceField(
        label="Kind of enquiry",
        choices=Enquiry.Kind.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose a kind of enquiry"},
    )
    entry_score = score_field(
        "MoRiLE score on entry",
        required=False,
        help_text="As an analyst stated it, of each subject; it can be corrected for one of them. "
        "It is written down, never computed here.",
    )
    entry_score_most = score_field("Highest score of the scale", required=False)
    entry_score_by = analyst_field(required=False)
    token = forms.UUIDField(required=False, widget=forms.HiddenInput, initial=uuid4)

    def __init__(self, data: Any = None, *, by: User, subjects: QuerySet[Subject], **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        grant = cast(GrantChoice, self.fields["grant"])
        grant.queryset = selectors.grants_controlled(by)
        cast(SubjectsField, self.fields["subjects"]).queryset = subjects
        if len(grant.queryset) == 1:
            grant.widget = forms.HiddenInput()
            self.initial["grant"] = grant.queryset[0].pk
        if not subjects:
            del self.fields["subjects"]

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or {}
        if not (self.errors or typed.get("subjects") or typed.get("new_subjects")):
            self.add_error("new_subjects", "Draw a new codename or choose a known subject")
        stated = {name: typed.get(name) for name in ENTRY}  # a score of 0 alone is a mistake of its own
        for name, missing in ENTRY.items():
            if any(stated.values()) and stated[name] in (None, "") and name not in self.errors:
                self.add_error(name, missing)
        score, most = stated["entry_score"], stated["entry_score_most"]
        if score is not None and most is not None and score > most:
            self.add_error("entry_score", "The score is above the highest of the scale")
        return typed

    def opened(self) -> dict[str, Any]:
        """What was typed, as arguments of `services.open_enquiry`. Only after `is_valid()`."""
        typed = {name: value for name, value in self.cleaned_data.items() if name not in (*ENTRY, "token")}
        score, most, stated_by = (self.cleaned_data[name] for name in ENTRY)
        entry = Assessed(score, SCALE, most, clock.today(), stated_by) if stated_by else None
        return typed | {"entry": entry}


class EnquiryFilter(forms.Form):
    """Which enquiries a list shows."""

    status = forms.ChoiceField(required=False, choices=[("", "All"), *Enquiry.Status.choices])
    kind = forms.ChoiceField(required=False, choices=[("", "All"), *Enquiry.Kind.choices])

    def narrow(self, enquiries: QuerySet[Enquiry]) -> QuerySet[Enquiry]:
        """The enquiries that were asked for; a filter that cannot be read finds none."""
        if not self.is_valid():
            return enquiries.none()
        return enquiries.filter(**{name: value for name, value in self.cleaned_data.items() if value})
