"""Verbs on a grant: set up, record, confirm, open, appoint, delegate, allocate, move."""

from datetime import date, timedelta
from typing import Any, TypeVar

from django.db import transaction

from grants import ledger, periods
from grants.checks import not_closed
from grants.models import (
    AgencyAgreement,
    AgencyRate,
    Authority,
    BudgetLine,
    Gate,
    Grant,
    OnCostRate,
    OwnForecast,
)
from grants.selectors import authority_of
from overtime_ledger import clock
from overtime_ledger.accounts.models import User
from overtime_ledger.accounts.services import require
from overtime_ledger.errors import Refusal
from overtime_ledger.money import pounds

FINANCE = "finance"
DI = "the controlling DI or a deputy"
Recorded = TypeVar("Recorded", AgencyAgreement, AgencyRate, OnCostRate)


@transaction.atomic
def set_up_grant(*, by: User, **terms: Any) -> Grant:
    """Create a grant as a draft with its main line and its gates, all still missing."""
    require(by, "grants.set_up_grant", who=FINANCE)
    grant = Grant.objects.create(**terms)
    BudgetLine.objects.create(grant=grant, name="Main line", is_main=True)
    Gate.objects.bulk_create(Gate(grant=grant, kind=kind) for kind in Gate.Kind)
    return grant


@transaction.atomic
def record_gate(gate: Gate, *, by: User, happened_on: date, evidence: str) -> None:
    """Put a gate on record with its date and evidence; somebody else confirms it."""
    require(by, "grants.set_up_grant", who=FINANCE)
    gate = Gate.objects.select_for_update().get(pk=gate.pk)
    if gate.confirmed_by_id:
        raise Refusal(
            "G02", "This gate is confirmed and stands.", fix="Nothing is left to do here.", who="Nobody"
        )
    if happened_on > clock.today():
        raise Refusal(
            "G03", "The date lies in the future.", fix="Record it once it has happened.", who="Finance"
        )
    gate.happened_on, gate.evidence, gate.recorded_by = happened_on, evidence, by
    gate.save(update_fields=["happened_on", "evidence", "recorded_by"])


@transaction.atomic
def record_agreement(grant: Grant, *, by: User, **terms: Any) -> AgencyAgreement:
    """Put an agency's agreement with a grant on record; a second person confirms it.

    `terms` are the fields of `AgencyAgreement`, money in pence; what is not valid raises ValidationError.
    """
    require(by, "grants.set_up_grant", who=FINANCE)
    not_closed(grant)
    return _record(AgencyAgreement(grant=grant, recorded_by=by, **terms))


@transaction.atomic
def record_rate(agreement: AgencyAgreement, *, by: User, **terms: Any) -> AgencyRate:
    """Put a line of an agency's rate card on record; a second person confirms it.

    `terms` are the fields of `AgencyRate`, pence an hour; what is not valid raises ValidationError.
    """
    require(by, "grants.set_up_grant", who=FINANCE)
    not_closed(agreement.grant)
    return _record(AgencyRate(agreement=agreement, recorded_by=by, **terms))


@transaction.atomic
def record_on_cost(*, by: User, **terms: Any) -> OnCostRate:
    """Put an employer's on-cost on record from a day on; a second person confirms it.

    `terms` are the fields of `OnCostRate`; what is not valid raises ValidationError.
    """
    require(by, "grants.set_up_grant", who=FINANCE)
    return _record(OnCostRate(recorded_by=by, **terms))


def _record(row: Recorded) -> Recorded:
    row.full_clean()
    row.save()
    return row


@transaction.atomic
def open_grant(grant: Grant, *, by: User) -> None:
    """Open a grant whose gates are all confirmed, with its periods, and award its amount.

    Refuses (T01) if a gate is missing.
    """
    require(by, "grants.set_up_grant", who=FINANCE)
    grant = Grant.objects.select_for_update().get(pk=grant.pk)
    if grant.status != Grant.Status.DRAFT:
        raise Refusal(
            "G05",
            f"The grant is {grant.get_status_display().lower()} already.",
            fix="Go on with it.",
            who="Nobody",
        )
    missing = [gate.get_kind_display() for gate in grant.gates.filter(confirmed_by__isnull=True)]
    if missing:
        raise Refusal(
            "T01",
            f"{len(missing)} of {len(Gate.Kind)} gates are not confirmed: {'; '.join(missing)}.",
            fix="Record and confirm each of them, by two people.",
            who="Finance",
        )
    grant.status, grant.opened_on = Grant.Status.OPEN, clock.today()
    grant.save(update_fields=["status", "opened_on"])
    periods.lay_out(grant)
    ledger.post(
        ledger.Kind.AWARD,
        grant.lines.get(is_main=True),
        grant.amount_pence,
        effective_on=clock.today(),
        reference=f"grant:{grant.pk}:award",
        by=by,
        reason=f"Award of {grant.reference}",
    )


@transaction.atomic
def appoint_controller(grant: Grant, person: User, *, by: User, from_on: date) -> Authority:
    """Appoint the controlling DI from a day on; the one before is relieved the day before."""
    require(by, "grants.set_up_grant", who=FINANCE)
    not_closed(grant)
    require(person, "claims.approve_claim", who="someone with the role of controlling DI")
    earlier = Authority.objects.filter(grant=grant, kind=Authority.Kind.CONTROLLING_DI, to_on__isnull=True)
    if earlier.filter(from_on__gte=from_on).exists():
        raise Refusal(
            "G06",
            "A controlling DI is appointed from that day or later.",
            fix="Choose a later day.",
            who="Finance",
        )
    earlier.update(to_on=from_on - timedelta(days=1))
    return Authority.objects.create(
        grant=grant, person=person, kind=Authority.Kind.CONTROLLING_DI, from_on=from_on, made_by=by
    )


