"""What a plan would cost before it is tasked: priced officer by officer, with every control's word on it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import partial
from typing import Any, Protocol

from django.utils import timezone

from grants.models import Grant, OnCost
from grants.selectors import controllers_on, on_cost_percents
from overtime_ledger import clock
from overtime_ledger.accounts.models import User
from overtime_ledger.errors import Flag, Refusal
from overtime_ledger.money import round_half_up
from tasking import checks, pay, selectors
from tasking.checks import DI
from tasking.models import Assignment, Enquiry, RuleSet, Tasking

# What the pay engine refuses, as a control says it.
_NOT_PAYABLE = {
    "rank_not_eligible": "T04",
    "outside_grant_period": "T02",
    "end_not_after_start": "C03",
    "not_a_public_holiday": "C10",
}


_FIX = {
    "rank_not_eligible": "Task somebody else, or have the rank on that day corrected.",
    "not_a_public_holiday": "Choose another duty type, or have the substituted holiday recorded with its "
    "evidence.",
}
RATE_CARD = "Agreed rate card"


@dataclass(frozen=True, kw_only=True)
class Basis:
    """What an officer's time is reckoned from, as it is kept on an assignment and on a claim.

    The lead force: pay of the point, by its rule set. Another agency: an hourly rate and a multiplier. On top
    of either an on-cost, in percent of the pay.
    """

    rank: str
    grade: str
    pay_point: str = ""
    annual_pay_pence: int | None = None
    rule_set: RuleSet | None = None
    agreed_hourly_pence: int | None = None
    agreed_multiplier: str = ""
    on_cost_percent: Decimal = Decimal(0)

    @classmethod
    def of(cls, kept: object) -> "Basis":
        """The basis that was frozen on an assignment or on a claim."""
        return cls(**{field.name: getattr(kept, field.name) for field in fields(cls)})

    @property
    def columns(self) -> dict[str, Any]:
        """The same, as the columns of a row that keeps it."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @property
    def on_cost(self) -> Fraction:
        return Fraction(self.on_cost_percent) / 100


@dataclass(frozen=True, kw_only=True)
class Outline:
    """A duty that is thought of: all that its price hangs on, for no enquiry yet."""

    duty_type: str
    starts_at: datetime
    ends_at: datetime
    officers: Sequence[User]
    break_minutes: int = 0
    travel_minutes: int = 0
    told_at: datetime | None = None  # None: now, by the tasking itself
    retrospective_reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Plan(Outline):
    """A duty as the DI plans it, before it is tasked."""

    enquiry: Enquiry
    reason: str


@dataclass(frozen=True)
class OtherOnCost:
    """The policy of on-costs that the grant does not have, for information beside its own."""

    label: str
    percent: Decimal

    def total(self, price: pay.Price) -> int:
        """Pay with this on-cost, in pence, rounded half up on each line as the grant's own is."""
        return self.on_lines(line.pence for line in price.lines)

    def on_lines(self, pay_pence: Iterable[int]) -> int:
        """The same of the pay of lines that are kept, in pence."""
        share = Fraction(self.percent) / 100
        return sum(pence + round_half_up(pence * share) for pence in pay_pence)


@dataclass(frozen=True)
class Quote:
    """What one officer's duty would cost and how, with the questions it raises; or why it cannot be.

    With a price and a refusal only the reason for a retrospective tasking is missing (T09).
    """

    officer: User
    basis: Basis | None
    duty: pay.Duty
    price: pay.Price | None
    flags: list[Flag]
    refusal: Refusal | None
    other_on_cost: OtherOnCost | None = None

    @property
    def pence(self) -> int:
        return self.price.pence if self.price else 0

    @property
    def pay_pence(self) -> int:
        return self.price.pay_pence if self.price else 0

    @property
    def on_cost_pence(self) -> int:
        return self.price.on_cost_pence if self.price else 0

    @property
    def other_pence(self) -> int:
        """What it would come to under the other policy of on-costs; an agency's own charge stays as it is."""
        if self.price is None or self.other_on_cost is None:
            return self.pence
        return self.other_on_cost.total(self.price)


