"""Lists: how many rows a page shows, and the numbers of its pages."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
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


class LongList(Paginator):  # type: ignore[type-arg]  # at run time it takes none
    """Fifty rows a page of a list of any length, no page much slower than the first.

    The database finds the numbers of a page's rows before it reads any row whole, and it begins to count at
    whichever end is nearer. `count` is how many rows there are, where that is known.
    """

    def __init__(self, rows: QuerySet[Any, Any], count: int | None = None) -> None:
        super().__init__(rows, A_PAGE)
        self.rows = rows
        if count is not None:
            self.count = count

    def page(self, number: int | str) -> Page[Any]:
        number = self.validate_number(number)
        first = (number - 1) * self.per_page
        last = min(first + self.per_page, self.count)
        keys = self.rows.values_list("pk", flat=True)
        if first > self.count // 2:
            keys = keys.reverse()[self.count - last : self.count - first]
        else:
            keys = keys[first:last]
        return Page(self.rows.filter(pk__in=list(keys)), number, self)


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
