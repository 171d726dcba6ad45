"""Two more things that agencies' clerks are told: a statement was sent, an invoice is disputed."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("post", "0002_append_only"),
    ]

    operations = [
        migrations.AlterField(
            model_name="message",
            name="kind",
            field=models.CharField(
                choices=[
                    ("returned", "Claim returned"),
                    ("rejected", "Claim rejected"),
                    ("more_time", "More time asked"),
                    ("digest", "What waits"),
                    ("deadline", "Deadline"),
                    ("pot", "How much is committed"),
                    ("released", "Duties released"),
                    ("statement", "Statement sent"),
                    ("invoice", "Invoice disputed"),
                ],
                max_length=9,
            ),
        ),
    ]
