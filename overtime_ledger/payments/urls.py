"""Addresses of payroll batches, agency statements and invoices."""

from django.urls import path

from overtime_ledger.payments.views import batches, differences, invoices, overview, statements

app_name = "payments"
urlpatterns = [
    path("", overview.overview, name="overview"),
    path("due/", batches.due, name="due"),
    path("draw/", batches.draw, name="draw"),
    path("of-claim/<int:pk>/", batches.of_claim, name="of_claim"),
    path("settled/<int:pk>/", overview.settled, name="settled"),
    path("batches/", batches.batches, name="batches"),
    path("batches/<int:pk>/", batches.batch, name="batch"),
    path("batches/<int:pk>/send/", batches.send, name="send"),
    path("batches/<int:pk>/confirm/", batches.confirm, name="confirm"),
    path("batches/<int:pk>/withdraw/", batches.withdraw, name="withdraw"),
    path("lines/<int:pk>/leave-out/", batches.leave_out, name="leave_out"),
    path("differences/", differences.differences, name="differences"),
    path("differences/<int:pk>/resolve/", differences.resolve, name="resolve"),
    path("tolerance/", differences.tolerance, name="tolerance"),
    path("tolerance/<int:pk>/confirm/", differences.confirm_tolerance, name="confirm_tolerance"),
    path("statements/", statements.statements, name="statements"),
    path("statements/<int:pk>/", statements.statement, name="statement"),
    path("statements/<int:pk>/invoice/", invoices.record, name="record_invoice"),
    path("invoices/", invoices.invoices, name="invoices"),
    path("invoices/<int:pk>/", invoices.invoice, name="invoice"),
    path("invoices/<int:pk>/credit/", invoices.credit, name="credit"),
    path("invoices/<int:pk>/pay/", invoices.pay, name="pay"),
    path("ageing/", statements.waiting, name="ageing"),
]
