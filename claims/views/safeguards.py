"""The doors of what guards approval: evidence, claims held back, declared interests."""

from collections.abc import Callable, Mapping

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import FileResponse, HttpResponse, HttpResponseBase, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET

from claims.forms.safeguards import (
    EndInterestForm,
    EvidenceForm,
    FreezeForm,
    InterestFilter,
    InterestForm,
    ReleaseForm,
)
from claims.models import Claim, Interest
from claims.services import files, safeguards
from claims.views.reading import claim_of, claim_page
from overtime_ledger.accounts.access import SignedIn, who_may
from overtime_ledger.accounts.models import User
from overtime_ledger.audit.exports import Column, export
from overtime_ledger.audit.models import AccessLog
from overtime_ledger.errors import Refusal
from overtime_ledger.ui import A_PAGE

# Evidence


@who_may("claims.make_claim", "claims.claim_for_agency", "claims.certify_claim", "claims.settle_claim")
def add_evidence(request: SignedIn, pk: int) -> HttpResponse:
    """Add what shows the duty: where its record is, or a file."""
    claim = claim_of(request, pk)
    try:
        safeguards.may_add_evidence(claim, by=request.user)
    except Refusal as refusal:
        return claim_page(request, claim, refusal=refusal)
    form = EvidenceForm(request.POST or None, request.FILES or None, claim=claim)
    context: dict[str, object] = {"claim": claim, "form": form}
    if form.is_valid():
        try:
            added = safeguards.add_evidence(claim, by=request.user, **form.cleaned_data)
            messages.success(request, f"{added.get_kind_display()} added to claim {pk}.")
            return redirect("claims:claim", pk)
        except Refusal as refusal:
            context["refusal"] = refusal
            if refusal.code == "C15":
                form.add_error("file", f"{refusal.reason} {refusal.fix}")
    return render(request, "claims/evidence.html", context, status=422 if form.errors else 200)


