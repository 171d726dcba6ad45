"""What people type about claims: times, decisions with their reasons, filters, settlements."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, time, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, cast

from django import forms
from django.db.models import Exists, OuterRef, Q
from django.http import QueryDict
from django.utils import timezone

from claims import services
from claims.checks import Charge, Statement
from claims.models import Claim, ClaimQuerySet, Event
from grants.models import Grant, validate_multiplier
from overtime_ledger import clock
from overtime_ledger.accounts.models import Agency, User
from overtime_ledger.errors import Refusal
from overtime_ledger.forms import (
    UNREADABLE,
    DayField,
    MinutesField,
    ModelMultipleChoiceField,
    PoundsField,
    ReasonField,
    TimeField,
    refuse_far_days,
    refuse_personal_data,
)
from overtime_ledger.money import pounds
from overtime_ledger.ui import duration, percent
from tasking.forms import COUNT_TRAVEL, LONGEST_TRAVEL, moment
from tasking.models import DutyType, Enquiry

MOST_AN_HOUR = 100_000  # pence
DUTY_TYPES = [(kind.value, kind.label.partition(":")[0]) for kind in DutyType]


# What a claimant states


class TimesForm(forms.Form):
    """The times of a duty as it was worked. Typed, carried by the check page, and confirmed."""

    starts = TimeField(label="Start")
    ends = TimeField(label="End", help_text="Before the start: the next day.")
    break_minutes = MinutesField(label="Unpaid breaks, in minutes", required=False, max_minutes=12 * 60)
    travel_minutes = MinutesField(
        label="Travel, in minutes",
        required=False,
        max_minutes=LONGEST_TRAVEL,
        help_text="There and back. It counts where duty and travel together are at most 6 hours; "
        "your force’s rule set may say otherwise.",
    )
    duty_type = forms.ChoiceField(label="Kind of duty", choices=DUTY_TYPES)
    remark = ReasonField(
        label="Remark",
        required=False,
        help_text="Whoever certifies and approves reads it. If it took longer than tasked, say why.",
    )
    expected_pence = forms.IntegerField(required=False, widget=forms.HiddenInput)
    revision = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, first: Statement, claim: Claim | None = None) -> None:
        """`first` is what stands in the fields before anybody types: as tasked, or as it was sent."""
        super().__init__(
            data,
            initial={
                "starts": timezone.localtime(first.starts_at).time(),
                "ends": timezone.localtime(first.ends_at).time(),
                "break_minutes": first.break_minutes,
                "travel_minutes": first.travel_minutes or None,
                "duty_type": first.duty_type,
                "revision": claim.revision if claim else None,
            },
        )
        self.first = first
        if claim:
            self.fields["remark"].label = "Your answer"
        if not (first.travel_minutes or {self["duty_type"].value(), first.duty_type} & set(COUNT_TRAVEL)):
            del self.fields["travel_minutes"]

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or {}
        start, end = typed.get("starts"), typed.get("ends")
        if start is not None and end is not None:
            self._read_times(start, end)
        return typed

    def _read_times(self, start: time, end: time) -> None:
        """The start nearest to the tasked one, and the first end after it, as moments."""
        if start == end:
            self.add_error("ends", "The duty ends when it starts: enter another end")
            return
        tasked = self.first.assignment.tasking.starts_at
        on = timezone.localdate(tasked)
        days = (on + timedelta(days=days) for days in (-1, 0, 1))
        nearest = min(days, key=lambda day: abs((clock.london(day, start) - tasked).total_seconds()))
        try:
            starts_at = moment(nearest, start)
            ends_at = moment(nearest + timedelta(days=end < start), end)
        except forms.ValidationError as error:
            self.add_error("starts", error)
            return
        self.cleaned_data |= {"starts_at": starts_at, "ends_at": ends_at}

    def statement(self) -> Statement:
        """What is stated, with both attestations: the button that sends it says them. After `is_valid()`."""
        typed = self.cleaned_data
        travel = (typed["travel_minutes"] or 0) if "travel_minutes" in typed else self.first.travel_minutes
        return replace(
            self.first,
            starts_at=typed["starts_at"],
            ends_at=typed["ends_at"],
            break_minutes=typed["break_minutes"] or 0,
            travel_minutes=travel,
            charge=None,
            duty_type=typed["duty_type"],
            remark=typed["remark"],
        )

    def ask_why(self, extra_pence: int) -> None:
        """Say at the remark that more than was authorised needs its reason."""
        self.add_error(
            "remark",
            f"This is {pounds(extra_pence)} more than was tasked, and the controlling DI is asked for it: "
            "say why it was needed",
        )


class ChargedTimesForm(TimesForm):
    """The times of an officer of another agency, and what the agency charges for them by its own rules.

    The rate card stands in the fields, and the time worked. What nobody types over follows the times and the
    kind of duty: `drawn` remembers what stood there. What is as agreed then is no charge of its own.
    """

    charged_minutes = MinutesField(
        label="Hours charged",
        required=False,
        help_text="The time worked, unless you type another.",
    )
    charged_hourly = PoundsField(label="Hourly rate", required=False, max_pence=MOST_AN_HOUR)
    charged_multiplier = forms.CharField(
        label="Multiplier",
        required=False,
        max_length=7,
        validators=[validate_multiplier],
        widget=forms.TextInput(attrs={"class": "input--5", "autocomplete": "off"}),
    )
    charged_on_cost = forms.DecimalField(
        label="On-cost, in percent of the pay",
        required=False,
        min_value=0,
        max_value=100,
        max_digits=6,
        decimal_places=3,
        widget=forms.TextInput(attrs={"class": "input--5", "inputmode": "decimal", "autocomplete": "off"}),
        error_messages={
            "invalid": "Enter a percentage, like 13.8",
            "min_value": "The percentage must be 0 or more",
            "max_value": "The percentage must be 100 or less",
        },
    )
    drawn = forms.CharField(required=False, max_length=60, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, first: Statement, claim: Claim | None = None) -> None:
        super().__init__(data, first=first, claim=claim)
        self.fields.pop("travel_minutes", None)  # no agreed rate counts it
        self.card = _exactly(_card_of(first))
        self.charge: Charge | None = None
        shown = _as_shown(_exactly(first.charge or self.card))
        self.initial = {**self.initial, **shown, "drawn": _as_drawn(self.card)}
        self._say_what_was_agreed()

    def _say_what_was_agreed(self) -> None:
        card = self.card
        for name, agreed in (
            ("charged_hourly", pounds(card.hourly_pence)),
            ("charged_multiplier", f"{card.multiplier}. An exact fraction, like 4/3"),
            ("charged_on_cost", percent(card.on_cost_percent)),
        ):
            self.fields[name].help_text = f"Agreed: {agreed}."

    def clean_charged_multiplier(self) -> str:
        """The multiplier in its lowest terms."""
        text = self.cleaned_data["charged_multiplier"]
        if not text:
            return ""
        exact = Fraction(text)
        if max(exact.numerator, exact.denominator) > 99:
            raise forms.ValidationError("Enter a simpler multiplier, like 4/3, 3/2 or 2", code="multiplier")
        return str(exact)

    def clean(self) -> dict[str, Any]:
        typed = super().clean()
        if not self.errors and super().statement().worked_minutes > 0:
            self._read_charge(typed)
        return typed

    def _read_charge(self, typed: Mapping[str, Any]) -> None:
        """Take what was typed over as the agency's own; show the rest as it follows from the times."""
        drawn, card = _drawn(typed["drawn"]) or self.card, _exactly(_card_of(super().statement()))
        own = {
            part: value
            for part, name in PARTS.items()
            if (value := typed[name]) not in (None, "") and value != getattr(drawn, part)
        }
        charge = replace(card, **own)
        self.charge = None if charge == card else charge
        data = cast(QueryDict, self.data).copy()
        for name, shown in (_as_shown(charge) | {"drawn": _as_drawn(card)}).items():
            data[name] = pounds(shown).lstrip("£") if name == "charged_hourly" else shown
        self.data = data

    def statement(self) -> Statement:
        """What is stated, with the charge where it is not as agreed. After `is_valid()`."""
        return replace(super().statement(), charge=self.charge)

    @property
    def charge_fields(self) -> list[forms.BoundField]:
        """The fields of the charge, in the order in which a page asks for them."""
        return [self[name] for name in PARTS.values()]


