"""Clean claims approved together: a sample is drawn, opened, and then each claim is approved on its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from random import SystemRandom

from django.db import transaction

from claims import selectors
from claims.models import BulkApproval, Claim, Sampled
from claims.services import deciding
from overtime_ledger import clock
from overtime_ledger.accounts.models import User
from overtime_ledger.accounts.services import require
from overtime_ledger.errors import Refusal

ONE_IN = 10
AT_A_TIME = 100
APPROVER = "the controlling DI or a deputy"

Outcome = Sampled.Outcome


@transaction.atomic
def draw(claims: Sequence[Claim], *, by: User) -> BulkApproval:
    """Draw up clean claims to be approved together, as they are now, and a random sample of them (A06).

    One in ten is drawn, one at least. What this person was drawn before and has not decided stays drawn:
    drawing again finds no easier sample.
    """
    require(by, "claims.approve_claim", who=APPROVER)
    clean = {claim.pk: claim for claim in claims if claim.is_clean}
    if not clean:
        raise Refusal("A06", "No clean claim is left.", fix="Look at the queue as it is now.", who=APPROVER)
    before = Sampled.objects.filter(
        bulk__by=by,
        is_sample=True,
        outcome=Outcome.WAITING,
        claim__in=clean,
        claim__status=Claim.Status.CERTIFIED,
    )
    drawn = {
        claim
        for claim, revision in before.values_list("claim", "revision")
        if clean[claim].revision == revision
    }
    wanted = max(1, ceil(len(clean) / ONE_IN))
    left = sorted(clean.keys() - drawn)
    drawn |= {*SystemRandom().sample(left, min(max(wanted - len(drawn), 0), len(left)))}
    bulk = BulkApproval.objects.create(by=by, drawn_at=clock.now())
    opened = dict(before.filter(opened_at__isnull=False).values_list("claim", "opened_at"))
    Sampled.objects.bulk_create(
        Sampled(
            bulk=bulk,
            claim=claim,
            revision=claim.revision,
            is_sample=claim.pk in drawn,
            opened_at=opened.get(claim.pk) if claim.pk in drawn else None,
        )
        for claim in clean.values()
    )
    return bulk


def open_sampled(claim: Claim, *, by: User) -> None:
    """Put on record that a drawn claim was opened by who drew it, as it was drawn."""
    rows = Sampled.objects.filter(
        bulk__by=by, claim=claim, revision=claim.revision, is_sample=True, opened_at__isnull=True
    )
    rows.update(opened_at=clock.now())


def unopened(bulk: BulkApproval) -> list[Sampled]:
    """The sampled claims that are still to be opened."""
    rows = bulk.rows.filter(is_sample=True, opened_at__isnull=True, outcome=Outcome.WAITING)
    return list(rows.select_related("claim__claimant").order_by("pk"))


@dataclass(frozen=True)
class Progress:
    """How far a bulk approval is: what was approved and refused so far, and what waits."""

    approved: int
    approved_pence: int
    refused: list[Sampled]
    waiting: int

    @property
    def done(self) -> int:
        return self.approved + len(self.refused)

    @property
    def all(self) -> int:
        return self.done + self.waiting


def progress_of(bulk: BulkApproval) -> Progress:
    """How far a bulk approval is."""
    rows = list(bulk.rows.select_related("claim__claimant", "claim__agency"))
    approved = [row for row in rows if row.outcome == Outcome.APPROVED]
    return Progress(
        approved=len(approved),
        approved_pence=sum(row.claim.pence for row in approved),
        refused=[row for row in rows if row.outcome == Outcome.REFUSED],
        waiting=sum(row.outcome == Outcome.WAITING for row in rows),
    )


def approve_next(bulk: BulkApproval, *, by: User, most: int = AT_A_TIME) -> int:
    """Approve the next claims drawn up, each in a transaction of its own. Returns how many are left.

    A claim that changed, or that may not be approved, is refused alone and says so; the rest stand. Refuses
    (A06) while a sampled claim is unopened, and (P01) whoever did not draw it up.
    """
    if bulk.by_id != by.pk:
        raise Refusal("P01", "Somebody else drew this up.", fix="Draw up your own.", who=str(bulk.by))
    if left := unopened(bulk):
        raise Refusal(
            "A06",
            f"{len(left)} of the sampled claims were not opened: "
            + ", ".join(f"claim {row.claim_id}" for row in left[:10])
            + ".",
            fix="Open each of them, then approve.",
            who="Whoever approves",
        )
    waiting = bulk.rows.filter(outcome=Outcome.WAITING).order_by("claim")
    rows = {row.claim_id: row for row in waiting[:most]}
    ready = selectors.drawn_together({pk: row.revision for pk, row in rows.items()})
    done = [_approve(rows[claim.pk], claim, by=by) for claim in ready]
    Sampled.objects.bulk_update(done, ["outcome", "refusal"])
    return waiting.count()


def _approve(row: Sampled, claim: Claim, *, by: User) -> Sampled:
    try:
        deciding.approve(claim, by=by, revision=row.revision)
        row.outcome = Outcome.APPROVED
    except Refusal as refusal:
        row.outcome, row.refusal = Outcome.REFUSED, f"{refusal.code}: {refusal.reason} {refusal.fix}"
    return row
