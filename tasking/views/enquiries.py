"""The pages of enquiries: doors of a few lines to the verbs in `services.py`."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse

from grants.countdown import about
from grants.models import LADDER, Grant
from grants.selectors import authority_of
from overtime_ledger.accounts import presses
from overtime_ledger.accounts.access import SignedIn, who_may
from overtime_ledger.audit.exports import Column
from overtime_ledger.errors import Refusal
from overtime_ledger.ui import A_PAGE
from tasking import checks, selectors, services
from tasking.forms.enquiries import EnquiryFilter, OpenEnquiryForm
from tasking.forms.outcomes import CloseForm
from tasking.models import Assignment, Enquiry
from tasking.views.showing import TASKS, report, show

SEES_OUTCOMES = "tasking.view_outcome"

ENQUIRY_COLUMNS = (
    Column("Enquiry", lambda row: row.enquiry.name),
    Column("Grant", lambda row: row.enquiry.grant.reference),
    Column("Kind", lambda row: row.enquiry.get_kind_display()),
    Column("Status", lambda row: row.enquiry.get_status_display()),
    Column("Opened on", lambda row: row.enquiry.opened_on, "day"),
    Column("Taskings", lambda row: row.taskings, "number"),
    Column("Claims", lambda row: row.claims, "number"),
    Column("Allocated", lambda row: row.enquiry.line.allocated, "pounds"),
    Column("Available", lambda row: row.enquiry.line.available, "pounds"),
    Column("Tasked", lambda row: row.enquiry.line.tasked, "pounds"),
    Column("Claimed", lambda row: row.enquiry.line.claimed, "pounds"),
    Column("Approved", lambda row: row.enquiry.line.approved, "pounds"),
    Column("Settled", lambda row: row.enquiry.line.settled, "pounds"),
)


@who_may("tasking.view_enquiry")
def enquiries(request: SignedIn) -> HttpResponseBase:
    """Every enquiry with its money, and what is not set aside for any."""
    form = EnquiryFilter(request.GET)
    found = form.narrow(Enquiry.objects.visible_to(request.user).select_related("line", "grant"))
    found = found.order_by("-pk")
    if file_format := request.GET.get("format"):
        rows, grants = selectors.enquiry_rows(found), Grant.objects.filter(enquiries__in=found.order_by())
        basis = "What stands on the ladder today"
        return report(request, "Enquiries", ENQUIRY_COLUMNS, rows, file_format, form, grants, basis)
    page = Paginator(found, A_PAGE).get_page(request.GET.get("page"))
    stages = selectors.stages_of(found)
    under = list(found.order_by().values_list("grant", flat=True).distinct()[:2])
    filtered = any(form.cleaned_data.values())
    # The ledger of one grant has all the entries behind a total of all its enquiries, and of no others.
    only_grant = under[0] if len(under) == 1 and not filtered else None
    context = {
        "filter": form,
        "filtered": filtered,
        "page_obj": page,
        "rows": selectors.enquiry_rows(page.object_list),
        "stages": stages,
        "allocated": sum(stages.values()),
        "incurred": stages["approved"] + stages["settled"],
        "main_lines": selectors.main_lines(Grant.objects.visible_to(request.user)),
        "only_grant": only_grant,
        "urls": _made_of_every_enquiry(only_grant) if only_grant else {},
        "controlled": selectors.ids_controlled(request.user),
    }
    return show(request, "enquiries", context)


@who_may(TASKS)
def open_enquiry(request: SignedIn) -> HttpResponse:
    """Open an enquiry against new or known subjects."""
    known = Enquiry.objects.visible_to(request.user)
    services.look_at_subjects(known, by=request.user, page="open an enquiry")
    form = OpenEnquiryForm(
        request.POST or None,
        by=request.user,
        subjects=selectors.subjects_of(known),
        initial={"grant": request.GET.get("grant")},
    )
    refusal = None
    if form.is_valid():
        token = form.cleaned_data["token"]
        if not presses.is_first(request.user, token):
            messages.info(request, "The enquiry is open already: nothing was opened twice.")
            return redirect("tasking:enquiries")
        try:
            opened = services.open_enquiry(by=request.user, **form.opened())
            messages.success(request, f"{opened} is open. It has no money yet: allocate some to it.")
            return redirect("tasking:enquiry", opened.pk)
        except Refusal as reason:
            presses.was_not_done(request.user, token)
            refusal = reason
    return show(request, "open_enquiry", {"form": form, "refusal": refusal})


@who_may("tasking.view_enquiry")
def enquiry(request: SignedIn, pk: int) -> HttpResponse:
    """One enquiry: its money, its subjects (the looking is logged), and the way to all that hangs on it."""
    visible = Enquiry.objects.visible_to(request.user)
    shown = get_object_or_404(visible.select_related("line", "grant", "opened_by"), pk=pk)
    about(request, shown.grant)
    authority = None if shown.grant.status == Grant.Status.CLOSED else authority_of(request.user, shown.grant)
    named = bool(services.look_at_subjects(visible.filter(pk=pk), by=request.user, page=str(shown)))
    subjects = selectors.subject_rows(shown, named=named)
    recorded = selectors.recorded_of(shown, subjects) if request.user.has_perm(SEES_OUTCOMES) else []
    if recorded:
        services.look_at_outcomes(*selectors.standing_of(subjects), by=request.user, page=str(shown))
    context = {
        "enquiry": shown,
        "row": selectors.enquiry_rows([shown])[0],
        "urls": _made_of(shown),
        "subjects": subjects,
        "named": named,
        "sees_outcomes": request.user.has_perm(SEES_OUTCOMES),
        "recorded": recorded,
        "latest": selectors.tasking_rows(shown.taskings.all()[:5], Assignment.objects.all()),
        "main_line": shown.grant.lines.get(is_main=True),
        "authority": authority,
        "may_record": authority is not None and request.user.has_perm(TASKS),
    }
    return show(request, "enquiry", context)


def _made_of_every_enquiry(grant: int) -> dict[str, str]:
    """Where each rung of the ladder of all enquiries of a grant leads."""
    entries = f"{reverse('grants:entries', args=[grant])}?line=enquiries"
    return {str(stage): f"{entries}&stage={stage}" for stage in LADDER}


def _made_of(shown: Enquiry) -> dict[str, str]:
    """Where each rung of an enquiry's ladder leads: to the rows that add up to it."""
    entries = f"{reverse('grants:entries', args=[shown.grant_id])}?line={shown.line_id}"
    claims = f"{reverse('claims:claims')}?enquiry={shown.pk}"
    return {
        "available": f"{entries}&stage=available",
        # Not the list of duties: money of drafts and of returned claims stands there too.
        "tasked": f"{entries}&stage=tasked",
        "claimed": f"{entries}&stage=claimed",
        "approved": f"{claims}&status=approved",
        "settled": f"{claims}&status=settled",
    }


