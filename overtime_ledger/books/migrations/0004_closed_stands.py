"""A closed grant is only read: nor do its claims to the funder, invoices, periods and reconciliation change."""

from django.db import migrations

CLOSED = """
create function books_closed_by_period() returns trigger language plpgsql as $$
begin
    if exists (select from grants_grant g join grants_period period on period.grant_id = g.id
               where period.id = coalesce(new.period_id, old.period_id) and g.status = 'closed') then
        perform grants_refuse('a closed grant is only read', 'grants_grant_closed');
    end if;
    return coalesce(new, old);
end $$;
create trigger closed_stands before insert or update or delete on funder_funderclaim
    for each row execute function books_closed_by_grant();
create trigger closed_stands before insert or update or delete on funder_transfer
    for each row execute function books_closed_by_grant();
create trigger closed_stands before insert or update or delete on payments_invoice
    for each row execute function books_closed_by_grant();
create trigger closed_stands before insert or update or delete on payments_tolerance
    for each row execute function books_closed_by_grant();
create trigger closed_stands before insert or update or delete on grants_period
    for each row execute function books_closed_by_grant();
create trigger closed_stands before insert or update or delete on grants_profile
    for each row execute function books_closed_by_grant();
create trigger closed_stands before insert or update or delete on grants_variancecomment
    for each row execute function books_closed_by_grant();
create trigger closed_stands before insert or update or delete on grants_underspendnotice
    for each row execute function books_closed_by_grant();
create trigger closed_stands before insert or update or delete on books_forceupload
    for each row execute function books_closed_by_grant();
create trigger closed_stands before insert or update or delete on books_match
    for each row execute function books_closed_by_grant();
create trigger closed_stands before insert or update or delete on books_reconciliation
    for each row execute function books_closed_by_period();
create trigger closed_stands before insert or update or delete on books_adjustment
    for each row execute function books_closed_by_period();
do $$
begin
    execute format('alter function books_closed_by_period() set search_path = %I, pg_temp', current_schema());
end $$;
"""
UNDO = """
drop trigger closed_stands on funder_funderclaim;
drop trigger closed_stands on funder_transfer;
drop trigger closed_stands on payments_invoice;
drop trigger closed_stands on payments_tolerance;
drop trigger closed_stands on grants_period;
drop trigger closed_stands on grants_profile;
drop trigger closed_stands on grants_variancecomment;
drop trigger closed_stands on grants_underspendnotice;
drop trigger closed_stands on books_forceupload;
drop trigger closed_stands on books_match;
drop trigger closed_stands on books_reconciliation;
drop trigger closed_stands on books_adjustment;
drop function books_closed_by_period();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("books", "0003_closing"),
        ("funder", "0001_initial"),
        ("payments", "0002_invoices"),
    ]
    operations = [migrations.RunSQL(CLOSED, UNDO)]
