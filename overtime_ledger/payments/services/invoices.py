"""What finance does with an agency's invoice: match it with its statement, credit what differs, pay it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import NoReturn

from django.db import IntegrityError, transaction
from django.db.models import Sum

from claims.models import Settlement
from grants.checks import not_closed
from overtime_ledger import clock
from overtime_ledger.accounts.models import Agency, User
from overtime_ledger.accounts.services import require
from overtime_ledger.errors import Refusal, broken_rule
from overtime_ledger.money import pounds, round_half_up
from overtime_ledger.payments import selectors
from overtime_ledger.payments.models import Batch, BatchLine, CreditLine, CreditNote, Invoice, InvoiceLine
from overtime_ledger.payments.services import batches, telling
from overtime_ledger.ui import day

Status, Vat = Invoice.Status, Invoice.Vat
SETTLES = "claims.settle_claim"


@dataclass(frozen=True, kw_only=True)
class Said:
    """What an invoice says; amounts in pence.

    `lines` is what it charges for claims, by their number: none is given where each is as the statement says.
    `beyond` is what it charges for anything else, in words.
    """

    number: str
    dated_on: date
    received_on: date
    net_pence: int
    vat_code: str = Vat.NONE
    vat_pence: int = 0
    purchase_order: str = ""
    cost_code: str = ""
    lines: Mapping[int, int] | None = None
    beyond: Sequence[tuple[str, int]] = ()


@dataclass(frozen=True, kw_only=True)
class Credit:
    """What a credit note says: how much of each line of the invoice it takes back, by the line's id."""

    number: str
    dated_on: date
    reason: str
    lines: Mapping[int, int]
    vat_pence: int = 0


@transaction.atomic
def record(statement: Batch, said: Said, *, by: User, dispute: str = "") -> Invoice:
    """Put an agency's invoice on record and match it line by line with the statement it answers.

    What it charges above the statement, by more than is tolerated, is refused (F02) unless `dispute` says
    what the agency is asked; its clerks are told then. What it charges less is no obstacle: it goes to the
    differences once it is paid. Refuses a number that the agency used before and a statement that is invoiced
    already (F02), and what does not add up, answers no statement that was sent or is disputed without being
    above it (F11).
    """
    locked = _locked_statement(statement)
    may_answer(locked, by=by)
    _new_number(said.number, locked.agency)
    _adds_up(said)
    made = _invoice(locked, said, by=by)
    lines = _lines(made, said)
    above = [line for line in lines if not line.is_payable]
    _is_asked(above, dispute, locked.agency)
    if above:
        made.status, made.dispute = Status.DISPUTED, dispute.strip()
    try:
        with transaction.atomic():
            made.save()
    except IntegrityError as error:
        _explain(error, said.number, locked.agency)
    InvoiceLine.objects.bulk_create(lines)
    if above:
        telling.invoice_disputed(made)
    else:
        telling.invoice_to_pay(made)
    return made


def may_answer(statement: Batch, *, by: User) -> None:
    """Refuse an invoice by somebody who may not, or for what is not sent or invoiced already. Reads only."""
    require(by, SETTLES, who="finance")
    if statement.kind != Batch.Kind.STATEMENT or statement.status != Batch.Status.SENT:
        raise Refusal(
            "F11",
            f"{statement} is no statement that was sent and is not paid yet.",
            fix="Send the statement first; the agency invoices what it says.",
            who="Finance",
        )
    if known := statement.invoices.live().first():
        raise Refusal(
            "F02",
            f"{statement} is invoiced already: {known.number}.",
            fix="If that invoice is wrong, record the credit note for it first.",
            who="Finance",
        )


def _new_number(number: str, agency: Agency) -> None:
    """F02: refuse a number under which the agency was paid before there were statements."""
    if Settlement.objects.filter(agency=agency, reference__iexact=tidy(number)).exists():
        raise _used_before(number, agency)


