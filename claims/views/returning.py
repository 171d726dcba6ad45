"""Several claims returned at once, each with its own coded reason and words."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render

from claims import services
from claims.forms.returning import ReturnTogetherForm, SameForAllForm
from claims.models import Claim
from grants.models import Grant
from grants.selectors import marking_of
from overtime_ledger.accounts.access import SignedIn, who_may
from overtime_ledger.accounts.models import User
from overtime_ledger.errors import Refusal
from overtime_ledger.ui import A_PAGE


@dataclass(frozen=True)
class Return:
    """A claim to be returned: what is said of it, and what stood against it."""

    claim: Claim
    form: ReturnTogetherForm
    refusal: Refusal | None = None


@dataclass(frozen=True)
class Returns:
    """A page of returns: what is to be said, what was done, and what cannot be done at all."""

    same: SameForAllForm
    asked: list[Return] = field(default_factory=list)
    done: list[Claim] = field(default_factory=list)
    left_out: list[tuple[Claim, Refusal]] = field(default_factory=list)

    @property
    def forms(self) -> list[ReturnTogetherForm]:
        return [one.form for one in self.asked]

    @property
    def refused(self) -> int:
        return sum(one.refusal is not None for one in self.asked)

    @property
    def status(self) -> int:
        return 422 if self.refused or any(form.errors for form in self.forms) else 200


def ask(claims: Iterable[Claim], *, by: User) -> Returns:
    """A form for each claim that this person may return; what stands against the others."""
    found = Returns(SameForAllForm())
    for claim in claims:
        try:
            services.may_return(claim, by=by)
            found.asked.append(Return(claim, ReturnTogetherForm(claim=claim)))
        except Refusal as refusal:
            found.left_out.append((claim, refusal))
    return found


def answer(claims: Iterable[Claim], sent: QueryDict, *, by: User) -> Returns:
    """Return each claim on its own, once something is said of every one; what is refused keeps its words.

    With "fill" in what was sent, only what is the same for all is written into the forms left empty.
    """
    forms = [(claim, ReturnTogetherForm(sent, claim=claim)) for claim in claims]
    found = Returns(SameForAllForm(sent))
    if "fill" in sent:
        found.asked.extend(_anew(claim, form) for claim, form in forms)
    elif all(form.is_valid() for _, form in forms):
        for claim, form in forms:
            try:
                found.done.append(services.return_claim(claim, by=by, **form.cleaned_data))
            except Refusal as refusal:
                claim.refresh_from_db()
                found.asked.append(_anew(claim, form, refusal))
    else:
        found.asked.extend(Return(claim, form) for claim, form in forms)
    return found


def _anew(claim: Claim, form: ReturnTogetherForm, refusal: Refusal | None = None) -> Return:
    """The form with what stood in it, of the claim as it is now."""
    return Return(claim, ReturnTogetherForm(claim=claim, start=form.typed), refusal)


@who_may("claims.certify_claim", "claims.approve_claim")
def return_together(request: SignedIn) -> HttpResponse:
    """Ask what is wrong with each of the claims that were ticked; on POST return them."""
    claims = _chosen(request)
    posted = request.method == "POST"
    found = answer(claims, request.POST, by=request.user) if posted else ask(claims, by=request.user)
    if found.done:
        messages.success(request, said_of(found.done))
        if not found.asked:
            return redirect("claims:claims")
    request.marking = marking_of(Grant.objects.filter(claims__in=claims))
    context = {"returns": found, "has_errors": found.status == 422}
    return render(request, "claims/return_together.html", context, status=found.status)


def said_of(done: list[Claim]) -> str:
    """What the next page says of claims that were returned."""
    return "Returned " + ", ".join(f"claim {claim.pk} to {claim.claimant}" for claim in done) + "."


def _chosen(request: SignedIn) -> list[Claim]:
    """The claims that were ticked, a page of them at most; one that is not visible makes the whole 404."""
    ticked = (request.POST if request.method == "POST" else request.GET).getlist("claim")
    wanted = {int(pk) for pk in ticked[:A_PAGE] if pk.isdecimal() and len(pk) < 19}
    rows = Claim.objects.visible_to(request.user).filter(pk__in=wanted)
    claims = list(rows.select_related("claimant", "agency", "grant", "enquiry__line").order_by("pk"))
    if len(claims) != len(wanted):
        raise Http404
    return claims
