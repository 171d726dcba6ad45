"""The doors to the evaluation of a pilot, and to all that is known of one subject. Who looks is on record."""

from collections.abc import Sequence
from typing import Any

from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from grants.countdown import about
from grants.models import Grant
from overtime_ledger.accounts.access import SignedIn, who_may
from overtime_ledger.accounts.models import User
from overtime_ledger.audit.exports import Column, export
from overtime_ledger.audit.models import AccessLog
from overtime_ledger.books.forms.evaluation import EvaluationForm
from overtime_ledger.books.selectors import evaluation as selectors
from overtime_ledger.books.selectors.evaluation import SubjectRow
from tasking.models import Enquiry, Subject

SEES_SUBJECTS = "tasking.view_subject"
SEES_OUTCOMES = "tasking.view_outcome"
BASIS = (
    "Cost is what the ledger has incurred (approved and settled) on the enquiries; an enquiry of several "
    "subjects is shared equally among them, pennies over to those drawn first. Outcomes as recorded by then"
)

SUBJECTS = (
    Column("Subject", lambda row: row.name),
    Column("Enquiry", lambda row: row.enquiry.name),
    Column("Entry score", lambda row: row.entry and row.entry.score, "number"),
    Column("Highest of the scale", lambda row: row.entry and row.entry.scale_most, "number"),
    Column("Scale", lambda row: row.entry and row.entry.scale),
    Column("Entry assessed on", lambda row: row.entry and row.entry.assessed_on, "day"),
    Column("Entry stated by", lambda row: row.entry and row.entry.assessed_by),
    Column("Subjects of the enquiry", lambda row: row.of.subjects, "number"),
    Column("Hours in minutes", lambda row: row.minutes, "minutes"),
    Column("Cost of the enquiry", lambda row: row.of.pence, "pounds", total=False),
    Column("Cost per subject", lambda row: row.pence, "pounds"),
    Column("Exit result", lambda row: row.result),
    Column("Date of the result", lambda row: row.outcome and row.outcome.came_on, "day"),
    Column("Exit score", lambda row: row.outcome and row.outcome.exit_score, "number"),
    Column("Exit stated by", lambda row: row.outcome and row.outcome.exit_by),
    Column("Change of score", lambda row: row.change, "number"),
    Column("Disruption level", lambda row: row.level),
    Column("Cost per disruption of the enquiry", lambda row: row.of.per_disruption, "pounds", total=False),
)
ENQUIRIES = (
    Column("Enquiry", lambda row: row.enquiry.name),
    Column("Status", lambda row: row.enquiry.get_status_display()),
    Column("Subjects", lambda row: row.subjects, "number"),
    Column("Without outcome", lambda row: row.untold, "number"),
    Column("Hours in minutes", lambda row: row.minutes, "minutes"),
    Column("Cost", lambda row: row.pence, "pounds"),
    Column("Exit results", lambda row: row.results),
    Column("Disruptions", lambda row: row.disruptions, "number"),
    Column("Disruption levels", lambda row: row.levels),
    Column("Cost per subject", lambda row: row.per_subject, "pounds", total=False),
    Column("Cost per disruption", lambda row: row.per_disruption, "pounds", total=False),
)


@who_may(SEES_OUTCOMES)
@require_GET
def evaluation(request: SignedIn, pk: int) -> HttpResponseBase:
    """What the enquiries of a grant cost and what came of their subjects, on a day, as a page or a file."""
    grant = _grant(request, pk)
    form = EvaluationForm(request.GET or None, grant=grant)
    named = request.user.has_perm(SEES_SUBJECTS)
    whole = selectors.evaluation(grant, as_at=form.on, named=named)
    shown = selectors.narrowed(whole, **form.chosen())
    if file_format := request.GET.get("format"):
        return _file(request, shown, form, file_format)
    _was_seen(shown.subjects, by=request.user, page=f"Pilot evaluation of {grant}", named=named)
    context = {
        "grant": grant,
        "form": form,
        "has_errors": bool(form.errors),
        "shown": shown,
        "filtered": any(form.chosen().values()),
        "chosen": form.in_words(),
        "named": named,
        "of_enquiries": shown.enquiries if not form.narrows_subjects else [],
    }
    return render(request, "books/evaluation.html", context)


def _file(
    request: SignedIn, shown: selectors.Evaluation, form: EvaluationForm, file_format: str
) -> HttpResponseBase:
    """Subjects one by one; enquiries only whole: a filter of subjects leaves out parts of them."""
    tables: dict[str, tuple[str, Sequence[Column], Sequence[Any]]] = {
        "subjects": ("by subject", SUBJECTS, shown.subjects),
        "enquiries": ("by enquiry", ENQUIRIES, shown.enquiries),
    }
    table = request.GET.get("table", "subjects")
    if table not in tables or (table == "enquiries" and form.narrows_subjects):
        raise Http404
    words, columns, rows = tables[table]
    return export(
        request,
        title=f"{shown.grant} Pilot evaluation {words}",
        columns=columns,
        rows=rows,
        file_format=file_format,
        filters=form.in_words(),
        grants=[shown.grant],
        basis=BASIS,
        as_at=shown.as_at,
    )


@who_may(SEES_SUBJECTS)
@require_GET
def subject(request: SignedIn, pk: int) -> HttpResponse:
    """One subject: the enquiries against it, what they cost for it, and what came of it."""
    visible = Enquiry.objects.visible_to(request.user).select_related("grant")
    shown = get_object_or_404(Subject.objects.filter(enquiries__in=visible.order_by()).distinct(), pk=pk)
    enquiries = list(visible.filter(subjects=shown))
    about(request, enquiries[0].grant)
    page = selectors.subject_page(shown, enquiries)
    _was_seen(page.rows, by=request.user, page=f"Subject {shown}", named=True)
    return render(request, "books/subject.html", {"page": page})


def _was_seen(rows: Sequence[SubjectRow], *, by: User, page: str, named: bool) -> None:
    """Put on record who saw which subjects and what came of them."""
    if rows:
        codenames = ", ".join(dict.fromkeys(row.subject.codename for row in rows))
        AccessLog.objects.create(
            by=by,
            action=AccessLog.Action.VIEWED,
            what=f"Outcomes of subjects: {page}"[:200],
            filters={"codenames": codenames} if named else {},
            rows=len(rows),
        )


def _grant(request: SignedIn, pk: int) -> Grant:
    rows = Grant.objects.visible_to(request.user).exclude(status=Grant.Status.DRAFT)
    grant = get_object_or_404(rows, pk=pk)
    about(request, grant)
    return grant