def _adds_up(said: Said) -> None:
    """Refuse VAT that its code does not explain. A penny a line may come from rounding."""
    allowed = len(said.lines or ()) + 1
    due = round_half_up(Fraction(said.net_pence, 5)) if said.vat_code == Vat.STANDARD else 0
    if abs(said.vat_pence - due) > (allowed if due else 0):
        raise Refusal(
            "F11",
            f"VAT of {pounds(said.vat_pence)} does not follow from its code: {pounds(due)} would.",
            fix="Look at the invoice again. If it says so, send it back to the agency.",
            who="Finance",
        )


def _lines(invoice: Invoice, said: Said) -> list[InvoiceLine]:
    """What the invoice charges, line by line; refuses (F11) what does not add up to its net."""
    rows = invoice.statement.lines.filter(live=True).select_related("claim").order_by("pk")
    stated = {line.claim_id: line for line in rows}
    charged = _as_stated(stated, said, invoice.tolerance_pence) if said.lines is None else said.lines
    lines = [
        InvoiceLine(
            invoice=invoice,
            batch_line=stated[claim],
            charged_pence=pence,
            pence=min(pence, stated[claim].pence),
        )
        for claim, pence in charged.items()
        if pence and claim in stated
    ]
    unknown = [(f"Claim {claim}", pence) for claim, pence in charged.items() if pence and claim not in stated]
    lines += [
        InvoiceLine(invoice=invoice, what=what, charged_pence=pence, pence=0)
        for what, pence in [*unknown, *said.beyond]
        if pence
    ]
    total = sum(line.charged_pence for line in lines)
    rest = said.net_pence - total
    if rest or not lines:
        raise Refusal(
            "F11",
            f"The lines add up to {pounds(total)}, the invoice to {pounds(said.net_pence)} without VAT: "
            f"{pounds(abs(rest))} {'is missing' if rest > 0 else 'too much'}.",
            fix="Enter what the invoice charges for each line, and the rest as charged beyond the statement.",
            who="Finance",
        )
    return lines


def _as_stated(stated: Mapping[int, BatchLine], said: Said, tolerance_pence: int) -> dict[int, int]:
    """Each claim as the statement says. What is tolerated of rounding the total stands at the largest."""
    charged = {claim: line.pence for claim, line in stated.items()}
    rounding = said.net_pence - sum(charged.values())
    if charged and not said.beyond and 0 < abs(rounding) <= tolerance_pence:
        largest = max(charged, key=lambda claim: (charged[claim], -claim))
        charged[largest] += rounding
    return charged


def _is_asked(above: Sequence[InvoiceLine], dispute: str, agency: Agency) -> None:
    """Refuse what is above the statement and not disputed (F02), or disputed and not above it (F11)."""
    if above and not dispute.strip():
        too_much = sum(line.beyond_pence for line in above)
        raise Refusal(
            "F02",
            f"The invoice charges {pounds(too_much)} above what is certified and not invoiced yet: "
            f"{_named(above)}.",
            fix=f"Send it back to {agency.name}, or say what you dispute and record it so: nothing of it is "
            "paid before a credit note.",
            who="Finance",
        )
    if dispute.strip() and not above:
        raise Refusal(
            "F11",
            "Nothing is charged above the statement: there is nothing to dispute.",
            fix="Leave the question empty. What is charged less goes to the list of differences when the "
            "invoice is paid; where it is wrong, send the invoice back instead.",
            who="Finance",
        )


def _named(lines: Sequence[InvoiceLine]) -> str:
    """Some lines in words, with what is charged and what is certified."""
    words = [_difference(line) for line in lines[:3]]
    more = f" and {len(lines) - 3} more" if len(lines) > 3 else ""
    return ", ".join(words) + more


def _difference(line: InvoiceLine) -> str:
    charged = pounds(line.charged_pence)
    if line.batch_line is None:
        return f"{line.named} ({charged}), which is not on the statement"
    return f"{line.named} ({charged} instead of {pounds(line.stated_pence)})"


