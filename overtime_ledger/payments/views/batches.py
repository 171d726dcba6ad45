"""Batches: drawn up, shown, sent, confirmed as paid, lines left out, withdrawn; finance's doors."""

from collections.abc import Sequence
from typing import Any, cast

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Sum
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from claims import selectors as claims
from claims.models import Claim
from grants.countdown import about
from grants.models import Grant
from overtime_ledger.accounts.access import SignedIn, who_may
from overtime_ledger.accounts.models import Agency
from overtime_ledger.audit.exports import export
from overtime_ledger.errors import Refusal
from overtime_ledger.money import pounds
from overtime_ledger.payments import selectors
from overtime_ledger.payments.forms.amounts import as_lines
from overtime_ledger.payments.forms.batches import (
    DrawStatementForm,
    PaidForm,
    PayrollDays,
    SeenForm,
    StatementDays,
    WhyForm,
)
from overtime_ledger.payments.forms.lists import BatchFilter
from overtime_ledger.payments.models import Batch, BatchLine, BatchQuerySet
from overtime_ledger.payments.services import batches as verbs
from overtime_ledger.payments.views.files import BATCHES, PAID, PAYROLL
from overtime_ledger.payments.views.overview import READS
from overtime_ledger.ui import A_PAGE, day

PAYS = "claims.settle_claim"
_WITH = ("grant__lead_force", "agency", "drawn_by", "sent_by", "withdrawn_by", "settlement__settled_by")


def _batch(request: SignedIn, pk: int) -> Batch:
    """A batch that this person may see, or none (404)."""
    found = get_object_or_404(Batch.objects.visible_to(request.user).select_related(*_WITH), pk=pk)
    about(request, found.grant)
    return found


@who_may(READS)
@require_GET
def batches(request: SignedIn) -> HttpResponseBase:
    """The batches a person may see, filtered; as a file, just these."""
    everything = Batch.objects.visible_to(request.user)
    form = BatchFilter(request.GET, reader=request.user, of=everything)
    rows = form.narrow(everything)
    shown = cast(BatchQuerySet, rows).with_paid().select_related("grant", "agency", "drawn_by", "settlement")
    if file_format := request.GET.get("format"):
        return export(
            request,
            title="Batches",
            columns=BATCHES,
            rows=shown,
            file_format=file_format,
            filters=form.in_words(),
            grants=Grant.objects.filter(batches__in=rows.order_by()),
            basis="Approved claims, by the day of the duty",
        )
    page = Paginator(shown, A_PAGE).get_page(request.GET.get("page"))
    context = {"form": form, "page": page, "total": selectors.together(shown)}
    return render(request, "payments/batches.html", context)


@who_may(READS)
@require_GET
def due(request: SignedIn) -> HttpResponseBase:
    """The claims that are due to one agency and in no batch yet, and those that wait."""
    context, _ = _due(request)
    return render(request, "payments/draw.html", context)


@who_may(PAYS)
def draw(request: SignedIn) -> HttpResponseBase:
    """What is due to one agency up to a day; put it into a batch."""
    context, when = _due(request)
    agency = context["agency"]
    form = _draw_form(agency)(request.POST or None)
    refusal = None
    if request.method == "POST" and when and form.is_valid():
        try:
            made = verbs.draw(context["grant"], agency, by=request.user, **(when | form.cleaned_data))
            messages.success(request, f"{made} is drawn up: {made.claim_count} claims, {pounds(made.pence)}.")
            return redirect("payments:batch", made.pk)
        except Refusal as refused:
            refusal = refused
    context |= {"form": form, "refusal": refusal}
    return render(request, "payments/draw.html", context, status=422 if refusal or form.errors else 200)


