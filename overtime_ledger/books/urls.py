"""Addresses of periods, reconciliation, accruals and the closing of a grant."""

from django.urls import path

from overtime_ledger.books.views import accruals, closing, periods, reconciliation

app_name = "books"
urlpatterns = [
    path("", periods.books, name="books"),
    path("<int:grant_pk>/", periods.book, name="book"),
    path("periods/<int:pk>/", periods.period, name="period"),
    path("periods/<int:pk>/soft-close/", periods.soft_close, name="soft_close"),
    path("periods/<int:pk>/open-again/", periods.open_again, name="open_again"),
    path("periods/<int:pk>/close/", periods.close, name="close"),
    path("periods/<int:pk>/snapshot/", periods.snapshot, name="snapshot"),
    path("periods/<int:pk>/reconciliation/", reconciliation.reconciliation, name="reconciliation"),
    path("periods/<int:pk>/reconciliation/prepare/", reconciliation.prepare, name="prepare"),
    path("periods/<int:pk>/reconciliation/explain/", reconciliation.explain, name="explain"),
    path("periods/<int:pk>/reconciliation/timing/", reconciliation.explain_timing, name="explain_timing"),
    path("reconciliations/<int:pk>/sign/", reconciliation.sign, name="sign"),
    path("reconciliations/<int:pk>/send-back/", reconciliation.send_back, name="send_back"),
    path("explanations/<int:pk>/withdraw/", reconciliation.withdraw, name="withdraw"),
    path("<int:grant_pk>/lines/", reconciliation.lines, name="lines"),
    path("<int:grant_pk>/lines/upload/", reconciliation.upload, name="upload"),
    path("<int:grant_pk>/lines/upload/columns/", reconciliation.columns, name="columns"),
    path("<int:grant_pk>/matches/", reconciliation.matches, name="matches"),
    path("<int:grant_pk>/matches/again/", reconciliation.match_again, name="match_again"),
    path("<int:grant_pk>/matches/by-hand/", reconciliation.match_by_hand, name="match_by_hand"),
    path("matches/<int:pk>/undo/", reconciliation.undo_match, name="undo_match"),
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
