"""The forms with which an administrator keeps people and finance the tables of what they are paid."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any, cast

from django import forms
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.core.management.base import CommandError

from overtime_ledger import clock
from overtime_ledger.accounts.management.commands.load_pay_scales import read_points
from overtime_ledger.accounts.models import PayPoint, Rank, RankHeld, User
from overtime_ledger.accounts.services import PayPointRow
from overtime_ledger.administration import PlainForm
from overtime_ledger.forms import DayField, refuse_personal_data
from overtime_ledger.money import pounds

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


# Pay


Points = Mapping[str, PayPoint]
"""The points of the pay tables of a day by what each is called: "point 7 of constable_2013"."""


def points_of_today() -> Points:
    """Every point as the tables in force today pay it; the scales of the lower ranks first."""
    ranks = list(Rank)
    points = sorted(
        PayPoint.objects.on(clock.today()),
        key=lambda point: (ranks.index(Rank(point.rank)), point.scale, point.annual_pay_pence),
    )
    return {str(point): point for point in points}


def held_point(held: RankHeld) -> str:
    """What the point somebody holds is called; empty for officers of other agencies."""
    return str(PayPoint(scale=held.scale, point=held.point)) if held.scale else ""


def what_it_pays(scale: str, point: str, annual_pay_pence: int | None) -> str:
    """A point of a scale in words, with what it pays a year."""
    pays = f"{pounds(annual_pay_pence)} a year" if annual_pay_pence else "in no pay table in force today"
    return f"{scale}, point {point}: {pays}"


class RankHeldForm(PlainForm[RankHeld]):
    """A rank and a point of the pay tables from a date; what the point pays is typed nowhere."""

    pay_point = forms.ChoiceField(
        required=False,
        help_text="For officers whom the lead force pays; what the point pays comes from the pay tables.",
    )
    rules = {
        "accounts_rankheld_grade_of_agency": "A grade belongs to “Grade of another agency”, and only to it.",
    }

    def __init__(self, *args: Any, points: Points | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.points = points or {}
        field = cast(forms.ChoiceField, self.fields["pay_point"])
        field.choices = [("", "No pay point: another agency pays"), *self._offered()]
        self.initial.setdefault("pay_point", held_point(self.instance))

    def _offered(self) -> Iterator[tuple[str, Any]]:
        """The points by rank, and what is held already if no table in force has it."""
        for rank, points in groupby(self.points.items(), lambda item: item[1].rank):
            offered = [
                (name, what_it_pays(one.scale, one.point, one.annual_pay_pence)) for name, one in points
            ]
            yield Rank(rank).label, offered
        held = self.instance
        if held.scale and held_point(held) not in self.points:
            yield held_point(held), what_it_pays(held.scale, held.point, None)

    def clean(self) -> dict[str, Any] | None:
        given = super().clean() or {}
        chosen = given.get("pay_point", "")
        point = self.points.get(chosen)
        if point and given.get("rank") and point.rank != given["rank"]:
            theirs, held = (Rank(rank).label for rank in (point.rank, given["rank"]))
            self.add_error("pay_point", f"{point.scale} is the scale of a {theirs.lower()}, not of: {held}")
        elif point or not chosen:
            self.instance.scale, self.instance.point = (point.scale, point.point) if point else ("", "")
        return given


MOST_BYTES = 1_000_000


class PayTableForm(forms.Form):
    """A table of annual pay as a file states it, from when it is in force, and where it is from."""

    valid_from = DayField(
        label="In force from", help_text="The first day on which the points pay this, like 1 9 2020."
    )
    source = forms.CharField(
        max_length=200,
        label="Where the figures are from",
        help_text="Such as: PNB circular 2020/4, finance folder 12.",
        validators=(refuse_personal_data,),
        error_messages={"required": "Say where the figures are from"},
    )
    points = forms.FileField(
        label="File of pay scales",
        help_text="A CSV file with the columns scale, point, annual_pay (in pounds) and status. A scale "
        "begins with its rank, like constable_2013; the status says how well the figure is sourced.",
        widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}),
        error_messages={"required": "Choose the file", "empty": "The file is empty: choose another"},
    )

    def clean_points(self) -> list[PayPointRow]:
        """What the file states; each bad cell is an error of its own with its row and column."""
        upload = self.cleaned_data["points"]
        if upload.size > MOST_BYTES:
            raise ValidationError("The file is larger than a megabyte: that is no table of pay scales")
        try:
            return read_points(upload.read())
        except CommandError as problems:
            if isinstance(problems.__cause__, UnicodeDecodeError):
                raise ValidationError(
                    "It is no text: save the sheet as “CSV UTF-8” and choose that"
                ) from problems
            lines = str(problems).splitlines()
            raise ValidationError([line[0].upper() + line[1:] for line in lines]) from problems


# Programs that read


class ApiClientForm(forms.Form):
    """A program that may read figures: its name, which grants, until when."""

    name = forms.CharField(
        label="Name",
        max_length=80,
        help_text="The program and who runs it, by office: Force dashboard, performance unit.",
        validators=(refuse_personal_data,),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Say which program it is"},
    )
    every_grant = forms.BooleanField(label="It reads every grant", required=False)
    references = forms.CharField(
        label="Or only these grants",
        required=False,
        help_text="Their references, with commas: PCD 911, PCD 912. They stand as they are once it is made.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    expires_on = DayField(label="Last day", required=False, help_text="Empty: until it is revoked.")

    def clean_references(self) -> list[str]:
        named = [one.strip() for one in self.cleaned_data["references"].split(",")]
        if any(len(one) > 40 for one in named):
            raise ValidationError("A reference has at most 40 characters")
        return [*dict.fromkeys(one for one in named if one)]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if "references" in given and bool(given.get("every_grant")) == bool(given["references"]):
            self.add_error("references", "Tick every grant, or name those it may read")
        return given
