"""How people sign in: with a name and password given to them by an administrator."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest

from overtime_ledger.accounts.models import User

DEMONSTRATION_PASSWORD = "demonstration"  # printed in the README, so refused outside a demonstration


class Adapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Signing in as allauth does it, without signing up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never: an administrator makes accounts, because an account carries an agency and roles."""
        return False


class PasswordBackend(ModelBackend):
    """Name and password; every door (pages, admin, shell) comes through here."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **kwargs: Any,
    ) -> User | None:
        """The person, or None. The demonstration's known password opens nothing outside a demonstration."""
        if password == DEMONSTRATION_PASSWORD and not settings.LEDGER_DEMONSTRATION:
            return None
        return super().authenticate(request, username=username, password=password, **kwargs)
