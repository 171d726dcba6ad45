"""What a grant has spent on the basis of its claims, and what of it is claimed, received and due."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from hashlib import sha256
from typing import Any

from django.db.models import Case, Count, Exists, F, OuterRef, Q, QuerySet, Sum, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from claims.selectors import with_agency
from grants import outlook
from grants.models import ClaimBasis, Grant, LedgerEntry, Stage
from overtime_ledger import clock
from overtime_ledger.accounts.models import User
from overtime_ledger.funder.models import CERTIFIES, Expenditure, FunderClaim, FunderClaimLine, Transfer
from overtime_ledger.money import pounds, round_half_up
from tasking.selectors import Happening

SPENT_BY: Mapping[str, tuple[Stage, Stage]] = {
    ClaimBasis.ACCRUED: (Stage.CLAIMED, Stage.APPROVED),
    ClaimBasis.PAID: (Stage.APPROVED, Stage.SETTLED),
}
"""Between which rungs an entry spends money on each basis; the other way round it takes spending back."""

DAY_OF: Mapping[str, str] = {
    ClaimBasis.ACCRUED: "Accruals: by the day of the duty",
    ClaimBasis.PAID: "Payments: by the day of the payment",
}
"""By which day each basis counts, in words."""


TOTAL = "Eligible expenditure"

Spending = QuerySet[Any]
"""Entries of the ledger with what `spending` says of each, which their model does not know."""


def spending(grant: Grant, basis: str) -> Spending:
    """The entries that spent a grant's money on a basis or took it back, each with `spent`, `day`, `is_lead`.

    `spent` is its pence, below nothing where it took spending back. `day` is the day by which it counts: of
    the duty, or of the payment; a reversal counts on the day of what it reverses. `is_lead` tells overtime of
    the lead force from that of the others.
    """
    paid_on = Coalesce("reverses__posted_on", "posted_on")
    return with_agency(_spent([grant], basis).order_by("number")).annotate(
        day=F("effective_on") if basis == ClaimBasis.ACCRUED else paid_on,
        is_lead=Case(When(agency_id=grant.lead_force_id, then=Value(True)), default=Value(False)),
    )


def _spent(grants: Sequence[Grant], basis: str) -> Spending:
    source, target = SPENT_BY[basis]
    ahead, back = Q(source_stage=source, target_stage=target), Q(source_stage=target, target_stage=source)
    rows = LedgerEntry.objects.filter(ahead | back, grant__in=grants)
    return rows.annotate(spent=Case(When(ahead, then=F("pence")), default=-F("pence")))


def unclaimed() -> Combinable:
    """Whether an entry is in no claim to the funder."""
    return ~_claimed("pk")


def _claimed(entry: str, *, by: date | None = None) -> Exists:
    """Whether an entry is in a claim to the funder that was drawn by a day."""
    lines = FunderClaimLine.objects.filter(entry=OuterRef(entry), live=True)
    return Exists(lines.filter(claim__drawn_at__lt=clock.midnight_after(by)) if by else lines)


def _asked_for(entry: str, *, by: date | None = None) -> Exists:
    """Whether an entry is in a claim that the funder has, or had by a day."""
    sent = FunderClaim.objects.sent().filter(sent_on__lte=by) if by else FunderClaim.objects.sent()
    return Exists(FunderClaimLine.objects.filter(entry=OuterRef(entry), live=True, claim__in=sent))


def due_back(grant: Grant) -> Spending:
    """Entries that took back what the funder was asked for: minus lines of the next claim, until then due."""
    return spending(grant, grant.claim_basis).filter(unclaimed(), _asked_for("reverses"))


def reversed_since(claim: FunderClaim) -> int:
    """Pence of a claim's lines that were reversed after it was drawn, and are in no claim yet."""
    if not claim.is_live:
        return 0
    lines = claim.lines.filter(live=True).values("entry")
    rows = spending(claim.grant, claim.basis).filter(unclaimed(), reverses__in=lines)
    return -int(rows.order_by().aggregate(total=Sum("spent", default=0))["total"])


@dataclass(frozen=True)
class TypeFigures:
    """One type of expenditure in a claim; pence."""

    expenditure: Expenditure
    actual: int
    cumulative: int
    unpaid: int
    now: int

    @property
    def previous(self) -> int:
        """What was claimed before: all spending by the day of the claim that is not claimed now."""
        return self.cumulative - self.now


