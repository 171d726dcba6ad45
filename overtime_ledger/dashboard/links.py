"""Addresses of what is behind the figures of a grant, as at the same day."""

from datetime import date, timedelta
from urllib.parse import urlencode

from django.urls import reverse

from grants.burndown import PACE_DAYS
from grants.models import LADDER, Grant
from grants.selectors import INCURRED, TOGETHER


class Links:
    """The ways from a figure to its entries and claims; `as_at` is a past day, or None for today."""

    def __init__(self, grant: Grant, as_at: date | None) -> None:
        self._entries = reverse("grants:entries", args=[grant.pk])
        self._comment = reverse("grants:comment", args=[grant.pk])
        self._agencies = reverse("grants:by_agency", args=[grant.pk])
        self._claims = reverse("claims:claims")
        self.forecasts = reverse("grants:forecast", args=[grant.pk])
        self._as_at = {"as_at": as_at} if as_at else {}

    def entries(self, **filters: object) -> str:
        """The entries that a filter leaves."""
        return f"{self._entries}?{urlencode(self._as_at | filters)}"

    def of_each_stage(self, **filters: object) -> dict[str, str]:
        """The entries behind each of the five balances, and behind those taken together."""
        return {stage: self.entries(stage=stage, **filters) for stage in (*LADDER, *TOGETHER)}

    def pace(self, as_at: date, **filters: object) -> str:
        """The entries of the fortnight whose cost, halved, is the pace of a day."""
        first = as_at - timedelta(days=PACE_DAYS - 1)
        return self.entries(stage=INCURRED, **filters, **{"from": first}, to=as_at)

    def since(self, closed: date, **filters: object) -> str:
        """What was incurred by entries posted after a day on which a period ended."""
        return self.entries(stage=INCURRED, **filters, since=closed + timedelta(days=1))

    @property
    def agreements(self) -> str:
        """What each agency may cost at most."""
        return f"{self._agencies}#agreements"

    def claims(self, **filters: object) -> str:
        """The claims that a filter leaves."""
        return f"{self._claims}?{urlencode(filters)}"

    def comment(self, **about: object) -> str:
        """The page on which something is said of a line or an agency."""
        return f"{self._comment}?{urlencode(about)}"
