"""The controls of a claim (C01 to C15) and of its approval (A01 to A10), one small function each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from django.utils import timezone

from claims.models import Claim, Event, Evidence
from claims.selectors import Earlier, interests_of
from grants.checks import not_closed
from grants.models import Grant
from overtime_ledger import clock
from overtime_ledger.accounts.models import User
from overtime_ledger.errors import Flag, Refusal
from overtime_ledger.money import pounds
from tasking.checks import overlapping, spoken
from tasking.models import Assignment, DutyType
from tasking.selectors import KnownDuty

CLAIMANT = "The claimant"
LATE_AFTER = timedelta(days=14)
LONGEST = timedelta(hours=24)
NEAR = timedelta(minutes=15)
RUN = 5


@dataclass(frozen=True, kw_only=True)
class Charge:
    """What another agency charges for a duty by its own rules: hours, hourly rate, multiplier, on-cost."""

    minutes: int
    hourly_pence: int
    multiplier: str
    on_cost_percent: Decimal = Decimal(0)


@dataclass(frozen=True, kw_only=True)
class Statement:
    """What a claimant states: which duty, when, of what kind, and to what they attest.

    Other agencies state their own `charge` as well; None takes what was agreed for the hours worked.
    """

    assignment: Assignment
    starts_at: datetime
    ends_at: datetime
    break_minutes: int = 0
    travel_minutes: int = 0
    charge: Charge | None = None
    duty_type: str
    attested_worked: bool
    attested_sole_fund: bool
    remark: str = ""

    @property
    def kind_of_duty(self) -> str:
        return str(DutyType(self.duty_type).label)

    @property
    def worked_minutes(self) -> int:
        return int((self.ends_at - self.starts_at).total_seconds()) // 60 - self.break_minutes


def named_on_tasking(assignment: Assignment, by: User) -> None:
    """C01: the claimant is named on the tasking; a clerk claims for officers of their own agency."""
    if assignment.officer_id == by.pk:
        return
    if by.agency_id != assignment.agency_id or not by.has_perm("claims.claim_for_agency"):
        raise Refusal(
            "C01",
            f"{by} is not named on this tasking, nor a clerk of {assignment.agency}.",
            fix="Claim the duties you were tasked to; ask the controlling DI if one is missing.",
            who="The officer named, or a clerk of the agency",
        )


def not_claimed_yet(assignment: Assignment) -> None:
    """C02: a duty is claimed once, and only while it stands."""
    if assignment.status != Assignment.Status.TASKED:
        raise Refusal(
            "C02",
            f"This duty is {assignment.get_status_display().lower()} already.",
            fix="Look at your claims: it stands there, or ask the controlling DI.",
            who=CLAIMANT,
        )


def times_are_possible(statement: Statement, now: datetime) -> None:
    """C03: the end after the start, some time left beside the break, at most 24 hours, worked already."""
    if statement.ends_at <= statement.starts_at:
        raise Refusal("C03", "The end is not after the start.", fix="Correct the times.", who=CLAIMANT)
    if statement.worked_minutes <= 0:
        raise Refusal(
            "C03",
            "The break is as long as the duty: no time is left to claim.",
            fix="Correct the break or the times.",
            who=CLAIMANT,
        )
    if statement.ends_at - statement.starts_at > LONGEST:
        raise Refusal("C03", "The times span more than 24 hours.", fix="Correct the times.", who=CLAIMANT)
    if statement.ends_at > now:
        raise Refusal("C03", "The duty has not ended yet.", fix="Claim once it is worked.", who=CLAIMANT)


def claims_are_open(assignment: Assignment, grant: Grant) -> None:
    """C06: nothing is submitted or approved after the grant's claims close, but by a named exception."""
    not_closed(grant)
    if clock.today() > max(grant.claims_close_on, assignment.claim_until or grant.claims_close_on):
        raise Refusal(
            "C06",
            f"Claims of {grant} closed on {grant.claims_close_on:%-d %B %Y}.",
            fix="Ask finance for a named exception, with the reason why the claim is late.",
            who="Finance",
        )


