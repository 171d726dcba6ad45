"""What waits for an approver, for the first page of the administration."""

from django.template import Library

from claims.selectors import Total, clean_for, flagged_for, total
from overtime_ledger.accounts.models import User

register = Library()


@register.simple_tag
def clean_claims_for(user: User) -> Total:
    """The claims a person may approve that no control asks about."""
    return total(clean_for(user))


@register.simple_tag
def flagged_claims_for(user: User) -> Total:
    """The claims a person may approve with an answer to a control's question."""
    return total(flagged_for(user))
