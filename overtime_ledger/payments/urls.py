"""Addresses of payroll batches, agency statements and invoices."""

from django.urls import URLPattern

app_name = "payments"
urlpatterns: list[URLPattern] = []
