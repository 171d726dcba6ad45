"""The doors of what was not claimed in time: released duties, the late list, the exceptions of finance."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseBase, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET

from claims import late_list, selectors
from claims.forms.late import AskForm, DecideForm, LateFilter, ReleasedFilter
from claims.models import LateClaim
from claims.services import late
from grants.countdown import about
from grants.models import Grant
from overtime_ledger.accounts.access import SignedIn, who_may
from overtime_ledger.accounts.models import User
from overtime_ledger.audit.exports import Column, export
from overtime_ledger.errors import Refusal
from overtime_ledger.ui import A_PAGE
from tasking.models import Assignment

READS = "grants.read_all_grants"
DECIDES = "grants.set_up_grant"

COLUMNS = (
    Column("Asked at", lambda row: row.asked_at, "moment"),
    Column("Grant", lambda row: row.assignment.tasking.enquiry.grant),
    Column("Officer", lambda row: row.assignment.officer),
    Column("Agency", lambda row: row.assignment.agency.code),
    Column("Enquiry", lambda row: row.assignment.tasking.enquiry.name),
    Column("Tasking", lambda row: row.assignment.tasking_id, "number"),
    Column("Date", lambda row: row.assignment.duty_on, "day"),
    Column("Authorised", lambda row: row.assignment.authorised_pence, "pounds"),
    Column("Why it is late", lambda row: row.reason),
    Column("Asked by", lambda row: row.asked_by),
    Column("State", lambda row: row.get_status_display()),
    Column("Until", lambda row: row.until, "day"),
    Column("Answer", lambda row: row.answer),
    Column("Decided by", lambda row: row.decided_by or ""),
    Column("Decided at", lambda row: row.decided_at, "moment"),
)
RELEASED = (
    Column("Released at", lambda row: row.at, "moment"),
    Column("Enquiry", lambda row: row.tasking.enquiry.name),
    Column("Tasking", lambda row: row.tasking_id, "number"),
    Column("Officer", lambda row: row.assignment.officer),
    Column("Agency", lambda row: row.assignment.agency.code),
    Column("Date", lambda row: row.assignment.duty_on, "day"),
    Column("Returned", lambda row: row.returned_pence, "pounds"),
    Column("Why", lambda row: row.reason),
)


@who_may("claims.make_claim", "claims.claim_for_agency")
def ask_for_exception(request: SignedIn, assignment_pk: int) -> HttpResponse:
    """Ask finance to let a duty be claimed late, with the reason why it is."""
    duty = get_object_or_404(selectors.claimable(request.user), pk=assignment_pk)
    about(request, duty.tasking.enquiry.grant)
    form, refusal = AskForm(request.POST or None), None
    try:
        late.may_ask_for_exception(duty, by=request.user)
        if form.is_valid():
            late.ask_for_exception(duty, by=request.user, **form.cleaned_data)
            messages.success(request, "The duty is on the late list. You see finance’s answer here.")
            return redirect("home")
    except Refusal as refused:
        refusal = refused
    context = {"duty": duty, "form": form, "refusal": refusal, "asked": duty.late_claims.first()}
    refused_now = request.method == "POST" and bool(form.errors or refusal)
    return render(request, "claims/late_ask.html", context, status=422 if refused_now else 200)


def may_ask(duty: Assignment, person: User) -> bool:
    """Whether a page about a duty leads this person to the late list."""
    try:
        late.may_ask_for_exception(duty, by=person)
    except Refusal:
        return False
    return True


@who_may(READS)
@require_GET
def late_list_page(request: SignedIn) -> HttpResponseBase:
    """The late list: what waits for finance's answer, what was granted and what was refused."""
    form, everything = LateFilter(request.GET), late_list.listed(request.user)
    rows = form.narrow(everything)
    if file_format := request.GET.get("format"):
        return export(
            request,
            title="Late list",
            columns=COLUMNS,
            rows=rows.iterator(chunk_size=500),
            file_format=file_format,
            filters=form.in_words(),
            grants=Grant.objects.filter(enquiries__taskings__assignments__late_claims__in=rows),
            basis="Duties at the price they were authorised for, by the day of the duty",
        )
    context = {
        "form": form,
        "page": Paginator(rows, A_PAGE).get_page(request.GET.get("page")),
        "total": late_list.total(rows),
        "by_status": late_list.by_status(everything),
    }
    return render(request, "claims/late.html", context)


@who_may(READS)
def late_claim(request: SignedIn, pk: int) -> HttpResponse:
    """One exception that was asked for; finance grants it until a day, or refuses it, with an answer."""
    asked = get_object_or_404(late_list.listed(request.user), pk=pk)
    grant = asked.assignment.tasking.enquiry.grant
    about(request, grant)
    decides = request.user.has_perm(DECIDES)
    if request.method == "POST" and not decides:
        return HttpResponseNotAllowed(["GET"])
    decision = request.POST.get("decision", "grant")
    form = DecideForm(request.POST or None, decision=decision, books_close_on=grant.books_close_on)
    refusal = None
    try:
        if decides and (request.method == "POST" or asked.status == LateClaim.Status.ASKED):
            late.may_decide_exception(asked, by=request.user)
        if form.is_valid():
            _decide(asked, form, by=request.user)
            messages.success(request, f"The exception is {'granted' if form.grants else 'refused'}.")
            return redirect("claims:late")
    except Refusal as refused:
        refusal = refused
    line = asked.assignment.tasking.enquiry.line
    context = {
        "asked": asked,
        "duty": asked.assignment,
        "form": form,
        "refusal": refusal,
        "decides": decides and asked.status == LateClaim.Status.ASKED,
        "before": line.available,
        "after": line.available - asked.assignment.authorised_pence + asked.assignment.committed_pence,
    }
    refused_now = request.method == "POST" and bool(form.errors or refusal)
    return render(request, "claims/late_claim.html", context, status=422 if refused_now else 200)


def _decide(asked: LateClaim, form: DecideForm, *, by: User) -> None:
    answer, until = form.cleaned_data["answer"], form.cleaned_data["until"]
    if form.grants:
        late.grant_exception(asked, by=by, until=until, answer=answer)
    else:
        late.refuse_exception(asked, by=by, answer=answer)


@who_may("tasking.view_tasking")
@require_GET
def released(request: SignedIn) -> HttpResponseBase:
    """Duties whose money returned to their enquiries because nobody claimed them in time."""
    form = ReleasedFilter(request.GET)
    rows = form.narrow(late_list.released(request.user))
    if file_format := request.GET.get("format"):
        return export(
            request,
            title="Released duties",
            columns=RELEASED,
            rows=rows.iterator(chunk_size=500),
            file_format=file_format,
            filters=form.in_words(),
            grants=Grant.objects.filter(enquiries__taskings__events__in=rows),
            basis="What returned to the enquiries, by the day of its release",
        )
    context = {
        "form": form,
        "page": Paginator(rows, A_PAGE).get_page(request.GET.get("page")),
        "total": late_list.returned(rows),
    }
    return render(request, "claims/late_released.html", context)
