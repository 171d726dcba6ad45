"""Two people: what one puts on record another confirms, just as they saw it."""

from hashlib import sha256
from typing import Protocol

from django.db import IntegrityError, models, transaction

from overtime_ledger.accounts.models import PayTable, User
from overtime_ledger.accounts.services import require
from overtime_ledger.errors import Refusal, broken_rule


class OnRecord(Protocol):
    """A row of reference data: a gate, an agreement, a rate, a pay table, a rule set, an on-cost."""

    recorded_by_id: int | None
    confirmed_by_id: int | None


def state_of(row: models.Model) -> str:
    """What stands for all that is on record in a row: whoever confirms it sends back what they saw."""
    values = [getattr(row, column.attname) for column in row._meta.concrete_fields]
    if isinstance(row, PayTable):
        values += row.points.order_by("id").values_list(
            "rank", "scale", "point", "annual_pay_pence", "status"
        )
    return sha256(repr(values).encode()).hexdigest()[:16]


def may_confirm(row: OnRecord, *, by: User) -> None:
    """Refuse what is not recorded (G04), is confirmed already (G02), or is one's own (G01). Reads only."""
    require(by, "grants.set_up_grant", who="finance")
    if not row.recorded_by_id:
        raise Refusal("G04", "This is not recorded yet.", fix="Record its date and evidence.", who="Finance")
    if row.confirmed_by_id:
        raise Refusal("G02", "This is confirmed already.", fix="Nothing is left to do here.", who="Nobody")
    if row.recorded_by_id == by.pk:
        raise Refusal(
            "G01",
            "You recorded this yourself: two people are needed.",
            fix="Ask a second person in finance to confirm it.",
            who="Another person in finance",
        )


@transaction.atomic
def confirm(row: models.Model, *, by: User, seen: str | None = None) -> None:
    """Confirm a row as a second person in finance, as it was `seen` (see `state_of`).

    Refuses as `may_confirm` does, what changed since it was seen (A03), and what is of a closed grant (L03).
    """
    locked = type(row)._default_manager.select_for_update(no_key=True).get(pk=row.pk)
    may_confirm(locked, by=by)  # type: ignore[arg-type]
    if seen is not None and seen != state_of(locked):
        raise Refusal(
            "A03",
            "This changed since the page was drawn.",
            fix="Look at it as it is now and decide again.",
            who="Whoever confirms",
        )
    locked.confirmed_by = by  # type: ignore[attr-defined]
    try:
        with transaction.atomic():
            locked.save(update_fields=["confirmed_by"])
    except IntegrityError as error:
        if broken_rule(error) != "grants_grant_closed":
            raise
        raise Refusal(
            "L03",
            "The grant of this is closed: it can only be read.",
            fix="Nothing is left to do here.",
            who="Nobody",
        ) from error
