"""Batches and their lines, and what the database holds them to."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

STAND = """
-- A batch gets the next number of its grant and kind, and its agency is paid that way.
create function payments_batch_numbered() returns trigger language plpgsql as $$
begin
    if new.number <> (select coalesce(max(number), 0) + 1 from payments_batch
                      where grant_id = new.grant_id and kind = new.kind) then
        perform claims_refuse('a batch has the next number', 'payments_batch_number_gapless');
    end if;
    if new.status <> 'drawn' or (new.kind = 'payroll') <> (
        select settled_by = 'payroll' from accounts_agency where id = new.agency_id) then
        perform claims_refuse('a batch is drawn for an agency that is paid that way', 'payments_batch_of_its_agency');
    end if;
    return new;
end $$;
create trigger numbered before insert on payments_batch for each row execute function payments_batch_numbered();

create function payments_batch_stands() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' then
        perform claims_refuse('a batch is withdrawn, not deleted', 'payments_batch_stands');
    end if;
    if (old.status, new.status) not in (('drawn', 'drawn'), ('drawn', 'sent'), ('sent', 'sent'), ('sent', 'paid'),
                                        ('drawn', 'withdrawn'), ('sent', 'withdrawn')) then
        perform claims_refuse('a batch is drawn, sent, then paid, or withdrawn before that', 'payments_batch_steps');
    end if;
    if to_jsonb(old) - '{status,claim_count,pence,sent_by_id,sent_at,withdrawn_by_id,withdrawn_at,withdrawn_because,settlement_id,paid_at,tolerance_pence}'::text[]
        <> to_jsonb(new) - '{status,claim_count,pence,sent_by_id,sent_at,withdrawn_by_id,withdrawn_at,withdrawn_because,settlement_id,paid_at,tolerance_pence}'::text[]
        or new.status in ('paid', 'withdrawn') and (old.claim_count, old.pence) is distinct from (new.claim_count, new.pence)
        or old.status = 'sent' and (old.sent_by_id, old.sent_at) is distinct from (new.sent_by_id, new.sent_at) then
        perform claims_refuse('what was drawn is not changed', 'payments_batch_stands');
    end if;
    return new;
end $$;
create trigger stands before update or delete on payments_batch for each row execute function payments_batch_stands();

-- A line is of an approved claim of the batch's grant and agency that nobody holds back, at its amount.
create function payments_batchline_drawn() returns trigger language plpgsql as $$
begin
    if not new.live or new.paid_pence is not null or new.resolution <> '' or not exists (
        select from payments_batch batch
        join claims_claim claim on claim.grant_id = batch.grant_id and claim.agency_id = batch.agency_id
        where batch.id = new.batch_id and batch.status = 'drawn' and claim.id = new.claim_id
          and claim.status = 'approved' and claim.pence = new.pence
          and claim.duty_on <= coalesce(batch.up_to, batch.to_on)
          and claim.duty_on >= coalesce(batch.from_on, claim.duty_on)
          and not exists (select from claims_freeze
                          where claim_id = claim.id and released_at is null)) then
        perform claims_refuse('only approved claims of its days are drawn', 'payments_batchline_of_its_batch');
    end if;
    return new;
end $$;
create trigger drawn before insert on payments_batchline for each row execute function payments_batchline_drawn();

create function payments_batchline_stands() returns trigger language plpgsql as $$
declare
    batch payments_batch;
begin
    if tg_op = 'DELETE' then
        perform claims_refuse('a line is left out, not deleted', 'payments_batchline_stands');
    end if;
    select * into batch from payments_batch where id = new.batch_id;
    if (old.id, old.batch_id, old.claim_id, old.pence) is distinct from (new.id, new.batch_id, new.claim_id, new.pence)
        or new.live and not old.live
        or old.left_out_at is not null
           and (old.left_out_by_id, old.left_out_at, old.left_out_because)
           is distinct from (new.left_out_by_id, new.left_out_at, new.left_out_because)
        or old.left_out_at is null and new.left_out_at is not null and batch.status not in ('drawn', 'sent')
        or old.paid_pence is distinct from new.paid_pence
           and (old.paid_pence is not null or batch.status not in ('sent', 'paid'))
        or old.resolution <> ''
           and (old.resolution, old.resolved_by_id, old.resolved_at, old.resolved_because)
           is distinct from (new.resolution, new.resolved_by_id, new.resolved_at, new.resolved_because) then
        perform claims_refuse('what was drawn, paid or resolved is not changed', 'payments_batchline_stands');
    end if;
    if old.resolution = '' and new.resolution <> '' and not exists (
        select from claims_settlement settlement
        where settlement.id = batch.settlement_id and settlement.settled_by_id <> new.resolved_by_id) then
        perform claims_refuse('who confirmed the payment does not resolve its difference',
                              'payments_batchline_resolved_by_another');
    end if;
    return new;
