"""The lists of the approver's queue: what waits, unless something else is asked for."""

from typing import Any, cast

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest

from claims import selectors
from claims.models import Claim, ClaimQuerySet

Status = Claim.Status


class StatusFilter(admin.SimpleListFilter):
    """Waiting for approval, unless something else is asked for."""

    title = "status"
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        others = [(value, label) for value, label in Status.choices if value != Status.CERTIFIED]
        return [
            (Status.CERTIFIED, "Certified: waiting for approval"),
            *others,
            ("held_back", "Held back"),
            ("all", "All"),
        ]

    def value(self) -> str:
        return super().value() or Status.CERTIFIED

    def choices(self, changelist: ChangeList) -> Any:
        for value, label in self.lookup_choices:
            query = changelist.get_query_string({self.parameter_name: value})
            yield {"selected": value == self.value(), "query_string": query, "display": label}

    def queryset(self, request: HttpRequest, queryset: QuerySet[Claim]) -> QuerySet[Claim]:
        claims = cast(ClaimQuerySet, queryset)
        if self.value() == Status.CERTIFIED:
            return claims.awaiting_approval()
        if self.value() == "held_back":
            return claims.held_back()
        return claims if self.value() == "all" else claims.filter(status=self.value())


class QuestionsFilter(admin.SimpleListFilter):
    """Clean, or asked about by a control."""

    title = "questions"
    parameter_name = "questions"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("clean", "Clean"), ("flagged", "Flagged")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Claim]) -> QuerySet[Claim]:
        if self.value() == "clean":
            return queryset.filter(flags=[])
        return queryset.exclude(flags=[]) if self.value() == "flagged" else queryset


class MineFilter(admin.SimpleListFilter):
    """Only what waits for this person's decision: of grants they control, not touched by them."""

    title = "whose decision"
    parameter_name = "mine"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Mine")] if request.user.has_perm("claims.approve_claim") else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Claim]) -> QuerySet[Claim]:
        if self.value() != "yes":
            return queryset
        mine = selectors.to_approve_by(request.user)  # type: ignore[arg-type]
        return queryset.filter(pk__in=mine.order_by().values("pk"))


class AgeFilter(admin.SimpleListFilter):
    """Only what has waited too long since it was certified."""

    title = "age"
    parameter_name = "age"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("old", "Older than 3 days")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Claim]) -> QuerySet[Claim]:
        return queryset.filter(selectors.certified_long_ago()) if self.value() == "old" else queryset


class Queue(ChangeList):
    """A list of claims that knows what all of them come to, not only those on the page."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.total = selectors.total(self.queryset)
