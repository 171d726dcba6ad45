"""Addresses of the audit pages."""

from django.urls import path

from overtime_ledger.audit import views

app_name = "audit"
urlpatterns = [path("", views.log, name="log")]
