"""A grant is closed by two people when nothing of it is open; from then on the database lets nothing of it change."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

CLOSING = """
-- A closing is confirmed by a second person or withdrawn; nothing else of it changes.
create trigger stands before update on books_closing for each row
    when (old.status <> 'proposed'
          or (old.id, old.grant_id, old.last_entry, old.settled_pence, old.unspent_pence, old.proposed_by_id, old.proposed_at)
          is distinct from (new.id, new.grant_id, new.last_entry, new.settled_pence, new.unspent_pence, new.proposed_by_id,
              new.proposed_at))
    execute function grants_stands('stands');
create trigger not_deleted before delete on books_closing for each row execute function grants_stands('stands');
create trigger starts_proposed before insert on books_closing for each row
    when (new.status <> 'proposed') execute function grants_stands('stands');

-- A grant is closed by a closing that two people agreed on, and with nothing tasked, claimed or to be paid.
create function books_grant_closed_by_two() returns trigger language plpgsql as $$
begin
    if not exists (select from books_closing where grant_id = new.id and status = 'confirmed') then
        perform grants_refuse('a grant is closed by two people', 'books_grant_closed_by_two');
    end if;
    if (select sum(tasked + claimed + approved) from grants_budgetline where grant_id = new.id) <> 0 then
        perform grants_refuse('money of the grant is still under way', 'books_grant_closed_empty');
    end if;
    return new;
end $$;
create trigger closed_by_two before update on grants_grant for each row
    when (old.status = 'open' and new.status = 'closed') execute function books_grant_closed_by_two();
create function books_closing_closes() returns trigger language plpgsql as $$
begin
    if not exists (select from grants_grant where id = new.grant_id and status = 'closed') then
        perform grants_refuse('a confirmed closing closes its grant', 'books_closing_closes');
    end if;
    return null;
end $$;
create constraint trigger closes after update on books_closing deferrable initially deferred for each row
    when (new.status = 'confirmed') execute function books_closing_closes();

-- Records are kept six years after the financial year and after the final payment, or longer.
create function books_retention_long_enough() returns trigger language plpgsql as $$
declare
    g grants_grant;
begin
    select * into g from grants_grant where id = new.grant_id;
    if new.keep_until < make_date(extract(year from g.eligible_to + interval '9 months')::int + 6, 3, 31)
        or new.keep_until < (select max(settled_on) + interval '6 years' from claims_settlement where grant_id = g.id) then
        perform grants_refuse('records are kept for six years', 'books_retention_long_enough');
    end if;
    return new;
end $$;
create trigger long_enough before insert on books_retention
    for each row execute function books_retention_long_enough();
create trigger append_only before update or delete on books_retention
    for each row execute function audit_refuse_change();
create trigger recorded after insert or update or delete on books_closingitem
    for each row execute function audit_record_change();

-- Nothing of a closed grant changes: neither itself, nor its money, its duties, its claims, its terms.
create trigger untouched_when_closed before update on grants_grant for each row
    when (old.status = 'closed') execute function grants_stands('closed');
create function books_closed_by_grant() returns trigger language plpgsql as $$
begin
    if exists (select from grants_grant g where g.id = coalesce(new.grant_id, old.grant_id)
                 and g.status = 'closed') then
        perform grants_refuse('a closed grant is only read', 'grants_grant_closed');
    end if;
    return coalesce(new, old);
end $$;
create trigger closed_stands before insert or update or delete on grants_authority
    for each row execute function books_closed_by_grant();
create trigger closed_stands before insert or update or delete on grants_agencyagreement
    for each row execute function books_closed_by_grant();
create trigger closed_stands before insert or update or delete on grants_ownforecast
    for each row execute function books_closed_by_grant();
create trigger closed_stands before insert or update or delete on grants_termschange
    for each row execute function books_closed_by_grant();
create trigger closed_stands before insert or update or delete on tasking_enquiry
    for each row execute function books_closed_by_grant();
