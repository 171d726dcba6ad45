"""What a plan would cost before it is tasked: priced officer by officer, with every control's word on it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

from django.utils import timezone

from grants.models import Grant
from grants.selectors import controllers_on
from overtime_ledger import clock
from overtime_ledger.accounts.models import User
from overtime_ledger.errors import Flag, Refusal
from tasking import checks, pay, selectors
from tasking.checks import DI
from tasking.models import Assignment, Enquiry, Tasking

RULES = pay.Switches()

# What the pay engine refuses, as a control says it.
_NOT_PAYABLE = {
    "rank_not_eligible": "T04",
    "outside_grant_period": "T02",
    "end_not_after_start": "C03",
    "not_a_public_holiday": "C10",
}


@dataclass(frozen=True)
class Basis:
    """What an officer's time is reckoned from: the pay of the lead force, or another agency's agreed rate."""

    rank: str
    grade: str
    annual_pay_pence: int | None
    agreed_hourly_pence: int | None
    agreed_multiplier: Fraction | None


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A duty as the DI plans it, before it is tasked."""

    enquiry: Enquiry
    duty_type: str
    starts_at: datetime
    ends_at: datetime
    officers: Sequence[User]
    reason: str
    break_minutes: int = 0
    retrospective_reason: str = ""


@dataclass(frozen=True)
class Quote:
    """What one officer's duty would cost and how, with the questions it raises; or why it cannot be."""

    officer: User
    basis: Basis | None
    duty: pay.Duty
    price: pay.Price | None
    flags: list[Flag]
    refusal: Refusal | None

    @property
    def pence(self) -> int:
        return self.price.pence if self.price else 0


@dataclass(frozen=True)
class Quotation:
    """The price of a plan, officer by officer, and what it would leave on the enquiry."""

    quotes: list[Quote]
    available: int
    refusal: Refusal | None

    @property
    def pence(self) -> int:
        return sum(quote.pence for quote in self.quotes)

    @property
    def leaves(self) -> int:
        """Available after it, in pence; negative if the money is short."""
        return self.available - self.pence

    @property
    def missing(self) -> int:
        """Pence by which the money is short; 0 if it is there."""
        return max(-self.leaves, 0)

    @property
    def refusals(self) -> list[Refusal]:
        """Everything that stands against it, the plan's own first."""
        own = [self.refusal] if self.refusal else []
        return own + [quote.refusal for quote in self.quotes if quote.refusal]


def reckon(basis: Basis, duty: pay.Duty, grant: Grant) -> pay.Price:
    """Price a duty on its basis inside the grant's window. Raises Refusal with the control's code."""
    window = checks.window_of(grant)
    try:
        if basis.agreed_hourly_pence and basis.agreed_multiplier:
            return pay.price_at_agreed_rate(
                duty,
                grade=basis.grade,
                hourly_pence=basis.agreed_hourly_pence,
                multiplier=basis.agreed_multiplier,
                window=window,
            )
        return pay.price(
            duty, rank=basis.rank, annual_pay_pence=basis.annual_pay_pence or 0, window=window, switches=RULES
        )
    except pay.NotPayable as reason:
        raise Refusal(
            _NOT_PAYABLE.get(reason.code, "C03"),
            reason.reason,
            fix="Change the times or the duty type.",
            who=DI,
        ) from reason


def minutes_of(duty: pay.Duty) -> int:
    """Elapsed minutes of true time less breaks."""
    return int((duty.ends_at - duty.starts_at).total_seconds()) // 60 - duty.break_minutes


def lines_of(price: pay.Price) -> list[dict[str, object]]:
    """The price's lines as they are kept on an assignment."""
    return [
        {
            "rule": line.rule,
            "units": line.units,
            "multiplier": str(line.multiplier),
            "pence": line.pence,
            "working": line.working,
        }
        for line in price.lines
    ]


