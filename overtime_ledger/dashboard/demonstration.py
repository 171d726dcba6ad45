"""How the demonstration is to run down: a profile, what is said of variances, an underspend to decide."""

from datetime import date

from claims.demonstration.agenda import at, days
from claims.demonstration.weeks import Story
from grants import planning
from grants.models import Profile, UnderspendNotice
from overtime_ledger.accounts.two_people import state_of

POINTS = {
    "2021-02-07": 12_000_00,
    "2021-02-14": 29_000_00,
    "2021-02-21": 48_000_00,
    "2021-02-28": 68_000_00,
    "2021-03-07": 84_000_00,
    "2021-03-14": 99_000_00,
    "2021-03-21": 113_000_00,
    "2021-03-28": 126_000_00,
    "2021-03-31": 132_000_00,
}
ANSWERS = (
    ("2021-02-15T09:30", "2021-02-26", "Second team tasked from this week; overdue claims are chased"),
    (
        "2021-03-01T09:40",
        "2021-03-14",
        "What was certified last week is decided today; search weekends follow",
    ),
)
NIGHTS = (date(2021, 2, 14), date(2021, 3, 7))


def put_on_agenda(story: Story) -> None:
    """Finance plans in the first week; the nights watch, the DI answers, and people say what they see."""
    agenda = story.agenda
    agenda.at(at("2021-02-02T11:00"), _plan, story)
    agenda.at(at("2021-02-02T15:30"), _confirm, story)
    for night in days(*NIGHTS, *range(7)):
        agenda.at(at(f"{night}T01:00"), planning.watch, story.grant)
    for moment, plan_by, plan in ANSWERS:
        agenda.at(at(moment), _answer, story, plan, date.fromisoformat(plan_by))
    agenda.at(at("2021-03-05T17:30"), _say, story)


def _plan(story: Story) -> None:
    points = [(date.fromisoformat(on), pence) for on, pence in POINTS.items()]
    reason = "Both operations in February at full strength, evenings only in March"
    planning.set_profile(story.grant, by=story.cast["finance"], points=points, reason=reason)


def _confirm(story: Story) -> None:
    profile = Profile.objects.get(grant=story.grant)
    planning.confirm_profile(profile, by=story.cast["finance2"], seen=state_of(profile))


def _answer(story: Story, plan: str, plan_by: date) -> None:
    for notice in UnderspendNotice.objects.waiting().filter(grant=story.grant):
        planning.answer_underspend(notice, by=story.cast["di"], answer="plan", reason=plan, plan_by=plan_by)


def _say(story: Story) -> None:
    di, finance = story.cast["di"], story.cast["finance"]
    lines = {number: enquiry.line for number, enquiry in story.enquiries.items()}
    planning.comment(
        story.grant,
        by=finance,
        kind="timing",
        comment="Duties of the first week of March are still being claimed and certified",
        line=story.grant.lines.get(is_main=True),
    )
    planning.comment(
        story.grant,
        by=di,
        kind="permanent",
        comment="Two more nights were needed; the rest of Enquiry 5 covers them",
        line=lines[4],
    )
    planning.comment(
        story.grant,
        by=di,
        kind="timing",
        comment="Opened late: its search weekends are still to come",
        line=lines[8],
    )
    planning.comment(
        story.grant,
        by=finance,
        kind="timing",
        comment="Claims come in on Mondays and Fridays: a week is missing",
        agency=story.cast.agencies["BTP"],
    )
