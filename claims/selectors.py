"""What waits for whom, and what agencies and hours cost: figures across duties, claims and entries."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import repeat
from typing import Any

from django.db import connection
from django.db.models import (
    BigIntegerField,
    Case,
    Count,
    F,
    FilteredRelation,
    Func,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce
from django.utils import timezone

from claims.models import Claim, ClaimQuerySet, Event, Interest, MoreTime
from grants.models import LADDER, Authority, Grant, LedgerEntry, Stage
from overtime_ledger import clock
from overtime_ledger.accounts.models import Agency, User
from overtime_ledger.money import pounds
from overtime_ledger.ui import duration, percent
from tasking.models import Assignment, DutyType, TaskingEvent
from tasking.selectors import Happening, signed

Status = Claim.Status
LOOKED_BACK = 20


@dataclass(frozen=True)
class Total:
    """How many, and what they come to in pence."""

    count: int
    pence: int


@dataclass(frozen=True)
class AgencyDue:
    """Approved claims of one agency under one grant that nobody has paid yet."""

    grant: Grant
    agency: Agency
    count: int
    pence: int
    oldest_on: date


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


def total(rows: QuerySet[Claim] | QuerySet[Assignment]) -> Total:
    """Count and pence of claims, or of duties at the price they were authorised for."""
    of = "pence" if rows.model is Claim else "authorised_pence"
    found = rows.order_by().aggregate(count=Count("pk"), total=Sum(of, default=0))
    return Total(found["count"], found["total"])


# What waits for whom


def duties_to_claim(user: User) -> QuerySet[Assignment]:
    """A person's own duties that are over and not claimed yet, the oldest first."""
    return unclaimed().filter(officer=user)


def duties_to_come(user: User) -> QuerySet[Assignment]:
    """A person's own duties that are not over yet, the next one first."""
    rows = Assignment.objects.to_claim().filter(officer=user, ends_at__gt=clock.now())
    return rows.select_related("tasking__enquiry").order_by("starts_at", "pk")


def agency_duties(user: User) -> QuerySet[Assignment]:
    """Duties of a clerk's agency that are over and not claimed yet; none for anybody else."""
    if not user.has_perm("claims.claim_for_agency"):
        return Assignment.objects.none()
    return unclaimed().filter(agency=user.agency_id)


def unclaimed() -> QuerySet[Assignment]:
    """Over, not claimed, and claims are still taken. A returned claim is answered, not claimed.

    What earns time off alone is never claimed.
    """
    today = clock.today()
    taken = Q(tasking__enquiry__grant__claims_close_on__gte=today) | Q(claim_until__gte=today)
    rows = Assignment.objects.to_claim().filter(taken, ends_at__lte=clock.now(), authorised_pence__gt=0)
    return rows.select_related("officer", "agency", "tasking__enquiry").order_by("starts_at", "pk")


def claimable(user: User) -> QuerySet[Assignment]:
    """Duties whose claim is a person's to make, whatever state they are in: own ones, a clerk's agency's."""
    rows = Assignment.objects.filter(_theirs(user, "officer"))
    return rows.select_related("officer", "agency", "tasking__enquiry__grant")


def answerable(user: User) -> QuerySet[Claim]:
    """Claims that are a person's to answer or withdraw, whatever state they are in."""
    return Claim.objects.filter(_theirs(user, "claimant")).select_related(*_WITH)


_WITH = ("claimant", "agency", "grant", "enquiry__line", "assignment__tasking__enquiry__grant")


def _theirs(user: User, person: str) -> Q:
    theirs = Q(**{person: user})
    if user.has_perm("claims.claim_for_agency"):
        theirs |= Q(agency=user.agency_id)
    return theirs


def my_claims(user: User, limit: int = 20) -> QuerySet[Claim]:
    """A person's own latest claims, each with the moment `since` which it stands where it does."""
    latest = Event.objects.filter(claim=OuterRef("pk")).order_by("-pk").values("at")[:1]
    rows = Claim.objects.filter(claimant=user).with_guards().select_related("enquiry", "agency")
    return rows.annotate(since=Subquery(latest))[:limit]