def _invoice(statement: Batch, said: Said, *, by: User) -> Invoice:
    """The invoice before its lines are looked at: matched, unless they say otherwise."""
    return Invoice(
        grant=statement.grant,
        agency=statement.agency,
        statement=statement,
        number=tidy(said.number),
        dated_on=said.dated_on,
        received_on=said.received_on,
        purchase_order=said.purchase_order.strip(),
        cost_code=said.cost_code.strip(),
        vat_code=said.vat_code,
        net_pence=said.net_pence,
        vat_pence=said.vat_pence,
        tolerance_pence=selectors.tolerance(statement.grant),
        status=Status.MATCHED,
        recorded_by=by,
        recorded_at=clock.now(),
    )


def tidy(number: str) -> str:
    """A number as it is kept: without what is only spacing."""
    return " ".join(number.split())


def _explain(error: IntegrityError, number: str, agency: Agency) -> NoReturn:
    """The refusal for a number that the agency used before; any other broken rule is a fault of ours."""
    if broken_rule(error) not in ("payments_invoice_number_once", "payments_creditnote_number_once"):
        raise error
    raise _used_before(number, agency) from error


def _used_before(number: str, agency: Agency) -> Refusal:
    return Refusal(
        "F02",
        f"{agency} used the number {tidy(number)} before.",
        fix="Look whether this one is on record already; otherwise enter its own number.",
        who="Finance",
    )


# What differs


def may_credit(invoice: Invoice, *, by: User) -> None:
    """Refuse a credit note by somebody who may not, or for what is paid or credited already. Reads only."""
    require(by, SETTLES, who="finance")
    if not invoice.is_open:
        raise Refusal(
            "A03",
            f"{invoice} is {invoice.get_status_display().lower()}: nothing of it is left to be credited.",
            fix="Look at the invoice as it is now.",
            who="Nobody has to",
        )


@transaction.atomic
def credit(invoice: Invoice, said: Credit, *, by: User) -> CreditNote:
    """Put a credit note on record: it takes back first what is above the statement, then what is not.

    Refuses more than a line charges (F02), and an invoice that is paid or credited already (A03).
    """
    _locked_statement(invoice.statement)
    invoice = _locked(invoice)
    may_credit(invoice, by=by)
    lines = {line.pk: line for line in invoice.lines.select_related("batch_line")}
    taken = {lines[pk]: pence for pk, pence in said.lines.items() if pence and pk in lines}
    _no_more_than_charged(invoice, taken, said.vat_pence)
    try:
        with transaction.atomic():
            note = CreditNote.objects.create(
                invoice=invoice,
                agency=invoice.agency,
                number=tidy(said.number),
                dated_on=said.dated_on,
                net_pence=sum(taken.values()),
                vat_pence=said.vat_pence,
                reason=said.reason,
                recorded_by=by,
                recorded_at=clock.now(),
            )
    except IntegrityError as error:
        _explain(error, said.number, invoice.agency)
    CreditLine.objects.bulk_create(
        CreditLine(credit_note=note, line=line, pence=pence) for line, pence in taken.items()
    )
    for line, pence in taken.items():
        line.credited_pence += pence
        line.pence = min(line.pence, line.left_pence)
    InvoiceLine.objects.bulk_update(taken, ["credited_pence", "pence"])
    invoice.status = _status([*lines.values()])
    invoice.save(update_fields=["status"])
    if invoice.status == Status.MATCHED:
        telling.invoice_to_pay(invoice)
    return note


def _no_more_than_charged(invoice: Invoice, taken: Mapping[InvoiceLine, int], vat_pence: int) -> None:
    for line, pence in taken.items():
        if pence > line.left_pence:
            raise Refusal(
                "F02",
                f"The credit note takes back {pounds(pence)} of {line.named}: "
                f"{pounds(line.left_pence)} of it is charged.",
                fix="Enter no more than the line charges.",
                who="Finance",
            )
    vat_back = invoice.credit_notes.aggregate(vat=Sum("vat_pence", default=0))["vat"] + vat_pence
    if not taken or vat_back > invoice.vat_pence:
        raise Refusal(
            "F11",
            "The credit note takes back more VAT than was charged." if taken else "It takes nothing back.",
            fix="Look at the credit note again and enter what it takes back.",
            who="Finance",
        )


