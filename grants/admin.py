"""Grants in the administration: terms, gates, rates, who controls, the opening, and the books to be read."""

from collections.abc import Mapping
from copy import copy
from datetime import timedelta
from hashlib import sha256
from itertools import pairwise
from typing import Any, cast

from django import forms
from django.contrib import admin
from django.db import connection, transaction
from django.db.models import Count, ForeignKey, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse

from grants import services
from grants.forms import SetUpForm
from grants.models import (
    AgencyAgreement,
    AgencyRate,
    Authority,
    BudgetLine,
    DutyType,
    Gate,
    Grant,
    LedgerEntry,
)
from overtime_ledger.accounts import two_people
from overtime_ledger.accounts.models import Agency, User
from overtime_ledger.accounts.services import require
from overtime_ledger.administration import (
    LedgerAdmin,
    M,
    NothingToSay,
    PlainForm,
    ReadOnlyAdmin,
    Verb,
    VerbAdmin,
    VerbOnlyAdmin,
)
from overtime_ledger.errors import Refusal
from overtime_ledger.forms import DayField, ModelChoiceField, PoundsField, refuse_personal_data
from overtime_ledger.ui import day, pounds, short_day

Recorded = Gate | AgencyAgreement | AgencyRate


class OfGrantAdmin(LedgerAdmin[M]):
    """Rows of the grants a person may open; `grant` is the way from the row to its grant."""

    grant = "grant"

    def get_queryset(self, request: HttpRequest) -> QuerySet[M]:
        visible = Grant.objects.visible_to(request.user)  # type: ignore[arg-type]
        return super().get_queryset(request).filter(**{f"{self.grant}__in": visible})


