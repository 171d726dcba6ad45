"""A form that is sent twice is done once: the tokens of forms that were sent, in the cache of all processes.

For forms whose doing leaves nothing in the books that could refuse a second time by itself.
"""

from uuid import UUID

from django.conf import settings
from django.core.cache import cache

from overtime_ledger.accounts.models import User


def is_first(person: User, token: UUID | None) -> bool:
    """Whether a form with this token is sent for the first time; of two presses at once, one is the first."""
    return token is None or cache.add(_key(person, token), True, settings.SESSION_COOKIE_AGE)


def was_not_done(person: User, token: UUID | None) -> None:
    """The form was refused after all: it may be sent again."""
    if token is not None:
        cache.delete(_key(person, token))


def _key(person: User, token: UUID) -> str:
    return f"sent-{person.pk}-{token}"
