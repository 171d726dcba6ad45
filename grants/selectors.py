"""Figures of a grant, from its balances and its entries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from django.conf import settings
from django.contrib.auth.models import Permission
from django.db.models import Case, Count, F, Q, QuerySet, Sum, Value, When
from django.db.models.functions import Coalesce

from grants.models import (
    CHANGES_INCURRED,
    INCURRED_STAGES,
    LADDER,
    ON_COST_KINDS,
    AgencyAgreement,
    Authority,
    BudgetLine,
    Grant,
    LedgerEntry,
    OnCostRate,
    OwnForecast,
    Stage,
)
from overtime_ledger import clock
from overtime_ledger.accounts.models import Agency, User


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
    sides = ("source_line", "source_stage", "target_line", "target_stage")
    balances: dict[tuple[int | None, str], int] = {}
    for source, from_stage, target, to_stage, total in posted.values_list(*sides).annotate(
        total=Sum("pence")
    ):
        balances[source, from_stage] = balances.get((source, from_stage), 0) - total
        balances[target, to_stage] = balances.get((target, to_stage), 0) + total
    return balances


def incurred_by_day(
    grant: Grant, *, as_at: date | None = None, line: BudgetLine | None = None
) -> list[tuple[date, int]]:
    """Pence incurred (approved and settled) by the day of the duty, as known at the end of `as_at`."""
    entries = LedgerEntry.objects.filter(CHANGES_INCURRED, grant=grant)
    if as_at is not None:
        entries = entries.filter(posted_on__lte=as_at)
    if line is not None:
        entries = entries.filter(target_line=line)
    signed = Case(When(target_stage__in=INCURRED_STAGES, then=F("pence")), default=-F("pence"))
    return list(
        entries.order_by("effective_on").values_list("effective_on").annotate(total=Coalesce(Sum(signed), 0))
    )


def balance_at(grant: Grant, stage: Stage, days: Sequence[date]) -> dict[date, int]:
    """Pence that stood on one rung of a grant at the end of each of some days."""
    signed = Case(When(target_stage=stage, then=F("pence")), default=-F("pence"))
    moved = LedgerEntry.objects.filter(Q(source_stage=stage) ^ Q(target_stage=stage), grant=grant)
    posted = list(moved.order_by().values_list("posted_on").annotate(total=Sum(signed)))
    return {day: sum(pence for on, pence in posted if on <= day) for day in days}


INCURRED, UNSPENT, STILL_OPEN = "incurred", "unspent", "still_open"
CLAIMED_ON, COMMITTED, ALLOCATED = "claimed_on", "committed", "allocated"
TOGETHER: Mapping[str, tuple[Stage, ...]] = {
    INCURRED: INCURRED_STAGES,
    UNSPENT: (Stage.AVAILABLE, Stage.TASKED, Stage.CLAIMED),
    STILL_OPEN: (Stage.TASKED, Stage.CLAIMED),
    CLAIMED_ON: LADDER[2:],
    COMMITTED: LADDER[1:],
    ALLOCATED: LADDER,
}
"""Stages taken together, by the name under which entries are filtered."""
OTHERS = "others"
"""The agencies of a grant but its lead force, by the name under which entries are filtered."""


@dataclass(frozen=True)
class Movement:
    """What some entries moved: how many they are, their pence, and what they did to the stage asked for."""

    count: int
    pence: int
    effect: int


def entries(
    grant: Grant,
    *,
    line: BudgetLine | None = None,
    enquiries_only: bool = False,
    kind: str = "",
    stage: str = "",
    duty_from: date | None = None,
    duty_to: date | None = None,
    since: date | None = None,
    as_at: date | None = None,
    through: int | None = None,
) -> QuerySet[LedgerEntry]:
    """Entries of a grant, the newest first, each with its `effect` in pence on what is asked for.

    With a `stage` (or a name of TOGETHER) only entries that changed its balance are kept, on one line, on
    those of enquiries or on all of them: their effects add up to that balance. `duty_from` and `duty_to` are
    days of the duty; `since` leaves out what was posted earlier, `as_at` what was posted later, `through`
    the entries after that number.
    """
    found = LedgerEntry.objects.filter(grant=grant)
    if line is not None:
        found = found.filter(Q(source_line=line) | Q(target_line=line))
    if enquiries_only:
        found = found.filter(Q(source_line__is_main=False) | Q(target_line__is_main=False))
    if kind:
        found = found.filter(kind=kind)
    if duty_from is not None:
        found = found.filter(effective_on__gte=duty_from)
    if duty_to is not None:
        found = found.filter(effective_on__lte=duty_to)
    if since is not None:
        found = found.filter(posted_on__gte=since)
    if as_at is not None:
        found = found.filter(posted_on__lte=as_at)
    if through is not None:
        found = found.filter(number__lte=through)
    lines = {"line": line} if line else {"line__is_main": False} if enquiries_only else {}
    found = found.annotate(effect=_side("target", lines, stage) - _side("source", lines, stage))
    found = found.exclude(effect=0) if stage else found
    return found.select_related("source_line", "target_line", "recorded_by").order_by("-number")


def _side(side: str, lines: Mapping[str, object], stage: str) -> Case:
    """The pence of an entry if that side of it is the lines and the stage asked for, else nothing."""
    asked = ~Q(**{f"{side}_stage": Stage.FUNDER})
    if stage:
        asked = Q(**{f"{side}_stage__in": TOGETHER.get(stage, (stage,))})
    asked &= Q(**{f"{side}_{name}": value for name, value in lines.items()})
    return Case(When(asked, then=F("pence")), default=Value(0))


def own_forecast(grant: Grant, *, as_at: date) -> OwnForecast | None:
    """The controlling DI's own forecast of the outturn as it stood at the end of a day."""
    return grant.own_forecasts.filter(given_on__lte=as_at).order_by("-given_on", "-pk").first()


