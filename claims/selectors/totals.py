"""How many claims, and what they come to."""

from dataclasses import dataclass

from django.db.models import Count, QuerySet, Sum

from claims.models import Claim
from tasking.models import Assignment


@dataclass(frozen=True)
class Total:
    """How many, and what they come to in pence."""

    count: int
    pence: int


def total(rows: QuerySet[Claim] | QuerySet[Assignment]) -> Total:
    """Count and pence of claims, or of duties at the price they were authorised for."""
    of = "pence" if rows.model is Claim else "authorised_pence"
    found = rows.order_by().aggregate(count=Count("pk"), total=Sum(of, default=0))
    return Total(found["count"], found["total"])
