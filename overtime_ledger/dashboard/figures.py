"""Everything the dashboard of a grant shows for one day, from the ledger, for a template or a file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from claims import selectors as claims
from claims.selectors import AgencyPosition, Total
from claims.spending import Spent, by_week, spent_by_agency
from grants import burndown, outlook
from grants.burndown import BurnDown, Day, Forecast, Stages, Terms, Week
from grants.chart import Chart, Ladders, Series, chart, ladders, spending
from grants.chart import Spending as SpendingChart
from grants.models import LADDER, Grant, OwnForecast, Profile, Stage, UnderspendNotice
from grants.selectors import (
    COMMITTED,
    LinePosition,
    balance_at,
    incurred_by_day,
    own_forecast,
    positions,
)
from overtime_ledger import clock
from overtime_ledger.dashboard import tables, variance
from overtime_ledger.dashboard.links import Links
from overtime_ledger.dashboard.rows import AgencyRow, LineRow, Spending, VarianceRow, WeekRow, hours
from overtime_ledger.dashboard.variance import Frozen
from overtime_ledger.dashboard.words import Words
from overtime_ledger.payments import selectors as payments
from overtime_ledger.payments.models import BatchLine


@dataclass(frozen=True)
class Figures:
    """The figures of a grant at the end of one day, all from the ledger.

    Each is read when it is first asked for, and then kept: a page pays for what it shows and for no more.
    """

    grant: Grant
    as_at: date
    today: date

    @property
    def is_past(self) -> bool:
        return self.as_at < self.today

    @property
    def query(self) -> str:
        """What an address adds so that the page behind it shows the same day."""
        return f"?as_at={self.as_at}" if self.is_past else ""

    @cached_property
    def link(self) -> Links:
        return Links(self.grant, self.as_at if self.is_past else None)

    @cached_property
    def urls(self) -> Mapping[str, str]:
        """The entries behind each rung of the whole grant, and behind those taken together."""
        return self.link.of_each_stage()

    @cached_property
    def pace_url(self) -> str:
        return self.link.pace(self.as_at)

    # The ladder and the burn-down

    @cached_property
    def positions(self) -> Sequence[LinePosition]:
        return positions(self.grant, as_at=self.as_at)

    @cached_property
    def stages(self) -> Stages:
        return Stages(*(sum(getattr(one, stage) for one in self.positions) for stage in LADDER))

    @cached_property
    def profile(self) -> Profile | None:
        return outlook.profile_of(self.grant, as_at=self.as_at)

    @cached_property
    def terms(self) -> Terms:
        return outlook.terms_of(self.grant, self.profile)

    @cached_property
    def days(self) -> Sequence[Day]:
        return [Day(on, pence) for on, pence in incurred_by_day(self.grant, as_at=self.as_at)]

    @cached_property
    def own(self) -> OwnForecast | None:
        return own_forecast(self.grant, as_at=self.as_at)

    @cached_property
    def burn(self) -> BurnDown:
        return burndown.burn_down(
            self.terms,
            self.stages,
            self.days,
            as_at=self.as_at,
            worked_minutes=sum(one.minutes for one in self._held),
            costed_pence=sum(one.pence for one in self._held),
            own_forecast=(self.own.outturn_pence, self.own.given_on) if self.own else None,
        )

    @cached_property
    def chart(self) -> Chart:
        return chart(self.terms, self.days, self.burn, as_at=self.as_at, today=self.today)

    @cached_property
    def words(self) -> Words:
        """The key figures as sentences say them."""
        return Words(self.grant, self.terms, self.burn)

    @property
    def pace_forecast(self) -> Forecast:
        return self.burn.forecasts[0]

    @property
    def forecasts(self) -> Sequence[Forecast]:
        """The futures there are: once the window has ended, none at a pace."""
        return self.burn.forecasts[1:] if self.has_ended else self.burn.forecasts

    @property
    def foretold(self) -> Sequence[tuple[Forecast, str]]:
        """The same, each with the way to what it rests on."""
        ways = [self.pace_url, self.urls[COMMITTED], self.link.forecasts]
        return list(zip(self.forecasts, ways[self.has_ended :], strict=False))

    @property
    def has_burnt(self) -> bool:
        """Whether any duty was approved, so that there is a pace to judge."""
        return bool(self.stages.incurred)

    @property
    def has_ended(self) -> bool:
        return not self.burn.days_left

    @property
    def still_open(self) -> int:
        """Pence tasked or claimed and not accepted yet."""
        return self.stages.tasked + self.stages.claimed

    @cached_property
    def underspend(self) -> UnderspendNotice | None:
        return outlook.underspend_of(self.grant, as_at=self.as_at)

    # Line by line

    @cached_property
    def lines(self) -> Sequence[LineRow]:
        return tables.of_lines(self.grant, self.positions, self.terms, self.link, self.as_at)

    @property
    def enquiries(self) -> Sequence[LineRow]:
        return [row for row in self.lines if row.enquiry]

    @cached_property
    def ladders(self) -> Ladders | None:
        return ladders([tables.bar_of(row) for row in self.enquiries])

    @cached_property
    def frozen(self) -> Frozen | None:
        return variance.frozen_of(self.grant, as_at=self.as_at)

    @cached_property
    def variances(self) -> Sequence[VarianceRow]:
        """The grant, its open enquiries and its agencies against their plans."""
        main = next(row.position.line.pk for row in self.lines if row.position.line.is_main)
        said = outlook.said_of(self.grant, as_at=self.as_at)
        compared = variance.Compared(self.frozen, said, self.link)
        return [
            variance.of_the_grant(main, self.burn, self.terms.award_pence, compared),
            *variance.of_lines(self.lines, compared),
            *variance.of_agencies(self.agencies, compared),
        ]

    # Agency by agency

    @cached_property
    def _held(self) -> Sequence[AgencyPosition]:
        return claims.by_agency(self.grant, as_at=self.as_at)

    @cached_property
    def _spent(self) -> Sequence[Spent]:
        return spent_by_agency(self.grant, as_at=self.as_at)

    @cached_property
    def agencies(self) -> Sequence[AgencyRow]:
        return tables.of_agencies(self.grant, self._held, self._spent, self.terms, self.link, self.as_at)

    @property
    def committed(self) -> Stages:
        """What agencies hold together: the ladder above available."""
        return Stages(0, *(sum(getattr(row, stage) for row in self._held) for stage in LADDER[1:]))

    @property
    def hours(self) -> str:
        return hours(sum(row.minutes for row in self._held))

    @property
    def claims_url(self) -> str:
        return self.link.claims(grant=self.grant.pk)

    # Week by week

    @cached_property
    def _weeks(self) -> Sequence[Week]:
        return burndown.weeks(self.terms, self.days, as_at=self.as_at)

    @cached_property
    def weeks(self) -> Sequence[WeekRow]:
        tasked = balance_at(self.grant, Stage.TASKED, [week.as_at for week in self._weeks])
        return tables.of_weeks(self.grant, self._weeks, tasked, self.link)

    @cached_property
    def spending(self) -> Spending:
        shared = by_week([one.agency for one in self._held], self._spent, self._weeks)
        return tables.of_spending(self.grant, self._weeks, shared, self.link)

    @cached_property
    def spending_chart(self) -> SpendingChart | None:
        shown = self.spending
        return spending(
            self._weeks,
            [
                Series(agency.code, tuple(row.cells[place].pence for row in shown.rows))
                for place, agency in enumerate(shown.agencies)
            ],
        )


@dataclass(frozen=True)
class Queues:
    """What waits for somebody on a grant, counted and in pence."""

    to_certify: Total
    clean: Total
    flagged: Total
    more_time: Total
    to_settle: Total
    in_batches: Total
    differences: payments.Differing


def figures(grant: Grant, *, as_at: date | None = None) -> Figures:
    """The dashboard of a grant, for today or for a past day. Nothing is posted or changed."""
    today = clock.today()
    return Figures(grant, as_at or today, today)


def queues(grant: Grant) -> Queues:
    """What waits on a grant just now, whoever has to do it."""
    clean, flagged = claims.to_approve(grant)
    due = claims.to_settle(grant)
    return Queues(
        to_certify=claims.total(claims.waiting_to_be_certified(grant)),
        clean=claims.total(clean),
        flagged=claims.total(flagged),
        more_time=claims.total(claims.to_decide_more_time(grant)),
        to_settle=Total(sum(one.count for one in due), sum(one.pence for one in due)),
        in_batches=payments.in_batches(grant),
        differences=payments.summed(BatchLine.objects.filter(batch__grant=grant).open_differences()),
    )
