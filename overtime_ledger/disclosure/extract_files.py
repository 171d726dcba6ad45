"""How an extract looks when it goes out: its columns, what stands above them, and the file that is kept."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from tempfile import TemporaryFile
from typing import IO

from django.core.files import File
from django.core.files.storage import storages

from overtime_ledger.audit.exports import Column, Table, digest_of, head_of, write_csv
from overtime_ledger.disclosure.extract_models import FEW, LISTED_ABOVE_PENCE, PUBLIC, Extract, ExtractLine
from overtime_ledger.money import pounds
from overtime_ledger.ui import day

PUBLICATION = (
    Column("Month", lambda line: f"{line.month:%B %Y}"),
    Column("Recipient", lambda line: line.shown_recipient),
    Column("Amount", lambda line: line.shown_pence, "pounds"),
    Column("Purpose", lambda line: line.shown_purpose),
    Column("Value-for-money reason", lambda line: line.shown_value_for_money),
    Column("Decision", lambda line: line.shown_decision),
)
FOI = (
    Column("Month", lambda line: f"{line.month:%B %Y}"),
    Column("Force or agency", lambda line: line.shown_recipient),
    Column("Minutes", lambda line: line.shown_minutes, "minutes"),
    Column("Officers", lambda line: line.shown_officers),
    Column("Amount", lambda line: line.shown_pence, "pounds"),
    Column("Purpose", lambda line: line.shown_purpose),
    Column("Decision", lambda line: line.shown_decision),
)


def columns_of(extract: Extract) -> tuple[Column, ...]:
    return FOI if extract.is_foi else PUBLICATION


def title_of(extract: Extract) -> str:
    return f"{extract} of {extract.grant}"


def basis_of(extract: Extract) -> str:
    """How amounts are dated, and what is left out."""
    if extract.is_foi:
        return "Approved and paid overtime by the month of the duty"
    small = f"Payments of {pounds(LISTED_ABOVE_PENCE)} or less are not listed"
    these = f"{extract.unlisted_count}, {pounds(extract.unlisted_pence)} in all"
    if 0 < extract.unlisted_count < FEW:  # their sum would tell what one or two were
        these = f"fewer than {FEW}"
    return f"Payments by the day on which they were made. {small}: {these}"


def told_of(extract: Extract) -> Mapping[str, str]:
    """What an extract is of, in words."""
    days = f"{day(extract.from_on)} to {day(extract.to_on)}"
    if not extract.is_foi:
        return {"Payments": days}
    return {
        "Request": extract.reference,
        "Received on": day(extract.received_on),
        "Due on": day(extract.due_on),
        "Asked": extract.scope,
        "Duties": days,
        "Broken down by": extract.get_breakdown_display(),
    }


@contextmanager
def kept(extract: Extract) -> Iterator[Mapping[str, object]]:
    """What goes out as CSV in private storage, while it is written: the columns of its disclosure.

    If what is done inside fails, no file is left.
    """
    with TemporaryFile() as file:
        rows = _written(file, extract)
        name = f"{extract}-{extract.from_on:%Y-%m}.csv".lower()
        found = {"name": name, "size": file.tell(), "sha256": digest_of(file), "rows": rows}
        storage = storages["disclosures"]
        path = storage.save(f"extracts/{extract.pk}/{name}", File(file))
    try:
        yield found | {"path": path}
    except BaseException:
        storage.delete(path)
        raise


def _written(file: IO[bytes], extract: Extract) -> int:
    grant, told = extract.grant, told_of(extract)
    table = Table(columns_of(extract), going_out(extract))
    head = head_of(title_of(extract), [grant], PUBLIC, None, basis_of(extract), told, grant.spending_body)
    write_csv(file, head, table)
    return table.count


def going_out(extract: Extract) -> list[ExtractLine]:
    """The lines as they stand in what goes out: those kept back after the others, the largest first.

    Where they were drawn up, in the order of the agencies, their place alone would tell whose they are.
    """

    def place(line: ExtractLine) -> tuple[object, ...]:
        kept_back = line.decision in (line.Decision.REDACT, line.Decision.WITHHOLD)
        return line.month, kept_back, -(line.shown_pence or 0) if kept_back else line.position

    return sorted(extract.lines.all(), key=place)
