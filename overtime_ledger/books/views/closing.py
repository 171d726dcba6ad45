"""The doors of closing a grant: its checklist, its retention, the proposal and the confirmation."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET

from grants.countdown import about
from grants.models import Grant
from overtime_ledger.accounts.access import SignedIn, who_may
from overtime_ledger.audit.exports import Column, export
from overtime_ledger.books.forms.accruals import WithdrawForm
from overtime_ledger.books.forms.closing import AssignForm, RetentionForm, SignForm
from overtime_ledger.books.models import Closing, ClosingItem, least_retention
from overtime_ledger.books.selectors import closing as selectors
from overtime_ledger.books.services import closing as services
from overtime_ledger.errors import Refusal

READS = "grants.read_all_grants"
Kind = ClosingItem.Kind

ITEMS = (
    Column("Item", lambda item: item.title),
    Column("State", lambda item: item.state),
    Column("What shows it", lambda item: item.says),
    Column("Owner", lambda item: item.owner or ""),
    Column("To be done by", lambda item: item.due_on, "day"),
    Column("Done on", lambda item: item.done_on, "day"),
    Column("Signed by", lambda item: item.signed_by or ""),
    Column("Signed at", lambda item: item.signed_at, "moment"),
)


@who_may(READS)
@require_GET
def closings(request: SignedIn) -> HttpResponse:
    """The grants, how far their closing is, and until when their records are kept."""
    return render(request, "books/closings.html", {"rows": selectors.to_close(request.user)})


@who_may(READS)
@require_GET
def closing(request: SignedIn, pk: int) -> HttpResponseBase:
    """The checklist of a grant: what stands, what is open, who sees to it; then its closing."""
    grant = _grant(request, pk)
    items = selectors.checklist(grant)
    if file_format := request.GET.get("format"):
        return export(
            request,
            title=f"Closing checklist of {grant}",
            columns=ITEMS,
            rows=items,
            file_format=file_format,
            filters={"Grant": str(grant)},
            grants=[grant],
            basis="What stands in the books today",
        )
    return render(request, "books/closing.html", _context(request, grant, items))


def _context(request: SignedIn, grant: Grant, items: list[selectors.Item]) -> dict[str, Any]:
    return {
        "grant": grant,
        "items": [(item, place_of(grant, item.kind)) for item in items],
        "open_count": sum(not item.is_done for item in items),
        "closing": selectors.closing_of(grant),
        "retention": selectors.retention_of(grant),
        "works": request.user.has_perm(services.MAY) and grant.status == Grant.Status.OPEN,
        "sets_retention": request.user.has_perm(services.MAY),
    }


def place_of(grant: Grant, kind: str) -> str:
    """The address of the page on which an item of the checklist is seen to, or nothing."""
    lists = {
        Kind.CLAIMS: "claims:claims",
        Kind.PAYROLL: "payments:overview",
        Kind.INVOICES: "payments:statements",
    }
    pages = {
        Kind.COMMITMENTS: "grants:entries",
        Kind.RECONCILIATION: "books:book",
        Kind.OUTTURN: "funder:outturn",
        Kind.USAGE: "funder:usage",
    }
    if kind in lists:
        return f"{reverse(lists[Kind(kind)])}?grant={grant.pk}"
    return reverse(pages[Kind(kind)], args=[grant.pk]) if kind in pages else ""


@who_may(services.MAY)
def assign(request: SignedIn, pk: int, kind: str) -> HttpResponse:
    """Say who sees to an item, and by when."""
    grant, item = _item(request, pk, kind)
    form = AssignForm(request.POST or None, initial={"owner": item.owner, "due_on": item.due_on})
    refusal = None
    if form.is_valid():
        try:
            services.assign(grant, kind, by=request.user, **form.cleaned_data)
            messages.success(request, f"{form.cleaned_data['owner']} sees to it: {item.title}.")
            return redirect("books:closing", grant.pk)
        except Refusal as refused:
            refusal = refused
    context = {"grant": grant, "item": item, "form": form, "refusal": refusal}
    return render(request, "books/closing_assign.html", context, status=_status(request))


@who_may(services.MAY)
def sign(request: SignedIn, pk: int, kind: str) -> HttpResponse:
    """Sign an item as done, with what shows it."""
    grant, item = _item(request, pk, kind)
    form, refusal = SignForm(request.POST or None, says=item.says), None
    if not item.to_sign:
        raise Http404
    if form.is_valid():
        try:
            services.sign(grant, kind, by=request.user, **form.cleaned_data)
            messages.success(request, f"Signed: {item.title}.")
            return redirect("books:closing", grant.pk)
        except Refusal as refused:
            refusal = refused
    context = {"grant": grant, "item": item, "form": form, "refusal": refusal}
    return render(request, "books/closing_sign.html", context, status=_status(request))


@who_may(services.MAY, when_closed=True)
def retention(request: SignedIn, pk: int) -> HttpResponse:
    """Set until when a grant's records are kept, or put them on legal hold; a closed grant's too."""
    grant = _grant(request, pk)
    paid_on, latest = selectors.final_payment_on(grant), selectors.retention_of(grant)
    least = least_retention(grant.eligible_to, paid_on)
    form = RetentionForm(request.POST or None, least=least, legal_hold=bool(latest and latest.legal_hold))
    refusal = None
    if form.is_valid():
        try:
            made = services.set_retention(grant, by=request.user, **form.cleaned_data)
            messages.success(request, f"Set: {made.in_words}.")
            return redirect("books:closing", grant.pk)
        except Refusal as refused:
            refusal = refused
    context = {"grant": grant, "form": form, "refusal": refusal, "least": least, "paid_on": paid_on}
    return render(request, "books/retention.html", context | {"latest": latest}, status=_status(request))


@who_may(services.MAY)
def propose_closing(request: SignedIn, pk: int) -> HttpResponse:
    """Propose to close a grant whose checklist is done, after a page that says what stops then."""
    grant, refusal = _grant(request, pk), None
    try:
        services.may_propose(grant, by=request.user)
        if request.method == "POST":
            services.propose(grant, by=request.user)
            messages.success(request, "The closing is proposed. A second person in finance confirms it.")
            return redirect("books:closing", grant.pk)
    except Refusal as refused:
        refusal = refused
    context = {"grant": grant, "refusal": refusal, "verb": "propose"}
    figures = {"settled": selectors.settled(grant), "unspent": selectors.unspent(grant)}
    return render(request, "books/closing_check.html", context | figures, status=_status(request))


@who_may(services.MAY)
def confirm_closing(request: SignedIn, pk: int) -> HttpResponse:
    """Close a grant as a second person, after a page that says what stops then."""
    proposed, refusal = _closing(request, pk), None
    try:
        services.may_confirm(proposed, by=request.user)
        if request.method == "POST":
            services.confirm(proposed, by=request.user)
            messages.success(request, f"{proposed.grant} is closed: from now on it can only be read.")
            return redirect("books:closing", proposed.grant_id)
    except Refusal as refused:
        refusal = refused
    context = {
        "grant": proposed.grant,
        "closing": proposed,
        "refusal": refusal,
        "verb": "confirm",
        "settled": proposed.settled_pence,
        "unspent": proposed.unspent_pence,
    }
    return render(request, "books/closing_check.html", context, status=_status(request))


@who_may(services.MAY)
def withdraw_closing(request: SignedIn, pk: int) -> HttpResponse:
    """Take a proposal back that nobody confirmed."""
    proposed = _closing(request, pk)
    form, refusal = WithdrawForm(request.POST or None), None
    if form.is_valid():
        try:
            services.withdraw(proposed, by=request.user, **form.cleaned_data)
            messages.success(request, "The proposal is withdrawn.")
            return redirect("books:closing", proposed.grant_id)
        except Refusal as refused:
            refusal = refused
    context = {"grant": proposed.grant, "form": form, "refusal": refusal}
    return render(request, "books/closing_withdraw.html", context, status=_status(request))


def _status(request: SignedIn) -> int:
    """What was sent and is shown again was not done."""
    return 422 if request.method == "POST" else 200


def _grant(request: SignedIn, pk: int) -> Grant:
    rows = Grant.objects.visible_to(request.user).exclude(status=Grant.Status.DRAFT)
    grant = get_object_or_404(rows, pk=pk)
    about(request, grant)
    return grant


def _item(request: SignedIn, pk: int, kind: str) -> tuple[Grant, selectors.Item]:
    if kind not in ClosingItem.Kind.values:
        raise Http404
    grant = _grant(request, pk)
    return grant, selectors.item_of(grant, kind)


def _closing(request: SignedIn, pk: int) -> Closing:
    rows = Closing.objects.visible_to(request.user).select_related("grant", "proposed_by")
    found = get_object_or_404(rows, pk=pk)
    about(request, found.grant)
    return found
