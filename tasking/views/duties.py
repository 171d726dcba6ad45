"""The pages of taskings: doors of a few lines to the verbs in `services.py`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse

from grants.countdown import about
from grants.models import Authority, Grant
from grants.selectors import authority_of
from overtime_ledger import clock
from overtime_ledger.accounts import drafts
from overtime_ledger.accounts.access import SignedIn, who_may
from overtime_ledger.accounts.models import User
from overtime_ledger.audit.exports import Column
from overtime_ledger.errors import Flag, Refusal
from overtime_ledger.money import decimal_pounds, pounds
from overtime_ledger.ui import LongList
from tasking import checks, quotes, selectors, services
from tasking.forms.duties import GiveBackForm, ShortenForm, TaskForm, TaskingFilter, as_linked, as_typed
from tasking.models import Assignment, DutyType, Enquiry, Tasking
from tasking.views.showing import READS_TASKINGS, TASKS, grouped, lacking_authority, report, show

ASSIGNMENT_COLUMNS = (
    Column("Tasking", lambda row: row.tasking_id, "number"),
    Column("Enquiry", lambda row: row.tasking.enquiry.name),
    Column("Date", lambda row: row.duty_on, "day"),
    Column("Start", lambda row: row.starts_at, "moment"),
    Column("End", lambda row: row.ends_at, "moment"),
    Column("Kind of duty", lambda row: row.tasking.get_duty_type_display()),
    Column("Officer", lambda row: row.officer.display_name),
    Column("Agency", lambda row: row.agency.code),
    Column("Rank or grade", lambda row: row.grade),
    Column("Status", lambda row: row.get_status_display()),
    Column("Authorised minutes", lambda row: row.authorised_minutes, "minutes"),
    Column("Pay", lambda row: row.pay_pence, "pounds"),
    Column("On-cost", lambda row: row.on_cost_pence, "pounds"),
    Column("Authorised", lambda row: row.authorised_pence, "pounds"),
    Column("Committed", lambda row: row.committed_pence, "pounds"),
)


@who_may(*READS_TASKINGS)
def taskings(request: SignedIn) -> HttpResponseBase:
    """Taskings, the latest duty first, with the officers and pounds that the person may see."""
    seen = Assignment.objects.visible_to(request.user)
    form = TaskingFilter(request.GET, seen=seen, by=request.user)
    found = form.narrow(seen)
    if file_format := request.GET.get("format"):
        rows = found.select_related("officer", "agency", "tasking__enquiry").order_by("-starts_at", "-pk")
        grants = Grant.objects.filter(enquiries__taskings__assignments__in=found.order_by())
        basis = "Duties as they stand, by their day"
        return report(request, "Taskings", ASSIGNMENT_COLUMNS, rows, file_format, form, grants, basis)
    matching = Tasking.objects.filter(pk__in=found.order_by().values("tasking")).select_related("enquiry")
    total = selectors.together(found)
    page = LongList(matching, total.taskings).get_page(request.GET.get("page"))
    context = {
        "filter": form,
        "filtered": any(form.cleaned_data.values()),
        "page_obj": page,
        "rows": selectors.tasking_rows(page.object_list, found),
        "officers": total.officers,
        "committed": total.committed,
        "controlled": selectors.ids_controlled(request.user),
    }
    return show(request, "taskings", context)


@who_may(*READS_TASKINGS)
def tasking(request: SignedIn, pk: int) -> HttpResponse:
    """One tasking: who, when, what it costs each officer and why, and all that happened to it."""
    rows = Tasking.objects.visible_to(request.user).select_related("enquiry__grant", "issued_by")
    shown = get_object_or_404(rows, pk=pk)
    about(request, shown.enquiry.grant)
    everybody = selectors.with_names(shown.assignments.all())
    visible = everybody.visible_to(request.user).select_related("rule_set__agency")
    seen = list(visible.prefetch_related("claims", "time_owed"))
    whole = Grant.objects.visible_to(request.user).filter(pk=shown.enquiry.grant_id).exists()
    context = {
        "tasking": shown,
        "seen": [(one, [Flag(**note) for note in one.notes]) for one in seen],
        "others": [one.officer for one in everybody.exclude(pk__in=[one.pk for one in seen])],
        "committed": sum(one.committed_pence for one in seen),
        "together": quotes.authorised_together(shown, seen),
        "split": any(one.on_cost_pence for one in seen),
        "events": selectors.history(shown, seen, whole=whole),
        "whole": whole,
        "authority": authority_of(request.user, shown.enquiry.grant),
        "mine": next((one for one in seen if one.officer_id == request.user.pk), None),
        "now": clock.now(),
    }
    return show(request, "tasking", context)


# Tasking officers: typed, checked, issued


@who_may(TASKS)
def task(request: SignedIn) -> HttpResponse:
    """The form; by POST with what was typed, to change it."""
    if request.method == "POST":
        form = TaskForm(request.POST, by=request.user)
    else:
        form = TaskForm(by=request.user, initial=as_linked(request.GET))
    return show(request, "task", {"form": form}, refused=False)


@who_may(TASKS)
def check(request: SignedIn) -> HttpResponse:
    """What a plan would cost, and what stands against it. Nothing is tasked; what was typed is a draft."""
    if request.method != "POST":
        return redirect("tasking:task")
    form = TaskForm(request.POST, by=request.user)
    if not form.is_valid():
        return show(request, "task", {"form": form})
    drafts.keep(request.user, request.get_full_path(), dict(as_typed(form.plan()).lists()))
    return _check_page(request, form.plan())


@who_may(TASKS)
def again(request: SignedIn, pk: int) -> HttpResponse:
    """The same duty for the same officers on the next such weekday: straight to its check page."""
    visible = Tasking.objects.visible_to(request.user).select_related("enquiry__grant")
    repeated = get_object_or_404(visible, pk=pk)
    about(request, repeated.enquiry.grant)
    plan = quotes.same_again(repeated, days=quotes.days_to_repeat(repeated))
    form = TaskForm(as_typed(plan), by=request.user)
    if not form.is_valid():
        return show(request, "task", {"form": form})
    return _check_page(request, form.plan(), repeats=repeated)


def _check_page(
    request: SignedIn,
    plan: quotes.Plan,
    *,
    refusal: Refusal | None = None,
    repeats: Tasking | None = None,
) -> HttpResponse:
    about(request, plan.enquiry.grant)
    quotation = quotes.quote(plan)
    stale = [refusal] if refusal and refusal.code == "A03" else []
    against = quotation.refusals + lacking_authority(plan.enquiry.grant, quotation.pence, by=request.user)
    free = [one.officer for one in quotation.quotes if not one.refusal]
    context = {
        "plan": plan,
        "kind": DutyType(plan.duty_type).label,
        "quotation": quotation,
        "refusals": stale + against,
        "grouped": grouped(stale + against),
        "can_issue": not against,
        "typed": list(as_typed(plan).lists()),
        "free": free,
        "refused": len(quotation.quotes) - len(free),
        "allocate_url": _allocation(plan, quotation.missing, against),
        "repeats": repeats,
        "has_errors": bool(stale or against),
    }
    refused = request.method == "POST" and bool(context["has_errors"])
    return show(request, "check", context, refused=refused)


def _allocation(plan: quotes.Plan, missing: int, against: Sequence[Refusal]) -> str:
    """Where the missing money is allocated, if money is all that is missing."""
    if [refusal.code for refusal in against] != ["T03"]:
        return ""
    grant = plan.enquiry.grant
    main_line = grant.lines.get(is_main=True)
    query = f"source={main_line.pk}&target={plan.enquiry.line_id}&pence={decimal_pounds(missing)}"
    return f"{reverse('grants:move', args=[grant.pk])}?{query}"


@who_may(TASKS)
def issue(request: SignedIn) -> HttpResponse:
    """Task the officers at the price that was seen. The same press twice tasks once."""
    if request.method != "POST":
        return redirect("tasking:task")
    form = TaskForm(request.POST, by=request.user)
    if not form.is_valid():
        return show(request, "task", {"form": form})
    plan, seen = form.plan(), form.cleaned_data["expected_pence"]
    try:
        issued = services.task(plan, by=request.user, expected_pence=-1 if seen is None else seen)
    except Refusal as refusal:
        hours = (plan.starts_at, plan.ends_at)
        if twin := selectors.same_tasking(plan.enquiry, plan.duty_type, hours, plan.officers):
            messages.info(
                request, "These officers are tasked to this duty already: nothing was tasked twice."
            )
            return redirect("tasking:tasking", twin.pk)
        return _check_page(request, plan, refusal=refusal)
    drafts.discard(request.user, reverse("tasking:check"))
    tasked = "1 officer is" if len(plan.officers) == 1 else f"{len(plan.officers)} officers are"
    messages.success(request, f"{tasked} tasked: {pounds(seen)} committed. {_left_on(plan.enquiry)}")
    return redirect("tasking:tasking", issued.pk)


def _left_on(shown: Enquiry) -> str:
    shown.line.refresh_from_db()
    return f"{shown} has {pounds(shown.line.available)} available."


# Giving money back


class Verb(Protocol):
    """A verb that gives money back, and returns the pence."""

    def __call__(self, *, by: User, reason: str, expected_pence: int | None) -> int: ...


@dataclass(frozen=True, kw_only=True)
class Ending:
    """How a duty, or officers' parts in it, end: what the page says, what returns, and the verb behind it."""

    tasking: Tasking
    heading: str
    button: str
    done: str
    assignments: Sequence[Assignment]
    check: Callable[[], None]
    verb: Verb
    shows_enquiry: bool = True

    @property
    def pence(self) -> int:
        return sum(one.committed_pence for one in self.assignments)

    @property
    def after(self) -> int:
        """Available on the enquiry afterwards."""
        return self.tasking.enquiry.line.available + self.pence


