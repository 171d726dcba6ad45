"""Events of taskings are only ever added; an assignment that has ended does not come back."""

from django.db import migrations

GUARDS = """
create trigger append_only before update or delete on tasking_taskingevent
    for each row execute function audit_refuse_change();
create function tasking_assignment_ended() returns trigger language plpgsql as $$
begin
    raise exception 'an assignment that is % does not come back', old.status
        using errcode = 'check_violation', constraint = 'tasking_assignment_ended_stays';
end $$;
create trigger ended_stays before update on tasking_assignment for each row
    when (old.status in ('closed', 'declined', 'cancelled', 'released') and new.status <> old.status)
    execute function tasking_assignment_ended();
"""
UNDO = """
drop trigger ended_stays on tasking_assignment;
drop function tasking_assignment_ended();
drop trigger append_only on tasking_taskingevent;
"""


class Migration(migrations.Migration):
    dependencies = [("tasking", "0001_initial"), ("audit", "0002_append_only")]
    operations = [migrations.RunSQL(GUARDS, UNDO)]
