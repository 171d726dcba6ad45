"""A claim to the funder as it was drawn: its report, whether the ledger bears it out, what came of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from hashlib import sha256

from django.db.models import Count, Exists, OuterRef, Q, Sum

from overtime_ledger.accounts.models import User
from overtime_ledger.funder.models import CERTIFIES, FunderClaim, FunderClaimLine
from overtime_ledger.funder.selectors.entries import (
    Entries,
    agency_of,
    held_back,
    spending,
    together,
    unclaimed,
)
from overtime_ledger.money import round_half_up
from tasking.selectors import Happening

TOTAL = "Eligible expenditure"


@dataclass(frozen=True)
class Row:
    """A row of the report that goes to the funder: a type of expenditure, or all of it together. Pence.

    `agency` is whose entries of the ledger these are, as its page is asked for them.
    What is planned, foretold and left is of the whole award: nobody split it between the two types.
    """

    label: str
    actual: int
    cumulative: int
    unpaid: int
    now: int
    previous: int
    profile: int | None = None
    variance: int | None = None
    variance_percent: str = ""
    reason: str = ""
    forecast: int | None = None
    balance: int | None = None
    expenditure: str = ""
    agency: int | str = ""


def report(claim: FunderClaim) -> list[Row]:
    """The rows of a claim as it goes to the funder; the last one is the total."""
    rows = [
        Row(
            label=row.get_expenditure_display(),
            actual=row.actual_pence,
            cumulative=row.cumulative_pence,
            unpaid=row.unpaid_pence,
            now=row.now_pence,
            previous=row.previous_pence,
            expenditure=row.expenditure,
            agency=agency_of(claim.grant, row.expenditure),
        )
        for row in claim.rows.all()
    ]
    return with_total(
        rows,
        profile=claim.profile_pence,
        forecast=claim.forecast_pence,
        award=claim.award_pence,
        reason=claim.reason,
    )


def with_total(
    rows: Sequence[Row], *, profile: int, forecast: int, award: int, reason: str = ""
) -> list[Row]:
    """Rows with what they come to together, beside what was planned, is foretold and is left; pence."""
    now, previous, actual = (
        sum(getattr(row, name) for row in rows) for name in ("now", "previous", "actual")
    )
    total = Row(
        label=TOTAL,
        actual=actual,
        cumulative=sum(row.cumulative for row in rows),
        unpaid=sum(row.unpaid for row in rows),
        now=now,
        previous=previous,
        profile=profile,
        variance=actual - profile,
        variance_percent=percent_of(actual - profile, profile),
        reason=reason,
        forecast=forecast,
        balance=award - previous - now,
    )
    return [*rows, total]


def percent_of(part: int, whole: int) -> str:
    """A share in percent with one decimal, such as "−12.5%"; empty of nothing."""
    if not whole:
        return ""
    tenths = round_half_up(abs(Fraction(part * 1000, whole)))
    sign = "−" if part * whole < 0 and tenths else ""
    return f"{sign}{tenths // 10}.{tenths % 10}%"


@dataclass(frozen=True)
class Agreement:
    """One of the sums that have to agree, in pence or in number; `found` is reckoned anew from the ledger."""

    what: str
    said: int | str
    found: int | str

    is_count: bool = False

    @property
    def agrees(self) -> bool:
        return self.said == self.found

    @property
    def is_digest(self) -> bool:
        return isinstance(self.said, str)


def agreements(claim: FunderClaim) -> list[Agreement]:
    """Compare a claim with its lines and with the ledger as it was when the claim was drawn."""
    lines = claim.lines.order_by().aggregate(count=Count("pk"), pence=Sum("pence", default=0))
    ledger = spending(claim.grant, claim.basis).filter(day__lte=claim.up_to, number__lte=claim.last_number)
    spent, left_out = together(ledger), together(ledger.exclude(_in_it_or_before(claim)))
    said = claim.pence + claim.previous_pence + claim.held_back_pence
    return [
        Agreement("Number of lines", claim.line_count, lines["count"], is_count=True),
        Agreement("Claimed now and its lines", claim.pence, lines["pence"]),
        Agreement("Entries held back and left out", claim.held_back_count, left_out.count, is_count=True),
        Agreement("Held back and left out", claim.held_back_pence, left_out.pence),
        Agreement("Claimed now and before, held back, and the ledger", said, spent.pence),
        Agreement("Digest of figures and lines", claim.digest, digest_of(claim)),
    ]


def _in_it_or_before(claim: FunderClaim) -> Exists:
    """Whether an entry is in a claim or in one before it that stands."""
    standing = FunderClaim.objects.standing().filter(grant=claim.grant, number__lt=claim.number)
    lines = FunderClaimLine.objects.filter(entry=OuterRef("pk"))
    return Exists(lines.filter(Q(claim=claim) | Q(claim__in=standing)))


def digest_of(claim: FunderClaim) -> str:
    """The SHA-256 of a claim's figures and lines, reckoned anew."""
    rows = claim.rows.order_by("expenditure").values_list(
        "expenditure", "actual_pence", "cumulative_pence", "unpaid_pence", "now_pence", "previous_pence"
    )
    lines = claim.lines.order_by("entry__number").values_list(
        "entry__number", "entry__digest", "pence", "expenditure"
    )
    return digest(claim, list(rows), [(number, bytes(link), *rest) for number, link, *rest in lines])


