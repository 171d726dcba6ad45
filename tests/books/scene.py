"""Something of everything in the books, for pages to be about."""

from datetime import date
from hashlib import sha256
from typing import Any

from grants.models import Grant, Period, PeriodStep
from overtime_ledger.books.forcefile import Table
from overtime_ledger.books.models import (
    Adjustment,
    ForceLine,
    ForceUpload,
    Match,
    PeriodSnapshot,
    Reconciliation,
    UploadDraft,
)
from overtime_ledger.books.selectors.reconciliation import compare
from overtime_ledger.books.services import force_file as file
from overtime_ledger.books.services import matches, periods, reconciliation
from tests.factories import House
from tests.scene import Scene


def books_of(stage: Scene) -> dict[str, Any]:
    """Lines of the force: one matched, one explained, one neither; and the months of an older grant."""
    house = stage.house
    grant, by = house.grant, house.finance
    february = grant.periods.get(number="P11")
    if not ForceLine.objects.exists():
        force_lines(house, 3, "First")
        first, other, _ = ForceLine.objects.order_by("pk")
        matches.match_by_hand(grant, [], [first], by=by, reason="Booked and taken back", differing=True)
        (item,) = (one for one in compare(february).items if one.side == "theirs" and one.pk == other.pk)
        reconciliation.explain(
            february, item, by=by, kind="theirs", reason="Not of this grant", deals_with="Accounts payable"
        )
        force_file(house, "Second")
        old_books(house)
    unexplained = ForceLine.objects.order_by("pk")[2]
    return {
        "period": february,
        "closed_period": PeriodSnapshot.objects.get().period,
        "period_step": PeriodStep.objects.earliest("pk"),
        "snapshot": PeriodSnapshot.objects.get(),
        "reconciliation": Reconciliation.objects.get(status="prepared"),
        "force_file": ForceUpload.objects.earliest("pk"),
        "force_line": unexplained,
        "match": Match.objects.earliest("pk"),
        "adjustment": Adjustment.objects.earliest("pk"),
        "item": f"theirs-{unexplained.pk}",
    }


def force_file(house: House, name: str, count: int = 1) -> UploadDraft:
    """A file with lines of the force that match nothing, waiting for its columns."""
    rows = [(row, ["2021-02-26", f"{name} {row}", "1.00"]) for row in range(2, count + 2)]
    return file.hold(
        house.grant,
        Table(["Date", "Reference", "Amount"], rows),
        by=house.finance,
        file_name=f"{name}.csv",
        sha256=sha256(name.encode()).hexdigest(),
    )


def force_lines(house: House, count: int, name: str) -> None:
    """Lines of the force that match nothing, taken."""
    columns = {"booked_on": "Date", "reference": "Reference", "amount": "Amount"}
    file.take(force_file(house, name, count), columns, by=house.finance)


def old_books(house: House) -> None:
    """Two months of an older grant: the first closed for good, the second prepared to be signed."""
    before, by, second = house.grant, house.finance, house.second_finance
    old = Grant.objects.create(
        **{
            name: getattr(before, name)
            for name in ("title", "funder", "fund", "recipient", "spending_body", "purpose", "lead_force")
        },
        reference="PCD 900",
        amount_pence=100,
        eligible_from=date(2020, 12, 1),
        eligible_to=date(2021, 1, 31),
        claims_close_on=date(2021, 1, 31),
        books_close_on=date(2021, 1, 31),
    )
    first = Period.objects.create(
        grant=old, number="P9", starts_on=date(2020, 12, 1), ends_on=date(2020, 12, 31)
    )
    next_one = Period.objects.create(
        grant=old, number="P10", starts_on=date(2021, 1, 1), ends_on=date(2021, 1, 31)
    )
    made = reconciliation.prepare(first, by=by, seen=compare(first).digest)
    reconciliation.sign(made, by=second, seen=made.sha256)
    periods.soft_close(first, by=by, reason="Month end")
    periods.close(first, by=by, reason="Reconciled")
    reconciliation.prepare(next_one, by=second, seen=compare(next_one).digest)