create trigger closed_stands before insert or update or delete on claims_claim
    for each row execute function books_closed_by_grant();
create trigger closed_stands before insert or update or delete on claims_settlement
    for each row execute function books_closed_by_grant();
create trigger closed_stands before insert or update or delete on payments_batch
    for each row execute function books_closed_by_grant();
create trigger closed_stands before insert or update or delete on books_accrualrun
    for each row execute function books_closed_by_grant();
create trigger closed_stands before insert or update or delete on books_closingitem
    for each row execute function books_closed_by_grant();
create function books_closed_by_enquiry() returns trigger language plpgsql as $$
begin
    if exists (select from grants_grant g join tasking_enquiry enquiry on enquiry.grant_id = g.id
               where enquiry.id = coalesce(new.enquiry_id, old.enquiry_id)
                 and g.status = 'closed') then
        perform grants_refuse('a closed grant is only read', 'grants_grant_closed');
    end if;
    return coalesce(new, old);
end $$;
create trigger closed_stands before insert or update or delete on tasking_tasking
    for each row execute function books_closed_by_enquiry();
create function books_closed_by_tasking() returns trigger language plpgsql as $$
begin
    if exists (select from grants_grant g join tasking_enquiry enquiry on enquiry.grant_id = g.id
               join tasking_tasking tasking on tasking.enquiry_id = enquiry.id
               where tasking.id = coalesce(new.tasking_id, old.tasking_id)
                 and g.status = 'closed') then
        perform grants_refuse('a closed grant is only read', 'grants_grant_closed');
    end if;
    return coalesce(new, old);
end $$;
create trigger closed_stands before insert or update or delete on tasking_assignment
    for each row execute function books_closed_by_tasking();
create function books_closed_by_claim() returns trigger language plpgsql as $$
begin
    if exists (select from grants_grant g join claims_claim claim on claim.grant_id = g.id
               where claim.id = coalesce(new.claim_id, old.claim_id)
                 and g.status = 'closed') then
        perform grants_refuse('a closed grant is only read', 'grants_grant_closed');
    end if;
    return coalesce(new, old);
end $$;
create trigger closed_stands before insert or update or delete on claims_evidence
    for each row execute function books_closed_by_claim();
create trigger closed_stands before insert or update or delete on claims_moretime
    for each row execute function books_closed_by_claim();
create trigger closed_stands before insert or update or delete on claims_dispute
    for each row execute function books_closed_by_claim();
create trigger closed_stands before insert or update or delete on claims_freeze
    for each row execute function books_closed_by_claim();
create function books_closed_by_assignment() returns trigger language plpgsql as $$
begin
    if exists (select from grants_grant g join tasking_enquiry enquiry on enquiry.grant_id = g.id
               join tasking_tasking tasking on tasking.enquiry_id = enquiry.id
               join tasking_assignment duty on duty.tasking_id = tasking.id
               where duty.id = coalesce(new.assignment_id, old.assignment_id)
                 and g.status = 'closed') then
        perform grants_refuse('a closed grant is only read', 'grants_grant_closed');
    end if;
    return coalesce(new, old);
end $$;
create trigger closed_stands before insert or update or delete on claims_lateclaim
    for each row execute function books_closed_by_assignment();
create function books_closed_by_agreement() returns trigger language plpgsql as $$
begin
    if exists (select from grants_grant g join grants_agencyagreement agreement on agreement.grant_id = g.id
               where agreement.id = coalesce(new.agreement_id, old.agreement_id)
                 and g.status = 'closed') then
        perform grants_refuse('a closed grant is only read', 'grants_grant_closed');
    end if;
    return coalesce(new, old);
end $$;
create trigger closed_stands before insert or update or delete on grants_agencyrate
    for each row execute function books_closed_by_agreement();
