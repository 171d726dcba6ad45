"""Batches: approved claims on their way to payroll, or on a statement to an agency, and what was paid."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Case, Count, Exists, F, OuterRef, Q, Sum, When
from django.db.models.functions import Abs, Coalesce
from django.db.models.lookups import GreaterThan, LessThanOrEqual

from claims.models import Claim, Dispute, Freeze, Settlement
from grants.models import Grant
from overtime_ledger.accounts.models import Agency

if TYPE_CHECKING:
    from overtime_ledger.accounts.models import User

User_ = settings.AUTH_USER_MODEL
MOST_TOLERATED_PENCE = 500


class BatchQuerySet(models.QuerySet["Batch"]):
    def visible_to(self, user: User) -> BatchQuerySet:
        """Those of the grants a person may open; for its clerks, the statements sent to an agency."""
        seen = Q(grant__in=Grant.objects.visible_to(user))
        if user.has_perm("payments.read_own_agency"):
            seen |= Q(agency=user.agency_id, kind=Batch.Kind.STATEMENT, sent_at__isnull=False)
        return self.filter(seen)

    def live(self) -> BatchQuerySet:
        """Neither paid nor withdrawn: payroll or the agency is still to answer."""
        return self.filter(status__in=Batch.LIVE)

    def with_troubles(self) -> BatchQuerySet:
        """With the number of lines whose claim cannot be paid as it stands now."""
        troubled = BatchLine.objects.troubled().filter(batch=OuterRef("pk")).order_by().values("batch")
        return self.annotate(troubles=Coalesce(troubled.values(number=Count("pk")), 0))

    def with_paid(self) -> BatchQuerySet:
        """With what was paid in all, in pence: what was left out and paid all the same counts too."""
        return self.annotate(paid_pence=Sum("lines__paid_pence")).order_by("-pk")


class Batch(models.Model):
    """Approved claims of one agency under one grant, drawn to be paid together.

    A payroll batch goes to the lead force's payroll, a statement to an agency that sends an invoice for it.
    People draw, send, confirm or withdraw it: nobody edits a status.
    """

    class Kind(models.TextChoices):
        PAYROLL = "payroll", "Payroll batch"
        STATEMENT = "statement", "Agency statement"

    class Status(models.TextChoices):
        DRAWN = "drawn", "Drawn up"
        SENT = "sent", "Sent"
        PAID = "paid", "Paid"
        WITHDRAWN = "withdrawn", "Withdrawn"

    LIVE = (Status.DRAWN, Status.SENT)
    _LETTERS = {Kind.PAYROLL: "PB", Kind.STATEMENT: "AS"}

    grant = models.ForeignKey(Grant, on_delete=models.PROTECT, related_name="batches", db_index=False)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="batches")
    kind = models.CharField(max_length=9, choices=Kind.choices)
    number = models.PositiveIntegerField(help_text="Without gaps in its grant and kind.")
    up_to = models.DateField(null=True, help_text="Payroll: the last day of the duties in it.")
    from_on = models.DateField(null=True, help_text="Statements: the first day of the duties.")
    to_on = models.DateField(null=True, help_text="Statements: the last day of the duties.")
    purchase_order = models.CharField(
        max_length=40, blank=True, db_default="", help_text="Statements: what the invoice is to quote."
    )
    cost_code = models.CharField(
        max_length=40, blank=True, db_default="", help_text="Statements: what the invoice is to quote."
    )
    status = models.CharField(max_length=9, choices=Status.choices, default=Status.DRAWN)
    claim_count = models.PositiveIntegerField(help_text="Lines that are not left out.")
    pence = models.BigIntegerField(help_text="Control total of the lines that are not left out.")
    drawn_by = models.ForeignKey(User_, on_delete=models.PROTECT, related_name="+", db_index=False)
    drawn_at = models.DateTimeField()
    sent_by = models.ForeignKey(User_, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    sent_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey(
        User_, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_because = models.CharField(max_length=500, blank=True)
    settlement = models.OneToOneField(Settlement, on_delete=models.PROTECT, null=True, related_name="batch")
    paid_at = models.DateTimeField(null=True)
    tolerance_pence = models.PositiveIntegerField(
        null=True, help_text="What was tolerated when it was confirmed as paid."
    )

    objects = BatchQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        verbose_name_plural = "batches"
        constraints = (
            models.UniqueConstraint(fields=("grant", "kind", "number"), name="payments_batch_number_once"),
            models.CheckConstraint(
                condition=Q(kind="payroll", up_to__isnull=False, from_on__isnull=True, to_on__isnull=True)
                | Q(kind="statement", up_to__isnull=True, from_on__isnull=False, to_on__gte=F("from_on")),
                name="payments_batch_days_of_its_kind",
            ),
            models.CheckConstraint(
                condition=Q(claim_count__gt=0, pence__gt=0), name="payments_batch_not_empty"
            ),
            models.CheckConstraint(
                condition=Q(status="drawn", sent_by__isnull=True, sent_at__isnull=True)
                | Q(status__in=("sent", "paid"), sent_by__isnull=False, sent_at__isnull=False)
                | Q(status="withdrawn"),
                name="payments_batch_sent_by_someone",
            ),
            models.CheckConstraint(
                condition=Q(status="withdrawn", withdrawn_by__isnull=False, withdrawn_at__isnull=False)
                & ~Q(withdrawn_because="")
                | ~Q(status="withdrawn")
                & Q(withdrawn_by__isnull=True, withdrawn_at__isnull=True, withdrawn_because=""),
                name="payments_batch_withdrawn_with_reason",
            ),
            models.CheckConstraint(
                condition=Q(
                    status="paid",
                    settlement__isnull=False,
                    paid_at__isnull=False,
                    tolerance_pence__isnull=False,
                )
                | ~Q(status="paid")
                & Q(settlement__isnull=True, paid_at__isnull=True, tolerance_pence__isnull=True),
                name="payments_batch_paid_with_settlement",
            ),
        )

    def __str__(self) -> str:
        return f"{self._LETTERS[self.Kind(self.kind)]}-{self.number:04d}"

    @property
    def is_live(self) -> bool:
        """Whether its claims wait in it: neither paid nor withdrawn."""
        return self.status in self.LIVE

    @property
    def goes_to(self) -> str:
        """Who is to answer for it, in words."""
        return "payroll" if self.kind == self.Kind.PAYROLL else str(self.agency)


def _held_back() -> models.QuerySet[Freeze]:
    return Freeze.objects.filter(claim=OuterRef("claim"), released_at__isnull=True)


def _disputed() -> models.QuerySet[Dispute]:
    return Dispute.objects.filter(claim=OuterRef("claim"), status=Dispute.Status.OPEN)


# The size of a difference, and what was tolerated when it was paid.
_BEYOND = (Abs("difference_pence"), F("batch__tolerance_pence"))


class BatchLineQuerySet(models.QuerySet["BatchLine"]):
    def visible_to(self, user: User) -> BatchLineQuerySet:
        return self.filter(batch__grant__in=Grant.objects.visible_to(user))

    def with_what_stands_against(self) -> BatchLineQuerySet:
        """With whether the claim is held back or disputed now."""
        return self.annotate(held_back=Exists(_held_back()), disputed=Exists(_disputed()))

    def troubled(self) -> BatchLineQuerySet:
        """Lines of live batches whose claim was held back, disputed or reversed since they were drawn."""
        rows = self.filter(live=True, batch__status__in=Batch.LIVE).with_what_stands_against()
        return rows.filter(Q(held_back=True) | Q(disputed=True) | ~Q(claim__status=Claim.Status.APPROVED))

    def with_difference(self) -> BatchLineQuerySet:
        """With the pence paid above (or below) what was due; nothing was due on a line left out."""
        due = Case(When(live=True, then=F("pence")), default=0)
        return self.annotate(difference_pence=F("paid_pence") - due)

    def differences(self) -> BatchLineQuerySet:
        """Lines on which something else was paid than was calculated."""
        return self.filter(BatchLine.PAID_OTHERWISE).with_difference()

    def open_differences(self) -> BatchLineQuerySet:
        """Differences above what is tolerated that nobody has resolved."""
        return self.differences().unresolved()

    def unresolved(self) -> BatchLineQuerySet:
        """Of differences, those above what is tolerated that nobody has resolved."""
        return self.filter(GreaterThan(*_BEYOND), resolution="")

    def tolerated(self) -> BatchLineQuerySet:
        """Of differences, those that two people said need no explanation, and which nobody explained."""
        return self.filter(LessThanOrEqual(*_BEYOND), resolution="")


class BatchLine(models.Model):
    """A claim in a batch: what was calculated, what was paid, and what became of a difference."""

    class Resolution(models.TextChoices):
        EXPLAINED = "explained", "Explained"
        RECOVERED = "recovered", "Recovered"
        CORRECTED = "corrected", "Corrected"

    PAID_OTHERWISE = Q(paid_pence__isnull=False) & (
        Q(live=True) & ~Q(paid_pence=F("pence")) | Q(live=False, paid_pence__gt=0)
    )

    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="lines", db_index=False)
    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="batch_lines")
    pence = models.BigIntegerField(help_text="What was calculated: the claim's amount when it was drawn.")
    live = models.BooleanField(default=True, help_text="Neither left out nor of a batch that was withdrawn.")
    left_out_by = models.ForeignKey(
        User_, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    left_out_at = models.DateTimeField(null=True)
    left_out_because = models.CharField(max_length=500, blank=True)
    paid_pence = models.BigIntegerField(null=True, help_text="What payroll or the agency's invoice says.")
    resolution = models.CharField(max_length=9, choices=Resolution.choices, blank=True)
    resolved_by = models.ForeignKey(
        User_, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    resolved_at = models.DateTimeField(null=True)
    resolved_because = models.CharField(max_length=500, blank=True)

    objects = BatchLineQuerySet.as_manager()

    class Meta:
        ordering = ("batch", "id")
        constraints = (
            models.UniqueConstraint(fields=("batch", "claim"), name="payments_batchline_once"),
            models.UniqueConstraint(
                fields=("claim",), condition=Q(live=True), name="payments_batchline_one_live_batch"
            ),
            models.CheckConstraint(condition=Q(pence__gt=0), name="payments_batchline_pence_positive"),
            models.CheckConstraint(
                condition=Q(paid_pence__isnull=True) | Q(paid_pence__gte=0),
                name="payments_batchline_paid_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(left_out_by__isnull=True, left_out_at__isnull=True, left_out_because="")
                | Q(live=False, left_out_by__isnull=False, left_out_at__isnull=False)
                & ~Q(left_out_because=""),
                name="payments_batchline_left_out_with_reason",
            ),
            models.CheckConstraint(
                condition=Q(
                    resolution="", resolved_by__isnull=True, resolved_at__isnull=True, resolved_because=""
                )
                | ~Q(resolution="")
                & ~Q(resolved_because="")
                & Q(paid_pence__isnull=False, resolved_by__isnull=False, resolved_at__isnull=False),
                name="payments_batchline_resolved_with_reason",
            ),
        )
        indexes = (
            models.Index(
                fields=("batch",),
                condition=Q(paid_pence__isnull=False)
                & (Q(live=True) & ~Q(paid_pence=F("pence")) | Q(live=False, paid_pence__gt=0)),
                name="payments_batchline_differs",
            ),
        )

    def __str__(self) -> str:
        return f"{self.claim} in {self.batch}"

    @property
    def due_pence(self) -> int:
        """What was to be paid: nothing on a line that was left out."""
        return self.pence if self.live else 0

    @property
    def state(self) -> str:
        """What became of its difference, in words."""
        if self.resolution:
            return str(self.Resolution(self.resolution).label)
        if abs((self.paid_pence or 0) - self.due_pence) > (self.batch.tolerance_pence or 0):
            return "To be resolved"
        return "Tolerated"

    @property
    def trouble(self) -> str:
        """Why the claim cannot be paid as it stands now, in words; empty if it can."""
        if not self.live:
            return ""
        if self.claim.status == Claim.Status.REVERSED:
            return "Its approval was reversed"
        if self._has("held_back", self.claim.freezes.filter(released_at__isnull=True)):
            return "It is held back"
        if self._has("disputed", Dispute.objects.filter(claim=self.claim, status=Dispute.Status.OPEN)):
            return "Its part approval is disputed"
        return ""

    def _has(self, known: str, rows: models.QuerySet[Freeze] | models.QuerySet[Dispute]) -> bool:
        """What `with_what_stands_against` read, or else a look."""
        found = getattr(self, known, None)
        return rows.exists() if found is None else bool(found)


class ToleranceQuerySet(models.QuerySet["Tolerance"]):
    def in_force(self) -> ToleranceQuerySet:
        """Those that a second person confirmed; the latest of a grant counts."""
        return self.filter(confirmed_by__isnull=False).order_by("-confirmed_at", "-id")


class Tolerance(models.Model):
    """Up to how much a paid amount may differ from the calculated one and need no explanation.

    Two people of finance set it; until they do, every penny is to be explained.
    """

    grant = models.ForeignKey(Grant, on_delete=models.PROTECT, related_name="pay_tolerances")
    pence = models.PositiveIntegerField()
    reason = models.CharField(max_length=500)
    recorded_by = models.ForeignKey(User_, on_delete=models.PROTECT, related_name="+", db_index=False)
    recorded_at = models.DateTimeField()
    confirmed_by = models.ForeignKey(
        User_, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    confirmed_at = models.DateTimeField(null=True)

    objects = ToleranceQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(
                condition=Q(pence__lte=MOST_TOLERATED_PENCE), name="payments_tolerance_small"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="payments_tolerance_with_reason"),
            models.CheckConstraint(
                condition=Q(confirmed_by__isnull=True, confirmed_at__isnull=True)
                | Q(confirmed_at__isnull=False) & ~Q(confirmed_by=F("recorded_by")),
                name="payments_tolerance_two_people",
            ),
            models.UniqueConstraint(
                fields=("grant",), condition=Q(confirmed_by=None), name="payments_tolerance_one_waiting"
            ),
        )

    def __str__(self) -> str:
        return f"{self.grant}: {self.pence}p"
