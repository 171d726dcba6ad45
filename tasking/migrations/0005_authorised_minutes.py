"""Events of taskings say the minutes they authorised, so that the hours of a past day can be told."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tasking", "0004_closed_enquiries")]
    operations = [
        migrations.AddField(
            model_name="taskingevent",
            name="minutes",
            field=models.JSONField(
                default=dict,
                help_text="Minutes authorised from then on, by the id of each assignment it changed.",
            ),
        ),
    ]
