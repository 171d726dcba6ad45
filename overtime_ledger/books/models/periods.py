"""What stood in the books when a period was closed for good."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.db import models

from grants.models import Period
from overtime_ledger.books.models.reconciliation import Reconciliation

User_ = settings.AUTH_USER_MODEL


class PeriodSnapshot(models.Model):
    """The position of each line and agency at the end of a period, frozen when it was closed. Immutable.

    `document` is JSON; the database keeps only one whose SHA-256 is told beside it.
    """

    period = models.OneToOneField(Period, on_delete=models.PROTECT, related_name="snapshot")
    reconciliation = models.OneToOneField(Reconciliation, on_delete=models.PROTECT, related_name="+")
    last_number = models.PositiveIntegerField(help_text="The last entry posted up to the end of the period.")
    document = models.TextField()
    sha256 = models.CharField(max_length=64, help_text="Of the document.")
    taken_by = models.ForeignKey(User_, on_delete=models.PROTECT, related_name="+", db_index=False)
    taken_at = models.DateTimeField()

    class Meta:
        ordering = ("-id",)
        verbose_name = "snapshot of a period"
        verbose_name_plural = "snapshots of periods"

    def __str__(self) -> str:
        return f"Snapshot of {self.period}"

    @property
    def figures(self) -> dict[str, Any]:
        """What was frozen: period, entries, totals, lines and agencies, all money in pence."""
        found: dict[str, Any] = json.loads(self.document)
        return found
