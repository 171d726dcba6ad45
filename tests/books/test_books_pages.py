"""The books through their doors: a file is read and taken, two people sign, a month closes for good."""

import csv
import io
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from openpyxl import Workbook

from claims import services as claims
from claims.models import Settlement
from grants.models import LedgerEntry, Period
from overtime_ledger import clock
from overtime_ledger.accounts.models import User
from overtime_ledger.audit.models import AccessLog
from overtime_ledger.books.models import ForceLine, ForceUpload, Match, PeriodSnapshot, Reconciliation
from overtime_ledger.books.selectors.reconciliation import compare
from overtime_ledger.money import decimal_pounds, pounds
from tests import factories as make

pytestmark = pytest.mark.django_db
HEADER = "Date,Reference,Description,Amount\n"


@pytest.fixture
def house() -> Iterator[make.House]:
    with clock.travel(make.at(date(2021, 3, 8))):
        yield make.house()


@pytest.fixture
def february(house: make.House) -> Period:
    return house.grant.periods.get(number="P11")


@pytest.fixture
def payment(house: make.House) -> Settlement:
    enquiry = make.enquiry(house)
    approved = [
        make.claim(house, make.assignment(house, enquiry, make.officer(house.lead)), state="approved")
        for _ in range(2)
    ]
    with clock.travel(make.at(date(2021, 2, 20))):
        return claims.settle(
            approved, grant=house.grant, agency=house.lead, reference="PAY 1", by=house.finance
        )


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def send(house: make.House, content: bytes, name: str = "ledger.csv") -> Client:
    """Have a file read; the person who sent it stands before its columns then."""
    client = signed_in(house.finance)
    address = f"/books/{house.grant.pk}/lines/upload/"
    answer = client.post(address, {"file": SimpleUploadedFile(name, content)})
    assert answer.status_code == 302 and answer.headers["Location"] == f"{address}columns/"
    return client


COLUMNS = {
    "booked_on": "Date",
    "reference": "Reference",
    "amount": "Amount",
    "credit": "",
    "description": "Description",
}


def take(house: make.House, content: bytes) -> None:
    address = f"/books/{house.grant.pk}/lines/upload/columns/"
    answer = send(house, content).post(address, COLUMNS | {"confirmed": "yes"})
    assert answer.status_code == 302


def test_a_file_is_read_shown_and_taken_and_its_columns_are_remembered(
    house: make.House, payment: Settlement
) -> None:
    address = f"/books/{house.grant.pk}/lines/upload/columns/"
    lines = f"24/02/2021,PAY 1,Overtime,{decimal_pounds(payment.pence)}\n25/02/2021,J 7,Food,(12.50)\n"
    client = send(house, (HEADER + lines).encode())
    asked = client.get(address).content.decode()
    assert "Which column is which?" in asked
    shown = client.post(address, COLUMNS).content.decode()
    assert f"Take 2 lines: {pounds(payment.pence - 1250)}" in shown
    assert "No payment here has this reference." in shown and not ForceLine.objects.exists()
    client.post(address, COLUMNS | {"confirmed": "yes"})
    assert [*ForceLine.objects.values_list("row", "pence")] == [(2, payment.pence), (3, -1250)]
    assert ForceUpload.objects.get().pence == payment.pence - 1250 and Match.objects.count() == 1
    later = send(house, (HEADER + lines + "01/03/2021,J 8,Food,1\n").encode())
    assert "Take 1 line: £1.00" in later.get(address).content.decode()


def test_a_workbook_is_read_like_a_text(house: make.House, payment: Settlement) -> None:
    book = Workbook()
    book.active.append(["Date", "Reference", "Description", "Amount"])
    book.active.append([date(2021, 2, 24), "PAY 1", "Overtime", float(decimal_pounds(payment.pence))])
    book.active.append([])
    book.active.append([date(2021, 2, 25), 7731, None, -12.5])
    file = io.BytesIO()
    book.save(file)
    take(house, file.getvalue())
    assert [*ForceLine.objects.values_list("row", "reference", "pence")] == [
        (2, "PAY 1", payment.pence),
        (4, "7731", -1250),
    ]