PARTS = {
    "minutes": "charged_minutes",
    "hourly_pence": "charged_hourly",
    "multiplier": "charged_multiplier",
    "on_cost_percent": "charged_on_cost",
}


def _card_of(statement: Statement) -> Charge:
    card = services.rate_card(statement)
    assert card is not None, "officers of other agencies are tasked at an agreed rate"
    return card


def _exactly(charge: Charge) -> Charge:
    """The same charge with its multiplier in its lowest terms, so that equal charges are the same."""
    return replace(charge, multiplier=str(Fraction(charge.multiplier)))


def _as_shown(charge: Charge) -> dict[str, Any]:
    return {
        "charged_minutes": duration(charge.minutes),
        "charged_hourly": charge.hourly_pence,
        "charged_multiplier": charge.multiplier,
        "charged_on_cost": f"{charge.on_cost_percent.normalize():f}",
    }


def _as_drawn(charge: Charge) -> str:
    return f"{charge.minutes} {charge.hourly_pence} {charge.multiplier} {charge.on_cost_percent}"


def _drawn(text: str) -> Charge | None:
    """What stood in the fields when they were drawn; None if that was not sent along."""
    match = re.fullmatch(
        r"(\d{1,5}) (\d{1,9}) (\d{1,2}(?:/\d{1,2})?) (\d{1,3}(?:\.\d{1,3})?)", text, re.ASCII
    )
    if match is None:
        return None
    return Charge(
        minutes=int(match[1]),
        hourly_pence=int(match[2]),
        multiplier=match[3],
        on_cost_percent=Decimal(match[4]),
    )


