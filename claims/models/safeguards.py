"""What guards approval: interests, samples of what is approved together, evidence, claims held back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from claims.models.claim import Claim
from overtime_ledger.accounts.models import Agency
from tasking.models import Assignment

if TYPE_CHECKING:
    from overtime_ledger.accounts.models import User

User_ = settings.AUTH_USER_MODEL


class InterestQuerySet(models.QuerySet["Interest"]):
    def in_force(self) -> InterestQuerySet:
        return self.filter(ended_at__isnull=True)

    def of(self, person: User) -> InterestQuerySet:
        return self.filter(person=person)

    def visible_to(self, user: User) -> InterestQuerySet:
        """One's own; everybody's for finance and auditors."""
        return self if user.has_perm("claims.read_interests") else self.of(user)


class Interest(models.Model):
    """What somebody who certifies or decides declared: a tie to an officer or to an agency (A05)."""

    person = models.ForeignKey(User_, on_delete=models.PROTECT, related_name="interests")
    officer = models.ForeignKey(User_, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    what = models.CharField(max_length=500, help_text="What the tie is, without private detail.")
    declared_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_because = models.CharField(max_length=500, blank=True)

    objects = InterestQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        permissions = (("read_interests", "Reads the interests that others declared"),)
        constraints = (
            models.CheckConstraint(
                condition=Q(officer__isnull=False, agency__isnull=True)
                | Q(officer__isnull=True, agency__isnull=False),
                name="claims_interest_in_one",
            ),
            models.CheckConstraint(
                condition=Q(officer__isnull=True) | ~Q(officer=F("person")), name="claims_interest_in_another"
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, ended_because="")
                | Q(ended_at__isnull=False) & ~Q(ended_because=""),
                name="claims_interest_ended_with_reason",
            ),
        )
        indexes = (
            models.Index(fields=("person",), condition=Q(ended_at=None), name="claims_interest_in_force"),
        )

    def __str__(self) -> str:
        return f"{self.person}: interest in {self.officer or self.agency}"


class BulkApprovalQuerySet(models.QuerySet["BulkApproval"]):
    def visible_to(self, user: User) -> BulkApprovalQuerySet:
        """What one drew up oneself; everybody's for those who read all grants."""
        return self if user.has_perm("grants.read_all_grants") else self.filter(by=user)


class BulkApproval(models.Model):
    """Clean claims that one person draws up to approve together, and the sample to open first (A06)."""

    by = models.ForeignKey(User_, on_delete=models.PROTECT, related_name="bulk_approvals")
    drawn_at = models.DateTimeField()
    claims = models.ManyToManyField(Claim, through="Sampled", related_name="bulk_approvals")

    objects = BulkApprovalQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"Bulk approval {self.pk}"


class Sampled(models.Model):
    """A claim of a bulk approval at the revision that was drawn, and what became of it."""

    class Outcome(models.TextChoices):
        WAITING = "waiting", "Waiting"
        APPROVED = "approved", "Approved"
        REFUSED = "refused", "Refused"

    bulk = models.ForeignKey(BulkApproval, on_delete=models.PROTECT, related_name="rows")
    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="+")
    revision = models.PositiveIntegerField()
    is_sample = models.BooleanField(default=False)
    opened_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=8, choices=Outcome.choices, default=Outcome.WAITING)
    refusal = models.TextField(blank=True, help_text="Code and reason, if it was refused.")

    class Meta:
        ordering = ("bulk", "id")
        constraints = (models.UniqueConstraint(fields=("bulk", "claim"), name="claims_sampled_once_a_bulk"),)

    def __str__(self) -> str:
        return f"{self.claim} in {self.bulk}"


