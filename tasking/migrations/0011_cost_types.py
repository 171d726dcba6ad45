"""Nobody is tasked whose overtime is of a cost type that the grant does not bear."""

from django.db import migrations

GUARD = """
create function tasking_cost_type_is_borne() returns trigger language plpgsql as $$
begin
    if exists (
        select from tasking_tasking tasking
        join tasking_enquiry enquiry on enquiry.id = tasking.enquiry_id
        join grants_grant g on g.id = enquiry.grant_id
        where tasking.id = new.tasking_id
          and g.cost_types = case when g.lead_force_id = new.agency_id then 'others' else 'lead' end) then
        raise exception 'the grant does not bear the overtime of this agency'
            using errcode = 'check_violation', constraint = 'tasking_assignment_cost_type_is_borne';
    end if;
    return new;
end $$;
create trigger cost_type_is_borne before insert on tasking_assignment for each row
    execute function tasking_cost_type_is_borne();
do $$
begin
    execute format('alter function tasking_cost_type_is_borne() set search_path = %I, pg_temp', current_schema());
end $$;
"""
UNDO = """
drop trigger cost_type_is_borne on tasking_assignment;
drop function tasking_cost_type_is_borne();
"""


class Migration(migrations.Migration):
    dependencies = [("tasking", "0010_claimed_again"), ("grants", "0014_cost_types")]
    operations = [migrations.RunSQL(GUARD, UNDO)]
