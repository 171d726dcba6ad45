"""A notice of an underspend is of a forecast under its level, also where that is more than the award."""

import django.db.models.expressions
import django.db.models.lookups
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("grants", "0014_cost_types"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="underspendnotice",
            name="grants_underspendnotice_is_under",
        ),
        migrations.AddConstraint(
            model_name="underspendnotice",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("level__in", ("amber", "red")),
                    django.db.models.lookups.LessThan(
                        django.db.models.expressions.CombinedExpression(
                            models.F("forecast_pence"), "*", models.Value(100)
                        ),
                        django.db.models.expressions.CombinedExpression(
                            models.F("award_pence"), "*", models.F("under_percent")
                        ),
                    ),
                ),
                name="grants_underspendnotice_is_under",
            ),
        ),
    ]
