"""Verbs: what people do to a row, as buttons on its page and actions of its list."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from django import forms
from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from overtime_ledger.administration.lists import LedgerAdmin, ReadOnlyAdmin, naming
from overtime_ledger.errors import Refusal

M = TypeVar("M", bound=models.Model)


class NothingToSay(forms.Form):
    """The form of a verb that needs no words."""


@dataclass(frozen=True, kw_only=True)
class Verb:
    """Something people do to a row: a button on its page and, with a form for it, an action of the list.

    `do` is called with the row, `by`, `seen` (what was on the page, see `VerbAdmin.seen`) and what the form
    says; it calls a service, which may refuse. With `asks`, which says in words what is about to be done, it
    is done only after a page that shows it once more.
    """

    name: str
    label: str
    done: str
    do: Callable[..., object]
    form: type[forms.Form] = NothingToSay
    together: type[forms.Form] | None = None
    asks: Callable[[Any, Mapping[str, Any]], Mapping[str, str]] | None = None


@dataclass(frozen=True)
class Outcome:
    """What became of one row of a list action: done, or refused."""

    row: Any
    refusal: Refusal | None


@dataclass(frozen=True)
class Selection:
    """The rows of a list action: those to be done, and those left out with what stands against them."""

    ready: list[Any] = field(default_factory=list)
    left_out: list[Outcome] = field(default_factory=list)


class VerbAdmin(LedgerAdmin[M]):
    """Rows with verbs: each has an address of its own that shows the row's page and does the verb on POST.

    A refusal shows the page again with what was typed. A list action leads to a confirmation page and then
    does the verb to each row on its own; what is refused holds nothing else up.
    """

    verbs: Sequence[Verb] = ()
    act_permission = ""
    page_template = "admin/verb_page.html"
    together_template = "admin/confirm_together.html"

    def seen(self, row: M) -> str:
        """What stands for the state of a row: who acts sends back that of the page they saw."""
        raise NotImplementedError

    def described(self, row: M) -> dict[str, str]:
        """The row in words, by what they say: on its page and in the list one confirms."""
        return {}

    def facts(self, request: HttpRequest, row: M) -> dict[str, Any]:
        """What the row's page shows beside the row itself."""
        return {}

    def against(self, request: HttpRequest, verb: Verb, row: M) -> Refusal | None:
        """What is known to stand against a verb before it is tried in a list action."""
        return None

    def told(self, verb: Verb, row: M) -> str:
        """What the next page says when a verb is done."""
        return f"{row}: {verb.done}."

    def after(self, request: HttpRequest, row: M) -> str:
        """Where one goes when a verb is done."""
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")

    def form_of(self, verb: Verb, row: M, data: Any = None) -> forms.Form:
        """The form of a verb on a row's page, empty or with what was typed."""
        return verb.form(data, prefix=verb.name)

    def has_act_permission(self, request: HttpRequest) -> bool:
        """Whether the person's roles include these verbs at all; the services ask for more."""
        return request.user.has_perm(self.act_permission)

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        own = [
            path(
                f"{where}/{verb.name}/",
                self.admin_site.admin_view(partial(view, verb=verb)),
                name=f"{name}_{verb.name}{suffix}",
            )
            for verb in self.verbs
            for where, view, suffix in (
                ("<int:pk>", self.act, ""),
                ("together", self.act_together, "_together"),
            )
            if verb.together or not suffix
        ]
        return own + super().get_urls()

    # One row

    def act(self, request: HttpRequest, pk: int, verb: Verb) -> HttpResponse:
        """Show the row's page, or do the verb."""
        if not self.has_act_permission(request):
            raise PermissionDenied
        row = get_object_or_404(self.get_queryset(request), pk=pk)
        if request.method != "POST":
            return self.show(request, row)
        form = self.form_of(verb, row, request.POST)
        refusal = None
        if form.is_valid() and "change" in request.POST:
            return self.show(request, row, typed={verb.name: form})
        if form.is_valid() and verb.asks and "confirmed" not in request.POST:
            return self.ask(request, row, verb, verb.asks(row, form.cleaned_data))
        if form.is_valid():
            try:
                with naming(request.user):
                    verb.do(row, by=request.user, seen=request.POST.get("seen", ""), **form.cleaned_data)
            except Refusal as refused:
                refusal = refused
                row = get_object_or_404(self.get_queryset(request), pk=pk)
            else:
                messages.success(request, self.told(verb, row))
                return redirect(self.after(request, row))
        return self.show(request, row, typed={verb.name: form}, refusal=refusal, status=422)

    def ask(self, request: HttpRequest, row: M, verb: Verb, said: Mapping[str, str]) -> TemplateResponse:
        """The page that shows once more what is about to be done to a row, with what was typed."""
        buttons = ("csrfmiddlewaretoken", "confirmed", "change")
        context = {
            "title": f"{verb.label}?",
            "original": row,
            "verb": verb,
            "said": said,
            "typed_values": [(name, value) for name, value in request.POST.items() if name not in buttons],
        }
        return self._page(request, "admin/ask_verb.html", context)

    def show(
        self,
        request: HttpRequest,
        row: M,
        *,
        typed: Mapping[str, forms.Form] | None = None,
        refusal: Refusal | None = None,
        status: int = 200,
    ) -> TemplateResponse:
        """The row's own page with its verbs, as it is now; `typed` keeps what somebody entered."""
        untouched = {verb.name: self.form_of(verb, row) for verb in self.verbs}
        context = {
            "title": str(row)[0].upper() + str(row)[1:],
            "original": row,
            "described": self.described(row),
            "seen": self.seen(row),
            "may_act": self.has_act_permission(request),
            "verb_forms": untouched | dict(typed or {}),
            "typed": next(iter((typed or {}).values()), None),
            "refusal": refusal,
            **self.facts(request, row),
        }
        return self._page(request, self.page_template, context, status=status)

    # Several rows

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions: dict[str, Any] = super().get_actions(request)
        if self.has_act_permission(request):
            for verb in self.verbs:
                if verb.together:
                    actions[verb.name] = (_asking(verb), verb.name, f"{verb.label} selected")
        return actions

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """An action with nothing selected leads to its own page too: it says what it would be about."""
        if "index" in request.POST and not request.POST.getlist(ACTION_CHECKBOX_NAME):
            for verb in self.verbs:
                if verb.together and verb.name == request.POST.get("action"):
                    return redirect(self._address(verb))
        return super().changelist_view(request, extra_context)

    def act_together(self, request: HttpRequest, verb: Verb) -> HttpResponse:
        """Do the verb to each of the rows of a confirmation page on its own, and say what became of each."""
        if not self.has_act_permission(request):
            raise PermissionDenied
        tokens = dict(pair.split(":", 1) for pair in request.POST.get("seen", "").split() if ":" in pair)
        if not tokens:
            return self.confirm(request, verb, self.everything(request, verb))
        rows = self._rows(request, tokens)
        form = verb.together(request.POST) if verb.together else NothingToSay()
        if not form.is_valid():
            return self.confirm(request, verb, Selection(ready=rows), form=form, tokens=tokens)

        def done(row: M) -> None:
            with naming(request.user):
                verb.do(row, by=request.user, seen=tokens[str(row.pk)], **form.cleaned_data)

        outcomes = each(rows, done)
        context = {
            "title": f"{verb.label}: what was done",
            "verb": verb,
            "done": [outcome for outcome in outcomes if not outcome.refusal],
            "refused": [outcome for outcome in outcomes if outcome.refusal],
            "total": self.total([outcome.row for outcome in outcomes if not outcome.refusal]),
        }
        return self._page(request, "admin/done_together.html", context)

    def confirm(
        self,
        request: HttpRequest,
        verb: Verb,
        selection: Selection,
        *,
        form: forms.Form | None = None,
        tokens: Mapping[str, str] | None = None,
    ) -> HttpResponse:
        """The confirmation page of a list action: each row as it is seen, how many, and what they come to."""
        seen = tokens or {str(row.pk): self.seen(row) for row in selection.ready}
        context = {
            "title": f"{verb.label} {self._counted(len(selection.ready))}",
            "verb": verb,
            "selection": selection,
            "rows": [(row, self.described(row)) for row in selection.ready],
            "counted": self._counted(len(selection.ready)),
            "total": self.total(selection.ready),
            "seen": " ".join(f"{pk}:{token}" for pk, token in seen.items()),
            "form": form or (verb.together or NothingToSay)(),
            "address": self._address(verb),
        }
        return self._page(request, self.together_template, context, status=422 if form else 200)

    def total(self, rows: Sequence[M]) -> int | None:
        """What rows come to in pence; None where they are not money."""
        return None

    def select(self, request: HttpRequest, verb: Verb, rows: Iterable[M]) -> Selection:
        """Part what the verb can be tried on from what is known to be refused."""
        tried = [Outcome(row, self.against(request, verb, row)) for row in rows]
        return Selection(
            ready=[one.row for one in tried if not one.refusal],
            left_out=[one for one in tried if one.refusal],
        )

    def everything(self, request: HttpRequest, verb: Verb) -> Selection:
        """What the verb is about when nothing was selected."""
        return Selection()

    def _rows(self, request: HttpRequest, tokens: Mapping[str, str]) -> list[M]:
        """The rows named by a confirmation page; one that is not visible makes the whole 404."""
        wanted = {int(pk) for pk in tokens if pk.isdecimal() and len(pk) < 19}
        rows = list(self.get_queryset(request).filter(pk__in=wanted).order_by("pk"))
        if len(rows) != len(tokens):
            raise Http404
        return rows

    def _address(self, verb: Verb) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_{verb.name}_together")

    def _counted(self, count: int) -> str:
        return f"{count} {self.opts.verbose_name if count == 1 else self.opts.verbose_name_plural}"

    def _page(
        self, request: HttpRequest, template: str, context: Mapping[str, Any], *, status: int = 200
    ) -> TemplateResponse:
        shared = self.admin_site.each_context(request) | {"opts": self.opts, "media": self.media}
        return TemplateResponse(request, template, shared | dict(context), status=status)


class VerbOnlyAdmin(VerbAdmin[M], ReadOnlyAdmin[M]):
    """Rows that are read on their own page and changed by its verbs alone."""

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        row = self.get_object(request, object_id)
        if request.method not in ("GET", "HEAD") or not self.has_view_permission(request, row):
            raise PermissionDenied
        return self.show(request, row)


def _asking(verb: Verb) -> Callable[..., HttpResponse]:
    """The list action of a verb: it changes nothing but leads to the confirmation page."""

    def ask(model_admin: VerbAdmin[M], request: HttpRequest, queryset: models.QuerySet[M]) -> HttpResponse:
        return model_admin.confirm(request, verb, model_admin.select(request, verb, queryset.order_by("pk")))

    return ask


def each(rows: Iterable[M], verb: Callable[[M], object]) -> list[Outcome]:
    """Do a verb to each row on its own: what is refused holds nothing else up, what is done stays done."""
    return [Outcome(row, _refusal_of(verb, row)) for row in rows]


def _refusal_of(verb: Callable[[M], object], row: M) -> Refusal | None:
    try:
        verb(row)
    except Refusal as refusal:
        return refusal
    return None
