"""The access log, for auditors and finance."""

import json

from django.http import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_GET

from overtime_ledger.accounts.access import SignedIn, who_may
from overtime_ledger.audit.exports import Column, export
from overtime_ledger.audit.forms import AccessForm
from overtime_ledger.audit.models import AccessLog
from overtime_ledger.audit.selectors import accesses
from overtime_ledger.ui import LongList

COLUMNS = (
    Column("At", lambda row: row.at, "moment"),
    Column("Who", lambda row: row.who),
    Column("Action", AccessLog.get_action_display),
    Column("What", lambda row: row.what),
    Column("Filters", lambda row: json.dumps(row.filters, ensure_ascii=False) if row.filters else ""),
    Column("Rows", lambda row: row.rows, "number"),
    Column("SHA-256", lambda row: row.sha256),
)


@who_may("audit.view_accesslog")
@require_GET
def log(request: SignedIn) -> HttpResponseBase:
    """Who viewed or took out what: filtered, 50 a page, and as a file."""
    form = AccessForm(request.GET)
    rows = accesses(**form.chosen()) if form.is_valid() else accesses().none()
    if file_format := request.GET.get("format"):
        return export(
            request,
            title="Access log",
            columns=COLUMNS,
            rows=rows.iterator(chunk_size=1000),
            file_format=file_format,
            filters=form.in_words(),
            grants=None,
            basis="Each access by the moment it happened",
        )
    page = LongList(rows).get_page(request.GET.get("page"))
    return render(request, "audit/log.html", {"form": form, "page": page})
