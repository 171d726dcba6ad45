"""A released duty comes back for a late claim by a named exception, and no other way."""

from django.db import migrations, models

STAND = """
drop trigger ended_stays on tasking_assignment;
create trigger ended_stays before update on tasking_assignment for each row
    when (old.status in ('closed', 'declined', 'cancelled', 'released') and new.status <> old.status
          and not (old.status = 'released' and new.status = 'tasked' and new.claim_until is not null))
    execute function tasking_assignment_ended();
"""
UNDO = """
drop trigger ended_stays on tasking_assignment;
create trigger ended_stays before update on tasking_assignment for each row
    when (old.status in ('closed', 'declined', 'cancelled', 'released') and new.status <> old.status)
    execute function tasking_assignment_ended();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("tasking", "0008_circumstances_stand"),
    ]

    operations = [
        migrations.AddField(
            model_name="assignment",
            name="claim_until",
            field=models.DateField(
                help_text="By a named exception it can be claimed, late as it is, up to this day.", null=True
            ),
        ),
        migrations.AlterField(
            model_name="taskingevent",
            name="verb",
            field=models.CharField(
                choices=[
                    ("issued", "Issued"),
                    ("shortened", "Shortened"),
                    ("cancelled", "Cancelled"),
                    ("declined", "Declined by the officer"),
                    ("extended", "More time granted"),
                    ("taken_up", "Open again for a late claim"),
                    ("released", "Released unclaimed"),
                ],
                max_length=9,
            ),
        ),
        migrations.RunSQL(STAND, UNDO),
    ]
