"""What is known of officers, duties and money before a duty is tasked."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta

from django.db.models import Count, FilteredRelation, Q, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from grants.models import LADDER, AgencyAgreement, AgencyRate, Authority, BudgetLine, Grant
from overtime_ledger.accounts.models import PayPoint, RankHeld, User
from overtime_ledger.ui import duration
from tasking import pay
from tasking.models import (
    Assignment,
    AssignmentQuerySet,
    DutyType,
    Enquiry,
    EntryAssessment,
    Outcome,
    RestDay,
    RosteredTour,
    RuleSet,
    Subject,
    SubstitutedHoliday,
    Tasking,
    TaskingEvent,
    TimeOwed,
    TimeOwedQuerySet,
)

BY_AGENCY = ("-agency__settled_by", "agency__code")  # payroll before invoice: the lead force first
LEAD_FORCE_FIRST = (*BY_AGENCY, "display_name")
Hours = tuple[datetime, datetime]


@dataclass(frozen=True)
class KnownDuty:
    """Time of an officer that is taken: by a tasking or its claim, or by a rostered tour."""

    starts_at: datetime
    ends_at: datetime
    what: str
    is_tour: bool = False
    is_casual: bool = False

    @property
    def minutes(self) -> int:
        """True minutes from start to end."""
        return (self.ends_at - self.starts_at) // timedelta(minutes=1)


def officers_to_task(*grants: Grant) -> QuerySet[User]:
    """Officers of the lead force and of the agencies with a confirmed agreement, of any of some grants."""
    agreed = AgencyAgreement.objects.filter(grant__in=grants, confirmed_by__isnull=False)
    agencies = {grant.lead_force_id for grant in grants} | set(agreed.values_list("agency", flat=True))
    return (
        User.objects.filter(is_active=True, groups__name="officer", agency__in=agencies)
        .select_related("agency")
        .order_by(*LEAD_FORCE_FIRST)
        .distinct()
    )


def ranks_on(officers: Iterable[User], duty_on: datetime) -> dict[int, RankHeld]:
    """The rank each officer holds on the day of a duty."""
    held = RankHeld.objects.filter(person__in=list(officers)).on(timezone.localdate(duty_on))
    return {rank.person_id: rank for rank in held}


def rates_for(grant: Grant, duty_type: str, duty_on: datetime) -> dict[tuple[int, str], AgencyRate]:
    """Confirmed rates in force on the day of a duty, by agency and grade; the latest one counts."""
    rates = _rates_in_force(grant, duty_on).filter(duty_type=duty_type)
    return {(rate.agreement.agency_id, rate.grade): rate for rate in rates}


def rate_cards(grant: Grant, duty_on: datetime) -> list[AgencyRate]:
    """Every line of the agencies' rate cards that is in force on a day, agency by agency."""
    found = _rates_in_force(grant, duty_on).select_related("agreement__agency")
    latest = {(rate.agreement.agency.code, rate.grade, rate.duty_type): rate for rate in found}
    return [latest[line] for line in sorted(latest)]


def _rates_in_force(grant: Grant, duty_on: datetime) -> QuerySet[AgencyRate]:
    """Confirmed rates of confirmed agreements for a day, the latest last."""
    day = timezone.localdate(duty_on)
    rates = AgencyRate.objects.filter(
        agreement__grant=grant,
        agreement__confirmed_by__isnull=False,
        confirmed_by__isnull=False,
        valid_from__lte=day,
        valid_to__gte=day,
    )
    return rates.select_related("agreement").order_by("valid_from")


