"""A grant is closed by two people once its checklist is done; from then on it can only be read."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from claims import services as claims
from claims.models import Claim
from claims.services import safeguards
from grants import services as grants
from grants.models import Grant
from overtime_ledger import clock
from overtime_ledger.books.models import Closing, ClosingItem, Retention, least_retention
from overtime_ledger.books.selectors import closing as selectors
from overtime_ledger.books.services import closing
from overtime_ledger.errors import Refusal
from tasking import services as tasking
from tests import factories as make
from tests.factories import House, at

pytestmark = pytest.mark.django_db
Kind = ClosingItem.Kind
DAY, MAY_3 = date(2021, 2, 10), date(2021, 5, 3)
KEPT = date(2027, 5, 3)


@pytest.fixture
def house() -> House:
    return make.house()


@pytest.fixture
def paid(house: House) -> Claim:
    """A claim of 10 February that was approved and paid."""
    claim = make.claim(
        house,
        make.assignment(house, make.enquiry(house), make.officer(house.lead), day=DAY),
        state="approved",
    )
    with clock.travel(at(date(2021, 2, 20))):
        claims.settle([claim], grant=house.grant, agency=house.lead, reference="Payroll 1", by=house.finance)
    claim.refresh_from_db()
    return claim


def done(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything on the checklist as it is when all is done; what other parts know is taken as so."""
    for kind in (Kind.RECONCILIATION, Kind.OUTTURN, Kind.USAGE):
        monkeypatch.setitem(selectors.KNOWN, kind, lambda grant: selectors.Known(True, "So it is."))
    make.outcomes(house.grant, by=house.di)
    for kind in ClosingItem.SIGNED:
        closing.sign(house.grant, kind, done_on=MAY_3, evidence="Minute 4", by=house.finance)
    closing.set_retention(
        house.grant, keep_until=KEPT, legal_hold=False, reason="Six years", by=house.finance
    )


def closed(house: House, monkeypatch: pytest.MonkeyPatch) -> Closing:
    with clock.travel(at(MAY_3)):
        done(house, monkeypatch)
        made = closing.confirm(closing.propose(house.grant, by=house.finance), by=house.second_finance)
    house.grant.refresh_from_db()
    return made


def code_of(verb: Callable[[], Any]) -> str:
    with pytest.raises(Refusal) as refused:
        verb()
    return refused.value.code


