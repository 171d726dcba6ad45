"""The terms of an open grant change by steps that two people and the funder take; the database holds to them."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

STAND = """
-- The terms of an open grant become others only as the latest change that is in force says.
create function grants_terms_stand() returns trigger language plpgsql as $$
declare
    fixed text[] := '{reference,funder,fund,recipient,spending_body,purpose,lead_force_id,amount_pence,eligible_from,'
                    'eligible_to,claims_close_on,books_close_on,on_cost,opened_on}';
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
drop trigger on_cost_stands on grants_grant;
drop trigger terms_stand on grants_grant;
create trigger terms_stand before update on grants_grant for each row
    when (old.status <> 'draft' and old.last_number = new.last_number) execute function grants_terms_stand();
-- An entry changes the number and nothing else of a grant.
create trigger entry_changes_no_terms before update on grants_grant for each row
    when (old.last_number <> new.last_number
          and (old.status, old.amount_pence, old.eligible_from, old.eligible_to, old.claims_close_on, old.books_close_on,
               old.on_cost)
          is distinct from (new.status, new.amount_pence, new.eligible_from, new.eligible_to, new.claims_close_on,
               new.books_close_on, new.on_cost))
    execute function grants_stands('terms_stand');
create or replace function grants_grant_steps() returns trigger language plpgsql as $$
begin
    if (old.status, new.status) not in (('draft', 'open'), ('open', 'closed'), (old.status, old.status)) then
        perform grants_refuse('a grant goes from draft to open to closed', 'grants_grant_steps');
    end if;
    if new.status = 'open' and old.status = 'draft' and (
        select count(*) from grants_gate where grant_id = new.id and confirmed_by_id is not null) < 17 then
        perform grants_refuse('a gate is missing', 'grants_grant_gates_confirmed');
    end if;
    return new;
end $$;

-- Checked at commit: what the funder gave by entries is the award.
create function grants_amount_is_its_entries() returns trigger language plpgsql as $$
declare
    g grants_grant;
begin
    select * into g from grants_grant where id = coalesce(to_jsonb(new) ->> 'grant_id', to_jsonb(new) ->> 'id')::bigint;
    if g.status <> 'draft' and g.amount_pence <> (
        select coalesce(sum(case source_stage when 'funder' then pence else -pence end), 0) from grants_ledgerentry
        where grant_id = g.id and kind in ('award', 'supplement', 'reduction')) then
        perform grants_refuse('the award is what the funder gave', 'grants_grant_amount_is_its_entries');
    end if;
    return null;
end $$;
create constraint trigger amount_is_its_entries after update of amount_pence on grants_grant
    deferrable initially deferred for each row when (old.amount_pence <> new.amount_pence)
    execute function grants_amount_is_its_entries();
create constraint trigger amount_is_its_entries after insert on grants_ledgerentry
    deferrable initially deferred for each row when (new.kind in ('supplement', 'reduction'))
    execute function grants_amount_is_its_entries();

create trigger stands before update on grants_termschange for each row
    when (old.status in ('in_force', 'withdrawn')
          or (old.id, old.grant_id, old.kind, old.before, old.after, old.reason, old.authority, old.effective_from,
              old.proposed_by_id, old.proposed_at)
          is distinct from (new.id, new.grant_id, new.kind, new.before, new.after, new.reason, new.authority,
              new.effective_from, new.proposed_by_id, new.proposed_at)
          or old.approved_by_id is not null and old.approved_by_id is distinct from new.approved_by_id
          or old.agreed_by_id is not null
             and (old.agreed_by_id, old.agreed_on, old.funder_reference)
             is distinct from (new.agreed_by_id, new.agreed_on, new.funder_reference))
    execute function grants_stands('stands');
create trigger not_deleted before delete on grants_termschange for each row execute function grants_stands('stands');
-- A closing day is no term of the funder, and a term of the funder is no accruals window.
alter table grants_termschange add constraint grants_termschange_terms_of_its_kind check (
    case kind when 'accruals' then after - '{claims_close_on,books_close_on}'::text[] = '{}'
              else after - '{amount_pence,eligible_from,eligible_to,claims_close_on,books_close_on,purpose,on_cost}'::text[] = '{}'
    end and after <> '{}');
