"""The controls of a tasking (T01 to T11), one small function each, on facts that were read before."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.utils import timezone

from grants.models import AgencyAgreement, AgencyRate, BudgetLine, Grant
from overtime_ledger import clock
from overtime_ledger.accounts.models import Agency, RankHeld, User
from overtime_ledger.errors import Flag, Refusal
from overtime_ledger.money import pounds
from tasking.models import Assignment
from tasking.pay import Duty, Window, clear_days
from tasking.selectors import KnownDuty

DI = "The controlling DI or a deputy"
ELIGIBLE_RANKS = (RankHeld.Rank.CONSTABLE, RankHeld.Rank.SERGEANT, RankHeld.Rank.AGENCY_GRADE)
CLEAR_DAYS_FOR_ANOTHER_REST_DAY = 15


@dataclass(frozen=True, kw_only=True)
class Case:
    """What the controls look at: one officer, one duty, and what is known of both."""

    grant: Grant
    officer: User
    agency: Agency | None
    duty: Duty
    now: datetime
    retrospective_reason: str = ""
    rank: RankHeld | None
    controls_grant: bool
    agreement: AgencyAgreement | None
    rate: AgencyRate | None
    busy: Sequence[KnownDuty] = field(default_factory=list)

    @property
    def duty_on(self) -> date:
        return timezone.localdate(self.duty.starts_at)


def window_of(grant: Grant) -> Window:
    """The grant's window as moments, up to the midnight of its last day."""
    return Window.of_days(grant.eligible_from, grant.eligible_to)


def grant_is_open(grant: Grant) -> None:
    """T01: money is committed only under an open grant."""
    if grant.status != Grant.Status.OPEN:
        missing = grant.gates.filter(confirmed_by__isnull=True).count()
        raise Refusal(
            "T01",
            f"{grant} is not open: {missing} gates are missing."
            if grant.status == Grant.Status.DRAFT
            else f"{grant} is closed.",
            fix="Record and confirm every gate, then open the grant.",
            who="Finance",
        )


def inside_window(grant: Grant, starts_at: datetime, ends_at: datetime) -> None:
    """T02: some of the duty lies inside the grant's window; what lies past it is clipped."""
    window = window_of(grant)
    if ends_at <= window.starts_at or starts_at >= window.ends_at or starts_at < window.starts_at:
        raise Refusal(
            "T02",
            "The duty is outside the grant's window, "
            f"{grant.eligible_from:%-d %B %Y} to {grant.eligible_to:%-d %B %Y}.",
            fix="Choose a day inside the window; other days cannot be charged to this grant.",
            who=DI,
        )


def money_is_there(line: BudgetLine, pence: int) -> None:
    """T03: the enquiry has the money."""
    if pence > line.available:
        raise Refusal(
            "T03",
            f"{line} has {pounds(line.available)} available; this costs {pounds(pence)}, "
            f"{pounds(pence - line.available)} more.",
            fix=f"Allocate {pounds(pence - line.available)} to {line}, or task fewer officers.",
            who=DI,
        )


def rank_is_eligible(case: Case) -> None:
    """T04: constables and sergeants on the day of the duty, and agreed grades of other agencies."""
    if case.rank is None or case.rank.rank not in ELIGIBLE_RANKS:
        held = case.rank.get_rank_display().lower() if case.rank else "no recorded rank"
        raise Refusal(
            "T04",
            f"{case.officer} is {held} on {case.duty_on:%-d %B %Y}: only constables, sergeants and agreed "
            "agency grades earn overtime from this grant.",
            fix="Task somebody else, or have the rank on that day corrected.",
            who="The controlling DI; an administrator corrects ranks",
        )


def not_a_controller(case: Case) -> None:
    """T05: who controls the grant is never paid from it."""
    if case.controls_grant:
        raise Refusal(
            "T05",
            f"{case.officer} controls this grant as DI or deputy and cannot be tasked under it.",
            fix="Task somebody else.",
            who=DI,
        )


def time_is_free(case: Case) -> None:
    """T06: not tasked or claiming for any of that time, for any agency (touching ends are fine)."""
    for busy in overlapping(case.busy, case.duty.starts_at, case.duty.ends_at):
        if not busy.is_tour:
            raise Refusal(
                "T06",
                f"{case.officer} is already on {busy.what} {spoken(busy)}.",
                fix="Choose another time or another officer, or cancel the other duty.",
                who=DI,
            )


