"""Compare the files of evidence with what is on record of them, as after a restore from the backup."""

from collections.abc import Iterator
from typing import Any

from django.core.files.storage import Storage, storages
from django.core.management.base import BaseCommand, CommandError

from claims.models import Evidence
from claims.services.files import content_of
from overtime_ledger.errors import Refusal


class Command(BaseCommand):
    help = (
        "Read every file of evidence and compare it with the SHA-256 on record. Exit 1 if one is missing or "
        "was changed. Files that no claim names are told, and left where they are."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        rows = Evidence.objects.exclude(path="").order_by("pk")
        wrong = [evidence for evidence in rows.iterator(chunk_size=500) if not _is_as_added(evidence)]
        for evidence in wrong:
            self.stderr.write(f"{evidence}, file {evidence.pk}: {evidence.path} is missing or was changed")
        for path in sorted({*_stored(storages["evidence"])} - {*rows.values_list("path", flat=True)}):
            self.stdout.write(f"{path}: no claim names it")
        if wrong:
            raise CommandError(f"{len(wrong)} of {rows.count()} files are not what was added.")
        self.stdout.write(f"{rows.count()} files are what was added.")


def _is_as_added(evidence: Evidence) -> bool:
    try:
        content_of(evidence)
    except Refusal:
        return False
    return True


def _stored(storage: Storage, folder: str = "") -> Iterator[str]:
    """The path of every file in storage."""
    try:
        folders, names = storage.listdir(folder)
    except FileNotFoundError:  # nothing was ever added
        return
    yield from (f"{folder}{name}" for name in names)
    for inner in folders:
        yield from _stored(storage, f"{folder}{inner}/")
