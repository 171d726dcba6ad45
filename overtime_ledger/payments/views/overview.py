"""What is to be paid, what is on its way, and what was paid."""

from django.core.paginator import Paginator
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET

from claims import selectors as claims
from claims.models import Claim, Settlement
from claims.views.registers import BATCH
from grants.countdown import about
from grants.models import Grant
from overtime_ledger.accounts.access import SignedIn, who_may
from overtime_ledger.audit.exports import export
from overtime_ledger.payments import selectors
from overtime_ledger.payments.models import Batch, BatchLine
from overtime_ledger.payments.views.files import PAYMENTS
from overtime_ledger.ui import A_PAGE

READS = "payments.view_batch"


@who_may(READS)
@require_GET
def overview(request: SignedIn) -> HttpResponseBase:
    """What is due by agency, the batches on their way, the differences to resolve, and what was paid."""
    grants = list(Grant.objects.visible_to(request.user))
    paid = selectors.payments(grants)
    if file_format := request.GET.get("format"):
        return export(
            request,
            title="Payments",
            columns=PAYMENTS,
            rows=paid,
            file_format=file_format,
            filters={},
            grants=grants,
            basis="Payments on record, by the day they were made",
        )
    due = selectors.due_by_agency(grants)
    on_its_way = Batch.objects.visible_to(request.user).live().with_troubles()
    open_differences = BatchLine.objects.visible_to(request.user).open_differences()
    context = {
        "due": due,
        "total": claims.Total(sum(one.count for one in due), sum(one.pence for one in due)),
        "kept_back": sum(one.kept_back for one in due),
        "batches": on_its_way.select_related("grant", "agency", "drawn_by"),
        "differences": selectors.summed(open_differences),
        "page": Paginator(paid, A_PAGE).get_page(request.GET.get("page")),
        "paid": selectors.together(paid),
        "several": len(grants) > 1,
    }
    return render(request, "payments/overview.html", context)


@who_may(READS)
@require_GET
def settled(request: SignedIn, pk: int) -> HttpResponseBase:
    """A payment: the page of its batch; of one that was made without, its control total and its claims."""
    paid = Settlement.objects.filter(grant__in=Grant.objects.visible_to(request.user))
    made = get_object_or_404(paid.select_related("grant", "agency", "settled_by", "batch"), pk=pk)
    if hasattr(made, "batch"):
        return redirect("payments:batch", made.batch.pk)
    about(request, made.grant)
    rows = made.claims.order_by("pk")
    if file_format := request.GET.get("format"):
        return export(
            request,
            title=f"{made.kind} {made.reference}",
            columns=BATCH,
            rows=claims.register(rows).iterator(chunk_size=500),
            file_format=file_format,
            filters={"Grant": str(made.grant), "Agency": made.agency.name, "Settlement": str(made)},
            grants=[made.grant],
            basis="Paid claims, by the day of the duty",
        )
    undone = claims.total(rows.filter(status=Claim.Status.REVERSED))
    page = Paginator(rows.select_related("claimant", "enquiry", "agency"), A_PAGE).get_page(
        request.GET.get("page")
    )
    return render(request, "payments/settled.html", {"settlement": made, "page": page, "reversed": undone})
