"""An audit pack opened again: every hash, every total, the chain reckoned anew by whoever got it."""

import csv
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from hashlib import sha256
from html import unescape
from typing import Any
from zipfile import ZipFile

import pytest
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import transaction
from django.test import Client
from django.urls import reverse

from claims import services as claims
from claims.models import Claim, Evidence
from claims.services import safeguards
from overtime_ledger import clock
from overtime_ledger.accounts.models import User
from overtime_ledger.audit.models import AccessLog
from overtime_ledger.dashboard.figures import figures
from overtime_ledger.disclosure import pack as packing
from overtime_ledger.disclosure import services
from overtime_ledger.disclosure.models import Disclosure
from overtime_ledger.disclosure.registers import registers, unplaced
from tests import factories as make
from tests.files import content_of, csv_rows

pytestmark = pytest.mark.django_db

PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\n%%EOF\n"


@pytest.fixture
def house() -> make.House:
    """A grant with a claim on every rung, a file of evidence, and one claim held back."""
    house = make.house()
    enquiry = make.enquiry(house)
    states = ("submitted", "certified", "approved", "approved")
    made = [
        make.claim(house, make.assignment(house, enquiry, make.officer(house.lead)), state=state)
        for state in states
    ]
    make.assignment(house, enquiry, make.officer(house.lead), day=date(2021, 3, 5))
    with clock.travel(make.at(date(2021, 2, 20))):
        paid(house, made[-1])
        safeguards.add_evidence(
            made[0],
            by=made[0].claimant,
            kind=Evidence.Kind.DUTY_RECORD,
            reference="=1+1",
            file=SimpleUploadedFile("record.pdf", PDF),
        )
        safeguards.freeze(made[0], by=house.finance, reason="Two logs differ")
    return house


def paid(house: make.House, claim: Claim) -> None:
    claims.settle([claim], grant=house.grant, agency=house.lead, reference="Payroll 1", by=house.finance)


@dataclass
class Opened:
    """A pack as whoever got it reads it."""

    zip: ZipFile

    def json(self, name: str) -> Any:
        return json.loads(self.zip.read(name))

    def rows(self, name: str) -> list[dict[str, str]]:
        text = io.StringIO(self.zip.read(name).decode("utf-8-sig"), newline="")
        return list(csv.DictReader(text))

    def total(self, name: str, column: str) -> int:
        """What the last line of a file says of a column, in pence; it is what its rows come to."""
        *rows, last = self.rows(name)
        assert sum(Decimal(row[column] or 0) for row in rows) == Decimal(last[column])
        return int(Decimal(last[column]) * 100)


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def pressed(person: User, house: make.House, **fields: str) -> Any:
    given = {"recipient": "Internal audit", "reason": "Yearly audit"} | fields
    return signed_in(person).post(reverse("disclosure:packs", args=[house.grant.pk]), given)


def downloaded(person: User) -> Opened:
    made = Disclosure.objects.latest("pk")
    response = signed_in(person).get(reverse("disclosure:pack_file", args=[made.pk]))
    return Opened(ZipFile(io.BytesIO(content_of(response))))


@pytest.fixture
def opened(house: make.House) -> Opened:
    pressed(house.auditor, house)
    return downloaded(house.auditor)


def test_one_press_makes_a_pack_that_is_on_record(house: make.House) -> None:
    answer = pressed(house.auditor, house)
    made = Disclosure.objects.get()
    assert answer["Location"] == reverse("disclosure:pack", args=[made.pk])
    assert (made.status, made.progress, made.recipient) == ("ready", 100, "Internal audit")
    assert (made.requested_by, made.reason, made.marking) == (
        house.auditor,
        "Yearly audit",
        house.grant.marking,
    )
    with storages["disclosures"].open(made.path) as file:
        content = file.read()
    assert (made.sha256, made.size) == (sha256(content).hexdigest(), len(content))
    log = AccessLog.objects.get()
    assert (log.by, log.action, log.rows, log.sha256) == (house.auditor, "exported", made.rows, made.sha256)
    assert log.filters == {"Recipient": "Internal audit", "Reason": "Yearly audit"}


def test_each_download_is_on_record_and_is_the_file_of_the_record(house: make.House) -> None:
    pressed(house.auditor, house)
    made = Disclosure.objects.get()
    response = signed_in(house.auditor).get(reverse("disclosure:pack_file", args=[made.pk]))
    assert sha256(content_of(response)).hexdigest() == made.sha256
    assert response["Content-Disposition"] == f'attachment; filename="{made.name}"'
    latest = AccessLog.objects.latest("pk")
    assert (latest.by, latest.sha256) == (house.auditor, made.sha256)
    assert latest.what.endswith("downloaded")


