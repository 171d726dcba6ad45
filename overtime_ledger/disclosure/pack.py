"""The audit pack: a grant's whole story in one ZIP, from the decision to the settlements, tied to its ledger.

It is written file by file, and each file row by row, so that a large grant needs no more memory than a small
one. Every file's SHA-256 is in the manifest; whoever gets the pack can check it without us.
"""

import hashlib
import io
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import IO, Any, cast
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from django.conf import settings
from django.core.files.storage import storages
from django.db.models import Sum
from django.utils import timezone

from claims import selectors as claims
from claims.models import Claim, Evidence
from claims.services import files
from claims.views.registers import HELD_BACK, REGISTER
from grants.management.commands import verify_ledger
from grants.models import LADDER, BudgetLine, Grant, LedgerEntry
from grants.terms_words import changes_of
from overtime_ledger import clock
from overtime_ledger.accounts.models import User
from overtime_ledger.audit.exports import Column, Table, write_csv
from overtime_ledger.audit.selectors import Refused, refused
from overtime_ledger.controls import GROUPS
from overtime_ledger.dashboard import exceptions, reports
from overtime_ledger.dashboard.figures import Figures, figures
from overtime_ledger.disclosure import commitments
from overtime_ledger.disclosure.registers import Register, registers
from overtime_ledger.errors import Refusal
from overtime_ledger.money import pounds
from tasking.models import Assignment
from tasking.selectors import with_names
from tasking.views.duties import ASSIGNMENT_COLUMNS

DOCUMENTS = ("decisions.md", "controls.md")
AT_ONCE = 500

Tell = Callable[[str, int], None]
"""Told what is being made, and how much of it all is made, in percent."""


@dataclass(frozen=True)
class Filed:
    """One file of a pack. `totals` are the sums of its columns of pounds, in pence."""

    name: str
    title: str
    sha256: str
    size: int
    rows: int = 0
    totals: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Tie:
    """Two figures that must be one, each reckoned in a way of its own, in pence."""

    what: str
    ledger_pence: int
    other_pence: int

    @property
    def holds(self) -> bool:
        return self.ledger_pence == self.other_pence


@dataclass
class Pack:
    """A pack that is being written into a file."""

    archive: ZipFile
    filed: list[Filed] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    @property
    def findings(self) -> list[str]:
        """What whoever reads it must know: books not true, figures that do not tie, files missing."""
        return [*self.broken, *self.missing]

    @property
    def rows(self) -> int:
        return sum(one.rows for one in self.filed)

    def add(self, name: str, title: str, content: bytes) -> None:
        """Put a file into it as it is."""
        with self.entry(name, title) as out:
            out.write(content)

    def add_json(self, name: str, title: str, content: object) -> None:
        self.add(name, title, json.dumps(content, indent=2, ensure_ascii=False).encode())

    def add_table(self, name: str, title: str, columns: Iterable[Column], rows: Iterable[Any]) -> None:
        """Put a CSV into it, row by row: the headings first, no head above them."""
        table = Table(list(columns), rows)
        with self.entry(name, title) as out:
            write_csv(cast(IO[bytes], out), (), table)
        self.counted(table.count, table.pence)

    def counted(self, rows: int, totals: dict[str, int] | None = None) -> None:
        """Say how many rows the file has that was put into it last, and what they come to."""
        self.filed[-1] = replace(self.filed[-1], rows=rows, totals=totals or {})

    def entry(self, name: str, title: str) -> "_Entry":
        """A file to be written into it."""
        return _Entry(self, name, title)


class _Entry(io.RawIOBase):
    """A file inside the pack, hashed while it is written."""

    def __init__(self, pack: Pack, name: str, title: str) -> None:
        self._pack, self._name, self._title = pack, name, title
        info = ZipInfo(name, timezone.localtime(clock.now()).timetuple()[:6])
        info.compress_type = ZIP_DEFLATED
        info.external_attr = 0o600 << 16
        self._inner = pack.archive.open(info, "w", force_zip64=True)
        self.digest = hashlib.sha256()
        self.size = 0

    def writable(self) -> bool:
        return True

    def write(self, block: Any) -> int:
        self.digest.update(block)
        self.size += len(block)
        return self._inner.write(block)

    def close(self) -> None:
        if not self.closed:
            self._inner.close()
            self._pack.filed.append(Filed(self._name, self._title, self.digest.hexdigest(), self.size))
        super().close()


