"""Terms, gates, agreements, rates and who controls: what they were before each change."""

from django.db import migrations

# Each entry of the ledger moves the head of its grant's chain: that alone is no change of the grant.
RECORD = """
create trigger recorded after insert or delete on grants_grant
    for each row execute function audit_record_change('last_number', 'last_digest');
create trigger recorded_update after update on grants_grant for each row
    when ((to_jsonb(old) - '{last_number,last_digest}'::text[])
          is distinct from (to_jsonb(new) - '{last_number,last_digest}'::text[]))
    execute function audit_record_change('last_number', 'last_digest');
create trigger recorded after insert or update or delete on grants_authority
    for each row execute function audit_record_change();
create trigger recorded after insert or update or delete on grants_gate
    for each row execute function audit_record_change();
create trigger recorded after insert or update or delete on grants_agencyagreement
    for each row execute function audit_record_change();
create trigger recorded after insert or update or delete on grants_agencyrate
    for each row execute function audit_record_change();
"""
UNDO = """
drop trigger recorded on grants_agencyrate;
drop trigger recorded on grants_agencyagreement;
drop trigger recorded on grants_gate;
drop trigger recorded on grants_authority;
drop trigger recorded_update on grants_grant;
drop trigger recorded on grants_grant;
"""


class Migration(migrations.Migration):
    dependencies = [("grants", "0005_closed_enquiries"), ("audit", "0003_changes")]
    operations = [migrations.RunSQL(RECORD, UNDO)]