def to_answer(user: User) -> QuerySet[Claim]:
    """Claims that wait for a person's answer: their own, and for a clerk those of the agency.

    They were returned, or wait as a draft although more time was refused.
    """
    rows = Claim.objects.awaiting_claimant().filter(_theirs(user, "claimant"))
    return rows.select_related("claimant", "enquiry", "agency").order_by("duty_on", "pk")


def agency_claims(user: User, limit: int = 10) -> QuerySet[Claim]:
    """The latest claims of a clerk's agency; none for anybody else."""
    if not user.has_perm("claims.claim_for_agency"):
        return Claim.objects.none()
    rows = Claim.objects.filter(agency=user.agency_id).with_guards()
    return rows.select_related("claimant", "enquiry")[:limit]


def to_certify(user: User) -> QuerySet[Claim]:
    """Claims whose hours a supervisor may certify: of the own agency, not one's own, the oldest first."""
    if not user.has_perm("claims.certify_claim"):
        return Claim.objects.none()
    rows = Claim.objects.awaiting_certification().untouched_by(user).filter(agency=user.agency_id)
    return rows.select_related("claimant", "enquiry", "agency").order_by("submitted_at", "pk")


def to_approve(grant: Grant) -> tuple[ClaimQuerySet, ClaimQuerySet]:
    """Certified claims of a grant, the oldest first: the clean ones, and those a control asks about."""
    rows = Claim.objects.awaiting_approval().filter(grant=grant)
    rows = rows.select_related("claimant", "enquiry", "agency", "grant").order_by("submitted_at", "pk")
    return rows.filter(flags=[]), rows.exclude(flags=[])


def waiting_to_be_certified(grant: Grant) -> ClaimQuerySet:
    """Submitted claims of a grant that no supervisor has certified yet."""
    return Claim.objects.awaiting_certification().filter(grant=grant)


def to_approve_by(user: User) -> QuerySet[Claim]:
    """Certified claims for a person to decide today: of grants they control, not touched by them."""
    controlled = Authority.objects.in_force_for(user).values("grant")
    rows = Claim.objects.awaiting_approval().untouched_by(user).filter(grant__in=controlled)
    return rows.select_related("claimant", "enquiry", "agency", "grant").order_by("submitted_at", "pk")


def clean_for(user: User) -> QuerySet[Claim]:
    """Those of them that no control asks about: approved together."""
    return to_approve_by(user).filter(flags=[])


def flagged_for(user: User) -> QuerySet[Claim]:
    """Those of them that a control asks about: decided one by one."""
    return to_approve_by(user).exclude(flags=[])


OLD_AFTER = timedelta(days=3)


def certified_long_ago() -> Q:
    """Certified more than three days ago: these have waited too long."""
    return Q(certified_at__lt=clock.london(clock.today() - OLD_AFTER, time()))


@dataclass(frozen=True)
class WaitingFor:
    """What waits for one person's approval: clean, flagged, and how many of both have waited too long."""

    clean: Total
    flagged: Total
    old: int

    @property
    def count(self) -> int:
        return self.clean.count + self.flagged.count


def waiting_for(user: User) -> WaitingFor:
    """What waits for a person's approval today."""
    clean = Q(flags=[])
    found = (
        to_approve_by(user)
        .order_by()
        .aggregate(
            clean=Count("pk", filter=clean),
            clean_pence=Sum("pence", filter=clean, default=0),
            flagged=Count("pk", filter=~clean),
            flagged_pence=Sum("pence", filter=~clean, default=0),
            old=Count("pk", filter=certified_long_ago()),
        )
    )
    return WaitingFor(
        clean=Total(found["clean"], found["clean_pence"]),
        flagged=Total(found["flagged"], found["flagged_pence"]),
        old=found["old"],
    )


