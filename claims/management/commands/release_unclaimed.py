"""Give back what the deadline leaves over: duties never claimed, claims never submitted."""

from typing import Any

from django.core.management.base import BaseCommand

from claims import services as claims
from claims.models import Claim
from grants.models import Grant
from overtime_ledger import clock
from overtime_ledger.accounts.services import the_ledger
from overtime_ledger.money import pounds
from tasking import services as tasking


class Command(BaseCommand):
    help = (
        "Return the money of duties never claimed, once a grant's window is over, and of claims still with "
        "their claimant, once its claims are closed. Meant for every night; running it twice does no harm."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Each duty and each claim is a transaction of its own, which reads it again behind a lock."""
        for grant in Grant.objects.filter(status=Grant.Status.OPEN).order_by("pk"):
            lapsed = lapse_claims(grant)
            released = release_duties(grant)
            self.stdout.write(f"{grant}: {told('claim lapsed', lapsed)}, {told('duty released', released)}")


def release_duties(grant: Grant) -> list[int]:
    """Release the duties of a grant that nobody claimed; the pence of each that was."""
    reason = f"Never claimed by the end of {grant.eligible_to:%-d %B %Y}"
    unclaimed = tasking.unclaimed_after(grant, clock.today())
    returned = (tasking.release(one, by=the_ledger(), reason=reason) for one in unclaimed)
    return [pence for pence in returned if pence]


def lapse_claims(grant: Grant) -> list[int]:
    """End the claims of a grant that nobody submitted in time; the pence of each that was ended."""
    waiting = Claim.objects.filter(grant=grant, status__in=(Claim.Status.DRAFT, Claim.Status.RETURNED))
    returned = (claims.lapse(one, by=the_ledger()) for one in waiting.order_by("pk"))
    return [pence for pence in returned if pence]


def told(what: str, amounts: list[int]) -> str:
    """How many and how much, such as "3 × duty released, £210.00"."""
    return f"{len(amounts)} × {what}, {pounds(sum(amounts))}" if amounts else f"no {what}"
