"""Who declared an interest in an officer or an agency settles no claim of theirs either."""

from django.db import migrations

GUARD = """
create or replace function claims_claim_guarded() returns trigger language plpgsql as $$
begin
    if new.status <> 'reversed' and exists (
        select from claims_freeze where claim_id = new.id and released_at is null) then
        perform claims_refuse('the claim is held back', 'claims_claim_not_held_back');
    end if;
    if new.status in ({decided}) and exists (
        select from claims_interest
        where ended_at is null and (officer_id = new.claimant_id or agency_id = new.agency_id)
          and person_id = case new.status
              when 'approved' then new.approved_by_id
              {settled}
              else new.certified_by_id end) then
        perform claims_refuse('who decides declared an interest', 'claims_claim_no_interest');
    end if;
    return new;
end $$;
do $$
begin
    execute format('alter function claims_claim_guarded() set search_path = %I, pg_temp', current_schema());
end $$;
"""
NOW = GUARD.format(
    decided="'certified', 'approved', 'settled'",
    settled="when 'settled' then (select settled_by_id from claims_settlement where id = new.settlement_id)",
)
BEFORE = GUARD.format(decided="'certified', 'approved'", settled="")


class Migration(migrations.Migration):
    dependencies = [
        ("claims", "0007_safeguards"),
    ]

    operations = [migrations.RunSQL(NOW, BEFORE)]
