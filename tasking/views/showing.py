"""What every page of tasking does alike: show itself, or hand its rows on as a file."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import FileResponse, HttpResponse
from django.shortcuts import render

from grants.models import Grant
from grants.services import require_authority
from overtime_ledger.accounts.access import SignedIn
from overtime_ledger.accounts.models import User
from overtime_ledger.audit.exports import Column, export
from overtime_ledger.errors import Refusal
from tasking.forms.words import in_words

TASKS = "tasking.task_officers"
READS_TASKINGS = (
    "tasking.view_tasking",
    "claims.make_claim",
    "claims.claim_for_agency",
    "claims.certify_claim",
)


def show(
    request: SignedIn, template: str, context: Mapping[str, Any], *, refused: bool | None = None
) -> HttpResponse:
    """A page; 422 if it answers something sent that could not be done."""
    refused = request.method == "POST" if refused is None else refused
    return render(request, f"tasking/{template}.html", context, status=422 if refused else 200)


def report(
    request: SignedIn,
    title: str,
    columns: Sequence[Column],
    rows: Iterable[Any],
    file_format: str,
    form: forms.Form,
    grants: QuerySet[Grant],
    basis: str,
) -> FileResponse:
    """The rows of a list as CSV or XLSX, under the marking that their grants share."""
    return export(
        request,
        title=title,
        columns=columns,
        rows=rows,
        file_format=file_format,
        filters=in_words(form),
        grants=grants,
        basis=basis,
    )


def grouped(refusals: Sequence[Refusal]) -> list[tuple[str, list[Refusal]]]:
    """Refusals with one code and one remedy together, so that the remedy is said once."""
    groups: dict[tuple[str, str, str], list[Refusal]] = {}
    for refusal in refusals:
        groups.setdefault((refusal.code, refusal.fix, refusal.who), []).append(refusal)
    return [(code, alike) for (code, _, _), alike in groups.items()]


def lacking_authority(grant: Grant, pence: int, *, by: User) -> list[Refusal]:
    """Why a person may not commit so much of a grant, if they may not."""
    try:
        require_authority(grant, by=by, pence=pence)
    except Refusal as refusal:
        return [refusal]
    return []
