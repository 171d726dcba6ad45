from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "overtime_ledger.accounts"
    label = "accounts"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = "People and agencies"
