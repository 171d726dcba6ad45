"""What every verb on a grant's money and duties asks first."""

from grants.models import Grant
from overtime_ledger.errors import Refusal
from overtime_ledger.ui import day


def not_closed(grant: Grant) -> None:
    """L03: a closed grant is only read."""
    if grant.is_closed:
        since = f"was closed on {day(grant.closed_on)}" if grant.closed_on else "is closed"
        raise Refusal(
            "L03",
            f"{grant} {since}: it can only be read.",
            fix="Tell finance if something is wrong with it; nothing of it is changed any more.",
            who="Nobody",
        )
