"""What is told at once by e-mail, in the transaction of the verb: returned, rejected, more time asked."""

from django.urls import reverse

from claims.models import Claim
from grants.models import Authority
from overtime_ledger import clock
from overtime_ledger.accounts.models import User
from overtime_ledger.post.services import Kind, Letter, queue


def returned(claim: Claim) -> None:
    """Tell its claimant, and the clerk who entered it, that a claim came back."""
    _tell({claim.claimant_id, claim.entered_by_id}, Kind.RETURNED, claim, "A claim was returned")


def rejected(claim: Claim) -> None:
    """Tell its claimant, and the clerk who entered it, that a claim was refused for good."""
    _tell({claim.claimant_id, claim.entered_by_id}, Kind.REJECTED, claim, "A claim was rejected")


def more_time_asked(claim: Claim, *, by: User) -> None:
    """Tell the controlling DI and the deputies in force that a claim waits for more time."""
    in_force = Authority.objects.in_force(clock.today()).filter(grant=claim.grant_id).exclude(person=by)
    _tell(set(in_force.values_list("person", flat=True)), Kind.MORE_TIME, claim, "More time is asked")


def _tell(people: set[int], kind: Kind, claim: Claim, what: str) -> None:
    queue(
        Letter(
            to=person,
            kind=kind,
            told=f"claim:{claim.pk}:{kind}:{claim.revision}",
            subject=what,
            words=f"{what}. What it is about, and what to do, stands on its page.",
            path=reverse("claims:claim", args=[claim.pk]),
            marking=claim.grant.marking,
        )
        for person in people
    )
