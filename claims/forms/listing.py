"""Which claims a list shows."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, cast

from django import forms
from django.db.models import Q

from claims.models import Claim, ClaimQuerySet
from grants.models import Grant
from overtime_ledger.accounts.models import Agency, User
from overtime_ledger.forms import UNREADABLE, DayField, borne_by, refuse_far_days
from tasking.models import Enquiry

SEES_OTHERS = (
    "claims.claim_for_agency",
    "claims.certify_claim",
    "claims.approve_claim",
    "grants.read_all_grants",
)


class ClaimFilter(forms.Form):
    """Which claims a list shows; what cannot be read is said, and shows nothing."""

    WAITING = (
        ("claimant", "the claimant"),
        ("supervisor", "a supervisor"),
        ("more_time", "a decision about more time"),
        ("approver", "the controlling DI"),
        ("dispute", "an answer to a dispute"),
        ("finance", "finance"),
        ("release", "finance or an auditor: held back"),
    )
    status = forms.ChoiceField(required=False, choices=[("", "All"), *Claim.Status.choices])
    waiting = forms.ChoiceField(required=False, label="Waiting for", choices=[("", "All"), *WAITING])
    flagged = forms.ChoiceField(
        required=False, label="Questions", choices=[("", "All"), ("yes", "Flagged"), ("no", "Clean")]
    )
    agency = forms.ModelChoiceField(Agency.objects.none(), required=False, empty_label="All")
    enquiry = forms.ModelChoiceField(Enquiry.objects.none(), required=False, empty_label="All")
    officer = forms.CharField(
        required=False,
        label="Officer’s number",
        widget=forms.TextInput(attrs={"class": "input--10", "autocomplete": "off"}),
    )
    grant = forms.ModelChoiceField(Grant.objects.none(), required=False, widget=forms.HiddenInput)
    week = forms.DateField(
        required=False, label="Week of", widget=forms.HiddenInput, validators=[refuse_far_days]
    )

    def __init__(self, data: Any, *, user: User) -> None:
        super().__init__(data)
        self.fields["from"] = DayField(required=False, label="Duty from")
        self.fields["to"] = DayField(required=False, label="Duty to")
        self.order_fields(("status", "waiting", "flagged", "agency", "enquiry", "officer", "from", "to"))
        self.only_own = not any(user.has_perm(permission) for permission in SEES_OTHERS)
        if self.only_own:
            for name in ("agency", "officer"):
                del self.fields[name]
        seen = Claim.objects.visible_to(user)
        indexed = {"agency": ("status", "-pk"), "enquiry": ("-pk",), "grant": ("status", "-pk")}
        for name, model in (("agency", Agency), ("enquiry", Enquiry), ("grant", Grant)):
            if name in self.fields:
                field = cast("forms.ModelChoiceField[Any]", self.fields[name])
                field.queryset = borne_by(model.objects.all(), seen, name, *indexed[name])

    def narrow(self, claims: ClaimQuerySet) -> ClaimQuerySet:
        """The claims that were asked for."""
        if not self.is_valid():
            return claims.none()
        chosen = self.cleaned_data
        first, last = chosen["from"], chosen["to"]
        if chosen["week"]:
            first, last = week_of(chosen["week"])
        conditions: dict[str, Any] = {
            "status": chosen["status"],
            "agency": chosen.get("agency"),
            "enquiry": chosen["enquiry"],
            "grant": chosen["grant"],
            "duty_on__gte": first,
            "duty_on__lte": last,
        }
        claims = claims.filter(**{name: value for name, value in conditions.items() if value})
        if number := chosen.get("officer", "").strip():
            claims = claims.filter(
                Q(claimant__staff_number__iexact=number) | Q(claimant__display_name__iexact=number)
            )
        if chosen["flagged"]:
            claims = claims.exclude(flags=[]) if chosen["flagged"] == "yes" else claims.filter(flags=[])
        return claims.waiting_for(chosen["waiting"]) if chosen["waiting"] else claims

    @property
    def chosen_week(self) -> tuple[date, date] | None:
        """The week that was asked for, if one was."""
        day = self.cleaned_data.get("week") if self.is_valid() else None
        return week_of(day) if day else None

    def in_words(self) -> dict[str, str]:
        """The filters somebody set, as a report names them: label and value in words."""
        if not self.is_valid():
            return UNREADABLE
        chosen = self.cleaned_data
        words = {
            str(self[name].label): _in_words(self.fields[name], value)
            for name, value in chosen.items()
            if value and name != "week"
        }
        if chosen["week"]:
            first, last = week_of(chosen["week"])
            words["Week"] = f"{first:%-d %B %Y} to {last:%-d %B %Y}"
        return words


def _in_words(field: forms.Field, value: Any) -> str:
    if isinstance(value, date):
        return f"{value:%-d %B %Y}"
    if isinstance(field, forms.ModelChoiceField):
        return str(value)
    choices: Mapping[Any, Any] = dict(getattr(field, "choices", ()))
    return str(choices.get(value, value))


def week_of(day: date) -> tuple[date, date]:
    """Monday and Sunday of a day's week."""
    monday = day - timedelta(days=day.weekday())
    return monday, monday + timedelta(days=6)
