"""What is claimed from a grant's funder, line by line, who certified it, and the money between both."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now

from grants.models import ClaimBasis, Grant, LedgerEntry
from overtime_ledger.accounts.models import Agency
from overtime_ledger.ui import day

if TYPE_CHECKING:
    from overtime_ledger.accounts.models import User

User_ = settings.AUTH_USER_MODEL


class Expenditure(models.TextChoices):
    """The two types of expenditure that a grant for overtime pays for."""

    LEAD = "lead", "Overtime of the lead force (payroll)"
    OTHER = "other", "Overtime of other forces and agencies (cross-charged)"


CERTIFIES = ("funder.certify_as_project_manager", "funder.certify_as_cfo")


def grants_readable_by(user: User) -> QuerySet[Grant]:
    """The grants whose claims to the funder a person may read: those they may open; who certifies, all.

    Who certifies reads sums and entries; enquiries, taskings and officers' claims stay closed to them.
    """
    if any(user.has_perm(permission) for permission in CERTIFIES):
        return Grant.objects.all()
    return Grant.objects.visible_to(user)


class FunderClaimQuerySet(models.QuerySet["FunderClaim"]):
    def visible_to(self, user: User) -> FunderClaimQuerySet:
        """Those of the grants whose claims to the funder a person may read."""
        return self.filter(grant__in=grants_readable_by(user))

    def standing(self) -> FunderClaimQuerySet:
        """Those that were not withdrawn: their lines are claimed."""
        return self.exclude(status=FunderClaim.Status.WITHDRAWN)

    def sent(self) -> FunderClaimQuerySet:
        """Those the funder has: what they come to is owed by it."""
        return self.filter(status=FunderClaim.Status.SENT)


class FunderClaim(models.Model):
    """What is claimed of a grant's spending up to a day; its figures stand from the moment it is drawn.

    It is drawn from the ledger's entries, certified by the Project Manager and by the Chief Finance Officer,
    and sent. Before both have certified it, it can be withdrawn, and its lines are claimed again later.
    Amounts in pence; `pence` is below nothing when more was reversed than spent.
    """

    class Status(models.TextChoices):
        DRAWN = "drawn", "To be certified"
        CERTIFIED = "certified", "Certified"
        SENT = "sent", "Sent"
        WITHDRAWN = "withdrawn", "Withdrawn"

    grant = models.ForeignKey(Grant, on_delete=models.PROTECT, related_name="funder_claims", db_index=False)
    number = models.PositiveIntegerField(help_text="Without gaps, from 1 on in each grant.")
    basis = models.CharField(max_length=7, choices=ClaimBasis.choices)
    from_on = models.DateField(help_text="First day of its period: the one after the claim before.")
    up_to = models.DateField(help_text="Last day of its period.")
    status = models.CharField(max_length=9, choices=Status.choices, default=Status.DRAWN)
    drawn_by = models.ForeignKey(User_, on_delete=models.PROTECT, related_name="+")
    drawn_at = models.DateTimeField()
    last_number = models.PositiveIntegerField(help_text="The last entry of the ledger when it was drawn.")
    line_count = models.PositiveIntegerField()
    award_pence = models.BigIntegerField(help_text="The award when it was drawn.")
    profile_pence = models.BigIntegerField(help_text="What was planned for its period.")
    forecast_pence = models.BigIntegerField(help_text="The outturn foretold at the pace of its day.")
    pence = models.BigIntegerField(help_text="What is claimed now: its lines together.")
    previous_pence = models.BigIntegerField(help_text="What was claimed before.")
    held_back_count = models.PositiveIntegerField(
        default=0, db_default=0, help_text="Entries left out: their officers’ claims were held back."
    )
    held_back_pence = models.BigIntegerField(
        default=0, db_default=0, help_text="What those entries come to; claimed once they are released."
    )
    reason = models.TextField(blank=True, help_text="Why spending is not as planned.")
    digest = models.CharField(max_length=64, help_text="SHA-256 of its figures and of its lines.")
    pm_by = models.ForeignKey(
        User_, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="Project Manager"
    )
    pm_at = models.DateTimeField(null=True)
    cfo_by = models.ForeignKey(
        User_, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="Chief Finance Officer"
    )
    cfo_at = models.DateTimeField(null=True)
    sent_on = models.DateField(null=True)
    sent_reference = models.CharField(max_length=80, blank=True, help_text="Of the letter or the portal.")
    sent_by = models.ForeignKey(User_, on_delete=models.PROTECT, null=True, related_name="+")
    withdrawn_by = models.ForeignKey(User_, on_delete=models.PROTECT, null=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_because = models.TextField(blank=True)

    objects = FunderClaimQuerySet.as_manager()

    class Meta:
        ordering = ("-grant", "-number")
        verbose_name = "claim to the funder"
        verbose_name_plural = "claims to the funder"
        permissions = (
            ("draw_claim", "Draws claims to the funder and records what came of them"),
            ("certify_as_project_manager", "Certifies claims to the funder as Project Manager"),
            ("certify_as_cfo", "Certifies claims to the funder as Chief Finance Officer"),
        )
        constraints = (
            models.UniqueConstraint(fields=("grant", "number"), name="funder_funderclaim_number_in_grant"),
            models.UniqueConstraint(
                fields=("grant",), condition=Q(status="drawn"), name="funder_funderclaim_one_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(pm_by__isnull=True) | ~Q(pm_by=F("drawn_by")),
                name="funder_funderclaim_pm_is_another",
            ),
            models.CheckConstraint(
                condition=Q(cfo_by__isnull=True) | ~Q(cfo_by=F("drawn_by")),
                name="funder_funderclaim_cfo_is_another",
            ),
            models.CheckConstraint(
                condition=Q(pm_by__isnull=True) | Q(cfo_by__isnull=True) | ~Q(pm_by=F("cfo_by")),
                name="funder_funderclaim_two_people",
            ),
            models.CheckConstraint(
                condition=Q(pm_by__isnull=True, pm_at__isnull=True)
                | Q(pm_by__isnull=False, pm_at__isnull=False),
                name="funder_funderclaim_pm_whole",
            ),
            models.CheckConstraint(
                condition=Q(cfo_by__isnull=True, cfo_at__isnull=True)
                | Q(cfo_by__isnull=False, cfo_at__isnull=False),
                name="funder_funderclaim_cfo_whole",
            ),
            models.CheckConstraint(
                condition=Q(status__in=("certified", "sent"), pm_by__isnull=False, cfo_by__isnull=False)
                | Q(status__in=("drawn", "withdrawn")) & (Q(pm_by__isnull=True) | Q(cfo_by__isnull=True)),
                name="funder_funderclaim_certified_by_both",
            ),
            models.CheckConstraint(
                condition=Q(status="sent", sent_on__isnull=False, sent_by__isnull=False)
                & ~Q(sent_reference="")
                | ~Q(status="sent") & Q(sent_on__isnull=True, sent_by__isnull=True, sent_reference=""),
                name="funder_funderclaim_sent_whole",
            ),
            models.CheckConstraint(
                condition=Q(status="withdrawn", withdrawn_by__isnull=False, withdrawn_at__isnull=False)
                & ~Q(withdrawn_because="")
                | ~Q(status="withdrawn")
                & Q(withdrawn_by__isnull=True, withdrawn_at__isnull=True, withdrawn_because=""),
                name="funder_funderclaim_withdrawn_whole",
            ),
            models.CheckConstraint(
                condition=Q(line_count__gt=0, number__gt=0), name="funder_funderclaim_holds_lines"
            ),
            models.CheckConstraint(
                condition=Q(held_back_count__gt=0, held_back_pence__gt=0)
                | Q(held_back_count=0, held_back_pence=0),
                name="funder_funderclaim_held_back_whole",
            ),
        )

    def __str__(self) -> str:
        return f"FC-{self.number:04}"

    @property
    def is_live(self) -> bool:
        """Whether its lines are claimed."""
        return self.status != self.Status.WITHDRAWN

    @property
    def period(self) -> str:
        """Its days in words; without a day of its own it holds corrections of earlier ones."""
        if self.from_on > self.up_to:
            return f"Corrections up to {day(self.up_to)}"
        return f"{day(self.from_on)} to {day(self.up_to)}"


class FunderClaimRow(models.Model):
    """The figures of one type of expenditure in a claim, as they were when it was drawn. Pence. It stands."""

    claim = models.ForeignKey(FunderClaim, on_delete=models.PROTECT, related_name="rows", db_index=False)
    expenditure = models.CharField(max_length=5, choices=Expenditure.choices)
    actual_pence = models.BigIntegerField(help_text="Spent in the period of the claim.")
    cumulative_pence = models.BigIntegerField(help_text="Spent by its last day.")
    unpaid_pence = models.BigIntegerField(help_text="Approved and not paid by the day it was drawn.")
    now_pence = models.BigIntegerField(help_text="Claimed now.")
    previous_pence = models.BigIntegerField(help_text="Claimed before.")

    class Meta:
        ordering = ("claim", "expenditure")
        verbose_name = "row of a claim to the funder"
        verbose_name_plural = "rows of claims to the funder"
        constraints = (
            models.UniqueConstraint(fields=("claim", "expenditure"), name="funder_funderclaimrow_one_a_type"),
            models.CheckConstraint(
                condition=Q(cumulative_pence=F("now_pence") + F("previous_pence")),
                name="funder_funderclaimrow_adds_up",
            ),
        )

    def __str__(self) -> str:
        return f"{self.claim}: {self.get_expenditure_display()}"


class FunderClaimLine(models.Model):
    """An entry of the ledger in a claim: with it once and for all, unless the claim is withdrawn.

    `pence` is what the entry spent, below nothing for a reversal. `live` ends when the claim is withdrawn.
    """

    claim = models.ForeignKey(FunderClaim, on_delete=models.PROTECT, related_name="lines", db_index=False)
    entry = models.ForeignKey(
        LedgerEntry, on_delete=models.PROTECT, related_name="funder_lines", db_index=False
    )
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+", db_index=False)
    expenditure = models.CharField(max_length=5, choices=Expenditure.choices)
    pence = models.BigIntegerField()
    live = models.BooleanField(default=True, db_default=True)

    class Meta:
        ordering = ("claim", "entry")
        verbose_name = "line of a claim to the funder"
        verbose_name_plural = "lines of claims to the funder"
        constraints = (
            models.UniqueConstraint(
                fields=("entry",), condition=Q(live=True), name="funder_funderclaimline_claimed_once"
            ),
            models.UniqueConstraint(fields=("claim", "entry"), name="funder_funderclaimline_once_in_claim"),
            models.CheckConstraint(condition=~Q(pence=0), name="funder_funderclaimline_pence_not_zero"),
        )

    def __str__(self) -> str:
        return f"{self.claim}: {self.entry}"


class TransferQuerySet(models.QuerySet["Transfer"]):
    def standing(self) -> TransferQuerySet:
        """Those that were not struck out."""
        return self.filter(struck_at__isnull=True)

    def visible_to(self, user: User) -> TransferQuerySet:
        """Those of the grants whose claims to the funder a person may read."""
        return self.filter(grant__in=grants_readable_by(user))


class Transfer(models.Model):
    """Money that came from the funder for a claim or went back to it. It stands; errors are struck out."""

    class Kind(models.TextChoices):
        RECEIVED = "received", "Received from the funder"
        REPAID = "repaid", "Repaid to the funder"

    grant = models.ForeignKey(Grant, on_delete=models.PROTECT, related_name="funder_transfers")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    claim = models.ForeignKey(FunderClaim, on_delete=models.PROTECT, null=True, related_name="receipts")
    pence = models.BigIntegerField()
    happened_on = models.DateField(help_text="The day on the bank statement.")
    reference = models.CharField(max_length=80, help_text="Of the remittance or the payment.")
    recorded_by = models.ForeignKey(User_, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(db_default=Now())
    struck_by = models.ForeignKey(User_, on_delete=models.PROTECT, null=True, related_name="+")
    struck_at = models.DateTimeField(null=True)
    struck_because = models.TextField(blank=True)

    objects = TransferQuerySet.as_manager()

    class Meta:
        ordering = ("-happened_on", "-id")
        verbose_name = "transfer from or to the funder"
        verbose_name_plural = "transfers from and to the funder"
        constraints = (
            models.CheckConstraint(condition=Q(pence__gt=0), name="funder_transfer_pence_positive"),
            models.CheckConstraint(
                condition=Q(kind="received", claim__isnull=False) | Q(kind="repaid", claim__isnull=True),
                name="funder_transfer_received_for_a_claim",
            ),
            models.CheckConstraint(condition=~Q(reference=""), name="funder_transfer_has_reference"),
            models.UniqueConstraint(
                fields=("grant", "kind", "claim", "reference"),
                condition=Q(struck_at__isnull=True),
                nulls_distinct=False,
                name="funder_transfer_reference_once",
            ),
            models.CheckConstraint(
                condition=Q(struck_by__isnull=True, struck_at__isnull=True, struck_because="")
                | Q(struck_by__isnull=False, struck_at__isnull=False) & ~Q(struck_because=""),
                name="funder_transfer_struck_whole",
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.reference}"
