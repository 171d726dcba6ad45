"""Addresses of a grant's own pages; its dashboard and its ledger are added in `overtime_ledger/urls.py`."""

from django.urls import path

from grants import planning_views, views

app_name = "grants"
urlpatterns = [
    path("", views.grants, name="grants"),
    path("set-up/", views.set_up, name="set_up"),
    path("<int:pk>/move/", views.move, name="move"),
    path("<int:pk>/forecast/", views.forecast, name="forecast"),
    path("<int:pk>/profile/", planning_views.profile, name="profile"),
    path("<int:pk>/profile/set/", planning_views.set_profile, name="set_profile"),
    path("<int:pk>/profile/confirm/", planning_views.confirm_profile, name="confirm_profile"),
    path("<int:pk>/profile/take-back/", planning_views.drop_profile, name="drop_profile"),
    path("<int:pk>/comment/", planning_views.comment, name="comment"),
    path("<int:pk>/underspend/", planning_views.underspend, name="underspend"),
    path("<int:pk>/delegations/", views.delegations, name="delegations"),
    path("<int:pk>/delegations/<int:authority_pk>/end/", views.end_delegation, name="end_delegation"),
]
