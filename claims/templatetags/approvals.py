"""What waits for an approver, for the first page of the administration and over its list of claims."""

from django.template import Library

from claims import selectors
from overtime_ledger.accounts.models import User

register = Library()


@register.simple_tag
def waiting_for(user: User) -> selectors.WaitingFor:
    """The claims a person may approve: clean, flagged, and those that have waited too long."""
    return selectors.waiting_for(user)
