"""The pages of finance about batches: nothing typed is lost, what stands against a payment is said."""

import csv
import io
from collections.abc import Callable
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from claims import services as claims
from claims.models import Claim
from claims.services import safeguards
from grants.selectors import positions
from overtime_ledger.accounts.models import User
from overtime_ledger.money import pounds
from overtime_ledger.payments.models import Batch, BatchLine
from overtime_ledger.payments.services import batches, differences
from tests import factories as make
from tests.databases import kept
from tests.factories import House

pytestmark = pytest.mark.django_db

DAY = date(2021, 2, 10)
As = Callable[[User], Client]


@kept
def two_approved() -> tuple[House, list[Claim]]:
    """Two approved claims of the lead force."""
    house = make.house()
    enquiry = make.enquiry(house)
    duties = [make.assignment(house, enquiry, make.officer(house.lead), day=DAY) for _ in range(2)]
    return house, [make.claim(house, duty, state="approved") for duty in duties]


@pytest.fixture
def scene() -> tuple[House, list[Claim]]:
    return two_approved()


@pytest.fixture
def house(scene: tuple[House, list[Claim]]) -> House:
    return scene[0]


@pytest.fixture
def approved(scene: tuple[House, list[Claim]]) -> list[Claim]:
    return scene[1]


@pytest.fixture
def sent(house: House, approved: list[Claim]) -> Batch:
    drawn = batches.draw(house.grant, house.lead, by=house.finance, up_to=DAY)
    return batches.mark_sent(drawn, by=house.finance)


