"""The controlling DI's own forecasts: each stays as it was said."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

APPEND_ONLY = """
create trigger append_only before update or delete on grants_ownforecast
    for each row execute function audit_refuse_change();
"""
UNDO = "drop trigger append_only on grants_ownforecast;"


class Migration(migrations.Migration):
    dependencies = [
        ("grants", "0003_harder_books"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="OwnForecast",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("outturn_pence", models.BigIntegerField()),
                ("reason", models.CharField(max_length=500)),
                ("given_on", models.DateField(help_text="The business date.")),
                ("recorded_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "given_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "grant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="own_forecasts",
                        to="grants.grant",
                    ),
                ),
            ],
            options={
                "ordering": ("-given_on", "-id"),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("outturn_pence__gte", 0)),
                        name="grants_ownforecast_outturn_not_negative",
                    )
                ],
            },
        ),
        migrations.RunSQL(APPEND_ONLY, UNDO),
    ]