end $$;
create trigger stands before update or delete on payments_batchline
    for each row execute function payments_batchline_stands();

-- Checked at commit: the control total is that of its lines, and what was paid was settled through it.
create function payments_batch_adds_up() returns trigger language plpgsql as $$
declare
    batch payments_batch;
begin
    select * into batch from payments_batch
    where id = coalesce(to_jsonb(new) ->> 'batch_id', to_jsonb(new) ->> 'id')::bigint;
    if (batch.claim_count, batch.pence) <> (
        select count(*), coalesce(sum(pence), 0) from payments_batchline
        where batch_id = batch.id and left_out_at is null) then
        perform claims_refuse('the control total is that of the lines', 'payments_batch_adds_up');
    end if;
    if exists (select from payments_batchline
               where batch_id = batch.id
                 and (live <> (left_out_at is null and batch.status <> 'withdrawn')
                      or live and (paid_pence is not null) <> (batch.status = 'paid')
                      or not live and paid_pence is not null and batch.status <> 'paid')) then
        perform claims_refuse('its lines stand as the batch does', 'payments_batch_lines_stand_with_it');
    end if;
    if batch.status = 'paid' and (
        not exists (select from claims_settlement settlement
                    where settlement.id = batch.settlement_id and settlement.grant_id = batch.grant_id
                      and settlement.agency_id = batch.agency_id and settlement.claim_count = batch.claim_count
                      and settlement.pence = batch.pence)
        or exists (select from payments_batchline line join claims_claim claim on claim.id = line.claim_id
                   where line.batch_id = batch.id and line.live
                     and claim.settlement_id is distinct from batch.settlement_id)) then
        perform claims_refuse('it is paid by the settlement of its claims', 'payments_batch_settles_its_claims');
    end if;
    return null;
end $$;
create constraint trigger adds_up after insert or update on payments_batch
    deferrable initially deferred for each row execute function payments_batch_adds_up();
create constraint trigger adds_up after update of left_out_at on payments_batchline
    deferrable initially deferred for each row when (old.left_out_at is distinct from new.left_out_at)
    execute function payments_batch_adds_up();

-- Lines are drawn all at once: checked once for all of them, not once for each.
create function payments_batchline_all_drawn() returns trigger language plpgsql as $$
begin
    if exists (
        select from (select distinct batch_id from drawn) mine join payments_batch batch on batch.id = mine.batch_id
        where (batch.claim_count, batch.pence) <> (
            select count(*), coalesce(sum(pence), 0) from payments_batchline
            where batch_id = batch.id and left_out_at is null)) then
        perform claims_refuse('the control total is that of the lines', 'payments_batch_adds_up');
    end if;
    return null;
end $$;
create trigger all_drawn after insert on payments_batchline referencing new table as drawn
    for each statement execute function payments_batchline_all_drawn();
create function payments_batchline_stands_with_it() returns trigger language plpgsql as $$
begin
    if exists (select from payments_batchline line join payments_batch batch on batch.id = line.batch_id
               where line.id = new.id
                 and (line.live <> (line.left_out_at is null and batch.status <> 'withdrawn')
                      or line.live and (line.paid_pence is not null) <> (batch.status = 'paid')
                      or not line.live and line.paid_pence is not null and batch.status <> 'paid')) then
        perform claims_refuse('a line stands as its batch does', 'payments_batch_lines_stand_with_it');
    end if;
    return null;
end $$;
create constraint trigger stands_with_it after update on payments_batchline
    deferrable initially deferred for each row
    when ((old.live, old.paid_pence) is distinct from (new.live, new.paid_pence))
    execute function payments_batchline_stands_with_it();

-- Checked at commit: a claim that waits in a batch is settled through that batch and no other way.
create function payments_settled_through_its_batch() returns trigger language plpgsql as $$
begin
    if exists (select from payments_batchline line join payments_batch batch on batch.id = line.batch_id
               where line.claim_id = new.id and line.live
                 and batch.settlement_id is distinct from new.settlement_id) then
        perform claims_refuse('a claim in a batch is settled through it', 'payments_settled_through_its_batch');
    end if;
    return null;
end $$;
create constraint trigger settled_through_its_batch after update of settlement_id on claims_claim
    deferrable initially deferred for each row
    when (new.settlement_id is not null and old.settlement_id is distinct from new.settlement_id)
    execute function payments_settled_through_its_batch();

