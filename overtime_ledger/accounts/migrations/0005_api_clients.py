"""Programs that read figures with a token: only its digest is kept, and it stands until it is revoked."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

STAND = """
-- Only the day of the last use is written again and again; revoked it is once, and what it may read never changes.
create function accounts_apiclient_stands() returns trigger language plpgsql as $$
begin
    raise exception 'a client of the API stands as it was made'
        using errcode = 'restrict_violation', constraint = 'accounts_apiclient_stands';
end $$;
create trigger stands before update on accounts_apiclient for each row
    when (to_jsonb(old) - '{last_used_on,revoked_on,revoked_by_id}'::text[]
          <> to_jsonb(new) - '{last_used_on,revoked_on,revoked_by_id}'::text[]
          or old.revoked_on is not null
             and (old.revoked_on, old.revoked_by_id) is distinct from (new.revoked_on, new.revoked_by_id))
    execute function accounts_apiclient_stands();
create trigger not_deleted before delete on accounts_apiclient
    for each row execute function accounts_apiclient_stands();
create trigger recorded after insert or update or delete on accounts_apiclient
    for each row execute function audit_record_change('token_sha256', 'last_used_on');
"""
UNDO = """
drop trigger recorded on accounts_apiclient;
drop trigger not_deleted on accounts_apiclient;
drop trigger stands on accounts_apiclient;
drop function accounts_apiclient_stands();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_points_stand"),
    ]

    operations = [
        migrations.CreateModel(
            name="ApiClient",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "name",
                    models.CharField(
                        help_text="The program that reads: Force dashboard.", max_length=80, unique=True
                    ),
                ),
                ("token_sha256", models.CharField(editable=False, max_length=64, unique=True)),
                (
                    "token_ends",
                    models.CharField(editable=False, help_text="By which its holder knows it.", max_length=4),
                ),
                ("every_grant", models.BooleanField(default=False)),
                (
                    "references",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40),
                        default=list,
                        help_text="References of the grants it reads.",
                        size=None,
                    ),
                ),
                (
                    "expires_on",
                    models.DateField(help_text="Last day on which the token opens anything.", null=True),
                ),
                ("made_at", models.DateTimeField(editable=False)),
                ("revoked_on", models.DateField(editable=False, null=True)),
                ("last_used_on", models.DateField(editable=False, null=True)),
                (
                    "made_by",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "revoked_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "API client",
                "ordering": ("name",),
                "default_permissions": ("add", "change", "view"),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("every_grant", True), ("references", [])),
                            models.Q(("every_grant", False), models.Q(("references", []), _negated=True)),
                            _connector="OR",
                        ),
                        name="accounts_apiclient_every_grant_or_named",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("token_sha256__regex", "^[0-9a-f]{64}$")),
                        name="accounts_apiclient_only_a_digest",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("revoked_by__isnull", True), ("revoked_on__isnull", True)),
                            models.Q(("revoked_by__isnull", False), ("revoked_on__isnull", False)),
                            _connector="OR",
                        ),
                        name="accounts_apiclient_revoked_whole",
                    ),
                ],
            },
        ),
        migrations.RunSQL(STAND, UNDO),
    ]