def test_the_manifest_has_every_file_with_its_hash_and_its_rows(opened: Opened) -> None:
    manifest = opened.json("manifest.json")
    listed = {one["name"]: one for one in manifest["files"]}
    others = {"manifest.json", "SHA256SUMS"}
    assert set(opened.zip.namelist()) == listed.keys() | others
    for name, one in listed.items():
        content = opened.zip.read(name)
        assert (sha256(content).hexdigest(), len(content)) == (one["sha256"], one["size"]), name
        if name.endswith(".csv"):
            lines = len(list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))) - 1
            assert lines - (1 if one["totals"] else 0) == one["rows"], name
    sums = dict(line.split("  ")[::-1] for line in opened.zip.read("SHA256SUMS").decode().splitlines())
    assert sums == {name: one["sha256"] for name, one in listed.items()} | {
        "manifest.json": sha256(opened.zip.read("manifest.json")).hexdigest()
    }
    assert manifest["missing"] == [] and manifest["recipient"] == "Internal audit"


def test_its_totals_are_those_of_the_screen_and_of_the_ledger(house: make.House, opened: Opened) -> None:
    stages = signed_in(house.finance).get(reverse("grants:grant", args=[house.grant.pk])).context["figures"]
    stages = stages.burn.stages
    for name in ("available", "tasked", "claimed", "approved", "settled"):
        column = f"{name.capitalize()} (£)"
        assert opened.total("reports/position.csv", column) == getattr(stages, name)
        assert opened.total("registers/grants_budgetline.csv", column) == getattr(stages, name)
    page = signed_in(house.finance).get(reverse("claims:claims"))
    assert opened.total("reports/claims.csv", "Amount (£)") == page.context["total"].pence
    assert opened.total("registers/claims_claim.csv", "Amount (£)") == page.context["total"].pence
    assert len(opened.rows("reports/claims.csv")) - 1 == page.context["total"].count
    entries = signed_in(house.finance).get(reverse("grants:entries", args=[house.grant.pk]))
    assert opened.total("reports/transactions.csv", "Amount (£)") == entries.context["movement"].pence
    assert opened.total("reports/commitments.csv", "Unused (£)") == stages.tasked
    assert opened.total("reports/commitments.csv", "Claimed (£)") == (
        stages.claimed + stages.approved + stages.settled
    )
    ties = opened.json("control_totals.json")
    assert all(tie["holds"] for tie in ties) and ties[0]["ledger_pence"] == house.grant.amount_pence


def test_the_chain_can_be_reckoned_again_from_the_pack_alone(house: make.House, opened: Opened) -> None:
    chain = opened.json("ledger/chain.json")
    assert chain["books_are_true"] and chain["found"].startswith("The books are true: 1 grant")
    fields = chain["recipe"].partition("joined by |: ")[2].partition(";")[0]
    names = [name.split()[0] for name in fields.split(", ")]
    digest, number = b"", 0
    for line in opened.zip.read("ledger/entries.jsonl").decode().splitlines():
        entry = json.loads(line)
        moment = datetime.fromisoformat(entry["recorded_at"]).astimezone(UTC)
        entry["recorded_at"] = f"{moment:%Y-%m-%d %H:%M:%S.%f}"
        texts = ("" if entry[name] is None else str(entry[name]) for name in names)
        digest = sha256(digest + "|".join(texts).encode()).digest()
        assert digest.hex() == entry["digest"]
        number = entry["number"]
    assert (digest.hex(), number) == (chain["last_digest"], chain["last_number"])
    house.grant.refresh_from_db()
    assert number == chain["entries"] == house.grant.last_number


def test_a_chain_that_was_broken_is_said_to_be(house: make.House) -> None:
    with transaction.atomic(), transaction.get_connection().cursor() as cursor:
        cursor.execute("set constraints all immediate")
        cursor.execute("alter table grants_ledgerentry disable trigger user")
        cursor.execute("update grants_ledgerentry set reason = 'Something else' where number = 2")
        cursor.execute("alter table grants_ledgerentry enable trigger user")
    answer = pressed(house.auditor, house)
    opened = downloaded(house.auditor)
    chain = opened.json("ledger/chain.json")
    assert not chain["books_are_true"] and "entry 2" in chain["found"]
    # It is said where nobody overlooks it, too: on the pack's page, at its front and in its manifest.
    said = f"The books are not true: {chain['found']}"
    page = signed_in(house.auditor).get(answer["Location"]).content.decode()
    assert said in unescape(page) and said in opened.zip.read("README.txt").decode()
    assert opened.json("manifest.json")["findings"] == Disclosure.objects.get().findings == [said]


