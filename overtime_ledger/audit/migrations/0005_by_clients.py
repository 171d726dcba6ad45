"""The access log also says which program read, where it was no person."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0005_api_clients"),
        ("audit", "0004_control_spoke"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="accesslog",
            name="client",
            field=models.ForeignKey(
                db_index=False,
                help_text="The program that read, where it was no person; once a day for each report.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.apiclient",
            ),
        ),
        migrations.AlterField(
            model_name="accesslog",
            name="by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddIndex(
            model_name="accesslog",
            index=models.Index(
                condition=models.Q(("client__isnull", False)),
                fields=["client", "at"],
                name="audit_accesslog_by_client",
            ),
        ),
        migrations.AddConstraint(
            model_name="accesslog",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("by__isnull", True), ("client__isnull", False)),
                    models.Q(("by__isnull", False), ("client__isnull", True)),
                    _connector="OR",
                ),
                name="audit_accesslog_by_one",
            ),
        ),
    ]