create function books_closed_by_batch() returns trigger language plpgsql as $$
begin
    if exists (select from grants_grant g join payments_batch batch on batch.grant_id = g.id
               where batch.id = coalesce(new.batch_id, old.batch_id)
                 and g.status = 'closed') then
        perform grants_refuse('a closed grant is only read', 'grants_grant_closed');
    end if;
    return coalesce(new, old);
end $$;
create trigger closed_stands before insert or update or delete on payments_batchline
    for each row execute function books_closed_by_batch();
do $$
declare name text;
begin
    foreach name in array array['books_grant_closed_by_two()', 'books_closing_closes()', 'books_retention_long_enough()',
                                'books_closed_by_grant()', 'books_closed_by_enquiry()', 'books_closed_by_tasking()',
                                'books_closed_by_claim()', 'books_closed_by_assignment()', 'books_closed_by_agreement()',
                                'books_closed_by_batch()'] loop
        execute format('alter function %s set search_path = %I, pg_temp', name, current_schema());
    end loop;
end $$;
"""
UNDO = """
drop trigger closed_stands on grants_authority;
drop trigger closed_stands on grants_agencyagreement;
drop trigger closed_stands on grants_ownforecast;
drop trigger closed_stands on grants_termschange;
drop trigger closed_stands on tasking_enquiry;
drop trigger closed_stands on claims_claim;
drop trigger closed_stands on claims_settlement;
drop trigger closed_stands on payments_batch;
drop trigger closed_stands on books_accrualrun;
drop trigger closed_stands on books_closingitem;
drop function books_closed_by_grant();
drop trigger closed_stands on tasking_tasking;
drop function books_closed_by_enquiry();
drop trigger closed_stands on tasking_assignment;
drop function books_closed_by_tasking();
drop trigger closed_stands on claims_evidence;
drop trigger closed_stands on claims_moretime;
drop trigger closed_stands on claims_dispute;
drop trigger closed_stands on claims_freeze;
drop function books_closed_by_claim();
drop trigger closed_stands on claims_lateclaim;
drop function books_closed_by_assignment();
drop trigger closed_stands on grants_agencyrate;
drop function books_closed_by_agreement();
drop trigger closed_stands on payments_batchline;
drop function books_closed_by_batch();
drop trigger untouched_when_closed on grants_grant;
drop trigger recorded on books_closingitem;
drop trigger append_only on books_retention;
drop trigger long_enough on books_retention;
drop function books_retention_long_enough();
drop trigger closes on books_closing;
drop function books_closing_closes();
drop trigger closed_by_two on grants_grant;
drop function books_grant_closed_by_two();
drop trigger starts_proposed on books_closing;
drop trigger not_deleted on books_closing;
drop trigger stands on books_closing;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("books", "0002_periods"),
        ("claims", "0010_parts"),
        ("grants", "0013_planning"),
        ("payments", "0001_batches"),
        ("tasking", "0010_claimed_again"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Closing",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("proposed", "Proposed, to be confirmed"),
                            ("confirmed", "Confirmed: closed"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        default="proposed",
                        max_length=9,
                    ),
                ),
                (
                    "last_entry",
                    models.PositiveIntegerField(
                        help_text="The grant's last ledger entry when it was proposed."
                    ),
                ),
                ("settled_pence", models.BigIntegerField(help_text="What was paid from the grant.")),
                ("unspent_pence", models.BigIntegerField(help_text="What was left of the award.")),
                (
                    "checklist",
                    models.JSONField(
                        help_text="The checklist as it stood: each item, its owner, what showed it."
                    ),
                ),
                ("proposed_at", models.DateTimeField()),
                ("confirmed_at", models.DateTimeField(null=True)),
                ("closed_on", models.DateField(help_text="The business date.", null=True)),
                ("withdrawn_at", models.DateTimeField(null=True)),
                ("withdrawn_because", models.TextField(blank=True)),
                (
                    "confirmed_by",
                    models.ForeignKey(
                        null=True,
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
                        related_name="closings",
                        to="grants.grant",
                    ),
                ),
                (
                    "proposed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "withdrawn_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "closing of a grant",
                "verbose_name_plural": "closings of grants",
                "ordering": ("-id",),
                "permissions": (
                    ("close_grant", "Works the closing checklist, proposes and confirms closing a grant"),
                ),
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("status", "withdrawn"), _negated=True),
                        fields=("grant",),
                        name="books_closing_one_a_grant",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("confirmed_by__isnull", True),
                            models.Q(("confirmed_by", models.F("proposed_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="books_closing_two_people",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("closed_on__isnull", False),
                                ("confirmed_at__isnull", False),
                                ("confirmed_by__isnull", False),
                                ("status", "confirmed"),
                            ),
                            models.Q(
                                models.Q(("status", "confirmed"), _negated=True),
                                ("closed_on__isnull", True),
                                ("confirmed_at__isnull", True),
                                ("confirmed_by__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="books_closing_confirmed_whole",
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
                        name="books_closing_withdrawn_whole",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ClosingItem",
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
                        choices=[
                            ("claims", "Claims closed"),
                            ("commitments", "Commitments released"),
                            ("payroll", "Payroll batches paid"),
                            ("invoices", "Agencies’ invoices in and paid"),
                            ("reconciliation", "Books reconciled, periods closed"),
                            ("outturn", "Outturn statement certified"),
                            ("usage", "Statement of Grant Usage certified"),
                            ("equality", "Equality review"),
                            ("evaluation", "Evaluation of the pilot"),
                            ("retention", "Retention set"),
                        ],
                        max_length=14,
                    ),
                ),
                ("due_on", models.DateField(null=True)),
                ("done_on", models.DateField(help_text="The day on which it was done.", null=True)),
                (
                    "evidence",
                    models.CharField(
                        blank=True, help_text="What shows it and where it lies.", max_length=300
                    ),
                ),
                ("signed_at", models.DateTimeField(null=True)),
                (
                    "grant",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="closing_items",
                        to="grants.grant",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "signed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "item of a closing checklist",
                "verbose_name_plural": "items of closing checklists",
                "ordering": ("grant", "id"),
                "constraints": [
                    models.UniqueConstraint(fields=("grant", "kind"), name="books_closingitem_once_a_grant"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("due_on__isnull", True), ("owner__isnull", True)),
                            models.Q(("due_on__isnull", False), ("owner__isnull", False)),
                            _connector="OR",
                        ),
                        name="books_closingitem_owner_with_a_date",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("done_on__isnull", True),
                                ("evidence", ""),
                                ("signed_at__isnull", True),
                                ("signed_by__isnull", True),
                            ),
                            models.Q(
                                ("done_on__isnull", False),
                                ("kind__in", ("outturn", "usage", "equality", "evaluation")),
                                ("signed_at__isnull", False),
                                ("signed_by__isnull", False),
                                models.Q(("evidence", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="books_closingitem_signed_whole",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Retention",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "final_payment_on",
                    models.DateField(help_text="The last day on which a claim was paid.", null=True),
                ),
                ("keep_until", models.DateField(help_text="The last day; kept longer while on legal hold.")),
                (
                    "legal_hold",
                    models.BooleanField(default=False, help_text="Nothing is destroyed while it lasts."),
                ),
                (
                    "reason",
                    models.CharField(help_text="Why then, or what the legal hold is for.", max_length=500),
                ),
                ("set_at", models.DateTimeField()),
                (
                    "grant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="retentions",
                        to="grants.grant",
                    ),
                ),
                (
                    "set_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "retention of records",
                "verbose_name_plural": "retention of records",
                "ordering": ("-id",),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True), name="books_retention_says_why"
                    )
                ],
            },
        ),
        migrations.RunSQL(CLOSING, UNDO),
    ]
