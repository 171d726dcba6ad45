"""What finance types about changes of an open grant's terms, and what is about to be done in words."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from django import forms

from grants import terms
from grants.models import CostTypes, Grant, OnCost, TermsChange
from grants.terms_words import LABELS, differences, term_in_words
from overtime_ledger import clock
from overtime_ledger.accounts.models import User
from overtime_ledger.administration import Verb
from overtime_ledger.errors import Refusal
from overtime_ledger.forms import DayField, PoundsField, ReasonField, refuse_personal_data
from overtime_ledger.ui import day


class PutForwardForm(forms.Form):
    """The terms that can change, to be typed over, and why, from when, and by whose authority they do."""

    amount_pence = PoundsField(label=LABELS["amount_pence"], min_pence=0)
    eligible_from = DayField(label=LABELS["eligible_from"])
    eligible_to = DayField(label=LABELS["eligible_to"])
    claims_close_on = DayField(label=LABELS["claims_close_on"])
    books_close_on = DayField(label=LABELS["books_close_on"])
    purpose = forms.CharField(
        label=LABELS["purpose"],
        widget=forms.Textarea(attrs={"rows": 3}),
        validators=(refuse_personal_data,),
        error_messages={"required": "Say what the money is for"},
    )
    cost_types = forms.ChoiceField(
        label=LABELS["cost_types"],
        choices=CostTypes.choices,
        widget=forms.RadioSelect,
        help_text="Duties that are tasked already are paid as they were tasked.",
    )
    on_cost = forms.ChoiceField(label=LABELS["on_cost"], choices=OnCost.choices, widget=forms.RadioSelect)
    reason = ReasonField(label="Why the terms change", error_messages={"required": "Say why they change"})
    effective_from = DayField(
        label="In force from", help_text="Today or earlier: as soon as the last step is taken."
    )
    authority = forms.CharField(
        label="Authority for the closing days",
        required=False,
        max_length=200,
        help_text="If only the closing days change: who allowed it, by office, and where that is on record.",
        validators=(refuse_personal_data,),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, data: Any, *, grant: Grant, prefix: str) -> None:
        stands = {term: getattr(grant, term) for term in LABELS}
        super().__init__(data, initial={**stands, "effective_from": clock.today()}, prefix=prefix)

    def clean(self) -> dict[str, Any]:
        """What stands and what becomes of it, as the service wants it: the terms under `after`."""
        given = super().clean() or {}
        if self.errors:
            return given
        return {
            "after": {term: given[term] for term in LABELS},
            **{name: value for name, value in given.items() if name not in LABELS},
        }


class AgreementOfFunderForm(forms.Form):
    """The funder's letter."""

    funder_reference = forms.CharField(
        label="Reference of the funder’s agreement",
        max_length=80,
        validators=(refuse_personal_data,),
        error_messages={"required": "Enter the reference"},
    )
    agreed_on = DayField(label="Agreed on")


class WithdrawTermsForm(forms.Form):
    """Why a change is taken back."""

    reason = ReasonField(label="Why it is withdrawn", error_messages={"required": "Say why"})


def put_forward_asked(grant: Grant, given: Mapping[str, Any]) -> dict[str, str]:
    """A change in words, before it is put forward."""
    changed = {
        LABELS[term]: f"{term_in_words(term, getattr(grant, term))} → {term_in_words(term, value)}"
        for term, value in given["after"].items()
        if value != getattr(grant, term)
    }
    return {
        "Grant": f"{grant}, {grant.title}",
        **(changed or {"Terms": "Nothing is changed"}),
        "Why": given["reason"],
        "In force from": day(given["effective_from"]),
        **({"Authority": given["authority"]} if given["authority"] else {}),
    }


def agreement_asked(grant: Grant, given: Mapping[str, Any]) -> dict[str, str]:
    """What the funder's agreement brings about, in words."""
    change = open_change(grant)
    changed = {one.label: f"{one.before} → {one.after}" for one in differences(change)} if change else {}
    return {
        "Grant": f"{grant}, {grant.title}",
        **changed,
        "Agreement": f"{given['funder_reference']}, {day(given['agreed_on'])}",
        "In force from": day(max(change.effective_from, clock.today())) if change else "",
    }


def open_change(grant: Grant) -> TermsChange | None:
    """The change of a grant that is not at its end yet, if there is one."""
    ended = (TermsChange.Status.IN_FORCE, TermsChange.Status.WITHDRAWN)
    return grant.terms_changes.exclude(status__in=ended).select_related("proposed_by", "approved_by").first()


def standing(grant: Grant) -> str:
    """What stands for the terms that can change: whoever puts others forward sends back which they saw."""
    return sha256(repr([getattr(grant, term) for term in LABELS]).encode()).hexdigest()[:16]


def _seen_change(grant: Grant, seen: str) -> TermsChange:
    """The change that was on the page; refuses (A03) if there was none."""
    number = int(seen) if seen.isascii() and seen.isdecimal() and len(seen) < 19 else 0
    if change := grant.terms_changes.filter(pk=number).first():
        return change
    raise Refusal(
        "A03",
        "No change of these terms was on the page.",
        fix="Look at the terms as they are now.",
        who="Finance",
    )


def _put_forward(grant: Grant, *, by: User, seen: str, **said: Any) -> TermsChange:
    if seen != standing(grant):
        raise Refusal(
            "A03",
            "The terms changed since the page was drawn.",
            fix="Look at them as they are now and put the change forward again.",
            who="Finance",
        )
    return terms.propose(grant, by=by, **said)


def _approve(grant: Grant, *, by: User, seen: str) -> TermsChange:
    return terms.approve(_seen_change(grant, seen), by=by)


def _agree(grant: Grant, *, by: User, seen: str, **said: Any) -> TermsChange:
    return terms.agree(_seen_change(grant, seen), by=by, **said)


def _withdraw(grant: Grant, *, by: User, seen: str, **said: Any) -> TermsChange:
    return terms.withdraw(_seen_change(grant, seen), by=by, **said)


VERBS = (
    Verb(
        name="put_forward",
        label="Put a change forward",
        done="the change is put forward; a second person in finance approves it",
        form=PutForwardForm,
        asks=put_forward_asked,
        do=_put_forward,
    ),
    Verb(name="approve_change", label="Approve", done="the change is approved", do=_approve),
    Verb(
        name="agree",
        label="Record the funder’s agreement",
        done="the funder’s agreement is on record",
        form=AgreementOfFunderForm,
        asks=agreement_asked,
        do=_agree,
    ),
    Verb(
        name="withdraw_change",
        label="Withdraw the change",
        done="the change is withdrawn",
        form=WithdrawTermsForm,
        do=_withdraw,
    ),
)
