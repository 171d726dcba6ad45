"""What the pages of a claim say of its guards: its evidence, and whether it is held back."""

from collections.abc import Callable

from claims.models import Claim, Evidence
from claims.services import safeguards
from overtime_ledger.accounts.models import User
from overtime_ledger.errors import Refusal

BEFORE_APPROVAL = (Claim.Status.DRAFT, Claim.Status.SUBMITTED, Claim.Status.CERTIFIED, Claim.Status.RETURNED)


def guards_of(claim: Claim, reader: User) -> dict[str, object]:
    """A claim's evidence, what is missing, and whether it is held back; by whom and why only for some."""
    suspects = reader.has_perm("claims.freeze_claim")
    held = claim.freezes.filter(released_at__isnull=True).select_related("frozen_by")
    return {
        "evidence": claim.evidence.select_related("added_by").order_by("pk"),
        "missing": _missing(claim),
        "may_add_evidence": _may(safeguards.may_add_evidence, claim, reader),
        "is_held_back": claim.is_held_back,
        "held": held.first() if suspects and claim.is_held_back else None,
        "may_hold_back": suspects and _may(safeguards.may_freeze, claim, reader),
        "may_let_go_on": suspects and _may(safeguards.may_release, claim, reader),
    }


def _missing(claim: Claim) -> str:
    """The kind of record without which a claim is not approved (C11), in words; empty if it is there."""
    if claim.status not in BEFORE_APPROVAL or claim.has_its_record:
        return ""
    label = str(Evidence.Kind(claim.record_kind).label)
    return label[0].lower() + label[1:]


def _may(may: Callable[..., None], claim: Claim, reader: User) -> bool:
    try:
        may(claim, by=reader)
    except Refusal:
        return False
    return True
