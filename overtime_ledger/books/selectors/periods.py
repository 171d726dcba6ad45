"""Where a period stands: what is still open in it and with whom, and what stood in the books at its end."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from django.db.models import Count, Exists, F, Min, OuterRef, QuerySet, Sum, Value
from django.urls import reverse

from claims.models import Claim
from claims.selectors import by_agency
from grants.models import LADDER, Grant, LedgerEntry, Period
from grants.selectors import positions
from overtime_ledger import clock
from overtime_ledger.books.models import PeriodSnapshot, Reconciliation
from overtime_ledger.payments.models import Batch, BatchLine
from tasking.models import Assignment


@dataclass(frozen=True)
class StillOpen:
    """Something of a period that waits, for whom, how many of it, what it comes to and since when."""

    what: str
    whom: str
    count: int
    pence: int
    oldest: date
    url: str


_CLAIMS = (
    ("claimant", "Claims sent back, or not sent yet", "The claimant, {}"),
    ("supervisor", "Claims to certify", "A supervisor of {}"),
    ("more_time", "Requests for more time", "The controlling DI or a deputy: {}"),
    ("approver", "Claims to approve", "The controlling DI or a deputy: {}"),
    ("dispute", "Disputes to answer", "The controlling DI or a deputy: {}"),
    ("finance", "Approved claims in no batch yet", "Finance: {}"),
    ("release", "Claims held back", "Finance or an auditor: {}"),
)


_IN_LEDGER = {
    "claimant": F("assignment__committed_pence"),
    "more_time": F("assignment__committed_pence"),
    "dispute": Value(0),
}
"""What of a claim stands in the ledger while it waits, where that is not what it comes to."""


def still_open(period: Period) -> list[StillOpen]:
    """What of the duties up to a period's last day is not at its end, by what it waits for and by agency.

    The pence are those of the ledger, none of them twice: what is in a batch waits there; of a claim that is
    not submitted it is what its tasking has set aside; of a dispute none, as what was approved is paid.
    """
    found = _unclaimed(period)
    for whom, what, with_whom in _CLAIMS:
        claims = Claim.objects.waiting_for(whom).filter(grant=period.grant, duty_on__lte=period.ends_on)
        if whom == "finance":
            claims = claims.filter(~Exists(_in_live_batches().filter(claim=OuterRef("pk"))))
        sums = claims.order_by().values_list("agency", "agency__code")
        counted = sums.annotate(
            Count("pk"), Min("duty_on"), waiting_pence=Sum(_IN_LEDGER.get(whom, F("pence")))
        )
        for agency, code, count, oldest, pence in counted.order_by("agency__code"):
            link = {"waiting": whom, "grant": period.grant_id, "agency": agency, "to": f"{period.ends_on}"}
            url = f"{reverse('claims:claims')}?{urlencode(link)}"
            found.append(StillOpen(what, with_whom.format(code), count, pence, oldest, url))
    return found + _batches(period)


def _in_live_batches() -> QuerySet[BatchLine]:
    return BatchLine.objects.filter(live=True, batch__status__in=Batch.LIVE)


def _unclaimed(period: Period) -> list[StillOpen]:
    duties = Assignment.objects.to_claim().filter(
        tasking__enquiry__grant=period.grant, duty_on__lte=period.ends_on, authorised_pence__gt=0
    )
    sums = duties.order_by().values_list("agency", "agency__code")
    return [
        StillOpen(
            "Duties tasked and not claimed",
            f"The officers of {code}",
            count,
            pence,
            oldest,
            f"{reverse('tasking:taskings')}?"
            + urlencode({"status": "tasked", "agency": agency, "to": f"{period.ends_on}"}),
        )
        for agency, code, count, pence, oldest in sums.annotate(
            Count("pk"), Sum("committed_pence"), Min("duty_on")
        ).order_by("agency__code")
    ]


def _batches(period: Period) -> list[StillOpen]:
    """What of the period's duties is on its way to payroll or stands on an agency's statement, unpaid."""
    lines = _in_live_batches().filter(batch__grant=period.grant, claim__duty_on__lte=period.ends_on)
    lines = lines.filter(claim__status=Claim.Status.APPROVED)
    sums = lines.order_by().values_list("batch").annotate(Count("pk"), Sum("pence"), Min("claim__duty_on"))
    batches = Batch.objects.select_related("agency").in_bulk([batch for batch, *_ in sums])
    return [
        StillOpen(
            f"{batches[pk].get_kind_display()} {batches[pk]}, {batches[pk].get_status_display().lower()}",
            f"Finance, with {batches[pk].goes_to}",
            count,
            pence,
            oldest,
            reverse("payments:batch", args=[pk])
            if batches[pk].kind == Batch.Kind.PAYROLL
            else reverse("payments:statement", args=[pk]),
        )
        for pk, count, pence, oldest in sums.order_by("batch")
    ]


@dataclass(frozen=True)
class PeriodRow:
    """A period as a list shows it: with what was posted in it, and how far its reconciliation is."""

    period: Period
    entries: int
    reconciliation: Reconciliation | None
    snapshot: PeriodSnapshot | None


def periods_listed(grant: Grant) -> list[PeriodRow]:
    """The periods of a grant in their order."""
    shown = list(grant.periods.all())
    made = Reconciliation.objects.filter(period__in=shown).exclude(status="returned")
    standing = {one.period_id: one for one in made.select_related("prepared_by", "signed_by")}
    snapshots = {one.period_id: one for one in PeriodSnapshot.objects.filter(period__in=shown)}
    posted = _posted(grant)
    return [
        PeriodRow(
            one,
            sum(count for day, count in posted.items() if one.starts_on <= day <= one.ends_on),
            standing.get(one.pk),
            snapshots.get(one.pk),
        )
        for one in shown
    ]


@dataclass(frozen=True)
class ToClose:
    """The first period of a grant that is over and not closed for good, and how far its reconciliation is."""

    period: Period
    reconciliation: Reconciliation | None

    @property
    def is_ready(self) -> bool:
        return self.reconciliation is not None and self.reconciliation.is_signed


def to_close(grants: Iterable[Grant]) -> list[ToClose]:
    """What of these grants is to be reconciled, signed or closed for good: one period of each at most."""
    over = Period.objects.filter(grant__in=grants, grant__status=Grant.Status.OPEN, ends_on__lt=clock.today())
    first = over.exclude(state=Period.State.HARD).order_by("grant_id", "starts_on").distinct("grant_id")
    found = list(first.select_related("grant"))
    standing = Reconciliation.objects.filter(period__in=[one.pk for one in found]).exclude(status="returned")
    made = {one.period_id: one for one in standing}
    return [ToClose(one, made.get(one.pk)) for one in found]


def _posted(grant: Grant) -> Mapping[date, int]:
    days = LedgerEntry.objects.filter(grant=grant).order_by().values_list("posted_on")
    return dict(days.annotate(Count("pk")))


def latest_snapshot(grant: Grant) -> PeriodSnapshot | None:
    """The snapshot of the last period of a grant that was closed for good."""
    rows = PeriodSnapshot.objects.filter(period__grant=grant).select_related("period__grant", "taken_by")
    return rows.order_by("-period__ends_on").first()


def snapshot_document(period: Period, reconciliation: Reconciliation) -> tuple[str, int]:
    """What stands in the books at the end of a period, as JSON, and the number of the last entry in it."""
    grant, end = period.grant, period.ends_on
    last = LedgerEntry.objects.filter(grant=grant, posted_on__lte=end).order_by("-number").first()
    lines = positions(grant, as_at=end)
    totals = {str(stage): sum(getattr(line, stage) for line in lines) for stage in LADDER}
    told = {
        "grant": grant.reference,
        "period": period.number,
        "from": f"{period.starts_on}",
        "to": f"{end}",
        "award_pence": sum(totals.values()),
        "entries": {"last": last.number if last else 0, "digest": bytes(last.digest).hex() if last else ""},
        "totals": totals | {"incurred": totals["approved"] + totals["settled"]},
        "lines": [
            {"id": one.line.pk, "line": one.line.name} | {stage: getattr(one, stage) for stage in LADDER}
            for one in lines
        ],
        "agencies": [
            {"agency": one.agency.code, "name": one.agency.name, "minutes": one.minutes}
            | {stage: getattr(one, stage) for stage in LADDER[1:]}
            for one in by_agency(grant, as_at=end)
        ],
        "reconciliation": {
            "ours_pence": reconciliation.ours_pence,
            "theirs_pence": reconciliation.theirs_pence,
            "adjusted_pence": reconciliation.adjusted_pence,
            "difference_pence": reconciliation.difference_pence,
            "sha256": reconciliation.sha256,
        },
    }
    text = json.dumps(told, indent=1, ensure_ascii=False, sort_keys=True)
    return text, last.number if last else 0
