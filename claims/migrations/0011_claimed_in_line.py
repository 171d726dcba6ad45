"""What is claimed at a step is reckoned where it is asked, not by a call that took a tenth of each approval."""

from django.db import migrations

# Bound to its operators when it is made, it needs no search path of its own: PostgreSQL puts it in line then.
CLAIMED = """
alter function claims_claimed(claims_claim, claims_claim) reset search_path;
create or replace function claims_claimed(before claims_claim, after claims_claim) returns bigint
    language sql immutable
return case when before.status = 'certified' and after.status = 'approved' and before.claimed_pence is null
                 and after.claimed_pence = before.pence and after.pence < before.pence
            then before.pence else after.pence end;
"""
BEFORE = """
create or replace function claims_claimed(before claims_claim, after claims_claim) returns bigint
    language sql immutable as $$
    select case when before.status = 'certified' and after.status = 'approved' and before.claimed_pence is null
                     and after.claimed_pence = before.pence and after.pence < before.pence
                then before.pence else after.pence end
$$;
do $$
begin
    execute format('alter function claims_claimed(claims_claim, claims_claim) set search_path = %I, pg_temp',
                   current_schema());
end $$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("claims", "0010_parts"),
    ]
    operations = [migrations.RunSQL(CLAIMED, BEFORE)]
