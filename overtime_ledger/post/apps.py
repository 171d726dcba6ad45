from django.apps import AppConfig


class PostConfig(AppConfig):
    name = "overtime_ledger.post"
    label = "post"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = "Messages"
