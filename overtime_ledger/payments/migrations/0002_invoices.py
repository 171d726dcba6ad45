"""Invoices of agencies, their lines and credit notes, and what the database holds them to."""

import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models

STAND = """
-- An invoice stands as it was recorded; credit notes and the payment are added to it.
create function payments_invoice_stands() returns trigger language plpgsql as $$
declare
    later constant text[] := '{status,paid_on,paid_by_id,paid_at,settlement_id}';
begin
    if tg_op = 'DELETE' then
        perform claims_refuse('an invoice is credited, not deleted', 'payments_invoice_stands');
    elsif tg_op = 'INSERT' then
        if new.status not in ('disputed', 'matched') then
            perform claims_refuse('an invoice is not paid when it is recorded', 'payments_invoice_steps');
        end if;
        if not exists (
            select from payments_batch where id = new.statement_id and kind = 'statement' and status = 'sent'
                and grant_id = new.grant_id and agency_id = new.agency_id) then
            perform claims_refuse('the invoice answers no statement that was sent', 'payments_invoice_of_its_statement');
        end if;
        return new;
    end if;
    if to_jsonb(old) - later <> to_jsonb(new) - later
        or old.status in ('paid', 'credited') and old is distinct from new then
        perform claims_refuse('an invoice stands as it was recorded', 'payments_invoice_stands');
    end if;
    if old.status <> new.status and (old.status || ' ' || new.status) not in (
        'disputed matched', 'disputed credited', 'matched disputed', 'matched credited', 'matched paid') then
        perform claims_refuse('the invoice skips a step', 'payments_invoice_steps');
    end if;
    return new;
end $$;
create trigger stands before insert or update or delete on payments_invoice
    for each row execute function payments_invoice_stands();

-- Nothing is invoiced above what is certified and not invoiced yet. The line is locked: two invoices wait for each other.
create function payments_invoiceline_stands() returns trigger language plpgsql as $$
declare
    stated payments_batchline;
    other bigint;
begin
    if tg_op = 'DELETE' then
        perform claims_refuse('a line of an invoice is credited, not deleted', 'payments_invoiceline_stands');
    elsif tg_op = 'UPDATE' and (
        (old.id, old.invoice_id, old.batch_line_id, old.what, old.charged_pence)
            is distinct from (new.id, new.invoice_id, new.batch_line_id, new.what, new.charged_pence)
        or new.credited_pence < old.credited_pence or new.pence > old.pence
        or exists (select from payments_invoice where id = old.invoice_id and status in ('paid', 'credited'))) then
        perform claims_refuse('a line of an invoice is credited, not changed', 'payments_invoiceline_stands');
    end if;
    if new.batch_line_id is not null then
        select * into stated from payments_batchline where id = new.batch_line_id for no key update;
        if not exists (select from payments_invoice where id = new.invoice_id and statement_id = stated.batch_id) then
            perform claims_refuse('the line is of another statement', 'payments_invoiceline_of_its_statement');
        end if;
        select coalesce(sum(line.pence), 0) into other from payments_invoiceline line
            join payments_invoice invoice on invoice.id = line.invoice_id
            where line.batch_line_id = new.batch_line_id and line.id <> new.id and invoice.status <> 'credited';
        if new.pence + other > stated.pence then
            perform claims_refuse('more is invoiced than was certified', 'payments_invoiceline_within_statement');
        end if;
    end if;
    return new;
end $$;
create trigger stands before insert or update or delete on payments_invoiceline
    for each row execute function payments_invoiceline_stands();

create trigger append_only before update or delete on payments_creditnote
    for each row execute function audit_refuse_change();
create trigger append_only before update or delete on payments_creditline
    for each row execute function audit_refuse_change();

-- Checked at commit: lines, credits and status of an invoice say the same, and so does what was paid.
create function payments_invoice_adds_up() returns trigger language plpgsql as $$
declare
    invoice payments_invoice;
    charged bigint; borne bigint; credited bigint; matched boolean; expected text;
begin
    select * into invoice from payments_invoice where id = coalesce(
        (to_jsonb(new) ->> 'invoice_id')::bigint,
        (select invoice_id from payments_creditnote where id = (to_jsonb(new) ->> 'credit_note_id')::bigint), new.id);
    select coalesce(sum(line.charged_pence), 0), coalesce(sum(line.pence), 0), coalesce(sum(line.credited_pence), 0),
           coalesce(bool_and(line.charged_pence = line.pence + line.credited_pence
                             and line.pence in (0, coalesce(stated.pence, 0))), false)
        into charged, borne, credited, matched
        from payments_invoiceline line left join payments_batchline stated on stated.id = line.batch_line_id
        where line.invoice_id = invoice.id;
    if charged <> invoice.net_pence then
        perform claims_refuse('the lines of the invoice do not add up to its net', 'payments_invoice_adds_up');
    end if;
    if exists (
        select from payments_invoiceline line where line.invoice_id = invoice.id and line.credited_pence <>
            (select coalesce(sum(pence), 0) from payments_creditline where line_id = line.id))
        or exists (
        select from payments_creditnote note where note.invoice_id = invoice.id and note.net_pence <>
            (select coalesce(sum(credit.pence), 0) from payments_creditline credit
             join payments_invoiceline line on line.id = credit.line_id and line.invoice_id = invoice.id
             where credit.credit_note_id = note.id)) then
        perform claims_refuse('the credit notes do not add up', 'payments_creditnote_adds_up');
    end if;
    expected := case when invoice.settlement_id is not null then 'paid' when credited = charged then 'credited'
                     when matched then 'matched' else 'disputed' end;
    if invoice.status <> expected or invoice.status = 'paid' and not (matched and borne > 0) then
        perform claims_refuse('the invoice is not what it says', 'payments_invoice_is_what_it_says');
    end if;
    if invoice.settlement_id is not null and (
        not exists (
            select from claims_settlement where id = invoice.settlement_id and reference = invoice.number
                and grant_id = invoice.grant_id and agency_id = invoice.agency_id and pence = borne)
        or exists (
            select from payments_invoiceline line
            join payments_batchline stated on stated.id = line.batch_line_id
            join claims_claim claim on claim.id = stated.claim_id
            where line.invoice_id = invoice.id and line.pence > 0
              and claim.settlement_id is distinct from invoice.settlement_id)) then
        perform claims_refuse('what was paid is not what was matched', 'payments_invoice_paid_as_matched');
    end if;
    return null;
end $$;
create constraint trigger adds_up after insert or update on payments_invoice
    deferrable initially deferred for each row execute function payments_invoice_adds_up();
create constraint trigger adds_up after insert or update on payments_invoiceline
    deferrable initially deferred for each row execute function payments_invoice_adds_up();
create constraint trigger adds_up after insert on payments_creditnote
    deferrable initially deferred for each row execute function payments_invoice_adds_up();
create constraint trigger adds_up after insert on payments_creditline
    deferrable initially deferred for each row execute function payments_invoice_adds_up();

-- What an invoice charges stays on its statement until it is credited; a statement is paid by its invoice.
create function payments_batchline_not_invoiced() returns trigger language plpgsql as $$
begin
    if exists (
        select from payments_invoiceline line join payments_invoice invoice on invoice.id = line.invoice_id
        where line.batch_line_id = new.id and line.pence > 0 and invoice.status in ('disputed', 'matched')) then
        perform claims_refuse('the line is invoiced', 'payments_batchline_not_invoiced');
    end if;
    return new;
end $$;
create trigger not_invoiced before update on payments_batchline for each row
    when (old.live and not new.live) execute function payments_batchline_not_invoiced();
create function payments_statement_invoiced() returns trigger language plpgsql as $$
begin
    if new.status = 'withdrawn' and exists (
        select from payments_invoice where statement_id = new.id and status <> 'credited') then
        perform claims_refuse('the statement is invoiced', 'payments_statement_not_invoiced');
    elsif new.status = 'paid' and not exists (
        select from payments_invoice where statement_id = new.id and settlement_id = new.settlement_id) then
        perform claims_refuse('a statement is paid by its invoice', 'payments_statement_paid_by_its_invoice');
    end if;
    return null;
end $$;
create constraint trigger invoiced after update of status on payments_batch
    deferrable initially deferred for each row
    when (new.kind = 'statement' and new.status in ('withdrawn', 'paid'))
    execute function payments_statement_invoiced();

do $$
declare name text;
begin
    foreach name in array array['payments_invoice_stands()', 'payments_invoiceline_stands()', 'payments_invoice_adds_up()',
                                'payments_batchline_not_invoiced()', 'payments_statement_invoiced()'] loop
        execute format('alter function %s set search_path = %I, pg_temp', name, current_schema());
    end loop;
end $$;
"""
UNDO = """
drop trigger invoiced on payments_batch;
drop function payments_statement_invoiced();
drop trigger not_invoiced on payments_batchline;
drop function payments_batchline_not_invoiced();
drop trigger adds_up on payments_creditline;
drop trigger adds_up on payments_creditnote;
drop trigger adds_up on payments_invoiceline;
drop trigger adds_up on payments_invoice;
drop function payments_invoice_adds_up();
drop trigger append_only on payments_creditline;
drop trigger append_only on payments_creditnote;
drop trigger stands on payments_invoiceline;
drop function payments_invoiceline_stands();
drop trigger stands on payments_invoice;
drop function payments_invoice_stands();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_points_stand"),
        ("claims", "0010_parts"),
        ("grants", "0010_terms_change"),
        ("payments", "0001_batches"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="batch",
            name="cost_code",
            field=models.CharField(
                blank=True,
                db_default="",
                help_text="Statements: what the invoice is to quote.",
                max_length=40,
            ),
        ),
        migrations.AddField(
            model_name="batch",
            name="purchase_order",
            field=models.CharField(
                blank=True,
                db_default="",
                help_text="Statements: what the invoice is to quote.",
                max_length=40,
            ),
        ),
        migrations.CreateModel(
            name="Invoice",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.CharField(help_text="As the agency numbers it.", max_length=40)),
                ("dated_on", models.DateField()),
                ("received_on", models.DateField()),
                ("purchase_order", models.CharField(blank=True, max_length=40)),
                ("cost_code", models.CharField(blank=True, max_length=40)),
                (
                    "vat_code",
                    models.CharField(
                        choices=[
                            ("O", "No VAT: outside the scope"),
                            ("E", "Exempt"),
                            ("Z", "Zero rate, 0%"),
                            ("S", "Standard rate, 20%"),
                        ],
                        default="O",
                        max_length=1,
                    ),
                ),
                ("net_pence", models.BigIntegerField(help_text="What the invoice charges without VAT.")),
                ("vat_pence", models.BigIntegerField(default=0, help_text="Outside the grant.")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("disputed", "Differences disputed"),
                            ("matched", "Matched, to be paid"),
                            ("paid", "Paid"),
                            ("credited", "Credited in full"),
                        ],
                        max_length=8,
                    ),
                ),
                (
                    "dispute",
                    models.TextField(
                        blank=True, help_text="What the agency was asked about its differences."
                    ),
                ),
                ("recorded_at", models.DateTimeField()),
                ("paid_on", models.DateField(help_text="The day on which the money left.", null=True)),
                ("paid_at", models.DateTimeField(null=True)),
                (
                    "agency",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="invoices",
                        to="accounts.agency",
                    ),
                ),
                (
                    "grant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="invoices",
                        to="grants.grant",
                    ),
                ),
                (
                    "paid_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
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
                        related_name="invoice",
                        to="claims.settlement",
                    ),
                ),
                (
                    "statement",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="invoices",
                        to="payments.batch",
                    ),
                ),
            ],
            options={
                "ordering": ("-id",),
                "permissions": (("read_own_agency", "Reads statements and invoices of their own agency"),),
                "indexes": [
                    models.Index(fields=["agency", "-id"], name="payments_invoice_of_agency"),
                    models.Index(fields=["statement", "-id"], name="payments_invoice_of_statement"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        models.F("agency"),
                        django.db.models.functions.text.Upper("number"),
                        name="payments_invoice_number_once",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("status", "credited"), _negated=True),
                        fields=("statement",),
                        name="payments_invoice_one_live_a_statement",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("net_pence__gt", 0), ("vat_pence__gte", 0)),
                        name="payments_invoice_pence_positive",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("vat_code", "S"), ("vat_pence", 0), _connector="OR"),
                        name="payments_invoice_vat_by_its_code",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("dated_on__lte", models.F("received_on"))),
                        name="payments_invoice_dates_in_order",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("paid_by__isnull", True),
                            models.Q(("paid_by", models.F("recorded_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="payments_invoice_two_people",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("paid_at__isnull", False),
                                ("paid_by__isnull", False),
                                ("paid_on__gte", models.F("dated_on")),
                                ("settlement__isnull", False),
                                ("status", "paid"),
                            ),
                            models.Q(
                                ("paid_at__isnull", True),
                                ("paid_by__isnull", True),
                                ("paid_on__isnull", True),
                                ("settlement__isnull", True),
                                models.Q(("status", "paid"), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="payments_invoice_paid_by_settling",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="CreditNote",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.CharField(help_text="As the agency numbers it.", max_length=40)),
                ("dated_on", models.DateField()),
                ("net_pence", models.BigIntegerField()),
                ("vat_pence", models.BigIntegerField(default=0)),
                ("reason", models.TextField()),
                ("recorded_at", models.DateTimeField()),
                (
                    "agency",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.agency",
                    ),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "invoice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="credit_notes",
                        to="payments.invoice",
                    ),
                ),
            ],
            options={
                "ordering": ("id",),
                "constraints": [
                    models.UniqueConstraint(
                        models.F("agency"),
                        django.db.models.functions.text.Upper("number"),
                        name="payments_creditnote_number_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("net_pence__gt", 0), ("vat_pence__gte", 0)),
                        name="payments_creditnote_pence_positive",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="InvoiceLine",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "what",
                    models.CharField(
                        blank=True, help_text="Charged, but not on the statement.", max_length=80
                    ),
                ),
                ("charged_pence", models.BigIntegerField()),
                ("pence", models.BigIntegerField(help_text="The part that the statement bears out.")),
                ("credited_pence", models.BigIntegerField(default=0)),
                (
                    "batch_line",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="invoice_lines",
                        to="payments.batchline",
                    ),
                ),
                (
                    "invoice",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="lines",
                        to="payments.invoice",
                    ),
                ),
            ],
            options={
                "ordering": ("id",),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("invoice", "batch_line"), name="payments_invoiceline_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("charged_pence__gt", 0),
                            ("credited_pence__gte", 0),
                            ("pence__gte", 0),
                            (
                                "charged_pence__gte",
                                django.db.models.expressions.CombinedExpression(
                                    models.F("pence"), "+", models.F("credited_pence")
                                ),
                            ),
                        ),
                        name="payments_invoiceline_within_what_is_charged",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("batch_line__isnull", False), ("what", "")),
                            models.Q(
                                ("batch_line__isnull", True),
                                ("pence", 0),
                                models.Q(("what", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="payments_invoiceline_on_the_statement_or_not",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="CreditLine",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("pence", models.BigIntegerField()),
                (
                    "credit_note",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="lines",
                        to="payments.creditnote",
                    ),
                ),
                (
                    "line",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="credits",
                        to="payments.invoiceline",
                    ),
                ),
            ],
            options={
                "ordering": ("id",),
                "constraints": [
                    models.UniqueConstraint(fields=("credit_note", "line"), name="payments_creditline_once"),
                    models.CheckConstraint(
                        condition=models.Q(("pence__gt", 0)), name="payments_creditline_pence_positive"
                    ),
                ],
            },
        ),
        migrations.RunSQL(STAND, UNDO),
    ]
