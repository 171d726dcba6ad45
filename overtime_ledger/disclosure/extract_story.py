"""What the demonstration is about to tell everybody: February's payments and a request, partly decided."""

from datetime import date

from claims.demonstration.agenda import at
from claims.demonstration.weeks import Story
from overtime_ledger.disclosure import extracts
from overtime_ledger.disclosure.models import Extract

FEBRUARY = (date(2021, 2, 1), date(2021, 2, 28))
WORTH = (
    "Officers who knew the cases worked on beyond their tours: nobody had to be briefed anew, "
    "and the enquiries were brought forward by weeks."
)
SENSITIVE = "The name would show where the work is done while the enquiries go on"


def put_on_agenda(story: Story) -> None:
    """February is drawn up for publication and begun; a request came on 1 March and is drawn up."""
    agenda = story.agenda
    agenda.at(at("2021-03-04T10:40"), _draw_february, story)
    agenda.at(at("2021-03-04T11:00"), _publish_one, story)
    agenda.at(at("2021-03-05T14:10"), _draw_request, story)
    agenda.at(at("2021-03-05T14:30"), _keep_one_back, story)


def _draw_february(story: Story) -> None:
    extracts.draw_publication(story.grant, FEBRUARY[0], by=story.cast["finance"])


def _publish_one(story: Story) -> None:
    lines = story.grant.extracts.get(kind=Extract.Kind.PUBLICATION).lines.order_by("-officers", "position")
    line = lines.first()
    if line and not line.has_few:
        extracts.decide(line, decision="publish", value_for_money=WORTH, by=story.cast["finance"])


def _draw_request(story: Story) -> None:
    first, last = FEBRUARY
    extracts.draw_foi(
        story.grant,
        reference="FOI-2021-0117",
        received_on=date(2021, 3, 1),
        scope="What overtime paid from the grant cost in February 2021, by force or agency.",
        from_on=first,
        to_on=last,
        by=story.cast["finance"],
    )


def _keep_one_back(story: Story) -> None:
    lines = story.grant.extracts.get(kind=Extract.Kind.FOI).lines.order_by("position")
    kept = next(line for line in lines if not line.agency.is_paid_by_payroll)
    extracts.decide(kept, decision="redact", exemption="s31", why=SENSITIVE, by=story.cast["finance"])
