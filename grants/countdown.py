"""The last days of a grant, counted down on every page that is about it."""

from datetime import date
from typing import cast

from django.http import HttpRequest
from django.utils.text import capfirst

from grants.checks import not_closed
from grants.models import Grant
from overtime_ledger import clock
from overtime_ledger.accounts.access import SignedIn
from overtime_ledger.ui import day

COUNTED = 28
"""From how many days before a date on it is counted down."""


def about(request: HttpRequest, grant: Grant) -> None:
    """The page is about one grant: it bears its marking, and in its last days says so.

    Where the grant is closed nobody may act any more: the page offers nothing, and one on which people only
    act is not shown (L03).
    """
    page = cast(SignedIn, request)
    page.marking, page.last_days, page.reads_only = grant.marking, last_days(grant), grant.is_closed
    if getattr(page, "acts", False):
        not_closed(grant)


def last_days(grant: Grant) -> str:
    """The next of an open grant's three dates, how many days are left, and those after it; else "Closed".

    Empty earlier than 28 days before it, and once the books are closed. Asks the database nothing.
    """
    if grant.is_closed:
        return f"Closed on {day(grant.closed_on)}: it is only read, taken out and disclosed."
    dates = {
        "duties until": grant.eligible_to,
        "claims close on": grant.claims_close_on,
        "books close on": grant.books_close_on,
    }
    today = clock.today()
    ahead = [(what, on) for what, on in dates.items() if on >= today]
    if grant.status != Grant.Status.OPEN or not ahead or (ahead[0][1] - today).days > COUNTED:
        return ""
    (what, on), *later = ahead
    then = "; ".join(f"{what} {day(on)}" for what, on in later)
    return capfirst(f"{what} {day(on)}: {_left(on, today)}.") + (f" {capfirst(then)}." if then else "")


def _left(on: date, today: date) -> str:
    left = (on - today).days
    return "today is the last day" if left == 0 else f"{left} day{'' if left == 1 else 's'} left"
