"""What was worked and not paid at the end of a day, frozen; the database keeps what was frozen."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

ACCRUALS = """
-- A line says what stands on the ladder for its duty at that moment, and its accrual is not confirmed yet.
create function books_accrualline_says_its_duty() returns trigger language plpgsql as $$
begin
    if not exists (
        select from books_accrualrun run
        join tasking_assignment duty on duty.id = new.assignment_id
        join tasking_tasking tasking on tasking.id = duty.tasking_id
        join tasking_enquiry enquiry on enquiry.id = tasking.enquiry_id
        where run.id = new.run_id and run.status = 'drawn' and enquiry.grant_id = run.grant_id
          and (new.enquiry_id, new.agency_id, new.duty_on, new.pence)
              = (enquiry.id, duty.agency_id, duty.duty_on, duty.committed_pence)
          and duty.duty_on <= run.as_at)
        or new.claim_id is not null and not exists (
            select from claims_claim where id = new.claim_id and assignment_id = new.assignment_id) then
        perform grants_refuse('a line of an accrual says what stands for its duty', 'books_accrualline_says_its_duty');
    end if;
    return new;
end $$;
create trigger says_its_duty before insert on books_accrualline
    for each row execute function books_accrualline_says_its_duty();
create trigger append_only before update or delete on books_accrualline
    for each row execute function audit_refuse_change();

-- Checked at commit: the lines are as many and come to as much as their accrual says; none is added later.
create function books_accrualrun_adds_up() returns trigger language plpgsql as $$
begin
    if not exists (select from books_accrualline where run_id = new.id
                   having (count(*), coalesce(sum(pence), 0)) = (new.line_count, new.pence)) then
        perform grants_refuse('the lines do not come to the control total', 'books_accrualrun_adds_up');
    end if;
    return null;
end $$;
create constraint trigger adds_up after insert on books_accrualrun
    deferrable initially deferred for each row execute function books_accrualrun_adds_up();
create function books_accrualline_no_more() returns trigger language plpgsql as $$
begin
    if exists (select from books_accrualrun run
               where run.id in (select run_id from added)
                 and run.line_count < (select count(*) from books_accrualline where run_id = run.id)) then
        perform grants_refuse('an accrual has the lines it was drawn up with', 'books_accrualrun_adds_up');
    end if;
    return null;
end $$;
create trigger drawn_up_whole after insert on books_accrualline referencing new table as added
    for each statement execute function books_accrualline_no_more();

-- A second person confirms it, or it is withdrawn; nothing else of it changes.
create trigger stands before update on books_accrualrun for each row
    when (old.status <> 'drawn'
          or (old.id, old.grant_id, old.number, old.as_at, old.last_entry, old.line_count, old.pence, old.drawn_by_id,
              old.drawn_at)
          is distinct from (new.id, new.grant_id, new.number, new.as_at, new.last_entry, new.line_count, new.pence,
              new.drawn_by_id, new.drawn_at))
    execute function grants_stands('stands');
create trigger not_deleted before delete on books_accrualrun for each row execute function grants_stands('stands');
do $$
declare name text;
begin
    foreach name in array array['books_accrualline_says_its_duty()', 'books_accrualrun_adds_up()',
                                'books_accrualline_no_more()'] loop
        execute format('alter function %s set search_path = %I, pg_temp', name, current_schema());
    end loop;
