"""Subjects, enquiries, taskings and the assignments that commit money."""

from __future__ import annotations

import secrets
from calendar import day_name
from datetime import date, time
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Now

from grants.models import BudgetLine, Grant
from grants.models import DutyType as DutyType  # rate cards name the kinds of duty too
from overtime_ledger.accounts.models import Agency, RankHeld

if TYPE_CHECKING:
    from overtime_ledger.accounts.models import User

User_ = settings.AUTH_USER_MODEL
WEEKDAYS = tuple(day_name)
CODENAME_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # no 0, 1, I or O to misread


def new_codename() -> str:
    """A random codename that says nothing about the person: MM-7F3K."""
    return "MM-" + "".join(secrets.choice(CODENAME_LETTERS) for _ in range(4))


def moments_of(person: str) -> tuple[tuple[Func, str], tuple[Func, str]]:
    """The parts of an exclusion: the same person, at overlapping moments (touching ends are fine)."""
    return (
        (Func(F(person), F(person), Value("[]"), function="int8range"), RangeOperators.OVERLAPS),
        (Func(F("starts_at"), F("ends_at"), function="tstzrange"), RangeOperators.OVERLAPS),
    )


class Subject(models.Model):
    """A subject of enquiries, by generated codename only; the key to the person lies outside."""

    codename = models.CharField(max_length=7, unique=True, default=new_codename, editable=False)
    created_by = models.ForeignKey(User_, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ("codename",)
        constraints = (
            models.CheckConstraint(
                condition=Q(codename__regex=r"^MM-[2-9A-HJ-NP-Z]{4}$"), name="tasking_subject_codename_only"
            ),
        )

    def __str__(self) -> str:
        return self.codename


class EnquiryQuerySet(models.QuerySet["Enquiry"]):
    def visible_to(self, user: User) -> EnquiryQuerySet:
        """Enquiries of grants the person may open."""
        return self.filter(grant__in=Grant.objects.visible_to(user))


class Enquiry(models.Model):
    """A piece of work against one or more subjects; it owns a budget line."""

    class Kind(models.TextChoices):
        SURVEILLANCE = "surveillance", "Surveillance"
        FINANCIAL = "financial", "Financial enquiry"
        COMMUNICATIONS = "communications", "Communications data"
        SEARCH = "search", "Search and arrest"
        INTELLIGENCE = "intelligence", "Intelligence development"
        OTHER = "other", "Other fuller enquiry"

    class Status(models.TextChoices):
        OPEN = "open", "Open"
        CLOSED = "closed", "Closed"

    grant = models.ForeignKey(Grant, on_delete=models.PROTECT, related_name="enquiries")
    name = models.CharField(max_length=40, help_text="A neutral name: Enquiry 7.")
    line = models.OneToOneField(BudgetLine, on_delete=models.PROTECT, related_name="enquiry")
    subjects = models.ManyToManyField(Subject, related_name="enquiries")
    objective = models.TextField()
    kind = models.CharField(max_length=16, choices=Kind.choices)
    entry_score = models.DecimalField(
        max_digits=5,
        decimal_places=1,
        null=True,
        blank=True,
        help_text="MoRiLE score as stated by the analyst.",
    )
    entry_score_by = models.CharField(max_length=80, blank=True, help_text="The analyst who stated it.")
    status = models.CharField(max_length=6, choices=Status.choices, default=Status.OPEN)
    opened_by = models.ForeignKey(User_, on_delete=models.PROTECT, related_name="+")
    opened_on = models.DateField()
    closed_by = models.ForeignKey(User_, on_delete=models.PROTECT, null=True, related_name="+")
    closed_on = models.DateField(null=True)

    objects = EnquiryQuerySet.as_manager()

    class Meta:
        ordering = ("name",)
        verbose_name_plural = "enquiries"
        constraints = (
            models.UniqueConstraint(fields=("grant", "name"), name="tasking_enquiry_name_in_grant"),
            models.CheckConstraint(
                condition=Q(entry_score__isnull=True, entry_score_by="")
                | Q(entry_score__isnull=False, entry_score__gte=0) & ~Q(entry_score_by=""),
                name="tasking_enquiry_score_is_stated",
            ),
        )

    def __str__(self) -> str:
        return self.name


class TaskingQuerySet(models.QuerySet["Tasking"]):
    def visible_to(self, user: User) -> TaskingQuerySet:
        """Taskings of grants the person may open, and those of assignments they may see."""
        seen = Assignment.objects.visible_to(user).order_by().values("tasking")
        return self.filter(Q(enquiry__grant__in=Grant.objects.visible_to(user)) | Q(pk__in=seen))


class Tasking(models.Model):
    """An instruction by the DI to named officers for one dated duty."""

    class Status(models.TextChoices):
        ISSUED = "issued", "Issued"
        CANCELLED = "cancelled", "Cancelled"

    enquiry = models.ForeignKey(Enquiry, on_delete=models.PROTECT, related_name="taskings")
    duty_type = models.CharField(max_length=16, choices=DutyType.choices)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    break_minutes = models.PositiveSmallIntegerField(default=0)
    travel_minutes = models.PositiveSmallIntegerField(
        default=0, db_default=0, help_text="Counts only where the rule of the duty counts travel."
    )
    reason = models.TextField()
    retrospective_reason = models.TextField(
        blank=True, help_text="Why it was tasked after the duty began (T09)."
    )
    told_at = models.DateTimeField(help_text="When the officers were told.")
    status = models.CharField(max_length=9, choices=Status.choices, default=Status.ISSUED)
    issued_by = models.ForeignKey(User_, on_delete=models.PROTECT, related_name="+")
    issued_at = models.DateTimeField()
    capacity = models.CharField(
        max_length=40, help_text="In whose name: controlling DI, or for the controlling DI."
    )

    objects = TaskingQuerySet.as_manager()

    class Meta:
        ordering = ("-starts_at", "-id")
        permissions = (("task_officers", "Opens enquiries and tasks officers on a grant they control"),)
        constraints = (
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="tasking_tasking_ends_after_start"
            ),
        )
        indexes = (models.Index(fields=("-starts_at", "-id"), name="tasking_tasking_newest"),)

    def __str__(self) -> str:
        return f"Tasking {self.pk}"


