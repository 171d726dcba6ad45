"""Finance is told too: a payment to make, to confirm or to explain."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("post", "0003_statements_and_invoices"),
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
                    ("payment", "Payment to see to"),
                ],
                max_length=9,
            ),
        ),
    ]
