"""What every verb on a claim does alike: lock, check the step, write the next revision, record, post."""

from collections.abc import Sequence
from copy import copy
from typing import Any

from claims import checks, selectors
from claims.models import Claim, Event
from grants import ledger
from grants.checks import not_closed
from overtime_ledger import clock
from overtime_ledger.accounts.models import User
from overtime_ledger.errors import Refusal
from tasking.models import Assignment

Status, Verb, Kind = Claim.Status, Event.Verb, ledger.Kind


def locked(claim: Claim) -> Claim:
    """The claim as it is now, locked until the transaction ends, with what every verb reads."""
    rows = Claim.objects.select_for_update(of=("self",), no_key=True)
    return rows.select_related("grant", "agency", "enquiry__line").get(pk=claim.pk)


def locked_assignment(assignment: Assignment) -> Assignment:
    """The assignment as it is now, locked; always after its claim."""
    rows = Assignment.objects.select_for_update(of=("self",), no_key=True)
    rows = rows.select_related("tasking__enquiry__line", "tasking__enquiry__grant")
    return rows.select_related("officer", "agency", "rule_set").get(pk=assignment.pk)


def step(claim: Claim, *, from_: Sequence[str], to: str) -> None:
    """Refuse a verb for which the claim's state does not call (A03), while it is held back (A09), or under a
    closed grant (L03).

    Only reversing, which gives the money back, goes on while it is held back.
    """
    not_closed(claim.grant)
    if to != "reversed":
        checks.not_held_back(claim)
    if claim.status not in from_:
        raise Refusal(
            "A03",
            f"Claim {claim.pk} is {claim.get_status_display().lower()} and cannot be {to} now.",
            fix="Look at the claim as it is now.",
            who="Nobody has to",
        )


def to(claim: Claim, status: str, **changes: Any) -> None:
    """Write a step as the claim's next revision."""
    changes |= {"status": status, "revision": claim.revision + 1}
    Claim.objects.filter(pk=claim.pk).update(**changes)
    for name, value in changes.items():
        setattr(claim, name, value)


def as_seen(claim: Claim, revision: int) -> Claim:
    """A copy of the claim at the revision that was seen, without locking it; refuses (A03) if there is none.

    The database lets no claim change without a new revision: what is known of this one is still true when a
    step finds it at that revision.
    """
    if claim.revision == revision:
        return copy(claim)
    claim = Claim.objects.select_related("grant", "enquiry__line").get(pk=claim.pk)
    checks.as_seen(claim, revision)
    return claim


def record(claim: Claim, verb: str, **said: Any) -> None:
    """Put on the claim's timeline what happened."""
    event(claim, verb, **said).save()


def event(
    claim: Claim, verb: str, *, by: User, reason_code: str = "", reason: str = "", capacity: str = ""
) -> Event:
    """What happened, with what was stated then, not saved yet."""
    return Event(
        claim=claim,
        verb=verb,
        by=by,
        at=clock.now(),
        revision=claim.revision,
        reason_code=reason_code,
        reason=reason,
        pence=claim.pence,
        capacity=capacity,
        facts=selectors.facts_of(claim),
    )


def post(kind: ledger.Kind, claim: Claim, pence: int, verb: str, *, by: User, reason: str = "") -> None:
    ledger.post(
        kind,
        claim.enquiry.line,
        pence,
        effective_on=claim.duty_on,
        reference=f"claim:{claim.pk}:{verb}:{claim.revision}",
        by=by,
        reason=reason,
    )


def need(reason: str) -> None:
    if not reason.strip():
        raise Refusal("A08", "This needs a reason in words.", fix="Say why.", who="Whoever decides")
