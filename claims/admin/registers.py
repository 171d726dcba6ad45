"""What there is to be read of claims: payments, and what guards approval."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat

from claims.models import Claim, Evidence, Freeze, Interest, Settlement
from grants.models import Grant
from overtime_ledger.administration import ReadOnlyAdmin
from overtime_ledger.ui import pounds


@admin.register(Settlement)
class SettlementAdmin(ReadOnlyAdmin[Settlement]):
    """What finance marked as paid, and under which reference."""

    list_display = ("reference", "agency", "grant", "settled_on", "claim_count", "paid_pounds", "settled_by")
    list_filter = (("agency", admin.RelatedOnlyFieldListFilter), ("grant", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("agency", "grant", "settled_by")
    search_fields = ("reference",)
    fields = list_display

    def get_queryset(self, request: HttpRequest) -> QuerySet[Settlement]:
        visible = Grant.objects.visible_to(request.user)  # type: ignore[arg-type]
        return super().get_queryset(request).filter(grant__in=visible)

    @admin.display(description="Paid", ordering="pence")
    def paid_pounds(self, settlement: Settlement) -> str:
        return pounds(settlement.pence)


@admin.register(Evidence)
class EvidenceAdmin(ReadOnlyAdmin[Evidence]):
    """What was added to claims to show the duty; the file itself is on the claim's page."""

    list_display = ("claim", "kind", "where", "bytes", "added_by", "added_at")
    ordering = ("-id",)
    list_filter = ("kind", ("claim__agency", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("claim", "added_by")
    search_fields = ("=claim__pk", "reference", "name", "sha256")
    search_help_text = "Number of a claim, reference, name or SHA-256 of a file"
    fields = (
        "claim",
        "kind",
        "reference",
        "name",
        "bytes",
        "content_type",
        "sha256",
        "marking",
        "added_by",
        "added_at",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Evidence]:
        visible = Claim.objects.visible_to(request.user)  # type: ignore[arg-type]
        return super().get_queryset(request).filter(claim__in=visible)

    @admin.display(description="Where it is")
    def where(self, evidence: Evidence) -> str:
        return "; ".join(text for text in (evidence.reference, evidence.name) if text)

    @admin.display(description="Size", ordering="size")
    def bytes(self, evidence: Evidence) -> str:
        return filesizeformat(evidence.size) if evidence.path else "No file"


@admin.register(Freeze)
class FreezeAdmin(ReadOnlyAdmin[Freeze]):
    """Claims that were held back, by whom and why."""

    list_display = ("claim", "frozen_by", "frozen_at", "reason", "released_by", "released_at")
    list_filter = (("released_at", admin.EmptyFieldListFilter),)
    list_select_related = ("claim", "frozen_by", "released_by")
    search_fields = ("=claim__pk", "reason")
    search_help_text = "Number of a claim, or words of the reason"
    fields = (*list_display, "release_reason")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Freeze]:
        visible = Claim.objects.visible_to(request.user)  # type: ignore[arg-type]
        return super().get_queryset(request).filter(claim__in=visible)


@admin.register(Interest)
class InterestAdmin(ReadOnlyAdmin[Interest]):
    """What those who certify and decide declared."""

    list_display = ("person", "officer", "agency", "what", "declared_at", "ended_at")
    list_filter = (("ended_at", admin.EmptyFieldListFilter), ("agency", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("person", "officer", "agency")
    search_fields = ("person__display_name", "officer__display_name", "what")
    search_help_text = "Rank and number of either, or words of what it is"
    fields = (*list_display, "ended_because")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Interest]:
        return Interest.objects.visible_to(request.user)  # type: ignore[arg-type]