@dataclass(frozen=True)
class Quotation:
    """The price of a duty, officer by officer, and what it would leave of the money asked about."""

    quotes: list[Quote]
    available: int
    refusal: Refusal | None

    @property
    def pence(self) -> int:
        return sum(quote.pence for quote in self.quotes)

    @property
    def pay_pence(self) -> int:
        return sum(quote.pay_pence for quote in self.quotes)

    @property
    def on_cost_pence(self) -> int:
        return sum(quote.on_cost_pence for quote in self.quotes)

    @property
    def other_on_cost(self) -> OtherOnCost | None:
        """The policy of on-costs the grant does not have; None if no officer of the lead force is priced."""
        return next((quote.other_on_cost for quote in self.quotes if quote.other_on_cost), None)

    @property
    def other_pence(self) -> int:
        return sum(quote.other_pence for quote in self.quotes)

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


def reckon(
    basis: Basis, duty: pay.Duty, grant: Grant, *, charged_minutes: int | None = None, source: str = RATE_CARD
) -> pay.Price:
    """Price a duty on its basis inside the grant's window. Raises Refusal with the control's code.

    `charged_minutes` is what another agency charges by rules of its own, `source` where its rate is from.
    """
    window = checks.window_of(grant)
    try:
        if basis.agreed_hourly_pence:
            if basis.rank not in checks.ELIGIBLE_RANKS:
                raise pay.NotPayable(
                    "rank_not_eligible",
                    f"Only constables, sergeants and agreed agency grades earn overtime, not: {basis.rank}.",
                )
            return pay.price_at_agreed_rate(
                duty,
                grade=basis.grade,
                hourly_pence=basis.agreed_hourly_pence,
                multiplier=Fraction(basis.agreed_multiplier),
                window=window,
                charged_minutes=charged_minutes,
                on_cost=basis.on_cost,
                source=source,
            )
        return pay.price(
            duty,
            rank=basis.rank,
            annual_pay_pence=basis.annual_pay_pence or 0,
            window=window,
            switches=selectors.switches_of(basis.rule_set),
            on_cost=basis.on_cost,
            pay_point=basis.pay_point,
        )
    except pay.NotPayable as reason:
        raise Refusal(
            _NOT_PAYABLE.get(reason.code, "C03"),
            reason.reason,
            fix=_FIX.get(reason.code, "Change the times or the duty type."),
            who=DI
            if reason.code != "not_a_public_holiday"
            else f"{DI}; a supervisor records substituted holidays",
        ) from reason


def minutes_of(duty: pay.Duty) -> int:
    """Elapsed minutes of true time less breaks."""
    return int((duty.ends_at - duty.starts_at).total_seconds()) // 60 - duty.break_minutes


class PricedLine(Protocol):
    """One line of a price: of a quote, or of a claim, which keeps its multiplier as text."""

    @property
    def rule(self) -> str: ...
    @property
    def units(self) -> int: ...
    @property
    def multiplier(self) -> Fraction | str: ...
    @property
    def pence(self) -> int: ...
    @property
    def on_cost_pence(self) -> int: ...
    @property
    def working(self) -> str: ...


def lines_of(lines: Iterable[PricedLine]) -> list[dict[str, object]]:
    """The lines of a price as they are kept on an assignment."""
    return [
        {
            "rule": line.rule,
            "units": line.units,
            "multiplier": str(line.multiplier),
            "pence": line.pence,
            "on_cost_pence": line.on_cost_pence,
            "working": line.working,
        }
        for line in lines
    ]


def quote(plan: Plan) -> Quotation:
    """Price a plan for each officer with every control's word on it. Reads only, whoever asks.

    Refusals are returned, not raised, so that all of them can be shown at once.
    """
    grant, line = plan.enquiry.grant, plan.enquiry.line
    not_open = _first(partial(checks.grant_is_open, grant), partial(_enquiry_is_open, plan.enquiry))
    quotes, refusal = _quotes(grant, plan)
    refusal = not_open or refusal
    if not refusal:
        refusal = _first(partial(checks.money_is_there, line, sum(one.pence for one in quotes)))
    return Quotation(quotes, line.available, refusal)