class AssignmentQuerySet(models.QuerySet["Assignment"]):
    def live(self) -> AssignmentQuerySet:
        return self.filter(status__in=Assignment.LIVE)

    def to_claim(self) -> AssignmentQuerySet:
        """Duties that can be claimed: tasked and not yet claimed."""
        return self.filter(status=Assignment.Status.TASKED)

    def visible_to(self, user: User) -> AssignmentQuerySet:
        """One's own; one's agency's for its clerks and supervisors; those of grants one may open."""
        seen = Q(officer=user) | Q(tasking__enquiry__grant__in=Grant.objects.visible_to(user))
        if user.has_perm("claims.claim_for_agency") or user.has_perm("claims.certify_claim"):
            seen |= Q(agency=user.agency_id)
        return self.filter(seen)


class Assignment(models.Model):
    """One officer on one tasking: the commitment. Rank, rate and rules are frozen when it is tasked."""

    class Status(models.TextChoices):
        TASKED = "tasked", "Tasked"
        CLAIMED = "claimed", "Claimed"
        CLOSED = "closed", "Closed"
        DECLINED = "declined", "Declined"
        CANCELLED = "cancelled", "Cancelled"
        RELEASED = "released", "Released unclaimed"

    LIVE = (Status.TASKED, Status.CLAIMED)

    tasking = models.ForeignKey(Tasking, on_delete=models.PROTECT, related_name="assignments")
    officer = models.ForeignKey(User_, on_delete=models.PROTECT, related_name="assignments")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="assignments")
    starts_at = models.DateTimeField(help_text="As tasked; once claimed, as claimed.")
    ends_at = models.DateTimeField(help_text="As tasked; once claimed, as claimed.")
    duty_on = models.DateField(help_text="The day of the duty: its money is dated by it.")
    rank = models.CharField(max_length=16, choices=RankHeld.Rank.choices)
    grade = models.CharField(max_length=40)
    pay_point = models.CharField(max_length=80, blank=True, db_default="", help_text="Lead force: the point.")
    annual_pay_pence = models.BigIntegerField(null=True, help_text="Lead force: the pay it is reckoned from.")
    rule_set = models.ForeignKey(
        "RuleSet", on_delete=models.PROTECT, null=True, related_name="+", help_text="Lead force: its rules."
    )
    agreed_hourly_pence = models.PositiveIntegerField(null=True, help_text="Other agencies: the agreed rate.")
    agreed_multiplier = models.CharField(max_length=7, blank=True)
    on_cost_percent = models.DecimalField(max_digits=6, decimal_places=3, default=Decimal(0), db_default=0)
    casual_occasion = models.PositiveSmallIntegerField(null=True)
    follows_tour = models.BooleanField(default=False)
    weekly_minutes_before = models.PositiveIntegerField(default=0)
    authorised_pence = models.BigIntegerField(help_text="The price of what was authorised, on-cost included.")
    on_cost_pence = models.BigIntegerField(
        default=0, db_default=0, help_text="How much of the price is on-cost."
    )
    committed_pence = models.BigIntegerField(
        help_text="What stands on the ladder for it now, above available."
    )
    authorised_minutes = models.PositiveIntegerField()
    lines = models.JSONField(default=list, help_text="How the price came about, line by line.")
    claim_until = models.DateField(
        null=True, help_text="By a named exception it can be claimed, late as it is, up to this day."
    )
    notes = models.JSONField(
        default=list, help_text="Questions raised when it was tasked: code, level, question."
    )
    status = models.CharField(max_length=9, choices=Status.choices, default=Status.TASKED)

    objects = AssignmentQuerySet.as_manager()

    class Meta:
        ordering = ("starts_at", "id")
        constraints = (
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="tasking_assignment_ends_after_start"
            ),
            models.CheckConstraint(
                condition=Q(committed_pence__gte=0, authorised_pence__gte=0),
                name="tasking_assignment_pence_positive",
            ),
            models.CheckConstraint(
                condition=Q(status__in=("tasked", "claimed", "closed")) | Q(committed_pence=0),
                name="tasking_assignment_ended_holds_nothing",
            ),
            models.CheckConstraint(
                # Said of empty columns too: a check that comes to NULL lets a row pass.
                condition=Q(
                    annual_pay_pence__isnull=False,
                    annual_pay_pence__gt=0,
                    agreed_hourly_pence__isnull=True,
                    agreed_multiplier="",
                )
                | Q(
                    annual_pay_pence__isnull=True,
                    agreed_hourly_pence__isnull=False,
                    agreed_hourly_pence__gt=0,
                )
                & ~Q(agreed_multiplier=""),
                name="tasking_assignment_one_basis_of_pay",
            ),
            models.CheckConstraint(
                condition=Q(
                    on_cost_percent__gte=0, on_cost_pence__gte=0, on_cost_pence__lte=F("authorised_pence")
                ),
                name="tasking_assignment_on_cost_within_pence",
            ),
            models.UniqueConstraint(fields=("tasking", "officer"), name="tasking_assignment_once_on_tasking"),
            ExclusionConstraint(
                name="tasking_assignment_no_overlap",
                expressions=moments_of("officer_id"),
                condition=Q(status__in=("tasked", "claimed")),
            ),
        )
        indexes = (
            models.Index(fields=("officer", "status", "starts_at"), name="tasking_assignment_of_officer"),
            models.Index(fields=("agency", "status"), name="tasking_assignment_of_agency"),
            models.Index(
                fields=("duty_on",), condition=Q(status="tasked"), name="tasking_assignment_unclaimed"
            ),
        )

    def __str__(self) -> str:
        return f"{self.officer} on {self.tasking}"

    @property
    def pay_pence(self) -> int:
        """The price of what was authorised without its on-cost."""
        return self.authorised_pence - self.on_cost_pence

    @property
    def multiplier(self) -> Fraction | None:
        """The agreed multiplier of another agency, exact; None for the lead force."""
        return Fraction(self.agreed_multiplier) if self.agreed_multiplier else None


