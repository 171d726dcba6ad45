"""Fill an empty database with the demonstration of the ledger."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from claims.demonstration import weeks
from claims.demonstration.cast import is_half_told, rows
from grants.models import Grant, LedgerEntry
from overtime_ledger import clock
from overtime_ledger.accounts.adapter import DEMONSTRATION_PASSWORD
from overtime_ledger.accounts.models import Agency, User
from overtime_ledger.accounts.services import LEDGER_USERNAME
from overtime_ledger.books import february_story, year_end_story
from overtime_ledger.dashboard import demonstration as dashboard
from overtime_ledger.disclosure import extract_story
from overtime_ledger.funder import demonstration as funder
from overtime_ledger.payments import demonstration as payments
from overtime_ledger.payments import invoice_story as invoices

PLAYS_BEFORE = date(2021, 3, 8)
LOCK = 911_2021
CHAPTERS = (
    payments.put_on_agenda,
    funder.put_on_agenda,
    invoices.put_on_agenda,
    dashboard.put_on_agenda,
    february_story.put_on_agenda,
    year_end_story.put_on_agenda,
    extract_story.put_on_agenda,
)
"""What the apps above claims add to the story: each puts its acts on the agenda, at their own moments."""


class Command(BaseCommand):
    help = "Fill an empty database with the demonstration: PCD 911 up to 7 March 2021."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--if-empty", action="store_true", help="do nothing, quietly, when there are data"
        )
        parser.add_argument("--names", action="store_true", help="print who can sign in, and change nothing")

    def handle(self, *args: Any, if_empty: bool, names: bool, **options: Any) -> None:
        if names:
            self.print_names()
        elif not settings.LEDGER_DEMONSTRATION:
            if not if_empty:
                raise CommandError(
                    "Its password is published: set LEDGER_DEMONSTRATION=true to make it here."
                )
        else:
            self.make(if_empty=if_empty)

    def make(self, *, if_empty: bool) -> None:
        """Make it in an empty database, or anew where it was interrupted."""
        with only_one():
            if is_half_told():
                call_command("flush", interactive=False, verbosity=0)
            elif has_data():
                if if_empty:
                    return
                raise CommandError("This database has data already: the demonstration wants an empty one.")
            if clock.today() < PLAYS_BEFORE:
                raise CommandError("The demonstration plays up to 7 March 2021: set LEDGER_TODAY=2021-03-08.")
            self.stdout.write("Making the demonstration (some seconds, once)")
            call_command("roles", "load")
            story = weeks.tell(*CHAPTERS)
            entries = LedgerEntry.objects.filter(grant=story.grant).count()
            self.stdout.write(f"{story.grant}: {len(story.turns)} duties, {entries} entries in the ledger")

    def print_names(self) -> None:
        """The people of the demonstration that this database has; nothing where it has none of them."""
        present = set(User.objects.filter(is_active=True).values_list("username", "display_name"))
        known = [one for one in rows("sign_ins.csv") if (one["username"], one["display_name"]) in present]
        if known and settings.LEDGER_DEMONSTRATION:
            self.stdout.write(f"Sign in with one of these names and the password {DEMONSTRATION_PASSWORD}:")
            for one in known:
                self.stdout.write(f"  {one['username']:16}{one['display_name']:14}{one['what']}")


@contextmanager
def only_one() -> Iterator[None]:
    """Two first starts at once: the second waits, and finds the data."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_lock(%s)", [LOCK])
        try:
            yield
        finally:
            cursor.execute("select pg_advisory_unlock(%s)", [LOCK])


def has_data() -> bool:
    """Whether anybody has used this database: roles and the ledger's own account do not count."""
    people = User.objects.exclude(username=LEDGER_USERNAME)
    return people.exists() or Agency.objects.exists() or Grant.objects.exists()
