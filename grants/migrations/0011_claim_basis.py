"""Whether a grant's overtime is claimed from its funder once approved or once paid; it stands when it opens."""

from django.db import migrations, models

STAND = """
-- No change of terms leads around this one: the same overtime would be claimed once on each basis.
create trigger claim_basis_stands before update on grants_grant for each row
    when (old.status <> 'draft' and old.claim_basis is distinct from new.claim_basis)
    execute function grants_stands('terms_stand');
"""
UNDO = "drop trigger claim_basis_stands on grants_grant;"


class Migration(migrations.Migration):
    dependencies = [
        ("grants", "0010_terms_change"),
    ]

    operations = [
        migrations.AddField(
            model_name="grant",
            name="claim_basis",
            field=models.CharField(
                choices=[
                    ("accrued", "Accrued: what was approved, by the day of the duty"),
                    ("paid", "Paid: what was settled, by the day of the payment"),
                ],
                db_default="accrued",
                default="accrued",
                help_text="What is claimed from the funder. It stands once the grant is open.",
                max_length=7,
                verbose_name="basis of claims to the funder",
            ),
        ),
        migrations.RunSQL(STAND, UNDO),
    ]
