"""The pages of those who answer for the controls: what each control is and how often it spoke; exceptions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_GET

from grants.models import Grant
from overtime_ledger import clock
from overtime_ledger.accounts.access import SignedIn, who_may
from overtime_ledger.audit.exports import export
from overtime_ledger.audit.selectors import Refused, refused
from overtime_ledger.controls import GROUPS, Control
from overtime_ledger.dashboard import exceptions as found
from overtime_ledger.dashboard.exceptions import Asked
from overtime_ledger.dashboard.forms import ExceptionsForm
from overtime_ledger.ui import A_PAGE, READS_CONTROLS

LATELY = timedelta(days=30)


@dataclass(frozen=True)
class Spoken:
    """A control, how often it refused people something, and how often it put a question."""

    control: Control
    refused: Refused
    asked: Asked


@who_may(READS_CONTROLS)
@require_GET
def controls(request: SignedIn) -> HttpResponse:
    """Every control: when it speaks, why it is there, what to do, who can, and how often it spoke."""
    since = clock.now() - LATELY
    chosen = found.Chosen(grants=_grants(request), held_back=_holds_back(request))
    blocks, questions = refused(since), found.asked(chosen, since)
    groups = [
        (
            group,
            [
                Spoken(
                    control,
                    blocks.get(control.code, Refused(0, 0)),
                    questions.get(control.code, Asked(0, 0, 0)),
                )
                for control in group.controls
            ],
        )
        for group in GROUPS
    ]
    return render(request, "audit/controls.html", {"groups": groups, "lately": LATELY.days})


@who_may(READS_CONTROLS)
@require_GET
def exceptions(request: SignedIn) -> HttpResponseBase:
    """What went another way than the rule: filtered, with its total, 50 a page, and as a file."""
    grants = _grants(request)
    form = ExceptionsForm(request.GET, grants=grants, held_back=_holds_back(request))
    chosen = form.chosen()
    if len(chosen.grants) == 1:
        request.marking = chosen.grants[0].marking
    if file_format := request.GET.get("format"):
        return export(
            request,
            title="Exceptions",
            columns=found.COLUMNS,
            rows=found.every(chosen),
            file_format=file_format,
            filters=form.in_words(),
            grants=chosen.grants,
            basis="By the moment it was raised; an amount counts once, whatever is asked about it",
        )
    total = found.total(chosen)
    page = Paginator(found.Exceptions(chosen, total.count), A_PAGE).get_page(request.GET.get("page"))
    context = {"form": form, "total": total, "page": page, "grants": grants, "filtered": form.has_changed()}
    return render(request, "audit/exceptions.html", context)


def _grants(request: SignedIn) -> Sequence[Grant]:
    return list(Grant.objects.visible_to(request.user).order_by("-pk"))


def _holds_back(request: SignedIn) -> bool:
    return request.user.has_perm(found.HOLDS_BACK)
