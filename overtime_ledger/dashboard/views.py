"""Home by role, a grant's dashboard, its ledger entry by entry, and the files of all three."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any

from django.core.paginator import Paginator
from django.http import FileResponse, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_GET

from claims import late_list
from claims import selectors as claims
from grants.burndown import average_hour
from grants.countdown import about
from grants.forms import AsAtForm, EntriesForm
from grants.models import Grant
from grants.outlook import running_underspends
from grants.selectors import (
    authorities_of,
    authority_of,
    chain_of,
    chains_of,
    entries,
    gates_confirmed,
    grants_listed,
    movement,
)
from grants.terms_words import changes_of
from grants.views import visible_grant
from overtime_ledger import clock
from overtime_ledger.accounts.access import SignedIn, who_may
from overtime_ledger.accounts.models import User
from overtime_ledger.audit.exports import Column, export
from overtime_ledger.audit.selectors import accesses
from overtime_ledger.dashboard import reports
from overtime_ledger.dashboard.figures import Figures, figures, queues
from overtime_ledger.funder.models import CERTIFIES
from overtime_ledger.funder.selectors import to_certify
from overtime_ledger.payments.matching import papers_for
from overtime_ledger.ui import A_PAGE
from tasking.buying import at_the_average, purchase
from tasking.forms import BuysForm
from tasking.selectors import recent_taskings, time_off_to_grant, time_owed_to, toil_due

SHOWN = 10
"""How many things to act on a home page lists before it leads to all of them."""
TO_DECIDE = 5
"""How many claims with questions stand beside the burn-down."""


@require_GET
def home(request: SignedIn) -> HttpResponse:
    """What a person has to do and to know, by the roles they have; with one grant, its dashboard."""
    user = request.user
    seen = Grant.objects.visible_to(user) if user.has_perm("grants.view_grant") else Grant.objects.none()
    rows = grants_listed(seen)
    context: dict[str, Any] = {"rows": rows, "panels": _panels(user, [row.grant for row in rows])}
    if len(rows) == 1:
        about(request, rows[0].grant)
        context |= _dashboard(request, rows[0].grant)
    elif rows:
        context["underspends"] = running_underspends(row.grant for row in rows)
    context["nothing"] = not rows and not any(context["panels"].values())
    return render(request, "home/home.html", context)


@who_may("grants.view_grant")
@require_GET
def grant(request: SignedIn, pk: int) -> HttpResponse:
    """The dashboard of a grant with its terms, gates, authorities and agreements."""
    found = visible_grant(request, pk)
    context = {
        "gates": found.gates.select_related("recorded_by", "confirmed_by").order_by("pk"),
        "authorities": authorities_of(found),
        "agreements": found.agreements.select_related("agency", "confirmed_by"),
        "chain": chain_of(found),
        "changes": changes_of(found),
    }
    return render(request, "grants/grant.html", context | _dashboard(request, found))


@who_may("grants.view_grant")
@require_GET
def buys(request: SignedIn) -> HttpResponse:
    """What a sum buys of a grant's overtime; unasked, what its available money buys today."""
    grants = list(Grant.objects.visible_to(request.user).select_related("lead_force"))
    named = [one for one in grants if str(one.pk) == request.GET.get("grant")]
    chosen = next(iter(named or grants), None)
    asked = request.GET if "pounds" in request.GET else None
    start = _to_begin_with(chosen) if chosen else {}
    form = BuysForm(asked, grants=grants, initial=start)
    context: dict[str, Any] = {"form": form, "grants": grants}
    question = form.cleaned_data if form.is_valid() else {} if asked else start
    if chosen:
        about(request, chosen)
    if chosen and question:
        minutes, pence = claims.worked_minutes(chosen)
        average = average_hour(worked_minutes=minutes, costed_pence=pence)
        context["purchase"] = purchase(chosen, question["pounds"], question["on"])
        context["average"] = at_the_average(average, question["pounds"])
    return render(request, "tasking/buys.html", context)


