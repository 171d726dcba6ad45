"""Where grants stand with their funders: claimed, received, due, and what is not claimed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Q, Sum

from claims.selectors import with_agency
from grants.models import ClaimBasis, Grant
from overtime_ledger import clock
from overtime_ledger.funder.models import FunderClaim, Transfer
from overtime_ledger.funder.selectors.entries import Entries, asked_for, claimed, held_back, posted_by, spent
from overtime_ledger.money import pounds


@dataclass(frozen=True)
class Account:
    """Where a grant stands with its funder at the end of a day; pence.

    `in_hand` is claimed and not sent yet; `reversed` was taken back after the funder was asked for it and is
    a minus of the next claim; `unclaimed` is spent and in no claim, such reversals included. Of what is held
    back on suspicion, `held_back` is unclaimed and left out of the next claim, `held_back_since` was claimed.
    """

    grant: Grant
    claimed: int
    in_hand: int
    received: int
    repaid: int
    reversed: int
    unclaimed: int
    held_back: Entries
    held_back_since: Entries

    @property
    def balance_due(self) -> int:
        """What the funder owes of the claims it has; below nothing what it is owed."""
        return self.claimed - self.received + self.repaid

    @property
    def position(self) -> int:
        """The same once what was taken back is taken off."""
        return self.balance_due - self.reversed

    @property
    def due_from(self) -> int:
        return max(0, self.position)

    @property
    def due_to(self) -> int:
        """What has to be repaid: more was received than stands claimed."""
        return max(0, -self.position)

    @property
    def reversed_spent(self) -> int:
        """What was taken back, as the minus that it is in the next claim."""
        return -self.reversed

    # Notes beneath the figures

    @property
    def repaid_note(self) -> str:
        return f"of which {pounds(self.repaid)} was repaid" if self.repaid else ""

    @property
    def due_note(self) -> str:
        return f"{pounds(self.reversed)} reversed is taken off" if self.reversed else ""

    @property
    def unclaimed_note(self) -> str:
        held = f"of which {pounds(self.held_back.pence)} is held back" if self.held_back.count else ""
        return "; ".join(note for note in (held, self.in_hand_note) if note)

    @property
    def in_hand_note(self) -> str:
        return f"{pounds(self.in_hand)} more is drawn and not sent" if self.in_hand else ""


def account(grant: Grant, *, as_at: date | None = None) -> Account:
    """Where a grant stands with its funder now, or at the end of a past day."""
    return accounts([grant], as_at=as_at)[0]


def accounts(grants: Sequence[Grant], *, as_at: date | None = None) -> list[Account]:
    """The same of several grants, with as many queries as of one for each basis."""
    claims = _sums_of_claims(grants, as_at)
    transfers = _sums_of_transfers(grants, as_at)
    open_ones = _open_spending(grants, as_at)
    held = _held_back(grants, as_at)
    return [
        Account(
            grant=grant,
            claimed=claims.get(grant.pk, {}).get("sent", 0),
            in_hand=claims.get(grant.pk, {}).get("in_hand", 0),
            received=transfers.get(grant.pk, {}).get("received", 0),
            repaid=transfers.get(grant.pk, {}).get("repaid", 0),
            reversed=-open_ones.get(grant.pk, {}).get("reversed", 0),
            unclaimed=open_ones.get(grant.pk, {}).get("unclaimed", 0),
            held_back=held.get((grant.pk, False), Entries()),
            held_back_since=held.get((grant.pk, True), Entries()),
        )
        for grant in grants
    ]


Sums = dict[int, Mapping[str, Any]]
"""Sums in pence by the grant's id."""


def _sums_of_claims(grants: Sequence[Grant], as_at: date | None) -> Sums:
    sent = Q(status=FunderClaim.Status.SENT)
    if as_at is not None:
        sent &= Q(sent_on__lte=as_at)
    rows = FunderClaim.objects.filter(grant__in=grants).standing().order_by().values("grant")
    if as_at is not None:
        rows = rows.filter(drawn_at__lt=clock.midnight_after(as_at))
    found = rows.annotate(
        sent=Sum("pence", filter=sent, default=0), in_hand=Sum("pence", filter=~sent, default=0)
    )
    return {row["grant"]: row for row in found}


def _sums_of_transfers(grants: Sequence[Grant], as_at: date | None) -> Sums:
    rows = Transfer.objects.standing().filter(grant__in=grants).order_by()
    if as_at is not None:
        rows = rows.filter(happened_on__lte=as_at)
    kinds = {kind.value: Sum("pence", filter=Q(kind=kind), default=0) for kind in Transfer.Kind}
    return {row["grant"]: row for row in rows.values("grant").annotate(**kinds)}


def _open_spending(grants: Sequence[Grant], as_at: date | None) -> Sums:
    """What is spent and in no claim, and what of it took back what the funder was asked for, by grant."""
    found: Sums = {}
    for basis in ClaimBasis:
        chosen = [grant for grant in grants if grant.claim_basis == basis]
        if not chosen:
            continue
        rows = posted_by(spent(chosen, basis), as_at).filter(~claimed("pk", by=as_at))
        sums = (
            rows.order_by()
            .values("grant")
            .annotate(
                unclaimed=Sum("spent", default=0),
                reversed=Sum("spent", filter=Q(asked_for("reverses", by=as_at)), default=0),
            )
        )
        found |= {row["grant"]: row for row in sums}
    return found


def _held_back(grants: Sequence[Grant], as_at: date | None) -> dict[tuple[int, bool], Entries]:
    """What is spent for officers' claims that are held back, by the grant's id and whether it is claimed."""
    found: dict[tuple[int, bool], Entries] = {}
    held = held_back(grants, as_at=as_at)
    for basis in ClaimBasis if held else ():
        chosen = [grant for grant in grants if grant.claim_basis == basis]
        rows = posted_by(with_agency(spent(chosen, basis)), as_at).filter(claim_named__in=held)
        sums = (
            rows.order_by()
            .annotate(is_claimed=claimed("pk", by=as_at))
            .values("grant", "is_claimed")
            .annotate(count=Count("pk"), pence=Sum("spent", default=0))
        )
        found |= {(row["grant"], row["is_claimed"]): Entries(row["count"], row["pence"]) for row in sums}
    return found