def to_decide(user: User, grant: Grant) -> QuerySet[Claim]:
    """What a person decides one by one on a grant: questions, more time, disputes; the oldest first.

    Nothing for somebody without authority over the grant today, and nothing that is their own.
    """
    controlled = Authority.objects.in_force_for(user).values("grant")
    waiting = (
        Claim.objects.awaiting_approval().exclude(flags=[])
        | Claim.objects.filter(pk__in=Claim.objects.awaiting_more_time().values("pk"))
        | Claim.objects.filter(pk__in=disputes_for(user).order_by().values("pk"))
    )
    rows = waiting.untouched_by(user).filter(grant=grant, grant__in=controlled)
    return rows.select_related("claimant").order_by("submitted_at", "pk")


def disputes_for(user: User) -> QuerySet[Claim]:
    """Claims whose part approval is disputed and which this person may answer: not who approved the part."""
    controlled = Authority.objects.in_force_for(user).values("grant")
    rows = Claim.objects.awaiting_answer_to_dispute().untouched_by(user).filter(grant__in=controlled)
    return rows.exclude(approved_by=user).exclude(dispute__raised_by=user)


def next_to_decide(user: User, claim: Claim) -> Claim | None:
    """The claim that has waited longest for this person's decision, other than the one at hand."""
    waiting = to_certify(user).exclude(pk=claim.pk).first()
    if waiting or not user.has_perm("claims.approve_claim"):
        return waiting
    clean, flagged = to_approve(claim.grant)
    return (flagged | clean).untouched_by(user).exclude(pk=claim.pk).first()


def to_decide_more_time(grant: Grant) -> QuerySet[Claim]:
    """Claims of a grant that wait because more time was asked than authorised, the oldest first."""
    rows = Claim.objects.awaiting_more_time().filter(grant=grant)
    return rows.select_related("claimant", "enquiry", "agency").order_by("submitted_at", "pk")


def to_settle(*grants: Grant) -> list[AgencyDue]:
    """What is approved and not paid yet, grant by grant and agency by agency."""
    rows = Claim.objects.awaiting_settlement().filter(grant__in=grants).order_by("-grant", "agency__code")
    sums = rows.values("grant", "agency").annotate(
        count=Count("pk"), total=Sum("pence"), oldest=Min("duty_on")
    )
    agencies = Agency.objects.in_bulk({row["agency"] for row in sums})
    named = {grant.pk: grant for grant in grants}
    return [
        AgencyDue(named[row["grant"]], agencies[row["agency"]], row["count"], row["total"], row["oldest"])
        for row in sums
    ]


def due(grant: Grant, agency: Agency) -> ClaimQuerySet:
    """The approved claims of one agency that nobody has paid yet, by the day of their duty."""
    rows = Claim.objects.awaiting_settlement().filter(grant=grant, agency=agency)
    return rows.select_related("claimant", "enquiry").order_by("duty_on", "pk")


def register(claims: ClaimQuerySet) -> ClaimQuerySet:
    """Claims with everything a file about them names."""
    rows = claims.select_related(
        "claimant", "agency", "enquiry", "certified_by", "approved_by", "assignment", "settlement__agency"
    )
    return rows.prefetch_related("lines")


# What agencies and hours cost


def by_agency(grant: Grant, *, as_at: date | None = None) -> list[AgencyPosition]:
    """What each agency's officers hold on a grant's ladder, now or at the end of a past day."""
    now = as_at is None or as_at >= clock.today()
    held = _held_now(grant) if now or as_at is None else _held_at(grant, as_at)
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


_HELD = (Stage.TASKED, Stage.CLAIMED, Stage.APPROVED, Stage.SETTLED)
_STAGE_OF = (
    ((Status.SUBMITTED, Status.CERTIFIED), Stage.CLAIMED),
    ((Status.APPROVED,), Stage.APPROVED),
    ((Status.SETTLED,), Stage.SETTLED),
)


