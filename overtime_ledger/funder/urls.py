"""Addresses of what goes to the funder: claims, the outturn, the statement of usage."""

from django.urls import URLPattern

app_name = "funder"
urlpatterns: list[URLPattern] = []
