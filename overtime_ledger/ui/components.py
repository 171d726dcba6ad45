"""The components of the pages: states, refusals, questions, history, key figures, and what wraps content."""

from collections.abc import Sequence
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest
from django.template import Context
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import slugify

from overtime_ledger.errors import Flag, Refusal, shown
from overtime_ledger.ui.frame import READS_CONTROLS, READS_LEDGER, address, may_see
from overtime_ledger.ui.library import register
from overtime_ledger.ui.words import pounds

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
    return {"code": code, "url": address("audit:controls") if _reads_controls(context) else ""}


def _reads_controls(context: Context) -> bool:
    request: HttpRequest | None = context.get("request")
    return request is not None and may_see(request, READS_CONTROLS)


@register.inclusion_tag("ui/timeline.html")
def timeline(events: Sequence[object]) -> dict[str, object]:
    """What happened: who, when, what, why, the pounds and under whose authority, in the order given."""
    return {"events": events}


@register.simple_tag
def amount(pence: int | None, url: str = "") -> str:
    """An amount as a link to what it is made of; what is nothing leads nowhere."""
    said = "" if pence is None else pounds(pence)
    return format_html('<a href="{}">{}</a>', url, said) if pence and url else said


@register.simple_tag(takes_context=True)
def of_ledger(context: Context, pence: int | None, grant: int, **filters: object) -> str:
    """An amount as a link to the entries of a grant that add up to it, for those who read the ledger.

    `filters` are those of the ledger's page; what is empty is left out.
    """
    request: HttpRequest | None = context.get("request")
    if request is None or not may_see(request, READS_LEDGER):
        return amount(pence)
    asked = {name: value for name, value in filters.items() if value not in (None, "")}
    return amount(pence, f"{reverse('grants:entries', args=[grant])}?{urlencode(asked)}")


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


@register.simple_tag
def protective_marking() -> str:
    """The marking for pages that are drawn without a request, as when the server fails."""
    return str(settings.LEDGER_MARKING)
