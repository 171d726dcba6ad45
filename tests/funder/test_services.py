"""Claims to the funder: drawn from the ledger once, certified by two others, sent, received, repaid."""

from datetime import date
from typing import Any

import pytest

from claims import services as claims
from claims.models import Claim
from claims.services import safeguards
from grants.models import LedgerEntry
from overtime_ledger import clock
from overtime_ledger.errors import Refusal
from overtime_ledger.funder import selectors, services
from overtime_ledger.funder.models import FunderClaim, FunderClaimLine
from tests import factories as make
from tests.factories import at
from tests.funder.scene import (
    MARCH_8,
    certified,
    certify_both,
    draw,
    made,
    received,
    reverse_approval,
    sent,
)
from tests.funder.scene import FunderScene as Scene

pytestmark = pytest.mark.django_db

HOURS = 10_512  # four hours of a constable of the lead force


@pytest.fixture
def scene() -> Scene:
    return made()


def refused(code: str, verb: Any, *args: Any, **said: Any) -> Refusal:
    with pytest.raises(Refusal) as refusal:
        verb(*args, **said)
    assert refusal.value.code == code, refusal.value
    return refusal.value


def test_a_claim_is_what_the_ledger_says_by_type_up_to_its_day(scene: Scene) -> None:
    claim = draw(scene)
    lead, other, total = selectors.report(claim)
    assert (lead.now, other.now) == (scene.february.pence, scene.other.pence)
    assert (lead.now, lead.unpaid, lead.previous) == (HOURS, HOURS, 0)
    assert total.now == total.actual == total.cumulative == claim.pence == lead.now + other.now
    assert total.profile == 13_500_000 * 28 // 59 + 1 and total.variance == total.actual - total.profile
    assert total.balance == 13_500_000 - claim.pence
    assert (str(claim), claim.line_count, claim.from_on) == ("FC-0001", 2, date(2021, 2, 1))
    assert all(one.agrees for one in selectors.agreements(claim))


def test_the_next_claim_takes_what_is_left_and_each_line_is_claimed_once(scene: Scene) -> None:
    first, second = certified(scene), draw(scene, MARCH_8)
    total = selectors.report(second)[-1]
    assert (total.now, total.previous, total.actual) == (scene.march.pence, first.pence, scene.march.pence)
    assert total.cumulative == selectors.statement(scene.grant, as_at=MARCH_8).eligible
    assert (second.from_on, second.number) == (date(2021, 3, 1), 2)
    assert FunderClaimLine.objects.filter(live=True).count() == 3


def test_f01_nothing_is_claimed_twice(scene: Scene) -> None:
    certified(scene)
    refusal = refused("F01", draw, scene)
    assert "28 February 2021" in refusal.reason
    assert FunderClaim.objects.count() == 1


def test_f20_one_claim_at_a_time(scene: Scene) -> None:
    draw(scene)
    refused("F20", draw, scene, MARCH_8)


@pytest.mark.parametrize("day", [date(2021, 3, 9), date(2021, 1, 31)])
def test_f21_a_claim_ends_on_a_day_of_the_grant_that_has_come(scene: Scene, day: date) -> None:
    refused("F21", draw, scene, day)


def test_f21_a_claim_does_not_end_before_the_last_one(scene: Scene) -> None:
    certified(scene)
    refused("F21", draw, scene, date(2021, 2, 27))


def test_a_variance_needs_its_reason_and_the_total_is_the_one_that_was_seen(scene: Scene) -> None:
    refused("A08", draw, scene, reason=" ")
    refused("A03", draw, scene, expected_pence=1)
    assert draw(scene, expected_pence=scene.february.pence + scene.other.pence).number == 1


def test_only_finance_draws(scene: Scene) -> None:
    for who in (scene.house.di, scene.house.auditor, scene.manager, scene.cfo):
        refused("P01", draw, scene, by=who)


