"""What was paid otherwise than calculated: listed, resolved, and up to how much it is tolerated."""

from typing import cast

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from grants.countdown import about
from grants.models import Grant
from overtime_ledger.accounts.access import SignedIn, who_may
from overtime_ledger.audit.exports import export
from overtime_ledger.errors import Refusal
from overtime_ledger.payments import selectors
from overtime_ledger.payments.forms.batches import ResolveForm, ToleranceForm
from overtime_ledger.payments.forms.lists import DifferenceFilter
from overtime_ledger.payments.models import BatchLineQuerySet, Tolerance
from overtime_ledger.payments.services import differences as verbs
from overtime_ledger.payments.views.batches import PAYS
from overtime_ledger.payments.views.files import DIFFERENCES
from overtime_ledger.payments.views.overview import READS
from overtime_ledger.ui import A_PAGE


@who_may(READS)
@require_GET
def differences(request: SignedIn) -> HttpResponseBase:
    """The differences a person may see, filtered; as a file, just these."""
    return _page(request)


def _page(request: SignedIn, refusal: Refusal | None = None) -> HttpResponseBase:
    everything = selectors.differences(request.user)
    form = DifferenceFilter(request.GET, reader=request.user, of=everything)
    rows = cast(BatchLineQuerySet, form.narrow(everything))
    if file_format := request.GET.get("format"):
        return export(
            request,
            title="Differences of payments",
            columns=DIFFERENCES,
            rows=rows.iterator(chunk_size=500),
            file_format=file_format,
            filters=form.in_words(),
            grants=Grant.objects.filter(batches__lines__in=rows.order_by().values("pk")),
            basis="What was reckoned and what was paid, by the confirmation of the batch",
        )
    context = {
        "form": form,
        "page": Paginator(rows, A_PAGE).get_page(request.GET.get("page")),
        "total": selectors.summed(rows),
        "pays": request.user.has_perm(PAYS),
        "tolerances": _tolerances(request),
        "refusal": refusal,
    }
    return render(request, "payments/differences.html", context, status=422 if refusal else 200)


def _tolerances(request: SignedIn) -> list[Tolerance]:
    """For each grant what is tolerated now, and what waits to be confirmed."""
    rows = Tolerance.objects.filter(grant__in=Grant.objects.visible_to(request.user))
    rows = rows.select_related("grant", "recorded_by", "confirmed_by").order_by("-grant", "-id")
    in_force: set[int] = set()
    found = []
    for row in rows:
        if not row.confirmed_by_id or row.grant_id not in in_force:
            found.append(row)
        if row.confirmed_by_id:
            in_force.add(row.grant_id)
    return found


@who_may(PAYS)
def resolve(request: SignedIn, pk: int) -> HttpResponseBase:
    """What became of one difference: explained, recovered or corrected, and how."""
    line = get_object_or_404(selectors.differences(request.user).select_related("batch__grant"), pk=pk)
    about(request, line.batch.grant)
    form, refusal = ResolveForm(request.POST or None), None
    try:
        verbs.may_resolve(line, by=request.user)
        if form.is_valid():
            verbs.resolve(line, by=request.user, **form.cleaned_data)
            messages.success(request, f"The difference of {line.claim} is resolved.")
            return redirect("payments:differences")
    except Refusal as refused:
        refusal = refused
    context = {"line": line, "form": form, "refusal": refusal}
    failed = request.method == "POST"
    return render(request, "payments/resolve.html", context, status=422 if failed else 200)


@who_may(PAYS)
def tolerance(request: SignedIn) -> HttpResponseBase:
    """Propose up to how much a paid amount may differ and need no explanation."""
    grants = Grant.objects.visible_to(request.user).exclude(status=Grant.Status.CLOSED)
    form, refusal = ToleranceForm(request.POST or None, grants=grants), None
    if form.is_valid():
        try:
            verbs.propose_tolerance(by=request.user, **form.cleaned_data)
            messages.success(request, "The tolerance waits for a second person in finance.")
            return redirect("payments:differences")
        except Refusal as refused:
            refusal = refused
    context = {"form": form, "refusal": refusal}
    failed = request.method == "POST"
    return render(request, "payments/tolerance.html", context, status=422 if failed else 200)


@who_may(PAYS)
@require_POST
def confirm_tolerance(request: SignedIn, pk: int) -> HttpResponseBase:
    """Let a proposed tolerance count, as a second person."""
    waiting = Tolerance.objects.filter(grant__in=Grant.objects.visible_to(request.user))
    try:
        verbs.confirm_tolerance(get_object_or_404(waiting, pk=pk), by=request.user)
        messages.success(request, "The tolerance counts for payments confirmed from now on.")
    except Refusal as refused:
        return _page(request, refused)
    return redirect("payments:differences")
