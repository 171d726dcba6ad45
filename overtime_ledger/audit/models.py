"""Who looked at, or took out, what; what was changed; what was refused. Rows are only ever added."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from overtime_ledger.accounts.models import ApiClient, User


class AccessLog(models.Model):
    """One viewing of something sensitive, or one export."""

    class Action(models.TextChoices):
        VIEWED = "viewed", "Viewed"
        EXPORTED = "exported", "Exported"

    at = models.DateTimeField(db_default=Now())
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    client = models.ForeignKey(
        ApiClient,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        help_text="The program that read, where it was no person; once a day for each report.",
    )
    action = models.CharField(max_length=8, choices=Action.choices)
    what = models.CharField(max_length=200, help_text="The page or report, in words.")
    filters = models.JSONField(default=dict, blank=True, help_text="The filter it was made with.")
    rows = models.PositiveIntegerField(default=1)
    sha256 = models.CharField(max_length=64, blank=True, help_text="Of the file that went out, in hex.")

    class Meta:
        ordering = ("-id",)
        verbose_name = "access"
        verbose_name_plural = "access log"
        constraints = (
            models.CheckConstraint(
                condition=Q(by__isnull=True, client__isnull=False) | Q(by__isnull=False, client__isnull=True),
                name="audit_accesslog_by_one",
            ),
        )
        indexes = (
            models.Index(
                fields=("client", "at"), condition=Q(client__isnull=False), name="audit_accesslog_by_client"
            ),
        )

    def __str__(self) -> str:
        return f"{self.who} {self.get_action_display().lower()} {self.what}"

    @property
    def who(self) -> User | ApiClient | None:
        """The person or the program."""
        return self.by or self.client


class Change(models.Model):
    """A row of reference data that was added, changed or deleted, by whatever way.

    The database writes it (`audit_record_change`). `by` is who did it in the administration; elsewhere it is
    empty, and the verb has an event of its own.
    """

    class What(models.TextChoices):
        INSERTED = "inserted", "Added"
        UPDATED = "updated", "Changed"
        DELETED = "deleted", "Deleted"

    at = models.DateTimeField(db_default=Now())
    table_name = models.CharField("table", max_length=63)
    row_id = models.BigIntegerField("row")
    what = models.CharField(max_length=8, choices=What.choices)
    before = models.JSONField(null=True, help_text="The row as it was; empty for a new one.")
    after = models.JSONField(null=True, help_text="The row as it is; empty for a deleted one.")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.table_name} {self.row_id} {self.get_what_display().lower()}"

    @property
    def differences(self) -> dict[str, tuple[object, object]]:
        """The columns that differ: what each was, and what it is."""
        before, after = self.before or {}, self.after or {}
        columns = {name: (before.get(name), after.get(name)) for name in {**before, **after}}
        return {name: (was, now) for name, (was, now) in columns.items() if was != now}


class ControlSpoke(models.Model):
    """A refusal that somebody was shown: a code counts once for each page sent, or command, that shows it."""

    code = models.CharField(max_length=3)
    at = models.DateTimeField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    where = models.CharField(max_length=200, help_text="The address of the page, or the command.")

    class Meta:
        ordering = ("-id",)
        verbose_name = "refusal that was shown"
        verbose_name_plural = "refusals that were shown"
        permissions = (("read_controls", "Reads the list of controls and the exceptions from them"),)
        indexes = (models.Index(fields=("code", "at"), name="audit_controlspoke_counts"),)

    def __str__(self) -> str:
        return f"{self.code} at {self.where}"
