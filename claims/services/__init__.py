"""Verbs on a claim: submit, ask for more time, certify, return, withdraw, approve, reject, settle, reverse.

A part of a claim can be approved, and its claimant may dispute that once.

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
from claims.services.parts import (
    answer_dispute,
    approve_part,
    claimable_until,
    dispute,
    dispute_of,
    may_answer_dispute,
    may_decide_dispute,
    may_dispute,
    part_of,
    refuse_dispute,
    uphold_dispute,
)
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
    "answer_dispute",
    "approve",
    "approve_part",
    "as_claimed",
    "as_planned",
    "certify",
    "charge_compared",
    "check",
    "claimable_until",
    "dispute",
    "dispute_of",
    "grant_more_time",
    "lapse",
    "lead_force_equivalent",
    "may_answer",
    "may_answer_dispute",
    "may_approve",
    "may_certify",
    "may_decide_dispute",
    "may_dispute",
    "may_grant_more_time",
    "may_refuse_more_time",
    "may_reject",
    "may_return",
    "may_reverse",
    "may_settle",
    "may_withdraw",
    "obstacles",
    "offer",
    "part_of",
    "rate_card",
    "reckon",
    "refuse_dispute",
    "refuse_more_time",
    "reject",
    "return_claim",
    "reverse",
    "settle",
    "stated_on",
    "submit",
    "uphold_dispute",
    "withdraw",
]
