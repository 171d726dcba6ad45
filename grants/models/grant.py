"""A grant, what must be recorded before it opens, who controls it, its budget lines and their entries."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Now

from overtime_ledger import clock
from overtime_ledger.accounts.models import Agency
from overtime_ledger.ladder import LADDER as LADDER
from overtime_ledger.ladder import Stage as Stage

if TYPE_CHECKING:
    from overtime_ledger.accounts.models import User

User_ = settings.AUTH_USER_MODEL


def days_between(first: str, last: str) -> Func:
    """The range of days from one column to another, both included; an empty last day is open."""
    return Func(F(first), F(last), Value("[]"), function="daterange")


class GrantQuerySet(models.QuerySet["Grant"]):
    def visible_to(self, user: User) -> GrantQuerySet:
        """The grants a person may open: all of them for finance and auditors, else those they control."""
        if user.has_perm("grants.read_all_grants"):
            return self
        return self.filter(pk__in=Authority.objects.in_force_for(user).values("grant"))


class OnCost(models.TextChoices):
    """Which of the employer's on-costs a grant bears beside pay."""

    NONE = "none", "None"
    NI = "ni", "Employer's National Insurance"
    NI_LEVY = "ni_levy", "Employer's National Insurance and apprenticeship levy"


class CostTypes(models.TextChoices):
    """Whose overtime a grant bears."""

    BOTH = "both", "Overtime of the lead force, and of other forces and agencies"
    LEAD_FORCE = "lead", "Overtime of the lead force only"
    OTHERS = "others", "Overtime of other forces and agencies only"


class ClaimBasis(models.TextChoices):
    """What of a grant's spending is claimed from its funder, and by which day."""

    ACCRUED = "accrued", "Accrued: what was approved, by the day of the duty"
    PAID = "paid", "Paid: what was settled, by the day of the payment"


class Grant(models.Model):
    """Money of a funder for overtime inside a window: an award that is a hard ceiling."""

    class Status(models.TextChoices):
        DRAFT = "draft", "Being set up"
        OPEN = "open", "Open"
        CLOSED = "closed", "Closed"

    reference = models.CharField(max_length=40, unique=True)
    title = models.CharField(max_length=200)
    funder = models.CharField(max_length=120)
    fund = models.CharField(max_length=120)
    recipient = models.CharField(max_length=120)
    spending_body = models.CharField(max_length=120)
    purpose = models.TextField()
    lead_force = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="grants_led")
    amount_pence = models.BigIntegerField(help_text="The award, in pence: not a penny more.")
    eligible_from = models.DateField(help_text="First day on which a duty is eligible.")
    eligible_to = models.DateField(help_text="Last day on which a duty is eligible, up to its midnight.")
    claims_close_on = models.DateField(help_text="Last day to submit or approve a claim.")
    books_close_on = models.DateField(help_text="Last day of tasking, claiming and approving in the books.")
    marking = models.CharField(max_length=80, default="OFFICIAL-SENSITIVE [ORGANISATIONAL]")
    amber_under_percent = models.PositiveSmallIntegerField(default=95)
    red_under_percent = models.PositiveSmallIntegerField(default=85)
    amber_over_percent = models.PositiveSmallIntegerField(default=98)
    red_over_percent = models.PositiveSmallIntegerField(default=100)
    release_after_days = models.PositiveSmallIntegerField(
        default=5,
        db_default=5,
        help_text="Days after a duty on which its money returns to the enquiry if nobody claimed it.",
    )
    cost_types = models.CharField(
        max_length=6,
        choices=CostTypes.choices,
        default=CostTypes.BOTH,
        db_default=CostTypes.BOTH,
        help_text="Whose overtime the grant bears.",
    )
    on_cost = models.CharField(
        max_length=7,
        choices=OnCost.choices,
        default=OnCost.NONE,
        verbose_name="on-costs",
        help_text="What the grant bears beside the overtime pay of the lead force.",
    )
    claim_basis = models.CharField(
        max_length=7,
        choices=ClaimBasis.choices,
        default=ClaimBasis.ACCRUED,
        db_default=ClaimBasis.ACCRUED,
        verbose_name="basis of claims to the funder",
        help_text="What is claimed from the funder. It stands once the grant is open.",
    )
    status = models.CharField(max_length=6, choices=Status.choices, default=Status.DRAFT)
    opened_on = models.DateField(null=True, blank=True)
    closed_on = models.DateField(null=True, blank=True, help_text="Since then it is only read.")
    last_number = models.PositiveIntegerField(default=0, editable=False)
    last_digest = models.BinaryField(default=b"", editable=False)

    objects = GrantQuerySet.as_manager()

    class Meta:
        ordering = ("-eligible_from", "reference")
        permissions = (
            ("read_all_grants", "Reads every grant, claim and entry"),
            ("set_up_grant", "Sets up grants, gates, agreements and rates"),
            ("allocate_grant", "Allocates and moves the money of a grant they control"),
        )
        constraints = (
            models.CheckConstraint(condition=Q(amount_pence__gt=0), name="grants_grant_amount_positive"),
            models.CheckConstraint(
                condition=Q(eligible_to__gte=F("eligible_from"))
                & Q(claims_close_on__gte=F("eligible_to"))
                & Q(books_close_on__gte=F("claims_close_on")),
                name="grants_grant_dates_in_order",
            ),
            models.CheckConstraint(
                condition=Q(status="draft", opened_on__isnull=True)
                | ~Q(status="draft") & Q(opened_on__isnull=False),
                name="grants_grant_opened_on_when_open",
            ),
            models.CheckConstraint(
                condition=Q(status="closed") | Q(closed_on__isnull=True),
                name="grants_grant_closed_on_when_closed",
            ),
        )

    def __str__(self) -> str:
        return self.reference

    @property
    def is_closed(self) -> bool:
        """Whether it is only read any more."""
        return self.status == self.Status.CLOSED

    def bears_overtime_of(self, agency: Agency) -> bool:
        """Whether the overtime of an agency is of the cost types that the grant bears."""
        of_lead_force = agency.pk == self.lead_force_id
        return self.cost_types != (CostTypes.OTHERS if of_lead_force else CostTypes.LEAD_FORCE)


