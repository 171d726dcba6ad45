"""What differs by force or is unsettled in law, as each agency paid by payroll takes it."""

from __future__ import annotations

from calendar import day_name
from datetime import date, time

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from overtime_ledger.accounts.models import Agency

User_ = settings.AUTH_USER_MODEL
WEEKDAYS = tuple(day_name)


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
