"""A grant that is closed says since when."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("grants", "0015_underspend_under_its_level"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="grant",
            name="closed_on",
            field=models.DateField(blank=True, help_text="Since then it is only read.", null=True),
        ),
        migrations.AddConstraint(
            model_name="grant",
            constraint=models.CheckConstraint(
                condition=models.Q(("status", "closed"), ("closed_on__isnull", True), _connector="OR"),
                name="grants_grant_closed_on_when_closed",
            ),
        ),
    ]
