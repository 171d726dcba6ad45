"""Periods of a grant's books: the months of its window, then one for adjustments until the books close."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Now

from grants.models.grant import Grant, days_between

if TYPE_CHECKING:
    from overtime_ledger.accounts.models import User

User_ = settings.AUTH_USER_MODEL


class PeriodQuerySet(models.QuerySet["Period"]):
    def visible_to(self, user: User) -> PeriodQuerySet:
        """Those of the grants a person may open."""
        return self.filter(grant__in=Grant.objects.visible_to(user))

    def around(self, day: date) -> PeriodQuerySet:
        """The period in which a day lies."""
        return self.filter(starts_on__lte=day, ends_on__gte=day)


class Period(models.Model):
    """Days of a grant's books that are closed together: what is posted on them is of this period.

    Open, it takes every entry. Soft-closed, it takes payments, reversals and what gives money back.
    Hard-closed, nothing is ever posted on its days again, nor on any day before: the database sees to it.
    """

    class State(models.TextChoices):
        OPEN = "open", "Open"
        SOFT = "soft", "Soft-closed"
        HARD = "hard", "Closed for good"

    grant = models.ForeignKey(Grant, on_delete=models.PROTECT, related_name="periods", db_index=False)
    number = models.CharField(
        max_length=3, help_text="Month of the financial year: P1 is April; P13 adjusts."
    )
    starts_on = models.DateField()
    ends_on = models.DateField(help_text="Its last day.")
    adjusting = models.BooleanField(default=False, help_text="After the window, until the books close.")
    state = models.CharField(max_length=4, choices=State.choices, default=State.OPEN)
    closed_on = models.DateField(null=True, help_text="The business date on which it was closed for good.")

    objects = PeriodQuerySet.as_manager()

    class Meta:
        ordering = ("grant", "starts_on")
        permissions = (("close_period", "Closes periods of the books, and opens soft-closed ones again"),)
        constraints = (
            models.UniqueConstraint(fields=("grant", "starts_on"), name="grants_period_starts_once"),
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")), name="grants_period_dates_in_order"
            ),
            models.CheckConstraint(
                condition=Q(state="hard", closed_on__gt=F("ends_on"))
                | ~Q(state="hard") & Q(closed_on__isnull=True),
                name="grants_period_closed_after_its_end",
            ),
            ExclusionConstraint(
                name="grants_period_no_overlap",
                expressions=(
                    (
                        Func(F("grant_id"), F("grant_id"), Value("[]"), function="int8range"),
                        RangeOperators.OVERLAPS,
                    ),
                    (days_between("starts_on", "ends_on"), RangeOperators.OVERLAPS),
                ),
            ),
        )
        indexes = (
            models.Index(
                fields=("grant", "ends_on"), condition=~Q(state="open"), name="grants_period_not_open"
            ),
        )

    def __str__(self) -> str:
        return f"{self.number}, {self.days}"

    @property
    def days(self) -> str:
        """Its month in words; the days of one that adjusts."""
        if self.adjusting:
            return f"adjustments from {self.starts_on:%-d %B %Y} to {self.ends_on:%-d %B %Y}"
        return f"{self.starts_on:%B %Y}"

    @property
    def is_open(self) -> bool:
        return self.state == self.State.OPEN

    @property
    def is_soft(self) -> bool:
        return self.state == self.State.SOFT

    @property
    def is_hard(self) -> bool:
        return self.state == self.State.HARD


class PeriodStep(models.Model):
    """A step of a period: who closed or opened it, when and why. Append-only."""

    period = models.ForeignKey(Period, on_delete=models.PROTECT, related_name="steps")
    state = models.CharField(
        max_length=4, choices=Period.State.choices, help_text="What it was from then on."
    )
    by = models.ForeignKey(User_, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    recorded_at = models.DateTimeField(db_default=Now())
    reason = models.CharField(max_length=500)

    class Meta:
        ordering = ("id",)
        verbose_name = "step of a period"
        verbose_name_plural = "steps of periods"

    def __str__(self) -> str:
        return f"{self.period}: {self.get_state_display().lower()}"
