"""Addresses of what is behind the figures of a grant, as at the same day."""

from datetime import date
from urllib.parse import urlencode

from django.urls import reverse

from grants.models import LADDER, Grant
from grants.selectors import TOGETHER


class Links:
    """The ways from a figure to its entries and claims; `as_at` is a past day, or None for today."""

    def __init__(self, grant: Grant, as_at: date | None) -> None:
        self._entries = reverse("grants:entries", args=[grant.pk])
        self._comment = reverse("grants:comment", args=[grant.pk])
        self._claims = reverse("claims:claims")
        self._as_at = {"as_at": as_at} if as_at else {}

    def entries(self, **filters: object) -> str:
        """The entries that a filter leaves."""
        return f"{self._entries}?{urlencode(filters | self._as_at)}"

    def of_each_stage(self, **filters: object) -> dict[str, str]:
        """The entries behind each of the five balances, and behind those taken together."""
        return {stage: self.entries(stage=stage, **filters) for stage in (*LADDER, *TOGETHER)}

    def claims(self, **filters: object) -> str:
        """The claims that a filter leaves."""
        return f"{self._claims}?{urlencode(filters)}"

    def comment(self, **about: object) -> str:
        """The page on which something is said of a line or an agency."""
        return f"{self._comment}?{urlencode(about)}"
