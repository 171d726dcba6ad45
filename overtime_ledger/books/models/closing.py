"""Closing a grant: its checklist, who proposed and who confirmed it, and until when its records are kept."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from grants.models import Grant

if TYPE_CHECKING:
    from overtime_ledger.accounts.models import User

User_ = settings.AUTH_USER_MODEL
YEARS_KEPT = 6


class ClosingItem(models.Model):
    """A line of a grant's closing checklist: who sees to it, by when, and what shows that it is done.

    What the product knows by itself is looked up each time; what needs a person's word is signed besides.
    """

    class Kind(models.TextChoices):
        CLAIMS = "claims", "Claims closed"
        COMMITMENTS = "commitments", "Commitments released"
        PAYROLL = "payroll", "Payroll batches paid"
        INVOICES = "invoices", "Agencies’ invoices in and paid"
        RECONCILIATION = "reconciliation", "Books reconciled, periods closed"
        OUTTURN = "outturn", "Outturn statement certified"
        USAGE = "usage", "Statement of Grant Usage certified"
        EQUALITY = "equality", "Equality review"
        EVALUATION = "evaluation", "Evaluation of the pilot"
        RETENTION = "retention", "Retention set"

    SIGNED = (Kind.OUTTURN, Kind.USAGE, Kind.EQUALITY, Kind.EVALUATION)

    grant = models.ForeignKey(Grant, on_delete=models.PROTECT, related_name="closing_items", db_index=False)
    kind = models.CharField(max_length=14, choices=Kind.choices)
    owner = models.ForeignKey(User_, on_delete=models.PROTECT, null=True, related_name="+")
    due_on = models.DateField(null=True)
    done_on = models.DateField(null=True, help_text="The day on which it was done.")
    evidence = models.CharField(max_length=300, blank=True, help_text="What shows it and where it lies.")
    figures = models.JSONField(
        default=dict, blank=True, help_text="The figures that were signed; of the evaluation only."
    )
    signed_by = models.ForeignKey(User_, on_delete=models.PROTECT, null=True, related_name="+")
    signed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("grant", "id")
        verbose_name = "item of a closing checklist"
        verbose_name_plural = "items of closing checklists"
        constraints = (
            models.UniqueConstraint(fields=("grant", "kind"), name="books_closingitem_once_a_grant"),
            models.CheckConstraint(
                condition=Q(owner__isnull=True, due_on__isnull=True)
                | Q(owner__isnull=False, due_on__isnull=False),
                name="books_closingitem_owner_with_a_date",
            ),
            models.CheckConstraint(
                condition=Q(signed_by__isnull=True, signed_at__isnull=True, done_on__isnull=True, evidence="")
                | Q(
                    signed_by__isnull=False,
                    signed_at__isnull=False,
                    done_on__isnull=False,
                    kind__in=("outturn", "usage", "equality", "evaluation"),
                )
                & ~Q(evidence=""),
                name="books_closingitem_signed_whole",
            ),
        )

    def __str__(self) -> str:
        return f"{self.grant}: {self.get_kind_display()}"


class Retention(models.Model):
    """Until when a grant's records are kept, as finance set it; the latest counts. Append-only."""

    grant = models.ForeignKey(Grant, on_delete=models.PROTECT, related_name="retentions")
    final_payment_on = models.DateField(null=True, help_text="The last day on which a claim was paid.")
    keep_until = models.DateField(help_text="The last day; kept longer while on legal hold.")
    legal_hold = models.BooleanField(default=False, help_text="Nothing is destroyed while it lasts.")
    reason = models.CharField(max_length=500, help_text="Why then, or what the legal hold is for.")
    set_by = models.ForeignKey(User_, on_delete=models.PROTECT, related_name="+")
    set_at = models.DateTimeField()

    class Meta:
        ordering = ("-id",)
        verbose_name = "retention of records"
        verbose_name_plural = "retention of records"
        constraints = (models.CheckConstraint(condition=~Q(reason=""), name="books_retention_says_why"),)

    def __str__(self) -> str:
        return f"{self.grant}: {self.in_words}"

    @property
    def in_words(self) -> str:
        """Until when, and whether it is on legal hold."""
        until = f"kept until {self.keep_until:%-d %B %Y}"
        return f"{until}, on legal hold" if self.legal_hold else until


