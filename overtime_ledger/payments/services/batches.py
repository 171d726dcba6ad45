"""Verbs on a batch: draw, leave a line out, withdraw, send, confirm as paid; and what becomes of differences.

A batch says what is to be paid; the ledger learns of it when the payment is confirmed, by
`claims.services.settle`. What payroll paid otherwise never changes the pot: it stands on the line, and goes
to the list of differences.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from django.db import IntegrityError, transaction
from django.db.models import F, Max

from claims import checks
from claims import services as claims
from claims.models import Claim
from grants.checks import not_closed
from grants.models import Grant
from overtime_ledger import clock
from overtime_ledger.accounts.models import Agency, User
from overtime_ledger.accounts.services import require
from overtime_ledger.errors import Refusal, broken_rule
from overtime_ledger.money import pounds
from overtime_ledger.payments import selectors
from overtime_ledger.payments.models import Batch, BatchLine, Invoice
from overtime_ledger.payments.services import telling

Status, Kind = Batch.Status, Batch.Kind


@dataclass(frozen=True)
class Days:
    """Of which days the duties are: up to one for payroll, from one to another for a statement."""

    up_to: date | None = None
    from_on: date | None = None
    to_on: date | None = None

    @property
    def last_on(self) -> date:
        """The last of them; a batch always has one."""
        last = self.up_to or self.to_on
        assert last is not None
        return last


@transaction.atomic
def draw(
    grant: Grant,
    agency: Agency,
    *,
    by: User,
    up_to: date | None = None,
    from_on: date | None = None,
    to_on: date | None = None,
    purchase_order: str = "",
    cost_code: str = "",
    expected_pence: int | None = None,
) -> Batch:
    """Put the approved claims of an agency, of duties up to a day, into a new batch with the next number.

    An agency paid by payroll has `up_to`, others a statement of the days `from_on` to `to_on`. What is held
    back, disputed or in a live batch already waits for a later one. The agency's invoice quotes the purchase
    order and the cost code. Refuses days that make no batch and one
    without claims (F05), and another total than was seen (A03).
    """
    require(by, "claims.settle_claim", who="finance")
    not_closed(grant)
    days = _days(agency, up_to, from_on, to_on)
    due = selectors.due(grant, agency, up_to=days.last_on, from_on=days.from_on)
    # One who draws at the same time waits here, and then finds the claims in the other's batch.
    list(due.select_for_update(of=("self",), no_key=True).order_by("pk").values_list("pk"))
    locked = list(due.order_by("duty_on", "pk"))
    pence = sum(claim.pence for claim in locked)
    _there_is_something(agency, locked)
    _as_seen(pence, expected_pence)
    batch = Batch.objects.create(
        grant=grant,
        agency=agency,
        kind=Kind.PAYROLL if agency.is_paid_by_payroll else Kind.STATEMENT,
        number=_next_number(grant, agency),
        claim_count=len(locked),
        pence=pence,
        purchase_order=purchase_order.strip(),
        cost_code=cost_code.strip(),
        drawn_by=by,
        drawn_at=clock.now(),
        **vars(days),
    )
    try:
        BatchLine.objects.bulk_create(
            BatchLine(batch=batch, claim=claim, pence=claim.pence) for claim in locked
        )
    except IntegrityError as error:
        if broken_rule(error) not in ("payments_batchline_one_live_batch", "payments_batchline_of_its_batch"):
            raise
        raise Refusal(
            "F06",
            "One of these claims was drawn into another batch, held back or reversed meanwhile.",
            fix="Look at what is due again.",
            who="Finance",
        ) from error
    return batch


def _days(agency: Agency, up_to: date | None, from_on: date | None, to_on: date | None) -> Days:
    if agency.is_paid_by_payroll and up_to and not (from_on or to_on):
        return Days(up_to=up_to)
    if not agency.is_paid_by_payroll and from_on and to_on and from_on <= to_on and not up_to:
        return Days(from_on=from_on, to_on=to_on)
    wanted = "a last day" if agency.is_paid_by_payroll else "a first day and a last day that is not before it"
    raise Refusal(
        "F05", f"What is drawn for {agency} has {wanted}.", fix="Enter the days again.", who="Finance"
    )


def _there_is_something(agency: Agency, claims: list[Claim]) -> None:
    if not claims:
        raise Refusal(
            "F05",
            f"No approved claim of {agency} of these days is left to be paid.",
            fix="Choose other days, or wait until claims are approved.",
            who="Finance",
        )


def _as_seen(pence: int, expected_pence: int | None) -> None:
    if expected_pence is not None and expected_pence != pence:
        raise Refusal(
            "A03",
            f"The claims add up to {pounds(pence)} now, not to {pounds(expected_pence)} as on the page.",
            fix="Look at the list again.",
            who="Finance",
        )


def _next_number(grant: Grant, agency: Agency) -> int:
    """The next of the grant and kind; who draws at the same time waits for the grant."""
    Grant.objects.select_for_update(no_key=True).get(pk=grant.pk)
    kind = Kind.PAYROLL if agency.is_paid_by_payroll else Kind.STATEMENT
    latest = Batch.objects.filter(grant=grant, kind=kind).aggregate(latest=Max("number"))["latest"]
    return (latest or 0) + 1


@transaction.atomic
def leave_out(line: BatchLine, *, by: User, reason: str) -> BatchLine:
    """Take a claim out of a batch that is not paid yet, and say why; it waits for a later batch.

    Refuses a batch that is paid or withdrawn (A03), the last line of one (F06), one's own claim (A01), the
    claim of somebody in whom one declared an interest (A05), and no reason (A08).
    """
    require(by, "claims.settle_claim", who="finance")
    batch = _locked(line.batch)
    line = BatchLine.objects.select_related("claim__agency").get(pk=line.pk)
    may_leave_out(line, batch, by=by)
    _need(reason)
    if batch.claim_count == 1:
        raise Refusal(
            "F06", "This is the last claim in it.", fix="Withdraw the whole batch instead.", who="Finance"
        )
    line.live, line.left_out_by, line.left_out_at = False, by, clock.now()
    line.left_out_because = reason.strip()
    line.save(update_fields=["live", "left_out_by", "left_out_at", "left_out_because"])
    batch.claim_count -= 1
    batch.pence -= line.pence
    batch.save(update_fields=["claim_count", "pence"])
    return line


def may_leave_out(line: BatchLine, batch: Batch, *, by: User) -> None:
    """Refuse somebody who cannot leave a line out now. Reads only."""
    require(by, "claims.settle_claim", who="finance")
    _is_one_of(batch, Batch.LIVE, "changed")
    if not line.live:
        raise Refusal("A03", f"{line.claim} is left out already.", fix="Nothing is left to do.", who="Nobody")
    _is_not_invoiced(batch, line)
    checks.no_interest(line.claim, by)
    _not_ones_own([line.claim], by)


@transaction.atomic
def withdraw(batch: Batch, *, by: User, reason: str) -> Batch:
    """Take back a batch before its payment is confirmed; its claims are due again. Its number stays used.

    Refuses a batch that is paid or withdrawn (A03), and no reason (A08).
    """
    require(by, "claims.settle_claim", who="finance")
    batch = _locked(batch)
    _is_one_of(batch, Batch.LIVE, "withdrawn")
    _is_not_invoiced(batch)
    _need(reason)
    batch.lines.filter(live=True).update(live=False)
    batch.status, batch.withdrawn_by, batch.withdrawn_at = Status.WITHDRAWN, by, clock.now()
    batch.withdrawn_because = reason.strip()
    batch.save(update_fields=["status", "withdrawn_by", "withdrawn_at", "withdrawn_because"])
    return batch


@transaction.atomic
def redraw(batch: Batch, *, by: User, reason: str) -> Batch:
    """Withdraw a batch and draw another of the same days, without what cannot be paid any more; the new one.

    Refuses as `withdraw` and `draw` do; then the old batch stands.
    """
    old = withdraw(batch, by=by, reason=reason)
    return draw(
        old.grant,
        old.agency,
        by=by,
        up_to=old.up_to,
        from_on=old.from_on,
        to_on=old.to_on,
        purchase_order=old.purchase_order,
        cost_code=old.cost_code,
    )


@transaction.atomic
def mark_sent(batch: Batch, *, by: User, expected_pence: int | None = None) -> Batch:
    """Put on record that payroll has the list, or send it to the agency: its clerks are told.

    Refuses what is not just drawn (A03), another total than was seen (A03), and lines that cannot be paid as
    their claims stand (F07).
    """
    require(by, "claims.settle_claim", who="finance")
    batch = _locked(batch)
    _is_one_of(batch, (Status.DRAWN,), "sent")
    _as_seen(batch.pence, expected_pence)
    every_line_stands(batch)
    batch.status, batch.sent_by, batch.sent_at = Status.SENT, by, clock.now()
    batch.save(update_fields=["status", "sent_by", "sent_at"])
    if batch.kind == Kind.STATEMENT:
        telling.statement_sent(batch)
    return batch


@transaction.atomic
def confirm_paid(
    batch: Batch,
    *,
    reference: str,
    by: User,
    paid: Mapping[int, int] | None = None,
    expected_pence: int | None = None,
) -> Batch:
    """Settle the claims of a sent batch under the reference of payroll or of the agency's invoice.

    `paid` says, by the number of the claim, the pence that were paid where they are others than calculated;
    also of a line that was left out and paid all the same. Both amounts are kept, and the ledger books what
    was calculated. Refuses what is not sent or has another total than was seen (A03), lines that cannot be
    paid as their claims stand (F07), amounts of claims that are not in it (F05), and as `settle` does.
    """
    batch = _locked(batch)
    may_confirm(batch, by=by)
    _as_seen(batch.pence, expected_pence)
    lines = list(batch.lines.select_related("claim").order_by("pk"))
    _of_its_claims(batch, lines, paid or {})
    settlement = claims.settle(
        [line.claim for line in lines if line.live],
        grant=batch.grant,
        agency=batch.agency,
        reference=reference,
        by=by,
        expected_pence=batch.pence,
    )
    _keep_what_was_paid(batch, lines, paid or {})
    batch.status, batch.settlement, batch.paid_at = Status.PAID, settlement, clock.now()
    batch.tolerance_pence = selectors.tolerance(batch.grant)
    batch.save(update_fields=["status", "settlement", "paid_at", "tolerance_pence"])
    if batch.lines.open_differences().exists():
        telling.differences_wait(batch, by=by)
    return batch


def _keep_what_was_paid(batch: Batch, lines: list[BatchLine], paid: Mapping[int, int]) -> None:
    """As calculated, but for those on which something else was paid."""
    otherwise = [line for line in lines if paid.get(line.claim_id, line.due_pence) != line.due_pence]
    as_due = batch.lines.filter(live=True).exclude(pk__in=[line.pk for line in otherwise])
    as_due.update(paid_pence=F("pence"))
    for line in otherwise:
        batch.lines.filter(pk=line.pk).update(paid_pence=paid[line.claim_id])


def may_confirm(batch: Batch, *, by: User) -> None:
    """Refuse somebody who cannot confirm a batch as paid now, and a batch that cannot be. Reads only."""
    require(by, "claims.settle_claim", who="finance")
    _is_one_of(batch, (Status.SENT,), "confirmed as paid")
    _its_invoice_is_matched(batch)
    every_line_stands(batch)
    rows = Claim.objects.filter(batch_lines__batch=batch, batch_lines__live=True)
    tied = rows.exclude(pk__in=rows.without_interest_of(by).values("pk"))
    for claim in tied.select_related("agency")[:1]:
        checks.no_interest(claim, by)
    _not_ones_own(rows.only("pk", "claimant_id", "approved_by_id"), by)


def _its_invoice_is_matched(batch: Batch) -> None:
    """F12: refuse to pay a statement that no invoice answers."""
    if batch.kind == Kind.STATEMENT and not batch.invoices.filter(status=Invoice.Status.MATCHED).exists():
        raise Refusal(
            "F12",
            f"No invoice of {batch.agency} is matched with {batch}.",
            fix="Record the agency’s invoice and mark that as paid.",
            who="Finance",
        )


def _is_not_invoiced(batch: Batch, line: BatchLine | None = None) -> None:
    """F12: refuse to take back what an invoice charges that was not credited."""
    invoice = batch.invoices.live().first()
    if invoice and (line is None or line.invoice_lines.filter(invoice=invoice, pence__gt=0).exists()):
        what = line.claim if line else batch
        raise Refusal(
            "F12",
            f"{what} is charged by {invoice.agency} already, with invoice {invoice.number}.",
            fix="Record the agency’s credit note for it first.",
            who="Finance",
        )


def every_line_stands(batch: Batch) -> None:
    """F07: refuse what was held back, disputed or reversed since it was drawn. Reads only."""
    troubled = list(batch.lines.troubled().select_related("claim")[:3])
    if not troubled:
        return
    first = troubled[0]
    others = batch.lines.troubled().count() - 1
    more = f" So it is with {others} more." if others > 1 else " So it is with one more." if others else ""
    raise Refusal(
        "F07",
        f"{first.claim} cannot be paid as it stands: {first.trouble[0].lower()}{first.trouble[1:]}.{more}",
        fix=f"Leave it out with a reason, or withdraw {batch} and draw it again.",
        who="Finance",
    )


def _of_its_claims(batch: Batch, lines: list[BatchLine], paid: Mapping[int, int]) -> None:
    strange = sorted(set(paid) - {line.claim_id for line in lines})
    if strange or any(pence < 0 for pence in paid.values()):
        named = ", ".join(str(number) for number in strange[:5]) or "one with less than nothing"
        raise Refusal(
            "F05",
            f"Amounts were given for claims that are not in {batch}: {named}.",
            fix="Enter the amounts of the claims in this batch.",
            who="Finance",
        )


def _not_ones_own(claims: Iterable[Claim], by: User) -> None:
    """A01, for paying: neither the claimant nor who approved a claim has a hand in its payment."""
    for claim in claims:
        if by.pk in (claim.claimant_id, claim.approved_by_id):
            raise Refusal(
                "A01",
                f"You claimed or approved claim {claim.pk}.",
                fix="Leave it to somebody else.",
                who="Another person in finance",
            )


def _locked(batch: Batch) -> Batch:
    """The batch as it is now, locked until the transaction ends: always before its claims."""
    rows = Batch.objects.select_for_update(of=("self",), no_key=True).select_related("grant", "agency")
    locked = rows.get(pk=batch.pk)
    not_closed(locked.grant)
    return locked


def _is_one_of(batch: Batch, statuses: Iterable[str], done: str) -> None:
    if batch.status not in statuses:
        raise Refusal(
            "A03",
            f"{batch} is {batch.get_status_display().lower()} and cannot be {done} now.",
            fix="Look at the batch as it is now.",
            who="Finance",
        )


def _need(reason: str) -> None:
    if not reason.strip():
        raise Refusal("A08", "This needs a reason in words.", fix="Say why.", who="Finance")
