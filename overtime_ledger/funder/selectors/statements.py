"""What became of a grant by the end of a day: the outturn statement, the Statement of Grant Usage."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Case, F, Sum, When

from grants.models import ClaimBasis, Grant, LedgerEntry, Stage
from overtime_ledger import clock
from overtime_ledger.funder.models import Expenditure, FunderClaim, Transfer
from overtime_ledger.funder.selectors.balances import Account, account
from overtime_ledger.funder.selectors.drawing import planned_between
from overtime_ledger.funder.selectors.entries import agency_of, by_type, posted_by, spending
from overtime_ledger.funder.selectors.reports import TOTAL, percent_of


@dataclass(frozen=True)
class TypeOutturn:
    """What one type of expenditure, or both, came to by a day; pence.

    `agency` is whose entries of the ledger these are, as its page is asked for them.
    """

    label: str
    accrued: int
    paid: int
    agency: int | str = ""

    @property
    def unpaid(self) -> int:
        return self.accrued - self.paid


@dataclass(frozen=True)
class Statement:
    """What became of a grant by the end of a day: the outturn statement, the Statement of Grant Usage."""

    grant: Grant
    as_at: date
    award: int
    types: Sequence[TypeOutturn]
    account: Account
    planned: int
    claims: Sequence[FunderClaim]
    transfers: Sequence[Transfer]

    @property
    def total(self) -> TypeOutturn:
        return TypeOutturn(
            TOTAL,
            sum(row.accrued for row in self.types),
            sum(row.paid for row in self.types),
        )

    @property
    def eligible(self) -> int:
        """What was spent on the basis of the grant's claims."""
        return self.total.accrued if self.grant.claim_basis == ClaimBasis.ACCRUED else self.total.paid

    @property
    def unspent(self) -> int:
        return self.award - self.eligible

    @property
    def over_award(self) -> int:
        """What was accrued beyond the award; below nothing, as always."""
        return self.total.accrued - self.award

    @property
    def spent_percent(self) -> str:
        return percent_of(self.eligible, self.award)

    @property
    def variance(self) -> int:
        """What was accrued beyond the plan of that day; below nothing when less was."""
        return self.total.accrued - self.planned

    @property
    def variance_percent(self) -> str:
        return percent_of(self.variance, self.planned)

    @property
    def still_due(self) -> int:
        """Eligible expenditure less what was received and not repaid: above nothing the funder owes it."""
        return self.eligible - self.account.received + self.account.repaid

    @property
    def due_from(self) -> int:
        return max(0, self.still_due)

    @property
    def due_to(self) -> int:
        return max(0, -self.still_due)

    @property
    def is_final(self) -> bool:
        """Whether the books are closed: until then figures may change."""
        return self.as_at > self.grant.books_close_on


def statement(grant: Grant, *, as_at: date) -> Statement:
    """A grant's spending by type, its account with the funder and its claims, at the end of a day."""
    sums = {
        basis: by_type(posted_by(spending(grant, basis), as_at), total=Sum("spent", default=0))
        for basis in ClaimBasis
    }
    award = LedgerEntry.objects.filter(
        grant=grant, posted_on__lte=as_at, kind__in=("award", "supplement", "reduction")
    ).aggregate(total=Sum(Case(When(source_stage=Stage.FUNDER, then=F("pence")), default=-F("pence"))))
    claims = grant.funder_claims.standing().filter(drawn_at__lt=clock.midnight_after(as_at))
    return Statement(
        grant=grant,
        as_at=as_at,
        award=award["total"] or grant.amount_pence,
        types=[
            TypeOutturn(
                kind.label,
                sums[ClaimBasis.ACCRUED][kind].get("total", 0),
                sums[ClaimBasis.PAID][kind].get("total", 0),
                agency_of(grant, kind),
            )
            for kind in Expenditure
        ],
        account=account(grant, as_at=as_at),
        planned=planned_between(grant, grant.eligible_from, as_at),
        claims=list(claims.select_related("pm_by", "cfo_by").order_by("number")),
        transfers=list(
            grant.funder_transfers.standing().filter(happened_on__lte=as_at).select_related("claim")
        ),
    )
