"""What supervisors, the controlling DI and deputies type when they decide about one claim."""

from typing import Any

from django import forms

from claims.models import Claim
from overtime_ledger.forms import MinutesField, ReasonField, refuse_personal_data


class SeenForm(forms.Form):
    """The revision of a claim that was on the page when a button was pressed."""

    revision = forms.IntegerField(
        widget=forms.HiddenInput, error_messages={"required": "The page was not whole: press again"}
    )


class CertifyForm(SeenForm):
    """Where the record is that shows the hours: without it the claim is not approved (C11)."""

    record = forms.CharField(
        max_length=200,
        help_text="System and number, or the page of the book, where an auditor finds it.",
        error_messages={"required": "Say where the record is that shows these hours"},
        validators=[refuse_personal_data],
    )

    def __init__(self, data: Any = None, *, claim: Claim) -> None:
        super().__init__(data, initial={"revision": claim.revision}, auto_id="certify_%s")
        record = self.fields["record"]
        record.label = "Duty record" if claim.agency.is_paid_by_payroll else "Timesheet"
        record.required = not claim.has_its_record


class ReasonForm(SeenForm):
    """A decision with its reason, and no more reasons than a claim's questions and its nature demand."""

    reason = ReasonField(label="Reason", help_text="It stays on the claim’s timeline.")

    def __init__(
        self,
        data: Any = None,
        *,
        claim: Claim,
        label: str = "",
        required: bool = True,
        auto_id: str = "id_%s",
    ) -> None:
        super().__init__(data, initial={"revision": claim.revision}, auto_id=auto_id)
        self.fields["reason"].label = label or "Reason"
        self.fields["reason"].required = required


class MoreTimeForm(ReasonForm):
    """The answer to a request for more time: all of it, a part, or none; less than all needs a reason."""

    minutes = MinutesField(
        label="If only a part: how much more time", required=False, help_text="The claim then ends earlier."
    )

    def __init__(self, data: Any = None, *, claim: Claim, decision: str = "grant") -> None:
        required = decision != "grant"
        super().__init__(data, claim=claim, label="Reason", required=required, auto_id="more_%s")
        help_text = (
            "Needed to refuse, or to grant a part. The claimant reads it, and it stays on the timeline."
        )
        self.fields["reason"].help_text = help_text
        self.fields["minutes"].required = decision == "part"
        asked = claim.worked_minutes - claim.assignment.authorised_minutes
        if asked <= 0:  # dearer hours, not more of them
            del self.fields["minutes"]