class AuthorityQuerySet(models.QuerySet["Authority"]):
    def in_force(self, on: date) -> AuthorityQuerySet:
        return self.filter(Q(from_on__lte=on), Q(to_on__isnull=True) | Q(to_on__gte=on))

    def in_force_for(self, user: User) -> AuthorityQuerySet:
        return self.in_force(clock.today()).filter(person=user)


class Authority(models.Model):
    """Who controls a grant, from one day to another: the controlling DI, or a deputy by delegation."""

    class Kind(models.TextChoices):
        CONTROLLING_DI = "controlling_di", "Controlling DI"
        DEPUTY = "deputy", "Deputy"

    grant = models.ForeignKey(Grant, on_delete=models.PROTECT, related_name="authorities")
    person = models.ForeignKey(User_, on_delete=models.PROTECT, related_name="authorities")
    kind = models.CharField(max_length=14, choices=Kind.choices)
    from_on = models.DateField()
    to_on = models.DateField(null=True, blank=True, help_text="Last day; empty: until further notice.")
    limit_pence = models.BigIntegerField(
        null=True, blank=True, help_text="The most a single decision may commit or approve; empty: no limit."
    )
    made_by = models.ForeignKey(User_, on_delete=models.PROTECT, related_name="+")

    objects = AuthorityQuerySet.as_manager()

    class Meta:
        ordering = ("grant", "kind", "-from_on")
        verbose_name_plural = "authorities"
        constraints = (
            models.CheckConstraint(
                condition=Q(to_on__isnull=True) | Q(to_on__gte=F("from_on")),
                name="grants_authority_dates_in_order",
            ),
            models.CheckConstraint(
                condition=Q(limit_pence__isnull=True) | Q(limit_pence__gt=0),
                name="grants_authority_limit_positive",
            ),
            models.CheckConstraint(
                condition=Q(kind="controlling_di") | Q(to_on__isnull=False),
                name="grants_authority_deputy_is_dated",
            ),
            models.CheckConstraint(
                condition=~Q(kind="deputy", made_by=F("person")), name="grants_authority_not_by_oneself"
            ),
            ExclusionConstraint(
                name="grants_authority_one_controlling_di",
                expressions=(
                    (
                        Func(F("grant_id"), F("grant_id"), Value("[]"), function="int8range"),
                        RangeOperators.OVERLAPS,
                    ),
                    (days_between("from_on", "to_on"), RangeOperators.OVERLAPS),
                ),
                condition=Q(kind="controlling_di"),
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.grant}: {self.person}"

    @property
    def capacity(self) -> str:
        """In whose name a decision is taken, as shown beside it."""
        return "controlling DI" if self.kind == self.Kind.CONTROLLING_DI else "for the controlling DI"


class OwnForecast(models.Model):
    """What the controlling DI expected a grant to cost in the end, on the day they said so. Append-only."""

    grant = models.ForeignKey(Grant, on_delete=models.PROTECT, related_name="own_forecasts")
    outturn_pence = models.BigIntegerField()
    reason = models.CharField(max_length=500)
    given_by = models.ForeignKey(User_, on_delete=models.PROTECT, related_name="+")
    given_on = models.DateField(help_text="The business date.")
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ("-given_on", "-id")
        constraints = (
            models.CheckConstraint(
                condition=Q(outturn_pence__gte=0), name="grants_ownforecast_outturn_not_negative"
            ),
        )

    def __str__(self) -> str:
        return f"{self.grant}: forecast of {self.given_on}"


class Gate(models.Model):
    """Something that must be on record, by two people, before a grant opens."""

    class Kind(models.TextChoices):
        OFFER = "offer", "Offer of the funder received"
        FINANCE = "finance", "Declaration: financial advice"
        LEGAL = "legal", "Declaration: legal advice"
        EQUALITIES = "equalities", "Declaration: equalities advice"
        DATA_PROTECTION = "data_protection", "Declaration: data protection, with the DPIA screening"
        HEAD_OF_SERVICE = "head_of_service", "Declaration: director or head of service"
        INVESTMENT = "investment", "Investment meeting"
        CHIEF_EXECUTIVE = "chief_executive", "Chief executive's confirmation"
        DECISION = "decision", "Decision of the Deputy Mayor for Policing and Crime"
        INTERESTS = "interests", "Interests considered"
        PROJECT_MANAGER = "project_manager", "Agreement signed by the Project Manager"
        CFO = "cfo", "Agreement signed by the Chief Finance Officer"
        COUNTERSIGNATURE = "countersignature", "Funder's countersignature"
        TERMS = "terms", "Terms entered"
        CONTROLLER = "controller", "Controlling DI appointed"
        COST_CODE = "cost_code", "Cost code opened for this grant alone"
        PUBLICATION = "publication", "Publication decision"

    grant = models.ForeignKey(Grant, on_delete=models.PROTECT, related_name="gates")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    happened_on = models.DateField(null=True, blank=True)
    evidence = models.CharField(max_length=300, blank=True, help_text="What shows it and where it lies.")
    recorded_by = models.ForeignKey(User_, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    confirmed_by = models.ForeignKey(User_, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ("grant", "id")
        constraints = (
            models.UniqueConstraint(fields=("grant", "kind"), name="grants_gate_once_a_grant"),
            models.CheckConstraint(
                condition=Q(recorded_by__isnull=True, happened_on__isnull=True, evidence="")
                | Q(recorded_by__isnull=False, happened_on__isnull=False) & ~Q(evidence=""),
                name="grants_gate_recorded_whole",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by__isnull=True)
                | Q(recorded_by__isnull=False) & ~Q(confirmed_by=F("recorded_by")),
                name="grants_gate_two_people",
            ),
        )

    def __str__(self) -> str:
        return f"{self.grant}: {self.get_kind_display()}"

    @property
    def state(self) -> str:
        """Where it stands, in a word."""
        if self.confirmed_by_id:
            return "confirmed"
        return "recorded" if self.recorded_by_id else "missing"


class AgencyAgreement(models.Model):
    """On what terms another agency's officers are charged to a grant: basis, maximum, signature."""

    grant = models.ForeignKey(Grant, on_delete=models.PROTECT, related_name="agreements")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="agreements")
    reference = models.CharField(max_length=60)
    charging_basis = models.CharField(max_length=200, help_text="Such as: agreed hourly rates, no on-costs.")
    maximum_pence = models.BigIntegerField(help_text="The most this agency may cost the grant, in pence.")
    signed_on = models.DateField()
    recorded_by = models.ForeignKey(User_, on_delete=models.PROTECT, related_name="+", editable=False)
    confirmed_by = models.ForeignKey(
        User_, on_delete=models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )

    class Meta:
        ordering = ("grant", "agency")
        constraints = (
            models.UniqueConstraint(fields=("grant", "agency"), name="grants_agreement_one_an_agency"),
            models.CheckConstraint(
                condition=Q(maximum_pence__gt=0), name="grants_agreement_maximum_positive"
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by__isnull=True) | ~Q(confirmed_by=F("recorded_by")),
                name="grants_agreement_two_people",
            ),
        )

    def __str__(self) -> str:
        return f"{self.grant}: {self.agency}"


