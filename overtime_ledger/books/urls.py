"""Addresses of periods, reconciliation, accruals and the closing of a grant."""

from django.urls import URLPattern

app_name = "books"
urlpatterns: list[URLPattern] = []
