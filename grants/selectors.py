"""Figures of a grant, from its balances and its entries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Case, F, Q, Sum, When
from django.db.models.functions import Coalesce

from grants.models import LADDER, Authority, BudgetLine, Grant, LedgerEntry, Stage
from overtime_ledger import clock
from overtime_ledger.accounts.models import User


@dataclass(frozen=True)
class LinePosition:
    """A budget line's five balances, in pence, at the end of a day."""

    line: BudgetLine
    available: int
    tasked: int
    claimed: int
    approved: int
    settled: int

    @property
    def incurred(self) -> int:
        return self.approved + self.settled

    @property
    def allocated(self) -> int:
        return self.available + self.tasked + self.claimed + self.incurred


def positions(grant: Grant, *, as_at: date | None = None) -> list[LinePosition]:
    """Every line of a grant with its balances: the present ones, or those at the end of a past day."""
    lines = list(grant.lines.order_by("-is_main", "name"))
    if as_at is None or as_at >= clock.today():
        return [LinePosition(line, *(getattr(line, stage) for stage in LADDER)) for line in lines]
    past = _balances(grant, as_at)
    return [LinePosition(line, *(past.get((line.pk, stage), 0) for stage in LADDER)) for line in lines]


def _balances(grant: Grant, as_at: date) -> dict[tuple[int | None, str], int]:
    """Balances by line and stage, summed from the entries posted up to a day."""
    posted = LedgerEntry.objects.filter(grant=grant, posted_on__lte=as_at).order_by()
    balances: dict[tuple[int | None, str], int] = {}
    for side, sign in (("source", -1), ("target", 1)):
        sums = posted.values_list(f"{side}_line", f"{side}_stage").annotate(total=Sum("pence"))
        for line, stage, total in sums:
            balances[line, stage] = balances.get((line, stage), 0) + sign * total
    return balances


def incurred_by_day(
    grant: Grant, *, as_at: date | None = None, line: BudgetLine | None = None
) -> list[tuple[date, int]]:
    """Pence incurred (approved and settled) by the day of the duty, as known at the end of `as_at`."""
    incurred = (Stage.APPROVED, Stage.SETTLED)
    crossing = Q(target_stage__in=incurred) & ~Q(source_stage__in=incurred) | Q(
        source_stage__in=incurred
    ) & ~Q(target_stage__in=incurred)
    entries = LedgerEntry.objects.filter(crossing, grant=grant)
    if as_at is not None:
        entries = entries.filter(posted_on__lte=as_at)
    if line is not None:
        entries = entries.filter(target_line=line)
    signed = Case(When(target_stage__in=incurred, then=F("pence")), default=-F("pence"))
    return list(
        entries.order_by("effective_on").values_list("effective_on").annotate(total=Coalesce(Sum(signed), 0))
    )


def authority_of(user: User, grant: Grant) -> Authority | None:
    """The authority a person holds today over a grant, the controlling DI's before a deputy's."""
    return Authority.objects.in_force_for(user).filter(grant=grant).order_by("kind").first()


def controllers_on(grant: Grant, days: Sequence[date]) -> set[int]:
    """Ids of the controlling DI and deputies on any of some days: they are never claimants (T05)."""
    held = Q()
    for day in days:
        held |= Q(from_on__lte=day) & (Q(to_on__isnull=True) | Q(to_on__gte=day))
    return set(Authority.objects.filter(held, grant=grant).values_list("person", flat=True))
