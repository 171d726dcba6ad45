"""Grants in the administration: terms and their changes, gates, who controls, the opening."""

from collections.abc import Mapping
from copy import copy
from datetime import timedelta
from hashlib import sha256
from itertools import pairwise
from typing import Any, cast

from django import forms
from django.contrib import admin
from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse

from grants import services, terms_forms
from grants.admin.shared import OfGrantAdmin
from grants.countdown import about, last_days
from grants.forms import SetUpForm
from grants.models import (
    Authority,
    Gate,
    Grant,
    TermsChange,
)
from grants.selectors import on_cost_percents
from grants.terms_words import changes_of, differences, in_words
from overtime_ledger import clock
from overtime_ledger.accounts.models import User
from overtime_ledger.accounts.recorded import CONFIRM, StateFilter, TwoPeopleAdmin, people_of
from overtime_ledger.accounts.services import require
from overtime_ledger.administration import (
    Verb,
    VerbOnlyAdmin,
)
from overtime_ledger.errors import Refusal
from overtime_ledger.forms import DayField, ModelChoiceField, refuse_personal_data
from overtime_ledger.ui import day, pounds


class AppointForm(forms.Form):
    """Who controls a grant, and from which day on."""

    person = ModelChoiceField(
        User.objects.none(),
        label="Controlling DI",
        empty_label="Choose a person",
        error_messages={"required": "Choose who controls the grant"},
    )
    from_on = DayField(label="From", help_text="Whoever controls it until then is relieved the day before.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = User.objects.filter(is_active=True, groups__name="controlling_di")
        cast(ModelChoiceField[User], self.fields["person"]).queryset = people.order_by("display_name")


def appointment(grant: Grant, given: Mapping[str, Any]) -> dict[str, str]:
    """An appointment in words, with whom it relieves."""
    controls = Authority.objects.filter(grant=grant, kind=Authority.Kind.CONTROLLING_DI, to_on__isnull=True)
    before = controls.select_related("person").first()
    relieved = f"{before.person}, relieved on {day(given['from_on'] - timedelta(days=1))}" if before else ""
    return {
        "Grant": f"{grant}, {grant.title}",
        "Controlling DI": str(given["person"]),
        "From": day(given["from_on"]),
        "Until then": relieved or "Nobody",
    }


class TermsForm(SetUpForm):
    """The terms of a draft, and from what share of the award its forecast is a warning."""

    amber_under_percent = forms.IntegerField(min_value=0, max_value=200, label="Amber under, % of the award")
    red_under_percent = forms.IntegerField(min_value=0, max_value=200, label="Red under, % of the award")
    amber_over_percent = forms.IntegerField(min_value=0, max_value=200, label="Amber over, % of the award")
    red_over_percent = forms.IntegerField(min_value=0, max_value=200, label="Red over, % of the award")
    release_after_days = forms.IntegerField(
        min_value=1,
        max_value=60,
        label="Release after",
        help_text="Days after a duty on which its money returns to the enquiry if nobody claimed it.",
    )

    class Meta(SetUpForm.Meta):
        fields = (  # type: ignore[assignment]
            *SetUpForm.Meta.fields,
            "amber_under_percent",
            "red_under_percent",
            "amber_over_percent",
            "red_over_percent",
            "release_after_days",
        )

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        upwards = ("red_under_percent", "amber_under_percent", "amber_over_percent", "red_over_percent")
        for lower, higher in pairwise(upwards):
            if lower in given and higher in given and given[higher] < given[lower]:
                self.add_error(higher, f"It cannot be less than “{self.fields[lower].label}”")
        return given


def terms_seen(grant: Grant) -> str:
    """What stands for a grant's terms: whoever changes them sends back which ones they saw."""
    values = [getattr(grant, term) for term in ("status", *TermsForm.Meta.fields)]
    return sha256(repr(values).encode()).hexdigest()[:16]


@transaction.atomic
def change_terms(grant: Grant, *, by: Any, seen: str, **terms: Any) -> None:
    """Correct the terms of a draft. Refuses once the grant is open (G05), and what was not seen (A03)."""
    require(by, "grants.set_up_grant", who="finance")
    locked = Grant.objects.select_for_update().get(pk=grant.pk)
    if locked.status != Grant.Status.DRAFT:
        raise Refusal(
            "G05",
            f"{grant} is {locked.get_status_display().lower()}: the terms under which it was opened stand.",
            fix="Agree a new grant with the funder where other terms are wanted.",
            who="Finance",
        )
    if seen != terms_seen(locked):
        raise Refusal(
            "A03",
            "The terms changed since the page was drawn.",
            fix="Look at them as they are now and change them again.",
            who="Finance",
        )
    for term, value in terms.items():
        setattr(locked, term, value)
    locked.save(update_fields=[*terms])


@admin.register(Grant)
class GrantAdmin(VerbOnlyAdmin[Grant]):
    """A grant with its terms, its gates and, while something is missing, what."""

    verbs = (
        Verb(
            name="open",
            label="Open",
            done="open, and its award stands on the main line",
            do=lambda grant, *, by, seen: services.open_grant(grant, by=by),
        ),
        Verb(
            name="appoint",
            label="Appoint controlling DI",
            done="the controlling DI is appointed",
            form=AppointForm,
            asks=appointment,
            do=lambda grant, *, by, seen, **said: services.appoint_controller(grant, by=by, **said),
        ),
        Verb(name="terms", label="Change the terms", done="the terms are changed", do=change_terms),
        *terms_forms.VERBS,
    )
    act_permission = "grants.set_up_grant"
    page_template = "admin/grants/grant/page.html"
    list_display = ("reference", "title", "status", "award_pounds", "window", "gates_confirmed")
    list_filter = ("status",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Grant]:
        visible = Grant.objects.visible_to(request.user)  # type: ignore[arg-type]
        confirmed = Count("gates", filter=Q(gates__confirmed_by__isnull=False))
        rows = super().get_queryset(request).filter(pk__in=visible).select_related("lead_force")
        return rows.annotate(confirmed=confirmed, all_gates=Count("gates"))

    def seen(self, row: Grant) -> str:
        return terms_seen(row)

    def form_of(self, verb: Verb, row: Grant, data: Any = None) -> forms.Form:
        """The terms as they are, to be typed over; on a copy, so that the page shows what stands."""
        if verb.name == "terms":
            return cast(forms.Form, TermsForm(data, instance=copy(row), prefix=verb.name))
        if verb.form is terms_forms.PutForwardForm:
            return terms_forms.PutForwardForm(data, grant=row, prefix=verb.name)
        return super().form_of(verb, row, data)

    def facts(self, request: HttpRequest, row: Grant) -> dict[str, Any]:
        gates = list(row.gates.select_related("recorded_by", "confirmed_by"))
        missing = [gate for gate in gates if not gate.confirmed_by_id]
        changes = changes_of(row)
        controllers = row.authorities.filter(kind=Authority.Kind.CONTROLLING_DI).select_related("person")
        return {
            "marking": row.marking,
            "last_days": last_days(row),
            "may_act": self.has_act_permission(request) and not row.is_closed,
            "gates": gates,
            "missing": missing,
            "main": row.lines.filter(is_main=True).first(),
            "on_cost_percent": on_cost_percents(clock.today())[row.on_cost],
            "controllers": controllers.order_by("from_on"),
            "open_change": next((one for one in changes if one.change.is_open), None),
            "changes": [one for one in changes if not one.change.is_open],
            "standing": terms_forms.standing(row),
        }

    def after(self, request: HttpRequest, row: Grant) -> str:
        return reverse("admin:grants_grant_change", args=(row.pk,))

    @admin.display(description="Award", ordering="amount_pence")
    def award_pounds(self, grant: Grant) -> str:
        return pounds(grant.amount_pence)

    @admin.display(description="Eligible", ordering="eligible_from")
    def window(self, grant: Grant) -> str:
        return f"{day(grant.eligible_from)} to {day(grant.eligible_to)}"

    @admin.display(description="Gates confirmed")
    def gates_confirmed(self, grant: Any) -> str:
        return f"{grant.confirmed} of {grant.all_gates}"


@admin.register(TermsChange)
class TermsChangeAdmin(VerbOnlyAdmin[TermsChange], OfGrantAdmin[TermsChange]):
    """Changes of terms with those they took the place of, to be read; finance works them on the grant."""

    page_template = "admin/grants/termschange/page.html"
    list_display = ("number", "grant", "what", "effective_from", "status", "proposed_by", "approved_by")
    list_filter = ("status", "kind", ("grant", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("grant", "proposed_by", "approved_by")

    def has_act_permission(self, request: HttpRequest) -> bool:
        return False

    def seen(self, row: TermsChange) -> str:
        return ""

    def facts(self, request: HttpRequest, row: TermsChange) -> dict[str, Any]:
        about(request, row.grant)
        return {"told": in_words(row)}

    @admin.display(description="Change", ordering="pk")
    def number(self, change: TermsChange) -> str:
        return f"Change {change.pk}"

    @admin.display(description="What changes")
    def what(self, change: TermsChange) -> str:
        return "; ".join(f"{one.label}: {one.before} → {one.after}" for one in differences(change))


class RecordForm(forms.Form):
    """When something happened and what shows it."""

    happened_on = DayField(label="When it happened")
    evidence = forms.CharField(
        max_length=300,
        label="Evidence",
        help_text="What shows it and where it lies, such as: e-mail of 14 January 2021, grant folder 3.",
        validators=(refuse_personal_data,),
        error_messages={"required": "Say what shows it"},
        widget=forms.Textarea(attrs={"rows": 3}),
    )


@admin.register(Gate)
class GateAdmin(TwoPeopleAdmin[Gate], OfGrantAdmin[Gate], VerbOnlyAdmin[Gate]):
    """Something that must be on record before the grant opens: one records it, a second confirms it."""

    verbs = (
        Verb(
            name="record",
            label="Record",
            done="recorded; somebody else confirms it",
            form=RecordForm,
            do=lambda gate, *, by, seen, **said: services.record_gate(gate, by=by, **said),
        ),
        CONFIRM,
    )
    page_template = "admin/grants/gate/page.html"
    list_display = ("gate", "grant", "state", "happened_day", "recorded_by", "confirmed_by")
    list_filter = (StateFilter, ("grant", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("grant", "recorded_by", "confirmed_by")
    ordering = ("grant", "pk")

    def described(self, row: Gate) -> dict[str, str]:
        return {
            "Gate": row.get_kind_display(),
            "Grant": str(row.grant),
            "State": row.state.capitalize(),
            "Happened on": day(row.happened_on),
            "Evidence": row.evidence,
            **people_of(row),
        }

    def after(self, request: HttpRequest, row: Gate) -> str:
        return reverse("admin:grants_grant_change", args=(row.grant_id,))

    @admin.display(description="Gate", ordering="pk")
    def gate(self, gate: Gate) -> str:
        return gate.get_kind_display()

    @admin.display(description="Happened on", ordering="happened_on")
    def happened_day(self, gate: Gate) -> str:
        return day(gate.happened_on)
