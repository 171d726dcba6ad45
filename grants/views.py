"""Pages of a grant: the list, moving money, delegating, setting up. The dashboard is in a layer above."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from grants import services
from grants.countdown import about
from grants.forms import DelegateForm, ForecastForm, MoveForm, SetUpForm
from grants.models import Authority, BudgetLine, Grant
from grants.selectors import authorities_of, authority_of, grants_listed
from overtime_ledger.accounts import presses
from overtime_ledger.accounts.access import SignedIn, who_may
from overtime_ledger.accounts.models import User
from overtime_ledger.errors import Refusal
from overtime_ledger.money import pounds


def visible_grant(request: SignedIn, pk: int) -> Grant:
    """A grant this person may open, or page not found; the page bears the grant's marking."""
    seen = Grant.objects.visible_to(request.user).select_related("lead_force")
    grant = get_object_or_404(seen, pk=pk)
    about(request, grant)
    return grant


@who_may("grants.view_grant")
@require_GET
def grants(request: SignedIn) -> HttpResponse:
    """The grants this person may open, with their ladders."""
    rows = grants_listed(Grant.objects.visible_to(request.user))
    return render(request, "grants/grants.html", {"rows": rows})


@who_may("grants.allocate_grant")
@require_http_methods(["GET", "POST"])
def move(request: SignedIn, pk: int) -> HttpResponse:
    """Allocate money or move it between two lines: a form, both lines before and after, the move."""
    grant = _controlled_grant(request, pk)
    proposed = {name: request.GET[name] for name in ("source", "target", "pence") if request.GET.get(name)}
    form = MoveForm(grant, request.POST or None, initial={"source": _main(grant), **proposed})
    context: dict[str, Any] = {"grant": grant, "form": form}
    if form.is_valid() and "change" not in request.POST:
        token, given = str(form.cleaned_data["token"]), _without_token(form)
        try:
            if "confirmed" in request.POST:
                services.move(**given, token=token, by=request.user)
                messages.success(request, f"Moved {said(form)}.")
                return redirect("grants:grant", grant.pk)
            services.may_move(**given, by=request.user)
            return render(request, "grants/move_check.html", context | _both_lines(form) | _typed(request))
        except Refusal as refusal:
            context["refusal"] = refusal
    status = 422 if form.errors or "refusal" in context else 200
    return render(request, "grants/move.html", context, status=status)


@who_may("grants.view_grant")
@require_http_methods(["GET", "POST"])
def forecast(request: SignedIn, pk: int) -> HttpResponse:
    """The DI's own forecasts, the latest first; whoever decides states another. It moves no money."""
    grant = visible_grant(request, pk)
    form = ForecastForm(request.POST or None) if authority_of(request.user, grant) else None
    refusal = None
    if request.method == "POST" and form is None:
        raise Http404
    if form is not None and form.is_valid():
        try:
            services.foretell(grant, by=request.user, **form.cleaned_data)
        except Refusal as refused:
            refusal = refused
        else:
            messages.success(request, "Your forecast is on record.")
            return redirect("grants:grant", grant.pk)
    given = grant.own_forecasts.select_related("given_by").order_by("-given_on", "-pk")
    context = {"grant": grant, "form": form, "refusal": refusal, "given": given}
    status = 422 if (form is not None and form.errors) or refusal else 200
    return render(request, "grants/forecast.html", context, status=status)


