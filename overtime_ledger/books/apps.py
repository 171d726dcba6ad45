from django.apps import AppConfig


class BooksConfig(AppConfig):
    name = "overtime_ledger.books"
    label = "books"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = "The books"
