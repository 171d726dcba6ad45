"""What a person's role lets them do, and the ledger's own account."""

from overtime_ledger.accounts.models import User
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
