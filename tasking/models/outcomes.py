"""What came of enquiries: how harmful a subject was on entry, and with what result and harm it left."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from tasking.models.enquiries import Enquiry, Subject

if TYPE_CHECKING:
    from overtime_ledger.accounts.models import User

User_ = settings.AUTH_USER_MODEL


class EntryAssessmentQuerySet(models.QuerySet["EntryAssessment"]):
    def visible_to(self, user: User) -> EntryAssessmentQuerySet:
        """Those of enquiries the person may open."""
        return self.filter(enquiry__in=Enquiry.objects.visible_to(user).order_by())

    def standing(self, until: datetime | None = None) -> EntryAssessmentQuerySet:
        """For each subject of each enquiry what was recorded last; with `until` only before that moment."""
        known = self if until is None else self.filter(recorded_at__lt=until)
        return known.order_by("enquiry_id", "subject_id", "-id").distinct("enquiry_id", "subject_id")


class EntryAssessment(models.Model):
    """How harmful a subject was when an enquiry took it on, as an analyst scored it. Append-only.

    A correction is a new row that replaces the one before it. The exit score is on the same scale.
    """

    enquiry = models.ForeignKey(Enquiry, on_delete=models.PROTECT, related_name="entry_assessments")
    subject = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="entry_assessments")
    score = models.PositiveIntegerField(help_text="A whole number, as stated; never computed here.")
    scale = models.CharField(max_length=60, help_text="What it is scored by, such as MoRiLE.")
    scale_most = models.PositiveIntegerField(
        null=True, help_text="The highest score of the scale; empty where it was never stated."
    )
    assessed_on = models.DateField()
    assessed_by = models.CharField(max_length=80, help_text="Role and number of the analyst.")
    replaces = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, related_name="replaced_by", editable=False
    )
    reason = models.CharField(max_length=300, blank=True, help_text="Why it was corrected.")
    recorded_by = models.ForeignKey(User_, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()
    capacity = models.CharField(max_length=40, blank=True)

    objects = EntryAssessmentQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("enquiry", "subject"),
                condition=Q(replaces__isnull=True),
                name="tasking_entryassessment_first_once",
            ),
            models.CheckConstraint(
                condition=Q(scale_most__isnull=True) | Q(score__lte=F("scale_most"), scale_most__gt=0),
                name="tasking_entryassessment_on_its_scale",
            ),
            models.CheckConstraint(
                condition=~Q(scale="") & ~Q(assessed_by=""), name="tasking_entryassessment_is_stated"
            ),
            models.CheckConstraint(
                condition=Q(replaces__isnull=True) | ~Q(reason=""),
                name="tasking_entryassessment_correction_says_why",
            ),
        )

    def __str__(self) -> str:
        return f"Entry assessment {self.pk}, {self.enquiry}"

    @property
    def in_words(self) -> str:
        """The score on its scale: "62 of 100, MoRiLE"."""
        most = f" of {self.scale_most:,}" if self.scale_most is not None else ""
        return f"{self.score:,}{most}, {self.scale}"


class OutcomeQuerySet(models.QuerySet["Outcome"]):
    def visible_to(self, user: User) -> OutcomeQuerySet:
        """Those of enquiries the person may open."""
        return self.filter(enquiry__in=Enquiry.objects.visible_to(user).order_by())

    def standing(self, until: datetime | None = None) -> OutcomeQuerySet:
        """For each subject of each enquiry what was recorded last; with `until` only before that moment."""
        known = self if until is None else self.filter(recorded_at__lt=until)
        return known.order_by("enquiry_id", "subject_id", "-id").distinct("enquiry_id", "subject_id")


class Outcome(models.Model):
    """What came of one subject of an enquiry: result, level of disruption, score on exit. Append-only.

    A correction is a new row that replaces the one before it; so is the outcome that follows "still open".
    """

    class Result(models.TextChoices):
        CHARGED = "charged", "Charged"
        ARRESTED = "arrested", "Arrested, not charged yet"
        DISRUPTED = "disrupted", "Disrupted otherwise"
        REFERRED = "referred", "Referred to another agency"
        NO_ACTION = "no_action", "No further action"
        OPEN = "open", "Still open"
        OTHER = "other", "Other"

    class Disruption(models.TextChoices):
        """The levels by which disruptions are recorded nationally."""

        MAJOR = "major", "Major"
        MODERATE = "moderate", "Moderate"
        MINOR = "minor", "Minor"
        NONE = "none", "None"

    enquiry = models.ForeignKey(Enquiry, on_delete=models.PROTECT, related_name="outcomes")
    subject = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="outcomes")
    result = models.CharField(max_length=9, choices=Result.choices)
    words = models.CharField(max_length=200, blank=True, help_text="What it was, where it is another result.")
    came_on = models.DateField(help_text="The day of the result; of one still open, as at which day.")
    disruption = models.CharField("level of disruption", max_length=8, choices=Disruption.choices)
    exit_score = models.PositiveIntegerField(null=True, help_text="On the scale of the entry assessment.")
    exit_by = models.CharField(
        max_length=80, blank=True, help_text="Role and number of the analyst who stated the exit score."
    )
    replaces = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, related_name="replaced_by", editable=False
    )
    reason = models.CharField(max_length=300, blank=True, help_text="Why it was recorded anew.")
    recorded_by = models.ForeignKey(User_, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()
    capacity = models.CharField(max_length=40, blank=True)

    objects = OutcomeQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("enquiry", "subject"),
                condition=Q(replaces__isnull=True),
                name="tasking_outcome_first_once",
            ),
            models.CheckConstraint(
                condition=Q(result="other") & ~Q(words="") | ~Q(result="other") & Q(words=""),
                name="tasking_outcome_other_in_words",
            ),
            models.CheckConstraint(
                condition=Q(exit_score__isnull=True, exit_by="")
                | Q(exit_score__isnull=False) & ~Q(exit_by="") & ~Q(result="open"),
                name="tasking_outcome_score_is_stated",
            ),
            models.CheckConstraint(
                condition=Q(replaces__isnull=True) | ~Q(reason=""),
                name="tasking_outcome_correction_says_why",
            ),
        )

    def __str__(self) -> str:
        return f"Outcome {self.pk}, {self.enquiry}"

    @property
    def result_in_words(self) -> str:
        """The result; another one as it was put in words."""
        return self.words or self.get_result_display()

    @property
    def in_words(self) -> str:
        """Result and level of disruption in a line."""
        level = self.get_disruption_display().lower()
        return f"{self.result_in_words}; {level} disruption" if self.has_disrupted else self.result_in_words

    @property
    def has_disrupted(self) -> bool:
        """Whether it counts as a disruption, of whatever level."""
        return self.disruption != self.Disruption.NONE
