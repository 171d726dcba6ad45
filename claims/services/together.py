"""Clean claims approved together: a sample is drawn, opened, then what is refused is refused alone."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from random import SystemRandom

from django.db import IntegrityError, transaction
from django.db.models import Count, F, QuerySet, Sum

from claims import selectors
from claims.models import BulkApproval, Claim, Event, Sampled
from claims.services import deciding, steps
from grants import ledger
from grants.models import Authority, Stage
from grants.selectors import authorities_held
from overtime_ledger import clock
from overtime_ledger.accounts.models import User
from overtime_ledger.accounts.services import require
from overtime_ledger.errors import Refusal, shown
from tasking.models import Enquiry

ONE_IN = 10
AT_A_TIME = 250
"""Approved by one request: well under a second of work, after which the page says how far it is."""
IN_ONE_TRANSACTION = 50
"""For so many claims the grant is locked at a time, about a twentieth of a second."""
APPROVER = "the controlling DI or a deputy"

Outcome = Sampled.Outcome


@transaction.atomic
def draw(claims: Iterable[Claim], *, by: User) -> BulkApproval:
    """Draw up clean claims to be approved together, as they are now, and a random sample of them (A06).

    One in ten is drawn, one at least. What this person was drawn before and has not decided stays drawn:
    drawing again finds no easier sample, and of the same claims it finds what was drawn up.
    """
    require(by, "claims.approve_claim", who=APPROVER)
    User.objects.select_for_update(no_key=True).get(pk=by.pk)  # Who draws twice at once draws one sample.
    clean = {claim.pk: claim.revision for claim in claims if claim.is_clean}
    if not clean:
        raise Refusal("A06", "No clean claim is left.", fix="Look at the queue as it is now.", who=APPROVER)
    latest = BulkApproval.objects.filter(by=by).first()
    if latest and _is_still(latest, clean):
        return latest
    drawn = _drawn_before(clean, by)
    left = sorted(clean.keys() - drawn.keys())
    more = max(ceil(len(clean) / ONE_IN) - len(drawn), 0)
    drawn |= dict.fromkeys(SystemRandom().sample(left, more))
    bulk = BulkApproval.objects.create(by=by, drawn_at=clock.now())
    Sampled.objects.bulk_create(
        Sampled(bulk=bulk, claim_id=pk, revision=revision, is_sample=pk in drawn, opened_at=drawn.get(pk))
        for pk, revision in clean.items()
    )
    return bulk


def _is_still(bulk: BulkApproval, clean: Mapping[int, int]) -> bool:
    """Whether just these claims at these revisions wait in it, begun or not."""
    waiting = bulk.rows.filter(outcome=Outcome.WAITING).values_list("claim", "revision")
    return dict(waiting) == clean


def _drawn_before(clean: Mapping[int, int], by: User) -> dict[int, datetime | None]:
    """Those of some claims that this person was drawn as they are now, and when they were opened."""
    before = Sampled.objects.filter(bulk__by=by, is_sample=True, outcome=Outcome.WAITING, claim__in=clean)
    drawn: dict[int, datetime | None] = {}
    for claim, revision, opened_at in before.values_list("claim", "revision", "opened_at"):
        if clean[claim] == revision:
            drawn[claim] = drawn.get(claim) or opened_at
    return drawn


def open_sampled(claim: Claim, *, by: User) -> BulkApproval | None:
    """Put on record that a drawn claim was opened by who drew it, as it was drawn.

    Returns the latest bulk approval of theirs in which the claim, as it is, waits; None if there is none.
    """
    found = Sampled.objects.filter(
        bulk__by=by, claim=claim, revision=claim.revision, outcome=Outcome.WAITING
    ).select_related("bulk")
    rows = list(found)
    if any(row.is_sample and not row.opened_at for row in rows):
        found.filter(is_sample=True, opened_at__isnull=True).update(opened_at=clock.now())
    return rows[-1].bulk if rows else None


def drawn_first(seen: str) -> None:
    """Refuse to approve several claims that are only named, not drawn up with a sample of them (A06)."""
    if seen:
        raise Refusal(
            "A06",
            "Several claims are approved only once a sample of them is drawn and opened.",
            fix="Draw them up, open the sample, then approve.",
            who="Whoever approves",
        )


def may_approve_next(bulk: BulkApproval, *, by: User) -> None:
    """Refuse whoever did not draw it up (P01), and while a sampled claim is unopened (A06). Reads only."""
    if bulk.by_id != by.pk:
        raise Refusal("P01", "Somebody else drew this up.", fix="Draw up your own.", who=str(bulk.by))
    left = bulk.rows.filter(is_sample=True, opened_at__isnull=True, outcome=Outcome.WAITING)
    changed = left.exclude(revision=F("claim__revision")).order_by("claim_id")
    if changed:
        raise Refusal(
            "A06",
            f"These of the sample changed before they were opened: {_named(changed)}.",
            fix="Draw the sample again: what you opened stays opened.",
            who="Whoever approves",
        )
    if left:
        raise Refusal(
            "A06",
            f"These of the sample were not opened: {_named(left.order_by('claim_id'))}.",
            fix="Open each claim of the sample, then approve.",
            who="Whoever approves",
        )


def _named(rows: Iterable[Sampled]) -> str:
    numbers = [f"claim {row.claim_id}" for row in rows]
    return ", ".join(numbers[:10]) + (f" and {len(numbers) - 10} more" if len(numbers) > 10 else "")


def approve_next(bulk: BulkApproval, *, by: User, most: int = AT_A_TIME) -> int:
    """Approve the next claims drawn up. Returns how many are left.

    A claim that changed, or that may not be approved, is refused alone and says so; the rest stand. What
    was cut off goes on where it was, and sent twice at once it does nothing twice. Refuses (P01) whoever did
    not draw it up, and (A06) while a sampled claim is unopened.
    """
    may_approve_next(bulk, by=by)
    waiting = bulk.rows.filter(outcome=Outcome.WAITING).order_by("pk")
    rows = {row.claim_id: row for row in waiting[:most]}
    ready = list(selectors.drawn_together({pk: row.revision for pk, row in rows.items()}))
    held = authorities_held(by)
    for first in range(0, len(ready), IN_ONE_TRANSACTION):
        some = ready[first : first + IN_ONE_TRANSACTION]
        approved = _approve_together(rows, some, by=by, held=held)
        for claim in some:
            if claim.pk in approved:
                rows[claim.pk].outcome = Outcome.APPROVED
            else:
                _approve(rows[claim.pk], claim, by=by, held=held.get(claim.grant_id))
    _keep(rows.values())
    return waiting.count()


def _approve_together(
    rows: Mapping[int, Sampled], claims: Iterable[Claim], *, by: User, held: Mapping[int, Authority]
) -> set[int]:
    """Approve in one transaction those of some claims that nothing stands against; their numbers.

    None of them if the database refuses one: then each is decided, or refused, on its own.
    """
    ready = []
    for claim in claims:
        with suppress(Refusal):
            seen = steps.as_seen(claim, rows[claim.pk].revision)
            ready.append(deciding.approval(seen, by=by, held=held.get(claim.grant_id)))
    try:
        done = ledger.post_steps(ledger.Kind.APPROVAL, ready, by=by)
    except (Refusal, IntegrityError):
        return set()
    return {step.row.pk for step in ready if step.reference in done}


def _approve(row: Sampled, claim: Claim, *, by: User, held: Authority | None) -> None:
    try:
        deciding.approve(claim, by=by, revision=row.revision, held=held)
        row.outcome = Outcome.APPROVED
    except Refusal as refusal:
        if _is_approved_already(row, by):
            row.outcome = Outcome.APPROVED
        else:
            shown(refusal)
            row.outcome, row.refusal = Outcome.REFUSED, f"{refusal.code}: {refusal.reason} {refusal.fix}"


def _is_approved_already(row: Sampled, by: User) -> bool:
    """Whether this person approved it as it was drawn: by a request cut off or sent twice, or on its page."""
    approved = Event.objects.filter(claim=row.claim_id, verb=Event.Verb.APPROVED)
    return approved.filter(by=by, revision=row.revision + 1).exists()


@transaction.atomic
def _keep(done: Iterable[Sampled]) -> None:
    """Write what became of claims, unless another request wrote it meanwhile: what is decided stands."""
    outcomes = {row.pk: row for row in done}
    still = Sampled.objects.filter(pk__in=outcomes, outcome=Outcome.WAITING).order_by("pk")
    rows = [outcomes[pk] for pk in still.select_for_update(no_key=True).values_list("pk", flat=True)]
    approved = [row.pk for row in rows if row.outcome == Outcome.APPROVED]
    Sampled.objects.filter(pk__in=approved).update(outcome=Outcome.APPROVED)
    refused = [row for row in rows if row.outcome == Outcome.REFUSED]
    Sampled.objects.bulk_update(refused, ["outcome", "refusal"])


# How far it is


@dataclass(frozen=True)
class Progress:
    """What became of the claims of a bulk approval so far, and what waits."""

    approved: selectors.Total
    refused: int
    waiting: int

    @property
    def done(self) -> int:
        return self.approved.count + self.refused

    @property
    def all(self) -> int:
        return self.done + self.waiting


def progress_of(bulk: BulkApproval) -> Progress:
    """How far a bulk approval is."""
    counts = dict(bulk.rows.order_by().values_list("outcome").annotate(Count("pk")))
    approved = bulk.rows.filter(outcome=Outcome.APPROVED).aggregate(pence=Sum("claim__pence", default=0))
    return Progress(
        approved=selectors.Total(counts.get(Outcome.APPROVED, 0), approved["pence"]),
        refused=counts.get(Outcome.REFUSED, 0),
        waiting=counts.get(Outcome.WAITING, 0),
    )


def ready(bulk: BulkApproval) -> QuerySet[Sampled]:
    """Those of its claims that still wait for approval as they were drawn."""
    awaiting = Claim.objects.awaiting_approval().order_by().values("pk")
    return bulk.rows.filter(outcome=Outcome.WAITING, revision=F("claim__revision"), claim__in=awaiting)


@dataclass(frozen=True)
class Share:
    """What approving its ready claims does to the money of one enquiry, in pence."""

    enquiry: Enquiry
    count: int
    pence: int

    @property
    def claimed(self) -> selectors.Effect:
        now = self.enquiry.line.claimed
        return selectors.Effect(Stage.CLAIMED.label, now, now - self.pence)

    @property
    def approved(self) -> selectors.Effect:
        now = self.enquiry.line.approved
        return selectors.Effect(Stage.APPROVED.label, now, now + self.pence)


def shares(bulk: BulkApproval) -> list[Share]:
    """What approving its ready claims does, enquiry by enquiry."""
    sums = ready(bulk).order_by().values_list("claim__enquiry").annotate(Count("pk"), Sum("claim__pence"))
    enquiries = Enquiry.objects.select_related("line").in_bulk([pk for pk, _, _ in sums])
    return [Share(enquiries[pk], count, pence) for pk, count, pence in sorted(sums)]