def incurred_by_line(grant: Grant, *, since: date, until: date) -> dict[int, int]:
    """Pence each line incurred by duties from one day to another, as known at the end of the latter."""
    found = entries(grant, stage=INCURRED, duty_from=since, duty_to=until, as_at=until)
    sums = found.select_related(None).order_by().values_list("target_line")
    return {line: pence for line, pence in sums.annotate(pence_incurred=Sum("effect")) if line}


def movement(found: QuerySet[LedgerEntry]) -> Movement:
    """The totals of some of `entries`."""
    sums = found.order_by().aggregate(count=Count("pk"), moved=Sum("pence"), net=Sum("effect"))
    return Movement(sums["count"], sums["moved"] or 0, sums["net"] or 0)


@dataclass(frozen=True)
class GrantRow:
    """A grant with the five balances of all its lines together, in pence."""

    grant: Grant
    available: int
    tasked: int
    claimed: int
    approved: int
    settled: int


def grants_listed(grants: QuerySet[Grant]) -> list[GrantRow]:
    """Grants with where their money is, the latest window first."""
    shown = list(grants.select_related("lead_force"))
    lines = BudgetLine.objects.filter(grant__in=shown).order_by().values_list("grant")
    sums = {grant: balances for grant, *balances in lines.annotate(*(Sum(stage) for stage in LADDER))}
    return [GrantRow(grant, *sums.get(grant.pk, [0] * len(LADDER))) for grant in shown]


@dataclass(frozen=True)
class Chain:
    """The head of a grant's chain of entries, and whether the rows that are there lead up to it."""

    grant: Grant
    last_number: int
    digest: str
    is_whole: bool


def chain_of(grant: Grant) -> Chain:
    """The chain of one grant."""
    return chains_of([grant])[0]


def chains_of(grants: Sequence[Grant]) -> list[Chain]:
    """Compare the head of each chain with its entries: as many as it says, the last with the same digest.

    This is the quick look. Whether each link holds is reckoned anew by `manage.py verify_ledger`.
    """
    rows = LedgerEntry.objects.filter(grant__in=grants).order_by()
    counts = dict(rows.values_list("grant").annotate(Count("pk")))
    last = dict(rows.filter(number=F("grant__last_number")).values_list("grant", "digest"))
    return [
        Chain(
            grant=grant,
            last_number=grant.last_number,
            digest=bytes(grant.last_digest).hex(),
            is_whole=counts.get(grant.pk, 0) == grant.last_number
            and bytes(last.get(grant.pk, b"")) == bytes(grant.last_digest),
        )
        for grant in grants
    ]


