"""What the ledger does by itself every night: gives back what was not claimed, forgets drafts, tells."""

from typing import Any

from django.core.management.base import BaseCommand

from claims.management.commands.release_unclaimed import lapse_claims, release_duties, told
from claims.services.digests import write_digests
from claims.services.notices import write_notices
from grants import planning, terms
from grants.models import Grant, TermsChange
from overtime_ledger import clock
from overtime_ledger.accounts.models import Draft
from overtime_ledger.accounts.services import the_ledger
from overtime_ledger.errors import Refusal, shown
from overtime_ledger.locks import alone
from overtime_ledger.post.services import send_alone
from tasking import services as tasking

NIGHTLY_LOCK = 0x6F74_6C65_6467_6572  # any number that nothing else locks


class Command(BaseCommand):
    help = (
        "Everything the ledger does by itself at night: bring changes of terms into force on their day; "
        "release duties that nobody claimed within the days their grant allows, and all of them once its "
        "window is over; end claims still with their claimant when claims are closed; forget old drafts; "
        "put a forecast that fell under a warning level before the controlling DI; "
        "tell people by e-mail what waits for them and what comes near. "
        "Safe to run twice; one run at a time."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Each duty and each claim is a transaction of its own, which reads it again behind a lock."""
        with alone(NIGHTLY_LOCK) as allowed:
            if not allowed:
                self.stdout.write("Another nightly run is at work: nothing is done twice.")
                return
            for change in terms.due_on(clock.today()):
                self.stdout.write(brought_into_force(change))
            for grant in Grant.objects.filter(status=Grant.Status.OPEN).order_by("pk"):
                lapsed, overdue, released = lapse_claims(grant), release_overdue(grant), release_duties(grant)
                self.stdout.write(
                    f"{grant}: {told('claim lapsed', lapsed)}, {told('overdue duty released', overdue)}, "
                    f"{told('duty released', released)}"
                )
            forgotten, _ = Draft.objects.stale().delete()
            self.stdout.write(f"{forgotten} old drafts forgotten")
            for grant in Grant.objects.filter(status=Grant.Status.OPEN).order_by("pk"):
                if notice := planning.watch(grant):
                    self.stdout.write(
                        f"{grant}: the forecast fell under {notice.under_percent}% of the award"
                    )
                write_notices(grant)
            write_digests()
            self.stdout.write(send_alone())


def brought_into_force(change: TermsChange) -> str:
    """Bring a change of terms into force, or say why it waits; the rest of the night goes on."""
    try:
        return f"{terms.bring_into_force(change)}: in force"
    except Refusal as refusal:
        shown(refusal)
        return f"{change}: not in force. {refusal.code}: {refusal.reason} {refusal.fix}"


def release_overdue(grant: Grant) -> list[int]:
    """Release the duties of a grant that nobody claimed in the days it allows; the pence of each that was."""
    reason = f"Not claimed within {grant.release_after_days} days of the duty"
    overdue = tasking.overdue_on(grant, clock.today())
    returned = (tasking.release(one, by=the_ledger(), reason=reason) for one in overdue)
    return [pence for pence in returned if pence]
