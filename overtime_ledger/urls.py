"""Every address of the product."""

from django.contrib import admin
from django.urls import include, path

from grants import urls as grants
from overtime_ledger.audit import urls as audit
from overtime_ledger.books.views import evaluation
from overtime_ledger.dashboard import buys, grant, home, ledger, oversight
from tasking import urls as tasking

# A grant's dashboard and its ledger show taskings and claims too, so they stand above the apps.
grant_pages = [
    path("<int:pk>/", grant.grant, name="grant"),
    path("<int:pk>/lines/", grant.by_line, name="by_line"),
    path("<int:pk>/agencies/", grant.by_agency, name="by_agency"),
    path("<int:pk>/weeks/", grant.by_week, name="by_week"),
    path("<int:pk>/terms/", grant.terms, name="terms"),
    path("<int:pk>/entries/", ledger.ledger_entries, name="entries"),
    path("<int:pk>/position.<str:file_format>", ledger.position, name="position"),
    path("<int:pk>/agencies.<str:file_format>", ledger.agencies, name="agencies"),
    path("<int:pk>/weeks.<str:file_format>", ledger.weeks, name="weeks"),
    path("<int:pk>/variance.<str:file_format>", ledger.variance, name="variance"),
    path("<int:pk>/spending.<str:file_format>", ledger.spending, name="spending"),
    path("<int:pk>/evaluation/", evaluation.evaluation, name="evaluation"),
    *grants.urlpatterns,
]

# What money buys is said at the average hour of taskings and claims; a subject has its share of both.
tasking_pages = [
    path("taskings/cost/buys/", buys.buys, name="buys"),
    path("enquiries/subjects/<int:pk>/", evaluation.subject, name="subject"),
    *tasking.urlpatterns,
]

# Exceptions are of duties and claims.
audit_pages = [
    path("controls/", oversight.controls, name="controls"),
    path("exceptions/", oversight.exceptions, name="exceptions"),
    *audit.urlpatterns,
]

urlpatterns = [
    path("", home.home, name="home"),
    path("grants/", include((grant_pages, grants.app_name))),
    path("", include((tasking_pages, tasking.app_name))),
    path("", include("claims.urls")),
    path("payments/", include("overtime_ledger.payments.urls")),
    path("funder/", include("overtime_ledger.funder.urls")),
    path("books/", include("overtime_ledger.books.urls")),
    path("disclosure/", include("overtime_ledger.disclosure.urls")),
    path("api/", include("overtime_ledger.dashboard.api.urls")),
    path("audit/", include((audit_pages, audit.app_name))),
    path("account/", include("overtime_ledger.accounts.urls")),
    path("admin/", admin.site.urls),
]

handler404 = "overtime_ledger.dashboard.api.views.not_found"
