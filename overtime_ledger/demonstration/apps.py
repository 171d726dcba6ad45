from django.apps import AppConfig


class DemonstrationConfig(AppConfig):
    name = "overtime_ledger.demonstration"
    label = "demonstration"
    verbose_name = "Demonstration"
