"""An agency's invoice against its statement, line by line, and the credit notes that put it right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper

from claims.models import Settlement
from grants.models import Grant
from overtime_ledger.accounts.models import Agency
from overtime_ledger.payments.models.batch import Batch, BatchLine

if TYPE_CHECKING:
    from overtime_ledger.accounts.models import User

User_ = settings.AUTH_USER_MODEL


class InvoiceQuerySet(models.QuerySet["Invoice"]):
    def visible_to(self, user: User) -> InvoiceQuerySet:
        """Those of the grants one may open; those of one's own agency for its clerks."""
        seen = Q(grant__in=Grant.objects.visible_to(user))
        if user.has_perm("payments.read_own_agency"):
            seen |= Q(agency=user.agency_id)
        return self.filter(seen)

    def live(self) -> InvoiceQuerySet:
        """Those that count: an invoice credited in full never did."""
        return self.exclude(status=Invoice.Status.CREDITED)


class Invoice(models.Model):
    """What an agency charges for a statement, and how it compares with it line by line.

    The grant bears the net; VAT is shown and lies outside of it.
    """

    class Status(models.TextChoices):
        DISPUTED = "disputed", "Differences disputed"
        MATCHED = "matched", "Matched, to be paid"
        PAID = "paid", "Paid"
        CREDITED = "credited", "Credited in full"

    class Vat(models.TextChoices):
        NONE = "O", "No VAT: outside the scope"
        EXEMPT = "E", "Exempt"
        ZERO = "Z", "Zero rate, 0%"
        STANDARD = "S", "Standard rate, 20%"

    grant = models.ForeignKey(Grant, on_delete=models.PROTECT, related_name="invoices")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="invoices", db_index=False)
    statement = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="invoices", db_index=False)
    number = models.CharField(max_length=40, help_text="As the agency numbers it.")
    dated_on = models.DateField()
    received_on = models.DateField()
    purchase_order = models.CharField(max_length=40, blank=True)
    cost_code = models.CharField(max_length=40, blank=True)
    vat_code = models.CharField(max_length=1, choices=Vat.choices, default=Vat.NONE)
    net_pence = models.BigIntegerField(help_text="What the invoice charges without VAT.")
    vat_pence = models.BigIntegerField(default=0, help_text="Outside the grant.")
    tolerance_pence = models.PositiveIntegerField(
        default=0,
        db_default=0,
        help_text="Up to how much a line may be charged above the statement: as it was when recorded.",
    )
    status = models.CharField(max_length=8, choices=Status.choices)
    dispute = models.TextField(blank=True, help_text="What the agency was asked about its differences.")
    recorded_by = models.ForeignKey(User_, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()
    paid_on = models.DateField(null=True, help_text="The day on which the money left.")
    paid_by = models.ForeignKey(User_, on_delete=models.PROTECT, null=True, related_name="+")
    paid_at = models.DateTimeField(null=True)
    settlement = models.OneToOneField(Settlement, on_delete=models.PROTECT, null=True, related_name="invoice")

    objects = InvoiceQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        permissions = (("read_own_agency", "Reads statements and invoices of their own agency"),)
        constraints = (
            models.UniqueConstraint(F("agency"), Upper("number"), name="payments_invoice_number_once"),
            models.UniqueConstraint(
                fields=("statement",),
                condition=~Q(status="credited"),
                name="payments_invoice_one_live_a_statement",
            ),
            models.CheckConstraint(
                condition=Q(net_pence__gt=0, vat_pence__gte=0), name="payments_invoice_pence_positive"
            ),
            models.CheckConstraint(
                condition=Q(vat_code="S") | Q(vat_pence=0), name="payments_invoice_vat_by_its_code"
            ),
            models.CheckConstraint(
                condition=Q(dated_on__lte=F("received_on")), name="payments_invoice_dates_in_order"
            ),
            models.CheckConstraint(
                condition=Q(paid_by__isnull=True) | ~Q(paid_by=F("recorded_by")),
                name="payments_invoice_two_people",
            ),
            models.CheckConstraint(
                condition=Q(
                    status="paid",
                    paid_on__gte=F("dated_on"),
                    paid_by__isnull=False,
                    paid_at__isnull=False,
                    settlement__isnull=False,
                )
                | Q(
                    paid_on__isnull=True,
                    paid_by__isnull=True,
                    paid_at__isnull=True,
                    settlement__isnull=True,
                )
                & ~Q(status="paid"),
                name="payments_invoice_paid_by_settling",
            ),
        )
        indexes = (
            models.Index(fields=("agency", "-id"), name="payments_invoice_of_agency"),
            models.Index(fields=("statement", "-id"), name="payments_invoice_of_statement"),
        )

    def __str__(self) -> str:
        return f"Invoice {self.number}"

    @property
    def gross_pence(self) -> int:
        """What the agency is owed by it, VAT included."""
        return self.net_pence + self.vat_pence

    @property
    def is_open(self) -> bool:
        """Whether it is still to be put right or paid."""
        return self.status in (Invoice.Status.DISPUTED, Invoice.Status.MATCHED)


class InvoiceLine(models.Model):
    """What an invoice charges for one line of its statement, or for something that is not on it.

    `pence` is the part that the statement bears out: never more than its line. What is charged beyond that
    is a difference, until the agency credits it or because it is so little that it is tolerated.
    """

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="lines", db_index=False)
    batch_line = models.ForeignKey(
        BatchLine, on_delete=models.PROTECT, null=True, related_name="invoice_lines"
    )
    what = models.CharField(max_length=80, blank=True, help_text="Charged, but not on the statement.")
    charged_pence = models.BigIntegerField()
    pence = models.BigIntegerField(help_text="The part that the statement bears out.")
    credited_pence = models.BigIntegerField(default=0)

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(fields=("invoice", "batch_line"), name="payments_invoiceline_once"),
            models.CheckConstraint(
                condition=Q(charged_pence__gt=0, pence__gte=0, credited_pence__gte=0)
                & Q(charged_pence__gte=F("pence") + F("credited_pence")),
                name="payments_invoiceline_within_what_is_charged",
            ),
            models.CheckConstraint(
                condition=Q(batch_line__isnull=False, what="")
                | Q(batch_line__isnull=True, pence=0) & ~Q(what=""),
                name="payments_invoiceline_on_the_statement_or_not",
            ),
        )

    def __str__(self) -> str:
        return f"{self.invoice}, {self.batch_line or self.what}"

    @property
    def named(self) -> str:
        """What it is charged for, in words."""
        return f"claim {self.batch_line.claim_id}" if self.batch_line else f"“{self.what}”"

    @property
    def left_pence(self) -> int:
        """What it charges and no credit note took back."""
        return self.charged_pence - self.credited_pence

    @property
    def stated_pence(self) -> int:
        """What the statement says of it; nothing where it is not on the statement."""
        return self.batch_line.pence if self.batch_line else 0

    @property
    def beyond_pence(self) -> int:
        """What it still charges beyond the statement."""
        return self.left_pence - self.pence

    @property
    def difference_pence(self) -> int:
        """What it still charges above the statement, or below it; nothing of a line taken back whole."""
        return self.left_pence - self.stated_pence if self.left_pence else 0

    @property
    def to_credit_pence(self) -> int:
        """What a credit note has to take back before the invoice can be paid."""
        return 0 if self.is_payable else self.beyond_pence

    @property
    def is_payable(self) -> bool:
        """Whether it charges no more than the statement says and what is tolerated.

        A line that charges less can be paid too: what is missing goes to the list of differences.
        """
        if self.batch_line is None:
            return self.left_pence == 0
        return self.difference_pence <= self.invoice.tolerance_pence


