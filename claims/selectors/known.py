"""What controls ask about a claim: ties of people, and the claims before it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.db.models import QuerySet
from django.utils import timezone

from claims.models import Claim, Interest
from overtime_ledger.accounts.models import User
from tasking.models import Assignment

Status = Claim.Status

LOOKED_BACK = 20


@dataclass(frozen=True)
class Earlier:
    """A claim of the same officer: when it was for, whether its times were their own, what it counted."""

    number: int
    starts_at: datetime
    ends_at: datetime
    ended: bool
    as_tasked: bool
    at_minimum: bool

    @property
    def hours(self) -> tuple[time, time]:
        return timezone.localtime(self.starts_at).time(), timezone.localtime(self.ends_at).time()


def interests_of(person: User) -> list[Interest]:
    """The interests that somebody declared and that stand; read once for a person as long as they decide."""
    known: list[Interest] | None = getattr(person, "_interests", None)
    if known is None:
        known = list(Interest.objects.of(person).in_force())
        person._interests = known  # type: ignore[attr-defined]
    return known


def forget_interests(person: User) -> None:
    """Read a person's interests anew the next time: they declared or ended one."""
    vars(person).pop("_interests", None)


def drawn_together(revisions: Mapping[int, int]) -> QuerySet[Claim]:
    """Claims to be approved together, with all that their approval reads."""
    rows = Claim.objects.with_guards().filter(pk__in=revisions).select_related("assignment").order_by("pk")
    return rows.prefetch_related("grant", "agency", "enquiry__line")  # few rows for many claims


def earlier_claims(assignment: Assignment, starts_at: datetime) -> list[Earlier]:
    """The officer's claims before a duty and on its day, the latest first, to look for patterns (C12)."""
    until = starts_at + timedelta(days=1)
    rows = Claim.objects.filter(claimant=assignment.officer_id, starts_at__lt=until)
    rows = rows.exclude(assignment=assignment, status__in=Claim.LIVE).exclude(status=Claim.Status.WITHDRAWN)
    rows = rows.select_related("assignment__tasking").prefetch_related("lines").order_by("-starts_at")
    return [
        Earlier(
            number=claim.pk,
            starts_at=claim.starts_at,
            ends_at=claim.ends_at,
            ended=claim.status not in Claim.LIVE,
            as_tasked=(claim.starts_at, claim.ends_at)
            == (claim.assignment.tasking.starts_at, claim.assignment.tasking.ends_at),
            at_minimum=sum(line.minutes for line in claim.pay_lines)
            > claim.counted_minutes + claim.travel_minutes,
        )
        for claim in rows[:LOOKED_BACK]
    ]
