"""In production the application's database role does its work and cannot touch what is append-only."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.core.management import CommandError, call_command
from django.db import ProgrammingError, connection, transaction

from grants.management.commands.restrict_role import APPEND_ONLY
from overtime_ledger.post.services import send_due
from tests import factories as make

pytestmark = pytest.mark.django_db
ROLE = "overtime_ledger_application"


@contextmanager
def as_the_application() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute(f"set local role {ROLE}")
        yield
        cursor.execute("reset role")


@pytest.fixture
def role() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"drop role if exists {ROLE}")
        cursor.execute(f"create role {ROLE}")
        cursor.execute("create table if not exists cache (cache_key text)")
    call_command("restrict_role", ROLE)


@pytest.mark.usefixtures("role")
def test_the_role_does_the_work_of_a_grant() -> None:
    house = make.house()
    with as_the_application():
        enquiry = make.enquiry(house)
        claim = make.claim(house, make.assignment(house, enquiry, make.officer(house.lead)), state="approved")
    assert claim.status == "approved"
    call_command("verify_ledger")


@pytest.mark.usefixtures("role")
@pytest.mark.parametrize("table", APPEND_ONLY)
@pytest.mark.parametrize("statement", ["delete from {}", "truncate {} cascade", "update {} set id = id"])
def test_the_role_cannot_touch_what_is_append_only(table: str, statement: str) -> None:
    with (
        as_the_application(),
        pytest.raises(ProgrammingError, match="permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement.format(table))


@pytest.mark.usefixtures("role")
def test_the_role_cannot_write_a_balance() -> None:
    make.house()
    with (
        as_the_application(),
        pytest.raises(ProgrammingError, match="permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("update grants_budgetline set available = available + 1")


@pytest.mark.usefixtures("role")
def test_the_role_writes_of_a_message_only_how_its_sending_went() -> None:
    reader = make.UserFactory(email="reader@example.police.uk")
    with as_the_application(), transaction.atomic():
        message = make.message_to(reader)
        assert str(send_due()) == "1 message sent"
    message.refresh_from_db()
    assert message.sent_at
    for statement in ("update post_message set body = ''", "delete from post_message"):
        with (
            as_the_application(),
            pytest.raises(ProgrammingError, match="permission denied"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)


@pytest.mark.usefixtures("role")
@pytest.mark.parametrize("column", ["last_number", "available"])
def test_nor_in_a_trigger_of_its_own(column: str) -> None:
    """The ledger's own trigger writes with the owner's rights; anybody else's has those of who set it off."""
    make.house()
    with (
        as_the_application(),
        pytest.raises(ProgrammingError, match="permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("create temp table mine (id int)")
        cursor.execute(
            "create function pg_temp.mine() returns trigger language plpgsql as $$begin"
            f" update grants_budgetline set {column} = {column} + 1; return new; end$$"
        )
        cursor.execute(
            "create trigger mine before insert on mine for each row execute function pg_temp.mine()"
        )
        cursor.execute("insert into mine values (1)")


@pytest.mark.usefixtures("role")
def test_the_role_cannot_borrow_the_trigger_that_posts() -> None:
    with (
        as_the_application(),
        pytest.raises(ProgrammingError, match="permission denied for function grants_post_entry"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("create temp table mine (like grants_ledgerentry)")
        cursor.execute(
            "create trigger mine before insert on mine for each row execute function grants_post_entry()"
        )


def test_a_role_that_no_right_binds_is_refused() -> None:
    with connection.cursor() as cursor:
        cursor.execute("select current_user")
        (owner,) = cursor.fetchone()
        cursor.execute("create role overtime_ledger_deputy")
        cursor.execute(f"grant {owner} to overtime_ledger_deputy")
    for role in (owner, "overtime_ledger_deputy"):
        with pytest.raises(CommandError, match="rights do not bind it"):
            call_command("restrict_role", role)
    with pytest.raises(CommandError, match="There is no role nobody_known"):
        call_command("restrict_role", "nobody_known")
