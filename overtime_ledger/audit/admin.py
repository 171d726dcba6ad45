"""Who looked at, or took out, what, and what was changed: to be read by those who audit."""

from typing import Any

from django.apps import apps
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from overtime_ledger.administration import ReadOnlyAdmin
from overtime_ledger.audit.models import AccessLog, Change, ControlSpoke
from overtime_ledger.controls import CONTROLS
from overtime_ledger.ui import pounds


@admin.register(AccessLog)
class AccessLogAdmin(ReadOnlyAdmin[AccessLog]):
    """Each viewing of something sensitive and each export, the newest first."""

    list_display = ("at", "who", "action", "what", "rows", "short_digest")
    list_filter = ("action",)
    list_select_related = ("by", "client")
    search_fields = ("what", "by__display_name", "client__name", "sha256")
    search_help_text = "Page or report, person or program, or digest of a file"
    date_hierarchy = "at"
    fields = ("at", "who", "action", "what", "filters", "rows", "sha256")

    @admin.display(description="Who", ordering="by__display_name")
    def who(self, access: AccessLog) -> str:
        return str(access.who)

    @admin.display(description="Digest")
    def short_digest(self, access: AccessLog) -> str:
        return access.sha256[:12]


@admin.register(ControlSpoke)
class ControlSpokeAdmin(ReadOnlyAdmin[ControlSpoke]):
    """Each refusal that somebody was shown, the newest first: who, where and by which control."""

    list_display = ("at", "code", "control", "who", "where")
    list_filter = ("code",)
    list_select_related = ("by",)
    search_fields = ("=code", "where", "by__display_name")
    search_help_text = "Code, page or command, or person"
    date_hierarchy = "at"
    fields = list_display

    @admin.display(description="Control")
    def control(self, spoke: ControlSpoke) -> str:
        return CONTROLS[spoke.code].title if spoke.code in CONTROLS else ""

    @admin.display(description="Who", ordering="by__display_name")
    def who(self, spoke: ControlSpoke) -> str:
        return str(spoke.by or "A command")


@admin.register(LogEntry)
class FormsSentAdmin(ReadOnlyAdmin[LogEntry]):
    """Which forms of the administration were sent, by whom; the values are in the history of changes."""

    list_title = "Forms sent in the administration"
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


def tables() -> dict[str, str]:
    """What the rows of each table are called, as in the lists of the administration."""
    models = apps.get_models(include_auto_created=True)
    return {model._meta.db_table: str(model._meta.verbose_name).capitalize() for model in models}


class TableFilter(admin.SimpleListFilter):
    """Of which table: those of which a change is on record."""

    title = "table"
    parameter_name = "table"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        found = Change.objects.order_by("table_name").values_list("table_name", flat=True).distinct()
        return [(name, tables().get(name, name)) for name in found]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Change]) -> QuerySet[Change]:
        return queryset.filter(table_name=self.value()) if self.value() else queryset


@admin.register(Change)
class ChangeAdmin(ReadOnlyAdmin[Change]):
    """What reference data were before and after each change, the newest first, as the database wrote it."""

    list_title = "Changes"
    list_display = ("at", "table", "row_id", "kind", "who", "what_differs")
    list_filter = (TableFilter, "what")
    list_select_related = ("by",)
    search_fields = ("=row_id", "by__display_name")
    search_help_text = "Number of the row, or who changed it"
    date_hierarchy = "at"
    fields = list_display

    @admin.display(description="Table", ordering="table_name")
    def table(self, change: Change) -> str:
        return tables().get(change.table_name, change.table_name)

    @admin.display(description="Action", ordering="what")
    def kind(self, change: Change) -> str:
        return change.get_what_display()

    @admin.display(description="Who", ordering="by__display_name")
    def who(self, change: Change) -> str:
        return str(change.by or "Outside the administration")

    @admin.display(description="Before → after")
    def what_differs(self, change: Change) -> SafeString:
        if change.what == Change.What.UPDATED:
            said = [_said(change, *column) for column in change.differences.items()]
            return format_html_join("", "{}<br>", ((words,) for words in said))
        known = {name: sides for name, sides in change.differences.items() if any(sides) and name != "id"}
        return format_html_join("; ", "{}", ((_said(change, *column),) for column in known.items()))


def _said(change: Change, column: str, sides: tuple[object, object]) -> str:
    """A column in words; a row that was added or deleted has one side alone."""
    name = column.removesuffix("_pence").removesuffix("_id").replace("_", " ")
    was, now = (_value(column, side) for side in sides)
    if change.what == Change.What.UPDATED:
        return f"{name}: {was} → {now}"
    return f"{name}: {was if change.what == Change.What.DELETED else now}"


def _value(column: str, value: object) -> str:
    if value is None or value == "":
        return "empty"
    return pounds(value) if column.endswith("_pence") and isinstance(value, int) else str(value)
