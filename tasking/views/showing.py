"""What every page of tasking does alike: show itself, or hand its rows on as a file."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render

from grants.models import Grant
from grants.selectors import marking_of
from overtime_ledger.accounts.access import SignedIn
from overtime_ledger.audit.exports import Column, export
from tasking.forms import in_words

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
) -> HttpResponse:
    """The rows of a list as CSV or XLSX, under the marking that their grants share."""
    return export(
        request,
        title=title,
        columns=columns,
        rows=rows,
        file_format=file_format,
        filters=in_words(form),
        marking=marking_of(grants),
    )
