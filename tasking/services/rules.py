"""How an agency paid by payroll takes what differs by force."""

from typing import Any

from django.db import transaction

from overtime_ledger.accounts.models import Agency, User
from overtime_ledger.accounts.services import require
from tasking.models import RuleSet


@transaction.atomic
def record_rule_set(*, by: User, agency: Agency, **switches: Any) -> RuleSet:
    """Put a rule set of an agency on record; a second person in finance confirms it.

    `switches` are the fields of `RuleSet`; what is not valid raises ValidationError. Refuses (P01) others.
    """
    require(by, "grants.set_up_grant", who="finance")
    rule_set = RuleSet(agency=agency, recorded_by=by, **switches)
    rule_set.full_clean()
    rule_set.save()
    return rule_set
