"""What somebody chose in a form, as a report says it."""

from datetime import date

from django import forms

from overtime_ledger.forms import UNREADABLE


def in_words(form: forms.Form) -> dict[str, str]:
    """The filters somebody set, as a report names them: label and value in words."""
    if not form.is_valid():
        return UNREADABLE
    words = {}
    for name, value in form.cleaned_data.items():
        choices = dict(getattr(form.fields[name], "choices", ())) if isinstance(value, str) else {}
        if value:
            said = f"{value:%-d %B %Y}" if isinstance(value, date) else str(choices.get(value, value))
            words[str(form[name].label)] = said
    return words
