"""What a sum of money buys of a grant's overtime."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from claims import selectors as claims
from grants.burndown import average_hour
from grants.countdown import about
from grants.models import Grant
from overtime_ledger import clock
from overtime_ledger.accounts.access import SignedIn, who_may
from tasking.buying import at_the_average, purchase
from tasking.forms.costing import BuysForm


@who_may("grants.view_grant")
@require_GET
def buys(request: SignedIn) -> HttpResponse:
    """What a sum buys of a grant's overtime; unasked, what its available money buys today."""
    grants = list(Grant.objects.visible_to(request.user).select_related("lead_force"))
    named = [one for one in grants if str(one.pk) == request.GET.get("grant")]
    chosen = next(iter(named or grants), None)
    asked = request.GET if "pounds" in request.GET else None
    start = _to_begin_with(chosen) if chosen else {}
    form = BuysForm(asked, grants=grants, initial=start)
    context: dict[str, Any] = {"form": form, "grants": grants}
    question = form.cleaned_data if form.is_valid() else {} if asked else start
    if chosen:
        about(request, chosen)
    if chosen and question:
        minutes, pence = claims.worked_minutes(chosen)
        average = average_hour(worked_minutes=minutes, costed_pence=pence)
        context["purchase"] = purchase(chosen, question["pounds"], question["on"])
        context["average"] = at_the_average(average, question["pounds"])
    return render(request, "tasking/buys.html", context)


def _to_begin_with(grant: Grant) -> dict[str, Any]:
    """What has not been tasked yet, or of a grant without money what it will get; for duties of today."""
    available = sum(line.available for line in grant.lines.all())
    return {"grant": grant.pk, "pounds": available or grant.amount_pence, "on": clock.today()}
