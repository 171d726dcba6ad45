"""A grant is closed on the day of its closing; those that were closed before are told theirs."""

from django.db import migrations

CLOSED_ON = """
create or replace function books_grant_closed_by_two() returns trigger language plpgsql as $$
begin
    if not exists (select from books_closing
                   where grant_id = new.id and status = 'confirmed' and closed_on = new.closed_on) then
        perform grants_refuse('a grant is closed by two people', 'books_grant_closed_by_two');
    end if;
    if (select sum(tasked + claimed + approved) from grants_budgetline where grant_id = new.id) <> 0 then
        perform grants_refuse('money of the grant is still under way', 'books_grant_closed_empty');
    end if;
    return new;
end $$;
alter table grants_grant disable trigger untouched_when_closed;
update grants_grant g set closed_on = c.closed_on
    from books_closing c where c.grant_id = g.id and c.status = 'confirmed' and g.status = 'closed';
alter table grants_grant enable trigger untouched_when_closed;
do $$
begin
    execute format('alter function books_grant_closed_by_two() set search_path = %I, pg_temp', current_schema());
end $$;
"""
UNDO = """
create or replace function books_grant_closed_by_two() returns trigger language plpgsql as $$
begin
    if not exists (select from books_closing where grant_id = new.id and status = 'confirmed') then
        perform grants_refuse('a grant is closed by two people', 'books_grant_closed_by_two');
    end if;
    if (select sum(tasked + claimed + approved) from grants_budgetline where grant_id = new.id) <> 0 then
        perform grants_refuse('money of the grant is still under way', 'books_grant_closed_empty');
    end if;
    return new;
end $$;
do $$
begin
    execute format('alter function books_grant_closed_by_two() set search_path = %I, pg_temp', current_schema());
end $$;
"""


class Migration(migrations.Migration):
    dependencies = [("books", "0005_borne_out"), ("grants", "0016_closed_on")]
    operations = [migrations.RunSQL(CLOSED_ON, UNDO)]
