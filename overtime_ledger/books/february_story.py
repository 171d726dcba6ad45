"""How the demonstration closes February: the force's ledger read, what differs explained, two signatures."""

from datetime import date

from claims.demonstration.agenda import at
from claims.demonstration.weeks import Story
from claims.selectors import by_agency
from grants.models import Period
from overtime_ledger.books.forcefile import Table
from overtime_ledger.books.models import Reconciliation
from overtime_ledger.books.selectors.ledgers import ledgers
from overtime_ledger.books.selectors.reconciliation import compare, digest_of
from overtime_ledger.books.selectors.unmatched import Item
from overtime_ledger.books.services import force_file, matches, periods, reconciliation
from overtime_ledger.money import decimal_pounds
from overtime_ledger.payments.models import Batch

FEBRUARY = date(2021, 2, 28)
HEADER = ["Posting date", "Document", "Narrative", "Amount"]
COLUMNS = {
    "booked_on": "Posting date",
    "reference": "Document",
    "amount": "Amount",
    "credit": "",
    "description": "Narrative",
}


def put_on_agenda(story: Story) -> None:
    """The file comes on 3 March; a day later the month is reconciled, then signed and closed for good."""
    agenda = story.agenda
    agenda.at(at("2021-03-01T17:30"), _soft_close, story)
    agenda.at(at("2021-03-03T11:10"), _read_the_file, story)
    agenda.at(at("2021-03-04T10:05"), _reconcile, story)
    agenda.at(at("2021-03-05T09:40"), _sign_and_close, story)


def _february(story: Story) -> Period:
    return Period.objects.select_related("grant").get(grant=story.grant, ends_on=FEBRUARY)


def _soft_close(story: Story) -> None:
    reason = "Month end: late entries go into March"
    periods.soft_close(_february(story), by=story.cast["finance"], reason=reason)


def _read_the_file(story: Story) -> None:
    """Payroll as it was paid, and what the force has accrued for an agency that was not paid yet."""
    (agency,) = (one for one in by_agency(story.grant, as_at=FEBRUARY) if one.agency.code == "COLP")
    rows = (
        ("26/02/2021", "MPS-2021-02", "Overtime February", _paid_by_payroll(story)),
        ("28/02/2021", "ACCR-02", "Accrual City of London Police", agency.approved),
    )
    cells = [(number, [*said, f"{decimal_pounds(pence)}"]) for number, (*said, pence) in enumerate(rows, 2)]
    file = force_file.hold(
        story.grant,
        Table(HEADER, cells),
        by=story.cast["finance"],
        file_name="cost-centre-february.csv",
        sha256=digest_of(repr(cells)),
    )
    force_file.take(file, COLUMNS, by=story.cast["finance"])


def _paid_by_payroll(story: Story) -> int:
    """What payroll says that it paid, in pence: not quite what was calculated."""
    batch = Batch.objects.get(grant=story.grant, settlement__reference="MPS-2021-02")
    paid = batch.lines.values_list("paid_pence", flat=True)
    return sum(pence or 0 for pence in paid)


def _reconcile(story: Story) -> None:
    period, by = _february(story), story.cast["finance"]
    (paid,) = (
        part
        for part in ledgers(story.grant).open_parts()
        if part.payment.reference == "MPS-2021-02" and not part.is_back
    )
    line = story.grant.force_lines.get(reference="MPS-2021-02")
    same = "One payment: payroll paid two claims of it otherwise than they were calculated."
    matches.match_by_hand(story.grant, paid.entries, [line], by=by, reason=same, differing=True)
    for item in compare(period).items:
        kind, reason, deals_with = _explained(item)
        reconciliation.explain(period, item, by=by, kind=kind, reason=reason, deals_with=deals_with)
    reconciliation.prepare(period, by=by, seen=compare(period).digest)


def _explained(item: Item) -> tuple[str, str, str]:
    if item.side == "theirs":
        return "accrual", "Approved in February; the agency’s invoice is still to come.", "Accounts payable"
    return "tolerated", "The two differences of batch PB-0001, listed with payments.", "Finance, with payroll"


def _sign_and_close(story: Story) -> None:
    made = Reconciliation.objects.get(period__grant=story.grant)
    reconciliation.sign(made, by=story.cast["finance2"], seen=made.sha256)
    reason = "Reconciled to the penny and reported to the board"
    periods.close(_february(story), by=story.cast["finance2"], reason=reason)
