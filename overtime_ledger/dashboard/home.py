"""The home page: what a person has to do and to know, by their roles."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from claims import late_list
from claims import selectors as claims
from grants.countdown import about
from grants.models import Grant
from grants.outlook import running_underspends
from grants.selectors import chains_of, grants_listed
from overtime_ledger import clock
from overtime_ledger.accounts.access import SignedIn
from overtime_ledger.accounts.models import User
from overtime_ledger.audit.selectors import accesses
from overtime_ledger.books.selectors.periods import to_close
from overtime_ledger.dashboard.grant import overview
from overtime_ledger.funder.models import CERTIFIES
from overtime_ledger.funder.selectors import to_certify
from overtime_ledger.payments.matching import papers_for
from tasking.selectors import time_off_to_grant, time_owed_to

SHOWN = 10
"""How many things to act on a home page lists before it leads to all of them."""


@require_GET
def home(request: SignedIn) -> HttpResponse:
    """What a person has to do and to know, by the roles they have; with one grant, its dashboard."""
    user = request.user
    seen = Grant.objects.visible_to(user) if user.has_perm("grants.view_grant") else Grant.objects.none()
    rows = grants_listed(seen)
    context: dict[str, Any] = {"rows": rows, "panels": _panels(user, [row.grant for row in rows])}
    if len(rows) == 1:
        about(request, rows[0].grant)
        context |= overview(request, rows[0].grant)
    elif rows:
        context["underspends"] = running_underspends(row.grant for row in rows)
    context["nothing"] = not rows and not any(context["panels"].values())
    return render(request, "home/home.html", context)


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
        panels["finance"] = {
            "late": late_list.total(late_list.listed(user).filter(status="asked")),
            "months": to_close(grants),
        }
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