class RuleSetQuerySet(models.QuerySet["RuleSet"]):
    def on(self, day: date) -> RuleSetQuerySet:
        """For each agency the rule set in force on a day: of those confirmed, the latest."""
        known = self.filter(confirmed_by__isnull=False, valid_from__lte=day)
        return known.order_by("agency_id", "-valid_from", "-id").distinct("agency_id")


class RuleSet(models.Model):
    """How an agency paid by payroll takes what differs by force or is unsettled in law, from a day on.

    Recorded by one person and confirmed by another; from then on it stands, and duties keep the one under
    which they were tasked. What each switch means is said in `tasking.pay.Switches`.
    """

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="rule_sets")
    valid_from = models.DateField(help_text="First day of duties to which it applies.")
    recall_minimum_minutes = models.PositiveSmallIntegerField(
        default=0, help_text="The least a recall counts; 0: one quarter of an hour. Disputed for 2021."
    )
    travel_limit_minutes = models.PositiveSmallIntegerField(
        default=360,
        null=True,
        blank=True,
        help_text="Travel counts where duty and travel together are at most this; empty: always.",
    )
    london_weighting_pence = models.BigIntegerField(
        default=0, help_text="A year's London weighting where it is counted in the hourly rate; else 0."
    )
    short_casual_occasion_counts = models.BooleanField(
        default=False,
        help_text="Whether a casual stay under 30 minutes uses up one of the four occasions of the week.",
    )
    week_starts_on = models.PositiveSmallIntegerField(
        default=0, choices=tuple(enumerate(WEEKDAYS)), help_text="First day of the force's week."
    )
    force_day_starts = models.TimeField(default=time(0), help_text="When the day of the force begins.")
    source = models.CharField(max_length=300, help_text="What it rests on: who decided it, and where it is.")
    recorded_by = models.ForeignKey(User_, on_delete=models.PROTECT, related_name="+", editable=False)
    confirmed_by = models.ForeignKey(
        User_, on_delete=models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )

    objects = RuleSetQuerySet.as_manager()

    class Meta:
        ordering = ("agency", "-valid_from", "-id")
        constraints = (
            models.CheckConstraint(
                condition=Q(week_starts_on__lte=6, london_weighting_pence__gte=0),
                name="tasking_ruleset_switches_possible",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by__isnull=True) | ~Q(confirmed_by=F("recorded_by")),
                name="tasking_ruleset_two_people",
            ),
        )

    def __str__(self) -> str:
        return f"Rule set of {self.agency} from {self.valid_from:%-d %B %Y}"


