"""Addresses of what leaves the house: public and FOI extracts, the audit pack."""

from django.urls import URLPattern

app_name = "disclosure"
urlpatterns: list[URLPattern] = []
