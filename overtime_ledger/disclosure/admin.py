"""What left the house as a whole: to be read by those who audit."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from overtime_ledger.accounts.models import User
from overtime_ledger.administration import ReadOnlyAdmin
from overtime_ledger.disclosure import extract_admin as extract_admin
from overtime_ledger.disclosure.models import Disclosure


@admin.register(Disclosure)
class DisclosureAdmin(ReadOnlyAdmin[Disclosure]):
    """Each audit pack, publication and answer, the newest first: who asked, for whom, why, and its digest."""

    list_display = ("requested_at", "kind", "grant", "requested_by", "recipient", "status", "short_digest")
    list_filter = ("kind", "status")
    list_select_related = ("grant", "requested_by")
    search_fields = ("recipient", "reason", "sha256", "requested_by__display_name")
    search_help_text = "Recipient, reason, person, or digest of a file"
    date_hierarchy = "requested_at"
    fields = (
        "requested_at", "kind", "grant", "requested_by", "recipient", "reason", "filters", "marking",
        "status", "progress", "tries", "rows", "name", "size", "sha256", "findings", "error", "finished_at",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Disclosure]:
        assert isinstance(request.user, User)
        return Disclosure.objects.visible_to(request.user).select_related("grant", "requested_by")

    @admin.display(description="Digest")
    def short_digest(self, disclosure: Disclosure) -> str:
        return disclosure.sha256[:12]
