"""Public extracts and answers to FOI requests: each line is decided before a second person releases it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from grants.models import Grant
from overtime_ledger.accounts.models import Agency

if TYPE_CHECKING:
    from overtime_ledger.accounts.models import User

User_ = settings.AUTH_USER_MODEL
PUBLIC = "OFFICIAL - PUBLIC"
"""The marking of what is released."""
LISTED_ABOVE_PENCE = 500_00
FEW = 3
"""Behind fewer officers than this a line may tell of a person."""


class ExtractQuerySet(models.QuerySet["Extract"]):
    def visible_to(self, user: User) -> ExtractQuerySet:
        """Those of the grants a person may open."""
        return self.filter(grant__in=Grant.objects.visible_to(user))

    def standing(self) -> ExtractQuerySet:
        """Without those that were withdrawn."""
        return self.exclude(status=Extract.Status.WITHDRAWN)


class Breakdown(models.TextChoices):
    """By what an answer breaks costs down, beside month and force or agency."""

    AGENCY = "", "Month and force or agency"
    DUTY_TYPE = "duty_type", "Month, force or agency, and kind of duty"
    RANK = "rank", "Month, force or agency, and rank"


class Extract(models.Model):
    """Figures of a grant for everybody: payments of a month to publish, or the answer to an FOI request.

    Its lines are decided one by one; once released, nothing of it changes and its digest tells.
    """

    class Kind(models.TextChoices):
        PUBLICATION = "publication", "Publication of a month"
        FOI = "foi", "Answer to an FOI request"

    class Status(models.TextChoices):
        OPEN = "open", "To be decided"
        RELEASED = "released", "Released"
        WITHDRAWN = "withdrawn", "Withdrawn"

    _LETTERS = {Kind.PUBLICATION: "PX", Kind.FOI: "FOI"}

    grant = models.ForeignKey(Grant, on_delete=models.PROTECT, related_name="extracts", db_index=False)
    kind = models.CharField(max_length=11, choices=Kind.choices)
    number = models.PositiveIntegerField(help_text="Without gaps in its grant and kind.")
    from_on = models.DateField(help_text="First day of the payments, or of the duties.")
    to_on = models.DateField(help_text="Their last day.")
    reference = models.CharField(max_length=40, blank=True, help_text="FOI: the number of the request.")
    received_on = models.DateField(null=True, help_text="FOI: the day on which the request came.")
    due_on = models.DateField(null=True, help_text="FOI: the twentieth working day after it.")
    scope = models.CharField(max_length=500, blank=True, help_text="FOI: what was asked for.")
    breakdown = models.CharField(max_length=9, choices=Breakdown.choices, blank=True, default="")
    line_count = models.PositiveIntegerField()
    pence = models.BigIntegerField(help_text="What its lines come to.")
    unlisted_count = models.PositiveIntegerField(default=0, help_text="Payments too small to be listed.")
    unlisted_pence = models.BigIntegerField(default=0)
    status = models.CharField(max_length=9, choices=Status.choices, default=Status.OPEN)
    drawn_by = models.ForeignKey(User_, on_delete=models.PROTECT, related_name="+")
    drawn_at = models.DateTimeField()
    released_by = models.ForeignKey(User_, on_delete=models.PROTECT, null=True, related_name="+")
    released_at = models.DateTimeField(null=True)
    released_on = models.DateField(null=True, help_text="The business date.")
    sha256 = models.CharField(max_length=64, blank=True, help_text="Of what was released, in hex.")
    disclosure = models.OneToOneField(
        "disclosure.Disclosure", on_delete=models.PROTECT, null=True, related_name="extract"
    )
    withdrawn_by = models.ForeignKey(User_, on_delete=models.PROTECT, null=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_because = models.TextField(blank=True)

    objects = ExtractQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        permissions = (("publish_extract", "Draws up, decides and releases public extracts and FOI answers"),)
        constraints = (
            models.UniqueConstraint(
                fields=("grant", "kind", "number"), name="disclosure_extract_number_once"
            ),
            models.UniqueConstraint(
                fields=("grant", "from_on"),
                condition=Q(kind="publication") & ~Q(status="withdrawn"),
                name="disclosure_extract_a_month_once",
            ),
            models.UniqueConstraint(
                fields=("reference",),
                condition=Q(kind="foi") & ~Q(status="withdrawn"),
                name="disclosure_extract_request_once",
            ),
            models.CheckConstraint(
                condition=Q(to_on__gte=F("from_on")), name="disclosure_extract_days_in_order"
            ),
            models.CheckConstraint(
                condition=Q(kind="foi", received_on__isnull=False, due_on__gt=F("received_on"))
                & ~Q(reference="")
                & ~Q(scope="")
                | Q(
                    kind="publication", received_on__isnull=True, due_on__isnull=True, reference="", scope=""
                ),
                name="disclosure_extract_of_its_kind",
            ),
            models.CheckConstraint(
                condition=Q(kind="foi") | Q(breakdown=""), name="disclosure_extract_broken_down_if_foi"
            ),
            models.CheckConstraint(
                condition=Q(released_by__isnull=True) | ~Q(released_by=F("drawn_by")),
                name="disclosure_extract_two_people",
            ),
            models.CheckConstraint(
                condition=Q(
                    status="released",
                    released_by__isnull=False,
                    released_at__isnull=False,
                    released_on__isnull=False,
                    disclosure__isnull=False,
                    sha256__regex="^[0-9a-f]{64}$",
                )
                | ~Q(status="released")
                & Q(
                    released_by__isnull=True,
                    released_at__isnull=True,
                    released_on__isnull=True,
                    disclosure__isnull=True,
                    sha256="",
                ),
                name="disclosure_extract_released_whole",
            ),
            models.CheckConstraint(
                condition=Q(status="withdrawn", withdrawn_by__isnull=False, withdrawn_at__isnull=False)
                & ~Q(withdrawn_because="")
                | ~Q(status="withdrawn")
                & Q(withdrawn_by__isnull=True, withdrawn_at__isnull=True, withdrawn_because=""),
                name="disclosure_extract_withdrawn_whole",
            ),
        )

    def __str__(self) -> str:
        return f"{self._LETTERS[self.Kind(self.kind)]}-{self.number:04}"

    @property
    def is_foi(self) -> bool:
        return self.kind == self.Kind.FOI

    @property
    def is_open(self) -> bool:
        """Whether its lines can still be decided."""
        return self.status == self.Status.OPEN

    @property
    def is_released(self) -> bool:
        return self.status == self.Status.RELEASED

    @property
    def what(self) -> str:
        """What it is of, in words."""
        if self.is_foi:
            return f"Request {self.reference}"
        return f"Payments of {self.from_on:%B %Y}"


class Exemption(models.TextChoices):
    """The sections of the Freedom of Information Act 2000 by which something may be kept back."""

    S23 = "s23", "s.23: supplied by, or about, bodies that deal with security matters"
    S24 = "s24", "s.24: national security"
    S30 = "s30", "s.30: investigations and proceedings of public authorities"
    S31 = "s31", "s.31: law enforcement"
    S38 = "s38", "s.38: health and safety"
    S40 = "s40", "s.40: personal information"
    S43 = "s43", "s.43: commercial interests"


class ExtractLine(models.Model):
    """A line of an extract: what it says, and whether that goes out whole, without its recipient, or not.

    `officers` and `claims` say what stands behind it and never go out as such.
    """

    class Decision(models.TextChoices):
        UNDECIDED = "", "To be decided"
        PUBLISH = "publish", "Publish"
        REDACT = "redact", "Redact the recipient and the purpose"
        WITHHOLD = "withhold", "Withhold the line"

    extract = models.ForeignKey(Extract, on_delete=models.PROTECT, related_name="lines", db_index=False)
    position = models.PositiveIntegerField()
    month = models.DateField(help_text="Its first day.")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+", db_index=False)
    pence = models.BigIntegerField()
    minutes = models.PositiveIntegerField()
    officers = models.PositiveIntegerField()
    claims = models.PositiveIntegerField()
    recipient = models.CharField(max_length=200)
    purpose = models.CharField(max_length=300)
    value_for_money = models.CharField(max_length=500, blank=True, help_text="Why it was worth its price.")
    decision = models.CharField(max_length=8, choices=Decision.choices, blank=True, default="")
    exemption = models.CharField(max_length=3, choices=Exemption.choices, blank=True)
    why = models.CharField(max_length=500, blank=True, help_text="What the decision rests on; kept inside.")
    decided_by = models.ForeignKey(User_, on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("extract", "position")
        verbose_name = "line of an extract"
        verbose_name_plural = "lines of extracts"
        constraints = (
            models.UniqueConstraint(fields=("extract", "position"), name="disclosure_extractline_position"),
            models.CheckConstraint(
                condition=Q(pence__gt=0, claims__gt=0, officers__gt=0),
                name="disclosure_extractline_counts_positive",
            ),
            models.CheckConstraint(
                condition=Q(decision="", decided_by__isnull=True, decided_at__isnull=True, exemption="")
                | Q(
                    decision__in=("publish", "redact", "withhold"),
                    decided_by__isnull=False,
                    decided_at__isnull=False,
                ),
                name="disclosure_extractline_decided_by_someone",
            ),
            models.CheckConstraint(
                condition=Q(decision__in=("", "publish"), exemption="")
                | Q(decision__in=("redact", "withhold")) & ~Q(exemption="") & ~Q(why=""),
                name="disclosure_extractline_kept_back_by_an_exemption",
            ),
            models.CheckConstraint(
                condition=~Q(decision="publish") | Q(officers__gte=FEW) | ~Q(why=""),
                name="disclosure_extractline_few_with_a_reason",
            ),
        )

    def __str__(self) -> str:
        return f"{self.extract}, line {self.position}"

    @property
    def is_decided(self) -> bool:
        return self.decision != self.Decision.UNDECIDED

    @property
    def has_few(self) -> bool:
        """Whether so few officers stand behind it that it may tell of a person."""
        return self.officers < FEW

    # As it goes out

    @property
    def shown_recipient(self) -> str:
        return self.recipient if self.decision == self.Decision.PUBLISH else "Withheld"

    @property
    def shown_purpose(self) -> str:
        return self.purpose if self.decision == self.Decision.PUBLISH else "Withheld"

    @property
    def shown_value_for_money(self) -> str:
        return self.value_for_money if self.decision == self.Decision.PUBLISH else "Withheld"

    @property
    def shown_pence(self) -> int | None:
        """The amount; nothing where the whole line is withheld."""
        return None if self.decision == self.Decision.WITHHOLD else self.pence

    @property
    def shown_minutes(self) -> int | None:
        """The minutes; with few officers none, for beside the amount they would tell what somebody earns."""
        return None if self.decision == self.Decision.WITHHOLD or self.has_few else self.minutes

    @property
    def shown_officers(self) -> str:
        """How many officers, unless they are few."""
        if self.decision == self.Decision.WITHHOLD:
            return "Withheld"
        return f"fewer than {FEW}" if self.has_few else str(self.officers)

    @property
    def shown_decision(self) -> str:
        """What was decided, with the section it rests on."""
        if self.decision in ("", self.Decision.PUBLISH):
            return "Published" if self.decision else "To be decided"
        what = "Recipient withheld" if self.decision == self.Decision.REDACT else "Withheld"
        return f"{what}: FOIA {Exemption(self.exemption).label.partition(':')[0]}"
