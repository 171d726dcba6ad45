"""The books: budget lines with their balances, and the entries that alone move them."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from grants.models.grant import Grant
from overtime_ledger.ladder import LADDER, Stage

User_ = settings.AUTH_USER_MODEL


# PostgreSQL also knows the dates "infinity" and "-infinity", which no duty has.
PLAUSIBLE = (date(2000, 1, 1), date(2999, 12, 31))

INCURRED_STAGES = (Stage.APPROVED, Stage.SETTLED)
# The entries by which money becomes incurred, or is so no more: few of all, with an index of their own.
CHANGES_INCURRED = Q(target_stage__in=INCURRED_STAGES) & ~Q(source_stage__in=INCURRED_STAGES) | Q(
    source_stage__in=INCURRED_STAGES
) & ~Q(target_stage__in=INCURRED_STAGES)


class BudgetLine(models.Model):
    """A pot: the grant's main line or one enquiry's. Only a ledger entry moves its five balances (pence)."""

    grant = models.ForeignKey(Grant, on_delete=models.PROTECT, related_name="lines")
    name = models.CharField(max_length=80)
    is_main = models.BooleanField(default=False)
    is_open = models.BooleanField(default=True, help_text="A closed enquiry's line takes no more money.")
    available = models.BigIntegerField(default=0, editable=False)
    tasked = models.BigIntegerField(default=0, editable=False)
    claimed = models.BigIntegerField(default=0, editable=False)
    approved = models.BigIntegerField(default=0, editable=False)
    settled = models.BigIntegerField(default=0, editable=False)
    last_number = models.PositiveIntegerField(
        default=0, editable=False, help_text="The number of the last entry that moved it."
    )

    class Meta:
        ordering = ("grant", "-is_main", "name")
        constraints = (
            models.UniqueConstraint(fields=("grant", "name"), name="grants_budgetline_name_in_grant"),
            models.UniqueConstraint(
                fields=("grant",), condition=Q(is_main=True), name="grants_budgetline_one_main"
            ),
            *(
                models.CheckConstraint(
                    condition=Q(**{f"{stage}__gte": 0}), name=f"grants_budgetline_{stage}_not_negative"
                )
                for stage in LADDER
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def incurred(self) -> int:
        """Approved and settled, in pence."""
        return self.approved + self.settled

    @property
    def allocated(self) -> int:
        """Everything set aside on this line, whatever rung it has reached, in pence."""
        return self.available + self.tasked + self.claimed + self.incurred


class LedgerEntry(models.Model):
    """One movement of money from a stage of a line to a stage of a line. Posted by `ledger.post` alone.

    The database numbers it, chains it, moves the balances and refuses what must never happen; it is
    never changed or deleted.
    """

    class Kind(models.TextChoices):
        AWARD = "award", "Award"
        SUPPLEMENT = "supplement", "Award raised"
        REDUCTION = "reduction", "Award lowered"
        ALLOCATION = "allocation", "Allocation"
        MOVE = "move", "Move between lines"
        TASKING = "tasking", "Tasking"
        SUBMISSION = "submission", "Submission"
        WITHDRAWAL = "withdrawal", "Withdrawal or return"
        REJECTION = "rejection", "Rejection"
        APPROVAL = "approval", "Approval"
        SETTLEMENT = "settlement", "Settlement"
        RELEASE = "release", "Release"
        REVERSAL = "reversal", "Reversal"

    grant = models.ForeignKey(Grant, on_delete=models.PROTECT, related_name="entries", db_index=False)
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=10, choices=Kind.choices)
    source_line = models.ForeignKey(
        BudgetLine, on_delete=models.PROTECT, null=True, related_name="entries_out", db_index=False
    )
    source_stage = models.CharField(max_length=9, choices=Stage.choices)
    target_line = models.ForeignKey(
        BudgetLine, on_delete=models.PROTECT, related_name="entries_in", null=True, db_index=False
    )
    target_stage = models.CharField(max_length=9, choices=Stage.choices)
    pence = models.BigIntegerField()
    effective_on = models.DateField(help_text="The day of the duty, or of the decision.")
    posted_on = models.DateField(help_text="The business date.")
    reference = models.CharField(max_length=80, unique=True)
    reason = models.CharField(max_length=500, blank=True)
    recorded_by = models.ForeignKey(User_, on_delete=models.PROTECT, related_name="+", db_index=False)
    recorded_at = models.DateTimeField(db_default=Now())
    reverses = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="reversed_by")
    digest = models.BinaryField()

    class Meta:
        ordering = ("-number",)
        verbose_name_plural = "ledger entries"
        constraints = (
            models.UniqueConstraint(fields=("grant", "number"), name="grants_ledgerentry_number_in_grant"),
            models.UniqueConstraint(
                fields=("grant",), condition=Q(kind="award"), name="grants_ledgerentry_one_award"
            ),
            # The digest is taken of the fields with bars between them.
            models.CheckConstraint(
                condition=~Q(reference__contains="|"), name="grants_ledgerentry_reference_plain"
            ),
            models.CheckConstraint(
                condition=Q(effective_on__range=PLAUSIBLE, posted_on__range=PLAUSIBLE),
                name="grants_ledgerentry_dates_plausible",
            ),
            models.CheckConstraint(condition=Q(pence__gt=0), name="grants_ledgerentry_pence_positive"),
            models.CheckConstraint(
                condition=Q(source_stage="funder", source_line__isnull=True)
                | ~Q(source_stage="funder") & Q(source_line__isnull=False),
                name="grants_ledgerentry_source_whole",
            ),
            models.CheckConstraint(
                condition=Q(target_stage="funder", target_line__isnull=True)
                | ~Q(target_stage="funder") & Q(target_line__isnull=False),
                name="grants_ledgerentry_target_whole",
            ),
            models.CheckConstraint(
                condition=Q(kind="reversal", reverses__isnull=False)
                | ~Q(kind="reversal") & Q(reverses__isnull=True),
                name="grants_ledgerentry_reversal_reverses",
            ),
            models.CheckConstraint(
                condition=Q(kind="reversal")
                | Q(kind__in=("award", "supplement"), source_stage="funder", target_stage="available")
                | Q(kind="reduction", source_stage="available", target_stage="funder")
                | Q(kind__in=("allocation", "move"), source_stage="available", target_stage="available")
                & ~Q(source_line=F("target_line"))
                | Q(source_line=F("target_line"))
                & (
                    Q(kind="tasking", source_stage="available", target_stage="tasked")
                    | Q(kind="submission", source_stage="tasked", target_stage="claimed")
                    | Q(kind="withdrawal", source_stage="claimed", target_stage="tasked")
                    | Q(kind="rejection", source_stage="claimed", target_stage="available")
                    | Q(kind="approval", source_stage="claimed", target_stage="approved")
                    | Q(kind="settlement", source_stage="approved", target_stage="settled")
                    | Q(kind="release", source_stage="tasked", target_stage="available")
                ),
                name="grants_ledgerentry_kind_moves_so",
            ),
        )
        indexes = (
            models.Index(
                fields=("grant", "effective_on"),
                include=("posted_on", "source_stage", "target_stage", "pence"),
                name="grants_ledgerentry_burn_down",
            ),
            models.Index(
                fields=("grant", "effective_on"),
                include=("posted_on", "source_stage", "target_stage", "target_line", "pence"),
                condition=CHANGES_INCURRED,
                name="grants_ledgerentry_incurred",
            ),
            models.Index(fields=("source_line",), name="grants_ledgerentry_out"),
            models.Index(fields=("target_line",), name="grants_ledgerentry_in"),
        )

    def __str__(self) -> str:
        return f"{self.grant} entry {self.number}"