def known_duties(
    officers: Sequence[User], starts_at: datetime, *, without: Sequence[int] = ()
) -> dict[int, list[KnownDuty]]:
    """Live taskings (and their claims) and rostered tours of officers around a duty, by officer.

    Seventeen weeks back, over which the mean working week is taken, and a month ahead.
    """
    around = (starts_at - timedelta(weeks=17), starts_at + timedelta(days=32))
    duties: dict[int, list[KnownDuty]] = defaultdict(list)
    live = Assignment.objects.live().filter(officer__in=officers, starts_at__range=around)
    claim = FilteredRelation("claims", condition=~Q(claims__status__in=("withdrawn", "rejected", "reversed")))
    as_claimed = live.annotate(claim=claim, kind=Coalesce("claim__duty_type", "tasking__duty_type"))
    rows = as_claimed.exclude(pk__in=without).values_list(
        "officer", "starts_at", "ends_at", "tasking", "kind", named=True
    )
    for one in rows:
        duties[one.officer].append(
            KnownDuty(
                one.starts_at,
                one.ends_at,
                f"tasking {one.tasking}",
                is_casual=one.kind == DutyType.CASUAL,
            )
        )
    tours = RosteredTour.objects.filter(officer__in=officers, starts_at__range=around)
    for officer, begins, ends in tours.order_by("-starts_at").values_list("officer", "starts_at", "ends_at"):
        duties[officer].append(KnownDuty(begins, ends, "a rostered tour", is_tour=True))
    return duties


@dataclass(frozen=True)
class Circumstances:
    """What of an officer's roster and other duties decides how a duty is reckoned, and what time is taken."""

    busy: list[KnownDuty]
    casual_occasion: int
    tour_starts_at: datetime | None  # of the tour that it follows without a gap
    weekly_minutes_before: int
    rest_day_from: datetime | None
    rest_day_until: datetime | None
    substituted: SubstitutedHoliday | None


def circumstances_of(
    officers: Sequence[User],
    starts_at: datetime,
    ends_at: datetime,
    *,
    switches: Mapping[int, pay.Switches],
    without: Sequence[int] = (),
) -> dict[int, Circumstances]:
    """The circumstances of a duty of each officer, under the switches of their agency (by its key).

    `without` are assignments that are left out: the one that is reckoned again.
    """
    known = known_duties(officers, starts_at, without=without)
    days = (
        timezone.localdate(starts_at) - timedelta(days=1),
        timezone.localdate(ends_at) + timedelta(days=1),
    )
    rest_days: dict[int, set[date]] = defaultdict(set)
    rest = RestDay.objects.filter(officer__in=officers, day__range=days).order_by()
    for officer_id, day in rest.values_list("officer", "day"):
        rest_days[officer_id].add(day)
    holidays = SubstitutedHoliday.objects.filter(officer__in=officers, day__range=days).order_by()
    substituted = {(one.officer_id, one.day): one for one in holidays}
    found = {}
    for officer in officers:
        rules = switches.get(officer.agency_id or 0, pay.DEFAULT_SWITCHES)
        busy = known.get(officer.pk, [])
        week = [one for one in busy if rules.week_start(starts_at) <= one.starts_at < starts_at]
        rest_from, rest_until = _rest_inside(rest_days[officer.pk], starts_at, ends_at, rules)
        found[officer.pk] = Circumstances(
            busy=busy,
            casual_occasion=pay.casual_occasion((one.minutes for one in week if one.is_casual), rules),
            tour_starts_at=next(
                (one.starts_at for one in busy if one.is_tour and one.ends_at == starts_at), None
            ),
            weekly_minutes_before=sum(one.minutes for one in week if one.ends_at <= starts_at),
            rest_day_from=rest_from,
            rest_day_until=rest_until,
            substituted=substituted.get((officer.pk, rules.force_day(starts_at))),
        )
    return found


def _rest_inside(
    rest_days: Set[date], starts_at: datetime, ends_at: datetime, rules: pay.Switches
) -> tuple[datetime | None, datetime | None]:
    """Where a duty runs into rest days (None: it starts on one) and where they end; twice None if never."""
    first = day = rules.force_day(starts_at)
    while day not in rest_days:
        day += timedelta(days=1)
        if rules.day_start(day) >= ends_at:
            return None, None
    after = day
    while after in rest_days:
        after += timedelta(days=1)
    return None if day == first else rules.day_start(day), rules.day_start(after)