def _end(request: SignedIn, ending: Ending) -> HttpResponse:
    """The page that says what returns, asks why, and does it."""
    about(request, ending.tasking.enquiry.grant)
    form, refusal, possible = GiveBackForm(request.POST or None), None, False
    try:
        ending.check()
        possible = True
        if form.is_valid():
            pence = ending.verb(by=request.user, **form.cleaned_data)
            left = _left_on(ending.tasking.enquiry) if ending.shows_enquiry else ""
            messages.success(request, f"{ending.done} {pounds(pence)} returned to the enquiry. {left}")
            return redirect("tasking:tasking", ending.tasking.pk)
    except Refusal as reason:
        refusal = reason
    context = {"ending": ending, "form": form, "refusal": refusal, "possible": possible}
    return show(request, "give_back", context)


def _controlled(request: SignedIn) -> QuerySet[Tasking]:
    held = Authority.objects.in_force_for(request.user).values("grant")
    rows = Tasking.objects.filter(enquiry__grant__in=held)
    return rows.select_related("enquiry__line", "enquiry__grant")


@who_may(TASKS)
def cancel(request: SignedIn, pk: int) -> HttpResponse:
    """Cancel a duty nobody has claimed."""
    shown = get_object_or_404(_controlled(request), pk=pk)
    assignments = list(selectors.with_names(shown.assignments.all()))
    ending = Ending(
        tasking=shown,
        heading="Cancel this duty",
        button="Cancel the duty",
        done="The duty is cancelled.",
        assignments=[one for one in assignments if one.status == Assignment.Status.TASKED],
        check=partial(checks.nobody_has_claimed, assignments),
        verb=partial(services.cancel, shown),
    )
    return _end(request, ending)


