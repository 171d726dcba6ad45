"""The doors of the reconciliation: the file, what matches, the two lists, what explains them, signatures."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Sum
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from grants.forms import AsAtForm
from grants.models import Grant, Period
from overtime_ledger.accounts.access import SignedIn, who_may
from overtime_ledger.accounts.models import User
from overtime_ledger.audit.exports import Column, export
from overtime_ledger.books.forcefile import Table, guess, lines_of
from overtime_ledger.books.forms.reconciliation import ColumnsForm, ExplainForm, FileForm, MatchForm, UndoForm
from overtime_ledger.books.models import Adjustment, ForceLine, Match, Reconciliation, UploadDraft
from overtime_ledger.books.selectors.by_hand import offers, sought
from overtime_ledger.books.selectors.ledgers import ledgers
from overtime_ledger.books.selectors.matches import sums_of
from overtime_ledger.books.selectors.preview import SHOWN, preview, remembered_columns
from overtime_ledger.books.selectors.reconciliation import compare, frozen_items
from overtime_ledger.books.selectors.unmatched import Item
from overtime_ledger.books.services import force_file
from overtime_ledger.books.services import matches as matching
from overtime_ledger.books.services import reconciliation as services
from overtime_ledger.books.services.asked_first import MAY
from overtime_ledger.books.views.periods import grant_of, period_of
from overtime_ledger.errors import Refusal
from overtime_ledger.money import pounds
from overtime_ledger.ui import A_PAGE, day

READS = "books.view_reconciliation"
BASIS = "Payments and reversals by the day they were posted; the force’s lines by the day they were booked"
SIDES = {"ours": "In ours, not theirs", "theirs": "In theirs, not ours", "differs": "Amounts differ"}

ITEMS = (
    Column("List", lambda item: SIDES[item.side]),
    Column("Day", lambda item: item.on, "day"),
    Column("Reference", lambda item: item.reference),
    Column("Description", lambda item: item.description),
    Column("Ours", lambda item: item.amount_pence if item.side == "ours" else None, "pounds"),
    Column("Theirs", lambda item: item.amount_pence if item.side == "theirs" else None, "pounds"),
    Column("Difference", lambda item: item.amount_pence if item.side == "differs" else None, "pounds"),
    Column("Why", lambda item: item.reason),
    Column("Explained", lambda item: item.explained),
    Column("Who deals with it", lambda item: item.deals_with),
)
LINES = (
    Column("Booked", lambda line: line.booked_on, "day"),
    Column("Reference", lambda line: line.reference),
    Column("Description", lambda line: line.description),
    Column("Amount", lambda line: line.pence, "pounds"),
    Column("File", lambda line: line.upload.file_name),
    Column("Row", lambda line: line.row, "number"),
)


@who_may(READS)
@require_GET
def reconciliation(request: SignedIn, pk: int) -> HttpResponseBase:
    """Both ledgers at the end of a period; as they were frozen once it is prepared."""
    return _shown(request, period_of(request, pk))


def _shown(request: SignedIn, period: Period, refusal: Refusal | None = None) -> HttpResponseBase:
    made = services.standing(period)
    context: dict[str, Any] = {"period": period, "refusal": refusal, "made": made}
    if made:
        items: Any = frozen_items(made)
        context |= {"figures": made, "against": _against(services.may_sign, made, request)}
    else:
        compared = compare(period)
        items = compared.items
        context |= {"figures": compared, "compared": compared}
        against: Callable[..., Any] = services.may_prepare
        context["against"] = _against(against, period, request, compared)
    if file_format := request.GET.get("format"):
        return _file(request, period, items, file_format, made)
    context |= {
        "lists": list(_lists(items)),
        "sent_back": period.reconciliations.filter(status="returned").select_related("returned_by"),
        "files": period.grant.force_uploads.count(),
    }
    return render(request, "books/reconciliation.html", context, status=422 if refusal else 200)


def _lists(items: Iterable[Any]) -> Iterator[tuple[str, str, list[Any], int]]:
    """By side: its name, the first of its items and how many there are."""
    for side, label in SIDES.items():
        of_side = [one for one in items if one.side == side]
        yield side, label, of_side[:SHOWN], len(of_side)


def _against(may: Callable[..., Any], row: Any, request: SignedIn, *more: Any) -> Refusal | None:
    if request.user.has_perm(MAY):
        try:
            may(row, *more, by=request.user)
        except Refusal as refusal:
            return refusal
    return None


def _file(
    request: SignedIn, period: Period, items: Any, file_format: str, made: Reconciliation | None
) -> HttpResponseBase:
    signed = made.get_status_display() if made else "Not prepared yet"
    return export(
        request,
        title=f"Reconciliation {period.number} {period.grant}",
        columns=ITEMS,
        rows=items,
        file_format=file_format,
        filters={"Grant": str(period.grant), "Up to": day(period.ends_on), "State": signed},
        grants=[period.grant],
        as_at=period.ends_on,
        basis=BASIS,
    )


@who_may(MAY)
@require_POST
def prepare(request: SignedIn, pk: int) -> HttpResponseBase:
    """Prepare a period's reconciliation for a second person to sign."""
    period = period_of(request, pk)
    try:
        services.prepare(period, by=request.user, seen=request.POST.get("seen", ""))
    except Refusal as refusal:
        return _shown(request, period, refusal)
    messages.success(request, "The reconciliation is prepared. A second person in finance signs it.")
    return redirect("books:reconciliation", period.pk)