def rule_sets_on(duty_on: datetime) -> dict[int, RuleSet]:
    """The rule set of each agency in force on the day of a duty, by agency."""
    rule_sets = RuleSet.objects.on(timezone.localdate(duty_on)).select_related("agency")
    return {one.agency_id: one for one in rule_sets}


def switches_of(rule_set: RuleSet | None) -> pay.Switches:
    """What the pay engine is told; without a rule set what the rule book takes by default."""
    if rule_set is None:
        return pay.DEFAULT_SWITCHES
    return pay.Switches(**{field.name: getattr(rule_set, field.name) for field in fields(pay.Switches)})


def pay_points_on(duty_on: datetime) -> dict[tuple[str, str], PayPoint]:
    """What each point of each scale pays on the day of a duty."""
    points = PayPoint.objects.on(timezone.localdate(duty_on))
    return {(point.scale, point.point): point for point in points}


def pay_point_of(rank: RankHeld, duty_on: datetime) -> PayPoint | None:
    """What the point that somebody holds pays on the day of a duty; None if no table has it."""
    points = PayPoint.objects.on(timezone.localdate(duty_on))
    return points.filter(scale=rank.scale, point=rank.point).first()


def overtime_points_on(duty_on: datetime) -> list[PayPoint]:
    """The pay points of ranks that earn overtime on the day of a duty, rank by rank, the least first."""
    points = (point for point in pay_points_on(duty_on).values() if point.rank in pay.ELIGIBLE_RANKS)
    return sorted(points, key=lambda point: (point.rank, point.scale, point.annual_pay_pence))


def agency_use(grant: Grant) -> dict[int, int]:
    """Pence each agency's officers hold on the ladder of a grant, from tasked to settled."""
    sums = Assignment.objects.filter(tasking__enquiry__grant=grant).order_by().values_list("agency")
    return dict(sums.annotate(pence=Sum("committed_pence")))


def next_enquiry_name(grant: Grant) -> str:
    """The neutral name of the next enquiry of a grant."""
    return f"Enquiry {Enquiry.objects.filter(grant=grant).count() + 1}"


# What the pages show


@dataclass(frozen=True)
class EnquiryRow:
    """An enquiry with what hangs on it, counted."""

    enquiry: Enquiry
    taskings: int
    claims: int


@dataclass(frozen=True)
class TaskingRow:
    """A tasking with those of its officers whom a list shows."""

    tasking: Tasking
    assignments: list[Assignment]

    @property
    def kind(self) -> str:
        """The kind of duty, in as few words as tell it apart."""
        return self.tasking.get_duty_type_display().partition(":")[0]

    @property
    def names(self) -> str:
        """The first three officers, and how many more."""
        names = ", ".join(str(one.officer) for one in self.assignments[:3])
        more = len(self.assignments) - 3
        return f"{names} and {more} more" if more > 0 else names

    @property
    def statuses(self) -> list[tuple[str, str]]:
        """How the officers' duties stand: each status once, with its words."""
        return sorted({(one.status, one.get_status_display()) for one in self.assignments})

    @property
    def committed(self) -> int:
        """What stands on the ladder for these officers, in pence."""
        return sum(one.committed_pence for one in self.assignments)


@dataclass(frozen=True)
class Happening:
    """One thing that happened to a tasking or a claim; no `pence` where none are shown."""

    at: datetime
    who: str
    what: str
    why: str
    pence: int | None


def signed(by: User, capacity: str) -> str:
    """Who did something and, where it matters, in which capacity."""
    return f"{by}, {capacity}" if capacity else str(by)


def grants_controlled(user: User) -> QuerySet[Grant]:
    """Grants that are not closed on which a person decides today, as controlling DI or as a deputy."""
    held = Grant.objects.filter(pk__in=Authority.objects.in_force_for(user).values("grant"))
    return held.exclude(status=Grant.Status.CLOSED).order_by("pk")


def ids_controlled(user: User) -> set[int]:
    """Ids of those grants, for pages that offer verbs."""
    return set(grants_controlled(user).values_list("pk", flat=True))


