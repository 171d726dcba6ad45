"""Verbs on how a grant is meant to run down: profile, comments on variances, the answer to an underspend."""

from collections.abc import Sequence
from datetime import date

from django.db import transaction

from grants import burndown
from grants.checks import not_closed
from grants.models import BudgetLine, Grant, Profile, UnderspendNotice, VarianceComment
from grants.outlook import is_judged, pace_forecast, terms_of
from grants.services import DI, FINANCE, require_authority
from overtime_ledger import clock
from overtime_ledger.accounts.models import Agency, User
from overtime_ledger.accounts.services import require
from overtime_ledger.accounts.two_people import may_confirm, state_of
from overtime_ledger.errors import Refusal

Answer = UnderspendNotice.Answer


# The profile


@transaction.atomic
def set_profile(grant: Grant, *, by: User, points: Sequence[tuple[date, int]], reason: str) -> Profile:
    """Put a profile on record: cumulative pence by the end of days. A second person in finance confirms it.

    One that still waits to be confirmed is replaced. Refuses others than finance (P01), a closed grant (G05),
    a profile without a reason (G10), and one that does not fit the grant (G14).
    """
    require(by, "grants.set_up_grant", who=FINANCE)
    grant = Grant.objects.select_for_update(no_key=True).get(pk=grant.pk)
    if not reason.strip():
        raise Refusal("G10", "A profile needs a reason.", fix="Say what it rests on.", who="Finance")
    _fits(grant, points)
    profile = grant.profiles.filter(confirmed_by__isnull=True).first() or Profile(grant=grant)
    profile.points = [[on.isoformat(), pence] for on, pence in points]
    profile.reason = reason.strip()
    profile.recorded_by, profile.recorded_at = by, clock.now()
    profile.save()
    return profile


@transaction.atomic
def confirm_profile(profile: Profile, *, by: User, seen: str) -> Profile:
    """Confirm a profile as a second person in finance, as it was `seen`; in force from today.

    Refuses others (P01), who recorded it (G01), what is confirmed (G02) or changed since it was seen (A03),
    and one that no longer fits the grant's terms (G14).
    """
    profile = _waiting(profile)
    may_confirm(profile, by=by)  # type: ignore[arg-type]
    if seen != state_of(profile):
        raise Refusal(
            "A03",
            "This profile changed since the page was drawn.",
            fix="Look at it as it is now and decide again.",
            who="Another person in finance",
        )
    _fits(profile.grant, profile.plan)
    profile.confirmed_by, profile.confirmed_on = by, clock.today()
    profile.save(update_fields=["confirmed_by", "confirmed_on"])
    return profile


@transaction.atomic
def drop_profile(profile: Profile, *, by: User) -> None:
    """Take back a profile that nobody confirmed. Refuses others than finance (P01), one that stands (G02)."""
    require(by, "grants.set_up_grant", who=FINANCE)
    profile = _waiting(profile)
    if profile.confirmed_by_id:
        raise Refusal("G02", "This profile is confirmed.", fix="Set another one after it.", who="Finance")
    profile.delete()


def _waiting(profile: Profile) -> Profile:
    rows = Profile.objects.select_for_update(of=("self",), no_key=True).select_related("grant")
    found = rows.filter(pk=profile.pk).first()
    if found is None:
        raise Refusal(
            "A03", "This profile was taken back.", fix="Look at what there is now.", who="Nobody has to"
        )
    return found


def _fits(grant: Grant, points: Sequence[tuple[date, int]]) -> None:
    if grant.status == Grant.Status.CLOSED:
        raise Refusal("G05", f"{grant} is closed.", fix="Nothing is planned for it any more.", who="Nobody")
    days, sums = [on for on, _ in points], [pence for _, pence in points]
    problems = {
        "A profile has at least one point.": not points,
        "Its days lie in the window, each after the one before, up to the last day.": bool(points)
        and (sorted({*days}) != days or days[0] < grant.eligible_from or days[-1] != grant.eligible_to),
        "What is planned adds up: it never falls.": sorted([0, *sums]) != [0, *sums],
        "It plans no more than the award.": bool(points) and sums[-1] > grant.amount_pence,
    }
    for problem, is_so in problems.items():
        if is_so:
            raise Refusal("G14", problem, fix="Correct the profile and put it forward again.", who="Finance")