def test_two_people_close_a_grant_whose_checklist_is_done(
    house: House, paid: Claim, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = closed(house, monkeypatch)
    assert house.grant.status == Grant.Status.CLOSED
    assert (made.settled_pence, made.unspent_pence) == (paid.pence, 13_500_000 - paid.pence)
    assert made.closed_on == MAY_3 and [item["done"] for item in made.checklist] == [True] * len(Kind)


def test_y03_open_items_are_named(house: House, paid: Claim) -> None:
    with clock.travel(at(MAY_3)), pytest.raises(Refusal) as refused:
        closing.propose(house.grant, by=house.finance)
    assert refused.value.code == "Y03"
    assert "Equality review; Evaluation of the pilot; Retention set" in refused.value.reason


def test_who_proposed_does_not_confirm_and_an_entry_since_is_looked_at(
    house: House, paid: Claim, monkeypatch: pytest.MonkeyPatch
) -> None:
    with clock.travel(at(MAY_3)):
        done(house, monkeypatch)
        proposed = closing.propose(house.grant, by=house.finance)
        assert code_of(lambda: closing.propose(house.grant, by=house.second_finance)) == "Y06"
        assert code_of(lambda: closing.confirm(proposed, by=house.finance)) == "G01"
        assert code_of(lambda: closing.confirm(proposed, by=house.di)) == "P01"
        paid.refresh_from_db()
        claims.reverse(paid, by=house.di, revision=paid.revision, reason="Paid twice")
        assert code_of(lambda: closing.confirm(proposed, by=house.second_finance)) == "A03"
        assert code_of(lambda: closing.withdraw(proposed, by=house.finance, reason=" ")) == "A08"
        closing.withdraw(proposed, by=house.finance, reason="A claim was reversed")
        assert code_of(lambda: closing.confirm(proposed, by=house.second_finance)) == "A03"
    house.grant.refresh_from_db()
    assert house.grant.status == Grant.Status.OPEN


def test_what_the_product_knows_is_looked_up(house: House, paid: Claim) -> None:
    enquiry = paid.enquiry
    waiting = make.claim(house, make.assignment(house, enquiry, make.officer(house.lead), day=DAY))
    make.claim(house, make.assignment(house, enquiry, make.officer(house.lead), day=DAY), state="approved")
    make.assignment(house, enquiry, make.officer(house.lead), day=DAY)
    with clock.travel(at(MAY_3)):
        says = {item.kind: (item.is_done, item.says) for item in selectors.checklist(house.grant)}
    assert says[Kind.CLAIMS] == (False, "1 claim waits to be decided.")
    assert says[Kind.COMMITMENTS] == (
        False,
        f"£{waiting.pence / 100:,.2f} is still tasked: duties are to be claimed or released.",
    )
    assert says[Kind.PAYROLL][1].startswith("1 approved claim is not paid")
    assert says[Kind.INVOICES] == (True, "Every approved claim is paid, no statement is open.")
    assert says[Kind.RECONCILIATION][0] is False and says[Kind.OUTTURN][0] is False
    assert says[Kind.RETENTION] == (False, "To be set: 31 March 2027 or later.")


def test_an_item_has_an_owner_and_a_day_and_is_overdue_after_it(house: House) -> None:
    closing.assign(house.grant, Kind.EVALUATION, owner=house.di, due_on=MAY_3, by=house.finance)
    assert code_of(
        lambda: closing.assign(house.grant, Kind.USAGE, owner=house.di, due_on=MAY_3, by=house.auditor)
    ) == ("P01")
    with clock.travel(at(MAY_3 + timedelta(days=1))):
        item = next(item for item in selectors.checklist(house.grant) if item.kind == Kind.EVALUATION)
        assert (item.owner, item.due_on, item.state) == (house.di, MAY_3, "overdue")
        closing.sign(house.grant, Kind.EVALUATION, done_on=MAY_3, evidence="Report 9", by=house.finance)
        item = next(item for item in selectors.checklist(house.grant) if item.kind == Kind.EVALUATION)
    assert (item.state, item.says, item.signed_by, item.owner) == (
        "done",
        "Report 9",
        house.finance,
        house.di,
    )


def test_y04_only_what_is_done_is_signed_with_its_evidence(house: House) -> None:
    today, ahead = clock.today(), clock.today() + timedelta(days=1)
    for kind, on, evidence in (
        (Kind.CLAIMS, today, "Seen"),
        (Kind.OUTTURN, ahead, "Seen"),
        (Kind.OUTTURN, today, "Seen"),
        (Kind.EQUALITY, ahead, "Seen"),
        (Kind.EQUALITY, today, " "),
    ):
        assert (
            code_of(
                lambda k=kind, d=on, e=evidence: closing.sign(  # type: ignore[misc]
                    house.grant, k, done_on=d, evidence=e, by=house.finance
                )
            )
            == "Y04"
        )
    assert not ClosingItem.objects.exists()


@pytest.mark.parametrize(
    ("window_ends", "paid_on", "least"),
    [
        (date(2021, 3, 31), None, date(2027, 3, 31)),
        (date(2021, 3, 31), date(2021, 3, 31), date(2027, 3, 31)),
        (date(2021, 3, 31), date(2021, 5, 14), date(2027, 5, 14)),
        (date(2021, 4, 1), None, date(2028, 3, 31)),
        (date(2024, 1, 31), date(2024, 2, 29), date(2030, 3, 31)),
        (date(2023, 3, 31), date(2024, 2, 29), date(2030, 2, 28)),
    ],
)
def test_records_are_kept_six_years_after_the_year_or_the_final_payment(
    window_ends: date, paid_on: date | None, least: date
) -> None:
    assert least_retention(window_ends, paid_on) == least


def test_y05_no_shorter_retention_and_a_legal_hold_at_any_time(
    house: House, paid: Claim, monkeypatch: pytest.MonkeyPatch
) -> None:
    def keep(until: date, hold: bool = False) -> Retention:
        return closing.set_retention(
            house.grant, keep_until=until, legal_hold=hold, reason="Because", by=house.finance
        )

    assert code_of(lambda: keep(date(2027, 3, 30))) == "Y05"
    closed(house, monkeypatch)
    keep(KEPT, True)
    latest = selectors.retention_of(house.grant)
    assert latest and latest.in_words == "kept until 3 May 2027, on legal hold"


def test_l03_every_verb_on_a_closed_grant_is_refused(
    house: House, paid: Claim, monkeypatch: pytest.MonkeyPatch
) -> None:
    line, revision = paid.enquiry.line, paid.revision
    duty = paid.assignment
    closed(house, monkeypatch)
    paid.refresh_from_db()
    grant = paid.grant
    subject = paid.enquiry.subjects.get()
    verbs: list[Callable[[], Any]] = [
        lambda: claims.reverse(paid, by=house.di, revision=revision, reason="No"),
        lambda: safeguards.add_evidence(paid, by=house.finance, kind="other", reference="Book 2"),
        lambda: safeguards.freeze(paid, by=house.finance, reason="Looks odd"),
        lambda: claims.check(claims.as_planned(duty), by=duty.officer),
        lambda: tasking.close_enquiry(paid.enquiry, by=house.di, outcomes_follow=True),
        lambda: tasking.open_enquiry(grant, by=house.di, objective="x", kind="other", new_subjects=1),
        lambda: tasking.cancel(duty.tasking, by=house.di, reason="No"),
        lambda: make.assignment(house, paid.enquiry, make.officer(house.lead), day=date(2021, 3, 30)),
        lambda: grants.foretell(grant, 1, by=house.di, reason="No"),
        lambda: grants.move(line, grant.lines.get(is_main=True), 1, by=house.di, reason="x", token="t"),
        lambda: grants.appoint_controller(grant, house.deputy, by=house.finance, from_on=date(2021, 6, 1)),
        lambda: make.agree(house),
        lambda: closing.assign(grant, Kind.USAGE, owner=house.di, due_on=MAY_3, by=house.finance),
        lambda: closing.propose(grant, by=house.finance),
        lambda: tasking.record_outcome(
            paid.enquiry, subject, tasking.Came("open", DAY, "none"), by=house.di, seen=0, reason="Late"
        ),
        lambda: tasking.record_entry(
            paid.enquiry, subject, tasking.Assessed(1, "MoRiLE", 100, DAY, "Analyst 1"), by=house.di
        ),
    ]
    assert [code_of(verb) for verb in verbs] == ["L03"] * len(verbs)


@pytest.mark.parametrize(
    "sql",
    [
        "update claims_claim set remark = 'x'",
        "update tasking_assignment set notes = '[]'",
        "update tasking_tasking set reason = 'x'",
        "update tasking_enquiry set objective = 'x'",
        "update grants_authority set to_on = '2021-06-01'",
        "update grants_grant set red_over_percent = 101",
        "update grants_grant set status = 'open'",
        "delete from claims_claim",
        "update grants_period set closed_on = closed_on",
        "insert into tasking_outcome (enquiry_id, subject_id, result, words, came_on, disruption, exit_by, "
        "replaces_id, reason, recorded_by_id, recorded_at, capacity) select enquiry_id, subject_id, 'open', "
        "'', came_on, 'none', '', id, 'x', recorded_by_id, now(), '' from tasking_outcome",
        "insert into tasking_entryassessment (enquiry_id, subject_id, score, scale, scale_most, assessed_on, "
        "assessed_by, reason, recorded_by_id, recorded_at, capacity) select enquiry_id, subject_id, 1, 'x', "
        "2, came_on, 'x', '', recorded_by_id, now(), '' from tasking_outcome",
        "insert into payments_tolerance (grant_id, pence, reason, recorded_by_id, recorded_at) "
        "select grant_id, 1, 'x', person_id, now() from grants_authority",
        "insert into grants_variancecomment (grant_id, kind, comment, given_by_id, given_on) "
        "select grant_id, 'timing', 'x', person_id, '2021-05-03' from grants_authority",
    ],
)
def test_the_database_lets_nothing_of_a_closed_grant_change(
    house: House, paid: Claim, monkeypatch: pytest.MonkeyPatch, sql: str
) -> None:
    closed(house, monkeypatch)
    with (
        pytest.raises(IntegrityError, match=r"only read|cannot be made or changed|from draft to open"),
        transaction.atomic(),
    ):
        run(sql)


def test_the_database_posts_no_entry_for_a_closed_grant(
    house: House, paid: Claim, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed(house, monkeypatch)
    with pytest.raises(IntegrityError, match="the grant is not open"), transaction.atomic():
        run(
            "insert into grants_ledgerentry (grant_id, kind, source_line_id, source_stage, target_line_id, "
            "target_stage, pence, effective_on, posted_on, reference, reason, recorded_by_id) "
            "select grant_id, 'move', target_line_id, 'available', target_line_id, 'available', 1, "
            "effective_on, posted_on, 'x', '', recorded_by_id from grants_ledgerentry where number = 1"
        )


def test_the_database_closes_no_grant_without_two_people_or_with_money_under_way(
    house: House, paid: Claim, monkeypatch: pytest.MonkeyPatch
) -> None:
    close = "update grants_grant set status = 'closed', closed_on = '2021-05-03'"
    with pytest.raises(IntegrityError, match="closed by two people"), transaction.atomic():
        run(close)
    with clock.travel(at(MAY_3)):
        done(house, monkeypatch)
        proposed = closing.propose(house.grant, by=house.finance)
    by_hand = (
        "update books_closing set status = 'confirmed', closed_on = '2021-05-03', confirmed_at = now(), "
        "confirmed_by_id = "
    )
    with pytest.raises(IntegrityError, match="two_people"), transaction.atomic():
        run(f"{by_hand}{house.finance.pk}")
    with pytest.raises(IntegrityError, match="closes its grant"), transaction.atomic():
        run(f"{by_hand}{house.second_finance.pk}")
        run("set constraints all immediate")
    make.assignment(house, paid.enquiry, make.officer(house.lead), day=date(2021, 3, 20))
    with pytest.raises(IntegrityError, match="still under way"), transaction.atomic():
        run(f"{by_hand}{house.second_finance.pk}")
        run(close)
    with pytest.raises(IntegrityError, match="changed"), transaction.atomic():
        run("delete from books_closing")
    assert Closing.objects.get() == proposed


def test_the_database_keeps_retention(house: House, paid: Claim) -> None:
    kept = closing.set_retention(
        house.grant, keep_until=KEPT, legal_hold=False, reason="Six years", by=house.finance
    )
    for sql in ("update books_retention set keep_until = '2030-01-01'", "delete from books_retention"):
        with pytest.raises(IntegrityError), transaction.atomic():
            run(sql)
    kept.pk, kept.keep_until = None, date(2027, 3, 30)
    with pytest.raises(IntegrityError, match="six years"), transaction.atomic():
        kept.save()


def run(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)
