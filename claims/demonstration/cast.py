"""Who plays: people as ranks and numbers, their agencies, the ranks and pay they hold, their tours."""

import csv
import json
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from django.contrib.auth.hashers import is_password_usable, make_password
from django.contrib.auth.models import Group
from django.db import transaction

from claims.demonstration.agenda import at, days
from overtime_ledger.accounts.adapter import DEMONSTRATION_PASSWORD
from overtime_ledger.accounts.models import Agency, RankHeld, User
from tasking.models import RestDay, RosteredTour, SubstitutedHoliday

FOLDER = Path(__file__).parent
PREFIXES = {"constable": "PC", "sergeant": "PS", "Grade 4": "G4", "Grade 5": "G5"}
ROSTERED_TEAMS = ("1", "4")


@dataclass
class Cast:
    """Everybody, to be called by sign-in name; officers also by number and by team."""

    agencies: dict[str, Agency]
    people: dict[str, User]
    teams: dict[str, list[User]]

    def __getitem__(self, name: str) -> User:
        return self.people[name]


def data(name: str) -> Any:
    """What a JSON file of the demonstration holds."""
    return json.loads((FOLDER / name).read_text())


def rows(name: str) -> list[dict[str, str]]:
    """The rows of a CSV file of the demonstration."""
    with (FOLDER / name).open(newline="") as file:
        return list(csv.DictReader(file))


@transaction.atomic
def engage() -> Cast:
    """Make agencies, people, ranks and tours as administrators keep them. Nobody can sign in yet."""
    cast = Cast({}, {}, {})
    for one in data("agencies.json"):
        settled_by = Agency.SettledBy.INVOICE if one["agreement"] else Agency.SettledBy.PAYROLL
        cast.agencies[one["code"]] = Agency.objects.create(
            code=one["code"], name=one["name"], settled_by=settled_by
        )
    for row in rows("sign_ins.csv"):
        _person(cast, row["username"], row["display_name"], row["agency"], row["role"], row["uses_admin"])
    for row in rows("officers.csv"):
        _hold(_officer(cast, row), row)
    _roster(cast, data("script.json")["roster"])
    return cast


def open_doors() -> None:
    """Let people sign in, once the story is told. One hash serves every password."""
    names = [row["username"] for row in rows("sign_ins.csv")]
    User.objects.filter(username__in=names).update(password=make_password(DEMONSTRATION_PASSWORD))


def is_half_told() -> bool:
    """Whether there is nothing but a demonstration that was interrupted before anybody could sign in."""
    passwords = dict(User.objects.values_list("display_name", "password"))
    told = rows("sign_ins.csv")[0]["display_name"] in passwords
    return told and not any(map(is_password_usable, passwords.values()))


def _person(cast: Cast, username: str, name: str, agency: str, role: str, uses_admin: str = "") -> User:
    user = User.objects.create(
        username=username,
        email=f"{username}@demonstration.example",
        password=make_password(None),
        staff_number=name.split()[-1],
        display_name=name,
        agency=cast.agencies[agency],
        is_staff=bool(uses_admin),
        date_joined=at("2021-01-04T09:00"),
    )
    user.groups.set([Group.objects.get(name=role)])
    cast.people[username] = user
    return user


def _officer(cast: Cast, row: dict[str, str]) -> User:
    """The officer of a row, made at the first row with the number; a later one brings another rank."""
    name, number = f"{PREFIXES[row['grade'] or row['rank']]} {row['number']}", row["number"]
    if number not in cast.people:
        signs_in = (one for one in cast.people.values() if one.display_name == name)
        officer = next(signs_in, None) or _person(
            cast, f"{row['agency'].lower()}{number}", name, row["agency"], "officer"
        )
        cast.people[number] = officer
        cast.teams.setdefault(row["team"], []).append(officer)
    officer = cast[number]
    officer.display_name = name
    officer.save(update_fields=["display_name"])
    return officer


def _hold(officer: User, row: dict[str, str]) -> None:
    RankHeld.objects.create(
        person=officer,
        rank=row["rank"],
        grade=row["grade"],
        scale=row["scale"],
        point=row["point"],
        held_from=date.fromisoformat(row["held_from"]),
        evidence="Payroll record" if row["scale"] else f"Nominal roll of {row['agency']}",
    )


def _roster(cast: Cast, facts: dict[str, Any]) -> None:
    """Early tours of the lead force's officers in some teams, free weekends, and what the script adds."""
    month = (date(2021, 2, 1), date(2021, 3, 26))
    rostered = [one for team in ROSTERED_TEAMS for one in cast.teams[team]]
    rostered = [one for one in rostered if one.agency == cast.agencies["MPS"]]
    part_timer = facts["part_time"]
    tours = [(one, at(f"{day}T08:00")) for one in rostered for day in days(*month, 0, 1, 2, 3, 4)]
    tours += [
        (cast[part_timer["officer"]], at(f"{day}T{part_timer['from']}"))
        for day in days(*month, *part_timer["weekdays"])
    ]
    RosteredTour.objects.bulk_create(
        RosteredTour(officer=one, starts_at=start, ends_at=start + timedelta(hours=8)) for one, start in tours
    )
    rest_days = [(one, day) for one in rostered for day in days(*month, 5, 6)]
    rest_days += [(cast[one["officer"]], date.fromisoformat(one["day"])) for one in facts["rest_days"]]
    RestDay.objects.bulk_create(RestDay(officer=one, day=day) for one, day in rest_days)
    for one in facts["substituted"]:
        people = {"officer": cast[one["officer"]], "recorded_by": cast[one["recorded_by"]]}
        SubstitutedHoliday.objects.create(**(one | people))