def outside_the_tour(case: Case) -> None:
    """C08: overtime is never inside the officer's rostered tour."""
    for busy in overlapping(case.busy, case.duty.starts_at, case.duty.ends_at):
        if busy.is_tour:
            raise Refusal(
                "C08",
                f"{case.officer} has a rostered tour {spoken(busy)}: time inside it is paid already.",
                fix="Choose a time outside the tour, or have the roster corrected.",
                who="The controlling DI; a supervisor corrects rosters",
            )


def overlapping(busy: Sequence[KnownDuty], starts_at: datetime, ends_at: datetime) -> list[KnownDuty]:
    """Those that share any time with a period; touching ends are fine."""
    return [one for one in busy if one.starts_at < ends_at and starts_at < one.ends_at]


def spoken(duty: KnownDuty) -> str:
    """When it is, as one would say it."""
    start, end = timezone.localtime(duty.starts_at), timezone.localtime(duty.ends_at)
    return f"on {start:%-d %B} from {start:%H:%M} to {end:%H:%M}"


def agency_has_a_rate(case: Case) -> None:
    """T07: another agency needs a signed agreement and a confirmed rate for the grade on the day."""
    if case.agency is None:
        raise Refusal(
            "T07", f"{case.officer} belongs to no agency.", fix="Record the agency.", who="An administrator"
        )
    if case.agency.is_paid_by_payroll:
        return
    if case.agreement is None:
        raise Refusal(
            "T07",
            f"{case.agency} has no confirmed agreement under this grant.",
            fix="Record the signed agreement and have it confirmed.",
            who="Finance",
        )
    if case.rate is None:
        grade = case.rank.grade_key if case.rank else "no grade"
        raise Refusal(
            "T07",
            f"{case.agency} has no confirmed rate for {grade}, {case.duty.duty_type.replace('_', ' ')}, "
            f"on {case.duty_on:%-d %B %Y}.",
            fix="Record the rate of its rate card and have it confirmed.",
            who="Finance",
        )


def agency_maximum_holds(agreement: AgencyAgreement, used_pence: int, pence: int) -> None:
    """T08: an agency never costs the grant more than its agreed maximum."""
    if used_pence + pence > agreement.maximum_pence:
        raise Refusal(
            "T08",
            f"{agreement.agency} may cost at most {pounds(agreement.maximum_pence)}; "
            f"{pounds(used_pence)} is used and this would add {pounds(pence)}.",
            fix="Task fewer of its officers, or agree a higher maximum.",
            who="Finance agrees maxima with the agency",
        )


def told_beforehand(case: Case) -> Flag | None:
    """T09: a duty tasked after it began needs a reason and is looked at again on approval."""
    if case.duty.starts_at >= case.now:
        return None
    if not case.retrospective_reason.strip():
        raise Refusal(
            "T09",
            "The duty has begun already: this would be a retrospective tasking.",
            fix="Say why it was not tasked beforehand.",
            who=DI,
        )
    return Flag("T09", "hold", f"Tasked after the duty began. Why given: {case.retrospective_reason.strip()}")


def working_time(case: Case) -> list[Flag]:
    """T10: rest, length, week and month, as questions with the sums shown. Never a block."""
    start, end = case.duty.starts_at, case.duty.ends_at
    flags = []
    for busy in case.busy:  # overtime joins on to a tour by its nature
        rest = max(start - busy.ends_at, busy.starts_at - end)
        if not busy.is_tour and timedelta() <= rest < timedelta(hours=11):
            flags.append(f"{_hours(rest)} of rest between this duty and {busy.what}: is 11 hours possible?")
    if (length := end - start) > timedelta(hours=16):
        flags.append(f"{_hours(length)} on end: is more than 16 hours needed?")
    monday = clock.london(case.duty_on - timedelta(days=case.duty_on.weekday()), datetime.min.time())
    in_week = length + _overlap(case.busy, monday, monday + timedelta(days=7))
    if in_week > timedelta(hours=60):
        flags.append(f"{_hours(in_week)} of known duty in the week: is more than 60 hours right?")
    first = clock.london(case.duty_on.replace(day=1), datetime.min.time())
    following = clock.london(
        (case.duty_on.replace(day=28) + timedelta(days=4)).replace(day=1), datetime.min.time()
    )
    in_month = length + _overlap([busy for busy in case.busy if not busy.is_tour], first, following)
    if in_month > timedelta(hours=100):
        flags.append(f"{_hours(in_month)} of overtime in the month: is more than 100 hours right?")
    return [Flag("T10", "note", text) for text in flags]