@who_may(MAY)
@require_POST
def sign(request: SignedIn, pk: int) -> HttpResponseBase:
    """Sign a prepared reconciliation as a second person."""
    made = _made(request, pk)
    try:
        services.sign(made, by=request.user, seen=request.POST.get("seen", ""))
    except Refusal as refusal:
        return _shown(request, made.period, refusal)
    messages.success(request, f"The reconciliation of {made.period.number} is signed: difference £0.00.")
    return redirect("books:reconciliation", made.period_id)


@who_may(MAY)
def send_back(request: SignedIn, pk: int) -> HttpResponse:
    """Send a prepared reconciliation back, with the reason."""
    made = _made(request, pk)
    form, refusal = UndoForm(request.POST or None), None
    if form.is_valid():
        try:
            services.send_back(made, by=request.user, **form.cleaned_data)
            messages.success(request, "The reconciliation is sent back.")
            return redirect("books:reconciliation", made.period_id)
        except Refusal as refused:
            refusal = refused
    context = {"made": made, "period": made.period, "form": form, "refusal": refusal}
    status = 422 if request.method == "POST" else 200
    return render(request, "books/reconciliation_send_back.html", context, status=status)


def _made(request: SignedIn, pk: int) -> Reconciliation:
    rows = Reconciliation.objects.visible_to(request.user).select_related("period__grant", "prepared_by")
    made = get_object_or_404(rows, pk=pk)
    period_of(request, made.period_id)
    return made


# What explains an item


@who_may(MAY)
def explain(request: SignedIn, pk: int) -> HttpResponse:
    """Say why one item does not match, and who deals with it."""
    period = period_of(request, pk)
    key = request.GET.get("item", "")
    item = next((one for one in compare(period).items if one.key == key), None)
    if item is None:
        raise Http404
    form = ExplainForm(request.POST or None, initial=_proposed(item))
    refusal = None
    if form.is_valid():
        try:
            services.explain(period, item, by=request.user, **form.cleaned_data)
            messages.success(request, f"{item.reference or 'The item'} is explained: {pounds(item.pence)}.")
            return redirect("books:reconciliation", period.pk)
        except Refusal as refused:
            refusal = refused
    context = {"period": period, "item": item, "side": SIDES[item.side], "form": form, "refusal": refusal}
    status = 422 if request.method == "POST" else 200
    return render(request, "books/explain.html", context, status=status)


def _proposed(item: Item) -> dict[str, str]:
    if before := item.adjustment:
        return {"kind": before.kind, "reason": before.reason, "deals_with": before.deals_with}
    if item.is_timing:
        return {"kind": Adjustment.Kind.TIMING, "reason": item.reason, "deals_with": item.who}
    return {"deals_with": item.who}