def _due(request: SignedIn) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the address asks for, in words of the page; and the days as `draw` takes them."""
    grant = get_object_or_404(Grant.objects.visible_to(request.user), pk=_number(request, "grant"))
    agency = get_object_or_404(Agency, pk=_number(request, "agency"))
    about(request, grant)
    chosen = {name for name in request.GET if name not in ("grant", "agency", "page")}
    days = _days_form(agency)(request.GET if chosen else None, grant=grant)
    when: dict[str, Any] = days.days
    rows = selectors.due(
        grant, agency, up_to=when.get("up_to") or when.get("to_on"), from_on=when.get("from_on")
    )
    rows = rows if when else rows.none()
    total = claims.total(rows)
    rows = rows.select_related("claimant", "enquiry")
    return {
        "grant": grant,
        "agency": agency,
        "days": days,
        "total": total,
        "page": Paginator(rows, A_PAGE).get_page(request.GET.get("page")),
        "kept_back": selectors.kept_back(grant, agency).select_related("claimant", "enquiry").order_by("pk"),
        "later": claims.total(selectors.due(grant, agency)).count - total.count,
    }, when


def _days_form(agency: Agency) -> type[PayrollDays]:
    return PayrollDays if agency.is_paid_by_payroll else StatementDays


def _draw_form(agency: Agency) -> type[SeenForm]:
    return SeenForm if agency.is_paid_by_payroll else DrawStatementForm


def _number(request: SignedIn, name: str) -> int:
    """A number in the address; what is none names nothing."""
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


@who_may(PAYS)
@require_GET
def of_claim(request: SignedIn, pk: int) -> HttpResponseBase:
    """Where the payment of a claim is seen to: its batch, or what is due to its agency."""
    claim = get_object_or_404(Claim.objects.visible_to(request.user), pk=pk)
    line = claim.batch_lines.filter(live=True).first()
    if line:
        return redirect("payments:batch", line.batch_id)
    return redirect(f"{reverse('payments:draw')}?grant={claim.grant_id}&agency={claim.agency_id}")


@who_may(READS)
@require_GET
def batch(request: SignedIn, pk: int) -> HttpResponseBase:
    """One batch: where it stands, what keeps it from being paid, its lines; as a file, payroll's list."""
    found = _batch(request, pk)
    if file_format := request.GET.get("format"):
        is_paid = found.status == Batch.Status.PAID
        return export(
            request,
            title=f"{found.get_kind_display()} {found}",
            columns=PAID if is_paid else PAYROLL,
            rows=selectors.lines_of(found).filter(left_out_at=None).iterator(chunk_size=500),
            file_format=file_format,
            filters=_in_words(found),
            grants=[found.grant],
            basis="Approved claims, by the day of the duty",
        )
    return _page(request, found)


def _in_words(batch: Batch) -> dict[str, str]:
    """What a file of a batch says of it above its lines."""
    reference = batch.settlement.reference if batch.settlement else ""
    return {
        "Grant": str(batch.grant),
        "Agency": batch.agency.name,
        "Duties": days_of(batch),
        "Status": str(batch.get_status_display()),
        "Reference": reference,
        "Claims": str(batch.claim_count),
        "Control total": pounds(batch.pence),
    }


def days_of(batch: Batch) -> str:
    """Of which days its duties are, in words."""
    return f"up to {day(batch.up_to)}" if batch.up_to else f"{day(batch.from_on)} to {day(batch.to_on)}"


def _page(request: SignedIn, batch: Batch, refusal: Refusal | None = None) -> HttpResponseBase:
    lines = selectors.lines_of(batch)
    troubled = list(batch.lines.troubled().select_related("claim__claimant").order_by("claim"))
    drawn = lines.filter(left_out_at=None)
    a_page = max(batch.claim_count, 1) if request.GET.get("lines") == "all" else A_PAGE
    context = {
        "batch": batch,
        "days": days_of(batch),
        "page": Paginator(drawn, a_page).get_page(request.GET.get("page")),
        "left_out": lines.exclude(left_out_at=None),
        "troubled": [(line, line.trouble) for line in troubled],
        "because": _because(troubled),
        "reversed": claims.total(_reversed_after(batch)),
        "paid_pence": drawn.aggregate(paid=Sum("paid_pence"))["paid"],
        "differing": selectors.summed(batch.lines.differences()),
        "pays": request.user.has_perm(PAYS),
        "obstacle": _obstacle(request, batch),
        "refusal": refusal,
    }
    return render(request, "payments/batch.html", context, status=422 if refusal else 200)


def _because(troubled: Sequence[BatchLine]) -> str:
    """What stands against the lines of a batch, as the reason for which it is drawn again."""
    said = [f"{line.claim}: {line.trouble[0].lower()}{line.trouble[1:]}" for line in troubled]
    more = f"; and {len(said) - 5} more" if len(said) > 5 else ""
    return "; ".join(said[:5]) + more


def _reversed_after(batch: Batch) -> Any:
    """The claims of a batch that were reversed after it had been paid."""
    rows = batch.settlement.claims if batch.settlement else batch.grant.claims.none()
    return rows.filter(status="reversed")


def _obstacle(request: SignedIn, batch: Batch) -> Refusal | None:
    """Why this person cannot confirm a sent batch as paid; nothing where they can."""
    if batch.status != Batch.Status.SENT or not request.user.has_perm(PAYS):
        return None
    try:
        verbs.may_confirm(batch, by=request.user)
    except Refusal as refused:
        return refused
    return None


@who_may(PAYS)
@require_POST
def send(request: SignedIn, pk: int) -> HttpResponseBase:
    """Put on record that the list has gone out."""
    found = _batch(request, pk)
    form = SeenForm(request.POST)
    seen = form.cleaned_data["expected_pence"] if form.is_valid() else 0
    try:
        verbs.mark_sent(found, by=request.user, expected_pence=seen)
    except Refusal as refused:
        return _page(request, found, refused)
    messages.success(request, f"{found} is marked as sent to {found.goes_to}.")
    return redirect("payments:batch", found.pk)


