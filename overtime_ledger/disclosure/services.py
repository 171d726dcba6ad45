"""Ask for an audit pack, make it, one at a time, and hand it on: each step on record."""

import logging
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryFile
from threading import Thread
from typing import IO, Any, cast

from django.conf import settings
from django.core.files import File
from django.core.files.storage import storages
from django.db import IntegrityError, connection, transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.text import slugify

from claims.models import Evidence
from grants.models import Grant
from overtime_ledger import clock
from overtime_ledger.accounts.models import User
from overtime_ledger.audit.exports import digest_of
from overtime_ledger.audit.models import AccessLog
from overtime_ledger.disclosure.models import Disclosure, DisclosureQuerySet
from overtime_ledger.disclosure.pack import Pack, Tell, write_pack
from overtime_ledger.disclosure.registers import more_rows_than
from overtime_ledger.errors import broken_rule
from overtime_ledger.locks import alone

MAKING_LOCK = 0x6F74_6C65_7061_636B  # any number that nothing else locks
MOST_TRIES = 3
SMALL_ROWS, SMALL_BYTES = 20_000, 20_000_000
"""What has no more rows in all its registers, and files of evidence, than that is packed while one waits."""

Kind, Status = Disclosure.Kind, Disclosure.Status
log = logging.getLogger(__name__)


def ask_for_pack(grant: Grant, *, recipient: str, reason: str, by: User) -> Disclosure:
    """Put on record that somebody wants an audit pack; a small one is made at once, else in the background.

    Whoever has asked for one that is still being made gets that one. Nobody waits for the packs of others.
    """
    try:
        with transaction.atomic():
            asked = Disclosure.objects.create(
                kind=Kind.AUDIT_PACK,
                grant=grant,
                requested_by=by,
                requested_at=clock.now(),
                recipient=recipient,
                reason=reason,
                marking=grant.marking,
            )
    except IntegrityError as error:
        if broken_rule(error) != "disclosure_disclosure_one_pack_at_a_time":
            raise
        asked = _pending().get(grant=grant, requested_by=by)
    if is_small(grant, by) and not _pending().exclude(pk=asked.pk).exists():
        make_waiting()
    else:
        transaction.on_commit(in_the_background)
    asked.refresh_from_db()
    return asked


def is_small(grant: Grant, reader: User) -> bool:
    """Whether a pack of this grant, as a person may read it, is made in the time one waits for a page."""
    files = Evidence.objects.filter(claim__grant=grant).aggregate(size=Sum("size", default=0))
    return int(files["size"]) <= SMALL_BYTES and not more_rows_than(SMALL_ROWS, grant, reader)


def in_the_background() -> None:
    """Start `make_packs` as a process of its own; should it not come to its end, the minutely run goes on."""
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "make_packs"]
    nothing = subprocess.DEVNULL
    process = subprocess.Popen(
        command, cwd=settings.BASE_DIR, stdin=nothing, stdout=nothing, start_new_session=True
    )
    Thread(target=process.wait, daemon=True).start()


def make_waiting() -> int:
    """Make every pack that was asked for, the oldest first, and return how many became ready.

    One run at a time: another one leaves them to the first. So what is marked as being made here was left
    behind by a run that did not come to its end, and is made anew, three times at most.
    """
    ready = 0
    with alone(MAKING_LOCK) as allowed:
        while allowed and (asked := _next()):
            ready += make(asked)
    return ready


def _next() -> Disclosure | None:
    return _pending().order_by("pk").select_related("grant", "requested_by").first()


def _pending() -> DisclosureQuerySet:
    return Disclosure.objects.pending().filter(kind=Kind.AUDIT_PACK)


def make(asked: Disclosure) -> bool:
    """Make a pack into private storage and put it on record as ready; whether it became so.

    What goes wrong is tried again, and after the third time on record as failed.
    """
    if asked.tries >= MOST_TRIES:
        return _failed(asked, "It was begun three times and never came to its end.")
    _note(asked, status=Status.MAKING, tries=asked.tries + 1, progress=0, step="The figures")
    try:
        with TemporaryFile() as temporary, _telling(asked) as tell:
            file = cast(IO[bytes], temporary)
            pack = write_pack(file, asked.grant, by=asked.requested_by, asked=_asked(asked), tell=tell)
            _file(asked, pack, file)
    except Exception as error:
        log.exception("%s failed", asked)
        if asked.tries >= MOST_TRIES:
            return _failed(asked, f"{type(error).__name__}: {error}")
        _note(asked, status=Status.WAITING, step=f"Try {asked.tries} failed; it is tried again")
        return make(asked)
    return True


def _asked(asked: Disclosure) -> dict[str, str]:
    return {
        "disclosure": str(asked.pk),
        "asked_by": str(asked.requested_by),
        "asked_at": f"{timezone.localtime(asked.requested_at):%-d %B %Y, %H:%M}",
        "recipient": asked.recipient,
        "reason": asked.reason,
    }


def _file(asked: Disclosure, pack: Pack, file: IO[bytes]) -> None:
    """Put the finished pack into storage, and on record as ready and as taken out of the ledger."""
    digest = digest_of(file)
    name = f"{slugify(str(asked.grant))}-audit-pack-{asked.pk}-{clock.today()}.zip"
    size = file.seek(0, 2)
    file.seek(0)
    path = storages["disclosures"].save(f"{clock.today():%Y/%m}/{asked.pk}-{digest[:16]}.zip", File(file))
    try:
        with transaction.atomic():
            _note(
                asked,
                status=Status.READY,
                progress=100,
                step="",
                rows=pack.rows,
                findings=pack.findings,
                name=name,
                path=path,
                size=size,
                sha256=digest,
                finished_at=clock.now(),
            )
            put_on_record(asked, f"{asked} made for {asked.recipient}", by=asked.requested_by)
    except BaseException:
        storages["disclosures"].delete(path)
        raise


def put_on_record(disclosure: Disclosure, what: str, *, by: User) -> None:
    """Log that a disclosure was made or taken out, with its rows and digest."""
    AccessLog.objects.create(
        by=by,
        action=AccessLog.Action.EXPORTED,
        what=what[:200],
        filters=disclosure.filters or {"Recipient": disclosure.recipient, "Reason": disclosure.reason},
        rows=disclosure.rows,
        sha256=disclosure.sha256,
    )


def taken_out(disclosure: Disclosure, *, by: User) -> IO[bytes]:
    """The file of a disclosure that is ready, put on record before it goes out."""
    file = storages["disclosures"].open(disclosure.path)
    put_on_record(disclosure, f"{disclosure} downloaded", by=by)
    return cast(IO[bytes], file)


def _failed(asked: Disclosure, error: str) -> bool:
    _note(asked, status=Status.FAILED, step="", error=error[:300], finished_at=clock.now())
    return False


def _note(asked: Disclosure, **changes: Any) -> None:
    for name, value in changes.items():
        setattr(asked, name, value)
    asked.save(update_fields=list(changes))


@contextmanager
def _telling(asked: Disclosure) -> Iterator[Tell]:
    """What tells how far the making is, on a connection of its own: the pack reads one unchanging moment."""
    own = connection.copy()
    update = "update disclosure_disclosure set step = %s, progress = %s where id = %s and status = 'making'"

    def tell(step: str, percent: int) -> None:
        with own.cursor() as cursor:
            cursor.execute(update, [step[:80], percent, asked.pk])

    try:
        yield tell
    finally:
        own.close()
