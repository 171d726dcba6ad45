from django.apps import AppConfig


class FunderConfig(AppConfig):
    name = "overtime_ledger.funder"
    label = "funder"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = "Claims to the funder"
