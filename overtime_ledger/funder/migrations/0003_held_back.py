"""What is held back on suspicion is not claimed from the funder: a claim says what was left out of it."""

from django.db import migrations, models

HELD_BACK = """
create function funder_line_not_held_back() returns trigger language plpgsql as $$
begin
    if exists (
        select from claims_freeze f
        where f.released_at is null and f.claim_id = (
            select substring(reference from '^claim:([0-9]+):')::bigint
            from grants_ledgerentry where id = new.entry_id)) then
        perform grants_refuse('the claim behind the line is held back', 'funder_funderclaimline_not_held_back');
    end if;
    return new;
end $$;
create trigger not_held_back before insert on funder_funderclaimline
    for each row execute function funder_line_not_held_back();
do $$
begin
    execute format('alter function funder_line_not_held_back() set search_path = %I, pg_temp', current_schema());
end $$;
"""
UNDO = """
drop trigger not_held_back on funder_funderclaimline;
drop function funder_line_not_held_back();
"""


class Migration(migrations.Migration):
    dependencies = [("funder", "0002_safeguards"), ("claims", "0007_safeguards")]

    operations = [
        migrations.AddField(
            model_name="funderclaim",
            name="held_back_count",
            field=models.PositiveIntegerField(
                db_default=0, default=0, help_text="Entries left out: their officers’ claims were held back."
            ),
        ),
        migrations.AddField(
            model_name="funderclaim",
            name="held_back_pence",
            field=models.BigIntegerField(
                db_default=0,
                default=0,
                help_text="What those entries come to; claimed once they are released.",
            ),
        ),
        migrations.AddConstraint(
            model_name="funderclaim",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("held_back_count__gt", 0), ("held_back_pence__gt", 0)),
                    models.Q(("held_back_count", 0), ("held_back_pence", 0)),
                    _connector="OR",
                ),
                name="funder_funderclaim_held_back_whole",
            ),
        ),
        migrations.RunSQL(HELD_BACK, UNDO),
    ]
