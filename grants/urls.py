"""Addresses of a grant's own pages; its dashboard and its ledger are added in `overtime_ledger/urls.py`."""

from django.urls import path

from grants import views

app_name = "grants"
urlpatterns = [
    path("", views.grants, name="grants"),
    path("set-up/", views.set_up, name="set_up"),
    path("<int:pk>/move/", views.move, name="move"),
    path("<int:pk>/forecast/", views.forecast, name="forecast"),
    path("<int:pk>/delegations/", views.delegations, name="delegations"),
    path("<int:pk>/delegations/<int:authority_pk>/end/", views.end_delegation, name="end_delegation"),
]
