"""Addresses of what leaves the house: public and FOI extracts, the audit pack, what is committed."""

from django.urls import path

from overtime_ledger.disclosure import views

app_name = "disclosure"
urlpatterns = [
    path("grants/<int:pk>/packs/", views.packs, name="packs"),
    path("grants/<int:pk>/commitments/", views.commitments, name="commitments"),
    path("packs/<int:pk>/", views.pack, name="pack"),
    path("packs/<int:pk>/file/", views.pack_file, name="pack_file"),
]
