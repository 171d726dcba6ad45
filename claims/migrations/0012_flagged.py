"""Claims with questions are found among many without."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("claims", "0011_claimed_in_line")]

    operations = [
        migrations.AddIndex(
            model_name="claim",
            index=models.Index(
                condition=models.Q(("flags", []), _negated=True),
                fields=["grant"],
                name="claims_claim_flagged",
            ),
        ),
    ]
