"""How pay is reckoned: the rules in force, what they rest on, and examples worked out anew at every look."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any, Protocol, TypeVar

from django.http import HttpResponse
from django.views.decorators.http import require_GET

from grants.models import OnCost, OnCostRate
from grants.selectors import on_cost_percents
from overtime_ledger import clock
from overtime_ledger.accounts.access import SignedIn
from overtime_ledger.accounts.models import Agency, PayPoint, PayTable, User
from tasking import rulebook, selectors
from tasking.models import DutyType, RuleSet
from tasking.pay.hours import exact_pounds, hourly_pence
from tasking.pay.rules import law_of
from tasking.rulebook import Apart, Basis, Rule, Switch, Trap, Worked
from tasking.views.showing import show

EXAMPLE_POINT = "7"
"""Examples are those of a constable at this point."""


class Dated(Protocol):
    """A row that two people put on record, from a day on."""

    pk: Any
    valid_from: date
    confirmed_by_id: int | None


Row = TypeVar("Row", bound=Dated)


@dataclass(frozen=True)
class Explained:
    """A rule with its law, the multipliers its examples were paid at, and the examples."""

    rule: Rule
    label: str
    law: str
    multipliers: str
    examples: list[Worked]


@dataclass(frozen=True)
class RulesOf:
    """The rule set of an agency in force, each switch with its value in words, and its other rule sets."""

    agency: Agency
    in_force: RuleSet | None
    switches: list[tuple[Switch, str]]
    others: list[tuple[RuleSet, str, list[tuple[Switch, str]]]]


@require_GET
def how_pay_is_reckoned(request: SignedIn) -> HttpResponse:
    """For everybody: rules, switches, rates and their standing. Of no grant and of nobody's duty."""
    points = selectors.overtime_points_on(clock.now())
    agencies = _rules_by_agency()
    rules = _own_first(agencies, request.user)
    basis = Basis(
        {point.rank: (point.annual_pay_pence, str(point)) for point in _of_examples(points)},
        selectors.switches_of(rules.in_force if rules else None),
    )
    rates = list(OnCostRate.objects.all())
    in_force = {rate.pk for rate in OnCostRate.objects.on(clock.today())}
    context = {
        "today": clock.today(),
        "agencies": agencies,
        "rules": rules,
        "points": [(point, exact_pounds(hourly_pence(point.annual_pay_pence))) for point in points],
        "tables": _with_state(PayTable.objects.all(), {point.pay_table_id for point in points}),
        "on_costs": _with_state(rates, in_force),
        "can_work": "constable" in basis.earns,
        "explained": [_explained(rule, basis) for rule in rulebook.RULES],
        "traps": [_worked(trap, basis) for trap in rulebook.TRAPS],
        "apart": _apart(basis),
        "with_on_cost": _with_on_cost(basis),
        "of_another_agency": rulebook.another_agency(),
    }
    return show(request, "how_pay_is_reckoned", context)


def _rules_by_agency() -> list[RulesOf]:
    in_force = selectors.rule_sets_on(clock.now())
    kept: dict[int, list[RuleSet]] = {}
    for rule_set in RuleSet.objects.select_related("agency"):
        kept.setdefault(rule_set.agency_id, []).append(rule_set)
    payroll = Agency.objects.filter(settled_by=Agency.SettledBy.PAYROLL)
    return [_rules_of(agency, in_force.get(agency.pk), kept.get(agency.pk, [])) for agency in payroll]


def _rules_of(agency: Agency, in_force: RuleSet | None, kept: Sequence[RuleSet]) -> RulesOf:
    others = _with_state([one for one in kept if one != in_force], ())
    return RulesOf(
        agency=agency,
        in_force=in_force,
        switches=_in_words(in_force) if in_force else [],
        others=[(one, state, _in_words(one)) for one, state in others],
    )


def _in_words(rule_set: RuleSet) -> list[tuple[Switch, str]]:
    switches = selectors.switches_of(rule_set)
    return [(one, one.in_words(getattr(switches, one.name))) for one in rulebook.SWITCHES]


def _own_first(agencies: Sequence[RulesOf], user: User) -> RulesOf | None:
    """The rules examples are worked by: of the person's own agency, else of the first that has any."""
    having = [one for one in agencies if one.in_force]
    return min(having, key=lambda one: one.agency.pk != user.agency_id, default=None)


def _with_state(rows: Iterable[Row], in_force: Collection[Any]) -> list[tuple[Row, str]]:
    """Each row with where it stands: in force, to come, earlier, or not confirmed."""

    def state(row: Row) -> str:
        if row.pk in in_force:
            return "In force"
        if row.confirmed_by_id is None:
            return "Not confirmed by a second person"
        return "To come" if row.valid_from > clock.today() else "Earlier"

    return [(row, state(row)) for row in rows]


def _of_examples(points: Sequence[PayPoint]) -> list[PayPoint]:
    """The points that examples are worked at: of constables the one named, of sergeants the first."""
    constables = [one for one in points if one.rank == "constable" and one.point == EXAMPLE_POINT]
    sergeants = [one for one in points if one.rank == "sergeant"]
    return constables[:1] + sergeants[:1]


def _explained(rule: Rule, basis: Basis) -> Explained:
    examples = [rulebook.work(example, basis) for example in rule.examples]
    return Explained(
        rule=rule,
        label=DutyType(rule.duty_type).label.partition(":")[0],
        law=law_of(rule.duty_type),
        multipliers=rulebook.multipliers(examples),
        examples=examples,
    )


def _worked(trap: Trap, basis: Basis) -> tuple[Trap, list[Worked]]:
    return trap, [rulebook.work(example, basis) for example in trap.examples]


def _apart(basis: Basis) -> list[Apart]:
    """What other ways of reckoning would come to, at the pay of the examples."""
    if "constable" not in basis.earns:
        return []
    annual_pay_pence, _ = basis.earns["constable"]
    return [one(annual_pay_pence) for one in rulebook.OTHER_WAYS]


def _with_on_cost(basis: Basis) -> Worked | None:
    """An example with employer's National Insurance, if its percentage is on record."""
    percent = on_cost_percents(clock.today())[OnCost.NI]
    if percent is None:
        return None
    return rulebook.work(rulebook.PLANNED, basis, on_cost=Fraction(percent) / 100)
