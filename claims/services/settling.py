"""Finance's verb: settle approved claims of one agency, all or none."""

from collections.abc import Sequence

from django.db import IntegrityError, transaction

from claims import checks
from claims.models import Claim, Event, Settlement
from claims.services import steps
from grants import ledger
from grants.checks import not_closed
from grants.models import Grant
from overtime_ledger import clock
from overtime_ledger.accounts.models import Agency, User
from overtime_ledger.accounts.services import require
from overtime_ledger.errors import Refusal, broken_rule
from overtime_ledger.money import pounds

Status, Verb, Kind = Claim.Status, Event.Verb, ledger.Kind


def may_settle(claim: Claim, *, by: User) -> None:
    """Refuse somebody who cannot mark an approved claim as paid. Reads only."""
    require(by, "claims.settle_claim", who="finance")
    checks.not_held_back(claim)
    checks.no_interest(claim, by)
    if by.pk in (claim.claimant_id, claim.approved_by_id):
        raise Refusal(
            "A01",
            f"You claimed or approved claim {claim.pk}.",
            fix="Leave it to somebody else.",
            who="Finance",
        )


@transaction.atomic
def settle(
    claims: Sequence[Claim],
    *,
    grant: Grant,
    agency: Agency,
    reference: str,
    by: User,
    expected_pence: int | None = None,
) -> Settlement:
    """Mark approved claims of one agency as paid, all or none, under a payroll batch or invoice number.

    Refuses if a claim is not approved any more or of another agency (F05), is held back (A09) or of somebody
    in whom an interest was declared (A05), if the total is not what was seen (A03), and if the agency has
    that reference already (F02).
    """
    require(by, "claims.settle_claim", who="finance")
    not_closed(grant)
    if not reference.strip():
        raise Refusal(
            "F04",
            "A settlement needs its reference.",
            fix="Enter the payroll batch or invoice number.",
            who="Finance",
        )
    rows = Claim.objects.filter(pk__in=[claim.pk for claim in claims]).order_by("pk")
    list(rows.select_for_update().values_list("pk"))  # then what is read of them is true until the end
    locked = list(rows.with_guards().prefetch_related("enquiry__line", "grant", "agency"))
    for claim in locked:
        if claim.status != Status.APPROVED or claim.agency_id != agency.pk or claim.grant_id != grant.pk:
            raise Refusal(
                "F05",
                f"Claim {claim.pk} is {claim.get_status_display().lower()} or not of {agency} and {grant}.",
                fix="Draw up the settlement again from the approved claims.",
                who="Finance",
            )
        may_settle(claim, by=by)
    pence = sum(claim.pence for claim in locked)
    if not locked or (expected_pence is not None and expected_pence != pence):
        raise Refusal(
            "A03",
            f"The approved claims add up to {pounds(pence)} now, not what was on the page.",
            fix="Look at the list again.",
            who="Finance",
        )
    try:
        settlement = Settlement.objects.create(
            grant=grant,
            agency=agency,
            reference=reference.strip(),
            settled_on=clock.today(),
            settled_by=by,
            claim_count=len(locked),
            pence=pence,
        )
    except IntegrityError as error:
        if broken_rule(error) != "claims_settlement_reference_once":
            raise
        raise Refusal(
            "F02",
            f"{agency} has a settlement {reference.strip()} already.",
            fix="Enter the number of this one.",
            who="Finance",
        ) from error
    paid = [_payment(claim, settlement, by=by) for claim in locked]
    posted = ledger.post_steps(Kind.SETTLEMENT, paid, by=by)
    assert len(posted) == len(locked)  # nobody else had them meanwhile
    return settlement


def _payment(claim: Claim, settlement: Settlement, *, by: User) -> ledger.Step:
    """The step by which an approved claim is paid."""
    seen, claim.status, claim.revision = claim.revision, Status.SETTLED, claim.revision + 1
    entry = f"claim:{claim.pk}:settle:{claim.revision}"
    return ledger.Step(
        row=claim,
        seen=seen,
        changes={"status": claim.status, "settlement_id": settlement.pk, "settlement_entry_id": entry},
        event=steps.event(claim, Verb.SETTLED, by=by, reason=settlement.reference),
        line=claim.enquiry.line,
        pence=claim.pence,
        effective_on=claim.duty_on,
        reference=entry,
        reason=settlement.reference,
    )