def quote(plan: Plan) -> Quotation:
    """Price a plan for each officer with every control's word on it. Reads only, whoever asks.

    Refusals are returned, not raised, so that all of them can be shown at once.
    """
    grant = plan.enquiry.grant
    try:
        checks.grant_is_open(grant)
        _enquiry_is_open(plan.enquiry)
        if plan.ends_at <= plan.starts_at:
            raise Refusal("C03", "The duty ends before it starts.", fix="Correct the times.", who=DI)
        checks.inside_window(grant, plan.starts_at, plan.ends_at)
    except Refusal as refusal:
        return Quotation([], plan.enquiry.line.available, refusal)
    quotes = [_quote(case, grant) for case in _cases(plan)]
    pence = sum(quote.pence for quote in quotes)
    try:
        _agency_maxima_hold(grant, quotes)
        checks.money_is_there(plan.enquiry.line, pence)
    except Refusal as refusal:
        return Quotation(quotes, plan.enquiry.line.available, refusal)
    return Quotation(quotes, plan.enquiry.line.available, None)


def _enquiry_is_open(enquiry: Enquiry) -> None:
    if enquiry.status != Enquiry.Status.OPEN:
        raise Refusal("T12", f"{enquiry} is closed.", fix="Choose an open enquiry.", who=DI)


def _cases(plan: Plan) -> list[checks.Case]:
    grant, officers, now = plan.enquiry.grant, list(plan.officers), clock.now()
    ranks = selectors.ranks_on(officers, plan.starts_at)
    rates = selectors.rates_for(grant, plan.duty_type, plan.starts_at)
    busy = selectors.known_duties(officers, plan.starts_at)
    casual = selectors.casual_stays_before(officers, plan.starts_at, switches=RULES)
    agreements = {
        one.agency_id: one
        for one in grant.agreements.select_related("agency").filter(confirmed_by__isnull=False)
    }
    controllers = controllers_on(grant, [clock.today(), timezone.localdate(plan.starts_at)])
    cases = []
    for officer in officers:
        rank, known = ranks.get(officer.pk), busy.get(officer.pk, [])
        duty = pay.Duty(
            duty_type=plan.duty_type,
            starts_at=plan.starts_at,
            ends_at=plan.ends_at,
            told_at=now,
            break_minutes=plan.break_minutes,
            casual_occasion=pay.casual_occasion(casual.get(officer.pk, []), RULES),
            follows_tour=any(one.is_tour and one.ends_at == plan.starts_at for one in known),
            weekly_minutes_before=_tour_minutes_before(known, plan.starts_at),
        )
        rate = rates.get((officer.agency_id or 0, rank.grade_key)) if rank else None
        cases.append(
            checks.Case(
                grant=grant,
                officer=officer,
                agency=officer.agency,
                duty=duty,
                now=now,
                retrospective_reason=plan.retrospective_reason,
                rank=rank,
                controls_grant=officer.pk in controllers,
                agreement=agreements.get(officer.agency_id or 0),
                rate=rate,
                busy=known,
            )
        )
    return cases


