"""What people type of a duty: who is tasked when, why it ends earlier; and which duties a list shows."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from itertools import groupby
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.datastructures import MultiValueDict
from django.utils.dateparse import parse_date
from django.utils.html import format_html

from grants.models import Grant
from overtime_ledger import clock
from overtime_ledger.accounts.models import Agency, RankHeld, User
from overtime_ledger.forms import (
    DayField,
    MinutesField,
    ModelChoiceField,
    ModelChoiceIterator,
    ModelMultipleChoiceField,
    ReasonField,
    TimeField,
    borne_by,
)
from overtime_ledger.money import pounds
from tasking import selectors
from tasking.models import Assignment, AssignmentQuerySet, DutyType, Enquiry, Tasking
from tasking.quotes import Plan

COUNT_TRAVEL = (DutyType.REST_DAY, DutyType.PUBLIC_HOLIDAY, DutyType.RECALL)
LONGEST_TRAVEL = 12 * 60


class EnquiryChoice(ModelChoiceField[Enquiry]):
    """An enquiry with the money it has."""

    def label_from_instance(self, obj: Enquiry) -> str:
        return f"{obj}: {pounds(obj.line.available)} available"


class OfficerGroups(ModelChoiceIterator[User]):
    """Officers under the name of their agency."""

    def __iter__(self) -> Iterator[Any]:
        for agency, officers in groupby(self.queryset, key=lambda officer: officer.agency):
            yield agency.name if agency else "", [self.choice(officer) for officer in officers]


class OfficersField(ModelMultipleChoiceField[User]):
    """Officers to tick, by agency, each with rank and number."""

    iterator = OfficerGroups
    widget = forms.CheckboxSelectMultiple(attrs={"class": "officers"})
    ranks: Mapping[int, RankHeld] = {}

    def label_from_instance(self, obj: User) -> str:
        held = self.ranks.get(obj.pk)
        rank = held.grade or held.get_rank_display() if held else "No rank on record"
        return format_html('{}<span class="choice__hint">{}</span>', obj, rank)


class DutyForm(forms.Form):
    """A duty as it is typed: kind, day, times and officers. An end at or before the start is the next day."""

    duty_type = forms.ChoiceField(
        label="Kind of duty", choices=DutyType.choices, initial=DutyType.PLANNED.value
    )
    day = DayField(label="Date of the duty", help_text="For example, 10 3 2021")
    starts = TimeField(label="Start")
    ends = TimeField(label="End", help_text="At or before the start means the next day.")
    break_minutes = MinutesField(
        label="Unpaid break, in minutes", required=False, max_minutes=8 * 60, initial=0
    )
    travel_minutes = MinutesField(
        label="Travel, in minutes",
        required=False,
        max_minutes=LONGEST_TRAVEL,
        help_text="There and back. Counts for rest days, public holidays and recalls where duty and travel "
        "together are at most 6 hours; a force’s rule set may say otherwise.",
    )
    told_on = DayField(
        label="Told on",
        required=False,
        help_text="The notice that decides the pay is reckoned from it. Left empty: now.",
    )
    told_time = TimeField(label="Told at", required=False)
    officers = OfficersField(
        queryset=User.objects.none(),
        error_messages={
            "required": "Choose at least one officer",
            "invalid_choice": "One of these officers can no longer be tasked; the others are still chosen",
        },
    )

    def offer_officers(self, grants: Sequence[Grant]) -> None:
        """Let officers be chosen who can be tasked under some grants, each with today's rank."""
        officers = cast(OfficersField, self.fields["officers"])
        officers.queryset = selectors.officers_to_task(*grants)
        officers.ranks = selectors.ranks_on(officers.queryset, clock.now())

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or {}
        day, start, end = typed.get("day"), typed.get("starts"), typed.get("ends")
        if day and start is not None and end is not None:
            self._read_times(day, start, end)
        if typed.get("starts_at") and typed.get("ends_at"):
            self._question_times(typed)
        self._read_told(typed.get("told_on"), typed.get("told_time"))
        return typed

    def _read_times(self, day: date, start: time, end: time) -> None:
        """Put the moments beside what was typed; an end at or before the start is on the next day."""
        if start == end:
            self.add_error("ends", "The duty ends when it starts: enter another end")
            return
        days = {"starts": day, "ends": day + timedelta(days=end < start)}
        for name, at in (("starts", start), ("ends", end)):
            try:
                self.cleaned_data[f"{name}_at"] = moment(days[name], at)
            except ValidationError as error:
                self.add_error(name, error)

    def _question_times(self, typed: Mapping[str, Any]) -> None:
        if timedelta(minutes=typed.get("break_minutes") or 0) >= typed["ends_at"] - typed["starts_at"]:
            self.add_error("break_minutes", "The break is as long as the duty: enter a shorter break")

    def _read_told(self, day: date | None, at: time | None) -> None:
        """Put the moment beside what was typed; nothing typed is now, by the tasking itself."""
        self.cleaned_data["told_at"] = None
        if (day is None and at is None) or {"told_on", "told_time"} & self.errors.keys():
            return
        if day is None:
            self.add_error("told_on", "Enter the date on which the officers were told as well")
        elif at is None:
            self.add_error("told_time", "Enter the time at which the officers were told as well")
        else:
            self._told(day, at)

    def _told(self, day: date, at: time) -> None:
        try:
            self.cleaned_data["told_at"] = moment(day, at)
        except ValidationError as error:
            self.add_error("told_time", error)
        else:
            self._question_told(self.cleaned_data["told_at"])

    def _question_told(self, told_at: datetime) -> None:
        """Nothing is asked of the notice of a duty that is only thought of."""