def as_(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def at(name: str, *keys: object) -> str:
    return reverse(f"payments:{name}", args=keys)


def drawing(house: House) -> str:
    return f"{at('draw')}?grant={house.grant.pk}&agency={house.lead.pk}"


def file_of(text: str) -> SimpleUploadedFile:
    return SimpleUploadedFile("paid.csv", text.encode(), "text/csv")


def test_what_is_due_is_drawn_sent_and_confirmed(house: House, approved: list[Claim]) -> None:
    finance, pence = as_(house.finance), sum(claim.pence for claim in approved)
    assert pounds(pence) in finance.get(at("overview")).content.decode()
    changed = finance.post(drawing(house), {"expected_pence": 1})
    assert (changed.status_code, changed.context["refusal"].code) == (422, "A03")
    page = finance.post(drawing(house), {"expected_pence": pence}).url
    batch = Batch.objects.get()
    assert finance.post(at("send", batch.pk), {"expected_pence": "x"}).status_code == 422
    assert finance.post(at("send", batch.pk), {"expected_pence": pence}).url == page
    check = finance.post(at("confirm", batch.pk), {"reference": "Payroll 1"})
    assert (check.context["otherwise"], check.context["paid_pence"]) == ([], pence)
    finance.post(at("confirm", batch.pk), {"reference": "Payroll 1", "expected_pence": pence})
    batch.refresh_from_db()
    assert batch.status == "paid"
    assert "Payroll 1" in finance.get(at("overview")).content.decode()


def test_days_that_cannot_be_read_draw_nothing(house: House, approved: list[Claim]) -> None:
    finance = as_(house.finance)
    page = finance.get(f"{drawing(house)}&up_to_0=31&up_to_1=2&up_to_2=2021")
    assert page.context["total"].count == 0 and "Enter a real date" in page.content.decode()
    none = finance.get(f"{drawing(house)}&up_to=2021-02-09").context
    assert (none["total"].count, none["later"]) == (0, 2)
    assert finance.get(f"{drawing(house)}&page=1").context["total"].count == 2


def test_amounts_that_differ_are_typed_and_stay_when_something_is_wrong(
    house: House, approved: list[Claim], sent: Batch
) -> None:
    finance, (more, same) = as_(house.finance), approved
    typed = {"reference": "", f"paid_{more.pk}": "200.00", f"paid_{same.pk}": ""}
    wrong = finance.post(at("confirm", sent.pk), typed)
    assert wrong.status_code == 422 and 'value="200.00"' in wrong.content.decode()
    check = finance.post(at("confirm", sent.pk), typed | {"reference": "Payroll 1"})
    assert check.context["difference_pence"] == 20_000 - more.pence
    again = finance.post(at("confirm", sent.pk), typed | {"reference": "Payroll 1", "change": "1"})
    assert 'value="200.00"' in again.content.decode() and again.status_code == 200
    finance.post(
        at("confirm", sent.pk),
        {"reference": "Payroll 1", f"paid_{more.pk}": "£200.00", "expected_pence": sent.pence},
    )
    (line,) = BatchLine.objects.open_differences()
    assert (line.claim, line.paid_pence) == (more, 20_000)


def test_the_file_of_payroll_says_what_was_paid(house: House, approved: list[Claim], sent: Batch) -> None:
    finance, (one, other) = as_(house.finance), approved
    said = {"reference": "Payroll 1", "file": file_of(f"claim,name,paid\n{one.pk},x,1.10\n")}
    check = finance.post(at("confirm", sent.pk), said)
    paid = {line.claim: pence for line, pence, _ in check.context["otherwise"]}
    assert paid == {one: 110, other: 0}


def test_where_many_claims_are_those_paid_otherwise_are_typed_as_a_list(
    house: House, approved: list[Claim], sent: Batch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("overtime_ledger.payments.forms.amounts.MOST_BESIDE", 1)
    finance, (one, other) = as_(house.finance), approved
    address, said = at("confirm", sent.pk), {"reference": "Payroll 1"}
    page = finance.get(address).content.decode()
    assert 'name="otherwise"' in page and f"paid_{one.pk}" not in page
    wrong = finance.post(address, said | {"otherwise": f"{one.pk} x\nthe rest\n999999 1\n"})
    assert wrong.status_code == 422 and wrong.content.decode().count("“") >= 3
    assert "not a claim of this batch" in wrong.content.decode()
    twice = finance.post(address, said | {"otherwise": f"{one.pk} 1\n{one.pk} 2"})
    assert "more than once" in twice.content.decode()
    check = finance.post(address, said | {"otherwise": f"Claim {one.pk}\t£1,200.00\n{other.pk}; 0"})
    typed = check.context["typed"]
    assert typed == f"{one.pk} 1200.00\n{other.pk} 0.00" and typed in check.content.decode()
    again = finance.post(address, said | {"otherwise": typed, "change": "1"})
    assert typed in again.content.decode()
    finance.post(address, said | {"otherwise": typed, "expected_pence": sent.pence})
    assert dict(sent.lines.values_list("claim", "paid_pence")) == {one.pk: 120_000, other.pk: 0}


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        ("claim,amount\n1,2\n", "column paid: is missing"),
        ("claim,paid\n999999,2\n", "not a claim of this batch"),
        ("claim,paid\nClaim x,2\n", "not the number of a claim"),
        ("claim,paid\n{one},-2\n", "column paid"),
        ("claim,paid\n{one},99999999999999999999\n", "column paid"),
        ("claim,paid\n{one},2\n{one},2\n", "more than once"),
    ],
)
def test_a_file_that_cannot_be_read_says_where_and_what_was_typed_stays(
    house: House, approved: list[Claim], sent: Batch, rows: str, problem: str
) -> None:
    said = {"reference": "Payroll 1", f"paid_{approved[1].pk}": "7.77"}
    answer = as_(house.finance).post(
        at("confirm", sent.pk), said | {"file": file_of(rows.format(one=approved[0].pk))}
    )
    page = answer.content.decode()
    assert answer.status_code == 422 and problem in page
    assert 'value="7.77"' in page and 'value="Payroll 1"' in page


def test_what_cannot_be_paid_any_more_is_said_and_mended_with_one_press(
    house: House, approved: list[Claim], sent: Batch
) -> None:
    held, wrong = approved
    third = make.claim(
        house,
        make.assignment(house, held.enquiry, make.officer(house.lead), day=DAY),
        state="approved",
    )
    safeguards.freeze(held, by=house.auditor, reason="Looked into")
    claims.reverse(wrong, by=house.di, revision=wrong.revision, reason="Not worked")
    finance = as_(house.finance)
    page = finance.get(at("batch", sent.pk)).content.decode()
    assert "It is held back" in page and "Its approval was reversed" in page
    assert "Payroll has the list already" in page
    refused = finance.get(at("confirm", sent.pk))
    assert refused.context["refusal"].code == "F07"
    assert "2 claims cannot be paid now" in finance.get(at("overview")).content.decode()
    because = finance.get(at("batch", sent.pk)).context["because"]
    finance.post(at("withdraw", sent.pk), {"again": "1", "reason": because})
    sent.refresh_from_db()
    new = Batch.objects.get(status="drawn")
    assert sent.status == "withdrawn" and "its approval was reversed" in sent.withdrawn_because
    assert [line.claim for line in new.lines.all()] == [third]


