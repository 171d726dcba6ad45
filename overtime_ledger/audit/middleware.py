"""Counts the refusals that pages show."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from overtime_ledger.accounts.models import User
from overtime_ledger.audit.services import put_on_record
from overtime_ledger.errors import listening


class CountRefusals:
    """Middleware: each control that a page says refused something is counted once, when the page is drawn."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with listening() as codes:
            response = self.get_response(request)
        if codes:
            by = request.user if isinstance(request.user, User) else None
            put_on_record(codes, by=by, where=request.path)
        return response
