"""What would it cost: a duty priced before anybody is tasked to it. Nothing comes of asking."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from grants.countdown import about
from grants.models import Grant
from overtime_ledger import clock
from overtime_ledger.accounts.access import SignedIn, who_may
from overtime_ledger.accounts.models import User
from tasking import quotes, selectors
from tasking.forms.costing import CostForm
from tasking.models import DutyType
from tasking.views.showing import grouped, lacking_authority, show

FEW = 6
"""Up to so many officers the working of each is unfolded."""


@who_may("grants.view_grant")
@require_GET
def cost(request: SignedIn) -> HttpResponse:
    """The question, and once it is asked the answer with every control's word on it."""
    grants = list(Grant.objects.visible_to(request.user))
    asked = request.GET if "starts" in request.GET else None
    form = CostForm(asked, grants=grants, initial={"grant": request.GET.get("grant")})
    context: dict[str, Any] = {"form": form, "grants": grants}
    if len(grants) == 1:
        about(request, grants[0])
    if form.is_valid():
        context |= _answer(request, form.cleaned_data["grant"], form.outline())
    return show(request, "cost", context, refused=False)


def _answer(request: SignedIn, grant: Grant, outline: quotes.Outline) -> dict[str, Any]:
    about(request, grant)
    quotation = quotes.estimate(grant, outline)
    controls = grant.pk in selectors.ids_controlled(request.user)
    against = quotation.refusals
    if controls:
        against += lacking_authority(grant, quotation.pence, by=request.user)
    lines = grant.lines.filter(is_open=True).select_related("enquiry").order_by("-is_main", "pk")
    left = [(line, line.available - quotation.pence) for line in lines]
    free = [one.officer for one in quotation.quotes if not one.refusal]
    return {
        "grant": grant,
        "outline": outline,
        "told_at": outline.told_at or clock.now(),
        "kind": DutyType(outline.duty_type).label,
        "quotation": quotation,
        "refusals": against,
        "grouped": grouped(against),
        "left": left,
        "one_has_enough": any(after >= 0 for line, after in left if not line.is_main),
        "few": len(quotation.quotes) <= FEW,
        "task_url": _tasking(outline, free) if controls and grant.status == Grant.Status.OPEN else "",
    }


def _tasking(outline: quotes.Outline, officers: Sequence[User]) -> str:
    """Where those who can be are tasked to just this duty."""
    if not officers:
        return ""
    start, end = timezone.localtime(outline.starts_at), timezone.localtime(outline.ends_at)
    duty = {
        "duty_type": outline.duty_type,
        "day": f"{start:%Y-%m-%d}",
        "starts": f"{start:%H:%M}",
        "ends": f"{end:%H:%M}",
        "break_minutes": outline.break_minutes,
        "travel_minutes": outline.travel_minutes,
        "officers": [officer.pk for officer in officers],
    }
    return f"{reverse('tasking:task')}?{urlencode(duty, doseq=True)}"
