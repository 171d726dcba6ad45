"""Changes of a grant's terms in words: what stood, what stands after it, and who took which step when."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from grants.models import CostTypes, Grant, OnCost, TermsChange
from overtime_ledger.ui import day, moment, pounds

LABELS = {
    "amount_pence": "Award",
    "eligible_from": "First day of duty",
    "eligible_to": "Last day of duty",
    "claims_close_on": "Claims close on",
    "books_close_on": "Books close on",
    "purpose": "Purpose",
    "cost_types": "Cost types",
    "on_cost": "On-costs",
}
"""The terms that a change may be about, in the order in which pages name them."""


@dataclass(frozen=True)
class Difference:
    """One term before and after a change, in words."""

    label: str
    before: str
    after: str


@dataclass(frozen=True)
class TermsStep:
    """Who did what about a change, when, and what they said."""

    what: str
    who: object
    at: datetime | None
    said: str = ""

    def __str__(self) -> str:
        who = f"{self.what} by {self.who}" if self.who else self.what
        when = f"{who}, {moment(self.at)}" if self.at else who
        return f"{when}: {self.said}" if self.said else when


@dataclass(frozen=True)
class ChangeInWords:
    """A change of terms as pages tell it."""

    change: TermsChange
    differences: list[Difference]
    steps: list[TermsStep]


def changes_of(grant: Grant) -> list[ChangeInWords]:
    """Every change of a grant's terms, the latest first."""
    rows = grant.terms_changes.select_related("proposed_by", "approved_by", "agreed_by")
    return [in_words(change) for change in rows]


def in_words(change: TermsChange) -> ChangeInWords:
    """A change with its differences and its steps."""
    return ChangeInWords(change, differences(change), steps(change))


def differences(change: TermsChange) -> list[Difference]:
    """What a change is about, term by term."""
    return [
        Difference(label, term_in_words(term, change.before[term]), term_in_words(term, change.after[term]))
        for term, label in LABELS.items()
        if term in change.after
    ]


def term_in_words(term: str, value: Any) -> str:
    """A term as people read it; `value` is that of the column, or what stands for it in JSON."""
    if term == "amount_pence":
        return pounds(value)
    if term == "cost_types":
        return str(CostTypes(value).label)
    if term == "on_cost":
        return str(OnCost(value).label)
    if term == "purpose":
        return str(value)
    return day(date.fromisoformat(value) if isinstance(value, str) else value)


def steps(change: TermsChange) -> list[TermsStep]:
    """The steps a change has taken so far, in order."""
    allowed = "Confirmed" if change.kind == TermsChange.Kind.ACCRUALS else "Approved"
    found = [TermsStep("Put forward", change.proposed_by, change.proposed_at, change.reason)]
    if change.approved_by:
        found.append(TermsStep(allowed, change.approved_by, change.approved_at))
    if change.agreed_by:
        said = f"{change.funder_reference} of {day(change.agreed_on)}"
        found.append(TermsStep("The funder’s agreement recorded", change.agreed_by, None, said))
    if change.in_force_at:
        found.append(TermsStep("In force", "", change.in_force_at))
    if change.withdrawn_because:
        found.append(TermsStep("Withdrawn", "", None, change.withdrawn_because))
    return found
