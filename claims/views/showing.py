"""What the pages of claims say alike: how the pay of a claim comes about, and what part was approved."""

from dataclasses import dataclass
from typing import Any

from claims import services
from claims.models import Claim, Dispute, Event
from overtime_ledger.accounts.models import User

JUDGE_REASON = ("claims.approve_claim", "grants.read_all_grants")
"""Who is told what the lead force would pay for another agency's duty: who approves, pays or audits it."""


def reckoned(claim: Claim, reader: User) -> dict[str, Any]:
    """How the pay of a claim comes about, for its page and for those that decide on it."""
    judges = any(reader.has_perm(permission) for permission in JUDGE_REASON)
    return {
        "lines": claim.pay_lines,
        "time_owed": claim.assignment.time_owed.all(),
        "compared": services.charge_compared(services.stated_on(claim)),
        "equivalent": services.lead_force_equivalent(claim) if judges else None,
    }


@dataclass(frozen=True)
class Part:
    """The approval of a part of a claim, and what its claimant said against it, if anything."""

    approval: Event
    dispute: Dispute | None

    @property
    def is_disputed(self) -> bool:
        """Whether its dispute waits for an answer."""
        return self.dispute is not None and self.dispute.status == Dispute.Status.OPEN


def part_of(claim: Claim) -> Part | None:
    """What part of a claim was approved, by whom and why; None where none was or the whole."""
    if claim.claimed_pence is None:
        return None
    approval = claim.events.filter(verb=Event.Verb.PART).select_related("by").latest("id")
    raised = Dispute.objects.filter(claim=claim).select_related("raised_by", "decided_by").first()
    return Part(approval, raised)
