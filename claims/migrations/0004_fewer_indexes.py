"""Each step of a claim writes every index of it anew: those that others cover, or nobody asks, go."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# The references of entries are looked up whole; Django also indexes them for searches by how they begin.
PATTERNS = """
do $$
declare name text;
begin
    for name in select indexname from pg_indexes
                where schemaname = current_schema() and tablename = 'claims_claim' and indexdef like '%varchar_pattern_ops%' loop
        execute format('drop index %I', name);
    end loop;
end $$;
"""
PATTERNS_BACK = "".join(
    f"create index claims_claim_{name}_entry_id_like on claims_claim ({name}_entry_id varchar_pattern_ops);"
    for name in ("approval", "settlement", "reversal")
)


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_draft"),
        ("claims", "0003_claims_stand"),
        ("grants", "0007_fewer_indexes"),
        ("tasking", "0003_duties_stand"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name="claim",
            name="agency",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="claims",
                to="accounts.agency",
            ),
        ),
        migrations.AlterField(
            model_name="claim",
            name="approved_by",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField(
            model_name="claim",
            name="certified_by",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField(
            model_name="claim",
            name="claimant",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="claims",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField(
            model_name="claim",
            name="enquiry",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="claims",
                to="tasking.enquiry",
            ),
        ),
        migrations.AlterField(
            model_name="claim",
            name="entered_by",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField(
            model_name="claim",
            name="grant",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="claims",
                to="grants.grant",
            ),
        ),
        migrations.AlterField(
            model_name="event",
            name="by",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField(
            model_name="event",
            name="claim",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="events",
                to="claims.claim",
            ),
        ),
        migrations.RunSQL(PATTERNS, PATTERNS_BACK),
    ]
