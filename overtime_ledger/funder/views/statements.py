"""The outturn statement and the Statement of Grant Usage: on screen, on A4, as files."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.http import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_GET

from grants.forms import AsAtForm
from grants.models import ClaimBasis, Stage
from grants.selectors import ALLOCATED, INCURRED, UNSPENT
from overtime_ledger import clock
from overtime_ledger.accounts.access import SignedIn, who_may
from overtime_ledger.audit.exports import Column, export
from overtime_ledger.funder import selectors
from overtime_ledger.funder.selectors import Statement
from overtime_ledger.funder.views.columns import OUTTURN, STATEMENT
from overtime_ledger.funder.views.doors import READ, visible_grant
from overtime_ledger.money import pounds


@dataclass(frozen=True)
class Item:
    """A line of the Statement of Grant Usage; pence. `stage` and `agency` ask the ledger for its entries."""

    what: str
    pence: int
    note: str = ""
    is_sum: bool = False
    stage: str = ""
    agency: int | str = ""


def items(found: Statement) -> list[Item]:
    """The Statement of Grant Usage, line by line."""
    paid = found.grant.claim_basis == ClaimBasis.PAID
    spent = Stage.SETTLED if paid else INCURRED
    return [
        Item("Award", found.award, stage=ALLOCATED),
        *(
            Item(
                f"Eligible expenditure: {row.label}",
                row.paid if paid else row.accrued,
                stage=spent,
                agency=row.agency,
            )
            for row in found.types
        ),
        Item(selectors.TOTAL, found.eligible, _counted(found), is_sum=True, stage=spent),
        # On the basis of payments it is what no one balance of the ledger is.
        Item("Unspent", found.unspent, is_sum=True, stage="" if paid else UNSPENT),
        Item("Received from the funder", found.account.received),
        Item("Repaid to the funder", found.account.repaid),
        Item("Due from the funder", found.due_from, "Eligible expenditure less what was received"),
        Item("Due to the funder", found.due_to),
    ]


def _counted(found: Statement) -> str:
    """By which day it counts, and what of it is held back."""
    counted, held = selectors.DAY_OF[found.grant.claim_basis], found.account.held_back
    return f"{counted}; {pounds(held.pence)} of it is held back" if held.count else counted


@who_may(READ)
@require_GET
def outturn(request: SignedIn, pk: int) -> HttpResponseBase:
    """What the grant cost by type, paid and accrued, against award and profile."""
    return _statement(request, pk, "Outturn statement", "funder/outturn.html", OUTTURN)


@who_may(READ)
@require_GET
def usage(request: SignedIn, pk: int) -> HttpResponseBase:
    """What became of the award: spent, unspent, received, due, with the certificate to be signed."""
    return _statement(request, pk, "Statement of Grant Usage", "funder/usage.html", STATEMENT)


def _statement(
    request: SignedIn, pk: int, title: str, template: str, columns: Sequence[Column]
) -> HttpResponseBase:
    grant = visible_grant(request, pk)
    form = AsAtForm(request.GET if {"as_at", "as_at_0"} & request.GET.keys() else None)
    as_at: date = (form.cleaned_data.get("as_at") if form.is_valid() else None) or clock.today()
    found = selectors.statement(grant, as_at=as_at)
    listed = items(found)
    if file_format := request.GET.get("format"):
        return export(
            request,
            title=f"{grant} {title}",
            columns=columns,
            rows=found.types if columns is OUTTURN else listed,
            file_format=file_format,
            filters={},
            grants=[grant],
            as_at=as_at,
            basis=selectors.DAY_OF[grant.claim_basis],
        )
    context = {
        "grant": grant,
        "statement": found,
        "items": listed,
        "form": form,
        "day_of": selectors.DAY_OF[grant.claim_basis],
    }
    return render(request, template, context)
