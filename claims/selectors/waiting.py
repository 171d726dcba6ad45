"""What waits for whom."""

from dataclasses import dataclass
from datetime import date, time, timedelta

from django.db.models import Count, Min, OuterRef, Q, QuerySet, Subquery, Sum

from claims.models import Claim, ClaimQuerySet, Event
from claims.selectors.totals import Total
from grants.models import Authority, Grant
from overtime_ledger import clock
from overtime_ledger.accounts.models import Agency, User
from tasking.models import Assignment


@dataclass(frozen=True)
class AgencyDue:
    """Approved claims of one agency under one grant that nobody has paid yet."""

    grant: Grant
    agency: Agency
    count: int
    pence: int
    oldest_on: date


def duties_to_claim(user: User) -> QuerySet[Assignment]:
    """A person's own duties that are over and not claimed yet, the oldest first."""
    return unclaimed().filter(officer=user)


def duties_to_come(user: User) -> QuerySet[Assignment]:
    """A person's own duties that are not over yet, the next one first."""
    rows = Assignment.objects.to_claim().filter(officer=user, ends_at__gt=clock.now())
    return rows.select_related("tasking__enquiry").order_by("starts_at", "pk")


def agency_duties(user: User) -> QuerySet[Assignment]:
    """Duties of a clerk's agency that are over and not claimed yet; none for anybody else."""
    if not user.has_perm("claims.claim_for_agency"):
        return Assignment.objects.none()
    return unclaimed().filter(agency=user.agency_id)


def unclaimed() -> QuerySet[Assignment]:
    """Over, not claimed, and claims are still taken. A returned claim is answered, not claimed.

    What earns time off alone is never claimed.
    """
    today = clock.today()
    taken = Q(tasking__enquiry__grant__claims_close_on__gte=today) | Q(claim_until__gte=today)
    rows = Assignment.objects.to_claim().filter(taken, ends_at__lte=clock.now(), authorised_pence__gt=0)
    return rows.select_related("officer", "agency", "tasking__enquiry").order_by("starts_at", "pk")


def claimable(user: User) -> QuerySet[Assignment]:
    """Duties whose claim is a person's to make, whatever state they are in: own ones, a clerk's agency's."""
    rows = Assignment.objects.filter(_theirs(user, "officer"))
    return rows.select_related("officer", "agency", "tasking__enquiry__grant")


def answerable(user: User) -> QuerySet[Claim]:
    """Claims that are a person's to answer or withdraw, whatever state they are in."""
    return Claim.objects.filter(_theirs(user, "claimant")).select_related(*_WITH)


_WITH = ("claimant", "agency", "grant", "enquiry__line", "assignment__tasking__enquiry__grant")


def _theirs(user: User, person: str) -> Q:
    theirs = Q(**{person: user})
    if user.has_perm("claims.claim_for_agency"):
        theirs |= Q(agency=user.agency_id)
    return theirs


def my_claims(user: User, limit: int = 20) -> QuerySet[Claim]:
    """A person's own latest claims, each with the moment `since` which it stands where it does."""
    latest = Event.objects.filter(claim=OuterRef("pk")).order_by("-pk").values("at")[:1]
    rows = Claim.objects.filter(claimant=user).with_guards().select_related("enquiry", "agency")
    return rows.annotate(since=Subquery(latest))[:limit]


def to_answer(user: User) -> QuerySet[Claim]:
    """Claims that wait for a person's answer: their own, and for a clerk those of the agency.

    They were returned, or wait as a draft although more time was refused.
    """
    rows = Claim.objects.awaiting_claimant().filter(_theirs(user, "claimant"))
    return rows.select_related("claimant", "enquiry", "agency").order_by("duty_on", "pk")


def agency_claims(user: User, limit: int = 10) -> QuerySet[Claim]:
    """The latest claims of a clerk's agency; none for anybody else."""
    if not user.has_perm("claims.claim_for_agency"):
        return Claim.objects.none()
    rows = Claim.objects.filter(agency=user.agency_id).with_guards()
    return rows.select_related("claimant", "enquiry")[:limit]


def to_certify(user: User) -> QuerySet[Claim]:
    """Claims whose hours a supervisor may certify: of the own agency, not one's own, the oldest first."""
    if not user.has_perm("claims.certify_claim"):
        return Claim.objects.none()
    rows = Claim.objects.awaiting_certification().untouched_by(user).filter(agency=user.agency_id)
    return rows.select_related("claimant", "enquiry", "agency").order_by("submitted_at", "pk")


def to_approve(grant: Grant) -> tuple[ClaimQuerySet, ClaimQuerySet]:
    """Certified claims of a grant, the oldest first: the clean ones, and those a control asks about."""
    rows = Claim.objects.awaiting_approval().filter(grant=grant)
    rows = rows.select_related("claimant", "enquiry", "agency", "grant").order_by("submitted_at", "pk")
    return rows.filter(flags=[]), rows.exclude(flags=[])


