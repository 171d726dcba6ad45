"""What the browser is told with every page: only our own scripts and styles run, nothing is kept."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from overtime_ledger.ui.frame import may_see

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
PERMISSIONS_POLICY = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"


class SecurityHeaders:
    """Middleware: only our own scripts and styles run, and signed-in pages stay out of every cache.

    Django 6.0 can send the first header itself; this class goes when we do.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
        response.headers["Permissions-Policy"] = PERMISSIONS_POLICY
        if may_see(request):
            response.headers["Cache-Control"] = "no-store"
        return response