def estimate(grant: Grant, outline: Outline) -> Quotation:
    """Price a duty before there is an enquiry for it, against all the money that a grant has available.

    Just as `quote` does, also of a grant that is not open (it says so, T01). Whether the money is where it
    is wanted is not asked: nobody has said where that is.
    """
    quotes, refusal = _quotes(grant, outline)
    refusal = _first(partial(checks.grant_is_open, grant)) or refusal
    return Quotation(quotes, sum(line.available for line in grant.lines.all()), refusal)


def _quotes(grant: Grant, outline: Outline) -> tuple[list[Quote], Refusal | None]:
    """The price for each officer, and what stands against the duty as a whole."""
    refusal = _first(partial(_is_in_order, outline), partial(_is_inside, grant, outline))
    if refusal:
        return [], refusal
    other = other_on_cost(grant, outline.starts_at)
    quotes = [_quote(case, other) for case in _cases(grant, outline)]
    return quotes, _first(partial(_agency_maxima_hold, grant, quotes))


def _first(*asked: Callable[[], None]) -> Refusal | None:
    """The first refusal of some controls."""
    for control in asked:
        try:
            control()
        except Refusal as refusal:
            return refusal
    return None


def _enquiry_is_open(enquiry: Enquiry) -> None:
    if enquiry.status != Enquiry.Status.OPEN:
        raise Refusal("T12", f"{enquiry} is closed.", fix="Choose an open enquiry.", who=DI)


def _is_in_order(outline: Outline) -> None:
    if outline.ends_at <= outline.starts_at:
        raise Refusal("C03", "The duty ends before it starts.", fix="Correct the times.", who=DI)
    if outline.ends_at - outline.starts_at <= timedelta(minutes=outline.break_minutes):
        raise Refusal(
            "C03", "The break is as long as the duty.", fix="Correct the break or the times.", who=DI
        )


def _is_inside(grant: Grant, outline: Outline) -> None:
    checks.inside_window(grant, outline.starts_at, outline.ends_at)


def _cases(grant: Grant, plan: Outline) -> list[checks.Case]:
    officers, now = list(plan.officers), clock.now()
    ranks = selectors.ranks_on(officers, plan.starts_at)
    points = selectors.pay_points_on(plan.starts_at)
    rates = selectors.rates_for(grant, plan.duty_type, plan.starts_at)
    rule_sets = selectors.rule_sets_on(plan.starts_at)
    circumstances = selectors.circumstances_of(
        officers, plan.starts_at, plan.ends_at, switches=_switches(rule_sets)
    )
    agreements = {
        one.agency_id: one
        for one in grant.agreements.select_related("agency").filter(confirmed_by__isnull=False)
    }
    controllers = controllers_on(grant, [clock.today(), timezone.localdate(plan.starts_at)])
    on_cost = on_cost_percents(timezone.localdate(plan.starts_at))[grant.on_cost]
    cases = []
    for officer in officers:
        rank, found = ranks.get(officer.pk), circumstances[officer.pk]
        cases.append(
            checks.Case(
                grant=grant,
                officer=officer,
                agency=officer.agency,
                duty=duty_in(
                    found,
                    duty_type=plan.duty_type,
                    starts_at=plan.starts_at,
                    ends_at=plan.ends_at,
                    told_at=plan.told_at or now,
                    break_minutes=plan.break_minutes,
                    travel_minutes=plan.travel_minutes,
                ),
                now=now,
                retrospective_reason=plan.retrospective_reason,
                rank=rank,
                pay_point=points.get((rank.scale, rank.point)) if rank else None,
                rule_set=rule_sets.get(officer.agency_id or 0),
                on_cost_percent=on_cost,
                controls_grant=officer.pk in controllers,
                agreement=agreements.get(officer.agency_id or 0),
                rate=rates.get((officer.agency_id or 0, rank.grade_key)) if rank else None,
                busy=found.busy,
                substituted=found.substituted,
            )
        )
    return cases


