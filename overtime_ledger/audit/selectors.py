"""Who looked at, or took out, what."""

from datetime import date, time

from django.db.models import QuerySet

from overtime_ledger import clock
from overtime_ledger.accounts.models import User
from overtime_ledger.audit.models import AccessLog


def accesses(
    *,
    by: User | None = None,
    action: str = "",
    what: str = "",
    since: date | None = None,
    until: date | None = None,
) -> QuerySet[AccessLog]:
    """The access log, the newest first; `what` is looked for in what was viewed or taken out."""
    found = AccessLog.objects.select_related("by", "by__agency")
    if by is not None:
        found = found.filter(by=by)
    if action:
        found = found.filter(action=action)
    if what:
        found = found.filter(what__icontains=what)
    if since is not None:
        found = found.filter(at__gte=clock.london(since, time()))
    if until is not None:
        found = found.filter(at__lt=clock.midnight_after(until))
    return found.order_by("-id")


def people_on_log() -> QuerySet[User]:
    """Everybody who is on the access log."""
    return User.objects.filter(pk__in=AccessLog.objects.order_by().values("by")).order_by("display_name")
