"""What a claim to the funder would be if it were drawn now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, Q, Sum

from grants import outlook
from grants.models import Grant
from overtime_ledger import clock
from overtime_ledger.funder.models import Expenditure, FunderClaim
from overtime_ledger.funder.selectors.entries import (
    Entries,
    Spending,
    by_type,
    left_out,
    spending,
    together,
    unclaimed,
    unpaid_by_type,
)
from overtime_ledger.funder.selectors.reports import Row, with_total


@dataclass(frozen=True)
class TypeFigures:
    """One type of expenditure in a claim; pence."""

    expenditure: Expenditure
    actual: int
    cumulative: int
    unpaid: int
    now: int

    @property
    def previous(self) -> int:
        """What was claimed before: all spending by the day of the claim that is not claimed now."""
        return self.cumulative - self.now


@dataclass(frozen=True)
class Draft:
    """What a claim up to a day would be if it were drawn now. Pence.

    `left_out` are the officers' claims that are held back on suspicion, `held_back` what their entries up to
    the day come to: no figure of the claim has them in it.
    """

    grant: Grant
    from_on: date
    up_to: date
    last_number: int
    line_count: int
    left_out: Sequence[int]
    held_back: Entries
    rows: Sequence[TypeFigures]
    profile: int
    forecast: int

    @property
    def now(self) -> int:
        """What would be claimed now."""
        return sum(row.now for row in self.rows)

    @property
    def previous(self) -> int:
        """What was claimed before."""
        return sum(row.previous for row in self.rows)

    @property
    def variance(self) -> int:
        """Spending in the period beyond what was planned for it; below nothing when less was spent."""
        return sum(row.actual for row in self.rows) - self.profile

    @property
    def report(self) -> list[Row]:
        """Its rows as the funder would get them."""
        rows = [
            Row(one.expenditure.label, one.actual, one.cumulative, one.unpaid, one.now, one.previous)
            for one in self.rows
        ]
        award = self.grant.amount_pence
        return with_total(rows, profile=self.profile, forecast=self.forecast, award=award)


def next_from(grant: Grant) -> date:
    """The first day of the next claim's period: after the last one's, or of the grant's window."""
    last = last_claim(grant)
    return last.up_to + timedelta(days=1) if last else grant.eligible_from


def last_claim(grant: Grant) -> FunderClaim | None:
    """The latest claim of a grant that was not withdrawn."""
    return grant.funder_claims.standing().order_by("-number").first()


def draft(grant: Grant, up_to: date) -> Draft:
    """Reckon a claim up to a day from the ledger as it stands, without what is held back on suspicion."""
    from_on, out = next_from(grant), left_out(grant)
    spent = spending(grant, grant.claim_basis).filter(day__lte=up_to)
    open_ones = Q(unclaimed())
    sums = by_type(
        spent.exclude(claim_named__in=out),
        actual=Sum("spent", filter=Q(day__gte=from_on), default=0),
        cumulative=Sum("spent", default=0),
        now=Sum("spent", filter=open_ones, default=0),
        count=Count("pk", filter=open_ones),
    )
    unpaid = unpaid_by_type(grant, up_to, without=out)
    return Draft(
        grant=grant,
        from_on=from_on,
        up_to=up_to,
        last_number=grant.last_number,
        line_count=sum(found.get("count", 0) for found in sums.values()),
        left_out=out,
        held_back=together(spent.filter(claim_named__in=out)) if out else Entries(),
        rows=[
            TypeFigures(
                kind,
                sums[kind].get("actual", 0),
                sums[kind].get("cumulative", 0),
                unpaid[kind],
                sums[kind].get("now", 0),
            )
            for kind in Expenditure
        ],
        profile=planned_between(grant, from_on, up_to),
        forecast=outlook.pace_forecast(grant, as_at=clock.today()).outturn,
    )


def lines_of(found: Draft) -> Spending:
    """The entries that would be its lines, in the order of the ledger."""
    entries = spending(found.grant, found.grant.claim_basis).filter(unclaimed(), day__lte=found.up_to)
    return entries.exclude(claim_named__in=found.left_out)


def planned_between(grant: Grant, from_on: date, up_to: date) -> int:
    """Pence planned to be spent from one day to another, both included, as the profile of today has it."""
    terms = outlook.terms_of(grant, outlook.profile_of(grant, as_at=clock.today()))
    return terms.planned(up_to) - terms.planned(from_on - timedelta(days=1))