class TaskForm(DutyForm):
    """A duty and the officers to task to it: typed, carried by the check page, and confirmed."""

    enquiry = EnquiryChoice(
        queryset=Enquiry.objects.none(),
        empty_label="Choose an enquiry",
        error_messages={
            "required": "Choose an enquiry",
            "invalid_choice": "This enquiry is closed, or not yours to task: choose another",
        },
    )
    reason = ReasonField(
        label="Reason",
        help_text="What the duty is for. The officers read it. No personal data of the public.",
    )
    retrospective_reason = ReasonField(
        label="Why it was not tasked beforehand",
        required=False,
        help_text="The duty has begun already. Whoever approves the claim reads this.",
    )
    expected_pence = forms.IntegerField(required=False, widget=forms.HiddenInput)
    field_order = ("enquiry", *DutyForm.base_fields, "retrospective_reason")

    def __init__(self, data: Any = None, *, by: User, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.offer_officers(list(selectors.grants_controlled(by)))
        cast(EnquiryChoice, self.fields["enquiry"]).queryset = selectors.enquiries_to_task(by)
        self.is_retrospective = False

    def _question_told(self, told_at: datetime) -> None:
        if told_at > clock.now():
            name = "told_on" if timezone.localdate(told_at) > clock.today() else "told_time"
            self.add_error(
                name, "The officers cannot have been told in the future: enter when they were told"
            )

    @property
    def asks_when_told(self) -> bool:
        """Whether the fields of when the officers were told stand open: now would be late, or it is typed."""
        typed = any([self["told_time"].value(), *(self["told_on"].value() or ())])
        return self.is_retrospective or typed

    def _question_times(self, typed: Mapping[str, Any]) -> None:
        super()._question_times(typed)
        self.is_retrospective = typed["starts_at"] < clock.now()
        self.fields["retrospective_reason"].required = self.is_retrospective
        late_reason = typed.get("retrospective_reason") or self.errors.get("retrospective_reason")
        if self.is_retrospective and not late_reason:
            self.add_error(
                "retrospective_reason", "The duty has begun already: say why it was not tasked beforehand"
            )

    def plan(self) -> Plan:
        """The plan that was typed. Only after `is_valid()`."""
        typed = self.cleaned_data
        return Plan(
            enquiry=typed["enquiry"],
            duty_type=typed["duty_type"],
            starts_at=typed["starts_at"],
            ends_at=typed["ends_at"],
            officers=list(typed["officers"]),
            reason=typed["reason"],
            break_minutes=typed["break_minutes"] or 0,
            travel_minutes=typed["travel_minutes"] or 0,
            told_at=typed["told_at"],
            retrospective_reason=typed["retrospective_reason"] if self.is_retrospective else "",
        )


def moment(day: date, at: time) -> datetime:
    """A wall time as a moment. Raises ValidationError for a time that the clocks leap over in spring."""
    found = clock.london(day, at)
    if timezone.localtime(found).time() != at:
        raise ValidationError(
            f"The clocks go forward that night, and {at:%H:%M} on {day:%-d %B %Y} does not exist: "
            "enter a time before 01:00 or from 02:00",
            code="leapt_over",
        )
    return found


def as_typed(plan: Plan) -> MultiValueDict[str, str]:
    """A plan as somebody would type it into TaskForm: for hidden fields and for the same again."""
    start, end = timezone.localtime(plan.starts_at), timezone.localtime(plan.ends_at)
    told = timezone.localtime(plan.told_at) if plan.told_at else None
    return MultiValueDict(
        {
            "enquiry": [str(plan.enquiry.pk)],
            "duty_type": [plan.duty_type],
            "day_0": [str(start.day)],
            "day_1": [str(start.month)],
            "day_2": [str(start.year)],
            "starts": [f"{start:%H:%M}"],
            "ends": [f"{end:%H:%M}"],
            "break_minutes": [str(plan.break_minutes)],
            "travel_minutes": [str(plan.travel_minutes or "")],
            "told_on_0": [str(told.day) if told else ""],
            "told_on_1": [str(told.month) if told else ""],
            "told_on_2": [str(told.year) if told else ""],
            "told_time": [f"{told:%H:%M}" if told else ""],
            "officers": [str(officer.pk) for officer in plan.officers],
            "reason": [plan.reason],
            "retrospective_reason": [plan.retrospective_reason],
        }
    )


def as_linked(query: QueryDict) -> dict[str, Any]:
    """What an address says of a duty, for TaskForm to begin with; what cannot be read is left out."""
    linked: dict[str, Any] = query.dict() | {"officers": query.getlist("officers")}
    day = parse_date(linked.pop("day", ""))
    return linked | {"day": day} if day else linked


class GiveBackForm(forms.Form):
    """Why a duty, or an officer's part in it, ends; with the pounds that the page said would return."""

    reason = ReasonField(label="Reason", help_text="It stays on the tasking’s timeline.")
    expected_pence = forms.IntegerField(required=False, widget=forms.HiddenInput)


class ShortenForm(GiveBackForm):
    """An earlier end of a tasking."""

    ends = TimeField(label="New end")
    field_order = ("ends", "reason")

    def __init__(self, data: Any = None, *, tasking: Tasking, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.tasking = tasking

    def clean_ends(self) -> time:
        """The first time after the start that the clock shows what was typed."""
        at = cast(time, self.cleaned_data["ends"])
        start = timezone.localtime(self.tasking.starts_at)
        ends_at = moment(start.date() + timedelta(days=at <= start.time()), at)
        if ends_at >= self.tasking.ends_at:
            raise ValidationError("Enter a time between the start and the present end", code="not_shorter")
        self.ends_at = ends_at
        return at

    def decided(self) -> dict[str, Any]:
        """What was typed, as arguments of `services.shorten`. Only after `is_valid()`."""
        typed = self.cleaned_data
        return {
            "ends_at": self.ends_at,
            "reason": typed["reason"],
            "expected_pence": typed["expected_pence"],
        }


class TaskingFilter(forms.Form):
    """Which taskings a list shows: each condition is met by one and the same officer's duty."""

    enquiry = ModelChoiceField(Enquiry.objects.none(), required=False, empty_label="All")
    agency = ModelChoiceField(Agency.objects.none(), required=False, empty_label="All")
    officer = forms.CharField(
        required=False,
        label="Officer’s number",
        widget=forms.TextInput(attrs={"class": "input--10", "autocomplete": "off"}),
    )
    duty_type = forms.ChoiceField(
        required=False,
        label="Kind of duty",
        choices=[("", "All"), *((kind.value, kind.label.partition(":")[0]) for kind in DutyType)],
    )
    status = forms.ChoiceField(required=False, choices=[("", "All"), *Assignment.Status.choices])

    def __init__(self, data: Any, *, seen: QuerySet[Assignment], by: User) -> None:
        super().__init__(data)
        self.fields["from"] = DayField(required=False, label="From")  # a word Python keeps for itself
        self.fields["to"] = DayField(required=False, label="To")
        self._set("enquiry", borne_by(Enquiry.objects.order_by("pk"), seen, "tasking__enquiry"))
        self._set("agency", borne_by(Agency.objects.all(), seen, "agency", "status"))
        if not seen.exclude(officer=by).exists():  # an officer's own duties are of one officer and one agency
            del self.fields["agency"], self.fields["officer"]

    def _set(self, name: str, queryset: QuerySet[Any]) -> None:
        cast("ModelChoiceField[Any]", self.fields[name]).queryset = queryset

    def narrow(self, assignments: AssignmentQuerySet) -> AssignmentQuerySet:
        """The officers' duties that were asked for; a filter that cannot be read finds none."""
        if not self.is_valid():
            return assignments.none()
        chosen = self.cleaned_data
        conditions = {
            "tasking__enquiry": chosen.get("enquiry"),
            "agency": chosen.get("agency"),
            "tasking__duty_type": chosen.get("duty_type"),
            "status": chosen.get("status"),
            "duty_on__gte": chosen.get("from"),
            "duty_on__lte": chosen.get("to"),
        }
        if number := chosen.get("officer", "").strip():
            assignments = assignments.filter(
                Q(officer__staff_number__iexact=number) | Q(officer__display_name__iexact=number)
            )
        return assignments.filter(**{name: value for name, value in conditions.items() if value})
