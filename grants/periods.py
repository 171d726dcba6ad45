"""Which periods a grant's books have: the months of its window, then P13 until its books close."""

from collections.abc import Iterator
from datetime import date, timedelta

from grants.models import Grant, Period
from overtime_ledger import clock

A_DAY = timedelta(days=1)
ADJUSTMENTS = 13  # comes after the twelve months


def lay_out(grant: Grant) -> None:
    """Make the periods of a grant that are missing, for its terms as they are.

    Periods that have begun stand. What has not begun yet is laid out anew; an adjusting period that is not
    closed for good goes on until the books close. Called when a grant opens and when its terms change.
    """
    grant.periods.filter(state=Period.State.OPEN, starts_on__gt=clock.today()).delete()
    standing = list(grant.periods.all())
    for wanted in _wanted(grant):
        met = next((one for one in standing if _overlap(one, wanted)), None)
        if met is None:
            wanted.save()
        elif met.adjusting and wanted.adjusting and met.ends_on < wanted.ends_on:
            _go_on(met, wanted)


def _go_on(met: Period, wanted: Period) -> None:
    if met.is_hard:
        wanted.starts_on = met.ends_on + A_DAY
        wanted.save()
    else:
        met.ends_on = wanted.ends_on
        met.save(update_fields=["ends_on"])


def _overlap(one: Period, other: Period) -> bool:
    return one.starts_on <= other.ends_on and one.ends_on >= other.starts_on


def _wanted(grant: Grant) -> Iterator[Period]:
    first = min(grant.opened_on or grant.eligible_from, grant.eligible_from).replace(day=1)
    while first <= grant.eligible_to:
        following = (first + timedelta(days=31)).replace(day=1)
        number = f"P{month_of_the_year(first)}"
        yield Period(grant=grant, number=number, starts_on=first, ends_on=following - A_DAY)
        first = following
    if grant.books_close_on >= first:
        yield Period(
            grant=grant,
            number=f"P{ADJUSTMENTS}",
            starts_on=first,
            ends_on=grant.books_close_on,
            adjusting=True,
        )


def month_of_the_year(day: date) -> int:
    """The month of the financial year in which a day lies: April is 1, March is 12."""
    return (day.month + 8) % 12 + 1
