"""Claims and how they were settled; what guards their approval."""

from claims.models.claim import Claim, ClaimLine, ClaimQuerySet, Event, MoreTime, Settlement
from claims.models.safeguards import BulkApproval, Dispute, Evidence, Freeze, Interest, LateClaim, Sampled

__all__ = [
    "BulkApproval",
    "Claim",
    "ClaimLine",
    "ClaimQuerySet",
    "Dispute",
    "Event",
    "Evidence",
    "Freeze",
    "Interest",
    "LateClaim",
    "MoreTime",
    "Sampled",
    "Settlement",
]
