"""Five weeks of work: taskings in a weekly rhythm, what became of each, the rounds of those who decide.

`enquiries.json` holds the rhythm; `script.json` what must happen whatever chance brings.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from claims import services as claims
from claims.demonstration import cast as casting
from claims.demonstration import guards, opening, outcomes
from claims.demonstration.agenda import Agenda, at, days
from claims.demonstration.cast import Cast
from claims.models import Claim, Event, MoreTime
from grants import services as grants
from grants.models import BudgetLine, Grant
from grants.selectors import authority_of
from overtime_ledger import clock
from overtime_ledger.accounts.models import User
from tasking import services as tasking
from tasking.models import Assignment, DutyType, Enquiry, TimeOwed
from tasking.quotes import Plan

FIRST_MONDAY, LAST_MONDAY = date(2021, 2, 1), date(2021, 3, 15)
LAST_ROUND, ENDS = date(2021, 3, 5), at("2021-03-07T23:00")
DEPUTY_WEEK = (date(2021, 2, 22), date(2021, 2, 26))
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
ATTENDANCE = (0.7, 0.8, 0.97, 1, 1, 0.9, 0.5)  # how much of a team is tasked, week by week
CHANCES = {"as planned": 80, "shorter": 14, "longer": 2, "returned by the supervisor": 3, "unclaimed": 1}
NOT_CLAIMED = ("unclaimed", "declined", "stood down")
CERTIFIERS = {  # who certifies for an agency, on which weekdays, when
    "MPS": ("supervisor", (0, 1, 2, 3, 4, 5), "11:00"),
    "BTP": ("btp_supervisor", (0, 4), "15:00"),
    "NCA": ("nca_supervisor", (0, 1, 2, 3, 4), "14:00"),
    "COLP": ("colp_supervisor", (0, 1, 3, 4), "14:30"),
}
Facts = dict[str, Any]


@dataclass
class Story:
    """What the acts work on. `turns` says how each assignment goes on."""

    cast: Cast
    grant: Grant
    script: Facts = field(default_factory=lambda: casting.data("script.json"))
    agenda: Agenda = field(default_factory=Agenda)
    rng: random.Random = field(default_factory=lambda: random.Random(911))
    enquiries: dict[int, Enquiry] = field(default_factory=dict)
    turns: dict[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.scripted = {(turn["duty"], turn["officer"]): turn for turn in self.script["turns"]}

    @property
    def controller(self) -> User:
        """Who decides today: the DI, or in one week the deputy."""
        return self.cast["deputy" if DEPUTY_WEEK[0] <= clock.today() <= DEPUTY_WEEK[1] else "di"]

    def scripted_turn(self, duty_on: date, officer: User) -> Facts:
        """What the script says about an officer's duty, or nothing."""
        found: Facts = self.scripted.get((str(duty_on), officer.staff_number), {})
        return found


def tell(*chapters: Callable[[Story], None]) -> Story:
    """Play the whole story, up to the evening of 7 March 2021.

    Chapters are what apps above this one add: each puts its acts on the story's agenda before it runs.
    """
    cast = casting.engage()
    with clock.travel(at("2021-01-11T09:00")):
        story = Story(cast, opening.set_up(cast))
    opening.put_on_agenda(story.agenda, cast, story.grant)
    for number, facts in enumerate(casting.data("enquiries.json"), start=1):
        _plan_enquiry(story, number, facts)
    _plan_rounds(story)
    _plan_scenes(story)
    guards.put_on_agenda(story)
    outcomes.put_on_agenda(story)
    for chapter in chapters:
        chapter(story)
    story.agenda.run(until=ENDS)
    guards.add_files(story)
    casting.open_doors()
    return story


# Enquiries and their taskings


def _plan_enquiry(story: Story, number: int, facts: Facts) -> None:
    opened = f"{facts['opened_on']}T13:00"
    story.agenda.at(at(opened, minutes=5 * number), _open_enquiry, story, number, facts)
    for on, pence in facts["allocations"].items():
        story.agenda.at(at(f"{on}T14:00", minutes=3 * number), _allocate, story, number, pence)
    for monday in days(FIRST_MONDAY, LAST_MONDAY, 0):
        thursday = monday - timedelta(days=4 if monday < LAST_MONDAY else 10)
        issued = max(at(f"{thursday}T10:00", minutes=12 * number), at(opened, minutes=90 + 9 * number))
        story.agenda.at(issued, _issue_week, story, number, facts, monday)


