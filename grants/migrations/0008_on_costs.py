"""What a grant bears beside pay: percentages from a day on, on record by two people."""

from decimal import Decimal

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

STAND = """
create trigger stands before update or delete on grants_oncostrate for each row
    when (old.confirmed_by_id is not null) execute function accounts_confirmed_stands();
create trigger recorded after insert or update or delete on grants_oncostrate
    for each row execute function audit_record_change();
-- Which on-costs are borne is a term like the others: it stands once the grant is open.
create trigger on_cost_stands before update on grants_grant for each row
    when (old.status <> 'draft' and old.on_cost is distinct from new.on_cost)
    execute function grants_stands('terms_stand');
"""
UNDO = """
drop trigger on_cost_stands on grants_grant;
drop trigger recorded on grants_oncostrate;
drop trigger stands on grants_oncostrate;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_pay_tables"),
        ("grants", "0007_fewer_indexes"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="OnCostRate",
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
                            ("employer_ni", "Employer's National Insurance (Class 1)"),
                            ("levy", "Apprenticeship levy"),
                        ],
                        max_length=11,
                    ),
                ),
                (
                    "percent",
                    models.DecimalField(decimal_places=3, max_digits=6, verbose_name="percentage of pay"),
                ),
                ("valid_from", models.DateField()),
                ("source", models.CharField(help_text="Where the percentage is from.", max_length=200)),
            ],
            options={
                "verbose_name": "on-cost percentage",
                "ordering": ("kind", "-valid_from", "-id"),
            },
        ),
        migrations.AddField(
            model_name="agencyrate",
            name="agreed_with",
            field=models.CharField(
                db_default="",
                help_text="Who agreed it for the agency, by office: head of finance.",
                max_length=120,
            ),
        ),
        migrations.AddField(
            model_name="agencyrate",
            name="on_cost_percent",
            field=models.DecimalField(
                decimal_places=3,
                default=Decimal("0"),
                help_text="What the agency charges on top of the pay; 0 if nothing.",
                max_digits=6,
                verbose_name="on-cost, %",
            ),
        ),
        migrations.AddField(
            model_name="grant",
            name="on_cost",
            field=models.CharField(
                choices=[
                    ("none", "None"),
                    ("ni", "Employer's National Insurance"),
                    ("ni_levy", "Employer's National Insurance and apprenticeship levy"),
                ],
                default="none",
                help_text="What the grant bears beside the overtime pay of the lead force.",
                max_length=7,
                verbose_name="on-costs",
            ),
        ),
        migrations.AddConstraint(
            model_name="agencyrate",
            constraint=models.CheckConstraint(
                condition=models.Q(("on_cost_percent__gte", 0), ("on_cost_percent__lte", 100)),
                name="grants_rate_on_cost_percent",
            ),
        ),
        migrations.AddField(
            model_name="oncostrate",
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
            model_name="oncostrate",
            name="recorded_by",
            field=models.ForeignKey(
                editable=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddConstraint(
            model_name="oncostrate",
            constraint=models.CheckConstraint(
                condition=models.Q(("percent__gte", 0), ("percent__lte", 100)),
                name="grants_oncostrate_percent",
            ),
        ),
        migrations.AddConstraint(
            model_name="oncostrate",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("confirmed_by__isnull", True),
                    models.Q(("confirmed_by", models.F("recorded_by")), _negated=True),
                    _connector="OR",
                ),
                name="grants_oncostrate_two_people",
            ),
        ),
        migrations.RunSQL(STAND, UNDO),
    ]
