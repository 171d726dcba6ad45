"""Claims, and how their pay was reckoned."""

from __future__ import annotations

from decimal import Decimal
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import TruncDate

from claims.models.settlement import Settlement
from grants.models import Grant, LedgerEntry, Stage
from overtime_ledger.accounts.models import Agency, RankHeld
from tasking.models import Assignment, DutyType, Enquiry, RuleSet, moments_of

if TYPE_CHECKING:
    from overtime_ledger.accounts.models import User

User_ = settings.AUTH_USER_MODEL


# Without which evidence a claim is not approved, by how its agency is paid (C11).
RECORD_KINDS = {Agency.SettledBy.PAYROLL: "duty_record", Agency.SettledBy.INVOICE: "timesheet"}


def _held_back() -> ClaimQuerySet:
    return Claim.objects.filter(pk=OuterRef("pk"), freezes__isnull=False, freezes__released_at__isnull=True)


def _shown() -> ClaimQuerySet:
    needed = (Q(agency__settled_by=paid, evidence__kind=kind) for paid, kind in RECORD_KINDS.items())
    return Claim.objects.filter(reduce(or_, needed), pk=OuterRef("pk"))


class ClaimQuerySet(models.QuerySet["Claim"]):
    def visible_to(self, user: User) -> ClaimQuerySet:
        """One's own; one's agency's for its supervisors and clerks; those of grants one may open."""
        seen = Q(claimant=user) | Q(grant__in=Grant.objects.visible_to(user))
        if user.has_perm("claims.claim_for_agency") or user.has_perm("claims.certify_claim"):
            seen |= Q(agency=user.agency_id)
        return self.filter(seen)

    def live(self) -> ClaimQuerySet:
        return self.filter(status__in=Claim.LIVE)

    def untouched_by(self, user: User | OuterRef) -> ClaimQuerySet:
        """Claims of others, which this person neither entered nor certified, nor is tied to by an interest.

        One decides on no others. Inside a query of people, `OuterRef("pk")` stands for each of them.
        """
        touched = Q(claimant=user) | Q(entered_by=user) | Q(certified_by=user)
        return self.exclude(touched).without_interest_of(user)

    def without_interest_of(self, user: User | OuterRef) -> ClaimQuerySet:
        """Without claims of the officers and agencies in whom a person declared an interest (A05)."""
        from claims.models.safeguards import Interest  # which itself names Claim

        person = OuterRef(user) if isinstance(user, OuterRef) else user
        ties = Interest.objects.in_force().filter(person=person).order_by()
        return self.exclude(
            Q(claimant__in=ties.filter(officer__isnull=False).values("officer"))
            | Q(agency__in=ties.filter(agency__isnull=False).values("agency"))
        )

    def awaiting_more_time(self) -> ClaimQuerySet:
        """Drafts that wait until the controlling DI decides about more time."""
        return self.filter(status=Claim.Status.DRAFT, more_time__status="asked").not_held_back()

    def awaiting_claimant(self) -> ClaimQuerySet:
        """Returned, or still a draft although nothing is asked of the DI any more."""
        asked = Claim.objects.filter(more_time__status="asked").order_by().values("pk")
        waits = Q(status=Claim.Status.RETURNED) | Q(status=Claim.Status.DRAFT) & ~Q(pk__in=asked)
        return self.filter(waits).not_held_back()

    def awaiting_certification(self) -> ClaimQuerySet:
        return self.filter(status=Claim.Status.SUBMITTED).not_held_back()

    def awaiting_approval(self) -> ClaimQuerySet:
        return self.filter(status=Claim.Status.CERTIFIED).not_held_back()

    def awaiting_answer_to_dispute(self) -> ClaimQuerySet:
        """Approved in part, settled or not, and their claimants say that more is due."""
        stands = (Claim.Status.APPROVED, Claim.Status.SETTLED)
        return self.filter(status__in=stands, dispute__status="open").not_held_back()

    def awaiting_settlement(self) -> ClaimQuerySet:
        return self.filter(status=Claim.Status.APPROVED).not_held_back()

    def held_back(self) -> ClaimQuerySet:
        """Those that finance or an auditor holds back."""
        return self.filter(Exists(_held_back()))

    def not_held_back(self) -> ClaimQuerySet:
        """Without those that finance or an auditor holds back: they leave every queue."""
        return self.filter(~Exists(_held_back()))

    def with_guards(self) -> ClaimQuerySet:
        """With what the guards of an approval ask, read for all claims at once."""
        return self.annotate(held_back=Exists(_held_back()), shown=Exists(_shown()))

    def waiting_for(self, whom: str) -> ClaimQuerySet:
        """Claims to act on, by what or whom they wait for: the names below."""
        return {
            "claimant": self.awaiting_claimant,
            "supervisor": self.awaiting_certification,
            "more_time": self.awaiting_more_time,
            "approver": self.awaiting_approval,
            "dispute": self.awaiting_answer_to_dispute,
            "finance": self.awaiting_settlement,
            "release": self.held_back,
        }[whom]()


