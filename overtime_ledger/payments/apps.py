from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    name = "overtime_ledger.payments"
    label = "payments"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = "Payments"