def test_bad_cells_are_named_by_row_and_column_and_nothing_is_taken(house: make.House) -> None:
    address = f"/books/{house.grant.pk}/lines/upload/columns/"
    client = send(house, (HEADER + "24/02/2021,J 1,,12.345\n31/02/2021,J 2,,1\n").encode())
    answer = client.post(address, COLUMNS | {"confirmed": "yes"})
    page = answer.content.decode()
    assert answer.status_code == 422 and not ForceLine.objects.exists()
    assert "B05" in page and "row 2, column Amount: not an amount like 1,284.40" in page
    assert "31/02/2021" in page and "<title>Error: " in page


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (None, "Choose a file"),
        (b"", "The file is empty"),
        (HEADER.encode(), "no rows below"),
        (b"%PDF\x00\x01", "neither a workbook"),
        (b"a,b,c\n" * 3_000_000, "larger than 10 MB"),
    ],
)
def test_what_is_no_table_is_told_so(house: make.House, content: bytes | None, why: str) -> None:
    client, address = signed_in(house.finance), f"/books/{house.grant.pk}/lines/upload/"
    data = {"file": SimpleUploadedFile("x.csv", content)} if content is not None else {}
    answer = client.post(address, data)
    assert answer.status_code == 422 and why in answer.content.decode()


def test_one_column_is_not_two_things(house: make.House) -> None:
    client = send(house, (HEADER + "24/02/2021,J 1,,1\n").encode())
    address = f"/books/{house.grant.pk}/lines/upload/columns/"
    answer = client.post(address, COLUMNS | {"credit": "Amount", "confirmed": "yes"})
    assert answer.status_code == 422 and "Amount is chosen already" in answer.content.decode()
    assert not ForceLine.objects.exists()


def test_the_same_file_twice_is_refused_on_its_page(house: make.House) -> None:
    content = (HEADER + "24/02/2021,J 1,,1\n").encode()
    take(house, content)
    address = f"/books/{house.grant.pk}/lines/upload/"
    answer = signed_in(house.second_finance).post(address, {"file": SimpleUploadedFile("b.csv", content)})
    assert answer.status_code == 422 and "B04" in answer.content.decode()


def test_february_is_reconciled_signed_and_closed_for_good(
    house: make.House, february: Period, payment: Settlement
) -> None:
    """One person takes the file, explains and prepares; another signs; then the month closes."""
    take(house, (HEADER + f"24/02/2021,PAY 1,,{decimal_pounds(payment.pence)}\n24/02/2021,J 7,,5\n").encode())
    first, second = signed_in(house.finance), signed_in(house.second_finance)
    root = f"/books/periods/{february.pk}/"
    assert f'href="{root}reconciliation/">Reconcile P11 of' in first.get("/").content.decode()
    page = first.get(f"{root}reconciliation/").content.decode()
    assert "−£5.00" in page and "Not to be prepared yet" in page
    refused = first.post(f"{root}reconciliation/prepare/", {"seen": compare(february).digest})
    assert refused.status_code == 422 and "B03" in refused.content.decode()
    (item,) = compare(february).items
    explain = f"{root}reconciliation/explain/?item={item.key}"
    assert first.post(explain, {}).status_code == 422
    typed = {"kind": "theirs", "reason": "Not of this grant", "deals_with": "The force’s finance"}
    assert first.post(explain, typed).status_code == 302
    first.post(f"{root}reconciliation/prepare/", {"seen": compare(february).digest})
    made = Reconciliation.objects.get()
    sign = f"/books/reconciliations/{made.pk}/sign/"
    own = first.post(sign, {"seen": made.sha256})
    assert own.status_code == 422 and "G01" in own.content.decode()
    assert second.post(sign, {"seen": made.sha256}).status_code == 302
    assert f'href="{root}close/">Close P11 of' in first.get("/").content.decode()
    assert first.post(f"{root}close/", {"reason": "Reported"}).status_code == 302
    assert [*february.steps.values_list("state", flat=True)] == ["soft", "hard"]
    assert "P11 of" not in first.get("/").content.decode()
    taken = PeriodSnapshot.objects.get()
    shown = signed_in(house.auditor).get(f"{root}snapshot/").content.decode()
    assert taken.sha256 in shown and pounds(payment.pence) in shown
    again = first.post(f"{root}open-again/", {"reason": "Once more"})
    assert again.status_code == 422 and "B01" in again.content.decode()
    _corrected_by_the_di(house, payment, february)
    assert PeriodSnapshot.objects.get().document == taken.document


