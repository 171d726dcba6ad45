from django.db import migrations

APPEND_ONLY = """
create function audit_refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '% is append-only: nothing is changed or deleted', tg_table_name
        using errcode = 'restrict_violation', constraint = tg_table_name || '_append_only';
end $$;
create trigger append_only before update or delete on audit_accesslog
    for each row execute function audit_refuse_change();
"""
UNDO = """
drop trigger append_only on audit_accesslog;
drop function audit_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]
    operations = [migrations.RunSQL(APPEND_ONLY, UNDO)]