def times_form(data: Any = None, *, first: Statement, claim: Claim | None = None) -> TimesForm:
    """The form in which the times of a duty are stated; only other agencies state a charge."""
    form = ChargedTimesForm if first.assignment.agreed_hourly_pence else TimesForm
    return form(data, first=first, claim=claim)


class PlannedForm(forms.Form):
    """The price at which somebody says that a duty was worked as planned."""

    expected_pence = forms.IntegerField(widget=forms.HiddenInput)


# What is decided


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


class PartForm(forms.Form):
    """How much of a claim's time is approved and why no more; once valid, `part` is what that comes to."""

    minutes = MinutesField(
        label="Time approved",
        error_messages={"required": "Enter how much of the time is approved, like 3 h"},
    )
    reason = ReasonField(
        label="Why no more?", help_text="The claimant reads it, and it stays on the timeline."
    )
    expected_pence = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, claim: Claim, prefix: str | None = None) -> None:
        super().__init__(data, prefix=prefix)
        self.claim = claim
        self.part: services.Reckoning | None = None
        self.refusal: Refusal | None = None
        worked, start = duration(claim.worked_minutes), timezone.localtime(claim.starts_at)
        less = f"Less than the {worked} that were worked, from {start:%H:%M} on"
        self.fields["minutes"].help_text = f"{less}: 3 h, 1 h 30, or minutes."

    def clean_minutes(self) -> int:
        """Minutes that are a part of the claim and pay less (A11)."""
        minutes: int = self.cleaned_data["minutes"]
        try:
            self.part = services.part_of(self.claim, minutes)
        except Refusal as refusal:
            self.refusal = refusal
            raise forms.ValidationError(f"{refusal.reason} {refusal.fix}", code=refusal.code) from refusal
        return minutes


class ApprovePartForm(PartForm):
    """The same, of the revision of the claim that was on the page."""

    revision = forms.IntegerField(
        widget=forms.HiddenInput, error_messages={"required": "The page was not whole: press again"}
    )

    def __init__(self, data: Any = None, *, claim: Claim) -> None:
        super().__init__(data, claim=claim)
        self.initial = {"revision": claim.revision}

    def look_again(self, claim: Claim) -> None:
        """Ask once more about the claim as it is now, with what was typed: the sum is to be seen again."""
        del self.fields["expected_pence"]
        if self.is_bound:
            data = cast(QueryDict, self.data).copy()
            data["revision"] = str(claim.revision)
            self.data = data


class DisputeForm(forms.Form):
    """Why more is due than the part that was approved."""

    reason = ReasonField(
        label="Why is more due?",
        help_text="Say it in full: it is disputed once. Whoever answers reads it, and it stays on the "
        "timeline. Evidence can be added on the claim’s page.",
    )


