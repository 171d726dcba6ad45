"""The ledger against the force's: lines are taken whole, matched, explained, and two people sign."""

from collections.abc import Iterator
from datetime import date

import pytest

from claims import services as claims
from claims.models import Settlement
from grants.models import Period
from overtime_ledger import clock
from overtime_ledger.books.forcefile import Table, lines_of
from overtime_ledger.books.models import Adjustment, ForceLine, Match, Reconciliation, UploadDraft
from overtime_ledger.books.selectors.ledgers import Entry, ledgers
from overtime_ledger.books.selectors.preview import preview
from overtime_ledger.books.selectors.reconciliation import compare
from overtime_ledger.books.services import force_file, matches
from overtime_ledger.books.services import reconciliation as services
from overtime_ledger.errors import Refusal
from overtime_ledger.money import decimal_pounds
from tests import factories as make

pytestmark = pytest.mark.django_db
COLUMNS = {"booked_on": "Date", "reference": "Ref", "amount": "Amount", "description": "Text"}
TODAY = date(2021, 3, 8)
Rows = list[tuple[str, str, int]]


@pytest.fixture
def house() -> Iterator[make.House]:
    with clock.travel(make.at(TODAY)):
        yield make.house()


@pytest.fixture
def period(house: make.House) -> Period:
    return house.grant.periods.get(number="P11")


def paid(house: make.House, reference: str, officers: int = 2, *, on: date = date(2021, 2, 20)) -> Settlement:
    """Claims of so many officers, approved and paid together on a day."""
    enquiry = make.enquiry(house)
    approved = [
        make.claim(house, make.assignment(house, enquiry, make.officer(house.lead)), state="approved")
        for _ in range(officers)
    ]
    with clock.travel(make.at(on)):
        return claims.settle(
            approved, grant=house.grant, agency=house.lead, reference=reference, by=house.finance
        )


def draft(house: make.House, rows: Rows, *, digest: str = "1" * 64) -> UploadDraft:
    """A file with lines of a day, a reference and pence."""
    cells = [
        (n, [on, ref, str(decimal_pounds(pence)), "Overtime"]) for n, (on, ref, pence) in enumerate(rows, 2)
    ]
    table = Table(["Date", "Ref", "Amount", "Text"], cells)
    return force_file.hold(house.grant, table, by=house.finance, file_name="ledger.csv", sha256=digest)


def take(house: make.House, *rows: tuple[str, str, int], digest: str = "1" * 64) -> int:
    """Have a file taken; how many matches it made."""
    return force_file.take(draft(house, [*rows], digest=digest), COLUMNS, by=house.finance)[1]


def explain_all(house: make.House, period: Period) -> None:
    for item in compare(period).items:
        if not item.adjustment:
            services.explain(
                period, item, by=house.finance, kind="timing", reason="Booked later", deals_with="Payroll"
            )


def signed(house: make.House, period: Period) -> Reconciliation:
    made = services.prepare(period, by=house.finance, seen=compare(period).digest)
    services.sign(made, by=house.second_finance, seen=made.sha256)
    made.refresh_from_db()
    return made


# What matches


def test_a_line_with_reference_and_amount_of_a_payment_matches_it(house: make.House, period: Period) -> None:
    payment = paid(house, "PAY 02/1")
    assert take(house, ("2021-02-24", "pay-02-1", payment.pence)) == 1
    compared = compare(period)
    assert (compared.ours_pence, compared.theirs_pence) == (payment.pence, payment.pence)
    assert (compared.matches, compared.matched_pence, list(compared.items)) == (1, payment.pence, [])
    assert compared.is_whole


def test_lines_of_claims_by_their_numbers_and_several_lines_of_one_payment(
    house: make.House, period: Period
) -> None:
    one, other = paid(house, "A1"), paid(house, "A2")
    first, second = one.claims.order_by("pk")
    rows = [("2021-02-24", f"Claim {claim.pk}", claim.pence) for claim in (first, second)]
    part = other.pence // 2
    assert take(house, *rows, ("2021-02-25", "A2", part), ("2021-02-26", "A2", other.pence - part)) == 3
    assert not compare(period).items


