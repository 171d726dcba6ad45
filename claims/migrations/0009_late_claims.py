"""The late list: named exceptions, decided once."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

STAND = """
create trigger decided_stands before update on claims_lateclaim for each row
    when (old.status <> 'asked'
          or (old.id, old.assignment_id, old.reason, old.asked_by_id, old.asked_at)
          is distinct from (new.id, new.assignment_id, new.reason, new.asked_by_id, new.asked_at))
    execute function audit_refuse_change();
create trigger not_deleted before delete on claims_lateclaim for each row execute function audit_refuse_change();
-- The day up to which a duty can be claimed late is that of an exception that was granted.
create function claims_late_by_exception() returns trigger language plpgsql as $$
begin
    if not exists (select from claims_lateclaim
                   where assignment_id = new.id and status = 'granted' and until = new.claim_until) then
        perform claims_refuse('no exception was granted for that day', 'claims_late_by_exception');
    end if;
    return null;
end $$;
create constraint trigger late_by_exception after insert or update of claim_until on tasking_assignment
    deferrable initially deferred for each row when (new.claim_until is not null)
    execute function claims_late_by_exception();
do $$
begin
    execute format('alter function claims_late_by_exception() set search_path = %I, pg_temp', current_schema());
end $$;
"""
UNDO = """
drop trigger late_by_exception on tasking_assignment;
drop function claims_late_by_exception();
drop trigger not_deleted on claims_lateclaim;
drop trigger decided_stands on claims_lateclaim;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("claims", "0008_nobody_tied_settles"),
        ("tasking", "0009_late_claims"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="LateClaim",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("reason", models.TextField()),
                ("asked_at", models.DateTimeField()),
                (
                    "status",
                    models.CharField(
                        choices=[("asked", "Asked"), ("granted", "Granted"), ("refused", "Refused")],
                        default="asked",
                        max_length=7,
                    ),
                ),
                ("until", models.DateField(help_text="Last day to claim and approve it.", null=True)),
                ("answer", models.TextField(blank=True)),
                ("decided_at", models.DateTimeField(null=True)),
                (
                    "asked_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "assignment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="late_claims",
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
                "ordering": ("-id",),
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("status", "asked")),
                        fields=("assignment",),
                        name="claims_lateclaim_one_open",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("decided_by__isnull", True), ("status", "asked"), ("until__isnull", True)
                            ),
                            models.Q(
                                ("decided_by__isnull", False),
                                models.Q(("answer", ""), _negated=True),
                                models.Q(("decided_by", models.F("asked_by")), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="claims_lateclaim_decided_by_another",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status", "granted"), ("until__isnull", False)),
                            models.Q(models.Q(("status", "granted"), _negated=True), ("until__isnull", True)),
                            _connector="OR",
                        ),
                        name="claims_lateclaim_granted_until",
                    ),
                ],
            },
        ),
        migrations.RunSQL(STAND, UNDO),
    ]