def _to_begin_with(grant: Grant) -> dict[str, Any]:
    """What has not been tasked yet, or of a grant without money what it will get; for duties of today."""
    available = sum(line.available for line in grant.lines.all())
    return {"grant": grant.pk, "pounds": available or grant.amount_pence, "on": clock.today()}


@who_may("grants.view_ledgerentry")
@require_GET
def ledger_entries(request: SignedIn, pk: int) -> HttpResponseBase:
    """The entries of a grant: filtered, totalled, 50 a page, and as a file."""
    found = visible_grant(request, pk)
    form = EntriesForm(found, request.GET)
    chosen = form.chosen()
    rows = entries(found, **chosen) if form.is_valid() else entries(found).none()
    if agency := form.chosen_agency():
        rows = claims.of_agency(rows, agency)
    if request.GET.get("format"):
        after = [reports.EFFECT] if chosen["stage"] else []
        columns = [*reports.TRANSACTIONS[:7], *after, *reports.TRANSACTIONS[7:]]
        listed = reports.transactions(rows.iterator(chunk_size=1000))
        return _file(request, found, "Transactions", columns, listed, chosen["as_at"], form.in_words())
    page = Paginator(rows, A_PAGE).get_page(request.GET.get("page"))
    context = {
        "grant": found,
        "form": form,
        "chosen": chosen,
        "page": page,
        "transactions": list(reports.transactions(page.object_list)),
        "movement": movement(rows),
    }
    return render(request, "grants/entries.html", context)


@who_may("grants.view_grant")
@require_GET
def position(request: SignedIn, pk: int, file_format: str) -> FileResponse:
    """The position of a grant, line by line, as a file."""
    shown = _figures(request, visible_grant(request, pk))
    return _file(
        request, shown.grant, "Position", reports.POSITION, shown.lines, shown.as_at, {}, file_format
    )


@who_may("grants.view_grant")
@require_GET
def agencies(request: SignedIn, pk: int, file_format: str) -> FileResponse:
    """What each agency holds on a grant's ladder, as a file."""
    shown = _figures(request, visible_grant(request, pk))
    title = "Position by agency"
    return _file(request, shown.grant, title, reports.AGENCIES, shown.agencies, shown.as_at, {}, file_format)


@who_may("grants.view_grant")
@require_GET
def weeks(request: SignedIn, pk: int, file_format: str) -> FileResponse:
    """The burn-down of a grant, week by week, as a file."""
    shown = _figures(request, visible_grant(request, pk))
    title = "Burn-down by week"
    return _file(request, shown.grant, title, reports.WEEKS, shown.weeks, shown.as_at, {}, file_format)


@who_may("grants.view_grant")
@require_GET
def variance(request: SignedIn, pk: int, file_format: str) -> FileResponse:
    """The variance of a grant, line by line with what is said of it, as a file."""
    shown = _figures(request, visible_grant(request, pk))
    return _file(
        request, shown.grant, "Variance", reports.VARIANCE, shown.variances, shown.as_at, {}, file_format
    )


@who_may("grants.view_grant")
@require_GET
def spending(request: SignedIn, pk: int, file_format: str) -> FileResponse:
    """What each agency spent of a grant, week by week, as a file."""
    shown = _figures(request, visible_grant(request, pk))
    columns, title = reports.spending(shown.spending), "Spending by week and agency"
    return _file(request, shown.grant, title, columns, shown.spending.rows, shown.as_at, {}, file_format)


