"""The forms with which an administrator keeps people, their roles and the rank and pay they hold."""

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError

from overtime_ledger.accounts.models import RankHeld, User
from overtime_ledger.administration import PlainForm
from overtime_ledger.forms import PoundsField

# Who decides about money, who books it, who checks it and who gives out the roles are different people.
APART = (
    ({"finance"}, {"controlling_di", "deputy", "officer", "agency_clerk"}),
    ({"administrator"}, {"controlling_di", "deputy", "finance", "officer", "agency_clerk", "supervisor"}),
    (
        {"auditor"},
        {
            "controlling_di",
            "deputy",
            "finance",
            "officer",
            "agency_clerk",
            "supervisor",
            "administrator",
        },
    ),
)


def keep_apart(roles: Iterable[Group]) -> None:
    """Refuse roles that one person must not hold together."""
    names = {role.name for role in roles}
    for one, others in APART:
        if names & one and (clash := sorted(names & others)):
            raise ValidationError(
                f"Nobody holds {next(iter(one))} together with {', '.join(clash)}: "
                "those who book, check or administer do not decide or claim.",
                code="roles_apart",
            )


class PersonForm(PlainForm[User]):
    """A person's name, agency and roles."""

    rules = {"accounts_user_number_in_agency": "Somebody in this agency has this staff number."}

    def clean_groups(self) -> Any:
        keep_apart(self.cleaned_data["groups"])
        return self.cleaned_data["groups"]


class RankHeldForm(PlainForm[RankHeld]):
    """A rank from a date, its annual pay in pounds."""

    annual_pay_pence = PoundsField(label="Annual basic pay", required=False)
    rules = {
        "accounts_rankheld_once_a_day": "A rank from this day is on record: correct that one.",
        "accounts_rankheld_grade_of_agency": "A grade belongs to “Grade of another agency”, and only to it.",
    }
