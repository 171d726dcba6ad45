"""What a page that shows a large grant asks of the database."""

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from grants import selectors
from grants.models import Grant

AGAIN = 5


def milliseconds_in_the_database(grant_id: int) -> Iterator[tuple[str, float]]:
    """Each figure of a grant and how long PostgreSQL plans and executes for it, the median of five."""
    grant = Grant.objects.get(pk=grant_id)
    asked: dict[str, Callable[[], Any]] = {
        "Position today": lambda: selectors.positions(grant),
        "Burn-down today": lambda: selectors.incurred_by_day(grant),
        "Position on a past day": lambda: selectors.positions(grant, as_at=date(2021, 3, 1)),
        "Burn-down as known on a past day": lambda: selectors.incurred_by_day(grant, as_at=date(2021, 3, 1)),
    }
    for what, ask in asked.items():
        with CaptureQueriesContext(connection) as queries:
            ask()
        runs = sorted(sum(explained(query["sql"]) for query in queries) for _ in range(AGAIN))
        yield f"{what}, {grant.entries.count()} entries", runs[AGAIN // 2]


def explained(query: str) -> float:
    """Milliseconds of one query."""
    with connection.cursor() as cursor:
        cursor.execute("explain (analyze, timing off, format json) " + query.replace("%", "%%"), [])
        (plan,) = cursor.fetchone()
    return float(plan[0]["Planning Time"] + plan[0]["Execution Time"])
