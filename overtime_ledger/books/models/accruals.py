"""Accruals: what was worked up to a day and not paid, frozen by one person, confirmed by another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from claims.models import Claim
from grants.models import Grant
from overtime_ledger.accounts.models import Agency
from tasking.models import Assignment, Enquiry

if TYPE_CHECKING:
    from overtime_ledger.accounts.models import User

User_ = settings.AUTH_USER_MODEL


class AccrualRunQuerySet(models.QuerySet["AccrualRun"]):
    def visible_to(self, user: User) -> AccrualRunQuerySet:
        """Those of the grants a person may open."""
        return self.filter(grant__in=Grant.objects.visible_to(user))

    def standing(self) -> AccrualRunQuerySet:
        """Without those that were withdrawn."""
        return self.exclude(status=AccrualRun.Status.WITHDRAWN)


class AccrualRun(models.Model):
    """What a grant owed at the end of a day for duties worked and not paid, line by line. It stands.

    What came in since is reckoned from the duties as they are now; nothing here changes with it.
    """

    class Status(models.TextChoices):
        DRAWN = "drawn", "Drawn up, to be confirmed"
        CONFIRMED = "confirmed", "Confirmed"
        WITHDRAWN = "withdrawn", "Withdrawn"

    grant = models.ForeignKey(Grant, on_delete=models.PROTECT, related_name="accrual_runs")
    number = models.PositiveIntegerField(help_text="Counts the accruals of a grant without a gap.")
    as_at = models.DateField(help_text="The last day of the duties in it.")
    last_entry = models.PositiveIntegerField(help_text="The grant's last ledger entry when it was drawn up.")
    line_count = models.PositiveIntegerField()
    pence = models.BigIntegerField(help_text="Control total.")
    status = models.CharField(max_length=9, choices=Status.choices, default=Status.DRAWN)
    drawn_by = models.ForeignKey(User_, on_delete=models.PROTECT, related_name="+")
    drawn_at = models.DateTimeField()
    confirmed_by = models.ForeignKey(User_, on_delete=models.PROTECT, null=True, related_name="+")
    confirmed_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey(User_, on_delete=models.PROTECT, null=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_because = models.TextField(blank=True)

    objects = AccrualRunQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        verbose_name = "accrual"
        permissions = (("draw_accrual", "Draws up and confirms accruals"),)
        constraints = (
            models.UniqueConstraint(fields=("grant", "number"), name="books_accrualrun_number_in_grant"),
            models.UniqueConstraint(
                fields=("grant", "as_at"),
                condition=~Q(status="withdrawn"),
                name="books_accrualrun_one_for_a_day",
            ),
            models.CheckConstraint(condition=Q(pence__gte=0), name="books_accrualrun_pence_not_negative"),
            models.CheckConstraint(
                condition=Q(confirmed_by__isnull=True) | ~Q(confirmed_by=F("drawn_by")),
                name="books_accrualrun_two_people",
            ),
            models.CheckConstraint(
                condition=Q(
                    status="drawn",
                    confirmed_by__isnull=True,
                    confirmed_at__isnull=True,
                    withdrawn_by__isnull=True,
                    withdrawn_at__isnull=True,
                    withdrawn_because="",
                )
                | Q(
                    status="confirmed",
                    confirmed_by__isnull=False,
                    confirmed_at__isnull=False,
                    withdrawn_by__isnull=True,
                    withdrawn_at__isnull=True,
                    withdrawn_because="",
                )
                | Q(
                    status="withdrawn",
                    confirmed_by__isnull=True,
                    confirmed_at__isnull=True,
                    withdrawn_by__isnull=False,
                    withdrawn_at__isnull=False,
                )
                & ~Q(withdrawn_because=""),
                name="books_accrualrun_steps_have_their_people",
            ),
        )

    def __str__(self) -> str:
        return f"AC-{self.number:04}"

    @property
    def is_drawn(self) -> bool:
        """Whether it waits for a second person."""
        return self.status == self.Status.DRAWN


class AccrualLine(models.Model):
    """One duty of an accrual, with what stood on the ladder for it when the accrual was drawn up."""

    class Kind(models.TextChoices):
        UNCLAIMED = "unclaimed", "Tasked and past, not claimed"
        UNAPPROVED = "unapproved", "Claimed, not approved"
        UNPAID = "unpaid", "Approved, not paid"

    class Basis(models.TextChoices):
        CERTIFIED = "certified", "Certified"
        STATED = "stated", "Stated, not certified"
        ESTIMATED = "estimated", "Estimated"

    run = models.ForeignKey(AccrualRun, on_delete=models.PROTECT, related_name="lines", db_index=False)
    assignment = models.ForeignKey(Assignment, on_delete=models.PROTECT, related_name="accrual_lines")
    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, null=True, related_name="accrual_lines")
    enquiry = models.ForeignKey(Enquiry, on_delete=models.PROTECT, related_name="+", db_index=False)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+", db_index=False)
    duty_on = models.DateField()
    kind = models.CharField(max_length=10, choices=Kind.choices)
    basis = models.CharField(max_length=9, choices=Basis.choices)
    minutes = models.PositiveIntegerField(help_text="As claimed; where nothing is claimed, as authorised.")
    pence = models.BigIntegerField(help_text="What stood on the ladder for it, on-cost included.")

    class Meta:
        ordering = ("run", "duty_on", "id")
        verbose_name = "line of an accrual"
        verbose_name_plural = "lines of accruals"
        constraints = (
            models.UniqueConstraint(fields=("run", "assignment"), name="books_accrualline_duty_once"),
            models.CheckConstraint(condition=Q(pence__gt=0), name="books_accrualline_pence_positive"),
            models.CheckConstraint(
                condition=Q(kind="unclaimed", claim__isnull=True, basis="estimated")
                | Q(kind="unapproved", claim__isnull=False)
                | Q(kind="unpaid", claim__isnull=False, basis="certified"),
                name="books_accrualline_kind_has_its_basis",
            ),
        )
        indexes = (models.Index(fields=("run", "duty_on", "id"), name="books_accrualline_in_order"),)

    def __str__(self) -> str:
        return f"{self.run}, duty {self.assignment_id}"
