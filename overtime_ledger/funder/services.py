"""Verbs on claims to the funder: draw, withdraw, certify, send; receive and repay."""

from datetime import date
from typing import Literal

from django.db import IntegrityError, transaction

from grants.checks import not_closed
from grants.models import Grant
from overtime_ledger import clock
from overtime_ledger.accounts.models import User
from overtime_ledger.accounts.services import require
from overtime_ledger.errors import Refusal, broken_rule
from overtime_ledger.funder import checks, selectors
from overtime_ledger.funder.models import (
    Expenditure,
    FunderClaim,
    FunderClaimLine,
    FunderClaimRow,
    Transfer,
)
from overtime_ledger.money import pounds

FINANCE = "finance"
Status = FunderClaim.Status
Capacity = Literal["pm", "cfo"]

CERTIFIES: dict[Capacity, tuple[str, str]] = {
    "pm": ("funder.certify_as_project_manager", "the Project Manager"),
    "cfo": ("funder.certify_as_cfo", "the Chief Finance Officer"),
}
"""Who certifies in which capacity: the permission, and the office in words."""


@transaction.atomic
def draw(
    grant: Grant, *, up_to: date, by: User, reason: str = "", expected_pence: int | None = None
) -> FunderClaim:
    """Draw a claim of everything spent up to a day that no claim holds yet; its figures stand from now on.

    What was reversed after it was claimed is in it with a minus. What is held back on suspicion is left out
    until it is released. Refuses while another claim waits to be
    certified (F20), a day that cannot be (F21), a claim without a line (F01), a variance without its reason
    (A08), and a total that is not the one that was seen, in pence (A03).
    """
    require(by, "funder.draw_claim", who=FINANCE)
    # The ledger of the grant stands still meanwhile: every entry waits for this lock.
    grant = Grant.objects.select_for_update(no_key=True).get(pk=grant.pk)
    not_closed(grant)
    checks.none_in_hand(grant)
    checks.possible_day(grant, up_to)
    found = selectors.draft(grant, up_to)
    checks.something_to_claim(found)
    checks.variance_explained(found, reason)
    if expected_pence is not None and expected_pence != found.now:
        raise Refusal(
            "A03",
            f"The ledger comes to {pounds(found.now)} now, not to what was on the page.",
            fix="Look at the figures again.",
            who="Finance",
        )
    claim = FunderClaim(
        grant=grant,
        number=grant.funder_claims.count() + 1,
        basis=grant.claim_basis,
        from_on=found.from_on,
        up_to=up_to,
        drawn_by=by,
        drawn_at=clock.now(),
        last_number=found.last_number,
        line_count=found.line_count,
        award_pence=grant.amount_pence,
        profile_pence=found.profile,
        forecast_pence=found.forecast,
        pence=found.now,
        previous_pence=found.previous,
        held_back_count=found.held_back.count,
        held_back_pence=found.held_back.pence,
        reason=reason.strip(),
    )
    _save(claim, found)
    return claim


def _save(claim: FunderClaim, found: selectors.Draft) -> None:
    """Write a claim with its rows and lines.

    Refuses a line that another claim took meanwhile (F01), or that was held back meanwhile (A03).
    """
    rows = [
        FunderClaimRow(
            claim=claim,
            expenditure=row.expenditure,
            actual_pence=row.actual,
            cumulative_pence=row.cumulative,
            unpaid_pence=row.unpaid,
            now_pence=row.now,
            previous_pence=row.previous,
        )
        for row in sorted(found.rows, key=lambda row: row.expenditure)
    ]
    lines = [
        FunderClaimLine(
            claim=claim,
            entry=entry,
            agency_id=entry.agency_id,
            expenditure=Expenditure.LEAD if entry.is_lead else Expenditure.OTHER,
            pence=entry.spent,
        )
        for entry in selectors.lines_of(found)
    ]
    claim.digest = selectors.digest(
        claim,
        [
            (
                row.expenditure,
                row.actual_pence,
                row.cumulative_pence,
                row.unpaid_pence,
                row.now_pence,
                row.previous_pence,
            )
            for row in rows
        ],
        [(line.entry.number, bytes(line.entry.digest), line.pence, line.expenditure) for line in lines],
    )
    try:
        with transaction.atomic():
            claim.save()
            FunderClaimRow.objects.bulk_create(rows)
            FunderClaimLine.objects.bulk_create(lines)
    except IntegrityError as error:
        if (refusal := _meanwhile(broken_rule(error))) is None:
            raise
        raise refusal from error


