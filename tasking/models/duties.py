"""Taskings, the assignments that commit money, and what happened to them."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Now

from grants.models import DutyType, Grant
from overtime_ledger.accounts.models import Agency, RankHeld
from tasking.models.enquiries import Enquiry

if TYPE_CHECKING:
    from overtime_ledger.accounts.models import User

User_ = settings.AUTH_USER_MODEL


def moments_of(person: str) -> tuple[tuple[Func, str], tuple[Func, str]]:
    """The parts of an exclusion: the same person, at overlapping moments (touching ends are fine)."""
    return (
        (Func(F(person), F(person), Value("[]"), function="int8range"), RangeOperators.OVERLAPS),
        (Func(F("starts_at"), F("ends_at"), function="tstzrange"), RangeOperators.OVERLAPS),
    )


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