def _dashboard(request: SignedIn, grant: Grant) -> dict[str, Any]:
    """What the template of the dashboard shows; a past day has figures, but nothing to do."""
    form = AsAtForm(request.GET if "as_at" in request.GET or "as_at_0" in request.GET else None)
    as_at = form.cleaned_data.get("as_at") if form.is_valid() else None
    shown = figures(grant, as_at=as_at)
    held = authority_of(request.user, grant)
    confirmed, needed = gates_confirmed(grant)
    return {
        "grant": grant,
        "figures": shown,
        "queues": None if shown.is_past else queues(grant),
        "to_decide": claims.to_decide(request.user, grant)[:TO_DECIDE] if held and not shown.is_past else [],
        "recent": [] if shown.is_past else recent_taskings(grant),
        "toil": None if shown.is_past else toil_due(grant),
        "authority": held,
        "may_comment": not shown.is_past and (held or request.user.has_perm("grants.set_up_grant")),
        "as_at_form": form,
        "has_errors": bool(form.errors),
        "gates_confirmed": confirmed,
        "gates_needed": needed,
    }


def _figures(request: SignedIn, grant: Grant) -> Figures:
    form = AsAtForm(request.GET)
    return figures(grant, as_at=form.cleaned_data["as_at"] if form.is_valid() else None)


def _file(
    request: SignedIn,
    grant: Grant,
    title: str,
    columns: Sequence[Column],
    rows: Iterable[Any],
    as_at: date | None,
    filters: dict[str, str],
    file_format: str = "",
) -> FileResponse:
    return export(
        request,
        title=f"{grant} {title}",
        columns=columns,
        rows=rows,
        file_format=file_format or request.GET["format"],
        filters=filters,
        basis="Accruals: money is incurred on the day of its duty",
        grants=[grant],
        as_at=as_at,
    )


def _panels(user: User, grants: Sequence[Grant]) -> dict[str, Any]:
    """The panels of a person's own work, by role. Those who have not the role have not the panel."""
    makers = {
        "officer": ("claims.make_claim", _officer),
        "clerk": ("claims.claim_for_agency", _clerk),
        "supervisor": ("claims.certify_claim", _supervisor),
    }
    panels: dict[str, Any] = {
        name: make(user) for name, (permission, make) in makers.items() if user.has_perm(permission)
    }
    if user.has_perm("audit.view_accesslog") and not user.has_perm("grants.set_up_grant"):
        panels["auditor"] = {
            "chains": chains_of(grants),
            "accesses": accesses()[:SHOWN],
        }
    if user.has_perm("claims.make_claim") or user.has_perm("claims.claim_for_agency"):
        panels["late"] = late_list.late_duties(user, 2 * SHOWN)
    if user.has_perm("grants.set_up_grant"):
        panels["finance"] = {"late": late_list.total(late_list.listed(user).filter(status="asked"))}
    if grants and user.has_perm("grants.allocate_grant"):
        panels["released"] = _released(user)
    if any(user.has_perm(permission) for permission in CERTIFIES):
        panels["certifier"] = to_certify(user)
    if user.has_perm("accounts.change_user"):
        panels["administrator"] = {"people": User.objects.filter(is_active=True).count()}
    return panels


def _released(user: User) -> dict[str, Any]:
    """What returned to the enquiries of one's grants since yesterday, as nobody claimed it; {} if nothing."""
    since = clock.today() - timedelta(days=1)
    total = late_list.returned(late_list.released_since(late_list.released(user), since))
    return {"since": since, "total": total} if total.count else {}


def _officer(user: User) -> dict[str, Any]:
    return {
        "to_claim": claims.duties_to_claim(user),
        "to_answer": claims.to_answer(user),
        "to_come": claims.duties_to_come(user)[:SHOWN],
        "claims": claims.my_claims(user, SHOWN),
        "owed": time_owed_to(user),
    }


def _clerk(user: User) -> dict[str, Any]:
    duties = claims.agency_duties(user)
    return {
        "to_claim": duties[: 2 * SHOWN],
        "total": claims.total(duties),
        "to_answer": claims.to_answer(user),
        "claims": claims.agency_claims(user, SHOWN),
        "papers": papers_for(user),
    }


def _supervisor(user: User) -> dict[str, Any]:
    rows = claims.to_certify(user)
    return {
        "to_certify": rows[:SHOWN],
        "total": claims.total(rows),
        "time_off": time_off_to_grant(user).count(),
    }
