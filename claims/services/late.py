"""The late list: a duty is claimed after its time only by a named exception of finance."""

from datetime import date

from django.db import IntegrityError, transaction

from claims import checks
from claims.models import LateClaim
from claims.services import steps
from grants.checks import not_closed
from grants.models import Grant
from overtime_ledger import clock
from overtime_ledger.accounts.models import User
from overtime_ledger.accounts.services import require
from overtime_ledger.errors import Refusal, broken_rule
from tasking import services as tasking
from tasking.models import Assignment

FINANCE = "finance"
Status = LateClaim.Status


@transaction.atomic
def ask_for_exception(assignment: Assignment, *, by: User, reason: str) -> LateClaim:
    """Put a duty on the late list, with the reason why it was not claimed in time.

    Refuses by C01, C16 if no exception is needed or one is asked already, and A08 without a reason.
    """
    may_ask_for_exception(assignment, by=by)
    steps.need(reason)
    late = LateClaim(assignment=assignment, reason=reason.strip(), asked_by=by, asked_at=clock.now())
    try:
        with transaction.atomic():
            late.save()
    except IntegrityError as error:
        if broken_rule(error) != "claims_lateclaim_one_open":
            raise
        raise Refusal(
            "C16", "This is on the late list already.", fix="Wait for finance's answer.", who="Finance"
        ) from error
    return late


def may_ask_for_exception(assignment: Assignment, *, by: User) -> None:
    """Refuse whoever is not named on the duty, and a duty that needs no exception. Reads only."""
    not_closed(assignment.tasking.enquiry.grant)
    checks.named_on_tasking(assignment, by)
    checks.needs_an_exception(assignment, assignment.tasking.enquiry.grant)


@transaction.atomic
def grant_exception(late: LateClaim, *, by: User, until: date, answer: str) -> LateClaim:
    """Let a late duty be claimed and approved up to a day; its money is committed anew.

    Refuses others than finance (P01), one's own (A01), what is decided (C16), a day that is past or after the
    books close (C16), no reason (A08), and what the money (T03), the agency's maximum (T08) or the officer's
    time (T06) do not allow.
    """
    late = _to_decide(late, by=by)
    steps.need(answer)
    grant: Grant = late.assignment.tasking.enquiry.grant
    if not clock.today() <= until <= grant.books_close_on:
        raise Refusal(
            "C16",
            f"The books of {grant} close on {grant.books_close_on:%-d %B %Y}.",
            fix="Choose a day from today to that day.",
            who="Finance",
        )
    late.status, late.until = Status.GRANTED, until
    _decide(late, by=by, answer=answer)
    tasking.take_up(late.assignment, by=by, until=until, reason=answer, reference=f"late:{late.pk}:commit")
    return late


@transaction.atomic
def refuse_exception(late: LateClaim, *, by: User, answer: str) -> LateClaim:
    """Refuse an exception, and say why. Refuses as `grant_exception` does."""
    late = _to_decide(late, by=by)
    steps.need(answer)
    late.status = Status.REFUSED
    _decide(late, by=by, answer=answer)
    return late


def may_decide_exception(late: LateClaim, *, by: User) -> None:
    """Refuse others than finance, and whose duty or request it is. Reads only."""
    require(by, "grants.set_up_grant", who=FINANCE)
    not_closed(late.assignment.tasking.enquiry.grant)
    if by.pk in (late.assignment.officer_id, late.asked_by_id):
        raise Refusal(
            "A01", "This is your own.", fix="Leave it to somebody else.", who="Another person in finance"
        )
    if late.status != Status.ASKED:
        raise Refusal(
            "C16",
            f"This exception is {late.get_status_display().lower()} already.",
            fix="Nothing is left to do here.",
            who="Nobody",
        )


def _to_decide(late: LateClaim, *, by: User) -> LateClaim:
    rows = LateClaim.objects.select_for_update(of=("self",), no_key=True)
    locked = rows.select_related("assignment__tasking__enquiry__grant").get(pk=late.pk)
    may_decide_exception(locked, by=by)
    return locked


def _decide(late: LateClaim, *, by: User, answer: str) -> None:
    late.answer, late.decided_by, late.decided_at = answer.strip(), by, clock.now()
    late.save()
