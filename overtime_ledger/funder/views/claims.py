"""Claims to the funder: drawing one, its page and lines, and each step until the funder has paid."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.db.models import Sum
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from claims.selectors import behind
from grants.models import ClaimBasis, Grant
from overtime_ledger.accounts.access import SignedIn, who_may
from overtime_ledger.accounts.models import User
from overtime_ledger.audit.exports import export
from overtime_ledger.errors import Refusal
from overtime_ledger.funder import checks, selectors, services
from overtime_ledger.funder.forms import DrawForm, ReasonForm, SendForm, TransferForm, UpToForm
from overtime_ledger.funder.models import Expenditure, FunderClaim
from overtime_ledger.funder.services import CERTIFIES, Capacity
from overtime_ledger.funder.views.columns import LINES, report_columns
from overtime_ledger.funder.views.doors import DRAW, READ, Act, Done, ask, visible_claim, visible_grant
from overtime_ledger.money import pounds
from overtime_ledger.ui import A_PAGE

Status = FunderClaim.Status


@who_may(DRAW)
@require_http_methods(["GET", "POST"])
def draw(request: SignedIn, pk: int) -> HttpResponse:
    """Choose the day, see what the claim would be, say why it is off its plan, and draw it."""
    grant = visible_grant(request, pk)
    chosen = UpToForm(grant, request.GET if {"up_to", "up_to_0"} & request.GET.keys() else None)
    context: dict[str, Any] = {"grant": grant, "chosen": chosen, "has_errors": bool(chosen.errors)}
    waiting = _refusal(grant)
    if waiting or not chosen.is_valid():
        context |= {"refusal": waiting, "waiting": grant.funder_claims.filter(status=Status.DRAWN).first()}
        status = 422 if chosen.errors or request.method == "POST" else 200
        return render(request, "funder/draw.html", context, status=status)
    found = selectors.draft(grant, chosen.cleaned_data["up_to"])

    def act(given: Mapping[str, Any]) -> Done:
        made = services.draw(
            grant,
            up_to=found.up_to,
            by=request.user,
            reason=given["reason"],
            expected_pence=given["expected_pence"],
        )
        return Done(f"Drew {made}: {pounds(made.pence)}. It waits for both certificates.", _page_of(made))

    form = DrawForm(found, request.POST or None)
    context |= {
        "draft": found,
        "number": grant.funder_claims.count() + 1,
        "day_of": selectors.DAY_OF[grant.claim_basis],
    }
    return ask(request, "funder/draw.html", form, context, act=act)


def _page_of(claim: FunderClaim) -> str:
    return reverse("funder:claim", args=[claim.pk])


def _refusal(grant: Grant) -> Refusal | None:
    """What stands against drawing a claim at all."""
    try:
        checks.none_in_hand(grant)
    except Refusal as refusal:
        return refusal
    return None


@who_may(READ)
@require_GET
def claim(request: SignedIn, pk: int) -> HttpResponseBase:
    """A claim with its figures, its certificates and what became of it; as a file, the funder's report."""
    found = visible_claim(request, pk)
    rows = selectors.report(found)
    if file_format := request.GET.get("format"):
        return export(
            request,
            title=f"{found.grant} Claim to the funder {found}",
            columns=report_columns(found),
            rows=rows,
            file_format=file_format,
            filters={"Claim": str(found), "Period": found.period, "Held back and left out": _left_out(found)},
            grants=[found.grant],
            basis=selectors.DAY_OF[found.basis],
        )
    return render(request, "funder/claim.html", _shown(found, request.user) | {"rows": rows})


def _left_out(claim: FunderClaim) -> str:
    """What it comes to and how many entries it is; nothing in words for none."""
    count = claim.held_back_count
    return f"{pounds(claim.held_back_pence)}, {count} entr{'y' if count == 1 else 'ies'}" if count else ""


def _shown(claim: FunderClaim, user: User) -> dict[str, Any]:
    """What every page about one claim shows."""
    rows = selectors.report(claim)
    receipts = claim.receipts.select_related("recorded_by")
    return {
        "claim": claim,
        "grant": claim.grant,
        "rows": rows,
        "total": rows[-1],
        # Entries that were held back are in the ledger and in no figure; payments count by another day.
        "borne_out": claim.basis == ClaimBasis.ACCRUED and not claim.held_back_count,
        "day_of": selectors.DAY_OF[claim.basis],
        "agreements": selectors.agreements(claim),
        "receipts": receipts,
        "received": sum(one.pence for one in receipts if not one.struck_at),
        "reversed_since": selectors.reversed_since(claim),
        "held_since": selectors.held_back_since(claim),
        "certifiable": [capacity for capacity in CERTIFIES if _may_certify(claim, capacity, user)],
        "events": selectors.timeline(claim),
    }


def _may_certify(claim: FunderClaim, capacity: Capacity, user: User) -> bool:
    try:
        services.may_certify(claim, capacity=capacity, by=user)
    except Refusal:
        return False
    return True


