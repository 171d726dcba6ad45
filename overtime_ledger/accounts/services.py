"""What a person's role lets them do, and the ledger's own account."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date

from django.db import transaction

from overtime_ledger.accounts.models import PayPoint, PayTable, User
from overtime_ledger.errors import Refusal

LEDGER_USERNAME = "ledger"


def require(by: User, permission: str, *, who: str) -> None:
    """Refuse (P01) a person whose roles do not include a permission; `who` names the role that has it."""
    if not by.has_perm(permission):
        raise Refusal(
            "P01",
            f"{by} does not have the role for this.",
            fix=f"Ask {who} to do it.",
            who=who[0].upper() + who[1:],
        )


def the_ledger() -> User:
    """The account in whose name commands act on a rule of the grant; nobody can sign in with it."""
    user, created = User.objects.get_or_create(
        username=LEDGER_USERNAME,
        defaults={"staff_number": "ledger", "display_name": "The ledger", "is_active": False},
    )
    if created:
        user.set_unusable_password()
        user.save(update_fields=["password"])
    return user


@dataclass(frozen=True)
class PayPointRow:
    """A point of a scale as a file states it: what it pays a year, in pence, and how that is known."""

    rank: str
    scale: str
    point: str
    annual_pay_pence: int
    status: str


@transaction.atomic
def record_pay_table(*, by: User, valid_from: date, source: str, points: Sequence[PayPointRow]) -> PayTable:
    """Put a table of annual pay on record, in force from a day once a second person in finance confirms it.

    Refuses (P01) whoever is not in finance, and (P02) a table without a point.
    """
    require(by, "grants.set_up_grant", who="finance")
    if not points:
        raise Refusal("P02", "The table has no point.", fix="Load a file with pay scales.", who="Finance")
    table = PayTable.objects.create(valid_from=valid_from, source=source, recorded_by=by)
    PayPoint.objects.bulk_create(PayPoint(pay_table=table, **asdict(point)) for point in points)
    return table
