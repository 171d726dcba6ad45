"""Verbs of tasking: open and close an enquiry, say what came of it; task, shorten, cancel, release."""

from tasking.services.changing import (
    cancel,
    decline,
    overdue_on,
    record_extension,
    release,
    shorten,
    stand_down,
    take_up,
    unclaimed_after,
)
from tasking.services.enquiries import close_enquiry, look_at_subjects, open_enquiry
from tasking.services.issuing import lock_agreements, lock_officers, require_room_for, task
from tasking.services.outcomes import Assessed, Came, look_at_outcomes, record_entry, record_outcome
from tasking.services.rules import record_rule_set
from tasking.services.time_off import grant_time_off, may_decide_time_off, owe, strike_time_off

__all__ = [
    "Assessed",
    "Came",
    "cancel",
    "close_enquiry",
    "decline",
    "grant_time_off",
    "lock_agreements",
    "lock_officers",
    "look_at_outcomes",
    "look_at_subjects",
    "may_decide_time_off",
    "open_enquiry",
    "overdue_on",
    "owe",
    "record_entry",
    "record_extension",
    "record_outcome",
    "record_rule_set",
    "release",
    "require_room_for",
    "shorten",
    "stand_down",
    "strike_time_off",
    "take_up",
    "task",
    "unclaimed_after",
]