@who_may(READ)
@require_GET
def lines(request: SignedIn, pk: int) -> HttpResponseBase:
    """The entries of the ledger in a claim, with their total, and as a file."""
    found = visible_claim(request, pk)
    rows = found.lines.select_related("entry", "agency").order_by("entry__number")
    asked = request.GET.get("expenditure", "")
    chosen = Expenditure(asked) if asked in Expenditure else None
    if chosen:
        rows = rows.filter(expenditure=chosen)
    if file_format := request.GET.get("format"):
        return export(
            request,
            title=f"{found.grant} Lines of {found}",
            columns=LINES,
            rows=rows.iterator(chunk_size=500),
            file_format=file_format,
            filters={"Claim": str(found)} | ({"Type of expenditure": chosen.label} if chosen else {}),
            grants=[found.grant],
            basis=selectors.DAY_OF[found.basis],
        )
    page = Paginator(rows, A_PAGE).get_page(request.GET.get("page"))
    pence = rows.order_by().aggregate(pence=Sum("pence", default=0))["pence"]
    reads_claims = request.user.has_perm("grants.view_ledgerentry")
    officers = behind(line.entry for line in page) if reads_claims else {}
    context = {
        "claim": found,
        "grant": found.grant,
        "page": page,
        "lines": [(line, officers.get(line.entry.reference)) for line in page],
        "pence": pence,
        "chosen": chosen,
    }
    return render(request, "funder/lines.html", context)


@require_http_methods(["GET", "POST"])
def certify(request: SignedIn, pk: int, capacity: Capacity) -> HttpResponse:
    """Read what is certified, and certify it."""
    found = visible_claim(request, pk)
    office = CERTIFIES[capacity][1]

    def act(given: Mapping[str, Any]) -> Done:
        made = services.certify(found, capacity=capacity, by=request.user)
        ready = " It can be sent now." if made.status == Status.CERTIFIED else ""
        return Done(f"Certified {made} as {office.removeprefix('the ')}.{ready}", _page_of(made))

    form = forms.Form(request.POST if request.method == "POST" else None)
    context = _shown(found, request.user) | {"office": office.removeprefix("the ")}
    if request.method == "GET":
        context["refusal"] = _against(found, capacity, request.user)
    return ask(request, "funder/certify.html", form, context, act=act)


def _against(claim: FunderClaim, capacity: Capacity, user: User) -> Refusal | None:
    try:
        services.may_certify(claim, capacity=capacity, by=user)
        checks.agrees_with_the_ledger(claim)
    except Refusal as refusal:
        return refusal
    return None


@who_may(DRAW)
@require_http_methods(["GET", "POST"])
def withdraw(request: SignedIn, pk: int) -> HttpResponse:
    """Take a claim back before both have certified it."""
    found = visible_claim(request, pk)

    def act(given: Mapping[str, Any]) -> Done:
        services.withdraw(found, by=request.user, reason=given["reason"])
        return Done(f"Withdrew {found}. Its {found.line_count} lines can be claimed again.", _page_of(found))

    return _step(request, found, "funder/withdraw.html", ReasonForm(request.POST or None), act, Status.DRAWN)


@who_may(DRAW)
@require_http_methods(["GET", "POST"])
def send(request: SignedIn, pk: int) -> HttpResponse:
    """Put on record that a certified claim went to the funder."""
    found = visible_claim(request, pk)

    def act(given: Mapping[str, Any]) -> Done:
        services.send(found, by=request.user, sent_on=given["sent_on"], reference=given["reference"])
        return Done(f"{found} is sent: the funder owes {pounds(found.pence)} of it.", _page_of(found))

    return _step(request, found, "funder/send.html", SendForm(request.POST or None), act, Status.CERTIFIED)


@who_may(DRAW)
@require_http_methods(["GET", "POST"])
def receive(request: SignedIn, pk: int) -> HttpResponse:
    """Record money of the funder for a claim that was sent."""
    found = visible_claim(request, pk)

    def act(given: Mapping[str, Any]) -> Done:
        made = services.receive(
            found,
            pence=given["pence"],
            received_on=given["happened_on"],
            reference=given["reference"],
            by=request.user,
        )
        return Done(f"Received for {found}: {pounds(made.pence)}.", _page_of(found))

    return _step(request, found, "funder/receive.html", TransferForm(request.POST or None), act, Status.SENT)


def _step(
    request: SignedIn, claim: FunderClaim, template: str, form: forms.Form, act: Act, wanted: str
) -> HttpResponse:
    """Ask for what a step needs, if the claim is in the state that is wanted for it."""
    received = sum(claim.receipts.filter(struck_at__isnull=True).values_list("pence", flat=True))
    context: dict[str, Any] = {
        "claim": claim,
        "grant": claim.grant,
        "account": selectors.account(claim.grant),
        "received": received,
        "owed": claim.pence - received,
        "is_possible": claim.status == wanted,
    }
    if request.method == "GET":
        context["refusal"] = _stated(claim, wanted)
    return ask(request, template, form, context, act=act)


def _stated(claim: FunderClaim, wanted: str) -> Refusal | None:
    try:
        checks.in_state(claim, wanted)
    except Refusal as refusal:
        return refusal
    return None


certify_as_project_manager = who_may(CERTIFIES["pm"][0])(certify)
certify_as_cfo = who_may(CERTIFIES["cfo"][0])(certify)
