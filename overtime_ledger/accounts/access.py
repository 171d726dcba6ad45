"""Who may open a page at all: for anybody else it is not there. Of a closed grant, nobody acts."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib.auth.context_processors import PermLookupDict, PermWrapper
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render

from overtime_ledger.accounts.models import User
from overtime_ledger.errors import Refusal

P = ParamSpec("P")

AFTERWARDS = frozenset({"disclosure.make_audit_pack", "disclosure.publish_extract"})
"""Permissions to do what can also be done of a grant that is closed: to disclose what it was."""


class SignedIn(HttpRequest):
    """A request behind the sign-in, which is the default of every page.

    `marking` is the protective marking of the one grant its page is about; without one, the product's.
    `last_days` counts that grant's last days down, and `reads_only` tells that it is closed (see grants'
    countdown). `acts` tells a page that is for acting, not for reading.
    """

    user: User
    marking: str
    last_days: str
    reads_only: bool
    acts: bool


View = Callable[Concatenate[SignedIn, P], HttpResponseBase]


def who_may(*permissions: str, when_closed: bool = False) -> Callable[[View[P]], View[P]]:
    """Let in whoever's roles include any of some permissions; to others the page does not exist (404).

    Where all of them are permissions to act, the page is for acting: of a grant that is closed it says so
    instead (L03), unless what it does can be done `when_closed`.
    """
    acts = not when_closed and all(acting(permission) for permission in permissions)

    def guard(view: View[P]) -> View[P]:
        @wraps(view)
        def guarded(request: SignedIn, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if not any(request.user.has_perm(permission) for permission in permissions):
                raise Http404
            request.acts = acts
            try:
                return view(request, *args, **kwargs)
            except Refusal as refusal:
                if not getattr(request, "reads_only", False):
                    raise
                status = 422 if request.method == "POST" else 200
                return render(request, "closed.html", {"refusal": refusal}, status=status)

        return guarded

    return guard


def acting(permission: str) -> bool:
    """Whether a permission is to change something, and not of a grant that is closed."""
    _, codename = permission.split(".")
    return not codename.startswith(("view_", "read_")) and permission not in AFTERWARDS


def page(request: HttpRequest) -> dict[str, object]:
    """Context of every page: on one about a closed grant, `perms` without those to act."""
    if not getattr(request, "reads_only", False):
        return {}
    return {"perms": ReadsOnly(request.user), "reads_only": True}


class ReadsOnly(PermWrapper):
    """What somebody may do on a page about a closed grant."""

    def __getitem__(self, app_label: str) -> PermLookupDict:
        return ReadsOnlyOf(self.user, app_label)


class ReadsOnlyOf(PermLookupDict):
    """The same of one app."""

    def __getitem__(self, codename: str) -> bool:
        return not acting(f"{self.app_label}.{codename}") and bool(super().__getitem__(codename))
