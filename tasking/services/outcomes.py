"""Put on record how harmful a subject was on entry and what came of it; a correction is a new record."""

from dataclasses import asdict, dataclass
from datetime import date

from django.db import transaction

from grants.models import Authority
from grants.services import require_authority
from overtime_ledger import clock
from overtime_ledger.accounts.models import User
from overtime_ledger.accounts.services import require
from overtime_ledger.audit.models import AccessLog
from overtime_ledger.errors import Refusal
from tasking import checks, selectors
from tasking.checks import DI
from tasking.models import Enquiry, EntryAssessment, Outcome, Subject


@dataclass(frozen=True)
class Assessed:
    """A score as an analyst stated it: a whole number on a scale up to `scale_most`, on a day, by whom."""

    score: int
    scale: str
    scale_most: int
    assessed_on: date
    assessed_by: str


@dataclass(frozen=True)
class Came:
    """What came of a subject: a result of a day, the level of disruption, and the score on exit if stated."""

    result: str
    came_on: date
    disruption: str
    words: str = ""
    exit_score: int | None = None
    exit_by: str = ""


@transaction.atomic
def record_entry(
    enquiry: Enquiry,
    subject: Subject,
    assessed: Assessed,
    *,
    by: User,
    seen: int | None = None,
    reason: str = "",
) -> EntryAssessment:
    """Put the entry assessment of a subject on record, or correct the one that was `seen`.

    Refuses without authority (A02, L03), a score that is not on its scale or whose scale the exit score
    does not fit (T22), a day ahead (T23), a correction without a reason (A08), and (A03) if another record
    stands by now than the one that was seen.
    """
    authority = _authority(enquiry, by)
    stands, left = selectors.entry_of(enquiry, subject), selectors.outcome_of(enquiry, subject)
    _as_seen(stands, seen, reason)
    checks.score_is_on_its_scale(assessed.score, assessed.scale_most)
    if left and left.exit_score is not None:
        checks.score_is_on_its_scale(left.exit_score, assessed.scale_most)
    checks.day_has_come(assessed.assessed_on)
    return EntryAssessment.objects.create(
        enquiry=enquiry,
        subject=subject,
        **asdict(assessed),
        replaces=stands,
        reason=reason,
        recorded_by=by,
        recorded_at=clock.now(),
        capacity=authority.capacity,
    )


@transaction.atomic
def record_outcome(
    enquiry: Enquiry,
    subject: Subject,
    came: Came,
    *,
    by: User,
    seen: int | None = None,
    reason: str = "",
) -> Outcome:
    """Put on record what came of a subject, of a closed enquiry too, or correct the record that was `seen`.

    Refuses without authority (A02, L03), an exit score without an entry score on the same scale (T22), a
    result that is not whole, of a day ahead or before the enquiry (T23), a correction without a reason
    (A08), and (A03) if another record stands by now than the one that was seen.
    """
    authority = _authority(enquiry, by)
    stands = selectors.outcome_of(enquiry, subject)
    _as_seen(stands, seen, reason)
    checks.outcome_is_whole(came.result, came.words, came.exit_score, came.exit_by)
    checks.day_has_come(came.came_on, not_before=enquiry.opened_on)
    if came.exit_score is not None:
        checks.exit_is_comparable(came.exit_score, selectors.entry_of(enquiry, subject))
    return Outcome.objects.create(
        enquiry=enquiry,
        subject=subject,
        **asdict(came),
        replaces=stands,
        reason=reason,
        recorded_by=by,
        recorded_at=clock.now(),
        capacity=authority.capacity,
    )


def _authority(enquiry: Enquiry, by: User) -> Authority:
    """The authority under which a person records. The enquiry is locked: one record follows another."""
    authority = require_authority(enquiry.grant, by=by)
    require(by, "tasking.task_officers", who=DI)
    Enquiry.objects.select_for_update(of=("self",), no_key=True).get(pk=enquiry.pk)
    return authority


def _as_seen(stands: EntryAssessment | Outcome | None, seen: int | None, reason: str) -> None:
    """A03: what is corrected is what the person saw. A08: it is corrected for a reason."""
    if (stands.pk if stands else None) != seen:
        raise Refusal(
            "A03",
            "Meanwhile something else was recorded of this subject.",
            fix="Look at what stands now; correct it if it is wrong.",
            who=DI,
        )
    if stands and not reason.strip():
        raise Refusal("A08", "A correction needs a reason in words.", fix="Say why.", who=DI)


def look_at_outcomes(
    *records: EntryAssessment | Outcome | None, by: User, page: str, codename: str = ""
) -> None:
    """Put on record that a person saw entry assessments and outcomes, under a codename if it was shown."""
    seen = [record for record in records if record]
    if seen or codename:
        AccessLog.objects.create(
            by=by,
            action=AccessLog.Action.VIEWED,
            what=f"Outcomes of subjects: {page}"[:200],
            filters={"codenames": codename} if codename else {},
            rows=len(seen),
        )
