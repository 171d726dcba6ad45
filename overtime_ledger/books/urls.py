"""Addresses of periods, reconciliation, accruals and the closing of a grant."""

from django.urls import path

from overtime_ledger.books.views import accruals, closing

app_name = "books"
urlpatterns = [
    path("accruals/", accruals.accruals, name="accruals"),
    path("accruals/draw/", accruals.draw, name="draw_accrual"),
    path("accruals/<int:pk>/", accruals.accrual, name="accrual"),
    path("accruals/<int:pk>/duties/", accruals.accrual_lines, name="accrual_lines"),
    path("accruals/<int:pk>/confirm/", accruals.confirm_accrual, name="confirm_accrual"),
    path("accruals/<int:pk>/withdraw/", accruals.withdraw_accrual, name="withdraw_accrual"),
    path("closing/", closing.closings, name="closings"),
    path("closing/<int:pk>/", closing.closing, name="closing"),
    path("closing/<int:pk>/items/<str:kind>/owner/", closing.assign, name="assign_item"),
    path("closing/<int:pk>/items/<str:kind>/sign/", closing.sign, name="sign_item"),
    path("closing/<int:pk>/retention/", closing.retention, name="retention"),
    path("closing/<int:pk>/propose/", closing.propose_closing, name="propose_closing"),
    path("closing/proposals/<int:pk>/confirm/", closing.confirm_closing, name="confirm_closing"),
    path("closing/proposals/<int:pk>/withdraw/", closing.withdraw_closing, name="withdraw_closing"),
]
