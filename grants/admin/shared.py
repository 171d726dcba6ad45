"""What the administration of a grant's rows shares."""

from django.db.models import QuerySet
from django.http import HttpRequest

from grants.models import (
    Grant,
)
from overtime_ledger.administration import (
    LedgerAdmin,
    M,
)


class OfGrantAdmin(LedgerAdmin[M]):
    """Rows of the grants a person may open; `grant` is the way from the row to its grant."""

    grant = "grant"

    def get_queryset(self, request: HttpRequest) -> QuerySet[M]:
        visible = Grant.objects.visible_to(request.user)  # type: ignore[arg-type]
        return super().get_queryset(request).filter(**{f"{self.grant}__in": visible})
