"""Approving a part of a claim, its dispute by the claimant, and the answer to that."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from claims import selectors, services
from claims.forms.parts import AnswerDisputeForm, ApprovePartForm, DisputeForm
from claims.models import Claim
from claims.views.reading import claim_of, claim_page
from claims.views.showing import part_of, reckoned
from overtime_ledger.accounts.access import SignedIn, who_may
from overtime_ledger.errors import Refusal
from overtime_ledger.money import pounds


@who_may("claims.approve_claim")
def approve_part(request: SignedIn, pk: int) -> HttpResponse:
    """Say how much of the time is approved and why no more; see what it comes to; then approve it."""
    claim = claim_of(request, pk)
    form = ApprovePartForm(request.POST or None, claim=claim)
    try:
        services.may_approve_part(claim, by=request.user)
        if form.is_valid() and form.part and "change" not in request.POST:
            if form.cleaned_data["expected_pence"] is None:
                services.may_approve_part(claim, by=request.user, pence=form.part.price.pence)
                return _check(request, claim, form)
            services.approve_part(claim, by=request.user, **form.cleaned_data)
            part, whole = pounds(form.part.price.pence), pounds(claim.pence)
            messages.success(request, f"Of claim {pk} {part} is approved, of {whole} claimed.")
            return redirect("claims:claim", pk)
    except Refusal as refusal:
        if not form.is_bound:
            return claim_page(request, claim, refusal=refusal)
        form.refusal = refusal
        claim = claim_of(request, pk)
    form.look_again(claim)
    context = {"claim": claim, "form": form, "refusal": form.refusal} | reckoned(claim, request.user)
    status = 422 if form.errors or form.refusal else 200
    return render(request, "claims/approve_part.html", context, status=status)


def _check(request: SignedIn, claim: Claim, form: ApprovePartForm) -> HttpResponse:
    assert form.part is not None, "checked by the form"
    price = form.part.price
    context = {
        "claim": claim,
        "form": form,
        "price": price,
        "back_pence": claim.pence - price.pence,
        "effect": selectors.effect_of_part(claim, price.pence),
    }
    return render(request, "claims/approve_part_check.html", context)


@who_may("claims.make_claim", "claims.claim_for_agency")
def dispute(request: SignedIn, pk: int) -> HttpResponse:
    """Say, once, why more than the approved part is due."""
    claim = get_object_or_404(selectors.answerable(request.user), pk=pk)
    return _with_words(
        request,
        claim,
        DisputeForm(request.POST or None),
        may=lambda: services.may_dispute(claim, by=request.user),
        do=lambda said: services.dispute(claim, by=request.user, **said),
        template="claims/dispute.html",
        done="Your dispute is on its way to the controlling DI or a deputy.",
    )


@who_may("claims.approve_claim")
def answer_dispute(request: SignedIn, pk: int) -> HttpResponse:
    """Let the approved part stand, or uphold the dispute and open the duty to be claimed again."""
    claim = claim_of(request, pk)
    return _with_words(
        request,
        claim,
        AnswerDisputeForm(request.POST or None),
        may=lambda: services.may_answer_dispute(claim, by=request.user),
        do=lambda said: services.answer_dispute(claim, by=request.user, **said),
        template="claims/answer_dispute.html",
        done=f"The dispute of claim {pk} is answered.",
        context={
            "effect": selectors.effect_of_upholding(claim),
            "until": services.claimable_until(claim),
        },
    )


def _with_words(
    request: SignedIn,
    claim: Claim,
    form: forms.Form,
    *,
    may: Callable[[], object],
    do: Callable[[dict[str, Any]], object],
    template: str,
    done: str,
    context: dict[str, object] | None = None,
) -> HttpResponse:
    """A page that asks for words and then does the verb; refused, the page again with what was typed."""
    refused = None
    try:
        may()
        if form.is_valid():
            do(form.cleaned_data)
            messages.success(request, done)
            return redirect("claims:claim", claim.pk)
    except Refusal as refusal:
        if not form.is_bound:
            return claim_page(request, claim_of(request, claim.pk), refusal=refusal)
        refused = refusal
    shown = {"claim": claim, "form": form, "refusal": refused, "part": part_of(claim), **(context or {})}
    return render(
        request,
        template,
        shown | reckoned(claim, request.user),
        status=422 if form.errors or refused else 200,
    )
