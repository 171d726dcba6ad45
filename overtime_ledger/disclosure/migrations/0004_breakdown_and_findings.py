"""By what an answer breaks costs down; what was found wrong while a pack was made."""

from django.db import migrations, models

_STANDS = """
drop trigger stands on disclosure_extract;
create trigger stands before update on disclosure_extract for each row
    when (old.status <> 'open'
          or (old.id, old.grant_id, old.kind, old.number, old.from_on, old.to_on, old.reference, old.received_on, old.due_on,
              old.scope,{0} old.line_count, old.pence, old.unlisted_count, old.unlisted_pence, old.drawn_by_id, old.drawn_at)
          is distinct from (new.id, new.grant_id, new.kind, new.number, new.from_on, new.to_on, new.reference,
              new.received_on, new.due_on, new.scope,{1} new.line_count, new.pence, new.unlisted_count,
              new.unlisted_pence, new.drawn_by_id, new.drawn_at))
    execute function grants_stands('stands');
"""
STANDS, UNDO = _STANDS.format(" old.breakdown,", " new.breakdown,"), _STANDS.format("", "")


class Migration(migrations.Migration):
    dependencies = [("disclosure", "0003_extracts")]

    operations = [
        migrations.AddField(
            model_name="disclosure",
            name="findings",
            field=models.JSONField(
                help_text="Packs: what is not true, does not tie or is missing; empty if nothing.", null=True
            ),
        ),
        migrations.AddField(
            model_name="extract",
            name="breakdown",
            field=models.CharField(
                blank=True,
                choices=[
                    ("", "Month and force or agency"),
                    ("duty_type", "Month, force or agency, and kind of duty"),
                    ("rank", "Month, force or agency, and rank"),
                ],
                default="",
                max_length=9,
            ),
        ),
        migrations.AddConstraint(
            model_name="extract",
            constraint=models.CheckConstraint(
                condition=models.Q(kind="foi") | models.Q(breakdown=""),
                name="disclosure_extract_broken_down_if_foi",
            ),
        ),
        migrations.RunSQL(STANDS, UNDO),
    ]
