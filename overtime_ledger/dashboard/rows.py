"""The rows of the dashboard's tables: plain values with the ways to what is behind them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from django.urls import reverse

from claims.selectors import AgencyPosition
from grants.burndown import Forecast, Week
from grants.models import VarianceComment
from grants.selectors import LinePosition
from overtime_ledger.accounts.models import Agency
from overtime_ledger.money import round_half_up
from tasking.models import Enquiry


@dataclass(frozen=True)
class LineRow:
    """One budget line on the day: the main line, or an enquiry with its forecast."""

    position: LinePosition
    enquiry: Enquiry | None
    forecast: Forecast | None
    urls: Mapping[str, str]
    pace_url: str

    @property
    def used_percent(self) -> int | None:
        """How much of what was allocated is tasked or further up the ladder; None if nothing was."""
        return percent(self.position.allocated - self.position.available, self.position.allocated)

    @property
    def still_open(self) -> int:
        """Pence tasked or claimed and not accepted yet."""
        return self.position.tasked + self.position.claimed

    @property
    def short_pence(self) -> int:
        """By how much the forecast exceeds what was allocated."""
        return max(0, -self.forecast.unspent) if self.forecast else 0

    @property
    def url(self) -> str:
        """The page of the enquiry; the main line has none."""
        return reverse("tasking:enquiry", args=[self.enquiry.pk]) if self.enquiry else ""


@dataclass(frozen=True)
class WeekRow:
    """One week and the ways to the entries behind its figures; `tasked_open` stood tasked on its day."""

    week: Week
    tasked_open: int
    incurred_url: str
    cumulative_url: str
    tasked_url: str
    remaining_url: str
    pace_url: str


@dataclass(frozen=True)
class AgencyRow:
    """One agency's share of the ladder, its agreed maximum with its forecast, and the average hour."""

    position: AgencyPosition
    maximum_pence: int | None
    forecast: Forecast | None
    claims_url: str
    urls: Mapping[str, str]
    pace_url: str

    @property
    def left_pence(self) -> int | None:
        """What of the agreed maximum is not tasked yet."""
        return None if self.maximum_pence is None else self.maximum_pence - self.position.pence

    @property
    def average_hour_pence(self) -> int | None:
        return average(self.position.pence, self.position.minutes)

    @property
    def hours(self) -> str:
        return hours(self.position.minutes)


@dataclass(frozen=True)
class Cell:
    """An amount in pence and the way to the entries behind it."""

    pence: int
    url: str


@dataclass(frozen=True)
class SpendingRow:
    """One week and what each agency spent in it, in the order of the columns; together, what it incurred."""

    week: Week
    cells: Sequence[Cell]
    together: Cell


@dataclass(frozen=True)
class Spending:
    """What each agency spent week by week: the columns, the rows, and the sums of both."""

    agencies: Sequence[Agency]
    rows: Sequence[SpendingRow]
    sums: Sequence[Cell]
    together: Cell


@dataclass(frozen=True)
class VarianceRow:
    """The grant, a line or an agency against its plan, in pence, with what was said last of it.

    `since_close` is what was incurred since the books of a period were last closed; None if none was.
    """

    name: str
    what: str
    plan: int
    incurred: int
    since_close: int | None
    forecast: Forecast
    comment: VarianceComment | None
    plan_url: str
    incurred_url: str
    since_close_url: str
    pace_url: str
    comment_url: str
    url: str = ""

    @property
    def variance(self) -> int:
        """Plan less forecast: above nothing is left over, below nothing is short."""
        return self.forecast.unspent

    @property
    def percent(self) -> int | None:
        """The variance in whole percent of the plan, half a percent away from nothing; None of no plan."""
        share = percent(abs(self.variance), self.plan)
        return share if share is None or self.variance >= 0 else -share

    @property
    def shown_percent(self) -> str:
        """The same as people write it."""
        return "" if self.percent is None else f"{self.percent}%".replace("-", "−")


def percent(part: int, whole: int) -> int | None:
    """A share in whole percent, rounded half up; None of nothing."""
    return round_half_up(Fraction(part * 100, whole)) if whole > 0 else None


def hours(minutes: int) -> str:
    """Whole hours, half up, as people write them: 2,319."""
    return f"{round_half_up(Fraction(minutes, 60)):,}"


def average(pence: int, minutes: int) -> int | None:
    """What an hour cost, in pence; None without minutes."""
    return round_half_up(Fraction(pence * 60, minutes)) if minutes else None
