"""Enquiries, taskings, duties, time owed to be read; rosters and rules of pay for those who keep them."""

from collections.abc import Iterable, Mapping
from datetime import date, time
from operator import attrgetter
from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from grants.countdown import about
from overtime_ledger.accounts.models import Agency, User
from overtime_ledger.accounts.recorded import RecordedAdmin, StateFilter, people_of
from overtime_ledger.administration import LedgerAdmin, M, PlainForm, ReadOnlyAdmin
from overtime_ledger.audit.models import AccessLog
from overtime_ledger.forms import MinutesField, PoundsField, TimeField
from overtime_ledger.ui import day, duration, percent, pounds, span
from tasking import pay, services
from tasking.models import (
    Assignment,
    Enquiry,
    EntryAssessment,
    Outcome,
    RestDay,
    RosteredTour,
    RuleSet,
    Subject,
    SubstitutedHoliday,
    Tasking,
    TaskingEvent,
    TimeOwed,
)
from tasking.rulebook import SWITCHES


class VisibleAdmin(ReadOnlyAdmin[M]):
    """Rows that their model shows to the person; `grant` is the way from one to its grant."""

    grant = ""
    list_select_related: ClassVar[tuple[str, ...]] = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[M]:
        rows: Any = self.model._default_manager
        visible: QuerySet[M] = rows.visible_to(request.user)
        return visible.select_related(*self.list_select_related, self.grant) if self.grant else visible

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> M:
        """The row, whose page is about its grant."""
        found = super().get_object(request, object_id, from_field)
        if self.grant:
            about(request, attrgetter(self.grant.replace("__", "."))(found))
        return found


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

    grant = "grant"
    list_display = ("name", "grant", "kind", "status", "opened_on", "available_pounds")
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


class RecordAdmin(VisibleAdmin[M]):
    """What was recorded of subjects, corrections too; codenames only for those who see them."""

    grant = "enquiry__grant"
    list_select_related = ("enquiry", "subject", "recorded_by")

    def get_fields(self, request: HttpRequest, obj: M | None = None) -> Any:
        sees = request.user.has_perm(SEES_SUBJECTS)
        return [name for name in super().get_fields(request, obj) if sees or name != "subject"]

    def get_list_display(self, request: HttpRequest) -> Any:
        sees = request.user.has_perm(SEES_SUBJECTS)
        return [name for name in self.list_display if sees or name != "subject"]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        page = super().changelist_view(request, extra_context)
        if isinstance(page, TemplateResponse) and page.context_data:
            self._was_seen(request, page.context_data["cl"].result_list, "list in the administration")
        return page

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> M:
        found = super().get_object(request, object_id, from_field)
        if found and self.has_view_permission(request, found):
            self._was_seen(request, [found], "administration")
        return found

    def _was_seen(self, request: HttpRequest, records: Iterable[Any], page: str) -> None:
        shown = list(records)
        sees = request.user.has_perm(SEES_SUBJECTS)
        codenames = ", ".join(dict.fromkeys(one.subject.codename for one in shown)) if sees else ""
        services.look_at_outcomes(*shown, by=request.user, page=page, codename=codenames)  # type: ignore[arg-type]


@admin.register(EntryAssessment)
class EntryAssessmentAdmin(RecordAdmin[EntryAssessment]):
    """How harmful subjects were on entry."""

    list_display = ("id", "enquiry", "subject", "score", "scale", "assessed_on", "recorded_by", "recorded_at")
    list_filter = (("enquiry__grant", admin.RelatedOnlyFieldListFilter),)


@admin.register(Outcome)
class OutcomeAdmin(RecordAdmin[Outcome]):
    """What came of subjects."""

    list_display = (
        "id",
        "enquiry",
        "subject",
        "result",
        "disruption",
        "exit_score",
        "came_on",
        "recorded_by",
        "recorded_at",
    )
    list_filter = ("result", "disruption", ("enquiry__grant", admin.RelatedOnlyFieldListFilter))


