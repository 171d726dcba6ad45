"""Who looked at, or took out, what; how often each control refused somebody something."""

from dataclasses import dataclass
from datetime import date, datetime, time

from django.db.models import Count, Q, QuerySet

from overtime_ledger import clock
from overtime_ledger.accounts.models import User
from overtime_ledger.audit.models import AccessLog, ControlSpoke


def accesses(
    *,
    by: User | None = None,
    action: str = "",
    what: str = "",
    since: date | None = None,
    until: date | None = None,
) -> QuerySet[AccessLog]:
    """The access log, the newest first; `what` is looked for in what was viewed or taken out."""
    found = AccessLog.objects.select_related("by", "by__agency", "client")
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


@dataclass(frozen=True)
class Refused:
    """How often a control refused somebody something: lately, and since the opening."""

    recent: int
    all: int


def refused(since: datetime) -> dict[str, Refused]:
    """How often each control refused, by its code; `recent` counts from a moment on."""
    rows = ControlSpoke.objects.order_by().values_list("code")
    counts = rows.annotate(recent=Count("pk", filter=Q(at__gte=since)), all=Count("pk"))
    return {code: Refused(recent, every) for code, recent, every in counts}
