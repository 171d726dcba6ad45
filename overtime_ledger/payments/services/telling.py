"""What the clerks of an agency are told by e-mail: a statement was sent, an invoice is disputed."""

from django.urls import reverse

from claims.services.digests import with_role
from overtime_ledger.payments.models import Batch, Invoice
from overtime_ledger.post.services import Kind, Letter, queue


def statement_sent(statement: Batch) -> None:
    """Tell the clerks of its agency that a statement waits for their invoice."""
    _tell(
        statement,
        Kind.STATEMENT,
        told=f"statement:{statement.pk}",
        subject="A statement was sent",
        words="A statement of approved claims was sent. What it says stands on its page: invoice just that.",
        path=reverse("payments:statement", args=[statement.pk]),
    )


def invoice_disputed(invoice: Invoice) -> None:
    """Tell the clerks of its agency that an invoice differs from the statement it answers."""
    _tell(
        invoice.statement,
        Kind.INVOICE,
        told=f"invoice:{invoice.pk}:disputed",
        subject="An invoice is disputed",
        words="An invoice differs from its statement. What differs, and what is asked, stands on its page.",
        path=reverse("payments:invoice", args=[invoice.pk]),
    )


def _tell(statement: Batch, kind: Kind, *, told: str, subject: str, words: str, path: str) -> None:
    clerks = with_role("payments.read_own_agency").filter(agency=statement.agency_id)
    marking = statement.grant.marking
    queue(
        Letter(to=person, kind=kind, told=told, subject=subject, words=words, path=path, marking=marking)
        for person in clerks.values_list("pk", flat=True)
    )
