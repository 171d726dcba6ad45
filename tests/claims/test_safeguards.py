"""What guards approval through its doors: evidence, claims held back, declared interests.

Each code is met in the browser, in the administration and in bulk; what is refused changes nothing.
"""

import stat
from collections.abc import Callable
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import IntegrityError, OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from claims import selectors, services
from claims.models import BulkApproval, Claim, Event, Evidence, Freeze, Interest
from claims.services import files, parts, safeguards, steps
from grants.models import LADDER, LedgerEntry
from grants.services import delegate
from overtime_ledger import clock
from overtime_ledger.accounts.models import User
from overtime_ledger.audit.models import AccessLog
from overtime_ledger.dashboard.figures import queues
from overtime_ledger.errors import Refusal
from overtime_ledger.payments.selectors import due
from overtime_ledger.uploads import MOST_BYTES
from tasking.models import Enquiry
from tests import factories as make
from tests.files import content_of, text_of

pytestmark = pytest.mark.django_db
As = Callable[[User], Client]
DAY = date(2021, 2, 10)
QUEUE = "/admin/claims/claim/"
INTERESTS = "/claims/interests/"

PDF = b"%PDF-1.4\n1 0 obj <<>> endobj\ntrailer <<>>\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + b"\0" * 17 + b"\0\0\0\0IEND\xaeB`\x82"
JPEG = b"\xff\xd8\xff\xe0\0\x10JFIF\0" + b"\0" * 40 + b"\xff\xd9"


@pytest.fixture(autouse=True)
def storage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty storage of evidence for each test."""
    evidence = storages["evidence"]
    monkeypatch.setattr(evidence, "_location", str(tmp_path / "evidence"))
    for cached in ("base_location", "location"):
        vars(evidence).pop(cached, None)
    return tmp_path / "evidence"


@pytest.fixture
def house() -> make.House:
    return make.house()


@pytest.fixture
def enquiry(house: make.House) -> Enquiry:
    return make.enquiry(house)


@pytest.fixture
def signed_in() -> As:
    def sign_in(who: User) -> Client:
        client = Client()
        client.force_login(who)
        return client

    return sign_in


def claimed(house: make.House, enquiry: Enquiry, *, state: str = "certified") -> Claim:
    """A clean claim of a fresh officer of the lead force: £105.12."""
    return make.claim(house, make.assignment(house, enquiry, make.officer(house.lead)), state=state)


def unshown(house: make.House, enquiry: Enquiry) -> Claim:
    """A certified claim without its duty record, as none leaves the pages."""
    claim = claimed(house, enquiry, state="submitted")
    return services.certify(claim, by=house.supervisor, revision=claim.revision)


def flagged(house: make.House, enquiry: Enquiry) -> Claim:
    """A certified claim that was submitted late (C07)."""
    duty = make.assignment(house, enquiry, make.officer(house.lead))
    with clock.travel(make.at(DAY + timedelta(days=20))):
        claim = services.submit(services.as_planned(duty), by=duty.officer)
        return services.certify(claim, by=house.supervisor, revision=claim.revision, record="Duty record 1")


def returned(house: make.House, claim: Claim) -> Claim:
    return services.return_claim(
        claim, by=house.di, revision=claim.revision, reason_code="times", reason="The log says otherwise"
    )


def asking(house: make.House, enquiry: Enquiry) -> Claim:
    """A claim that waits as a draft because more time is asked."""
    duty = make.assignment(house, enquiry, make.officer(house.lead))
    with clock.travel(make.at(DAY + timedelta(days=1))):
        first = services.as_planned(duty)
        longer = type(first)(**{**vars(first), "ends_at": make.at(DAY, 21)})
        return services.submit(longer, by=duty.officer, reason="The subject moved on late")


def at(name: str, *keys: int) -> str:
    return reverse(f"claims:{name}", args=keys)


def said(claim: Claim) -> dict[str, object]:
    """What is sent to decide on a claim, whatever is asked."""
    return {
        "revision": claim.revision,
        "reason": "Because it is so",
        "reason_code": "times",
        "record": "Duty record 1",
        "decision": "grant",
    }


def everything(enquiry: Enquiry) -> object:
    """Every claim as it stands, the money, and how many events, entries and pieces of evidence there are."""
    enquiry.line.refresh_from_db()
    return (
        [*Claim.objects.order_by("pk").values_list("pk", "status", "revision", "pence")],
        [getattr(enquiry.line, stage) for stage in LADDER],
        Event.objects.count(),
        LedgerEntry.objects.count(),
        Evidence.objects.count(),
        Freeze.objects.filter(released_at=None).count(),
    )


def stored(storage: Path) -> list[Path]:
    return [path for path in storage.rglob("*") if path.is_file()]


def pdf(name: str = "duty log.pdf", content: bytes = PDF) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type="application/pdf")


def frozen(claim: Claim, by: User) -> Freeze:
    return safeguards.freeze(claim, by=by, reason="Two logs of that day differ")


# Evidence: adding it


def test_a_claimant_adds_where_the_record_is_in_two_presses(
    house: make.House, enquiry: Enquiry, signed_in: As
) -> None:
    claim = claimed(house, enquiry, state="submitted")
    officer = signed_in(claim.claimant)
    address = at("add_evidence", claim.pk)
    assert address in officer.get(at("claim", claim.pk)).content.decode()
    form = officer.get(address)
    assert form.status_code == 200 and form.context["form"]["kind"].value() == "duty_record"
    assert "data-draft" in form.content.decode()  # what is typed is kept, the file is not
    before = everything(enquiry)
    sent = officer.post(address, {"kind": "duty_record", "reference": "Duties 2021/771, page 3"})
    assert (sent.status_code, sent.url) == (302, at("claim", claim.pk))
    added = claim.evidence.get()
    assert (added.kind, added.reference, added.path, added.added_by) == (
        "duty_record",
        "Duties 2021/771, page 3",
        "",
        claim.claimant,
    )
    page = officer.get(at("claim", claim.pk)).content.decode()
    assert "Duties 2021/771, page 3" in page and "Evidence added" in page
    after = everything(enquiry)
    assert (after[:2], after[3]) == (before[:2], before[3])  # type: ignore[index]
    assert claim.events.latest("pk").reason == "Duty record: Duties 2021/771, page 3"


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [("log.pdf", PDF, "application/pdf"), ("log.bin", PNG, "image/png"), ("x.pdf", JPEG, "image/jpeg")],
)
def test_a_file_is_kept_privately_with_its_digest_and_its_type_by_content(
    house: make.House,
    enquiry: Enquiry,
    signed_in: As,
    storage: Path,
    name: str,
    content: bytes,
    kind: str,
) -> None:
    claim = claimed(house, enquiry, state="submitted")
    file = SimpleUploadedFile(name, content, content_type="text/html")
    signed_in(claim.claimant).post(at("add_evidence", claim.pk), {"kind": "other", "file": file})
    added = claim.evidence.get()
    assert (added.name, added.content_type, added.size) == (name, kind, len(content))
    assert added.sha256 == sha256(content).hexdigest()
    assert added.marking == house.grant.marking
    (path,) = stored(storage)
    assert path.read_bytes() == content
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    page = signed_in(house.di).get(at("claim", claim.pk)).content.decode()
    for words in (name, added.sha256, house.grant.marking, str(claim.claimant), f"{len(content)}\xa0bytes"):
        assert words in page, words


def test_who_may_add_evidence_and_who_may_not(house: make.House, enquiry: Enquiry, signed_in: As) -> None:
    make.agree(house)
    claim = make.claim(house, make.assignment(house, enquiry, make.officer(house.other)))
    address, sent = at("add_evidence", claim.pk), {"kind": "timesheet", "reference": "Sheet 4"}
    for person in (claim.claimant, house.clerk, house.other_supervisor, house.finance):
        assert signed_in(person).get(address).status_code == 200
        assert signed_in(person).post(address, sent).status_code == 302, person
    assert claim.evidence.count() == 4
    stranger = make.officer(house.other)
    for person in (house.di, house.auditor, house.supervisor, stranger, house.administrator):
        assert signed_in(person).get(address).status_code == 404, person
        assert signed_in(person).post(address, sent).status_code == 404, person
    assert claim.evidence.count() == 4
    with pytest.raises(Refusal) as refusal:
        safeguards.add_evidence(claim, by=house.di, kind="timesheet", reference="Sheet 5")
    assert refusal.value.code == "P01" and "clerk or supervisor of BTP" in refusal.value.who


def test_evidence_is_added_to_what_was_returned_and_to_nothing_that_ended(
    house: make.House, enquiry: Enquiry, signed_in: As
) -> None:
    claim = returned(house, claimed(house, enquiry))
    officer, sent = signed_in(claim.claimant), {"kind": "other", "reference": "Letter 2"}
    assert officer.post(at("add_evidence", claim.pk), sent).status_code == 302
    services.withdraw(claim, by=claim.claimant, revision=claim.revision)
    before = everything(enquiry)
    for answer in (
        officer.get(at("add_evidence", claim.pk)),
        officer.post(at("add_evidence", claim.pk), sent),
    ):
        assert (answer.status_code, answer.context["refusal"].code) == (422, "A03")
    assert "Add evidence" not in officer.get(at("claim", claim.pk)).content.decode()
    assert everything(enquiry) == before


BIG = MOST_BYTES + 1


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("log.pdf", b"", "empty"),
        ("log.pdf", b"PC 4471 was there", "neither PDF, PNG nor JPEG"),
        ("log.png", b"GIF89a" + b"\0" * 30, "neither PDF, PNG nor JPEG"),
        ("log.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "neither PDF, PNG nor JPEG"),
        ("log.html", b"<!doctype html><script>1</script>", "neither PDF, PNG nor JPEG"),
        ("log.pdf", b" " + PDF, "neither PDF, PNG nor JPEG"),
        ("log.pdf", PDF.replace(b"\n1 0", b"\n<HTML><body>1 0"), "web page as well"),
        ("log.png", PNG + b"<script>alert(1)</script>", "web page as well"),
        ("log.jpg", JPEG + b"<svg onload='1'>", "web page as well"),
        ("log.pdf", PDF[:-8], "cut off"),
        ("log.png", PNG[:-6], "cut off"),
        ("log.pdf", PDF.ljust(BIG - 6) + b"%%EOF\n", "larger than 10 MB"),
        ("log.pdf", PDF.ljust(3 * MOST_BYTES), "larger than 10 MB"),
    ],
    ids=lambda value: None if isinstance(value, bytes) else value,
)
def test_what_is_no_good_file_is_refused_at_its_field_and_nothing_typed_is_lost(
    house: make.House,
    enquiry: Enquiry,
    signed_in: As,
    storage: Path,
    name: str,
    content: bytes,
    words: str,
) -> None:
    claim = claimed(house, enquiry, state="submitted")
    before = everything(enquiry)
    sent = {"kind": "rate_letter", "reference": "Folder 3", "file": SimpleUploadedFile(name, content)}
    answer = signed_in(claim.claimant).post(at("add_evidence", claim.pk), sent)
    form, refusal = answer.context["form"], answer.context["refusal"]
    assert (answer.status_code, refusal.code) == (422, "C15")
    assert words in refusal.reason and "10 MB" in refusal.fix and refusal.who
    assert words in form.errors["file"][0]
    assert (form["kind"].value(), form["reference"].value()) == ("rate_letter", "Folder 3")
    assert "Folder 3" in answer.content.decode()
    assert everything(enquiry) == before and stored(storage) == []


def test_ten_megabytes_are_taken(house: make.House, enquiry: Enquiry, signed_in: As, storage: Path) -> None:
    claim = claimed(house, enquiry, state="submitted")
    content = PDF.ljust(MOST_BYTES - 6) + b"%%EOF\n"
    sent = {"kind": "other", "file": pdf(content=content)}
    assert signed_in(claim.claimant).post(at("add_evidence", claim.pk), sent).status_code == 302
    assert claim.evidence.get().size == MOST_BYTES
    assert [path.stat().st_size for path in stored(storage)] == [MOST_BYTES]


def test_of_a_file_that_is_far_too_large_no_more_is_taken_than_shows_it(
    house: make.House, enquiry: Enquiry, signed_in: As
) -> None:
    claim = claimed(house, enquiry, state="submitted")
    sent = {"kind": "other", "file": pdf(content=b"%PDF-1.4" + bytes(4 * MOST_BYTES))}
    answer = signed_in(claim.claimant).post(at("add_evidence", claim.pk), sent)
    taken = answer.context["form"].files["file"].size
    assert MOST_BYTES < taken <= MOST_BYTES + 2 * 64 * 1024


def test_one_file_is_sent_at_a_time(house: make.House, enquiry: Enquiry, signed_in: As) -> None:
    claim = claimed(house, enquiry, state="submitted")
    sent = {"kind": "other", "file": pdf(), "another": pdf()}
    assert signed_in(claim.claimant).post(at("add_evidence", claim.pk), sent).status_code == 400
    assert not claim.evidence.exists()


@pytest.mark.parametrize(
    ("typed", "field", "words"),
    [
        ({"kind": "other"}, "reference", "Say where the record is, or choose a file"),
        ({"kind": "other", "reference": "  "}, "reference", "Say where the record is, or choose a file"),
        ({"kind": "", "reference": "Book 2"}, "kind", "Choose what it is"),
        ({"kind": "invoice", "reference": "Book 2"}, "kind", "Choose what it is"),
        ({"kind": "other", "reference": "Ring 020 7946 0018"}, "reference", "telephone number"),
        ({"kind": "other", "reference": "x" * 201}, "reference", "200"),
        ({"kind": "other", "file": "AB12_CDE.pdf"}, "file", "vehicle registration mark"),
    ],
)
def test_what_is_missing_or_personal_is_said_at_its_field(
    house: make.House, enquiry: Enquiry, signed_in: As, typed: dict[str, str], field: str, words: str
) -> None:
    claim = claimed(house, enquiry, state="submitted")
    sent: dict[str, Any] = typed | ({"file": pdf(typed["file"])} if "file" in typed else {})
    before = everything(enquiry)
    answer = signed_in(claim.claimant).post(at("add_evidence", claim.pk), sent)
    assert answer.status_code == 422
    assert words in answer.context["form"].errors[field][0]
    assert everything(enquiry) == before


@pytest.mark.parametrize("error", [IntegrityError, Refusal, KeyboardInterrupt])
def test_what_is_rolled_back_leaves_no_file(
    house: make.House,
    enquiry: Enquiry,
    storage: Path,
    monkeypatch: pytest.MonkeyPatch,
    error: type[BaseException],
) -> None:
    claim = claimed(house, enquiry, state="submitted")
    seen: list[int] = []

    def fails(*args: object, **named: object) -> None:
        seen.append(len(stored(storage)))
        raise Refusal("A03", "No.", fix="No.", who="No.") if error is Refusal else error

    monkeypatch.setattr(steps, "record", fails)
    before = everything(enquiry)
    with pytest.raises(error):
        safeguards.add_evidence(claim, by=claim.claimant, kind="other", file=pdf())
    assert (seen, stored(storage)) == ([1], [])
    assert everything(enquiry) == before


def test_where_nobody_knows_whether_it_was_committed_the_file_stays_and_is_told(
    house: make.House,
    enquiry: Enquiry,
    storage: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    claim = claimed(house, enquiry, state="submitted")

    def breaks(*args: object, **named: object) -> None:
        raise OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(steps, "record", breaks)
    with pytest.raises(OperationalError):
        safeguards.add_evidence(claim, by=claim.claimant, kind="other", file=pdf())
    (path,) = stored(storage)
    call_command("verify_evidence")
    assert f"{path.relative_to(storage)}: no claim names it" in capsys.readouterr().out


def test_no_evidence_file_is_added_inside_another_transaction(
    house: make.House, enquiry: Enquiry, storage: Path
) -> None:
    """It could be rolled back after the file is known to stay."""
    from django.db import transaction

    claim = claimed(house, enquiry, state="submitted")
    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
        safeguards.add_evidence(claim, by=claim.claimant, kind="other", file=pdf())
    assert stored(storage) == []


# Evidence: taking it out


@pytest.fixture
def file_of(house: make.House, enquiry: Enquiry) -> Evidence:
    """A file on a certified claim."""
    claim = claimed(house, enquiry)
    return safeguards.add_evidence(claim, by=claim.claimant, kind="other", file=pdf())


def test_a_file_goes_out_as_an_attachment_and_on_record(
    house: make.House, file_of: Evidence, signed_in: As
) -> None:
    address = at("evidence_file", file_of.claim_id, file_of.pk)
    for person in (file_of.claim.claimant, house.supervisor, house.di, house.finance, house.auditor):
        answer = signed_in(person).get(address)
        assert (answer.status_code, answer.content) == (200, PDF)
        name = f"claim-{file_of.claim_id}-duty-log.pdf"
        assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}"'
        assert answer.headers["Content-Type"] == "application/pdf"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"
        logged = AccessLog.objects.latest("pk")
        assert (logged.by, logged.action, logged.sha256) == (person, "exported", file_of.sha256)
        assert f"Claim {file_of.claim_id}" in logged.what
    assert signed_in(house.di).post(address).status_code == 405


def test_a_file_is_there_only_for_who_sees_its_claim(
    house: make.House, enquiry: Enquiry, file_of: Evidence, signed_in: As
) -> None:
    other = claimed(house, enquiry)
    reference = other.evidence.get()
    for person, keys in (
        (make.officer(house.lead), (file_of.claim_id, file_of.pk)),
        (house.clerk, (file_of.claim_id, file_of.pk)),
        (house.administrator, (file_of.claim_id, file_of.pk)),
        (other.claimant, (other.pk, file_of.pk)),
        (house.di, (other.pk, file_of.pk)),
        (house.di, (other.pk, reference.pk)),
    ):
        assert signed_in(person).get(at("evidence_file", *keys)).status_code == 404
    assert not AccessLog.objects.exists()


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ('a"; filename="b.exe', "a-filename-b.pdf"),
        ("Log\r\nX-Evil: 1.pdf", "log-x-evil-1.pdf"),
        ("..", "evidence.pdf"),
        ("Größe £5.PDF", "gr-e-5.pdf"),
        ("", "evidence.pdf"),
        ("script.html", "script.pdf"),
    ],
)
def test_the_name_it_is_saved_under_is_safe(file_of: Evidence, name: str, safe: str) -> None:
    file_of.name = name
    assert files.name_of(file_of) == f"claim-{file_of.claim_id}-{safe}"


@pytest.mark.parametrize("damage", ["changed", "missing"])
def test_what_is_not_what_was_added_is_not_given_out(
    house: make.House, file_of: Evidence, signed_in: As, storage: Path, damage: str
) -> None:
    (path,) = stored(storage)
    path.write_bytes(PDF + b" ") if damage == "changed" else path.unlink()
    answer = signed_in(house.di).get(at("evidence_file", file_of.claim_id, file_of.pk))
    assert (answer.status_code, answer.context["refusal"].code) == (422, "C15")
    assert not AccessLog.objects.exists()
    with pytest.raises(CommandError, match="1 of 1 files"):
        call_command("verify_evidence")


def test_verify_evidence_finds_nothing_wrong(file_of: Evidence, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("verify_evidence")
    assert "1 files are what was added." in capsys.readouterr().out


# C11: the record is missing


def test_c11_in_the_browser_and_who_can_mend_it(house: make.House, enquiry: Enquiry, signed_in: As) -> None:
    claim, di = unshown(house, enquiry), signed_in(house.di)
    page = di.get(at("claim", claim.pk))
    text = page.content.decode()
    assert not page.context["panels"]["approve"]
    assert "The duty record is missing: without it this claim is not approved" in text
    assert "The claimant, or a clerk or supervisor of MPS, can add it" in text
    before = everything(enquiry)
    answer = di.post(at("approve", claim.pk), said(claim))
    assert (answer.status_code, answer.context["refusal"].code) == (422, "C11")
    assert everything(enquiry) == before
    sent = {"kind": "duty_record", "reference": "Duties 2021/771"}
    assert signed_in(house.supervisor).post(at("add_evidence", claim.pk), sent).status_code == 302
    assert di.get(at("claim", claim.pk)).context["panels"]["approve"]
    assert di.post(at("approve", claim.pk), said(claim)).status_code == 302


def test_c11_in_the_administration(house: make.House, enquiry: Enquiry, signed_in: As) -> None:
    claim, di = unshown(house, enquiry), signed_in(house.di)
    page = di.get(f"{QUEUE}{claim.pk}/change/").content.decode()
    assert "The duty record is missing" in page and "C11" in page
    assert "The claimant, or a clerk or supervisor of MPS" in page
    before = everything(enquiry)
    address = reverse("admin:claims_claim_approve", args=(claim.pk,))
    answer = di.post(address, {"seen": str(claim.revision)})
    assert (answer.status_code, answer.context["refusal"].code) == (422, "C11")
    assert everything(enquiry) == before


def test_c11_of_another_agency_is_about_its_timesheet(
    house: make.House, enquiry: Enquiry, signed_in: As
) -> None:
    make.agree(house)
    claim = make.claim(house, make.assignment(house, enquiry, make.officer(house.other)))
    safeguards.add_evidence(claim, by=house.clerk, kind="duty_record", reference="Ours")
    claim = services.certify(claim, by=house.other_supervisor, revision=claim.revision)
    answer = signed_in(house.di).post(at("approve", claim.pk), said(claim))
    assert "timesheet of the agency" in answer.context["refusal"].reason


def drawn(client: Client) -> BulkApproval:
    """Draw up what is clean in the browser, and open the sample."""
    sent = client.post(reverse("claims:approve_clean"))
    bulk = BulkApproval.objects.get(pk=sent.url.rstrip("/").rsplit("/", 1)[1])
    for row in bulk.rows.filter(is_sample=True):
        assert client.get(at("claim", row.claim_id)).status_code == 200
    return bulk


DOORS = ["claims:together", "admin:claims_bulkapproval_approve"]


def approved_together(client: Client, bulk: BulkApproval, door: str) -> dict[int, str]:
    """Approve what was drawn up, in the browser or in the administration; what stood against the rest."""
    assert client.post(reverse(door, args=[bulk.pk])).status_code == 302
    return {row.claim_id: row.refusal[:3] for row in bulk.rows.all() if row.refusal}


def states(*claims: Claim) -> list[str]:
    return [Claim.objects.get(pk=claim.pk).status for claim in claims]


@pytest.mark.parametrize("door", DOORS)
def test_c11_in_bulk_refuses_that_claim_alone(
    house: make.House, enquiry: Enquiry, signed_in: As, door: str
) -> None:
    good, bare, other = claimed(house, enquiry), unshown(house, enquiry), claimed(house, enquiry)
    di = signed_in(house.di)
    assert approved_together(di, drawn(di), door) == {bare.pk: "C11"}
    assert states(good, bare, other) == ["approved", "certified", "approved"]
    bare.refresh_from_db()
    assert (bare.approval_entry_id, bare.events.filter(verb="approved").count()) == (None, 0)


# Held back


@pytest.mark.parametrize("who", ["finance", "auditor"])
def test_finance_and_auditors_hold_back_and_let_go_on(
    house: make.House, enquiry: Enquiry, signed_in: As, who: str
) -> None:
    claim, person = claimed(house, enquiry), getattr(house, who)
    client, revision = signed_in(person), claim.revision
    assert at("hold_back", claim.pk) in client.get(at("claim", claim.pk)).content.decode()
    assert client.get(at("hold_back", claim.pk)).status_code == 200
    before = everything(enquiry)
    empty = client.post(at("hold_back", claim.pk), {"reason": " "})
    assert (empty.status_code, empty.context["form"].errors["reason"]) == (422, ["Give a reason"])
    assert everything(enquiry) == before
    sent = client.post(at("hold_back", claim.pk), {"reason": "Two logs of that day differ"})
    assert (sent.status_code, sent.url) == (302, at("claim", claim.pk))
    held = claim.freezes.get()
    assert (held.frozen_by, held.reason, held.released_at) == (person, "Two logs of that day differ", None)
    page = client.get(at("claim", claim.pk)).content.decode()
    assert "Two logs of that day differ" in page and at("let_go_on", claim.pk) in page
    again = client.post(at("hold_back", claim.pk), {"reason": "Once more"})
    assert (again.status_code, again.context["refusal"].code) == (422, "A03")
    assert "Two logs of that day differ" in client.get(at("let_go_on", claim.pk)).content.decode()
    assert client.post(at("let_go_on", claim.pk), {"reason": "The log was wrong"}).status_code == 302
    held.refresh_from_db()
    assert (held.released_by, held.release_reason) == (person, "The log was wrong")
    claim.refresh_from_db()
    assert (claim.status, claim.revision) == ("certified", revision)
    assert [event.what for event in selectors.timeline(claim, house.di)][:2] == [
        "No longer held back",
        "Held back",
    ]
    assert client.get(at("let_go_on", claim.pk)).context["refusal"].code == "A03"
    assert signed_in(house.di).post(at("approve", claim.pk), said(claim)).status_code == 302


def test_for_others_the_pages_are_not_there(house: make.House, enquiry: Enquiry, signed_in: As) -> None:
    claim = claimed(house, enquiry)
    held = claimed(house, enquiry)
    frozen(held, house.finance)
    before = everything(enquiry)
    for person in (
        claim.claimant,
        house.di,
        house.deputy,
        house.supervisor,
        house.clerk,
        house.administrator,
    ):
        for address in (at("hold_back", claim.pk), at("let_go_on", held.pk)):
            assert signed_in(person).get(address).status_code == 404, person
            assert signed_in(person).post(address, {"reason": "Because"}).status_code == 404, person
    assert everything(enquiry) == before


def test_nobody_holds_back_or_lets_go_on_their_own_claim(house: make.House, enquiry: Enquiry) -> None:
    claim = claimed(house, enquiry)
    claim.claimant.groups.set(house.finance.groups.all())
    claimant = User.objects.get(pk=claim.claimant_id)
    with pytest.raises(Refusal, match="A01"):
        frozen(claim, claimant)
    frozen(claim, house.finance)
    with pytest.raises(Refusal, match="A01"):
        safeguards.release_from_freeze(claim, by=claimant, reason="It is right")
    assert claim.freezes.filter(released_at=None).exists()


def test_what_has_ended_is_not_held_back(house: make.House, enquiry: Enquiry, signed_in: As) -> None:
    claim = claimed(house, enquiry)
    services.reject(claim, by=house.di, revision=claim.revision, reason="Not worked")
    page = signed_in(house.finance).get(at("claim", claim.pk)).content.decode()
    assert at("hold_back", claim.pk) not in page
    answer = signed_in(house.finance).post(at("hold_back", claim.pk), {"reason": "Late"})
    assert answer.context["refusal"].code == "A03"


TRIES = {
    "submitted": ("certify", "return", "reject", "withdraw", "add_evidence"),
    "certified": ("approve", "return", "reject", "withdraw", "add_evidence"),
    "returned": ("answer", "withdraw", "add_evidence"),
    "asking": ("more_time", "answer", "withdraw"),
}
DOER = {
    "certify": "supervisor",
    "answer": "claimant",
    "withdraw": "claimant",
    "add_evidence": "claimant",
}


@pytest.mark.parametrize(("state", "verb"), [(state, verb) for state in TRIES for verb in TRIES[state]])
def test_a09_in_the_browser(
    house: make.House, enquiry: Enquiry, signed_in: As, state: str, verb: str
) -> None:
    claim = asking(house, enquiry) if state == "asking" else None
    if claim is None:
        claim = claimed(house, enquiry, state="submitted" if state == "submitted" else "certified")
        claim = returned(house, claim) if state == "returned" else claim
    frozen(claim, house.auditor)
    before = everything(enquiry)
    doer = DOER.get(verb, "di")
    person = claim.claimant if doer == "claimant" else getattr(house, doer)
    answer = signed_in(person).post(at(verb, claim.pk), {**said(claim), "kind": "other", "reference": "B 2"})
    assert answer.status_code == 422
    refusal = answer.context["refusal"]
    assert (refusal.code, refusal.who) == ("A09", "Finance or an auditor")
    assert "Two logs" not in answer.content.decode() and "Auditor 1" not in answer.content.decode()
    assert everything(enquiry) == before


@pytest.mark.parametrize("door", DOORS)
def test_a09_in_the_administration_and_in_bulk(
    house: make.House, enquiry: Enquiry, signed_in: As, door: str
) -> None:
    claim, other, di = claimed(house, enquiry), claimed(house, enquiry), signed_in(house.di)
    bulk = drawn(di)
    frozen(claim, house.finance)
    before = everything(enquiry)
    for verb in ("approve", "return", "reject"):
        fields = {f"{verb}-{name}": value for name, value in said(claim).items()}
        address = reverse(f"admin:claims_claim_{verb}", args=(claim.pk,))
        answer = di.post(address, {"seen": str(claim.revision), **fields})
        assert (answer.status_code, answer.context["refusal"].code) == (422, "A09"), verb
    chosen = {"action": "reject", "index": "0", "_selected_action": [str(claim.pk)]}
    left_out = di.post(f"{QUEUE}?status=all", chosen).context["selection"].left_out
    assert [one.refusal.code for one in left_out] == ["A09"]
    address = reverse("admin:claims_claim_reject_together")
    done = di.post(address, {"seen": f"{claim.pk}:{claim.revision}", "reason": "Because it is so"})
    assert [outcome.refusal.code for outcome in done.context["refused"]] == ["A09"]
    assert everything(enquiry) == before
    assert approved_together(di, bulk, door) == {claim.pk: "A09"}
    assert states(claim, other) == ["certified", "approved"]


def test_a09_when_it_is_paid(house: make.House, enquiry: Enquiry, signed_in: As) -> None:
    claim, other = (claimed(house, enquiry, state="approved") for _ in range(2))
    frozen(claim, house.auditor)
    before = everything(enquiry)
    address = f"{reverse('payments:draw')}?grant={house.grant.pk}&agency={house.lead.pk}"
    page = signed_in(house.finance).get(address)
    assert list(page.context["page"]) == [other] and list(page.context["kept_back"]) == [claim]
    answer = signed_in(house.finance).post(address, {"expected_pence": claim.pence + other.pence})
    assert (answer.status_code, answer.context["refusal"].code) == (422, "A03")
    with pytest.raises(Refusal, match="A09"):
        services.settle(
            [claim, other], grant=house.grant, agency=house.lead, reference="2021-03/OT2", by=house.finance
        )
    assert everything(enquiry) == before


def test_it_leaves_every_queue_and_comes_back(house: make.House, enquiry: Enquiry, signed_in: As) -> None:
    held = {
        "submitted": claimed(house, enquiry, state="submitted"),
        "certified": claimed(house, enquiry),
        "approved": claimed(house, enquiry, state="approved"),
        "flagged": flagged(house, enquiry),
        "returned": returned(house, claimed(house, enquiry)),
        "asking": asking(house, enquiry),
    }

    def waiting() -> dict[str, list[Claim]]:
        queue = signed_in(house.di).get(QUEUE).context["cl"].queryset
        mine = selectors.to_answer(held["returned"].claimant)
        return {
            "to certify": [*selectors.to_certify(house.supervisor)],
            "clean": [*selectors.clean_for(house.di)],
            "flagged": [*selectors.flagged_for(house.di)],
            "one by one": [*selectors.to_decide(house.di, house.grant)],
            "more time": [*selectors.to_decide_more_time(house.grant)],
            "to answer": [*mine],
            "due": [*due(house.grant, house.lead)],
            "admin": [*queue],
        }

    counted = queues(house.grant)
    first = waiting()
    assert all(first.values()), first
    for claim in held.values():
        frozen(claim, house.finance)
    assert not any(waiting().values())
    now = queues(house.grant)
    for name in ("to_certify", "clean", "flagged", "more_time", "to_settle"):
        assert getattr(counted, name).count and not getattr(now, name).count, name
    assert selectors.to_settle(house.grant) == []
    page = signed_in(house.di).get(QUEUE, {"status": "held_back"})
    assert set(page.context["cl"].queryset) == {*held.values()}
    filtered = signed_in(house.finance).get("/claims/", {"waiting": "release"})
    assert filtered.context["total"].count == len(held)
    for claim in held.values():
        safeguards.release_from_freeze(claim, by=house.auditor, reason="Nothing in it")
    assert waiting() == first and queues(house.grant) == counted


def test_who_held_it_back_and_why_is_for_finance_and_auditors(
    house: make.House, enquiry: Enquiry, signed_in: As
) -> None:
    claim = claimed(house, enquiry)
    frozen(claim, house.second_finance)
    safeguards.release_from_freeze(claim, by=house.auditor, reason="The log was amended")
    safeguards.freeze(claim, by=house.auditor, reason="A third log turned up")
    secrets = ("Two logs of that day differ", "A third log turned up", "The log was amended")
    people = ("Finance 2", "Auditor 1")
    for person in (claim.claimant, house.supervisor, house.di):
        pages = [signed_in(person).get(at("claim", claim.pk)).content.decode()]
        if person == house.di:
            pages.append(signed_in(person).get(f"{QUEUE}{claim.pk}/change/").content.decode())
        for page in pages:
            assert "Held back" in page and "Finance or an auditor" in page
            for word in (*secrets, *people):
                assert word not in page, (person, word)
        assert "Held back" in signed_in(person).get("/claims/").content.decode()
        address = f"/claims/?waiting=release&officer={claim.claimant.staff_number}"
        assert signed_in(person).get(address).context["total"].count == 1
    for person in (house.finance, house.auditor):
        for address in (at("claim", claim.pk), f"{QUEUE}{claim.pk}/change/"):
            page = signed_in(person).get(address).content.decode()
            for word in (*secrets, *people):
                assert word in page, (person, word)
    told = [(one.who, one.why) for one in selectors.timeline(claim, house.finance)][:3]
    assert told == [
        ("Auditor 1", "A third log turned up"),
        ("Auditor 1", "The log was amended"),
        ("Finance 2", "Two logs of that day differ"),
    ]


def test_what_changed_meanwhile_does_not_say_who_held_it_back(
    house: make.House, enquiry: Enquiry, signed_in: As
) -> None:
    claim = claimed(house, enquiry, state="submitted")
    seen = claim.revision
    claim = services.certify(claim, by=house.supervisor, revision=seen, record="Duty record 1")
    frozen(claim, house.finance)
    safeguards.release_from_freeze(claim, by=house.finance, reason="Nothing in it")
    answer = signed_in(house.di).post(at("approve", claim.pk), {**said(claim), "revision": seen})
    refusal = answer.context["refusal"]
    assert refusal.code == "A03" and "certified by" in refusal.reason
    assert "held back" not in refusal.reason and "Finance 1" not in refusal.reason


def test_a_claimant_sees_where_it_is_and_nobody_else_gets_it_as_a_file(
    house: make.House, enquiry: Enquiry, signed_in: As
) -> None:
    claim, other = claimed(house, enquiry), claimed(house, enquiry)
    frozen(claim, house.finance)
    home = signed_in(claim.claimant).get("/").content.decode()
    assert "Held back" in home and "Two logs" not in home
    listed = signed_in(house.di).get("/claims/").content.decode()
    assert "1 of them is held back and left out of these files" in listed

    def rows(person: User) -> tuple[set[str], str]:
        text = text_of(signed_in(person).get("/claims/?format=csv"))
        return {line.split(",")[0] for line in text.splitlines() if line.split(",")[0].isdigit()}, text

    for person in (house.di, house.supervisor):
        found, text = rows(person)
        assert found == {str(other.pk)} and "Held back: 1 left out" in text
        assert "Two logs" not in text and "Finance 1" not in text
    assert rows(claim.claimant)[0] == set()
    for person in (house.finance, house.auditor):
        found, text = rows(person)
        assert found == {str(claim.pk), str(other.pk)} and "Held back" in text
        assert "left out" not in signed_in(person).get("/claims/").content.decode()


def test_reversing_is_the_other_way_out(house: make.House, enquiry: Enquiry, signed_in: As) -> None:
    claim = claimed(house, enquiry, state="approved")
    frozen(claim, house.finance)
    di = signed_in(house.di)
    assert at("reverse", claim.pk) in di.get(at("claim", claim.pk)).content.decode()
    sent = di.post(at("reverse", claim.pk), {"revision": claim.revision, "reason": "Not worked at all"})
    assert sent.status_code == 302
    claim.refresh_from_db()
    held = claim.freezes.get()
    assert (claim.status, claim.is_held_back) == ("reversed", False)
    assert (held.released_by, held.release_reason) == (house.di, "Not worked at all")
    assert "Two logs" not in di.get(at("claim", claim.pk)).content.decode()
    told = [(one.who, one.what) for one in selectors.timeline(claim, house.auditor)][:3]
    assert told[0] == ("DI 9001", "No longer held back") and told[2] == ("Finance 1", "Held back")
    call_command("verify_ledger")


def test_a_part_is_neither_approved_nor_disputed_while_it_is_held_back(
    house: make.House, enquiry: Enquiry
) -> None:
    claim, other = claimed(house, enquiry), claimed(house, enquiry)
    frozen(other, house.finance)
    with pytest.raises(Refusal, match="A09"):
        parts.approve_part(other, by=house.di, revision=other.revision, minutes=60, reason="Relieved early")
    claim = parts.approve_part(
        claim, by=house.di, revision=claim.revision, minutes=60, reason="Relieved early"
    )
    raised = parts.dispute(claim, by=claim.claimant, reason="Nobody relieved me")
    frozen(claim, house.finance)
    delegate(house.grant, house.deputy, by=house.di, from_on=clock.today(), to_on=clock.today())
    before = everything(enquiry)
    for decide in (parts.uphold_dispute, parts.refuse_dispute):
        with pytest.raises(Refusal, match="A09"):
            decide(raised, by=house.deputy, answer="It stands")
    with pytest.raises(Refusal, match="A09"):
        parts.dispute(claim, by=claim.claimant, reason="Once more")
    assert everything(enquiry) == before


def test_what_is_held_back_does_not_lapse_when_claims_close(house: make.House, enquiry: Enquiry) -> None:
    claim = returned(house, claimed(house, enquiry))
    frozen(claim, house.finance)
    with clock.travel(make.at(date(2021, 4, 2))):
        assert services.lapse(claim, by=house.finance) == 0
    claim.refresh_from_db()
    assert claim.status == "returned"


# Interests


def declared(by: User, **whom: Any) -> Interest:
    return safeguards.declare_interest(by=by, what="We share a house", **whom)


@pytest.mark.parametrize("who", ["di", "deputy", "supervisor", "finance"])
def test_whoever_decides_declares_an_interest_sees_it_and_ends_it(
    house: make.House, enquiry: Enquiry, signed_in: As, who: str
) -> None:
    officer, person = make.officer(house.lead), getattr(house, who)
    client = signed_in(person)
    assert client.get(INTERESTS).status_code == 200
    sent = client.post(INTERESTS, {"officer": officer.pk, "agency": "", "what": "We share a house"})
    assert (sent.status_code, sent.url) == (302, INTERESTS)
    made = Interest.objects.get()
    assert (made.person, made.officer, made.agency) == (person, officer, None)
    page = client.get(INTERESTS).content.decode()
    assert str(officer) in page and "We share a house" in page and "In force" in page
    end = reverse("claims:end_interest", args=[made.pk])
    assert end in page and client.get(end).status_code == 200
    assert client.post(end, {"reason": ""}).status_code == 422
    assert client.post(end, {"reason": "We moved apart"}).status_code == 302
    made.refresh_from_db()
    assert made.ended_at and made.ended_because == "We moved apart"
    assert "We moved apart" in client.get(INTERESTS).content.decode()
    again = client.post(end, {"reason": "Once more"})
    assert (again.status_code, again.context["refusal"].code) == (422, "A03")
    assert client.post(INTERESTS, {"agency": house.other.pk, "what": "I served there"}).status_code == 302
    assert Interest.objects.latest("pk").agency == house.other


def test_others_declare_none_and_see_none(house: make.House, signed_in: As) -> None:
    made = declared(house.di, agency=house.other)
    end = reverse("claims:end_interest", args=[made.pk])
    sent = {"agency": house.lead.pk, "what": "I served there", "reason": "Over"}
    for person in (make.officer(house.lead), house.clerk, house.administrator):
        for address in (INTERESTS, end):
            assert signed_in(person).get(address).status_code == 404
            assert signed_in(person).post(address, sent).status_code == 404
    assert signed_in(house.auditor).post(INTERESTS, sent).status_code == 405
    for person in (house.deputy, house.supervisor, house.finance, house.auditor):
        assert signed_in(person).post(end, sent).status_code == 404
    assert "We share a house" not in signed_in(house.supervisor).get(INTERESTS).content.decode()
    assert Interest.objects.get().ended_at is None


@pytest.mark.parametrize(
    ("typed", "field", "words"),
    [
        ({}, "officer", "Choose the officer or the agency"),
        ({"officer": "officer", "agency": "agency"}, "officer", "one by one"),
        ({"officer": "999999"}, "officer", "Choose an officer of the list"),
        ({"agency": "agency", "what": ""}, "what", "Say what ties you"),
        ({"agency": "agency", "what": "Write to a@b.example"}, "what", "e-mail address"),
    ],
)
def test_what_is_wrong_with_an_interest_is_said_at_its_field(
    house: make.House, signed_in: As, typed: dict[str, str], field: str, words: str
) -> None:
    keys = {"officer": str(make.officer(house.lead).pk), "agency": str(house.other.pk)}
    sent = {name: keys.get(value, value) for name, value in ({"what": "We share a house"} | typed).items()}
    answer = signed_in(house.di).post(INTERESTS, sent)
    assert answer.status_code == 422 and words in answer.context["form"].errors[field][0]
    assert sent["what"] in answer.content.decode()
    assert not Interest.objects.exists()


def test_the_same_interest_is_declared_once(house: make.House, signed_in: As) -> None:
    declared(house.di, agency=house.other)
    answer = signed_in(house.di).post(INTERESTS, {"agency": house.other.pk, "what": "As I said"})
    assert (answer.status_code, answer.context["refusal"].code) == (422, "A10")
    assert "As I said" in answer.content.decode()
    assert Interest.objects.count() == 1


def test_supervisors_choose_among_officers_of_their_own_agency(house: make.House, signed_in: As) -> None:
    ours, theirs = make.officer(house.lead), make.officer(house.other)

    def offered(person: User) -> set[User]:
        return {*signed_in(person).get(INTERESTS).context["form"].fields["officer"].queryset}

    assert offered(house.supervisor) == {ours}
    assert offered(house.di) == {ours, theirs} == offered(house.finance)


def test_finance_and_auditors_read_everybodys(house: make.House, signed_in: As) -> None:
    officer = make.officer(house.other)
    one, two = declared(house.di, officer=officer), declared(house.supervisor, agency=house.lead)
    over = declared(house.deputy, agency=house.other)
    safeguards.end_interest(over, by=house.deputy, reason="I left")
    for person in (house.finance, house.auditor):
        client = signed_in(person)
        assert [*client.get(INTERESTS).context["page"]] == [two, one]
        for asked, found in (
            ({"state": "ended"}, [over]),
            ({"state": "all"}, [over, two, one]),
            ({"by": house.di.pk}, [one]),
            ({"agency": house.other.pk, "state": "all"}, [over, one]),
            ({"by": "x"}, []),
        ):
            assert [*client.get(INTERESTS, asked).context["page"]] == found, asked
        file = text_of(client.get(INTERESTS, {"state": "all", "format": "csv"}))
        assert "Declared interests" in file and "I left" in file and str(officer) in file
        logged = AccessLog.objects.latest("pk")
        assert (logged.by, logged.rows, logged.filters) == (person, 3, {"State": "All"})
        assert content_of(client.get(INTERESTS, {"format": "xlsx"}))[:2] == b"PK"
    assert "page" not in signed_in(house.di).get(INTERESTS, {"format": "csv"}).context


def test_everybodys_interests_come_fifty_a_page_in_as_many_queries(house: make.House, signed_in: As) -> None:
    client = signed_in(house.auditor)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            client.get(INTERESTS)
        return len(captured)

    declared(house.di, officer=make.officer(house.lead))
    queries()
    few = queries()
    for _ in range(51):
        declared(house.di, officer=make.officer(house.lead))
    assert queries() == few
    page = client.get(INTERESTS).context["page"]
    assert (len(page), page.paginator.count) == (50, 52)


def tied(house: make.House, enquiry: Enquiry, to: str, state: str) -> Claim:
    """A claim in some state, whose claimant or agency the DI, the supervisor and finance then are tied to."""
    claim = asking(house, enquiry) if state == "asking" else claimed(house, enquiry, state=state)
    for person in (house.di, house.supervisor, house.finance):
        declared(person, **({"officer": claim.claimant} if to == "officer" else {"agency": house.lead}))
    return claim


A05 = [
    ("submitted", "certify", "supervisor"),
    ("submitted", "return", "supervisor"),
    ("certified", "approve", "di"),
    ("certified", "return", "di"),
    ("certified", "reject", "di"),
    ("approved", "reverse", "di"),
    ("asking", "more_time", "di"),
]


@pytest.mark.parametrize("to", ["officer", "agency"])
@pytest.mark.parametrize(("state", "verb", "doer"), A05)
def test_a05_in_the_browser(
    house: make.House, enquiry: Enquiry, signed_in: As, state: str, verb: str, doer: str, to: str
) -> None:
    claim = tied(house, enquiry, to, state)
    before = everything(enquiry)
    client = signed_in(getattr(house, doer))
    answer = client.post(at(verb, claim.pk), said(claim))
    refusal = answer.context["refusal"]
    assert (answer.status_code, refusal.code) == (422, "A05")
    assert ("this officer" if to == "officer" else "MPS") in refusal.reason
    assert refusal.who == "Another person with the role"
    page = client.get(at("claim", claim.pk)).content.decode()
    assert "You declared an interest in" in page and "A05" in page
    assert everything(enquiry) == before


@pytest.mark.parametrize(
    ("state", "verb"),
    [("certified", "approve"), ("certified", "return"), ("certified", "reject"), ("approved", "reverse")],
)
def test_a05_in_the_administration(
    house: make.House, enquiry: Enquiry, signed_in: As, state: str, verb: str
) -> None:
    claim, di = tied(house, enquiry, "officer", state), signed_in(house.di)
    assert "You declared an interest" in di.get(f"{QUEUE}{claim.pk}/change/").content.decode()
    before = everything(enquiry)
    fields = {f"{verb}-{name}": value for name, value in said(claim).items()}
    address = reverse(f"admin:claims_claim_{verb}", args=(claim.pk,))
    answer = di.post(address, {"seen": str(claim.revision), **fields})
    assert (answer.status_code, answer.context["refusal"].code) == (422, "A05")
    assert everything(enquiry) == before


@pytest.mark.parametrize("door", DOORS)
def test_a05_in_bulk_refuses_those_claims_alone(
    house: make.House, enquiry: Enquiry, signed_in: As, door: str
) -> None:
    claim, other, di = claimed(house, enquiry), claimed(house, enquiry), signed_in(house.di)
    bulk = drawn(di)
    declared(house.di, officer=claim.claimant)
    chosen = {"action": "reject", "index": "0", "_selected_action": [str(claim.pk)]}
    left_out = di.post(f"{QUEUE}?status=all", chosen).context["selection"].left_out
    assert [one.refusal.code for one in left_out] == ["A05"]
    before = everything(enquiry)
    done = di.post(
        reverse("admin:claims_claim_reject_together"),
        {"seen": f"{claim.pk}:{claim.revision}", "reason": "Because it is so"},
    )
    assert [outcome.refusal.code for outcome in done.context["refused"]] == ["A05"]
    assert everything(enquiry) == before
    assert approved_together(di, bulk, door) == {claim.pk: "A05"}
    assert states(claim, other) == ["certified", "approved"]


@pytest.mark.parametrize("to", ["officer", "agency"])
def test_their_claims_are_in_no_queue_for_whoever_is_tied(
    house: make.House, enquiry: Enquiry, to: str
) -> None:
    made = {
        "submitted": claimed(house, enquiry, state="submitted"),
        "clean": claimed(house, enquiry),
        "flagged": flagged(house, enquiry),
        "asking": asking(house, enquiry),
    }

    def waiting(di: User, supervisor: User) -> list[list[Claim]]:
        return [
            [*selectors.to_certify(supervisor)],
            [*selectors.clean_for(di)],
            [*selectors.flagged_for(di)],
            [*selectors.to_decide(di, house.grant)],
        ]

    everybodys = queues(house.grant)
    assert all(waiting(house.di, house.supervisor))
    ties = []
    for person in (house.di, house.supervisor):
        for whom in (
            [{"officer": claim.claimant} for claim in made.values()]
            if to == "officer"
            else [{"agency": house.lead}]
        ):
            ties.append(declared(person, **whom))
    assert not any(waiting(house.di, house.supervisor))
    assert selectors.next_to_decide(house.di, made["clean"]) is None
    assert queues(house.grant) == everybodys, "they wait all the same, for somebody else"
    for tie in ties:
        safeguards.end_interest(tie, by=tie.person, reason="Over")
    assert all(waiting(house.di, house.supervisor))


def test_a05_when_it_is_paid(house: make.House, enquiry: Enquiry) -> None:
    claim = claimed(house, enquiry, state="approved")
    declared(house.finance, officer=claim.claimant)
    before = everything(enquiry)
    with pytest.raises(Refusal, match="A05"):
        services.settle(
            [claim], grant=house.grant, agency=house.lead, reference="2021-03/OT2", by=house.finance
        )
    assert everything(enquiry) == before
    assert "settle" not in [
        verb for verb, obstacle in services.obstacles(claim, by=house.finance).items() if obstacle is None
    ]
    services.settle(
        [claim], grant=house.grant, agency=house.lead, reference="2021-03/OT2", by=house.second_finance
    )


@pytest.mark.parametrize("meanwhile", ["held back", "tied"])
def test_what_happens_between_reading_and_approving_is_refused_by_the_database(
    house: make.House, enquiry: Enquiry, meanwhile: str
) -> None:
    claim = claimed(house, enquiry)
    read = Claim.objects.with_guards().select_related("grant", "agency", "enquiry__line").get(pk=claim.pk)
    approver = User.objects.get(pk=house.di.pk)
    assert selectors.interests_of(approver) == []
    if meanwhile == "tied":
        declared(house.di, officer=claim.claimant)
    else:
        frozen(claim, house.finance)
    before = everything(enquiry)
    with pytest.raises(Refusal, match="A03"):
        services.approve(read, by=approver, revision=read.revision)
    assert everything(enquiry) == before


# The administration's lists


def test_finance_and_auditors_read_all_three_in_the_administration_and_nobody_writes(
    house: make.House, enquiry: Enquiry, signed_in: As
) -> None:
    claim = claimed(house, enquiry)
    rows = {
        "evidence": claim.evidence.get(),
        "freeze": frozen(claim, house.finance),
        "interest": declared(house.di, officer=claim.claimant),
    }
    for name, row in rows.items():
        base = f"/admin/claims/{name}/"
        for person in (house.finance, house.auditor):
            client = signed_in(person)
            assert list(client.get(base).context["cl"].queryset) == [row]
            assert client.get(f"{base}{row.pk}/change/").status_code == 200
            for address in (f"{base}add/", f"{base}{row.pk}/delete/"):
                assert client.post(address, {"post": "yes"}).status_code == 404
            assert client.post(f"{base}{row.pk}/change/", {"reason": "x"}).status_code in (403, 404)
        for person in (house.di, house.administrator):
            assert signed_in(person).get(base).status_code == 404
