"""Give the application's database role what it needs, and no more than adding to what is append-only."""

from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection, transaction
from psycopg import sql

# Rows of these are only ever added; the role that serves pages cannot change, delete or empty them.
APPEND_ONLY = (
    "grants_ledgerentry",
    "grants_periodstep",
    "grants_variancecomment",
    "claims_event",
    "claims_claimline",
    "claims_settlement",
    "claims_evidence",
    "claims_bulkapproval",
    "payments_creditnote",
    "payments_creditline",
    "books_forceupload",
    "books_forceline",
    "books_periodsnapshot",
    "tasking_taskingevent",
    "audit_accesslog",
    "audit_change",
    "audit_controlspoke",
)
# Balances are moved by the posting trigger alone; the role opens and closes lines.
# Of an invoice only what is credited and paid is written later.
# Of a message only its sending is written later, of a disclosure only its making.
COLUMNS = {
    "grants_budgetline": ("is_open",),
    "payments_invoice": ("status", "paid_on", "paid_by_id", "paid_at", "settlement_id"),
    "payments_invoiceline": ("pence", "credited_pence"),
    "post_message": ("next_at", "sent_at", "tries", "last_error"),
    "disclosure_disclosure": (
        "status",
        "progress",
        "step",
        "tries",
        "rows",
        "name",
        "path",
        "size",
        "sha256",
        "error",
        "finished_at",
    ),
}
# Superusers, and who is or may act as an owner of tables: no revocation holds them.
ABOVE_RIGHTS = """
    select rolsuper or exists (
        select from pg_class where relkind = 'r' and relname = 'grants_ledgerentry'
                               and pg_has_role(role.oid, relowner, 'member'))
    from pg_roles role where rolname = %s
"""


class Command(BaseCommand):
    help = "Grant a database role the rights of the application, as the owner of the tables."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("role", help="The role with which the application signs in to the database.")

    def handle(self, *args: Any, role: str, **options: Any) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(ABOVE_RIGHTS, [role])
            known = cursor.fetchone()
            if known is None:
                raise CommandError(f"There is no role {role} in this database: create it first.")
            if known[0]:
                raise CommandError(
                    f"{role} owns the tables or may do anything: rights do not bind it. Make a role that "
                    "owns nothing, and let the application sign in with that one."
                )
            for statement in statements(role):
                cursor.execute(statement)
        self.stdout.write(f"{role} adds to {len(APPEND_ONLY)} append-only tables and changes none of them.")


def statements(role: str) -> list[sql.Composed]:
    """The grants and revocations for a role, in order."""
    name = sql.Identifier(role)
    tables = sorted({model._meta.db_table for model in apps.get_models(include_auto_created=True)})
    return [
        sql.SQL("grant usage on schema public to {}").format(name),
        sql.SQL("grant usage on all sequences in schema public to {}").format(name),
        sql.SQL("revoke all on all tables in schema public from {}").format(name),
        *(sql.SQL(_rights(table)).format(table=sql.Identifier(table), role=name) for table in tables),
        *(
            sql.SQL("grant update ({columns}) on {table} to {role}").format(
                columns=sql.SQL(", ").join(map(sql.Identifier, columns)),
                table=sql.Identifier(table),
                role=name,
            )
            for table, columns in COLUMNS.items()
        ),
        sql.SQL("grant select, insert, update, delete on cache to {}").format(name),
    ]


def _rights(table: str) -> str:
    if table in APPEND_ONLY or table in COLUMNS:
        return "grant select, insert on {table} to {role}"
    return "grant select, insert, update, delete on {table} to {role}"