def test_evidence_is_in_it_as_it_was_added_and_what_is_missing_is_named(house: make.House) -> None:
    pressed(house.auditor, house)
    opened = downloaded(house.auditor)
    (name,) = [name for name in opened.zip.namelist() if name.startswith("evidence/")]
    assert opened.zip.read(name) == PDF
    (row,) = [row for row in opened.rows("registers/claims_evidence.csv") if row["Sha256"]]
    assert row["Sha256"] == sha256(PDF).hexdigest()
    # Text that would be a formula is none.
    assert row["Reference"] == "'=1+1"
    storages["evidence"].delete(Evidence.objects.exclude(path="").get().path)
    pressed(house.finance, house)
    manifest = downloaded(house.finance).json("manifest.json")
    assert len(manifest["missing"]) == 1 and "is missing" in manifest["missing"][0]
    assert Disclosure.objects.latest("pk").findings == manifest["missing"]


def test_documents_are_in_it_and_every_page_of_words_is_marked(house: make.House, opened: Opened) -> None:
    terms = opened.zip.read("documents/terms.txt").decode()
    assert terms.count(house.grant.marking) >= 2 and "Award: £135,000.00" in terms
    assert opened.zip.read("documents/controls.md").startswith(b"#")
    assert opened.zip.read("documents/decisions.md").startswith(b"#")
    assert opened.zip.read("README.txt").decode().count(house.grant.marking) == 2


def test_nothing_to_sign_in_with_and_no_address_is_in_it(opened: Opened) -> None:
    text = b"\n".join(opened.zip.read(name) for name in opened.zip.namelist()).decode("utf-8", "replace")
    for person in User.objects.exclude(email=""):
        assert person.email not in text
    for person in User.objects.exclude(password=""):
        assert person.password not in text


def test_every_table_of_a_grant_is_in_a_pack() -> None:
    """A table that no chain of columns leads to a grant is named, with the way to it or why it stays out."""
    assert unplaced() == []


def test_only_who_may_read_them_gets_changes_and_freezes(house: make.House) -> None:
    for person, changes in ((house.auditor, True), (house.finance, False)):
        pressed(person, house)
        names = downloaded(person).zip.namelist()
        assert ("registers/audit_change.csv" in names) == changes
        assert "registers/claims_freeze.csv" in names
        assert {"registers/tasking_entryassessment.csv", "registers/tasking_outcome.csv"} <= set(names)
    # Finance's own pack holds less than an auditor may read; an auditor's holds more than finance may.
    finance, auditor = Disclosure.objects.order_by("-pk")
    seen = {person: Disclosure.objects.visible_to(person) for person in (house.finance, house.auditor)}
    assert set(seen[house.finance]) == {finance}
    assert set(seen[house.auditor]) == {finance, auditor}


@pytest.mark.parametrize("who", ["di", "supervisor", "clerk", "administrator"])
def test_for_others_there_are_no_packs(house: make.House, who: str) -> None:
    pressed(house.auditor, house)
    made, client = Disclosure.objects.get(), signed_in(getattr(house, who))
    for address in (
        reverse("disclosure:packs", args=[house.grant.pk]),
        reverse("disclosure:pack", args=[made.pk]),
        reverse("disclosure:pack_file", args=[made.pk]),
    ):
        assert client.get(address).status_code == 404


def test_without_a_reason_or_a_recipient_nothing_is_made(house: make.House) -> None:
    answer = pressed(house.auditor, house, recipient="", reason="")
    assert answer.status_code == 422 and "Say who gets it" in answer.content.decode()
    assert not Disclosure.objects.exists()


