"""verify_ledger finds what somebody changes behind the back of every trigger."""

from collections.abc import Callable
from datetime import date

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from grants import ledger
from tests import factories as make
from tests.databases import kept

pytestmark = pytest.mark.django_db


@kept
def some_books() -> make.House:
    """A grant whose books hold some ten entries of every usual kind, and a second grant still in draft."""
    house = make.house()
    enquiry = make.enquiry(house)
    constable = make.officer(house.lead)
    make.claim(house, make.assignment(house, enquiry, constable), state="approved")
    make.assignment(house, enquiry, constable, day=date(2021, 2, 12))
    make.enquiry(house, pence=5_000)
    return house


@pytest.fixture
def books() -> make.House:
    return some_books()


def verify(capsys: pytest.CaptureFixture[str]) -> str:
    call_command("verify_ledger")
    return capsys.readouterr().out


def tamper(sql: str, *values: object) -> None:
    """Change rows as somebody could who switches every trigger off."""
    with connection.cursor() as cursor:
        cursor.execute("set constraints all immediate")
        cursor.execute("set session_replication_role = replica")
        cursor.execute(sql, values)
        cursor.execute("set session_replication_role = origin")


def test_true_books_are_one_line_and_exit_code_0(
    books: make.House, capsys: pytest.CaptureFixture[str]
) -> None:
    books.grant.refresh_from_db()
    assert verify(capsys).splitlines() == [
        "The books are true: 1 grant, 3 budget lines, 7 entries; "
        "every number, digest and balance reckoned again."
    ]


def test_empty_books_are_true(capsys: pytest.CaptureFixture[str]) -> None:
    assert "0 entries" in verify(capsys)


def test_a_draft_without_entries_is_true(capsys: pytest.CaptureFixture[str]) -> None:
    make.house(opened=False)
    assert "1 grant, 1 budget line, 0 entries" in verify(capsys)


def test_entries_with_bars_and_foreign_letters_in_their_reasons_are_true(
    books: make.House, capsys: pytest.CaptureFixture[str]
) -> None:
    line = books.grant.lines.get(is_main=True)
    with connection.cursor() as cursor:  # how a session writes its dates does not matter to the digest
        cursor.execute("set local datestyle = 'SQL, DMY'")
        cursor.execute("set local timezone = 'Asia/Tokyo'")
    ledger.post(
        ledger.Kind.TASKING,
        line,
        1,
        effective_on=make.START,
        reference="x:1",
        by=books.di,
        reason="a|b €\n| ż",
    )
    with connection.cursor() as cursor:
        cursor.execute("reset datestyle")
        cursor.execute("reset timezone")
    assert "8 entries" in verify(capsys)


ENTRY = "update grants_ledgerentry set {} where number = 4"
FIELDS = (
    ENTRY.format("pence = pence + 1"),
    ENTRY.format("reason = 'another'"),
    ENTRY.format("reference = 'another'"),
    ENTRY.format("effective_on = effective_on + 1"),
    ENTRY.format("posted_on = posted_on - 1"),
    ENTRY.format("recorded_at = recorded_at + interval '1 microsecond'"),
    ENTRY.format("recorded_by_id = (select id from accounts_user where id <> recorded_by_id limit 1)"),
    ENTRY.format("kind = 'release', source_stage = 'tasked', target_stage = 'available'"),
    ENTRY.format("digest = sha256(digest)"),
    ENTRY.format("digest = ''"),
    "update grants_ledgerentry set source_line_id = other.id, target_line_id = other.id"
    " from grants_budgetline other where number = 4 and other.id <> source_line_id",
)


@pytest.mark.parametrize("sql", FIELDS)
def test_a_changed_field_of_an_entry_is_found_at_that_entry(books: make.House, sql: str) -> None:
    tamper(sql)
    with pytest.raises(CommandError, match="PCD 911, entry 4 ") as found:
        call_command("verify_ledger")
    assert found.value.returncode == 1


