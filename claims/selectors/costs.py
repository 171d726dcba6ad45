"""What agencies and hours cost."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from django.db import connection
from django.db.models import Case, F, FilteredRelation, Q, Sum, Value, When
from django.db.models.functions import Coalesce

from claims.models import Claim
from grants.models import INCURRED_STAGES, Grant, Stage
from overtime_ledger import clock
from overtime_ledger.accounts.models import Agency
from tasking.models import Assignment

Status = Claim.Status


@dataclass(frozen=True)
class AgencyPosition:
    """What an agency's officers hold on the ladder of a grant, in pence, and the minutes behind it."""

    agency: Agency
    tasked: int
    claimed: int
    approved: int
    settled: int
    minutes: int

    @property
    def incurred(self) -> int:
        return self.approved + self.settled

    @property
    def pence(self) -> int:
        """All of it, whatever rung it has reached."""
        return self.tasked + self.claimed + self.incurred


def by_agency(grant: Grant, *, as_at: date | None = None) -> list[AgencyPosition]:
    """What each agency's officers hold on a grant's ladder, now or at the end of a past day."""
    now = as_at is None or as_at >= clock.today()
    held = _held_now(grant, BY_AGENCY) if now or as_at is None else _held_at(grant, as_at, BY_AGENCY)
    agencies = Agency.objects.in_bulk({agency for agency, _ in held})
    return [
        _position(agency, [held.get((agency.pk, stage), (0, 0)) for stage in _HELD])
        for agency in sorted(agencies.values(), key=lambda agency: agency.code)
    ]


def _position(agency: Agency, held: Sequence[tuple[int, int]]) -> AgencyPosition:
    tasked, claimed, approved, settled = (pence for pence, _ in held)
    return AgencyPosition(agency, tasked, claimed, approved, settled, sum(minutes for _, minutes in held))


def worked_minutes(grant: Grant, *, as_at: date | None = None) -> tuple[int, int]:
    """Minutes of everything tasked, claimed and incurred on a grant, and its pence: the average hour's parts.

    What is claimed counts as stated, or the part of it that was approved; what is only tasked as authorised.
    """
    rows = by_agency(grant, as_at=as_at)
    return sum(row.minutes for row in rows), sum(row.pence for row in rows)


def incurred_minutes(grant: Grant, *, as_at: date | None = None) -> dict[int, int]:
    """Minutes of what each enquiry of a grant incurred, by its key: as stated, or the part approved."""
    now = as_at is None or as_at >= clock.today()
    held = _held_now(grant, BY_ENQUIRY) if now or as_at is None else _held_at(grant, as_at, BY_ENQUIRY)
    minutes: dict[int, int] = defaultdict(int)
    for (enquiry, stage), (_, worked) in held.items():
        if stage in INCURRED_STAGES:
            minutes[enquiry] += worked
    return minutes


class By(NamedTuple):
    """What is held is added up by this: as a filter names it, and in SQL."""

    field: str
    column: str


BY_AGENCY = By("agency", "duty.agency_id")
BY_ENQUIRY = By("tasking__enquiry", "(select enquiry_id from tasking_tasking where id = duty.tasking_id)")

_HELD = (Stage.TASKED, Stage.CLAIMED, Stage.APPROVED, Stage.SETTLED)
_STAGE_OF = (
    ((Status.SUBMITTED, Status.CERTIFIED), Stage.CLAIMED),
    ((Status.APPROVED,), Stage.APPROVED),
    ((Status.SETTLED,), Stage.SETTLED),
)


def _held_now(grant: Grant, by: By) -> Mapping[tuple[int, str], tuple[int, int]]:
    """Pence and minutes by agency or enquiry and stage, as the duties and their claims stand."""
    claimed = [status for statuses, _ in _STAGE_OF for status in statuses]
    rows = (
        Assignment.objects.filter(tasking__enquiry__grant=grant, committed_pence__gt=0)
        .annotate(live_claim=FilteredRelation("claims", condition=Q(claims__status__in=claimed)))
        .annotate(
            stage=Case(
                *(When(live_claim__status__in=statuses, then=Value(stage)) for statuses, stage in _STAGE_OF),
                default=Value(Stage.TASKED),
            ),
            stated=Case(
                When(
                    live_claim__isnull=False,
                    then=Coalesce(F("live_claim__approved_minutes"), F("live_claim__worked_minutes")),
                ),
                default=F("authorised_minutes"),
            ),
        )
        .order_by()
        .values(by.field, "stage")
        .annotate(held=Sum("committed_pence"), minutes=Sum("stated"))
    )
    return {(row[by.field], row["stage"]): (row["held"], row["minutes"]) for row in rows}


# Entries name the duty or the claim they belong to in their reference; what was stated or authorised then is
# in the events.
_HELD_AT = r"""
with moved as (
    select coalesce(claim.assignment_id, event.assignment_id,
                    substring(entry.reference from 'assignment:(\d+)')::bigint) as assignment_id,
           entry.source_stage, entry.target_stage, entry.pence
    from grants_ledgerentry entry
    left join claims_claim claim on claim.id = substring(entry.reference from '^claim:(\d+):')::bigint
    left join tasking_taskingevent event
        on event.id = substring(entry.reference from '^tasking-event:(\d+)$')::bigint
    where entry.grant_id = %(grant)s and entry.posted_on <= %(as_at)s
), held as (
    select assignment_id, stage, sum(pence) as pence from (
        select assignment_id, target_stage as stage, pence from moved
        union all select assignment_id, source_stage, -pence from moved) both_sides
    where assignment_id is not null and stage in ('tasked', 'claimed', 'approved', 'settled')
    group by assignment_id, stage having sum(pence) > 0
)
select {column}, held.stage, sum(held.pence)::bigint,
       sum(coalesce(stated.minutes, authorised.minutes, duty.authorised_minutes))::bigint
from held join tasking_assignment duty on duty.id = held.assignment_id
left join lateral (
    select coalesce((event.facts->>'approved_minutes')::int,
                    extract(epoch from (event.facts->>'ends_at')::timestamptz
                                       - (event.facts->>'starts_at')::timestamptz) / 60
                    - (event.facts->>'break_minutes')::int) as minutes
    from claims_event event join claims_claim claim on claim.id = event.claim_id
    where claim.assignment_id = duty.id and event.at < %(until)s and held.stage <> 'tasked'
    order by event.id desc limit 1) stated on true
left join lateral (
    select (event.minutes->>duty.id::text)::int as minutes
    from tasking_taskingevent event
    where event.tasking_id = duty.tasking_id and event.minutes->>duty.id::text is not null
          and event.at < %(until)s
    order by event.id desc limit 1) authorised on true
group by 1, held.stage
"""


def _held_at(grant: Grant, as_at: date, by: By) -> Mapping[tuple[int, str], tuple[int, int]]:
    """The same at the end of a past day, from the ledger entries posted by then."""
    with connection.cursor() as cursor:
        cursor.execute(
            _HELD_AT.replace("{column}", by.column),
            {"grant": grant.pk, "as_at": as_at, "until": clock.midnight_after(as_at)},
        )
        return {(key, stage): (held, minutes) for key, stage, held, minutes in cursor.fetchall()}
