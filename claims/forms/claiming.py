"""What a claimant states: times, and what another agency charges for them."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import time, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, cast

from django import forms
from django.http import QueryDict
from django.utils import timezone

from claims import services
from claims.checks import Charge, Statement
from claims.models import Claim
from grants.models import validate_multiplier
from overtime_ledger import clock
from overtime_ledger.forms import MinutesField, PoundsField, ReasonField, TimeField
from overtime_ledger.money import pounds
from overtime_ledger.ui import duration, percent
from tasking.forms.duties import COUNT_TRAVEL, LONGEST_TRAVEL, moment
from tasking.models import DutyType

MOST_AN_HOUR = 100_000  # pence
DUTY_TYPES = [(kind.value, kind.label.partition(":")[0]) for kind in DutyType]


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