do $$
declare name text;
begin
    foreach name in array array['grants_terms_stand()', 'grants_amount_is_its_entries()', 'grants_grant_steps()'] loop
        execute format('alter function %s set search_path = %I, pg_temp', name, current_schema());
    end loop;
end $$;
"""
UNDO = """
alter table grants_termschange drop constraint grants_termschange_terms_of_its_kind;
drop trigger not_deleted on grants_termschange;
drop trigger stands on grants_termschange;
drop trigger amount_is_its_entries on grants_ledgerentry;
drop trigger amount_is_its_entries on grants_grant;
drop function grants_amount_is_its_entries();
create or replace function grants_grant_steps() returns trigger language plpgsql as $$
begin
    if (old.status, new.status) not in (('draft', 'open'), ('open', 'closed'), (old.status, old.status)) then
        perform grants_refuse('a grant goes from draft to open to closed', 'grants_grant_steps');
    end if;
    if new.status = 'open' and old.status = 'draft' and (
        select count(*) from grants_gate where grant_id = new.id and confirmed_by_id is not null) < 17 then
        perform grants_refuse('a gate is missing', 'grants_grant_gates_confirmed');
    end if;
    if old.status <> 'draft'
        and (old.amount_pence, old.eligible_from, old.eligible_to, old.purpose, old.lead_force_id, old.opened_on)
            is distinct from
            (new.amount_pence, new.eligible_from, new.eligible_to, new.purpose, new.lead_force_id, new.opened_on) then
        perform grants_refuse('the terms of an open grant stand', 'grants_grant_terms_stand');
    end if;
    return new;
end $$;
drop trigger entry_changes_no_terms on grants_grant;
drop trigger terms_stand on grants_grant;
create trigger terms_stand before update on grants_grant for each row
    when (old.status <> 'draft' and
          (old.reference, old.funder, old.fund, old.recipient, old.spending_body, old.claims_close_on, old.books_close_on)
          is distinct from
          (new.reference, new.funder, new.fund, new.recipient, new.spending_body, new.claims_close_on, new.books_close_on))
    execute function grants_stands('terms_stand');
create trigger on_cost_stands before update on grants_grant for each row
    when (old.status <> 'draft' and old.on_cost is distinct from new.on_cost)
    execute function grants_stands('terms_stand');
