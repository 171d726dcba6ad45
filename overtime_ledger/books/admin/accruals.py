"""Accruals and their lines, to be read; they are drawn up and confirmed on their pages."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from grants.models import Grant
from overtime_ledger.administration import ReadOnlyAdmin
from overtime_ledger.books.models import AccrualLine, AccrualRun
from overtime_ledger.ui import duration, pounds


@admin.register(AccrualRun)
class AccrualRunAdmin(ReadOnlyAdmin[AccrualRun]):
    """What was worked up to a day and not paid, as it was frozen."""

    list_display = ("name", "grant", "as_at", "status", "line_count", "accrued", "drawn_by", "confirmed_by")
    list_filter = ("status", ("grant", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("grant", "drawn_by", "confirmed_by")
    fields = (
        "name",
        "grant",
        "as_at",
        "status",
        "last_entry",
        "line_count",
        "accrued",
        "drawn_by",
        "drawn_at",
        "confirmed_by",
        "confirmed_at",
        "withdrawn_by",
        "withdrawn_at",
        "withdrawn_because",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[AccrualRun]:
        visible = Grant.objects.visible_to(request.user)  # type: ignore[arg-type]
        return super().get_queryset(request).filter(grant__in=visible)

    @admin.display(description="Accrual", ordering="number")
    def name(self, run: AccrualRun) -> str:
        return str(run)

    @admin.display(description="Accrued", ordering="pence")
    def accrued(self, run: AccrualRun) -> str:
        return pounds(run.pence)


@admin.register(AccrualLine)
class AccrualLineAdmin(ReadOnlyAdmin[AccrualLine]):
    """The duties of accruals, as they were frozen."""

    list_display = ("run", "duty_on", "agency", "enquiry", "kind", "basis", "hours", "accrued")
    ordering = ("-run", "duty_on", "id")
    list_filter = ("kind", "basis", ("agency", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("run", "agency", "enquiry")
    fields = (*list_display, "claim")

    def get_queryset(self, request: HttpRequest) -> QuerySet[AccrualLine]:
        visible = Grant.objects.visible_to(request.user)  # type: ignore[arg-type]
        return super().get_queryset(request).filter(run__grant__in=visible)

    @admin.display(description="Hours", ordering="minutes")
    def hours(self, line: AccrualLine) -> str:
        return duration(line.minutes)

    @admin.display(description="Accrued", ordering="pence")
    def accrued(self, line: AccrualLine) -> str:
        return pounds(line.pence)