class RestDay(models.Model):
    """A rostered rest day of an officer: the whole of that day of the force."""

    officer = models.ForeignKey(User_, on_delete=models.PROTECT, related_name="rest_days")
    day = models.DateField()

    class Meta:
        ordering = ("officer", "-day")
        constraints = (models.UniqueConstraint(fields=("officer", "day"), name="tasking_restday_once_a_day"),)

    def __str__(self) -> str:
        return f"{self.officer}: rest day {self.day:%d %b %Y}"


class SubstitutedHoliday(models.Model):
    """A day that counts as an officer's public holiday instead of the holiday itself, with its evidence."""

    officer = models.ForeignKey(User_, on_delete=models.PROTECT, related_name="substituted_holidays")
    day = models.DateField(help_text="The day that counts as the public holiday.")
    in_place_of = models.DateField(help_text="The public holiday of England that was given up for it.")
    evidence = models.CharField(
        max_length=200, help_text="What shows it: who approved it, when, where it is."
    )
    recorded_by = models.ForeignKey(User_, on_delete=models.PROTECT, related_name="+", editable=False)

    class Meta:
        ordering = ("officer", "-day")
        constraints = (
            models.UniqueConstraint(fields=("officer", "day"), name="tasking_substitutedholiday_once_a_day"),
            models.UniqueConstraint(
                fields=("officer", "in_place_of"), name="tasking_substitutedholiday_once_a_holiday"
            ),
            models.CheckConstraint(
                condition=~Q(day=F("in_place_of")), name="tasking_substitutedholiday_another_day"
            ),
            models.CheckConstraint(
                condition=~Q(recorded_by=F("officer")), name="tasking_substitutedholiday_not_ones_own"
            ),
            models.CheckConstraint(condition=~Q(evidence=""), name="tasking_substitutedholiday_has_evidence"),
        )

    def __str__(self) -> str:
        return f"{self.officer}: {self.day:%d %b %Y} for {self.in_place_of:%d %b %Y}"