def digest(claim: FunderClaim, rows: Sequence[Sequence[object]], lines: Sequence[Sequence[object]]) -> str:
    """SHA-256 of what a claim says: its figures, those of its `rows`, each line's number, link and pence."""
    head: tuple[object, ...] = (
        claim.grant.reference, claim.number, claim.basis, claim.from_on, claim.up_to, claim.last_number,
        claim.line_count, claim.award_pence, claim.profile_pence, claim.forecast_pence, claim.pence,
        claim.previous_pence, claim.reason,
    )  # fmt: skip
    if claim.held_back_count:
        head += (claim.held_back_count, claim.held_back_pence)
    said = sha256()
    for record in (head, *rows, *lines):
        cells = (cell.hex() if isinstance(cell, bytes) else str(cell) for cell in record)
        said.update(("|".join(cells) + "\n").encode())
    return said.hexdigest()


def reversed_since(claim: FunderClaim) -> int:
    """Pence of a claim's lines that were reversed after it was drawn, and are in no claim yet."""
    if not claim.is_live:
        return 0
    lines = claim.lines.filter(live=True).values("entry")
    rows = spending(claim.grant, claim.basis).filter(unclaimed(), reverses__in=lines)
    return -int(rows.order_by().aggregate(total=Sum("spent", default=0))["total"])


def held_back_since(claim: FunderClaim) -> Entries:
    """Lines of a claim that stands whose officers' claims are held back now: they were claimed before."""
    held = held_back([claim.grant]) if claim.is_live else []
    if not held:
        return Entries()
    lines = claim.lines.filter(live=True).values("entry")
    return together(spending(claim.grant, claim.basis).filter(pk__in=lines, claim_named__in=held))


def timeline(claim: FunderClaim) -> list[Happening]:
    """Everything that happened to a claim, the latest first."""
    pm, cfo = "Certified as Project Manager", "Certified as Chief Finance Officer"
    steps = [
        (claim.drawn_at, claim.drawn_by, "Drawn", claim.reason, claim.pence),
        (claim.pm_at, claim.pm_by, pm, "", None),
        (claim.cfo_at, claim.cfo_by, cfo, "", None),
        (claim.withdrawn_at, claim.withdrawn_by, "Withdrawn", claim.withdrawn_because, None),
    ]
    found = [Happening(at, str(by), what, why, pence) for at, by, what, why, pence in steps if at]
    return sorted(found, key=lambda one: one.at, reverse=True)


def to_certify(user: User) -> list[FunderClaim]:
    """Claims that wait for a certificate of this person's office, not drawn or certified by them."""
    open_ones = Q(pk__in=())
    for capacity, permission in zip(("pm", "cfo"), CERTIFIES, strict=True):
        if user.has_perm(permission):
            open_ones |= Q(**{f"{capacity}_by": None})
    rows = FunderClaim.objects.filter(open_ones, status=FunderClaim.Status.DRAWN).exclude(drawn_by=user)
    others = Q(pm_by=None) | ~Q(pm_by=user), Q(cfo_by=None) | ~Q(cfo_by=user)
    return list(rows.filter(*others).select_related("grant", "drawn_by").order_by("drawn_at"))
