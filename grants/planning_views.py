"""Pages of how a grant is meant to run down: its profile, comments on variances, notices of an underspend."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from grants import outlook, planning
from grants.models import BudgetLine, Grant
from grants.planning_forms import AnswerForm, By, CommentForm, ProfileForm
from grants.selectors import agencies_of, authority_of
from grants.views import visible_grant
from overtime_ledger import clock
from overtime_ledger.accounts.access import SignedIn, who_may
from overtime_ledger.accounts.models import Agency
from overtime_ledger.accounts.two_people import state_of
from overtime_ledger.errors import Refusal

FINANCE = "grants.set_up_grant"


@who_may("grants.view_grant")
@require_GET
def profile(request: SignedIn, pk: int) -> HttpResponse:
    """The profile in force, the one that waits for a second person, and those before."""
    return _profile_page(request, visible_grant(request, pk))


def _profile_page(
    request: SignedIn, grant: Grant, *, refusal: Refusal | None = None, status: int = 200
) -> HttpResponse:
    in_force = outlook.profile_of(grant, as_at=clock.today())
    rows = grant.profiles.select_related("recorded_by", "confirmed_by")
    waiting = next((row for row in rows if not row.confirmed_by_id), None)
    context = {
        "grant": grant,
        "in_force": in_force,
        "plan": outlook.shown(grant, in_force),
        "waiting": waiting,
        "waiting_plan": outlook.shown(grant, waiting) if waiting else [],
        "seen": state_of(waiting) if waiting else "",
        "earlier": [row for row in rows if row.confirmed_by_id and row != in_force],
        "refusal": refusal,
    }
    return render(request, "grants/profile.html", context, status=status)


@who_may(FINANCE)
@require_http_methods(["GET", "POST"])
def set_profile(request: SignedIn, pk: int) -> HttpResponse:
    """Finance sets a profile by week or by month; a second person confirms it on the profile's page."""
    grant = visible_grant(request, pk)
    by: By = "week" if request.GET.get("by") == "week" else "month"
    terms = outlook.terms_of(grant, outlook.profile_of(grant, as_at=clock.today()))
    form = ProfileForm(request.POST or None, grant=grant, terms=terms, by=by)
    context: dict[str, Any] = {"grant": grant, "form": form, "by": by}
    if form.is_valid():
        try:
            reason = form.cleaned_data["reason"]
            planning.set_profile(grant, by=request.user, points=form.points, reason=reason)
        except Refusal as refusal:
            context["refusal"] = refusal
        else:
            messages.success(request, "The profile is recorded; somebody else in finance confirms it.")
            return redirect("grants:profile", grant.pk)
    status = 422 if form.errors or "refusal" in context else 200
    return render(request, "grants/set_profile.html", context, status=status)


@who_may(FINANCE)
@require_POST
def confirm_profile(request: SignedIn, pk: int) -> HttpResponse:
    """A second person confirms the profile that waits."""
    grant = visible_grant(request, pk)
    waiting = get_object_or_404(grant.profiles.filter(confirmed_by__isnull=True))
    try:
        planning.confirm_profile(waiting, by=request.user, seen=request.POST.get("seen", ""))
    except Refusal as refusal:
        return _profile_page(request, grant, refusal=refusal, status=422)
    messages.success(request, "The profile is in force from today.")
    return redirect("grants:profile", grant.pk)


@who_may(FINANCE)
@require_POST
def drop_profile(request: SignedIn, pk: int) -> HttpResponse:
    """Take back the profile that waits."""
    grant = visible_grant(request, pk)
    waiting = get_object_or_404(grant.profiles.filter(confirmed_by__isnull=True))
    try:
        planning.drop_profile(waiting, by=request.user)
    except Refusal as refusal:
        return _profile_page(request, grant, refusal=refusal, status=422)
    messages.success(request, "The profile is taken back.")
    return redirect("grants:profile", grant.pk)


@who_may(FINANCE, "grants.allocate_grant")
@require_http_methods(["GET", "POST"])
def comment(request: SignedIn, pk: int) -> HttpResponse:
    """Say why a line or an agency is off its plan; what was said before stands beneath."""
    grant = visible_grant(request, pk)
    if not request.user.has_perm(FINANCE) and authority_of(request.user, grant) is None:
        raise Http404
    about = _about(request, grant)
    form = CommentForm(request.POST or None)
    context: dict[str, Any] = {"grant": grant, "form": form, "name": _name(*about.values())}
    if form.is_valid():
        try:
            planning.comment(grant, by=request.user, **about, **form.cleaned_data)
        except Refusal as refusal:
            context["refusal"] = refusal
        else:
            messages.success(request, f"What you said of {context['name']} is on record.")
            return redirect("grants:by_line", grant.pk)
    context["said"] = grant.variance_comments.filter(**about).select_related("given_by")
    status = 422 if form.errors or "refusal" in context else 200
    return render(request, "grants/comment.html", context, status=status)


def _about(request: SignedIn, grant: Grant) -> dict[str, Any]:
    """The line or the agency that the address names, or page not found."""
    line, agency = request.GET.get("line", ""), request.GET.get("agency", "")
    if line.isdecimal() and len(line) < 19 and not agency:
        return {"line": get_object_or_404(grant.lines.all(), pk=line)}
    if agency.isdecimal() and len(agency) < 19 and not line:
        return {"agency": get_object_or_404(agencies_of(grant), pk=agency)}
    raise Http404


def _name(about: BudgetLine | Agency) -> str:
    if isinstance(about, BudgetLine):
        return "the grant" if about.is_main else str(about)
    return about.name


@require_http_methods(["GET", "POST"])
def underspend(request: SignedIn, pk: int) -> HttpResponse:
    """Notices of an underspend with their answers; the controlling DI answers the one that waits here."""
    grant = visible_grant(request, pk)
    if not request.user.has_perm("grants.view_grant"):
        raise Http404
    notices = list(grant.underspends.select_related("answered_by"))
    waiting = next((one for one in notices if one.waits), None)
    controls = authority_of(request.user, grant) is not None
    may_answer = controls and waiting is not None
    if request.method == "POST" and not may_answer:
        raise Http404
    form = AnswerForm(request.POST or None, grant=grant) if may_answer else None
    context: dict[str, Any] = {"grant": grant, "form": form, "notices": notices, "waiting": waiting}
    if form is not None and waiting is not None and form.is_valid():
        try:
            planning.answer_underspend(waiting, by=request.user, **form.cleaned_data)
        except Refusal as refusal:
            context["refusal"] = refusal
        else:
            messages.success(request, "Your answer is on record.")
            return redirect("grants:grant", grant.pk)
    status = 422 if (form is not None and form.errors) or "refusal" in context else 200
    return render(request, "grants/underspend.html", context, status=status)