def _held_now(grant: Grant) -> Mapping[tuple[int, str], tuple[int, int]]:
    """Pence and minutes by agency and stage, as the duties and their claims stand."""
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
        .values("agency", "stage")
        .annotate(held=Sum("committed_pence"), minutes=Sum("stated"))
    )
    return {(row["agency"], row["stage"]): (row["held"], row["minutes"]) for row in rows}


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
select duty.agency_id, held.stage, sum(held.pence)::bigint,
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
group by duty.agency_id, held.stage
"""


def _held_at(grant: Grant, as_at: date) -> Mapping[tuple[int, str], tuple[int, int]]:
    """The same at the end of a past day, from the ledger entries posted by then."""
    with connection.cursor() as cursor:
        cursor.execute(_HELD_AT, {"grant": grant.pk, "as_at": as_at, "until": clock.midnight_after(as_at)})
        return {(agency, stage): (held, minutes) for agency, stage, held, minutes in cursor.fetchall()}


# What stands behind an entry


@dataclass(frozen=True)
class Behind:
    """The duty an entry of the ledger moved money for, and the claim that moved it, if one did."""

    duty: Assignment
    claim_id: int | None


def of_agency(entries: QuerySet[LedgerEntry], agency: Agency) -> QuerySet[LedgerEntry]:
    """Those of some entries that moved money for an agency's officers."""
    events = TaskingEvent.objects.filter(assignment__agency=agency)
    named = entries.annotate(
        claim_named=_number_in("^claim:([0-9]+):"),
        duty_named=_number_in("^(?:tasking-event:[0-9]+:)?assignment:([0-9]+)"),
        event_named=_number_in("^tasking-event:([0-9]+)$"),
    )
    return named.filter(
        Q(claim_named__in=Claim.objects.filter(agency=agency).order_by().values("pk"))
        | Q(duty_named__in=Assignment.objects.filter(agency=agency).order_by().values("pk"))
        | Q(event_named__in=events.order_by().values("pk"))
    )


def with_agency(entries: QuerySet[LedgerEntry]) -> QuerySet[LedgerEntry]:
    """Entries that a claim moved, each with the `agency_id` of whose officer claimed; None for others."""
    named = entries.annotate(claim_named=_number_in("^claim:([0-9]+):"))
    of_claim = Claim.objects.filter(pk=OuterRef("claim_named")).order_by().values("agency")
    return named.annotate(agency_id=Subquery(of_claim))


def _number_in(pattern: str) -> Cast:
    """The number that a pattern finds in an entry's reference."""
    return Cast(Func(F("reference"), Value(pattern), function="substring"), BigIntegerField())


_CLAIM = re.compile(r"claim:(\d+):")
_ASSIGNMENT = re.compile(r"(?:tasking-event:\d+:)?assignment:(\d+)")
_TASKING_EVENT = re.compile(r"tasking-event:(\d+)$")


def behind(entries: Iterable[LedgerEntry]) -> dict[str, Behind]:
    """The duty behind each of some entries, by the entry's reference; awards and moves have none."""
    references = [entry.reference for entry in entries]
    claims = _named(_CLAIM, references)
    events = _named(_TASKING_EVENT, references)
    duty_of_claim = dict(Claim.objects.filter(pk__in=claims.values()).values_list("pk", "assignment"))
    duty_of_event = dict(TaskingEvent.objects.filter(pk__in=events.values()).values_list("pk", "assignment"))
    duties = _named(_ASSIGNMENT, references)
    duties |= {reference: duty_of_claim[pk] for reference, pk in claims.items() if pk in duty_of_claim}
    duties |= {reference: duty_of_event[pk] for reference, pk in events.items() if duty_of_event.get(pk)}
    rows = Assignment.objects.select_related("officer", "agency", "tasking__enquiry")
    found = rows.in_bulk(set(duties.values()))
    return {
        reference: Behind(found[pk], claims.get(reference)) for reference, pk in duties.items() if pk in found
    }


def _named(pattern: re.Pattern[str], references: Iterable[str]) -> dict[str, int]:
    """The number each reference of this form names."""
    matches = ((reference, pattern.match(reference)) for reference in references)
    return {reference: int(match[1]) for reference, match in matches if match}


