"""What is told by e-mail: to an agency's clerks and to finance, of what waits for them."""

from collections.abc import Iterable

from django.db.models import QuerySet
from django.urls import reverse

from claims.services.digests import with_role
from grants.models import Grant
from overtime_ledger.accounts.models import User
from overtime_ledger.payments.models import Batch, Invoice, Tolerance
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


def invoice_to_pay(invoice: Invoice) -> None:
    """Tell those in finance who had no hand in it that an invoice agrees with its statement."""
    notes = invoice.credit_notes.values_list("recorded_by", flat=True)
    _tell_finance(
        invoice.grant,
        but=[invoice.recorded_by_id, *notes],
        told=f"invoice:{invoice.pk}:matched",
        subject="An invoice waits to be paid",
        words="An agency’s invoice is matched with its statement. A second person in finance marks it "
        "as paid.",
        path=reverse("payments:invoice", args=[invoice.pk]),
    )


def differences_wait(batch: Batch, *, by: User) -> None:
    """Tell the others in finance that something was paid otherwise than calculated."""
    _tell_finance(
        batch.grant,
        but=[by.pk],
        told=f"batch:{batch.pk}:differences",
        subject="Payments differ from what was calculated",
        words="Something was paid otherwise than calculated, by more than is tolerated. Somebody else than "
        "who confirmed the payment says what becomes of it.",
        path=f"{reverse('payments:differences')}?state=open",
    )


def tolerance_proposed(tolerance: Tolerance) -> None:
    """Tell the others in finance that a tolerance waits to be confirmed."""
    _tell_finance(
        tolerance.grant,
        but=[tolerance.recorded_by_id],
        told=f"tolerance:{tolerance.pk}",
        subject="A tolerance waits to be confirmed",
        words="Somebody proposed how much of a payment may differ unexplained. A second person confirms it.",
        path=reverse("payments:differences"),
    )


def _tell(statement: Batch, kind: Kind, *, told: str, subject: str, words: str, path: str) -> None:
    clerks = with_role("payments.read_own_agency").filter(agency=statement.agency_id)
    _send(clerks, kind, statement.grant, told=told, subject=subject, words=words, path=path)


def _tell_finance(
    grant: Grant, *, but: Iterable[int], told: str, subject: str, words: str, path: str
) -> None:
    others = with_role("claims.settle_claim").exclude(pk__in=set(but))
    _send(others, Kind.PAYMENT, grant, told=told, subject=subject, words=words, path=path)


def _send(
    people: QuerySet[User], kind: Kind, grant: Grant, *, told: str, subject: str, words: str, path: str
) -> None:
    queue(
        Letter(
            to=person, kind=kind, told=told, subject=subject, words=words, path=path, marking=grant.marking
        )
        for person in people.values_list("pk", flat=True)
    )
