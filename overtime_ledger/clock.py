"""The business date and the moment of a decision, in one place, so that both can be set. No Django models.

Moments are made in UTC: two moments in London's zone would be subtracted by the wall, which is an hour wrong
when the clocks change.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, time, timedelta

from django.conf import settings
from django.utils import timezone

_travelled: ContextVar[datetime | None] = ContextVar("travelled", default=None)


def now() -> datetime:
    """The present moment, aware. A demonstration (LEDGER_TODAY) lives on its own day at the wall's time."""
    if moment := _travelled.get():
        return moment
    if settings.LEDGER_TODAY is None:
        return timezone.now()
    return london(settings.LEDGER_TODAY, timezone.localtime().time())


def today() -> date:
    """The business date in London: the day on which money moves."""
    return timezone.localdate(now())


def london(day: date, at: time) -> datetime:
    """A wall time in London as a moment."""
    return timezone.make_aware(datetime.combine(day, at)).astimezone(UTC)


def midnight_after(day: date) -> datetime:
    """The moment at which a London day ends."""
    return london(day + timedelta(days=1), time())


@contextmanager
def travel(moment: datetime) -> Iterator[None]:
    """Let what is done inside happen at another moment: for the demonstration and for tests."""
    token = _travelled.set(moment.astimezone(UTC))
    try:
        yield
    finally:
        _travelled.reset(token)
