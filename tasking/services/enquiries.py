"""Verbs on enquiries: open one, look at its subjects, close it."""

from collections.abc import Iterable

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from grants.models import BudgetLine, Grant
from grants.services import require_authority
from overtime_ledger import clock
from overtime_ledger.accounts.models import User
from overtime_ledger.accounts.services import require
from overtime_ledger.audit.models import AccessLog
from overtime_ledger.errors import Refusal, broken_rule
from tasking import checks, selectors
from tasking.checks import DI
from tasking.models import Enquiry, Subject
from tasking.services.outcomes import Assessed, record_entry

MOST_DRAWS = 20
"""Tries for a codename. Of a million all but a few are free, so two are hardly ever needed."""


@transaction.atomic
def open_enquiry(
    grant: Grant,
    *,
    by: User,
    objective: str,
    kind: str,
    subjects: Iterable[Subject] = (),
    new_subjects: int = 0,
    entry: Assessed | None = None,
) -> Enquiry:
    """Open an enquiry with its own budget line, against known subjects and newly codenamed ones.

    `entry` is put on record as the entry assessment of each of them, to be corrected one by one.
    Refuses without authority (A02) or without a subject (T13).
    """
    require_authority(grant, by=by)
    require(by, "tasking.task_officers", who=DI)
    chosen = [*subjects, *(_new_subject(by) for _ in range(new_subjects))]
    if not chosen:
        raise Refusal(
            "T13",
            "An enquiry is made against a subject.",
            fix="Choose a subject or draw a new codename.",
            who=DI,
        )
    Grant.objects.select_for_update(no_key=True).get(pk=grant.pk)  # two at once would take the same name
    name = selectors.next_enquiry_name(grant)
    enquiry = Enquiry.objects.create(
        grant=grant,
        name=name,
        line=BudgetLine.objects.create(grant=grant, name=name),
        objective=objective,
        kind=kind,
        opened_by=by,
        opened_on=clock.today(),
    )
    enquiry.subjects.set(chosen)
    if entry:
        for subject in chosen:
            record_entry(enquiry, subject, entry, by=by)
    return enquiry


def _new_subject(by: User) -> Subject:
    """A subject under a codename that nobody has; one that is taken, even this moment, is drawn again."""
    for _ in range(MOST_DRAWS):
        try:
            with transaction.atomic():
                return Subject.objects.create(created_by=by)
        except IntegrityError as error:
            if broken_rule(error) != "tasking_subject_codename_key":
                raise
    raise Refusal(
        "T13",
        "No free codename was found.",
        fix="Try again; if it happens again, tell the administrator that codenames run short.",
        who=DI,
    )


def look_at_subjects(enquiries: QuerySet[Enquiry], *, by: User, page: str) -> list[Subject]:
    """The subjects of some enquiries, the looking put on record; none without the permission to see them."""
    if not by.has_perm("tasking.view_subject"):
        return []
    subjects = list(selectors.subjects_of(enquiries))
    if subjects:
        AccessLog.objects.create(
            by=by,
            action=AccessLog.Action.VIEWED,
            what=f"Codenames of subjects: {page}",
            filters={"codenames": ", ".join(subject.codename for subject in subjects)},
            rows=len(subjects),
        )
    return subjects


@transaction.atomic
def close_enquiry(enquiry: Enquiry, *, by: User, outcomes_follow: bool = False) -> None:
    """Close an enquiry that holds no available, tasked or claimed money (T14): move or release it first.

    Each of its subjects has an outcome on record, or it is said that `outcomes_follow` (T24).
    """
    require_authority(enquiry.grant, by=by)
    locked = Enquiry.objects.select_for_update(of=("self",), no_key=True).get(pk=enquiry.pk)
    checks.holds_only_incurred(locked, BudgetLine.objects.get(pk=locked.line_id))
    checks.outcomes_are_told(selectors.without_outcome(locked), outcomes_follow)
    locked.status, locked.closed_by, locked.closed_on = Enquiry.Status.CLOSED, by, clock.today()
    locked.save(update_fields=["status", "closed_by", "closed_on"])
    BudgetLine.objects.filter(pk=locked.line_id).update(is_open=False)
