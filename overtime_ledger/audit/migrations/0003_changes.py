"""What reference data were before and are after each change, written by the database whatever program changes them."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

# The arguments of a trigger name the columns that are left out: secrets, and what changes without anybody changing it.
FUNCTION = """
create function audit_record_change() returns trigger language plpgsql as $$
declare
    left_out text[] := coalesce(tg_argv, '{}');
    row_before jsonb := case when tg_op <> 'INSERT' then to_jsonb(old) - left_out end;
    row_after jsonb := case when tg_op <> 'DELETE' then to_jsonb(new) - left_out end;
begin
    if row_before = row_after then
        return null;
    end if;
    insert into audit_change (table_name, row_id, what, before, after, by_id) values (
        tg_table_name,
        (coalesce(row_after, row_before) ->> 'id')::bigint,
        case tg_op when 'INSERT' then 'inserted' when 'UPDATE' then 'updated' else 'deleted' end,
        row_before,
        row_after,
        nullif(current_setting('ledger.person', true), '')::bigint);
    return null;
end $$;
do $$
begin
    execute format('alter function audit_record_change() set search_path = %I, pg_temp', current_schema());
end $$;
create trigger append_only before update or delete on audit_change
    for each row execute function audit_refuse_change();

create trigger recorded after insert or update or delete on accounts_user
    for each row execute function audit_record_change('password', 'last_login');
create trigger recorded after insert or update or delete on accounts_user_groups
    for each row execute function audit_record_change();
create trigger recorded after insert or update or delete on accounts_rankheld
    for each row execute function audit_record_change();
create trigger recorded after insert or update or delete on accounts_agency
    for each row execute function audit_record_change();
create trigger recorded after insert or update or delete on auth_group_permissions
    for each row execute function audit_record_change();
"""
UNDO = """
drop trigger recorded on auth_group_permissions;
drop trigger recorded on accounts_agency;
drop trigger recorded on accounts_rankheld;
drop trigger recorded on accounts_user_groups;
drop trigger recorded on accounts_user;
drop trigger append_only on audit_change;
drop function audit_record_change();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0002_append_only"),
        ("accounts", "0002_draft"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.CreateModel(
            name="Change",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("table_name", models.CharField(max_length=63, verbose_name="table")),
                ("row_id", models.BigIntegerField(verbose_name="row")),
                (
                    "what",
                    models.CharField(
                        choices=[("inserted", "Added"), ("updated", "Changed"), ("deleted", "Deleted")],
                        max_length=8,
                    ),
                ),
                (
                    "before",
                    models.JSONField(help_text="The row as it was; empty for a new one.", null=True),
                ),
                (
                    "after",
                    models.JSONField(help_text="The row as it is; empty for a deleted one.", null=True),
                ),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={"ordering": ("-id",)},
        ),
        migrations.RunSQL(FUNCTION, UNDO),
    ]
