"""Every table that says something of a grant, as a register: none chosen by hand, so none forgotten.

A table belongs to a grant if a chain of its columns leads there; a new one is in the pack from its first day.
What has no such chain is named here, with whom it is about, or that it stays out and why.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.apps import apps
from django.contrib.auth.models import Group
from django.db.models import BooleanField, DateField, DateTimeField, Field, IntegerField, Model, Q, QuerySet

from grants.models import Grant
from overtime_ledger.accounts.models import User
from overtime_ledger.audit.exports import Column
from overtime_ledger.audit.exports import Kind as Kind
from overtime_ledger.ladder import LADDER
from tasking.models import Assignment

OF_GRANTS = ("grants", "tasking", "claims", "payments", "funder", "books", "disclosure")
"""The apps whose tables are of a grant, or of everybody who works on one."""

# How a table leads to its grant where no chain of its own columns does.
LEADS = {"tasking.Subject": "enquiries__grant", "claims.BulkApproval": "claims__grant"}
# Of the officers who were tasked under the grant: the column that names them.
OF_OFFICERS = {
    "accounts.RankHeld": "person",
    "tasking.RestDay": "officer",
    "tasking.RosteredTour": "officer",
    "tasking.SubstitutedHoliday": "officer",
}
# The same for every grant.
OF_ALL = (
    "accounts.Agency",
    "accounts.PayTable",
    "accounts.PayPoint",
    "grants.OnCostRate",
    "tasking.RuleSet",
    "claims.Interest",
    "audit.AccessLog",
    "audit.Change",
    "audit.ControlSpoke",
)
LEFT_OUT = {"books.UploadDraft": "a file that nobody put on record yet"}
# Only for those who may read it elsewhere.
NEEDS = {
    "claims.Freeze": "claims.freeze_claim",
    "claims.Interest": "claims.read_interests",
    "audit.AccessLog": "audit.view_accesslog",
    "audit.Change": "audit.view_change",
    "audit.ControlSpoke": "audit.view_controlspoke",
}
SUMMED = {
    *LADDER,
    "pence",
    "authorised_pence",
    "committed_pence",
    "on_cost_pence",
    "claimed_pence",
    "extra_pence",
    "paid_pence",
    "net_pence",
    "vat_pence",
}
"""Columns of pence that are added up: amounts, not rates or limits."""
AT_ONCE = 1000


@dataclass(frozen=True)
class Register:
    """One table of the pack: its file, its title, its columns, and its rows one after the other."""

    name: str
    title: str
    columns: list[Column]
    rows: Callable[[], Iterator[Any]]


def registers(grant: Grant, reader: User) -> list[Register]:
    """Every register of a grant that a person may read, in the order of the apps."""
    people = dict(User.objects.values_list("pk", "display_name"))
    return [_people(grant), *(_register(model, grant, people) for model in _models(reader))]


def more_rows_than(most: int, grant: Grant, reader: User) -> bool:
    """Whether the registers of a grant that a person may read have more rows than that; counts no further."""
    for model in _models(reader):
        most -= _of(model, grant)[: most + 1].count()
        if most < 0:
            return True
    return False


def unplaced() -> list[str]:
    """Tables of the grants' apps of which nobody has said to which grant their rows belong."""
    named = {*LEADS, *OF_OFFICERS, *OF_ALL, *LEFT_OUT}
    models = (model for model in apps.get_models(include_auto_created=True) if _app(model) in OF_GRANTS)
    return [model._meta.label for model in models if model._meta.label not in named and lead(model) is None]


def _models(reader: User) -> list[type[Model]]:
    found = apps.get_models(include_auto_created=True)
    return [
        model
        for model in found
        if model._meta.label not in LEFT_OUT
        and (
            model._meta.label in {*LEADS, *OF_OFFICERS, *OF_ALL}
            or (_app(model) in OF_GRANTS and lead(model) is not None)
        )
        and _may(reader, model)
    ]


def _app(model: type[Model]) -> str:
    return str(model._meta.app_label)


def _may(reader: User, model: type[Model]) -> bool:
    needed = NEEDS.get(model._meta.label)
    return needed is None or reader.has_perm(needed)