class DutyType(models.TextChoices):
    """The kinds of overtime duty, on rate cards and taskings; how each is reckoned is in `tasking/pay.py`."""

    PLANNED = "planned", "Planned: told at or before the start of the tour"
    CASUAL = "casual", "Casual: told after the tour began"
    REST_DAY = "rest_day", "Rest day"
    PUBLIC_HOLIDAY = "public_holiday", "Public holiday"
    RECALL = "recall", "Recall between two tours"
    EARLY_START = "early_start", "Early start"
    PART_TIME = "part_time", "Part-time, extra hours"
    TOIL = "toil", "Time off in lieu"


def validate_multiplier(text: str) -> None:
    """A multiplier is an exact fraction ("4/3", "3/2", "2"): decimals such as 1.33 give the wrong penny."""
    try:
        value = Fraction(text)
    except (ValueError, ZeroDivisionError):
        value = Fraction(0)
    if "." in text or not 1 <= value <= 3:
        raise ValidationError("Enter an exact multiplier from 1 to 3, like 4/3, 3/2 or 2", code="multiplier")


class AgencyRate(models.Model):
    """One line of an agency's rate card: what an hour of a grade costs for a kind of duty."""

    agreement = models.ForeignKey(AgencyAgreement, on_delete=models.PROTECT, related_name="rates")
    grade = models.CharField(
        max_length=40, help_text="Police rank (constable, sergeant) or the agency's grade."
    )
    duty_type = models.CharField(max_length=16)
    hourly_pence = models.PositiveIntegerField(help_text="Plain hourly rate in pence.")
    multiplier = models.CharField(max_length=7, validators=(validate_multiplier,))
    valid_from = models.DateField()
    valid_to = models.DateField()
    on_cost_percent = models.DecimalField(
        max_digits=6,
        decimal_places=3,
        default=Decimal(0),
        verbose_name="on-cost, %",
        help_text="What the agency charges on top of the pay; 0 if nothing.",
    )
    source = models.CharField(max_length=200, help_text="Rate letter or agreement schedule.")
    agreed_with = models.CharField(
        max_length=120, db_default="", help_text="Who agreed it for the agency, by office: head of finance."
    )
    recorded_by = models.ForeignKey(User_, on_delete=models.PROTECT, related_name="+", editable=False)
    confirmed_by = models.ForeignKey(
        User_, on_delete=models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )

    class Meta:
        ordering = ("agreement", "grade", "duty_type", "-valid_from")
        constraints = (
            models.CheckConstraint(condition=Q(hourly_pence__gt=0), name="grants_rate_positive"),
            models.CheckConstraint(
                condition=Q(on_cost_percent__gte=0, on_cost_percent__lte=100),
                name="grants_rate_on_cost_percent",
            ),
            models.CheckConstraint(
                condition=Q(valid_to__gte=F("valid_from")), name="grants_rate_dates_in_order"
            ),
            models.CheckConstraint(
                condition=Q(multiplier__regex=r"^[1-9][0-9]?(/[1-9][0-9]?)?$"),
                name="grants_rate_multiplier_exact",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by__isnull=True) | ~Q(confirmed_by=F("recorded_by")),
                name="grants_rate_two_people",
            ),
            models.UniqueConstraint(
                fields=("agreement", "grade", "duty_type", "valid_from"), name="grants_rate_once_from_a_day"
            ),
        )

    def __str__(self) -> str:
        return f"{self.agreement}: {self.grade}, {self.duty_type}"


