"""Who looked at, or took out, what. Rows are only ever added."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now


class AccessLog(models.Model):
    """One viewing of something sensitive, or one export."""

    class Action(models.TextChoices):
        VIEWED = "viewed", "Viewed"
        EXPORTED = "exported", "Exported"

    at = models.DateTimeField(db_default=Now())
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    action = models.CharField(max_length=8, choices=Action.choices)
    what = models.CharField(max_length=200, help_text="The page or report, in words.")
    filters = models.JSONField(default=dict, blank=True, help_text="The filter it was made with.")
    rows = models.PositiveIntegerField(default=1)
    sha256 = models.CharField(max_length=64, blank=True, help_text="Of the file that went out, in hex.")

    class Meta:
        ordering = ("-id",)
        verbose_name = "access"
        verbose_name_plural = "access log"

    def __str__(self) -> str:
        return f"{self.by} {self.get_action_display().lower()} {self.what}"
