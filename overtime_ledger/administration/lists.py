"""Lists of what is visible to a person, fifty rows a page; what is saved bears the person's name."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from django import forms
from django.contrib import admin
from django.db import connection, models, transaction
from django.http import Http404, HttpRequest, HttpResponse

from overtime_ledger.forms import refuse_far_days
from overtime_ledger.ui import A_PAGE

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin as ModelAdmin
    from django.contrib.admin import StackedInline as StackedInline
    from django.forms import ModelForm as ModelForm
else:
    # Django's own do not know at run time that they are generic.
    class ModelAdmin(admin.ModelAdmin):
        __class_getitem__ = classmethod(lambda cls, _: cls)

    class StackedInline(admin.StackedInline):
        __class_getitem__ = classmethod(lambda cls, _: cls)

    class ModelForm(forms.ModelForm):
        __class_getitem__ = classmethod(lambda cls, _: cls)


M = TypeVar("M", bound=models.Model)


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
