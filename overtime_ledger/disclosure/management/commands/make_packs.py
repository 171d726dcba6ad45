"""Make the audit packs that were asked for."""

from typing import Any

from django.core.management.base import BaseCommand

from overtime_ledger.disclosure.services import make_waiting


class Command(BaseCommand):
    help = (
        "Make the audit packs that somebody asked for and that are not made yet. The press starts it by "
        "itself; run every minute it goes on with what a killed run left behind. One run at a time."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        ready = make_waiting()
        self.stdout.write(f"{ready} audit pack{'' if ready == 1 else 's'} made")
