"""A part of a claim can be approved, with the rest given back, and disputed once."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

STAND = """
-- What is claimed of a claim that takes a step: where a part is approved, what stood before the step.
create function claims_claimed(before claims_claim, after claims_claim) returns bigint language sql immutable as $$
    select case when before.status = 'certified' and after.status = 'approved' and before.claimed_pence is null
                     and after.claimed_pence = before.pence and after.pence < before.pence
                then before.pence else after.pence end
$$;
create or replace function claims_claim_steps() returns trigger language plpgsql as $$
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
                (new.starts_at, new.ends_at, new.break_minutes, new.duty_on, new.duty_type,
                 claims_claimed(old, new))) then
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

create or replace function claims_claim_stands() returns trigger language plpgsql as $$
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
           (new.starts_at, new.ends_at, new.break_minutes, new.worked_minutes, new.duty_on, new.duty_type,
            claims_claimed(old, new),
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

drop trigger basis_stands on claims_claim;
create trigger basis_stands before update on claims_claim for each row
    when ((old.status not in ('draft', 'returned') or new.revision <= old.revision)
          and (old.rank, old.grade, old.pay_point, old.annual_pay_pence, old.rule_set_id, old.agreed_hourly_pence,
               old.agreed_multiplier, old.on_cost_percent,
               case when new.claimed_pence is distinct from old.claimed_pence then new.on_cost_pence else old.on_cost_pence end, old.travel_minutes, old.charged_minutes)
          is distinct from
              (new.rank, new.grade, new.pay_point, new.annual_pay_pence, new.rule_set_id, new.agreed_hourly_pence,
               new.agreed_multiplier, new.on_cost_percent, new.on_cost_pence, new.travel_minutes, new.charged_minutes))
    execute function claims_claim_basis_stands();

create or replace function claims_claimline_of_its_statement() returns trigger language plpgsql as $$
begin
    if not exists (select from claims_claim where id = new.claim_id and revision = new.revision
                   and (status in ('draft', 'submitted') or status = 'approved' and claimed_pence is not null)) then
        perform claims_refuse('a line of pay is of a statement just made', 'claims_claimline_of_its_statement');
    end if;
    return new;
end $$;

-- What was claimed, and how many minutes of it were approved, is said by the step that approves a part.
create trigger part_stands before update on claims_claim for each row
    when ((old.claimed_pence, old.approved_minutes) is distinct from (new.claimed_pence, new.approved_minutes)
          and not (old.status = 'certified' and new.status = 'approved'))
    execute function claims_claim_basis_stands();
create trigger decided_stands before update on claims_dispute for each row
    when (old.status <> 'open'
          or (old.id, old.claim_id, old.reason, old.raised_by_id, old.raised_at)
          is distinct from (new.id, new.claim_id, new.reason, new.raised_by_id, new.raised_at))
    execute function audit_refuse_change();
create trigger not_deleted before delete on claims_dispute for each row execute function audit_refuse_change();
do $$
declare name text;
begin
    foreach name in array array['claims_claim_stands()', 'claims_claim_steps()', 'claims_claimline_of_its_statement()',
                                'claims_claimed(claims_claim, claims_claim)'] loop
        execute format('alter function %s set search_path = %I, pg_temp', name, current_schema());
    end loop;
end $$;
"""
UNDO = """
drop trigger not_deleted on claims_dispute;
drop trigger decided_stands on claims_dispute;
drop trigger part_stands on claims_claim;
create or replace function claims_claimline_of_its_statement() returns trigger language plpgsql as $$
begin
    if not exists (select from claims_claim where id = new.claim_id and revision = new.revision
                   and status in ('draft', 'submitted')) then
        perform claims_refuse('a line of pay is of a statement just made', 'claims_claimline_of_its_statement');
    end if;
    return new;
end $$;

drop trigger basis_stands on claims_claim;
create trigger basis_stands before update on claims_claim for each row
    when ((old.status not in ('draft', 'returned') or new.revision <= old.revision)
          and (old.rank, old.grade, old.pay_point, old.annual_pay_pence, old.rule_set_id, old.agreed_hourly_pence,
               old.agreed_multiplier, old.on_cost_percent, old.on_cost_pence, old.travel_minutes, old.charged_minutes)
          is distinct from
              (new.rank, new.grade, new.pay_point, new.annual_pay_pence, new.rule_set_id, new.agreed_hourly_pence,
               new.agreed_multiplier, new.on_cost_percent, new.on_cost_pence, new.travel_minutes, new.charged_minutes))
    execute function claims_claim_basis_stands();

create or replace function claims_claim_stands() returns trigger language plpgsql as $$
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

create or replace function claims_claim_steps() returns trigger language plpgsql as $$
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

drop function claims_claimed(claims_claim, claims_claim);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_points_stand"),
        ("claims", "0009_late_claims"),
        ("grants", "0010_terms_change"),
        ("tasking", "0009_late_claims"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Dispute",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("reason", models.TextField()),
                ("raised_at", models.DateTimeField()),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("open", "Waiting for an answer"),
                            ("upheld", "Upheld"),
                            ("refused", "Refused"),
                        ],
                        default="open",
                        max_length=7,
                    ),
                ),
                ("answer", models.TextField(blank=True)),
                ("decided_at", models.DateTimeField(null=True)),
            ],
            options={
                "ordering": ("-id",),
            },
        ),
        migrations.AddField(
            model_name="claim",
            name="approved_minutes",
            field=models.PositiveIntegerField(
                help_text="Where a part was approved: the minutes of it, less breaks.", null=True
            ),
        ),
        migrations.AddField(
            model_name="claim",
            name="claimed_pence",
            field=models.BigIntegerField(
                help_text="Where a part was approved: what had been claimed; `pence` is the part.", null=True
            ),
        ),
        migrations.AlterField(
            model_name="event",
            name="verb",
            field=models.CharField(
                choices=[
                    ("asked", "Asked for more time"),
                    ("granted", "More time granted"),
                    ("refused", "More time refused"),
                    ("submitted", "Submitted"),
                    ("certified", "Certified"),
                    ("returned", "Returned"),
                    ("withdrawn", "Withdrawn"),
                    ("approved", "Approved"),
                    ("part", "Approved in part"),
                    ("disputed", "Disputed"),
                    ("upheld", "Dispute upheld"),
                    ("stands", "Dispute refused"),
                    ("rejected", "Rejected"),
                    ("settled", "Settled"),
                    ("reversed", "Reversed"),
                    ("evidence", "Evidence added"),
                    ("frozen", "Held back"),
                    ("released", "No longer held back"),
                ],
                max_length=9,
            ),
        ),
        migrations.AddConstraint(
            model_name="claim",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("approved_minutes__isnull", True), ("claimed_pence__isnull", True)),
                    models.Q(
                        ("approved_minutes__lt", models.F("worked_minutes")),
                        ("claimed_pence__gt", models.F("pence")),
                        ("status__in", ("approved", "settled", "reversed")),
                    ),
                    _connector="OR",
                ),
                name="claims_claim_part_is_less",
            ),
        ),
        migrations.AddField(
            model_name="dispute",
            name="claim",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="dispute", to="claims.claim"
            ),
        ),
        migrations.AddField(
            model_name="dispute",
            name="decided_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="dispute",
            name="raised_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddConstraint(
            model_name="dispute",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("decided_by__isnull", True), ("status", "open")),
                    models.Q(
                        models.Q(("status", "open"), _negated=True),
                        ("decided_by__isnull", False),
                        models.Q(("answer", ""), _negated=True),
                        models.Q(("decided_by", models.F("raised_by")), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="claims_dispute_decided_by_another",
            ),
        ),
        migrations.RunSQL(STAND, UNDO),
    ]
