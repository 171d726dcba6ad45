"""How the demonstration comes near its year end: February accrued by two people, a checklist with owners."""

from datetime import date

from claims.demonstration.agenda import at
from claims.demonstration.weeks import Story
from overtime_ledger.books.models import ClosingItem
from overtime_ledger.books.services import accruals, closing

FEBRUARY = date(2021, 2, 28)
Kind = ClosingItem.Kind
OWNERS = {
    Kind.CLAIMS: ("di", date(2021, 3, 31)),
    Kind.COMMITMENTS: ("di", date(2021, 4, 6)),
    Kind.INVOICES: ("finance", date(2021, 4, 16)),
    Kind.RECONCILIATION: ("finance2", date(2021, 4, 23)),
    Kind.OUTTURN: ("finance", date(2021, 4, 30)),
    Kind.EQUALITY: ("di", date(2021, 3, 5)),
    Kind.EVALUATION: ("di", date(2021, 5, 28)),
}


def put_on_agenda(story: Story) -> None:
    """February is accrued on 1 March, confirmed a day later; then who sees to the closing is said."""
    agenda = story.agenda
    agenda.at(at("2021-03-01T16:10"), _accrue, story)
    agenda.at(at("2021-03-02T09:20"), _confirm, story)
    agenda.at(at("2021-03-03T14:00"), _name_owners, story)


def _accrue(story: Story) -> None:
    accruals.draw(story.grant, FEBRUARY, by=story.cast["finance"])


def _confirm(story: Story) -> None:
    accruals.confirm(story.grant.accrual_runs.get(), by=story.cast["finance2"])


def _name_owners(story: Story) -> None:
    for kind, (who, due_on) in OWNERS.items():
        closing.assign(story.grant, kind, owner=story.cast[who], due_on=due_on, by=story.cast["finance"])
