"""An invoice may charge a line less, or more by no more than is tolerated; what was paid stands on its line."""

from django.db import migrations, models

STAND = """
-- What is tolerated on an invoice was confirmed by two people before.
create function payments_invoice_tolerates() returns trigger language plpgsql as $$
begin
    if not exists (
        select from payments_tolerance where grant_id = new.grant_id and confirmed_by_id is not null
            and pence >= new.tolerance_pence) then
        perform claims_refuse('nobody confirmed that so much is tolerated', 'payments_invoice_tolerance_confirmed');
    end if;
    return new;
end $$;
create trigger tolerates before insert on payments_invoice for each row
    when (new.tolerance_pence > 0) execute function payments_invoice_tolerates();

-- Checked at commit: lines, credits and status of an invoice say the same, and so does what was paid. A line
-- can be paid that charges no more than the statement says and what is tolerated. The claims are settled as
-- they were calculated; what was charged stands on the line of the statement.
create or replace function payments_invoice_adds_up() returns trigger language plpgsql as $$
declare
    invoice payments_invoice;
    charged bigint; calculated bigint; credited bigint; matched boolean; borne boolean; expected text;
begin
    select * into invoice from payments_invoice where id = coalesce(
        (to_jsonb(new) ->> 'invoice_id')::bigint,
        (select invoice_id from payments_creditnote where id = (to_jsonb(new) ->> 'credit_note_id')::bigint), new.id);
    select coalesce(sum(line.charged_pence), 0), coalesce(sum(line.credited_pence), 0),
           coalesce(sum(stated.pence) filter (where line.charged_pence > line.credited_pence), 0),
           coalesce(bool_and(line.charged_pence = line.credited_pence
                             or stated.id is not null
                             and line.charged_pence - line.credited_pence <= stated.pence + invoice.tolerance_pence),
                    false),
           bool_and(line.pence = least(line.charged_pence - line.credited_pence, coalesce(stated.pence, 0)))
        into charged, credited, calculated, matched, borne
        from payments_invoiceline line left join payments_batchline stated on stated.id = line.batch_line_id
        where line.invoice_id = invoice.id;
    matched := coalesce(matched, false);
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
    if invoice.status <> expected or not borne or invoice.status = 'paid' and not (matched and charged > credited) then
        perform claims_refuse('the invoice is not what it says', 'payments_invoice_is_what_it_says');
    end if;
    if invoice.settlement_id is not null and (
        not exists (
            select from claims_settlement where id = invoice.settlement_id and reference = invoice.number
                and grant_id = invoice.grant_id and agency_id = invoice.agency_id and pence = calculated)
        or exists (
            select from payments_invoiceline line
            join payments_batchline stated on stated.id = line.batch_line_id
            join claims_claim claim on claim.id = stated.claim_id
            where line.invoice_id = invoice.id and line.charged_pence > line.credited_pence
              and (claim.settlement_id is distinct from invoice.settlement_id
                   or stated.paid_pence is distinct from line.charged_pence - line.credited_pence))) then
        perform claims_refuse('what was paid is not what was matched', 'payments_invoice_paid_as_matched');
    end if;
    return null;
end $$;

do $$
declare name text;
begin
    foreach name in array array['payments_invoice_tolerates()', 'payments_invoice_adds_up()'] loop
        execute format('alter function %s set search_path = %I, pg_temp', name, current_schema());
    end loop;
end $$;

-- What was disputed only because it charges less can be paid.
update payments_invoice invoice set status = 'matched' where status = 'disputed' and not exists (
    select from payments_invoiceline line where invoice_id = invoice.id
        and charged_pence - credited_pence > pence);
"""

UNDO = """
drop trigger tolerates on payments_invoice;
drop function payments_invoice_tolerates();
create or replace function payments_invoice_adds_up() returns trigger language plpgsql as $$
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
"""


class Migration(migrations.Migration):
    dependencies = [("payments", "0002_invoices")]

    operations = [
        migrations.AddField(
            model_name="invoice",
            name="tolerance_pence",
            field=models.PositiveIntegerField(
                default=0,
                db_default=0,
                help_text="Up to how much a line may be charged above the statement: as it was when recorded.",
            ),
        ),
        migrations.RunSQL(STAND, UNDO),
    ]