def enquiries_to_task(user: User) -> QuerySet[Enquiry]:
    """Open enquiries of the grants on which a person decides."""
    rows = Enquiry.objects.filter(grant__in=grants_controlled(user), status=Enquiry.Status.OPEN)
    return rows.select_related("line", "grant").order_by("pk")


def enquiry_rows(enquiries: Iterable[Enquiry]) -> list[EnquiryRow]:
    """Enquiries with the number of their taskings and claims."""
    shown = list(enquiries)
    among = Enquiry.objects.filter(pk__in=[one.pk for one in shown]).order_by()
    taskings = dict(among.values_list("pk").annotate(Count("taskings")))
    claims = dict(among.values_list("pk").annotate(Count("claims")))
    return [EnquiryRow(one, taskings.get(one.pk, 0), claims.get(one.pk, 0)) for one in shown]


def with_names(assignments: AssignmentQuerySet) -> AssignmentQuerySet:
    """Assignments with officer and agency, in the order of lists."""
    rows = assignments.select_related("officer", "agency")
    return rows.order_by(*BY_AGENCY, "officer__display_name")


@dataclass(frozen=True)
class Together:
    """How many taskings and duties of officers there are, and what is committed to them in pence."""

    taskings: int
    officers: int
    committed: int


def together(duties: AssignmentQuerySet) -> Together:
    """What some duties come to."""
    found = duties.order_by().aggregate(
        taskings=Count("tasking", distinct=True),
        officers=Count("pk"),
        committed=Sum("committed_pence", default=0),
    )
    return Together(**found)


def tasking_rows(taskings: Iterable[Tasking], among: AssignmentQuerySet) -> list[TaskingRow]:
    """Taskings with those of their officers who are among some assignments."""
    shown = list(taskings)
    officers: dict[int, list[Assignment]] = defaultdict(list)
    for one in with_names(among.filter(tasking__in=shown)):
        officers[one.tasking_id].append(one)
    return [TaskingRow(tasking, officers[tasking.pk]) for tasking in shown]


def stages_of(enquiries: QuerySet[Enquiry]) -> dict[str, int]:
    """The five balances of some enquiries together, in pence."""
    lines = BudgetLine.objects.filter(enquiry__in=enquiries.order_by())
    sums = lines.order_by().aggregate(**{f"{stage}_pence": Sum(stage, default=0) for stage in LADDER})
    return {str(stage): sums[f"{stage}_pence"] for stage in LADDER}


def subjects_of(enquiries: QuerySet[Enquiry]) -> QuerySet[Subject]:
    """The subjects of some enquiries."""
    return Subject.objects.filter(enquiries__in=enquiries.order_by()).distinct().order_by("codename")


def entry_of(enquiry: Enquiry, subject: Subject) -> EntryAssessment | None:
    """The entry assessment of a subject that stands."""
    return EntryAssessment.objects.filter(enquiry=enquiry, subject=subject).first()


def outcome_of(enquiry: Enquiry, subject: Subject) -> Outcome | None:
    """What came of a subject of an enquiry, as it stands."""
    return Outcome.objects.filter(enquiry=enquiry, subject=subject).first()


def latest_entry(grant: Grant) -> EntryAssessment | None:
    """The entry assessment that was recorded last under a grant: its scale is the one in use."""
    return EntryAssessment.objects.filter(enquiry__grant=grant).first()


@dataclass(frozen=True)
class SubjectRow:
    """A subject of an enquiry, named for who may see it, with the assessment and the outcome that stand."""

    subject: Subject
    name: str
    entry: EntryAssessment | None
    outcome: Outcome | None


def subject_rows(enquiry: Enquiry, *, named: bool) -> list[SubjectRow]:
    """The subjects of an enquiry, what they were on entry and what came of them.

    Not `named` they are Subject 1, Subject 2 in the order in which they were drawn.
    """
    entries = {one.subject_id: one for one in enquiry.entry_assessments.standing()}
    outcomes = {one.subject_id: one for one in enquiry.outcomes.standing()}
    return [
        SubjectRow(
            subject,
            subject.codename if named else f"Subject {number}",
            entries.get(subject.pk),
            outcomes.get(subject.pk),
        )
        for number, subject in enumerate(enquiry.subjects.order_by("pk"), start=1)
    ]


