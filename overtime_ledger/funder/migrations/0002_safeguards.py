"""What the database itself holds to: a claim's figures stand, its lines are the ledger's, money agrees with both."""

from django.db import migrations

HOLD = """
-- A claim is drawn after the one before, on the grant's basis, from a ledger that stands still meanwhile.
create function funder_claim_drawn() returns trigger language plpgsql as $$
declare
    g grants_grant;
    before record;
begin
    select * into g from grants_grant where id = new.grant_id for no key update;
    select coalesce(max(number), 0) as number, max(up_to) filter (where status <> 'withdrawn') as up_to,
           coalesce(sum(pence) filter (where status <> 'withdrawn'), 0) as pence
        into before from funder_funderclaim where grant_id = g.id;
    if (new.status, new.basis, new.number, new.previous_pence) is distinct from
            ('drawn', g.claim_basis, before.number + 1, before.pence)
        or new.last_number > g.last_number or new.up_to < before.up_to
        or new.pm_by_id is not null or new.cfo_by_id is not null then
        perform grants_refuse('a claim to the funder follows the one before', 'funder_funderclaim_follows');
    end if;
    return new;
end $$;
create trigger drawn before insert on funder_funderclaim for each row execute function funder_claim_drawn();

-- Its figures stand. It is certified by each once, then sent; or withdrawn before both have certified it.
create function funder_claim_steps() returns trigger language plpgsql as $$
declare
    steps text[] := '{status,pm_by_id,pm_at,cfo_by_id,cfo_at,sent_on,sent_reference,sent_by_id,withdrawn_by_id,'
                    'withdrawn_at,withdrawn_because}';
begin
    if to_jsonb(old) - steps is distinct from to_jsonb(new) - steps
        or old.pm_by_id is not null and (old.pm_by_id, old.pm_at) is distinct from (new.pm_by_id, new.pm_at)
        or old.cfo_by_id is not null and (old.cfo_by_id, old.cfo_at) is distinct from (new.cfo_by_id, new.cfo_at)
        or old.status in ('sent', 'withdrawn') then
        perform grants_refuse('what is claimed from the funder stands', 'funder_funderclaim_stands');
    end if;
    if (old.status, new.status) not in
            (('drawn', 'drawn'), ('drawn', 'certified'), ('drawn', 'withdrawn'), ('certified', 'sent'))
        or new.status = 'drawn' and new.pm_by_id is not null and new.cfo_by_id is not null then
        perform grants_refuse('a claim to the funder is drawn, certified, sent', 'funder_funderclaim_steps');
    end if;
    return new;
end $$;
create trigger steps before update on funder_funderclaim for each row execute function funder_claim_steps();
create trigger not_deleted before delete on funder_funderclaim
    for each row execute function audit_refuse_change();
create trigger append_only before update or delete on funder_funderclaimrow
    for each row execute function audit_refuse_change();
create trigger not_deleted before delete on funder_funderclaimline
    for each row execute function audit_refuse_change();
create trigger not_deleted before delete on funder_transfer
    for each row execute function audit_refuse_change();

-- A line is an entry that spent the grant's money, or took it back, on the basis and by the day of its claim.
create function funder_line_of_ledger() returns trigger language plpgsql as $$
declare
    c funder_funderclaim;
    e grants_ledgerentry;
    lead_id bigint;
    sign int;
    on_day date;
begin
    select * into c from funder_funderclaim where id = new.claim_id;
    select * into e from grants_ledgerentry where id = new.entry_id;
    select lead_force_id into lead_id from grants_grant where id = c.grant_id;
    sign := case concat_ws(' ', c.basis, e.source_stage, e.target_stage)
        when 'accrued claimed approved' then 1 when 'accrued approved claimed' then -1
        when 'paid approved settled' then 1 when 'paid settled approved' then -1 end;
    on_day := case c.basis when 'accrued' then e.effective_on else coalesce(
        (select o.posted_on from grants_ledgerentry o where o.id = e.reverses_id), e.posted_on) end;
    if (c.status, c.grant_id, new.live, new.pence, new.expenditure) is distinct from
            ('drawn', e.grant_id, true, sign * e.pence, case new.agency_id when lead_id then 'lead' else 'other' end)
        or on_day > c.up_to or e.number > c.last_number then
        perform grants_refuse('a line is what the ledger says', 'funder_funderclaimline_of_ledger');
    end if;
    return new;
end $$;
create trigger of_ledger before insert on funder_funderclaimline
    for each row execute function funder_line_of_ledger();
create function funder_line_stands() returns trigger language plpgsql as $$
begin
    if new.live or to_jsonb(old) - 'live' is distinct from to_jsonb(new) - 'live'
        or not exists (select from funder_funderclaim where id = new.claim_id and status = 'withdrawn') then
        perform grants_refuse('a line stays claimed', 'funder_funderclaimline_stands');
    end if;
    return new;
end $$;
create trigger stands before update on funder_funderclaimline
    for each row execute function funder_line_stands();

-- Nothing is added to a claim that has all its lines.
create function funder_lines_add_up() returns trigger language plpgsql as $$
begin
    if exists (
        select from funder_funderclaim c
        join lateral (select count(*) as count from funder_funderclaimline where claim_id = c.id) held on true
        where c.id in (select claim_id from added) and held.count > c.line_count) then
        perform grants_refuse('a claim holds the lines it was drawn with', 'funder_funderclaim_adds_up');
    end if;
    return null;
end $$;
create trigger add_up after insert on funder_funderclaimline referencing new table as added
    for each statement execute function funder_lines_add_up();

-- Checked at commit: lines and rows come to what the claim says, and are claimed as long as it is not withdrawn.
create function funder_claim_adds_up() returns trigger language plpgsql as $$
declare
    c funder_funderclaim;
begin
    select * into c from funder_funderclaim where id = new.id;
    if (select (count(*), coalesce(sum(pence), 0), count(*) filter (where live))
            from funder_funderclaimline where claim_id = c.id) is distinct from
            (select (c.line_count::bigint, c.pence::numeric,
                     case when c.status = 'withdrawn' then 0 else c.line_count end::bigint))
        or exists (
            select from unnest('{lead,other}'::text[]) kind
            left join funder_funderclaimrow r on r.claim_id = c.id and r.expenditure = kind
            where r.now_pence is distinct from (
                select coalesce(sum(pence), 0) from funder_funderclaimline
                where claim_id = c.id and expenditure = kind))
        or c.previous_pence is distinct from (
            select sum(previous_pence) from funder_funderclaimrow where claim_id = c.id) then
        perform grants_refuse('a claim is what its lines add up to', 'funder_funderclaim_adds_up');
    end if;
    return null;
end $$;
create constraint trigger adds_up after insert or update of status on funder_funderclaim
    deferrable initially deferred for each row execute function funder_claim_adds_up();

-- No more is received than was claimed and repaid, no more repaid than was received; it stands, or is struck out.
create function funder_transfer_agrees() returns trigger language plpgsql as $$
declare
    owed numeric;
    got numeric;
    back numeric;
begin
    if tg_op = 'UPDATE' and (old.struck_at is not null
        or to_jsonb(old) - '{struck_at,struck_by_id,struck_because}'::text[]
            is distinct from to_jsonb(new) - '{struck_at,struck_by_id,struck_because}'::text[]) then
        perform grants_refuse('what was received or repaid stands', 'funder_transfer_stands');
    end if;
    perform from grants_grant where id = new.grant_id for no key update;
    if tg_op = 'INSERT' and new.claim_id is not null and not exists (
        select from funder_funderclaim where id = new.claim_id and grant_id = new.grant_id and status = 'sent') then
        perform grants_refuse('the claim was not sent', 'funder_transfer_for_a_claim_that_was_sent');
    end if;
    select coalesce(sum(pence), 0) into owed from funder_funderclaim
        where grant_id = new.grant_id and status = 'sent';
    select coalesce(sum(pence) filter (where kind = 'received'), 0),
           coalesce(sum(pence) filter (where kind = 'repaid'), 0)
        into got, back from funder_transfer
        where grant_id = new.grant_id and struck_at is null and id is distinct from new.id;
    if new.struck_at is null then
        got := got + case new.kind when 'received' then new.pence else 0 end;
        back := back + case new.kind when 'repaid' then new.pence else 0 end;
    end if;
    if new.struck_at is null and new.kind = 'received' and got > owed + back or back > got then
        perform grants_refuse('money from the funder agrees with the claims', 'funder_transfer_agrees');
    end if;
    return new;
end $$;
create trigger agrees before insert or update on funder_transfer
    for each row execute function funder_transfer_agrees();

do $$
declare name text;
begin
    foreach name in array array['funder_claim_drawn()', 'funder_claim_steps()', 'funder_line_of_ledger()',
            'funder_line_stands()', 'funder_lines_add_up()', 'funder_claim_adds_up()', 'funder_transfer_agrees()'] loop
        execute format('alter function %s set search_path = %I, pg_temp', name, current_schema());
    end loop;
end $$;
"""
UNDO = """
drop trigger agrees on funder_transfer;
drop trigger not_deleted on funder_transfer;
drop trigger adds_up on funder_funderclaim;
drop trigger add_up on funder_funderclaimline;
drop trigger stands on funder_funderclaimline;
drop trigger of_ledger on funder_funderclaimline;
drop trigger not_deleted on funder_funderclaimline;
drop trigger append_only on funder_funderclaimrow;
drop trigger not_deleted on funder_funderclaim;
drop trigger steps on funder_funderclaim;
drop trigger drawn on funder_funderclaim;
drop function funder_transfer_agrees();
drop function funder_claim_adds_up();
drop function funder_lines_add_up();
drop function funder_line_stands();
drop function funder_line_of_ledger();
drop function funder_claim_steps();
drop function funder_claim_drawn();
"""


class Migration(migrations.Migration):
    dependencies = [("funder", "0001_initial"), ("audit", "0002_append_only"), ("grants", "0002_ledger")]
    operations = [migrations.RunSQL(HOLD, UNDO)]
