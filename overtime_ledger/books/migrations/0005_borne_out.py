"""What is signed is what the ledgers hold, and stays so; an explanation is carried forward as it was."""

import django.db.models.deletion
from django.db import migrations, models

BORNE_OUT = """
-- Of the same item and amount, of an earlier period.
create function books_adjustment_carried() returns trigger language plpgsql as $$
begin
    if not exists (
        select from books_adjustment said
        join grants_period before on before.id = said.period_id
        join grants_period period on period.id = new.period_id
        where said.id = new.carried_from_id and said.withdrawn_at is null
          and before.grant_id = period.grant_id and before.starts_on < period.starts_on
          and (said.settlement_id, said.line_id, said.match_id, said.pence)
              is not distinct from (new.settlement_id, new.line_id, new.match_id, new.pence)) then
        perform grants_refuse('an explanation is carried forward as it was', 'books_adjustment_carried');
    end if;
    return new;
end $$;
create trigger carried before insert on books_adjustment
    for each row when (new.carried_from_id is not null) execute function books_adjustment_carried();

-- Prepared and signed with the sums of both ledgers and of what explains them, whoever says otherwise.
create function books_reconciliation_borne_out() returns trigger language plpgsql as $$
declare
    p grants_period;
begin
    select * into p from grants_period where id = new.period_id;
    if new.ours_pence <> (
            select coalesce(sum(case when entry.reverses_id is null then entry.pence else -entry.pence end), 0)
            from grants_ledgerentry entry left join grants_ledgerentry reversed on reversed.id = entry.reverses_id
            where entry.grant_id = p.grant_id and entry.posted_on <= p.ends_on
              and 'settlement' in (entry.kind, reversed.kind))
        or new.theirs_pence <> (
            select coalesce(sum(pence), 0) from books_forceline
            where grant_id = p.grant_id and booked_on <= p.ends_on)
        or new.adjusted_pence <> (
            select coalesce(sum(pence), 0) from books_adjustment
            where period_id = p.id and withdrawn_at is null) then
        perform grants_refuse('the ledgers do not bear the reconciliation out', 'books_reconciliation_borne_out');
    end if;
    return null;
end $$;
create trigger borne_out after insert or update on books_reconciliation
    for each row when (new.status in ('prepared', 'signed')) execute function books_reconciliation_borne_out();

-- From the signature on, no payment and no reversal of one is posted on the days that were signed for.
create function books_payment_after_signature() returns trigger language plpgsql as $$
begin
    if exists (select from books_reconciliation done join grants_period period on period.id = done.period_id
               where period.grant_id = new.grant_id and period.ends_on >= new.posted_on
                 and done.status = 'signed') then
        perform grants_refuse('that day is reconciled and signed for', 'grants_ledgerentry_period_signed');
    end if;
    return new;
end $$;
create trigger refused_when_signed before insert on grants_ledgerentry
    for each row when (new.kind in ('settlement', 'reversal')) execute function books_payment_after_signature();
do $$
declare name text;
begin
    foreach name in array array['books_adjustment_carried()', 'books_reconciliation_borne_out()',
        'books_payment_after_signature()'] loop
        execute format('alter function %s set search_path = %I, pg_temp', name, current_schema());
    end loop;
end $$;
"""
UNDO = """
drop trigger refused_when_signed on grants_ledgerentry;
drop function books_payment_after_signature();
drop trigger borne_out on books_reconciliation;
drop function books_reconciliation_borne_out();
drop trigger carried on books_adjustment;
drop function books_adjustment_carried();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("books", "0004_closed_stands"),
    ]

    operations = [
        migrations.AddField(
            model_name="adjustment",
            name="carried_from",
            field=models.ForeignKey(
                db_index=False,
                help_text="Where it was said first, in an earlier period, of the same item and amount.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="books.adjustment",
            ),
        ),
        migrations.RunSQL(BORNE_OUT, UNDO),
    ]
