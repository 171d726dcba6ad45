"""Pay is that of a point in a dated pay table, which two people put on record; it is typed nowhere else."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# What stood as an amount beside a rank becomes a point of a table that somebody has to confirm.
CARRY_OVER = """
insert into accounts_paytable (valid_from, source, recorded_by_id)
select min(held_from), 'Carried over from the pay that stood beside each rank', (select min(id) from accounts_user)
from accounts_rankheld where annual_pay_pence is not null having count(*) > 0;
insert into accounts_paypoint (pay_table_id, rank, scale, point, annual_pay_pence, status)
select distinct (select id from accounts_paytable), rank, 'carried_over', (annual_pay_pence / 100.0)::numeric(12, 2)::text,
       annual_pay_pence, 'unverified'
from accounts_rankheld where annual_pay_pence is not null;
update accounts_rankheld set scale = 'carried_over', point = (annual_pay_pence / 100.0)::numeric(12, 2)::text
where annual_pay_pence is not null;
set constraints all immediate;
"""
STAND = """
create function accounts_confirmed_stands() returns trigger language plpgsql as $$
begin
    raise exception 'what two people put on record stands: % is followed by a later one', tg_table_name
        using errcode = 'restrict_violation', constraint = tg_table_name || '_stands';
end $$;
create trigger stands before update or delete on accounts_paytable for each row
    when (old.confirmed_by_id is not null) execute function accounts_confirmed_stands();
create function accounts_paypoint_stands() returns trigger language plpgsql as $$
begin
    if exists (select from accounts_paytable where confirmed_by_id is not null
               and id in (case when tg_op <> 'INSERT' then old.pay_table_id end,
                          case when tg_op <> 'DELETE' then new.pay_table_id end)) then
        raise exception 'the points of a confirmed table stand'
            using errcode = 'restrict_violation', constraint = 'accounts_paypoint_stands';
    end if;
    return coalesce(new, old);
end $$;
create trigger stands before insert or update or delete on accounts_paypoint
    for each row execute function accounts_paypoint_stands();
do $$
begin
    execute format('alter function accounts_paypoint_stands() set search_path = %I, pg_temp', current_schema());
end $$;
create trigger recorded after insert or update or delete on accounts_paytable
    for each row execute function audit_record_change();
create trigger recorded after insert or update or delete on accounts_paypoint
    for each row execute function audit_record_change();
"""
UNDO = """
drop trigger recorded on accounts_paypoint;
drop trigger recorded on accounts_paytable;
drop trigger stands on accounts_paypoint;
drop function accounts_paypoint_stands();
drop trigger stands on accounts_paytable;
drop function accounts_confirmed_stands();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_draft"),
        ("audit", "0003_changes"),
    ]

    operations = [
        migrations.CreateModel(
            name="PayPoint",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "rank",
                    models.CharField(
                        choices=[
                            ("constable", "Constable"),
                            ("sergeant", "Sergeant"),
                            ("inspector", "Inspector"),
                            ("chief_inspector", "Chief inspector"),
                            ("superintendent", "Superintendent or above"),
                            ("agency_grade", "Grade of another agency"),
                        ],
                        max_length=16,
                    ),
                ),
                ("scale", models.CharField(max_length=40)),
                ("point", models.CharField(max_length=20)),
                ("annual_pay_pence", models.BigIntegerField(help_text="Annual basic pay in pence.")),
                ("status", models.CharField(help_text="Sourced, weakly sourced, unverified.", max_length=40)),
            ],
            options={
                "ordering": ("id",),
            },
        ),
        migrations.CreateModel(
            name="PayTable",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("valid_from", models.DateField()),
                (
                    "source",
                    models.CharField(
                        help_text="Where the figures are from: circular, determination.", max_length=200
                    ),
                ),
            ],
            options={
                "ordering": ("-valid_from", "-id"),
            },
        ),
        migrations.AddField(
            model_name="rankheld",
            name="point",
            field=models.CharField(blank=True, help_text="Point of the scale.", max_length=20),
        ),
        migrations.AddField(
            model_name="rankheld",
            name="scale",
            field=models.CharField(
                blank=True, help_text="Pay scale; empty for other agencies.", max_length=40
            ),
        ),
        migrations.AddConstraint(
            model_name="rankheld",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("point", ""), ("scale", "")),
                    models.Q(
                        models.Q(("scale", ""), _negated=True),
                        models.Q(("point", ""), _negated=True),
                        models.Q(("rank", "agency_grade"), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="accounts_rankheld_point_of_scale",
            ),
        ),
        migrations.AddField(
            model_name="paytable",
            name="confirmed_by",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="paytable",
            name="recorded_by",
            field=models.ForeignKey(
                editable=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="paypoint",
            name="pay_table",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="points", to="accounts.paytable"
            ),
        ),
        migrations.AddConstraint(
            model_name="paytable",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("confirmed_by__isnull", True),
                    models.Q(("confirmed_by", models.F("recorded_by")), _negated=True),
                    _connector="OR",
                ),
                name="accounts_paytable_two_people",
            ),
        ),
        migrations.AddConstraint(
            model_name="paypoint",
            constraint=models.UniqueConstraint(
                fields=("pay_table", "scale", "point"), name="accounts_paypoint_once_a_table"
            ),
        ),
        migrations.AddConstraint(
            model_name="paypoint",
            constraint=models.CheckConstraint(
                condition=models.Q(("annual_pay_pence__gt", 0)), name="accounts_paypoint_pay_positive"
            ),
        ),
        migrations.RunSQL(CARRY_OVER, migrations.RunSQL.noop),
        migrations.RemoveConstraint(
            model_name="rankheld",
            name="accounts_rankheld_pay_positive",
        ),
        migrations.RemoveField(
            model_name="rankheld",
            name="annual_pay_pence",
        ),
        migrations.RunSQL(STAND, UNDO),
    ]
