"""Signing in and out, and what is being typed.

There is no sign-up and no reset by e-mail: an administrator makes accounts and sets passwords.
"""

from allauth.account import views
from django.urls import path

from overtime_ledger.accounts.views import draft

urlpatterns = [
    path("login/", views.login, name="account_login"),
    path("logout/", views.logout, name="account_logout"),
    path("password/change/", views.password_change, name="account_change_password"),
    path("inactive/", views.account_inactive, name="account_inactive"),
    path("draft/", draft, name="draft"),
]
