"""People, the agencies they work for, the rank and pay they hold from a date, and what they are typing."""

from datetime import date, timedelta

from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from overtime_ledger import clock


class Agency(models.Model):
    """A police force or other body whose officers work under a grant."""

    class SettledBy(models.TextChoices):
        PAYROLL = "payroll", "payroll (the lead force)"
        INVOICE = "invoice", "invoice (cross charging)"

    code = models.CharField(max_length=12, unique=True, help_text="Short name, as on lists: MPS, BTP.")
    name = models.CharField(max_length=120, unique=True)
    settled_by = models.CharField(max_length=8, choices=SettledBy.choices, default=SettledBy.INVOICE)

    class Meta:
        ordering = ("code",)
        verbose_name_plural = "agencies"

    def __str__(self) -> str:
        return self.code

    @property
    def is_paid_by_payroll(self) -> bool:
        """Whether its officers are paid by the lead force's payroll, at the rates of Police Regulations."""
        return self.settled_by == self.SettledBy.PAYROLL


class User(AbstractUser):
    """Someone who signs in. What they may do comes from their roles (groups), see `roles.json`."""

    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    staff_number = models.CharField(max_length=20, help_text="Warrant or staff number, unique in the agency.")
    display_name = models.CharField(max_length=80, help_text="Rank and number as shown on pages: PC 4471.")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, null=True, blank=True, related_name="people")

    REQUIRED_FIELDS = ["staff_number", "display_name"]

    class Meta:
        ordering = ("display_name",)
        constraints = (
            models.UniqueConstraint(fields=("agency", "staff_number"), name="accounts_user_number_in_agency"),
        )

    def __str__(self) -> str:
        return self.display_name or self.username

    def get_full_name(self) -> str:
        return str(self)

    def get_short_name(self) -> str:
        return str(self)


class RankHeldQuerySet(models.QuerySet["RankHeld"]):
    def on(self, day: date) -> "RankHeldQuerySet":
        """For each person, the one rank in force on a day."""
        return self.filter(held_from__lte=day).order_by("person_id", "-held_from").distinct("person_id")


class Rank(models.TextChoices):
    """Ranks of the police, and the one word for the grades of other agencies."""

    CONSTABLE = "constable", "Constable"
    SERGEANT = "sergeant", "Sergeant"
    INSPECTOR = "inspector", "Inspector"
    CHIEF_INSPECTOR = "chief_inspector", "Chief inspector"
    SUPERINTENDENT = "superintendent", "Superintendent or above"
    AGENCY_GRADE = "agency_grade", "Grade of another agency"


class RankHeld(models.Model):
    """The rank, and for the lead force the pay point, a person holds from a date until the next one.

    The rank and the point on the day of the duty decide whether and how overtime is paid; what the point
    pays stands in the pay table of that day (`PayPoint.objects.on`).
    """

    Rank = Rank

    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="ranks")
    rank = models.CharField(max_length=16, choices=Rank.choices)
    grade = models.CharField(
        max_length=40, blank=True, help_text="Only for a grade of another agency, as on its rate card."
    )
    scale = models.CharField(max_length=40, blank=True, help_text="Pay scale; empty for other agencies.")
    point = models.CharField(max_length=20, blank=True, help_text="Point of the scale.")
    held_from = models.DateField()
    evidence = models.CharField(max_length=200, help_text="What shows it: order, payroll record.")

    objects = RankHeldQuerySet.as_manager()

    class Meta:
        ordering = ("person", "-held_from")
        verbose_name = "rank held"
        verbose_name_plural = "ranks held"
        constraints = (
            models.UniqueConstraint(fields=("person", "held_from"), name="accounts_rankheld_once_a_day"),
            models.CheckConstraint(
                condition=Q(scale="", point="") | ~Q(scale="") & ~Q(point="") & ~Q(rank="agency_grade"),
                name="accounts_rankheld_point_of_scale",
            ),
            models.CheckConstraint(
                condition=(Q(rank="agency_grade") & ~Q(grade="")) | (~Q(rank="agency_grade") & Q(grade="")),
                name="accounts_rankheld_grade_of_agency",
            ),
        )

    def __str__(self) -> str:
        return f"{self.person}: {self.grade or self.get_rank_display()} from {self.held_from:%-d %B %Y}"

    @property
    def grade_key(self) -> str:
        """What a rate card calls this rank: the agency's grade, or the police rank."""
        return self.grade or self.rank


class PayTable(models.Model):
    """Annual basic pay by scale and point, in force from a day: loaded by one person, confirmed by another.

    Once confirmed it stands: a later table, also one from the same day, takes its place point by point.
    """

    valid_from = models.DateField()
    source = models.CharField(
        max_length=200, help_text="Where the figures are from: circular, determination."
    )
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", editable=False)
    confirmed_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )

    class Meta:
        ordering = ("-valid_from", "-id")
        constraints = (
            models.CheckConstraint(
                condition=Q(confirmed_by__isnull=True) | ~Q(confirmed_by=F("recorded_by")),
                name="accounts_paytable_two_people",
            ),
        )

    def __str__(self) -> str:
        return f"Pay scales from {self.valid_from:%-d %B %Y}"