def recorded_of(enquiry: Enquiry, subjects: Iterable[SubjectRow]) -> list[Happening]:
    """Every assessment and outcome of an enquiry's subjects, the corrected ones too, the latest first."""
    names = {row.subject.pk: row.name for row in subjects}
    entries = enquiry.entry_assessments.select_related("recorded_by").order_by("-pk")
    outcomes = enquiry.outcomes.select_related("recorded_by").order_by("-pk")
    records: list[tuple[EntryAssessment | Outcome, str, str]] = [
        *((one, f"score on entry {one.in_words}", _stated(one)) for one in entries),
        *((one, one.in_words, _came(one)) for one in outcomes),
    ]
    happened = [
        Happening(
            one.recorded_at,
            signed(one.recorded_by, one.capacity),
            f"{names[one.subject_id]}: {what}",
            why,
            None,
        )
        for one, what, why in records
    ]
    return sorted(happened, key=lambda one: one.at, reverse=True)


def standing_of(subjects: Iterable[SubjectRow]) -> list[EntryAssessment | Outcome]:
    """The assessments and outcomes that some rows show."""
    return [one for row in subjects for one in (row.entry, row.outcome) if one]


def _stated(entry: EntryAssessment) -> str:
    stated = f"Assessed on {entry.assessed_on:%-d %B %Y} by {entry.assessed_by}."
    return f"{stated} Corrected: {entry.reason}" if entry.replaces_id else f"{stated} {entry.reason}".strip()


def _came(outcome: Outcome) -> str:
    came = f"As at {outcome.came_on:%-d %B %Y}."
    if outcome.exit_score is not None:
        came = f"{came} Score on exit {outcome.exit_score:,}, stated by {outcome.exit_by}."
    return f"{came} Recorded anew: {outcome.reason}" if outcome.replaces_id else came


def without_outcome(enquiry: Enquiry) -> int:
    """How many subjects of an enquiry have no outcome on record."""
    return enquiry.subjects.exclude(pk__in=enquiry.outcomes.order_by().values("subject")).count()


def main_lines(grants: QuerySet[Grant]) -> QuerySet[BudgetLine]:
    """The main lines of some open grants: what is not set aside for any enquiry."""
    opened = grants.filter(status=Grant.Status.OPEN)
    return BudgetLine.objects.filter(grant__in=opened, is_main=True).select_related("grant").order_by("pk")


def same_tasking(enquiry: Enquiry, duty_type: str, hours: Hours, officers: Iterable[User]) -> Tasking | None:
    """The tasking in force for just this duty and just these officers, if there is one."""
    named = sorted(officer.pk for officer in officers)
    alike = enquiry.taskings.filter(
        duty_type=duty_type, starts_at=hours[0], ends_at=hours[1], status=Tasking.Status.ISSUED
    )
    for tasking in alike.prefetch_related("assignments"):
        if sorted(one.officer_id for one in tasking.assignments.all() if one.status in one.LIVE) == named:
            return tasking
    return None


def history(tasking: Tasking, seen: Sequence[Assignment], *, whole: bool) -> list[Happening]:
    """What happened to a tasking, the latest first.

    Unless they may see the `whole`, a person learns of the duty itself and of the assignments they have
    `seen`, and of no pounds but those.
    """
    known = {assignment.pk for assignment in seen}
    events = tasking.events.select_related("by", "assignment__officer").order_by("-at", "-pk")
    return [
        Happening(
            event.at,
            signed(event.by, event.capacity),
            _what(event),
            event.reason,
            event.pence if whole or event.assignment_id in known else None,
        )
        for event in events
        if whole or event.assignment_id is None or event.assignment_id in known
    ]


