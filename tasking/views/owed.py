"""Time off that duties earn instead of pay, or besides it: who is owed it, and what supervisors decide."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect

from grants.models import Grant
from overtime_ledger.accounts.access import SignedIn, who_may
from overtime_ledger.accounts.models import User
from overtime_ledger.audit.exports import Column
from overtime_ledger.errors import Refusal
from overtime_ledger.ui import A_PAGE
from tasking import selectors, services
from tasking.forms.owed import GrantedForm, NotDueForm, OwedFilter
from tasking.models import TimeOwed
from tasking.views.showing import READS_TASKINGS, report, show

SEES_OTHERS = ("tasking.view_tasking", "claims.claim_for_agency", "claims.certify_claim")
OWED_COLUMNS = (
    Column("Officer", lambda row: row.assignment.officer.display_name),
    Column("Officer no.", lambda row: row.assignment.officer.staff_number),
    Column("Agency", lambda row: row.assignment.agency.code),
    Column("Tasking", lambda row: row.assignment.tasking_id, "number"),
    Column("Duty", lambda row: row.assignment.duty_on, "day"),
    Column("What is owed", lambda row: row.get_kind_display()),
    Column("Minutes", lambda row: row.minutes or None, "minutes"),
    Column("Because", lambda row: row.because),
    Column("Status", lambda row: row.get_status_display()),
    Column("Day off", lambda row: row.granted_for, "day"),
    Column("Decided by", lambda row: row.decided_by.display_name if row.decided_by else ""),
    Column("Decided at", lambda row: row.decided_at, "moment"),
    Column("Reason", lambda row: row.reason),
)


@who_may(*READS_TASKINGS)
def time_owed(request: SignedIn) -> HttpResponseBase:
    """Time owed that a person may see: their own, their agency's, or that of the grants they open."""
    only_own = not any(request.user.has_perm(permission) for permission in SEES_OTHERS)
    form = OwedFilter(request.GET, only_own=only_own)
    found = form.narrow(selectors.with_duty(TimeOwed.objects.visible_to(request.user)))
    if file_format := request.GET.get("format"):
        grants = Grant.objects.filter(enquiries__taskings__assignments__time_owed__in=found.order_by())
        basis = "Time off that is owed, by the day of the duty"
        return report(request, "Time owed", OWED_COLUMNS, found, file_format, form, grants, basis)
    page = Paginator(found, A_PAGE).get_page(request.GET.get("page"))
    shown = [one.pk for one in page.object_list]
    context = {
        "filter": form,
        "filtered": any(form.cleaned_data.values()),
        "only_own": only_own,
        "page_obj": page,
        "due": selectors.time_due(found),
        "to_decide": set(
            selectors.time_off_to_grant(request.user).filter(pk__in=shown).values_list("pk", flat=True)
        ),
    }
    return show(request, "time_owed", context)


@who_may("claims.certify_claim")
def grant_time_off(request: SignedIn, pk: int) -> HttpResponse:
    """Put on record the day on which an officer has the time off."""
    return _decide(request, pk, GrantedForm(request.POST or None), services.grant_time_off, "time_owed_grant")


@who_may("claims.certify_claim")
def strike_time_off(request: SignedIn, pk: int) -> HttpResponse:
    """Put on record that time off is not due, and why."""
    return _decide(
        request, pk, NotDueForm(request.POST or None), services.strike_time_off, "time_owed_strike"
    )


def _decide(
    request: SignedIn, pk: int, form: forms.Form, verb: Callable[..., TimeOwed], template: str
) -> HttpResponse:
    """The page that says what is owed and asks what a verb needs; then the verb."""
    rows = selectors.with_duty(TimeOwed.objects.filter(assignment__agency=request.user.agency_id))
    owed = get_object_or_404(rows.select_related("assignment__tasking__enquiry__grant"), pk=pk)
    request.marking = owed.assignment.tasking.enquiry.grant.marking
    refusal, possible = _obstacle(owed, by=request.user), False
    if refusal is None:
        possible = True
        if form.is_valid():
            try:
                done = verb(owed, by=request.user, **form.cleaned_data)
                messages.success(request, _said(done))
                return redirect("tasking:time_owed")
            except Refusal as reason:
                refusal = reason
    context: dict[str, Any] = {"owed": owed, "form": form, "refusal": refusal, "possible": possible}
    return show(request, template, context)


def _obstacle(owed: TimeOwed, *, by: User) -> Refusal | None:
    try:
        services.may_decide_time_off(owed, by=by)
    except Refusal as reason:
        return reason
    return None


def _said(owed: TimeOwed) -> str:
    officer = owed.assignment.officer
    if owed.status == TimeOwed.Status.GRANTED:
        return f"{officer} has the time off on {owed.granted_for:%-d %B %Y}."
    return f"The time off of {officer} is not due."
