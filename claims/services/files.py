"""Files of evidence: what they are by their content, where they lie, and that they are what was added."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from django.core.files import File
from django.core.files.storage import storages
from django.db import InterfaceError, OperationalError

from claims import checks
from claims.models import Claim, Evidence
from overtime_ledger import clock
from overtime_ledger.errors import Refusal
from overtime_ledger.uploads import MOST_BYTES

READ_AT_EACH_END = 1024


@dataclass(frozen=True)
class Known:
    """A kind of file that is taken: how it begins and, if its kind says so, what stands at its end."""

    content_type: str
    suffix: str
    begins: re.Pattern[bytes]
    ends: bytes


KNOWN = (
    Known("application/pdf", ".pdf", re.compile(rb"%PDF-[12]\.[0-9]"), b"%%EOF"),
    Known("image/png", ".png", re.compile(rb"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), b"IEND\xaeB`\x82"),
    # Cameras write behind the end of a JPEG.
    Known("image/jpeg", ".jpg", re.compile(rb"\xff\xd8\xff[\xc0-\xfe]"), b""),
)
# A browser that guesses might run it as a page; none of our kinds begins or ends like that.
MARKUP = re.compile(rb"<(?:!doctype|html|head|body|script|svg|iframe)", re.IGNORECASE)
ALLOWED = "Save or scan it as a PDF, PNG or JPEG of at most 10 MB."


def known_type(file: File[bytes]) -> str:
    """The content type of a file by its first and last bytes: a name proves nothing.

    Refuses (C15) a file that is empty, larger than 10 MB, cut off, of another kind, or a page as well.
    """
    size = file.size or 0
    if not size:
        raise _refused("The file is empty.")
    if size > MOST_BYTES:
        raise _refused("The file is larger than 10 MB.")
    begins, ends = _both_ends(file, size)
    known = next((one for one in KNOWN if one.begins.match(begins)), None)
    if known is None:
        raise _refused("The file is neither PDF, PNG nor JPEG by its content, whatever it is called.")
    if known.ends not in ends:
        raise _refused("The file is cut off: its end is missing.")
    if MARKUP.search(begins) or MARKUP.search(ends):
        raise _refused("The file is a web page as well as a document or picture.")
    return known.content_type


def _both_ends(file: File[bytes], size: int) -> tuple[bytes, bytes]:
    file.seek(0)
    begins = file.read(READ_AT_EACH_END)
    file.seek(max(size - READ_AT_EACH_END, 0))
    ends = file.read(READ_AT_EACH_END)
    file.seek(0)
    return begins, ends


def _refused(reason: str) -> Refusal:
    return Refusal("C15", reason, fix=ALLOWED, who="Whoever adds it")


@contextmanager
def filed(file: File[bytes] | None, claim: Claim) -> Iterator[dict[str, Any]]:
    """The columns of a file of evidence, put into private storage before the row that names it.

    If what follows fails, and with it the transaction, the file is taken out again. If the connection broke,
    nobody knows whether the row stands: the file stays, and `verify_evidence` tells which no row names.
    Refuses as `known_type` does.
    """
    if file is None:
        yield {}
        return
    content_type, digest = known_type(file), digest_of(file)
    path = storages["evidence"].save(f"{clock.today():%Y/%m}/{claim.pk}-{digest[:16]}", file)
    try:
        yield {
            "path": path,
            "name": (file.name or "")[-120:],
            "content_type": content_type,
            "size": file.size,
            "sha256": digest,
        }
    except (OperationalError, InterfaceError):
        raise
    except BaseException:
        storages["evidence"].delete(path)
        raise


def digest_of(file: File[bytes]) -> str:
    """SHA-256 of a file, in hex."""
    digest = sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    file.seek(0)
    return digest.hexdigest()


def content_of(evidence: Evidence) -> bytes:
    """A file byte for byte as it was added. Refuses (C15) one that is missing or was changed since."""
    try:
        with storages["evidence"].open(evidence.path) as file:
            content: bytes = file.read()
    except FileNotFoundError:
        content = b""
    if sha256(content).hexdigest() != evidence.sha256:
        raise Refusal(
            "C15",
            f"This file of claim {evidence.claim_id} is missing, or is not what was added any more.",
            fix="Have it restored from the backup, or add it again.",
            who="Whoever runs the service; " + checks.CLAIMANT.lower(),
        )
    return content


def name_of(evidence: Evidence) -> str:
    """A name under which a file is safely saved: its claim, its own name in plain letters, its real kind."""
    stem = re.sub(r"\.[A-Za-z0-9]{1,5}$", "", evidence.name)
    plain = re.sub(r"[^A-Za-z0-9]+", "-", stem).strip("-").lower()[:60].strip("-")
    suffix = next((one.suffix for one in KNOWN if one.content_type == evidence.content_type), ".bin")
    return f"claim-{evidence.claim_id}-{plain or 'evidence'}{suffix}"
