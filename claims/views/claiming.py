"""What a claimant, or the clerk of an agency, does: claim, answer a return, withdraw."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from claims import selectors, services
from claims.forms.claiming import PlannedForm, TimesForm, times_form
from claims.forms.deciding import ReasonForm
from claims.models import Claim
from claims.views.late import may_ask
from claims.views.reading import claim_page
from grants.countdown import about
from overtime_ledger.accounts.access import SignedIn, who_may
from overtime_ledger.errors import Refusal
from overtime_ledger.money import pounds

claimants = who_may("claims.make_claim", "claims.claim_for_agency")


@claimants
def as_planned(request: SignedIn, assignment_pk: int) -> HttpResponse:
    """Claim a duty just as it was tasked: the price with its working, and one button that attests."""
    duty = get_object_or_404(selectors.claimable(request.user), pk=assignment_pk)
    if claimed := duty.claims.live().first():
        return _stands_already(request, claimed)
    about(request, duty.tasking.enquiry.grant)
    form, statement = PlannedForm(request.POST or None), services.as_planned(duty)
    context: dict[str, object] = {"duty": duty, "for_oneself": duty.officer_id == request.user.pk}
    context["may_ask_late"] = may_ask(duty, request.user)
    try:
        context["offer"] = services.offer(statement, by=request.user)
        if form.is_valid():
            seen = form.cleaned_data["expected_pence"]
            return _handed_in(request, services.submit(statement, by=request.user, expected_pence=seen))
    except Refusal as refusal:
        context["refusal"] = refusal
    refused = request.method == "POST"
    return render(request, "claims/as_planned.html", context, status=422 if refused else 200)


@claimants
def other_times(request: SignedIn, assignment_pk: int) -> HttpResponse:
    """Claim a duty that went otherwise: its times, a check page that says what follows, one button."""
    duty = get_object_or_404(selectors.claimable(request.user), pk=assignment_pk)
    if claimed := duty.claims.live().first():
        return _stands_already(request, claimed)
    form = times_form(request.POST or None, first=services.as_planned(duty))
    return _state(request, form, template="claims/other_times.html")


@claimants
def answer(request: SignedIn, pk: int) -> HttpResponse:
    """Answer a return, or a refusal of more time: the reason, the times as sent, one button to send again."""
    claim = get_object_or_404(selectors.answerable(request.user), pk=pk)
    try:
        services.may_answer(claim, by=request.user)
    except Refusal as refusal:
        return claim_page(request, claim, refusal=refusal)
    first = services.as_claimed(claim)
    context: dict[str, object] = {"sent_back": selectors.sent_back(claim)}
    try:
        context["offer"] = services.offer(first, by=request.user, claim=claim)
    except Refusal as refusal:
        context["refusal"] = refusal
    form = times_form(request.POST or None, first=first, claim=claim)
    return _state(request, form, template="claims/answer.html", claim=claim, **context)


def _state(
    request: SignedIn, form: TimesForm, *, template: str, claim: Claim | None = None, **more: object
) -> HttpResponse:
    """Show the form, then what follows from what was typed; hand it in once its price was on the page."""
    duty = form.first.assignment
    about(request, duty.tasking.enquiry.grant)
    context = {"form": form, "duty": duty, "claim": claim, "for_oneself": duty.officer_id == request.user.pk}
    more["may_ask_late"] = may_ask(duty, request.user)
    if request.method == "POST" and "change" not in request.POST and form.is_valid():
        more.pop("refusal", None)
        try:
            offer = services.offer(form.statement(), by=request.user, claim=claim)
            if offer.asks and not form.cleaned_data["remark"]:
                form.ask_why(offer.extra_pence)
            elif form.cleaned_data["expected_pence"] == offer.pence:
                return _handed_in(request, _submit(request, form, claim))
            else:
                compared = services.charge_compared(offer.statement)
                return render(request, "claims/check.html", context | {"offer": offer, "compared": compared})
        except Refusal as refusal:
            more["refusal"] = refusal
    failed = request.method == "POST" and (form.errors or more.get("refusal"))
    return render(request, template, context | more, status=422 if failed else 200)


def _submit(request: SignedIn, form: TimesForm, claim: Claim | None) -> Claim:
    typed = form.cleaned_data
    return services.submit(
        form.statement(),
        by=request.user,
        claim=claim,
        revision=typed["revision"],
        expected_pence=typed["expected_pence"],
        reason=typed["remark"],
    )


def _handed_in(request: SignedIn, claim: Claim) -> HttpResponse:
    if claim.status == Claim.Status.DRAFT:
        said = f"Claim {claim.pk} waits while the controlling DI is asked for more time. Nothing is lost."
    else:
        said = f"Claim {claim.pk} is submitted: {pounds(claim.pence)}. Next: {claim.waits_for}."
    messages.success(request, said)
    return redirect("claims:claim", claim.pk)


def _stands_already(request: SignedIn, claim: Claim) -> HttpResponse:
    messages.info(request, f"This duty is claimed already: this is claim {claim.pk}.")
    return redirect("claims:claim", claim.pk)


@claimants
def withdraw(request: SignedIn, pk: int) -> HttpResponse:
    """Take a claim back; its duty can be claimed anew."""
    claim = get_object_or_404(selectors.answerable(request.user), pk=pk)
    about(request, claim.grant)
    form = ReasonForm(request.POST or None, claim=claim, required=False)
    try:
        services.may_withdraw(claim, by=request.user)
        if form.is_valid():
            typed = form.cleaned_data
            services.withdraw(claim, by=request.user, revision=typed["revision"], reason=typed["reason"])
            messages.success(request, f"Claim {claim.pk} is withdrawn. The duty can be claimed again.")
            return redirect("claims:claim", claim.pk)
    except Refusal as refusal:
        return claim_page(request, claim, refusal=refusal)
    return render(
        request, "claims/withdraw.html", {"claim": claim, "form": form}, status=422 if form.errors else 200
    )
