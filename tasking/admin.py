"""Enquiries, taskings and duties to be read; rostered tours as an agency's supervisors keep them."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from overtime_ledger.accounts.models import User
from overtime_ledger.administration import LedgerAdmin, M, PlainForm, ReadOnlyAdmin
from overtime_ledger.audit.models import AccessLog
from overtime_ledger.ui import day, pounds, span
from tasking import services
from tasking.models import Assignment, Enquiry, RosteredTour, Subject, Tasking, TaskingEvent


class VisibleAdmin(ReadOnlyAdmin[M]):
    """Rows that their model shows to the person."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[M]:
        rows: Any = self.model._default_manager
        visible: QuerySet[M] = rows.visible_to(request.user)
        return visible


SEES_SUBJECTS = "tasking.view_subject"


def looked_at(subjects: Iterable[Subject], *, by: Any, page: str) -> None:
    """Put on record whose codenames a page shows, as the service's own pages do."""
    codenames = [subject.codename for subject in subjects]
    if codenames:
        AccessLog.objects.create(
            by=by,
            action=AccessLog.Action.VIEWED,
            what=f"Codenames of subjects: {page}",
            filters={"codenames": ", ".join(codenames)},
            rows=len(codenames),
        )


@admin.register(Subject)
class SubjectAdmin(ReadOnlyAdmin[Subject]):
    """Codenames; who they are lies outside. Who looks at them is on record."""

    list_display = ("codename", "created_by", "created_at")
    list_select_related = ("created_by",)
    search_fields = ("codename",)
    fields = ("codename", "created_by", "created_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Subject]:
        enquiries = Enquiry.objects.visible_to(request.user)  # type: ignore[arg-type]
        return super().get_queryset(request).filter(enquiries__in=enquiries).distinct()

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        page = super().changelist_view(request, extra_context)
        if isinstance(page, TemplateResponse) and page.context_data:
            shown = page.context_data["cl"].result_list
            looked_at(shown, by=request.user, page="list in the administration")
        return page

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Subject:
        """The subject, whose codename is the title of each of its pages."""
        found = super().get_object(request, object_id, from_field)
        if self.has_view_permission(request, found):
            looked_at([found], by=request.user, page="administration")
        return found


@admin.register(Enquiry)
class EnquiryAdmin(VisibleAdmin[Enquiry]):
    """Pieces of work, each with its budget line; their subjects only for those who may see subjects."""

    list_display = ("name", "grant", "kind", "entry_score", "status", "opened_on", "available_pounds")
    list_filter = ("status", "kind", ("grant", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("grant", "line")
    search_fields = ("name",)
    search_help_text = "Name"
    fields = (
        "name",
        "grant",
        "line",
        "objective",
        "kind",
        "entry_score",
        "entry_score_by",
        "status",
        "opened_by",
        "opened_on",
        "available_pounds",
    )

    def get_fields(self, request: HttpRequest, obj: Enquiry | None = None) -> Any:
        fields = (*self.fields[:3], "codenames", *self.fields[3:])
        return fields if request.user.has_perm(SEES_SUBJECTS) else self.fields

    def get_search_fields(self, request: HttpRequest) -> Any:
        more = ("subjects__codename",) if request.user.has_perm(SEES_SUBJECTS) else ()
        return (*self.search_fields, *more)

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        shown = super().get_changelist_instance(request)
        if request.user.has_perm(SEES_SUBJECTS):
            shown.search_help_text = "Name, or codename of a subject"
        return shown

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        page = super().change_view(request, object_id, form_url, extra_context)
        enquiry = Enquiry.objects.visible_to(request.user).filter(pk=object_id)  # type: ignore[arg-type]
        services.look_at_subjects(enquiry, by=request.user, page=str(enquiry.get()))  # type: ignore[arg-type]
        return page

    @admin.display(description="Subjects")
    def codenames(self, enquiry: Enquiry) -> str:
        return ", ".join(subject.codename for subject in enquiry.subjects.all())

    @admin.display(description="Available", ordering="line__available")
    def available_pounds(self, enquiry: Enquiry) -> str:
        return pounds(enquiry.line.available)


@admin.register(Tasking)
class TaskingAdmin(VisibleAdmin[Tasking]):
    """Instructions to named officers; who they are stands in the list of assignments."""

    list_display = ("number", "enquiry", "duty_type", "duty", "status", "issued_by", "capacity")
    list_filter = ("status", "duty_type", ("enquiry", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("enquiry", "issued_by")
    search_fields = ("reason", "assignments__officer__display_name")
    search_help_text = "Reason, or an officer's rank and number"
    date_hierarchy = "starts_at"
    fields = (
        "number",
        "enquiry",
        "duty_type",
        "duty",
        "break_minutes",
        "officers",
        "reason",
        "retrospective_reason",
        "told_at",
        "status",
        "issued_by",
        "issued_at",
        "capacity",
    )

    @admin.display(description="Tasking", ordering="pk")
    def number(self, tasking: Tasking) -> str:
        return str(tasking)

    @admin.display(description="Duty", ordering="starts_at")
    def duty(self, tasking: Tasking) -> str:
        return f"{day(tasking.starts_at)}, {span(tasking.starts_at, tasking.ends_at)}"

    @admin.display(description="Officers")
    def officers(self, tasking: Tasking) -> str:
        return ", ".join(str(one.officer) for one in tasking.assignments.select_related("officer"))


@admin.register(Assignment)
class AssignmentAdmin(VisibleAdmin[Assignment]):
    """One officer on one tasking: what is committed and on what basis it was priced."""

    list_display = (
        "officer",
        "agency",
        "tasking",
        "duty",
        "rank",
        "authorised_pounds",
        "committed_pounds",
        "status",
    )
    list_filter = ("status", ("agency", admin.RelatedOnlyFieldListFilter), "rank")
    list_select_related = ("officer", "agency", "tasking")
    search_fields = ("officer__display_name", "officer__staff_number")
    search_help_text = "Officer: rank and number, or staff number"
    date_hierarchy = "duty_on"
    fields = (*list_display, "annual_pay_pounds", "agreed_hourly_pounds", "agreed_multiplier", "working")

    @admin.display(description="Duty", ordering="starts_at")
    def duty(self, assignment: Assignment) -> str:
        return f"{day(assignment.starts_at)}, {span(assignment.starts_at, assignment.ends_at)}"

    @admin.display(description="Authorised", ordering="authorised_pence")
    def authorised_pounds(self, assignment: Assignment) -> str:
        return pounds(assignment.authorised_pence)

    @admin.display(description="On the ladder", ordering="committed_pence")
    def committed_pounds(self, assignment: Assignment) -> str:
        return pounds(assignment.committed_pence)

    @admin.display(description="Annual pay")
    def annual_pay_pounds(self, assignment: Assignment) -> str:
        return pounds(assignment.annual_pay_pence)

    @admin.display(description="Agreed hourly rate")
    def agreed_hourly_pounds(self, assignment: Assignment) -> str:
        return pounds(assignment.agreed_hourly_pence)

    @admin.display(description="Working")
    def working(self, assignment: Assignment) -> str:
        return "\n".join(str(line["working"]) for line in assignment.lines)


@admin.register(TaskingEvent)
class TaskingEventAdmin(ReadOnlyAdmin[TaskingEvent]):
    """What happened to taskings, the latest first."""

    list_display = ("at", "tasking", "verb", "by", "capacity", "event_pounds", "reason")
    list_filter = ("verb",)
    list_select_related = ("tasking", "by")
    ordering = ("-at", "-id")
    fields = (*list_display, "assignment", "recorded_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[TaskingEvent]:
        visible = Tasking.objects.visible_to(request.user)  # type: ignore[arg-type]
        return super().get_queryset(request).filter(tasking__in=visible)

    @admin.display(description="Committed or given back", ordering="pence")
    def event_pounds(self, event: TaskingEvent) -> str:
        return pounds(event.pence)


class TourForm(PlainForm[RosteredTour]):
    """An officer's ordinary tour."""

    rules = {"tasking_rosteredtour_no_overlap": "This officer has another tour at that time."}

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or {}
        start, end = cleaned.get("starts_at"), cleaned.get("ends_at")
        if start and end and end <= start:  # a range that ends before it begins is no range to the database
            self.add_error("ends_at", "The tour ends before it begins.")
        return cleaned


@admin.register(RosteredTour)
class RosteredTourAdmin(LedgerAdmin[RosteredTour]):
    """Tours of the officers of a supervisor's own agency, never their own; auditors read them all."""

    form = TourForm
    list_display = ("officer", "duty")
    list_select_related = ("officer",)
    search_fields = ("officer__display_name", "officer__staff_number")
    search_help_text = "Officer: rank and number, or staff number"
    date_hierarchy = "starts_at"

    def get_queryset(self, request: HttpRequest) -> QuerySet[RosteredTour]:
        rows = super().get_queryset(request)
        if request.user.has_perm("grants.read_all_grants"):
            return rows
        return rows.filter(officer__in=_rostered_by(request.user))

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "officer":
            kwargs["queryset"] = _rostered_by(request.user)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    @admin.display(description="Tour", ordering="starts_at")
    def duty(self, tour: RosteredTour) -> str:
        return f"{day(tour.starts_at)}, {span(tour.starts_at, tour.ends_at)}"


def _rostered_by(user: Any) -> QuerySet[User]:
    """Officers of a supervisor's own agency without the supervisor."""
    of_agency = Q(agency=user.agency_id, agency__isnull=False)
    return User.objects.filter(of_agency, groups__name="officer").exclude(pk=user.pk).order_by("display_name")
