"""Who may open a page at all: for anybody else it is not there."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase

from overtime_ledger.accounts.models import User

P = ParamSpec("P")


class SignedIn(HttpRequest):
    """A request behind the sign-in, which is the default of every page.

    `marking` is the protective marking of the one grant its page is about; without one, the product's.
    `last_days` counts that grant's last days down (see grants' countdown).
    """

    user: User
    marking: str
    last_days: str


View = Callable[Concatenate[SignedIn, P], HttpResponseBase]


def who_may(*permissions: str) -> Callable[[View[P]], View[P]]:
    """Let in whoever's roles include any of some permissions; to others the page does not exist (404)."""

    def guard(view: View[P]) -> View[P]:
        @wraps(view)
        def guarded(request: SignedIn, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if not any(request.user.has_perm(permission) for permission in permissions):
                raise Http404
            return view(request, *args, **kwargs)

        return guarded

    return guard