def test_a_reversal_matches_the_line_that_gives_it_back(house: make.House) -> None:
    payment = paid(house, "PAY 1")
    wrong = payment.claims.order_by("pk").first()
    assert wrong
    claims.reverse(wrong, by=house.di, revision=wrong.revision, reason="Wrong")
    assert take(house, ("2021-02-24", "PAY 1", payment.pence), ("2021-03-05", "PAY 1", -wrong.pence)) == 2
    march = compare(house.grant.periods.get(number="P12"))
    assert march.ours_pence == march.theirs_pence == payment.pence - wrong.pence and march.is_whole


def test_what_does_not_match_stands_in_two_lists_with_a_reason_and_whose_it_is(
    house: make.House, period: Period
) -> None:
    short, unknown = paid(house, "PAY 1"), paid(house, "PAY 2")
    take(
        house,
        ("2021-02-24", "PAY 1", short.pence - 100),
        ("2021-02-24", "J 77", 5000),
        ("2021-02-24", "", 300),
        ("2021-03-02", "PAY 2", unknown.pence),
    )
    compared = compare(period)
    assert [(one.reference, one.amount_pence, one.reason, one.who) for one in compared.only_ours] == [
        (
            "PAY 1",
            short.pence,
            f"The force has £{decimal_pounds(short.pence - 100)} with this reference, £1.00 less.",
            "Payroll",
        ),
        (
            "PAY 2",
            unknown.pence,
            "It is matched with something of 2 March 2021, after this period.",
            "Nobody: it is timing",
        ),
    ]
    assert [(one.reference, one.reason, one.who) for one in compared.only_theirs] == [
        ("PAY 1", f"The payment comes to £{decimal_pounds(short.pence)} here, £1.00 less.", "Finance"),
        ("J 77", "No payment here has this reference.", "Finance"),
        ("", "The line has no reference.", "The force’s finance"),
    ]
    assert compared.difference_pence == compared.only_ours_pence - compared.only_theirs_pence
    assert compared.unexplained == 5 and compared.timing_unexplained == 1
    assert services.explain_timing(period, by=house.finance) == 1
    assert compare(period).unexplained == 4


def test_a_line_booked_twice_is_told_from_one_that_nobody_knows(house: make.House, period: Period) -> None:
    payment = paid(house, "PAY 1")
    take(house, ("2021-02-24", "PAY 1", payment.pence), ("2021-02-25", "PAY 1", payment.pence))
    (twice,) = compare(period).items
    assert twice.reason == "The payment with this reference is matched: perhaps it was booked twice."


def test_the_preview_says_what_taking_does_and_does_nothing(house: make.House) -> None:
    payment = paid(house, "PAY 1")
    held = draft(house, [("2021-02-24", "PAY 1", payment.pence), ("2021-02-24", "J 77", 5000)])
    lines, bad = lines_of(Table(held.header, [(n, cells) for n, cells in held.rows]), COLUMNS)
    shown = preview(house.grant, lines)
    assert not bad and (shown.matching_pence, shown.left_pence) == (payment.pence, 5000)
    assert not ForceLine.objects.exists() and not Match.objects.exists()


def test_a_payment_recorded_later_matches_when_asked_again(house: make.House, period: Period) -> None:
    take(house, ("2021-02-24", "PAY 1", 10_000))
    payment = paid(house, "PAY 1")
    assert matches.match_again(house.grant, by=house.finance) == 0
    take(house, ("2021-02-25", "PAY 1", payment.pence), digest="2" * 64)
    assert [item.reference for item in compare(period).items] == ["PAY 1"]


# The file


