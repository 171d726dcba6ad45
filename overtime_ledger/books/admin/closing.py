"""Closings of grants, their checklists and retention, to be read; they are worked on their pages."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from grants.models import Grant
from overtime_ledger.administration import M, ReadOnlyAdmin
from overtime_ledger.books.models import Closing, ClosingItem, Retention
from overtime_ledger.ui import pounds


class OfGrantAdmin(ReadOnlyAdmin[M]):
    """Rows of grants that one may open."""

    list_filter = (("grant", admin.RelatedOnlyFieldListFilter),)

    def get_queryset(self, request: HttpRequest) -> QuerySet[M]:
        visible = Grant.objects.visible_to(request.user)  # type: ignore[arg-type]
        return super().get_queryset(request).filter(grant__in=visible)


@admin.register(Closing)
class ClosingAdmin(OfGrantAdmin[Closing]):
    """Who proposed and who confirmed closing a grant, and what was left of it."""

    list_display = ("grant", "status", "proposed_by", "proposed_at", "confirmed_by", "closed_on", "unspent")
    list_select_related = ("grant", "proposed_by", "confirmed_by")
    fields = (
        *list_display,
        "settled",
        "last_entry",
        "confirmed_at",
        "checklist",
        "withdrawn_by",
        "withdrawn_at",
        "withdrawn_because",
    )

    @admin.display(description="Unspent", ordering="unspent_pence")
    def unspent(self, closing: Closing) -> str:
        return pounds(closing.unspent_pence)

    @admin.display(description="Paid", ordering="settled_pence")
    def settled(self, closing: Closing) -> str:
        return pounds(closing.settled_pence)


@admin.register(ClosingItem)
class ClosingItemAdmin(OfGrantAdmin[ClosingItem]):
    """Who sees to what, and what was signed."""

    list_display = ("grant", "kind", "owner", "due_on", "done_on", "signed_by")
    list_select_related = ("grant", "owner", "signed_by")
    fields = (*list_display, "evidence", "signed_at")


@admin.register(Retention)
class RetentionAdmin(OfGrantAdmin[Retention]):
    """Until when records are kept, as it was set each time."""

    list_display = ("grant", "keep_until", "legal_hold", "set_by", "set_at")
    list_select_related = ("grant", "set_by")
    fields = (*list_display, "final_payment_on", "reason")
