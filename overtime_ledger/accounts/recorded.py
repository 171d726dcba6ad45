"""The administration of what one person in finance puts on record and another confirms, as they saw it."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib import admin
from django.db import connection
from django.db.models import ForeignKey, Q, QuerySet
from django.http import HttpRequest, HttpResponse

from overtime_ledger.accounts import two_people
from overtime_ledger.administration import M, NothingToSay, Verb, VerbAdmin
from overtime_ledger.errors import Refusal

CONFIRM = Verb(
    name="confirm", label="Confirm", done="confirmed", do=two_people.confirm, together=NothingToSay
)


class TwoPeopleAdmin(VerbAdmin[M]):
    """Rows that one person in finance records and another confirms; the last verb is the confirmation."""

    verbs: Sequence[Verb] = (CONFIRM,)
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


def people_of(row: Any) -> dict[str, str]:
    """The two people of a row, in words."""
    return {"Recorded by": str(row.recorded_by or ""), "Confirmed by": str(row.confirmed_by or "")}


class RecordedAdmin(TwoPeopleAdmin[M]):
    """Rows that finance adds and changes by a form until a second person confirms them; then they stand."""

    change_form_template = "admin/recorded_form.html"

    def offered(self, request: HttpRequest) -> Mapping[str, QuerySet[Any]]:
        """The rows to choose from, by the name of the field; any other field offers all there are."""
        return {}

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and not (obj and obj.confirmed_by_id)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The form; whoever may not change the row reads it in words instead."""
        row = self.get_object(request, object_id)
        reads = request.method in ("GET", "HEAD") and self.has_view_permission(request, row)
        if reads and not self.has_change_permission(request, row):
            return self.show(request, row)
        return super().change_view(request, object_id, form_url, extra_context)

    def facts(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        return super().facts(request, row) | {"may_change": self.has_change_permission(request, row)}

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
        offered = self.offered(request)
        if db_field.name in offered:
            kwargs["queryset"] = offered[db_field.name]
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class StateFilter(admin.SimpleListFilter):
    """How far something is that two people put on record."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        may_be_missing = model_admin.opts.get_field("recorded_by").null
        missing = [("missing", "Missing")] if may_be_missing else []
        return [*missing, ("recorded", "Recorded, to be confirmed"), ("confirmed", "Confirmed")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        states = {
            "missing": Q(recorded_by__isnull=True),
            "recorded": Q(recorded_by__isnull=False, confirmed_by__isnull=True),
            "confirmed": Q(confirmed_by__isnull=False),
        }
        return queryset.filter(states[chosen]) if (chosen := self.value()) in states else queryset
