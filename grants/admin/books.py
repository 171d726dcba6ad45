"""Who controls a grant, and its books, to be read in the administration."""

from django.contrib import admin

from grants.admin.shared import OfGrantAdmin
from grants.models import (
    Authority,
    BudgetLine,
    LedgerEntry,
)
from overtime_ledger.administration import (
    ReadOnlyAdmin,
)
from overtime_ledger.ui import pounds, short_day


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
