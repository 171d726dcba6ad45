"""Lists: how many rows a page shows, and the numbers of its pages."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page
from django.http import HttpRequest
from django.template import Context

from overtime_ledger.ui.library import register


@dataclass(frozen=True)
class Step:
    """A page number one can go to, or a gap between numbers."""

    number: int | None
    url: str
    current: bool


A_PAGE = 50
"""How many rows a page of a list shows."""


@register.inclusion_tag("ui/pagination.html", takes_context=True)
def pagination(context: Context, page_obj: Page[Any]) -> dict[str, object]:
    """Page numbers that keep the filter of the list (its GET query)."""
    request: HttpRequest = context["request"]

    def url_of(number: int) -> str:
        query = request.GET.copy()
        query["page"] = str(number)
        return f"?{query.urlencode()}"

    numbers = page_obj.paginator.get_elided_page_range(page_obj.number, on_each_side=1, on_ends=1)
    return {
        "page_obj": page_obj,
        "steps": [_step(number, page_obj.number, url_of) for number in numbers],
        "previous": url_of(page_obj.previous_page_number()) if page_obj.has_previous() else "",
        "next": url_of(page_obj.next_page_number()) if page_obj.has_next() else "",
    }


def _step(number: int | str, current: int, url_of: Callable[[int], str]) -> Step:
    if isinstance(number, int):
        return Step(number, url_of(number), number == current)
    return Step(None, "", False)