class TwoPeopleAdmin(VerbAdmin[M], OfGrantAdmin[M]):
    """Rows that one person in finance records and another confirms, as the second one saw them."""

    act_permission = "grants.set_up_grant"

    def seen(self, row: Any) -> str:
        return two_people.state_of(row)

    def against(self, request: HttpRequest, verb: Verb, row: Any) -> Refusal | None:
        try:
            two_people.may_confirm(row, by=request.user)  # type: ignore[arg-type]
        except Refusal as refusal:
            return refusal
        return None

    def facts(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        return {"against": self.against(request, self.verbs[-1], row)}

    @admin.display(description="State")
    def state(self, row: Any) -> str:
        return "Confirmed" if row.confirmed_by_id else "Recorded" if row.recorded_by_id else "Missing"


class StateFilter(admin.SimpleListFilter):
    """How far something is that two people put on record."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("missing", "Missing"), ("recorded", "Recorded, to be confirmed"), ("confirmed", "Confirmed")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        states = {
            "missing": Q(recorded_by__isnull=True),
            "recorded": Q(recorded_by__isnull=False, confirmed_by__isnull=True),
            "confirmed": Q(confirmed_by__isnull=False),
        }
        return queryset.filter(states[chosen]) if (chosen := self.value()) in states else queryset


# The grant and its gates


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

    class Meta(SetUpForm.Meta):
        fields = (  # type: ignore[assignment]
            *SetUpForm.Meta.fields,
            "amber_under_percent",
            "red_under_percent",
            "amber_over_percent",
            "red_over_percent",
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
        return super().form_of(verb, row, data)

    def facts(self, request: HttpRequest, row: Grant) -> dict[str, Any]:
        gates = list(row.gates.select_related("recorded_by", "confirmed_by"))
        missing = [gate for gate in gates if not gate.confirmed_by_id]
        controllers = row.authorities.filter(kind=Authority.Kind.CONTROLLING_DI).select_related("person")
        return {
            "marking": row.marking,
            "gates": gates,
            "missing": missing,
            "main": row.lines.filter(is_main=True).first(),
            "controllers": controllers.order_by("from_on"),
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
class GateAdmin(TwoPeopleAdmin[Gate], VerbOnlyAdmin[Gate]):
    """Something that must be on record before the grant opens: one records it, a second confirms it."""

    verbs = (
        Verb(
            name="record",
            label="Record",
            done="recorded; somebody else confirms it",
            form=RecordForm,
            do=lambda gate, *, by, seen, **said: services.record_gate(gate, by=by, **said),
        ),
        Verb(
            name="confirm",
            label="Confirm",
            done="confirmed",
            do=two_people.confirm,
            together=NothingToSay,
        ),
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
            "Recorded by": str(row.recorded_by or ""),
            "Confirmed by": str(row.confirmed_by or ""),
        }

    def after(self, request: HttpRequest, row: Gate) -> str:
        return reverse("admin:grants_grant_change", args=(row.grant_id,))

    @admin.display(description="Gate", ordering="pk")
    def gate(self, gate: Gate) -> str:
        return gate.get_kind_display()

    @admin.display(description="Happened on", ordering="happened_on")
    def happened_day(self, gate: Gate) -> str:
        return day(gate.happened_on)


# What other agencies charge


class FinanceAdmin(TwoPeopleAdmin[M]):
    """Terms that finance adds and changes until a second person confirms them; then they stand."""

    change_form_template = "admin/grants/terms_form.html"

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and not (obj and obj.confirmed_by_id)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> M:
        """A change waits for a confirmation that is on its way, and then finds the row confirmed.

        Only the form is saved in a transaction; the row's other pages have nothing to wait for.
        """
        found = super().get_object(request, object_id, from_field)
        if request.method == "POST" and connection.in_atomic_block:
            found = self.get_queryset(request).select_for_update(of=("self",)).get(pk=found.pk)
        return found

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Whoever wrote it last recorded it: somebody else has to confirm it."""
        obj.recorded_by = request.user
        super().save_model(request, obj, form, change)

    def formfield_for_foreignkey(
        self, db_field: "ForeignKey[Any, Any]", request: HttpRequest, **kwargs: Any
    ) -> Any:
        rows: dict[str, QuerySet[Any]] = {
            "grant": Grant.objects.visible_to(request.user),  # type: ignore[arg-type]
            "agency": Agency.objects.filter(settled_by=Agency.SettledBy.INVOICE),
            "agreement": AgencyAgreement.objects.select_related("grant", "agency"),
        }
        if db_field.name in rows:
            kwargs["queryset"] = rows[db_field.name]
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class AgreementForm(PlainForm[AgencyAgreement]):
    """An agency's terms, its maximum in pounds."""

    maximum_pence = PoundsField(label="Maximum", help_text="The most this agency may cost the grant.")


@admin.register(AgencyAgreement)
class AgreementAdmin(FinanceAdmin[AgencyAgreement]):
    """On what terms another agency's officers are charged."""

    form = AgreementForm
    verbs = (
        Verb(
            name="confirm",
            label="Confirm",
            done="confirmed",
            do=two_people.confirm,
            together=NothingToSay,
        ),
    )
    list_display = ("agency", "grant", "reference", "maximum_pounds", "signed_day", "state", "recorded_by")
    list_filter = (StateFilter, ("grant", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("agency", "grant", "recorded_by")

    def described(self, row: AgencyAgreement) -> dict[str, str]:
        return {
            "Agency": row.agency.name,
            "Grant": str(row.grant),
            "Reference": row.reference,
            "Charging basis": row.charging_basis,
            "Maximum": pounds(row.maximum_pence),
            "Signed on": day(row.signed_on),
            "Recorded by": str(row.recorded_by),
            "Confirmed by": str(row.confirmed_by or ""),
        }

    @admin.display(description="Maximum", ordering="maximum_pence")
    def maximum_pounds(self, agreement: AgencyAgreement) -> str:
        return pounds(agreement.maximum_pence)

    @admin.display(description="Signed on", ordering="signed_on")
    def signed_day(self, agreement: AgencyAgreement) -> str:
        return day(agreement.signed_on)


class RateForm(PlainForm[AgencyRate]):
    """A line of a rate card, its plain hourly rate in pounds."""

    hourly_pence = PoundsField(label="Plain hourly rate")
    duty_type = forms.ChoiceField(label="Kind of duty", choices=DutyType.choices)
    rules = {"grants_rate_dates_in_order": "The rate ends before it begins."}


@admin.register(AgencyRate)
class RateAdmin(FinanceAdmin[AgencyRate]):
    """What an hour of a grade costs for a kind of duty."""

    grant = "agreement__grant"
    form = RateForm
    verbs = (
        Verb(name="confirm", label="Confirm", done="confirmed", do=two_people.confirm, together=NothingToSay),
    )
    list_display = (
        "grade",
        "agency",
        "kind_of_duty",
        "hourly_pounds",
        "multiplier",
        "valid",
        "state",
        "recorded_by",
    )
    list_filter = (
        StateFilter,
        ("agreement__grant", admin.RelatedOnlyFieldListFilter),
        ("agreement__agency", admin.RelatedOnlyFieldListFilter),
    )
    list_select_related = ("agreement__agency", "agreement__grant", "recorded_by")

    def described(self, row: AgencyRate) -> dict[str, str]:
        return {
            "Agency": row.agreement.agency.name,
            "Grant": str(row.agreement.grant),
            "Grade": row.grade,
            "Kind of duty": self.kind_of_duty(row),
            "Plain hourly rate": pounds(row.hourly_pence),
            "Multiplier": row.multiplier,
            "In force": self.valid(row),
            "Source": row.source,
            "Recorded by": str(row.recorded_by),
            "Confirmed by": str(row.confirmed_by or ""),
        }

    @admin.display(description="Agency", ordering="agreement__agency")
    def agency(self, rate: AgencyRate) -> str:
        return str(rate.agreement.agency)

    @admin.display(description="Kind of duty", ordering="duty_type")
    def kind_of_duty(self, rate: AgencyRate) -> str:
        return DutyType(rate.duty_type).label.split(":")[0]

    @admin.display(description="An hour", ordering="hourly_pence")
    def hourly_pounds(self, rate: AgencyRate) -> str:
        return pounds(rate.hourly_pence)

    @admin.display(description="In force", ordering="valid_from")
    def valid(self, rate: AgencyRate) -> str:
        return f"{day(rate.valid_from)} to {day(rate.valid_to)}"


# Who controls, and the books


@admin.register(Authority)
class AuthorityAdmin(ReadOnlyAdmin[Authority], OfGrantAdmin[Authority]):
    """Who controls a grant and when; appointed on the grant here, delegated on its own pages."""

    list_display = ("person", "kind", "grant", "from_on", "to_on", "limit_pounds", "made_by")
    list_filter = ("kind", ("grant", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("person", "grant", "made_by")
    fields = ("person", "kind", "grant", "from_on", "to_on", "limit_pounds", "made_by")

    @admin.display(description="Limit a decision", ordering="limit_pence", empty_value="no limit")
    def limit_pounds(self, authority: Authority) -> str | None:
        return pounds(authority.limit_pence) or None


@admin.register(BudgetLine)
class BudgetLineAdmin(ReadOnlyAdmin[BudgetLine], OfGrantAdmin[BudgetLine]):
    """The pots and their five balances, which only an entry of the ledger moves."""

    balances = ("available_pounds", "tasked_pounds", "claimed_pounds", "approved_pounds", "settled_pounds")
    list_display = ("name", "grant", *balances)
    list_filter = (("grant", admin.RelatedOnlyFieldListFilter),)
    list_select_related = ("grant",)
    search_fields = ("name",)
    fields = ("name", "grant", *balances)

    @admin.display(description="Available", ordering="available")
    def available_pounds(self, line: BudgetLine) -> str:
        return pounds(line.available)

    @admin.display(description="Tasked", ordering="tasked")
    def tasked_pounds(self, line: BudgetLine) -> str:
        return pounds(line.tasked)

    @admin.display(description="Claimed", ordering="claimed")
    def claimed_pounds(self, line: BudgetLine) -> str:
        return pounds(line.claimed)

    @admin.display(description="Approved", ordering="approved")
    def approved_pounds(self, line: BudgetLine) -> str:
        return pounds(line.approved)

    @admin.display(description="Settled", ordering="settled")
    def settled_pounds(self, line: BudgetLine) -> str:
        return pounds(line.settled)


@admin.register(LedgerEntry)
class LedgerEntryAdmin(ReadOnlyAdmin[LedgerEntry], OfGrantAdmin[LedgerEntry]):
    """The chain of entries: numbered without a gap, each with the digest of all before it."""

    list_display = (
        "number",
        "short_digest",
        "kind",
        "movement",
        "entry_pounds",
        "duty_day",
        "posted_day",
        "reference",
        "recorded_by",
    )
    list_filter = (("grant", admin.RelatedOnlyFieldListFilter), "kind", "source_stage", "target_stage")
    list_select_related = ("source_line", "target_line", "recorded_by")
    search_fields = ("reference", "reason")
    search_help_text = "Reference, such as claim:42, or reason"
    date_hierarchy = "effective_on"
    fields = (
        "number",
        *list_display[2:],
        "reason",
        "recorded_at",
        "reverses",
        "full_digest",
    )

    @admin.display(description="From and to")
    def movement(self, entry: LedgerEntry) -> str:
        stages = f"{entry.get_source_stage_display()} → {entry.get_target_stage_display()}".lower()
        lines = dict.fromkeys(str(line) for line in (entry.source_line, entry.target_line) if line)
        return f"{' → '.join(lines)}: {stages}"

    @admin.display(description="Amount", ordering="pence")
    def entry_pounds(self, entry: LedgerEntry) -> str:
        return pounds(entry.pence)

    @admin.display(description="Duty", ordering="effective_on")
    def duty_day(self, entry: LedgerEntry) -> str:
        return short_day(entry.effective_on)

    @admin.display(description="Posted", ordering="posted_on")
    def posted_day(self, entry: LedgerEntry) -> str:
        return short_day(entry.posted_on)

    @admin.display(description="Digest")
    def short_digest(self, entry: LedgerEntry) -> str:
        return bytes(entry.digest).hex()[:12]

    @admin.display(description="Digest")
    def full_digest(self, entry: LedgerEntry) -> str:
        return bytes(entry.digest).hex()
