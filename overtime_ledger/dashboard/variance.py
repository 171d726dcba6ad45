"""The variance of a grant line by line: its plan, what it comes to at this pace, and what is said of it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from grants.burndown import BurnDown
from grants.models import Grant
from grants.outlook import Said
from grants.selectors import ALLOCATED, INCURRED
from overtime_ledger.books.models import PeriodSnapshot
from overtime_ledger.dashboard.links import Links
from overtime_ledger.dashboard.rows import AgencyRow, LineRow, VarianceRow


@dataclass(frozen=True)
class Frozen:
    """What was incurred when a period was closed, in pence: by the id of a line, by the code of an agency."""

    name: str
    on: date
    lines: Mapping[int, int]
    agencies: Mapping[str, int]


def frozen_of(grant: Grant, *, as_at: date) -> Frozen | None:
    """The last period that was closed for good by the end of a day, as it was frozen; None if none was."""
    closed = PeriodSnapshot.objects.filter(period__grant=grant, period__closed_on__lte=as_at)
    snapshot = closed.select_related("period").order_by("-period__ends_on").first()
    if snapshot is None:
        return None
    found = snapshot.figures
    return Frozen(
        name=snapshot.period.number,
        on=snapshot.period.ends_on,
        lines={line["id"]: line["approved"] + line["settled"] for line in found["lines"]},
        agencies={one["agency"]: one["approved"] + one["settled"] for one in found["agencies"]},
    )


@dataclass(frozen=True)
class Compared:
    """What every row is compared with and explained by: the last close, the comments, the addresses."""

    frozen: Frozen | None
    said: Said
    link: Links

    def since_close(self, **filters: object) -> str:
        """The entries that were posted since the last close; empty if there was none."""
        return self.link.since(self.frozen.on, **filters) if self.frozen else ""


def of_the_grant(main: int, burn: BurnDown, award: int, by: Compared) -> VarianceRow:
    """The grant as a whole against its award; what is said of it is said of its `main` line, by its id."""
    incurred = burn.stages.incurred
    return VarianceRow(
        name="The grant",
        what="Award",
        plan=award,
        incurred=incurred,
        since_close=incurred - sum(by.frozen.lines.values()) if by.frozen else None,
        forecast=burn.forecasts[0],
        comment=by.said.lines.get(main),
        plan_url=by.link.entries(stage=ALLOCATED),
        incurred_url=by.link.entries(stage=INCURRED),
        since_close_url=by.since_close(),
        pace_url=by.link.pace(burn.as_at),
        comment_url=by.link.comment(line=main),
    )


def of_lines(lines: Sequence[LineRow], by: Compared) -> Iterator[VarianceRow]:
    """Each open enquiry that was allocated something, against that."""
    for row in lines:
        line, incurred = row.position.line, row.position.incurred
        if row.forecast:
            yield VarianceRow(
                name=str(line),
                what="Allocated",
                plan=row.position.allocated,
                incurred=incurred,
                since_close=incurred - by.frozen.lines.get(line.pk, 0) if by.frozen else None,
                forecast=row.forecast,
                comment=by.said.lines.get(line.pk),
                plan_url=row.urls[ALLOCATED],
                incurred_url=row.urls[INCURRED],
                since_close_url=by.since_close(line=line.pk),
                pace_url=row.pace_url,
                comment_url=by.link.comment(line=line.pk),
                url=row.url,
            )


def of_agencies(agencies: Sequence[AgencyRow], by: Compared) -> Iterator[VarianceRow]:
    """Each agency with an agreed maximum, against that."""
    for row in agencies:
        agency, incurred = row.position.agency, row.position.incurred
        if row.forecast and row.maximum_pence is not None:
            yield VarianceRow(
                name=agency.code,
                what="Agreed maximum",
                plan=row.maximum_pence,
                incurred=incurred,
                since_close=incurred - by.frozen.agencies.get(agency.code, 0) if by.frozen else None,
                forecast=row.forecast,
                comment=by.said.agencies.get(agency.pk),
                plan_url=by.link.agreements,
                incurred_url=row.urls[INCURRED],
                since_close_url=by.since_close(agency=agency.pk),
                pace_url=row.pace_url,
                comment_url=by.link.comment(agency=agency.pk),
                url=row.claims_url,
            )
