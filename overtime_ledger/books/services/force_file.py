"""Verbs on a file of the force's ledger: hold it until its columns are known, take all of it or nothing."""

from django.db import transaction

from grants.models import Grant
from overtime_ledger import clock
from overtime_ledger.accounts.models import User
from overtime_ledger.accounts.services import require
from overtime_ledger.books.forcefile import Columns, Table, lines_of
from overtime_ledger.books.models import ForceLine, ForceUpload, UploadDraft
from overtime_ledger.books.selectors.preview import part_repeated
from overtime_ledger.books.services.asked_first import FINANCE, MAY, grant_of_turn
from overtime_ledger.books.services.matches import match_all
from overtime_ledger.errors import Refusal
from overtime_ledger.ui import day


@transaction.atomic
def hold(grant: Grant, table: Table, *, by: User, file_name: str, sha256: str) -> UploadDraft:
    """Keep a file's cells until somebody has said which column is which; a second file takes its place.

    Refuses others than finance (P01) and a file that was taken before (B04).
    """
    require(by, MAY, who=FINANCE)
    _never_taken(grant, sha256)
    UploadDraft.objects.filter(grant=grant, by=by).delete()
    return UploadDraft.objects.create(
        grant=grant,
        by=by,
        file_name=file_name[:120],
        sha256=sha256,
        header=table.header,
        rows=table.rows,
        made_at=clock.now(),
    )


def _never_taken(grant: Grant, sha256: str) -> None:
    before = grant.force_uploads.filter(sha256=sha256).select_related("uploaded_by").first()
    if before:
        raise Refusal(
            "B04",
            f"This file was taken on {day(before.uploaded_at)} already, by {before.uploaded_by}.",
            fix="Look at its lines; a later file of the force’s ledger may repeat them.",
            who="Finance",
        )


@transaction.atomic
def take(
    draft: UploadDraft, columns: Columns, *, by: User, take_repeated: bool = False
) -> tuple[ForceUpload, int]:
    """Take every line of a file and match what matches, or nothing at all; how many matches it made.

    Lines that look like lines on record are left out, unless it is said that they are further ones. Refuses
    a file that was taken before (B04), and one with a cell that cannot be read or nothing new in it (B05).
    """
    require(by, MAY, who=FINANCE)
    grant = grant_of_turn(draft.grant)
    _never_taken(grant, draft.sha256)
    table = Table(draft.header, [(number, cells) for number, cells in draft.rows])
    lines, bad = lines_of(table, columns)
    if bad:
        first = bad[0]
        raise Refusal(
            "B05",
            f"{len(bad)} of {len(table.rows)} rows cannot be read, the first in row {first.row}, "
            f"column {first.column}: {first.problem}. Nothing was taken.",
            fix="Correct the file, or choose other columns, and send it again.",
            who="Finance",
        )
    new, _ = part_repeated(() if take_repeated else grant.force_lines.all(), lines)
    if not new:
        raise Refusal(
            "B05",
            "Every line of this file is on record already.",
            fix="Send a file with later lines.",
            who="Finance",
        )
    upload = ForceUpload.objects.create(
        grant=grant,
        file_name=draft.file_name,
        sha256=draft.sha256,
        columns=dict(columns),
        line_count=len(new),
        left_out=len(table.rows) - len(new),
        pence=sum(line.pence for line in new),
        uploaded_by=by,
        uploaded_at=clock.now(),
    )
    ForceLine.objects.bulk_create(
        [
            ForceLine(
                grant=grant,
                upload=upload,
                row=line.row,
                booked_on=line.booked_on,
                reference=line.reference,
                description=line.description,
                pence=line.pence,
            )
            for line in new
        ],
        batch_size=2000,
    )
    draft.delete()
    return upload, match_all(grant, by=by)
