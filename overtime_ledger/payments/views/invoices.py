"""Agencies' invoices: listed, shown beside their statement, recorded, credited and paid."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet, Sum
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from grants.countdown import about
from grants.models import Grant
from overtime_ledger import clock
from overtime_ledger.accounts.access import SignedIn, who_may
from overtime_ledger.audit.exports import export
from overtime_ledger.errors import Refusal
from overtime_ledger.money import pounds
from overtime_ledger.payments import matching
from overtime_ledger.payments.forms.invoices import CreditForm, InvoiceForm, PayForm
from overtime_ledger.payments.forms.lists import InvoiceFilter
from overtime_ledger.payments.models import Batch, Invoice
from overtime_ledger.payments.services import invoices as verbs
from overtime_ledger.payments.views.registers import INVOICES
from overtime_ledger.payments.views.statements import READS, own_agency
from overtime_ledger.ui import A_PAGE


def _invoices(request: SignedIn) -> QuerySet[Invoice]:
    rows = Invoice.objects.visible_to(request.user)
    return rows.select_related("agency", "grant__lead_force", "statement", "recorded_by", "paid_by")


@who_may(*READS)
@require_GET
def invoices(request: SignedIn) -> HttpResponseBase:
    """The invoices a person may see, filtered; as a file, just these."""
    rows = _invoices(request)
    form = InvoiceFilter(request.GET, reader=request.user, of=rows)
    chosen = form.narrow(rows)
    rows = chosen.annotate(matched=Sum("lines__pence"), credited=Sum("lines__credited_pence"))
    rows = rows.order_by("-pk")
    if file_format := request.GET.get("format"):
        return export(
            request,
            title="Invoices of agencies",
            columns=INVOICES,
            rows=rows,
            file_format=file_format,
            filters=form.in_words(),
            grants=Grant.objects.filter(invoices__in=chosen.order_by()),
            basis="Invoices as the agencies sent them, by their date",
        )
    context = {
        "form": form,
        "page": Paginator(rows, A_PAGE).get_page(request.GET.get("page")),
        "total": matching.totals(chosen),
        "of_agency": own_agency(request),
    }
    return render(request, "payments/invoices.html", context)


@who_may("claims.settle_claim")
def record(request: SignedIn, pk: int) -> HttpResponse:
    """Record the invoice that answers a statement, line by line: as it says, typed, or from a file."""
    statements = Batch.objects.visible_to(request.user).filter(kind=Batch.Kind.STATEMENT)
    statement = get_object_or_404(statements.select_related("agency", "grant"), pk=pk)
    about(request, statement.grant)
    lines = list(
        statement.lines.filter(live=True)
        .select_related("claim__claimant")
        .order_by("claim__duty_on", "claim")
    )
    form = InvoiceForm(request.POST or None, request.FILES or None, statement=statement, lines=lines)
    refusal = None
    try:
        verbs.may_answer(statement, by=request.user)
        if form.is_valid():
            dispute = form.cleaned_data["dispute"]
            made = verbs.record(statement, form.said, by=request.user, dispute=dispute)
            messages.success(request, f"{made} is recorded: {made.get_status_display().lower()}.")
            return redirect("payments:invoice", made.pk)
    except Refusal as refused:
        refusal = refused
    context = {
        "statement": statement,
        "may_answer": not refusal or form.is_bound,
        "form": form,
        "refusal": refusal,
        "lines": [(line, form[form.names[line.claim_id]]) for line in lines if line.claim_id in form.names],
        "differs": any(form[name].data for name in form.names.values()),
    }
    failed = request.method == "POST"
    return render(request, "payments/record_invoice.html", context, status=422 if failed else 200)


@who_may(*READS)
@require_GET
def invoice(request: SignedIn, pk: int) -> HttpResponse:
    """One invoice beside its statement: what agrees, what differs, what was credited and paid."""
    return _page(request, get_object_or_404(_invoices(request), pk=pk))


def _page(
    request: SignedIn, found: Invoice, *, form: PayForm | None = None, refusal: Refusal | None = None
) -> HttpResponse:
    about(request, found.grant)
    compared = matching.compared(found)
    context: dict[str, Any] = {
        "invoice": found,
        "compared": compared,
        "credit_notes": found.credit_notes.select_related("recorded_by"),
        "timeline": matching.timeline(found),
        "refusal": refusal,
    }
    if request.user.has_perm("claims.settle_claim") and found.is_open:
        start = {"paid_on": clock.today(), "expected_pence": compared.to_pay}
        context |= {
            "keeps": True,
            "form": form or PayForm(initial=start),
            "cannot_pay": _cannot_pay(request, found),
        }
    failed = refusal or (form and form.errors)
    return render(request, "payments/invoice.html", context, status=422 if failed else 200)


def _cannot_pay(request: SignedIn, invoice: Invoice) -> Refusal | None:
    try:
        verbs.may_pay(invoice, by=request.user)
    except Refusal as refusal:
        return refusal
    return None


@who_may("claims.settle_claim")
@require_POST
def pay(request: SignedIn, pk: int) -> HttpResponse:
    """Mark a matched invoice as paid: its claims are settled under its number."""
    found = get_object_or_404(_invoices(request), pk=pk)
    form = PayForm(request.POST)
    if not form.is_valid():
        return _page(request, found, form=form)
    try:
        paid = verbs.pay(found, by=request.user, **form.cleaned_data)
    except Refusal as refusal:
        return _page(request, found, form=form, refusal=refusal)
    done = matching.compared(paid)
    otherwise = f", {pounds(done.settled)} settled" if done.settled != done.to_pay else " settled"
    messages.success(request, f"{paid} is paid: {pounds(done.to_pay)}{otherwise}.")
    return redirect("payments:invoice", paid.pk)


@who_may("claims.settle_claim")
def credit(request: SignedIn, pk: int) -> HttpResponse:
    """Record a credit note: how much of each line of the invoice the agency takes back."""
    found = get_object_or_404(_invoices(request), pk=pk)
    about(request, found.grant)
    lines = matching.to_credit(found)
    form = CreditForm(request.POST or None, lines=lines)
    refusal = None
    try:
        verbs.may_credit(found, by=request.user)
        if form.is_valid():
            note = verbs.credit(found, form.said, by=request.user)
            messages.success(request, f"{note} is recorded: {pounds(note.net_pence)} taken back.")
            return redirect("payments:invoice", found.pk)
    except Refusal as refused:
        refusal = refused
    context = {
        "invoice": found,
        "form": form,
        "refusal": refusal,
        "may_credit": not refusal or form.is_bound,
        "lines": [(line, form[form.names[line.pk]]) for line in lines if line.pk in form.names],
    }
    failed = request.method == "POST"
    return render(request, "payments/credit.html", context, status=422 if failed else 200)
