"""The doors of periods: a grant's books, what is still open, soft and hard close, the snapshot."""

from collections.abc import Callable
from operator import itemgetter
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET

from grants.countdown import about
from grants.models import LADDER, Grant, Period
from overtime_ledger import clock
from overtime_ledger.accounts.access import SignedIn, who_may
from overtime_ledger.accounts.models import Agency
from overtime_ledger.audit.exports import Column, export
from overtime_ledger.books.forms.periods import StepForm
from overtime_ledger.books.models import PeriodSnapshot
from overtime_ledger.books.selectors import periods as selectors
from overtime_ledger.books.services import periods as services
from overtime_ledger.books.services.reconciliation import standing
from overtime_ledger.errors import Refusal
from overtime_ledger.ui import day

READS = "grants.view_period"

STILL_OPEN = (
    Column("What", lambda row: row.what),
    Column("With whom", lambda row: row.whom),
    Column("How many", lambda row: row.count, "number"),
    Column("Amount", lambda row: row.pence, "pounds"),
    Column("Oldest", lambda row: row.oldest, "day"),
)
SNAPSHOT = (
    Column("Line", itemgetter("line")),
    *(Column(stage.label, itemgetter(stage.value), "pounds") for stage in LADDER),
)


@who_may(READS)
@require_GET
def books(request: SignedIn) -> HttpResponse:
    """The grants whose books one may read; where there is one, its books."""
    grants = Grant.objects.visible_to(request.user).exclude(status=Grant.Status.DRAFT)
    found = list(grants.order_by("-eligible_from", "pk")[:200])
    if len(found) == 1:
        return _book(request, found[0])
    return render(request, "books/books.html", {"grants": found})


@who_may(READS)
@require_GET
def book(request: SignedIn, grant_pk: int) -> HttpResponse:
    """The books of a grant: its periods, and the way to everything else that closes a month or a year."""
    return _book(request, grant_of(request, grant_pk))


def _book(request: SignedIn, grant: Grant) -> HttpResponse:
    about(request, grant)
    return render(request, "books/book.html", {"grant": grant, "rows": selectors.periods_listed(grant)})


def grant_of(request: SignedIn, pk: int) -> Grant:
    """A grant whose books this person may read, or page not found."""
    grant = get_object_or_404(Grant.objects.visible_to(request.user), pk=pk)
    about(request, grant)
    return grant


def period_of(request: SignedIn, pk: int) -> Period:
    """A period this person may read, or page not found."""
    rows = Period.objects.visible_to(request.user).select_related("grant")
    period = get_object_or_404(rows, pk=pk)
    about(request, period.grant)
    return period


@who_may(READS)
@require_GET
def period(request: SignedIn, pk: int) -> HttpResponseBase:
    """A period: what is still open and with whom, its steps, and what can be done with it now."""
    found = period_of(request, pk)
    waiting = selectors.still_open(found)
    if file_format := request.GET.get("format"):
        return export(
            request,
            title=f"Still open, {found.number} {found.grant}",
            columns=STILL_OPEN,
            rows=waiting,
            file_format=file_format,
            filters={"Grant": str(found.grant), "Duties up to": day(found.ends_on)},
            grants=[found.grant],
            basis="What is not settled today, by the day of the duty",
        )
    is_over = found.ends_on < clock.today() and not found.is_hard
    context = {
        "period": found,
        "waiting": waiting,
        "waiting_pence": sum(row.pence for row in waiting),
        "steps": found.steps.select_related("by"),
        "reconciliation": standing(found),
        "snapshot": PeriodSnapshot.objects.filter(period=found).first(),
        "is_over": is_over,
        "against": _against(request, found) if is_over else None,
    }
    return render(request, "books/period.html", context)


def _against(request: SignedIn, period: Period) -> Refusal | None:
    """Why a period that is over is not to be closed for good yet, for whoever may close it."""
    if request.user.has_perm(services.MAY):
        try:
            services.may_close(period, by=request.user)
        except Refusal as refusal:
            return refusal
    return None


Step = Callable[..., Any]


def _step(request: SignedIn, pk: int, verb: Step, page: str, done: str) -> HttpResponse:
    """The form of a step, and the step."""
    found = period_of(request, pk)
    form, refusal = StepForm(request.POST or None), None
    if form.is_valid():
        try:
            verb(found, by=request.user, **form.cleaned_data)
        except Refusal as refused:
            refusal = refused
        else:
            messages.success(request, done.format(found.number))
            return redirect("books:period", found.pk)
    context = {"period": found, "form": form, "refusal": refusal}
    if page == "close":
        context["waiting"] = selectors.still_open(found)
        context["reconciliation"] = standing(found)
    status = 422 if request.method == "POST" else 200
    return render(request, f"books/period_{page}.html", context, status=status)


@who_may(services.MAY)
def soft_close(request: SignedIn, pk: int) -> HttpResponse:
    """Soft-close a period, with the reason."""
    return _step(request, pk, services.soft_close, "soft_close", "{} is soft-closed.")


@who_may(services.MAY)
def open_again(request: SignedIn, pk: int) -> HttpResponse:
    """Open a soft-closed period again, with the reason."""
    return _step(request, pk, services.open_again, "open_again", "{} is open again.")


@who_may(services.MAY)
def close(request: SignedIn, pk: int) -> HttpResponse:
    """Close a period for good, what is still open in it being shown once more."""
    return _step(request, pk, services.close, "close", "{} is closed for good, with its snapshot.")


@who_may(READS)
@require_GET
def snapshot(request: SignedIn, pk: int) -> HttpResponseBase:
    """What stood in the books at the end of a period that is closed for good."""
    found = period_of(request, pk)
    taken = get_object_or_404(PeriodSnapshot.objects.select_related("taken_by"), period=found)
    figures = taken.figures
    if file_format := request.GET.get("format"):
        return export(
            request,
            title=f"Snapshot of {found.number} {found.grant}",
            columns=SNAPSHOT,
            rows=figures["lines"],
            file_format=file_format,
            filters={"Grant": str(found.grant), "SHA-256 of the snapshot": taken.sha256},
            grants=[found.grant],
            basis="What stood in the books when the period was closed",
            as_at=found.ends_on,
        )
    ids = dict(Agency.objects.values_list("code", "pk"))
    agencies = [one | {"id": ids.get(one["agency"])} for one in figures["agencies"]]
    context = {"period": found, "snapshot": taken, "figures": figures, "agencies": agencies}
    return render(request, "books/snapshot.html", context)