def _tour_minutes_before(known: Sequence[selectors.KnownDuty], starts_at: datetime) -> int:
    monday = RULES.week_start(starts_at)
    tours = (one for one in known if one.is_tour and monday <= one.starts_at and one.ends_at <= starts_at)
    return sum(int((tour.ends_at - tour.starts_at).total_seconds()) // 60 for tour in tours)


def _quote(case: checks.Case, grant: Grant) -> Quote:
    try:
        for check in checks.BLOCKS:
            check(case)
        assert case.rank is not None  # rank_is_eligible has refused otherwise
        basis = Basis(
            case.rank.rank,
            case.rank.grade_key,
            None if case.rate else case.rank.annual_pay_pence,
            case.rate.hourly_pence if case.rate else None,
            Fraction(case.rate.multiplier) if case.rate else None,
        )
        if not basis.annual_pay_pence and not case.rate:
            raise Refusal(
                "T07",
                f"{case.officer} has no annual pay on record for that day.",
                fix="Record the pay point held on that day.",
                who="An administrator",
            )
        flags = checks.flags_of(case)
        return Quote(case.officer, basis, case.duty, reckon(basis, case.duty, grant), flags, None)
    except Refusal as refusal:
        return Quote(case.officer, None, case.duty, None, [], refusal)


def _agency_maxima_hold(grant: Grant, quotes: Sequence[Quote]) -> None:
    wanted: dict[int, int] = {}
    for one in quotes:
        wanted[one.officer.agency_id or 0] = wanted.get(one.officer.agency_id or 0, 0) + one.pence
    agreements = grant.agreements.filter(agency__in=wanted).select_related("agency")
    used = selectors.agency_use(grant) if agreements else {}
    for agreement in agreements:
        checks.agency_maximum_holds(agreement, used.get(agreement.agency_id, 0), wanted[agreement.agency_id])


def basis_of(assignment: Assignment) -> Basis:
    """The basis of pay that was frozen when the officer was tasked."""
    return Basis(
        assignment.rank,
        assignment.grade,
        assignment.annual_pay_pence,
        assignment.agreed_hourly_pence,
        assignment.multiplier,
    )


def duty_of(
    assignment: Assignment,
    *,
    starts_at: datetime,
    ends_at: datetime,
    break_minutes: int,
    duty_type: str | None = None,
) -> pay.Duty:
    """A duty as worked under an assignment, with what was frozen when it was tasked."""
    return pay.Duty(
        duty_type=duty_type or assignment.tasking.duty_type,
        starts_at=starts_at,
        ends_at=ends_at,
        told_at=assignment.tasking.told_at,
        break_minutes=break_minutes,
        casual_occasion=assignment.casual_occasion,
        follows_tour=assignment.follows_tour,
        weekly_minutes_before=assignment.weekly_minutes_before,
    )


@dataclass(frozen=True)
class Cut:
    """One officer's duty as it would be if it ended earlier."""

    assignment: Assignment
    duty: pay.Duty
    price: pay.Price

    @property
    def pence(self) -> int:
        """What stays committed. A minimum may hold the price up, and it never rises by ending earlier."""
        return min(self.price.pence, self.assignment.committed_pence)

    @property
    def returned(self) -> int:
        return self.assignment.committed_pence - self.pence


def cut_short(tasking: Tasking, assignments: Sequence[Assignment], ends_at: datetime) -> list[Cut]:
    """What a duty that ends earlier would cost for each who has not claimed. Refuses with T16 or T17."""
    if not tasking.starts_at < ends_at < tasking.ends_at:
        raise Refusal(
            "T16",
            "The new end is not between the start and the present end.",
            fix="Choose an earlier end.",
            who=DI,
        )
    checks.nobody_has_claimed(assignments)
    cuts = []
    for one in (each for each in assignments if each.status == Assignment.Status.TASKED):
        duty = duty_of(one, starts_at=tasking.starts_at, ends_at=ends_at, break_minutes=tasking.break_minutes)
        cuts.append(Cut(one, duty, reckon(basis_of(one), duty, tasking.enquiry.grant)))
    return cuts


def days_to_repeat(tasking: Tasking) -> int:
    """Days in whole weeks, one at least, until the same weekday and time lies ahead."""
    weeks_past = (clock.now() - tasking.starts_at) // timedelta(weeks=1)
    return 7 * max(1, weeks_past + 1)


def same_again(tasking: Tasking, *, days: int = 7) -> Plan:
    """The same duty for the same officers, as many days later at the same wall time."""

    def later(moment: datetime) -> datetime:
        local = timezone.localtime(moment)
        return clock.london(local.date() + timedelta(days=days), local.time())

    officers = User.objects.filter(assignments__tasking=tasking).exclude(
        assignments__in=tasking.assignments.filter(
            status__in=(Assignment.Status.DECLINED, Assignment.Status.CANCELLED)
        )
    )
    return Plan(
        enquiry=tasking.enquiry,
        duty_type=tasking.duty_type,
        starts_at=later(tasking.starts_at),
        ends_at=later(tasking.ends_at),
        officers=list(officers.select_related("agency").order_by(*selectors.LEAD_FORCE_FIRST)),
        reason=tasking.reason,
        break_minutes=tasking.break_minutes,
    )
