"""Claims to the funder, their lines and the funder's money: read here, moved by verbs on their own pages."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from grants.models import Grant
from overtime_ledger.administration import ReadOnlyAdmin
from overtime_ledger.funder.models import FunderClaim, FunderClaimLine, Transfer
from overtime_ledger.money import pounds


@admin.register(FunderClaim)
class FunderClaimAdmin(ReadOnlyAdmin[FunderClaim]):
    """What was claimed from funders, by whom it was certified, and whether it was sent."""

    list_display = ("claim", "grant", "up_to", "status", "claimed_pounds", "drawn_by", "pm_by", "cfo_by")
    list_filter = ("status", ("grant", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("grant", "drawn_by", "pm_by", "cfo_by")
    fields = (
        "claim", "grant", "basis", "from_on", "up_to", "status", "line_count", "claimed_pounds", "reason",
        "digest", "last_number", "drawn_by", "drawn_at", "pm_by", "pm_at", "cfo_by", "cfo_at", "sent_on",
        "sent_reference", "sent_by", "withdrawn_by", "withdrawn_at", "withdrawn_because",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[FunderClaim]:
        return super().get_queryset(request).filter(grant__in=_visible(request))

    @admin.display(description="Claim", ordering="number")
    def claim(self, claim: FunderClaim) -> str:
        return str(claim)

    @admin.display(description="Claimed", ordering="pence")
    def claimed_pounds(self, claim: FunderClaim) -> str:
        return pounds(claim.pence)


@admin.register(FunderClaimLine)
class FunderClaimLineAdmin(ReadOnlyAdmin[FunderClaimLine]):
    """Which entry of the ledger is in which claim."""

    list_display = ("entry", "claim", "expenditure", "agency", "spent_pounds", "live")
    list_filter = ("live", "expenditure", ("claim__grant", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("entry__grant", "claim", "agency")
    search_fields = ("entry__reference", "=entry__number")
    search_help_text = "Number or reference of an entry"
    ordering = ("-id",)
    fields = list_display

    def get_queryset(self, request: HttpRequest) -> QuerySet[FunderClaimLine]:
        return super().get_queryset(request).filter(claim__grant__in=_visible(request))

    @admin.display(description="Spent", ordering="pence")
    def spent_pounds(self, line: FunderClaimLine) -> str:
        return pounds(line.pence)


@admin.register(Transfer)
class TransferAdmin(ReadOnlyAdmin[Transfer]):
    """Money that came from funders or went back, what was struck out included."""

    list_display = ("happened_on", "kind", "grant", "claim", "reference", "moved_pounds", "recorded_by")
    list_filter = ("kind", ("grant", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("grant", "claim", "recorded_by")
    search_fields = ("reference",)
    fields = (*list_display, "recorded_at", "struck_by", "struck_at", "struck_because")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Transfer]:
        return super().get_queryset(request).filter(grant__in=_visible(request))

    @admin.display(description="Amount", ordering="pence")
    def moved_pounds(self, transfer: Transfer) -> str:
        return pounds(transfer.pence)


def _visible(request: HttpRequest) -> QuerySet[Grant]:
    return Grant.objects.visible_to(request.user)  # type: ignore[arg-type]
