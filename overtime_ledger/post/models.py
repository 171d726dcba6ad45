"""Messages by e-mail: written in the transaction they tell of, sent later. Rows are only ever added."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q

from overtime_ledger import clock


class MessageQuerySet(models.QuerySet["Message"]):
    def waiting(self) -> MessageQuerySet:
        """Those that are still to be sent, now or later."""
        return self.filter(next_at__isnull=False)

    def due(self, now: datetime) -> MessageQuerySet:
        return self.filter(next_at__lte=now)

    def sent(self) -> MessageQuerySet:
        return self.filter(sent_at__isnull=False)

    def unsent(self) -> MessageQuerySet:
        """Those that nobody tries any more: given up, or begun by a run that did not live to say more."""
        return self.filter(sent_at__isnull=True, next_at__isnull=True)


class Message(models.Model):
    """Something told to one person. It says what kind of thing and how many, and leads to a page.

    No subject, officer or amount stands in it: who reads it signs in. Only its sending is added later.
    """

    class Kind(models.TextChoices):
        RETURNED = "returned", "Claim returned"
        REJECTED = "rejected", "Claim rejected"
        MORE_TIME = "more_time", "More time asked"
        DIGEST = "digest", "What waits"
        DEADLINE = "deadline", "Deadline"
        POT = "pot", "How much is committed"
        RELEASED = "released", "Duties released"
        STATEMENT = "statement", "Statement sent"
        INVOICE = "invoice", "Invoice disputed"
        PAYMENT = "payment", "Payment to see to"

    to = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=9, choices=Kind.choices)
    subject = models.CharField(max_length=200)
    body = models.TextField()
    path = models.CharField(max_length=200, help_text="The page it leads to.")
    key = models.CharField(max_length=80, unique=True, help_text="What it tells, to whom: told once.")
    created_at = models.DateTimeField()
    next_at = models.DateTimeField(null=True, help_text="When it is tried next; empty: not any more.")
    sent_at = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    last_error = models.CharField(max_length=300, blank=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        default_permissions = ("view",)
        constraints = (
            models.CheckConstraint(
                condition=Q(sent_at__isnull=True) | Q(next_at__isnull=True, last_error="", tries__gte=1),
                name="post_message_sent_is_done",
            ),
        )
        indexes = (
            models.Index(fields=("next_at",), condition=Q(next_at__isnull=False), name="post_message_due"),
        )

    def __str__(self) -> str:
        return f"Message {self.pk}"

    @property
    def state(self) -> str:
        """Where it stands, in a word or two."""
        if self.sent_at:
            return "Sent"
        if self.next_at is None:
            return "Not sent"
        return "Waiting" if self.next_at <= clock.now() else "To be tried again"
