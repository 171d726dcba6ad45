"""The forms with which an administrator keeps people, their roles and the rank and pay they hold."""

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError

from overtime_ledger.accounts.models import RankHeld, User
from overtime_ledger.administration import PlainForm

# Who decides or claims, who books, who checks and who gives out the roles are different people.
DECIDES_OR_CLAIMS = {"controlling_di", "deputy", "officer", "agency_clerk"}
APART = {
    "finance": DECIDES_OR_CLAIMS,
    "administrator": DECIDES_OR_CLAIMS | {"finance", "supervisor"},
    "auditor": DECIDES_OR_CLAIMS | {"finance", "supervisor", "administrator"},
}


def keep_apart(roles: Iterable[Group]) -> None:
    """Refuse roles that one person must not hold together."""
    names = {role.name for role in roles}
    for one, others in APART.items():
        if one in names and (clash := sorted(names & others)):
            raise ValidationError(
                f"Nobody holds the role {one} together with {', '.join(clash).replace('_', ' ')}: "
                "those who book, check or administer do not decide or claim.",
                code="roles_apart",
            )


class PersonForm(PlainForm[User]):
    """A person's name, agency and roles."""

    def clean_groups(self) -> Any:
        keep_apart(self.cleaned_data["groups"])
        return self.cleaned_data["groups"]


class RankHeldForm(PlainForm[RankHeld]):
    """A rank and a pay point from a date."""

    rules = {
        "accounts_rankheld_grade_of_agency": "A grade belongs to “Grade of another agency”, and only to it.",
    }
