"""Addresses of payroll batches, agency statements and invoices."""

from django.urls import path

from overtime_ledger.payments.views import invoices, statements

app_name = "payments"
urlpatterns = [
    path("statements/", statements.statements, name="statements"),
    path("statements/<int:pk>/", statements.statement, name="statement"),
    path("statements/<int:pk>/invoice/", invoices.record, name="record_invoice"),
    path("invoices/", invoices.invoices, name="invoices"),
    path("invoices/<int:pk>/", invoices.invoice, name="invoice"),
    path("invoices/<int:pk>/credit/", invoices.credit, name="credit"),
    path("invoices/<int:pk>/pay/", invoices.pay, name="pay"),
    path("ageing/", statements.waiting, name="ageing"),
]
