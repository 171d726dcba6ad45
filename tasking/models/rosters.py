"""Officers' rest days, public holidays on other days, and ordinary tours of duty."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.db import models
from django.db.models import F, Q

from tasking.models.duties import moments_of

User_ = settings.AUTH_USER_MODEL


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