# What is said of a variance


def comment(
    grant: Grant,
    *,
    by: User,
    kind: str,
    comment: str,
    line: BudgetLine | None = None,
    agency: Agency | None = None,
) -> VarianceComment:
    """Say why a line or an agency is off its plan, and whether time evens it out; dated today, it stays.

    For the controlling DI, a deputy in force and finance. Refuses others (A02) and an empty comment (G10).
    """
    not_closed(grant)
    if not by.has_perm("grants.set_up_grant"):
        require_authority(grant, by=by)
    if not comment.strip():
        raise Refusal("G10", "A comment says why.", fix="Say what the variance comes from.", who=DI)
    return VarianceComment.objects.create(
        grant=grant,
        line=line,
        agency=agency,
        kind=kind,
        comment=comment.strip(),
        given_by=by,
        given_on=clock.today(),
    )


# The notice of an underspend


@transaction.atomic
def watch(grant: Grant) -> UnderspendNotice | None:
    """Look at tonight's forecast at this pace: a notice if it fell under a warning level, once for each fall.

    One that runs ends when the forecast is out of it again, when it falls from amber to red, and with the
    window. Returns the notice that was written; None if there was nothing to write.
    """
    grant = Grant.objects.select_for_update(no_key=True).get(pk=grant.pk)
    today, terms = clock.today(), terms_of(grant)
    level, outturn = None, 0
    if is_judged(grant, today):
        outturn = pace_forecast(grant, as_at=today).outturn
        level = burndown.underspend(terms, outturn)
    running = grant.underspends.running().first()
    if running and (level is None or (running.level, level) == ("amber", "red")):
        running.ended_on = today
        running.save(update_fields=["ended_on"])
        running = None
    if level is None or running:
        return None
    return UnderspendNotice.objects.create(
        grant=grant,
        level=level,
        noticed_on=today,
        forecast_pence=outturn,
        award_pence=grant.amount_pence,
        under_percent=grant.red_under_percent if level == "red" else grant.amber_under_percent,
    )


@transaction.atomic
def answer_underspend(
    notice: UnderspendNotice, *, by: User, answer: str, reason: str, plan_by: date | None = None
) -> UnderspendNotice:
    """Say what follows from an underspend: it is accepted, or there is a plan with a day to have worked by.

    Refuses without authority (A02), what is answered or over already (A03), without a reason (G10), and a
    plan whose day is not one of the window still to come (G15).
    """
    rows = UnderspendNotice.objects.select_for_update(of=("self",), no_key=True).select_related("grant")
    notice = rows.get(pk=notice.pk)
    require_authority(notice.grant, by=by)
    if not notice.waits:
        raise Refusal(
            "A03",
            "This underspend is answered, or the forecast is out of it again.",
            fix="Look at the dashboard as it is now.",
            who="Nobody has to",
        )
    if not reason.strip():
        raise Refusal("G10", "An answer needs a reason.", fix="Say what follows, and why.", who=DI)
    today = clock.today()
    if answer == Answer.PLAN and not (plan_by and today <= plan_by <= notice.grant.eligible_to):
        raise Refusal(
            "G15",
            "A plan names the day by which it is to have worked: today or later, inside the window.",
            fix="Choose such a day.",
            who=DI,
        )
    notice.answer, notice.reason = answer, reason.strip()
    notice.plan_by = plan_by if answer == Answer.PLAN else None
    notice.answered_by, notice.answered_on = by, today
    notice.save(update_fields=["answer", "reason", "plan_by", "answered_by", "answered_on"])
    return notice
