"""What supervisors, the controlling DI and deputies do with claims, one by one."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from claims import selectors, services
from claims.forms.deciding import CertifyForm, MoreTimeForm, ReasonForm, SeenForm
from claims.forms.returning import ReturnForm
from claims.models import Claim
from claims.views.reading import approve_form, claim_of, claim_page
from claims.views.showing import reckoned
from overtime_ledger.accounts.access import SignedIn, who_may
from overtime_ledger.accounts.models import User
from overtime_ledger.errors import Refusal
from overtime_ledger.money import pounds

approvers = who_may("claims.approve_claim")


@who_may("claims.certify_claim")
def certify(request: SignedIn, pk: int) -> HttpResponse:
    """Confirm that the hours were worked: one button on the claim's page."""
    claim = claim_of(request, pk)
    return _on_the_page(
        request,
        claim,
        CertifyForm(request.POST or None, claim=claim),
        services.certify,
        said=f"The hours of claim {pk} are certified. Next: the controlling DI approves it.",
        panel="certify",
    )


@approvers
def approve(request: SignedIn, pk: int) -> HttpResponse:
    """Accept a claim as a charge on the grant: one button on its page, with a reason if it is flagged."""
    claim = claim_of(request, pk)
    return _on_the_page(
        request,
        claim,
        approve_form(claim, request.POST or None),
        services.approve,
        said=f"Claim {pk} is approved: {pounds(claim.pence)}.",
        panel="approve",
    )


@approvers
def more_time(request: SignedIn, pk: int) -> HttpResponse:
    """Grant more time, all or a part, or refuse it: three buttons on the claim's page."""
    claim = claim_of(request, pk)
    decision = request.POST.get("decision", "refuse")
    verbs: dict[str, Callable[..., Claim]] = {"grant": _grant_all, "part": services.grant_more_time}
    verb = verbs.get(decision, _refuse_more_time)
    return _on_the_page(
        request,
        claim,
        MoreTimeForm(request.POST or None, claim=claim, decision=decision),
        verb,
        said=f"More time on claim {pk} is {'refused' if verb is _refuse_more_time else 'granted'}.",
        panel="more_time",
    )


def _grant_all(claim: Claim, *, by: User, revision: int, reason: str, minutes: int | None = None) -> Claim:
    return services.grant_more_time(claim, by=by, revision=revision, reason=reason)


def _refuse_more_time(
    claim: Claim, *, by: User, revision: int, reason: str, minutes: int | None = None
) -> Claim:
    return services.refuse_more_time(claim, by=by, revision=revision, reason=reason)


def _on_the_page(
    request: SignedIn,
    claim: Claim,
    form: SeenForm,
    verb: Callable[..., Claim],
    *,
    said: str,
    panel: str,
) -> HttpResponse:
    """Do what a panel of the claim's page decides; refused, the page again with what was typed."""
    if request.method != "POST":
        return redirect("claims:claim", claim.pk)
    if not form.is_valid():
        return claim_page(request, claim, typed={panel: form})
    try:
        verb(claim, by=request.user, **form.cleaned_data)
    except Refusal as refusal:
        return claim_page(request, claim_of(request, claim.pk), refusal=refusal, typed={panel: form})
    messages.success(request, said)
    return redirect("claims:claim", claim.pk)


# Verbs that ask for a reason on a page of their own


@who_may("claims.certify_claim", "claims.approve_claim")
def return_claim(request: SignedIn, pk: int) -> HttpResponse:
    """Send a claim back to its claimant with a coded reason and words."""
    claim = claim_of(request, pk)
    form = ReturnForm(request.POST or None, claim=claim)
    return _with_reason(request, claim, form, "return", services.may_return, services.return_claim)


@approvers
def reject(request: SignedIn, pk: int) -> HttpResponse:
    """Refuse a claim for good."""
    claim = claim_of(request, pk)
    form = ReasonForm(request.POST or None, claim=claim, label="Why is it rejected?")
    return _with_reason(request, claim, form, "reject", services.may_reject, services.reject)


@approvers
def reverse(request: SignedIn, pk: int) -> HttpResponse:
    """Undo an approval, settled or not."""
    claim = claim_of(request, pk)
    form = ReasonForm(request.POST or None, claim=claim, label="Why is it reversed?")
    return _with_reason(request, claim, form, "reverse", services.may_reverse, services.reverse)


DONE = {
    "return": "Claim {0.pk} is returned to {0.claimant}.",
    "reject": "Claim {0.pk} is rejected. Its money is available again.",
    "reverse": "The approval of claim {0.pk} is reversed. Its money is available again.",
}


def _with_reason(
    request: SignedIn,
    claim: Claim,
    form: ReasonForm,
    verb: str,
    may: Callable[..., object],
    do: Callable[..., Claim],
) -> HttpResponse:
    """A page that says what a verb does to the money and asks for the reason; then the verb."""
    try:
        may(claim, by=request.user)
        if form.is_valid():
            do(claim, by=request.user, **form.cleaned_data)
            messages.success(request, DONE[verb].format(claim))
            return redirect("claims:claim", claim.pk)
    except Refusal as refusal:
        return claim_page(request, claim_of(request, claim.pk), refusal=refusal)
    context = {"claim": claim, "form": form, "effect": selectors.effect_of(verb, claim)}
    context |= reckoned(claim, request.user)
    context["closed"] = selectors.closed_periods(claim) if verb == "reverse" else []
    return render(request, f"claims/{verb}.html", context, status=422 if form.errors else 200)
