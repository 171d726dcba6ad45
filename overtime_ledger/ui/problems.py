"""The summary of what is wrong with a form, on top of its page."""

from dataclasses import dataclass
from typing import Any

from django.forms import BaseForm, BoundField, Field
from django.forms.formsets import BaseFormSet

from overtime_ledger.ui.library import register


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
