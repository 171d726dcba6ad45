"""Subjects by codename, and the enquiries against them."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from grants.models import BudgetLine, Grant

if TYPE_CHECKING:
    from overtime_ledger.accounts.models import User

User_ = settings.AUTH_USER_MODEL
CODENAME_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # no 0, 1, I or O to misread


def new_codename() -> str:
    """A random codename that says nothing about the person: MM-7F3K."""
    return "MM-" + "".join(secrets.choice(CODENAME_LETTERS) for _ in range(4))


class Subject(models.Model):
    """A subject of enquiries, by generated codename only; the key to the person lies outside."""

    codename = models.CharField(max_length=7, unique=True, default=new_codename, editable=False)
    created_by = models.ForeignKey(User_, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ("codename",)
        constraints = (
            models.CheckConstraint(
                condition=Q(codename__regex=r"^MM-[2-9A-HJ-NP-Z]{4}$"), name="tasking_subject_codename_only"
            ),
        )

    def __str__(self) -> str:
        return self.codename


class EnquiryQuerySet(models.QuerySet["Enquiry"]):
    def visible_to(self, user: User) -> EnquiryQuerySet:
        """Enquiries of grants the person may open."""
        return self.filter(grant__in=Grant.objects.visible_to(user))


class Enquiry(models.Model):
    """A piece of work against one or more subjects; it owns a budget line."""

    class Kind(models.TextChoices):
        SURVEILLANCE = "surveillance", "Surveillance"
        FINANCIAL = "financial", "Financial enquiry"
        COMMUNICATIONS = "communications", "Communications data"
        SEARCH = "search", "Search and arrest"
        INTELLIGENCE = "intelligence", "Intelligence development"
        OTHER = "other", "Other fuller enquiry"

    class Status(models.TextChoices):
        OPEN = "open", "Open"
        CLOSED = "closed", "Closed"

    grant = models.ForeignKey(Grant, on_delete=models.PROTECT, related_name="enquiries")
    name = models.CharField(max_length=40, help_text="A neutral name: Enquiry 7.")
    line = models.OneToOneField(BudgetLine, on_delete=models.PROTECT, related_name="enquiry")
    subjects = models.ManyToManyField(Subject, related_name="enquiries")
    objective = models.TextField()
    kind = models.CharField(max_length=16, choices=Kind.choices)
    status = models.CharField(max_length=6, choices=Status.choices, default=Status.OPEN)
    opened_by = models.ForeignKey(User_, on_delete=models.PROTECT, related_name="+")
    opened_on = models.DateField()
    closed_by = models.ForeignKey(User_, on_delete=models.PROTECT, null=True, related_name="+")
    closed_on = models.DateField(null=True)

    objects = EnquiryQuerySet.as_manager()

    class Meta:
        ordering = ("name",)
        verbose_name_plural = "enquiries"
        constraints = (
            models.UniqueConstraint(fields=("grant", "name"), name="tasking_enquiry_name_in_grant"),
        )

    def __str__(self) -> str:
        return self.name