def gates_confirmed(grant: Grant) -> tuple[int, int]:
    """How many gates of a grant are confirmed, and of how many."""
    sums = grant.gates.aggregate(confirmed=Count("confirmed_by"), needed=Count("pk"))
    return sums["confirmed"], sums["needed"]


def agencies_of(grant: Grant) -> QuerySet[Agency]:
    """The lead force of a grant and the agencies that have an agreement."""
    agreed = AgencyAgreement.objects.filter(grant=grant).values("agency")
    return Agency.objects.filter(Q(pk=grant.lead_force_id) | Q(pk__in=agreed)).order_by("code")


def marking_of(grants: QuerySet[Grant]) -> str:
    """The protective marking that some grants share; the product's own if they differ or there are none."""
    markings = set(grants.order_by().values_list("marking", flat=True).distinct())
    return str(markings.pop() if len(markings) == 1 else settings.LEDGER_MARKING)


def possible_deputies(grant: Grant) -> QuerySet[User]:
    """Who can be named as deputy: people whose role lets them approve, except the grant's controlling DI."""
    today = clock.today()
    controlling = Authority.objects.in_force(today).filter(grant=grant, kind=Authority.Kind.CONTROLLING_DI)
    approving = Permission.objects.filter(content_type__app_label="claims", codename="approve_claim")
    people = User.objects.filter(is_active=True, groups__permissions__in=approving)
    return people.exclude(pk__in=controlling.values("person")).order_by("display_name").distinct()


@dataclass(frozen=True)
class AuthorityRow:
    """An authority over a grant, and whether it is in force today, has ended, or is still to come."""

    authority: Authority
    state: Literal["active", "ended", "to come"]


def authorities_of(grant: Grant) -> list[AuthorityRow]:
    """Every authority over a grant, the controlling DI's first."""
    rows = grant.authorities.select_related("person", "made_by").order_by("kind", "-from_on", "-pk")
    return [AuthorityRow(row, _state(row, clock.today())) for row in rows]


def _state(authority: Authority, today: date) -> Literal["active", "ended", "to come"]:
    if authority.from_on > today:
        return "to come"
    return "ended" if authority.to_on and authority.to_on < today else "active"


def authority_of(user: User, grant: Grant) -> Authority | None:
    """The authority a person holds today over a grant, the controlling DI's before a deputy's.

    Over a grant that is closed nobody holds any.
    """
    if grant.is_closed:
        return None
    held = Authority.objects.filter(grant=grant, person=user).order_by()
    in_force = (one for one in held if _state(one, clock.today()) == "active")
    return min(in_force, key=lambda one: one.kind, default=None)


def authorities_held(user: User) -> dict[int, Authority]:
    """By grant that is not closed, the authority a person holds today, the DI's before a deputy's."""
    in_force = Authority.objects.in_force_for(user).exclude(grant__status=Grant.Status.CLOSED)
    rows = in_force.order_by("-kind")
    return {held.grant_id: held for held in rows}


def controllers_on(grant: Grant, days: Sequence[date]) -> set[int]:
    """Ids of the controlling DI and deputies on any of some days: they are never claimants (T05)."""
    held = Q()
    for day in days:
        held |= Q(from_on__lte=day) & (Q(to_on__isnull=True) | Q(to_on__gte=day))
    return set(Authority.objects.filter(held, grant=grant).values_list("person", flat=True))


def on_cost_percents(day: date) -> dict[str, Decimal | None]:
    """What each policy of on-costs adds to pay on a day, in percent; None where it is not on record."""
    known = {rate.kind: rate.percent for rate in OnCostRate.objects.on(day)}
    return {
        policy: sum((known[kind] for kind in kinds), Decimal(0)) if known.keys() >= {*kinds} else None
        for policy, kinds in ON_COST_KINDS.items()
    }
