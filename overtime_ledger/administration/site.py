"""The one site of the administration: entered where everybody signs in, and 404 instead of 403."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from django.contrib import admin
from django.contrib.admin.apps import AdminConfig
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from overtime_ledger.administration.lists import LedgerAdmin

View = TypeVar("View", bound=Callable[..., HttpResponseBase])


class Config(AdminConfig):
    """Puts our site in the place of Django's."""

    default_site = "overtime_ledger.administration.Site"


class Site(admin.AdminSite):
    """The administration: entered through the product's one sign-in page, and 404 instead of 403."""

    site_header = site_title = "Overtime Ledger administration"
    index_title = "Administration"
    enable_nav_sidebar = False

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Take our own lists alone: those that packages bring along know nothing of our rules."""
        if admin_class is not None and issubclass(admin_class, LedgerAdmin):
            super().register(model_or_iterable, admin_class, **options)

    def admin_view(self, view: View, cacheable: bool = False) -> View:
        """To people without it the administration does not exist, nor does a page without its permission."""
        inner = super().admin_view(view, cacheable)

        @wraps(inner)
        def shown(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.user.is_authenticated and not self.has_permission(request):
                raise Http404
            try:
                return inner(request, *args, **kwargs)
            except PermissionDenied as refused:
                raise Http404 from refused

        return cast(View, shown)

    @login_not_required
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Lead to the one sign-in page, where failures are counted; Django's own would take any number."""
        from django.contrib.auth.views import redirect_to_login  # models are not there yet at the top

        if self.has_permission(request):
            return redirect("admin:index")
        if request.user.is_authenticated:
            raise Http404
        return redirect_to_login(request.GET.get("next") or reverse("admin:index"))

    def password_change(  # type: ignore[override]
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Lead to the one page for it, for the same reason."""
        return redirect("account_change_password")
