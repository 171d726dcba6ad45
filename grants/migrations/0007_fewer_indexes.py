"""An entry is written once and chained: indexes that others cover are not kept up with each one."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# Every entry changes its grant's row: what is not a change of the grant is told by comparing two numbers, before
# two whole rows are compared.
RECORD = """
drop trigger recorded_update on grants_grant;
create trigger recorded_update after update on grants_grant for each row
    when (old.last_number = new.last_number
          and (to_jsonb(old) - '{last_number,last_digest}'::text[])
          is distinct from (to_jsonb(new) - '{last_number,last_digest}'::text[]))
    execute function audit_record_change('last_number', 'last_digest');
"""
UNDO = """
drop trigger recorded_update on grants_grant;
create trigger recorded_update after update on grants_grant for each row
    when ((to_jsonb(old) - '{last_number,last_digest}'::text[])
          is distinct from (to_jsonb(new) - '{last_number,last_digest}'::text[]))
    execute function audit_record_change('last_number', 'last_digest');
"""


class Migration(migrations.Migration):
    dependencies = [
        ("grants", "0006_changes"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        # Django takes the index of a conditional constraint on the same column for the field's own and drops it.
        migrations.RemoveConstraint(model_name="ledgerentry", name="grants_ledgerentry_one_award"),
        migrations.AlterField(
            model_name="ledgerentry",
            name="grant",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="entries",
                to="grants.grant",
            ),
        ),
        migrations.AddConstraint(
            model_name="ledgerentry",
            constraint=models.UniqueConstraint(
                condition=models.Q(("kind", "award")), fields=("grant",), name="grants_ledgerentry_one_award"
            ),
        ),
        migrations.AlterField(
            model_name="ledgerentry",
            name="recorded_by",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField(
            model_name="ledgerentry",
            name="source_line",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="entries_out",
                to="grants.budgetline",
            ),
        ),
        migrations.AlterField(
            model_name="ledgerentry",
            name="target_line",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="entries_in",
                to="grants.budgetline",
            ),
        ),
        migrations.AddIndex(
            model_name="ledgerentry",
            index=models.Index(
                condition=models.Q(
                    models.Q(
                        ("target_stage__in", ("approved", "settled")),
                        models.Q(("source_stage__in", ("approved", "settled")), _negated=True),
                    ),
                    models.Q(
                        ("source_stage__in", ("approved", "settled")),
                        models.Q(("target_stage__in", ("approved", "settled")), _negated=True),
                    ),
                    _connector="OR",
                ),
                fields=["grant", "effective_on"],
                include=("posted_on", "source_stage", "target_stage", "target_line", "pence"),
                name="grants_ledgerentry_incurred",
            ),
        ),
        migrations.RunSQL(RECORD, UNDO),
    ]
