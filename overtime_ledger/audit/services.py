"""What is put on record of refusals."""

from collections.abc import Iterable

from overtime_ledger import clock
from overtime_ledger.accounts.models import User
from overtime_ledger.audit.models import ControlSpoke

_LONGEST = 200


def put_on_record(codes: Iterable[str], *, by: User | None, where: str) -> None:
    """Count controls that refused somebody something, in one insert.

    To be called after what was refused was rolled back: this transaction is another one. `where` is the
    address of a page or the name of a command; what was typed is in neither.
    """
    now = clock.now()
    ControlSpoke.objects.bulk_create(
        ControlSpoke(code=code, at=now, by=by, where=where[:_LONGEST]) for code in codes
    )