BALANCES = (
    ("update grants_budgetline set available = available + 1 where is_main", "available says"),
    (
        "update grants_budgetline set settled = settled + 1, approved = approved - 1 where approved > 0",
        "approved says",
    ),
    ("update grants_budgetline set last_number = last_number - 1 where is_main", "names entry"),
    (
        "update grants_budgetline line set available = other.available from grants_budgetline other"
        " where line.id <> other.id and line.grant_id = other.grant_id",
        "available says",
    ),
    ("delete from grants_budgetline where name = 'Enquiry 2'", "is not there"),
    ("delete from grants_grant", "is not there"),
    ("update grants_grant set last_number = last_number + 1", "says entry 8 is its last"),
    ("update grants_grant set last_digest = sha256(last_digest)", "the chain ends with 7"),
    ("update grants_grant set amount_pence = amount_pence + 1", "the award is £135,000.01"),
)


@pytest.mark.parametrize(("sql", "said"), BALANCES)
def test_a_balance_or_a_head_that_no_entry_made_is_found(books: make.House, sql: str, said: str) -> None:
    tamper(sql)
    with pytest.raises(CommandError, match=said):
        call_command("verify_ledger")


def test_a_deleted_entry_is_found_at_the_one_after_it(books: make.House) -> None:
    tamper("delete from grants_ledgerentry where number = 4")
    with pytest.raises(CommandError, match=r"entry 5 .*entry 4 is missing"):
        call_command("verify_ledger")


def test_the_first_entry_deleted_is_found(books: make.House) -> None:
    tamper("delete from grants_ledgerentry where number = 1")
    with pytest.raises(CommandError, match="entry 1 is missing"):
        call_command("verify_ledger")


def test_entries_cut_off_the_end_are_found(books: make.House) -> None:
    tamper("delete from grants_ledgerentry where number = 7")
    with pytest.raises(CommandError, match="entry 7 is its last, the chain ends with 6"):
        call_command("verify_ledger")


def test_entries_cut_off_together_with_their_head_are_found_by_the_balances(books: make.House) -> None:
    tamper("delete from grants_ledgerentry where number = 7")
    tamper(
        "update grants_grant set last_number = 6,"
        " last_digest = (select digest from grants_ledgerentry where number = 6)"
    )
    with pytest.raises(CommandError, match="available says"):
        call_command("verify_ledger")


def test_all_entries_gone_are_found(books: make.House) -> None:
    tamper("delete from grants_ledgerentry")
    with pytest.raises(CommandError, match="the chain ends with 0"):
        call_command("verify_ledger")


def test_two_swapped_entries_are_found(books: make.House) -> None:
    swap = "update grants_ledgerentry set number = {} where number = {}"
    tamper(swap.format(99, 3))
    tamper(swap.format(3, 4))
    tamper(swap.format(4, 99))
    with pytest.raises(CommandError, match="entry 3 "):
        call_command("verify_ledger")


def test_an_entry_forged_with_a_true_digest_still_has_to_find_the_money(books: make.House) -> None:
    """Somebody who can reckon digests and rewrites the end of the chain is caught by the balances."""
    tamper(
        "update grants_ledgerentry entry set pence = 13500001,"
        " digest = sha256(before.digest || convert_to(concat_ws('|',"
        " entry.grant_id, entry.number, entry.kind,"
        " entry.source_line_id, entry.source_stage, entry.target_line_id, entry.target_stage, 13500001,"
        " entry.effective_on, entry.posted_on, entry.recorded_by_id,"
        " to_char(entry.recorded_at at time zone 'utc', 'YYYY-MM-DD HH24:MI:SS.US'), '',"
        " entry.reference, entry.reason), 'UTF8'))"
        " from grants_ledgerentry before where entry.number = 7 and before.number = 6"
    )
    with pytest.raises(CommandError, match=r"entry 7 .* which is not there"):
        call_command("verify_ledger")


def test_another_grants_books_do_not_hide_a_wrong_one(
    books: make.House, capsys: pytest.CaptureFixture[str]
) -> None:
    statements: list[Callable[[], None]] = [
        lambda: tamper("update grants_grant set reference = 'PCD 910', id = id + 1000"),
        lambda: tamper("update grants_budgetline set grant_id = grant_id + 1000"),
    ]
    for statement in statements:  # the whole grant under another number: each digest says whose entry it is
        statement()
    tamper("update grants_ledgerentry set grant_id = grant_id + 1000")
    with pytest.raises(CommandError, match="PCD 910, entry 1 "):
        call_command("verify_ledger")
