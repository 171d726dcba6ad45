"""One message a day for each person for whom something waits: what kind of thing, and how many."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Count, F, Func, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.urls import reverse

from claims import selectors
from claims.models import Claim, Dispute, LateClaim
from grants.models import Authority, TermsChange, UnderspendNotice
from overtime_ledger import clock
from overtime_ledger.accounts.models import User
from overtime_ledger.post import services as post
from overtime_ledger.post.services import Kind, Letter

ME = OuterRef("pk")
"""Inside a query of people: the person whose row it is."""

WORDS: Mapping[str, tuple[str, str]] = {
    "to_claim": ("duty to claim", "duties to claim"),
    "to_answer": ("claim of yours to answer", "claims of yours to answer"),
    "agency_to_claim": ("duty of your agency to claim", "duties of your agency to claim"),
    "agency_to_answer": ("claim of your agency to answer", "claims of your agency to answer"),
    "to_certify": ("claim to certify", "claims to certify"),
    "clean": ("clean claim to approve", "clean claims to approve"),
    "flagged": ("claim with questions to decide", "claims with questions to decide"),
    "more_time": ("request for more time", "requests for more time"),
    "disputed": ("dispute to answer", "disputes to answer"),
    "underspend": ("underspend to decide on", "underspends to decide on"),
    "to_settle": ("approved claim to settle", "approved claims to settle"),
    "late": ("request on the late list", "requests on the late list"),
    "terms": ("change of terms to take further", "changes of terms to take further"),
}
"""What waits, in words, one of it and several, in the order in which a digest names them."""


@transaction.atomic
def write_digests() -> None:
    """Put today's digest of each person for whom something waits into the outbox; a second one never."""
    today = clock.today()
    post.queue(
        Letter(
            to=person,
            kind=Kind.DIGEST,
            told=f"digest:{today}",
            subject=f"Waiting for you: {sum(counts.values())}",
            words="\n".join(["Waiting for you:", *in_words(counts)]),
            path=reverse("home"),
            marking=settings.LEDGER_MARKING,
        )
        for person, counts in waiting_by_person().items()
    )


def in_words(counts: Mapping[str, int]) -> Iterator[str]:
    """What waits, a line for each kind of it: "- 2 duties to claim"."""
    for what, (one, several) in WORDS.items():
        if count := counts.get(what, 0):
            yield f"- {count} {one if count == 1 else several}"


def waiting_by_person() -> dict[int, Counter[str]]:
    """How much of what waits for each person who can be told, by the roles they have.

    The same that each finds on the home page, asked for everybody at once: as many queries for ten people as
    for a thousand.
    """
    found: dict[int, Counter[str]] = defaultdict(Counter)
    roles = (_of_officers, _of_clerks, _of_supervisors, _of_controllers, _of_finance)
    for person, what, count in chain.from_iterable(of_role() for of_role in roles):
        found[person][what] += count
    return {person: counts for person, counts in found.items() if counts.total()}


Row = tuple[int, str, int]


def with_role(permission: str) -> QuerySet[User]:
    """Those who can be told and whose roles include a permission; being a superuser is no role."""
    people = User.objects.with_perm(permission, include_superusers=False)
    return post.readers().filter(pk__in=people.order_by().values("pk")).order_by()


def _of_officers() -> Iterator[Row]:
    people = set(with_role("claims.make_claim").values_list("pk", flat=True))
    for what, counts in (
        ("to_claim", counted(selectors.unclaimed(), "officer")),
        ("to_answer", counted(Claim.objects.awaiting_claimant(), "claimant")),
    ):
        yield from ((person, what, count) for person, count in counts.items() if person in people)


def _of_clerks() -> Iterator[Row]:
    duties = counted(selectors.unclaimed(), "agency")
    claims = counted(Claim.objects.awaiting_claimant(), "agency")
    for person, agency in with_role("claims.claim_for_agency").values_list("pk", "agency"):
        yield person, "agency_to_claim", duties.get(agency, 0)
        yield person, "agency_to_answer", claims.get(agency, 0)


def _of_supervisors() -> Iterator[Row]:
    theirs = Claim.objects.awaiting_certification().filter(agency=OuterRef("agency"))
    return _told(with_role("claims.certify_claim"), to_certify=_how_many(theirs.untouched_by(ME)))


def _of_controllers() -> Iterator[Row]:
    """The controlling DI and the deputies in force of each grant; what is their own waits for another."""
    in_force = Authority.objects.in_force(clock.today())
    controlled = in_force.filter(person=OuterRef(ME)).order_by().values("grant")
    theirs = Claim.objects.untouched_by(ME).filter(grant__in=controlled)
    disputed = theirs.filter(dispute__status=Dispute.Status.OPEN).not_held_back()
    return _told(
        post.readers().filter(pk__in=in_force.order_by().values("person")),
        clean=_how_many(theirs.awaiting_approval().filter(flags=[])),
        flagged=_how_many(theirs.awaiting_approval().exclude(flags=[])),
        more_time=_how_many(theirs.awaiting_more_time()),
        disputed=_how_many(disputed.exclude(Q(approved_by=ME) | Q(dispute__raised_by=ME))),
        underspend=_how_many(UnderspendNotice.objects.waiting().filter(grant__in=controlled)),
    )


def _of_finance() -> Iterator[Row]:
    """Who pays finds what is to be paid; who keeps the terms what another has asked or put forward."""
    to_settle = Claim.objects.awaiting_settlement().without_interest_of(ME)
    to_settle = to_settle.exclude(Q(claimant=ME) | Q(approved_by=ME))
    late = LateClaim.objects.asked().exclude(Q(asked_by=ME) | Q(assignment__officer=ME))
    proposed = Q(status=TermsChange.Status.PROPOSED) & ~Q(proposed_by=ME)
    terms = TermsChange.objects.filter(proposed | Q(status=TermsChange.Status.APPROVED))
    yield from _told(with_role("claims.settle_claim"), to_settle=_how_many(to_settle))
    yield from _told(with_role("grants.set_up_grant"), late=_how_many(late), terms=_how_many(terms))


def counted(rows: QuerySet[Any], whose: str) -> dict[int, int]:
    """How many rows there are of each person, or of each agency."""
    counts = rows.select_related(None).order_by().values_list(whose).annotate(Count("pk"))
    return dict(counts.values_list(whose, "pk__count"))


def _how_many(rows: QuerySet[Any]) -> Subquery:
    """How many rows there are, as a column of a query of people."""
    counted = rows.select_related(None).order_by().annotate(how_many=Func(F("pk"), function="count"))
    return Subquery(counted.values("how_many"), output_field=IntegerField())


def _told(people: QuerySet[User], **columns: Subquery) -> Iterator[Row]:
    for person, *counts in people.annotate(**columns).values_list("pk", *columns):
        yield from ((person, what, count or 0) for what, count in zip(columns, counts, strict=True))