# One claim's page


@dataclass(frozen=True)
class Difference:
    """Something a claim states otherwise than what it is compared with, in words."""

    what: str
    before: str
    now: str


@dataclass(frozen=True)
class Effect:
    """A stage of the enquiry's money before and after a verb, in pence."""

    stage: str
    before: int
    after: int


@dataclass(frozen=True)
class Earlier:
    """A claim of the same officer: when it was for, whether its times were their own, what it counted."""

    number: int
    starts_at: datetime
    ends_at: datetime
    ended: bool
    as_tasked: bool
    at_minimum: bool

    @property
    def hours(self) -> tuple[time, time]:
        return timezone.localtime(self.starts_at).time(), timezone.localtime(self.ends_at).time()


def interests_of(person: User) -> list[Interest]:
    """The interests that somebody declared and that stand; read once for a person as long as they decide."""
    known: list[Interest] | None = getattr(person, "_interests", None)
    if known is None:
        known = list(Interest.objects.of(person).in_force())
        person._interests = known  # type: ignore[attr-defined]
    return known


def forget_interests(person: User) -> None:
    """Read a person's interests anew the next time: they declared or ended one."""
    vars(person).pop("_interests", None)


def drawn_together(revisions: Mapping[int, int]) -> QuerySet[Claim]:
    """Claims to be approved together, with all that their approval reads."""
    rows = Claim.objects.with_guards().filter(pk__in=revisions)
    return rows.select_related("grant", "agency", "assignment", "enquiry__line").order_by("pk")


def earlier_claims(assignment: Assignment, starts_at: datetime) -> list[Earlier]:
    """The officer's claims before a duty and on its day, the latest first, to look for patterns (C12)."""
    until = starts_at + timedelta(days=1)
    rows = Claim.objects.filter(claimant=assignment.officer_id, starts_at__lt=until)
    rows = rows.exclude(assignment=assignment, status__in=Claim.LIVE).exclude(status=Claim.Status.WITHDRAWN)
    rows = rows.select_related("assignment__tasking").prefetch_related("lines").order_by("-starts_at")
    return [
        Earlier(
            number=claim.pk,
            starts_at=claim.starts_at,
            ends_at=claim.ends_at,
            ended=claim.status not in Claim.LIVE,
            as_tasked=(claim.starts_at, claim.ends_at)
            == (claim.assignment.tasking.starts_at, claim.assignment.tasking.ends_at),
            at_minimum=sum(line.minutes for line in claim.pay_lines)
            > claim.counted_minutes + claim.travel_minutes,
        )
        for claim in rows[:LOOKED_BACK]
    ]


def timeline(claim: Claim, reader: User) -> list[Happening]:
    """Everything that happened to a claim, the latest first.

    Who held it back, and why, is for those to read who may hold claims back.
    """
    events = claim.events.select_related("by").order_by("-id")
    told = _told_of_freezes(claim) if reader.has_perm("claims.freeze_claim") else _TOLD_OTHERS
    return [_happening(event, told) for event in events]


_TOLD_OTHERS = dict.fromkeys((Event.Verb.FROZEN, Event.Verb.RELEASED), repeat(("Finance or an auditor", "")))


def _told_of_freezes(claim: Claim) -> dict[Event.Verb, Iterator[tuple[str, str]]]:
    """By whom and why a claim was held back and let go on, each time, the latest first."""
    freezes = list(claim.freezes.select_related("frozen_by", "released_by").order_by("-id"))
    ended = [freeze for freeze in freezes if freeze.released_at]
    return {
        Event.Verb.FROZEN: iter([(str(one.frozen_by), one.reason) for one in freezes]),
        Event.Verb.RELEASED: iter([(str(one.released_by), one.release_reason) for one in ended]),
    }