class AnswerDisputeForm(forms.Form):
    """Whether a part approval stands, and why."""

    decision = forms.ChoiceField(
        label="What becomes of it",
        choices=[
            ("stands", "Let the approved part stand"),
            ("upheld", "Uphold the dispute: the duty is open to be claimed again"),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": "Choose what becomes of it"},
    )
    answer = ReasonField(
        label="Your answer", help_text="The claimant reads it, and it stays on the timeline."
    )


class ReturnForm(ReasonForm):
    """A return: one of the coded reasons, and what the claimant should do in words."""

    reason_code = forms.ChoiceField(
        label="What is wrong with it",
        choices=Event.Reason.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose what is wrong with it"},
    )
    field_order = ("reason_code", "reason")

    def __init__(self, data: Any = None, *, claim: Claim) -> None:
        super().__init__(data, claim=claim, label="What should the claimant do?")
        self.fields["reason"].help_text = "The claimant reads it, and it stays on the timeline."


SAYS = ("reason_code", "reason")
REASONS = [("", "Choose"), *Event.Reason.choices]


class SameForAllForm(forms.Form):
    """What several claimants are told alike, wherever nothing else is said to one of them."""

    reason_code = forms.ChoiceField(label="What is wrong with them", choices=REASONS, required=False)
    reason = ReasonField(label="What should the claimants do?", required=False)

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, prefix="all")


class ReturnTogetherForm(ReturnForm):
    """The return of one of several claims: a code and words of its own, or else the same as for all."""

    def __init__(self, sent: Any = None, *, claim: Claim, start: Mapping[str, Any] | None = None) -> None:
        """`sent` is what the whole page sent; `start` is what stands in the fields before anybody types."""
        prefix = f"claim-{claim.pk}"
        names = (*SAYS, "revision")
        data = sent and {
            f"{prefix}-{name}": sent.get(f"{prefix}-{name}") or sent.get(f"all-{name}", "") for name in names
        }
        super().__init__(data, claim=claim)
        self.prefix, self.initial = prefix, {**self.initial, **(start or {})}
        self.fields["reason_code"] = forms.ChoiceField(
            label="What is wrong with it",
            choices=REASONS,
            error_messages={"required": f"Claim {claim.pk}: choose what is wrong with it"},
        )
        self.fields["reason"].error_messages["required"] = (
            f"Claim {claim.pk}: say what the claimant should do"
        )
        self.fields["reason"].help_text = "The claimant reads it."
        self.order_fields(SAYS)

    @property
    def typed(self) -> dict[str, Any]:
        """What stands in its fields, to stand there again."""
        return {name: self[name].value() for name in SAYS}


# Settlement


class ClaimTicks(ModelMultipleChoiceField[Claim]):
    """Claims to tick in a table."""

    widget = forms.CheckboxSelectMultiple


class SettleForm(forms.Form):
    """Approved claims of one agency that were paid together, and under what reference."""

    claims = ClaimTicks(
        queryset=Claim.objects.none(),
        error_messages={
            "required": "Tick at least one claim",
            "invalid_choice": "One of the ticked claims is not approved any more; it is left out now",
        },
    )
    reference = forms.CharField(
        max_length=40,
        validators=[refuse_personal_data],
        widget=forms.TextInput(attrs={"class": "input--20", "autocomplete": "off"}),
        error_messages={"required": "Enter the reference"},
    )
    expected_pence = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(
        self, data: Any = None, *, due: ClaimQuerySet, shown: Sequence[Claim], agency: Agency
    ) -> None:
        """`due` are the claims that can be settled, `shown` those that the page has room for."""
        super().__init__(data, initial={"claims": [claim.pk for claim in shown]})
        cast(ClaimTicks, self.fields["claims"]).queryset = due
        by_payroll = agency.is_paid_by_payroll
        self.fields["reference"].label = "Payroll batch" if by_payroll else "Invoice number"
        self.fields["reference"].help_text = (
            "The batch in which payroll pays them, such as 2021-03/OT2."
            if by_payroll
            else f"The number on the invoice of {agency.name} that was paid."
        )

    @property
    def ticked(self) -> set[int]:
        """Ids of the claims that are ticked: all of them until somebody chose."""
        return {int(pk) for pk in self["claims"].value() or () if re.fullmatch("[0-9]{1,18}", str(pk))}


# Which claims a list shows


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
        seen = Claim.objects.visible_to(user).order_by()
        for name, model in (("agency", Agency), ("enquiry", Enquiry), ("grant", Grant)):
            if name in self.fields:
                field = cast("forms.ModelChoiceField[Any]", self.fields[name])
                field.queryset = model.objects.filter(Exists(seen.filter(**{name: OuterRef("pk")})))

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
