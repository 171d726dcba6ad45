"""Ways round the steps that 0002 left open: each was tried with plain SQL (tests/test_database_refuses.py)."""

import zoneinfo

from django.db import migrations, models
from django.db.models.functions import TruncDate

STAND = """
create function claims_refuse(what text, rule text) returns void language plpgsql as $$
begin
    raise exception '%', what using errcode = 'check_violation', constraint = rule;
end $$;

create function claims_claim_stands() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' then
        perform claims_refuse('a claim is withdrawn, not deleted', 'claims_claim_stands');
    elsif tg_op = 'INSERT' then
        if new.certified_by_id is not null then
            perform claims_refuse('a claim is not certified when it is made', 'claims_claim_steps');
        end if;
        if not exists (
            select from tasking_assignment duty
            join tasking_tasking tasking on tasking.id = duty.tasking_id
            join tasking_enquiry enquiry on enquiry.id = tasking.enquiry_id
            where duty.id = new.assignment_id and duty.officer_id = new.claimant_id
              and duty.agency_id = new.agency_id and enquiry.id = new.enquiry_id
              and enquiry.grant_id = new.grant_id) then
            perform claims_refuse('the claim is not of its duty', 'claims_claim_of_its_duty');
        end if;
        return new;
    end if;
    if old.status in ('withdrawn', 'rejected', 'reversed') and old.status = new.status and old is distinct from new then
        perform claims_refuse('a claim that has ended stands', 'claims_claim_stands');
    end if;
    if old.status in ('approved', 'settled')
        and to_jsonb(old) - '{status,revision,settlement_id,settlement_entry_id,reversal_entry_id}'::text[]
            <> to_jsonb(new) - '{status,revision,settlement_id,settlement_entry_id,reversal_entry_id}'::text[]
        or old.status = 'settled'
        and (old.settlement_id, old.settlement_entry_id) is distinct from (new.settlement_id, new.settlement_entry_id) then
        perform claims_refuse('what was approved or paid is not changed', 'claims_claim_stands');
    end if;
    -- What was stated, and by whom, changes by submitting again and no other way; then everybody sees a new revision.
    if old.id <> new.id or old.status <> new.status and new.revision <= old.revision
        or (old.starts_at, old.ends_at, old.break_minutes, old.worked_minutes, old.duty_on, old.duty_type, old.pence,
            old.remark, old.flags, old.attested_worked, old.attested_sole_fund, old.entered_by_id, old.submitted_at)
        is distinct from
           (new.starts_at, new.ends_at, new.break_minutes, new.worked_minutes, new.duty_on, new.duty_type, new.pence,
            new.remark, new.flags, new.attested_worked, new.attested_sole_fund, new.entered_by_id, new.submitted_at)
        and (old.status not in ('draft', 'returned') or new.revision <= old.revision) then
        perform claims_refuse('what was claimed changes only by submitting again', 'claims_claim_stands');
    end if;
    -- A certificate is given with the step, and taken off when the claim goes back.
    if (old.certified_by_id, old.certified_at) is distinct from (new.certified_by_id, new.certified_at)
        and (old.status || ' ' || new.status) <> 'submitted certified'
        and not (old.status = 'certified' and new.status in ('returned', 'withdrawn') and new.certified_by_id is null) then
        perform claims_refuse('who certified is not changed afterwards', 'claims_claim_stands');
    end if;
    return new;
end $$;
create trigger stands before insert or update or delete on claims_claim
    for each row execute function claims_claim_stands();

-- Checked at commit, as the approval is: what is settled or reversed and the entries of it say the same.
create function claims_claim_has_its_later_entries() returns trigger language plpgsql as $$
begin
    if new.settlement_entry_id is not null and not exists (
        select from grants_ledgerentry entry
        join tasking_enquiry enquiry on enquiry.id = new.enquiry_id
        join claims_settlement settlement on settlement.id = new.settlement_id
        where entry.reference = new.settlement_entry_id and entry.kind = 'settlement' and entry.pence = new.pence
          and entry.effective_on = new.duty_on and entry.grant_id = new.grant_id
          and entry.target_line_id = enquiry.line_id
          and settlement.grant_id = new.grant_id and settlement.agency_id = new.agency_id) then
        perform claims_refuse('a claim is settled without its entry', 'claims_claim_has_its_entry');
    end if;
    if new.reversal_entry_id is not null and (
        not exists (
            select from grants_ledgerentry entry join grants_ledgerentry undone on undone.id = entry.reverses_id
            where entry.reference = new.reversal_entry_id and undone.reference = new.approval_entry_id)
        or new.settlement_entry_id is not null and not exists (
            select from grants_ledgerentry entry join grants_ledgerentry undone on undone.id = entry.reverses_id
            where undone.reference = new.settlement_entry_id)) then
        perform claims_refuse('a claim is reversed without its entries', 'claims_claim_has_its_entry');
    end if;
    return null;
end $$;
create constraint trigger has_its_later_entries
    after insert or update of settlement_entry_id, reversal_entry_id on claims_claim
    deferrable initially deferred for each row
    when (new.settlement_entry_id is not null or new.reversal_entry_id is not null)
    execute function claims_claim_has_its_later_entries();
create function claims_later_entry_has_its_claim() returns trigger language plpgsql as $$
declare
    undone grants_ledgerentry;
begin
    if new.kind = 'settlement' and not exists (
        select from claims_claim where settlement_entry_id = new.reference) then
        perform claims_refuse('the entry settles no claim', 'claims_entry_has_its_claim');
    elsif new.kind = 'reversal' then
        select * into undone from grants_ledgerentry where id = new.reverses_id;
        if undone.kind = 'approval' and not exists (
            select from claims_claim
            where approval_entry_id = undone.reference and reversal_entry_id = new.reference)
            or undone.kind = 'settlement' and not exists (
            select from claims_claim where settlement_entry_id = undone.reference and status = 'reversed') then
            perform claims_refuse('the entry reverses no claim', 'claims_entry_has_its_claim');
        end if;
    end if;
    return null;
end $$;
create constraint trigger later_has_its_claim after insert on grants_ledgerentry
    deferrable initially deferred for each row when (new.kind in ('settlement', 'reversal'))
    execute function claims_later_entry_has_its_claim();

-- A payment and a decision about more time are records.
create trigger append_only before update or delete on claims_settlement
    for each row execute function audit_refuse_change();
create trigger decided_stands before update on claims_moretime for each row
    when (old.status <> 'asked') execute function audit_refuse_change();
create trigger not_deleted before delete on claims_moretime
    for each row execute function audit_refuse_change();

alter table claims_claim add constraint claims_claim_moments_finite check (isfinite(starts_at) and isfinite(ends_at));

-- A session's own temporary tables, or a schema put first in its path, would otherwise be read instead of ours.
do $$
declare name text;
begin
    foreach name in array array[
        'claims_refuse(text, text)', 'claims_claim_stands()', 'claims_claim_has_its_later_entries()',
        'claims_later_entry_has_its_claim()', 'claims_claim_has_its_entry()', 'claims_entry_has_its_claim()'] loop
        execute format('alter function %s set search_path = %I, pg_temp', name, current_schema());
    end loop;
end $$;
"""
UNDO = """
alter function claims_entry_has_its_claim() reset search_path;
alter function claims_claim_has_its_entry() reset search_path;
alter table claims_claim drop constraint claims_claim_moments_finite;
drop trigger not_deleted on claims_moretime;
drop trigger decided_stands on claims_moretime;
drop trigger append_only on claims_settlement;
drop trigger later_has_its_claim on grants_ledgerentry;
drop function claims_later_entry_has_its_claim();
drop trigger has_its_later_entries on claims_claim;
drop function claims_claim_has_its_later_entries();
drop trigger stands on claims_claim;
drop function claims_claim_stands();
drop function claims_refuse(text, text);
"""


class Migration(migrations.Migration):
    dependencies = [("claims", "0002_steps"), ("tasking", "0003_duties_stand")]
    operations = [
        migrations.AddConstraint(
            model_name="claim",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("duty_on", TruncDate("starts_at", tzinfo=zoneinfo.ZoneInfo("Europe/London")))
                ),
                name="claims_claim_duty_on_its_day",
            ),
        ),
        migrations.AddConstraint(
            model_name="moretime",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("status__in", ("asked", "lapsed")),
                    models.Q(("decided_at__isnull", False), ("decided_by__isnull", False)),
                    _connector="OR",
                ),
                name="claims_moretime_decided_by_someone",
            ),
        ),
        migrations.RunSQL(STAND, UNDO),
    ]