@who_may("claims.view_claim")
@require_GET
def evidence_file(request: SignedIn, pk: int, evidence_pk: int) -> HttpResponse:
    """A file of evidence as it was added, to be saved and not shown; put on record before it goes."""
    claim = claim_of(request, pk)
    evidence = get_object_or_404(claim.evidence.exclude(path=""), pk=evidence_pk)
    try:
        content = files.content_of(evidence)
    except Refusal as refusal:
        return claim_page(request, claim, refusal=refusal)
    AccessLog.objects.create(
        by=request.user,
        action=AccessLog.Action.EXPORTED,
        what=f"{evidence}, file {evidence.pk}",
        sha256=evidence.sha256,
    )
    response = HttpResponse(content, content_type=evidence.content_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{files.name_of(evidence)}"'
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "no-store"
    return response


# Claims held back


@who_may("claims.freeze_claim")
def hold_back(request: SignedIn, pk: int) -> HttpResponse:
    """Hold a claim back on suspicion, with a reason."""
    claim = claim_of(request, pk)
    return _with_reason(
        request,
        claim,
        FreezeForm(request.POST or None),
        may=safeguards.may_freeze,
        do=safeguards.freeze,
        template="claims/hold_back.html",
        done=f"Claim {pk} is held back: nobody decides on it or pays it.",
    )


@who_may("claims.freeze_claim")
def let_go_on(request: SignedIn, pk: int) -> HttpResponse:
    """Let a claim go on that was held back, with a reason."""
    claim = claim_of(request, pk)
    return _with_reason(
        request,
        claim,
        ReleaseForm(request.POST or None),
        may=safeguards.may_release,
        do=safeguards.release_from_freeze,
        template="claims/let_go_on.html",
        done=f"Claim {pk} goes on from where it was.",
    )


def _with_reason(
    request: SignedIn,
    claim: Claim,
    form: forms.Form,
    *,
    may: Callable[..., None],
    do: Callable[..., object],
    template: str,
    done: str,
) -> HttpResponse:
    """A page that says what is about to happen and asks for the reason; then it is done."""
    try:
        may(claim, by=request.user)
        if form.is_valid():
            do(claim, by=request.user, **form.cleaned_data)
            messages.success(request, done)
            return redirect("claims:claim", claim.pk)
    except Refusal as refusal:
        return claim_page(request, claim_of(request, claim.pk), refusal=refusal)
    held = claim.freezes.filter(released_at__isnull=True).select_related("frozen_by").first()
    context = {"claim": claim, "form": form, "held": held}
    return render(request, template, context, status=422 if form.errors else 200)


# Interests

DECIDES = ("claims.certify_claim", "claims.approve_claim", "claims.settle_claim")
"""Who declares interests: whoever certifies, decides on or pays claims."""

COLUMNS = (
    Column("Declared", lambda row: row.declared_at, "moment"),
    Column("By", lambda row: row.person),
    Column("Agency of who declared", lambda row: row.person.agency or ""),
    Column("In officer", lambda row: row.officer or ""),
    Column("In agency", lambda row: row.agency or row.officer.agency or ""),
    Column("What", lambda row: row.what),
    Column("Over since", lambda row: row.ended_at, "moment"),
    Column("Why it is over", lambda row: row.ended_because),
)


@who_may(*DECIDES, "claims.read_interests")
def interests(request: SignedIn) -> HttpResponseBase:
    """One's own interests, to declare and to end; everybody's, for finance and auditors, also as a file."""
    declares = any(request.user.has_perm(one) for one in DECIDES)
    if request.method == "POST" and not declares:
        return HttpResponseNotAllowed(["GET"])
    context: dict[str, object] = {"declares": declares}
    if request.user.has_perm("claims.read_interests"):
        everybodys = InterestFilter(request.GET)
        rows = everybodys.narrow(_listed(request.user))
        if file_format := request.GET.get("format"):
            return _as_file(request, rows, file_format, everybodys.in_words())
        page = Paginator(rows, A_PAGE).get_page(request.GET.get("page"))
        context |= {"filter": everybodys, "page": page, "has_errors": bool(everybodys.errors)}
    return _declared(request, context) if declares else render(request, "claims/interests.html", context)


def _listed(reader: User) -> QuerySet[Interest]:
    rows = Interest.objects.visible_to(reader)
    return rows.select_related("person__agency", "officer__agency", "agency")


def _as_file(
    request: SignedIn, rows: QuerySet[Interest], file_format: str, filters: Mapping[str, str]
) -> FileResponse:
    return export(
        request,
        title="Declared interests",
        columns=COLUMNS,
        rows=rows.iterator(chunk_size=500),
        file_format=file_format,
        filters=filters,
        grants=None,
        basis="Interests as they were declared",
    )


def _declared(request: SignedIn, context: dict[str, object]) -> HttpResponse:
    """The page with the form in which interests are declared; or one more is on record."""
    form = InterestForm(request.POST or None, person=request.user)
    if form.is_valid():
        try:
            made = safeguards.declare_interest(by=request.user, **form.cleaned_data)
            whom = made.officer or made.agency
            messages.success(request, f"Your interest in {whom} is on record. Others decide on their claims.")
            return redirect("claims:interests")
        except Refusal as refusal:
            context["refusal"] = refusal
    own = Interest.objects.of(request.user).select_related("officer__agency", "agency")
    refused = form.errors or context.get("refusal")
    return render(
        request,
        "claims/interests.html",
        context | {"form": form, "own": own},
        status=422 if refused else 200,
    )


@who_may(*DECIDES)
def end_interest(request: SignedIn, interest_pk: int) -> HttpResponse:
    """Say that one's own interest is over, and why."""
    own = Interest.objects.of(request.user).select_related("officer__agency", "agency")
    interest = get_object_or_404(own, pk=interest_pk)
    form = EndInterestForm(request.POST or None)
    context: dict[str, object] = {"interest": interest, "form": form}
    if form.is_valid():
        try:
            safeguards.end_interest(interest, by=request.user, **form.cleaned_data)
            messages.success(request, f"Your interest in {interest.officer or interest.agency} is over.")
            return redirect("claims:interests")
        except Refusal as refusal:
            context["refusal"] = refusal
    refused = form.errors or context.get("refusal")
    return render(request, "claims/end_interest.html", context, status=422 if refused else 200)
