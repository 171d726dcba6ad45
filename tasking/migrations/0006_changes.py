"""Rostered tours and enquiries: what they were before each change."""

from django.db import migrations

RECORD = """
create trigger recorded after insert or update or delete on tasking_rosteredtour
    for each row execute function audit_record_change();
create trigger recorded after insert or update or delete on tasking_enquiry
    for each row execute function audit_record_change();
"""
UNDO = """
drop trigger recorded on tasking_enquiry;
drop trigger recorded on tasking_rosteredtour;
"""


class Migration(migrations.Migration):
    dependencies = [("tasking", "0005_authorised_minutes"), ("audit", "0003_changes")]
    operations = [migrations.RunSQL(RECORD, UNDO)]
