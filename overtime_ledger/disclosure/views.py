"""The pages of what leaves the house: audit packs, and what is committed."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET

from grants.countdown import about
from grants.views import visible_grant
from overtime_ledger.accounts.access import SignedIn, who_may
from overtime_ledger.audit.exports import export, sent
from overtime_ledger.disclosure import commitments as committed
from overtime_ledger.disclosure import services
from overtime_ledger.disclosure.forms import CommitmentsForm, PackForm
from overtime_ledger.disclosure.models import MADE_WITH, Disclosure
from overtime_ledger.ui import A_PAGE

Kind, Status = Disclosure.Kind, Disclosure.Status
MAKES = "disclosure.make_audit_pack"


@who_may(MAKES)
def packs(request: SignedIn, pk: int) -> HttpResponse:
    """The audit packs of a grant, and the one press that makes another."""
    grant = visible_grant(request, pk)
    if not request.user.has_perms(MADE_WITH[Kind.AUDIT_PACK]):
        raise Http404
    form = PackForm(request.POST or None)
    if form.is_valid():
        asked = services.ask_for_pack(grant, by=request.user, **form.cleaned_data)
        if asked.status == Status.READY:
            messages.success(request, "The audit pack is made.")
        return redirect("disclosure:pack", asked.pk)
    rows = Disclosure.objects.visible_to(request.user).filter(grant=grant, kind=Kind.AUDIT_PACK)
    page = Paginator(rows.select_related("requested_by"), A_PAGE).get_page(request.GET.get("page"))
    context = {"grant": grant, "form": form, "page": page}
    return render(request, "disclosure/packs.html", context, status=422 if form.errors else 200)


@who_may(MAKES)
@require_GET
def pack(request: SignedIn, pk: int) -> HttpResponse:
    """One audit pack: how far it is, or what it holds and its digest."""
    return render(request, "disclosure/pack.html", {"pack": _pack(request, pk)})


@who_may(MAKES)
@require_GET
def pack_file(request: SignedIn, pk: int) -> FileResponse:
    """The ZIP of an audit pack, put on record before it goes."""
    found = _pack(request, pk)
    if found.status != Status.READY:
        raise Http404
    file = services.taken_out(found, by=request.user)
    return sent(file, name=found.name, content_type="application/zip", size=found.size)


def _pack(request: SignedIn, pk: int) -> Disclosure:
    rows = Disclosure.objects.visible_to(request.user).filter(kind=Kind.AUDIT_PACK)
    found = get_object_or_404(rows.select_related("grant", "requested_by"), pk=pk)
    about(request, found.grant)
    return found


@who_may("grants.view_ledgerentry")
@require_GET
def commitments(request: SignedIn, pk: int) -> HttpResponseBase:
    """What is committed under a grant, tasking by tasking: filtered, totalled, 50 a page, and as a file."""
    grant = visible_grant(request, pk)
    form = CommitmentsForm(request.GET, grant=grant)
    chosen = form.chosen()
    if file_format := request.GET.get("format"):
        return export(
            request,
            title=f"{grant} Commitments",
            columns=committed.COLUMNS,
            rows=committed.rows(chosen) if chosen else (),
            file_format=file_format,
            filters=form.in_words(),
            grants=[grant],
            basis="What stands on the ladder today",
        )
    total = chosen.total() if chosen else committed.Total(0, 0, 0)
    found = committed.Commitments(chosen, total.count) if chosen else ()
    page = Paginator(found, A_PAGE).get_page(request.GET.get("page"))
    context = {
        "grant": grant,
        "form": form,
        "page": page,
        "total": total,
        "agency": chosen and chosen.agency,
        "unused": chosen is not None and chosen.unused_only,
    }
    return render(request, "disclosure/commitments.html", context)