def test_b04_a_file_is_taken_once(house: make.House) -> None:
    take(house, ("2021-02-24", "J 1", 100))
    with pytest.raises(Refusal, match="B04"):
        draft(house, [("2021-02-24", "J 2", 100)])
    assert ForceLine.objects.count() == 1


def test_b05_one_bad_cell_and_nothing_is_taken_or_matched(house: make.House) -> None:
    payment = paid(house, "PAY 1")
    held = draft(house, [("2021-02-24", "PAY 1", payment.pence), ("31/02/2021", "J 2", 100)])
    with pytest.raises(Refusal, match=r"B05.*row 3, column Date: not a day like 26/02/2021"):
        force_file.take(held, COLUMNS, by=house.finance)
    assert not ForceLine.objects.exists() and not Match.objects.exists()


def test_a_file_that_repeats_lines_is_taken_as_far_as_it_goes_on(house: make.House) -> None:
    take(house, ("2021-02-24", "J 1", 100), ("2021-02-24", "J 1", 100))
    held = draft(house, [("2021-02-24", "J 1", 100)] * 3 + [("2021-03-01", "J 2", 5)], digest="2" * 64)
    upload, _ = force_file.take(held, COLUMNS, by=house.finance)
    assert (upload.line_count, upload.left_out) == (2, 2)
    again = draft(house, [("2021-02-24", "J 1", 100)], digest="3" * 64)
    with pytest.raises(Refusal, match="B05"):
        force_file.take(again, COLUMNS, by=house.finance)
    force_file.take(again, COLUMNS, by=house.finance, take_repeated=True)
    assert ForceLine.objects.filter(reference="J 1").count() == 4


# By hand


def test_matched_by_hand_with_a_difference_that_is_explained(house: make.House, period: Period) -> None:
    payment = paid(house, "PAY 1")
    take(house, ("2021-02-24", "J 77", payment.pence - 2))
    line, both = ForceLine.objects.get(), ledgers(house.grant)
    made = matches.match_by_hand(
        house.grant,
        both.open_entries,
        [line],
        by=house.finance,
        reason="Payroll renumbered it",
        differing=True,
    )
    (item,) = compare(period).items
    assert (item.side, item.pence, item.reference) == ("differs", 2, "PAY 1")
    with pytest.raises(Refusal, match="A03"):
        matches.match_by_hand(house.grant, both.open_entries, [], by=house.finance, reason="Again")
    services.explain(
        period, item, by=house.finance, kind="tolerated", reason="Rounded by payroll", deals_with="Nobody"
    )
    assert compare(period).is_whole
    matches.undo_match(made, by=house.finance, reason="It was another one")
    compared = compare(period)
    assert len(compared.items) == 2 and len(compared.stale) == 1 and not compared.is_whole
    assert Match.objects.get().undone_because == "It was another one"
    services.withdraw(compared.stale[0], by=house.finance)
    assert Adjustment.objects.get().withdrawn_by == house.finance and not compare(period).stale


def test_many_claims_are_one_line_and_one_claim_is_many_lines(house: make.House, period: Period) -> None:
    payment, other = paid(house, "PAY 1", officers=3), paid(house, "PAY 2")
    by_pence = sorted(entry.pence for entry in ledgers(house.grant).entries)
    two, half = by_pence[0] + by_pence[1], by_pence[0] // 2
    take(
        house,
        ("2021-02-24", "J 1", two),
        ("2021-02-24", "J 2", half),
        ("2021-02-25", "J 3", by_pence[0] - half),
    )
    first, second, third = ForceLine.objects.order_by("pk")

    def entries(of: Settlement) -> list[Entry]:
        return [one for one in ledgers(house.grant).open_entries if one.payment == of.pk]

    one, two_of_it = entries(other)[0], entries(payment)[:2]
    match = matches.match_by_hand
    match(house.grant, two_of_it, [first], by=house.finance, reason="Booked by team")
    match(house.grant, [one], [second, third], by=house.finance, reason="Booked in halves")
    compared = compare(period)
    assert (compared.matches, compared.theirs_pence, len(compared.only_theirs)) == (
        2,
        compared.matched_pence,
        0,
    )
    assert {(item.reference, item.description) for item in compared.only_ours} == {
        ("PAY 1", "MPS, 1 claim"),
        ("PAY 2", "MPS, 1 claim"),
    }
    take(house, ("2021-02-26", "PAY 1", by_pence[0]), digest="2" * 64)
    assert [item.reference for item in compare(period).items] == ["PAY 2"], "what is left matches by itself"


