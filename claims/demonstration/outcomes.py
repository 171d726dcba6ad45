"""What came of subjects, in the story: of the enquiry that concluded, and of some that go on.

`outcomes.json` holds which subject of which enquiry, in the order they were drawn.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from claims.demonstration.agenda import at
from claims.demonstration.cast import data
from tasking import selectors
from tasking import services as tasking

if TYPE_CHECKING:
    from claims.demonstration.weeks import Story

ANALYST = "Analyst 0915"


def put_on_agenda(story: Story) -> None:
    """Each outcome at its own moment; the later one of a subject corrects the earlier."""
    for facts in data("outcomes.json"):
        story.agenda.at(at(facts["at"]), _record, story, facts)


def _record(story: Story, facts: Mapping[str, Any]) -> None:
    enquiry = story.enquiries[facts["enquiry"]]
    subject = enquiry.subjects.order_by("pk")[facts["subject"]]
    stands = selectors.outcome_of(enquiry, subject)
    came = tasking.Came(
        result=facts["result"],
        came_on=date.fromisoformat(facts["came_on"]),
        disruption=facts["disruption"],
        exit_score=facts.get("exit_score"),
        exit_by=ANALYST if "exit_score" in facts else "",
    )
    tasking.record_outcome(
        enquiry,
        subject,
        came,
        by=story.controller,
        seen=stands.pk if stands else None,
        reason=facts.get("reason", ""),
    )
