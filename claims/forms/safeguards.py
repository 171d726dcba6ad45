"""What people type about evidence, claims held back and interests."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Q, QuerySet

from claims.models import Claim, Evidence, Interest
from overtime_ledger.accounts.models import Agency, User
from overtime_ledger.forms import UNREADABLE, ModelChoiceField, ReasonField, refuse_personal_data


class EvidenceForm(forms.Form):
    """What shows a duty: where its record is, a file, or both. What a file is, its content says (C15)."""

    kind = forms.ChoiceField(
        label="What it is",
        choices=Evidence.Kind.choices,
        error_messages={"required": "Choose what it is", "invalid_choice": "Choose what it is"},
    )
    reference = forms.CharField(
        label="Where the record is",
        required=False,
        max_length=200,
        help_text="System and number, or the page of the book. Needed if there is no file.",
        validators=[refuse_personal_data],
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    file = forms.FileField(
        label="File",
        required=False,
        allow_empty_file=True,
        help_text="PDF, PNG or JPEG, at most 10 MB. No names or addresses of the public in the file’s name.",
        widget=forms.FileInput(attrs={"accept": ".pdf,.png,.jpg,.jpeg"}),
        error_messages={"invalid": "The file did not arrive: choose it again"},
    )

    def __init__(self, data: Any = None, files: Any = None, *, claim: Claim) -> None:
        missing = "" if claim.has_its_record else claim.record_kind
        super().__init__(data, files, initial={"kind": missing or Evidence.Kind.OTHER})

    def clean_file(self) -> UploadedFile[bytes] | None:
        """The file, unless its name gives somebody of the public away."""
        file: UploadedFile[bytes] | None = self.cleaned_data["file"]
        if file:
            refuse_personal_data((file.name or "").replace("_", " "))
        return file

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or {}
        if not self.errors and not typed["reference"] and typed["file"] is None:
            self.add_error("reference", "Say where the record is, or choose a file")
        return typed


class FreezeForm(forms.Form):
    """Why a claim is held back."""

    reason = ReasonField(
        label="Why is it held back?", help_text="Only finance and auditors read it, and it stays on record."
    )


class ReleaseForm(forms.Form):
    """Why a claim goes on that was held back."""

    reason = ReasonField(
        label="Why does it go on?", help_text="Only finance and auditors read it, and it stays on record."
    )


# Interests


class PersonField(ModelChoiceField[User]):
    """Somebody by rank, number and agency."""

    def label_from_instance(self, obj: User) -> str:
        return f"{obj}, {obj.agency}" if obj.agency else str(obj)


class InterestForm(forms.Form):
    """A tie to one officer or to one agency."""

    officer = PersonField(
        label="Officer",
        queryset=User.objects.none(),
        required=False,
        empty_label="None",
        help_text="Choose an officer, or below an agency with all its officers.",
        error_messages={"invalid_choice": "Choose an officer of the list"},
    )
    agency = forms.ModelChoiceField(
        label="Or agency",
        queryset=Agency.objects.all(),
        required=False,
        empty_label="None",
        error_messages={"invalid_choice": "Choose an agency of the list"},
    )
    what = ReasonField(
        label="What ties you",
        help_text="A few words, such as: we share a house. Finance and auditors read it.",
        error_messages={"required": "Say what ties you"},
    )

    def __init__(self, data: Any = None, *, person: User) -> None:
        super().__init__(data)
        cast(PersonField, self.fields["officer"]).queryset = officers_for(person)

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or {}
        officer, agency = typed.get("officer"), typed.get("agency")
        if not {"officer", "agency"} & self.errors.keys():
            if officer and agency:
                self.add_error("officer", "Choose an officer or an agency: declare two interests one by one")
            elif not officer and not agency:
                self.add_error("officer", "Choose the officer or the agency")
        return typed


def officers_for(person: User) -> QuerySet[User]:
    """The officers in whom a person can have an interest: all; for a supervisor those of the agency."""
    rows = User.objects.filter(is_active=True, groups__permissions__codename="make_claim")
    rows = rows.exclude(pk=person.pk)
    if not any(person.has_perm(one) for one in ("claims.approve_claim", "claims.settle_claim")):
        rows = rows.filter(agency=person.agency_id)
    return rows.select_related("agency").order_by("agency__code", "display_name", "pk").distinct()


class EndInterestForm(forms.Form):
    """Why an interest is over."""

    reason = ReasonField(label="Why is it over?", help_text="Finance and auditors read it.")


class InterestFilter(forms.Form):
    """Which of everybody's interests a list shows; what cannot be read is said, and shows nothing."""

    state = forms.ChoiceField(
        label="State", required=False, choices=[("", "In force"), ("ended", "Over"), ("all", "All")]
    )
    by = PersonField(label="Declared by", queryset=User.objects.none(), required=False, empty_label="All")
    agency = forms.ModelChoiceField(
        label="In an agency or its officers",
        queryset=Agency.objects.all(),
        required=False,
        empty_label="All",
    )

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        people = User.objects.filter(interests__isnull=False).select_related("agency")
        cast(PersonField, self.fields["by"]).queryset = people.order_by("display_name", "pk").distinct()

    def narrow(self, interests: QuerySet[Interest]) -> QuerySet[Interest]:
        """The interests that were asked for."""
        if not self.is_valid():
            return interests.none()
        chosen = self.cleaned_data
        if chosen["state"] != "all":
            interests = interests.filter(ended_at__isnull=chosen["state"] != "ended")
        if chosen["by"]:
            interests = interests.filter(person=chosen["by"])
        if chosen["agency"]:
            interests = interests.filter(Q(agency=chosen["agency"]) | Q(officer__agency=chosen["agency"]))
        return interests

    def in_words(self) -> dict[str, str]:
        """What was chosen, as an export repeats it."""
        if not self.is_valid():
            return UNREADABLE
        states = {"": "In force", "ended": "Over", "all": "All"}
        chosen = self.cleaned_data
        words = {"State": states[chosen["state"]]}
        return words | {str(self[name].label): str(chosen[name]) for name in ("by", "agency") if chosen[name]}