def test_two_others_certify_and_then_it_is_sent(scene: Scene) -> None:
    claim = draw(scene)
    refused("A03", services.send, claim, by=scene.house.finance, sent_on=MARCH_8, reference="1")
    claim = services.certify(claim, capacity="cfo", by=scene.cfo)
    assert claim.status == "drawn"
    claim = services.certify(claim, capacity="pm", by=scene.manager)
    assert claim.status == "certified"
    refused("F23", services.send, claim, by=scene.house.finance, sent_on=date(2021, 3, 9), reference="1")
    refused("F23", services.send, claim, by=scene.house.finance, sent_on=MARCH_8, reference=" ")
    claim = services.send(claim, by=scene.house.finance, sent_on=MARCH_8, reference="Portal 1")
    assert (claim.status, claim.sent_reference) == ("sent", "Portal 1")


def test_a01_drawn_and_certified_by_three_people(scene: Scene) -> None:
    everything = make.person(
        "finance", "project_manager", "chief_finance_officer", agency=scene.house.lead, name="Finance 3"
    )
    claim = draw(scene, by=everything)
    refused("A01", services.certify, claim, capacity="pm", by=everything)
    both = make.person("project_manager", "chief_finance_officer", agency=scene.house.lead, name="PM 2")
    claim = services.certify(claim, capacity="pm", by=both)
    refused("A01", services.certify, claim, capacity="cfo", by=both)
    assert services.certify(claim, capacity="cfo", by=scene.cfo).status == "certified"


def test_each_certificate_has_its_office(scene: Scene) -> None:
    claim = draw(scene)
    refused("P01", services.certify, claim, capacity="cfo", by=scene.manager)
    refused("P01", services.certify, claim, capacity="pm", by=scene.cfo)
    refused("P01", services.certify, claim, capacity="pm", by=scene.house.di)