def test_a_line_is_left_out_with_a_reason(house: House, approved: list[Claim], sent: Batch) -> None:
    finance, line = as_(house.finance), sent.lines.earliest("pk")
    assert finance.post(at("leave_out", line.pk), {"reason": ""}).status_code == 422
    finance.post(at("leave_out", line.pk), {"reason": "Officer moved to another payroll"})
    page = finance.get(at("batch", sent.pk)).content.decode()
    assert "Officer moved to another payroll" in page
    last = finance.post(at("leave_out", sent.lines.latest("pk").pk), {"reason": "Too"})
    assert (last.status_code, last.context["refusal"].code) == (422, "F06")


def test_the_file_for_payroll_adds_up_to_the_control_total(
    house: House, approved: list[Claim], sent: Batch
) -> None:
    finance = as_(house.finance)
    answer = finance.get(at("batch", sent.pk), {"format": "csv"})
    rows = list(csv.reader(io.StringIO(answer.getvalue().decode("utf-8-sig"))))
    heading = next(row for row in rows if row[:1] == ["Batch no."])
    assert heading == [
        "Batch no.", "Officer no.", "Rank", "Date", "Duty type", "Minutes", "Units", "Multiplier",
        "Hourly rate", "Pay (£)", "On-cost (£)", "Amount (£)", "Claim",
    ]  # fmt: skip
    assert rows[-1][heading.index("Amount (£)")] == pounds(sent.pence).strip("£")
    assert any("Control total: £210.24" in cell for row in rows for cell in row)
    assert finance.get(at("batch", sent.pk), {"format": "xlsx"}).status_code == 200


def test_the_pages_and_files_tie_to_the_ledger(house: House, approved: list[Claim], sent: Batch) -> None:
    line = sent.lines.earliest("pk")
    batches.confirm_paid(
        sent, reference="Payroll 1", by=house.finance, paid={line.claim_id: line.pence + 150}
    )
    settled = sum(position.settled for position in positions(house.grant))
    finance = as_(house.finance)
    for name, column in (("overview", "Calculated (£)"), ("batches", "Control total (£)")):
        answer = finance.get(at(name), {"format": "csv"})
        rows = list(csv.reader(io.StringIO(answer.getvalue().decode("utf-8-sig"))))
        (heading,) = (row for row in rows if column in row)
        assert rows[-1][heading.index(column)] == pounds(settled).strip("£")
        assert rows[-1][heading.index("Paid (£)")] == pounds(settled + 150).strip("£")
    listed = finance.get(at("differences")).context["total"]
    assert (listed.count, listed.above, listed.below) == (1, 150, 0)


def test_a_difference_is_listed_and_resolved_by_another(
    house: House, approved: list[Claim], sent: Batch
) -> None:
    line = sent.lines.earliest("pk")
    batches.confirm_paid(sent, reference="Payroll 1", by=house.finance, paid={line.claim_id: 0})
    one, another = as_(house.finance), as_(house.second_finance)
    assert "1 difference to resolve" in one.get(at("overview")).content.decode()
    said = {"resolution": "recovered", "reason": "Paid with the run of 31 March"}
    own = one.post(at("resolve", line.pk), said)
    assert (own.status_code, own.context["refusal"].code) == (422, "F08")
    half = another.post(at("resolve", line.pk), {"reason": said["reason"]})
    assert half.status_code == 422 and said["reason"] in half.content.decode()
    another.post(at("resolve", line.pk), said)
    page = one.get(at("differences"), {"state": "recovered"}).content.decode()
    assert "Paid with the run of 31 March" in page and str(house.second_finance) in page
    assert one.get(at("differences"), {"state": "open"}).context["total"].count == 0
    assert one.get(at("differences"), {"format": "csv"}).status_code == 200