def _meanwhile(rule: str) -> Refusal | None:
    """What happened between looking and drawing, by the rule of the database that it broke."""
    said = {
        "funder_funderclaimline_claimed_once": (
            "F01",
            "One of these lines is in a claim already: a line is claimed once only.",
        ),
        "funder_funderclaimline_not_held_back": ("A03", "One of these lines was held back just now."),
    }
    if rule not in said:
        return None
    return Refusal(*said[rule], fix="Draw the claim again.", who="Finance")


@transaction.atomic
def withdraw(claim: FunderClaim, *, by: User, reason: str) -> FunderClaim:
    """Take a claim back before both have certified it; its lines can be claimed again. Its number stays.

    Refuses without reason (A08), and a claim that is certified or withdrawn (A03).
    """
    require(by, "funder.draw_claim", who=FINANCE)
    claim = _locked(claim)
    checks.in_state(claim, Status.DRAWN)
    checks.reason_given(reason)
    claim.status, claim.withdrawn_by, claim.withdrawn_at = Status.WITHDRAWN, by, clock.now()
    claim.withdrawn_because = reason.strip()
    claim.save()
    claim.lines.update(live=False)
    return claim


@transaction.atomic
def certify(claim: FunderClaim, *, capacity: Capacity, by: User) -> FunderClaim:
    """Certify a claim as Project Manager or as Chief Finance Officer; with both certificates it can be sent.

    Refuses whoever has not that office (P01), drew the claim or certified it in the other capacity (A01), a
    claim that does not wait for it (A03), and figures that the ledger does not bear out (F22).
    """
    may_certify(claim, capacity=capacity, by=by)
    claim = _locked(claim)
    may_certify(claim, capacity=capacity, by=by)
    checks.agrees_with_the_ledger(claim)
    if capacity == "pm":
        claim.pm_by, claim.pm_at = by, clock.now()
    else:
        claim.cfo_by, claim.cfo_at = by, clock.now()
    if claim.pm_by_id and claim.cfo_by_id:
        claim.status = Status.CERTIFIED
    claim.save()
    return claim


def may_certify(claim: FunderClaim, *, capacity: Capacity, by: User) -> None:
    """Refuse somebody who cannot certify a claim in this capacity. Reads only."""
    permission, office = CERTIFIES[capacity]
    require(by, permission, who=office)
    checks.in_state(claim, Status.DRAWN)
    checks.third_person(claim, by=by)
    if (claim.pm_by_id if capacity == "pm" else claim.cfo_by_id) is not None:
        raise Refusal(
            "A03",
            f"{claim} is certified by {office} already.",
            fix="Look at it as it is now.",
            who="Nobody has to",
        )


@transaction.atomic
def send(claim: FunderClaim, *, by: User, sent_on: date, reference: str) -> FunderClaim:
    """Put on record that a certified claim went to the funder: when, and under which reference.

    Refuses a claim that is not certified (A03), and a day ahead or a missing reference (F23).
    """
    require(by, "funder.draw_claim", who=FINANCE)
    claim = _locked(claim)
    checks.in_state(claim, Status.CERTIFIED)
    checks.happened(sent_on)
    _need_reference(reference)
    claim.status, claim.sent_on, claim.sent_by = Status.SENT, sent_on, by
    claim.sent_reference = reference.strip()
    claim.save()
    return claim