@who_may(MAY)
@require_POST
def explain_timing(request: SignedIn, pk: int) -> HttpResponseBase:
    """Explain everything that matches something of after the period."""
    period = period_of(request, pk)
    try:
        count = services.explain_timing(period, by=request.user)
    except Refusal as refusal:
        return _shown(request, period, refusal)
    messages.success(request, f"{count} items are explained as timing.")
    return redirect("books:reconciliation", period.pk)


@who_may(MAY)
@require_POST
def withdraw(request: SignedIn, pk: int) -> HttpResponseBase:
    """Take an explanation back."""
    grants = Grant.objects.visible_to(request.user)
    adjustment = get_object_or_404(Adjustment.objects.filter(period__grant__in=grants), pk=pk)
    period = period_of(request, adjustment.period_id)
    try:
        services.withdraw(adjustment, by=request.user)
    except Refusal as refusal:
        return _shown(request, period, refusal)
    messages.success(request, "The explanation is withdrawn.")
    return redirect("books:reconciliation", period.pk)


# The force's lines and their files


@who_may(READS)
@require_GET
def lines(request: SignedIn, grant_pk: int) -> HttpResponseBase:
    """The lines of the force's ledger that were taken, the latest first, and the files they came in."""
    grant = grant_of(request, grant_pk)
    found = ForceLine.objects.filter(grant=grant).select_related("upload").order_by("-booked_on", "-pk")
    form = AsAtForm(request.GET)
    up_to = form.cleaned_data["as_at"] if form.is_valid() else None
    if up_to:
        found = found.filter(booked_on__lte=up_to)
    if file_format := request.GET.get("format"):
        return export(
            request,
            title=f"Lines of the force’s ledger {grant}",
            columns=LINES,
            rows=found.iterator(chunk_size=500),
            file_format=file_format,
            filters={"Grant": str(grant)} | ({"Booked up to": f"{up_to:%-d %B %Y}"} if up_to else {}),
            grants=[grant],
            basis="By the day the force booked it",
        )
    page = Paginator(found, A_PAGE).get_page(request.GET.get("page"))
    matched = dict(
        Match.objects.filter(lines__line__in=page.object_list, lines__live=True).values_list(
            "lines__line", "pk"
        )
    )
    files = grant.force_uploads.select_related("uploaded_by")
    context = {
        "grant": grant,
        "page": page,
        "rows": [(line, matched.get(line.pk)) for line in page.object_list],
        "files": files,
        "pence": found.order_by().aggregate(pence=Sum("pence", default=0))["pence"],
        "up_to": up_to,
    }
    return render(request, "books/lines.html", context)


@who_may(MAY)
def upload(request: SignedIn, grant_pk: int) -> HttpResponse:
    """Choose a file of the force's ledger; its columns are asked next."""
    grant = grant_of(request, grant_pk)
    form = FileForm(request.POST, request.FILES) if request.method == "POST" else FileForm()
    refusal = None
    if request.method == "POST" and form.is_valid():
        name = form.cleaned_data["file"].name
        try:
            force_file.hold(grant, form.table, by=request.user, file_name=name, sha256=form.sha256)
            return redirect("books:columns", grant.pk)
        except Refusal as refused:
            refusal = refused
    context = {"grant": grant, "form": form, "refusal": refusal}
    status = 422 if request.method == "POST" else 200
    return render(request, "books/upload.html", context, status=status)


