"""Whose overtime a grant bears is one of its terms; it changes as the others do."""

from django.db import migrations, models

WAS, IS = "purpose,on_cost", "purpose,cost_types,on_cost"
STAND = """
create or replace function grants_terms_stand() returns trigger language plpgsql as $$
declare
    fixed text[] := '{{reference,funder,fund,recipient,spending_body,lead_force_id,amount_pence,eligible_from,'
                    'eligible_to,claims_close_on,books_close_on,{terms},opened_on}}';
    changed jsonb;
begin
    select jsonb_object_agg(term, to_jsonb(new) -> term) into changed from unnest(fixed) term
    where to_jsonb(new) -> term is distinct from to_jsonb(old) -> term;
    if changed is not null and not coalesce((
        select after @> changed from grants_termschange
        where grant_id = new.id and status = 'in_force' order by in_force_at desc, id desc limit 1), false) then
        raise exception 'the terms of an open grant stand'
            using errcode = 'restrict_violation', constraint = 'grants_grant_terms_stand';
    end if;
    return new;
end $$;
alter table grants_termschange drop constraint grants_termschange_terms_of_its_kind;
alter table grants_termschange add constraint grants_termschange_terms_of_its_kind check (
    case kind when 'accruals' then after - '{{claims_close_on,books_close_on}}'::text[] = '{{}}'
              else after - '{{amount_pence,eligible_from,eligible_to,claims_close_on,books_close_on,{terms}}}'::text[] = '{{}}'
    end and after <> '{{}}');
do $$
begin
    execute format('alter function grants_terms_stand() set search_path = %I, pg_temp', current_schema());
end $$;
"""
# An entry changes the number and nothing else of a grant.
ENTRIES = """
create trigger entry_changes_no_cost_types before update on grants_grant for each row
    when (old.last_number <> new.last_number and old.cost_types is distinct from new.cost_types)
    execute function grants_stands('terms_stand');
"""


class Migration(migrations.Migration):
    dependencies = [("grants", "0013_planning")]
    operations = [
        migrations.AddField(
            model_name="grant",
            name="cost_types",
            field=models.CharField(
                choices=[
                    ("both", "Overtime of the lead force, and of other forces and agencies"),
                    ("lead", "Overtime of the lead force only"),
                    ("others", "Overtime of other forces and agencies only"),
                ],
                db_default="both",
                default="both",
                help_text="Whose overtime the grant bears.",
                max_length=6,
            ),
        ),
        migrations.RunSQL(STAND.format(terms=IS), STAND.format(terms=WAS)),
        migrations.RunSQL(ENTRIES, "drop trigger entry_changes_no_cost_types on grants_grant;"),
    ]
