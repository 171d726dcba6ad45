"""Periods of the books: what is posted on days that are closed for good is refused by the ledger itself."""

import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

PERIODS = """
-- One look at the few periods that are not open. It runs after post_entry (triggers go by name), which holds the
-- grant: whoever closes a period waits for entries on their way, and entries wait for whoever closes.
create function grants_period_is_open() returns trigger language plpgsql as $$
declare
    p grants_period;
begin
    select * into p from grants_period
    where grant_id = new.grant_id and state <> 'open' and ends_on >= new.posted_on
      and (state = 'hard' or starts_on <= new.posted_on)
    order by state limit 1;
    if p.state = 'hard' then
        perform grants_refuse('that day lies in or before a period closed for good', 'grants_ledgerentry_period_closed');
    elsif p.state = 'soft' and new.kind not in
        ('settlement', 'reversal', 'rejection', 'release', 'supplement', 'reduction') then
        perform grants_refuse('the period is soft-closed', 'grants_ledgerentry_period_soft');
    end if;
    return new;
end $$;
create trigger refused_when_closed before insert on grants_ledgerentry
    for each row execute function grants_period_is_open();

-- Open, soft-closed, open again or closed for good; then it stands. An open month keeps the day on which it begins.
create function grants_period_steps() returns trigger language plpgsql as $$
begin
    perform from grants_grant where id = coalesce(new.grant_id, old.grant_id) for no key update;
    if tg_op = 'INSERT' then
        if new.state <> 'open' then
            perform grants_refuse('a period begins open', 'grants_period_steps');
        end if;
    elsif tg_op = 'DELETE' then
        if old.state <> 'open' or exists (select from grants_periodstep where period_id = old.id) then
            perform grants_refuse('a period that was closed stands', 'grants_period_stands');
        end if;
        return old;
    elsif old.state = 'hard'
        or (old.id, old.grant_id, old.number, old.starts_on, old.adjusting)
           is distinct from (new.id, new.grant_id, new.number, new.starts_on, new.adjusting)
        or new.ends_on < old.ends_on then
        perform grants_refuse('a period stands', 'grants_period_stands');
    elsif (old.state, new.state) not in (('open', 'soft'), ('soft', 'open'), ('soft', 'hard'), (old.state, old.state)) then
        perform grants_refuse('a period is closed step by step', 'grants_period_steps');
    end if;
    return new;
end $$;
create trigger steps before insert or update or delete on grants_period
    for each row execute function grants_period_steps();
create trigger append_only before update or delete on grants_periodstep
    for each row execute function audit_refuse_change();

-- The periods of grants that are open already.
insert into grants_period (grant_id, number, starts_on, ends_on, adjusting, state)
select g.id, 'P' || (extract(month from month)::int + 8) % 12 + 1, month::date,
       (month + interval '1 month - 1 day')::date, false, 'open'
from grants_grant g,
     generate_series(date_trunc('month', least(g.opened_on, g.eligible_from)::timestamp), g.eligible_to::timestamp,
                     interval '1 month') month
where g.status <> 'draft'
union all
select g.id, 'P13', (date_trunc('month', g.eligible_to::timestamp) + interval '1 month')::date, g.books_close_on, true,
       'open'
from grants_grant g
where g.status <> 'draft' and g.books_close_on >= date_trunc('month', g.eligible_to::timestamp) + interval '1 month';
do $$
declare name text;
begin
    foreach name in array array['grants_period_is_open()', 'grants_period_steps()'] loop
        execute format('alter function %s set search_path = %I, pg_temp', name, current_schema());
    end loop;
end $$;
"""
UNDO = """
drop trigger append_only on grants_periodstep;
drop trigger steps on grants_period;
drop function grants_period_steps();
drop trigger refused_when_closed on grants_ledgerentry;
drop function grants_period_is_open();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("grants", "0011_claim_basis"),
        ("audit", "0003_changes"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Period",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "number",
                    models.CharField(
                        help_text="Month of the financial year: P1 is April; P13 adjusts.", max_length=3
                    ),
                ),
                ("starts_on", models.DateField()),
                ("ends_on", models.DateField(help_text="Its last day.")),
                (
                    "adjusting",
                    models.BooleanField(default=False, help_text="After the window, until the books close."),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "Open"), ("soft", "Soft-closed"), ("hard", "Closed for good")],
                        default="open",
                        max_length=4,
                    ),
                ),
                (
                    "closed_on",
                    models.DateField(
                        help_text="The business date on which it was closed for good.", null=True
                    ),
                ),
                (
                    "grant",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="periods",
                        to="grants.grant",
                    ),
                ),
            ],
            options={
                "ordering": ("grant", "starts_on"),
                "permissions": (
                    ("close_period", "Closes periods of the books, and opens soft-closed ones again"),
                ),
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "open"), _negated=True),
                        fields=["grant", "ends_on"],
                        name="grants_period_not_open",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("grant", "starts_on"), name="grants_period_starts_once"),
                    models.CheckConstraint(
                        condition=models.Q(("ends_on__gte", models.F("starts_on"))),
                        name="grants_period_dates_in_order",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("closed_on__gt", models.F("ends_on")), ("state", "hard")),
                            models.Q(models.Q(("state", "hard"), _negated=True), ("closed_on__isnull", True)),
                            _connector="OR",
                        ),
                        name="grants_period_closed_after_its_end",
                    ),
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        expressions=(
                            (
                                models.Func(
                                    models.F("grant_id"),
                                    models.F("grant_id"),
                                    models.Value("[]"),
                                    function="int8range",
                                ),
                                "&&",
                            ),
                            (
                                models.Func(
                                    models.F("starts_on"),
                                    models.F("ends_on"),
                                    models.Value("[]"),
                                    function="daterange",
                                ),
                                "&&",
                            ),
                        ),
                        name="grants_period_no_overlap",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PeriodStep",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "Open"), ("soft", "Soft-closed"), ("hard", "Closed for good")],
                        help_text="What it was from then on.",
                        max_length=4,
                    ),
                ),
                ("at", models.DateTimeField()),
                ("recorded_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("reason", models.CharField(max_length=500)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "period",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="steps", to="grants.period"
                    ),
                ),
            ],
            options={
                "verbose_name": "step of a period",
                "verbose_name_plural": "steps of periods",
                "ordering": ("id",),
            },
        ),
        migrations.RunSQL(PERIODS, UNDO),
    ]
