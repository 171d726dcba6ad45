from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("grants", "0008_on_costs"),
    ]

    operations = [
        migrations.AddField(
            model_name="grant",
            name="release_after_days",
            field=models.PositiveSmallIntegerField(
                db_default=5,
                default=5,
                help_text="Days after a duty on which its money returns to the enquiry if nobody claimed it.",
            ),
        ),
    ]
