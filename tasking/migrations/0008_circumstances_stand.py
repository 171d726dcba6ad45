"""Ways round 0007: each was tried with plain SQL (tests/test_database_refuses.py)."""

from django.db import migrations, models

STAND = """
create function tasking_timeowed_steps() returns trigger language plpgsql as $$
begin
    if tg_op = 'INSERT' then
        if new.status <> 'due' then
            raise exception 'time off is due before it is granted'
                using errcode = 'check_violation', constraint = 'tasking_timeowed_steps';
        end if;
    elsif new.id <> old.id then
        raise exception 'time off stays what it is'
            using errcode = 'restrict_violation', constraint = 'tasking_timeowed_stands';
    elsif new.status = 'granted' and old.status <> 'due' then
        raise exception 'only time off that is due is granted'
            using errcode = 'check_violation', constraint = 'tasking_timeowed_steps';
    elsif new.status = 'granted' and exists (
        select from tasking_assignment where id = new.assignment_id and officer_id = new.decided_by_id) then
        raise exception 'nobody grants time off to themselves'
            using errcode = 'check_violation', constraint = 'tasking_timeowed_two_people';
    end if;
    return new;
end $$;
create trigger steps before insert or update on tasking_timeowed
    for each row execute function tasking_timeowed_steps();
do $$
begin
    execute format('alter function tasking_timeowed_steps() set search_path = %I, pg_temp', current_schema());
end $$;
"""
UNDO = """
drop trigger steps on tasking_timeowed;
drop function tasking_timeowed_steps();
"""


class Migration(migrations.Migration):
    dependencies = [("tasking", "0007_rules_of_pay")]
    operations = [
        # A duty over two public holidays earns two days off.
        migrations.RemoveConstraint(model_name="timeowed", name="tasking_timeowed_once_a_duty"),
        migrations.AddConstraint(
            model_name="timeowed",
            constraint=models.UniqueConstraint(
                fields=("assignment", "kind", "because"), name="tasking_timeowed_once_for_a_reason"
            ),
        ),
        migrations.AddConstraint(
            model_name="substitutedholiday",
            constraint=models.CheckConstraint(
                condition=models.Q(("evidence", ""), _negated=True),
                name="tasking_substitutedholiday_has_evidence",
            ),
        ),
        migrations.AddConstraint(
            model_name="assignment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("on_cost_pence__gte", 0),
                    ("on_cost_pence__lte", models.F("authorised_pence")),
                    ("on_cost_percent__gte", 0),
                ),
                name="tasking_assignment_on_cost_within_pence",
            ),
        ),
        migrations.RunSQL(STAND, UNDO),
    ]