@admin.register(Tasking)
class TaskingAdmin(VisibleAdmin[Tasking]):
    """Instructions to named officers; who they are stands in the list of assignments."""

    grant = "enquiry__grant"
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

    grant = "tasking__enquiry__grant"
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
    fields = (
        *list_display[:5],
        "pay_point",
        "annual_pay_pounds",
        "rule_set",
        "agreed_hourly_pounds",
        "agreed_multiplier",
        "on_cost",
        "authorised_pounds",
        "on_cost_pounds",
        "committed_pounds",
        "status",
        "reckoned",
    )

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
    def annual_pay_pounds(self, assignment: Assignment) -> str | None:
        return pounds(assignment.annual_pay_pence) or None

    @admin.display(description="Agreed hourly rate")
    def agreed_hourly_pounds(self, assignment: Assignment) -> str | None:
        return pounds(assignment.agreed_hourly_pence) or None

    @admin.display(description="On-cost on top of the pay")
    def on_cost(self, assignment: Assignment) -> str:
        return percent(assignment.on_cost_percent)

    @admin.display(description="Of which on-cost")
    def on_cost_pounds(self, assignment: Assignment) -> str:
        return pounds(assignment.on_cost_pence)

    @admin.display(description="How it is reckoned")
    def reckoned(self, assignment: Assignment) -> SafeString:
        return format_html_join("", "<p><strong>{}</strong> {}</p>", map(_line, assignment.lines))


def _line(line: Mapping[str, Any]) -> tuple[str, str]:
    """What a line of a duty comes to, and how."""
    on_cost = line.get("on_cost_pence", 0)
    besides = f" pay and {pounds(on_cost)} on-cost" if on_cost else ""
    return f"{pounds(line['pence'])}{besides}.", line["working"]


