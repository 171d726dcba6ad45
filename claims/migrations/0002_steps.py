"""What the database never allows on a claim, whatever program writes."""

from django.db import migrations

STEPS = """
create function claims_claim_steps() returns trigger language plpgsql as $$
begin
    if tg_op = 'INSERT' then
        if new.status not in ('draft', 'submitted') then
            raise exception 'a claim starts as a draft or submitted'
                using errcode = 'check_violation', constraint = 'claims_claim_steps';
        end if;
        return new;
    end if;
    if old.status <> new.status and (old.status || ' ' || new.status) not in (
        'draft submitted', 'draft withdrawn',
        'submitted certified', 'submitted returned', 'submitted rejected', 'submitted withdrawn',
        'certified approved', 'certified returned', 'certified rejected', 'certified withdrawn',
        'returned submitted', 'returned draft', 'returned withdrawn', 'returned rejected',
        'approved settled', 'approved reversed', 'settled reversed') then
        raise exception 'a claim does not go from % to %', old.status, new.status
            using errcode = 'check_violation', constraint = 'claims_claim_steps';
    end if;
    if (old.assignment_id, old.claimant_id, old.grant_id, old.enquiry_id, old.agency_id)
        is distinct from (new.assignment_id, new.claimant_id, new.grant_id, new.enquiry_id, new.agency_id)
        or new.revision < old.revision
        or (new.status not in ('draft', 'submitted')
            and (old.starts_at, old.ends_at, old.break_minutes, old.duty_on, old.duty_type, old.pence)
                is distinct from
                (new.starts_at, new.ends_at, new.break_minutes, new.duty_on, new.duty_type, new.pence)) then
        raise exception 'what was claimed changes only by submitting again'
            using errcode = 'check_violation', constraint = 'claims_claim_stands';
    end if;
    if old.status in ('approved', 'settled')
        and (old.approved_by_id, old.certified_by_id, old.entered_by_id, old.approval_entry_id)
            is distinct from (new.approved_by_id, new.certified_by_id, new.entered_by_id, new.approval_entry_id) then
        raise exception 'who approved what is not changed afterwards'
            using errcode = 'check_violation', constraint = 'claims_claim_stands';
    end if;
    return new;
end $$;
create trigger steps before insert or update on claims_claim for each row execute function claims_claim_steps();

-- Checked at commit: an approved claim and its entry say the same, and neither stands without the other.
create function claims_claim_has_its_entry() returns trigger language plpgsql as $$
begin
    if not exists (
        select from grants_ledgerentry entry join tasking_enquiry enquiry on enquiry.id = new.enquiry_id
        where entry.reference = new.approval_entry_id and entry.kind = 'approval' and entry.pence = new.pence
          and entry.effective_on = new.duty_on and entry.grant_id = new.grant_id
          and entry.target_line_id = enquiry.line_id) then
        raise exception 'claim % is approved without its entry', new.id
            using errcode = 'check_violation', constraint = 'claims_claim_has_its_entry';
    end if;
    return null;
end $$;
create constraint trigger has_its_entry after insert or update of approval_entry_id on claims_claim
    deferrable initially deferred for each row when (new.approval_entry_id is not null)
    execute function claims_claim_has_its_entry();
create function claims_entry_has_its_claim() returns trigger language plpgsql as $$
begin
    if not exists (select from claims_claim where approval_entry_id = new.reference) then
        raise exception 'entry % approves no claim', new.reference
            using errcode = 'check_violation', constraint = 'claims_entry_has_its_claim';
    end if;
    return null;
end $$;
create constraint trigger has_its_claim after insert on grants_ledgerentry
    deferrable initially deferred for each row when (new.kind = 'approval')
    execute function claims_entry_has_its_claim();

create trigger append_only before update or delete on claims_event
    for each row execute function audit_refuse_change();
create trigger append_only before update or delete on claims_claimline
    for each row execute function audit_refuse_change();
"""
UNDO = """
drop trigger append_only on claims_claimline;
drop trigger append_only on claims_event;
drop trigger has_its_claim on grants_ledgerentry;
drop function claims_entry_has_its_claim();
drop trigger has_its_entry on claims_claim;
drop function claims_claim_has_its_entry();
drop trigger steps on claims_claim;
drop function claims_claim_steps();
"""


class Migration(migrations.Migration):
    dependencies = [("claims", "0001_initial"), ("grants", "0002_ledger")]
    operations = [migrations.RunSQL(STEPS, UNDO)]
