"""The doors of extracts: drawn up, decided line by line, released by a second person, taken out."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET

from grants.countdown import about
from overtime_ledger.accounts.access import SignedIn, who_may
from overtime_ledger.audit.exports import CONTENT_TYPES, export, sent
from overtime_ledger.disclosure import extract_figures as figures
from overtime_ledger.disclosure import extract_files, extracts, services
from overtime_ledger.disclosure import extract_inference as inference
from overtime_ledger.disclosure.extract_forms import DecideForm, FoiForm, PublicationForm, WithdrawForm
from overtime_ledger.disclosure.extract_models import PUBLIC, Extract
from overtime_ledger.errors import Refusal
from overtime_ledger.ui import A_PAGE

READS = "disclosure.view_extract"


@who_may(READS)
@require_GET
def all_extracts(request: SignedIn) -> HttpResponse:
    """The extracts, the latest first."""
    rows = Extract.objects.visible_to(request.user).select_related("grant", "drawn_by", "released_by")
    page = Paginator(rows, A_PAGE).get_page(request.GET.get("page"))
    return render(request, "disclosure/extracts.html", {"page": page})


@who_may(extracts.MAY)
def draw_publication(request: SignedIn) -> HttpResponse:
    """Draw up the payments of a month."""
    form, refusal = PublicationForm(request.POST or None, by=request.user), None
    if form.is_valid():
        try:
            made = extracts.draw_publication(**form.cleaned_data, by=request.user)
            messages.success(request, f"{made} is drawn up: decide its {made.line_count} lines.")
            return redirect("disclosure:extract", made.pk)
        except Refusal as refused:
            refusal = refused
    context = {"form": form, "refusal": refusal}
    return render(request, "disclosure/draw_publication.html", context, status=_status(request))


@who_may(extracts.MAY)
def draw_foi(request: SignedIn) -> HttpResponse:
    """Draw up the answer to a request for information."""
    form, refusal = FoiForm(request.POST or None, by=request.user), None
    if form.is_valid():
        try:
            made = extracts.draw_foi(**form.cleaned_data, by=request.user)
            messages.success(request, f"{made} is drawn up: decide its {made.line_count} lines.")
            return redirect("disclosure:extract", made.pk)
        except Refusal as refused:
            refusal = refused
    context = {"form": form, "refusal": refusal}
    return render(request, "disclosure/draw_foi.html", context, status=_status(request))


@who_may(READS)
@require_GET
def extract(request: SignedIn, pk: int) -> HttpResponseBase:
    """An extract with its lines: what is decided of each, and what goes out."""
    found = _extract(request, pk)
    if file_format := request.GET.get("format"):
        return _file(request, found, file_format)
    return _shown(request, found)


def _file(request: SignedIn, found: Extract, file_format: str) -> HttpResponseBase:
    if not found.is_released:
        raise Http404("Nothing goes out before it is released")
    if file_format == "csv":
        return _kept(request, found)
    return export(
        request,
        title=extract_files.title_of(found),
        columns=extract_files.columns_of(found),
        rows=extract_files.going_out(found),
        file_format=file_format,
        filters=extract_files.told_of(found),
        grants=[found.grant],
        marking=PUBLIC,
        as_at=found.released_on,
        basis=extract_files.basis_of(found),
        made_by=found.grant.spending_body,
    )


def _kept(request: SignedIn, found: Extract) -> HttpResponseBase:
    """The very file that was released, put on record before it goes."""
    disclosure = found.disclosure
    assert disclosure
    file = services.taken_out(disclosure, by=request.user)
    return sent(file, name=disclosure.name, content_type=CONTENT_TYPES["csv"], size=disclosure.size)


def _shown(request: SignedIn, found: Extract) -> HttpResponse:
    against = None
    works = request.user.has_perm(extracts.MAY) and found.is_open
    if works:
        try:
            extracts.may_release(found, by=request.user)
        except Refusal as refused:
            against = refused
    lines = found.lines.select_related("agency", "decided_by").order_by("position")
    context = {
        "extract": found,
        "page": Paginator(lines, A_PAGE).get_page(request.GET.get("page")),
        "totals": figures.totals(found),
        "undecided": figures.undecided(found),
        "basis": extract_files.basis_of(found),
        "works": works,
        "against": against,
        "warnings": inference.warnings(found) if found.is_open else (),
    }
    return render(request, "disclosure/extract.html", context)


@who_may(READS)
@require_GET
def as_released(request: SignedIn, pk: int) -> HttpResponse:
    """A released extract as everybody sees it, to be printed."""
    found = _extract(request, pk)
    if not found.is_released:
        raise Http404
    request.marking, request.last_days = PUBLIC, ""
    context = {
        "extract": found,
        "lines": extract_files.going_out(found),
        "totals": figures.totals(found),
        "basis": extract_files.basis_of(found),
        "told": extract_files.told_of(found),
    }
    return render(request, "disclosure/as_released.html", context)


@who_may(extracts.MAY)
def decide(request: SignedIn, pk: int, line_pk: int) -> HttpResponse:
    """Decide one line: publish, redact or withhold."""
    found = _extract(request, pk)
    line = get_object_or_404(found.lines.select_related("agency", "extract__grant"), pk=line_pk)
    form, refusal = DecideForm(request.POST or None, line=line), None
    if form.is_valid():
        try:
            extracts.decide(line, by=request.user, **form.cleaned_data)
            messages.success(request, f"Line {line.position} is decided.")
            return _next(found)
        except Refusal as refused:
            refusal = refused
    context: dict[str, Any] = {"extract": found, "line": line, "form": form, "refusal": refusal}
    return render(request, "disclosure/decide.html", context, status=_status(request))


def _next(found: Extract) -> HttpResponse:
    """The next line to decide, or the extract."""
    left = found.lines.filter(decision="").order_by("position").first()
    if left:
        return redirect("disclosure:decide", found.pk, left.pk)
    return redirect("disclosure:extract", found.pk)


@who_may(extracts.MAY)
def release(request: SignedIn, pk: int) -> HttpResponse:
    """Release an extract as a second person, after a page that shows it as it goes out."""
    found, refusal = _extract(request, pk), None
    try:
        extracts.may_release(found, by=request.user)
        if request.method == "POST":
            extracts.release(found, by=request.user)
            messages.success(request, f"{found} is released: it stands as it is.")
            return redirect("disclosure:extract", found.pk)
    except Refusal as refused:
        refusal = refused
    context = {
        "extract": found,
        "lines": extract_files.going_out(found),
        "totals": figures.totals(found),
        "basis": extract_files.basis_of(found),
        "warnings": inference.warnings(found) if found.is_open else (),
        "refusal": refusal,
    }
    return render(request, "disclosure/release.html", context, status=_status(request))


@who_may(extracts.MAY)
def withdraw(request: SignedIn, pk: int) -> HttpResponse:
    """Take an extract back that is not released."""
    found = _extract(request, pk)
    form, refusal = WithdrawForm(request.POST or None), None
    if form.is_valid():
        try:
            extracts.withdraw(found, by=request.user, **form.cleaned_data)
            messages.success(request, f"{found} is withdrawn.")
            return redirect("disclosure:extracts")
        except Refusal as refused:
            refusal = refused
    context = {"extract": found, "form": form, "refusal": refusal}
    return render(request, "disclosure/withdraw.html", context, status=_status(request))


def _status(request: SignedIn) -> int:
    """What was sent and is shown again was not done."""
    return 422 if request.method == "POST" else 200


def _extract(request: SignedIn, pk: int) -> Extract:
    people = ("grant", "drawn_by", "released_by", "withdrawn_by", "disclosure")
    found = get_object_or_404(Extract.objects.visible_to(request.user).select_related(*people), pk=pk)
    about(request, found.grant)
    return found
