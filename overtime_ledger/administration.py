"""What the administration's pages share: one site, lists of what one may see, verbs as buttons and actions.

An admin module is a door like a view: it reads what is visible to the person, calls a service and shows a
refusal. Nothing is deleted here, and what lies outside a person's role does not exist for them (404).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial, wraps
from typing import TYPE_CHECKING, Any, TypeVar, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.apps import AdminConfig
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.db import connection, models, transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from overtime_ledger.errors import Refusal
from overtime_ledger.forms import refuse_far_days
from overtime_ledger.ui import A_PAGE

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin
    from django.contrib.admin import StackedInline as StackedInline
    from django.forms import ModelForm
else:
    # Django's own do not know at run time that they are generic.
    class ModelAdmin(admin.ModelAdmin):
        __class_getitem__ = classmethod(lambda cls, _: cls)

    class StackedInline(admin.StackedInline):
        __class_getitem__ = classmethod(lambda cls, _: cls)

    class ModelForm(forms.ModelForm):
        __class_getitem__ = classmethod(lambda cls, _: cls)


M = TypeVar("M", bound=models.Model)
View = TypeVar("View", bound=Callable[..., HttpResponseBase])


class Config(AdminConfig):
    """Puts our site in the place of Django's."""

    default_site = "overtime_ledger.administration.Site"


class Site(admin.AdminSite):
    """The administration: entered through the product's one sign-in page, and 404 instead of 403."""

    site_header = site_title = "Overtime Ledger administration"
    index_title = "Administration"
    enable_nav_sidebar = False

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Take our own lists alone: those that packages bring along know nothing of our rules."""
        if admin_class is not None and issubclass(admin_class, LedgerAdmin):
            super().register(model_or_iterable, admin_class, **options)

    def admin_view(self, view: View, cacheable: bool = False) -> View:
        """To people without it the administration does not exist, nor does a page without its permission."""
        inner = super().admin_view(view, cacheable)

        @wraps(inner)
        def shown(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.user.is_authenticated and not self.has_permission(request):
                raise Http404
            try:
                return inner(request, *args, **kwargs)
            except PermissionDenied as refused:
                raise Http404 from refused

        return cast(View, shown)

    @login_not_required
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Lead to the one sign-in page, where failures are counted; Django's own would take any number."""
        from django.contrib.auth.views import redirect_to_login  # models are not there yet at the top

        if self.has_permission(request):
            return redirect("admin:index")
        if request.user.is_authenticated:
            raise Http404
        return redirect_to_login(request.GET.get("next") or reverse("admin:index"))

    def password_change(  # type: ignore[override]
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Lead to the one page for it, for the same reason."""
        return redirect("account_change_password")


class LedgerAdmin(ModelAdmin[M]):
    """A list of what is visible to the person, 50 a page. Nothing is ever deleted."""

    list_per_page = list_max_show_all = A_PAGE
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_title = ""

    def has_delete_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return False

    def formfield_for_dbfield(
        self, db_field: "models.Field[Any, Any]", request: HttpRequest, **kwargs: Any
    ) -> Any:
        """The field without buttons that open a second window; days must be such as duties have."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if isinstance(field, forms.DateField):
            field.validators.append(refuse_far_days)
        for button in ("can_add_related", "can_change_related", "can_view_related"):
            if field and hasattr(field.widget, button):
                setattr(field.widget, button, False)
        return field

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """What is saved, with the rows that hang on it, bears the person's name in the history of changes."""
        name_person(request.user)
        super().save_model(request, obj, form, change)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        title = self.list_title or str(self.opts.verbose_name_plural)
        return super().changelist_view(
            request, {"title": title[0].upper() + title[1:], **(extra_context or {})}
        )

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> M:
        """The row if it is visible to the person, else 404; Django would say that it does not exist."""
        found = super().get_object(request, object_id, from_field)
        if found is None:
            raise Http404
        return found


@contextmanager
def naming(person: Any) -> Iterator[None]:
    """A transaction in whose changes the database puts this person on record (see audit's Change)."""
    with transaction.atomic():
        name_person(person)
        yield


def name_person(person: Any) -> None:
    """Tell the database who makes the changes of the present transaction."""
    with connection.cursor() as cursor:
        cursor.execute("select set_config('ledger.person', %s, true)", [str(person.pk)])


class ReadOnlyAdmin(LedgerAdmin[M]):
    """Rows that only services write: read here, and acted on by verbs."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return False


class PlainForm(ModelForm[M]):
    """A form that says in words which rule of the database was broken: `rules` maps its name to the words."""

    rules: Mapping[str, str] = {}

    def add_error(self, field: str | None, error: Any) -> None:
        for one in getattr(error, "error_dict", {}).values():
            for problem in one:
                problem.message = self._in_words(str(problem.message))
        super().add_error(field, error)

    def _in_words(self, text: str) -> str:
        return next((words for rule, words in self.rules.items() if f"“{rule}”" in text), text)


# Verbs


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
