"""Where grants stand with their funders, and the money that comes and goes."""

from collections.abc import Mapping
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Q, Sum
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from grants.models import Grant
from overtime_ledger.accounts.access import SignedIn, who_may
from overtime_ledger.funder import selectors, services
from overtime_ledger.funder.forms import ReasonForm, TransferForm
from overtime_ledger.funder.models import FunderClaim, Transfer, grants_readable_by
from overtime_ledger.funder.views.doors import DRAW, READ, Done, ask, visible_grant
from overtime_ledger.money import pounds
from overtime_ledger.ui import A_PAGE

RECEIVED = Sum("receipts__pence", filter=Q(receipts__struck_at__isnull=True), default=0)


@who_may(READ)
@require_GET
def overview(request: SignedIn) -> HttpResponse:
    """Each grant that is open or was: what is claimed of it, received and due, and the claims that wait."""
    grants = grants_readable_by(request.user).exclude(status=Grant.Status.DRAFT)
    claims = FunderClaim.objects.visible_to(request.user).filter(status=FunderClaim.Status.DRAWN)
    context = {
        "accounts": selectors.accounts(list(grants)),
        "waiting": claims.select_related("grant", "pm_by", "cfo_by"),
    }
    return render(request, "funder/overview.html", context)


@who_may(READ)
@require_GET
def account(request: SignedIn, pk: int) -> HttpResponse:
    """A grant's account with its funder: figures, claims, money, and what was reversed after claiming."""
    grant = visible_grant(request, pk)
    claims = grant.funder_claims.annotate(received=RECEIVED).order_by("-number")
    transfers = grant.funder_transfers.select_related("claim", "recorded_by", "struck_by")
    context = {
        "grant": grant,
        "account": selectors.account(grant),
        "day_of": selectors.DAY_OF[grant.claim_basis],
        "page": Paginator(claims, A_PAGE).get_page(request.GET.get("page")),
        "transfers": transfers[:A_PAGE],
        "taken_back": selectors.due_back(grant)[:A_PAGE],
        "in_hand": grant.funder_claims.filter(status=FunderClaim.Status.DRAWN).first(),
    }
    return render(request, "funder/account.html", context)


@who_may(DRAW)
@require_http_methods(["GET", "POST"])
def repay(request: SignedIn, pk: int) -> HttpResponse:
    """Record money that went back to the funder."""
    grant = visible_grant(request, pk)

    def act(given: Mapping[str, Any]) -> Done:
        made = services.repay(
            grant,
            pence=given["pence"],
            repaid_on=given["happened_on"],
            reference=given["reference"],
            by=request.user,
        )
        return Done(
            f"Repaid to the funder: {pounds(made.pence)}.", reverse("funder:account", args=[grant.pk])
        )

    return ask(
        request,
        "funder/repay.html",
        TransferForm(request.POST or None),
        {"grant": grant, "account": selectors.account(grant)},
        act=act,
    )


@who_may(DRAW)
@require_http_methods(["GET", "POST"])
def strike_out(request: SignedIn, pk: int) -> HttpResponse:
    """Strike out a receipt or a repayment that was recorded wrongly."""
    rows = Transfer.objects.visible_to(request.user).select_related("grant", "claim", "recorded_by")
    transfer = get_object_or_404(rows, pk=pk)
    visible_grant(request, transfer.grant_id)

    def act(given: Mapping[str, Any]) -> Done:
        services.strike_out(transfer, by=request.user, reason=given["reason"])
        said = f"Struck out: {transfer}, {pounds(transfer.pence)}."
        return Done(said, reverse("funder:account", args=[transfer.grant_id]))

    return ask(
        request,
        "funder/strike_out.html",
        ReasonForm(request.POST or None),
        {"transfer": transfer, "grant": transfer.grant},
        act=act,
    )
