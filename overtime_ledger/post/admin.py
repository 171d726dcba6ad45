"""What was told to whom by e-mail, and whether it went out."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from overtime_ledger.administration import ReadOnlyAdmin
from overtime_ledger.post.models import Message
from overtime_ledger.post.services import text_of


class StateFilter(admin.SimpleListFilter):
    """Sent, still waiting, or not sent and not tried any more."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("unsent", "Not sent, and not tried any more"), ("waiting", "Waiting"), ("sent", "Sent")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Message]) -> QuerySet[Message]:
        chosen = {"unsent": Message.objects.unsent, "waiting": Message.objects.waiting}
        chosen["sent"] = Message.objects.sent
        if make := chosen.get(self.value() or ""):
            return queryset.filter(pk__in=make().order_by().values("pk"))
        return queryset


@admin.register(Message)
class MessageAdmin(ReadOnlyAdmin[Message]):
    """Each message, the newest first. It holds nothing that is not for administrators to read."""

    list_title = "Messages by e-mail"
    list_display = ("created_at", "to", "kind", "state", "sent_at", "tries", "last_error")
    list_filter = (StateFilter, "kind")
    list_select_related = ("to",)
    search_fields = ("to__display_name", "=to__email")
    search_help_text = "Person or e-mail address"
    date_hierarchy = "created_at"
    fields = (
        "to", "kind", "subject", "text", "created_at", "state", "sent_at", "tries", "next_at", "last_error"
    )  # fmt: skip

    @admin.display(description="State")
    def state(self, message: Message) -> str:
        return message.state

    @admin.display(description="Text")
    def text(self, message: Message) -> str:
        return text_of(message)