def _overlap(busy: Sequence[KnownDuty], start: datetime, end: datetime) -> timedelta:
    shared = (min(one.ends_at, end) - max(one.starts_at, start) for one in busy)
    return sum((time for time in shared if time > timedelta()), timedelta())


def _hours(time: timedelta) -> str:
    minutes = int(time.total_seconds()) // 60
    return f"{minutes // 60} h {minutes % 60:02} min"


def something_is_payable(case: Case) -> Flag | None:
    """T11: a rest day with 15 clear days' notice is not paid; another rest day is due."""
    duty = case.duty
    if (
        duty.duty_type != "rest_day"
        or duty.told_at is None
        or not case.agency
        or not case.agency.is_paid_by_payroll
    ):
        return None
    notice = clear_days(duty.told_at, duty.starts_at)
    if notice < CLEAR_DAYS_FOR_ANOTHER_REST_DAY:
        return None
    return Flag(
        "T11",
        "note",
        f"{notice} clear days' notice: nothing is payable, another rest day is due. Is that what you intend?",
    )


def holds_only_incurred(name: object, line: BudgetLine) -> None:
    """T14: an enquiry that is closed holds no available, tasked or claimed money."""
    if line.available or line.tasked or line.claimed:
        raise Refusal(
            "T14",
            f"{name} still holds money that is not incurred.",
            fix="Move its available money, and let what is tasked be claimed, cancelled or released.",
            who=DI,
        )


def somebody_is_tasked(assignments: Sequence[Assignment]) -> None:
    """T17: only who is tasked, and neither claimed nor left, can end earlier."""
    if not any(one.status == Assignment.Status.TASKED for one in assignments):
        raise Refusal(
            "T17",
            "Everybody has claimed or left this duty.",
            fix="Return a claim whose times are wrong.",
            who=DI,
        )


def nobody_has_claimed(assignments: Sequence[Assignment]) -> None:
    """T17: a duty somebody has claimed is not cancelled any more, nor one that is cancelled already."""
    if any(one.status in (Assignment.Status.CLAIMED, Assignment.Status.CLOSED) for one in assignments):
        raise Refusal(
            "T17",
            "Somebody has claimed this duty already.",
            fix="Return or reject the claim, or stand down the other officers one by one.",
            who=DI,
        )
    if not any(one.status == Assignment.Status.TASKED for one in assignments):
        raise Refusal(
            "T17",
            "Nobody is tasked to this duty any more: it was cancelled, declined or released.",
            fix="Nothing is left to do here; its money is back on the enquiry.",
            who="Nobody",
        )


def is_unclaimed(assignment: Assignment) -> None:
    """T17: only a duty that is tasked, and neither claimed nor ended, is taken from an officer."""
    if assignment.status != Assignment.Status.TASKED:
        raise Refusal(
            "T17",
            f"This duty is {assignment.get_status_display().lower()} already.",
            fix="Look at the duty again.",
            who=DI,
        )


def may_decline(assignment: Assignment, by: User, now: datetime) -> None:
    """C01, T18: the officer named declines, before the duty begins."""
    if assignment.officer_id != by.pk:
        raise Refusal(
            "C01", "Only the officer who is named declines.", fix="Ask the officer.", who="The officer named"
        )
    if assignment.starts_at <= now:
        raise Refusal(
            "T18", "The duty has begun.", fix="Tell the controlling DI if you did not work it.", who=DI
        )


def price_is_as_seen(pence: int, expected_pence: int | None) -> None:
    """A03: the pounds are those the page showed; None asks nothing."""
    if expected_pence is not None and expected_pence != pence:
        raise Refusal(
            "A03",
            f"The page showed {pounds(expected_pence)}; it is {pounds(pence)} now.",
            fix="Look at the new figures and confirm them.",
            who=DI,
        )


BLOCKS: tuple[Callable[[Case], None], ...] = (
    not_a_controller,
    rank_is_eligible,
    agency_has_a_rate,
    time_is_free,
    outside_the_tour,
)


def flags_of(case: Case) -> list[Flag]:
    """Every question the controls raise about one officer's duty. Refuses (T09) a missing reason."""
    raised = [told_beforehand(case), *working_time(case), something_is_payable(case)]
    return [flag for flag in raised if flag is not None]
