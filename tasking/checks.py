"""The controls of a tasking (T01 to T11), one small function each, on facts that were read before."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

from django.utils import timezone

from grants.models import AgencyAgreement, AgencyRate, BudgetLine, Grant
from overtime_ledger import clock
from overtime_ledger.accounts.models import Agency, PayPoint, RankHeld, User
from overtime_ledger.errors import Flag, Refusal
from overtime_ledger.money import pounds
from tasking.models import Assignment, DutyType, EntryAssessment, Outcome, RuleSet, SubstitutedHoliday
from tasking.pay import Duty, Window, clear_days, is_public_holiday
from tasking.selectors import KnownDuty

DI = "The controlling DI or a deputy"
ELIGIBLE_RANKS = (RankHeld.Rank.CONSTABLE, RankHeld.Rank.SERGEANT, RankHeld.Rank.AGENCY_GRADE)
CLEAR_DAYS_FOR_ANOTHER_REST_DAY = 15
LEAST_REST = timedelta(hours=11)
LONGEST_STRETCH = timedelta(hours=16)
MOST_A_WEEK = timedelta(hours=60)
MOST_OVERTIME_A_MONTH = timedelta(hours=100)
MOST_ON_AVERAGE = timedelta(hours=48)
MEAN_WEEKS = 17
THIS = "this duty"


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
    pay_point: PayPoint | None
    rule_set: RuleSet | None
    on_cost_percent: Decimal | None
    controls_grant: bool
    agreement: AgencyAgreement | None
    rate: AgencyRate | None
    busy: Sequence[KnownDuty] = field(default_factory=list)
    substituted: SubstitutedHoliday | None = None

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


def cost_type_is_borne(case: Case) -> None:
    """T21: the overtime of the officer's agency is of the cost types that the grant bears."""
    if case.agency and not case.grant.bears_overtime_of(case.agency):
        raise Refusal(
            "T21",
            f"{case.grant} bears {case.grant.get_cost_types_display().lower()}, "
            f"and {case.officer} is of {case.agency}.",
            fix="Choose other officers, or have the cost types changed with the funder's agreement.",
            who="Finance changes the terms",
        )


def pay_is_agreed(case: Case) -> None:
    """T07: what the officer's hour costs on the day is on record and confirmed.

    Another agency needs a signed agreement and a rate for the grade; the lead force the officer's pay point
    in a pay table, its rule set, and the percentage of the on-cost that the grant bears.
    """
    if case.agency is None:
        raise Refusal(
            "T07", f"{case.officer} belongs to no agency.", fix="Record the agency.", who="An administrator"
        )
    if case.agency.is_paid_by_payroll:
        return _pay_is_known(case)
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


def _pay_is_known(case: Case) -> None:
    day = f"{case.duty_on:%-d %B %Y}"
    if case.pay_point is None:
        held = case.rank and case.rank.scale
        raise Refusal(
            "T07",
            f"What {case.officer} earns on {day} is not known: "
            + (
                f"no confirmed pay table has point {case.rank.point} of {held}."
                if case.rank and held
                else "no pay point is on record."
            ),
            fix="Have the pay table confirmed." if held else "Record the pay point held on that day.",
            who="Finance" if held else "An administrator",
        )
    if case.rule_set is None:
        raise Refusal(
            "T07",
            f"{case.agency} has no confirmed rule set on {day}.",
            fix="Record the rule set, how it takes what is unsettled in law, and have it confirmed.",
            who="Finance",
        )
    if case.on_cost_percent is None:
        raise Refusal(
            "T07",
            f"{case.grant} bears {case.grant.get_on_cost_display()}: no percentage is on record for {day}.",
            fix="Record the percentage and have it confirmed.",
            who="Finance",
        )


def holiday_is_one(case: Case) -> None:
    """C10: a public holiday of England, or a day that is on record as the officer's instead of one.

    Of the lead force the pay engine says the same, by the days of the force.
    """
    if case.rate and case.duty.duty_type == DutyType.PUBLIC_HOLIDAY and not case.substituted:
        on_a_public_holiday(case.duty.starts_at, case.duty.ends_at)