@cache
def lead(model: type[Model]) -> str | None:
    """The shortest chain of columns from a table to its grant, as a filter names it; None if there is none.

    "pk" for the grant itself.
    """
    if model is Grant:
        return "pk"
    steps: list[tuple[str, type[Model]]] = [("", model)]
    seen = {model}
    while steps:
        path, at = steps.pop(0)
        for field in at._meta.concrete_fields:
            to = field.related_model
            if not isinstance(to, type) or to in seen or not issubclass(to, Model):
                continue
            if to is Grant:
                return f"{path}{field.name}"
            seen.add(to)
            # An empty column leads nowhere; one that may be empty would leave rows out.
            if not field.null and _app(to) in OF_GRANTS:
                steps.append((f"{path}{field.name}__", to))
    return None


def _of(model: type[Model], grant: Grant) -> QuerySet[Any]:
    """The rows of a table that are of a grant, by number."""
    rows = model._default_manager.order_by("pk")
    label = model._meta.label
    if label in OF_ALL:
        return rows
    if label in OF_OFFICERS:
        return rows.filter(**{f"{OF_OFFICERS[label]}__in": _officers(grant)})
    rows = rows.filter(**{LEADS.get(label) or lead(model) or "": grant.pk})
    return rows.distinct() if label in LEADS else rows


def _officers(grant: Grant) -> QuerySet[Any, Any]:
    return Assignment.objects.filter(tasking__enquiry__grant=grant).order_by().values("officer")


def _register(model: type[Model], grant: Grant, people: dict[int, str]) -> Register:
    title = str(model._meta.verbose_name_plural)
    return Register(
        name=f"registers/{_app(model)}_{model._meta.model_name}.csv",
        title=title[:1].upper() + title[1:],
        columns=[_column(field, people) for field in model._meta.concrete_fields if field.name != "path"],
        rows=lambda: _of(model, grant).iterator(chunk_size=AT_ONCE),
    )


def _people(grant: Grant) -> Register:
    """Who has an account: rank and number, agency and roles; no address, nothing to sign in with."""
    rows = User.objects.select_related("agency").prefetch_related("groups").order_by("pk")
    return Register(
        name="registers/accounts_user.csv",
        title="People: ranks and numbers",
        columns=[
            Column("Number", lambda person: person.pk, "number"),
            Column("Person", lambda person: person.display_name),
            Column("Staff number", lambda person: person.staff_number),
            Column("Agency", lambda person: person.agency or ""),
            Column("Roles", lambda person: ", ".join(sorted(map(Group.__str__, person.groups.all())))),
            Column("May sign in", lambda person: "Yes" if person.is_active else "No"),
        ],
        rows=lambda: (
            rows.filter(Q(groups__isnull=False) | Q(pk__in=_officers(grant)))
            .distinct()
            .iterator(chunk_size=AT_ONCE)
        ),
    )


def _column(field: "Field[Any, Any]", people: dict[int, str]) -> Column:
    """A column of a table as a column of its register, with the value in words where it has some."""
    name, label = field.attname, _label(field)
    if field.related_model is User:
        return Column(label, lambda row: people.get(getattr(row, name), ""))
    if name.endswith("pence") or name in LADDER:
        return Column(label, lambda row: getattr(row, name), "pounds", total=name in SUMMED)
    if field.choices:
        return Column(label, lambda row: getattr(row, f"get_{name}_display")())
    kind: Kind = "text"
    if isinstance(field, DateTimeField):
        kind = "moment"
    elif isinstance(field, DateField):
        kind = "day"
    elif isinstance(field, BooleanField):
        return Column(label, lambda row: _yes(getattr(row, name)))
    elif isinstance(field, IntegerField) or field.is_relation:
        kind = "number"
    else:
        return Column(label, lambda row: _text(getattr(row, name)))
    return Column(label, lambda row: getattr(row, name), kind)


def _label(field: "Field[Any, Any]") -> str:
    if field.primary_key:
        return "Number"
    words = str(field.verbose_name)
    words = "amount" if words == "pence" else words.removesuffix(" pence")
    return words[:1].upper() + words[1:]


def _yes(value: bool | None) -> str:
    return "" if value is None else "Yes" if value else "No"


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value)