def needs_an_exception(assignment: Assignment, grant: Grant) -> None:
    """C16: a named exception is for a duty that was released, or that claims closed upon."""
    released = assignment.status == Assignment.Status.RELEASED
    late = assignment.status == Assignment.Status.TASKED and clock.today() > grant.claims_close_on
    if not (released or late) or (assignment.claim_until or grant.eligible_from) >= clock.today():
        raise Refusal(
            "C16",
            "This duty needs no exception.",
            fix="Claim it, or look at your claims: it stands there.",
            who=CLAIMANT,
        )


def time_is_claimed_once(statement: Statement, busy: Sequence[KnownDuty]) -> None:
    """C02: no minute of the duty is claimed twice (touching ends are fine)."""
    for other in overlapping(busy, statement.starts_at, statement.ends_at):
        if not other.is_tour:
            raise Refusal(
                "C02",
                f"Some of this time is on {other.what} {spoken(other)}.",
                fix="Correct the times, or have the other duty cancelled if it was not worked.",
                who="The claimant; the controlling DI cancels duties",
            )


def outside_the_tour(statement: Statement, busy: Sequence[KnownDuty]) -> None:
    """C08: overtime is never inside the rostered tour of that day."""
    for other in overlapping(busy, statement.starts_at, statement.ends_at):
        if other.is_tour:
            raise Refusal(
                "C08",
                f"Some of this time is inside the rostered tour {spoken(other)}: it is paid already.",
                fix="Claim the time outside the tour, or have the roster corrected.",
                who="The claimant; a supervisor corrects rosters",
            )


def attested(statement: Statement) -> None:
    """C13: worked, and no other fund pays for these hours."""
    if not (statement.attested_worked and statement.attested_sole_fund):
        raise Refusal(
            "C13",
            "The claim does not say that the hours were worked and that no other fund pays for them.",
            fix="Read both statements and confirm them if they are true.",
            who="The claimant; a clerk on the officer's word",
        )


def more_than_authorised(statement: Statement, pence: int) -> Flag | None:
    """C04: more than the authorised hours or price; the excess is asked of the DI."""
    assignment = statement.assignment
    extra = statement.worked_minutes - assignment.authorised_minutes
    if extra <= 0 and pence <= assignment.authorised_pence:
        return None
    by = f"{extra} minutes more" if extra > 0 else "dearer hours"
    return Flag(
        "C04",
        "hold",
        f"{by} than was tasked, {pounds(max(pence - assignment.authorised_pence, 0))} more: was it needed?",
    )


def comes_to(pence: int, expected_pence: int | None) -> None:
    """A03: the sum is the one that the page showed; None asks nothing."""
    if expected_pence is not None and expected_pence != pence:
        raise Refusal(
            "A03",
            f"The page showed {pounds(expected_pence)}; it is {pounds(pence)} now.",
            fix="Look at the new figure and confirm it.",
            who="Whoever decides",
        )


def is_part_of(minutes: int, asked: int) -> None:
    """C04: of the time that was asked a part can be granted, not more and not nothing."""
    if not 0 < minutes < asked:
        raise Refusal(
            "C04",
            f"{asked} minutes more were asked."
            if asked > 0
            else "No more minutes were asked, but dearer ones.",
            fix=f"Grant from 1 to {asked} minutes, or refuse."
            if asked > 0
            else "Grant all of it, or refuse.",
            who="The controlling DI or a deputy",
        )


def other_duty_type(statement: Statement) -> Flag | None:
    """C05: the duty type differs from the tasking's."""
    tasked = statement.assignment.tasking.duty_type
    if statement.duty_type == tasked:
        return None
    return Flag(
        "C05",
        "hold",
        f"Claimed as {DutyType(statement.duty_type).label.split(':')[0].lower()}, tasked as "
        f"{DutyType(tasked).label.split(':')[0].lower()}: which is right?",
    )


