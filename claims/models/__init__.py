"""Claims and how they were settled; what guards their approval."""

from claims.models.claim import Claim, ClaimLine, ClaimQuerySet
from claims.models.safeguards import BulkApproval, Dispute, Evidence, Freeze, Interest, LateClaim, Sampled
from claims.models.settlement import Settlement
from claims.models.timeline import Event, MoreTime

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
