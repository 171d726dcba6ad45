"""What was recorded of a subject stands: it is corrected by a new row, and a closed grant takes none."""

from django.db import migrations

STAND = """
create trigger append_only before update or delete on tasking_entryassessment
    for each row execute function audit_refuse_change();
create trigger append_only before update or delete on tasking_outcome
    for each row execute function audit_refuse_change();

-- Of an open grant and a subject of the enquiry. The grant is locked: who closes it waits, or this waits for it.
create function tasking_is_of_its_enquiry() returns trigger language plpgsql as $$
declare
    replaced record;
begin
    perform from grants_grant g join tasking_enquiry enquiry on enquiry.grant_id = g.id
        where enquiry.id = new.enquiry_id and g.status <> 'closed' for key share of g;
    if not found then
        perform grants_refuse('a closed grant is only read', 'grants_grant_closed');
    end if;
    if not exists (select from tasking_enquiry_subjects
                   where enquiry_id = new.enquiry_id and subject_id = new.subject_id) then
        perform grants_refuse('it is of a subject of the enquiry', tg_table_name || '_of_its_enquiry');
    end if;
    if new.replaces_id is not null then
        execute format('select enquiry_id, subject_id from %I where id = $1', tg_table_name)
            into replaced using new.replaces_id;
        if replaced.enquiry_id is distinct from new.enquiry_id
            or replaced.subject_id is distinct from new.subject_id then
            perform grants_refuse('a correction is of the same subject', tg_table_name || '_of_its_enquiry');
        end if;
    end if;
    return new;
end $$;
create trigger of_its_enquiry before insert on tasking_entryassessment
    for each row execute function tasking_is_of_its_enquiry();
create trigger of_its_enquiry before insert on tasking_outcome
    for each row execute function tasking_is_of_its_enquiry();

-- Both scores of a subject are on one scale. The enquiry is locked, so that neither overtakes the other.
create function tasking_scores_compare() returns trigger language plpgsql as $$
declare
    entry record;
    left_with integer;
begin
    perform from tasking_enquiry where id = new.enquiry_id for no key update;
    if tg_table_name = 'tasking_outcome' then
        if new.exit_score is null then return new; end if;
        select score, scale_most into entry from tasking_entryassessment
            where enquiry_id = new.enquiry_id and subject_id = new.subject_id order by id desc limit 1;
        if not found or new.exit_score > entry.scale_most then
            perform grants_refuse('an exit score is on the scale of the entry', 'tasking_outcome_on_its_scale');
        end if;
    else
        select exit_score into left_with from tasking_outcome
            where enquiry_id = new.enquiry_id and subject_id = new.subject_id order by id desc limit 1;
        if left_with > new.scale_most then
            perform grants_refuse('the exit score is above this scale', 'tasking_outcome_on_its_scale');
        end if;
    end if;
    return new;
end $$;
create trigger scores_compare before insert on tasking_entryassessment
    for each row execute function tasking_scores_compare();
create trigger scores_compare before insert on tasking_outcome
    for each row execute function tasking_scores_compare();
do $$
declare name text;
begin
    foreach name in array array['tasking_is_of_its_enquiry()', 'tasking_scores_compare()'] loop
        execute format('alter function %s set search_path = %I, pg_temp', name, current_schema());
    end loop;
end $$;
"""
UNDO = """
drop trigger scores_compare on tasking_outcome;
drop trigger scores_compare on tasking_entryassessment;
drop function tasking_scores_compare();
drop trigger of_its_enquiry on tasking_outcome;
drop trigger of_its_enquiry on tasking_entryassessment;
drop function tasking_is_of_its_enquiry();
drop trigger append_only on tasking_outcome;
drop trigger append_only on tasking_entryassessment;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("tasking", "0012_outcomes"),
        ("audit", "0002_append_only"),
        ("grants", "0003_harder_books"),
    ]
    operations = [
        migrations.RunSQL(STAND, UNDO),
        migrations.RemoveConstraint(model_name="enquiry", name="tasking_enquiry_score_is_stated"),
        migrations.RemoveField(model_name="enquiry", name="entry_score"),
        migrations.RemoveField(model_name="enquiry", name="entry_score_by"),
    ]
