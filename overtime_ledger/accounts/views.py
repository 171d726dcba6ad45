"""The door to one's own drafts, which only our own script uses (static/js/drafts.js)."""

import json
import re
from typing import Any

from django.http import HttpResponse, JsonResponse
from django.views.decorators.http import require_http_methods

from overtime_ledger import ui
from overtime_ledger.accounts import drafts
from overtime_ledger.accounts.access import SignedIn
from overtime_ledger.accounts.models import Draft

LARGEST = 20_000
"""Bytes of a draft as sent."""
_LONGEST_PATH = 500
_MOST_FORMS = 50


@require_http_methods(["GET", "POST"])
def draft(request: SignedIn) -> HttpResponse:
    """GET gives one's drafts of the forms of a page (`?path=` for each); POST keeps one.

    A draft without fields is none: posting it discards what was kept.
    """
    return _keep(request) if request.method == "POST" else _show(request)


def _show(request: SignedIn) -> HttpResponse:
    paths = [path for path in request.GET.getlist("path")[:_MOST_FORMS] if _is_text(path)]
    found = Draft.objects.of(request.user).fresh().filter(path__in=paths)
    return JsonResponse(
        {"drafts": [_when(each) | {"path": each.path, "fields": each.fields} for each in found]}
    )


def _keep(request: SignedIn) -> HttpResponse:
    if len(request.body) > LARGEST:
        return HttpResponse("Too long to be kept as a draft.", status=413, content_type="text/plain")
    try:
        path, fields = _read(request.body)
    except (ValueError, RecursionError):
        return HttpResponse("Not a draft.", status=400, content_type="text/plain")
    if not fields:
        drafts.discard(request.user, path)
        return HttpResponse(status=204)
    kept = drafts.keep(request.user, path, fields)
    return JsonResponse(_when(kept) | {"complete": kept.fields == fields})


def _when(kept: Draft) -> dict[str, Any]:
    return {"day": ui.day(kept.saved_at), "clock": ui.clock(kept.saved_at)}


def _read(body: bytes) -> tuple[str, drafts.Fields]:
    """The path and the fields that were sent. Raises ValueError when they are anything else."""
    match json.loads(body):
        case {"path": path, "fields": dict(fields)} if _is_path(path) and all(map(_is_field, fields.items())):
            return path, fields
    raise ValueError


def _is_path(value: object) -> bool:
    return _is_text(value) and str(value).startswith("/") and len(str(value)) <= _LONGEST_PATH


def _is_field(field: tuple[object, object]) -> bool:
    name, values = field
    return _is_text(name) and isinstance(values, list) and all(map(_is_text, values))


_UNKEEPABLE = re.compile("[\0\ud800-\udfff]")
"""No character, or half of one: PostgreSQL takes neither."""


def _is_text(value: object) -> bool:
    return isinstance(value, str) and not _UNKEEPABLE.search(value)
