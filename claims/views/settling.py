"""What finance does with approved claims: see what is due, mark it as paid, hand the list on."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render

from claims import selectors, services
from claims.forms.settling import SettleForm
from claims.models import Claim, Settlement
from claims.views.registers import BATCH
from grants.countdown import about
from grants.models import Grant
from overtime_ledger.accounts.access import SignedIn, who_may
from overtime_ledger.accounts.models import Agency
from overtime_ledger.audit.exports import export
from overtime_ledger.errors import Refusal
from overtime_ledger.money import pounds
from overtime_ledger.ui import A_PAGE

MOST_AT_ONCE = 500  # boxes to tick on one page


@who_may("claims.view_settlement")
def settlement(request: SignedIn) -> HttpResponse:
    """What is approved and not paid, agency by agency, and what was paid before."""
    grants = Grant.objects.visible_to(request.user)
    paid = Settlement.objects.filter(grant__in=grants).select_related("grant", "agency", "settled_by")
    page = Paginator(paid, A_PAGE).get_page(request.GET.get("page"))
    due = selectors.to_settle(*grants)
    context = {
        "due": due,
        "total": selectors.Total(sum(one.count for one in due), sum(one.pence for one in due)),
        "page": page,
        "several": len(grants) > 1,
    }
    return render(request, "claims/settlement.html", context)


@who_may("claims.settle_claim")
def settle(request: SignedIn) -> HttpResponse:
    """Tick the approved claims of one agency that were paid, check the total, mark them as settled."""
    grant, agency = _grant(request), _agency(request)
    about(request, grant)
    everybodys = selectors.due(grant, agency)
    due = everybodys.without_interest_of(request.user)
    shown = list(due[:MOST_AT_ONCE])
    form = SettleForm(request.POST or None, due=due, shown=shown, agency=agency)
    context: dict[str, object] = {"grant": grant, "agency": agency, "shown": shown, "form": form}
    if request.method == "POST" and "change" not in request.POST and form.is_valid():
        typed = form.cleaned_data
        total = selectors.total(typed["claims"])
        if typed["expected_pence"] is None:
            return render(request, "claims/settle_check.html", context | {"total": total})
        try:
            made = services.settle(
                list(typed["claims"]),
                grant=grant,
                agency=agency,
                reference=typed["reference"],
                by=request.user,
                expected_pence=typed["expected_pence"],
            )
            messages.success(request, f"Settled {made.claim_count} claims: {pounds(made.pence)}.")
            return redirect("claims:settled", made.pk)
        except Refusal as refusal:
            context["refusal"] = refusal
    total = selectors.total(due)
    context |= {
        "total": total,
        "all_shown": len(shown) < MOST_AT_ONCE,
        "left_out": everybodys.count() - total.count,
    }
    failed = form.errors or context.get("refusal")
    return render(request, "claims/settle.html", context, status=422 if failed else 200)


@who_may("claims.view_settlement")
def settled(request: SignedIn, pk: int) -> HttpResponseBase:
    """A settlement with its control total and its claims; as a file, the batch or statement."""
    paid = Settlement.objects.filter(grant__in=Grant.objects.visible_to(request.user))
    made = get_object_or_404(paid.select_related("grant", "agency", "settled_by"), pk=pk)
    about(request, made.grant)
    claims = made.claims.order_by("pk")
    if file_format := request.GET.get("format"):
        return export(
            request,
            title=f"{made.kind} {made.reference}",
            columns=BATCH,
            rows=selectors.register(claims).iterator(chunk_size=500),
            file_format=file_format,
            filters={"Grant": str(made.grant), "Agency": made.agency.name, "Settlement": str(made)},
            marking=made.grant.marking,
        )
    undone = selectors.total(claims.filter(status=Claim.Status.REVERSED))
    page = Paginator(claims.select_related("claimant", "enquiry", "agency"), A_PAGE).get_page(
        request.GET.get("page")
    )
    return render(request, "claims/settled.html", {"settlement": made, "page": page, "reversed": undone})


def _grant(request: SignedIn) -> Grant:
    rows = Grant.objects.visible_to(request.user)
    return get_object_or_404(rows, pk=_number(request, "grant"))


def _agency(request: SignedIn) -> Agency:
    return get_object_or_404(Agency, pk=_number(request, "agency"))


def _number(request: SignedIn, name: str) -> int:
    """A number in the address; what is none names nothing."""
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
