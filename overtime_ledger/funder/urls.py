"""Addresses of what goes to the funder: claims, the outturn, the statement of usage."""

from django.urls import path

from overtime_ledger.funder.views import account, claims, statements

app_name = "funder"
urlpatterns = [
    path("", account.overview, name="overview"),
    path("grants/<int:pk>/", account.account, name="account"),
    path("grants/<int:pk>/draw/", claims.draw, name="draw"),
    path("grants/<int:pk>/repay/", account.repay, name="repay"),
    path("grants/<int:pk>/outturn/", statements.outturn, name="outturn"),
    path("grants/<int:pk>/usage/", statements.usage, name="usage"),
    path("claims/<int:pk>/", claims.claim, name="claim"),
    path("claims/<int:pk>/lines/", claims.lines, name="lines"),
    path(
        "claims/<int:pk>/certify-as-project-manager/",
        claims.certify_as_project_manager,
        {"capacity": "pm"},
        name="certify_pm",
    ),
    path("claims/<int:pk>/certify-as-cfo/", claims.certify_as_cfo, {"capacity": "cfo"}, name="certify_cfo"),
    path("claims/<int:pk>/withdraw/", claims.withdraw, name="withdraw"),
    path("claims/<int:pk>/send/", claims.send, name="send"),
    path("claims/<int:pk>/receive/", claims.receive, name="receive"),
    path("transfers/<int:pk>/strike-out/", account.strike_out, name="strike_out"),
]