def submitted_late(statement: Statement, now: datetime) -> Flag | None:
    """C07: submitted over 14 days after the duty."""
    late = timezone.localdate(now) - timezone.localdate(statement.ends_at)
    if late <= LATE_AFTER:
        return None
    return Flag(
        "C07", "note", f"Submitted {late.days} days after the duty: is the record of it still at hand?"
    )


def above_rate_card(statement: Statement, card: Charge) -> Flag | None:
    """C09: an agency charges more than its agreed rate card, or more hours than were worked."""
    charge = statement.charge
    if charge is None:
        return None
    above = []
    if charge.hourly_pence > card.hourly_pence:
        above.append(f"{pounds(charge.hourly_pence)} an hour, agreed {pounds(card.hourly_pence)}")
    if Fraction(charge.multiplier) > Fraction(card.multiplier):
        above.append(f"a multiplier of {charge.multiplier}, agreed {card.multiplier}")
    if charge.on_cost_percent > card.on_cost_percent:
        above.append(
            f"an on-cost of {charge.on_cost_percent.normalize():f}%, "
            f"agreed {card.on_cost_percent.normalize():f}%"
        )
    if charge.minutes > statement.worked_minutes:
        above.append(f"{charge.minutes:,} minutes for {statement.worked_minutes:,} worked")
    if not above:
        return None
    return Flag("C09", "hold", f"The agency charges {'; '.join(above)}: is it agreed?")


def other_than_tasked(assignment: Assignment, grade: str, annual_pay_pence: int | None) -> Flag | None:
    """C14: the rank or the pay of the day of the duty is not what the duty was tasked on."""
    if (grade, annual_pay_pence) == (assignment.grade, assignment.annual_pay_pence):
        return None
    if annual_pay_pence is None:
        question = f"Tasked as {assignment.grade}, on the day {grade}: does the rate as tasked hold?"
        return Flag("C14", "hold", question)
    return Flag(
        "C14",
        "hold",
        f"Tasked as {assignment.grade} on {pounds(assignment.annual_pay_pence or 0)} a year, on the day "
        f"{grade} on {pounds(annual_pay_pence)}: is the record of it right?",
    )


def patterns(this: Earlier, earlier: Sequence[Earlier]) -> list[Flag]:
    """C12: what a run of claims has in common that hours as they are worked seldom have.

    A run is this claim and the four before it that state times other than those tasked: as tasked, the times
    are the DI's, and nothing is asked. `earlier` is the latest first.
    """
    if this.as_tasked:
        return []
    questions = [_near_duplicate(this, other) for other in earlier]
    run = [this, *(other for other in earlier if not other.as_tasked and not other.ended)][:RUN]
    if len(run) == RUN:
        questions += [_same_hours(run), _round_hours(run), _at_the_minimum(run)]
    return [Flag("C12", "note", question) for question in questions if question]


def _near_duplicate(this: Earlier, other: Earlier) -> str:
    if timezone.localdate(this.starts_at) != timezone.localdate(other.starts_at):
        return ""
    apart = min(abs(this.starts_at - other.ends_at), abs(other.starts_at - this.ends_at))
    alike = max(abs(this.starts_at - other.starts_at), abs(this.ends_at - other.ends_at))
    if min(apart, alike) > NEAR:
        return ""
    return f"Claim {other.number} is for nearly the same time of that day: are these two duties?"


def _same_hours(run: Sequence[Earlier]) -> str:
    if len({one.hours for one in run}) > 1:
        return ""
    start, end = run[0].hours
    return f"The last {len(run)} claims all say {start:%H:%M} to {end:%H:%M}: are these the hours worked?"


def _round_hours(run: Sequence[Earlier]) -> str:
    if any(moment.minute for one in run for moment in one.hours):
        return ""
    return f"The last {len(run)} claims all begin and end on the hour: are these the hours worked?"


def _at_the_minimum(run: Sequence[Earlier]) -> str:
    if not all(one.at_minimum for one in run):
        return ""
    return f"The last {len(run)} claims were all short and paid the minimum: was each of them needed?"


