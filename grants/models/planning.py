"""How a grant's money is meant to run down: profiles, what is said of variances, notices of an underspend."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.db.models.lookups import LessThan

from grants.models.grant import Grant
from grants.models.ledger import BudgetLine
from overtime_ledger.accounts.models import Agency

User_ = settings.AUTH_USER_MODEL


class ProfileQuerySet(models.QuerySet["Profile"]):
    def in_force(self, on: date) -> ProfileQuerySet:
        """The confirmed ones that stood at the end of a day, the one that counts first."""
        return self.filter(confirmed_on__lte=on).order_by("-confirmed_on", "-id")


class Profile(models.Model):
    """What a grant is planned to have cost by the end of some days: set by one person, confirmed by another.

    In force from the day it is confirmed until the next one; between its points the plan rises evenly.
    Without one the award is spread evenly over the window.
    """

    grant = models.ForeignKey(Grant, on_delete=models.PROTECT, related_name="profiles")
    points = models.JSONField(help_text="Day and cumulative pence of each point, in order of the days.")
    reason = models.CharField(max_length=500, help_text="What it rests on.")
    recorded_by = models.ForeignKey(User_, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()
    confirmed_by = models.ForeignKey(User_, on_delete=models.PROTECT, null=True, related_name="+")
    confirmed_on = models.DateField(null=True, help_text="The business date from which it is in force.")

    objects = ProfileQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(
                condition=Q(confirmed_by__isnull=True) | ~Q(confirmed_by=F("recorded_by")),
                name="grants_profile_two_people",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by__isnull=True, confirmed_on__isnull=True)
                | Q(confirmed_by__isnull=False, confirmed_on__isnull=False),
                name="grants_profile_confirmed_whole",
            ),
            models.UniqueConstraint(
                fields=("grant",), condition=Q(confirmed_by__isnull=True), name="grants_profile_one_waits"
            ),
        )

    def __str__(self) -> str:
        return f"{self.grant}: profile {self.pk}"

    @property
    def plan(self) -> list[tuple[date, int]]:
        """Its points: the end of a day, and what is planned to be incurred by then, in pence."""
        return [(date.fromisoformat(day), pence) for day, pence in self.points]


class VarianceComment(models.Model):
    """Why a line or an agency is off its plan, whether time evens it out. Append-only: the last counts."""

    class Kind(models.TextChoices):
        TIMING = "timing", "Timing: it evens out by the end"
        PERMANENT = "permanent", "Permanent: it stays to the end"

    grant = models.ForeignKey(Grant, on_delete=models.PROTECT, related_name="variance_comments")
    line = models.ForeignKey(BudgetLine, on_delete=models.PROTECT, null=True, related_name="comments")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, null=True, related_name="+")
    kind = models.CharField(max_length=9, choices=Kind.choices)
    comment = models.CharField(max_length=500)
    given_by = models.ForeignKey(User_, on_delete=models.PROTECT, related_name="+")
    given_on = models.DateField(help_text="The business date.")
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(
                condition=Q(line__isnull=True, agency__isnull=False)
                | Q(line__isnull=False, agency__isnull=True),
                name="grants_variancecomment_of_one",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=("timing", "permanent")) & ~Q(comment=""),
                name="grants_variancecomment_says_something",
            ),
        )

    def __str__(self) -> str:
        return f"{self.grant}: {self.line or self.agency}, {self.kind}"

    @property
    def word(self) -> str:
        """Timing or permanent, in a word."""
        return self.kind.capitalize()


class UnderspendNoticeQuerySet(models.QuerySet["UnderspendNotice"]):
    def running(self) -> UnderspendNoticeQuerySet:
        """Those whose underspend goes on, one a grant."""
        return self.filter(ended_on__isnull=True)

    def waiting(self) -> UnderspendNoticeQuerySet:
        """Those of them that the controlling DI has still to answer."""
        return self.running().filter(answer="")


class UnderspendNotice(models.Model):
    """The forecast at this pace fell under a warning level: the controlling DI says what follows, once.

    It ends on the night the forecast is out of it again, or falls under the next level, which is a notice of
    its own. Nothing else of it changes.
    """

    class Level(models.TextChoices):
        AMBER = "amber", "Amber"
        RED = "red", "Red"

    class Answer(models.TextChoices):
        PLAN = "plan", "A plan to spend it"
        ACCEPT = "accept", "The underspend is accepted"

    grant = models.ForeignKey(Grant, on_delete=models.PROTECT, related_name="underspends")
    level = models.CharField(max_length=5, choices=Level.choices)
    noticed_on = models.DateField(help_text="The business date on which the forecast fell.")
    forecast_pence = models.BigIntegerField(help_text="What the grant was to cost at that day's pace.")
    award_pence = models.BigIntegerField()
    under_percent = models.PositiveSmallIntegerField(help_text="The level it fell under, of the award.")
    answer = models.CharField(max_length=6, choices=Answer.choices, blank=True)
    reason = models.CharField(max_length=500, blank=True, help_text="The plan, or why it is accepted.")
    plan_by = models.DateField(null=True, help_text="By when the plan is to have worked.")
    answered_by = models.ForeignKey(User_, on_delete=models.PROTECT, null=True, related_name="+")
    answered_on = models.DateField(null=True)
    ended_on = models.DateField(null=True, help_text="When the forecast was out of it, or fell further.")

    objects = UnderspendNoticeQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(
                condition=Q(level__in=("amber", "red"))
                & Q(LessThan(F("forecast_pence") * 100, F("award_pence") * F("under_percent"))),
                name="grants_underspendnotice_is_under",
            ),
            models.CheckConstraint(
                condition=Q(
                    answer="",
                    reason="",
                    plan_by__isnull=True,
                    answered_by__isnull=True,
                    answered_on__isnull=True,
                )
                | Q(answered_by__isnull=False, answered_on__isnull=False)
                & ~Q(reason="")
                & (
                    Q(answer="accept", plan_by__isnull=True) | Q(answer="plan", plan_by__gte=F("answered_on"))
                ),
                name="grants_underspendnotice_answered_whole",
            ),
            models.UniqueConstraint(
                fields=("grant",), condition=Q(ended_on__isnull=True), name="grants_underspendnotice_one_runs"
            ),
        )

    def __str__(self) -> str:
        return f"{self.grant}: underspend noticed on {self.noticed_on:%-d %B %Y}"

    @property
    def waits(self) -> bool:
        """Whether the controlling DI has still to decide."""
        return not self.answer and self.ended_on is None
