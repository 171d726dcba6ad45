"""A way round 0003: a line of pay added to a claim afterwards (tests/test_database_refuses.py)."""

from django.db import migrations

ADD_UP = """
-- A line is written with the statement that it explains, and by commit its lines come to what is claimed.
create function claims_claimline_of_its_statement() returns trigger language plpgsql as $$
begin
    if not exists (select from claims_claim where id = new.claim_id and revision = new.revision
                   and status in ('draft', 'submitted')) then
        perform claims_refuse('a line of pay is of a statement just made', 'claims_claimline_of_its_statement');
    end if;
    return new;
end $$;
create trigger of_its_statement before insert on claims_claimline
    for each row execute function claims_claimline_of_its_statement();
create function claims_claimline_adds_up() returns trigger language plpgsql as $$
begin
    if exists (
        select from claims_claim claim, lateral (
            select sum(line.pence + line.on_cost_pence) as pence, sum(line.on_cost_pence) as on_cost_pence
            from claims_claimline line where line.claim_id = claim.id and line.revision = new.revision) lines
        where claim.id = new.claim_id and (claim.pence, claim.on_cost_pence) <> (lines.pence, lines.on_cost_pence)
          and not exists (select from claims_claimline later
                          where later.claim_id = claim.id and later.revision > new.revision)) then
        perform claims_refuse('the lines of a claim come to what is claimed', 'claims_claimline_adds_up');
    end if;
    return null;
end $$;
create constraint trigger adds_up after insert on claims_claimline deferrable initially deferred
    for each row execute function claims_claimline_adds_up();
alter table claims_claimline add constraint claims_claimline_pence_not_negative
    check (pence >= 0 and on_cost_pence >= 0);
do $$
declare name text;
begin
    foreach name in array array['claims_claimline_of_its_statement()', 'claims_claimline_adds_up()'] loop
        execute format('alter function %s set search_path = %I, pg_temp', name, current_schema());
    end loop;
end $$;
"""
UNDO = """
alter table claims_claimline drop constraint claims_claimline_pence_not_negative;
drop trigger adds_up on claims_claimline;
drop function claims_claimline_adds_up();
drop trigger of_its_statement on claims_claimline;
drop function claims_claimline_of_its_statement();
"""


class Migration(migrations.Migration):
    dependencies = [("claims", "0005_basis_of_pay")]
    operations = [migrations.RunSQL(ADD_UP, UNDO)]