@dataclass(frozen=True)
class Draft:
    """What a claim up to a day would be if it were drawn now. Pence."""

    grant: Grant
    from_on: date
    up_to: date
    last_number: int
    line_count: int
    rows: Sequence[TypeFigures]
    profile: int
    forecast: int

    @property
    def now(self) -> int:
        """What would be claimed now."""
        return sum(row.now for row in self.rows)

    @property
    def previous(self) -> int:
        """What was claimed before."""
        return sum(row.previous for row in self.rows)

    @property
    def variance(self) -> int:
        """Spending in the period beyond what was planned for it; below nothing when less was spent."""
        return sum(row.actual for row in self.rows) - self.profile

    @property
    def report(self) -> "list[Row]":
        """Its rows as the funder would get them."""
        rows = [
            Row(one.expenditure.label, one.actual, one.cumulative, one.unpaid, one.now, one.previous)
            for one in self.rows
        ]
        award = self.grant.amount_pence
        return with_total(rows, profile=self.profile, forecast=self.forecast, award=award)


def percent_of(part: int, whole: int) -> str:
    """A share in percent with one decimal, such as "−12.5%"; empty of nothing."""
    if not whole:
        return ""
    tenths = round_half_up(abs(Fraction(part * 1000, whole)))
    sign = "−" if part * whole < 0 and tenths else ""
    return f"{sign}{tenths // 10}.{tenths % 10}%"


def next_from(grant: Grant) -> date:
    """The first day of the next claim's period: after the last one's, or of the grant's window."""
    last = last_claim(grant)
    return last.up_to + timedelta(days=1) if last else grant.eligible_from


def last_claim(grant: Grant) -> FunderClaim | None:
    """The latest claim of a grant that was not withdrawn."""
    return grant.funder_claims.standing().order_by("-number").first()


def draft(grant: Grant, up_to: date) -> Draft:
    """Reckon a claim up to a day from the ledger as it stands."""
    from_on = next_from(grant)
    rows = spending(grant, grant.claim_basis).filter(day__lte=up_to)
    open_ones = Q(unclaimed())
    sums = _by_type(
        rows,
        actual=Sum("spent", filter=Q(day__gte=from_on), default=0),
        cumulative=Sum("spent", default=0),
        now=Sum("spent", filter=open_ones, default=0),
        count=Count("pk", filter=open_ones),
    )
    unpaid = unpaid_by_type(grant, up_to)
    return Draft(
        grant=grant,
        from_on=from_on,
        up_to=up_to,
        last_number=grant.last_number,
        line_count=sum(found.get("count", 0) for found in sums.values()),
        rows=[
            TypeFigures(
                kind,
                sums[kind].get("actual", 0),
                sums[kind].get("cumulative", 0),
                unpaid[kind],
                sums[kind].get("now", 0),
            )
            for kind in Expenditure
        ],
        profile=planned_between(grant, from_on, up_to),
        forecast=outlook.pace_forecast(grant, as_at=clock.today()).outturn,
    )


def _by_type(entries: Spending, **sums: Any) -> dict[Expenditure, dict[str, int]]:
    """Sums of some spending by type, in one query."""
    found = {row["is_lead"]: row for row in entries.order_by().values("is_lead").annotate(**sums)}
    return {kind: found.get(kind == Expenditure.LEAD, {}) for kind in Expenditure}


def unpaid_by_type(grant: Grant, up_to: date, *, as_at: date | None = None) -> dict[Expenditure, int]:
    """What of the duties up to a day was approved and is not paid, by type."""
    sums = {
        basis: _by_type(
            _posted_by(spending(grant, basis), as_at).filter(effective_on__lte=up_to),
            total=Sum("spent", default=0),
        )
        for basis in ClaimBasis
    }
    return {
        kind: sums[ClaimBasis.ACCRUED][kind].get("total", 0) - sums[ClaimBasis.PAID][kind].get("total", 0)
        for kind in Expenditure
    }


def _posted_by(entries: Spending, as_at: date | None) -> Spending:
    return entries if as_at is None else entries.filter(posted_on__lte=as_at)


def planned_between(grant: Grant, from_on: date, up_to: date) -> int:
    """Pence planned to be spent from one day to another, both included, as the profile of today has it."""
    terms = outlook.terms_of(grant, outlook.profile_of(grant, as_at=clock.today()))
    return terms.planned(up_to) - terms.planned(from_on - timedelta(days=1))


def to_certify(user: User) -> list[FunderClaim]:
    """Claims that wait for a certificate of this person's office, not drawn or certified by them."""
    open_ones = Q(pk__in=())
    for capacity, permission in zip(("pm", "cfo"), CERTIFIES, strict=True):
        if user.has_perm(permission):
            open_ones |= Q(**{f"{capacity}_by": None})
    rows = FunderClaim.objects.filter(open_ones, status=FunderClaim.Status.DRAWN).exclude(drawn_by=user)
    others = Q(pm_by=None) | ~Q(pm_by=user), Q(cfo_by=None) | ~Q(cfo_by=user)
    return list(rows.filter(*others).select_related("grant", "drawn_by").order_by("drawn_at"))


