"""The doors of the API: a token in the header, figures out. No session, and nothing written but who read."""

import json
from collections.abc import Callable
from datetime import date, time
from functools import wraps
from hashlib import sha256
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.views.decorators.csrf import csrf_exempt
from django.views.defaults import page_not_found

from grants.models import Grant
from overtime_ledger import clock
from overtime_ledger.accounts import clients
from overtime_ledger.accounts.models import ApiClient
from overtime_ledger.audit.models import AccessLog
from overtime_ledger.dashboard.api import openapi
from overtime_ledger.dashboard.api.shapes import BURN_DOWN, POSITION, Shape
from overtime_ledger.dashboard.figures import figures

View = Callable[[HttpRequest, ApiClient, str], HttpResponseBase]


class Problem(Exception):
    """Why a request has no figures for an answer: status, what was wrong, what to do, further headers."""

    def __init__(self, status: int, title: str, detail: str, **headers: str) -> None:
        super().__init__(title)
        self.status, self.title, self.detail = status, title, detail
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}

    def answer(self) -> HttpResponse:
        """The same as RFC 9457 wants it told."""
        told = {"title": self.title, "status": self.status, "detail": self.detail}
        return HttpResponse(
            json.dumps(told),
            status=self.status,
            content_type="application/problem+json",
            headers={"Cache-Control": "no-store", **self.headers},
        )


def by_token(view: View) -> Callable[[HttpRequest, str], HttpResponseBase]:
    """Let in programs whose token is in force, so many times a minute; whoever is signed in is not."""

    @login_not_required
    @csrf_exempt  # without a session there is nothing to forge; whatever is sent is refused as it should be
    @wraps(view)
    def guarded(request: HttpRequest, reference: str) -> HttpResponseBase:
        try:
            _only_read(request)
            client = _client(request)
            _not_too_often(client)
            return view(request, client, reference)
        except Problem as problem:
            return problem.answer()

    return guarded


@by_token
def position(request: HttpRequest, client: ApiClient, reference: str) -> HttpResponseBase:
    """Where the money of a grant is."""
    return _figures(request, client, reference, POSITION, "Position")


@by_token
def burn_down(request: HttpRequest, client: ApiClient, reference: str) -> HttpResponseBase:
    """How fast a grant burns."""
    return _figures(request, client, reference, BURN_DOWN, "Burn-down")


@login_not_required
@csrf_exempt
def description(request: HttpRequest) -> HttpResponseBase:
    """What there is to ask and what is answered, for everybody: it holds no figure."""
    try:
        _only_read(request)
    except Problem as problem:
        return problem.answer()
    return _told(request, openapi.document())


def not_found(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """An address that is not there: told to programs in JSON, to people on a page."""
    if request.path.startswith("/api/"):
        return Problem(404, "There is nothing at this address.", "What there is: /api/openapi.json").answer()
    return page_not_found(request, exception)


def _figures(
    request: HttpRequest, client: ApiClient, reference: str, shape: Shape, title: str
) -> HttpResponseBase:
    as_at = _day(request.GET.get("as_at", ""))
    grant = _grant(client, reference)
    answer = shape.answer(figures(grant, as_at=as_at))
    _put_on_record(client, f"{grant} {title} (API)")
    response = _told(request, answer)
    response.headers["Protective-Marking"] = grant.marking
    return response


def _told(request: HttpRequest, answer: dict[str, Any]) -> HttpResponseBase:
    """The answer in JSON under a tag of its own; nothing but the tag to whoever has it already."""
    content = json.dumps(answer, ensure_ascii=False).encode()
    tag = f'"{sha256(content).hexdigest()[:32]}"'
    response = HttpResponse(content, content_type="application/json")
    response.headers["ETag"] = tag
    response.headers["Cache-Control"] = "private, no-cache"
    patch_vary_headers(response, ["Authorization"])
    found = get_conditional_response(request, etag=tag, response=response)
    return found or response


def _only_read(request: HttpRequest) -> None:
    if request.method != "GET":
        raise Problem(405, "Figures are only read.", "Ask with GET.", Allow="GET")


def _client(request: HttpRequest) -> ApiClient:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    client = clients.client_of(token.strip()) if scheme.lower() == "bearer" else None
    if client is None:
        raise Problem(
            401,
            "This needs a token that is in force.",
            "Send it as: Authorization: Bearer TOKEN. An administrator makes one.",
            WWW_Authenticate='Bearer realm="Overtime Ledger"',
        )
    return client


def _not_too_often(client: ApiClient) -> None:
    """Count the requests of this minute; the count is the cache's, so a few more may slip through at once."""
    now = timezone.now()
    key = f"api:{client.pk}:{now:%Y%m%d%H%M}"
    cache.add(key, 0, timeout=120)
    try:
        made = cache.incr(key)
    except ValueError:  # forgotten meanwhile
        made = 1
    if made > openapi.A_MINUTE:
        raise Problem(
            429,
            f"More than {openapi.A_MINUTE} requests in a minute.",
            "Wait, and send If-None-Match: figures change when somebody decides.",
            Retry_After=str(60 - now.second),
        )


def _grant(client: ApiClient, reference: str) -> Grant:
    opened = Grant.objects.exclude(status=Grant.Status.DRAFT).select_related("lead_force")
    grant = opened.filter(reference=reference).first() if client.may_read(reference) else None
    if grant is None:
        raise Problem(404, "This token reads no such grant.", "Ask an administrator which it reads.")
    return grant


def _day(text: str) -> date | None:
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or day > clock.today() or day.year < 2000:
        raise Problem(400, "This day cannot be shown.", "Send as_at as 2021-02-28: a day that is not ahead.")
    return day


def _put_on_record(client: ApiClient, what: str) -> None:
    """The access log says once a day which program read what."""
    clients.put_use_on_record(client)
    midnight = clock.london(timezone.localdate(), time())
    if not AccessLog.objects.filter(client=client, what=what, at__gte=midnight).exists():
        AccessLog.objects.create(client=client, action=AccessLog.Action.EXPORTED, what=what)
