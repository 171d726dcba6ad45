"""The ledger of a grant entry by entry, and the files of its dashboard."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django.http import FileResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_GET

from claims import selectors as claims
from grants.forms import AsAtForm, EntriesForm
from grants.models import Grant
from grants.selectors import entries, movement
from grants.views import visible_grant
from overtime_ledger.accounts.access import SignedIn, who_may
from overtime_ledger.audit.exports import Column, export
from overtime_ledger.dashboard import reports
from overtime_ledger.dashboard.figures import Figures, figures
from overtime_ledger.ui import LongList


@who_may("grants.view_ledgerentry")
@require_GET
def ledger_entries(request: SignedIn, pk: int) -> HttpResponseBase:
    """The entries of a grant: filtered, totalled, 50 a page, and as a file."""
    found = visible_grant(request, pk)
    form = EntriesForm(found, request.GET)
    chosen = form.chosen()
    rows = entries(found, **chosen) if form.is_valid() else entries(found).none()
    if (agencies := form.chosen_agencies()) is not None:
        rows = claims.of_agencies(rows, agencies)
    if claim := form.chosen_claim():
        rows = claims.of_claim(rows, claim)
    if request.GET.get("format"):
        after = [reports.EFFECT] if chosen["stage"] else []
        columns = [*reports.TRANSACTIONS[:7], *after, *reports.TRANSACTIONS[7:]]
        listed = reports.transactions(rows.iterator(chunk_size=1000))
        return _file(request, found, "Transactions", columns, listed, chosen["as_at"], form.in_words())
    page = LongList(rows).get_page(request.GET.get("page"))
    context = {
        "grant": found,
        "form": form,
        "chosen": chosen,
        "page": page,
        "transactions": list(reports.transactions(page.object_list)),
        "movement": movement(rows),
    }
    return render(request, "grants/entries.html", context)


@who_may("grants.view_grant")
@require_GET
def position(request: SignedIn, pk: int, file_format: str) -> FileResponse:
    """The position of a grant, line by line, as a file."""
    shown = _figures(request, visible_grant(request, pk))
    return _file(
        request, shown.grant, "Position", reports.POSITION, shown.lines, shown.as_at, {}, file_format
    )


@who_may("grants.view_grant")
@require_GET
def agencies(request: SignedIn, pk: int, file_format: str) -> FileResponse:
    """What each agency holds on a grant's ladder, as a file."""
    shown = _figures(request, visible_grant(request, pk))
    title = "Position by agency"
    return _file(request, shown.grant, title, reports.AGENCIES, shown.agencies, shown.as_at, {}, file_format)


@who_may("grants.view_grant")
@require_GET
def weeks(request: SignedIn, pk: int, file_format: str) -> FileResponse:
    """The burn-down of a grant, week by week, as a file."""
    shown = _figures(request, visible_grant(request, pk))
    title = "Burn-down by week"
    return _file(request, shown.grant, title, reports.WEEKS, shown.weeks, shown.as_at, {}, file_format)


@who_may("grants.view_grant")
@require_GET
def variance(request: SignedIn, pk: int, file_format: str) -> FileResponse:
    """The variance of a grant, line by line with what is said of it, as a file."""
    shown = _figures(request, visible_grant(request, pk))
    return _file(
        request, shown.grant, "Variance", reports.VARIANCE, shown.variances, shown.as_at, {}, file_format
    )


@who_may("grants.view_grant")
@require_GET
def spending(request: SignedIn, pk: int, file_format: str) -> FileResponse:
    """What each agency spent of a grant, week by week, as a file."""
    shown = _figures(request, visible_grant(request, pk))
    columns, title = reports.spending(shown.spending), "Spending by week and agency"
    return _file(request, shown.grant, title, columns, shown.spending.rows, shown.as_at, {}, file_format)


def _figures(request: SignedIn, grant: Grant) -> Figures:
    form = AsAtForm(request.GET)
    return figures(grant, as_at=form.cleaned_data["as_at"] if form.is_valid() else None)


def _file(
    request: SignedIn,
    grant: Grant,
    title: str,
    columns: Sequence[Column],
    rows: Iterable[Any],
    as_at: date | None,
    filters: dict[str, str],
    file_format: str = "",
) -> FileResponse:
    return export(
        request,
        title=f"{grant} {title}",
        columns=columns,
        rows=rows,
        file_format=file_format or request.GET["format"],
        filters=filters,
        basis="Accruals: money is incurred on the day of its duty",
        grants=[grant],
        as_at=as_at,
    )
