"""How a grant is meant to run down: profiles, comments on variances, notices of an underspend."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

STAND = """
-- What is planned lies in the window, rises, ends on its last day and plans no more than the award.
create function grants_profile_points_fit() returns trigger language plpgsql as $$
declare
    g grants_grant;
    point jsonb;
    before_on date := '-infinity';
    before_pence bigint := 0;
begin
    select * into g from grants_grant where id = new.grant_id;
    for point in select value from jsonb_array_elements(new.points) loop
        if (point ->> 0)::date <= before_on or (point ->> 0)::date < g.eligible_from or (point ->> 1)::bigint < before_pence then
            perform grants_refuse('the points of a profile rise, day after day', 'grants_profile_points_fit');
        end if;
        before_on := (point ->> 0)::date;
        before_pence := (point ->> 1)::bigint;
    end loop;
    if before_on <> g.eligible_to or before_pence > g.amount_pence then
        perform grants_refuse('a profile ends with the window, within the award', 'grants_profile_points_fit');
    end if;
    return new;
end $$;
create trigger points_fit before insert or update on grants_profile
    for each row execute function grants_profile_points_fit();
create trigger stands before update or delete on grants_profile for each row
    when (old.confirmed_by_id is not null) execute function grants_stands('stands');
create trigger recorded after insert or update or delete on grants_profile
    for each row execute function audit_record_change();

create function grants_variancecomment_of_its_grant() returns trigger language plpgsql as $$
begin
    if new.line_id is not null and not exists (
        select from grants_budgetline where id = new.line_id and grant_id = new.grant_id) then
        perform grants_refuse('a comment is about a line of its grant', 'grants_variancecomment_of_its_grant');
    end if;
    return new;
end $$;
create trigger of_its_grant before insert on grants_variancecomment
    for each row execute function grants_variancecomment_of_its_grant();
create trigger append_only before update or delete on grants_variancecomment
    for each row execute function audit_refuse_change();

-- Of a notice only its one answer and its one end are written later, and no answer once it has ended.
create trigger stands before update on grants_underspendnotice for each row
    when (old.ended_on is not null
          or (old.id, old.grant_id, old.level, old.noticed_on, old.forecast_pence, old.award_pence, old.under_percent)
          is distinct from (new.id, new.grant_id, new.level, new.noticed_on, new.forecast_pence, new.award_pence,
              new.under_percent)
          or old.answer <> '' and (old.answer, old.reason, old.plan_by, old.answered_by_id, old.answered_on)
             is distinct from (new.answer, new.reason, new.plan_by, new.answered_by_id, new.answered_on))
    execute function grants_stands('stands');
create trigger not_deleted before delete on grants_underspendnotice
    for each row execute function grants_stands('stands');
do $$
declare
    name text;
begin
    foreach name in array '{grants_profile_points_fit(),grants_variancecomment_of_its_grant()}'::text[] loop
        execute format('alter function %s set search_path = %I, pg_temp', name, current_schema());
    end loop;
