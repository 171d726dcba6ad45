"""What guards approval: interests are declared, claims held back and released, evidence added."""

from __future__ import annotations

from typing import Any

from django.core.files import File
from django.db import transaction

from claims import checks, selectors
from claims.models import Claim, Event, Evidence, Freeze, Interest
from claims.services import files, steps
from grants.checks import not_closed
from overtime_ledger import clock
from overtime_ledger.accounts.models import Agency, User
from overtime_ledger.accounts.services import require
from overtime_ledger.errors import Refusal

FINANCE_OR_AUDITOR = "finance or an auditor"


@transaction.atomic
def declare_interest(
    *, by: User, what: str, officer: User | None = None, agency: Agency | None = None
) -> Interest:
    """Put on record that one is tied to an officer or an agency: one decides nothing of theirs from then on.

    Refuses (A10) an interest in nobody, in both or in oneself, without words, and one that stands already.
    """
    if (officer is None) == (agency is None) or officer == by or not what.strip():
        raise Refusal(
            "A10",
            "An interest is in one other officer or in one agency, and says what it is.",
            fix="Choose the officer or the agency and say what ties you to them.",
            who="Whoever declares it",
        )
    if Interest.objects.of(by).in_force().filter(officer=officer, agency=agency).exists():
        raise Refusal(
            "A10",
            f"You declared an interest in {officer or agency} before, and it stands.",
            fix="End that one first if something changed.",
            who="Whoever declares it",
        )
    selectors.forget_interests(by)
    return Interest.objects.create(
        person=by, officer=officer, agency=agency, what=what.strip(), declared_at=clock.now()
    )


@transaction.atomic
def end_interest(interest: Interest, *, by: User, reason: str) -> None:
    """Put on record that one's own interest is over, and why. Refuses others (P01), what has ended (A03)."""
    locked = Interest.objects.select_for_update(no_key=True).get(pk=interest.pk)
    if locked.person_id != by.pk:
        raise Refusal(
            "P01",
            "Whoever declared an interest says when it is over.",
            fix="Leave it to them.",
            who=str(locked.person),
        )
    if locked.ended_at:
        raise Refusal(
            "A03", "This interest is over already.", fix="Nothing is left to do here.", who="Nobody"
        )
    steps.need(reason)
    selectors.forget_interests(by)
    locked.ended_at, locked.ended_because = clock.now(), reason.strip()
    locked.save(update_fields=["ended_at", "ended_because"])


@transaction.atomic
def freeze(claim: Claim, *, by: User, reason: str) -> Freeze:
    """Hold a claim back on suspicion: nobody decides on it or pays it until it is released.

    Refuses whoever is neither finance nor auditor (P01), one's own claim (A01), and what is held back or has
    ended (A03).
    """
    claim = steps.locked(claim)
    may_freeze(claim, by=by)
    steps.need(reason)
    steps.record(claim, Event.Verb.FROZEN, by=by)
    return Freeze.objects.create(claim=claim, reason=reason.strip(), frozen_by=by, frozen_at=clock.now())


def may_freeze(claim: Claim, *, by: User) -> None:
    """Refuse somebody who cannot hold a claim back now. Reads only."""
    not_closed(claim.grant)
    require(by, "claims.freeze_claim", who=FINANCE_OR_AUDITOR)
    _not_by_its_author(claim, by)
    if claim.is_held_back or claim.status not in Claim.LIVE:
        raise Refusal(
            "A03",
            f"Claim {claim.pk} is held back already, or has ended.",
            fix="Look at the claim as it is now.",
            who="Nobody has to",
        )


@transaction.atomic
def release_from_freeze(claim: Claim, *, by: User, reason: str) -> None:
    """Let a claim go on that was held back, and say why.

    Refuses others (P01), one's own claim (A01), and what is not held back (A03).
    """
    claim = steps.locked(claim)
    may_release(claim, by=by)
    steps.need(reason)
    end_freeze(claim, by=by, reason=reason)


def may_release(claim: Claim, *, by: User) -> None:
    """Refuse somebody who cannot let a claim go on. Reads only."""
    not_closed(claim.grant)
    require(by, "claims.freeze_claim", who=FINANCE_OR_AUDITOR)
    _not_by_its_author(claim, by)
    if not claim.is_held_back:
        raise Refusal(
            "A03",
            f"Claim {claim.pk} is not held back.",
            fix="Look at the claim as it is now.",
            who="Nobody has to",
        )


def end_freeze(claim: Claim, *, by: User, reason: str) -> None:
    """Put on record that a locked claim is held back no more: it goes on, or its approval was reversed."""
    held = Freeze.objects.filter(claim=claim, released_at__isnull=True)
    if held.update(released_by=by, released_at=clock.now(), release_reason=reason.strip()):
        steps.record(claim, Event.Verb.RELEASED, by=by)


def _not_by_its_author(claim: Claim, by: User) -> None:
    if by.pk in (claim.claimant_id, claim.entered_by_id):
        checks.not_ones_own(claim, by)


def add_evidence(
    claim: Claim, *, by: User, kind: str, reference: str = "", file: File[bytes] | None = None
) -> Evidence:
    """Put on a claim what shows the duty: a reference to a record, a file, or both. Nothing is taken off.

    By the claimant, a clerk or supervisor of the agency, or finance, while the claim lives. Refuses others
    (P01), a claim that has ended (A03) or is held back (A09), nothing at all, and a file that is empty, too
    large or of another type than PDF, PNG or JPEG by its content (C15). If the transaction is not committed,
    no file is left: with a file it is therefore a transaction of its own.
    """
    may_add_evidence(claim, by=by)
    if not reference.strip() and file is None:
        raise Refusal(
            "C15",
            "Neither a reference nor a file is given.",
            fix="Say where the record is, or choose the file.",
            who="Whoever adds it",
        )
    with files.filed(file, claim) as columns, transaction.atomic(durable=bool(columns)):
        claim = steps.locked(claim)
        may_add_evidence(claim, by=by)
        evidence = keep_evidence(claim, by=by, kind=kind, reference=reference, **columns)
        said = (str(evidence.get_kind_display()), evidence.reference)
        steps.record(claim, Event.Verb.EVIDENCE, by=by, reason=": ".join(text for text in said if text))
    return evidence


def keep_evidence(claim: Claim, *, by: User, kind: str, reference: str = "", **file: Any) -> Evidence:
    """Write evidence of a locked claim; what stands on its timeline is for the verb to say.

    `file` are the columns of a file that is in storage (see `files.filed`).
    """
    return Evidence.objects.create(
        claim=claim,
        kind=kind,
        reference=reference.strip(),
        marking=claim.grant.marking,
        added_by=by,
        added_at=clock.now(),
        **file,
    )


def may_add_evidence(claim: Claim, *, by: User) -> None:
    """Refuse whoever has nothing to show for a claim. Reads only."""
    of_agency = by.agency_id == claim.agency_id and (
        by.has_perm("claims.claim_for_agency") or by.has_perm("claims.certify_claim")
    )
    if by.pk != claim.claimant_id and not of_agency and not by.has_perm("claims.settle_claim"):
        raise Refusal(
            "P01",
            f"{by} is neither the claimant nor of {claim.agency}.",
            fix="Ask them to add it.",
            who=f"The claimant, a clerk or supervisor of {claim.agency}, or finance",
        )
    steps.step(claim, from_=Claim.LIVE, to="shown evidence for")
