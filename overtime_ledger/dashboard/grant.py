"""The pages of a grant, each what one comes for: overview, budget lines, agencies, weeks, terms and gates."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from claims import selectors as claims
from grants.forms import AsAtForm
from grants.models import Grant
from grants.selectors import authority_of, chain_of, gates_confirmed
from grants.terms_words import changes_of
from grants.views import visible_grant
from overtime_ledger.accounts.access import SignedIn, who_may
from overtime_ledger.dashboard.figures import figures, queues
from tasking.selectors import recent_taskings, toil_due

TO_DECIDE = 5
"""How many claims with questions stand beside the burn-down."""


@who_may("grants.view_grant")
@require_GET
def grant(request: SignedIn, pk: int) -> HttpResponse:
    """The overview of a grant: where its money is, where it goes, and what waits."""
    return render(request, "grants/grant.html", overview(request, visible_grant(request, pk)))


@who_may("grants.view_grant")
@require_GET
def by_line(request: SignedIn, pk: int) -> HttpResponse:
    """The budget lines: the ladder of each enquiry, and the variance with what is said of it."""
    context = _at_a_day(request, visible_grant(request, pk))
    found, past = context["grant"], context["figures"].is_past
    may_comment = authority_of(request.user, found) or request.user.has_perm("grants.set_up_grant")
    return render(
        request,
        "grants/by_line.html",
        context | {"may_comment": may_comment and not past and not found.is_closed},
    )


@who_may("grants.view_grant")
@require_GET
def by_agency(request: SignedIn, pk: int) -> HttpResponse:
    """What each agency holds of the ladder, and the agreements with them."""
    found = visible_grant(request, pk)
    agreements = found.agreements.select_related("agency", "confirmed_by")
    return render(request, "grants/by_agency.html", _at_a_day(request, found) | {"agreements": agreements})


@who_may("grants.view_grant")
@require_GET
def by_week(request: SignedIn, pk: int) -> HttpResponse:
    """The burn-down week by week, and what each agency spent in each."""
    return render(request, "grants/by_week.html", _at_a_day(request, visible_grant(request, pk)))


@who_may("grants.view_grant")
@require_GET
def terms(request: SignedIn, pk: int) -> HttpResponse:
    """The terms, every change of them, and the gates."""
    found = visible_grant(request, pk)
    context = {
        "grant": found,
        "gates": found.gates.select_related("recorded_by", "confirmed_by").order_by("pk"),
        "chain": chain_of(found),
        "changes": changes_of(found),
    }
    return render(request, "grants/terms.html", context)


def overview(request: SignedIn, grant: Grant) -> dict[str, Any]:
    """What the overview shows, on the grant's own page and at home; a past day has nothing to do."""
    context = _at_a_day(request, grant)
    held = authority_of(request.user, grant)
    confirmed, needed = gates_confirmed(grant)
    context |= {"authority": held, "gates_confirmed": confirmed, "gates_needed": needed}
    if not context["figures"].is_past:
        context |= {
            "queues": queues(grant),
            "to_decide": claims.to_decide(request.user, grant)[:TO_DECIDE] if held else [],
            "recent": recent_taskings(grant),
            "toil": toil_due(grant),
        }
    return context


def _at_a_day(request: SignedIn, grant: Grant) -> dict[str, Any]:
    """The grant with its figures of the day asked for, or of today if that cannot be read."""
    form = AsAtForm(request.GET if "as_at" in request.GET or "as_at_0" in request.GET else None)
    as_at = form.cleaned_data.get("as_at") if form.is_valid() else None
    shown = figures(grant, as_at=as_at)
    return {"grant": grant, "figures": shown, "as_at_form": form, "has_errors": bool(form.errors)}
