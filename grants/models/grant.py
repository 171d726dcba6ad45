"""A grant, what must be recorded before it opens, and who controls it."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
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
