"""On what terms other agencies are charged, and what an employer's on-costs come to."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from grants.models.grant import Grant, OnCost
from overtime_ledger.accounts.models import Agency

User_ = settings.AUTH_USER_MODEL


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
    """The kinds of overtime duty, on rate cards and taskings; `tasking/pay/rules.py` reckons each."""

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
