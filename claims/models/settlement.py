"""How claims were settled."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from grants.models import Grant
from overtime_ledger.accounts.models import Agency

User_ = settings.AUTH_USER_MODEL


class Settlement(models.Model):
    """One payment of approved claims of one agency: a payroll batch, or an invoice that was paid."""

    grant = models.ForeignKey(Grant, on_delete=models.PROTECT, related_name="settlements")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="settlements")
    reference = models.CharField(max_length=40, help_text="Payroll batch or invoice number.")
    settled_on = models.DateField()
    settled_by = models.ForeignKey(User_, on_delete=models.PROTECT, related_name="+")
    claim_count = models.PositiveIntegerField()
    pence = models.BigIntegerField(help_text="Control total.")

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(fields=("agency", "reference"), name="claims_settlement_reference_once"),
            models.CheckConstraint(condition=Q(pence__gt=0), name="claims_settlement_pence_positive"),
        )

    def __str__(self) -> str:
        return f"{self.agency} {self.reference}"

    @property
    def kind(self) -> str:
        """What its reference is the number of."""
        return "Payroll batch" if self.agency.is_paid_by_payroll else "Invoice"
