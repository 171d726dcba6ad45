"""Rule sets, rest days, substituted holidays and time owed; a duty keeps the rules it was tasked under."""

import datetime
from decimal import Decimal

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

STAND = """
create trigger stands before update or delete on tasking_ruleset for each row
    when (old.confirmed_by_id is not null) execute function accounts_confirmed_stands();
create trigger basis_stands before update on tasking_assignment for each row
    when ((old.pay_point, old.rule_set_id, old.on_cost_percent)
          is distinct from (new.pay_point, new.rule_set_id, new.on_cost_percent))
    execute function tasking_stands();
create trigger stands before update on tasking_timeowed for each row
    when (old.status = 'granted' or (old.assignment_id, old.kind) is distinct from (new.assignment_id, new.kind))
    execute function tasking_stands();
create trigger not_deleted before delete on tasking_timeowed for each row execute function tasking_stands();
create trigger recorded after insert or update or delete on tasking_ruleset
    for each row execute function audit_record_change();
create trigger recorded after insert or update or delete on tasking_restday
    for each row execute function audit_record_change();
create trigger recorded after insert or update or delete on tasking_substitutedholiday
    for each row execute function audit_record_change();
"""
UNDO = """
drop trigger recorded on tasking_substitutedholiday;
drop trigger recorded on tasking_restday;
drop trigger recorded on tasking_ruleset;
drop trigger not_deleted on tasking_timeowed;
drop trigger stands on tasking_timeowed;
drop trigger basis_stands on tasking_assignment;
drop trigger stands on tasking_ruleset;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_pay_tables"),
        ("tasking", "0006_changes"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="assignment",
            name="on_cost_pence",
            field=models.BigIntegerField(
                db_default=0, default=0, help_text="How much of the price is on-cost."
            ),
        ),
        migrations.AddField(
            model_name="assignment",
            name="on_cost_percent",
            field=models.DecimalField(db_default=0, decimal_places=3, default=Decimal("0"), max_digits=6),
        ),
        migrations.AddField(
            model_name="assignment",
            name="pay_point",
            field=models.CharField(
                blank=True, db_default="", help_text="Lead force: the point.", max_length=80
            ),
        ),
        migrations.AddField(
            model_name="tasking",
            name="travel_minutes",
            field=models.PositiveSmallIntegerField(
                db_default=0, default=0, help_text="Counts only where the rule of the duty counts travel."
            ),
        ),
        migrations.AlterField(
            model_name="assignment",
            name="authorised_pence",
            field=models.BigIntegerField(help_text="The price of what was authorised, on-cost included."),
        ),
        migrations.CreateModel(
            name="RuleSet",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("valid_from", models.DateField(help_text="First day of duties to which it applies.")),
                (
                    "recall_minimum_minutes",
                    models.PositiveSmallIntegerField(
                        default=0,
                        help_text="The least a recall counts; 0: one quarter of an hour. Disputed for 2021.",
                    ),
                ),
                (
                    "travel_limit_minutes",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        default=360,
                        help_text="Travel counts where duty and travel together are at most this; empty: always.",
                        null=True,
                    ),
                ),
                (
                    "london_weighting_pence",
                    models.BigIntegerField(
                        default=0,
                        help_text="A year's London weighting where it is counted in the hourly rate; else 0.",
                    ),
                ),
                (
                    "short_casual_occasion_counts",
                    models.BooleanField(
                        default=False,
                        help_text="Whether a casual stay under 30 minutes uses up one of the four occasions of the week.",
                    ),
                ),
                (
                    "week_starts_on",
                    models.PositiveSmallIntegerField(
                        choices=[
                            (0, "Monday"),
                            (1, "Tuesday"),
                            (2, "Wednesday"),
                            (3, "Thursday"),
                            (4, "Friday"),
                            (5, "Saturday"),
                            (6, "Sunday"),
                        ],
                        default=0,
                        help_text="First day of the force's week.",
                    ),
                ),
                (
                    "force_day_starts",
                    models.TimeField(
                        default=datetime.time(0, 0), help_text="When the day of the force begins."
                    ),
                ),
                (
                    "source",
                    models.CharField(
                        help_text="What it rests on: who decided it, and where it is.", max_length=300
                    ),
                ),
                (
                    "agency",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="rule_sets",
                        to="accounts.agency",
                    ),
                ),
                (
                    "confirmed_by",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ("agency", "-valid_from", "-id"),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("london_weighting_pence__gte", 0), ("week_starts_on__lte", 6)),
                        name="tasking_ruleset_switches_possible",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("confirmed_by__isnull", True),
                            models.Q(("confirmed_by", models.F("recorded_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="tasking_ruleset_two_people",
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="assignment",
            name="rule_set",
            field=models.ForeignKey(
                help_text="Lead force: its rules.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="tasking.ruleset",
            ),
        ),
        migrations.CreateModel(
            name="SubstitutedHoliday",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField(help_text="The day that counts as the public holiday.")),
                (
                    "in_place_of",
                    models.DateField(help_text="The public holiday of England that was given up for it."),
                ),
                (
                    "evidence",
                    models.CharField(
                        help_text="What shows it: who approved it, when, where it is.", max_length=200
                    ),
                ),
                (
                    "officer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="substituted_holidays",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ("officer", "-day"),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("officer", "day"), name="tasking_substitutedholiday_once_a_day"
                    ),
                    models.UniqueConstraint(
                        fields=("officer", "in_place_of"), name="tasking_substitutedholiday_once_a_holiday"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("day", models.F("in_place_of")), _negated=True),
                        name="tasking_substitutedholiday_another_day",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("recorded_by", models.F("officer")), _negated=True),
                        name="tasking_substitutedholiday_not_ones_own",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="TimeOwed",
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
                            ("rest_day", "Another rest day"),
                            ("lieu_day", "Day off in lieu of a public holiday"),
                            ("toil", "Time off in lieu"),
                        ],
                        max_length=8,
                    ),
                ),
                (
                    "minutes",
                    models.PositiveIntegerField(help_text="Minutes of time off in lieu; 0 for a whole day."),
                ),
                ("because", models.TextField(help_text="How it arose, in words.")),
                (
                    "status",
                    models.CharField(
                        choices=[("due", "Due"), ("granted", "Granted"), ("not_due", "Not due")],
                        default="due",
                        max_length=7,
                    ),
                ),
                ("granted_for", models.DateField(help_text="The day that was given.", null=True)),
                ("decided_at", models.DateTimeField(null=True)),
                ("reason", models.TextField(blank=True, help_text="Why it is not due after all.")),
                (
                    "assignment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="time_owed",
                        to="tasking.assignment",
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "time owed",
                "verbose_name_plural": "time owed",
                "ordering": ("-id",),
                "indexes": [
                    models.Index(fields=["status", "-id"], name="tasking_timeowed_by_status"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("assignment", "kind"), name="tasking_timeowed_once_a_duty"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "toil"), ("minutes__gt", 0)),
                            models.Q(models.Q(("kind", "toil"), _negated=True), ("minutes", 0)),
                            _connector="OR",
                        ),
                        name="tasking_timeowed_minutes_or_a_day",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("decided_by__isnull", False),
                                ("granted_for__isnull", False),
                                ("status", "granted"),
                            ),
                            models.Q(
                                models.Q(("status", "granted"), _negated=True), ("granted_for__isnull", True)
                            ),
                            _connector="OR",
                        ),
                        name="tasking_timeowed_granted_by_someone",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RestDay",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField()),
                (
                    "officer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="rest_days",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ("officer", "-day"),
                "constraints": [
                    models.UniqueConstraint(fields=("officer", "day"), name="tasking_restday_once_a_day")
                ],
            },
        ),
        migrations.RunSQL(STAND, UNDO),
    ]