@who_may(TASKS)
def close_enquiry(request: SignedIn, pk: int) -> HttpResponse:
    """Close an enquiry that holds no money that is not incurred."""
    rows = Enquiry.objects.visible_to(request.user).select_related("line", "grant")
    shown = get_object_or_404(rows, pk=pk)
    about(request, shown.grant)
    form, refusal = CloseForm(request.POST or None), None
    try:
        checks.holds_only_incurred(shown, shown.line)
        if request.method == "POST":
            services.close_enquiry(shown, by=request.user, outcomes_follow="outcomes_follow" in request.POST)
            messages.success(request, f"{shown} is closed.")
            return redirect("tasking:enquiry", pk)
    except Refusal as reason:
        refusal = reason
    holds_money = refusal is not None and refusal.code == "T14"
    subjects = [] if holds_money else _told_of(request, shown)
    context = {
        "enquiry": shown,
        "refusal": refusal,
        "holds_money": holds_money,
        "form": form,
        "subjects": subjects,
        "named": request.user.has_perm("tasking.view_subject"),
        "untold": sum(row.outcome is None for row in subjects),
        "urls": _made_of(shown),
        "main_line": shown.grant.lines.get(is_main=True),
    }
    return show(request, "close_enquiry", context)


def _told_of(request: SignedIn, shown: Enquiry) -> list[selectors.SubjectRow]:
    """The subjects of an enquiry with what came of them; the looking is logged."""
    page = f"close {shown}"
    among = Enquiry.objects.filter(pk=shown.pk)
    named = bool(services.look_at_subjects(among, by=request.user, page=page))
    subjects = selectors.subject_rows(shown, named=named)
    services.look_at_outcomes(*selectors.standing_of(subjects), by=request.user, page=page)
    return subjects
