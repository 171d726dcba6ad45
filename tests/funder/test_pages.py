"""The pages of claims to the funder, and their files."""

import csv
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from claims.services.safeguards import freeze
from overtime_ledger.accounts.models import User
from overtime_ledger.audit.models import AccessLog
from overtime_ledger.funder import selectors
from overtime_ledger.funder.models import FunderClaim, Transfer
from tests.funder.scene import MARCH_8, FunderScene, certified, draw, made, received, reverse_approval, sent

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene() -> FunderScene:
    return made()


def signed_in(who: User) -> Client:
    client = Client()
    client.force_login(who)
    return client


def door(name: str, pk: int) -> str:
    return reverse(f"funder:{name}", args=[pk])


def text(answer: HttpResponse) -> str:
    return " ".join(answer.content.decode().split())


def test_finance_draws_a_claim_as_it_saw_it(scene: FunderScene) -> None:
    client, address = signed_in(scene.house.finance), door("draw", scene.grant.pk)
    assert 'value="28"' in text(client.get(address))  # the end of last month is suggested
    page = client.get(address, {"up_to": "2021-02-28"})
    assert "Claim up to 28 February 2021: £211.79" in text(page)
    said = {"reason": "The first weeks were slow", "expected_pence": page.context["draft"].now}
    answer = client.post(f"{address}?up_to=2021-02-28", said)
    claim = FunderClaim.objects.get()
    assert answer.headers["Location"] == door("claim", claim.pk) and claim.pence == 21_179


def test_what_is_held_back_is_told_wherever_the_figures_are(scene: FunderScene) -> None:
    freeze(scene.february, by=scene.house.finance, reason="Two logs differ")
    client, left_out = signed_in(scene.house.finance), "Held back: £105.12, 1 entry"
    assert left_out in text(client.get(door("draw", scene.grant.pk), {"up_to": "2021-02-28"}))
    claim = draw(scene)
    for page in (door("claim", claim.pk), door("account", scene.grant.pk)):
        assert left_out in text(client.get(page))
    answer = client.get(door("claim", claim.pk), {"format": "csv"})
    assert "£105.12, 1 entry" in b"".join(answer).decode()
    freeze(scene.other, by=scene.house.finance, reason="Two logs differ")
    since = f"£{scene.other.pence / 100:.2f} of it, 1 entry, was claimed before it was held back"
    assert since in text(signed_in(scene.manager).get(door("certify_pm", claim.pk)))


def test_a_variance_without_its_reason_is_refused_and_nothing_is_drawn(scene: FunderScene) -> None:
    client = signed_in(scene.house.finance)
    answer = client.post(door("draw", scene.grant.pk) + "?up_to=2021-02-28", {"expected_pence": "21179"})
    assert answer.status_code == 422 and "Say why spending is not as planned" in text(answer)
    assert not FunderClaim.objects.exists()


def test_a_second_claim_is_refused_with_f20_on_the_page(scene: FunderScene) -> None:
    draw(scene)
    client = signed_in(scene.house.finance)
    page = client.get(door("draw", scene.grant.pk))
    assert "F20" in text(page) and "Show the claim" not in text(page)
    assert client.post(door("draw", scene.grant.pk) + "?up_to=2021-03-08", {}).status_code == 422
    assert FunderClaim.objects.count() == 1


def test_a_day_that_cannot_be_is_refused_at_its_field(scene: FunderScene) -> None:
    page = signed_in(scene.house.finance).get(door("draw", scene.grant.pk), {"up_to": "2021-03-09"})
    assert page.status_code == 422 and "Choose a day from 1 February 2021 to today" in text(page)


def test_each_office_certifies_on_its_page_and_finance_sends_and_receives(scene: FunderScene) -> None:
    claim = draw(scene)
    for who, name in ((scene.manager, "certify_pm"), (scene.cfo, "certify_cfo")):
        client = signed_in(who)
        assert "Agrees" in text(client.get(door(name, claim.pk)))
        assert client.post(door(name, claim.pk)).status_code == 302
    finance = signed_in(scene.house.finance)
    sent_on = {"sent_on_0": "8", "sent_on_1": "3", "sent_on_2": "2021", "reference": "Portal 1"}
    assert finance.post(door("send", claim.pk), sent_on).status_code == 302
    money = {"pence": "100.00", "happened_on_0": "8", "happened_on_1": "3", "happened_on_2": "2021"}
    assert finance.post(door("receive", claim.pk), money | {"reference": "HO 1"}).status_code == 302
    again = finance.post(door("receive", claim.pk), money | {"reference": "HO 1"})
    assert again.status_code == 422 and "F23" in text(again) and Transfer.objects.count() == 1
    page = text(finance.get(door("claim", claim.pk)))
    assert "£100.00 of £211.79" in page and f"by {scene.cfo}" in page


def test_who_certified_once_is_told_so_and_has_no_button(scene: FunderScene) -> None:
    claim = draw(scene)
    manager = signed_in(scene.manager)
    manager.post(door("certify_pm", claim.pk))
    page = manager.get(door("certify_pm", claim.pk))
    assert "A01" in text(page) and "as Project Manager</button>" not in text(page)


def test_a_claim_is_withdrawn_with_its_reason(scene: FunderScene) -> None:
    claim = draw(scene)
    finance = signed_in(scene.house.finance)
    assert finance.post(door("withdraw", claim.pk), {"reason": ""}).status_code == 422
    assert finance.post(door("withdraw", claim.pk), {"reason": "A duty is missing"}).status_code == 302
    assert "withdrawn: these lines can be claimed again" in text(finance.get(door("lines", claim.pk)))


