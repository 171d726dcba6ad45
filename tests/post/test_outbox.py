"""The outbox: written with what it tells of, sent later, each message at most once."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from io import StringIO
from smtplib import SMTPDataError
from threading import Barrier
from typing import Any

import pytest
from django.core import mail
from django.core.mail.backends import locmem
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from overtime_ledger import clock
from overtime_ledger.accounts.models import User
from overtime_ledger.post import services as post
from overtime_ledger.post.models import Message
from overtime_ledger.post.services import Kind, Letter
from tests import factories as make

pytestmark = pytest.mark.django_db
racing = pytest.mark.django_db(transaction=True)
MORNING = make.at(date(2021, 3, 8), 7)


@pytest.fixture(autouse=True)
def early() -> Iterator[None]:
    with clock.travel(MORNING):
        yield


@pytest.fixture
def reader() -> User:
    return make.UserFactory(email="reader@example.police.uk")


def letter(to: User, told: str = "claim:42:returned:3", **changes: Any) -> Letter:
    said = {
        "kind": Kind.RETURNED,
        "subject": "A claim was returned",
        "words": "A claim was returned.",
        "path": "/claims/42/",
        "marking": "OFFICIAL",
    }
    return Letter(to=to.pk, told=told, **(said | changes))


def queued(*letters: Letter) -> Message:
    with transaction.atomic():
        post.queue(letters)
    return Message.objects.latest("pk")


def send() -> str:
    printed = StringIO()
    call_command("send_messages", stdout=printed)
    return printed.getvalue().strip()


def break_sending(monkeypatch: pytest.MonkeyPatch, error: BaseException, *, after: bool = False) -> None:
    """Let the mail server fail, before or after it took the message."""
    take = locmem.EmailBackend.send_messages

    def fail(self: locmem.EmailBackend, messages: Any) -> int:
        if after:
            take(self, messages)
        raise error

    monkeypatch.setattr(locmem.EmailBackend, "send_messages", fail)


# Writing


def test_a_message_is_there_if_and_only_if_what_it_tells_of_happened(reader: User) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        post.queue([letter(reader)])
        raise ZeroDivisionError
    assert not Message.objects.exists()
    assert queued(letter(reader)).to == reader
    assert mail.outbox == []


@racing
def test_outside_a_transaction_nothing_is_written(reader: User) -> None:
    with pytest.raises(transaction.TransactionManagementError):
        post.queue([letter(reader)])


def test_nobody_is_told_the_same_thing_twice(reader: User) -> None:
    other = make.UserFactory(email="other@example.police.uk")
    queued(letter(reader), letter(reader))
    queued(letter(reader), letter(other))
    assert [one.to for one in Message.objects.order_by("pk")] == [reader, other]


def test_who_cannot_be_reached_gets_none(reader: User) -> None:
    left = make.UserFactory(email="left@example.police.uk", is_active=False)
    with transaction.atomic():
        post.queue([letter(make.UserFactory()), letter(left)])
    assert not Message.objects.exists()


def test_without_a_mail_server_nothing_is_written_or_sent(reader: User, settings: Any) -> None:
    settings.SENDS_MAIL = False
    with transaction.atomic():
        post.queue([letter(reader)])
    assert not Message.objects.exists()
    assert "EMAIL_URL is not set" in send()


# Sending


def test_it_goes_out_with_its_marking_its_link_and_why(reader: User) -> None:
    message = queued(letter(reader, marking="SECRET\n[POLICE]"))
    assert send() == "1 message sent"
    (sent,) = mail.outbox
    assert (sent.to, sent.from_email) == (["reader@example.police.uk"], "ledger@example.police.uk")
    assert sent.subject == "SECRET [POLICE]: A claim was returned"
    assert sent.body.startswith("SECRET\n[POLICE]\n\nA claim was returned.\n\n")
    assert "\nhttps://ledger.example.police.uk/claims/42/\n" in sent.body
    assert "You get this because you claimed it" in sent.body
    assert sent.extra_headers["Message-ID"] == f"<overtime-ledger-{message.pk}@example.police.uk>"
    message.refresh_from_db()
    assert (message.state, message.tries, message.sent_at, message.next_at) == ("Sent", 1, MORNING, None)
    assert send() == "0 messages sent"
    assert len(mail.outbox) == 1


def test_what_the_server_refuses_is_tried_again_with_growing_pauses_and_then_given_up(
    reader: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = queued(letter(reader))
    break_sending(monkeypatch, SMTPDataError(451, b"Try later"))
    moment, tried = MORNING, []
    for pause in (*post.PAUSES, None):
        with clock.travel(moment):
            assert send() == "0 messages sent, 1 not"
            assert send() == "0 messages sent"
        message.refresh_from_db()
        tried.append(message.tries)
        assert message.next_at == (moment + timedelta(minutes=pause) if pause else None)
        moment += timedelta(minutes=pause or 10_000)
    assert tried == [1, 2, 3, 4, 5, 6]
    assert (message.state, message.last_error) == ("Not sent", "SMTPDataError: (451, b'Try later')")
    with clock.travel(moment):
        assert send() == "0 messages sent"
    assert list(Message.objects.unsent()) == [message]


def test_a_server_that_cannot_be_reached_is_tried_again(
    reader: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = queued(letter(reader))
    with monkeypatch.context() as broken:
        broken.setattr(locmem.EmailBackend, "open", lambda self: (_ for _ in ()).throw(ConnectionError("no")))
        assert send() == "0 messages sent, 1 not"
    with clock.travel(MORNING + timedelta(minutes=5)):
        assert send() == "1 message sent"
    message.refresh_from_db()
    assert (message.tries, message.last_error) == (2, "")


@pytest.mark.parametrize("delivered", [True, False])
@pytest.mark.parametrize("cut_off", [SystemExit(1), TimeoutError("timed out")])
def test_cut_off_in_between_it_is_not_sent_again_and_says_so(
    reader: User, monkeypatch: pytest.MonkeyPatch, delivered: bool, cut_off: BaseException
) -> None:
    message = queued(letter(reader))
    with monkeypatch.context() as broken:
        break_sending(broken, cut_off, after=delivered)
        if isinstance(cut_off, SystemExit):
            with pytest.raises(SystemExit):
                send()
        else:
            assert send() == "0 messages sent, 1 not"
    with clock.travel(MORNING + timedelta(days=1)):
        assert send() == "0 messages sent"
    assert len(mail.outbox) == delivered
    message.refresh_from_db()
    assert message.state == "Not sent" and message.last_error.startswith(post.BEGUN)
    assert list(Message.objects.unsent()) == [message]


def test_one_that_fails_holds_no_other_up(reader: User, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = make.UserFactory(email="gone@example.police.uk")
    queued(letter(gone), letter(reader))
    User.objects.filter(pk=gone.pk).update(email="")
    assert send() == "1 message sent, 1 not"
    assert Message.objects.get(to=gone).last_error == post.NO_ADDRESS


def test_what_waited_for_days_is_no_news_and_given_up(reader: User) -> None:
    queued(letter(reader))
    with clock.travel(MORNING + post.TOO_OLD + timedelta(minutes=1)):
        assert send() == "0 messages sent"
    assert Message.objects.unsent().get().last_error == post.OVERDUE
    assert mail.outbox == []


@racing
def test_two_senders_at_once_send_each_message_once() -> None:
    queued(*(letter(make.UserFactory(email=f"{n}@example.police.uk")) for n in range(12)))
    start = Barrier(3)

    def run(_: int) -> int:
        try:
            connection.ensure_connection()
            start.wait(timeout=10)
            with clock.travel(MORNING):
                return post.send_due().sent
        finally:
            connection.close()

    with ThreadPoolExecutor(3) as pool:
        assert sum(pool.map(run, range(3))) == 12
    assert len({one.to[0] for one in mail.outbox}) == len(mail.outbox) == 12
    assert set(Message.objects.values_list("tries", flat=True)) == {1}


@racing
def test_one_run_at_a_time(reader: User) -> None:
    queued(letter(reader))
    elsewhere = connection.copy()
    try:
        with elsewhere.cursor() as cursor:
            cursor.execute("select pg_advisory_lock(%s)", [post.SENDING_LOCK])
        assert send() == "Another run is sending messages."
        with elsewhere.cursor() as cursor:
            cursor.execute("select pg_advisory_unlock(%s)", [post.SENDING_LOCK])
    finally:
        elsewhere.close()
    assert mail.outbox == []
    assert send() == "1 message sent"


# The database


@pytest.mark.parametrize(
    "statement",
    [
        "delete from post_message",
        "update post_message set body = 'Other words'",
        "update post_message set to_id = to_id + 1",
        "update post_message set key = 'again'",
        "update post_message set tries = -1",
    ],
)
def test_a_message_stands_as_it_was_written(reader: User, statement: str) -> None:
    queued(letter(reader))
    broken = pytest.raises(IntegrityError, match="post_message")
    with broken, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_what_was_sent_is_done(reader: User) -> None:
    queued(letter(reader))
    send()
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        Message.objects.update(sent_at=None, next_at=MORNING)


def test_sent_and_still_to_be_sent_at_once_is_refused(reader: User) -> None:
    queued(letter(reader))
    with pytest.raises(IntegrityError, match="post_message_sent_is_done"), transaction.atomic():
        Message.objects.update(sent_at=MORNING)


# The list


def test_administrators_read_who_was_told_what_and_what_did_not_go_out(
    reader: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    queued(letter(reader))
    send()
    late = queued(letter(reader, told="claim:43:returned:2"))
    break_sending(monkeypatch, TimeoutError("timed out"))
    send()
    client = Client()
    client.force_login(make.UserFactory(roles=("administrator",), is_staff=True))
    address = reverse("admin:post_message_changelist")
    assert "2 messages" in client.get(address).content.decode()
    unsent = client.get(address, {"state": "unsent"}).content.decode()
    assert "1 message" in unsent and "TimeoutError: timed out" in unsent
    page = client.get(reverse("admin:post_message_change", args=[late.pk])).content.decode()
    assert "You get this because you claimed it" in page and 'name="_save"' not in page


def test_the_list_asks_as_often_for_many_messages_as_for_few() -> None:
    client = Client()
    client.force_login(make.UserFactory(roles=("administrator",), is_staff=True))

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            client.get(reverse("admin:post_message_changelist"))
        return len(captured)

    queued(letter(make.UserFactory(email="first@example.police.uk")))
    queries()
    few = queries()
    queued(*(letter(make.UserFactory(email=f"{n}@example.police.uk")) for n in range(5)))
    assert queries() == few