# In the background


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Every grant is large; how often a process was started for one."""
    started: list[int] = []
    monkeypatch.setattr(services, "SMALL_ROWS", 0)
    monkeypatch.setattr(services, "in_the_background", lambda: started.append(1))
    yield started


def test_a_large_pack_is_made_in_the_background(
    house: make.House, large: list[int], django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        pressed(house.auditor, house)
    waiting = Disclosure.objects.get()
    assert (waiting.status, large) == ("waiting", [1])
    page = signed_in(house.auditor).get(reverse("disclosure:pack", args=[waiting.pk])).content.decode()
    assert "0% is made" in page and "Look how far it is now" in page
    address = reverse("disclosure:pack_file", args=[waiting.pk])
    assert signed_in(house.auditor).get(address).status_code == 404
    pressed(house.auditor, house)
    assert Disclosure.objects.count() == 1
    call_command("make_packs", stdout=(said := io.StringIO()))
    assert said.getvalue() == "1 audit pack made\n"
    assert Disclosure.objects.get().status == "ready"
    call_command("make_packs", stdout=(said := io.StringIO()))
    assert said.getvalue() == "0 audit packs made\n"


def test_what_is_large_is_told_by_the_rows_of_every_register_and_nobody_waits_for_anothers(
    house: make.House, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    monkeypatch.setattr(services, "in_the_background", lambda: None)
    held = sum(len(list(one.rows())) for one in registers(house.grant, house.auditor)[1:])
    monkeypatch.setattr(services, "SMALL_ROWS", held)
    assert services.is_small(house.grant, house.auditor)
    AccessLog.objects.create(by=house.di, action=AccessLog.Action.VIEWED, what="An entry")
    assert not services.is_small(house.grant, house.auditor)
    pressed(house.auditor, house)
    monkeypatch.undo()
    monkeypatch.setattr(services, "in_the_background", lambda: None)
    pressed(house.finance, house)
    assert list(Disclosure.objects.values_list("status", flat=True)) == ["waiting", "waiting"]
    assert services.make_waiting() == 2


def test_what_a_killed_run_left_behind_is_made_anew_three_times_at_most(
    house: make.House, large: list[int]
) -> None:
    for tries, status in ((1, "ready"), (3, "failed")):
        asked = services.ask_for_pack(house.grant, recipient="Audit", reason="Yearly", by=house.auditor)
        Disclosure.objects.filter(pk=asked.pk).update(status="making", tries=tries, progress=40)
        services.make_waiting()
        asked.refresh_from_db()
        assert asked.status == status


def test_what_goes_wrong_three_times_failed_and_says_so(
    house: make.House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*args: object, **more: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(services, "write_pack", full)
    answer = pressed(house.auditor, house)
    failed = Disclosure.objects.get()
    assert (failed.status, failed.tries, failed.error) == ("failed", 3, "OSError: No space left on device")
    page = signed_in(house.auditor).get(answer["Location"]).content.decode()
    assert "It could not be made" in page and "No space left" in page
    assert not AccessLog.objects.exists()
    monkeypatch.undo()
    pressed(house.auditor, house)
    assert Disclosure.objects.latest("pk").status == "ready"


def test_progress_climbs_to_its_end_and_names_what_is_made(house: make.House) -> None:
    told: list[tuple[str, int]] = []
    with io.BytesIO() as file:
        packing.write_pack(file, house.grant, by=house.auditor, asked={}, tell=lambda *one: told.append(one))
    percents = [percent for _, percent in told]
    assert percents == sorted(percents) and percents[0] == 0 and percents[-1] == 99
    assert ("Claims register" in dict(told)) and told[-1][0] == "The manifest"


# Commitments


def test_commitments_leave_as_a_file_with_the_totals_of_the_screen(house: make.House) -> None:
    address = reverse("disclosure:commitments", args=[house.grant.pk])
    for query in ("", "which=unused", f"agency={house.other.pk}"):
        page = signed_in(house.di).get(f"{address}?{query}")
        *rows, last = csv_rows(signed_in(house.di).get(f"{address}?{query}&format=csv"))
        total = page.context["total"]
        assert len(rows) == total.count == len(page.context["page"])
        for column, pence in (("Committed", total.committed), ("Unused", total.unused)):
            assert Decimal(last[f"{column} (£)"]) * 100 == pence
            assert sum(Decimal(row[f"{column} (£)"]) for row in rows) * 100 == pence
    stages = figures(house.grant).burn.stages
    (unused,) = csv_rows(signed_in(house.di).get(f"{address}?which=unused&format=csv"))[:-1]
    assert Decimal(unused["Unused (£)"]) * 100 == stages.tasked
    # Five days are allowed after the duty of the fifth; then the night of the eleventh gives it back.
    assert (unused["Days since duty"], unused["Release due"]) == ("3", "2021-03-11")
    assert signed_in(house.di).get(f"{address}?agency=x").context["total"].count == 0