def test_b07_a_match_comes_to_the_same_unless_somebody_says_that_it_differs(
    house: make.House, period: Period
) -> None:
    payment = paid(house, "PAY 1")
    take(house, ("2021-02-24", "J 77", payment.pence - 1))
    both = ledgers(house.grant)
    with pytest.raises(Refusal, match=r"B07.*ours is £0.01 more"):
        matches.match_by_hand(house.grant, both.entries, both.lines, by=house.finance, reason="Same")
    assert not Match.objects.exists() and compare(period).unexplained == 2


def test_what_was_taken_back_later_is_matched_apart_from_what_was_paid(
    house: make.House, period: Period
) -> None:
    payment = paid(house, "PAY 1")
    wrong = payment.claims.order_by("pk").first()
    assert wrong
    claims.reverse(wrong, by=house.di, revision=wrong.revision, reason="Wrong")
    take(house, ("2021-02-24", "J 77", payment.pence), ("2021-03-05", "J 78", -wrong.pence))
    both = ledgers(house.grant)
    first, second = both.open_parts()
    assert (first.pence, second.pence, second.is_back) == (payment.pence, -wrong.pence, True)
    matches.match_by_hand(house.grant, first.entries, [both.lines[0]], by=house.finance, reason="Renumbered")
    assert compare(period).is_whole
    matches.match_by_hand(house.grant, second.entries, [both.lines[1]], by=house.finance, reason="Renumbered")
    assert compare(house.grant.periods.get(number="P12")).is_whole


# Two signatures


def test_g01_one_prepares_and_another_signs(house: make.House, period: Period) -> None:
    payment = paid(house, "PAY 1")
    take(house, ("2021-02-24", "PAY 1", payment.pence))
    made = services.prepare(period, by=house.finance, seen=compare(period).digest)
    with pytest.raises(Refusal, match="G01"):
        services.sign(made, by=house.finance, seen=made.sha256)
    services.sign(made, by=house.second_finance, seen=made.sha256)
    made.refresh_from_db()
    assert made.is_signed and made.difference_pence == 0 and made.ours_pence == payment.pence


def test_b03_nothing_is_prepared_while_something_is_unexplained(house: make.House, period: Period) -> None:
    payment = paid(house, "PAY 1")
    with pytest.raises(Refusal, match=f"B03.*£{decimal_pounds(payment.pence)}"):
        services.prepare(period, by=house.finance, seen=compare(period).digest)
    explain_all(house, period)
    assert signed(house, period).adjusted_pence == payment.pence


def test_a_period_that_is_not_over_is_not_reconciled(house: make.House) -> None:
    march = house.grant.periods.get(number="P12")
    with pytest.raises(Refusal, match="B01"):
        services.prepare(march, by=house.finance, seen=compare(march).digest)


def test_what_changed_since_it_was_seen_is_neither_prepared_nor_signed(
    house: make.House, period: Period
) -> None:
    seen = compare(period).digest
    payment = paid(house, "PAY 1")
    explain_all(house, period)
    with pytest.raises(Refusal, match="A03"):
        services.prepare(period, by=house.finance, seen=seen)
    made = services.prepare(period, by=house.finance, seen=compare(period).digest)
    take(house, ("2021-02-26", "PAY 1", payment.pence))
    with pytest.raises(Refusal, match="A03"):
        services.sign(made, by=house.second_finance, seen=made.sha256)
    services.send_back(made, by=house.second_finance, reason="The line has come")
    services.withdraw(compare(period).stale[0], by=house.finance)
    assert signed(house, period).adjusted_pence == 0
    assert [one.status for one in Reconciliation.objects.order_by("pk")] == ["returned", "signed"]


