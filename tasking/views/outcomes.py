"""The doors to what comes of a subject: its entry assessment, and its outcome."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse

from grants.countdown import about
from overtime_ledger.accounts.access import SignedIn, who_may
from overtime_ledger.errors import Refusal
from tasking import selectors, services
from tasking.forms.outcomes import EntryForm, OutcomeForm
from tasking.models import Enquiry, Subject
from tasking.views.showing import TASKS, show


@who_may(TASKS)
def record_entry(request: SignedIn, pk: int, subject_pk: int) -> HttpResponse:
    """Put the entry assessment of a subject on record, or correct it."""
    enquiry, subject = _subject(request, pk, subject_pk)
    stands = selectors.entry_of(enquiry, subject)
    form = EntryForm(request.POST or None, stands=stands, alike=selectors.latest_entry(enquiry.grant))
    refusal = None
    if form.is_valid():
        try:
            made = services.record_entry(
                enquiry, subject, form.assessed(), by=request.user, **form.correction
            )
            messages.success(request, f"On record for {subject}: {made.in_words} on entry.")
            return redirect(_after(request, enquiry))
        except Refusal as reason:
            refusal = reason
    page = f"{enquiry}, entry"
    services.look_at_outcomes(stands, by=request.user, page=page, codename=subject.codename)
    context = {"enquiry": enquiry, "subject": subject, "stands": stands, "form": form, "refusal": refusal}
    return show(request, "record_entry", context | {"back": _after(request, enquiry)})


@who_may(TASKS)
def record_outcome(request: SignedIn, pk: int, subject_pk: int) -> HttpResponse:
    """Put on record what came of a subject, or correct it."""
    enquiry, subject = _subject(request, pk, subject_pk)
    stands, entry = selectors.outcome_of(enquiry, subject), selectors.entry_of(enquiry, subject)
    form = OutcomeForm(request.POST or None, stands=stands, entry=entry)
    refusal = None
    if form.is_valid():
        try:
            made = services.record_outcome(enquiry, subject, form.came(), by=request.user, **form.correction)
            messages.success(request, f"On record for {subject}: {made.result_in_words}.")
            return redirect(_after(request, enquiry))
        except Refusal as reason:
            refusal = reason
    services.look_at_outcomes(
        stands, entry, by=request.user, page=f"{enquiry}, outcome", codename=subject.codename
    )
    context = {"enquiry": enquiry, "subject": subject, "stands": stands, "form": form, "refusal": refusal}
    return show(request, "record_outcome", context | {"entry": entry, "back": _after(request, enquiry)})


def _subject(request: SignedIn, pk: int, subject_pk: int) -> tuple[Enquiry, Subject]:
    rows = Enquiry.objects.visible_to(request.user).select_related("grant")
    enquiry = get_object_or_404(rows, pk=pk)
    about(request, enquiry.grant)
    return enquiry, get_object_or_404(enquiry.subjects, pk=subject_pk)


def _after(request: SignedIn, enquiry: Enquiry) -> str:
    """Where one came from: the enquiry, or its closing."""
    name = "close_enquiry" if "closing" in request.GET else "enquiry"
    return reverse(f"tasking:{name}", args=[enquiry.pk])
