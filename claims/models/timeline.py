"""What happened to a claim, and what was asked for it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from claims.models.claim import Claim

User_ = settings.AUTH_USER_MODEL


class MoreTime(models.Model):
    """A claimant's request for more than was authorised (C04); the claim waits as a draft meanwhile."""

    class Status(models.TextChoices):
        ASKED = "asked", "Asked"
        GRANTED = "granted", "Granted"
        REFUSED = "refused", "Refused"
        LAPSED = "lapsed", "Lapsed"

    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="more_time")
    extra_pence = models.BigIntegerField(help_text="What it would cost beyond what is committed.")
    reason = models.TextField()
    asked_by = models.ForeignKey(User_, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.ASKED)
    decided_by = models.ForeignKey(User_, on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-id",)
        verbose_name = "request for more time"
        verbose_name_plural = "requests for more time"
        constraints = (
            models.UniqueConstraint(
                fields=("claim",), condition=Q(status="asked"), name="claims_moretime_one_open"
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("asked_by")),
                name="claims_moretime_two_people",
            ),
            models.CheckConstraint(
                condition=Q(status__in=("asked", "lapsed"))
                | Q(decided_by__isnull=False, decided_at__isnull=False),
                name="claims_moretime_decided_by_someone",
            ),
        )

    def __str__(self) -> str:
        return f"More time on {self.claim}"


class Event(models.Model):
    """Something that happened to a claim: who, when, what, why, and the pounds. Append-only."""

    class Verb(models.TextChoices):
        ASKED = "asked", "Asked for more time"
        GRANTED = "granted", "More time granted"
        REFUSED = "refused", "More time refused"
        SUBMITTED = "submitted", "Submitted"
        CERTIFIED = "certified", "Certified"
        RETURNED = "returned", "Returned"
        WITHDRAWN = "withdrawn", "Withdrawn"
        APPROVED = "approved", "Approved"
        PART = "part", "Approved in part"
        DISPUTED = "disputed", "Disputed"
        UPHELD = "upheld", "Dispute upheld"
        STANDS = "stands", "Dispute refused"
        REJECTED = "rejected", "Rejected"
        SETTLED = "settled", "Settled"
        REVERSED = "reversed", "Reversed"
        EVIDENCE = "evidence", "Evidence added"
        FROZEN = "frozen", "Held back"
        RELEASED = "released", "No longer held back"

    class Reason(models.TextChoices):
        TIMES = "times", "The times do not agree with the record"
        DUTY_TYPE = "duty_type", "The kind of duty looks wrong"
        EVIDENCE = "evidence", "Something that shows it is missing"
        DUPLICATE = "duplicate", "It looks like a duty claimed before"
        NOT_TASKED = "not_tasked", "It was not worked as tasked"
        OTHER = "other", "Another reason"

    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="events", db_index=False)
    verb = models.CharField(max_length=9, choices=Verb.choices)
    by = models.ForeignKey(User_, on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField()
    recorded_at = models.DateTimeField(db_default=Now())
    revision = models.PositiveIntegerField()
    reason_code = models.CharField(max_length=10, choices=Reason.choices, blank=True)
    reason = models.TextField(blank=True)
    pence = models.BigIntegerField()
    capacity = models.CharField(max_length=40, blank=True, help_text="In whose name, for deputies.")
    facts = models.JSONField(default=dict, help_text="What was stated then: times, type, pence.")

    class Meta:
        ordering = ("id",)
        indexes = (models.Index(fields=("claim", "id"), name="claims_event_of_claim"),)

    def __str__(self) -> str:
        return f"{self.claim}: {self.get_verb_display()}"