def _happening(event: Event, told: Mapping[Event.Verb, Iterator[tuple[str, str]]]) -> Happening:
    what = str(event.get_verb_display())
    if event.verb in (Event.Verb.FROZEN, Event.Verb.RELEASED):
        who, why = next(told[Event.Verb(event.verb)])
        return Happening(event.at, who, what, why, None)
    pence = None if event.verb == Event.Verb.EVIDENCE else event.pence
    return Happening(event.at, signed(event.by, event.capacity), what, _why(event), pence)


def _why(event: Event) -> str:
    return ". ".join(text for text in (event.get_reason_code_display(), event.reason) if text)


def entries_of(claim: Claim) -> QuerySet[LedgerEntry]:
    """The ledger entries of a claim and of the duty it claims, in the order of the books."""
    named = Q(reference__startswith=f"claim:{claim.pk}:") | Q(
        reference=f"assignment:{claim.assignment_id}:task"
    )
    return LedgerEntry.objects.filter(named, grant=claim.grant_id).order_by("number")


def rungs(claim: Claim) -> dict[str, int]:
    """The ladder with a claim's money on its rung; empty once withdrawn: the money stands with the duty."""
    if claim.status == Status.WITHDRAWN:
        return {}
    waits = claim.status in (Status.DRAFT, Status.RETURNED)
    pence = claim.assignment.committed_pence if waits else claim.pence
    return {stage: pence if stage == claim.stage else 0 for stage in LADDER}


def open_request(claim: Claim) -> MoreTime | None:
    """The request for more time that waits for a decision, if one does."""
    return claim.more_time.filter(status=MoreTime.Status.ASKED).select_related("asked_by").first()


def sent_back(claim: Claim) -> Event | None:
    """Why a claim waits for its claimant: the return, or the refusal of more time; None if it does not."""
    if claim.status not in (Status.RETURNED, Status.DRAFT):
        return None
    latest = claim.events.select_related("by").last()
    return latest if latest and latest.verb in (Event.Verb.RETURNED, Event.Verb.REFUSED) else None


def facts_of(claim: Claim) -> dict[str, Any]:
    """What a claim states and is reckoned from, as its events keep it."""
    return {
        "starts_at": claim.starts_at.isoformat(),
        "ends_at": claim.ends_at.isoformat(),
        "break_minutes": claim.break_minutes,
        "travel_minutes": claim.travel_minutes,
        "duty_type": claim.duty_type,
        "charged_minutes": claim.charged_minutes,
        "approved_minutes": claim.approved_minutes,
        **_basis_of(claim),
        "on_cost_pence": claim.on_cost_pence,
        "pence": claim.pence,
    }


def _claimed_on(claim: Claim) -> dict[str, Any]:
    """What was claimed: where a part was approved, what stood there when it was handed in last."""
    if claim.claimed_pence is None:
        return facts_of(claim)
    facts: dict[str, Any] = claim.events.filter(verb=Event.Verb.SUBMITTED).latest("id").facts
    return facts


def _basis_of(row: Claim | Assignment) -> dict[str, Any]:
    return {
        "grade": row.grade,
        "pay_point": row.pay_point,
        "agreed_hourly_pence": row.agreed_hourly_pence,
        "agreed_multiplier": row.agreed_multiplier,
        "on_cost_percent": str(row.on_cost_percent),
    }


def since_tasked(claim: Claim) -> list[Difference]:
    """What a claim states, or is reckoned from, otherwise than its tasking."""
    duty, tasking = claim.assignment, claim.assignment.tasking
    tasked = {
        "starts_at": tasking.starts_at.isoformat(),
        "ends_at": tasking.ends_at.isoformat(),
        "break_minutes": tasking.break_minutes,
        "travel_minutes": tasking.travel_minutes,
        "duty_type": tasking.duty_type,
        "charged_minutes": None,
        **_basis_of(duty),
        "on_cost_pence": duty.on_cost_pence,
        "pence": duty.authorised_pence,
    }
    return _differences(_in_words(tasked), _in_words(_claimed_on(claim)))