def _status(lines: Sequence[InvoiceLine]) -> str:
    """What an invoice with these lines is, unless it is paid; the database reckons it again at commit."""
    if not any(line.left_pence for line in lines):
        return Status.CREDITED
    return Status.MATCHED if all(line.is_payable for line in lines) else Status.DISPUTED


# What is paid


def may_pay(invoice: Invoice, *, by: User) -> None:
    """Refuse a payment of what is not matched (F12), or by whoever recorded it (G01). Reads only."""
    require(by, SETTLES, who="finance")
    if invoice.status != Status.MATCHED:
        raise Refusal(
            "F12",
            f"{invoice} is not matched with its statement: {invoice.get_status_display().lower()}.",
            fix="Record the agency’s credit note for what is above it."
            if invoice.is_open
            else "Nothing is left to pay.",
            who="Finance",
        )
    if by.pk == invoice.recorded_by_id or invoice.credit_notes.filter(recorded_by=by).exists():
        raise Refusal(
            "G01",
            f"You recorded {invoice}, or a credit note for it, yourself: two people are needed.",
            fix="Ask a second person in finance to pay it.",
            who="Another person in finance",
        )


@transaction.atomic
def pay(invoice: Invoice, *, by: User, paid_on: date, expected_pence: int | None = None) -> Invoice:
    """Mark a matched invoice as paid on a day: its claims are settled under its number.

    The ledger books what was calculated; where the invoice charges a line otherwise, both amounts stand on
    the list of differences. Claims of its statement for which it charges nothing leave the statement and wait
    for the next one. The VAT is paid too, but not by the grant. Refuses as `may_pay` does, another total than
    was seen (A03), and whatever keeps a claim from being settled (F05, A01, A05, A09).
    """
    statement = _locked_statement(invoice.statement)
    invoice = _locked(invoice)
    may_pay(invoice, by=by)
    lines = invoice.lines.select_related("batch_line")
    paid = {
        line.batch_line.claim_id: line.left_pence for line in lines if line.batch_line and line.left_pence
    }
    pence = sum(paid.values())
    if expected_pence is not None and expected_pence != pence:
        raise Refusal(
            "A03",
            f"The invoice comes to {pounds(pence)} now, not to what was on the page.",
            fix="Look at the invoice again.",
            who="Finance",
        )
    if not invoice.dated_on <= paid_on <= clock.today():
        raise Refusal(
            "F12",
            f"An invoice of {day(invoice.dated_on)} is not paid on {day(paid_on)}.",
            fix="Enter the day on which the money left.",
            who="Finance",
        )
    for line in statement.lines.filter(live=True).exclude(claim__in=paid).select_related("batch"):
        batches.leave_out(line, by=by, reason=f"{invoice} charges nothing for it")
    done = batches.confirm_paid(statement, reference=invoice.number, by=by, paid=paid)
    Invoice.objects.filter(pk=invoice.pk).update(
        status=Status.PAID, settlement=done.settlement, paid_on=paid_on, paid_by=by, paid_at=clock.now()
    )
    invoice.refresh_from_db()
    return invoice


def _locked_statement(statement: Batch) -> Batch:
    """The statement as it is now, locked until the transaction ends: always before its invoice."""
    rows = Batch.objects.select_for_update(of=("self",), no_key=True).select_related("grant", "agency")
    locked = rows.get(pk=statement.pk)
    not_closed(locked.grant)
    return locked


def _locked(invoice: Invoice) -> Invoice:
    """The invoice as it is now, locked; always after its statement."""
    rows = Invoice.objects.select_for_update(of=("self",), no_key=True)
    return rows.select_related("agency", "grant", "statement").get(pk=invoice.pk)