@transaction.atomic
def delegate(
    grant: Grant, person: User, *, by: User, from_on: date, to_on: date, limit_pence: int | None = None
) -> Authority:
    """Let a deputy act for the controlling DI between two days, up to a limit for each decision."""
    held = require_authority(grant, by=by)
    if held.kind != Authority.Kind.CONTROLLING_DI:
        raise Refusal(
            "A02",
            "Only the controlling DI delegates.",
            fix="Ask the controlling DI.",
            who="The controlling DI",
        )
    require(person, "claims.approve_claim", who="someone with the role of deputy")
    if person == by:
        raise Refusal(
            "G07", "You cannot be your own deputy.", fix="Name somebody else.", who="The controlling DI"
        )
    if to_on < max(from_on, clock.today()):
        raise Refusal(
            "G08",
            "The delegation would end before it begins.",
            fix="Choose a later last day.",
            who="The controlling DI",
        )
    return Authority.objects.create(
        grant=grant,
        person=person,
        kind=Authority.Kind.DEPUTY,
        from_on=from_on,
        to_on=to_on,
        limit_pence=limit_pence,
        made_by=by,
    )


@transaction.atomic
def end_delegation(delegation: Authority, *, by: User) -> None:
    """End a delegation with today, or take it back if it has not begun. What was done under it stands."""
    held = require_authority(delegation.grant, by=by)
    if held.kind != Authority.Kind.CONTROLLING_DI or delegation.kind != Authority.Kind.DEPUTY:
        raise Refusal(
            "A02",
            "Only the controlling DI ends a delegation.",
            fix="Ask the controlling DI.",
            who="The controlling DI",
        )
    delegations = Authority.objects.filter(pk=delegation.pk)
    delegations.filter(from_on__gt=clock.today()).delete()
    delegations.filter(to_on__gt=clock.today()).update(to_on=clock.today())


def require_authority(grant: Grant, *, by: User, pence: int = 0, held: Authority | None = None) -> Authority:
    """The authority under which a person decides about `pence` of a grant today. Refuses with A02.

    What is `held` over the grant was read just before, for several decisions. A closed grant refuses (L03).
    """
    not_closed(grant)
    held = held or authority_of(by, grant)
    if held is None or not by.has_perm("grants.allocate_grant"):
        raise Refusal(
            "A02",
            f"{by} is not the controlling DI of {grant}, nor a deputy with a delegation in force.",
            fix="Ask the controlling DI to do it or to delegate it.",
            who="The controlling DI or a deputy in force",
        )
    if held.limit_pence is not None and pence > held.limit_pence:
        raise Refusal(
            "A02",
            f"{pounds(pence)} is above the delegation's limit of {pounds(held.limit_pence)} a decision.",
            fix="Ask the controlling DI to decide.",
            who="The controlling DI",
        )
    return held


def foretell(grant: Grant, outturn_pence: int, *, by: User, reason: str) -> OwnForecast:
    """Put the controlling DI's own forecast of the outturn on record, dated today. Moves no money.

    Refuses without authority (A02) or reason (G10).
    """
    require_authority(grant, by=by)
    if not reason.strip():
        raise Refusal("G10", "A forecast needs a reason.", fix="Say what it rests on.", who=DI)
    return OwnForecast.objects.create(
        grant=grant, outturn_pence=outturn_pence, reason=reason, given_by=by, given_on=clock.today()
    )


def may_move(source: BudgetLine, target: BudgetLine, pence: int, *, by: User, reason: str) -> None:
    """Refuse a move without authority (A02) or reason (G10), between grants or to the same line (G09), to
    a closed enquiry (G11), and of money that is not there (A04). Reads only.
    """
    require_authority(source.grant, by=by, pence=pence)
    if source.pk == target.pk or source.grant_id != target.grant_id:
        raise Refusal(
            "G09", "Money moves between two different lines of one grant.", fix="Choose another line.", who=DI
        )
    if not reason.strip():
        raise Refusal("G10", "A move of money needs a reason.", fix="Say why.", who=DI)
    target.refresh_from_db()
    if not target.is_open:
        raise Refusal(
            "G11", f"{target} is closed and takes no more money.", fix="Choose an open enquiry.", who=DI
        )
    source.refresh_from_db()
    if pence > source.available:
        raise Refusal(
            "A04",
            f"{source} has {pounds(source.available)} available, "
            f"{pounds(pence - source.available)} less than {pounds(pence)}.",
            fix="Move less, or release money that is tasked first.",
            who="The controlling DI or a deputy",
        )


@transaction.atomic
def move(source: BudgetLine, target: BudgetLine, pence: int, *, by: User, reason: str, token: str) -> str:
    """Move available money between two lines of a grant and return the entry's reference.

    From or to the main line it is an allocation, between enquiries a move. `token` is drawn with the page,
    so that the same press twice moves it once (L01). Refuses as `may_move` does.
    """
    may_move(source, target, pence, by=by, reason=reason)
    kind = ledger.Kind.ALLOCATION if source.is_main or target.is_main else ledger.Kind.MOVE
    return ledger.post(
        kind,
        target,
        pence,
        source=source,
        effective_on=clock.today(),
        reference=f"move:{token}",
        by=by,
        reason=reason,
    )
