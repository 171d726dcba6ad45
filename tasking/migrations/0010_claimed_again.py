"""A duty whose claim was reversed comes back, as a released one does, by a named exception only."""

from django.db import migrations

GUARD = """
drop trigger ended_stays on tasking_assignment;
create trigger ended_stays before update on tasking_assignment for each row
    when (old.status in ('closed', 'declined', 'cancelled', 'released') and new.status <> old.status
          and not (old.status in ({comes_back}) and new.status = 'tasked' and new.claim_until is not null))
    execute function tasking_assignment_ended();
"""


class Migration(migrations.Migration):
    dependencies = [("tasking", "0009_late_claims")]
    operations = [
        migrations.RunSQL(
            GUARD.format(comes_back="'released', 'closed'"), GUARD.format(comes_back="'released'")
        )
    ]
