"""A claim keeps the rank, pay, rules and on-cost of its day, or the figures that its agency charges."""

from decimal import Decimal

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

STAND = """
-- Claims made before were reckoned from what stands on their duties.
alter table claims_claim disable trigger stands;
alter table claims_claim disable trigger steps;
update claims_claim claim set rank = duty.rank, grade = duty.grade, annual_pay_pence = duty.annual_pay_pence,
    agreed_hourly_pence = duty.agreed_hourly_pence, agreed_multiplier = duty.agreed_multiplier
from tasking_assignment duty where duty.id = claim.assignment_id;
alter table claims_claim enable trigger steps;
alter table claims_claim enable trigger stands;

create function claims_claim_basis_stands() returns trigger language plpgsql as $$
begin
    perform claims_refuse('what was claimed changes only by submitting again', 'claims_claim_stands');
    return null;
end $$;
create trigger basis_stands before update on claims_claim for each row
    when ((old.status not in ('draft', 'returned') or new.revision <= old.revision)
          and (old.rank, old.grade, old.pay_point, old.annual_pay_pence, old.rule_set_id, old.agreed_hourly_pence,
               old.agreed_multiplier, old.on_cost_percent, old.on_cost_pence, old.travel_minutes, old.charged_minutes)
          is distinct from
              (new.rank, new.grade, new.pay_point, new.annual_pay_pence, new.rule_set_id, new.agreed_hourly_pence,
               new.agreed_multiplier, new.on_cost_percent, new.on_cost_pence, new.travel_minutes, new.charged_minutes))
    execute function claims_claim_basis_stands();
do $$
begin
    execute format('alter function claims_claim_basis_stands() set search_path = %I, pg_temp', current_schema());
end $$;
"""
UNDO = """
drop trigger basis_stands on claims_claim;
drop function claims_claim_basis_stands();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_pay_tables"),
        ("claims", "0004_fewer_indexes"),
        ("grants", "0008_on_costs"),
        ("tasking", "0007_rules_of_pay"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="claim",
            name="agreed_hourly_pence",
            field=models.PositiveIntegerField(
                help_text="Other agencies: the hourly rate they charge.", null=True
            ),
        ),
        migrations.AddField(
            model_name="claim",
            name="agreed_multiplier",
            field=models.CharField(
                blank=True,
                db_default="",
                help_text="Other agencies: the multiplier they charge.",
                max_length=7,
            ),
        ),
        migrations.AddField(
            model_name="claim",
            name="annual_pay_pence",
            field=models.BigIntegerField(help_text="Lead force: the pay it is reckoned from.", null=True),
        ),
        migrations.AddField(
            model_name="claim",
            name="charged_minutes",
            field=models.PositiveIntegerField(
                help_text="Other agencies: what they charge by their own rules; empty: what was worked.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="claim",
            name="grade",
            field=models.CharField(
                db_default="", help_text="Rank or grade on the day of the duty.", max_length=40
            ),
        ),
        migrations.AddField(
            model_name="claim",
            name="on_cost_pence",
            field=models.BigIntegerField(
                db_default=0, default=0, help_text="How much of what is claimed is on-cost."
            ),
        ),
        migrations.AddField(
            model_name="claim",
            name="on_cost_percent",
            field=models.DecimalField(db_default=0, decimal_places=3, default=Decimal("0"), max_digits=6),
        ),
        migrations.AddField(
            model_name="claim",
            name="pay_point",
            field=models.CharField(
                blank=True, db_default="", help_text="Lead force: the point.", max_length=80
            ),
        ),
        migrations.AddField(
            model_name="claim",
            name="rank",
            field=models.CharField(
                choices=[
                    ("constable", "Constable"),
                    ("sergeant", "Sergeant"),
                    ("inspector", "Inspector"),
                    ("chief_inspector", "Chief inspector"),
                    ("superintendent", "Superintendent or above"),
                    ("agency_grade", "Grade of another agency"),
                ],
                db_default="",
                max_length=16,
            ),
        ),
        migrations.AddField(
            model_name="claim",
            name="rule_set",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="tasking.ruleset",
            ),
        ),
        migrations.AddField(
            model_name="claim",
            name="travel_minutes",
            field=models.PositiveSmallIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="claimline",
            name="on_cost_pence",
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.AlterField(
            model_name="claim",
            name="pence",
            field=models.BigIntegerField(help_text="What is claimed, on-cost included, in pence."),
        ),
        migrations.AlterField(
            model_name="claimline",
            name="pence",
            field=models.BigIntegerField(help_text="Pay of the line."),
        ),
        migrations.AddConstraint(
            model_name="claim",
            constraint=models.CheckConstraint(
                condition=models.Q(("on_cost_pence__gte", 0), ("on_cost_pence__lte", models.F("pence"))),
                name="claims_claim_on_cost_within_pence",
            ),
        ),
        migrations.RunSQL(STAND, UNDO),
    ]
