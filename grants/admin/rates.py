"""What hours cost, in the administration: agreements and rate cards of agencies, on-costs of employers."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from grants.admin.shared import OfGrantAdmin
from grants.models import (
    AgencyAgreement,
    AgencyRate,
    DutyType,
    Grant,
    OnCostRate,
)
from overtime_ledger.accounts.models import Agency
from overtime_ledger.accounts.recorded import RecordedAdmin, StateFilter, people_of
from overtime_ledger.administration import (
    M,
    PlainForm,
)
from overtime_ledger.forms import PoundsField
from overtime_ledger.ui import day, percent, pounds

# What other agencies charge


def _not_closed(request: HttpRequest) -> QuerySet[Grant]:
    """The grants a person may open whose terms can still be put on record."""
    visible = Grant.objects.visible_to(request.user)  # type: ignore[arg-type]
    return visible.exclude(status=Grant.Status.CLOSED)


class OfInvoicedAdmin(RecordedAdmin[M], OfGrantAdmin[M]):
    """What was agreed with other agencies under the grants a person may open."""

    def offered(self, request: HttpRequest) -> Mapping[str, QuerySet[Any]]:
        return {
            "grant": _not_closed(request),
            "agency": Agency.objects.filter(settled_by=Agency.SettledBy.INVOICE),
            "agreement": AgencyAgreement.objects.filter(grant__in=_not_closed(request)).select_related(
                "grant", "agency"
            ),
        }


class AgreementForm(PlainForm[AgencyAgreement]):
    """An agency's terms, its maximum in pounds."""

    maximum_pence = PoundsField(label="Maximum", help_text="The most this agency may cost the grant.")


@admin.register(AgencyAgreement)
class AgreementAdmin(OfInvoicedAdmin[AgencyAgreement]):
    """On what terms another agency's officers are charged."""

    form = AgreementForm
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
            **people_of(row),
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
    rules = {
        "grants_rate_dates_in_order": "The rate ends before it begins.",
        "grants_rate_on_cost_percent": "The on-cost is a percentage from 0 to 100.",
    }


@admin.register(AgencyRate)
class RateAdmin(OfInvoicedAdmin[AgencyRate]):
    """What an hour of a grade costs for a kind of duty."""

    grant = "agreement__grant"
    form = RateForm
    list_display = (
        "grade",
        "agency",
        "kind_of_duty",
        "hourly_pounds",
        "multiplier",
        "on_cost",
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
            "On-cost": percent(row.on_cost_percent),
            "In force": self.valid(row),
            "Source": row.source,
            "Agreed with": row.agreed_with,
            **people_of(row),
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

    @admin.display(description="On-cost", ordering="on_cost_percent")
    def on_cost(self, rate: AgencyRate) -> str:
        return percent(rate.on_cost_percent)

    @admin.display(description="In force", ordering="valid_from")
    def valid(self, rate: AgencyRate) -> str:
        return f"{day(rate.valid_from)} to {day(rate.valid_to)}"


# What an employer adds to pay


class OnCostForm(PlainForm[OnCostRate]):
    """What an employer adds to the pay of the lead force, from a day on."""

    rules = {"grants_oncostrate_percent": "It is a percentage of the pay, from 0 to 100."}


@admin.register(OnCostRate)
class OnCostAdmin(RecordedAdmin[OnCostRate]):
    """The percentages of pay that National Insurance and the levy come to, each from a day on."""

    list_title = "On-cost percentages"
    form = OnCostForm
    list_display = ("kind", "share", "from_day", "source", "state", "recorded_by")
    list_filter = (StateFilter, "kind")
    list_select_related = ("recorded_by",)

    def described(self, row: OnCostRate) -> dict[str, str]:
        return {
            "On-cost": row.get_kind_display(),
            "Of the pay": self.share(row),
            "From": self.from_day(row),
            "Source": row.source,
            **people_of(row),
        }

    @admin.display(description="Of the pay", ordering="percent")
    def share(self, rate: OnCostRate) -> str:
        return percent(rate.percent)

    @admin.display(description="From", ordering="valid_from")
    def from_day(self, rate: OnCostRate) -> str:
        return day(rate.valid_from)