def write_pack(file: IO[bytes], grant: Grant, *, by: User, asked: dict[str, str], tell: Tell) -> Pack:
    """Write the audit pack of a grant, as this person may read it, into a file. Nothing is posted or changed.

    Read as of one moment. `asked` is put at its front: who asked for it, for whom and why.
    """
    with ZipFile(file, "w", ZIP_DEFLATED) as archive, verify_ledger.one_moment():
        grant.refresh_from_db()
        pack = Pack(archive)
        steps = list(_steps(pack, grant, by))
        for number, (what, make) in enumerate(steps):
            tell(what, number * 100 // len(steps))
            make()
        tell("The manifest", 99)
        _close(pack, grant, asked)
    return pack


def _steps(pack: Pack, grant: Grant, by: User) -> Iterator[tuple[str, Callable[[], object]]]:
    """What is made one after the other, each with its name."""
    for one in (*_reports(grant), *registers(grant, by)):
        yield one.title, partial(_table, pack, one)
    yield "The chain of entries", partial(_chain, pack, grant)
    yield "Documents", partial(_documents, pack, grant)
    yield "Files of evidence", partial(_evidence, pack, grant)
    yield "Control totals", partial(_ties, pack, grant)


def _table(pack: Pack, one: Register) -> None:
    pack.add_table(one.name, one.title, one.columns, one.rows())


# Reports: what the pages show


def _reports(grant: Grant) -> Iterator[Register]:
    shown = figures(grant)

    def report(
        name: str, title: str, columns: Iterable[Column], rows: Callable[[], Iterable[Any]]
    ) -> Register:
        return Register(f"reports/{name}.csv", title, list(columns), lambda: iter(rows()))

    yield report("position", "Position", reports.POSITION, lambda: shown.lines)
    yield report("position_by_agency", "Position by agency", reports.AGENCIES, lambda: shown.agencies)
    yield report("burn_down_by_week", "Burn-down by week", reports.WEEKS, lambda: shown.weeks)
    yield report("transactions", "Transactions", reports.TRANSACTIONS, lambda: _transactions(grant))
    yield report(
        "commitments", "Commitments", commitments.COLUMNS, lambda: commitments.rows(commitments.Chosen(grant))
    )
    yield report("taskings", "Taskings, officer by officer", ASSIGNMENT_COLUMNS, lambda: _duties(grant))
    yield report("claims", "Claims register", [*REGISTER, HELD_BACK], lambda: _claims(grant))
    yield report("exceptions", "Exceptions", exceptions.COLUMNS, lambda: exceptions.every(_all_of(grant)))
    yield report("controls", "Controls and how often they spoke", CONTROLS, lambda: _controls(grant))


def _transactions(grant: Grant) -> Iterator[reports.Transaction]:
    rows = LedgerEntry.objects.filter(grant=grant).order_by("number")
    rows = rows.select_related("source_line", "target_line", "recorded_by")
    return reports.transactions(rows.iterator(chunk_size=AT_ONCE), AT_ONCE)


def _duties(grant: Grant) -> Iterator[Assignment]:
    rows = with_names(Assignment.objects.filter(tasking__enquiry__grant=grant)).order_by("starts_at", "pk")
    return rows.select_related("officer", "agency", "tasking__enquiry").iterator(chunk_size=AT_ONCE)


def _claims(grant: Grant) -> Iterator[Claim]:
    rows = Claim.objects.filter(grant=grant).with_guards().order_by("pk")
    return claims.register(rows).iterator(chunk_size=AT_ONCE)


def _all_of(grant: Grant) -> exceptions.Chosen:
    return exceptions.Chosen(grants=[grant], held_back=True)


CONTROLS = (
    Column("Code", lambda row: row[0].code),
    Column("Control", lambda row: row[0].title),
    Column("When", lambda row: row[0].when),
    Column("Refused, every grant", lambda row: row[1].all, "number"),
    Column("Asked, this grant", lambda row: row[2].all, "number"),
    Column("Approved with a reason", lambda row: row[2].approved, "number"),
)


def _controls(grant: Grant) -> Iterator[tuple[Any, Refused, exceptions.Asked]]:
    now = clock.now()
    blocks, questions = refused(now), exceptions.asked(_all_of(grant), now)
    for group in GROUPS:
        for control in group.controls:
            code = control.code
            yield (
                control,
                blocks.get(code, Refused(0, 0)),
                questions.get(code, exceptions.Asked(0, 0, 0)),
            )


# The chain


def _chain(pack: Pack, grant: Grant) -> None:
    """What the independent check found, and every entry with exactly the fields that its digest is of."""
    with pack.entry("ledger/entries.jsonl", "Entries as they are chained") as out:
        count = 0
        for row in verify_ledger.entries(grant):
            fields = row._asdict() | {"digest": row.digest.hex()}
            out.write((json.dumps(fields, default=str, ensure_ascii=False) + "\n").encode())
            count += 1
    pack.counted(count)
    try:
        true, said = True, verify_ledger.verified(grant)
    except verify_ledger.Wrong as wrong:
        true, said = False, str(wrong)
        pack.broken.append(f"The books are not true: {said}")
    lines = BudgetLine.objects.filter(grant=grant).order_by("-is_main", "pk")
    pack.add_json(
        "ledger/chain.json",
        "The chain and what its check found",
        {
            "books_are_true": true,
            "found": said,
            "checked_at_utc": clock.now().isoformat(timespec="seconds"),
            "entries": count,
            "last_number": grant.last_number,
            "last_digest": bytes(grant.last_digest).hex(),
            "award_pence": grant.amount_pence,
            "balances_pence": [
                {"line": str(line)} | {stage: getattr(line, stage) for stage in LADDER} for line in lines
            ],
            "recipe": RECIPE,
        },
    )


RECIPE = (
    "digest = SHA-256 of the digest of the entry before, as bytes (nothing before the first), followed by "
    "these fields of entries.jsonl joined by |: grant_id, number, kind, source_line_id, source_stage, "
    "target_line_id, target_stage, pence, effective_on, posted_on, recorded_by_id, recorded_at in UTC as "
    "YYYY-MM-DD HH:MM:SS.ffffff, reverses_id, reference, reason; null is an empty text."
)


# Documents and evidence


def _documents(pack: Pack, grant: Grant) -> None:
    for name in DOCUMENTS:
        content = (Path(settings.BASE_DIR) / "docs" / name).read_bytes()
        pack.add(f"documents/{name}", f"The product's {name.removesuffix('.md')}", content)
    pack.add("documents/terms.txt", "The terms of the grant and their changes", _terms(grant).encode())
    for made in grant.disclosures.filter(extract__isnull=False).order_by("pk"):
        try:
            with storages["disclosures"].open(made.path) as file:
                pack.add(f"documents/{made.name}", f"{made}, as it was released", file.read())
        except FileNotFoundError:
            pack.missing.append(f"{made}: its file is missing")


def _terms(grant: Grant) -> str:
    """The terms as they stand, and every change of them, in words."""
    told = [
        ("Reference", grant.reference),
        ("Title", grant.title),
        ("Award", pounds(grant.amount_pence)),
        ("From", f"{grant.funder}, {grant.fund}"),
        ("To", f"{grant.recipient}, spent by {grant.spending_body}"),
        ("Purpose", grant.purpose),
        ("Lead force", grant.lead_force.name),
        ("Days of duty", f"{grant.eligible_from:%-d %B %Y} to {grant.eligible_to:%-d %B %Y}"),
        ("Claims close", f"{grant.claims_close_on:%-d %B %Y}"),
        ("Books close", f"{grant.books_close_on:%-d %B %Y}"),
        ("On-costs", grant.get_on_cost_display()),
        ("Marking", grant.marking),
        ("State", grant.get_status_display()),
    ]
    words = [f"{name}: {value}" for name, value in told]
    for change in changes_of(grant):
        words += ["", f"Change: {change.change.reason}"]
        words += [f"  {one.label}: {one.before} -> {one.after}" for one in change.differences]
        words += [f"  {step}" for step in change.steps]
    return "\n".join([grant.marking, "", *words, "", grant.marking, ""])


def _evidence(pack: Pack, grant: Grant) -> None:
    """Each file as it was added; one that is missing or was changed is named, and the rest goes on."""
    rows = Evidence.objects.filter(claim__grant=grant).exclude(path="").order_by("pk")
    for evidence in rows.iterator(chunk_size=AT_ONCE):
        try:
            content = files.content_of(evidence)
        except Refusal as refusal:
            pack.missing.append(f"Evidence {evidence.pk}: {refusal.reason}")
            continue
        pack.add(f"evidence/{evidence.pk}-{files.name_of(evidence)}", str(evidence), content)


# Ties and the manifest


def ties(grant: Grant, shown: Figures) -> list[Tie]:
    """What the ledger says beside what duties, claims and payments say, stage by stage."""
    stages = shown.burn.stages
    held = claims.by_agency(grant)
    paid = grant.settlements.aggregate(pence=Sum("pence", default=0))["pence"]
    reversed_later = Claim.objects.filter(grant=grant, status="reversed", settlement__isnull=False)
    return [
        Tie("Award: all stages of all lines", grant.amount_pence, stages.total),
        *(
            Tie(f"{stage.capitalize()}: duties and claims", getattr(stages, stage), _held(held, stage))
            for stage in ("tasked", "claimed", "approved", "settled")
        ),
        Tie(
            "Settled: payments on record, without claims reversed since",
            stages.settled,
            paid - (reversed_later.aggregate(pence=Sum("pence", default=0))["pence"]),
        ),
    ]


def _held(held: Iterable[claims.AgencyPosition], stage: str) -> int:
    return sum(getattr(row, stage) for row in held)


def _ties(pack: Pack, grant: Grant) -> None:
    found = ties(grant, figures(grant))
    content = [asdict(one) | {"holds": one.holds} for one in found]
    pack.broken += [
        f"{one.what}: {pounds(one.ledger_pence)} in the ledger, {pounds(one.other_pence)} by what it is of"
        for one in found
        if not one.holds
    ]
    pack.add_json("control_totals.json", "Control totals tied to the ledger", content)


def _close(pack: Pack, grant: Grant, asked: dict[str, str]) -> None:
    """How to read it all, the manifest of every file so far, and the same for the usual tool."""
    pack.add("README.txt", "How to read and check this", _read_me(pack, grant, asked).encode())
    listed = list(pack.filed)
    pack.add_json(
        "manifest.json",
        "This list",
        {
            "grant": grant.reference,
            "marking": grant.marking,
            **asked,
            "made_at_utc": clock.now().isoformat(timespec="seconds"),
            "business_date": clock.today().isoformat(),
            "rows": pack.rows,
            "findings": pack.findings,
            "missing": pack.missing,
            "files": [asdict(one) for one in listed],
        },
    )
    sums = "".join(f"{one.sha256}  {one.name}\n" for one in pack.filed)
    pack.add("SHA256SUMS", "SHA-256 of every file", sums.encode())


def _read_me(pack: Pack, grant: Grant, asked: dict[str, str]) -> str:
    found = "\n".join(pack.findings) or "The books are true, every figure ties, and no file is missing."
    told = "\n".join(f"{name.replace('_', ' ').capitalize()}: {value}" for name, value in asked.items())
    of = f"{grant.reference}, {grant.title}"
    return READ_ME.format(marking=grant.marking, grant=of, told=told, found=found)


READ_ME = """{marking}

Audit pack of {grant}
{told}

What was found while it was made:
{found}

reports/             what the pages show: position, transactions, commitments, claims, exceptions, controls
registers/           every table that says something of this grant, column by column
ledger/              the chain of entries, and what the independent check of it found
documents/           the terms in words; extracts as they were released; the product's decisions and controls
evidence/            the files added to claims, as they were added
control_totals.json  the ledger beside duties, claims and payments: each pair must be equal
manifest.json        every file with its SHA-256, its rows and the sums of its columns of pounds, in pence

To check the files: sha256sum --check SHA256SUMS
To check the chain: reckon each digest of ledger/entries.jsonl again, as ledger/chain.json says.

Amounts in CSV files are pounds, amounts in JSON files integer pence. Moments stand there in London's time and
in UTC. Text that a spreadsheet would take for a formula has an apostrophe before it. Subjects and enquiries
are codenames; people are ranks and numbers.

{marking}
"""
