"""Addresses of periods, reconciliation, accruals and the closing of a grant."""

from django.urls import path

from overtime_ledger.books.views import accruals

app_name = "books"
urlpatterns = [
    path("accruals/", accruals.accruals, name="accruals"),
    path("accruals/draw/", accruals.draw, name="draw_accrual"),
    path("accruals/<int:pk>/", accruals.accrual, name="accrual"),
    path("accruals/<int:pk>/duties/", accruals.accrual_lines, name="accrual_lines"),
    path("accruals/<int:pk>/confirm/", accruals.confirm_accrual, name="confirm_accrual"),
    path("accruals/<int:pk>/withdraw/", accruals.withdraw_accrual, name="withdraw_accrual"),
]