def least_retention(eligible_to: date, final_payment_on: date | None) -> date:
    """The earliest last day of retention: six years after the financial year, or after the final payment.

    For a window that ends in the year to 31 March 2021 that is 31 March 2027, or later.
    """
    year_end = eligible_to.year + (eligible_to.month > 3)
    by_year = date(year_end + YEARS_KEPT, 3, 31)
    return max(by_year, _years_after(final_payment_on)) if final_payment_on else by_year


def _years_after(day: date) -> date:
    try:
        return day.replace(year=day.year + YEARS_KEPT)
    except ValueError:  # 29 February
        return day.replace(year=day.year + YEARS_KEPT, day=28)


class ClosingQuerySet(models.QuerySet["Closing"]):
    def visible_to(self, user: User) -> ClosingQuerySet:
        """Those of the grants a person may open."""
        return self.filter(grant__in=Grant.objects.visible_to(user))

    def standing(self) -> ClosingQuerySet:
        """Without those that were withdrawn."""
        return self.exclude(status=Closing.Status.WITHDRAWN)


class Closing(models.Model):
    """The closing of a grant: one person proposes it, another confirms; then only reading remains."""

    class Status(models.TextChoices):
        PROPOSED = "proposed", "Proposed, to be confirmed"
        CONFIRMED = "confirmed", "Confirmed: closed"
        WITHDRAWN = "withdrawn", "Withdrawn"

    grant = models.ForeignKey(Grant, on_delete=models.PROTECT, related_name="closings", db_index=False)
    status = models.CharField(max_length=9, choices=Status.choices, default=Status.PROPOSED)
    last_entry = models.PositiveIntegerField(help_text="The grant's last ledger entry when it was proposed.")
    settled_pence = models.BigIntegerField(help_text="What was paid from the grant.")
    unspent_pence = models.BigIntegerField(help_text="What was left of the award.")
    checklist = models.JSONField(help_text="The checklist as it stood: each item, its owner, what showed it.")
    proposed_by = models.ForeignKey(User_, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    confirmed_by = models.ForeignKey(User_, on_delete=models.PROTECT, null=True, related_name="+")
    confirmed_at = models.DateTimeField(null=True)
    closed_on = models.DateField(null=True, help_text="The business date.")
    withdrawn_by = models.ForeignKey(User_, on_delete=models.PROTECT, null=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_because = models.TextField(blank=True)

    objects = ClosingQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        verbose_name = "closing of a grant"
        verbose_name_plural = "closings of grants"
        permissions = (("close_grant", "Works the closing checklist, proposes and confirms closing a grant"),)
        constraints = (
            models.UniqueConstraint(
                fields=("grant",), condition=~Q(status="withdrawn"), name="books_closing_one_a_grant"
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by__isnull=True) | ~Q(confirmed_by=F("proposed_by")),
                name="books_closing_two_people",
            ),
            models.CheckConstraint(
                condition=Q(
                    status="confirmed",
                    confirmed_by__isnull=False,
                    confirmed_at__isnull=False,
                    closed_on__isnull=False,
                )
                | ~Q(status="confirmed")
                & Q(confirmed_by__isnull=True, confirmed_at__isnull=True, closed_on__isnull=True),
                name="books_closing_confirmed_whole",
            ),
            models.CheckConstraint(
                condition=Q(status="withdrawn", withdrawn_by__isnull=False, withdrawn_at__isnull=False)
                & ~Q(withdrawn_because="")
                | ~Q(status="withdrawn")
                & Q(withdrawn_by__isnull=True, withdrawn_at__isnull=True, withdrawn_because=""),
                name="books_closing_withdrawn_whole",
            ),
        )

    def __str__(self) -> str:
        return f"Closing of {self.grant}"

    @property
    def is_proposed(self) -> bool:
        """Whether it waits for a second person."""
        return self.status == self.Status.PROPOSED