def on_a_public_holiday(starts_at: datetime, ends_at: datetime) -> None:
    """C10: some of a duty lies on a public holiday of England."""
    first, last = timezone.localdate(starts_at), timezone.localdate(ends_at)
    if not (is_public_holiday(first) or is_public_holiday(last)):
        raise Refusal(
            "C10",
            f"{first:%-d %B %Y} is not a public holiday in England.",
            fix="Choose another duty type, or have the substituted holiday recorded with its evidence.",
            who="The controlling DI; a supervisor of the agency records substituted holidays",
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


def working_time(busy: Sequence[KnownDuty], starts_at: datetime, ends_at: datetime) -> list[Flag]:
    """T10: rest, length, week, month and mean, as questions with the sums shown. Never a block.

    Source: the Working Time Regulations 1998. A stay straight after a tour or another duty is one stretch
    with it.
    """
    this = KnownDuty(starts_at, ends_at, THIS)
    around = stretches([*busy, this])
    here = next(n for n, stretch in enumerate(around) if this in stretch)
    questions = [
        *_rest(around, here),
        _too_long(around[here]),
        _in_week(busy, this),
        _in_month(busy, this),
        _mean(busy, this),
    ]
    return [Flag("T10", "note", question) for question in questions if question]


def stretches(duties: Sequence[KnownDuty]) -> list[list[KnownDuty]]:
    """Duties in the order of time, those that touch or overlap put together."""
    joined: list[list[KnownDuty]] = []
    for duty in sorted(duties, key=lambda one: one.starts_at):
        if joined and duty.starts_at <= max(one.ends_at for one in joined[-1]):
            joined[-1].append(duty)
        else:
            joined.append([duty])
    return joined


def _rest(around: Sequence[Sequence[KnownDuty]], here: int) -> list[str]:
    questions = []
    for before, after in pairwise(around[max(here - 1, 0) : here + 2]):
        rest = after[0].starts_at - max(one.ends_at for one in before)
        if rest < LEAST_REST:
            questions.append(
                f"{_hours(rest)} of rest between {before[-1].what} and {after[0].what}, "
                f"{_hours(LEAST_REST - rest)} short of 11 hours: is more rest possible?"
            )
    return questions


def _too_long(stretch: Sequence[KnownDuty]) -> str:
    length = max(one.ends_at for one in stretch) - stretch[0].starts_at
    if length <= LONGEST_STRETCH:
        return ""
    return f"{_sum(stretch)} on end: is more than 16 hours needed?"


def _in_week(busy: Sequence[KnownDuty], this: KnownDuty) -> str:
    day = timezone.localdate(this.starts_at)
    monday = _midnight(day - timedelta(days=day.weekday()))
    week = _inside([*busy, this], monday, monday + timedelta(days=7))
    if _time(week) <= MOST_A_WEEK:
        return ""
    return f"{_sum(week)} in the week from {monday:%-d %B}: is more than 60 hours right?"


def _in_month(busy: Sequence[KnownDuty], this: KnownDuty) -> str:
    day = timezone.localdate(this.starts_at)
    following = (day.replace(day=28) + timedelta(days=4)).replace(day=1)
    overtime = [*(one for one in busy if not one.is_tour), this]
    month = _inside(overtime, _midnight(day.replace(day=1)), _midnight(following))
    if _time(month) <= MOST_OVERTIME_A_MONTH:
        return ""
    return f"{_sum(month)} of overtime in {day:%B}: is more than 100 hours right?"


def _mean(busy: Sequence[KnownDuty], this: KnownDuty) -> str:
    """Over seventeen weeks: only where tours are on record, for overtime alone says nothing of a mean."""
    ends = _midnight(timezone.localdate(this.ends_at) + timedelta(days=1))
    weeks = _inside([*busy, this], ends - timedelta(weeks=MEAN_WEEKS), ends)
    mean = _time(weeks) / MEAN_WEEKS
    if mean <= MOST_ON_AVERAGE:
        return ""
    return (
        f"{_hours(_time(weeks))} of known duty in 17 weeks, {_hours(mean)} a week on average: "
        "is more than 48 hours right?"
    )


def _inside(duties: Sequence[KnownDuty], start: datetime, end: datetime) -> list[KnownDuty]:
    """What of some duties lies between two moments."""
    cut = (replace(one, starts_at=max(one.starts_at, start), ends_at=min(one.ends_at, end)) for one in duties)
    return [one for one in cut if one.starts_at < one.ends_at]


def _midnight(day: date) -> datetime:
    return clock.london(day, datetime.min.time())


def _time(duties: Sequence[KnownDuty]) -> timedelta:
    return sum((one.ends_at - one.starts_at for one in duties), timedelta())


def _sum(duties: Sequence[KnownDuty]) -> str:
    """Hours in words and how they add up: "62 h 00 min (tours 40 h 00 min + this duty 22 h 00 min)"."""
    parts = {
        "tours": [one for one in duties if one.is_tour],
        "other overtime": [one for one in duties if not one.is_tour and one.what != THIS],
        "this duty": [one for one in duties if one.what == THIS],
    }
    added = " + ".join(f"{name} {_hours(_time(some))}" for name, some in parts.items() if some)
    return f"{_hours(_time(duties))} ({added})" if len(duties) > 1 else _hours(_time(duties))


def _hours(time: timedelta) -> str:
    minutes = int(time.total_seconds()) // 60
    return f"{minutes // 60} h {minutes % 60:02} min"


def substituted_holiday(substituted: SubstitutedHoliday | None, duty_type: str) -> Flag | None:
    """C10: double time on a day that stands for a public holiday is looked at again on approval."""
    if substituted is None or duty_type != DutyType.PUBLIC_HOLIDAY:
        return None
    return Flag(
        "C10",
        "hold",
        f"Double time on {substituted.day:%-d %B %Y} in place of {substituted.in_place_of:%-d %B %Y}. "
        f"Evidence: {substituted.evidence}. Does it hold?",
    )


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


def outcomes_are_told(untold: int, follow: bool) -> None:
    """T24: an enquiry is closed with an outcome of each subject, or it is said that they follow."""
    if untold and not follow:
        subjects = "1 subject has" if untold == 1 else f"{untold} subjects have"
        raise Refusal(
            "T24",
            f"{subjects} no outcome on record.",
            fix="Record what came of each subject, or say that it follows: it can be recorded until the "
            "grant is closed.",
            who=DI,
        )


def score_is_on_its_scale(score: int, most: int) -> None:
    """T22: a score lies between nothing and the highest of its scale."""
    if not 0 <= score <= most:
        raise Refusal(
            "T22",
            f"{score:,} is not on a scale from 0 to {most:,}.",
            fix="Enter the score as the analyst stated it, and the highest score of the scale.",
            who=DI,
        )


def exit_is_comparable(score: int, entry: EntryAssessment | None) -> None:
    """T22: an exit score is compared with an entry score on the same scale."""
    if entry is None:
        raise Refusal(
            "T22",
            "This subject has no entry score, so an exit score could be compared with nothing.",
            fix="Record the entry assessment first, or leave the exit score out.",
            who=DI,
        )
    if entry.scale_most is not None:
        score_is_on_its_scale(score, entry.scale_most)


def day_has_come(day: date, *, not_before: date | None = None) -> None:
    """T23: what is recorded has happened, and not before its enquiry was opened."""
    if day > clock.today():
        raise Refusal("T23", "That day lies ahead.", fix="Enter the day on which it was so.", who=DI)
    if not_before and day < not_before:
        raise Refusal(
            "T23",
            f"The enquiry was opened on {not_before:%-d %B %Y}.",
            fix="Enter the day of the result, on or after it.",
            who=DI,
        )


def outcome_is_whole(result: str, words: str, exit_score: int | None, exit_by: str) -> None:
    """T23: another result is put in words, a score says who stated it, what is open has no exit score."""
    is_other = result == Outcome.Result.OTHER
    problems = {
        "Another result is put in words.": is_other and not words.strip(),
        "Only another result is put in words.": bool(words) and not is_other,
        "A score on exit is stated by somebody.": (exit_score is None) != (not exit_by.strip()),
        "A subject that is still open has not left: it has no score on exit.": result == Outcome.Result.OPEN
        and exit_score is not None,
    }
    for problem, is_so in problems.items():
        if is_so:
            raise Refusal("T23", problem, fix="Complete the outcome.", who=DI)


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
    cost_type_is_borne,
    pay_is_agreed,
    holiday_is_one,
    time_is_free,
    outside_the_tour,
)


def flags_of(case: Case) -> list[Flag]:
    """Every question the controls raise about one officer's duty. Refuses (T09) a missing reason."""
    raised = [
        told_beforehand(case),
        substituted_holiday(case.substituted, case.duty.duty_type),
        *working_time(case.busy, case.duty.starts_at, case.duty.ends_at),
        something_is_payable(case),
    ]
    return [flag for flag in raised if flag is not None]
