"""What left the house as a whole: audit packs, publications, answers to requests for information.

A disclosure says what was asked for, why, by whom and for whom; how its making goes is added to it, and once
it is made, or has failed, nothing of it changes any more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q

from grants.models import Grant
from overtime_ledger.disclosure.extract_models import Extract as Extract
from overtime_ledger.disclosure.extract_models import ExtractLine as ExtractLine

if TYPE_CHECKING:
    from overtime_ledger.accounts.models import User


class DisclosureQuerySet(models.QuerySet["Disclosure"]):
    def visible_to(self, user: User) -> DisclosureQuerySet:
        """Those of grants and kinds that a person may make; of audit packs the own ones.

        Somebody else's pack may hold what one must not see, unless one sees everything that a pack can hold.
        """
        seen = Q(pk__in=())
        for kind, permissions in MADE_WITH.items():
            if user.has_perms(permissions):
                whose = Q() if kind != Disclosure.Kind.AUDIT_PACK or sees_all(user) else Q(requested_by=user)
                seen |= Q(kind=kind) & whose
        return self.filter(seen, grant__in=Grant.objects.visible_to(user).order_by())

    def pending(self) -> DisclosureQuerySet:
        """Those that are still to be made, or are being made."""
        return self.filter(status__in=(Disclosure.Status.WAITING, Disclosure.Status.MAKING))


class Disclosure(models.Model):
    """A file, or several in one, that was made of a grant's records to be handed to somebody."""

    class Kind(models.TextChoices):
        AUDIT_PACK = "audit_pack", "Audit pack"
        PUBLICATION = "publication", "Publication extract"
        FOI = "foi", "Answer to a request for information"

    class Status(models.TextChoices):
        WAITING = "waiting", "Waiting to be made"
        MAKING = "making", "Being made"
        READY = "ready", "Ready"
        FAILED = "failed", "Failed"

    kind = models.CharField(max_length=11, choices=Kind.choices)
    grant = models.ForeignKey(Grant, on_delete=models.PROTECT, related_name="disclosures")
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField()
    recipient = models.CharField(max_length=200, help_text="Who is to get it.")
    reason = models.CharField(max_length=500, help_text="What it is for.")
    filters = models.JSONField(default=dict, blank=True, help_text="What it was asked with.")
    marking = models.CharField(max_length=80)
    status = models.CharField(max_length=7, choices=Status.choices, default=Status.WAITING)
    progress = models.PositiveSmallIntegerField(default=0, help_text="How much of it is made, in percent.")
    step = models.CharField(max_length=80, blank=True, help_text="What is being made.")
    tries = models.PositiveSmallIntegerField(default=0, help_text="How often its making was begun.")
    rows = models.PositiveIntegerField(default=0)
    name = models.CharField(max_length=120, blank=True, help_text="What the file is called.")
    path = models.CharField(max_length=120, blank=True, help_text="Where it lies in private storage.")
    size = models.PositiveBigIntegerField(default=0, help_text="Bytes.")
    sha256 = models.CharField(max_length=64, blank=True, help_text="Of the file, in hex.")
    error = models.CharField(max_length=300, blank=True, help_text="Why it failed.")
    findings = models.JSONField(
        null=True, help_text="Packs: what is not true, does not tie or is missing; empty if nothing."
    )
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = DisclosureQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        default_permissions = ("view",)
        permissions = (("make_audit_pack", "Makes and takes out audit packs"),)
        constraints = (
            models.CheckConstraint(condition=Q(progress__lte=100), name="disclosure_disclosure_in_percent"),
            models.CheckConstraint(
                condition=~Q(reason="") & ~Q(recipient=""), name="disclosure_disclosure_says_why"
            ),
            models.CheckConstraint(
                condition=Q(status__in=("waiting", "making"), finished_at__isnull=True, path="", error="")
                | Q(status="failed", finished_at__isnull=False, path="") & ~Q(error="")
                | Q(status="ready", finished_at__isnull=False, error="", sha256__regex="^[0-9a-f]{64}$")
                & ~Q(path=""),
                name="disclosure_disclosure_finished_whole",
            ),
            models.UniqueConstraint(
                fields=("grant", "requested_by"),
                condition=Q(kind="audit_pack", status__in=("waiting", "making")),
                name="disclosure_disclosure_one_pack_at_a_time",
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.pk} of {self.grant}"

    @property
    def is_pending(self) -> bool:
        """Whether it is still to be made, or being made."""
        return self.status in (self.Status.WAITING, self.Status.MAKING)


MADE_WITH: dict[str, tuple[str, ...]] = {
    Disclosure.Kind.AUDIT_PACK: (
        "disclosure.make_audit_pack",
        "claims.freeze_claim",
        "claims.read_interests",
        "audit.view_accesslog",
    ),
    Disclosure.Kind.PUBLICATION: ("disclosure.view_extract",),
    Disclosure.Kind.FOI: ("disclosure.view_extract",),
}
"""What makes, and shows, disclosures of each kind: a pack holds what was held back and looked at."""


def sees_all(user: User) -> bool:
    """Whether a person sees everything that an audit pack can hold."""
    return user.has_perms(("audit.view_change", "audit.view_controlspoke"))
