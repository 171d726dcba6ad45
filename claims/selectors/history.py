"""What happened to a claim, and what changed since it was tasked or last sent."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import repeat
from typing import Any

from django.utils import timezone

from claims.models import Claim, Event, MoreTime
from grants.models import LADDER
from overtime_ledger.accounts.models import User
from overtime_ledger.money import pounds
from overtime_ledger.ui import duration, percent
from tasking.models import Assignment, DutyType
from tasking.selectors import Happening, signed

Status = Claim.Status


@dataclass(frozen=True)
class Difference:
    """Something a claim states otherwise than what it is compared with, in words."""

    what: str
    before: str
    now: str


def timeline(claim: Claim, reader: User) -> list[Happening]:
    """Everything that happened to a claim, the latest first.

    Who held it back, and why, is for those to read who may hold claims back.
    """
    events = claim.events.select_related("by").order_by("-id")
    told = _told_of_freezes(claim) if reader.has_perm("claims.freeze_claim") else _TOLD_OTHERS
    return [_happening(event, told) for event in events]


_TOLD_OTHERS = dict.fromkeys((Event.Verb.FROZEN, Event.Verb.RELEASED), repeat(("Finance or an auditor", "")))


def _told_of_freezes(claim: Claim) -> dict[Event.Verb, Iterator[tuple[str, str]]]:
    """By whom and why a claim was held back and let go on, each time, the latest first."""
    freezes = list(claim.freezes.select_related("frozen_by", "released_by").order_by("-id"))
    ended = [freeze for freeze in freezes if freeze.released_at]
    return {
        Event.Verb.FROZEN: iter([(str(one.frozen_by), one.reason) for one in freezes]),
        Event.Verb.RELEASED: iter([(str(one.released_by), one.release_reason) for one in ended]),
    }


def _happening(event: Event, told: Mapping[Event.Verb, Iterator[tuple[str, str]]]) -> Happening:
    what = str(event.get_verb_display())
    if event.verb in (Event.Verb.FROZEN, Event.Verb.RELEASED):
        who, why = next(told[Event.Verb(event.verb)])
        return Happening(event.at, who, what, why, None)
    pence = None if event.verb == Event.Verb.EVIDENCE else event.pence
    return Happening(event.at, signed(event.by, event.capacity), what, _why(event), pence)


def _why(event: Event) -> str:
    return ". ".join(text for text in (event.get_reason_code_display(), event.reason) if text)


def rungs(claim: Claim) -> dict[str, int]:
    """The ladder with a claim's money on its rung; empty once withdrawn: the money stands with the duty."""
    if claim.status == Status.WITHDRAWN:
        return {}
    waits = claim.status in (Status.DRAFT, Status.RETURNED)
    pence = claim.assignment.committed_pence if waits else claim.pence
    return {stage: pence if stage == claim.stage else 0 for stage in LADDER}


def open_request(claim: Claim) -> MoreTime | None:
    """The request for more time that waits for a decision, if one does."""
    return claim.more_time.filter(status=MoreTime.Status.ASKED).select_related("asked_by").first()


def sent_back(claim: Claim) -> Event | None:
    """Why a claim waits for its claimant: the return, or the refusal of more time; None if it does not."""
    if claim.status not in (Status.RETURNED, Status.DRAFT):
        return None
    latest = claim.events.select_related("by").last()
    return latest if latest and latest.verb in (Event.Verb.RETURNED, Event.Verb.REFUSED) else None


def facts_of(claim: Claim) -> dict[str, Any]:
    """What a claim states and is reckoned from, as its events keep it."""
    return {
        "starts_at": claim.starts_at.isoformat(),
        "ends_at": claim.ends_at.isoformat(),
        "break_minutes": claim.break_minutes,
        "travel_minutes": claim.travel_minutes,
        "duty_type": claim.duty_type,
        "charged_minutes": claim.charged_minutes,
        "approved_minutes": claim.approved_minutes,
        **_basis_of(claim),
        "on_cost_pence": claim.on_cost_pence,
        "pence": claim.pence,
    }


