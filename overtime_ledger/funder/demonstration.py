"""What the demonstration claims from its funder: a first part, mostly paid; a second, to be certified."""

from datetime import date

from claims.demonstration.agenda import at
from claims.demonstration.weeks import Story
from overtime_ledger import clock
from overtime_ledger.funder import services
from overtime_ledger.funder.models import FunderClaim

FIRST_UP_TO, SECOND_UP_TO = date(2021, 2, 14), date(2021, 2, 28)
PAID_SHARE = (4, 5)
SLOW = (
    "The enquiries opened one after another in the first fortnight: fewer officers were tasked than planned. "
    "They are at full strength since 15 February."
)
MADE_UP = "All enquiries are at full strength: the second fortnight made up for a part of the first."


def put_on_agenda(story: Story) -> None:
    """An interim claim certified, sent and paid in part; the next one waits for its second certificate."""
    agenda = story.agenda
    agenda.at(at("2021-02-19T10:00"), _draw, story, FIRST_UP_TO, SLOW)
    agenda.at(at("2021-02-19T15:00"), _certify, story, "pm")
    agenda.at(at("2021-02-22T09:30"), _certify, story, "cfo")
    agenda.at(at("2021-02-22T11:00"), _send, story, "SOC portal 2021-0222")
    agenda.at(at("2021-03-02T10:00"), _receive_a_part, story, "HO BACS 118204")
    agenda.at(at("2021-03-02T15:00"), _draw, story, SECOND_UP_TO, MADE_UP)
    agenda.at(at("2021-03-05T09:45"), _certify, story, "pm")


def _draw(story: Story, up_to: date, reason: str) -> None:
    services.draw(story.grant, up_to=up_to, by=story.cast["finance"], reason=reason)


def _certify(story: Story, capacity: services.Capacity) -> None:
    who = {"pm": "project_manager", "cfo": "cfo"}[capacity]
    services.certify(_latest(story), capacity=capacity, by=story.cast[who])


def _send(story: Story, reference: str) -> None:
    services.send(_latest(story), by=story.cast["finance"], sent_on=clock.today(), reference=reference)


def _receive_a_part(story: Story, reference: str) -> None:
    claim, (part, whole) = _latest(story), PAID_SHARE
    pence = claim.pence * part // whole // 100_00 * 100_00
    services.receive(
        claim, pence=pence, received_on=clock.today(), reference=reference, by=story.cast["finance"]
    )


def _latest(story: Story) -> FunderClaim:
    return story.grant.funder_claims.latest("number")