class Evidence(models.Model):
    """What shows a duty: a reference to the force's own record, or a file; added, and never changed (C11)."""

    class Kind(models.TextChoices):
        DUTY_RECORD = "duty_record", "Duty record"
        TIMESHEET = "timesheet", "Timesheet of the agency"
        RATE_LETTER = "rate_letter", "Rate letter"
        SUBSTITUTED_DAY = "substituted_day", "Approval of a substituted holiday"
        OTHER = "other", "Something else"

    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="evidence")
    kind = models.CharField(max_length=15, choices=Kind.choices)
    reference = models.CharField(
        max_length=200, blank=True, help_text="Where the record is: system, number, page."
    )
    path = models.CharField(max_length=120, blank=True, help_text="Where the file lies in private storage.")
    name = models.CharField(max_length=120, blank=True, help_text="What the file was called.")
    content_type = models.CharField(max_length=60, blank=True)
    size = models.PositiveIntegerField(default=0, help_text="Bytes.")
    sha256 = models.CharField(max_length=64, blank=True)
    marking = models.CharField(max_length=80)
    added_by = models.ForeignKey(User_, on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField()

    class Meta:
        ordering = ("id",)
        verbose_name_plural = "evidence"
        constraints = (
            models.CheckConstraint(
                condition=~Q(reference="") | ~Q(path=""), name="claims_evidence_says_something"
            ),
            models.CheckConstraint(
                condition=Q(path="", sha256="") | ~Q(path="") & Q(sha256__regex="^[0-9a-f]{64}$"),
                name="claims_evidence_file_has_its_digest",
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.claim}"


class Freeze(models.Model):
    """A claim held back on suspicion by finance or an auditor; only they see why. Only its end is added."""

    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="freezes")
    reason = models.TextField()
    frozen_by = models.ForeignKey(User_, on_delete=models.PROTECT, related_name="+")
    frozen_at = models.DateTimeField()
    released_by = models.ForeignKey(User_, on_delete=models.PROTECT, null=True, related_name="+")
    released_at = models.DateTimeField(null=True)
    release_reason = models.TextField(blank=True)

    class Meta:
        ordering = ("-id",)
        permissions = (("freeze_claim", "Holds claims back on suspicion, and sees why they are held"),)
        constraints = (
            models.UniqueConstraint(
                fields=("claim",), condition=Q(released_at__isnull=True), name="claims_freeze_one_open"
            ),
            models.CheckConstraint(
                condition=Q(released_at__isnull=True, released_by__isnull=True, release_reason="")
                | Q(released_at__isnull=False, released_by__isnull=False) & ~Q(release_reason=""),
                name="claims_freeze_released_with_reason",
            ),
        )

    def __str__(self) -> str:
        return f"Freeze of {self.claim}"


class LateClaimQuerySet(models.QuerySet["LateClaim"]):
    def visible_to(self, user: User) -> LateClaimQuerySet:
        """Those of duties a person may see."""
        return self.filter(assignment__in=Assignment.objects.visible_to(user).order_by())

    def asked(self) -> LateClaimQuerySet:
        return self.filter(status=LateClaim.Status.ASKED)


class LateClaim(models.Model):
    """A duty on the late list: somebody asks to claim it after claims closed or it was released (C06)."""

    class Status(models.TextChoices):
        ASKED = "asked", "Asked"
        GRANTED = "granted", "Granted"
        REFUSED = "refused", "Refused"

    assignment = models.ForeignKey(Assignment, on_delete=models.PROTECT, related_name="late_claims")
    reason = models.TextField()
    asked_by = models.ForeignKey(User_, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    status = models.CharField(max_length=7, choices=Status.choices, default=Status.ASKED)
    until = models.DateField(null=True, help_text="Last day to claim and approve it.")
    answer = models.TextField(blank=True)
    decided_by = models.ForeignKey(User_, on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)

    objects = LateClaimQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("assignment",), condition=Q(status="asked"), name="claims_lateclaim_one_open"
            ),
            models.CheckConstraint(
                condition=Q(status="asked", decided_by__isnull=True, until__isnull=True)
                | Q(decided_by__isnull=False) & ~Q(answer="") & ~Q(decided_by=F("asked_by")),
                name="claims_lateclaim_decided_by_another",
            ),
            models.CheckConstraint(
                condition=Q(status="granted", until__isnull=False)
                | ~Q(status="granted") & Q(until__isnull=True),
                name="claims_lateclaim_granted_until",
            ),
        )

    def __str__(self) -> str:
        return f"Late claim of {self.assignment}"


class Dispute(models.Model):
    """What the claimant says against a part approval, once; decided by another than who approved it."""

    class Status(models.TextChoices):
        OPEN = "open", "Waiting for an answer"
        UPHELD = "upheld", "Upheld"
        REFUSED = "refused", "Refused"

    claim = models.OneToOneField(Claim, on_delete=models.PROTECT, related_name="dispute")
    reason = models.TextField()
    raised_by = models.ForeignKey(User_, on_delete=models.PROTECT, related_name="+")
    raised_at = models.DateTimeField()
    status = models.CharField(max_length=7, choices=Status.choices, default=Status.OPEN)
    answer = models.TextField(blank=True)
    decided_by = models.ForeignKey(User_, on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(
                condition=Q(status="open", decided_by__isnull=True)
                | ~Q(status="open")
                & Q(decided_by__isnull=False)
                & ~Q(answer="")
                & ~Q(decided_by=F("raised_by")),
                name="claims_dispute_decided_by_another",
            ),
        )

    def __str__(self) -> str:
        return f"Dispute of {self.claim}"
