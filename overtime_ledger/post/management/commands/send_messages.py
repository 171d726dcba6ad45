"""Send the messages that wait in the outbox."""

from typing import Any

from django.core.management.base import BaseCommand

from overtime_ledger.post.services import send_alone


class Command(BaseCommand):
    help = (
        "Send the messages that wait in the outbox. Safe to run every minute: one run at a time, and no "
        "message twice. Without EMAIL_URL there are none."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Each message is put on record as begun before it is sent, and as sent afterwards."""
        self.stdout.write(send_alone())
