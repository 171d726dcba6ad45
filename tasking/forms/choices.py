"""Choices that several forms of tasking offer."""

from django import forms

from grants.models import Grant
from overtime_ledger.forms import ModelChoiceField, ModelMultipleChoiceField
from tasking.models import Subject


class SubjectsField(ModelMultipleChoiceField[Subject]):
    """Codenames to tick."""

    widget = forms.CheckboxSelectMultiple(attrs={"class": "choices--columns"})


class GrantChoice(ModelChoiceField[Grant]):
    """A grant by its reference and title."""

    def label_from_instance(self, obj: Grant) -> str:
        return f"{obj.reference}: {obj.title}"
