"""Agencies' invoices and credit notes, to be read; they are recorded and paid on their own pages."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from overtime_ledger.administration import ReadOnlyAdmin
from overtime_ledger.payments.models import CreditNote, Invoice
from overtime_ledger.ui import pounds


@admin.register(Invoice)
class InvoiceAdmin(ReadOnlyAdmin[Invoice]):
    """What agencies charge, against which statement, and whether it was matched and paid."""

    list_display = ("number", "agency", "grant", "statement", "dated_on", "net", "status", "paid_on")
    list_filter = (
        "status",
        ("agency", admin.RelatedOnlyFieldListFilter),
        ("grant", admin.RelatedOnlyFieldListFilter),
    )
    list_select_related = ("agency", "grant", "statement")
    search_fields = ("number", "purchase_order", "cost_code")
    fields = (
        "number", "agency", "grant", "statement", "dated_on", "received_on", "purchase_order", "cost_code",
        "vat_code", "net", "vat", "status", "dispute", "recorded_by", "recorded_at", "paid_on", "paid_by",
        "paid_at", "settlement",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Invoice]:
        return Invoice.objects.visible_to(request.user)  # type: ignore[arg-type]

    @admin.display(description="Net", ordering="net_pence")
    def net(self, invoice: Invoice) -> str:
        return pounds(invoice.net_pence)

    @admin.display(description="VAT", ordering="vat_pence")
    def vat(self, invoice: Invoice) -> str:
        return pounds(invoice.vat_pence)


@admin.register(CreditNote)
class CreditNoteAdmin(ReadOnlyAdmin[CreditNote]):
    """What agencies took back of their invoices."""

    list_display = ("number", "agency", "invoice", "dated_on", "net", "recorded_by", "recorded_at")
    list_filter = (("agency", admin.RelatedOnlyFieldListFilter),)
    list_select_related = ("agency", "invoice", "recorded_by")
    search_fields = ("number", "invoice__number")
    fields = ("number", "agency", "invoice", "dated_on", "net", "vat", "reason", "recorded_by", "recorded_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[CreditNote]:
        seen = Invoice.objects.visible_to(request.user)  # type: ignore[arg-type]
        return super().get_queryset(request).filter(invoice__in=seen.order_by())

    @admin.display(description="Net", ordering="net_pence")
    def net(self, note: CreditNote) -> str:
        return pounds(note.net_pence)

    @admin.display(description="VAT", ordering="vat_pence")
    def vat(self, note: CreditNote) -> str:
        return pounds(note.vat_pence)
