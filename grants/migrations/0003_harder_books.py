"""Ways round the books that 0002 left open: each was tried with plain SQL (tests/test_database_refuses.py)."""

import datetime

from django.db import migrations, models

# Each line names the last entry that moved it.
NAME_LAST_ENTRIES = """
update grants_budgetline line set last_number = entry.number
from (select line_id, max(number) as number
      from grants_ledgerentry, lateral (values (source_line_id), (target_line_id)) as touched (line_id)
      group by line_id) entry
where entry.line_id = line.id;
"""

BOOKS = """
-- One entry: lock the grant, check, number, chain, move the balances. It runs with the rights of the tables' owner,
-- so that whoever inserts an entry needs no right to change a balance; hence it serves one table only and looks
-- names up in one schema only (see the end).
create or replace function grants_post_entry() returns trigger language plpgsql security definer as $$
declare
    g grants_grant;
    o grants_ledgerentry;
begin
    if tg_relid <> 'grants_ledgerentry'::regclass then
        perform grants_refuse('entries are of the ledger alone', 'grants_ledgerentry_is_the_ledger');
    end if;
    select * into g from grants_grant where id = new.grant_id for no key update;
    if g.status <> 'open' then
        perform grants_refuse('the grant is not open', 'grants_ledgerentry_grant_open');
    end if;
    if exists (select from grants_budgetline
               where id in (new.source_line_id, new.target_line_id) and grant_id <> new.grant_id) then
        perform grants_refuse('the line is of another grant', 'grants_ledgerentry_line_of_grant');
    end if;
    if new.kind = 'award' and (new.pence <> g.amount_pence or not exists (
        select from grants_budgetline where id = new.target_line_id and is_main)) then
        perform grants_refuse('the award is the amount of the grant, to its main line', 'grants_ledgerentry_award_is_amount');
    end if;
    if new.kind = 'reversal' then
        select * into o from grants_ledgerentry where id = new.reverses_id;
        if (o.grant_id, o.source_line_id, o.source_stage, o.target_line_id, o.target_stage, o.pence, o.effective_on)
            is distinct from
            (new.grant_id, new.target_line_id, new.target_stage, new.source_line_id, new.source_stage, new.pence,
             new.effective_on)
            or o.kind in ('reversal', 'award') then
            perform grants_refuse('a reversal mirrors its entry', 'grants_ledgerentry_reversal_mirrors');
        end if;
    end if;
    -- What was approved or settled can be reversed for ever; nothing else comes back once the books are closed.
    if new.target_stage in ('tasked', 'claimed', 'approved')
        and (o.kind is null or o.kind not in ('approval', 'settlement')) then
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
        new.pence, to_char(new.effective_on, 'YYYY-MM-DD'), to_char(new.posted_on, 'YYYY-MM-DD'), new.recorded_by_id,
        to_char(new.recorded_at at time zone 'utc', 'YYYY-MM-DD HH24:MI:SS.US'),
        coalesce(new.reverses_id::text, ''), new.reference, new.reason), 'UTF8'));
    update grants_grant set last_number = new.number, last_digest = new.digest where id = g.id;
    update grants_budgetline line set
        last_number = new.number,
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
revoke execute on function grants_post_entry() from public;

-- "By entries alone" was judged by trigger depth, which anybody's own trigger reaches; and an insert that ends in
-- ON CONFLICT DO NOTHING moved balances without leaving its entry. So it is checked once more at commit: every
-- change of a line or of a chain's head is exactly what the entry that it names did.
create function grants_line_says_its_entry() returns trigger language plpgsql as $$
declare
    e grants_ledgerentry;
    gains text;
    loses text;
begin
    select * into e from grants_ledgerentry where grant_id = new.grant_id and number = new.last_number;
    gains := case when e.target_line_id = new.id then e.target_stage else '' end;
    loses := case when e.source_line_id = new.id then e.source_stage else '' end;
    if e.id is null or new.last_number <= old.last_number
        or (new.available - old.available, new.tasked - old.tasked, new.claimed - old.claimed,
            new.approved - old.approved, new.settled - old.settled)
        is distinct from (
            e.pence * ((gains = 'available')::int - (loses = 'available')::int),
            e.pence * ((gains = 'tasked')::int - (loses = 'tasked')::int),
            e.pence * ((gains = 'claimed')::int - (loses = 'claimed')::int),
            e.pence * ((gains = 'approved')::int - (loses = 'approved')::int),
            e.pence * ((gains = 'settled')::int - (loses = 'settled')::int)) then
        perform grants_refuse('a balance was moved by no entry', 'grants_budgetline_only_by_entry');
    end if;
    return null;
end $$;
create constraint trigger says_its_entry after update on grants_budgetline deferrable initially deferred for each row
    when ((old.available, old.tasked, old.claimed, old.approved, old.settled, old.last_number) is distinct from
          (new.available, new.tasked, new.claimed, new.approved, new.settled, new.last_number))
    execute function grants_line_says_its_entry();
create function grants_head_is_its_entry() returns trigger language plpgsql as $$
begin
    if new.last_number <> old.last_number + 1 or not exists (
        select from grants_ledgerentry
        where grant_id = new.id and number = new.last_number and digest = new.last_digest) then
        perform grants_refuse('the head of the chain is no entry', 'grants_grant_only_by_entry');
    end if;
    return null;
end $$;
create constraint trigger head_is_its_entry after update on grants_grant deferrable initially deferred for each row
    when ((old.last_number, old.last_digest) is distinct from (new.last_number, new.last_digest))
    execute function grants_head_is_its_entry();

-- Never right, at whatever depth: a line that is born full, becomes another or goes away with its money; a grant
-- that is born open, becomes another or is taken away once money moved.
create function grants_stands() returns trigger language plpgsql as $$
begin
    raise exception '% cannot be made or changed like that', tg_table_name
        using errcode = 'restrict_violation', constraint = tg_table_name || '_' || tg_argv[0];
end $$;
drop trigger starts_empty on grants_budgetline;
create trigger starts_empty before insert on grants_budgetline for each row
    when ((new.available, new.tasked, new.claimed, new.approved, new.settled, new.last_number)
          is distinct from (0::bigint, 0::bigint, 0::bigint, 0::bigint, 0::bigint, 0))
    execute function grants_stands('only_by_entry');
create trigger stays_itself before update on grants_budgetline for each row
    when ((old.id, old.grant_id, old.is_main) is distinct from (new.id, new.grant_id, new.is_main))
    execute function grants_stands('stays_itself');
create trigger not_deleted before delete on grants_budgetline for each row
    when (old.last_number > 0) execute function grants_stands('stays_itself');
drop trigger only_by_entry on grants_budgetline;
create trigger only_by_entry before update on grants_budgetline for each row
    when ((old.available, old.tasked, old.claimed, old.approved, old.settled, old.last_number)
          is distinct from
          (new.available, new.tasked, new.claimed, new.approved, new.settled, new.last_number))
    execute function grants_only_by_entry();
drop trigger chain_starts_empty on grants_grant;
create trigger chain_starts_empty before insert on grants_grant for each row
    when (new.last_number <> 0 or new.last_digest <> ''::bytea or new.status <> 'draft')
    execute function grants_stands('only_by_entry');
create trigger stays_itself before update on grants_grant for each row
    when (old.id <> new.id) execute function grants_stands('stays_itself');
create trigger not_deleted before delete on grants_grant for each row
    when (old.status <> 'draft') execute function grants_stands('stays_itself');

-- The closing days and the parties are terms like the others: moved on, they would open the books again.
create trigger terms_stand before update on grants_grant for each row
    when (old.status <> 'draft' and
          (old.reference, old.funder, old.fund, old.recipient, old.spending_body, old.claims_close_on, old.books_close_on)
          is distinct from
          (new.reference, new.funder, new.fund, new.recipient, new.spending_body, new.claims_close_on, new.books_close_on))
    execute function grants_stands('terms_stand');

-- Seventeen confirmed gates open a grant: the seventeen, not any other words.
alter table grants_gate add constraint grants_gate_kind_known check (kind in (
    'offer', 'finance', 'legal', 'equalities', 'data_protection', 'head_of_service', 'investment', 'chief_executive',
    'decision', 'interests', 'project_manager', 'cfo', 'countersignature', 'terms', 'controller', 'cost_code',
    'publication'));

-- A session's own temporary tables, or a schema put first in its path, would otherwise be read instead of ours.
do $$
declare name text;
begin
    foreach name in array array['grants_refuse(text, text)', 'grants_post_entry()', 'grants_line_says_its_entry()',
                                'grants_head_is_its_entry()', 'grants_grant_steps()'] loop
        execute format('alter function %s set search_path = %I, pg_temp', name, current_schema());
    end loop;
end $$;
"""