class TimeOwedQuerySet(models.QuerySet["TimeOwed"]):
    def due(self) -> TimeOwedQuerySet:
        return self.filter(status=TimeOwed.Status.DUE)

    def visible_to(self, user: User) -> TimeOwedQuerySet:
        """One's own; one's agency's for its clerks and supervisors; those of grants one may open."""
        return self.filter(assignment__in=Assignment.objects.visible_to(user).order_by())


class TimeOwed(models.Model):
    """Time off that a duty earned its officer, kept in sight until granted. It costs the grant nothing."""

    class Kind(models.TextChoices):
        REST_DAY = "rest_day", "Another rest day"
        LIEU_DAY = "lieu_day", "Day off in lieu of a public holiday"
        TOIL = "toil", "Time off in lieu"

    class Status(models.TextChoices):
        DUE = "due", "Due"
        GRANTED = "granted", "Granted"
        NOT_DUE = "not_due", "Not due"

    assignment = models.ForeignKey(Assignment, on_delete=models.PROTECT, related_name="time_owed")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    minutes = models.PositiveIntegerField(help_text="Minutes of time off in lieu; 0 for a whole day.")
    because = models.TextField(help_text="How it arose, in words.")
    status = models.CharField(max_length=7, choices=Status.choices, default=Status.DUE)
    granted_for = models.DateField(null=True, help_text="The day that was given.")
    decided_by = models.ForeignKey(User_, on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    reason = models.TextField(blank=True, help_text="Why it is not due after all.")

    objects = TimeOwedQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        verbose_name = "time owed"
        verbose_name_plural = "time owed"
        constraints = (
            models.UniqueConstraint(
                fields=("assignment", "kind", "because"), name="tasking_timeowed_once_for_a_reason"
            ),
            models.CheckConstraint(
                condition=Q(kind="toil", minutes__gt=0) | ~Q(kind="toil") & Q(minutes=0),
                name="tasking_timeowed_minutes_or_a_day",
            ),
            models.CheckConstraint(
                condition=Q(status="granted", granted_for__isnull=False, decided_by__isnull=False)
                | ~Q(status="granted") & Q(granted_for__isnull=True),
                name="tasking_timeowed_granted_by_someone",
            ),
        )
        indexes = (models.Index(fields=("status", "-id"), name="tasking_timeowed_by_status"),)

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.assignment}"


class RosteredTour(models.Model):
    """An officer's ordinary tour of duty on a day: overtime cannot lie inside it (C08)."""

    officer = models.ForeignKey(User_, on_delete=models.PROTECT, related_name="tours")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    class Meta:
        ordering = ("officer", "-starts_at")
        constraints = (
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="tasking_rosteredtour_ends_after_start"
            ),
            ExclusionConstraint(name="tasking_rosteredtour_no_overlap", expressions=moments_of("officer_id")),
        )

    def __str__(self) -> str:
        return f"{self.officer}: tour of {self.starts_at:%d %b %Y}"


class TaskingEvent(models.Model):
    """Something that happened to a tasking: who, when, what, why, and the pounds. Append-only."""

    class Verb(models.TextChoices):
        ISSUED = "issued", "Issued"
        SHORTENED = "shortened", "Shortened"
        CANCELLED = "cancelled", "Cancelled"
        DECLINED = "declined", "Declined by the officer"
        EXTENDED = "extended", "More time granted"
        TAKEN_UP = "taken_up", "Open again for a late claim"
        RELEASED = "released", "Released unclaimed"

    tasking = models.ForeignKey(Tasking, on_delete=models.PROTECT, related_name="events")
    assignment = models.ForeignKey(Assignment, on_delete=models.PROTECT, null=True, related_name="events")
    verb = models.CharField(max_length=9, choices=Verb.choices)
    by = models.ForeignKey(User_, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    recorded_at = models.DateTimeField(db_default=Now())
    reason = models.TextField(blank=True)
    pence = models.BigIntegerField(help_text="Committed (positive) or given back (negative).")
    minutes = models.JSONField(
        default=dict, help_text="Minutes authorised from then on, by the id of each assignment it changed."
    )
    capacity = models.CharField(max_length=40, blank=True)

    class Meta:
        ordering = ("at", "id")

    def __str__(self) -> str:
        return f"{self.tasking}: {self.get_verb_display()}"
