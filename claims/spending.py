"""What each agency's duties cost, day by day and week by week, from the ledger's entries."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import BigIntegerField, Case, F, Func, OuterRef, Subquery, Sum, Value, When
from django.db.models.functions import Cast

from claims.models import Claim
from grants.burndown import Week
from grants.models import CHANGES_INCURRED, INCURRED_STAGES, Grant, LedgerEntry
from overtime_ledger.accounts.models import Agency


@dataclass(frozen=True)
class Spent:
    """What duties of one agency on one day cost, in pence; below nothing if more was reversed."""

    agency_id: int
    on: date
    pence: int


def spent_by_agency(grant: Grant, *, as_at: date) -> list[Spent]:
    """Pence incurred by agency and day of the duty, as known at the end of a day: every penny that is.

    Money becomes incurred by entries of claims alone, which name their claim.
    """
    claim = Cast(Func(F("reference"), Value("^claim:([0-9]+):"), function="substring"), BigIntegerField())
    agency = Subquery(Claim.objects.filter(pk=OuterRef("claim_named")).order_by().values("agency")[:1])
    signed = Case(When(target_stage__in=INCURRED_STAGES, then=F("pence")), default=-F("pence"))
    entries = LedgerEntry.objects.filter(CHANGES_INCURRED, grant=grant, posted_on__lte=as_at)
    sums = entries.annotate(claim_named=claim).annotate(agency_named=agency).order_by()
    rows = sums.values_list("agency_named", "effective_on")
    found = rows.annotate(spent=Sum(signed, output_field=BigIntegerField()))
    return [Spent(agency_id, on, pence) for agency_id, on, pence in found]


@dataclass(frozen=True)
class AgencyWeeks:
    """What duties of an agency cost in each of some weeks, in pence, in their order."""

    agency: Agency
    weeks: tuple[int, ...]

    @property
    def total(self) -> int:
        return sum(self.weeks)


def by_week(agencies: Iterable[Agency], spent: Sequence[Spent], weeks: Sequence[Week]) -> list[AgencyWeeks]:
    """Share what was spent out among weeks, agency by agency in the order given.

    The first week holds whatever was worked before it, as in the burn-down; a week still running what was
    worked up to its day. So the agencies of a week add up to what it incurred.
    """
    found: dict[int, list[int]] = defaultdict(lambda: [0] * len(weeks))
    for one in spent:
        place = next((n for n, week in enumerate(weeks) if one.on <= week.as_at), None)
        if place is not None:
            found[one.agency_id][place] += one.pence
    return [AgencyWeeks(agency, tuple(found[agency.pk])) for agency in agencies if agency.pk in found]