@require_http_methods(["GET", "POST"])
def delegations(request: SignedIn, pk: int) -> HttpResponse:
    """Who controls a grant and when; the controlling DI delegates here."""
    grant = visible_grant(request, pk)
    by = request.user
    form = DelegateForm(grant, request.POST or None) if _is_controlling(by, grant) else None
    context: dict[str, Any] = {"grant": grant, "form": form, "authorities": authorities_of(grant)}
    if request.method == "POST" and form is None:
        raise Http404
    if form is not None and form.is_valid() and "change" not in request.POST:
        if "confirmed" not in request.POST:
            return render(request, "grants/delegation_check.html", context | _given(request, form))
        token = form.cleaned_data["token"]
        if not presses.is_first(by, token):
            messages.info(request, "This delegation is on record already: nothing was delegated twice.")
            return redirect("grants:delegations", grant.pk)
        try:
            made = services.delegate(grant, by=by, **_without_token(form))
        except Refusal as refusal:
            presses.was_not_done(by, token)
            return render(request, "grants/delegations.html", context | {"refusal": refusal}, status=422)
        messages.success(request, f"{made.person} acts for you until {made.to_on:%-d %B %Y}.")
        return redirect("grants:delegations", grant.pk)
    status = 422 if form is not None and form.errors else 200
    return render(request, "grants/delegations.html", context, status=status)


@who_may("grants.allocate_grant")
@require_http_methods(["GET", "POST"])
def end_delegation(request: SignedIn, pk: int, authority_pk: int) -> HttpResponse:
    """End a delegation with today, after asking."""
    grant = visible_grant(request, pk)
    by = request.user
    if not _is_controlling(by, grant):
        raise Http404
    held = get_object_or_404(grant.authorities.filter(kind=Authority.Kind.DEPUTY), pk=authority_pk)
    if request.method == "GET":
        return render(request, "grants/delegation_end.html", {"grant": grant, "held": held})
    try:
        services.end_delegation(held, by=by)
    except Refusal as refusal:
        context = {"grant": grant, "held": held, "refusal": refusal}
        return render(request, "grants/delegation_end.html", context, status=422)
    messages.success(request, f"The delegation of {held.person} ends today.")
    return redirect("grants:delegations", grant.pk)


@who_may("grants.set_up_grant")
@require_http_methods(["GET", "POST"])
def set_up(request: SignedIn) -> HttpResponse:
    """Set up a grant as a draft; its gates are then recorded and confirmed in the administration."""
    form = SetUpForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and "change" not in request.POST:
        if "confirmed" not in request.POST:
            return render(request, "grants/set_up_check.html", _given(request, form))
        grant = services.set_up_grant(by=request.user, **form.cleaned_data)
        messages.success(request, f"{grant} is set up as a draft. It opens when its gates are confirmed.")
        return redirect("grants:grant", grant.pk)
    return render(request, "grants/set_up.html", {"form": form}, status=422 if form.errors else 200)


def _controlled_grant(request: SignedIn, pk: int) -> Grant:
    """A grant on which this person decides today, or page not found."""
    grant = visible_grant(request, pk)
    if authority_of(request.user, grant) is None:
        raise Http404
    return grant


def _is_controlling(user: User, grant: Grant) -> bool:
    held = authority_of(user, grant)
    return held is not None and held.kind == Authority.Kind.CONTROLLING_DI


def _main(grant: Grant) -> BudgetLine:
    return grant.lines.get(is_main=True)


def _both_lines(form: MoveForm) -> dict[str, Any]:
    """What is available on both lines before and after, and what the button says."""
    given = form.cleaned_data
    source, target, pence = given["source"], given["target"], given["pence"]
    changes = [
        (source, source.available, source.available - pence),
        (target, target.available, target.available + pence),
    ]
    return {"given": given, "changes": changes, "said": said(form)}


def _without_token(form: MoveForm | DelegateForm) -> dict[str, Any]:
    return {name: value for name, value in form.cleaned_data.items() if name != "token"}


def said(form: MoveForm) -> str:
    """A move in words: "£5,000.00 from Main line to Enquiry 3"."""
    given = form.cleaned_data
    return f"{pounds(given['pence'])} from {given['source']} to {given['target']}"


def _given(request: SignedIn, form: DelegateForm | SetUpForm) -> dict[str, Any]:
    return {"form": form, "given": form.cleaned_data} | _typed(request)


def _typed(request: SignedIn) -> dict[str, Any]:
    """What was typed, to be carried through the page that checks it."""
    buttons = ("csrfmiddlewaretoken", "confirmed", "change")
    return {"typed": [(name, value) for name, value in request.POST.items() if name not in buttons]}
