"""Finance: the burn-down at once, from a figure to its claim, an export, and settling what was paid."""

import csv
import re

from claims.models import Claim, Settlement
from grants.models import Gate
from overtime_ledger.audit.models import AccessLog
from tests.journeys.conftest import Arrival
from tests.journeys.money import Watch
from tests.scene import Scene, another_grant


def test_the_burn_down_is_the_home_page(arrive: Arrival, stage: Scene) -> None:
    finance = arrive("finance")
    finance.reads("Money left, day by day", "Left to spend", "At this pace")
    assert finance.presses == 0


def test_from_a_figure_to_the_claim_behind_it_in_two(arrive: Arrival, stage: Scene) -> None:
    finance = arrive("finance")
    finance.press("£105.12 Settled")
    finance.press(f"Claim {stage.settled.pk}")
    assert finance.presses == 2
    assert finance.path == f"/claims/{stage.settled.pk}/"
    finance.reads("16 completed quarters", "Settled")


def test_an_export_takes_one_press_and_is_on_record(arrive: Arrival, stage: Scene) -> None:
    finance = arrive("finance")
    file = finance.download(re.compile("^CSV of the position$"))
    assert finance.presses == 1
    rows = list(csv.reader(file.read_text("utf-8-sig").splitlines()))
    assert any("Enquiry 1" in row for row in rows)
    assert any("OFFICIAL-SENSITIVE" in cell for row in rows for cell in row)
    taken = AccessLog.objects.latest("pk")
    assert (taken.by, taken.action) == (stage.house.finance, AccessLog.Action.EXPORTED)


def test_a_past_day_is_shown_from_the_entries(arrive: Arrival, stage: Scene) -> None:
    finance = arrive("finance")
    finance.unfold("Show a past day")
    finance.type_day(5, 2, 2021)
    finance.press("Show")
    finance.reads("This is a past view", "5 February 2021", "£105.12")


def test_payroll_is_drawn_sent_and_confirmed_with_a_difference(arrive: Arrival, stage: Scene) -> None:
    books, finance = Watch(stage.enquiry.line), arrive("finance")
    finance.press("4 to settle")
    finance.press("Metropolitan Police Service")
    finance.press("Draw up 3 claims: £315.36")
    finance.press("Mark as sent to payroll: £315.36")
    finance.press("Confirm as paid")
    finance.type("Payroll reference", stage.settlement.reference)
    finance.unfold("Type what was paid for single claims")
    finance.type(f"Paid for claim {stage.approved[0].pk}", "100")
    finance.press("Check both totals")
    finance.reads("£310.24", "−£5.12 on 1 claim")
    finance.press("Settle 3 claims: £315.36")
    finance.reads("F02")
    assert finance.main.get_by_label("Payroll reference").input_value() == stage.settlement.reference
    finance.type("Payroll reference", "2021-03/OT1")
    finance.press("Check both totals")
    finance.press("Settle 3 claims: £315.36")
    finance.reads("Paid otherwise", "£5.12 below")
    settlement = Settlement.objects.latest("pk")
    assert (settlement.reference, settlement.pence, settlement.claim_count) == ("2021-03/OT1", 31_536, 3)
    assert {Claim.objects.get(pk=claim.pk).status for claim in stage.approved} == {"settled"}
    assert books.moved() == (0, 0, 0, -31_536, 31_536)


def test_a_gate_is_recorded_by_one_and_confirmed_by_another(arrive: Arrival, stage: Scene) -> None:
    grant = another_grant(stage.house, "PCD 913")
    gate = Gate.objects.filter(grant=grant, confirmed_by=None).earliest("pk")
    first, second = arrive("finance"), arrive("second_finance")
    first.goto(f"/admin/grants/gate/{gate.pk}/change/")
    first.type_day(1, 2, 2021)
    first.type("Evidence", "On file")
    first.press("Record")
    first.goto(f"/admin/grants/gate/{gate.pk}/change/")
    assert first.main.get_by_role("button", name="Confirm").count() == 0
    second.goto(f"/admin/grants/gate/{gate.pk}/change/")
    second.press("Confirm what Finance 1 recorded")
    gate.refresh_from_db()
    assert (gate.recorded_by, gate.confirmed_by) == (stage.house.finance, stage.house.second_finance)
    assert gate.evidence == "On file"