def _what(event: TaskingEvent) -> str:
    verb = event.get_verb_display()
    return f"{verb}: {event.assignment.officer}" if event.assignment else verb


def enquiries_by_line(grant: Grant) -> dict[int, Enquiry]:
    """The enquiries of a grant by the id of their budget line."""
    return {enquiry.line_id: enquiry for enquiry in grant.enquiries.all()}


@dataclass(frozen=True)
class RecentTasking:
    """A duty tasked lately: how many officers it named, and the price authorised for them in pence."""

    tasking: Tasking
    officers: int
    pence: int


def recent_taskings(grant: Grant, limit: int = 6) -> list[RecentTasking]:
    """The duties of a grant issued last and still standing, the newest first."""
    rows = Tasking.objects.filter(enquiry__grant=grant, status=Tasking.Status.ISSUED)
    latest = list(rows.select_related("enquiry").order_by("-issued_at", "-pk")[:limit])
    of_each = Assignment.objects.filter(tasking__in=latest).order_by().values_list("tasking")
    sums = {
        tasking: (officers, pence)
        for tasking, officers, pence in of_each.annotate(Count("pk"), Sum("authorised_pence"))
    }
    return [RecentTasking(one, *sums.get(one.pk, (0, 0))) for one in latest]


# Time owed


@dataclass(frozen=True)
class OwedTime:
    """Time off that is due: whole days by what they are for, and minutes in lieu of pay."""

    rest_days: int
    lieu_days: int
    toil_minutes: int

    def __bool__(self) -> bool:
        return bool(self.rest_days or self.lieu_days or self.toil_minutes)

    @property
    def in_words(self) -> str:
        """Like "1 rest day, 2 days in lieu of public holidays, 3 h"."""
        parts = (
            _counted(self.rest_days, "rest day", "rest days"),
            _counted(self.lieu_days, "day in lieu of a public holiday", "days in lieu of public holidays"),
            duration(self.toil_minutes) if self.toil_minutes else "",
        )
        return ", ".join(part for part in parts if part)


def _counted(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}" if count else ""


def time_due(owed: TimeOwedQuerySet) -> OwedTime:
    """What of some time owed is due, added up."""
    kind = TimeOwed.Kind
    return OwedTime(
        **owed.due()
        .order_by()
        .aggregate(
            rest_days=Count("pk", filter=Q(kind=kind.REST_DAY)),
            lieu_days=Count("pk", filter=Q(kind=kind.LIEU_DAY)),
            toil_minutes=Sum("minutes", filter=Q(kind=kind.TOIL), default=0),
        )
    )


def time_owed_to(officer: User) -> OwedTime:
    """Time off that is due to an officer."""
    return time_due(TimeOwed.objects.filter(assignment__officer=officer))


def with_duty(owed: TimeOwedQuerySet) -> TimeOwedQuerySet:
    """Time owed with the officer, agency and duty it is for, and who decided on it."""
    return owed.select_related(
        "assignment__officer", "assignment__agency", "assignment__tasking", "decided_by"
    )


def time_off_to_grant(user: User) -> TimeOwedQuerySet:
    """Time off on which a supervisor decides: due to other officers of their agency; for others none."""
    if not user.has_perm("claims.certify_claim"):
        return TimeOwed.objects.none()
    return TimeOwed.objects.due().filter(assignment__agency=user.agency_id).exclude(assignment__officer=user)


@dataclass(frozen=True)
class ToilDue:
    """Minutes of time off in lieu of pay that are due under a grant, and to how many officers."""

    minutes: int
    officers: int


def toil_due(grant: Grant) -> ToilDue:
    """Time off in lieu of pay that may have to be paid in cash if it is not taken by the grant's last day."""
    rows = TimeOwed.objects.due().filter(kind=TimeOwed.Kind.TOIL, assignment__tasking__enquiry__grant=grant)
    return ToilDue(
        **rows.order_by().aggregate(
            minutes=Sum("minutes", default=0), officers=Count("assignment__officer", distinct=True)
        )
    )