class OnCostRateQuerySet(models.QuerySet["OnCostRate"]):
    def on(self, day: date) -> OnCostRateQuerySet:
        """The percentage of each kind that was the last to be confirmed for a day."""
        known = self.filter(confirmed_by__isnull=False, valid_from__lte=day)
        return known.order_by("kind", "-valid_from", "-id").distinct("kind")


class OnCostRate(models.Model):
    """A statutory on-cost of an employer, as a percentage of pay from a day on; two people. It stands."""

    class Kind(models.TextChoices):
        EMPLOYER_NI = "employer_ni", "Employer's National Insurance (Class 1)"
        LEVY = "levy", "Apprenticeship levy"

    kind = models.CharField(max_length=11, choices=Kind.choices)
    percent = models.DecimalField(max_digits=6, decimal_places=3, verbose_name="percentage of pay")
    valid_from = models.DateField()
    source = models.CharField(max_length=200, help_text="Where the percentage is from.")
    recorded_by = models.ForeignKey(User_, on_delete=models.PROTECT, related_name="+", editable=False)
    confirmed_by = models.ForeignKey(
        User_, on_delete=models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )

    objects = OnCostRateQuerySet.as_manager()

    class Meta:
        ordering = ("kind", "-valid_from", "-id")
        verbose_name = "on-cost percentage"
        constraints = (
            models.CheckConstraint(
                condition=Q(percent__gte=0, percent__lte=100), name="grants_oncostrate_percent"
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by__isnull=True) | ~Q(confirmed_by=F("recorded_by")),
                name="grants_oncostrate_two_people",
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} from {self.valid_from:%-d %B %Y}"


ON_COST_KINDS: dict[str, tuple[str, ...]] = {
    OnCost.NONE: (),
    OnCost.NI: (OnCostRate.Kind.EMPLOYER_NI,),
    OnCost.NI_LEVY: (OnCostRate.Kind.EMPLOYER_NI, OnCostRate.Kind.LEVY),
}


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
