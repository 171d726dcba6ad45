"""How the terms of an open grant change: put forward, allowed by a second person, agreed by the funder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from grants.models.grant import Grant

if TYPE_CHECKING:
    from overtime_ledger.accounts.models import User

User_ = settings.AUTH_USER_MODEL


class TermsChangeQuerySet(models.QuerySet["TermsChange"]):
    def visible_to(self, user: User) -> TermsChangeQuerySet:
        """Those of the grants a person may open."""
        return self.filter(grant__in=Grant.objects.visible_to(user))


class TermsChange(models.Model):
    """Other terms for an open grant, with the old ones. In force it stands, and the database holds to it.

    Terms of the funder: put forward, approved by a second person, agreed by the funder with its reference, in
    force from a day. An accruals window (later days to claim and to keep the books): put forward with the
    authority for it, and in force once a second person confirms it.
    """

    class Kind(models.TextChoices):
        FUNDER = "funder", "Terms of the funder"
        ACCRUALS = "accruals", "Accruals window"

    class Status(models.TextChoices):
        PROPOSED = "proposed", "Put forward"
        APPROVED = "approved", "Approved, the funder has to agree"
        AGREED = "agreed", "Agreed, in force later"
        IN_FORCE = "in_force", "In force"
        WITHDRAWN = "withdrawn", "Withdrawn"

    TERMS = ("amount_pence", "eligible_from", "eligible_to", "purpose", "cost_types", "on_cost")
    CLOSING = ("claims_close_on", "books_close_on")

    grant = models.ForeignKey(Grant, on_delete=models.PROTECT, related_name="terms_changes")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    before = models.JSONField(help_text="The terms as they were, by column.")
    after = models.JSONField(help_text="The same terms as they become.")
    reason = models.TextField()
    authority = models.CharField(
        max_length=200, blank=True, help_text="Who allowed an accruals window, and where that is on record."
    )
    effective_from = models.DateField(help_text="First day on which it is in force.")
    status = models.CharField(max_length=9, choices=Status.choices, default=Status.PROPOSED)
    proposed_by = models.ForeignKey(User_, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    approved_by = models.ForeignKey(User_, on_delete=models.PROTECT, null=True, related_name="+")
    approved_at = models.DateTimeField(null=True)
    funder_reference = models.CharField(max_length=80, blank=True, help_text="The funder's letter or minute.")
    agreed_on = models.DateField(null=True)
    agreed_by = models.ForeignKey(
        User_, on_delete=models.PROTECT, null=True, related_name="+", help_text="Who recorded the agreement."
    )
    in_force_at = models.DateTimeField(null=True)
    withdrawn_because = models.TextField(blank=True)

    objects = TermsChangeQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        verbose_name = "change of terms"
        verbose_name_plural = "changes of terms"
        constraints = (
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True) | ~Q(approved_by=F("proposed_by")),
                name="grants_termschange_two_people",
            ),
            models.CheckConstraint(
                condition=Q(status__in=("proposed", "withdrawn"))
                | Q(kind="accruals", approved_by__isnull=False) & ~Q(authority="")
                | Q(kind="funder", approved_by__isnull=False, status="approved")
                | Q(
                    kind="funder", approved_by__isnull=False, agreed_by__isnull=False, agreed_on__isnull=False
                )
                & ~Q(funder_reference=""),
                name="grants_termschange_steps_have_their_people",
            ),
            models.CheckConstraint(
                condition=Q(status="in_force", in_force_at__isnull=False)
                | ~Q(status="in_force") & Q(in_force_at__isnull=True),
                name="grants_termschange_in_force_since",
            ),
            models.UniqueConstraint(
                fields=("grant",),
                condition=Q(status__in=("proposed", "approved", "agreed")),
                name="grants_termschange_one_open",
            ),
        )

    def __str__(self) -> str:
        return f"{self.grant}: {self.get_kind_display().lower()} from {self.effective_from:%-d %B %Y}"

    @property
    def is_open(self) -> bool:
        return self.status in (self.Status.PROPOSED, self.Status.APPROVED, self.Status.AGREED)