@transaction.atomic
def receive(claim: FunderClaim, *, pence: int, received_on: date, reference: str, by: User) -> Transfer:
    """Record money of the funder for a claim that was sent; there may be several receipts.

    Refuses a claim that was not sent (A03), more than the funder owes of all claims, a day ahead, and a
    reference that this claim has already (F23).
    """
    require(by, "funder.draw_claim", who=FINANCE)
    claim = _locked(claim)
    checks.in_state(claim, Status.SENT)
    owed = selectors.account(claim.grant).balance_due
    if pence > owed:
        raise Refusal(
            "F23",
            f"{pounds(pence)} is more than the funder owes of all claims: {pounds(max(0, owed))}.",
            fix="Compare with the bank statement; what was not claimed does not belong to this grant.",
            who="Finance",
        )
    return _record(
        Transfer(grant=claim.grant, kind=Transfer.Kind.RECEIVED, claim=claim, pence=pence),
        on=received_on,
        reference=reference,
        by=by,
    )


@transaction.atomic
def repay(grant: Grant, *, pence: int, repaid_on: date, reference: str, by: User) -> Transfer:
    """Record money that went back to the funder, at most what is due to it.

    Refuses more than is due, a day ahead, and a reference that was recorded already (F23).
    """
    require(by, "funder.draw_claim", who=FINANCE)
    grant = Grant.objects.select_for_update(no_key=True).get(pk=grant.pk)
    not_closed(grant)
    due = selectors.account(grant).due_to
    if pence > due:
        raise Refusal(
            "F23",
            f"{pounds(pence)} is more than is due to the funder: {pounds(due)}.",
            fix="What the funder has not paid yet is taken off the next claim instead.",
            who="Finance",
        )
    return _record(
        Transfer(grant=grant, kind=Transfer.Kind.REPAID, pence=pence),
        on=repaid_on,
        reference=reference,
        by=by,
    )


def _record(transfer: Transfer, *, on: date, reference: str, by: User) -> Transfer:
    checks.happened(on)
    _need_reference(reference)
    transfer.happened_on, transfer.reference, transfer.recorded_by = on, reference.strip(), by
    try:
        with transaction.atomic():
            transfer.save()
    except IntegrityError as error:
        if broken_rule(error) != "funder_transfer_reference_once":
            raise
        raise Refusal(
            "F23",
            f"{transfer} is recorded already.",
            fix="Enter the reference of this one.",
            who="Finance",
        ) from error
    return transfer


@transaction.atomic
def strike_out(transfer: Transfer, *, by: User, reason: str) -> Transfer:
    """Strike out a receipt or a repayment that was recorded wrongly, with the reason; the right one is new.

    Refuses without reason (A08), what is struck out already (A03), and a receipt that was repaid since (F23).
    """
    require(by, "funder.draw_claim", who=FINANCE)
    not_closed(Grant.objects.select_for_update(no_key=True).get(pk=transfer.grant_id))
    transfer = Transfer.objects.select_for_update(no_key=True, of=("self",)).get(pk=transfer.pk)
    checks.reason_given(reason)
    if transfer.struck_at:
        raise Refusal(
            "A03", "This is struck out already.", fix="Look at it as it is now.", who="Nobody has to"
        )
    now = selectors.account(transfer.grant)
    if transfer.kind == Transfer.Kind.RECEIVED and now.received - transfer.pence < now.repaid:
        raise Refusal(
            "F23",
            f"{pounds(now.repaid)} was repaid: more than would then have been received.",
            fix="Strike out the repayment first, if that is wrong too.",
            who="Finance",
        )
    transfer.struck_by, transfer.struck_at, transfer.struck_because = by, clock.now(), reason.strip()
    transfer.save()
    return transfer


def _need_reference(reference: str) -> None:
    if not reference.strip():
        raise Refusal("F23", "This needs its reference.", fix="Enter it.", who="Finance")


def _locked(claim: FunderClaim) -> FunderClaim:
    """The claim as it is now, locked; its grant was locked before it, as when it was drawn."""
    not_closed(Grant.objects.select_for_update(no_key=True).get(pk=claim.grant_id))
    rows = FunderClaim.objects.select_for_update(no_key=True, of=("self",)).select_related("grant")
    return rows.get(pk=claim.pk)
