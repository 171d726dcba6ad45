from django.apps import AppConfig


class TaskingConfig(AppConfig):
    name = "tasking"
    default_auto_field = "django.db.models.BigAutoField"
