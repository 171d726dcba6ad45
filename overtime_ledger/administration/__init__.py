"""What the administration's pages share: one site, lists of what one may see, verbs as buttons and actions.

An admin module is a door like a view: it reads what is visible to the person, calls a service and shows a
refusal. Nothing is deleted here, and what lies outside a person's role does not exist for them (404).
"""

from overtime_ledger.administration.lists import (
    LedgerAdmin,
    M,
    ModelAdmin,
    ModelForm,
    PlainForm,
    ReadOnlyAdmin,
    StackedInline,
    name_person,
    naming,
)
from overtime_ledger.administration.site import Config, Site
from overtime_ledger.administration.verbs import (
    NothingToSay,
    Outcome,
    Selection,
    Verb,
    VerbAdmin,
    VerbOnlyAdmin,
    each,
)

__all__ = [
    "Config",
    "LedgerAdmin",
    "M",
    "ModelAdmin",
    "ModelForm",
    "NothingToSay",
    "Outcome",
    "PlainForm",
    "ReadOnlyAdmin",
    "Selection",
    "Site",
    "StackedInline",
    "Verb",
    "VerbAdmin",
    "VerbOnlyAdmin",
    "each",
    "name_person",
    "naming",
]
