"""A way round 0003: a point added while somebody confirmed its table (tests/test_database_refuses.py)."""

from django.db import migrations

# The table is locked before it is looked at, so that a confirmation under way is waited for and then seen.
LOCKED = """
create or replace function accounts_paypoint_stands() returns trigger language plpgsql as $$
begin
    perform from accounts_paytable
        where id in (case when tg_op <> 'INSERT' then old.pay_table_id end,
                     case when tg_op <> 'DELETE' then new.pay_table_id end)
        order by id for share;
    if exists (select from accounts_paytable where confirmed_by_id is not null
               and id in (case when tg_op <> 'INSERT' then old.pay_table_id end,
                          case when tg_op <> 'DELETE' then new.pay_table_id end)) then
        raise exception 'the points of a confirmed table stand'
            using errcode = 'restrict_violation', constraint = 'accounts_paypoint_stands';
    end if;
    return coalesce(new, old);
end $$;
"""
AS_BEFORE = """
create or replace function accounts_paypoint_stands() returns trigger language plpgsql as $$
begin
    if exists (select from accounts_paytable where confirmed_by_id is not null
               and id in (case when tg_op <> 'INSERT' then old.pay_table_id end,
                          case when tg_op <> 'DELETE' then new.pay_table_id end)) then
        raise exception 'the points of a confirmed table stand'
            using errcode = 'restrict_violation', constraint = 'accounts_paypoint_stands';
    end if;
    return coalesce(new, old);
end $$;
"""
# A replaced function loses the path that was set for it.
PATH = """
do $$
begin
    execute format('alter function accounts_paypoint_stands() set search_path = %I, pg_temp', current_schema());
end $$;
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_pay_tables")]
    operations = [migrations.RunSQL(LOCKED + PATH, AS_BEFORE + PATH)]