create trigger stands before update on payments_tolerance for each row
    when (old.confirmed_by_id is not null
          or (old.id, old.grant_id, old.pence, old.reason, old.recorded_by_id, old.recorded_at)
          is distinct from (new.id, new.grant_id, new.pence, new.reason, new.recorded_by_id, new.recorded_at))
    execute function audit_refuse_change();
create trigger not_deleted before delete on payments_tolerance for each row execute function audit_refuse_change();
do $$
declare name text;
begin
    foreach name in array array['payments_batch_numbered()', 'payments_batch_stands()', 'payments_batchline_drawn()',
                                'payments_batchline_stands()', 'payments_batch_adds_up()',
                                'payments_batchline_all_drawn()', 'payments_batchline_stands_with_it()',
                                'payments_settled_through_its_batch()'] loop
        execute format('alter function %s set search_path = %I, pg_temp', name, current_schema());
    end loop;
end $$;
"""
UNDO = """
drop trigger not_deleted on payments_tolerance;
drop trigger stands on payments_tolerance;
drop trigger settled_through_its_batch on claims_claim;
drop function payments_settled_through_its_batch();
drop trigger stands_with_it on payments_batchline;
drop function payments_batchline_stands_with_it();
drop trigger all_drawn on payments_batchline;
drop function payments_batchline_all_drawn();
drop trigger adds_up on payments_batchline;
drop trigger adds_up on payments_batch;
drop function payments_batch_adds_up();
drop trigger stands on payments_batchline;
drop function payments_batchline_stands();
drop trigger drawn on payments_batchline;
drop function payments_batchline_drawn();
drop trigger stands on payments_batch;
drop function payments_batch_stands();
drop trigger numbered on payments_batch;
drop function payments_batch_numbered();
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0004_points_stand"),
        ("claims", "0010_parts"),
        ("grants", "0010_terms_change"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Batch",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("payroll", "Payroll batch"), ("statement", "Agency statement")],
                        max_length=9,
                    ),
                ),
                ("number", models.PositiveIntegerField(help_text="Without gaps in its grant and kind.")),
                (
                    "up_to",
                    models.DateField(help_text="Payroll: the last day of the duties in it.", null=True),
                ),
                (
                    "from_on",
                    models.DateField(help_text="Statements: the first day of the duties.", null=True),
                ),
                ("to_on", models.DateField(help_text="Statements: the last day of the duties.", null=True)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("drawn", "Drawn up"),
                            ("sent", "Sent"),
                            ("paid", "Paid"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        default="drawn",
                        max_length=9,
                    ),
                ),
                ("claim_count", models.PositiveIntegerField(help_text="Lines that are not left out.")),
                (
                    "pence",
                    models.BigIntegerField(help_text="Control total of the lines that are not left out."),
                ),
                ("drawn_at", models.DateTimeField()),
                ("sent_at", models.DateTimeField(null=True)),
                ("withdrawn_at", models.DateTimeField(null=True)),
                ("withdrawn_because", models.CharField(blank=True, max_length=500)),
                ("paid_at", models.DateTimeField(null=True)),
                (
                    "tolerance_pence",
                    models.PositiveIntegerField(
                        help_text="What was tolerated when it was confirmed as paid.", null=True
                    ),
                ),
                (
                    "agency",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="batches",
                        to="accounts.agency",
                    ),
                ),
                (
                    "drawn_by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "grant",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="batches",
                        to="grants.grant",
                    ),
                ),
                (
                    "sent_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "settlement",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="batch",
                        to="claims.settlement",
                    ),
                ),
                (
                    "withdrawn_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "batches",
                "ordering": ("-id",),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("grant", "kind", "number"), name="payments_batch_number_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("from_on__isnull", True),
                                ("kind", "payroll"),
                                ("to_on__isnull", True),
                                ("up_to__isnull", False),
                            ),
                            models.Q(
                                ("from_on__isnull", False),
                                ("kind", "statement"),
                                ("to_on__gte", models.F("from_on")),
                                ("up_to__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="payments_batch_days_of_its_kind",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("claim_count__gt", 0), ("pence__gt", 0)),
                        name="payments_batch_not_empty",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("sent_at__isnull", True), ("sent_by__isnull", True), ("status", "drawn")
                            ),
                            models.Q(
                                ("sent_at__isnull", False),
                                ("sent_by__isnull", False),
                                ("status__in", ("sent", "paid")),
                            ),
                            ("status", "withdrawn"),
                            _connector="OR",
                        ),
                        name="payments_batch_sent_by_someone",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("status", "withdrawn"),
                                ("withdrawn_at__isnull", False),
                                ("withdrawn_by__isnull", False),
                                models.Q(("withdrawn_because", ""), _negated=True),
                            ),
                            models.Q(
                                models.Q(("status", "withdrawn"), _negated=True),
                                ("withdrawn_at__isnull", True),
                                ("withdrawn_because", ""),
                                ("withdrawn_by__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="payments_batch_withdrawn_with_reason",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("paid_at__isnull", False),
                                ("settlement__isnull", False),
                                ("status", "paid"),
                                ("tolerance_pence__isnull", False),
                            ),
                            models.Q(
                                models.Q(("status", "paid"), _negated=True),
                                ("paid_at__isnull", True),
                                ("settlement__isnull", True),
                                ("tolerance_pence__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="payments_batch_paid_with_settlement",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="BatchLine",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "pence",
                    models.BigIntegerField(
                        help_text="What was calculated: the claim's amount when it was drawn."
                    ),
                ),
                (
                    "live",
                    models.BooleanField(
                        default=True, help_text="Neither left out nor of a batch that was withdrawn."
                    ),
                ),
                ("left_out_at", models.DateTimeField(null=True)),
                ("left_out_because", models.CharField(blank=True, max_length=500)),
                (
                    "paid_pence",
                    models.BigIntegerField(help_text="What payroll or the agency's invoice says.", null=True),
                ),
                (
                    "resolution",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("explained", "Explained"),
                            ("recovered", "Recovered"),
                            ("corrected", "Corrected"),
                        ],
                        max_length=9,
                    ),
                ),
                ("resolved_at", models.DateTimeField(null=True)),
                ("resolved_because", models.CharField(blank=True, max_length=500)),
                (
                    "batch",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="lines",
                        to="payments.batch",
                    ),
                ),
                (
                    "claim",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="batch_lines",
                        to="claims.claim",
                    ),
                ),
                (
                    "left_out_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "resolved_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ("batch", "id"),
                "indexes": [
                    models.Index(
                        condition=models.Q(
                            ("paid_pence__isnull", False),
                            models.Q(
                                models.Q(
                                    ("live", True), models.Q(("paid_pence", models.F("pence")), _negated=True)
                                ),
                                models.Q(("live", False), ("paid_pence__gt", 0)),
                                _connector="OR",
                            ),
                        ),
                        fields=["batch"],
                        name="payments_batchline_differs",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("batch", "claim"), name="payments_batchline_once"),
                    models.UniqueConstraint(
                        condition=models.Q(("live", True)),
                        fields=("claim",),
                        name="payments_batchline_one_live_batch",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("pence__gt", 0)), name="payments_batchline_pence_positive"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("paid_pence__isnull", True), ("paid_pence__gte", 0), _connector="OR"
                        ),
                        name="payments_batchline_paid_not_negative",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("left_out_at__isnull", True),
                                ("left_out_because", ""),
                                ("left_out_by__isnull", True),
                            ),
                            models.Q(
                                ("left_out_at__isnull", False),
                                ("left_out_by__isnull", False),
                                ("live", False),
                                models.Q(("left_out_because", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="payments_batchline_left_out_with_reason",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("resolution", ""),
                                ("resolved_at__isnull", True),
                                ("resolved_because", ""),
                                ("resolved_by__isnull", True),
                            ),
                            models.Q(
                                models.Q(("resolution", ""), _negated=True),
                                models.Q(("resolved_because", ""), _negated=True),
                                ("paid_pence__isnull", False),
                                ("resolved_at__isnull", False),
                                ("resolved_by__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="payments_batchline_resolved_with_reason",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Tolerance",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("pence", models.PositiveIntegerField()),
                ("reason", models.CharField(max_length=500)),
                ("recorded_at", models.DateTimeField()),
                ("confirmed_at", models.DateTimeField(null=True)),
                (
                    "confirmed_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "grant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="pay_tolerances",
                        to="grants.grant",
                    ),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ("-id",),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("pence__lte", 500)), name="payments_tolerance_small"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True),
                        name="payments_tolerance_with_reason",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("confirmed_at__isnull", True), ("confirmed_by__isnull", True)),
                            models.Q(
                                ("confirmed_at__isnull", False),
                                models.Q(("confirmed_by", models.F("recorded_by")), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="payments_tolerance_two_people",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("confirmed_by", None)),
                        fields=("grant",),
                        name="payments_tolerance_one_waiting",
                    ),
                ],
            },
        ),
        migrations.RunSQL(STAND, UNDO),
    ]