def flags_of(statement: Statement, pence: int, now: datetime, *more: Flag | None) -> list[Flag]:
    """Every question the controls raise about a statement, those of its tasking first.

    What depends on the times, T10 and C10, is asked anew of the times that are stated: it comes with `more`.
    """
    tasked = [Flag(**note) for note in statement.assignment.notes if note["code"] not in ("T10", "C10")]
    raised = [
        *more,
        more_than_authorised(statement, pence),
        other_duty_type(statement),
        submitted_late(statement, now),
    ]
    return tasked + [flag for flag in raised if flag is not None]


def as_seen(claim: Claim, revision: int) -> None:
    """A03: the claim is still what was on the page; otherwise say what changed.

    That it was held back meanwhile is no change of it, and by whom is not for everybody.
    """
    if claim.revision == revision:
        return
    since = Event.objects.filter(claim=claim, revision__gt=revision).select_related("by").order_by("pk")
    since = since.exclude(verb__in=(Event.Verb.FROZEN, Event.Verb.RELEASED))
    changes = "; ".join(
        f"{event.get_verb_display().lower()} by {event.by}, {pounds(event.pence)}" for event in since
    )
    raise Refusal(
        "A03",
        f"Claim {claim.pk} changed since the page was drawn: {changes or 'it was worked on meanwhile'}.",
        fix="Look at the claim as it is now and decide again.",
        who="Whoever decides",
    )


def not_ones_own(claim: Claim, by: User) -> None:
    """A01: nobody decides on a claim that is theirs, that they entered or that they certified."""
    for person, said in (
        (claim.claimant_id, "This is your own claim."),
        (claim.entered_by_id, "You entered this claim."),
        (claim.certified_by_id, "You certified this claim."),
    ):
        if person == by.pk:
            raise Refusal(
                "A01",
                f"{said} Claimant, certifier and approver are three different people.",
                fix="Leave it to somebody else.",
                who="Another person with the role",
            )


def not_certified_by_oneself(claim: Claim, by: User) -> None:
    """A01, for certifying: neither the claimant nor who entered the claim certifies its hours."""
    if by.pk in (claim.claimant_id, claim.entered_by_id):
        raise Refusal(
            "A01",
            "You claimed or entered this yourself; somebody else certifies the hours.",
            fix="Leave it to another supervisor of the agency.",
            who="Another supervisor of the agency",
        )


def not_held_back(claim: Claim) -> None:
    """A09: nobody decides on a claim that finance or an auditor holds back, nor pays it."""
    if claim.is_held_back:
        raise Refusal(
            "A09",
            f"Claim {claim.pk} is held back.",
            fix="Wait until it is let go on.",
            who="Finance or an auditor",
        )


def no_interest(claim: Claim, by: User) -> None:
    """A05: nobody decides on a claim of a person or an agency in whom they declared an interest."""
    for interest in interests_of(by):
        if interest.officer_id == claim.claimant_id or interest.agency_id == claim.agency_id:
            whom = "this officer" if interest.officer_id else f"{claim.agency}"
            raise Refusal(
                "A05",
                f"You declared an interest in {whom} on {interest.declared_at:%-d %B %Y}.",
                fix="Leave it to somebody else.",
                who="Another person with the role",
            )


def has_its_record(claim: Claim) -> None:
    """C11: the duty record, of another agency the timesheet, is on the claim before it is approved."""
    if not claim.has_its_record:
        kind = str(Evidence.Kind(claim.record_kind).label)
        raise Refusal(
            "C11",
            f"The {kind[0].lower()}{kind[1:]} of claim {claim.pk} is missing.",
            fix="Add it to the claim, as a reference or a file.",
            who=f"The claimant, or a clerk or supervisor of {claim.agency}",
        )


def flags_are_answered(claim: Claim, reason: str) -> None:
    """A flagged claim is approved with a reason that answers its questions (A07)."""
    if claim.flags and not reason.strip():
        raise Refusal(
            "A07",
            f"The claim is flagged ({claim.flag_codes}): it needs a reason.",
            fix="Open the claim, read the questions and say why it is right.",
            who="Whoever approves",
        )