end $$;
"""
UNDO = """
drop trigger not_deleted on books_accrualrun;
drop trigger stands on books_accrualrun;
drop trigger drawn_up_whole on books_accrualline;
drop function books_accrualline_no_more();
drop trigger adds_up on books_accrualrun;
drop function books_accrualrun_adds_up();
drop trigger append_only on books_accrualline;
drop trigger says_its_duty on books_accrualline;
drop function books_accrualline_says_its_duty();
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0004_points_stand"),
        ("claims", "0010_parts"),
        ("grants", "0011_claim_basis"),
        ("tasking", "0010_claimed_again"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="AccrualRun",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "number",
                    models.PositiveIntegerField(help_text="Counts the accruals of a grant without a gap."),
                ),
                ("as_at", models.DateField(help_text="The last day of the duties in it.")),
                (
                    "last_entry",
                    models.PositiveIntegerField(
                        help_text="The grant's last ledger entry when it was drawn up."
                    ),
                ),
                ("line_count", models.PositiveIntegerField()),
                ("pence", models.BigIntegerField(help_text="Control total.")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("drawn", "Drawn up, to be confirmed"),
                            ("confirmed", "Confirmed"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        default="drawn",
                        max_length=9,
                    ),
                ),
                ("drawn_at", models.DateTimeField()),
                ("confirmed_at", models.DateTimeField(null=True)),
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
                    "drawn_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "grant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="accrual_runs",
                        to="grants.grant",
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
                "verbose_name": "accrual",
                "ordering": ("-id",),
                "permissions": (("draw_accrual", "Draws up and confirms accruals"),),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("grant", "number"), name="books_accrualrun_number_in_grant"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("status", "withdrawn"), _negated=True),
                        fields=("grant", "as_at"),
                        name="books_accrualrun_one_for_a_day",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("pence__gte", 0)), name="books_accrualrun_pence_not_negative"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("confirmed_by__isnull", True),
                            models.Q(("confirmed_by", models.F("drawn_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="books_accrualrun_two_people",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("confirmed_at__isnull", True),
                                ("confirmed_by__isnull", True),
                                ("status", "drawn"),
                                ("withdrawn_at__isnull", True),
                                ("withdrawn_because", ""),
                                ("withdrawn_by__isnull", True),
                            ),
                            models.Q(
                                ("confirmed_at__isnull", False),
                                ("confirmed_by__isnull", False),
                                ("status", "confirmed"),
                                ("withdrawn_at__isnull", True),
                                ("withdrawn_because", ""),
                                ("withdrawn_by__isnull", True),
                            ),
                            models.Q(
                                ("confirmed_at__isnull", True),
                                ("confirmed_by__isnull", True),
                                ("status", "withdrawn"),
                                ("withdrawn_at__isnull", False),
                                ("withdrawn_by__isnull", False),
                                models.Q(("withdrawn_because", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="books_accrualrun_steps_have_their_people",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="AccrualLine",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("duty_on", models.DateField()),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("unclaimed", "Tasked and past, not claimed"),
                            ("unapproved", "Claimed, not approved"),
                            ("unpaid", "Approved, not paid"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "basis",
                    models.CharField(
                        choices=[
                            ("certified", "Certified"),
                            ("stated", "Stated, not certified"),
                            ("estimated", "Estimated"),
                        ],
                        max_length=9,
                    ),
                ),
                (
                    "minutes",
                    models.PositiveIntegerField(
                        help_text="As claimed; where nothing is claimed, as authorised."
                    ),
                ),
                (
                    "pence",
                    models.BigIntegerField(help_text="What stood on the ladder for it, on-cost included."),
                ),
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
                    "assignment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="accrual_lines",
                        to="tasking.assignment",
                    ),
                ),
                (
                    "claim",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="accrual_lines",
                        to="claims.claim",
                    ),
                ),
                (
                    "enquiry",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tasking.enquiry",
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="lines",
                        to="books.accrualrun",
                    ),
                ),
            ],
            options={
                "verbose_name": "line of an accrual",
                "verbose_name_plural": "lines of accruals",
                "ordering": ("run", "duty_on", "id"),
                "indexes": [
                    models.Index(fields=["run", "duty_on", "id"], name="books_accrualline_in_order"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("run", "assignment"), name="books_accrualline_duty_once"),
                    models.CheckConstraint(
                        condition=models.Q(("pence__gt", 0)), name="books_accrualline_pence_positive"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("basis", "estimated"), ("claim__isnull", True), ("kind", "unclaimed")),
                            models.Q(("claim__isnull", False), ("kind", "unapproved")),
                            models.Q(("basis", "certified"), ("claim__isnull", False), ("kind", "unpaid")),
                            _connector="OR",
                        ),
                        name="books_accrualline_kind_has_its_basis",
                    ),
                ],
            },
        ),
        migrations.RunSQL(ACCRUALS, UNDO),
    ]