def _switches(rule_sets: Mapping[int, RuleSet]) -> dict[int, pay.Switches]:
    return {agency: selectors.switches_of(rule_set) for agency, rule_set in rule_sets.items()}


def duty_in(
    circumstances: selectors.Circumstances,
    *,
    duty_type: str,
    starts_at: datetime,
    ends_at: datetime,
    told_at: datetime,
    break_minutes: int,
    travel_minutes: int,
) -> pay.Duty:
    """A duty as the pay engine takes it, with what the officer's roster and other duties make of it."""
    return pay.Duty(
        duty_type=duty_type,
        starts_at=starts_at,
        ends_at=ends_at,
        told_at=told_at,
        break_minutes=break_minutes,
        travel_minutes=travel_minutes,
        casual_occasion=circumstances.casual_occasion,
        follows_tour=circumstances.tour_starts_at is not None,
        tour_starts_at=circumstances.tour_starts_at,
        weekly_minutes_before=circumstances.weekly_minutes_before,
        holiday_substituted=circumstances.substituted is not None,
        rest_day_from=circumstances.rest_day_from,
        rest_day_until=circumstances.rest_day_until,
    )


def _quote(case: checks.Case, other: OtherOnCost | None) -> Quote:
    try:
        for check in checks.BLOCKS:
            check(case)
        basis = _basis(case)
        price = reckon(basis, case.duty, case.grant)
    except Refusal as refusal:
        return Quote(case.officer, None, case.duty, None, [], refusal)
    other = None if case.rate else other
    try:
        return Quote(case.officer, basis, case.duty, price, checks.flags_of(case), None, other)
    except Refusal as refusal:
        return Quote(case.officer, basis, case.duty, price, [], refusal, other)


def _basis(case: checks.Case) -> Basis:
    """What a case is reckoned from; the controls have seen to it that all of it is known."""
    assert case.rank is not None
    held: dict[str, Any] = {"rank": case.rank.rank, "grade": case.rank.grade_key}
    if case.rate:
        return Basis(
            **held,
            agreed_hourly_pence=case.rate.hourly_pence,
            agreed_multiplier=case.rate.multiplier,
            on_cost_percent=case.rate.on_cost_percent,
        )
    assert case.pay_point is not None and case.on_cost_percent is not None
    return Basis(
        **held,
        pay_point=str(case.pay_point),
        annual_pay_pence=case.pay_point.annual_pay_pence,
        rule_set=case.rule_set,
        on_cost_percent=case.on_cost_percent,
    )


def other_on_cost(grant: Grant, duty_on: datetime) -> OtherOnCost | None:
    """What to show beside the grant's own total: with National Insurance if it bears none, else without."""
    if grant.on_cost != OnCost.NONE:
        return OtherOnCost("Without on-costs", Decimal(0))
    percent = on_cost_percents(timezone.localdate(duty_on))[OnCost.NI]
    if percent is None:
        return None
    return OtherOnCost(f"With {OnCost.NI.label} of {percent.normalize():f}%", percent)


def _agency_maxima_hold(grant: Grant, quotes: Sequence[Quote]) -> None:
    wanted: dict[int, int] = {}
    for one in quotes:
        wanted[one.officer.agency_id or 0] = wanted.get(one.officer.agency_id or 0, 0) + one.pence
    agreements = grant.agreements.filter(agency__in=wanted).select_related("agency")
    used = selectors.agency_use(grant) if agreements else {}
    for agreement in agreements:
        checks.agency_maximum_holds(agreement, used.get(agreement.agency_id, 0), wanted[agreement.agency_id])


def on_the_day(assignment: Assignment, starts_at: datetime) -> Basis:
    """The basis of a claim: rules, agreed rate and on-cost as tasked; rank and pay point of the day."""
    tasked = Basis.of(assignment)
    rank = selectors.ranks_on([assignment.officer], starts_at).get(assignment.officer_id)
    if rank is None:
        return tasked
    held = replace(tasked, rank=rank.rank, grade=rank.grade_key)
    if not assignment.annual_pay_pence:
        return held
    point = selectors.pay_point_of(rank, starts_at)
    if point is None:
        return held
    return replace(held, pay_point=str(point), annual_pay_pence=point.annual_pay_pence)


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
    def on_cost_pence(self) -> int:
        """How much of it is on-cost."""
        return min(self.price.on_cost_pence, self.assignment.on_cost_pence)

    @property
    def pay_pence(self) -> int:
        return self.pence - self.on_cost_pence

    @property
    def returned(self) -> int:
        return self.assignment.committed_pence - self.pence


