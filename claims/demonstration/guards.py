"""What guards approval, in the story: terms that change, late claims, a tie, a dispute, a claim held back.

`guards.json` holds who does what and when.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from django.core.files.base import ContentFile

from claims import services as claims
from claims.demonstration.agenda import at
from claims.demonstration.cast import data
from claims.demonstration.papers import page
from claims.models import Claim
from claims.services import late, safeguards
from grants import terms
from grants.models import TermsChange
from overtime_ledger import clock
from overtime_ledger.accounts.services import the_ledger
from tasking import services as tasking
from tasking.models import Assignment

if TYPE_CHECKING:
    from claims.demonstration.weeks import Story

Facts = Mapping[str, Any]


def put_on_agenda(story: Story) -> None:
    """Each scene at its own moment."""
    agenda, facts = story.agenda, data("guards.json")
    agenda.at(at(facts["released_at"]), _release, story)
    for change in facts["terms"]:
        agenda.at(at(change["at"]), _put_forward, story, change)
    for asked in facts["late"]:
        agenda.at(at(asked["at"]), _ask, story, asked)
    for tie in facts["interests"]:
        agenda.at(at(tie["at"]), _declare, story, tie)
    agenda.at(at(facts["disputed"]["at"]), _dispute, story, facts["disputed"])
    agenda.at(at(facts["held_back"]["at"]), _hold_back, story, facts["held_back"])


def add_files(story: Story) -> None:
    """Files of evidence, each a transaction of its own: once all that is on the agenda has happened."""
    for one in data("guards.json")["files"]:
        file = ContentFile(page(one["lines"]), name=one["name"])
        with clock.travel(at("2021-03-07T22:15")):
            safeguards.add_evidence(
                _claim_of(story, one), by=story.cast[one["by"]], kind=one["kind"], file=file
            )


def _claim_of(story: Story, of: Facts) -> Claim:
    live = Claim.objects.filter(status__in=Claim.LIVE)
    return live.get(duty_on=of["duty"], claimant=story.cast[of["officer"]])


def _release(story: Story) -> None:
    """The night gives back what nobody claimed in time."""
    reason = f"Not claimed within {story.grant.release_after_days} days of the duty"
    for one in tasking.overdue_on(story.grant, clock.today()):
        tasking.release(one, by=the_ledger(), reason=reason)


def _put_forward(story: Story, facts: Facts) -> None:
    after = {
        term: date.fromisoformat(to) if term.endswith("_on") else to for term, to in facts["after"].items()
    }
    change = terms.propose(
        story.grant,
        by=story.cast[facts["by"]],
        after=after,
        reason=facts["reason"],
        authority=facts.get("authority", ""),
        effective_from=date.fromisoformat(facts["effective_from"]),
    )
    if "approved" in facts:
        story.agenda.at(at(facts["approved"]["at"]), _approve, story, change, facts["approved"])
        story.agenda.at(at(facts["agreed"]["at"]), _agree, story, change, facts["agreed"])


def _approve(story: Story, change: TermsChange, facts: Facts) -> None:
    terms.approve(change, by=story.cast[facts["by"]])


def _agree(story: Story, change: TermsChange, facts: Facts) -> None:
    terms.agree(
        change,
        by=story.cast[facts["by"]],
        funder_reference=facts["funder_reference"],
        agreed_on=date.fromisoformat(facts["agreed_on"]),
    )


def _ask(story: Story, facts: Facts) -> None:
    """Somebody asks to claim a duty late; finance answers, or has not yet."""
    duty = Assignment.objects.get(duty_on=facts["duty"], officer=story.cast[facts["officer"]])
    asked = late.ask_for_exception(duty, by=story.cast[facts["by"]], reason=facts["reason"])
    if answer := facts.get("answer"):
        story.agenda.at(at(answer["at"]), _answer, story, asked, answer)


def _answer(story: Story, asked: Any, facts: Facts) -> None:
    finance = story.cast["finance"]
    if "granted" in facts:
        until = date.fromisoformat(facts["until"])
        late.grant_exception(asked, by=finance, until=until, answer=facts["granted"])
    else:
        late.refuse_exception(asked, by=finance, answer=facts["refused"])


def _declare(story: Story, facts: Facts) -> None:
    officer = story.cast[facts["officer"]]
    safeguards.declare_interest(by=story.cast[facts["by"]], officer=officer, what=facts["what"])


def _dispute(story: Story, facts: Facts) -> None:
    claim = _claim_of(story, facts)
    claims.dispute(claim, by=claim.claimant, reason=facts["reason"])


def _hold_back(story: Story, facts: Facts) -> None:
    safeguards.freeze(_claim_of(story, facts), by=story.cast[facts["by"]], reason=facts["reason"])