def _corrected_by_the_di(house: make.House, payment: Settlement, february: Period) -> None:
    """What was paid in February is undone in March: February stays, and March is a claim short."""
    wrong, di = payment.claims.earliest("pk"), signed_in(house.di)
    reverse = f"/claims/{wrong.pk}/reverse/"
    assert (
        "P11, February 2021, in which it was approved or paid, is closed" in di.get(reverse).content.decode()
    )
    typed = {"reason": "It was of another enquiry", "revision": wrong.revision}
    assert di.post(reverse, typed).status_code == 302
    march = compare(house.grant.periods.get(number="P12"))
    assert compare(february).ours_pence == payment.pence == march.ours_pence + wrong.pence
    assert [(one.reference, one.amount_pence) for one in march.only_ours] == [("PAY 1", -wrong.pence)]


def rows_of(content: bytes) -> list[list[str]]:
    return list(csv.reader(content.decode("utf-8-sig").splitlines()))


def test_files_add_up_to_the_page_and_the_ledger_and_are_logged(
    house: make.House, february: Period, payment: Settlement
) -> None:
    take(house, (HEADER + "24/02/2021,J 7,,5\n24/02/2021,=1+1,,7\n").encode())
    root = f"/books/periods/{february.pk}/reconciliation/"
    answer = signed_in(house.auditor).get(f"{root}?format=csv")
    total = rows_of(b"".join(answer.streaming_content))[-1]  # type: ignore[attr-defined]
    compared = compare(february)
    assert total[4:6] == [str(decimal_pounds(compared.only_ours_pence)), "12.00"]
    assert compared.only_ours_pence == sum(
        LedgerEntry.objects.filter(kind="settlement").values_list("pence", flat=True)
    )
    lines = signed_in(house.auditor).get(f"/books/{house.grant.pk}/lines/?format=csv")
    listed = rows_of(b"".join(lines.streaming_content))  # type: ignore[attr-defined]
    assert Decimal(listed[-1][3]) == 12 and any("'=1+1" in row for row in listed)
    assert AccessLog.objects.filter(action="exported").count() == 2


def test_matching_by_hand_and_undoing_it(house: make.House, payment: Settlement) -> None:
    take(house, (HEADER + f"24/02/2021,J 7,,{decimal_pounds(payment.pence)}\n").encode())
    client, line = signed_in(house.finance), ForceLine.objects.get()
    address = f"/books/{house.grant.pk}/matches/by-hand/"
    assert client.post(address, {"reason": "So"}).status_code == 422
    one = client.get(f"{address}?pick=line-{line.pk}").content.decode()
    assert "J 7" in one and f'value="line-{line.pk}"' in one and f"{pounds(payment.pence)} there" in one
    claim = payment.claims.earliest("pk")
    officer = {"look": "yes", "find": f"{claim.claimant}", "pick": f"line-{line.pk}"}
    looked = client.post(address, officer).content.decode()
    assert f"Claim {claim.pk}" in looked and "PAY 1" in looked and f"{pounds(payment.pence)} there" in looked
    entry = LedgerEntry.objects.get(reference=claim.settlement_entry_id)
    short = client.post(address, {"pick": [f"entry-{entry.pk}", f"line-{line.pk}"], "reason": "So"})
    assert (
        short.status_code == 422 and f"{pounds(payment.pence - claim.pence)} apart" in short.content.decode()
    )
    typed = {"pick": [f"paid-{payment.pk}", f"line-{line.pk}"], "reason": "Payroll renumbered it"}
    assert client.post(address, typed).status_code == 302
    made = Match.objects.get()
    assert "Payroll renumbered it" in client.get(f"/books/{house.grant.pk}/matches/").content.decode()
    assert client.post(f"/books/matches/{made.pk}/undo/", {"reason": "Not so"}).status_code == 302
    page = client.get(f"/books/{house.grant.pk}/matches/").content.decode()
    assert "Not so" in page and compare(house.grant.periods.get(number="P11")).matches == 0


def test_auditors_read_and_the_controlling_di_has_no_books(house: make.House, february: Period) -> None:
    root = f"/books/periods/{february.pk}/"
    reads = [f"/books/{house.grant.pk}/", root, f"{root}reconciliation/", f"/books/{house.grant.pk}/matches/"]
    for address in reads:
        assert signed_in(house.auditor).get(address).status_code == 200
        assert signed_in(house.di).get(address).status_code == 404
    assert signed_in(house.auditor).get(f"{root}soft-close/").status_code == 404
    assert "Soft-close" not in signed_in(house.auditor).get(root).content.decode()
