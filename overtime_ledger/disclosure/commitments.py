"""What is committed: each tasking agency by agency, what was claimed of it, and what nobody claimed yet."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, F, Min, Q, QuerySet, Sum
from django.utils import timezone

from claims.models import Claim
from grants.models import Grant
from overtime_ledger import clock
from overtime_ledger.audit.exports import Column
from tasking.models import Assignment

Status = Claim.Status
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


@dataclass(frozen=True)
class Chosen:
    """Which commitments: of a grant, of one agency, only what nobody claimed yet."""

    grant: Grant
    agency: int | None = None
    unused_only: bool = False

    @property
    def unclaimed(self) -> Q:
        """Duties that nobody claims: still tasked, or their claim went back to its claimant."""
        waiting = Claim.objects.filter(grant=self.grant, status__in=(Status.DRAFT, Status.RETURNED))
        return Q(status=Assignment.Status.TASKED) | Q(pk__in=waiting.order_by().values("assignment"))

    def duties(self) -> QuerySet[Assignment]:
        """The officers' duties behind them."""
        rows = Assignment.objects.filter(tasking__enquiry__grant=self.grant, committed_pence__gt=0)
        if self.agency:
            rows = rows.filter(agency=self.agency)
        return (rows.filter(self.unclaimed) if self.unused_only else rows).order_by()

    def keys(self) -> QuerySet[Any, Any]:
        """Tasking and agency of each, the latest duty first."""
        rows = self.duties().values_list("tasking_id", "agency_id").annotate(day=Min("duty_on"))
        return rows.order_by("-day", "-tasking_id", "agency__code")

    def found(self) -> QuerySet[Any, Any]:
        """The commitments as values, in the same order."""
        return (
            self.duties()
            .values(
                "tasking_id",
                "agency_id",
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
                **self._sums,
                first_unclaimed=Min("ends_at", filter=self.unclaimed),
            )
            .order_by("-first_duty_on", "-tasking_id", "agency_code")
        )

    @property
    def _sums(self) -> dict[str, Any]:
        unused = Sum("committed_pence", filter=self.unclaimed, default=0)
        return {"committed": Sum("committed_pence", default=0), "unused": unused}

    def total(self) -> Total:
        """What all of them come to."""
        return Total(self.keys().count(), **self.duties().aggregate(**self._sums))


class Commitments(Sequence[Commitment]):
    """The commitments that were chosen, one after the other; a slice asks the database for just that."""

    def __init__(self, chosen: Chosen, count: int) -> None:
        self._chosen = chosen
        self._count = count

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, place: Any) -> Any:
        if isinstance(place, int):
            return self[place : place + 1][0]
        keys = [(tasking, agency) for tasking, agency, _ in self._chosen.keys()[place]]
        rows = self._chosen.found().filter(tasking__in={tasking for tasking, _ in keys})
        known = {(row["tasking_id"], row["agency_id"]): row for row in rows}
        return [commitment(known[key]) for key in keys]


def rows(chosen: Chosen) -> Iterator[Commitment]:
    """All of them, for a file."""
    return map(commitment, chosen.found().iterator(chunk_size=AT_ONCE))


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