def test_a_tolerance_is_proposed_by_one_and_confirmed_by_another(house: House) -> None:
    one, another = as_(house.finance), as_(house.second_finance)
    assert one.post(at("tolerance"), {"grant": house.grant.pk, "pence": "9"}).status_code == 422
    one.post(at("tolerance"), {"grant": house.grant.pk, "pence": "0.05", "reason": "Rounding"})
    (waiting,) = house.grant.pay_tolerances.all()
    own = one.post(at("confirm_tolerance", waiting.pk))
    assert (own.status_code, own.context["refusal"].code) == (422, "G01")
    assert "Confirm £0.05" in another.get(at("differences")).content.decode()
    another.post(at("confirm_tolerance", waiting.pk))
    assert differences.Tolerance.objects.in_force().get() == waiting


def test_readers_read_and_find_no_button(house: House, approved: list[Claim], sent: Batch) -> None:
    for reader in (house.di, house.auditor):
        client = as_(reader)
        for page in (at("overview"), at("batches"), at("batch", sent.pk), at("differences")):
            answer = client.get(page)
            assert answer.status_code == 200
            assert '<form method="post"' not in answer.content.decode().partition("<main")[2]
        assert client.post(at("withdraw", sent.pk), {"reason": "So"}).status_code == 404
    for outsider in (house.supervisor, house.clerk, house.administrator, approved[0].claimant):
        for page in (at("overview"), at("batches"), at("batch", sent.pk), at("differences")):
            assert as_(outsider).get(page).status_code == 404


def test_a_claim_leads_to_its_payment(house: House, approved: list[Claim], sent: Batch) -> None:
    finance = as_(house.finance)
    assert finance.get(at("of_claim", approved[0].pk)).url == at("batch", sent.pk)
    assert (
        at("of_claim", approved[0].pk)
        in finance.get(reverse("claims:claim", args=[approved[0].pk])).content.decode()
    )
    batches.withdraw(sent, by=house.finance, reason="Payroll was closed")
    assert finance.get(at("of_claim", approved[0].pk)).url == drawing(house)


def test_what_is_due_is_read_claim_by_claim_by_who_draws_nothing(house: House, approved: list[Claim]) -> None:
    safeguards.freeze(approved[1], by=house.auditor, reason="Looked into")
    di = as_(house.di)
    overview = di.get(at("overview")).content.decode()
    query = f"?grant={house.grant.pk}&amp;agency={house.lead.pk}"
    assert f'{at("due")}{query}">{pounds(approved[0].pence)}<' in overview
    page = di.get(at("due"), {"grant": house.grant.pk, "agency": house.lead.pk})
    said = page.content.decode()
    due, waits = said.split('id="kept-back"')
    assert str(approved[0]) in due and str(approved[1]) not in due and str(approved[1]) in waits
    assert "Draw up" not in said


def test_the_amounts_of_a_batch_lead_to_its_own_differences(
    house: House, approved: list[Claim], sent: Batch
) -> None:
    claim = approved[0]
    paid = {claim.pk: claim.pence + 2}
    batches.confirm_paid(sent, reference="1", by=house.finance, paid=paid)
    reader = as_(house.auditor)
    own = f"{at('differences')}?batch={sent.pk}"
    assert f'<a href="{own}">£0.02</a>' in reader.get(at("batch", sent.pk)).content.decode()
    assert "1 difference: £0.02 paid above" in reader.get(own).content.decode()
    assert "£0.02 paid above" not in reader.get(f"{at('differences')}?batch=999999").content.decode()


def test_a_long_batch_is_printed_whole(
    house: House, approved: list[Claim], sent: Batch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("overtime_ledger.payments.views.batches.A_PAGE", 1)
    finance, address = as_(house.finance), at("batch", sent.pk)
    part = finance.get(address)
    assert len(part.context["page"]) == 1 and "?lines=all" in part.content.decode()
    assert [line.claim for line in finance.get(f"{address}?lines=all").context["page"]] == approved
