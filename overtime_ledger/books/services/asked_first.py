"""What the verbs of the reconciliation ask first: the grant's turn, a reason; how they refuse what stands."""

from grants.checks import not_closed
from grants.models import Grant
from overtime_ledger.errors import Refusal

FINANCE = "finance"
MAY = "books.reconcile"


def grant_of_turn(grant: Grant) -> Grant:
    """The grant, locked: its matches are made by one person after the other. A closed one refuses (L03)."""
    locked = Grant.objects.select_for_update(no_key=True).get(pk=grant.pk)
    not_closed(locked)
    return locked


def need(reason: str) -> None:
    """Refuse a verb without its reason in words (A08)."""
    if not reason.strip():
        raise Refusal("A08", "This needs a reason in words.", fix="Say why.", who="Finance")


def what_is_signed(reason: str) -> Refusal:
    """That something prepared or signed would be changed (B06)."""
    return Refusal(
        "B06",
        reason,
        fix="It stands. What is wrong in it is corrected in an open period.",
        who="Finance",
    )