drop function grants_terms_stand();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("grants", "0009_release_after_days"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="TermsChange",
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
                        choices=[("funder", "Terms of the funder"), ("accruals", "Accruals window")],
                        max_length=8,
                    ),
                ),
                ("before", models.JSONField(help_text="The terms as they were, by column.")),
                ("after", models.JSONField(help_text="The same terms as they become.")),
                ("reason", models.TextField()),
                (
                    "authority",
                    models.CharField(
                        blank=True,
                        help_text="Who allowed an accruals window, and where that is on record.",
                        max_length=200,
                    ),
                ),
                ("effective_from", models.DateField(help_text="First day on which it is in force.")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("proposed", "Put forward"),
                            ("approved", "Approved, the funder has to agree"),
                            ("agreed", "Agreed, in force later"),
                            ("in_force", "In force"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        default="proposed",
                        max_length=9,
                    ),
                ),
                ("proposed_at", models.DateTimeField()),
                ("approved_at", models.DateTimeField(null=True)),
                (
                    "funder_reference",
                    models.CharField(blank=True, help_text="The funder's letter or minute.", max_length=80),
                ),
                ("agreed_on", models.DateField(null=True)),
                ("in_force_at", models.DateTimeField(null=True)),
                ("withdrawn_because", models.TextField(blank=True)),
            ],
            options={
                "verbose_name": "change of terms",
                "verbose_name_plural": "changes of terms",
                "ordering": ("-id",),
            },
        ),
        migrations.RemoveConstraint(
            model_name="ledgerentry",
            name="grants_ledgerentry_kind_moves_so",
        ),
        migrations.AlterField(
            model_name="ledgerentry",
            name="kind",
            field=models.CharField(
                choices=[
                    ("award", "Award"),
                    ("supplement", "Award raised"),
                    ("reduction", "Award lowered"),
                    ("allocation", "Allocation"),
                    ("move", "Move between lines"),
                    ("tasking", "Tasking"),
                    ("submission", "Submission"),
                    ("withdrawal", "Withdrawal or return"),
                    ("rejection", "Rejection"),
                    ("approval", "Approval"),
                    ("settlement", "Settlement"),
                    ("release", "Release"),
                    ("reversal", "Reversal"),
                ],
                max_length=10,
            ),
        ),
        migrations.AddConstraint(
            model_name="ledgerentry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind", "reversal"),
                    models.Q(
                        ("kind__in", ("award", "supplement")),
                        ("source_stage", "funder"),
                        ("target_stage", "available"),
                    ),
                    models.Q(
                        ("kind", "reduction"), ("source_stage", "available"), ("target_stage", "funder")
                    ),
                    models.Q(
                        ("kind__in", ("allocation", "move")),
                        ("source_stage", "available"),
                        ("target_stage", "available"),
                        models.Q(("source_line", models.F("target_line")), _negated=True),
                    ),
                    models.Q(
                        ("source_line", models.F("target_line")),
                        models.Q(
                            models.Q(
                                ("kind", "tasking"), ("source_stage", "available"), ("target_stage", "tasked")
                            ),
                            models.Q(
                                ("kind", "submission"),
                                ("source_stage", "tasked"),
                                ("target_stage", "claimed"),
                            ),
                            models.Q(
                                ("kind", "withdrawal"),
                                ("source_stage", "claimed"),
                                ("target_stage", "tasked"),
                            ),
                            models.Q(
                                ("kind", "rejection"),
                                ("source_stage", "claimed"),
                                ("target_stage", "available"),
                            ),
                            models.Q(
                                ("kind", "approval"),
                                ("source_stage", "claimed"),
                                ("target_stage", "approved"),
                            ),
                            models.Q(
                                ("kind", "settlement"),
                                ("source_stage", "approved"),
                                ("target_stage", "settled"),
                            ),
                            models.Q(
                                ("kind", "release"), ("source_stage", "tasked"), ("target_stage", "available")
                            ),
                            _connector="OR",
                        ),
                    ),
                    _connector="OR",
                ),
                name="grants_ledgerentry_kind_moves_so",
            ),
        ),
        migrations.AddField(
            model_name="termschange",
            name="agreed_by",
            field=models.ForeignKey(
                help_text="Who recorded the agreement.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="termschange",
            name="approved_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="termschange",
            name="grant",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="terms_changes", to="grants.grant"
            ),
        ),
        migrations.AddField(
            model_name="termschange",
            name="proposed_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddConstraint(
            model_name="termschange",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("approved_by__isnull", True),
                    models.Q(("approved_by", models.F("proposed_by")), _negated=True),
                    _connector="OR",
                ),
                name="grants_termschange_two_people",
            ),
        ),
        migrations.AddConstraint(
            model_name="termschange",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("status__in", ("proposed", "withdrawn")),
                    models.Q(
                        ("approved_by__isnull", False),
                        ("kind", "accruals"),
                        models.Q(("authority", ""), _negated=True),
                    ),
                    models.Q(("approved_by__isnull", False), ("kind", "funder"), ("status", "approved")),
                    models.Q(
                        ("agreed_by__isnull", False),
                        ("agreed_on__isnull", False),
                        ("approved_by__isnull", False),
                        ("kind", "funder"),
                        models.Q(("funder_reference", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="grants_termschange_steps_have_their_people",
            ),
        ),
        migrations.AddConstraint(
            model_name="termschange",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("in_force_at__isnull", False), ("status", "in_force")),
                    models.Q(models.Q(("status", "in_force"), _negated=True), ("in_force_at__isnull", True)),
                    _connector="OR",
                ),
                name="grants_termschange_in_force_since",
            ),
        ),
        migrations.AddConstraint(
            model_name="termschange",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status__in", ("proposed", "approved", "agreed"))),
                fields=("grant",),
                name="grants_termschange_one_open",
            ),
        ),
        migrations.RunSQL(STAND, UNDO),
    ]
