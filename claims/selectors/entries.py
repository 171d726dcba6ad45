"""What stands behind an entry of the ledger: the claim, the duty or the tasking that moved it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import BigIntegerField, F, Func, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Cast

from claims.models import Claim
from grants.models import LedgerEntry
from overtime_ledger.accounts.models import Agency
from tasking.models import Assignment, TaskingEvent


@dataclass(frozen=True)
class Behind:
    """The duty an entry of the ledger moved money for, and the claim that moved it, if one did."""

    duty: Assignment
    claim_id: int | None


def of_agencies(entries: QuerySet[LedgerEntry], agencies: QuerySet[Agency]) -> QuerySet[LedgerEntry]:
    """Those of some entries that moved money for the officers of some agencies."""
    theirs = agencies.order_by()
    events = TaskingEvent.objects.filter(assignment__agency__in=theirs)
    named = entries.annotate(
        claim_named=_number_in("^claim:([0-9]+):"),
        duty_named=_number_in("^(?:tasking-event:[0-9]+:)?assignment:([0-9]+)"),
        event_named=_number_in("^tasking-event:([0-9]+)$"),
    )
    return named.filter(
        Q(claim_named__in=Claim.objects.filter(agency__in=theirs).order_by().values("pk"))
        | Q(duty_named__in=Assignment.objects.filter(agency__in=theirs).order_by().values("pk"))
        | Q(event_named__in=events.order_by().values("pk"))
    )


def of_claim(entries: QuerySet[LedgerEntry], number: int) -> QuerySet[LedgerEntry]:
    """Those of some entries that are of a claim or tasked its duty; none when there is no such claim."""
    claim = Claim.objects.filter(pk=number).first()
    return entries.filter(_about(claim)) if claim else entries.none()


def entries_of(claim: Claim) -> QuerySet[LedgerEntry]:
    """The ledger entries of a claim and of the duty it claims, in the order of the books."""
    return LedgerEntry.objects.filter(_about(claim), grant=claim.grant_id).order_by("number")


def _about(claim: Claim) -> Q:
    tasked = f"assignment:{claim.assignment_id}:task"
    return Q(reference__startswith=f"claim:{claim.pk}:") | Q(reference=tasked)


def with_agency(entries: QuerySet[LedgerEntry]) -> QuerySet[LedgerEntry]:
    """Entries that a claim moved, each with the `agency_id` of whose officer claimed; None for others."""
    named = entries.annotate(claim_named=_number_in("^claim:([0-9]+):"))
    of_claim = Claim.objects.filter(pk=OuterRef("claim_named")).order_by().values("agency")
    return named.annotate(agency_id=Subquery(of_claim))


def _number_in(pattern: str) -> Cast:
    """The number that a pattern finds in an entry's reference."""
    return Cast(Func(F("reference"), Value(pattern), function="substring"), BigIntegerField())


_CLAIM = re.compile(r"claim:(\d+):")
_ASSIGNMENT = re.compile(r"(?:tasking-event:\d+:)?assignment:(\d+)")
_TASKING_EVENT = re.compile(r"tasking-event:(\d+)$")


def behind(entries: Iterable[LedgerEntry]) -> dict[str, Behind]:
    """The duty behind each of some entries, by the entry's reference; awards and moves have none."""
    references = [entry.reference for entry in entries]
    claims = _named(_CLAIM, references)
    events = _named(_TASKING_EVENT, references)
    duty_of_claim = dict(Claim.objects.filter(pk__in=claims.values()).values_list("pk", "assignment"))
    duty_of_event = dict(TaskingEvent.objects.filter(pk__in=events.values()).values_list("pk", "assignment"))
    duties = _named(_ASSIGNMENT, references)
    duties |= {reference: duty_of_claim[pk] for reference, pk in claims.items() if pk in duty_of_claim}
    duties |= {reference: duty_of_event[pk] for reference, pk in events.items() if duty_of_event.get(pk)}
    rows = Assignment.objects.select_related("officer", "agency", "tasking__enquiry")
    found = rows.in_bulk(set(duties.values()))
    return {
        reference: Behind(found[pk], claims.get(reference)) for reference, pk in duties.items() if pk in found
    }


def _named(pattern: re.Pattern[str], references: Iterable[str]) -> dict[str, int]:
    """The number each reference of this form names."""
    matches = ((reference, pattern.match(reference)) for reference in references)
    return {reference: int(match[1]) for reference, match in matches if match}