# A claim as it was drawn, and whether it still is what the ledger says


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
    spent = ledger.order_by().aggregate(total=Sum("spent", default=0))["total"]
    return [
        Agreement("Number of lines", claim.line_count, lines["count"], is_count=True),
        Agreement("Claimed now and its lines", claim.pence, lines["pence"]),
        Agreement("Claimed now and before, and the ledger", claim.pence + claim.previous_pence, spent),
        Agreement("Digest of figures and lines", claim.digest, digest_of(claim)),
    ]


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
    head = (
        claim.grant.reference, claim.number, claim.basis, claim.from_on, claim.up_to, claim.last_number,
        claim.line_count, claim.award_pence, claim.profile_pence, claim.forecast_pence, claim.pence,
        claim.previous_pence, claim.reason,
    )  # fmt: skip
    said = sha256()
    for record in (head, *rows, *lines):
        cells = (cell.hex() if isinstance(cell, bytes) else str(cell) for cell in record)
        said.update(("|".join(cells) + "\n").encode())
    return said.hexdigest()


@dataclass(frozen=True)
class Row:
    """A row of the report that goes to the funder: a type of expenditure, or all of it together. Pence.

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


# The account with the funder


@dataclass(frozen=True)
class Account:
    """Where a grant stands with its funder at the end of a day; pence.

    `in_hand` is claimed and not sent yet; `reversed` was taken back after the funder was asked for it and is
    a minus of the next claim; `unclaimed` is spent and in no claim, such reversals included.
    """

    grant: Grant
    claimed: int
    in_hand: int
    received: int
    repaid: int
    reversed: int
    unclaimed: int

    @property
    def balance_due(self) -> int:
        """What the funder owes of the claims it has; below nothing what it is owed."""
        return self.claimed - self.received + self.repaid

    @property
    def position(self) -> int:
        """The same once what was taken back is taken off."""
        return self.balance_due - self.reversed

    @property
    def due_from(self) -> int:
        return max(0, self.position)

    @property
    def due_to(self) -> int:
        """What has to be repaid: more was received than stands claimed."""
        return max(0, -self.position)

    @property
    def reversed_spent(self) -> int:
        """What was taken back, as the minus that it is in the next claim."""
        return -self.reversed

    # Notes beneath the figures

    @property
    def repaid_note(self) -> str:
        return f"of which {pounds(self.repaid)} was repaid" if self.repaid else ""

    @property
    def due_note(self) -> str:
        return f"{pounds(self.reversed)} reversed is taken off" if self.reversed else ""

    @property
    def in_hand_note(self) -> str:
        return f"{pounds(self.in_hand)} more is drawn and not sent" if self.in_hand else ""


def account(grant: Grant, *, as_at: date | None = None) -> Account:
    """Where a grant stands with its funder now, or at the end of a past day."""
    return accounts([grant], as_at=as_at)[0]


def accounts(grants: Sequence[Grant], *, as_at: date | None = None) -> list[Account]:
    """The same of several grants, with as many queries as of one for each basis."""
    claims = _sums_of_claims(grants, as_at)
    transfers = _sums_of_transfers(grants, as_at)
    spent = _open_spending(grants, as_at)
    return [
        Account(
            grant=grant,
            claimed=claims.get(grant.pk, {}).get("sent", 0),
            in_hand=claims.get(grant.pk, {}).get("in_hand", 0),
            received=transfers.get(grant.pk, {}).get("received", 0),
            repaid=transfers.get(grant.pk, {}).get("repaid", 0),
            reversed=-spent.get(grant.pk, {}).get("reversed", 0),
            unclaimed=spent.get(grant.pk, {}).get("unclaimed", 0),
        )
        for grant in grants
    ]


Sums = dict[int, Mapping[str, Any]]
"""Sums in pence by the grant's id."""


def _sums_of_claims(grants: Sequence[Grant], as_at: date | None) -> Sums:
    sent = Q(status=FunderClaim.Status.SENT)
    if as_at is not None:
        sent &= Q(sent_on__lte=as_at)
    rows = FunderClaim.objects.filter(grant__in=grants).standing().order_by().values("grant")
    if as_at is not None:
        rows = rows.filter(drawn_at__lt=clock.midnight_after(as_at))
    found = rows.annotate(
        sent=Sum("pence", filter=sent, default=0), in_hand=Sum("pence", filter=~sent, default=0)
    )
    return {row["grant"]: row for row in found}