end $$;
"""
UNDO = """
drop trigger not_deleted on grants_underspendnotice;
drop trigger stands on grants_underspendnotice;
drop trigger append_only on grants_variancecomment;
drop trigger of_its_grant on grants_variancecomment;
drop function grants_variancecomment_of_its_grant();
drop trigger recorded on grants_profile;
drop trigger stands on grants_profile;
drop trigger points_fit on grants_profile;
drop function grants_profile_points_fit();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_points_stand"),
        ("grants", "0012_periods"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Profile",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "points",
                    models.JSONField(
                        help_text="Day and cumulative pence of each point, in order of the days."
                    ),
                ),
                ("reason", models.CharField(help_text="What it rests on.", max_length=500)),
                ("recorded_at", models.DateTimeField()),
                (
                    "confirmed_on",
                    models.DateField(help_text="The business date from which it is in force.", null=True),
                ),
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
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="profiles",
                        to="grants.grant",
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
            ],
            options={
                "ordering": ("-id",),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("confirmed_by__isnull", True),
                            models.Q(("confirmed_by", models.F("recorded_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="grants_profile_two_people",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("confirmed_by__isnull", True), ("confirmed_on__isnull", True)),
                            models.Q(("confirmed_by__isnull", False), ("confirmed_on__isnull", False)),
                            _connector="OR",
                        ),
                        name="grants_profile_confirmed_whole",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("confirmed_by__isnull", True)),
                        fields=("grant",),
                        name="grants_profile_one_waits",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="UnderspendNotice",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("level", models.CharField(choices=[("amber", "Amber"), ("red", "Red")], max_length=5)),
                ("noticed_on", models.DateField(help_text="The business date on which the forecast fell.")),
                (
                    "forecast_pence",
                    models.BigIntegerField(help_text="What the grant was to cost at that day's pace."),
                ),
                ("award_pence", models.BigIntegerField()),
                (
                    "under_percent",
                    models.PositiveSmallIntegerField(help_text="The level it fell under, of the award."),
                ),
                (
                    "answer",
                    models.CharField(
                        blank=True,
                        choices=[("plan", "A plan to spend it"), ("accept", "The underspend is accepted")],
                        max_length=6,
                    ),
                ),
                (
                    "reason",
                    models.CharField(
                        blank=True, help_text="The plan, or why it is accepted.", max_length=500
                    ),
                ),
                ("plan_by", models.DateField(help_text="By when the plan is to have worked.", null=True)),
                ("answered_on", models.DateField(null=True)),
                (
                    "ended_on",
                    models.DateField(
                        help_text="When the forecast was out of it, or fell further.", null=True
                    ),
                ),
                (
                    "answered_by",
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
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="underspends",
                        to="grants.grant",
                    ),
                ),
            ],
            options={
                "ordering": ("-id",),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("level__in", ("amber", "red")), ("forecast_pence__lt", models.F("award_pence"))
                        ),
                        name="grants_underspendnotice_is_under",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("answer", ""),
                                ("answered_by__isnull", True),
                                ("answered_on__isnull", True),
                                ("plan_by__isnull", True),
                                ("reason", ""),
                            ),
                            models.Q(
                                ("answered_by__isnull", False),
                                ("answered_on__isnull", False),
                                models.Q(("reason", ""), _negated=True),
                                models.Q(
                                    models.Q(("answer", "accept"), ("plan_by__isnull", True)),
                                    models.Q(("answer", "plan"), ("plan_by__gte", models.F("answered_on"))),
                                    _connector="OR",
                                ),
                            ),
                            _connector="OR",
                        ),
                        name="grants_underspendnotice_answered_whole",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("ended_on__isnull", True)),
                        fields=("grant",),
                        name="grants_underspendnotice_one_runs",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="VarianceComment",
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
                            ("timing", "Timing: it evens out by the end"),
                            ("permanent", "Permanent: it stays to the end"),
                        ],
                        max_length=9,
                    ),
                ),
                ("comment", models.CharField(max_length=500)),
                ("given_on", models.DateField(help_text="The business date.")),
                ("recorded_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "agency",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.agency",
                    ),
                ),
                (
                    "given_by",
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
                        related_name="variance_comments",
                        to="grants.grant",
                    ),
                ),
                (
                    "line",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="comments",
                        to="grants.budgetline",
                    ),
                ),
            ],
            options={
                "ordering": ("-id",),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("agency__isnull", False), ("line__isnull", True)),
                            models.Q(("agency__isnull", True), ("line__isnull", False)),
                            _connector="OR",
                        ),
                        name="grants_variancecomment_of_one",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("kind__in", ("timing", "permanent")), models.Q(("comment", ""), _negated=True)
                        ),
                        name="grants_variancecomment_says_something",
                    ),
                ],
            },
        ),
        migrations.RunSQL(STAND, UNDO),
    ]
