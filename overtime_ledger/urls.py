"""Every address of the product."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("grants/", include("grants.urls")),
    path("", include("tasking.urls")),
    path("", include("claims.urls")),
    path("audit/", include("overtime_ledger.audit.urls")),
    path("account/", include("overtime_ledger.accounts.urls")),
    path("admin/", admin.site.urls),
]
