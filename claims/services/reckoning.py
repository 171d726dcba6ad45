"""What a statement comes to: by the rules and the pay of its day, or as the officer's agency charges it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

from claims import checks
from claims.checks import Charge, Statement
from claims.models import Claim
from claims.selectors import Earlier, earlier_claims
from overtime_ledger.accounts.models import PayPoint, Rank
from overtime_ledger.errors import Flag, Refusal
from overtime_ledger.ui import duration, percent, pounds
from tasking import pay, quotes, selectors
from tasking.checks import on_a_public_holiday, substituted_holiday, working_time
from tasking.models import DutyType
from tasking.selectors import Circumstances


def charged_on(claim: Claim) -> Charge | None:
    """What the agency of a claim charges, if it is not what was agreed for the hours worked."""
    if claim.charged_minutes is None or claim.agreed_hourly_pence is None:
        return None
    return Charge(
        minutes=claim.charged_minutes,
        hourly_pence=claim.agreed_hourly_pence,
        multiplier=claim.agreed_multiplier,
        on_cost_percent=claim.on_cost_percent,
    )


@dataclass(frozen=True)
class Reckoning:
    """What a statement comes to, what it was reckoned from, and the questions that its time raises."""

    price: pay.Price
    basis: quotes.Basis
    flags: list[Flag]


def reckon(statement: Statement, circumstances: Circumstances | None = None) -> Reckoning:
    """What a statement would be paid, with its working. Raises Refusal. Reads only."""
    assignment = statement.assignment
    found = circumstances or circumstances_of(statement)
    duty = _duty(statement, found)
    basis, charge = quotes.on_the_day(assignment, statement.starts_at), statement.charge
    card = _agreed(statement, basis)
    if card:
        stated = charge or card
        basis = replace(
            basis,
            agreed_hourly_pence=stated.hourly_pence,
            agreed_multiplier=stated.multiplier,
            on_cost_percent=stated.on_cost_percent,
        )
        if statement.duty_type == DutyType.PUBLIC_HOLIDAY and not found.substituted:
            on_a_public_holiday(statement.starts_at, statement.ends_at)
    price = quotes.reckon(
        basis,
        duty,
        assignment.tasking.enquiry.grant,
        charged_minutes=charge.minutes if charge else None,
        source=_source(statement, basis),
    )
    this = _as_earlier(statement, price)
    earlier = [] if this.as_tasked else earlier_claims(assignment, statement.starts_at)
    flags = [
        substituted_holiday(found.substituted, statement.duty_type),
        *working_time(found.busy, statement.starts_at, statement.ends_at),
        checks.above_rate_card(statement, card) if card else None,
        checks.other_than_tasked(assignment, basis.grade, basis.annual_pay_pence),
        *checks.patterns(this, earlier),
    ]
    return Reckoning(price, basis, [flag for flag in flags if flag])


def _source(statement: Statement, basis: quotes.Basis) -> str:
    """Where an agency's rate is from, in words before the grade."""
    source = "The agency's own figure" if statement.charge else quotes.RATE_CARD
    grade = statement.assignment.grade
    return source if grade == basis.grade else f"{source}, tasked as {grade}; on the day"


def circumstances_of(statement: Statement) -> Circumstances:
    """The officer's roster and other duties around the times that are stated."""
    assignment = statement.assignment
    return selectors.circumstances_of(
        [assignment.officer],
        statement.starts_at,
        statement.ends_at,
        switches={assignment.agency_id: selectors.switches_of(assignment.rule_set)},
        without=[assignment.pk],
    )[assignment.officer_id]


def _duty(statement: Statement, found: Circumstances) -> pay.Duty:
    return quotes.duty_in(
        found,
        duty_type=statement.duty_type,
        starts_at=statement.starts_at,
        ends_at=statement.ends_at,
        told_at=statement.assignment.tasking.told_at,
        break_minutes=statement.break_minutes,
        travel_minutes=statement.travel_minutes,
    )


def _agreed(statement: Statement, basis: quotes.Basis) -> Charge | None:
    """What was agreed for the hours worked; None for the lead force.

    For another kind of duty than was tasked, the rate card's line for that kind, if it has one.
    """
    assignment = statement.assignment
    if basis.agreed_hourly_pence is None:
        return None
    minutes = statement.worked_minutes
    if statement.duty_type != assignment.tasking.duty_type:
        rates = selectors.rates_for(
            assignment.tasking.enquiry.grant, statement.duty_type, statement.starts_at
        )
        if rate := rates.get((assignment.agency_id, assignment.grade)):
            return Charge(
                minutes=minutes,
                hourly_pence=rate.hourly_pence,
                multiplier=rate.multiplier,
                on_cost_percent=rate.on_cost_percent,
            )
    return Charge(
        minutes=minutes,
        hourly_pence=basis.agreed_hourly_pence,
        multiplier=basis.agreed_multiplier,
        on_cost_percent=basis.on_cost_percent,
    )