class Claim(models.Model):
    """An officer's statement of a duty worked under a tasking.

    People submit, certify, return, approve: nobody edits a status. The database keeps the steps.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", "Draft, more time asked"
        SUBMITTED = "submitted", "Submitted"
        CERTIFIED = "certified", "Certified"
        RETURNED = "returned", "Returned"
        WITHDRAWN = "withdrawn", "Withdrawn"
        APPROVED = "approved", "Approved"
        SETTLED = "settled", "Settled"
        REJECTED = "rejected", "Rejected"
        REVERSED = "reversed", "Reversed"

    LIVE = (
        Status.DRAFT,
        Status.SUBMITTED,
        Status.CERTIFIED,
        Status.RETURNED,
        Status.APPROVED,
        Status.SETTLED,
    )

    # Nine indexes less to write at every step: lists are served by those below, and nobody deletes a user.
    assignment = models.ForeignKey(Assignment, on_delete=models.PROTECT, related_name="claims")
    claimant = models.ForeignKey(User_, on_delete=models.PROTECT, related_name="claims", db_index=False)
    grant = models.ForeignKey(Grant, on_delete=models.PROTECT, related_name="claims", db_index=False)
    enquiry = models.ForeignKey(Enquiry, on_delete=models.PROTECT, related_name="claims", db_index=False)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="claims", db_index=False)
    duty_type = models.CharField(max_length=16, choices=DutyType.choices)
    duty_on = models.DateField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    break_minutes = models.PositiveSmallIntegerField(default=0)
    travel_minutes = models.PositiveSmallIntegerField(default=0, db_default=0)
    worked_minutes = models.PositiveIntegerField(help_text="Elapsed minutes less breaks.")
    charged_minutes = models.PositiveIntegerField(
        null=True, help_text="Other agencies: what they charge by their own rules; empty: what was worked."
    )
    rank = models.CharField(max_length=16, choices=RankHeld.Rank.choices, db_default="")
    grade = models.CharField(max_length=40, db_default="", help_text="Rank or grade on the day of the duty.")
    pay_point = models.CharField(max_length=80, blank=True, db_default="", help_text="Lead force: the point.")
    annual_pay_pence = models.BigIntegerField(null=True, help_text="Lead force: the pay it is reckoned from.")
    rule_set = models.ForeignKey(
        RuleSet, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    agreed_hourly_pence = models.PositiveIntegerField(
        null=True, help_text="Other agencies: the hourly rate they charge."
    )
    agreed_multiplier = models.CharField(
        max_length=7, blank=True, db_default="", help_text="Other agencies: the multiplier they charge."
    )
    on_cost_percent = models.DecimalField(max_digits=6, decimal_places=3, default=Decimal(0), db_default=0)
    on_cost_pence = models.BigIntegerField(
        default=0, db_default=0, help_text="How much of what is claimed is on-cost."
    )
    pence = models.BigIntegerField(help_text="What is claimed, on-cost included, in pence.")
    claimed_pence = models.BigIntegerField(
        null=True, help_text="Where a part was approved: what had been claimed; `pence` is the part."
    )
    approved_minutes = models.PositiveIntegerField(
        null=True, help_text="Where a part was approved: the minutes of it, less breaks."
    )
    remark = models.TextField(blank=True, help_text="What the claimant says, such as an answer to a return.")
    attested_worked = models.BooleanField(default=False)
    attested_sole_fund = models.BooleanField(default=False)
    flags = models.JSONField(default=list, help_text="Holds and notes: code, level, question.")
    status = models.CharField(max_length=9, choices=Status.choices, default=Status.DRAFT)
    revision = models.PositiveIntegerField(
        default=1, help_text="Counts every change: one approves what one saw."
    )
    entered_by = models.ForeignKey(User_, on_delete=models.PROTECT, related_name="+", db_index=False)
    submitted_at = models.DateTimeField(null=True)
    certified_by = models.ForeignKey(
        User_, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    certified_at = models.DateTimeField(null=True)
    approved_by = models.ForeignKey(
        User_, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    approved_at = models.DateTimeField(null=True)
    approval_entry = models.OneToOneField(
        LedgerEntry, on_delete=models.PROTECT, null=True, to_field="reference", related_name="+"
    )
    settlement = models.ForeignKey(Settlement, on_delete=models.PROTECT, null=True, related_name="claims")
    settlement_entry = models.OneToOneField(
        LedgerEntry, on_delete=models.PROTECT, null=True, to_field="reference", related_name="+"
    )
    reversal_entry = models.OneToOneField(
        LedgerEntry, on_delete=models.PROTECT, null=True, to_field="reference", related_name="+"
    )

    objects = ClaimQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        permissions = (
            ("make_claim", "Claims for duties they worked"),
            ("claim_for_agency", "Claims for officers of their own agency"),
            ("certify_claim", "Certifies hours of officers of their own agency"),
            ("approve_claim", "Approves, returns, rejects and reverses claims of a grant they control"),
            ("settle_claim", "Marks approved claims as settled"),
        )
        constraints = (
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="claims_claim_ends_after_start"
            ),
            models.CheckConstraint(condition=Q(pence__gte=0), name="claims_claim_pence_not_negative"),
            models.CheckConstraint(
                condition=Q(on_cost_pence__gte=0, on_cost_pence__lte=F("pence")),
                name="claims_claim_on_cost_within_pence",
            ),
            models.CheckConstraint(
                condition=Q(claimed_pence__isnull=True, approved_minutes__isnull=True)
                | Q(
                    claimed_pence__gt=F("pence"),
                    approved_minutes__lt=F("worked_minutes"),
                    status__in=("approved", "settled", "reversed"),
                ),
                name="claims_claim_part_is_less",
            ),
            # The day by which the grant's window is judged is the day on which the duty began.
            models.CheckConstraint(
                condition=Q(duty_on=TruncDate("starts_at", tzinfo=ZoneInfo("Europe/London"))),
                name="claims_claim_duty_on_its_day",
            ),
            models.CheckConstraint(
                condition=Q(status="draft") | Q(attested_worked=True, attested_sole_fund=True),
                name="claims_claim_attested",
            ),
            models.CheckConstraint(
                condition=~Q(certified_by=F("claimant")) | Q(certified_by__isnull=True),
                name="claims_claim_certifier_is_another",
            ),
            models.CheckConstraint(
                condition=Q(certified_by__isnull=True) | ~Q(certified_by=F("entered_by")),
                name="claims_claim_certifier_did_not_enter",
            ),
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True)
                | ~Q(approved_by=F("claimant"))
                & ~Q(approved_by=F("certified_by"))
                & ~Q(approved_by=F("entered_by")),
                name="claims_claim_approver_is_a_third",
            ),
            models.CheckConstraint(
                condition=Q(
                    status__in=("certified", "approved", "settled", "reversed"), certified_by__isnull=False
                )
                | ~Q(status__in=("certified", "approved", "settled", "reversed")),
                name="claims_claim_certified_by_someone",
            ),
            models.CheckConstraint(
                condition=Q(
                    status__in=("approved", "settled", "reversed"),
                    approval_entry__isnull=False,
                    approved_by__isnull=False,
                )
                | Q(approval_entry__isnull=True, approved_by__isnull=True)
                & ~Q(status__in=("approved", "settled", "reversed")),
                name="claims_claim_approved_with_entry",
            ),
            models.CheckConstraint(
                condition=Q(status="settled", settlement_entry__isnull=False, settlement__isnull=False)
                | Q(status="reversed")
                | Q(settlement_entry__isnull=True, settlement__isnull=True) & ~Q(status="settled"),
                name="claims_claim_settled_with_entry",
            ),
            models.CheckConstraint(
                condition=Q(status="reversed", reversal_entry__isnull=False)
                | Q(reversal_entry__isnull=True) & ~Q(status="reversed"),
                name="claims_claim_reversed_with_entry",
            ),
            models.UniqueConstraint(
                fields=("assignment",),
                condition=~Q(status__in=("withdrawn", "rejected", "reversed")),
                name="claims_claim_one_live_an_assignment",
            ),
            ExclusionConstraint(
                name="claims_claim_no_overlap",
                expressions=moments_of("claimant_id"),
                condition=~Q(status__in=("withdrawn", "rejected", "reversed")),
            ),
        )
        indexes = (
            models.Index(fields=("grant", "status", "-id"), name="claims_claim_of_grant"),
            models.Index(fields=("claimant", "-id"), name="claims_claim_of_claimant"),
            models.Index(fields=("agency", "status", "-id"), name="claims_claim_of_agency"),
            models.Index(fields=("enquiry", "-id"), name="claims_claim_of_enquiry"),
            models.Index(fields=("grant",), condition=~Q(flags=[]), name="claims_claim_flagged"),
        )

    def __str__(self) -> str:
        return f"Claim {self.pk}"

    @property
    def is_held_back(self) -> bool:
        """Whether finance or an auditor holds it back."""
        known = getattr(self, "held_back", None)
        return self.freezes.filter(released_at__isnull=True).exists() if known is None else bool(known)

    @property
    def record_kind(self) -> str:
        """The kind of evidence without which it is not approved (C11)."""
        return RECORD_KINDS[Agency.SettledBy(self.agency.settled_by)]

    @property
    def has_its_record(self) -> bool:
        """Whether that evidence is there; what was added is never taken off."""
        return bool(getattr(self, "shown", False)) or self.evidence.filter(kind=self.record_kind).exists()

    @property
    def counted_minutes(self) -> int:
        """The minutes its amount stands for: what was worked, or the part of it that was approved."""
        return self.worked_minutes if self.approved_minutes is None else self.approved_minutes

    @property
    def stated_pence(self) -> int:
        """What was claimed, whatever part of it was approved, on-cost included."""
        return self.pence if self.claimed_pence is None else self.claimed_pence

    @property
    def pay_pence(self) -> int:
        """What is claimed without the on-cost, in pence."""
        return self.pence - self.on_cost_pence

    @property
    def pay_lines(self) -> list[ClaimLine]:
        """The lines of the latest statement, in order."""
        lines = list(self.lines.all())
        return [line for line in lines if line.revision == lines[-1].revision]

    @property
    def kind_of_duty(self) -> str:
        """The duty type in a word or two."""
        return DutyType(self.duty_type).label.partition(":")[0]

    @property
    def stage(self) -> Stage:
        """The rung of the ladder on which its money stands; a withdrawn claim's stands with its duty."""
        return {
            Claim.Status.SUBMITTED: Stage.CLAIMED,
            Claim.Status.CERTIFIED: Stage.CLAIMED,
            Claim.Status.APPROVED: Stage.APPROVED,
            Claim.Status.SETTLED: Stage.SETTLED,
            Claim.Status.REJECTED: Stage.AVAILABLE,
            Claim.Status.REVERSED: Stage.AVAILABLE,
        }.get(Claim.Status(self.status), Stage.TASKED)

    @property
    def waits_for(self) -> str:
        """Whose turn it is, in words; empty once it has ended. A draft's request may be refused meanwhile."""
        if self.is_held_back:
            return "finance or an auditor, who let it go on"
        return {
            Claim.Status.DRAFT: "the controlling DI, who was asked for more time",
            Claim.Status.SUBMITTED: f"a supervisor of {self.agency}, who certifies the hours",
            Claim.Status.CERTIFIED: "the controlling DI, who approves it",
            Claim.Status.RETURNED: "the claimant, who answers the return",
            Claim.Status.APPROVED: "finance, who sees to the payment",
        }.get(Claim.Status(self.status), "")

    @property
    def is_clean(self) -> bool:
        """Whether no control raised a question."""
        return not self.flags

    @property
    def flag_codes(self) -> str:
        """The codes of the controls that ask something, each once."""
        return ", ".join(dict.fromkeys(flag["code"] for flag in self.flags))

    @property
    def is_undecided(self) -> bool:
        """Whether it waits to be certified or approved: only then it can be returned."""
        return self.status in (Claim.Status.SUBMITTED, Claim.Status.CERTIFIED)

    @property
    def has_hold(self) -> bool:
        """Whether whoever approves must give a reason."""
        return any(flag["level"] == "hold" for flag in self.flags)


class ClaimLine(models.Model):
    """One line of a claim's pay, as reckoned for one of its revisions. Append-only."""

    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="lines")
    revision = models.PositiveIntegerField()
    position = models.PositiveSmallIntegerField()
    rule = models.CharField(max_length=60)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    minutes = models.PositiveIntegerField()
    units = models.PositiveIntegerField(help_text="Completed quarters of an hour.")
    multiplier = models.CharField(max_length=7)
    hourly_pence = models.DecimalField(max_digits=12, decimal_places=4, help_text="Plain rate, for reading.")
    pence = models.BigIntegerField(help_text="Pay of the line.")
    on_cost_pence = models.BigIntegerField(default=0, db_default=0)
    working = models.TextField()

    class Meta:
        ordering = ("claim", "revision", "position")
        constraints = (
            models.UniqueConstraint(
                fields=("claim", "revision", "position"), name="claims_claimline_position"
            ),
        )

    def __str__(self) -> str:
        return f"{self.claim}, line {self.position}"

    @property
    def total_pence(self) -> int:
        """Pay and on-cost of the line together."""
        return self.pence + self.on_cost_pence
