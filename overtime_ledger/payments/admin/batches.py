"""Batches, their lines and what is tolerated, to be read; everything is done on the pages of finance."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from grants.models import Grant
from overtime_ledger.administration import ReadOnlyAdmin
from overtime_ledger.payments.models import Batch, BatchLine, Tolerance
from overtime_ledger.ui import pounds


@admin.register(Batch)
class BatchAdmin(ReadOnlyAdmin[Batch]):
    """Batches for payroll and statements for agencies, and where each stands."""

    list_display = (
        "name",
        "grant",
        "agency",
        "kind",
        "status",
        "claim_count",
        "total",
        "drawn_by",
        "drawn_at",
    )
    list_filter = (
        "status",
        "kind",
        ("agency", admin.RelatedOnlyFieldListFilter),
        ("grant", admin.RelatedOnlyFieldListFilter),
    )
    list_select_related = ("agency", "grant", "drawn_by")
    search_fields = ("=number", "settlement__reference")
    fields = (
        "name", "grant", "agency", "kind", "up_to", "from_on", "to_on", "purchase_order", "cost_code",
        "status", "claim_count", "total", "drawn_by", "drawn_at", "sent_by", "sent_at", "withdrawn_by",
        "withdrawn_at", "withdrawn_because", "settlement", "paid_at", "tolerated",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Batch]:
        return Batch.objects.visible_to(request.user)  # type: ignore[arg-type]

    @admin.display(description="Number", ordering="number")
    def name(self, batch: Batch) -> str:
        return str(batch)

    @admin.display(description="Control total", ordering="pence")
    def total(self, batch: Batch) -> str:
        return pounds(batch.pence)

    @admin.display(description="Tolerated on one claim")
    def tolerated(self, batch: Batch) -> str:
        return pounds(batch.tolerance_pence) if batch.tolerance_pence is not None else "Not paid yet"


@admin.register(BatchLine)
class BatchLineAdmin(ReadOnlyAdmin[BatchLine]):
    """The claims of batches: calculated, paid, left out, and what became of a difference."""

    list_display = ("batch", "claim", "calculated", "paid", "live", "resolution", "resolved_by")
    list_filter = ("live", "resolution")
    list_select_related = ("batch", "claim", "resolved_by")
    search_fields = ("=claim__id",)
    fields = (
        "batch", "claim", "calculated", "paid", "live", "left_out_by", "left_out_at", "left_out_because",
        "resolution", "resolved_by", "resolved_at", "resolved_because",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[BatchLine]:
        return BatchLine.objects.visible_to(request.user)  # type: ignore[arg-type]

    @admin.display(description="Calculated", ordering="pence")
    def calculated(self, line: BatchLine) -> str:
        return pounds(line.pence)

    @admin.display(description="Paid", ordering="paid_pence")
    def paid(self, line: BatchLine) -> str:
        return pounds(line.paid_pence) if line.paid_pence is not None else "Not yet"


@admin.register(Tolerance)
class ToleranceAdmin(ReadOnlyAdmin[Tolerance]):
    """Up to how much a paid amount may differ unexplained, and which two people set it."""

    list_display = ("grant", "tolerated", "recorded_by", "recorded_at", "confirmed_by", "confirmed_at")
    list_filter = (("grant", admin.RelatedOnlyFieldListFilter),)
    list_select_related = ("grant", "recorded_by", "confirmed_by")
    fields = (
        "grant", "tolerated", "reason", "recorded_by", "recorded_at", "confirmed_by", "confirmed_at"
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Tolerance]:
        seen = Grant.objects.visible_to(request.user)  # type: ignore[arg-type]
        return super().get_queryset(request).filter(grant__in=seen)

    @admin.display(description="Tolerated on one claim", ordering="pence")
    def tolerated(self, tolerance: Tolerance) -> str:
        return pounds(tolerance.pence)
