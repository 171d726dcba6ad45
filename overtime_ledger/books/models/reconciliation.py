"""The reconciliation: lines of the force's ledger, their matches, what explains the rest, two signatures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import F, Q, QuerySet

from claims.models import Settlement
from grants.models import Grant, LedgerEntry, Period

if TYPE_CHECKING:
    from overtime_ledger.accounts.models import User

User_ = settings.AUTH_USER_MODEL


class ForceUpload(models.Model):
    """A file of the force's ledger that was taken, with the digest of its content. Append-only."""

    grant = models.ForeignKey(Grant, on_delete=models.PROTECT, related_name="force_uploads", db_index=False)
    file_name = models.CharField(max_length=120)
    sha256 = models.CharField(max_length=64)
    columns = models.JSONField(help_text="Which column of the file held what; remembered for the next file.")
    line_count = models.PositiveIntegerField()
    left_out = models.PositiveIntegerField(help_text="Rows that were on record already, or of no amount.")
    pence = models.BigIntegerField(help_text="Control total.")
    uploaded_by = models.ForeignKey(User_, on_delete=models.PROTECT, related_name="+", db_index=False)
    uploaded_at = models.DateTimeField()

    class Meta:
        ordering = ("-id",)
        verbose_name = "file of the force's ledger"
        verbose_name_plural = "files of the force's ledger"
        constraints = (
            models.UniqueConstraint(fields=("grant", "sha256"), name="books_forceupload_file_once"),
            models.CheckConstraint(condition=Q(line_count__gt=0), name="books_forceupload_has_lines"),
        )

    def __str__(self) -> str:
        return self.file_name


class UploadDraft(models.Model):
    """A file that somebody is about to have taken: its cells as text, until they do or send another."""

    grant = models.ForeignKey(Grant, on_delete=models.CASCADE, related_name="+")
    by = models.ForeignKey(User_, on_delete=models.CASCADE, related_name="+")
    file_name = models.CharField(max_length=120)
    sha256 = models.CharField(max_length=64)
    header = models.JSONField(help_text="The names of the columns.")
    rows = models.JSONField(help_text="Number and cells of each row below the header.")
    made_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("grant", "by"), name="books_uploaddraft_one_a_person"),
        )

    def __str__(self) -> str:
        return self.file_name


class ForceLine(models.Model):
    """A line of the force's ledger, as its file had it. Append-only."""

    grant = models.ForeignKey(Grant, on_delete=models.PROTECT, related_name="force_lines", db_index=False)
    upload = models.ForeignKey(ForceUpload, on_delete=models.PROTECT, related_name="lines", db_index=False)
    row = models.PositiveIntegerField(help_text="Its row in the file.")
    booked_on = models.DateField()
    reference = models.CharField(max_length=80, blank=True)
    description = models.CharField(max_length=200, blank=True)
    pence = models.BigIntegerField(help_text="More than nothing is a cost; less gives back.")

    class Meta:
        ordering = ("booked_on", "id")
        verbose_name = "line of the force's ledger"
        verbose_name_plural = "lines of the force's ledger"
        constraints = (
            models.UniqueConstraint(fields=("upload", "row"), name="books_forceline_row_once"),
            models.CheckConstraint(condition=~Q(pence=0), name="books_forceline_has_an_amount"),
        )
        indexes = (models.Index(fields=("grant", "booked_on", "id"), name="books_forceline_in_order"),)

    def __str__(self) -> str:
        return f"{self.reference or self.description or 'no reference'}, {self.booked_on:%-d %B %Y}"


