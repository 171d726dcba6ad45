"""What guards approval: interests are declared, claims held back and released, evidence added."""

from __future__ import annotations

from hashlib import sha256

from django.core.files import File
from django.core.files.storage import storages
from django.db import transaction

from claims import checks
from claims.models import Claim, Event, Evidence, Freeze, Interest
from claims.services import steps
from overtime_ledger import clock
from overtime_ledger.accounts.models import Agency, User
from overtime_ledger.accounts.services import require
from overtime_ledger.errors import Refusal

FINANCE_OR_AUDITOR = "finance or an auditor"
MOST_BYTES = 10 * 1024 * 1024
# What a file begins with, whatever it is called: a name proves nothing.
KNOWN_FILES = {
    b"%PDF-": "application/pdf",
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
}


@transaction.atomic
def declare_interest(
    *, by: User, what: str, officer: User | None = None, agency: Agency | None = None
) -> Interest:
    """Put on record that one is tied to an officer or an agency: one decides nothing of theirs from then on.

    Refuses (A10) an interest in nobody, in both or in oneself, and without words.
    """
    if (officer is None) == (agency is None) or officer == by or not what.strip():
        raise Refusal(
            "A10",
            "An interest is in one other officer or in one agency, and says what it is.",
            fix="Choose the officer or the agency and say what ties you to them.",
            who="Whoever declares it",
        )
    return Interest.objects.create(
        person=by, officer=officer, agency=agency, what=what.strip(), declared_at=clock.now()
    )


@transaction.atomic
def end_interest(interest: Interest, *, by: User, reason: str) -> None:
    """Put on record that one's own interest is over, and why. Refuses others (P01), what has ended (A10)."""
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
            "A10", "This interest is over already.", fix="Nothing is left to do here.", who="Nobody"
        )
    steps.need(reason)
    locked.ended_at, locked.ended_because = clock.now(), reason.strip()
    locked.save(update_fields=["ended_at", "ended_because"])


@transaction.atomic
def freeze(claim: Claim, *, by: User, reason: str) -> Freeze:
    """Hold a claim back on suspicion: nobody decides on it or pays it until it is released.

    Refuses whoever is neither finance nor auditor (P01), one's own claim (A01), and what is held back or has
    ended (A09).
    """
    require(by, "claims.freeze_claim", who=FINANCE_OR_AUDITOR)
    claim = steps.locked(claim)
    if by.pk in (claim.claimant_id, claim.entered_by_id):
        checks.not_ones_own(claim, by)
    if claim.is_held_back or claim.status not in Claim.LIVE:
        raise Refusal(
            "A09",
            f"Claim {claim.pk} is held back already, or has ended.",
            fix="Look at the claim as it is now.",
            who="Nobody has to",
        )
    steps.need(reason)
    steps.record(claim, Event.Verb.FROZEN, by=by)
    return Freeze.objects.create(claim=claim, reason=reason.strip(), frozen_by=by, frozen_at=clock.now())


@transaction.atomic
def release_from_freeze(claim: Claim, *, by: User, reason: str) -> None:
    """Let a claim go on that was held back, and say why. Refuses others (P01), and what is not (A09)."""
    require(by, "claims.freeze_claim", who=FINANCE_OR_AUDITOR)
    held = Freeze.objects.select_for_update(no_key=True).filter(claim=claim, released_at__isnull=True).first()
    if held is None:
        raise Refusal(
            "A09",
            f"Claim {claim.pk} is not held back.",
            fix="Look at the claim as it is now.",
            who="Nobody has to",
        )
    steps.need(reason)
    held.released_by, held.released_at, held.release_reason = by, clock.now(), reason.strip()
    held.save(update_fields=["released_by", "released_at", "release_reason"])
    steps.record(steps.locked(claim), Event.Verb.RELEASED, by=by)


@transaction.atomic
def add_evidence(
    claim: Claim, *, by: User, kind: str, reference: str = "", file: File[bytes] | None = None
) -> Evidence:
    """Put on a claim what shows the duty: a reference to a record, a file, or both. Nothing is taken off.

    By the claimant, a clerk or supervisor of the agency, or who decides on the grant, while the claim lives.
    Refuses others (C01), a claim that has ended (A03), and a file that is empty, too large or of another type
    than PDF, PNG or JPEG by its content (C15).
    """
    claim = steps.locked(claim)
    may_add_evidence(claim, by=by)
    if not reference.strip() and file is None:
        raise Refusal(
            "C15",
            "Neither a reference nor a file is given.",
            fix="Say where the record is, or choose the file.",
            who=checks.CLAIMANT,
        )
    evidence = keep_evidence(claim, by=by, kind=kind, reference=reference, file=file)
    steps.record(claim, Event.Verb.EVIDENCE, by=by, reason=str(evidence.get_kind_display()))
    return evidence


def keep_evidence(
    claim: Claim, *, by: User, kind: str, reference: str = "", file: File[bytes] | None = None
) -> Evidence:
    """Write evidence of a locked claim; what stands on its timeline is for the verb to say."""
    evidence = Evidence(
        claim=claim,
        kind=kind,
        reference=reference.strip(),
        marking=claim.grant.marking,
        added_by=by,
        added_at=clock.now(),
    )
    if file:
        evidence.name, evidence.size = (file.name or "")[-120:], file.size
        evidence.content_type, evidence.sha256 = _content(file), _digest(file)
        path = f"{clock.today():%Y/%m}/{claim.pk}-{evidence.sha256[:16]}"
        evidence.path = storages["evidence"].save(path, file)
    evidence.save()
    return evidence


def may_add_evidence(claim: Claim, *, by: User) -> None:
    """Refuse whoever has nothing to show for a claim. Reads only."""
    steps.step(claim, from_=Claim.LIVE, to="shown evidence for")
    of_agency = by.agency_id == claim.agency_id and (
        by.has_perm("claims.claim_for_agency") or by.has_perm("claims.certify_claim")
    )
    if by.pk != claim.claimant_id and not of_agency and not by.has_perm("claims.settle_claim"):
        raise Refusal(
            "C01",
            f"{by} is neither the claimant nor of {claim.agency}.",
            fix="Ask them to add it.",
            who=f"The claimant, a clerk or supervisor of {claim.agency}, or finance",
        )


def _content(file: File[bytes]) -> str:
    """The type of a file by its first bytes. Refuses (C15) what is not known, empty or too large."""
    begins = file.read(16)
    file.seek(0)
    known = next((kind for mark, kind in KNOWN_FILES.items() if begins.startswith(mark)), "")
    if not known or not file.size or file.size > MOST_BYTES:
        raise Refusal(
            "C15",
            "The file is empty, larger than 10 MB, or neither PDF, PNG nor JPEG.",
            fix="Save or scan it as a PDF, PNG or JPEG of at most 10 MB.",
            who=checks.CLAIMANT,
        )
    return known


def _digest(file: File[bytes]) -> str:
    digest = sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    file.seek(0)
    return digest.hexdigest()