def test_what_was_reversed_after_claiming_is_told_and_repaid(scene: FunderScene) -> None:
    claim = sent(scene)
    reverse_approval(scene, scene.february)
    finance = signed_in(scene.house.finance)
    page = text(finance.get(door("account", scene.grant.pk)))
    assert "Repayment due: £105.12 was reversed after it was claimed" in page
    assert "Nothing is due to the funder" in text(finance.get(door("repay", scene.grant.pk)))
    received(scene, claim, claim.pence)
    money = {"happened_on_0": "8", "happened_on_1": "3", "happened_on_2": "2021", "reference": "BACS 1"}
    too_much = finance.post(door("repay", scene.grant.pk), money | {"pence": "105.13"})
    assert too_much.status_code == 422 and "F23" in text(too_much)
    assert finance.post(door("repay", scene.grant.pk), money | {"pence": "105.12"}).status_code == 302
    assert selectors.account(scene.grant).position == 0


def test_a_wrong_receipt_is_struck_out_on_its_page(scene: FunderScene) -> None:
    transfer = received(scene, sent(scene), 100)
    finance = signed_in(scene.house.finance)
    assert "£1.00" in text(finance.get(door("strike_out", transfer.pk)))
    assert finance.post(door("strike_out", transfer.pk), {"reason": "It was £10"}).status_code == 302
    assert "Struck out" in text(finance.get(door("account", scene.grant.pk)))


def rows_of(answer: HttpResponse) -> Iterator[dict[str, Any]]:
    """The rows of a file beneath its head, each by its headings; the total last."""
    rows = list(csv.reader(StringIO(b"".join(answer).decode("utf-8-sig"))))
    start = rows.index([])
    return (dict(zip(rows[start + 1], row, strict=True)) for row in rows[start + 2 :])


def test_the_file_of_a_claim_has_the_funders_columns_and_the_pages_figures(scene: FunderScene) -> None:
    certified(scene)
    reverse_approval(scene, scene.february)
    claim = draw(scene, MARCH_8)
    answer = signed_in(scene.house.auditor).get(door("claim", claim.pk), {"format": "csv"})
    *types, total = rows_of(answer)
    assert [*total][:12] == [
        "Expenditure type", "Profile (£)", "Actual (£)", "Variance (£)", "Variance %", "Reason",
        "Cumulative (£)", "Accrued unpaid (£)", "Forecast (£)", "Claimed now (£)", "Previously claimed (£)",
        "Balance (£)",
    ]  # fmt: skip
    assert [row["Claimed now (£)"] for row in (*types, total)] == ["0.00", "0.00", "0.00"]
    assert (total["Previously claimed (£)"], total["Cumulative (£)"]) == ("211.79", "211.79")
    assert total["Certified by the Project Manager"] == "Not certified"
    assert AccessLog.objects.filter(what__contains="FC-0002", action="exported").count() == 1


def test_the_file_of_the_lines_adds_up_to_the_claim(scene: FunderScene) -> None:
    claim = draw(scene, MARCH_8)
    *lines, total = rows_of(signed_in(scene.house.finance).get(door("lines", claim.pk), {"format": "csv"}))
    assert len(lines) == claim.line_count
    assert total["Amount (£)"] == f"{claim.pence / 100:.2f}"
    answer = signed_in(scene.house.finance).get(door("lines", claim.pk), {"format": "xlsx"})
    assert answer.status_code == 200 and b"".join(answer)[:2] == b"PK"


def test_the_statements_say_what_the_ledger_says(scene: FunderScene) -> None:
    sent(scene)
    finance = signed_in(scene.house.finance)
    page = finance.get(door("usage", scene.grant.pk))
    statement = page.context["statement"]
    incurred = sum(line.incurred for line in scene.grant.lines.all())
    assert (statement.eligible, statement.unspent) == (incurred, 13_500_000 - incurred)
    assert statement.due_from == incurred and "Due from the funder" in text(page)
    rows = {
        row["Item"]: row["Amount (£)"]
        for row in rows_of(finance.get(page.request["PATH_INFO"], {"format": "csv"}))
    }
    assert rows["Eligible expenditure"] == f"{incurred / 100:.2f}" and rows["Award"] == "135000.00"
    *types, total = rows_of(finance.get(door("outturn", scene.grant.pk), {"format": "csv"}))
    assert total["Outturn (£)"] == f"{incurred / 100:.2f}" and len(types) == 2
    past = finance.get(door("outturn", scene.grant.pk), {"as_at": "2021-02-05"})
    assert past.context["statement"].eligible == 0


def test_a_step_whose_time_has_not_come_has_no_form(scene: FunderScene) -> None:
    claim = draw(scene)
    page = signed_in(scene.house.finance).get(door("receive", claim.pk))
    assert "A03" in text(page) and "Record the receipt</button>" not in text(page)


def test_who_certifies_finds_it_at_home_until_it_is_done(scene: FunderScene) -> None:
    manager = signed_in(scene.manager)
    assert "No claim to the funder waits for your certificate" in text(manager.get("/"))
    claim = draw(scene)
    assert f"{claim} of PCD 911: £211.79" in text(manager.get("/"))
    manager.post(door("certify_pm", claim.pk))
    assert f"{claim} of" not in text(manager.get("/"))
    assert f"{claim} of PCD 911" in text(signed_in(scene.cfo).get("/"))


def test_before_anything_is_claimed_the_pages_say_what_to_do(scene: FunderScene) -> None:
    for who in (scene.house.finance, scene.house.auditor, scene.house.di, scene.manager):
        client = signed_in(who)
        page = text(client.get(door("account", scene.grant.pk)))
        assert "Nothing is claimed yet." in page
        assert ("Draw a claim" in page) == (who == scene.house.finance)
        assert "No claim waits to be certified" in text(client.get(reverse("funder:overview")))
