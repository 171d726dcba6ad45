"""What is committed: each tasking agency by agency, what was claimed of it, and what nobody claimed yet."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, F, FilteredRelation, Min, Q, QuerySet, Sum
from django.utils import timezone

from claims.models import Claim
from grants.models import Grant
from overtime_ledger import clock
from overtime_ledger.audit.exports import Column
from tasking.models import Assignment

CLAIMED = (Claim.Status.SUBMITTED, Claim.Status.CERTIFIED, Claim.Status.APPROVED, Claim.Status.SETTLED)
AT_ONCE = 500


@dataclass(frozen=True)
class Commitment:
    """What one tasking holds on the ladder for the officers of one agency, in pence."""

    tasking_id: int
    enquiry: str
    agency: str
    issued_by: str
    issued_at: datetime
    duty_on: date
    officers: int
    minutes: int
    committed: int
    unused: int
    first_unclaimed: datetime | None
    release_after_days: int
    window_ends_on: date

    @property
    def claimed(self) -> int:
        """What is claimed of it, whatever rung that has reached."""
        return self.committed - self.unused

    @property
    def hours(self) -> float:
        return self.minutes / 60

    @property
    def days_since(self) -> int | None:
        """Days since the duty; None while it is to come."""
        days = (clock.today() - self.duty_on).days
        return days if days >= 0 else None

    @property
    def release_due(self) -> date | None:
        """The night in which the first of what is still unclaimed returns to the enquiry."""
        if self.first_unclaimed is None:
            return None
        # A duty that ends at midnight ended on the day before.
        ended_on = timezone.localtime(self.first_unclaimed - timedelta(microseconds=1)).date()
        last_day = min(ended_on + timedelta(days=self.release_after_days), self.window_ends_on)
        return last_day + timedelta(days=1)


COLUMNS = (
    Column("Tasking", lambda row: row.tasking_id, "number"),
    Column("Enquiry", lambda row: row.enquiry),
    Column("Agency", lambda row: row.agency),
    Column("Issued by", lambda row: row.issued_by),
    Column("Issued at", lambda row: row.issued_at, "moment"),
    Column("Duty", lambda row: row.duty_on, "day"),
    Column("Officers", lambda row: row.officers, "number"),
    Column("Authorised hours", lambda row: row.hours, "number"),
    Column("Committed", lambda row: row.committed, "pounds"),
    Column("Claimed", lambda row: row.claimed, "pounds"),
    Column("Unused", lambda row: row.unused, "pounds"),
    Column("Days since duty", lambda row: row.days_since, "number"),
    Column("Release due", lambda row: row.release_due, "day"),
)


@dataclass(frozen=True)
class Total:
    """How many commitments there are, and their columns of pounds together, in pence."""

    count: int
    committed: int
    unused: int

    @property
    def claimed(self) -> int:
        return self.committed - self.unused


def found(grant: Grant, *, agency: int | None = None, unused_only: bool = False) -> QuerySet[Any, Any]:
    """The commitments of a grant as values, the latest duty first; on wish only what nobody claimed yet."""
    rows = _held(grant, agency=agency, unused_only=unused_only)
    return (
        rows.values(
            "tasking_id",
            release_after_days=F("tasking__enquiry__grant__release_after_days"),
            window_ends_on=F("tasking__enquiry__grant__eligible_to"),
            enquiry_name=F("tasking__enquiry__name"),
            agency_code=F("agency__code"),
            issued_by_name=F("tasking__issued_by__display_name"),
            issued_at=F("tasking__issued_at"),
        )
        .annotate(
            first_duty_on=Min("duty_on"),
            officers=Count("pk"),
            minutes=Sum("authorised_minutes"),
            **_SUMS,
            first_unclaimed=Min("ends_at", filter=UNCLAIMED),
        )
        .order_by("-first_duty_on", "-tasking_id", "agency_code")
    )


UNCLAIMED = Q(live__isnull=True)
_SUMS: dict[str, Any] = {
    "committed": Sum("committed_pence", default=0),
    "unused": Sum("committed_pence", filter=UNCLAIMED, default=0),
}


def _held(grant: Grant, *, agency: int | None, unused_only: bool) -> QuerySet[Assignment]:
    live = FilteredRelation("claims", condition=Q(claims__status__in=CLAIMED))
    rows = Assignment.objects.filter(tasking__enquiry__grant=grant, committed_pence__gt=0).alias(live=live)
    if agency:
        rows = rows.filter(agency=agency)
    return (rows.filter(UNCLAIMED) if unused_only else rows).order_by()


def total(grant: Grant, *, agency: int | None = None, unused_only: bool = False) -> Total:
    """What all of them come to."""
    held = _held(grant, agency=agency, unused_only=unused_only)
    sums = held.aggregate(**_SUMS)
    return Total(found(grant, agency=agency, unused_only=unused_only).count(), **sums)


def rows(grant: Grant, *, agency: int | None = None, unused_only: bool = False) -> Iterator[Commitment]:
    """All of them, for a file."""
    listed = found(grant, agency=agency, unused_only=unused_only)
    return map(commitment, listed.iterator(chunk_size=AT_ONCE))


def commitment(row: dict[str, Any]) -> Commitment:
    """A commitment from the values of its row."""
    return Commitment(
        tasking_id=row["tasking_id"],
        enquiry=row["enquiry_name"],
        agency=row["agency_code"],
        issued_by=row["issued_by_name"],
        issued_at=row["issued_at"],
        duty_on=row["first_duty_on"],
        officers=row["officers"],
        minutes=row["minutes"],
        committed=row["committed"],
        unused=row["unused"],
        first_unclaimed=row["first_unclaimed"],
        release_after_days=row["release_after_days"],
        window_ends_on=row["window_ends_on"],
    )
