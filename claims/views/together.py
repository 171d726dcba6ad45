"""Clean claims approved together: the sample is drawn, opened, and all are approved, some at a time."""

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from claims import selectors
from claims.models import BulkApproval, Sampled
from claims.services import together
from claims.views.deciding import approvers
from grants.models import Grant
from grants.selectors import marking_of
from overtime_ledger.accounts.access import SignedIn
from overtime_ledger.errors import Refusal
from overtime_ledger.ui import A_PAGE

GOING_ON = "going=on"
"""Said in the address of the page that sends itself again, until nothing is left."""


@approvers
def approve_clean(request: SignedIn) -> HttpResponse:
    """Say how many clean claims wait; on POST draw all of them up with a sample, and lead there."""
    waiting, refusal = selectors.clean_for(request.user), None
    if request.method == "POST":
        try:
            return redirect("claims:together", together.draw(waiting, by=request.user).pk)
        except Refusal as refused:
            refusal = refused
    context = {
        "refusal": refusal,
        "clean": selectors.total(waiting),
        "flagged": selectors.total(selectors.flagged_for(request.user)),
    }
    return render(request, "claims/approve_clean.html", context, status=422 if refusal else 200)


@approvers
def bulk(request: SignedIn, pk: int) -> HttpResponse:
    """What somebody drew up themselves: sample, totals, claims; how far it is; its end. On POST, the next."""
    found, refusal = get_object_or_404(BulkApproval, pk=pk, by=request.user), None
    address = reverse("claims:together", args=[pk])
    if request.method == "POST":
        try:
            together.approve_next(found, by=request.user)
            return redirect(f"{address}?{GOING_ON}")
        except Refusal as refused:
            refusal = refused
    request.marking = marking_of(Grant.objects.filter(claims__bulk_approvals=found))
    context = {
        "bulk": found,
        "refusal": refusal,
        "may_act": True,
        "claim_address": "claims:claim",
        "next_address": address,
        "draw_address": reverse("claims:approve_clean"),
        **what_it_shows(request, found),
    }
    return render(request, "claims/together.html", context, status=422 if refusal else 200)


def what_it_shows(request: HttpRequest, bulk: BulkApproval) -> dict[str, Any]:
    """What the page of a bulk approval says of it, here and in the administration."""
    progress, shares = together.progress_of(bulk), together.shares(bulk)
    rows = bulk.rows.select_related("claim__claimant", "claim__agency", "claim__enquiry").order_by("pk")
    sample = list(rows.filter(is_sample=True))
    left = [row for row in sample if row.outcome == Sampled.Outcome.WAITING and not row.opened_at]
    ready = selectors.Total(sum(share.count for share in shares), sum(share.pence for share in shares))
    return {
        "title": _title(progress),
        "progress": progress,
        "sample": sample,
        "left": left,
        "shares": shares,
        "ready": ready,
        "changed": progress.waiting - ready.count,
        "refused": rows.filter(outcome=Sampled.Outcome.REFUSED) if progress.refused else (),
        "goes_on": progress.done > 0 and progress.waiting > 0 and request.GET.urlencode() == GOING_ON,
        "page": Paginator(rows, A_PAGE).get_page(request.GET.get("page")),
    }


def _title(progress: together.Progress) -> str:
    if not progress.waiting:
        return "Clean claims: what was decided"
    return "Approving clean claims" if progress.done else "Approve clean claims together"
