"""A message stands as it was written; what is added to it is how its sending went. A sent one is done."""

from django.db import migrations

APPEND_ONLY = """
create function post_keep_messages() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' or old.sent_at is not null or new.tries < old.tries
       or (new.id, new.to_id, new.kind, new.subject, new.body, new.path, new.key, new.created_at)
          is distinct from
          (old.id, old.to_id, old.kind, old.subject, old.body, old.path, old.key, old.created_at) then
        raise exception '% is append-only: only the sending of what is not sent is written', tg_table_name
            using errcode = 'restrict_violation', constraint = 'post_message_append_only';
    end if;
    return new;
end $$;
create trigger append_only before update or delete on post_message
    for each row execute function post_keep_messages();
"""
UNDO = """
drop trigger append_only on post_message;
drop function post_keep_messages();
"""


class Migration(migrations.Migration):
    dependencies = [("post", "0001_initial")]
    operations = [migrations.RunSQL(APPEND_ONLY, UNDO)]
