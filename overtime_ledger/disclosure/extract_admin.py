"""Extracts and their lines, to be read; they are decided and released on their pages."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from grants.models import Grant
from overtime_ledger.administration import ReadOnlyAdmin
from overtime_ledger.disclosure.models import Extract, ExtractLine
from overtime_ledger.ui import pounds


@admin.register(Extract)
class ExtractAdmin(ReadOnlyAdmin[Extract]):
    """Each month and each answer, the newest first: who drew it up, who released it, and its digest."""

    list_display = ("name", "grant", "kind", "from_on", "status", "line_count", "amount", "released_by")
    list_filter = ("kind", "status", ("grant", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("grant", "released_by")
    search_fields = ("reference", "sha256")
    search_help_text = "Number of a request, or digest"
    fields = (
        "name", "grant", "kind", "from_on", "to_on", "reference", "received_on", "due_on", "scope",
        "status", "line_count", "amount", "unlisted_count", "drawn_by", "drawn_at", "released_by",
        "released_at", "sha256", "disclosure", "withdrawn_by", "withdrawn_at", "withdrawn_because",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Extract]:
        visible = Grant.objects.visible_to(request.user)  # type: ignore[arg-type]
        return super().get_queryset(request).filter(grant__in=visible)

    @admin.display(description="Extract", ordering="number")
    def name(self, extract: Extract) -> str:
        return str(extract)

    @admin.display(description="Amount", ordering="pence")
    def amount(self, extract: Extract) -> str:
        return pounds(extract.pence)


@admin.register(ExtractLine)
class ExtractLineAdmin(ReadOnlyAdmin[ExtractLine]):
    """What was decided of each line, by whom, and on what it rests."""

    list_display = ("extract", "position", "month", "agency", "amount", "decision", "exemption", "decided_by")
    ordering = ("-extract", "position")
    list_filter = ("decision", "exemption")
    list_select_related = ("extract", "agency", "decided_by")
    fields = (
        *list_display,
        "officers",
        "claims",
        "recipient",
        "purpose",
        "value_for_money",
        "why",
        "decided_at",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[ExtractLine]:
        visible = Grant.objects.visible_to(request.user)  # type: ignore[arg-type]
        return super().get_queryset(request).filter(extract__grant__in=visible)

    @admin.display(description="Amount", ordering="pence")
    def amount(self, line: ExtractLine) -> str:
        return pounds(line.pence)
