"""Who looked at, or took out, what: to be read by auditors and finance."""

from django.contrib import admin

from overtime_ledger.administration import ReadOnlyAdmin
from overtime_ledger.audit.models import AccessLog


@admin.register(AccessLog)
class AccessLogAdmin(ReadOnlyAdmin[AccessLog]):
    """Each viewing of something sensitive and each export, the newest first."""

    list_display = ("at", "by", "action", "what", "rows", "short_digest")
    list_filter = ("action",)
    list_select_related = ("by",)
    search_fields = ("what", "by__display_name", "sha256")
    search_help_text = "Page or report, person, or digest of a file"
    date_hierarchy = "at"
    fields = ("at", "by", "action", "what", "filters", "rows", "sha256")

    @admin.display(description="Digest")
    def short_digest(self, access: AccessLog) -> str:
        return access.sha256[:12]
