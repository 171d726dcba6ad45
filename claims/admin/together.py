"""Clean claims approved together, in the administration."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse

from claims.models import BulkApproval, Sampled
from claims.services import together
from claims.views.together import GOING_ON, what_it_shows
from grants.models import Grant
from grants.selectors import marking_of
from overtime_ledger.administration import Verb, VerbOnlyAdmin
from overtime_ledger.errors import Refusal


@admin.register(BulkApproval)
class BulkApprovalAdmin(VerbOnlyAdmin[BulkApproval]):
    """Clean claims approved together: one's own to go on with, everybody's to be read by auditors."""

    verbs = (Verb(name="approve", label="Approve", done="approved", do=together.approve_next),)
    act_permission = "claims.approve_claim"
    page_template = "admin/claims/bulkapproval/page.html"
    list_title = "Claims approved together"
    list_display = ("number", "by", "drawn_at", "claim_count", "sampled", "opened", "approved", "refused")
    list_select_related = ("by",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[BulkApproval]:
        rows = BulkApproval.objects.visible_to(request.user)  # type: ignore[arg-type]
        sample = Q(rows__is_sample=True)
        return rows.select_related("by").annotate(
            all_rows=Count("rows"),
            sample_rows=Count("rows", filter=sample),
            opened_rows=Count("rows", filter=sample & Q(rows__opened_at__isnull=False)),
            approved_rows=Count("rows", filter=Q(rows__outcome=Sampled.Outcome.APPROVED)),
            refused_rows=Count("rows", filter=Q(rows__outcome=Sampled.Outcome.REFUSED)),
        )

    def act(self, request: HttpRequest, pk: int, verb: Verb) -> HttpResponse:
        """Approve the next of the claims, each in a transaction of its own, and lead back to the page."""
        if not self.has_act_permission(request):
            raise PermissionDenied
        bulk = get_object_or_404(self.get_queryset(request), pk=pk)
        if request.method != "POST":
            return self.show(request, bulk)
        try:
            together.approve_next(bulk, by=request.user)  # type: ignore[arg-type]
        except Refusal as refusal:
            return self.show(request, bulk, refusal=refusal, status=422)
        return redirect(f"{reverse('admin:claims_bulkapproval_change', args=[pk])}?{GOING_ON}")

    def seen(self, row: BulkApproval) -> str:
        return ""

    def facts(self, request: HttpRequest, row: BulkApproval) -> dict[str, Any]:
        return {
            "marking": marking_of(Grant.objects.filter(claims__bulk_approvals=row)),
            "bulk": row,
            "may_act": row.by == request.user,
            "claim_address": "admin:claims_claim_change",
            "next_address": reverse("admin:claims_bulkapproval_approve", args=[row.pk]),
            "draw_address": reverse("admin:claims_claim_approve_together"),
            **what_it_shows(request, row),
        }

    @admin.display(description="Number", ordering="pk")
    def number(self, bulk: BulkApproval) -> int:
        return bulk.pk

    @admin.display(description="Claims")
    def claim_count(self, bulk: Any) -> int:
        return int(bulk.all_rows)

    @admin.display(description="Sample")
    def sampled(self, bulk: Any) -> int:
        return int(bulk.sample_rows)

    @admin.display(description="Opened")
    def opened(self, bulk: Any) -> int:
        return int(bulk.opened_rows)

    @admin.display(description="Approved")
    def approved(self, bulk: Any) -> int:
        return int(bulk.approved_rows)

    @admin.display(description="Refused")
    def refused(self, bulk: Any) -> int:
        return int(bulk.refused_rows)