def _sums_of_transfers(grants: Sequence[Grant], as_at: date | None) -> Sums:
    rows = Transfer.objects.standing().filter(grant__in=grants).order_by()
    if as_at is not None:
        rows = rows.filter(happened_on__lte=as_at)
    kinds = {kind.value: Sum("pence", filter=Q(kind=kind), default=0) for kind in Transfer.Kind}
    return {row["grant"]: row for row in rows.values("grant").annotate(**kinds)}


def _open_spending(grants: Sequence[Grant], as_at: date | None) -> Sums:
    """What is spent and in no claim, and what of it took back what the funder was asked for, by grant."""
    found: Sums = {}
    for basis in ClaimBasis:
        chosen = [grant for grant in grants if grant.claim_basis == basis]
        if not chosen:
            continue
        rows = _posted_by(_spent(chosen, basis), as_at).filter(~_claimed("pk", by=as_at))
        sums = (
            rows.order_by()
            .values("grant")
            .annotate(
                unclaimed=Sum("spent", default=0),
                reversed=Sum("spent", filter=Q(_asked_for("reverses", by=as_at)), default=0),
            )
        )
        found |= {row["grant"]: row for row in sums}
    return found


# The statements at the end


@dataclass(frozen=True)
class TypeOutturn:
    """What one type of expenditure, or both, came to by a day; pence."""

    label: str
    accrued: int
    paid: int

    @property
    def unpaid(self) -> int:
        return self.accrued - self.paid


@dataclass(frozen=True)
class Statement:
    """What became of a grant by the end of a day: the outturn statement, the Statement of Grant Usage."""

    grant: Grant
    as_at: date
    award: int
    types: Sequence[TypeOutturn]
    account: Account
    planned: int
    claims: Sequence[FunderClaim]
    transfers: Sequence[Transfer]

    @property
    def total(self) -> TypeOutturn:
        return TypeOutturn(
            TOTAL,
            sum(row.accrued for row in self.types),
            sum(row.paid for row in self.types),
        )

    @property
    def eligible(self) -> int:
        """What was spent on the basis of the grant's claims."""
        return self.total.accrued if self.grant.claim_basis == ClaimBasis.ACCRUED else self.total.paid

    @property
    def unspent(self) -> int:
        return self.award - self.eligible

    @property
    def over_award(self) -> int:
        """What was accrued beyond the award; below nothing, as always."""
        return self.total.accrued - self.award

    @property
    def spent_percent(self) -> str:
        return percent_of(self.eligible, self.award)

    @property
    def variance(self) -> int:
        """What was accrued beyond the plan of that day; below nothing when less was."""
        return self.total.accrued - self.planned

    @property
    def variance_percent(self) -> str:
        return percent_of(self.variance, self.planned)

    @property
    def still_due(self) -> int:
        """Eligible expenditure less what was received and not repaid: above nothing the funder owes it."""
        return self.eligible - self.account.received + self.account.repaid

    @property
    def due_from(self) -> int:
        return max(0, self.still_due)

    @property
    def due_to(self) -> int:
        return max(0, -self.still_due)

    @property
    def is_final(self) -> bool:
        """Whether the books are closed: until then figures may change."""
        return self.as_at > self.grant.books_close_on


def statement(grant: Grant, *, as_at: date) -> Statement:
    """A grant's spending by type, its account with the funder and its claims, at the end of a day."""
    sums = {
        basis: _by_type(_posted_by(spending(grant, basis), as_at), total=Sum("spent", default=0))
        for basis in ClaimBasis
    }
    award = LedgerEntry.objects.filter(
        grant=grant, posted_on__lte=as_at, kind__in=("award", "supplement", "reduction")
    ).aggregate(total=Sum(Case(When(source_stage=Stage.FUNDER, then=F("pence")), default=-F("pence"))))
    claims = grant.funder_claims.standing().filter(drawn_at__lt=clock.midnight_after(as_at))
    return Statement(
        grant=grant,
        as_at=as_at,
        award=award["total"] or grant.amount_pence,
        types=[
            TypeOutturn(
                kind.label,
                sums[ClaimBasis.ACCRUED][kind].get("total", 0),
                sums[ClaimBasis.PAID][kind].get("total", 0),
            )
            for kind in Expenditure
        ],
        account=account(grant, as_at=as_at),
        planned=planned_between(grant, grant.eligible_from, as_at),
        claims=list(claims.select_related("pm_by", "cfo_by").order_by("number")),
        transfers=list(
            grant.funder_transfers.standing().filter(happened_on__lte=as_at).select_related("claim")
        ),
    )
