from django.apps import AppConfig


class DisclosureConfig(AppConfig):
    name = "overtime_ledger.disclosure"
    label = "disclosure"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = "Disclosure"