class CreditNote(models.Model):
    """What an agency takes back of an invoice. Append-only."""

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="credit_notes")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+", db_index=False)
    number = models.CharField(max_length=40, help_text="As the agency numbers it.")
    dated_on = models.DateField()
    net_pence = models.BigIntegerField()
    vat_pence = models.BigIntegerField(default=0)
    reason = models.TextField()
    recorded_by = models.ForeignKey(User_, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(F("agency"), Upper("number"), name="payments_creditnote_number_once"),
            models.CheckConstraint(
                condition=Q(net_pence__gt=0, vat_pence__gte=0), name="payments_creditnote_pence_positive"
            ),
        )

    def __str__(self) -> str:
        return f"Credit note {self.number}"


class CreditLine(models.Model):
    """How much of a line of the invoice a credit note takes back. Append-only."""

    credit_note = models.ForeignKey(
        CreditNote, on_delete=models.PROTECT, related_name="lines", db_index=False
    )
    line = models.ForeignKey(InvoiceLine, on_delete=models.PROTECT, related_name="credits")
    pence = models.BigIntegerField()

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(fields=("credit_note", "line"), name="payments_creditline_once"),
            models.CheckConstraint(condition=Q(pence__gt=0), name="payments_creditline_pence_positive"),
        )

    def __str__(self) -> str:
        return f"{self.credit_note}, line {self.line_id}"
