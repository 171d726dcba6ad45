"""What the night tells about grants: days that come near, how much is committed, what was released."""

from collections.abc import Iterator
from datetime import date, time

from django.db import transaction
from django.db.models import Count, Max, Sum
from django.urls import reverse

from claims import selectors
from claims.models import Claim
from claims.services.digests import counted, in_words, with_role
from grants.models import LADDER, Authority, BudgetLine, Grant
from overtime_ledger import clock
from overtime_ledger.post.models import Message
from overtime_ledger.post.services import Kind, Letter, queue
from overtime_ledger.ui import day
from tasking.models import TaskingEvent

DAYS_BEFORE = (1, 3, 7, 14, 28)
PERCENTS = (100, 90, 75)


@transaction.atomic
def write_notices(grant: Grant) -> None:
    """Put into the outbox what an open grant's people are to be told tonight; nothing of it twice."""
    queue([*_of_deadlines(grant), *_of_the_pot(grant), *_of_releases(grant)])


def _in_control(grant: Grant, *kinds: str) -> set[int]:
    held = Authority.objects.in_force(clock.today()).filter(grant=grant, kind__in=kinds)
    return set(held.values_list("person", flat=True))


def _finance() -> set[int]:
    return set(with_role("grants.set_up_grant").values_list("pk", flat=True))


def _letter(grant: Grant, to: int, kind: Kind, told: str, subject: str, words: str, path: str = "") -> Letter:
    return Letter(
        to=to,
        kind=kind,
        told=told,
        subject=subject,
        words=words,
        path=path or reverse("grants:grant", args=[grant.pk]),
        marking=grant.marking,
    )


# Days that come near


def _of_deadlines(grant: Grant) -> Iterator[Letter]:
    """For each of the three dates the notice of its last threshold passed, so that a missed night is made up.

    Dates that fall on one day are one notice. A date that is changed is told anew.
    """
    today = clock.today()
    dates: dict[date, list[str]] = {}
    for on, what in (
        (grant.eligible_to, "Duties are eligible until"),
        (grant.claims_close_on, "Claims close on"),
        (grant.books_close_on, "Books close on"),
    ):
        dates.setdefault(on, []).append(what)
    for on, whats in dates.items():
        left = (on - today).days
        passed = next((days for days in DAYS_BEFORE if 0 < left <= days), None)
        if passed is None:
            continue
        told = f"deadline:{grant.pk}:{on}:{passed}"
        subject = f"{left} day{'' if left == 1 else 's'} left"
        words = "\n".join(f"{what} {day(on)}: {subject}." for what in whats)
        in_charge = _in_control(grant, *Authority.Kind.values) | _finance()
        yield from (_letter(grant, one, Kind.DEADLINE, told, subject, words) for one in in_charge)
        if on == grant.claims_close_on:
            for officer, counts in _with_officers(grant).items():
                if officer not in in_charge:
                    theirs = "\n".join([words, "", "Waiting for you until then:", *in_words(counts)])
                    yield _letter(grant, officer, Kind.DEADLINE, told, subject, theirs, reverse("home"))


def _with_officers(grant: Grant) -> dict[int, dict[str, int]]:
    """What officers have left to claim or to answer on a grant, by officer."""
    duties = selectors.unclaimed().filter(tasking__enquiry__grant=grant)
    found: dict[int, dict[str, int]] = {}
    for what, counts in (
        ("to_claim", counted(duties, "officer")),
        ("to_answer", counted(Claim.objects.awaiting_claimant().filter(grant=grant), "claimant")),
    ):
        for officer, count in counts.items():
            found.setdefault(officer, {})[what] = count
    return found


# How much is committed


def _of_the_pot(grant: Grant) -> Iterator[Letter]:
    """The highest threshold reached, once for each award; a lower one is not told after a higher one."""
    sums = BudgetLine.objects.filter(grant=grant).aggregate(*(Sum(stage, default=0) for stage in LADDER[1:]))
    reached = next((one for one in PERCENTS if sum(sums.values()) * 100 >= one * grant.amount_pence), None)
    if reached is None:
        return
    pot = f"pot:{grant.pk}:{grant.amount_pence}"
    told = {f"{pot}:{one}" for one in PERCENTS if one >= reached}
    before = Message.objects.filter(kind=Kind.POT, key__startswith=f"{pot}:").values_list("key", "to")
    knowing = {person for key, person in before if key.rpartition(":")[0] in told}
    subject = f"{reached}% of the award is committed"
    words = f"{subject}: tasked, claimed, approved or settled." + " No more can be tasked." * (reached == 100)
    for person in (_in_control(grant, Authority.Kind.CONTROLLING_DI) | _finance()) - knowing:
        yield _letter(grant, person, Kind.POT, f"{pot}:{reached}", subject, words)


# What was released


def _of_releases(grant: Grant) -> Iterator[Letter]:
    """How many duties the ledger released today; told again only if it were more since."""
    since = clock.london(clock.today(), time())
    events = TaskingEvent.objects.filter(verb=TaskingEvent.Verb.RELEASED, at__gte=since, pence__lt=0)
    found = events.filter(tasking__enquiry__grant=grant).aggregate(count=Count("pk"), last=Max("pk"))
    if not found["count"]:
        return
    one = found["count"] == 1
    subject = f"{found['count']} {'duty was' if one else 'duties were'} released today"
    words = f"{subject}: nobody claimed {'it' if one else 'them'} in time. The money is available again."
    for person in _in_control(grant, Authority.Kind.CONTROLLING_DI):
        yield _letter(grant, person, Kind.RELEASED, f"released:{grant.pk}:{found['last']}", subject, words)
