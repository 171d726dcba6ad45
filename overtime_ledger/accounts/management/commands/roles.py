"""Keep roles (groups) and the reviewed file `roles.json` the same, either way round."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.contrib.auth.models import Group, Permission
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

FILE = Path(__file__).resolve().parents[2] / "roles.json"

Roles = dict[str, list[str]]


class Command(BaseCommand):
    help = "load: database as the file says; dump: file as the database says; check: exit 1 if they differ."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("direction", choices=("load", "dump", "check"))

    def handle(self, *args: Any, direction: str, **options: Any) -> None:
        wanted, present = json.loads(FILE.read_text()), roles_in_database()
        if direction == "load":
            load(wanted)
        elif direction == "dump":
            FILE.write_text(json.dumps(present, indent=2) + "\n")
        elif differences := list(differing(wanted, present)):
            raise CommandError("Roles differ from roles.json: " + "; ".join(differences))


def roles_in_database() -> Roles:
    """Every role with its permissions, both in order of name."""
    return {
        group.name: sorted(f"{p.content_type.app_label}.{p.codename}" for p in group.permissions.all())
        for group in Group.objects.order_by("name").prefetch_related("permissions__content_type")
    }


@transaction.atomic
def load(wanted: Roles) -> None:
    """Make the database's roles those of the file. People keep the roles that stay."""
    known = {
        f"{permission.content_type.app_label}.{permission.codename}": permission
        for permission in Permission.objects.select_related("content_type")
    }
    for role, permissions in wanted.items():
        if unknown := sorted(set(permissions) - set(known)):
            raise CommandError(f"{role}: no such permission: {', '.join(unknown)}")
        group, _ = Group.objects.get_or_create(name=role)
        group.permissions.set([known[name] for name in permissions])
    Group.objects.exclude(name__in=wanted).delete()


def differing(wanted: Roles, present: Roles) -> Iterator[str]:
    """What the database has other than the file, in words."""
    for role in sorted(wanted.keys() | present.keys()):
        if missing := sorted(set(wanted.get(role, ())) - set(present.get(role, ()))):
            yield f"{role} lacks {', '.join(missing)}"
        if extra := sorted(set(present.get(role, ())) - set(wanted.get(role, ()))):
            yield f"{role} has besides {', '.join(extra)}"