def _as_earlier(statement: Statement, price: pay.Price) -> Earlier:
    tasking = statement.assignment.tasking
    return Earlier(
        number=0,
        starts_at=statement.starts_at,
        ends_at=statement.ends_at,
        ended=False,
        as_tasked=(statement.starts_at, statement.ends_at) == (tasking.starts_at, tasking.ends_at),
        at_minimum=sum(line.minutes for line in price.lines)
        > statement.worked_minutes + statement.travel_minutes,
    )


def rate_card(statement: Statement) -> Charge | None:
    """What was agreed with the officer's agency for the hours that are stated; None for the lead force."""
    return _agreed(statement, quotes.Basis.of(statement.assignment))


def stated_on(claim: Claim) -> Statement:
    """What a claim states, whatever state it is in."""
    return Statement(
        assignment=claim.assignment,
        starts_at=claim.starts_at,
        ends_at=claim.ends_at,
        break_minutes=claim.break_minutes,
        travel_minutes=claim.travel_minutes,
        charge=charged_on(claim),
        duty_type=claim.duty_type,
        attested_worked=claim.attested_worked,
        attested_sole_fund=claim.attested_sole_fund,
        remark=claim.remark,
    )


@dataclass(frozen=True)
class Compared:
    """One figure of what an agency charges beside what was agreed, in words; no difference is none."""

    what: str
    agreed: str
    charged: str
    difference: str


def charge_compared(statement: Statement) -> list[Compared]:
    """What an agency charges for a duty, figure by figure, beside its rate card; empty for the lead force."""
    card = rate_card(statement)
    if card is None:
        return []
    charge = statement.charge or card
    multiplier = Fraction(charge.multiplier) - Fraction(card.multiplier)
    return [
        Compared(
            "Hours worked and charged",
            duration(card.minutes),
            duration(charge.minutes),
            _signed(charge.minutes - card.minutes, duration),
        ),
        Compared(
            "Hourly rate",
            pounds(card.hourly_pence),
            pounds(charge.hourly_pence),
            _signed(charge.hourly_pence - card.hourly_pence, pounds),
        ),
        Compared("Multiplier", card.multiplier, charge.multiplier, _signed(multiplier, str)),
        Compared(
            "On-cost",
            percent(card.on_cost_percent),
            percent(charge.on_cost_percent),
            _signed(charge.on_cost_percent - card.on_cost_percent, _points),
        ),
    ]


def _points(percent: Decimal) -> str:
    return f"{percent.normalize():f} points"


def _signed(by: Any, words: Callable[[Any], str]) -> str:
    return f"{'+' if by > 0 else '−'}{words(abs(by))}" if by else ""


@dataclass(frozen=True)
class LeadForceEquivalent:
    """What the lead force would pay at most for the same duty: a check of reason on an agency's charge."""

    price: pay.Price
    pay_point: str
    claimed_pence: int

    @property
    def more_pence(self) -> int:
        """By how much the agency charges more; below 0 if less."""
        return self.claimed_pence - self.price.pay_pence

    @property
    def in_words(self) -> str:
        """How the claim's pay compares: "12.5% more"; empty where the lead force would pay nothing."""
        if not self.price.pay_pence:
            return ""
        share = Decimal(100 * abs(self.more_pence)) / self.price.pay_pence
        if not (rounded := share.quantize(Decimal("0.1"), ROUND_HALF_UP)):
            return "as much" if not self.more_pence else "nearly as much"
        return f"{rounded}% {'more' if self.more_pence > 0 else 'less'}"


def lead_force_equivalent(claim: Claim) -> LeadForceEquivalent | None:
    """The same duty by the lead force's rules at the top point of the rank, pay alone; police ranks only.

    None for the lead force itself, for grades that are no police rank, and where its pay or rules of that day
    are not on record or pay nothing for such a duty. Reads only; nothing is charged by it.
    """
    if claim.agreed_hourly_pence is None or claim.rank not in (Rank.CONSTABLE, Rank.SERGEANT):
        return None
    top = PayPoint.objects.on(claim.duty_on)
    points = sorted(
        (point for point in top if point.rank == claim.rank), key=lambda one: one.annual_pay_pence
    )
    rule_set = selectors.rule_sets_on(claim.starts_at).get(claim.grant.lead_force_id)
    if not points or rule_set is None:
        return None
    not_counted = timedelta(minutes=claim.worked_minutes - claim.counted_minutes)
    statement = replace(stated_on(claim), charge=None, ends_at=claim.ends_at - not_counted)
    basis = quotes.Basis(
        rank=claim.rank,
        grade=claim.grade,
        pay_point=str(points[-1]),
        annual_pay_pence=points[-1].annual_pay_pence,
        rule_set=rule_set,
    )
    try:
        price = quotes.reckon(basis, _duty(statement, circumstances_of(statement)), claim.grant)
    except Refusal:
        return None
    return LeadForceEquivalent(price, str(points[-1]), claim.pay_pence)
