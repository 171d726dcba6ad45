"""Refusals that people were shown are counted, and never changed."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

APPEND_ONLY = """
create trigger append_only before update or delete on audit_controlspoke
    for each row execute function audit_refuse_change();
"""
UNDO = "drop trigger append_only on audit_controlspoke;"


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0003_changes"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ControlSpoke",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.CharField(max_length=3)),
                ("at", models.DateTimeField()),
                (
                    "where",
                    models.CharField(help_text="The address of the page, or the command.", max_length=200),
                ),
                (
                    "by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "refusal that was shown",
                "verbose_name_plural": "refusals that were shown",
                "ordering": ("-id",),
                "permissions": (
                    ("read_controls", "Reads the list of controls and the exceptions from them"),
                ),
                "indexes": [models.Index(fields=["code", "at"], name="audit_controlspoke_counts")],
            },
        ),
        migrations.RunSQL(APPEND_ONLY, UNDO),
    ]