UNDO = """
alter function grants_grant_steps() reset search_path;
alter function grants_refuse(text, text) reset search_path;
alter table grants_gate drop constraint grants_gate_kind_known;
drop trigger terms_stand on grants_grant;
drop trigger not_deleted on grants_grant;
drop trigger stays_itself on grants_grant;
drop trigger not_deleted on grants_budgetline;
drop trigger stays_itself on grants_budgetline;
drop trigger chain_starts_empty on grants_grant;
create trigger chain_starts_empty before insert on grants_grant for each row
    when (new.last_number <> 0 or new.last_digest <> ''::bytea or new.status <> 'draft')
    execute function grants_only_by_entry();
drop trigger only_by_entry on grants_budgetline;
create trigger only_by_entry before update on grants_budgetline for each row
    when ((old.grant_id, old.is_main, old.available, old.tasked, old.claimed, old.approved, old.settled)
          is distinct from
          (new.grant_id, new.is_main, new.available, new.tasked, new.claimed, new.approved, new.settled))
    execute function grants_only_by_entry();
drop trigger starts_empty on grants_budgetline;
create trigger starts_empty before insert on grants_budgetline for each row
    when ((new.available, new.tasked, new.claimed, new.approved, new.settled) is distinct from (0::bigint, 0::bigint, 0::bigint, 0::bigint, 0::bigint))
    execute function grants_only_by_entry();
drop function grants_stands();
drop trigger head_is_its_entry on grants_grant;
drop function grants_head_is_its_entry();
drop trigger says_its_entry on grants_budgetline;
drop function grants_line_says_its_entry();
grant execute on function grants_post_entry() to public;
-- As it stood in 0002.
create or replace function grants_post_entry() returns trigger language plpgsql as $$
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
"""


class Migration(migrations.Migration):
    dependencies = [("grants", "0002_ledger")]
    operations = [
        migrations.AddField(
            model_name="budgetline",
            name="last_number",
            field=models.PositiveIntegerField(
                default=0, editable=False, help_text="The number of the last entry that moved it."
            ),
        ),
        migrations.RunSQL(NAME_LAST_ENTRIES, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="ledgerentry",
            constraint=models.UniqueConstraint(
                condition=models.Q(("kind", "award")), fields=("grant",), name="grants_ledgerentry_one_award"
            ),
        ),
        migrations.AddConstraint(
            model_name="ledgerentry",
            constraint=models.CheckConstraint(
                condition=models.Q(("reference__contains", "|"), _negated=True),
                name="grants_ledgerentry_reference_plain",
            ),
        ),
        migrations.AddConstraint(
            model_name="ledgerentry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("effective_on__range", (datetime.date(2000, 1, 1), datetime.date(2999, 12, 31))),
                    ("posted_on__range", (datetime.date(2000, 1, 1), datetime.date(2999, 12, 31))),
                ),
                name="grants_ledgerentry_dates_plausible",
            ),
        ),
        migrations.RunSQL(BOOKS, UNDO),
    ]