def test_b06_what_is_signed_stands_and_what_comes_later_is_of_the_next_period(
    house: make.House, period: Period
) -> None:
    payment, late = paid(house, "PAY 1"), paid(house, "PAY 2")
    take(house, ("2021-02-24", "PAY 1", payment.pence))
    explain_all(house, period)
    made = signed(house, period)
    before = made.document
    for change in (
        lambda: matches.undo_match(Match.objects.get(), by=house.finance, reason="No"),
        lambda: services.withdraw(Adjustment.objects.get(), by=house.finance),
    ):
        with pytest.raises(Refusal, match="B06"):
            change()
    assert take(house, ("2021-03-02", "PAY 2", late.pence), digest="2" * 64) == 1
    made.refresh_from_db()
    assert made.document == before
    assert compare(house.grant.periods.get(number="P12")).is_whole


def test_what_is_still_open_comes_with_its_explanation_and_is_said_again_by_whoever_prepares(
    house: make.House, period: Period
) -> None:
    payment = paid(house, "PAY 1")
    take(house, ("2021-02-24", "J 77", 5000), ("2021-02-25", "J 78", 300))
    for item in compare(period).items:
        kind, reason = ("theirs", f"Not ours: {item.reference}")
        services.explain(period, item, by=house.finance, kind=kind, reason=reason, deals_with="Payroll")
    signed(house, period)
    march = house.grant.periods.get(number="P12")
    compared = compare(march)
    assert compared.is_whole and len(compared.carried) == 3 and not march.adjustments.exists()
    assert compared.items[1].explained == (
        "Carried forward from P11: An error of the force's ledger, to be corrected there. Not ours: J 77"
    )
    services.explain(
        march, compared.items[2], by=house.finance, kind="ours", reason="It is ours", deals_with="Finance"
    )
    take(house, ("2021-03-02", "PAY 1", payment.pence), digest="2" * 64)
    compared = compare(march)
    assert [(one.reference, one.is_carried) for one in compared.items] == [("J 77", True), ("J 78", False)]
    assert compared.is_whole and compared.adjusted_pence == -5300
    with clock.travel(make.at(date(2021, 4, 2))):
        made = services.prepare(march, by=house.finance, seen=compared.digest)
        again = march.adjustments.get(carried_from__isnull=False)
        assert again.made_by == house.finance and again.carried_from == period.adjustments.get(pence=-5000)
        services.send_back(made, by=house.second_finance, reason="Is J 77 really theirs?")
        services.withdraw(again, by=house.second_finance)
        assert [one.reference for one in compare(march).items if not one.explained] == ["J 77"]
        services.explain(
            march, compare(march).items[0], by=house.finance, kind="theirs", reason="Yes", deals_with="AP"
        )
        signed(house, march)
        adjusting = compare(house.grant.periods.get(number="P13"))
    assert [one.explained.split(":")[0] for one in adjusting.carried] == ["Carried forward from P12"] * 2


@pytest.mark.parametrize("verb", ["hold", "match", "explain", "prepare"])
def test_nobody_else_reconciles(house: make.House, period: Period, verb: str) -> None:
    paid(house, "PAY 1")
    compared = compare(period)
    for person in (house.di, house.auditor):
        with pytest.raises(Refusal, match="P01"):
            if verb == "hold":
                force_file.hold(house.grant, Table([], []), by=person, file_name="", sha256="")
            elif verb == "match":
                matches.match_again(house.grant, by=person)
            elif verb == "explain":
                services.explain(
                    period, compared.items[0], by=person, kind="timing", reason="No", deals_with="Me"
                )
            else:
                services.prepare(period, by=person, seen=compared.digest)
