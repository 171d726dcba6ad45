"""What went another way than the rule: questions, late orders, more time, late claims, disputes, reversals.

One row for each question a control put on a claim or, until a claim carries it on, on a tasking; and one
for each request, exception, dispute, claim held back and reversal. Each says whose turn it is and how old it
is.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils import timezone

from claims.models import Claim, MoreTime
from grants.models import Grant
from overtime_ledger import clock
from overtime_ledger.accounts.models import User
from overtime_ledger.audit.exports import Column
from tasking.models import Assignment
from tasking.selectors import signed

HOLDS_BACK = "claims.freeze_claim"
LEVELS = {
    "hold": "Hold",
    "note": "Note",
    "block": "Block",
    "request": "Request",
    "dispute": "Dispute",
    "reversal": "Reversal",
}
STATES = {"open": "Open", "closed": "Closed"}


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """Which exceptions: of these grants, by this code, at this level, open or closed; empty is all."""

    grants: Sequence[Grant]
    code: str = ""
    level: str = ""
    state: str = ""
    held_back: bool = False
    """Whether claims that are held back are among them: only for those who may hold claims back."""


@dataclass(frozen=True)
class Exceptional:
    """One exception. `counted_once` is its amount unless a row above it is of the same claim or duty.

    `turn` is whose turn it is as long as it is open.
    """

    kind: str
    code: str
    level: str
    grant: Grant
    claim: Claim | None
    duty: Assignment
    turn: str
    description: str
    pence: int
    counted_once: int | None
    raised_at: datetime
    closed_at: datetime | None
    is_open: bool
    reason: str
    by: User | None
    capacity: str

    @property
    def what(self) -> str:
        """The claim or, if there is none yet, the tasking it is about."""
        return str(self.claim or self.duty.tasking)

    @property
    def url(self) -> str:
        if self.claim:
            return reverse("claims:claim", args=(self.claim.pk,))
        return reverse("tasking:tasking", args=(self.duty.tasking_id,))

    @property
    def level_in_words(self) -> str:
        return LEVELS[self.level]

    @property
    def overridden_by(self) -> str:
        """Who let it pass, and in whose name if that was a deputy."""
        return signed(self.by, self.capacity) if self.by else ""

    @property
    def whose_turn(self) -> str:
        """Who is to do something about it now; empty once it is closed."""
        if not self.is_open:
            return ""
        return self.turn[:1].upper() + self.turn[1:]

    @property
    def age(self) -> int:
        """Days since it was raised; of a closed one, until it was closed."""
        until = timezone.localdate(self.closed_at) if self.closed_at else clock.today()
        return max((until - timezone.localdate(self.raised_at)).days, 0)

    @property
    def state(self) -> str:
        return STATES["open" if self.is_open else "closed"]


_TURNS = {
    "duty": "the officer, who claims the duty",
    "more time": "the controlling DI or a deputy, who was asked for more time",
    "late": "finance, who decides about the late list",
    "dispute": "the controlling DI or a deputy, whoever did not approve the part",
    "held back": "finance or an auditor, who let it go on",
}

COLUMNS = (
    Column("Code", lambda row: row.code),
    Column("Level", lambda row: row.level_in_words),
    Column("Object", lambda row: row.what),
    Column("Description", lambda row: row.description),
    Column("Amount", lambda row: row.pence, "pounds", total=False),
    Column("Amount, each claim or duty once", lambda row: row.counted_once, "pounds"),
    Column("Raised", lambda row: row.raised_at, "moment"),
    Column("Reason given", lambda row: row.reason),
    Column("Overridden by", lambda row: row.overridden_by),
    Column("Age in days", lambda row: row.age, "number"),
    Column("State", lambda row: row.state),
    Column("Whose turn", lambda row: row.whose_turn),
    Column("Officer", lambda row: row.duty.officer.staff_number),
    Column("Enquiry", lambda row: row.duty.tasking.enquiry.name),
    Column("Grant", lambda row: row.grant),
)


@dataclass(frozen=True)
class Total:
    """How many exceptions, of how many claims and duties, and what those come to in pence."""

    count: int
    objects: int
    pence: int


@dataclass(frozen=True)
class Asked:
    """How often a control put a question: lately, in all, and how many were approved with a reason."""

    recent: int
    all: int
    approved: int


# Until it is decided, more time is the request, not the question that the claim takes on with it (C04).
# What passed with its question: who approved it gave a reason. What ended otherwise was overridden by nobody.
_FOUND = """
with found as (
    select 'claim' as kind, flag ->> 'code' as code, flag ->> 'level' as level, claim.grant_id,
           claim.id as claim_id, claim.assignment_id, 'claim ' || claim.id as about,
           flag ->> 'question' as description, claim.pence, claim.submitted_at as raised_at,
           decided.at as closed_at,
           claim.status in ('draft', 'submitted', 'certified', 'returned') as is_open,
           coalesce(decided.reason, '') as reason,
           case when decided.verb in ('approved', 'part') then decided.by_id end as by_id,
           coalesce(decided.capacity, '') as capacity
    from claims_claim claim
    cross join jsonb_array_elements(claim.flags) flag
    left join lateral (
        select verb, at, by_id, reason, capacity from claims_event event
        where event.claim_id = claim.id
          and case claim.status when 'rejected' then verb = 'rejected'
                                when 'withdrawn' then verb = 'withdrawn'
                                else verb in ('approved', 'part') end
        order by event.id desc limit 1) decided
        on claim.status in ('approved', 'settled', 'reversed', 'rejected', 'withdrawn')
    where claim.flags <> '[]' and claim.grant_id = any(%(grants)s)
      and not (claim.status = 'draft' and flag ->> 'code' = 'C04')
  union all
    select 'duty', note ->> 'code', note ->> 'level', enquiry.grant_id, null, duty.id, 'duty ' || duty.id,
           note ->> 'question', duty.authorised_pence, tasking.issued_at,
           case when duty.status <> 'tasked' then coalesce(
               (select min(claim.submitted_at) from claims_claim claim where claim.assignment_id = duty.id),
               (select max(event.at) from tasking_taskingevent event
                where event.tasking_id = tasking.id
                  and (event.assignment_id = duty.id or event.assignment_id is null))) end,
           duty.status = 'tasked',
           case when note ->> 'code' = 'T09' then tasking.retrospective_reason else '' end,
           case when note ->> 'code' = 'T09' then tasking.issued_by_id end, tasking.capacity
    from tasking_assignment duty
    cross join jsonb_array_elements(duty.notes) note
    join tasking_tasking tasking on tasking.id = duty.tasking_id
    join tasking_enquiry enquiry on enquiry.id = tasking.enquiry_id
    where duty.notes <> '[]' and enquiry.grant_id = any(%(grants)s)
      and not exists (
        select from claims_claim claim
        where claim.assignment_id = duty.id
          and claim.flags @> jsonb_build_array(jsonb_build_object('code', note ->> 'code')))
  union all
    select 'more time', 'C04', 'request', claim.grant_id, claim.id, claim.assignment_id,
           'more time ' || request.id, 'More time was asked: ' || request.reason, request.extra_pence,
           request.asked_at, coalesce(request.decided_at, case when request.status = 'lapsed' then (
               select min(event.at) from claims_event event
               where event.claim_id = claim.id and event.at > request.asked_at) end),
           request.status = 'asked', coalesce(decided.reason, ''),
           case when request.status = 'granted' then request.decided_by_id end, coalesce(decided.capacity, '')
    from claims_moretime request
    join claims_claim claim on claim.id = request.claim_id
    left join lateral (
        select reason, capacity from claims_event event
        where event.claim_id = claim.id and event.at = request.decided_at
          and event.verb = case request.status when 'granted' then 'granted' else 'refused' end
        order by event.id desc limit 1) decided on request.decided_at is not null
    where claim.grant_id = any(%(grants)s)
  union all
    select 'late', 'C06', 'block', enquiry.grant_id, null, duty.id, 'late ' || late.id,
           'An exception from the closing day was asked for: ' || late.reason, duty.authorised_pence,
           late.asked_at, late.decided_at, late.status = 'asked', late.answer,
           case when late.status = 'granted' then late.decided_by_id end, ''
    from claims_lateclaim late
    join tasking_assignment duty on duty.id = late.assignment_id
    join tasking_tasking tasking on tasking.id = duty.tasking_id
    join tasking_enquiry enquiry on enquiry.id = tasking.enquiry_id
    where enquiry.grant_id = any(%(grants)s)
  union all
    select 'dispute', '', 'dispute', claim.grant_id, claim.id, claim.assignment_id, 'dispute ' || dispute.id,
           'The part that was approved is disputed: ' || dispute.reason, claim.claimed_pence - claim.pence,
           dispute.raised_at, dispute.decided_at, dispute.status = 'open', dispute.answer,
           case when dispute.status = 'upheld' then dispute.decided_by_id end, ''
    from claims_dispute dispute
    join claims_claim claim on claim.id = dispute.claim_id
    where claim.grant_id = any(%(grants)s)
  union all
    select 'held back', 'A09', 'block', claim.grant_id, claim.id, claim.assignment_id, 'claim ' || claim.id,
           'Held back: ' || held.reason, claim.pence, held.frozen_at, held.released_at,
           held.released_at is null, held.release_reason, held.released_by_id, ''
    from claims_freeze held
    join claims_claim claim on claim.id = held.claim_id
    where %(held_back)s and claim.grant_id = any(%(grants)s)
  union all
    select 'reversal', '', 'reversal', claim.grant_id, claim.id, claim.assignment_id, 'claim ' || claim.id,
           'The approval was reversed', claim.pence, event.at, event.at, false, event.reason, event.by_id,
           event.capacity
    from claims_claim claim
    join claims_event event on event.claim_id = claim.id and event.verb = 'reversed'
    where claim.status = 'reversed' and claim.grant_id = any(%(grants)s)
), chosen as (
    select *, case when row_number() over (partition by about order by raised_at desc, code, description) = 1
                   then pence end as counted_once
    from found
    where (%(held_back)s or not exists (
               select from claims_freeze held
               where held.claim_id = found.claim_id and held.released_at is null))
      and (%(code)s = '' or code = %(code)s)
      and (%(level)s = '' or level = %(level)s)
      and (%(state)s = '' or is_open = (%(state)s = 'open'))
)
"""
_ORDER = "order by raised_at desc, coalesce(claim_id, 0) desc, assignment_id desc, code, description"


def total(chosen: Chosen) -> Total:
    """How many exceptions there are; an amount counts once however many questions there are about it."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"{_FOUND} select count(*), count(distinct about), coalesce(sum(counted_once), 0)::bigint"
            " from chosen",
            _parameters(chosen),
        )
        return Total(*cursor.fetchone())


