"""Who looked at, or took out, what: to be read by auditors and finance."""

from django.contrib import admin
from django.contrib.admin.models import LogEntry

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


@admin.register(LogEntry)
class ChangeAdmin(ReadOnlyAdmin[LogEntry]):
    """What was typed over in the administration, by whom: people, roles, agencies, rates and rosters."""

    list_title = "Changes in the administration"
    list_display = ("action_time", "user", "kind", "content_type", "object_repr", "what")
    list_filter = ("action_flag",)
    list_select_related = ("user", "content_type")
    search_fields = ("object_repr", "user__display_name")
    search_help_text = "What was changed, or by whom"
    date_hierarchy = "action_time"
    fields = list_display

    @admin.display(description="Action", ordering="action_flag")
    def kind(self, change: LogEntry) -> str:
        return change.get_action_flag_display()

    @admin.display(description="What")
    def what(self, change: LogEntry) -> str:
        return change.get_change_message()
