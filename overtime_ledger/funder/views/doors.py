"""What the doors of the funder's pages share: what one may see, and asking before something is done."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from grants.countdown import about
from grants.models import Grant
from overtime_ledger.accounts.access import SignedIn
from overtime_ledger.errors import Refusal
from overtime_ledger.funder.models import FunderClaim, grants_readable_by


class Done(NamedTuple):
    """What was done, in words, and the page that shows it."""

    said: str
    then: str


Act = Callable[[Mapping[str, Any]], Done]
"""Does what was asked with what was typed."""

READ, DRAW = "funder.view_funderclaim", "funder.draw_claim"


def visible_grant(request: SignedIn, pk: int) -> Grant:
    """A grant whose claims this person may read, with its countdown and marking on the page."""
    grant = get_object_or_404(grants_readable_by(request.user), pk=pk)
    about(request, grant)
    return grant


def visible_claim(request: SignedIn, pk: int) -> FunderClaim:
    """A claim of such a grant, with all that its page names."""
    rows = FunderClaim.objects.visible_to(request.user).prefetch_related("rows")
    people = ("grant__lead_force", "drawn_by", "pm_by", "cfo_by", "sent_by", "withdrawn_by")
    claim = get_object_or_404(rows.select_related(*people), pk=pk)
    about(request, claim.grant)
    return claim


def ask(
    request: SignedIn,
    template: str,
    form: forms.Form,
    context: Mapping[str, Any],
    *,
    act: Act,
) -> HttpResponse:
    """Ask what is needed; on POST act, say what was done and go to the page that shows it.

    A refusal shows the page again with it, and what was typed stays.
    """
    refusal = None
    if request.method == "POST" and form.is_valid():
        try:
            done = act(form.cleaned_data)
            messages.success(request, done.said)
            return redirect(done.then)
        except Refusal as refused:
            refusal = refused
    failed = bool(refusal or form.errors)
    shown = {"form": form, "refusal": refusal} | {**context}
    return render(request, template, shown, status=422 if failed else 200)
