"""Time off that duties earned."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q

from tasking.models.duties import Assignment

if TYPE_CHECKING:
    from overtime_ledger.accounts.models import User

User_ = settings.AUTH_USER_MODEL


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
