"""Addresses of the API."""

from django.urls import path

from overtime_ledger.dashboard.api import views

app_name = "api"
urlpatterns = [
    path("openapi.json", views.description, name="openapi"),
    path("grants/<str:reference>/position", views.position, name="position"),
    path("grants/<str:reference>/burn-down", views.burn_down, name="burn_down"),
]