@who_may(TASKS)
def stand_down(request: SignedIn, assignment_pk: int) -> HttpResponse:
    """Take one officer off a duty."""
    shown = get_object_or_404(_controlled(request), assignments=assignment_pk)
    assignment = selectors.with_names(shown.assignments.all()).get(pk=assignment_pk)
    ending = Ending(
        tasking=shown,
        heading=f"Stand down {assignment.officer}",
        button=f"Stand down {assignment.officer}",
        done=f"{assignment.officer} is stood down.",
        assignments=[assignment],
        check=partial(checks.is_unclaimed, assignment),
        verb=partial(services.stand_down, assignment),
    )
    return _end(request, ending)


@who_may("claims.make_claim")
def decline(request: SignedIn, assignment_pk: int) -> HttpResponse:
    """Decline a duty one is named on, before it begins."""
    own = selectors.with_names(Assignment.objects.filter(officer=request.user))
    assignment = get_object_or_404(
        own.select_related("tasking__enquiry__line", "tasking__enquiry__grant"), pk=assignment_pk
    )
    ending = Ending(
        tasking=assignment.tasking,
        heading="Decline this duty",
        button="Decline the duty",
        done="You have declined this duty.",
        assignments=[assignment],
        check=partial(checks.may_decline, assignment, request.user, clock.now()),
        verb=partial(services.decline, assignment),
        shows_enquiry=False,
    )
    return _end(request, ending)


@who_may(TASKS)
def shorten(request: SignedIn, pk: int) -> HttpResponse:
    """End a duty earlier: first what returns is shown, then it is done."""
    shown = get_object_or_404(_controlled(request), pk=pk)
    about(request, shown.enquiry.grant)
    assignments = list(selectors.with_names(shown.assignments.select_related("rule_set__agency")))
    form, refusal = ShortenForm(request.POST or None, tasking=shown), None
    cuts, possible = [], False
    try:
        checks.somebody_is_tasked(assignments)
        possible = True
        if form.is_valid():
            cuts = quotes.cut_short(shown, assignments, form.ends_at)
            if form.cleaned_data["expected_pence"] is not None:
                pence = services.shorten(shown, by=request.user, **form.decided())
                text = f"The duty is shortened. {pounds(pence)} returned. {_left_on(shown.enquiry)}"
                messages.success(request, text)
                return redirect("tasking:tasking", pk)
    except Refusal as reason:
        refusal = reason
    pence = sum(cut.returned for cut in cuts)
    context = {"tasking": shown, "form": form, "cuts": cuts, "refusal": refusal, "pence": pence}
    context["together"] = quotes.cut_together(shown, cuts)
    context["split"] = any(cut.assignment.on_cost_pence for cut in cuts)
    context["possible"] = possible
    context["after"] = shown.enquiry.line.available + pence
    return show(request, "shorten", context, refused=bool(refusal or form.errors))
