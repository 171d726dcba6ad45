"""What an agency may invoice: its statements, and how long what is due has waited."""

from django.core.paginator import Paginator
from django.db.models import Prefetch, QuerySet
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from claims import selectors as claims
from grants.countdown import about
from grants.models import Grant
from overtime_ledger.accounts.access import SignedIn, who_may
from overtime_ledger.accounts.models import Agency
from overtime_ledger.audit.exports import export
from overtime_ledger.errors import Refusal
from overtime_ledger.payments import ageing, matching
from overtime_ledger.payments.forms.lists import AgeingFilter, StatementFilter
from overtime_ledger.payments.models import Batch, BatchLine, Invoice, InvoiceLine
from overtime_ledger.payments.services import invoices
from overtime_ledger.payments.views.registers import AGED, STATEMENT, STATEMENTS, minutes_of
from overtime_ledger.ui import A_PAGE

READS = ("payments.view_invoice", "payments.read_own_agency")
"""Finance and auditors read every agency's, a clerk those of the own agency."""


def own_agency(request: SignedIn) -> Agency | None:
    """The one agency of whose papers this person reads; none where they read every agency's."""
    return None if request.user.has_perm("payments.view_invoice") else request.user.agency


def _statements(request: SignedIn) -> QuerySet[Batch]:
    rows = Batch.objects.visible_to(request.user).filter(kind=Batch.Kind.STATEMENT)
    return rows.select_related("agency", "grant__lead_force", "drawn_by", "sent_by")


@who_may(*READS)
@require_GET
def statements(request: SignedIn) -> HttpResponseBase:
    """The statements a person may see, filtered; as a file, just these."""
    rows = _statements(request)
    form = StatementFilter(request.GET, reader=request.user, of=rows)
    rows = form.narrow(rows).prefetch_related("invoices")
    if file_format := request.GET.get("format"):
        return export(
            request,
            title="Agency statements",
            columns=STATEMENTS,
            rows=rows,
            file_format=file_format,
            filters=form.in_words(),
            grants=Grant.objects.filter(batches__in=rows.order_by()),
            basis="Certified and approved claims, by the day of the duty",
        )
    context = {
        "form": form,
        "page": Paginator(rows, A_PAGE).get_page(request.GET.get("page")),
        "total": matching.total_stated(rows),
        "of_agency": own_agency(request),
    }
    return render(request, "payments/statements.html", context)


@who_may(*READS)
@require_GET
def statement(request: SignedIn, pk: int) -> HttpResponseBase:
    """One statement: what the agency may invoice, line by line, to be read, printed or taken as a file."""
    found = get_object_or_404(_statements(request), pk=pk)
    about(request, found.grant)
    lines = _lines(found)
    if file_format := request.GET.get("format"):
        return export(
            request,
            title=f"Agency statement {found}",
            columns=STATEMENT,
            rows=lines.filter(left_out_at=None).iterator(chunk_size=500),
            file_format=file_format,
            filters={"Grant": str(found.grant), "Agency": found.agency.name, "Statement": str(found)},
            grants=[found.grant],
            basis="Certified and approved claims, by the day of the duty",
        )
    listed = list(lines)
    context = {
        "statement": found,
        "lines": [(line, minutes_of(line)) for line in listed if line.left_out_at is None],
        "left_out": [line for line in listed if line.left_out_at],
        "invoices": found.invoices.select_related("recorded_by").order_by("pk"),
        "may_invoice": _may_invoice(request, found),
        "keeps": request.user.has_perm("claims.settle_claim"),
    }
    return render(request, "payments/statement.html", context)


def _lines(statement: Batch) -> QuerySet[BatchLine]:
    """Every line, by day, with its claim, how it was reckoned, and what the invoice charges for it."""
    billed = InvoiceLine.objects.exclude(invoice__status=Invoice.Status.CREDITED).select_related("invoice")
    rows = statement.lines.select_related("batch__agency", "claim__claimant", "claim__settlement")
    rows = rows.prefetch_related("claim__lines", Prefetch("invoice_lines", billed, to_attr="billed"))
    return rows.order_by("claim__duty_on", "claim_id")


def _may_invoice(request: SignedIn, statement: Batch) -> bool:
    try:
        invoices.may_answer(statement, by=request.user)
    except Refusal:
        return False
    return True


@who_may(*READS)
@require_GET
def waiting(request: SignedIn) -> HttpResponseBase:
    """What agencies are owed and nobody has paid yet, by age; the claims behind each figure."""
    form = AgeingFilter(request.GET, reader=request.user, of=ageing.seen_by(request.user))
    since = form.chosen_since
    everything = ageing.waiting(request.user, since)
    rows = ageing.listed(form.narrow(everything))
    if file_format := request.GET.get("format"):
        return export(
            request,
            title="Ageing of what agencies are owed",
            columns=AGED,
            rows=rows.iterator(chunk_size=500),
            file_format=file_format,
            filters=form.in_words(),
            grants=Grant.objects.filter(claims__in=rows.order_by()),
            basis="Approved and not paid",
        )
    context = {
        "form": form,
        "since": since,
        "since_words": dict(ageing.SINCE)[since],
        "ageing": ageing.ageing(everything, since),
        "page": Paginator(rows, A_PAGE).get_page(request.GET.get("page")),
        "total": claims.total(rows),
        "of_agency": own_agency(request),
    }
    return render(request, "payments/ageing.html", context)