def _claimed_on(claim: Claim) -> dict[str, Any]:
    """What was claimed: where a part was approved, what stood there when it was handed in last."""
    if claim.claimed_pence is None:
        return facts_of(claim)
    facts: dict[str, Any] = claim.events.filter(verb=Event.Verb.SUBMITTED).latest("id").facts
    return facts


def _basis_of(row: Claim | Assignment) -> dict[str, Any]:
    return {
        "grade": row.grade,
        "pay_point": row.pay_point,
        "agreed_hourly_pence": row.agreed_hourly_pence,
        "agreed_multiplier": row.agreed_multiplier,
        "on_cost_percent": str(row.on_cost_percent),
    }


def since_tasked(claim: Claim) -> list[Difference]:
    """What a claim states, or is reckoned from, otherwise than its tasking."""
    duty, tasking = claim.assignment, claim.assignment.tasking
    tasked = {
        "starts_at": tasking.starts_at.isoformat(),
        "ends_at": tasking.ends_at.isoformat(),
        "break_minutes": tasking.break_minutes,
        "travel_minutes": tasking.travel_minutes,
        "duty_type": tasking.duty_type,
        "charged_minutes": None,
        **_basis_of(duty),
        "on_cost_pence": duty.on_cost_pence,
        "pence": duty.authorised_pence,
    }
    return _differences(_in_words(tasked), _in_words(_claimed_on(claim)))


def since_last_time(claim: Claim) -> list[Difference]:
    """What a claim states otherwise than when it was last handed in before; empty if it never was."""
    now = _in_words(_claimed_on(claim))
    handed_in = claim.events.filter(verb__in=(Event.Verb.ASKED, Event.Verb.SUBMITTED)).order_by("-id")
    earlier = (_in_words(facts) for facts in handed_in.values_list("facts", flat=True))
    return next((found for before in earlier if (found := _differences(before, now))), [])


def _in_words(facts: Mapping[str, Any]) -> dict[str, str]:
    """Facts as people read them. Events of earlier days do not have them all."""
    start, end = (
        timezone.localtime(datetime.fromisoformat(facts[name])) for name in ("starts_at", "ends_at")
    )
    on_cost_pence = facts.get("on_cost_pence", 0)
    return {
        "Day": f"{start:%-d %B %Y}",
        "Start": f"{start:%H:%M}",
        "End": f"{end:%H:%M}",
        "Breaks": f"{facts['break_minutes']} minutes",
        "Travel": f"{facts.get('travel_minutes', 0)} minutes",
        "Kind of duty": DutyType(facts["duty_type"]).label.split(":")[0],
        **(_basis_in_words(facts) if "grade" in facts else {}),
        "Pay": pounds(facts["pence"] - on_cost_pence),
        "On-cost": pounds(on_cost_pence),
        "Total": pounds(facts["pence"]),
    }


def _basis_in_words(facts: Mapping[str, Any]) -> dict[str, str]:
    held = {"Rank or grade": facts["grade"].capitalize()}
    if facts["agreed_hourly_pence"] is None:
        return held | {"Pay point": facts["pay_point"]}
    charged = facts["charged_minutes"]
    return held | {
        "Hours charged": "As worked" if charged is None else duration(charged),
        "Hourly rate": pounds(facts["agreed_hourly_pence"]),
        "Multiplier": facts["agreed_multiplier"],
        "Rate of on-cost": percent(Decimal(facts["on_cost_percent"])),
    }


def _differences(before: Mapping[str, str], now: Mapping[str, str]) -> list[Difference]:
    """What both say and say otherwise; the total is left out where it is the pay."""
    found = [
        Difference(what, before[what], words)
        for what, words in now.items()
        if before.get(what, words) != words
    ]
    on_cost_differs = any(one.what == "On-cost" for one in found)
    return [one for one in found if one.what != "Total" or on_cost_differs]