@who_may(MAY)
def columns(request: SignedIn, grant_pk: int) -> HttpResponse:
    """Say which column is which, see what would match, and take the file: all of it or nothing."""
    grant = grant_of(request, grant_pk)
    draft = get_object_or_404(UploadDraft.objects.filter(by=request.user), grant=grant)
    remembered = remembered_columns(grant)
    guessed = guess(draft.header, remembered)
    known = remembered and guessed == remembered
    form = ColumnsForm(request.POST or (guessed if known else None), header=draft.header, guessed=guessed)
    context: dict[str, Any] = {"grant": grant, "draft": draft, "form": form, "remembered": known}
    if form.is_valid():
        repeated = form.cleaned_data["take_repeated"]
        try:
            if "confirmed" in request.POST:
                taken, matches = force_file.take(draft, form.columns, by=request.user, take_repeated=repeated)
                messages.success(
                    request, f"{taken.line_count} lines taken: {pounds(taken.pence)}. {matches} matches made."
                )
                return redirect("books:lines", grant.pk)
        except Refusal as refused:
            context["refusal"] = refused
        table = Table(draft.header, [(number, cells) for number, cells in draft.rows])
        read, bad = lines_of(table, form.columns)
        context |= {"bad": bad[:50], "bad_count": len(bad), "count": len(table.rows)}
        if not bad:
            context["preview"] = preview(grant, read, take_repeated=repeated)
        context["has_errors"] = bool(bad)
    wrong = (request.method == "POST" and form.errors) or context.get("bad") or "refusal" in context
    return render(request, "books/columns.html", context, status=422 if wrong else 200)


# Matches


@who_may(MAY)
@require_POST
def match_again(request: SignedIn, grant_pk: int) -> HttpResponse:
    """Match what came to match since the last file."""
    grant = grant_of(request, grant_pk)
    count = matching.match_again(grant, by=request.user)
    messages.success(request, f"{count} matches made." if count else "Nothing more matches.")
    return redirect("books:matches", grant.pk)


@who_may(MAY)
def match_by_hand(request: SignedIn, grant_pk: int) -> HttpResponse:
    """Say that payments, or claims of them, and lines there are the same money; look for more of either."""
    grant, said = grant_of(request, grant_pk), request.POST or request.GET
    looks = "look" in request.POST or request.method != "POST"
    both, refusal = ledgers(grant), None
    typed = None if looks else request.POST
    form = MatchForm(typed, both=both, keys=said.getlist("pick"), initial=said.dict())
    if not looks and form.is_valid():
        try:
            _match(grant, form, by=request.user)
            messages.success(request, f"They are matched: {pounds(form.chosen.theirs_pence)} of the force.")
            return redirect("books:matches", grant.pk)
        except Refusal as refused:
            refusal = refused
    seek = sought(grant, said.get("find", ""))
    context = {
        "grant": grant,
        "form": form,
        "looks": looks,
        "refusal": refusal,
        "offers": offers(both, form.chosen, seek),
    }
    return render(request, "books/match.html", context, status=200 if looks else 422)


def _match(grant: Grant, form: MatchForm, *, by: User) -> None:
    matching.match_by_hand(
        grant,
        form.chosen.entries,
        form.chosen.lines,
        by=by,
        reason=form.cleaned_data["reason"],
        differing=form.cleaned_data["differing"],
    )


@who_may(READS)
@require_GET
def matches(request: SignedIn, grant_pk: int) -> HttpResponse:
    """What was matched, the latest first; what was undone stays on record."""
    grant = grant_of(request, grant_pk)
    found = grant.matches.select_related("made_by", "undone_by").prefetch_related(
        "entries__entry", "lines__line"
    )
    page = Paginator(found, A_PAGE).get_page(request.GET.get("page"))
    rows = [(one, sums_of(one)) for one in page.object_list]
    return render(request, "books/matches.html", {"grant": grant, "page": page, "rows": rows})


@who_may(MAY)
def undo_match(request: SignedIn, pk: int) -> HttpResponse:
    """Undo a match, with the reason."""
    grants = Grant.objects.visible_to(request.user)
    match = get_object_or_404(Match.objects.filter(grant__in=grants).select_related("grant"), pk=pk)
    grant_of(request, match.grant_id)
    form, refusal = UndoForm(request.POST or None), None
    if form.is_valid():
        try:
            matching.undo_match(match, by=request.user, **form.cleaned_data)
            messages.success(request, "The match is undone.")
            return redirect("books:matches", match.grant_id)
        except Refusal as refused:
            refusal = refused
    context = {"match": match, "sums": sums_of(match), "form": form, "refusal": refusal}
    status = 422 if request.method == "POST" else 200
    return render(request, "books/match_undo.html", context, status=status)