class PayPointQuerySet(models.QuerySet["PayPoint"]):
    def on(self, day: date) -> "PayPointQuerySet":
        """Each point as the last confirmed table that has it by a day says."""
        known = self.filter(pay_table__confirmed_by__isnull=False, pay_table__valid_from__lte=day)
        latest = known.order_by("scale", "point", "-pay_table__valid_from", "-pay_table_id")
        return latest.distinct("scale", "point").select_related("pay_table")


class PayPoint(models.Model):
    """What a point of a scale pays a year, in pence, and how well that figure is sourced."""

    pay_table = models.ForeignKey(PayTable, on_delete=models.PROTECT, related_name="points")
    rank = models.CharField(max_length=16, choices=Rank.choices)
    scale = models.CharField(max_length=40)
    point = models.CharField(max_length=20)
    annual_pay_pence = models.BigIntegerField(help_text="Annual basic pay in pence.")
    status = models.CharField(max_length=40, help_text="Sourced, weakly sourced, unverified.")

    objects = PayPointQuerySet.as_manager()

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(
                fields=("pay_table", "scale", "point"), name="accounts_paypoint_once_a_table"
            ),
            models.CheckConstraint(
                condition=Q(annual_pay_pence__gt=0), name="accounts_paypoint_pay_positive"
            ),
        )

    def __str__(self) -> str:
        return f"point {self.point} of {self.scale}"


class DraftQuerySet(models.QuerySet["Draft"]):
    def of(self, person: User) -> "DraftQuerySet":
        """A person's own drafts: nobody else ever sees them."""
        return self.filter(person=person)

    def stale(self) -> "DraftQuerySet":
        """Drafts that were kept long enough."""
        return self.filter(saved_at__lte=clock.now() - Draft.KEPT_FOR)

    def fresh(self) -> "DraftQuerySet":
        return self.filter(saved_at__gt=clock.now() - Draft.KEPT_FOR)


class Draft(models.Model):
    """What somebody typed into a form and has not sent: theirs alone, in no list and no export."""

    KEPT_FOR = timedelta(days=30)

    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="drafts")
    path = models.CharField(max_length=500, help_text="Where the form is sent: path and query.")
    fields = models.JSONField(help_text="The values of each field by its name.")
    saved_at = models.DateTimeField(db_index=True)

    objects = DraftQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        constraints = (models.UniqueConstraint(fields=("person", "path"), name="accounts_draft_one_a_form"),)

    def __str__(self) -> str:
        return f"{self.person}: {self.path}"


class ApiClientQuerySet(models.QuerySet["ApiClient"]):
    def in_force(self, on: date) -> "ApiClientQuerySet":
        """Those whose token opens something on a day: not revoked, not expired."""
        return self.filter(Q(expires_on__isnull=True) | Q(expires_on__gte=on), revoked_on__isnull=True)


class ApiClient(models.Model):
    """A program that reads figures of grants with a token of its own; only the token's SHA-256 is kept.

    It reads every grant, or those it is named the references of. It stands as it was made: what changes is
    the day of its last use, and that it is revoked, once and for good.
    """

    name = models.CharField(max_length=80, unique=True, help_text="The program that reads: Force dashboard.")
    token_sha256 = models.CharField(max_length=64, unique=True, editable=False)
    token_ends = models.CharField(max_length=4, editable=False, help_text="By which its holder knows it.")
    every_grant = models.BooleanField(default=False)
    references = ArrayField(
        models.CharField(max_length=40), default=list, help_text="References of the grants it reads."
    )
    expires_on = models.DateField(null=True, help_text="Last day on which the token opens anything.")
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", editable=False)
    made_at = models.DateTimeField(editable=False)
    revoked_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="+", editable=False
    )
    revoked_on = models.DateField(null=True, editable=False)
    last_used_on = models.DateField(null=True, editable=False)

    objects = ApiClientQuerySet.as_manager()

    class Meta:
        ordering = ("name",)
        verbose_name = "API client"
        default_permissions = ("add", "change", "view")
        constraints = (
            models.CheckConstraint(
                condition=Q(every_grant=True, references=[]) | Q(every_grant=False) & ~Q(references=[]),
                name="accounts_apiclient_every_grant_or_named",
            ),
            models.CheckConstraint(
                condition=Q(token_sha256__regex="^[0-9a-f]{64}$"), name="accounts_apiclient_only_a_digest"
            ),
            models.CheckConstraint(
                condition=Q(revoked_by__isnull=True, revoked_on__isnull=True)
                | Q(revoked_by__isnull=False, revoked_on__isnull=False),
                name="accounts_apiclient_revoked_whole",
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def state(self) -> str:
        """Whether its token opens anything today, in a word."""
        if self.revoked_on:
            return "Revoked"
        return "Expired" if self.expires_on and self.expires_on < clock.today() else "In force"

    @property
    def reads(self) -> str:
        """Which grants it reads, in words."""
        return "Every grant" if self.every_grant else ", ".join(self.references)

    def may_read(self, reference: str) -> bool:
        """Whether it reads the grant of that reference."""
        return self.every_grant or reference in self.references