def _open_enquiry(story: Story, number: int, facts: Facts) -> None:
    """Open an enquiry against subjects of its own, and those it shares with an earlier one."""
    shared = story.enquiries[facts["subjects_of"]].subjects.all() if "subjects_of" in facts else ()
    story.enquiries[number] = tasking.open_enquiry(
        story.grant,
        by=story.cast["di"],
        objective=facts["objective"],
        kind=facts["kind"],
        subjects=shared,
        new_subjects=facts["new_subjects"],
        entry=tasking.Assessed(facts["score"], "MoRiLE", 100, clock.today(), "Analyst 0915"),
    )


def _allocate(story: Story, number: int, pence: int) -> None:
    line = story.enquiries[number].line
    _move(story, story.grant.lines.get(is_main=True), line, pence, f"Hours planned for {line}")


def _move(story: Story, source: BudgetLine, target: BudgetLine, pence: int, reason: str) -> None:
    token = f"{story.grant}-{source.pk}-{target.pk}-{clock.today()}"
    grants.move(source, target, pence, by=story.cast["di"], reason=reason, token=token)


def _issue_week(story: Story, number: int, facts: Facts, monday: date) -> None:
    """Task an enquiry's team for the week from a Monday on, as far as it lies ahead and is payable."""
    for weekday, wall, hours, duty_type in facts["rhythm"]:
        day = monday + timedelta(days=WEEKDAYS.index(weekday))
        clear_days = (day - clock.today()).days - 1
        if not (0 <= clear_days < 15 and facts["from"] <= str(day) <= facts["until"]):
            continue
        chance = ATTENDANCE[(monday - FIRST_MONDAY).days // 7]
        officers = [one for one in story.cast.teams[facts["team"]] if _comes(story, one, day, chance)]
        plan = {"enquiry": number, "starts": f"{day}T{wall}", "hours": hours, "duty_type": duty_type}
        plan |= {"officers": [one.staff_number for one in officers], "reason": facts["reason"]}
        if duty_type == DutyType.CASUAL:  # told after the tour began
            story.agenda.at(at(f"{day}T15:10", minutes=number), _task, story, plan)
        else:
            _task(story, plan)


def _comes(story: Story, officer: User, day: date, chance: float) -> bool:
    return story.rng.random() < chance or bool(story.scripted_turn(day, officer))


def _task(story: Story, plan: Facts) -> None:
    if not plan["officers"]:
        return
    starts_at = at(plan["starts"])
    issued = tasking.task(
        Plan(
            enquiry=story.enquiries[plan["enquiry"]],
            duty_type=plan["duty_type"],
            starts_at=starts_at,
            ends_at=starts_at + timedelta(hours=plan["hours"]),
            officers=[story.cast[number] for number in plan["officers"]],
            reason=plan["reason"],
            travel_minutes=plan.get("travel", 0),
            retrospective_reason=plan.get("retrospective_reason", ""),
        ),
        by=story.controller,
    )
    for assignment in issued.assignments.select_related("officer", "agency", "tasking__enquiry__grant"):
        _follow(story, assignment)


# What becomes of a duty


def _follow(story: Story, assignment: Assignment) -> None:
    """Decide how a duty goes on, and put its claim on the agenda."""
    (chance,) = _chance(assignment, "turn").choices(list(CHANCES), list(CHANCES.values()))
    scripted = story.scripted_turn(assignment.duty_on, assignment.officer)
    turn = story.turns[assignment.pk] = scripted.get("turn", chance)
    if turn not in NOT_CLAIMED:
        moment = at(scripted["claimed"]) if "claimed" in scripted else _claimed_at(assignment)
        story.agenda.at(moment, _claim, story, assignment)


def _chance(assignment: Assignment, of: str) -> random.Random:
    """The chance of one duty for something: it stays the same whatever else is tasked."""
    return random.Random(f"{of} {assignment.officer.staff_number} {assignment.starts_at}")


def _claimed_at(assignment: Assignment) -> datetime:
    """A clerk claims on Mondays and Fridays; an officer the same evening, or on one of the next two days."""
    ended, rng = timezone.localdate(assignment.ends_at), _chance(assignment, "claimed")
    if assignment.agency.code == "BTP":
        clerk_comes = days(ended + timedelta(days=1), ended + timedelta(days=7), 0, 4)[0]
        return at(f"{clerk_comes}T10:00", minutes=rng.randint(0, 89))
    if rng.random() < 0.75:
        return max(assignment.ends_at, clock.now()) + timedelta(minutes=rng.randint(65, 150))
    day = ended + timedelta(days=rng.choice((1, 1, 1, 2)))
    return at(f"{day}T{rng.choice(('07:10', '07:40', '09:20', '18:30'))}", minutes=rng.randint(0, 59))


def _claim(story: Story, assignment: Assignment) -> None:
    now = Assignment.objects.select_related("tasking").get(pk=assignment.pk)
    if now.status != Assignment.Status.TASKED:  # cancelled meanwhile
        return
    turn, statement, words = story.turns[now.pk], claims.as_planned(now), story.script["words"]
    scripted = story.scripted_turn(assignment.duty_on, assignment.officer)
    minutes = timedelta(minutes=scripted.get("minutes", 15 * _chance(assignment, "minutes").randint(1, 4)))
    is_longer = turn.startswith("longer")
    if turn == "shorter":
        statement = replace(statement, ends_at=statement.ends_at - minutes)
    elif is_longer:
        statement = replace(statement, ends_at=statement.ends_at + minutes)
    elif turn == "as casual":
        statement = replace(statement, duty_type=DutyType.CASUAL)
    if "charge" in scripted:
        percent = Decimal(scripted["charge"]["on_cost_percent"])
        charge = claims.Charge(**(scripted["charge"] | {"on_cost_percent": percent}))
        statement = replace(statement, charge=charge)
    by = story.cast["btp_clerk" if assignment.agency.code == "BTP" else assignment.officer.username]
    claim = claims.submit(statement, by=by, reason=words["longer"] if is_longer else "")
    if turn == "withdrawn":
        claims.withdraw(claim, by=by, revision=claim.revision, reason=words["wrong_day"])


def _claim_again(story: Story, claim: Claim, remark: str) -> None:
    """A claim that came back goes in again, with the hours of the record and a word to the question."""
    claim.refresh_from_db()
    story.turns[claim.assignment_id] = "as planned"
    statement = replace(claims.as_planned(claim.assignment), remark=remark)
    if claim.status == Claim.Status.RETURNED:
        statement = replace(statement, ends_at=statement.ends_at - timedelta(minutes=45))
    claims.submit(statement, by=claim.entered_by, claim=claim, revision=claim.revision)


# Those who decide


def _plan_rounds(story: Story) -> None:
    for agency, (username, weekdays, wall) in CERTIFIERS.items():
        for day in days(FIRST_MONDAY, timezone.localdate(ENDS), *weekdays):
            story.agenda.at(at(f"{day}T{wall}"), _certify, story, agency, story.cast[username])
    for day in days(FIRST_MONDAY, LAST_ROUND, 0, 1, 2, 3, 4):
        story.agenda.at(at(f"{day}T{'16:30' if day < LAST_ROUND else '12:10'}"), _decide, story)


def _waiting(story: Story, status: str, **of: Any) -> list[Claim]:
    waiting = Claim.objects.filter(grant=story.grant, status=status, **of).with_guards().order_by("pk")
    related = ("entered_by", "assignment", "claimant", "grant", "agency", "enquiry__line")
    return list(waiting.select_related(*related))


def _certify(story: Story, agency: str, by: User) -> None:
    for claim in _waiting(story, Claim.Status.SUBMITTED, agency=story.cast.agencies[agency]):
        if story.turns[claim.assignment_id] == "returned by the supervisor":
            _return(story, claim, by)
        else:
            claims.certify(
                claim, by=by, revision=claim.revision, record=f"Duty record of {claim.duty_on:%-d %B %Y}"
            )


def _return(story: Story, claim: Claim, by: User) -> None:
    words, code = story.script["words"], Event.Reason.TIMES
    claims.return_claim(claim, by=by, revision=claim.revision, reason_code=code, reason=words["returned"])
    answered = at(f"{clock.today() + timedelta(days=4)}T09:40")
    story.agenda.at(answered, _claim_again, story, claim, words["corrected"])


def _decide(story: Story) -> None:
    """The controller's round: requests for more time first, then what is certified."""
    by, words = story.controller, story.script["words"]
    asked = MoreTime.objects.filter(status=MoreTime.Status.ASKED).select_related("claim").order_by("pk")
    for claim in [one.claim for one in asked]:
        if story.turns[claim.assignment_id] == "longer, refused":
            claims.refuse_more_time(claim, by=by, revision=claim.revision, reason=words["refused"])
            tomorrow = clock.now() + timedelta(hours=15)
            story.agenda.at(tomorrow, _claim_again, story, claim, words["planned_hours"])
        else:
            claims.grant_more_time(claim, by=by, revision=claim.revision, reason=words["granted"])
    held = authority_of(by, story.grant)
    for claim in _waiting(story, Claim.Status.CERTIFIED):
        turn = story.turns[claim.assignment_id]
        if turn == "rejected":
            claims.reject(claim, by=by, revision=claim.revision, reason=words["rejected"])
        elif turn == "returned by the DI":
            _return(story, claim, by)
        elif turn == "in part":
            minutes = story.scripted_turn(claim.duty_on, claim.claimant)["approved"]
            seen = {"by": by, "revision": claim.revision, "reason": words["in_part"]}
            claims.approve_part(claim, minutes=minutes, **seen)
        else:
            answers = dict.fromkeys(story.script["answers"][flag["code"]] for flag in claim.flags)
            claims.approve(claim, by=by, revision=claim.revision, reason=" ".join(answers), held=held)


# Scenes


def _plan_scenes(story: Story) -> None:
    agenda, script = story.agenda, story.script
    for extra in script["extras"]:
        agenda.at(at(extra["issued"]), _task, story, extra)
    for change in script["changes"]:
        agenda.at(at(change["at"]), _change, story, change)
    for time_off in script["time_off"]:
        agenda.at(at(time_off["at"]), _give_time_off, story, time_off)
    agenda.at(at(script["move"]["at"]), _move_on, story, script["move"])
    agenda.at(at(script["conclusion"]["at"]), _conclude, story, script["conclusion"])
    agenda.at(at(script["reversals_at"]), _reverse, story)
    agenda.at(at(script["forecast"]["at"]), _foretell, story, script["forecast"])


def _foretell(story: Story, forecast: Facts) -> None:
    grants.foretell(story.grant, forecast["pence"], by=story.cast["di"], reason=forecast["reason"])


def _change(story: Story, change: Facts) -> None:
    """A tasking is cancelled, shortened, declined by an officer, or done without one."""
    of_day = (at(f"{change['duty']}T00:00"), at(f"{change['duty']}T23:59"))
    issued = story.enquiries[change["enquiry"]].taskings.get(starts_at__range=of_day)
    verb, by, reason = change["verb"], story.controller, change["reason"]
    if verb == "cancel":
        tasking.cancel(issued, by=by, reason=reason)
    elif verb == "shorten":
        tasking.shorten(issued, by=by, ends_at=at(change["ends"]), reason=reason)
    else:
        officer = story.cast[change["officer"]]
        assignment = issued.assignments.get(officer=officer)
        if verb == "decline":
            tasking.decline(assignment, by=officer, reason=reason)
        else:
            tasking.stand_down(assignment, by=by, reason=reason)


def _give_time_off(story: Story, given: Facts) -> None:
    """The supervisor gives a day off for a duty that earned one."""
    owed = TimeOwed.objects.get(
        assignment__duty_on=given["duty"], assignment__officer=story.cast[given["officer"]]
    )
    granted_for = date.fromisoformat(given["granted_for"])
    tasking.grant_time_off(owed, by=story.cast["supervisor"], granted_for=granted_for)


def _move_on(story: Story, move: Facts) -> None:
    source, target = story.enquiries[move["from"]].line, story.enquiries[move["to"]].line
    _move(story, source, target, move["pence"], move["reason"])


def _conclude(story: Story, conclusion: Facts) -> None:
    """What an enquiry has left moves to the one that follows from it; then it closes."""
    enquiry, heir = story.enquiries[conclusion["enquiry"]], story.enquiries[conclusion["heir"]]
    never_worked = story.script["words"]["never_worked"]
    for assignment in Assignment.objects.to_claim().filter(tasking__enquiry=enquiry):
        tasking.stand_down(assignment, by=story.controller, reason=never_worked)
    enquiry.line.refresh_from_db()
    _move(story, enquiry.line, heir.line, enquiry.line.available, conclusion["reason"])
    tasking.close_enquiry(enquiry, by=story.controller)


def _reverse(story: Story) -> None:
    for turn in story.script["turns"]:
        if turn["turn"] == "reversed":
            claim = Claim.objects.get(duty_on=turn["duty"], claimant=story.cast[turn["officer"]])
            reason = story.script["words"]["reversed"]
            claims.reverse(claim, by=story.controller, revision=claim.revision, reason=reason)