@who_may(PAYS)
def leave_out(request: SignedIn, pk: int) -> HttpResponseBase:
    """Take one claim out of a batch, with a reason."""
    rows = BatchLine.objects.visible_to(request.user).select_related("batch__agency", "claim__claimant")
    line = get_object_or_404(rows, pk=pk)
    found = _batch(request, line.batch_id)
    form, refusal = WhyForm(request.POST or None), None
    try:
        verbs.may_leave_out(line, found, by=request.user)
        if form.is_valid():
            verbs.leave_out(line, by=request.user, reason=form.cleaned_data["reason"])
            messages.success(request, f"{line.claim} is left out of {found}.")
            return redirect("payments:batch", found.pk)
    except Refusal as refused:
        refusal = refused
    context = {
        "batch": found,
        "line": line,
        "form": form,
        "refusal": refusal,
        "after": claims.Total(found.claim_count - 1, found.pence - line.pence),
    }
    failed = request.method == "POST"
    return render(request, "payments/leave_out.html", context, status=422 if failed else 200)


@who_may(PAYS)
def withdraw(request: SignedIn, pk: int) -> HttpResponseBase:
    """Take a batch back, with a reason; and where that is wanted draw it again at once."""
    found = _batch(request, pk)
    form, refusal = WhyForm(request.POST or None), None
    if form.is_valid():
        try:
            return _taken_back(request, found, form.cleaned_data["reason"])
        except Refusal as refused:
            refusal = refused
    context = {"batch": found, "days": days_of(found), "form": form, "refusal": refusal}
    failed = request.method == "POST"
    return render(request, "payments/withdraw.html", context, status=422 if failed else 200)


def _taken_back(request: SignedIn, batch: Batch, reason: str) -> HttpResponseBase:
    if "again" in request.POST:
        made = verbs.redraw(batch, by=request.user, reason=reason)
        said = f"{batch} is withdrawn and drawn again as {made}"
        messages.success(request, f"{said}: {made.claim_count} claims, {pounds(made.pence)}.")
        return redirect("payments:batch", made.pk)
    verbs.withdraw(batch, by=request.user, reason=reason)
    messages.success(request, f"{batch} is withdrawn: its claims are due again.")
    return redirect("payments:batch", batch.pk)


@who_may(PAYS)
def confirm(request: SignedIn, pk: int) -> HttpResponseBase:
    """What payroll paid: its reference and the amounts that are not as calculated; checked, then booked."""
    payroll = Batch.objects.visible_to(request.user).filter(kind=Batch.Kind.PAYROLL)
    found = get_object_or_404(payroll.select_related(*_WITH), pk=pk)
    about(request, found.grant)
    lines = list(selectors.lines_of(found))
    form = PaidForm(request.POST or None, request.FILES or None, lines=lines)
    context: dict[str, object] = {"batch": found, "form": form}
    try:
        verbs.may_confirm(found, by=request.user)
        if request.method == "POST" and "change" not in request.POST and form.is_valid():
            if form.cleaned_data["expected_pence"] is None:
                return render(request, "payments/confirm_check.html", context | _checked(found, form))
            return _confirmed(request, found, form)
    except Refusal as refused:
        context["refusal"] = refused
    failed = bool(form.errors or context.get("refusal")) and request.method == "POST"
    context |= {"rows": list(form.rows()), "differs": any(key.startswith("paid_") for key in request.POST)}
    return render(request, "payments/confirm.html", context, status=422 if failed else 200)


def _checked(batch: Batch, form: PaidForm) -> dict[str, object]:
    """What is about to be booked: the amounts that differ, and both totals."""
    rows = [
        (form.lines[claim], pence, pence - form.lines[claim].due_pence) for claim, pence in form.paid.items()
    ]
    return {
        "otherwise": rows,
        "typed": as_lines(form.paid),
        "paid_pence": batch.pence + sum(more for _, _, more in rows),
        "difference_pence": sum(more for _, _, more in rows),
        "tolerance": selectors.tolerance(batch.grant),
    }


def _confirmed(request: SignedIn, batch: Batch, form: PaidForm) -> HttpResponseBase:
    done = verbs.confirm_paid(
        batch,
        reference=form.cleaned_data["reference"],
        by=request.user,
        paid=form.paid,
        expected_pence=form.cleaned_data["expected_pence"],
    )
    messages.success(request, f"{done} is paid: {done.claim_count} claims are settled, {pounds(done.pence)}.")
    return redirect("payments:batch", done.pk)