def cut_short(tasking: Tasking, assignments: Sequence[Assignment], ends_at: datetime) -> list[Cut]:
    """What a duty that ends earlier would cost for each who has not claimed. Refuses with T16 or T17."""
    if not tasking.starts_at + timedelta(minutes=tasking.break_minutes) < ends_at < tasking.ends_at:
        raise Refusal(
            "T16",
            "The new end is not between the start and the present end, or leaves no time beside the break.",
            fix="Choose another end, or cancel the duty.",
            who=DI,
        )
    checks.nobody_has_claimed(assignments)
    left = [one for one in assignments if one.status == Assignment.Status.TASKED]
    circumstances = selectors.circumstances_of(
        [one.officer for one in left],
        tasking.starts_at,
        ends_at,
        switches={one.agency_id: selectors.switches_of(one.rule_set) for one in left},
        without=[one.pk for one in left],
    )
    cuts = []
    for one in left:
        duty = duty_in(
            circumstances[one.officer_id],
            duty_type=tasking.duty_type,
            starts_at=tasking.starts_at,
            ends_at=ends_at,
            told_at=tasking.told_at,
            break_minutes=tasking.break_minutes,
            travel_minutes=tasking.travel_minutes,
        )
        cuts.append(Cut(one, duty, reckon(Basis.of(one), duty, tasking.enquiry.grant)))
    return cuts


@dataclass(frozen=True)
class Together:
    """What officers' parts in a duty come to, in pence, and would under the other policy of on-costs."""

    pay_pence: int
    on_cost_pence: int
    other: OtherOnCost | None = None
    other_pence: int = 0

    @property
    def pence(self) -> int:
        return self.pay_pence + self.on_cost_pence


def authorised_together(tasking: Tasking, assignments: Iterable[Assignment]) -> Together:
    """What was authorised for those officers of a duty who are on it still, or worked it."""
    left = [one for one in assignments if one.status in (*Assignment.LIVE, Assignment.Status.CLOSED)]
    other = _other_for(tasking, left)
    return Together(
        sum(one.pay_pence for one in left),
        sum(one.on_cost_pence for one in left),
        other,
        sum(_under(other, one, _pay_of_lines(one), one.authorised_pence) for one in left),
    )


def _pay_of_lines(one: Assignment) -> list[int]:
    """The pay of each line; in one where the lines are of less than is authorised now."""
    pence = [line["pence"] for line in one.lines]
    return pence if sum(pence) == one.pay_pence else [one.pay_pence]


def cut_together(tasking: Tasking, cuts: Sequence[Cut]) -> Together:
    """What the officers of a duty would come to if it ended earlier."""
    other = _other_for(tasking, [cut.assignment for cut in cuts])
    return Together(
        sum(cut.pay_pence for cut in cuts),
        sum(cut.on_cost_pence for cut in cuts),
        other,
        sum(
            _under(other, cut.assignment, (line.pence for line in cut.price.lines), cut.pence) for cut in cuts
        ),
    )


def _other_for(tasking: Tasking, assignments: Iterable[Assignment]) -> OtherOnCost | None:
    """The other policy of on-costs; None without officers of the lead force, to whom alone it applies."""
    if not any(one.annual_pay_pence for one in assignments):
        return None
    return other_on_cost(tasking.enquiry.grant, tasking.starts_at)


def _under(other: OtherOnCost | None, one: Assignment, pay_pence: Iterable[int], pence: int) -> int:
    return other.on_lines(pay_pence) if other and one.annual_pay_pence else pence


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
        travel_minutes=tasking.travel_minutes,
    )
