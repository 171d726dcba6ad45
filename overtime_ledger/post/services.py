"""The outbox: put a message into it, and send what waits in it.

A message is written in the transaction of what it tells, so it is there if and only if that happened. It is
never sent there. A sender first puts on record that it begins, then sends, then puts on record that it did:
whatever dies in between leaves a message that is not tried again, since it may have gone out.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from smtplib import SMTPRecipientsRefused, SMTPResponseException

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import connection, transaction
from django.db.models import QuerySet

from overtime_ledger import clock
from overtime_ledger.accounts.models import User
from overtime_ledger.locks import alone
from overtime_ledger.post.models import Message

Kind = Message.Kind

SENDING_LOCK = 0x6F74_6C65_6D61_696C  # any number that nothing else locks
PAUSES = (5, 30, 120, 480, 1440)
"""Minutes before a message is tried a second time, a third time and so on; then it is given up."""
TOO_OLD = timedelta(days=3)
"""What has waited so long is not news any more: it is given up unsent."""

BEGUN = "Begun, and no word that it went out: it is not sent again."
NO_ADDRESS = "No account or no e-mail address any more."
OVERDUE = "It waited too long: nothing was sent meanwhile."

# The mail server said no, or the message could not be made: for certain it did not go out.
REFUSED = (SMTPResponseException, SMTPRecipientsRefused, ValueError)

BECAUSE: dict[str, str] = {
    Kind.RETURNED: "you claimed it, or entered it for an officer of your agency",
    Kind.REJECTED: "you claimed it, or entered it for an officer of your agency",
    Kind.MORE_TIME: "you control the grant, or are a deputy in force",
    Kind.DIGEST: "something waits for you; it comes once a day as long as something does",
    Kind.DEADLINE: "you control the grant, are a deputy in force, keep its books or have duties to claim",
    Kind.POT: "you control the grant or keep its books",
    Kind.RELEASED: "you control the grant",
    Kind.STATEMENT: "you see to the invoices of your agency",
    Kind.INVOICE: "you see to the invoices of your agency",
    Kind.PAYMENT: "you pay what is owed from grants",
}
"""Why somebody gets a message of a kind, read after "because"."""


@dataclass(frozen=True, kw_only=True)
class Letter:
    """What is to be told to a person, by id: `told` names it, so that nobody is told the same thing twice."""

    to: int
    kind: Message.Kind
    told: str
    subject: str
    words: str
    path: str
    marking: str


def sends_mail() -> bool:
    """Whether this installation sends e-mail at all; without a mail server no message is written."""
    return bool(settings.SENDS_MAIL)


def readers() -> QuerySet[User]:
    """Who can be told something by e-mail; everybody else finds the same on the home page."""
    return User.objects.filter(is_active=True).exclude(email="")


def queue(letters: Iterable[Letter]) -> None:
    """Put letters into the outbox, in the transaction of what they tell.

    Those told before, and those to people without an e-mail address, are left out.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("A message is written with what it tells of.")
    found = list(letters)
    if not found or not sends_mail():
        return
    reached = set(readers().filter(pk__in={one.to for one in found}).values_list("pk", flat=True))
    now = clock.now()
    Message.objects.bulk_create(
        (
            Message(
                to_id=one.to,
                kind=one.kind,
                subject=" ".join(f"{one.marking}: {one.subject}".split()),
                body=f"{one.marking}\n\n{one.words}",
                path=one.path,
                key=f"{one.told}:{one.to}",
                created_at=now,
                next_at=now,
            )
            for one in found
            if one.to in reached
        ),
        ignore_conflicts=True,
    )


def text_of(message: Message) -> str:
    """The whole text as it goes out: what is told, where to look, why it comes."""
    because = BECAUSE[message.kind]
    return (
        f"{message.body}\n\n{settings.BASE_URL.rstrip('/')}{message.path}\n\n"
        f"You get this because {because}.\nSent by Overtime Ledger; nobody reads answers to it.\n"
    )


# Sending


@dataclass(frozen=True)
class Sent:
    """What became of the messages that were due."""

    sent: int
    failed: int

    def __str__(self) -> str:
        failed = f", {self.failed} not" if self.failed else ""
        return f"{self.sent} message{'' if self.sent == 1 else 's'} sent{failed}"


def send_alone() -> str:
    """Send what is due unless another run does so; what became of it, in words."""
    if not sends_mail():
        return "No e-mail is sent here: EMAIL_URL is not set."
    with alone(SENDING_LOCK) as allowed:
        return str(send_due()) if allowed else "Another run is sending messages."


def send_due() -> Sent:
    """Send the messages that are due, one after the other. Never one of them twice, also by two at once."""
    now = clock.now()
    _give_up_old()
    due = list(Message.objects.due(now).order_by("pk").values_list("pk", flat=True))
    mail = get_connection()
    try:
        begun = (message for pk in due if (message := _begin(pk)))
        outcomes = [_send(message, mail) for message in begun]
    finally:
        mail.close()
    return Sent(outcomes.count(True), outcomes.count(False))


def _give_up_old() -> None:
    old = Message.objects.waiting().filter(created_at__lt=clock.now() - TOO_OLD)
    old.update(next_at=None, last_error=OVERDUE)


@transaction.atomic
def _begin(pk: int) -> Message | None:
    """Put on record that a message is being sent; None if somebody else does, or did, meanwhile."""
    rows = Message.objects.select_for_update(of=("self",), no_key=True, skip_locked=True).select_related("to")
    message = rows.due(clock.now()).filter(pk=pk).first()
    if message:
        _note(message, tries=message.tries + 1, next_at=None, last_error=BEGUN)
    return message


def _send(message: Message, mail: BaseEmailBackend) -> bool:
    """Send a message that was begun, and put on record what became of it; whether it went out."""
    if not (message.to.is_active and message.to.email):
        _note(message, last_error=NO_ADDRESS)
        return False
    try:
        mail.open()
    except Exception as error:  # whatever kept us from the mail server, nothing was said to it
        _try_again(message, error)
        return False
    try:
        mail.send_messages([_email(message)])
    except REFUSED as error:
        mail.close()
        _try_again(message, error)
        return False
    except Exception as error:  # cut off in the middle: it may have gone out
        mail.close()
        _note(message, last_error=f"{BEGUN} {_said(error)}")
        return False
    _note(message, sent_at=clock.now(), last_error="")
    return True


def _email(message: Message) -> EmailMessage:
    """The message as it goes out, under an identifier of its own that says which row it is."""
    host = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip(">") or "localhost"
    headers = {"Message-ID": f"<overtime-ledger-{message.pk}@{host}>", "Auto-Submitted": "auto-generated"}
    return EmailMessage(message.subject, text_of(message), to=[message.to.email], headers=headers)


def _try_again(message: Message, error: Exception) -> None:
    """Try again after a pause, which grows; none after the last."""
    pauses = PAUSES[message.tries - 1 : message.tries]
    next_at = clock.now() + timedelta(minutes=pauses[0]) if pauses else None
    _note(message, next_at=next_at, last_error=_said(error))


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def _note(message: Message, **changes: object) -> None:
    for name, value in changes.items():
        setattr(message, name, value[:300] if isinstance(value, str) else value)
    message.save(update_fields=list(changes))