class Exceptions(Sequence[Exceptional]):
    """The exceptions that were chosen, the newest first; a slice asks the database for just that."""

    def __init__(self, chosen: Chosen, count: int) -> None:
        self.chosen = chosen
        self._count = count

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, place: Any) -> Any:
        if isinstance(place, int):
            return self[place : place + 1][0]
        rows = _rows(self.chosen, "offset %(offset)s limit %(limit)s", place.start or 0, place.stop)
        return list(_named(rows, self.chosen.grants))


def every(chosen: Chosen, size: int = 1000) -> Iterator[Exceptional]:
    """All the exceptions that were chosen, for a file; what they are about is read `size` rows at a time."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(f"{_FOUND} select * from chosen {_ORDER}", _parameters(chosen))
        while some := cursor.fetchmany(size):
            yield from _named(_with_names(cursor, some), chosen.grants)


def asked(chosen: Chosen, since: datetime) -> dict[str, Asked]:
    """How often each control put a question on the claims and duties that were chosen, by its code."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""{_FOUND}
            select code, count(*) filter (where raised_at >= %(since)s), count(*),
                   count(*) filter (where kind = 'claim' and by_id is not null)
            from chosen where kind in ('claim', 'duty') group by code""",
            _parameters(chosen) | {"since": since},
        )
        return {code: Asked(*counts) for code, *counts in cursor.fetchall()}


def _parameters(chosen: Chosen) -> dict[str, Any]:
    return {
        "grants": [grant.pk for grant in chosen.grants],
        "code": chosen.code,
        "level": chosen.level,
        "state": chosen.state,
        "held_back": chosen.held_back,
    }


def _rows(chosen: Chosen, part: str = "", start: int = 0, stop: int | None = None) -> list[Mapping[str, Any]]:
    limit = None if stop is None else stop - start
    with connection.cursor() as cursor:
        cursor.execute(
            f"{_FOUND} select * from chosen {_ORDER} {part}",
            _parameters(chosen) | {"offset": start, "limit": limit},
        )
        return _with_names(cursor, cursor.fetchall())


def _with_names(cursor: Any, rows: Sequence[Sequence[Any]]) -> list[Mapping[str, Any]]:
    names = [column.name for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in rows]


def _named(rows: Sequence[Mapping[str, Any]], grants: Iterable[Grant]) -> Iterator[Exceptional]:
    """Rows with the claims, duties and people whose numbers they bear: one query for each of the three."""
    of_grant = {grant.pk: grant for grant in grants}
    asking = MoreTime.objects.filter(claim=OuterRef("pk"), status=MoreTime.Status.ASKED)
    with_turn = Claim.objects.with_guards().annotate(asks=Exists(asking)).select_related("agency")
    claims = with_turn.in_bulk({row["claim_id"] for row in rows} - {None})
    duties = Assignment.objects.select_related("officer", "tasking__enquiry")
    duty_of = duties.in_bulk({row["assignment_id"] for row in rows})
    people = User.objects.in_bulk({row["by_id"] for row in rows} - {None})
    for row in rows:
        yield Exceptional(
            kind=row["kind"],
            code=row["code"],
            level=row["level"],
            grant=of_grant[row["grant_id"]],
            claim=claims.get(row["claim_id"]),
            duty=duty_of[row["assignment_id"]],
            turn=_turn(row["kind"], claims.get(row["claim_id"])),
            description=row["description"],
            pence=row["pence"],
            counted_once=row["counted_once"],
            raised_at=row["raised_at"],
            closed_at=row["closed_at"],
            is_open=row["is_open"],
            reason=row["reason"],
            by=people.get(row["by_id"]),
            capacity=row["capacity"],
        )


def _turn(kind: str, claim: Any) -> str:
    """Whose turn it is. A draft waits for the DI only as long as more time is asked for."""
    if kind in _TURNS or claim is None:
        return _TURNS[kind]
    waits_for_claimant = claim.status == Claim.Status.DRAFT and not (claim.asks or claim.is_held_back)
    return "the claimant, who claims what was authorised" if waits_for_claimant else str(claim.waits_for)