def waiting_to_be_certified(grant: Grant) -> ClaimQuerySet:
    """Submitted claims of a grant that no supervisor has certified yet."""
    return Claim.objects.awaiting_certification().filter(grant=grant)


def to_approve_by(user: User) -> QuerySet[Claim]:
    """Certified claims for a person to decide today: of grants they control, not touched by them."""
    controlled = Authority.objects.in_force_for(user).values("grant")
    rows = Claim.objects.awaiting_approval().untouched_by(user).filter(grant__in=controlled)
    return rows.select_related("claimant", "enquiry", "agency", "grant").order_by("submitted_at", "pk")


def clean_for(user: User) -> QuerySet[Claim]:
    """Those of them that no control asks about: approved together."""
    return to_approve_by(user).filter(flags=[])


def flagged_for(user: User) -> QuerySet[Claim]:
    """Those of them that a control asks about: decided one by one."""
    return to_approve_by(user).exclude(flags=[])


OLD_AFTER = timedelta(days=3)


def certified_long_ago() -> Q:
    """Certified more than three days ago: these have waited too long."""
    return Q(certified_at__lt=clock.london(clock.today() - OLD_AFTER, time()))


@dataclass(frozen=True)
class WaitingFor:
    """What waits for one person's approval: clean, flagged, and how many of both have waited too long."""

    clean: Total
    flagged: Total
    old: int

    @property
    def count(self) -> int:
        return self.clean.count + self.flagged.count


def waiting_for(user: User) -> WaitingFor:
    """What waits for a person's approval today."""
    clean = Q(flags=[])
    found = (
        to_approve_by(user)
        .order_by()
        .aggregate(
            clean=Count("pk", filter=clean),
            clean_pence=Sum("pence", filter=clean, default=0),
            flagged=Count("pk", filter=~clean),
            flagged_pence=Sum("pence", filter=~clean, default=0),
            old=Count("pk", filter=certified_long_ago()),
        )
    )
    return WaitingFor(
        clean=Total(found["clean"], found["clean_pence"]),
        flagged=Total(found["flagged"], found["flagged_pence"]),
        old=found["old"],
    )


def to_decide(user: User, grant: Grant) -> QuerySet[Claim]:
    """What a person decides one by one on a grant: questions, more time, disputes; the oldest first.

    Nothing for somebody without authority over the grant today, and nothing that is their own.
    """
    controlled = Authority.objects.in_force_for(user).values("grant")
    waiting = (
        Claim.objects.awaiting_approval().exclude(flags=[])
        | Claim.objects.filter(pk__in=Claim.objects.awaiting_more_time().values("pk"))
        | Claim.objects.filter(pk__in=disputes_for(user).order_by().values("pk"))
    )
    rows = waiting.untouched_by(user).filter(grant=grant, grant__in=controlled)
    return rows.select_related("claimant").order_by("submitted_at", "pk")


def disputes_for(user: User) -> QuerySet[Claim]:
    """Claims whose part approval is disputed and which this person may answer: not who approved the part."""
    controlled = Authority.objects.in_force_for(user).values("grant")
    rows = Claim.objects.awaiting_answer_to_dispute().untouched_by(user).filter(grant__in=controlled)
    return rows.exclude(approved_by=user).exclude(dispute__raised_by=user)


def next_to_decide(user: User, claim: Claim) -> Claim | None:
    """The claim that has waited longest for this person's decision, other than the one at hand."""
    waiting = to_certify(user).exclude(pk=claim.pk).first()
    if waiting or not user.has_perm("claims.approve_claim"):
        return waiting
    clean, flagged = to_approve(claim.grant)
    return (flagged | clean).untouched_by(user).exclude(pk=claim.pk).first()


def to_decide_more_time(grant: Grant) -> QuerySet[Claim]:
    """Claims of a grant that wait because more time was asked than authorised, the oldest first."""
    rows = Claim.objects.awaiting_more_time().filter(grant=grant)
    return rows.select_related("claimant", "enquiry", "agency").order_by("submitted_at", "pk")


def to_settle(*grants: Grant) -> list[AgencyDue]:
    """What is approved and not paid yet, grant by grant and agency by agency."""
    rows = Claim.objects.awaiting_settlement().filter(grant__in=grants).order_by("-grant", "agency__code")
    sums = rows.values("grant", "agency").annotate(
        count=Count("pk"), total=Sum("pence"), oldest=Min("duty_on")
    )
    agencies = Agency.objects.in_bulk({row["agency"] for row in sums})
    named = {grant.pk: grant for grant in grants}
    return [
        AgencyDue(named[row["grant"]], agencies[row["agency"]], row["count"], row["total"], row["oldest"])
        for row in sums
    ]


def register(claims: ClaimQuerySet) -> ClaimQuerySet:
    """Claims with everything a file about them names, to be read some hundreds at a time.

    Whom and what many of them name is read once for each such block, not again for each claim.
    """
    rows = claims.select_related("assignment").defer("assignment__lines", "assignment__notes")
    return rows.prefetch_related(
        "claimant", "agency", "enquiry", "certified_by", "approved_by", "settlement__agency", "lines"
    )