def since_last_time(claim: Claim) -> list[Difference]:
    """What a claim states otherwise than when it was last handed in before; empty if it never was."""
    now = _in_words(_claimed_on(claim))
    handed_in = claim.events.filter(verb__in=(Event.Verb.ASKED, Event.Verb.SUBMITTED)).order_by("-id")
    earlier = (_in_words(facts) for facts in handed_in.values_list("facts", flat=True))
    return next((found for before in earlier if (found := _differences(before, now))), [])


def _in_words(facts: Mapping[str, Any]) -> dict[str, str]:
    """Facts as people read them. Events of earlier days do not have them all."""
    start, end = (
        timezone.localtime(datetime.fromisoformat(facts[name])) for name in ("starts_at", "ends_at")
    )
    on_cost_pence = facts.get("on_cost_pence", 0)
    return {
        "Day": f"{start:%-d %B %Y}",
        "Start": f"{start:%H:%M}",
        "End": f"{end:%H:%M}",
        "Breaks": f"{facts['break_minutes']} minutes",
        "Travel": f"{facts.get('travel_minutes', 0)} minutes",
        "Kind of duty": DutyType(facts["duty_type"]).label.split(":")[0],
        **(_basis_in_words(facts) if "grade" in facts else {}),
        "Pay": pounds(facts["pence"] - on_cost_pence),
        "On-cost": pounds(on_cost_pence),
        "Total": pounds(facts["pence"]),
    }


def _basis_in_words(facts: Mapping[str, Any]) -> dict[str, str]:
    held = {"Rank or grade": facts["grade"].capitalize()}
    if facts["agreed_hourly_pence"] is None:
        return held | {"Pay point": facts["pay_point"]}
    charged = facts["charged_minutes"]
    return held | {
        "Hours charged": "As worked" if charged is None else duration(charged),
        "Hourly rate": pounds(facts["agreed_hourly_pence"]),
        "Multiplier": facts["agreed_multiplier"],
        "Rate of on-cost": percent(Decimal(facts["on_cost_percent"])),
    }


def _differences(before: Mapping[str, str], now: Mapping[str, str]) -> list[Difference]:
    """What both say and say otherwise; the total is left out where it is the pay."""
    found = [
        Difference(what, before[what], words)
        for what, words in now.items()
        if before.get(what, words) != words
    ]
    on_cost_differs = any(one.what == "On-cost" for one in found)
    return [one for one in found if one.what != "Total" or on_cost_differs]


_MOVES = {
    "approve": (Stage.CLAIMED, Stage.APPROVED),
    "return": (Stage.CLAIMED, Stage.TASKED),
    "reject": (Stage.CLAIMED, Stage.AVAILABLE),
}


def effect_of_part(claim: Claim, pence: int) -> list[Effect]:
    """The enquiry's line before and after so much of a claim is approved and the rest goes back."""
    return _effects(claim, available=claim.pence - pence, claimed=-claim.pence, approved=pence)


def effect_of_upholding(claim: Claim) -> list[Effect]:
    """The enquiry's line before and after a part approval is undone and the whole duty is set aside anew."""
    paid = Stage.SETTLED if claim.status == Status.SETTLED else Stage.APPROVED
    whole = claim.assignment.authorised_pence
    return _effects(claim, available=claim.pence - whole, tasked=whole, **{paid: -claim.pence})


def _effects(claim: Claim, **by: int) -> list[Effect]:
    line = claim.enquiry.line
    return [
        Effect(Stage(stage).label, getattr(line, stage), getattr(line, stage) + pence)
        for stage, pence in by.items()
    ]


def effect_of(verb: str, claim: Claim) -> list[Effect]:
    """The stages of the enquiry's line between which approve, return, reject or reverse moves the money."""
    paid = Stage.SETTLED if claim.status == Status.SETTLED else Stage.APPROVED
    source, target = _MOVES.get(verb, (paid, Stage.AVAILABLE))
    line = claim.enquiry.line
    return [
        Effect(stage.label, getattr(line, stage), getattr(line, stage) + sign * claim.pence)
        for stage, sign in ((source, -1), (target, 1))
    ]
