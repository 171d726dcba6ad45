"""What every page shares: words for money and time, the components, the navigation, the security headers.

The settings register this module as a template builtin, so that no template has to load it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.paginator import Page
from django.forms import BaseForm, BoundField, Field
from django.forms.formsets import BaseFormSet
from django.http import HttpRequest, HttpResponse
from django.template import Context, Library
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse
from django.utils.dateformat import format as format_date
from django.utils.safestring import SafeString
from django.utils.text import slugify

from overtime_ledger import money
from overtime_ledger.errors import Flag, Refusal, shown
from overtime_ledger.ladder import LADDER

register = Library()

LONDON = ZoneInfo("Europe/London")


# Words for money and time


@register.filter
def pounds(pence: int | Literal[""] | None) -> str:
    """Integer pence as pounds: 128440 is "£1,284.40". Nothing stays nothing."""
    return "" if pence is None or pence == "" else money.pounds(pence)


@register.filter
def percent(value: Decimal | Literal[""] | None) -> str:
    """A percentage without needless noughts: Decimal("13.800") is "13.8%". Nothing stays nothing."""
    return "" if value is None or value == "" else f"{value.normalize():f}%"


@register.filter
def day(value: date | None) -> str:
    """A date, or the London date of a moment: "8 March 2021"."""
    return format_date(_london_day(value), "j F Y") if value else ""


@register.filter
def short_day(value: date | None) -> str:
    """A date for tight places: "Mon 8 Mar"."""
    return format_date(_london_day(value), "D j M") if value else ""


@register.filter
def clock(moment_: datetime | None) -> str:
    """The London wall time of an aware moment, 24 hours: "16:00"."""
    return f"{moment_.astimezone(LONDON):%H:%M}" if moment_ else ""


@register.filter
def moment(moment_: datetime | None) -> str:
    """An aware moment in London: "8 March 2021, 16:00"."""
    return f"{day(moment_)}, {clock(moment_)}" if moment_ else ""


@register.filter
def span(start: datetime | None, end: datetime | None) -> str:
    """Two aware moments: "16:00 to 18:20", and the day of the end when it is another one."""
    if not start or not end:
        return ""
    days_later = (_london_day(end) - _london_day(start)).days
    if days_later == 0:
        return f"{clock(start)} to {clock(end)}"
    if days_later == 1 and clock(end) == "00:00":
        return f"{clock(start)} to midnight"
    if days_later == 1:
        return f"{clock(start)} to {clock(end)} the next day"
    return f"{clock(start)} to {clock(end)} on {day(end)}"


@register.filter
def duration(minutes: int | Literal[""] | None) -> str:
    """Minutes as people say them: 140 is "2 h 20 min", 120 "2 h", 45 "45 min"."""
    if minutes is None or minutes == "":
        return ""
    sign = "−" if minutes < 0 else ""
    hours, rest = divmod(abs(minutes), 60)
    parts = [f"{hours:,} h"] if hours else []
    if rest or not hours:
        parts.append(f"{rest} min")
    return sign + " ".join(parts)


def _london_day(value: date) -> date:
    return value.astimezone(LONDON).date() if isinstance(value, datetime) else value


# The ladder


_BAR = 10_000
_SLIVER = 60


@dataclass(frozen=True)
class Rung:
    """One of the five stages as drawn: `left` and `width` in ten-thousandths of the bar."""

    name: str
    label: str
    pence: int
    left: int
    width: int
    url: str


@register.inclusion_tag("ui/ladder.html")
def ladder(
    stages: object,
    urls: Mapping[str, str] | None = None,
    label: str = "Where the money is",
    compact: bool = False,
) -> dict[str, object]:
    """The five stages of the money as one bar with words and pounds.

    `stages` has the five names of LADDER, in pence, as attributes or keys. `urls` leads from a
    stage to what it is made of. A compact ladder is the bar alone, for a row of a table.
    """
    rungs = draw_rungs(stages, urls or {})
    return {"rungs": rungs, "total": sum(rung.pence for rung in rungs), "label": label, "compact": compact}


def draw_rungs(stages: object, urls: Mapping[str, str]) -> list[Rung]:
    """Share the bar out among the stages; what is not nothing stays wide enough to be seen."""
    pence = [int(_look_up(stages, stage.value)) for stage in LADDER]
    widths = _share_out(pence)
    lefts = [sum(widths[:place]) for place in range(len(widths))]
    return [
        Rung(stage.value, stage.label, pence[place], lefts[place], widths[place], urls.get(stage) or "")
        for place, stage in enumerate(LADDER)
    ]


def _share_out(pence: Sequence[int]) -> list[int]:
    total = sum(pence)
    if total <= 0:
        return [0 for _ in pence]
    widths = [max(amount * _BAR // total, _SLIVER) if amount > 0 else 0 for amount in pence]
    widths[widths.index(max(widths))] += _BAR - sum(widths)
    return widths


def _look_up(source: Any, name: str) -> Any:
    return source[name] if isinstance(source, Mapping) else getattr(source, name)


# States, refusals, questions, history


@register.inclusion_tag("ui/status_tag.html")
def status_tag(status: str, label: str = "") -> dict[str, str]:
    """A status in words; its colour only repeats what the words say."""
    return {"status": slugify(status).replace("_", "-"), "label": label or _in_words(status)}


def _in_words(status: str) -> str:
    return status.replace("_", " ").capitalize()


@register.inclusion_tag("ui/refusal.html", takes_context=True)
def refusal(context: Context, refusal: Refusal | None) -> dict[str, object]:
    """Why something was refused, what to do about it and who can. Nothing, if nothing was."""
    return {"refusal": refusal, "request": context.get("request")}


@register.inclusion_tag("ui/flags.html", takes_context=True)
def flags(context: Context, flags: Sequence[Flag] | None) -> dict[str, object]:
    """The questions that controls raised, holds first."""
    ordered = sorted(flags or (), key=lambda flag: flag.level != "hold")
    return {"flags": ordered, "request": context.get("request")}


@register.inclusion_tag("ui/control.html", takes_context=True)
def control(context: Context, spoken: Refusal | str) -> dict[str, object]:
    """The code of a control, for whoever may read the list of controls a link to its entry there.

    Given a refusal, the page shows somebody that refusal: it counts. Given a code, it is only named.
    """
    if isinstance(spoken, Refusal):
        shown(spoken)
    code = spoken.code if isinstance(spoken, Refusal) else spoken
    return {"code": code, "url": _address("audit:controls") if _reads_controls(context) else ""}


def _reads_controls(context: Context) -> bool:
    request: HttpRequest | None = context.get("request")
    return request is not None and _may_see(request, READS_CONTROLS)


@register.inclusion_tag("ui/timeline.html")
def timeline(events: Sequence[object]) -> dict[str, object]:
    """What happened: who, when, what, why, the pounds and under whose authority, in the order given."""
    return {"events": events}


# Errors of forms


@dataclass(frozen=True)
class Problem:
    """One message of the error summary, and the anchor of the field it belongs to, if to one."""

    message: str
    anchor: str


@register.inclusion_tag("ui/error_summary.html")
def error_summary(*forms: "BaseForm | BaseFormSet[Any] | list[BaseForm] | None") -> dict[str, object]:
    """All that is wrong with what was typed, each message a link to its field.

    A form that a page does not have today arrives as None or, from its template, as "".
    """
    problems = [problem for form in forms if form for problem in _problems(form)]
    return {"problems": list(dict.fromkeys(problems))}


def _problems(form: "BaseForm | BaseFormSet[Any] | list[BaseForm]") -> list[Problem]:
    if isinstance(form, list):
        return [problem for each in form for problem in _problems(each)]
    if isinstance(form, BaseFormSet):
        general = [Problem(str(message), "") for message in form.non_form_errors()]
        return general + [problem for each in form.forms for problem in _problems(each)]
    general = [Problem(str(message), "") for message in form.non_field_errors()]
    return general + [
        Problem(_naming_its_field(str(message), form[name]), _anchor(form, name))
        for name in form.fields
        if name in form.errors
        for message in form[name].errors
    ]


def _naming_its_field(message: str, bound: BoundField) -> str:
    """Away from its field, "This field is required." says nothing."""
    return f"{bound.label}: {message}" if message == Field.default_error_messages["required"] else message


def _anchor(form: BaseForm, name: str) -> str:
    """The id that can take the focus: that of the first part, where a field has several."""
    bound = form[name]
    if bound.is_hidden:
        return ""
    return bound.id_for_label or f"{bound.auto_id}_0"


# Lists


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


@register.inclusion_tag("ui/key_figure.html")
def key_figure(label: str, value: object, url: str = "", note: str = "") -> dict[str, object]:
    """One number that matters, what it is, and the way to what it is made of."""
    return {"label": label, "value": value, "url": url, "note": note}


# Components that wrap content


@register.simple_block_tag
def panel(content: str, heading: str, level: int = 2, url: str = "") -> SafeString:
    """A section with a heading of its own."""
    return render_to_string(
        "ui/panel.html", {"content": content, "heading": heading, "level": level, "url": url}
    )


@register.simple_block_tag
def table_region(content: str, caption: str, name: str = "", hide_caption: bool = False) -> SafeString:
    """A table with its caption, in a region the keyboard can scroll when the screen is narrow.

    `name` tells two tables of one page apart when their captions are the same.
    """
    return render_to_string(
        "ui/table_region.html",
        {
            "content": content,
            "caption": caption,
            "name": f"table-{slugify(name or caption)}",
            "hide_caption": hide_caption,
        },
    )


@register.simple_block_tag
def details(content: str, summary: str, open: bool = False) -> SafeString:
    """Something to unfold."""
    return render_to_string("ui/details.html", {"content": content, "summary": summary, "open": open})


@register.simple_block_tag
def notice(content: str, title: str = "Important", kind: str = "notice") -> SafeString:
    """A notification banner; `kind` is notice, success or error."""
    return render_to_string("ui/notice.html", {"content": content, "title": title, "kind": kind})


@register.simple_block_tag
def warning(content: str) -> SafeString:
    """One sentence whose neglect has consequences."""
    return render_to_string("ui/warning.html", {"content": content})


@register.simple_block_tag
def inset(content: str) -> SafeString:
    """Text set apart from the rest."""
    return render_to_string("ui/inset.html", {"content": content})


# The frame of each page


STAFF = "staff"
READS_CONTROLS = "audit.read_controls"
NAVIGATION: tuple[tuple[str, str, str | None], ...] = (
    ("Home", "home", None),
    ("Enquiries", "tasking:enquiries", "tasking.view_enquiry"),
    ("Taskings", "tasking:taskings", "tasking.view_tasking"),
    ("Costs", "tasking:cost", "grants.view_grant"),
    ("Claims", "claims:claims", "claims.view_claim"),
    ("Time owed", "tasking:time_owed", "claims.view_claim"),
    ("Statements", "payments:statements", "payments.read_own_agency"),
    ("Grants", "grants:grants", "grants.view_grant"),
    ("Approvals", "admin:claims_claim_changelist", "claims.approve_claim"),
    ("Payments", "payments:overview", "payments.view_batch"),
    ("Funder", "funder:overview", "funder.view_funderclaim"),
    ("Books", "books:books", "grants.view_period"),
    ("Exceptions", "audit:exceptions", READS_CONTROLS),
    ("Audit", "audit:log", "audit.view_accesslog"),
    ("Administration", "admin:index", STAFF),
)
"""Label, name of the address, and who sees it: a permission, STAFF, or None for everybody signed in."""


@dataclass(frozen=True)
class Entry:
    """One entry of the navigation; `current` where the page at hand belongs to it."""

    label: str
    url: str
    current: bool


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
    """The entries of NAVIGATION this person may open, the nearest one to this page marked as current."""
    found = [
        (label, url)
        for label, name, permission in NAVIGATION
        if _may_see(request, permission) and (url := _address(name))
    ]
    nearest = max((url for _, url in found if _leads_to(url, request.path)), key=len, default="")
    return [Entry(label, url, url == nearest) for label, url in found]


def _may_see(request: HttpRequest, permission: str | None) -> bool:
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return False
    if permission == STAFF:
        return bool(user.is_staff)
    return permission is None or bool(user.has_perm(permission))


def _address(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


def _leads_to(url: str, path: str) -> bool:
    return path == url or (url != _address("home") and path.startswith(url))


def _session_seconds(request: HttpRequest) -> int | None:
    """Seconds until a signed-in session ends if nothing happens, else None."""
    if not _may_see(request, None):
        return None
    return request.session.get_expiry_age()


@register.simple_tag
def protective_marking() -> str:
    """The marking for pages that are drawn without a request, as when the server fails."""
    return str(settings.LEDGER_MARKING)


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
        if _may_see(request, None):
            response.headers["Cache-Control"] = "no-store"
        return response
