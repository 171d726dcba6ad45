"""Addresses of what leaves the house: public and FOI extracts, the audit pack, what is committed."""

from django.urls import path

from overtime_ledger.disclosure import extract_views, views

app_name = "disclosure"
urlpatterns = [
    path("grants/<int:pk>/packs/", views.packs, name="packs"),
    path("grants/<int:pk>/commitments/", views.commitments, name="commitments"),
    path("packs/<int:pk>/", views.pack, name="pack"),
    path("packs/<int:pk>/file/", views.pack_file, name="pack_file"),
    path("extracts/", extract_views.all_extracts, name="extracts"),
    path("extracts/publication/", extract_views.draw_publication, name="draw_publication"),
    path("extracts/request/", extract_views.draw_foi, name="draw_foi"),
    path("extracts/<int:pk>/", extract_views.extract, name="extract"),
    path("extracts/<int:pk>/as-released/", extract_views.as_released, name="as_released"),
    path("extracts/<int:pk>/lines/<int:line_pk>/", extract_views.decide, name="decide"),
    path("extracts/<int:pk>/release/", extract_views.release, name="release"),
    path("extracts/<int:pk>/withdraw/", extract_views.withdraw, name="withdraw"),
]
