"""What an extract tells without saying it: by subtraction, by what was released before, by elimination."""

from collections.abc import Iterable, Iterator, Sequence

from django.db.models import Q

from claims.models import Claim
from grants.selectors import agencies_of
from overtime_ledger.disclosure.extract_models import FEW, Extract, ExtractLine

Decision, Status = ExtractLine.Decision, Extract.Status


def by_subtraction(extract: Extract, line: ExtractLine) -> Iterator[tuple[int, str]]:
    """How few officers stand between this line and one that was released of other days of the same month.

    Whoever has both takes one from the other and has what those officers were paid. Each with where it is.
    """
    if not extract.is_foi:
        return
    others = ExtractLine.objects.filter(
        extract__grant=extract.grant_id,
        extract__kind=Extract.Kind.FOI,
        extract__status=Status.RELEASED,
        extract__breakdown=extract.breakdown,
        month=line.month,
        agency=line.agency_id,
        decision=Decision.PUBLISH,
    )
    for other in others.exclude(extract=extract.pk).select_related("extract").order_by("extract"):
        if 0 < (count := _between(extract, other.extract, line)) < FEW:
            yield count, f"between this line and that of {other.extract}, released before"


def _between(extract: Extract, other: Extract, line: ExtractLine) -> int:
    """Officers with duties of a line's month and agency on days of one of two extracts alone."""
    ours = Q(duty_on__range=(extract.from_on, extract.to_on))
    theirs = Q(duty_on__range=(other.from_on, other.to_on))
    in_month = Q(duty_on__year=line.month.year, duty_on__month=line.month.month)
    spent = (Claim.Status.APPROVED, Claim.Status.SETTLED)
    rows = Claim.objects.filter(
        (ours & ~theirs) | (theirs & ~ours), in_month, grant=extract.grant_id, agency=line.agency_id
    )
    return rows.filter(status__in=spent).order_by().values("claimant").distinct().count()


def warnings(extract: Extract) -> Sequence[str]:
    """What whoever releases it should know: what is kept back and can be told all the same."""
    lines = extract.lines.select_related("agency")
    kept_back = {line.agency for line in lines if line.decision in (Decision.REDACT, Decision.WITHHOLD)}
    named = {line.agency for line in lines if line.decision == Decision.PUBLISH}
    found = [f"{agency.name} is kept back in one line and named in another." for agency in kept_back & named]
    for line in _released_of_the_same_days(extract):
        other = f"{line.extract}, released before of the same days"
        if line.decision == Decision.PUBLISH and line.agency in kept_back:
            found.append(f"{line.agency.name} is kept back here and named in {other}.")
        elif line.decision != Decision.PUBLISH and line.agency in named:
            found.append(f"{line.agency.name} is named here and kept back in {other}.")
    alone = kept_back - named
    if len(alone) == 1 and named and set(agencies_of(extract.grant)) - named <= alone:
        (agency,) = alone
        found.append(f"{agency.name} is the only one not named: who knows the agreements can tell.")
    return list(dict.fromkeys(sorted(found)))


def _released_of_the_same_days(extract: Extract) -> Iterable[ExtractLine]:
    rows = ExtractLine.objects.filter(
        extract__grant=extract.grant_id,
        extract__status=Status.RELEASED,
        extract__from_on__lte=extract.to_on,
        extract__to_on__gte=extract.from_on,
    )
    return (
        rows.exclude(extract=extract.pk).select_related("agency", "extract").order_by("extract", "position")
    )
