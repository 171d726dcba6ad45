"""What an extract is made of: payments of a month, or the cost of duties; and who is named in words."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, Max, Q, Sum
from django.db.models.functions import Coalesce, TruncMonth

from claims.models import Claim, ClaimQuerySet, Settlement
from grants.models import Grant
from overtime_ledger.accounts.models import Agency, RankHeld, User
from overtime_ledger.accounts.services import LEDGER_USERNAME
from overtime_ledger.disclosure.extract_models import LISTED_ABOVE_PENCE, Breakdown, Extract, ExtractLine
from tasking.models import DutyType, Enquiry
from tasking.pay import is_public_holiday

WORKING_DAYS = 20
CODENAME = re.compile(r"\bMM-?[2-9A-HJ-NP-Z]{4}\b", re.IGNORECASE)
PURPOSE = "Overtime of police officers"


@dataclass(frozen=True)
class Drawn:
    """Lines, not saved, and the payments that are too small to be listed."""

    lines: Sequence[ExtractLine]
    unlisted_count: int = 0
    unlisted_pence: int = 0

    @property
    def pence(self) -> int:
        return sum(line.pence for line in self.lines)


def month_end(first: date) -> date:
    """The last day of the month that begins on a day."""
    return (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)


def payments_of(grant: Grant, first: date) -> Drawn:
    """The payments of a month over £500, a line for each kind of work in them; what the others come to."""
    paid = Settlement.objects.filter(grant=grant, settled_on__range=(first, month_end(first)))
    rows = (
        Claim.objects.filter(settlement__in=paid.filter(pence__gt=LISTED_ABOVE_PENCE))
        .order_by("settlement__settled_on", "settlement", "enquiry__kind")
        .values("settlement", "agency", "enquiry__kind")
        .annotate(
            cost=Sum("pence"),
            hours=Sum(Coalesce("approved_minutes", "worked_minutes")),
            officers=Count("claimant", distinct=True),
            count=Count("pk"),
        )
    )
    small = paid.filter(pence__lte=LISTED_ABOVE_PENCE).aggregate(
        count=Count("pk"), pence=Sum("pence", default=0)
    )
    return Drawn(_lines([{**row, "month": first} for row in rows]), small["count"], small["pence"])


def _lines(rows: Sequence[Mapping[str, Any]]) -> list[ExtractLine]:
    agencies = Agency.objects.in_bulk({row["agency"] for row in rows})
    return [
        ExtractLine(
            position=position,
            month=row["month"],
            agency=agencies[row["agency"]],
            pence=row["cost"],
            minutes=row["hours"],
            officers=row["officers"],
            claims=row["count"],
            recipient=agencies[row["agency"]].name,
            purpose=_purpose(row),
        )
        for position, row in enumerate(rows, 1)
    ]


def cost_of_duties(grant: Grant, from_on: date, to_on: date, breakdown: str = "") -> Drawn:
    """What approved and paid claims of some days of duty cost, by month, agency and what else is asked."""
    rows = (
        _spent(grant)
        .filter(duty_on__range=(from_on, to_on))
        .order_by()
        .annotate(month=TruncMonth("duty_on"))
        .values("month", "agency", *_BY[breakdown])
        .annotate(
            cost=Sum("pence"),
            hours=Sum(Coalesce("approved_minutes", "worked_minutes")),
            officers=Count("claimant", distinct=True),
            count=Count("pk"),
        )
        .order_by("month", "agency__code", *_BY[breakdown])
    )
    return Drawn(_lines(list(rows)))


_BY: Mapping[str, Sequence[str]] = {
    Breakdown.AGENCY: (),
    Breakdown.DUTY_TYPE: ("duty_type",),
    Breakdown.RANK: ("rank", "grade"),
}


def _spent(grant: Grant) -> ClaimQuerySet:
    return Claim.objects.filter(grant=grant, status__in=(Claim.Status.APPROVED, Claim.Status.SETTLED))


def _purpose(row: Mapping[str, Any]) -> str:
    """What the money was for, in words for everybody; to be worded anew where a line is decided."""
    words = ""
    if kind := row.get("enquiry__kind"):
        words = Enquiry.Kind(kind).label
    elif kind := row.get("duty_type"):
        words = DutyType(kind).label.partition(":")[0]
    elif rank := row.get("rank"):
        words = row["grade"] if rank == RankHeld.Rank.AGENCY_GRADE else RankHeld.Rank(rank).label
    return f"{PURPOSE}: {words.lower()}" if words else PURPOSE


def due_on(received_on: date) -> date:
    """The twentieth working day after a request came (Freedom of Information Act 2000, section 10).

    Saturdays, Sundays and the public holidays of England are no working days.
    """
    day, left = received_on, WORKING_DAYS
    while left:
        day += timedelta(days=1)
        left -= day.weekday() < 5 and not is_public_holiday(day)
    return day


def next_number(grant: Grant, kind: str) -> int:
    """The number after that of a grant's last extract of a kind. The grant is locked."""
    return int(grant.extracts.filter(kind=kind).aggregate(last=Max("number"))["last"] or 0) + 1


def names_in(grant: Grant, *texts: str) -> list[str]:
    """What in some words names a subject, an enquiry, or a person of the product: none of it may go out."""
    said = " ".join(texts)
    found = ["a codename"] if CODENAME.search(said) else []
    if any(says(said, name) for name in Enquiry.objects.filter(grant=grant).values_list("name", flat=True)):
        found.append("an enquiry")
    if any(says(said, name) for name in people()):
        found.append("a person or a staff number")
    return found


def says(text: str, name: str) -> bool:
    """Whether a name stands in a text as words of their own."""
    return bool(name) and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text, re.IGNORECASE) is not None


def people() -> Iterator[str]:
    """The names by which the product knows people, and their staff numbers."""
    known = User.objects.exclude(username=LEDGER_USERNAME)
    for display_name, staff_number in known.values_list("display_name", "staff_number"):
        yield display_name
        if any(sign.isdigit() for sign in staff_number):
            yield staff_number


def undecided(extract: Extract) -> int:
    """How many lines nobody has decided."""
    return extract.lines.filter(decision="").count()


@dataclass(frozen=True)
class Totals:
    """What the lines of an extract come to, by what was decided; pence."""

    shown: int
    withheld: int
    undecided: int

    @property
    def all(self) -> int:
        return self.shown + self.withheld + self.undecided


def totals(extract: Extract) -> Totals:
    """What goes out, what is withheld and what is not decided yet."""
    sums = extract.lines.aggregate(
        shown=Sum("pence", filter=Q(decision__in=("publish", "redact")), default=0),
        withheld=Sum("pence", filter=Q(decision="withhold"), default=0),
        undecided=Sum("pence", filter=Q(decision=""), default=0),
    )
    return Totals(**sums)


def digest_of(extract: Extract) -> str:
    """SHA-256 of what goes out of an extract: its days and its lines as they are shown."""
    lines = [
        [
            f"{line.month:%Y-%m}",
            line.shown_recipient,
            line.shown_pence,
            line.shown_purpose,
            line.shown_value_for_money,
            line.shown_decision,
            *((line.shown_minutes, line.shown_officers) if extract.is_foi else ()),
        ]
        for line in extract.lines.order_by("position")
    ]
    said = [str(extract), extract.from_on.isoformat(), extract.to_on.isoformat(), extract.reference, lines]
    return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()
