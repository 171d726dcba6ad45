"""What stands against a step with a claim to the funder. Reads only."""

from datetime import date

from grants.models import Grant
from overtime_ledger import clock
from overtime_ledger.accounts.models import User
from overtime_ledger.errors import Refusal
from overtime_ledger.funder import selectors
from overtime_ledger.funder.models import FunderClaim
from overtime_ledger.money import pounds
from overtime_ledger.ui import day

FINANCE = "Finance"
Status = FunderClaim.Status


def none_in_hand(grant: Grant) -> None:
    """Refuse (F20) another claim while one waits to be certified."""
    waiting = grant.funder_claims.filter(status=Status.DRAWN).first()
    if waiting:
        raise Refusal(
            "F20",
            f"{waiting} waits to be certified: what comes after it builds on its figures.",
            fix="Have it certified, or withdraw it.",
            who="Finance withdraws; the Project Manager and the Chief Finance Officer certify",
        )


def possible_day(grant: Grant, up_to: date) -> None:
    """Refuse (F21) a claim up to a day that lies ahead, before the grant, or before the last claim's."""
    last = selectors.last_claim(grant)
    earliest = last.up_to if last else grant.eligible_from
    if not earliest <= up_to <= clock.today():
        raise Refusal(
            "F21",
            f"The claim would be up to {day(up_to)}; it can be up to a day from {day(earliest)} to today.",
            fix="Choose such a day.",
            who=FINANCE,
        )


def something_to_claim(found: selectors.Draft) -> None:
    """Refuse (F01) a claim that has no line: each was claimed already."""
    if not found.line_count:
        raise Refusal(
            "F01",
            f"Nothing is left to claim up to {day(found.up_to)}: each line is in a claim already, once.",
            fix="Choose a later day, or wait until more is approved or paid.",
            who=FINANCE,
        )


def variance_explained(found: selectors.Draft, reason: str) -> None:
    """Refuse (A08) a claim off its plan without the reason."""
    if found.variance and not reason.strip():
        raise Refusal(
            "A08",
            f"Spending is {pounds(abs(found.variance))} {'above' if found.variance > 0 else 'below'} the "
            "profile: the funder asks why.",
            fix="Say why.",
            who=FINANCE,
        )


def in_state(claim: FunderClaim, *states: str) -> None:
    """Refuse (A03) a step for which the claim's state does not call."""
    if claim.status not in states:
        raise Refusal(
            "A03",
            f"{claim} is {claim.get_status_display().lower()}.",
            fix="Look at it as it is now.",
            who="Nobody has to",
        )


def third_person(claim: FunderClaim, *, by: User) -> None:
    """Refuse (A01) a certificate of somebody who drew the claim, or certified it in the other capacity."""
    if by.pk == claim.drawn_by_id:
        raise Refusal(
            "A01",
            f"You drew {claim} yourself.",
            fix="Leave the certificate to somebody else.",
            who="The Project Manager, the Chief Finance Officer",
        )
    if by.pk in (claim.pm_by_id, claim.cfo_by_id):
        raise Refusal(
            "A01",
            f"You certified {claim} already: Project Manager and Chief Finance Officer are two people.",
            fix="Leave the other certificate to somebody else.",
            who="The Project Manager, the Chief Finance Officer",
        )


def agrees_with_the_ledger(claim: FunderClaim) -> None:
    """Refuse (F22) a certificate of figures that the ledger does not bear out."""
    wrong = [one.what for one in selectors.agreements(claim) if not one.agrees]
    if wrong:
        raise Refusal(
            "F22",
            f"{claim} does not agree with the ledger: {'; '.join(wrong).lower()}.",
            fix="Withdraw it, draw it again, and tell the auditor.",
            who=FINANCE,
        )


def happened(on: date) -> None:
    """Refuse (F23) a day ahead for what is said to have happened."""
    if on > clock.today():
        raise Refusal("F23", f"{day(on)} lies ahead.", fix="Record it once it has happened.", who=FINANCE)


def reason_given(reason: str) -> None:
    """Refuse (A08) a decision without its reason."""
    if not reason.strip():
        raise Refusal("A08", "This needs a reason in words.", fix="Say why.", who=FINANCE)
