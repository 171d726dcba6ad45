"""What happens when: acts are done in the order of their moments, each with the clock set to its own."""

import heapq
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import partial
from itertools import count
from typing import Any

from django.db import transaction
from django.utils import timezone

from overtime_ledger import clock


class Agenda:
    """Acts still to come. An act may put further ones on the agenda, none before its own moment."""

    def __init__(self) -> None:
        self._acts: list[tuple[datetime, int, Callable[[], object]]] = []
        self._numbers = count()

    def at(self, moment: datetime, act: Callable[..., object], *args: Any, **named: Any) -> None:
        """Put an act on the agenda."""
        todo: Callable[[], object] = partial(act, *args, **named)
        heapq.heappush(self._acts, (moment, next(self._numbers), todo))

    def run(self, *, until: datetime) -> None:
        """Do every act up to a moment; what would come later has not happened yet.

        A day is one transaction: a longer one would get slower and slower, because every version of the
        grant's row that it makes stays in the way until it ends.
        """
        while self._acts and self._acts[0][0] <= until:
            tonight = min(until, clock.midnight_after(timezone.localdate(self._acts[0][0])))
            with transaction.atomic():
                self._run_day(tonight)

    def _run_day(self, tonight: datetime) -> None:
        while self._acts and self._acts[0][0] <= tonight:
            moment, _, act = heapq.heappop(self._acts)
            with clock.travel(moment):
                act()


def at(moment: str, *, minutes: int = 0) -> datetime:
    """A moment in London, as the data files write it ("2021-03-05T16:30"), and so many minutes after it."""
    return timezone.make_aware(datetime.fromisoformat(moment)) + timedelta(minutes=minutes)


def days(first: date, last: date, *weekdays: int) -> list[date]:
    """The days from one to another, both included, that are one of the weekdays (Monday is 0)."""
    every = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return [day for day in every if day.weekday() in weekdays]
