"""Periods, snapshots and the reconciliation, to be read; their pages close, match and sign."""

from typing import Any, TypeVar

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from grants.models import Grant, Period, PeriodStep
from overtime_ledger.administration import ReadOnlyAdmin
from overtime_ledger.books.models import (
    Adjustment,
    ForceLine,
    ForceUpload,
    Match,
    PeriodSnapshot,
    Reconciliation,
)
from overtime_ledger.ui import pounds

M = TypeVar("M", bound=Model)


class OfVisibleGrants(ReadOnlyAdmin[M]):
    """Rows of the grants that somebody may open; `grant_field` leads to their grant."""

    grant_field = "grant"

    def get_queryset(self, request: HttpRequest) -> QuerySet[M]:
        visible = Grant.objects.visible_to(request.user)  # type: ignore[arg-type]
        return super().get_queryset(request).filter(**{f"{self.grant_field}__in": visible})

    @admin.display(description="Amount", ordering="pence")
    def amount(self, row: Any) -> str:
        return pounds(row.pence)


@admin.register(Period)
class PeriodAdmin(OfVisibleGrants[Period]):
    """The periods of grants."""

    list_display = ("number", "grant", "starts_on", "ends_on", "state", "closed_on")
    list_filter = ("state", ("grant", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("grant",)
    fields = (*list_display, "adjusting")


@admin.register(PeriodStep)
class PeriodStepAdmin(OfVisibleGrants[PeriodStep]):
    """Who closed a period or opened it again, and why."""

    grant_field = "period__grant"
    list_display = ("period", "state", "by", "at", "reason")
    list_filter = ("state",)
    list_select_related = ("period", "by")
    fields = list_display


@admin.register(PeriodSnapshot)
class PeriodSnapshotAdmin(OfVisibleGrants[PeriodSnapshot]):
    """What stood in the books when a period was closed for good."""

    grant_field = "period__grant"
    list_display = ("period", "last_number", "taken_by", "taken_at")
    list_select_related = ("period", "taken_by")
    fields = (*list_display, "reconciliation", "sha256", "document")


@admin.register(Reconciliation)
class ReconciliationAdmin(OfVisibleGrants[Reconciliation]):
    """Reconciliations with the force's ledger that were prepared, signed or sent back."""

    grant_field = "period__grant"
    list_display = ("period", "status", "ours", "theirs", "adjusted", "prepared_by", "signed_by")
    list_filter = ("status",)
    list_select_related = ("period", "prepared_by", "signed_by")
    fields = (
        *list_display,
        "prepared_at",
        "signed_at",
        "returned_by",
        "returned_at",
        "returned_because",
        "sha256",
        "document",
    )

    @admin.display(description="Settled here", ordering="ours_pence")
    def ours(self, made: Reconciliation) -> str:
        return pounds(made.ours_pence)

    @admin.display(description="At the force", ordering="theirs_pence")
    def theirs(self, made: Reconciliation) -> str:
        return pounds(made.theirs_pence)

    @admin.display(description="Adjusted", ordering="adjusted_pence")
    def adjusted(self, made: Reconciliation) -> str:
        return pounds(made.adjusted_pence)


@admin.register(ForceUpload)
class ForceUploadAdmin(OfVisibleGrants[ForceUpload]):
    """The files of the force's ledger that were taken."""

    list_display = ("file_name", "grant", "line_count", "amount", "uploaded_by", "uploaded_at")
    list_filter = (("grant", admin.RelatedOnlyFieldListFilter),)
    list_select_related = ("grant", "uploaded_by")
    fields = (*list_display, "left_out", "columns", "sha256")


@admin.register(ForceLine)
class ForceLineAdmin(OfVisibleGrants[ForceLine]):
    """The lines of the force's ledger."""

    list_display = ("reference", "booked_on", "description", "amount", "upload", "row")
    ordering = ("-booked_on", "-id")
    list_select_related = ("upload",)
    fields = (*list_display, "grant")


@admin.register(Match)
class MatchAdmin(OfVisibleGrants[Match]):
    """What was matched, by the rule or by hand, and what was undone."""

    list_display = ("name", "grant", "automatic", "reason", "made_by", "made_at", "undone_by")
    list_filter = ("automatic",)
    list_select_related = ("grant", "made_by", "undone_by")
    fields = (*list_display, "undone_at", "undone_because")

    @admin.display(description="Match", ordering="pk")
    def name(self, match: Match) -> str:
        return str(match)


@admin.register(Adjustment)
class AdjustmentAdmin(OfVisibleGrants[Adjustment]):
    """What explains items that do not match."""

    grant_field = "period__grant"
    list_display = ("period", "kind", "amount", "reason", "deals_with", "made_by", "withdrawn_by")
    list_filter = ("kind",)
    list_select_related = ("period", "made_by", "withdrawn_by")
    fields = (*list_display, "settlement", "line", "match", "made_at", "withdrawn_at")