def test_f22_what_the_ledger_does_not_bear_out_is_not_certified(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim = draw(scene)
    monkeypatch.setattr(selectors.reports, "digest_of", lambda claim: "another")
    refusal = refused("F22", services.certify, claim, capacity="pm", by=scene.manager)
    assert "digest" in refusal.reason


def test_what_is_held_back_is_left_out_until_it_is_released(scene: Scene) -> None:
    held = scene.february
    safeguards.freeze(held, by=scene.house.finance, reason="Two logs differ")
    first = draw(scene)
    lead, other, total = selectors.report(first)
    assert (lead.now, lead.actual, lead.unpaid, other.now) == (0, 0, 0, scene.other.pence)
    assert (first.held_back_count, first.held_back_pence, total.cumulative) == (1, HOURS, first.pence)
    said = {one.what: one.found for one in selectors.agreements(first)}
    assert said["Claimed now and before, held back, and the ledger"] == first.pence + HOURS
    assert said["Held back and left out"] == HOURS
    account = selectors.account(scene.grant)
    assert (account.held_back.pence, account.unclaimed) == (HOURS, HOURS + scene.march.pence)
    certify_both(scene, first)
    safeguards.release_from_freeze(held, by=scene.house.finance, reason="The logs agree")
    second = draw(scene, MARCH_8)
    assert (second.pence, second.held_back_count) == (HOURS + scene.march.pence, 0)
    assert second.pence + first.pence == selectors.statement(scene.grant, as_at=MARCH_8).eligible
    assert all(one.agrees for claim in (first, second) for one in selectors.agreements(claim))


def test_what_was_claimed_before_it_was_held_back_stays_claimed_and_is_told(scene: Scene) -> None:
    claim = draw(scene)
    safeguards.freeze(scene.february, by=scene.house.finance, reason="Two logs differ")
    assert selectors.held_back_since(claim) == selectors.Entries(1, HOURS)
    account = selectors.account(scene.grant)
    assert (account.held_back, account.held_back_since) == (
        selectors.Entries(),
        selectors.Entries(1, HOURS),
    )
    second = draw_next(scene, claim)
    assert (second.pence, second.previous_pence) == (scene.march.pence, claim.pence)
    reverse_approval(scene, scene.february)  # which lets it go
    assert selectors.held_back_since(claim) == selectors.Entries()
    assert selectors.reversed_since(claim) == HOURS


def draw_next(scene: Scene, claim: FunderClaim) -> FunderClaim:
    certify_both(scene, claim)
    return draw(scene, MARCH_8)


def test_a_claim_of_nothing_but_what_is_held_back_is_none(scene: Scene) -> None:
    for one in (scene.february, scene.other):
        safeguards.freeze(one, by=scene.house.finance, reason="Two logs differ")
    refused("F01", draw, scene)


def test_a_claim_is_withdrawn_until_both_certified_it_and_its_lines_are_free(scene: Scene) -> None:
    claim = services.certify(draw(scene), capacity="pm", by=scene.manager)
    refused("A08", services.withdraw, claim, by=scene.house.finance, reason="")
    claim = services.withdraw(claim, by=scene.house.finance, reason="A duty was left out")
    assert claim.lines.filter(live=False).count() == 2
    again = certified(scene)
    assert (again.number, again.pence, again.previous_pence) == (2, claim.pence, 0)
    refused("A03", services.withdraw, again, by=scene.house.finance, reason="Too late")


def test_a_reversal_after_claiming_is_due_back_and_a_minus_of_the_next_claim(scene: Scene) -> None:
    first = sent(scene)
    reverse_approval(scene, scene.february)
    account = selectors.account(scene.grant)
    assert account.reversed == HOURS and account.unclaimed == scene.march.pence - HOURS
    assert (account.balance_due, account.position) == (first.pence, first.pence - HOURS)
    second = draw(scene, MARCH_8)
    assert list(second.lines.order_by("pence").values_list("pence", flat=True)) == [
        -HOURS,
        scene.march.pence,
    ]
    assert second.pence + first.pence == selectors.statement(scene.grant, as_at=MARCH_8).eligible
    assert selectors.account(scene.grant).reversed == 0


def test_what_is_reversed_before_a_claim_is_sent_is_told_and_not_due_back(scene: Scene) -> None:
    claim = draw(scene)
    reverse_approval(scene, scene.february)
    assert selectors.reversed_since(claim) == HOURS and selectors.account(scene.grant).reversed == 0
    assert all(one.agrees for one in selectors.agreements(claim))
    claim = services.withdraw(claim, by=scene.house.finance, reason="A duty was reversed")
    assert selectors.reversed_since(claim) == 0 and draw(scene).pence == scene.other.pence


def test_what_was_reversed_before_it_was_claimed_cancels_out(scene: Scene) -> None:
    reverse_approval(scene, scene.february)
    claim = draw(scene)
    assert (claim.line_count, claim.pence) == (3, scene.other.pence)


def test_f23_receipts_come_in_parts_and_never_exceed_what_is_owed(scene: Scene) -> None:
    claim = certified(scene)
    refused("A03", received, scene, claim, 100)
    claim = services.send(claim, by=scene.house.finance, sent_on=MARCH_8, reference="Portal 1")
    received(scene, claim, 10_000)
    refused("F23", received, scene, claim, claim.pence, "HO 2")
    refused("F23", received, scene, claim, 100)
    received(scene, claim, claim.pence - 10_000, "HO 2")
    account = selectors.account(scene.grant)
    assert (account.received, account.balance_due, account.due_to) == (claim.pence, 0, 0)


def test_f23_a_repayment_is_what_is_due_and_no_more(scene: Scene) -> None:
    claim = sent(scene)
    received(scene, claim, claim.pence)
    said = {"repaid_on": MARCH_8, "reference": "BACS 9", "by": scene.house.finance}
    refused("F23", services.repay, scene.grant, pence=1, **said)
    reverse_approval(scene, scene.february)
    refused("F23", services.repay, scene.grant, pence=HOURS + 1, **said)
    services.repay(scene.grant, pence=HOURS, **said)
    assert selectors.account(scene.grant).position == 0
    second = services.send(
        certify_both(scene, draw(scene, MARCH_8)),
        by=scene.house.finance,
        sent_on=MARCH_8,
        reference="Portal 2",
    )
    assert selectors.account(scene.grant).due_from == scene.march.pence == second.pence + HOURS
    received(scene, second, scene.march.pence, "HO 3")
    assert selectors.account(scene.grant).position == 0


def test_a_wrong_receipt_is_struck_out_and_stays_to_be_read(scene: Scene) -> None:
    claim = sent(scene)
    received(scene, claim, 10_000)
    transfer = claim.receipts.get()
    refused("A08", services.strike_out, transfer, by=scene.house.finance, reason="")
    services.strike_out(transfer, by=scene.house.finance, reason="It was 1,000")
    refused("A03", services.strike_out, transfer, by=scene.house.finance, reason="Again")
    received(scene, claim, 1_000)
    assert selectors.account(scene.grant).received == 1_000 and claim.receipts.count() == 2


def test_a_receipt_that_was_repaid_is_not_struck_out(scene: Scene) -> None:
    claim = sent(scene)
    received(scene, claim, claim.pence)
    reverse_approval(scene, scene.february)
    services.repay(scene.grant, pence=HOURS, repaid_on=MARCH_8, reference="BACS 9", by=scene.house.finance)
    refused("F23", services.strike_out, claim.receipts.get(), by=scene.house.finance, reason="Wrong")


def test_on_the_paid_basis_what_is_settled_is_claimed_by_the_day_of_the_payment() -> None:
    scene = made("paid")
    refused("F01", draw, scene)
    with clock.travel(at(date(2021, 2, 26))):
        pay(scene, scene.february, "OT/1")
    with clock.travel(at(date(2021, 3, 3))):
        pay(scene, scene.march, "OT/2")
    first = sent(scene)
    other = selectors.report(first)[1]
    assert (first.pence, other.now, other.unpaid) == (scene.february.pence, 0, scene.other.pence)
    reverse_approval(scene, scene.february)
    assert selectors.account(scene.grant).reversed == scene.february.pence
    second = draw(scene, MARCH_8)
    assert second.pence == scene.march.pence - scene.february.pence
    assert second.pence + first.pence == selectors.statement(scene.grant, as_at=MARCH_8).eligible
    assert all(one.agrees for one in selectors.agreements(second))


def test_on_the_paid_basis_a_claim_held_back_after_payment_is_left_out_too() -> None:
    scene = made("paid")
    pay(scene, scene.february, "OT/1")
    pay(scene, scene.march, "OT/2")
    safeguards.freeze(scene.february, by=scene.house.finance, reason="Two logs differ")
    claim = draw(scene, MARCH_8)
    lead, other, _ = selectors.report(claim)
    assert (claim.pence, claim.held_back_pence) == (scene.march.pence, scene.february.pence)
    assert (lead.unpaid, other.unpaid) == (0, scene.other.pence)
    assert all(one.agrees for one in selectors.agreements(claim))


def pay(scene: Scene, claim: Claim, reference: str) -> None:
    claims.settle(
        [claim], grant=scene.grant, agency=scene.house.lead, reference=reference, by=scene.house.finance
    )


def test_what_is_claimed_ties_to_the_ladder(scene: Scene) -> None:
    draw(scene, MARCH_8)
    incurred = sum(line.incurred for line in scene.grant.lines.all())
    statement = selectors.statement(scene.grant, as_at=MARCH_8)
    assert statement.eligible == incurred == FunderClaim.objects.get().pence
    assert statement.unspent == scene.grant.amount_pence - incurred
    assert statement.total.unpaid == incurred and statement.still_due == incurred


def test_a_past_position_is_what_was_known_then(scene: Scene) -> None:
    past = selectors.statement(scene.grant, as_at=date(2021, 2, 15))
    assert past.eligible == scene.february.pence + scene.other.pence and past.claims == []
    sent(scene)
    assert selectors.account(scene.grant, as_at=date(2021, 3, 7)).claimed == 0


def test_entries_without_a_claim_behind_them_are_no_spending(scene: Scene) -> None:
    kinds = set(
        LedgerEntry.objects.filter(
            pk__in=selectors.spending(scene.grant, "accrued").values("pk")
        ).values_list("kind", flat=True)
    )
    assert kinds == {"approval"}
