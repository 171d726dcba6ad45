"""Verbs on a claim: submit, ask for more time, certify, return, withdraw, approve, reject, settle, reverse.

Each verb is one transaction: lock and re-read, authority, controls, event, money last. What somebody
decides on is what they saw: `revision` comes from the page.
"""

from claims.checks import Charge, Statement
from claims.services.claiming import (
    Offer,
    as_claimed,
    as_planned,
    check,
    lapse,
    may_answer,
    may_withdraw,
    offer,
    submit,
    withdraw,
)
from claims.services.deciding import (
    approve,
    certify,
    grant_more_time,
    may_approve,
    may_certify,
    may_grant_more_time,
    may_refuse_more_time,
    may_reject,
    may_return,
    may_reverse,
    refuse_more_time,
    reject,
    return_claim,
    reverse,
)
from claims.services.obstacles import obstacles
from claims.services.reckoning import (
    Compared,
    LeadForceEquivalent,
    Reckoning,
    charge_compared,
    lead_force_equivalent,
    rate_card,
    reckon,
    stated_on,
)
from claims.services.settling import may_settle, settle

__all__ = [
    "Charge",
    "Compared",
    "LeadForceEquivalent",
    "Offer",
    "Reckoning",
    "Statement",
    "approve",
    "as_claimed",
    "as_planned",
    "certify",
    "charge_compared",
    "check",
    "grant_more_time",
    "lapse",
    "lead_force_equivalent",
    "may_answer",
    "may_approve",
    "may_certify",
    "may_grant_more_time",
    "may_refuse_more_time",
    "may_reject",
    "may_return",
    "may_reverse",
    "may_settle",
    "may_withdraw",
    "obstacles",
    "offer",
    "rate_card",
    "reckon",
    "refuse_more_time",
    "reject",
    "return_claim",
    "reverse",
    "settle",
    "stated_on",
    "submit",
    "withdraw",
]
