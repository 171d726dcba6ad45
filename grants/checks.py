"""What every verb on a grant's money and duties asks first."""

from grants.models import Grant
from overtime_ledger.errors import Refusal


def not_closed(grant: Grant) -> None:
    """L03: a closed grant is only read."""
    if grant.status == Grant.Status.CLOSED:
        raise Refusal(
            "L03",
            f"{grant} is closed: it can only be read.",
            fix="Tell finance if something is wrong with it; nothing of it is changed any more.",
            who="Nobody",
        )
