"""The doors of accruals: what would be accrued, what was frozen, and what came in since."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from grants.countdown import about
from overtime_ledger.accounts.access import SignedIn, who_may
from overtime_ledger.audit.exports import Column, export
from overtime_ledger.books.forms.accruals import DutiesForm, OfDayForm, WithdrawForm
from overtime_ledger.books.models import AccrualRun
from overtime_ledger.books.selectors import accruals as selectors
from overtime_ledger.books.services import accruals as services
from overtime_ledger.errors import Refusal
from overtime_ledger.money import pounds
from overtime_ledger.ui import A_PAGE, day

READS = "grants.read_all_grants"
BASIS = "Duties by the day they were worked; what is not claimed at the price it was authorised for"

ROWS = (
    Column("Agency", lambda row: row.agency.code),
    Column("Enquiry", lambda row: row.enquiry.name),
    Column("Period worked", lambda row: f"{row.month:%B %Y}"),
    Column("Hours in minutes", lambda row: row.sums.minutes, "minutes"),
    Column("Amount", lambda row: row.sums.pence, "pounds"),
    Column("Certified or estimated", lambda row: row.basis_in_words),
    Column("Invoice matched", lambda row: row.matched_pence, "pounds"),
    Column("Paid since", lambda row: row.sums.paid_pence, "pounds"),
    Column("Changed since", lambda row: row.sums.changed, "pounds"),
    Column("Residual", lambda row: row.sums.residual, "pounds"),
)
LINES = (
    Column("Duty", lambda duty: duty.assignment_id, "number"),
    Column("Claim", lambda duty: duty.claim_id, "number"),
    Column("Agency", lambda duty: duty.agency.code),
    Column("Enquiry", lambda duty: duty.enquiry.name),
    Column("Worked on", lambda duty: duty.duty_on, "day"),
    Column("Hours in minutes", lambda duty: duty.minutes, "minutes"),
    Column("How far it had come", lambda duty: duty.kind_in_words),
    Column("Certified or estimated", lambda duty: duty.basis_in_words),
    Column("Amount", lambda duty: duty.pence, "pounds"),
    Column("Invoice matched", lambda duty: duty.matched_pence, "pounds"),
    Column("Paid since", lambda duty: duty.paid_pence, "pounds"),
    Column("Changed since", lambda duty: duty.changed, "pounds"),
    Column("Residual", lambda duty: duty.residual, "pounds"),
)


@who_may(READS)
@require_GET
def accruals(request: SignedIn) -> HttpResponse:
    """The accruals that were drawn up, the latest first, with what is still to be paid of each."""
    runs = AccrualRun.objects.visible_to(request.user).select_related("grant", "drawn_by", "confirmed_by")
    page = Paginator(runs, A_PAGE).get_page(request.GET.get("page"))
    left = selectors.residuals(page.object_list)
    context = {
        "rows": [(run, left.get(run.pk, 0)) for run in page.object_list],
        "page": page,
        "form": OfDayForm(None, by=request.user),
    }
    return render(request, "books/accruals.html", context)


@who_may(services.MAY)
def draw(request: SignedIn) -> HttpResponse:
    """What is worked up to a day and not paid, as it is now; frozen with the total that was seen."""
    form = OfDayForm(request.GET or None, by=request.user)
    context: dict[str, Any] = {"form": form}
    if form.is_valid():
        grant, as_at = form.cleaned_data["grant"], form.cleaned_data["as_at"]
        about(request, grant)
        try:
            services.may_draw(grant, as_at, by=request.user)
            if request.method == "POST":
                run = services.draw(grant, as_at, by=request.user, expected_pence=_seen(request))
                messages.success(
                    request, f"{run} is drawn up: {pounds(run.pence)}. A second person confirms it."
                )
                return redirect("books:accrual", run.pk)
        except Refusal as refusal:
            context["refusal"] = refusal
        duties = selectors.as_if_frozen(selectors.open_lines(grant, as_at))
        context |= _figures(duties) | {"grant": grant, "as_at": as_at}
    wrong = form.is_bound and (form.errors or request.method == "POST")
    return render(request, "books/accrual_draw.html", context, status=422 if wrong else 200)


def _seen(request: SignedIn) -> int:
    """The total that was on the page; what is no number was on none."""
    text = request.POST.get("expected_pence", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else -1


def _figures(duties: list[selectors.Standing]) -> dict[str, Any]:
    return {
        "sums": selectors.Sums.of(duties),
        "rows": selectors.rows_of(duties),
        "agencies": selectors.by_agency(duties),
    }


@who_may(READS)
@require_GET
def accrual(request: SignedIn, pk: int) -> HttpResponseBase:
    """One accrual: what was frozen, and what came in since, by agency, enquiry and month."""
    run = _run(request, pk)
    duties = selectors.standing_of(run)
    if file_format := request.GET.get("format"):
        return _file(request, run, f"Accrual {run}", ROWS, selectors.rows_of(duties), file_format)
    return _shown(request, run, duties)


def _shown(
    request: SignedIn, run: AccrualRun, duties: list[selectors.Standing], refusal: Refusal | None = None
) -> HttpResponse:
    against = None
    if run.is_drawn and request.user.has_perm(services.MAY):
        try:
            services.may_confirm(run, by=request.user)
        except Refusal as refused:
            against = refused
    context = {"run": run, "refusal": refusal, "against": against, **_figures(duties)}
    return render(request, "books/accrual.html", context, status=422 if refusal else 200)


@who_may(READS)
@require_GET
def accrual_lines(request: SignedIn, pk: int) -> HttpResponseBase:
    """The duties of an accrual, one by one."""
    run = _run(request, pk)
    form = DutiesForm(request.GET, run=run)
    lines = form.narrow(run.lines.order_by("duty_on", "pk"))
    if file_format := request.GET.get("format"):
        duties = selectors.standings(lines)
        title = f"Accrual {run} duty by duty"
        return _file(request, run, title, LINES, duties, file_format, form.in_words())
    page = Paginator(lines, A_PAGE).get_page(request.GET.get("page"))
    duties_shown = list(selectors.standings(page.object_list))  # type: ignore[arg-type]
    sums = selectors.Sums.of(list(selectors.standings(lines)))
    context = {"run": run, "form": form, "page": page, "duties": duties_shown, "sums": sums}
    return render(request, "books/accrual_lines.html", context)


def _file(
    request: SignedIn,
    run: AccrualRun,
    title: str,
    columns: Any,
    rows: Any,
    file_format: str,
    chosen: Mapping[str, str] | None = None,
) -> HttpResponseBase:
    return export(
        request,
        title=title,
        columns=columns,
        rows=rows,
        file_format=file_format,
        filters={
            "Grant": str(run.grant),
            "Duties up to": day(run.as_at),
            "State": run.get_status_display(),
            **(chosen or {}),
        },
        grants=[run.grant],
        basis=BASIS,
    )


@who_may(services.MAY)
@require_POST
def confirm_accrual(request: SignedIn, pk: int) -> HttpResponse:
    """Confirm an accrual as a second person."""
    run = _run(request, pk)
    try:
        services.confirm(run, by=request.user)
    except Refusal as refusal:
        return _shown(request, run, selectors.standing_of(run), refusal)
    messages.success(request, f"{run} is confirmed: {pounds(run.pence)}.")
    return redirect("books:accrual", run.pk)


@who_may(services.MAY)
def withdraw_accrual(request: SignedIn, pk: int) -> HttpResponse:
    """Take an accrual back that nobody confirmed, with the reason."""
    run = _run(request, pk)
    form, refusal = WithdrawForm(request.POST or None), None
    if form.is_valid():
        try:
            services.withdraw(run, by=request.user, **form.cleaned_data)
            messages.success(request, f"{run} is withdrawn.")
            return redirect("books:accruals")
        except Refusal as refused:
            refusal = refused
    context = {"run": run, "form": form, "refusal": refusal}
    wrong = request.method == "POST"
    return render(request, "books/accrual_withdraw.html", context, status=422 if wrong else 200)


def _run(request: SignedIn, pk: int) -> AccrualRun:
    rows = AccrualRun.objects.visible_to(request.user)
    people = ("grant", "drawn_by", "confirmed_by", "withdrawn_by")
    run = get_object_or_404(rows.select_related(*people), pk=pk)
    about(request, run.grant)
    return run
