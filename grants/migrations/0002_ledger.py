"""The books themselves: what an entry does when it is inserted, and what the database never allows."""

from django.db import migrations

LEDGER = """
create function grants_refuse(what text, rule text) returns void language plpgsql as $$
begin
    raise exception '%', what using errcode = 'check_violation', constraint = rule;
end $$;

-- One entry: lock the grant, check, number, chain, move the balances.
create function grants_post_entry() returns trigger language plpgsql as $$
declare
    g grants_grant;
    o grants_ledgerentry;
begin
    select * into g from grants_grant where id = new.grant_id for no key update;
    if g.status <> 'open' then
        perform grants_refuse('the grant is not open', 'grants_ledgerentry_grant_open');
    end if;
    if exists (select from grants_budgetline
               where id in (new.source_line_id, new.target_line_id) and grant_id <> new.grant_id) then
        perform grants_refuse('the line is of another grant', 'grants_ledgerentry_line_of_grant');
    end if;
    if new.kind = 'reversal' then
        select * into o from grants_ledgerentry where id = new.reverses_id;
        if (o.grant_id, o.source_line_id, o.source_stage, o.target_line_id, o.target_stage, o.pence, o.effective_on)
            is distinct from
            (new.grant_id, new.target_line_id, new.target_stage, new.source_line_id, new.source_stage, new.pence,
             new.effective_on)
            or o.kind = 'reversal' then
            perform grants_refuse('a reversal mirrors its entry', 'grants_ledgerentry_reversal_mirrors');
        end if;
    elsif new.target_stage in ('tasked', 'claimed', 'approved') then
        if new.effective_on not between g.eligible_from and g.eligible_to then
            perform grants_refuse('the duty is outside the grant''s window', 'grants_ledgerentry_inside_window');
        end if;
        if new.posted_on > g.books_close_on then
            perform grants_refuse('the books are closed', 'grants_ledgerentry_books_open');
        end if;
    end if;
    new.number := g.last_number + 1;
    new.recorded_at := clock_timestamp();
    new.digest := sha256(g.last_digest || convert_to(concat_ws('|',
        new.grant_id, new.number, new.kind,
        coalesce(new.source_line_id::text, ''), new.source_stage,
        coalesce(new.target_line_id::text, ''), new.target_stage,
        new.pence, new.effective_on, new.posted_on, new.recorded_by_id,
        to_char(new.recorded_at at time zone 'utc', 'YYYY-MM-DD HH24:MI:SS.US'),
        coalesce(new.reverses_id::text, ''), new.reference, new.reason), 'UTF8'));
    update grants_grant set last_number = new.number, last_digest = new.digest where id = g.id;
    update grants_budgetline line set
        available = available + new.pence * (case when line.id = new.target_line_id and new.target_stage = 'available' then 1 else 0 end
                                           - case when line.id = new.source_line_id and new.source_stage = 'available' then 1 else 0 end),
        tasked    = tasked    + new.pence * (case when line.id = new.target_line_id and new.target_stage = 'tasked' then 1 else 0 end
                                           - case when line.id = new.source_line_id and new.source_stage = 'tasked' then 1 else 0 end),
        claimed   = claimed   + new.pence * (case when line.id = new.target_line_id and new.target_stage = 'claimed' then 1 else 0 end
                                           - case when line.id = new.source_line_id and new.source_stage = 'claimed' then 1 else 0 end),
        approved  = approved  + new.pence * (case when line.id = new.target_line_id and new.target_stage = 'approved' then 1 else 0 end
                                           - case when line.id = new.source_line_id and new.source_stage = 'approved' then 1 else 0 end),
        settled   = settled   + new.pence * (case when line.id = new.target_line_id and new.target_stage = 'settled' then 1 else 0 end
                                           - case when line.id = new.source_line_id and new.source_stage = 'settled' then 1 else 0 end)
    where line.id in (new.source_line_id, new.target_line_id);
    return new;
end $$;
create trigger post_entry before insert on grants_ledgerentry for each row execute function grants_post_entry();
create trigger append_only before update or delete on grants_ledgerentry
    for each row execute function audit_refuse_change();

-- Balances and the head of the chain move by entries: directly they would be at trigger depth 1.
create function grants_only_by_entry() returns trigger language plpgsql as $$
begin
    if pg_trigger_depth() < 2 then
        raise exception '% is moved by ledger entries alone', tg_table_name
            using errcode = 'restrict_violation', constraint = tg_table_name || '_only_by_entry';
    end if;
    return new;
end $$;
create trigger only_by_entry before update on grants_budgetline for each row
    when ((old.grant_id, old.is_main, old.available, old.tasked, old.claimed, old.approved, old.settled)
          is distinct from
          (new.grant_id, new.is_main, new.available, new.tasked, new.claimed, new.approved, new.settled))
    execute function grants_only_by_entry();
create trigger starts_empty before insert on grants_budgetline for each row
    when ((new.available, new.tasked, new.claimed, new.approved, new.settled) is distinct from (0::bigint, 0::bigint, 0::bigint, 0::bigint, 0::bigint))
    execute function grants_only_by_entry();
create trigger chain_only_by_entry before update on grants_grant for each row
    when ((old.last_number, old.last_digest) is distinct from (new.last_number, new.last_digest))
    execute function grants_only_by_entry();
create trigger chain_starts_empty before insert on grants_grant for each row
    when (new.last_number <> 0 or new.last_digest <> ''::bytea or new.status <> 'draft')
    execute function grants_only_by_entry();

-- A grant opens when all seventeen gates are confirmed; from then on its terms stand.
create function grants_grant_steps() returns trigger language plpgsql as $$
begin
    if (old.status, new.status) not in (('draft', 'open'), ('open', 'closed'), (old.status, old.status)) then
        perform grants_refuse('a grant goes from draft to open to closed', 'grants_grant_steps');
    end if;
    if new.status = 'open' and old.status = 'draft' and (
        select count(*) from grants_gate where grant_id = new.id and confirmed_by_id is not null) < 17 then
        perform grants_refuse('a gate is missing', 'grants_grant_gates_confirmed');
    end if;
    if old.status <> 'draft'
        and (old.amount_pence, old.eligible_from, old.eligible_to, old.purpose, old.lead_force_id, old.opened_on)
            is distinct from
            (new.amount_pence, new.eligible_from, new.eligible_to, new.purpose, new.lead_force_id, new.opened_on) then
        perform grants_refuse('the terms of an open grant stand', 'grants_grant_terms_stand');
    end if;
    return new;
end $$;
create trigger steps before update on grants_grant for each row execute function grants_grant_steps();

-- What two people have confirmed is not changed afterwards.
create function grants_confirmed_stands() returns trigger language plpgsql as $$
begin
    raise exception 'what two people confirmed is not changed'
        using errcode = 'restrict_violation', constraint = tg_table_name || '_confirmed_stands';
end $$;
create trigger confirmed_stands before update or delete on grants_gate for each row
    when (old.confirmed_by_id is not null) execute function grants_confirmed_stands();
create trigger confirmed_stands before update or delete on grants_agencyagreement for each row
    when (old.confirmed_by_id is not null) execute function grants_confirmed_stands();
create trigger confirmed_stands before update or delete on grants_agencyrate for each row
    when (old.confirmed_by_id is not null) execute function grants_confirmed_stands();
"""
UNDO = """
drop trigger confirmed_stands on grants_agencyrate;
drop trigger confirmed_stands on grants_agencyagreement;
drop trigger confirmed_stands on grants_gate;
drop function grants_confirmed_stands();
drop trigger steps on grants_grant;
drop function grants_grant_steps();
drop trigger chain_starts_empty on grants_grant;
drop trigger chain_only_by_entry on grants_grant;
drop trigger starts_empty on grants_budgetline;
drop trigger only_by_entry on grants_budgetline;
drop function grants_only_by_entry();
drop trigger append_only on grants_ledgerentry;
drop trigger post_entry on grants_ledgerentry;
drop function grants_post_entry();
drop function grants_refuse(text, text);
"""


class Migration(migrations.Migration):
    dependencies = [("grants", "0001_initial"), ("audit", "0002_append_only")]
    operations = [migrations.RunSQL(LEDGER, UNDO)]
