"""The way around: at most seven sections for any role, and the places of the one that is open."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

STAFF = "staff"
READS_CONTROLS = "audit.read_controls"
READS_LEDGER = "grants.view_ledgerentry"
INTERESTS = ("claims.certify_claim", "claims.approve_claim", "claims.settle_claim", "claims.read_interests")


@dataclass(frozen=True)
class Place:
    """A page one can go to from anywhere: its label, the name of its address, and who sees it.

    That is whoever has one of the permissions, STAFF, or without any everybody signed in.
    """

    label: str
    name: str
    seen_by: tuple[str, ...] = ()


@dataclass(frozen=True)
class Section:
    """Places that belong together under one name. Who sees one of them alone finds it by its own."""

    label: str
    places: tuple[Place, ...]


NAVIGATION = (
    Section("Home", (Place("Home", "home"),)),
    Section(
        "Tasking",
        (
            Place("Taskings", "tasking:taskings", ("tasking.view_tasking",)),
            Place("Enquiries", "tasking:enquiries", ("tasking.view_enquiry",)),
            Place("Costs", "tasking:cost", ("grants.view_grant",)),
            Place("Time owed", "tasking:time_owed", ("claims.view_claim",)),
        ),
    ),
    Section(
        "Claims",
        (
            Place("Claims", "claims:claims", ("claims.view_claim",)),
            Place("Approvals", "admin:claims_claim_changelist", ("claims.approve_claim",)),
            Place("Late list", "claims:late", ("grants.read_all_grants",)),
            Place("Interests", "claims:interests", INTERESTS),
        ),
    ),
    Section("Grants", (Place("Grants", "grants:grants", ("grants.view_grant",)),)),
    Section(
        "Money",
        (
            Place("Payments", "payments:overview", ("payments.view_batch",)),
            Place("Statements", "payments:statements", ("payments.view_invoice", "payments.read_own_agency")),
            Place("Funder", "funder:overview", ("funder.view_funderclaim",)),
            Place("Books", "books:books", ("grants.view_period",)),
            Place("Accruals", "books:accruals", ("grants.read_all_grants",)),
            Place("Closing", "books:closings", ("grants.read_all_grants",)),
        ),
    ),
    Section(
        "Audit",
        (
            Place("Exceptions", "audit:exceptions", (READS_CONTROLS,)),
            Place("Controls", "audit:controls", (READS_CONTROLS,)),
            Place("Access log", "audit:log", ("audit.view_accesslog",)),
            Place("Public extracts", "disclosure:extracts", ("disclosure.view_extract",)),
        ),
    ),
    Section("Administration", (Place("Administration", "admin:index", (STAFF,)),)),
)


@dataclass(frozen=True)
class Entry:
    """One link of the navigation, with those within it.

    `current` is what aria-current says: "page" of the page at hand, "true" of what that belongs to.
    """

    label: str
    url: str
    current: str = ""
    within: Sequence["Entry"] = ()


def page(request: HttpRequest) -> dict[str, object]:
    """Context of every page: its marking, a grant's last days, the day, the way around, the session's end."""
    return {
        "marking": getattr(request, "marking", settings.LEDGER_MARKING),
        "last_days": getattr(request, "last_days", ""),
        "demonstration_day": settings.LEDGER_TODAY,
        "navigation": navigation(request),
        "session_seconds": _session_seconds(request),
    }


def navigation(request: HttpRequest) -> list[Entry]:
    """The sections in which this person may open something, the nearest to this page marked as current.

    The places of that section stand within it; those of another are one press away.
    """
    sections = [(section.label, _seen(request, section)) for section in NAVIGATION]
    addresses = [url for _, places in sections for _, url in places]
    nearest = max((url for url in addresses if _leads_to(url, request.path)), key=len, default="")
    return [_entry(label, places, nearest, request.path) for label, places in sections if places]


def _seen(request: HttpRequest, section: Section) -> list[tuple[str, str]]:
    """Label and address of each place of a section that this person may open."""
    places = [(one.label, address(one.name)) for one in section.places if may_see(request, *one.seen_by)]
    return [(label, url) for label, url in places if url]


def _entry(label: str, places: Sequence[tuple[str, str]], nearest: str, path: str) -> Entry:
    (first, url), *more = places
    within = [Entry(name, to, _current(to, nearest, path)) for name, to in places]
    current = next((one.current for one in within if one.current), "")
    if not more:
        return Entry(first, url, current)
    return Entry(label, url, current and "true", within if current else ())


def _current(url: str, nearest: str, path: str) -> str:
    if url != nearest:
        return ""
    return "page" if url == path else "true"


def may_see(request: HttpRequest, *permissions: str) -> bool:
    """Whether somebody is signed in who has one of the permissions or, without any, at all."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return False
    return not permissions or any(
        user.is_staff if one == STAFF else user.has_perm(one) for one in permissions
    )


def address(name: str) -> str:
    """The address of a name; empty if there is none."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


def _leads_to(url: str, path: str) -> bool:
    return path == url or (url != address("home") and path.startswith(url))


def _session_seconds(request: HttpRequest) -> int | None:
    """Seconds until a signed-in session ends if nothing happens, else None."""
    return request.session.get_expiry_age() if may_see(request) else None
