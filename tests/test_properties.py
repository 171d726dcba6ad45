"""Whatever people do, in whatever order: the five stages add up to the award, and the books verify."""

import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from claims import services as claims
from claims.models import Claim
from grants import services as grants
from grants.models import AgencyRate, BudgetLine
from overtime_ledger import clock
from overtime_ledger.accounts.models import User
from overtime_ledger.errors import Refusal
from tasking import services as tasking
from tasking.models import Assignment, Enquiry, RestDay, RosteredTour, SubstitutedHoliday
from tasking.quotes import Plan
from tasking.selectors import rule_sets_on, switches_of
from tests import factories as make

AWARD = 300_000


class Players:
    """A small grant with little money, so that refusals happen too; chance picks what a verb acts on."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.house = make.house(amount_pence=AWARD)
        self.enquiries = [make.enquiry(self.house, pence=60_000) for _ in range(2)]
        make.agree(self.house, maximum_pence=80_000)
        agencies = (self.house.lead, self.house.lead, self.house.other)
        self.officers = [make.officer(agency) for agency in agencies]
        self.done = 0

    def any_of(self, rows: list[Claim] | list[Assignment]) -> Claim | Assignment | None:
        return self.rng.choice(rows) if rows else None

    def act(self, verb: str) -> None:
        """Do a verb on something; a refusal is an answer too, and must leave nothing behind."""
        self.done += 1
        noon = make.at(date(2021, 3, 1) + timedelta(days=self.done // 4), 12)
        with clock.travel(noon), suppress(Refusal):
            VERBS[verb](self)
        connection.check_constraints()  # what the database otherwise checks at each commit

    def move(self) -> None:
        main = self.house.grant.lines.get(is_main=True)
        lines = [main, *(enquiry.line for enquiry in self.enquiries)]
        source, target = self.rng.sample(lines, 2)
        pence = self.rng.choice((1, 9_999, 50_000))
        grants.move(source, target, pence, by=self.house.di, reason="Needed", token=f"move-{self.done}")

    def task(self) -> None:
        day, start = date(2021, 2, 1) + timedelta(days=self.rng.randrange(27)), self.rng.choice((6, 12, 18))
        plan = Plan(
            enquiry=Enquiry.objects.select_related("line", "grant").get(
                pk=self.rng.choice(self.enquiries).pk
            ),
            duty_type=self.rng.choice(("planned", "rest_day", "casual")),
            starts_at=make.at(day, start),
            ends_at=make.at(day, start + self.rng.choice((2, 4, 5))),
            officers=self.rng.sample(self.officers, self.rng.choice((1, 2))),
            reason="Observations",
            retrospective_reason="Told by radio",
        )
        tasking.task(plan, by=self.house.di)

    def duty(self) -> Assignment | None:
        rows = Assignment.objects.to_claim().select_related("tasking__enquiry__grant", "officer")
        return self.any_of(list(rows))  # type: ignore[return-value]

    def stand_down(self) -> None:
        if duty := self.duty():
            tasking.stand_down(duty, by=self.house.di, reason="Not needed")

    def shorten(self) -> None:
        if duty := self.duty():
            earlier = duty.tasking.ends_at - timedelta(minutes=self.rng.choice((15, 60, 110)))
            tasking.shorten(duty.tasking, by=self.house.di, ends_at=earlier, reason="Less is needed")

    def submit(self, claim: Claim | None = None) -> None:
        duty = claim.assignment if claim else self.duty()
        if duty is None:
            return
        planned = claims.as_planned(duty)
        ends_at = planned.ends_at + timedelta(minutes=self.rng.choice((-90, -15, 0, 0, 0, 45)))
        stated = claims.Statement(**{**vars(planned), "ends_at": ends_at})
        by = duty.officer
        revision = claim.revision if claim else None
        claims.submit(stated, by=by, claim=claim, revision=revision, reason="It took longer")

    def claim(self, *states: str) -> Claim | None:
        rows = Claim.objects.filter(status__in=states).select_related(
            "assignment__tasking", "claimant", "agency"
        )
        return self.any_of(list(rows))  # type: ignore[return-value]

    def answer(self) -> None:
        if claim := self.claim("returned", "draft"):
            self.submit(claim)

    def more_time(self) -> None:
        if claim := self.claim("draft"):
            claims.grant_more_time(claim, by=self.house.di, revision=claim.revision)

    def withdraw(self) -> None:
        if claim := self.claim("draft", "submitted", "certified", "returned"):
            claims.withdraw(claim, by=claim.claimant, revision=claim.revision)

    def certify(self) -> None:
        if claim := self.claim("submitted"):
            claims.certify(
                claim, by=self.supervisor_of(claim), revision=claim.revision, record="Duty record 1"
            )

    def supervisor_of(self, claim: Claim) -> User:
        lead = claim.agency_id == self.house.lead.pk
        return self.house.supervisor if lead else self.house.other_supervisor

    def send_back(self) -> None:
        if claim := self.claim("submitted", "certified"):
            claims.return_claim(
                claim, by=self.house.di, revision=claim.revision, reason_code="times", reason="Which?"
            )

    def approve(self) -> None:
        if claim := self.claim("certified"):
            claims.approve(claim, by=self.house.di, revision=claim.revision, reason="Seen")

    def reject(self) -> None:
        if claim := self.claim("submitted", "certified"):
            claims.reject(claim, by=self.house.di, revision=claim.revision, reason="Not worked")

    def settle(self) -> None:
        if claim := self.claim("approved"):
            claims.settle(
                [claim],
                grant=self.house.grant,
                agency=claim.agency,
                reference=f"P{self.done}",
                by=self.house.finance,
            )

    def reverse(self) -> None:
        if claim := self.claim("approved", "settled"):
            claims.reverse(claim, by=self.house.di, revision=claim.revision, reason="Wrong fund")


VERBS: dict[str, Callable[[Players], None]] = {
    "move": Players.move,
    "task": Players.task,
    "stand down": Players.stand_down,
    "shorten": Players.shorten,
    "submit": Players.submit,
    "answer": Players.answer,
    "grant more time": Players.more_time,
    "withdraw": Players.withdraw,
    "certify": Players.certify,
    "return": Players.send_back,
    "approve": Players.approve,
    "reject": Players.reject,
    "settle": Players.settle,
    "reverse": Players.reverse,
}
# A life of a grant has more of some verbs than of others.
LIFE = st.lists(
    st.sampled_from([*VERBS, *["task"] * 4, *["submit"] * 4, *["certify"] * 3, *["approve"] * 2]),
    min_size=25,
    max_size=40,
)


@pytest.mark.django_db
@given(verbs=LIFE, seed=st.integers(0, 10_000))
@settings(max_examples=8, suppress_health_check=list(HealthCheck))
def test_after_any_verbs_the_stages_add_up_and_the_books_verify(verbs: list[str], seed: int) -> None:
    with transaction.atomic():
        players = Players(seed)
        for verb in verbs:
            players.act(verb)
        ties(players)
        transaction.set_rollback(True)


# A duty worked as it was planned comes to what was committed for it, whatever it was and whoever bears what.

TYPES = {
    "MPS": (
        "planned",
        "casual",
        "rest_day",
        "public_holiday",
        "recall",
        "early_start",
        "part_time",
        "toil",
    ),
    "BTP": ("planned", "casual", "rest_day"),
}


@dataclass(frozen=True, kw_only=True)
class Chance:
    """A duty by chance, and what of the roster touches it."""

    agency: str
    duty_type: str
    minute: int
    length: int
    notice: int
    breaks: int
    travel: int
    follows_tour: bool
    rest_day: int | None


CHANCES = st.sampled_from(sorted(TYPES)).flatmap(
    lambda agency: st.builds(
        Chance,
        agency=st.just(agency),
        duty_type=st.sampled_from(TYPES[agency]),
        minute=st.integers(0, 24 * 60 - 1),
        length=st.integers(1, 15 * 60),
        notice=st.integers(-120, 20 * 24 * 60),
        breaks=st.sampled_from((0, 0, 30)),
        travel=st.sampled_from((0, 0, 45)),
        follows_tour=st.booleans(),
        rest_day=st.sampled_from((None, None, 0, 1)),
    )
)


def tasked(house: make.House, to: Enquiry, officer: User, chance: Chance, day: date) -> Assignment | None:
    """The duty with its roster, tasked when the officer was told; None if a control stands against it."""
    starts_at = make.at(day) + timedelta(minutes=chance.minute - 9 * 60)
    if chance.follows_tour:
        RosteredTour.objects.create(
            officer=officer, starts_at=starts_at - timedelta(hours=8), ends_at=starts_at
        )
    if chance.rest_day is not None:
        RestDay.objects.create(officer=officer, day=day + timedelta(days=chance.rest_day))
    if chance.duty_type == "public_holiday":
        SubstitutedHoliday.objects.create(
            officer=officer,
            day=switches_of(rule_sets_on(starts_at)[house.lead.pk]).force_day(starts_at),
            in_place_of=day - timedelta(days=300),
            evidence="Form",
            recorded_by=house.supervisor,
        )
    told_at = max(starts_at - timedelta(minutes=chance.notice), make.at(make.START, 12))
    plan = Plan(
        enquiry=Enquiry.objects.select_related("line", "grant").get(pk=to.pk),
        duty_type=chance.duty_type,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=chance.length),
        officers=[officer],
        reason="Observations",
        break_minutes=chance.breaks,
        travel_minutes=chance.travel,
        retrospective_reason="Told by radio",
    )
    with clock.travel(told_at):
        try:
            return tasking.task(plan, by=house.di).assignments.get()
        except Refusal as refusal:
            assert refusal.code == "C03" and chance.length <= chance.breaks
            return None


@pytest.mark.django_db
@given(
    on_cost=st.sampled_from(("none", "ni", "ni_levy")),
    force_day=st.sampled_from((time(0), time(7))),
    chances=st.lists(CHANCES, min_size=6, max_size=6),
)
@settings(max_examples=8, suppress_health_check=list(HealthCheck))
def test_a_claim_as_planned_comes_to_what_was_committed_and_its_lines_to_both(
    on_cost: str, force_day: time, chances: list[Chance]
) -> None:
    with transaction.atomic():
        house = make.house(opened=False)
        house.grant.on_cost = on_cost
        house.grant.save(update_fields=["on_cost"])
        with clock.travel(make.at(make.START)):
            make.open_up(house)
        make.on_costs()
        make.rule_set(house.lead, force_day_starts=force_day)
        rates = make.agree(house).rates
        AgencyRate.objects.bulk_create(
            [_later(rate, on_cost_percent=Decimal("17.35")) for rate in rates.all()]
        )
        enquiry = make.enquiry(house)
        officers = {"MPS": make.officer(house.lead), "BTP": make.officer(house.other)}
        first = date(2021, 2, 5)  # three days apart, so that no two duties meet; over the clocks' change too
        days = [first + timedelta(days=3 * n) for n in range(5)] + [date(2021, 3, 27)]
        pairs = list(zip(chances, days, strict=True))
        duties = [tasked(house, enquiry, officers[one.agency], one, day) for one, day in pairs]
        for duty in filter(None, duties):
            claimed_as_planned(duty)
        connection.check_constraints()
        transaction.set_rollback(True)


def _later(rate: AgencyRate, **changes: Any) -> AgencyRate:
    """Another line of a rate card from the day after."""
    changes |= {"pk": None, "valid_from": rate.valid_from + timedelta(days=1)}
    return AgencyRate(
        **{field.attname: getattr(rate, field.attname) for field in rate._meta.fields} | changes
    )


def claimed_as_planned(duty: Assignment) -> None:
    """Claim a duty just as it was tasked, and compare."""
    assert (
        duty.authorised_pence
        == duty.committed_pence
        == sum(line["pence"] + line["on_cost_pence"] for line in duty.lines)
    )
    with clock.travel(max(duty.ends_at, duty.tasking.issued_at) + timedelta(hours=1)):
        try:
            claim = claims.submit(claims.as_planned(duty), by=duty.officer)
        except Refusal as refusal:
            assert (refusal.code, duty.committed_pence) == ("C03", 0)
            return
    assert (claim.pence, claim.on_cost_pence) == (duty.committed_pence, duty.on_cost_pence)
    assert claim.pence == sum(line.pence + line.on_cost_pence for line in claim.pay_lines)
    assert [line.working for line in claim.pay_lines] == [line["working"] for line in duty.lines]


def ties(players: Players) -> None:
    """Lines against the award, duties and claims against the lines, and everything against the chain."""
    lines = list(BudgetLine.objects.filter(grant=players.house.grant))
    assert sum(line.allocated for line in lines) == AWARD
    for enquiry in players.enquiries:
        line = next(line for line in lines if line.pk == enquiry.line_id)
        duties = Assignment.objects.filter(tasking__enquiry=enquiry)
        on_the_ladder = duties.aggregate(pence=Sum("committed_pence", default=0))["pence"]
        assert on_the_ladder == line.tasked + line.claimed + line.incurred
        for states, pence in (
            (("submitted", "certified"), line.claimed),
            (("approved",), line.approved),
            (("settled",), line.settled),
        ):
            found = Claim.objects.filter(enquiry=enquiry, status__in=states)
            assert found.aggregate(pence=Sum("pence", default=0))["pence"] == pence
    call_command("verify_ledger", verbosity=0)