@admin.register(TimeOwed)
class TimeOwedAdmin(VisibleAdmin[TimeOwed]):
    """Time off that duties earned their officers; supervisors grant it on the service's own pages."""

    list_title = "Time owed"
    list_display = ("officer", "kind", "time", "duty", "status", "granted_day", "decided_by")
    list_filter = ("status", "kind", ("assignment__agency", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("assignment__officer", "assignment__tasking", "decided_by")
    search_fields = ("assignment__officer__display_name", "assignment__officer__staff_number")
    search_help_text = "Officer: rank and number, or staff number"
    fields = (
        "officer",
        "kind",
        "time",
        "duty",
        "because",
        "status",
        "granted_day",
        "decided_by",
        "decided_at",
        "reason",
    )

    @admin.display(description="Officer", ordering="assignment__officer__display_name")
    def officer(self, owed: TimeOwed) -> str:
        return str(owed.assignment.officer)

    @admin.display(description="Time", ordering="minutes")
    def time(self, owed: TimeOwed) -> str:
        return duration(owed.minutes) if owed.minutes else "A day"

    @admin.display(description="Duty", ordering="assignment__starts_at")
    def duty(self, owed: TimeOwed) -> str:
        return f"{day(owed.assignment.duty_on)}, {owed.assignment.tasking}"

    @admin.display(description="Granted for", ordering="granted_for")
    def granted_day(self, owed: TimeOwed) -> str:
        return day(owed.granted_for)


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


# Rosters


class RosterAdmin(LedgerAdmin[M]):
    """Rows about officers of a supervisor's own agency, never about themselves; auditors read them all."""

    search_fields = ("officer__display_name", "officer__staff_number")
    search_help_text = "Officer: rank and number, or staff number"

    def get_queryset(self, request: HttpRequest) -> QuerySet[M]:
        rows = super().get_queryset(request)
        if request.user.has_perm("grants.read_all_grants"):
            return rows
        return rows.filter(officer__in=_rostered_by(request.user))

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "officer":
            kwargs["queryset"] = _rostered_by(request.user)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


def _rostered_by(user: Any) -> QuerySet[User]:
    """Officers of a supervisor's own agency without the supervisor."""
    of_agency = Q(agency=user.agency_id, agency__isnull=False)
    return User.objects.filter(of_agency, groups__name="officer").exclude(pk=user.pk).order_by("display_name")


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
class RosteredTourAdmin(RosterAdmin[RosteredTour]):
    """Tours of duty as they are rostered: overtime cannot lie inside them."""

    form = TourForm
    list_display = ("officer", "duty")
    list_select_related = ("officer",)
    date_hierarchy = "starts_at"

    @admin.display(description="Tour", ordering="starts_at")
    def duty(self, tour: RosteredTour) -> str:
        return f"{day(tour.starts_at)}, {span(tour.starts_at, tour.ends_at)}"


@admin.register(RestDay)
class RestDayAdmin(RosterAdmin[RestDay]):
    """Rest days as they are rostered: a duty on one is paid as such."""

    list_display = ("officer", "rest_day")
    list_select_related = ("officer",)
    date_hierarchy = "day"

    @admin.display(description="Rest day", ordering="day")
    def rest_day(self, rest: RestDay) -> str:
        return day(rest.day)


class SubstitutedHolidayForm(PlainForm[SubstitutedHoliday]):
    """Another day that counts as an officer's public holiday, and what shows it."""

    rules = {"tasking_substitutedholiday_another_day": "A day cannot take its own place."}

    def clean_in_place_of(self) -> date:
        holiday: date = self.cleaned_data["in_place_of"]
        if not pay.is_public_holiday(holiday):
            raise ValidationError(f"{day(holiday)} is no public holiday of England")
        return holiday


@admin.register(SubstitutedHoliday)
class SubstitutedHolidayAdmin(RosterAdmin[SubstitutedHoliday]):
    """Days that count as an officer's public holiday in place of the holiday itself."""

    form = SubstitutedHolidayForm
    list_display = ("officer", "counting_day", "holiday_day", "evidence", "recorded_by")
    list_select_related = ("officer", "recorded_by")
    date_hierarchy = "day"

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Whoever wrote it last recorded it."""
        obj.recorded_by = request.user
        super().save_model(request, obj, form, change)

    @admin.display(description="Counts as the holiday", ordering="day")
    def counting_day(self, holiday: SubstitutedHoliday) -> str:
        return day(holiday.day)

    @admin.display(description="In place of", ordering="in_place_of")
    def holiday_day(self, holiday: SubstitutedHoliday) -> str:
        return day(holiday.in_place_of)


# Rules of pay


HOW_TO_TYPE = {
    "recall_minimum_minutes": "In minutes; 0 for one quarter of an hour.",
    "travel_limit_minutes": "In minutes, duty and travel together; empty: it always counts.",
    "london_weighting_pence": "Pounds a year; 0 where it is not counted.",
    "short_casual_occasion_counts": "Tick it if such a stay uses one up.",
}


class RuleSetForm(PlainForm[RuleSet]):
    """How an agency takes what differs by force or is unsettled, each switch as the rule book explains it."""

    recall_minimum_minutes = MinutesField(initial=0)
    travel_limit_minutes = MinutesField(initial=360, required=False)
    london_weighting_pence = PoundsField(initial=0, min_pence=0)
    force_day_starts = TimeField(initial=time(0))

    class Meta:
        labels = {"valid_from": "From", "source": "What it rests on"}
        help_texts = {"source": "Who decided it, when, and where that is kept."}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for switch in SWITCHES:
            field = self.fields[switch.name]
            said = HOW_TO_TYPE.get(switch.name, ""), switch.meaning, switch.standing.capitalize()
            field.label, field.help_text = switch.label, "{} {} {}: {}".format(*said, switch.source).strip()


@admin.register(RuleSet)
class RuleSetAdmin(RecordedAdmin[RuleSet]):
    """The rules of pay of an agency paid by payroll, from a day on; duties keep those they were tasked by."""

    form = RuleSetForm
    list_display = ("rule_set", "source", "state", "recorded_by", "confirmed_by")
    list_filter = (StateFilter, ("agency", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("agency", "recorded_by", "confirmed_by")
    fieldsets = (
        (None, {"fields": ("agency", "valid_from", "source")}),
        (
            "Where forces or lawyers differ",
            {
                "fields": tuple(switch.name for switch in SWITCHES),
                "description": "Where one of these decides what a duty comes to, its working says so.",
            },
        ),
    )

    def offered(self, request: HttpRequest) -> Mapping[str, QuerySet[Any]]:
        return {"agency": Agency.objects.filter(settled_by=Agency.SettledBy.PAYROLL)}

    def described(self, row: RuleSet) -> dict[str, str]:
        switches = {switch.label: switch.in_words(getattr(row, switch.name)) for switch in SWITCHES}
        return {
            "Agency": row.agency.name,
            "From": day(row.valid_from),
            "What it rests on": row.source,
            **switches,
            **people_of(row),
        }

    @admin.display(description="Rule set", ordering="valid_from")
    def rule_set(self, row: RuleSet) -> str:
        return str(row)