class Match(models.Model):
    """Entries here and lines there that are the same money. It stands, or it is undone with a reason."""

    grant = models.ForeignKey(Grant, on_delete=models.PROTECT, related_name="matches")
    automatic = models.BooleanField(default=False, help_text="By reference and amount.")
    reason = models.CharField(max_length=500, help_text="How it was found, or why somebody says so.")
    made_by = models.ForeignKey(User_, on_delete=models.PROTECT, related_name="+", db_index=False)
    made_at = models.DateTimeField()
    undone_by = models.ForeignKey(
        User_, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    undone_at = models.DateTimeField(null=True)
    undone_because = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ("-id",)
        verbose_name_plural = "matches"
        constraints = (
            models.CheckConstraint(
                condition=Q(undone_by__isnull=True, undone_at__isnull=True, undone_because="")
                | Q(undone_by__isnull=False, undone_at__isnull=False) & ~Q(undone_because=""),
                name="books_match_undone_with_reason",
            ),
        )

    def __str__(self) -> str:
        return f"Match {self.pk}"


class MatchedEntry(models.Model):
    """An entry here in a match; in one live match at most."""

    match = models.ForeignKey(Match, on_delete=models.PROTECT, related_name="entries")
    entry = models.ForeignKey(LedgerEntry, on_delete=models.PROTECT, related_name="matched", db_index=False)
    live = models.BooleanField(default=True)

    class Meta:
        ordering = ("id",)
        verbose_name_plural = "matched entries"
        constraints = (
            models.UniqueConstraint(
                fields=("entry",), condition=Q(live=True), name="books_matchedentry_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.match}: {self.entry_id}"


class MatchedLine(models.Model):
    """A line there in a match; in one live match at most."""

    match = models.ForeignKey(Match, on_delete=models.PROTECT, related_name="lines")
    line = models.ForeignKey(ForceLine, on_delete=models.PROTECT, related_name="matched", db_index=False)
    live = models.BooleanField(default=True)

    class Meta:
        ordering = ("id",)
        verbose_name_plural = "matched lines"
        constraints = (
            models.UniqueConstraint(fields=("line",), condition=Q(live=True), name="books_matchedline_once"),
        )

    def __str__(self) -> str:
        return f"{self.match}: {self.line_id}"


class Adjustment(models.Model):
    """What explains one item that does not match at the end of a period: a payment, a line or a match.

    It explains all of that item: there is no amount of one's own to make a difference go away.
    """

    class Kind(models.TextChoices):
        TIMING = "timing", "Timing: booked in another period"
        ACCRUAL = "accrual", "The force accrued it: approved here, not paid"
        THEIRS = "theirs", "An error of the force's ledger, to be corrected there"
        OURS = "ours", "An error here, to be corrected by a reversal in an open period"
        TOLERATED = "tolerated", "A difference that was tolerated when it was paid"

    period = models.ForeignKey(Period, on_delete=models.PROTECT, related_name="adjustments")
    settlement = models.ForeignKey(Settlement, on_delete=models.PROTECT, null=True, related_name="+")
    line = models.ForeignKey(ForceLine, on_delete=models.PROTECT, null=True, related_name="+")
    match = models.ForeignKey(Match, on_delete=models.PROTECT, null=True, related_name="+")
    kind = models.CharField(max_length=9, choices=Kind.choices)
    pence = models.BigIntegerField(help_text="By how much ours is above theirs on its account.")
    carried_from = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        help_text="Where it was said first, in an earlier period, of the same item and amount.",
    )
    reason = models.CharField(max_length=500)
    deals_with = models.CharField(max_length=120, help_text="Who deals with it.")
    made_by = models.ForeignKey(User_, on_delete=models.PROTECT, related_name="+", db_index=False)
    made_at = models.DateTimeField()
    withdrawn_by = models.ForeignKey(
        User_, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("id",)
        constraints = (
            models.CheckConstraint(
                condition=Q(settlement__isnull=False, line__isnull=True, match__isnull=True)
                | Q(settlement__isnull=True, line__isnull=False, match__isnull=True)
                | Q(settlement__isnull=True, line__isnull=True, match__isnull=False),
                name="books_adjustment_of_one_item",
            ),
            *(
                models.UniqueConstraint(
                    fields=("period", item),
                    condition=Q(withdrawn_at__isnull=True),
                    name=f"books_adjustment_{item}_once",
                )
                for item in ("settlement", "line", "match")
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_by__isnull=True, withdrawn_at__isnull=True)
                | Q(withdrawn_by__isnull=False, withdrawn_at__isnull=False),
                name="books_adjustment_withdrawn_by_someone",
            ),
        )

    def __str__(self) -> str:
        return f"{self.period.number}: {self.get_kind_display()}"

    @property
    def item_key(self) -> str:
        """Which item it explains, whatever the period."""
        if self.settlement_id:
            return f"ours-{self.settlement_id}"
        return f"theirs-{self.line_id}" if self.line_id else f"differs-{self.match_id}"

    @property
    def said(self) -> str:
        """What it says, in words; what was said in an earlier period is named as that."""
        words = f"{self.get_kind_display()}. {self.reason}"
        if self.carried_from:
            return f"Carried forward from {self.carried_from.period.number}: {words}"
        return words

    def carried_to(self, period: Period) -> Adjustment:
        """The same of the same item in a later period; not saved, nobody has said it of that period yet."""
        return Adjustment(
            period=period,
            settlement_id=self.settlement_id,
            line_id=self.line_id,
            match_id=self.match_id,
            kind=self.kind,
            pence=self.pence,
            carried_from=self.carried_from or self,
            reason=self.reason,
            deals_with=self.deals_with,
        )


class ReconciliationQuerySet(models.QuerySet["Reconciliation"]):
    def visible_to(self, user: User) -> ReconciliationQuerySet:
        """Those of the grants a person may open."""
        return self.filter(period__grant__in=Grant.objects.visible_to(user))


class Reconciliation(models.Model):
    """The ledger against the force's at the end of a period: one in finance prepared it, another signs it.

    `document` holds the figures with every item as they were when it was prepared, as JSON; it stands.
    """

    class Status(models.TextChoices):
        PREPARED = "prepared", "Prepared, to be signed"
        SIGNED = "signed", "Signed"
        RETURNED = "returned", "Sent back"

    period = models.ForeignKey(Period, on_delete=models.PROTECT, related_name="reconciliations")
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.PREPARED)
    ours_pence = models.BigIntegerField(help_text="Settled here up to the last day of the period.")
    theirs_pence = models.BigIntegerField(help_text="Booked by the force up to that day.")
    only_ours_pence = models.BigIntegerField()
    only_theirs_pence = models.BigIntegerField()
    differences_pence = models.BigIntegerField(help_text="Of what matches but not to the penny.")
    adjusted_pence = models.BigIntegerField()
    document = models.TextField()
    sha256 = models.CharField(max_length=64, help_text="Of the document.")
    prepared_by = models.ForeignKey(User_, on_delete=models.PROTECT, related_name="+", db_index=False)
    prepared_at = models.DateTimeField()
    signed_by = models.ForeignKey(
        User_, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    signed_at = models.DateTimeField(null=True)
    returned_by = models.ForeignKey(
        User_, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    returned_at = models.DateTimeField(null=True)
    returned_because = models.CharField(max_length=500, blank=True)

    objects = ReconciliationQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        permissions = (("reconcile", "Reconciles the ledger with the force's, and signs what another did"),)
        constraints = (
            models.UniqueConstraint(
                fields=("period",),
                condition=~Q(status="returned"),
                name="books_reconciliation_one_a_period",
            ),
            models.CheckConstraint(
                condition=Q(
                    ours_pence=F("theirs_pence")
                    + F("only_ours_pence")
                    - F("only_theirs_pence")
                    + F("differences_pence")
                ),
                name="books_reconciliation_adds_up",
            ),
            models.CheckConstraint(
                condition=Q(ours_pence=F("theirs_pence") + F("adjusted_pence")),
                name="books_reconciliation_no_difference",
            ),
            models.CheckConstraint(
                condition=Q(signed_by__isnull=True) | ~Q(signed_by=F("prepared_by")),
                name="books_reconciliation_two_people",
            ),
            models.CheckConstraint(
                condition=Q(
                    status="prepared",
                    signed_by__isnull=True,
                    signed_at__isnull=True,
                    returned_by__isnull=True,
                    returned_at__isnull=True,
                    returned_because="",
                )
                | Q(
                    status="signed",
                    signed_by__isnull=False,
                    signed_at__isnull=False,
                    returned_by__isnull=True,
                    returned_at__isnull=True,
                    returned_because="",
                )
                | Q(
                    status="returned",
                    signed_by__isnull=True,
                    signed_at__isnull=True,
                    returned_by__isnull=False,
                    returned_at__isnull=False,
                )
                & ~Q(returned_because=""),
                name="books_reconciliation_steps_have_their_people",
            ),
        )

    def __str__(self) -> str:
        return f"Reconciliation of {self.period}"

    @property
    def difference_pence(self) -> int:
        """What nothing explains; the database lets it be nothing else than 0."""
        return self.ours_pence - self.theirs_pence - self.adjusted_pence

    @property
    def is_prepared(self) -> bool:
        return self.status == self.Status.PREPARED

    @property
    def is_signed(self) -> bool:
        return self.status == self.Status.SIGNED


def payments_of(grant: Grant) -> QuerySet[LedgerEntry]:
    """The entries of a grant that settled something or reversed that, in their order."""
    settlement = LedgerEntry.Kind.SETTLEMENT
    rows = LedgerEntry.objects.filter(Q(kind=settlement) | Q(reverses__kind=settlement), grant=grant)
    return rows.order_by("number")
