"""What the database refuses of periods and the reconciliation, whatever program writes: plain SQL."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

import pytest
from django.db import DatabaseError, connection, transaction

from claims import services as claims
from grants.models import Period
from overtime_ledger import clock
from overtime_ledger.books.models import Adjustment, ForceLine, Match, PeriodSnapshot, Reconciliation
from overtime_ledger.books.selectors.reconciliation import compare
from overtime_ledger.books.services import matches, periods
from overtime_ledger.books.services import reconciliation as services
from overtime_ledger.errors import Refusal, broken_rule
from tests import factories as make
from tests.books.scene import force_lines

pytestmark = pytest.mark.django_db
LINE = """
    insert into grants_ledgerentry (grant_id, kind, source_line_id, source_stage, target_line_id,
        target_stage, pence, effective_on, posted_on, reference, reason, recorded_by_id)
    select grant_id, '{kind}', id, '{source}', id, '{target}', 1, '2021-02-10', '{on}', 'outside:1', '', {by}
    from grants_budgetline where id = {line}
"""


@pytest.fixture
def house() -> Iterator[make.House]:
    with clock.travel(make.at(date(2021, 3, 8))):
        yield make.house()


@pytest.fixture
def february(house: make.House) -> Period:
    return house.grant.periods.get(number="P11")


@contextmanager
def refused(rule: str) -> Iterator[None]:
    """What runs inside, commit included, breaks the constraint of that name."""
    with pytest.raises(DatabaseError) as refusal, transaction.atomic():
        run("set constraints all deferred")
        yield
        run("set constraints all immediate")
    assert broken_rule(refusal.value) == rule, refusal.value


def run(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


def signed(house: make.House, period: Period) -> Reconciliation:
    made = services.prepare(period, by=house.finance, seen=compare(period).digest)
    services.sign(made, by=house.second_finance, seen=made.sha256)
    made.refresh_from_db()
    return made


def closed(house: make.House, period: Period) -> PeriodSnapshot:
    signed(house, period)
    periods.soft_close(period, by=house.finance, reason="Month end")
    return periods.close(period, by=house.finance, reason="Reconciled")


@pytest.mark.parametrize("on", ["2021-02-28", "2021-02-01", "2020-12-24"])
def test_nothing_is_posted_on_or_before_days_closed_for_good(
    house: make.House, february: Period, on: str
) -> None:
    enquiry = make.enquiry(house)
    make.assignment(house, enquiry, make.officer(house.lead))
    closed(house, february)
    said = {"on": on, "by": house.di.pk, "line": enquiry.line_id}
    for kind, source, target in (("tasking", "available", "tasked"), ("release", "tasked", "available")):
        with refused("grants_ledgerentry_period_closed"):
            run(LINE.format(kind=kind, source=source, target=target, **said))
    run(LINE.format(kind="tasking", source="available", target="tasked", **said | {"on": "2021-03-01"}))


def test_in_a_soft_closed_period_money_is_only_given_back(house: make.House, february: Period) -> None:
    enquiry = make.enquiry(house)
    make.assignment(house, enquiry, make.officer(house.lead))
    periods.soft_close(february, by=house.finance, reason="Month end")
    said = {"on": "2021-02-20", "by": house.di.pk, "line": enquiry.line_id}
    with refused("grants_ledgerentry_period_soft"):
        run(LINE.format(kind="tasking", source="available", target="tasked", **said))
    run(LINE.format(kind="release", source="tasked", target="available", **said))


def test_a_period_goes_step_by_step_and_closed_for_good_it_stands(
    house: make.House, february: Period
) -> None:
    change = "update grants_period set {} where id = " + str(february.pk)
    with refused("grants_period_steps"):
        run(change.format("state = 'hard', closed_on = '2021-03-08'"))
    periods.soft_close(february, by=house.finance, reason="Month end")
    with refused("grants_period_with_snapshot"):
        run(change.format("state = 'hard', closed_on = '2021-03-08'"))
    with refused("grants_period_closed_after_its_end"):
        run(change.format("state = 'hard', closed_on = '2021-02-27'"))
    for other in ("starts_on = '2021-02-02'", "number = 'P10'", "ends_on = '2021-02-27'"):
        with refused("grants_period_stands"):
            run(change.format(other))
    periods.open_again(february, by=house.finance, reason="Late")
    closed(house, february)
    for other in ("state = 'soft', closed_on = null", "state = 'open', closed_on = null", "id = id"):
        with refused("grants_period_stands"):
            run(change.format(other))
    with refused("grants_period_stands"):
        run(f"delete from grants_period where id = {february.pk}")
    with refused("grants_periodstep_append_only"):
        run("update grants_periodstep set reason = 'Another'")


def test_periods_do_not_overlap_and_begin_open(house: make.House) -> None:
    add = "insert into grants_period (grant_id, number, starts_on, ends_on, adjusting, state) values "
    with refused("grants_period_no_overlap"):
        run(add + f"({house.grant.pk}, 'P2', '2021-04-30', '2021-05-31', false, 'open')")
    with refused("grants_period_steps"):
        run(add + f"({house.grant.pk}, 'P2', '2021-05-01', '2021-05-31', false, 'soft')")


SNAPSHOT = """
    insert into books_periodsnapshot (period_id, reconciliation_id, last_number, document, sha256,
        taken_by_id, taken_at)
    select {period}, {made}, {last}, '{{}}', {digest}, {by}, now()
"""
DIGEST = "encode(sha256('{}'), 'hex')"


def test_a_snapshot_is_of_a_signed_reconciliation_and_of_the_last_entry(
    house: make.House, february: Period
) -> None:
    made = services.prepare(february, by=house.finance, seen=compare(february).digest)
    last = house.grant.entries.filter(posted_on__lte=february.ends_on).latest("number").number
    good = {"period": february.pk, "made": made.pk, "last": last, "digest": DIGEST, "by": house.finance.pk}
    with refused("books_periodsnapshot_reconciled"):
        run(SNAPSHOT.format(**good))
    services.sign(made, by=house.second_finance, seen=made.sha256)
    with refused("books_periodsnapshot_digest"):
        run(SNAPSHOT.format(**good | {"digest": "repeat('0', 64)"}))
    with refused("books_periodsnapshot_last_entry"):
        run(SNAPSHOT.format(**good | {"last": last - 1}))
    with refused("grants_period_with_snapshot"):
        run(SNAPSHOT.format(**good))
    periods.soft_close(february, by=house.finance, reason="Month end")
    periods.close(february, by=house.finance, reason="Reconciled")
    for change in ("update books_periodsnapshot set document = document", "delete from books_periodsnapshot"):
        with refused("books_periodsnapshot_append_only"):
            run(change)


def test_a_reconciliation_adds_up_and_stands(house: make.House, february: Period) -> None:
    made = services.prepare(february, by=house.finance, seen=compare(february).digest)
    change = "update books_reconciliation set {} where id = " + str(made.pk)
    sign = "status = 'signed', signed_at = now(), signed_by_id = "
    with refused("books_reconciliation_two_people"):
        run(change.format(f"{sign}{house.finance.pk}"))
    for other in ("adjusted_pence = 1", "document = document || ' '", "prepared_by_id = prepared_by_id + 1"):
        with refused("books_reconciliation_digest" if "document" in other else "books_reconciliation_stands"):
            run(change.format(other))
    copied = """
        insert into books_reconciliation (period_id, status, ours_pence, theirs_pence, only_ours_pence,
            only_theirs_pence, differences_pence, adjusted_pence, document, sha256, prepared_by_id,
            prepared_at, returned_because)
        select {period}, 'prepared', {ours}, 0, {only}, 0, 0, 0, document, sha256, prepared_by_id,
            prepared_at, '' from books_reconciliation
    """
    march = house.grant.periods.get(number="P12").pk
    with refused("books_reconciliation_one_a_period"):
        run(copied.format(period=february.pk, ours=0, only=0))
    with refused("books_reconciliation_no_difference"):
        run(copied.format(period=march, ours=5, only=5))
    with refused("books_reconciliation_adds_up"):
        run(copied.format(period=march, ours=0, only=5))
    force_lines(house, 1, "Unheard of")
    with refused("books_reconciliation_borne_out"):
        run(copied.format(period=march, ours=0, only=0))
    with refused("books_reconciliation_borne_out"):
        run(change.format(f"{sign}{house.second_finance.pk}"))
    services.send_back(made, by=house.finance, reason="A line has come")
    made = prepared(house, february)
    change = "update books_reconciliation set {} where id = " + str(made.pk)
    run(change.format(f"{sign}{house.second_finance.pk}"))
    with refused("books_reconciliation_stands"):
        run(change.format("signed_at = now()"))
    with refused("books_reconciliation_append_only"):
        run("delete from books_reconciliation")


def prepared(house: make.House, period: Period) -> Reconciliation:
    for item in compare(period).items:
        services.explain(
            period, item, by=house.finance, kind="theirs", reason="Not of this grant", deals_with="Accounts"
        )
    return services.prepare(period, by=house.finance, seen=compare(period).digest)


def test_an_explanation_is_carried_forward_as_it_was(house: make.House, february: Period) -> None:
    force_lines(house, 2, "Lines")
    prepared(house, february)
    carry = """
        insert into books_adjustment (period_id, line_id, kind, pence, reason, deals_with, made_by_id,
            made_at, carried_from_id)
        select {period}, {line}, kind, {pence}, reason, deals_with, made_by_id, made_at, id
        from books_adjustment where id = {said}
    """
    said = Adjustment.objects.earliest("pk")
    right = {"period": house.grant.periods.get(number="P12").pk, "line": said.line_id, "pence": -100}
    another = ForceLine.objects.latest("pk").pk
    for wrong in ({"line": another}, {"pence": -99}, {"period": february.pk}):
        with refused("books_adjustment_carried"):
            run(carry.format(said=said.pk, **right | wrong))
    run(carry.format(said=said.pk, **right))


def test_no_payment_is_posted_on_days_that_are_signed_for(house: make.House, february: Period) -> None:
    enquiry = make.enquiry(house)
    due = make.claim(house, make.assignment(house, enquiry, make.officer(house.lead)), state="approved")
    signed(house, february)
    said = {"kind": "settlement", "source": "approved", "target": "settled", "line": enquiry.line_id}
    with refused("grants_ledgerentry_period_signed"):
        run(LINE.format(on="2021-02-28", by=house.finance.pk, **said))

    def pay() -> None:
        claims.settle([due], grant=house.grant, agency=house.lead, reference="PAY 1", by=house.finance)

    with clock.travel(make.at(date(2021, 2, 28))), pytest.raises(Refusal, match=r"F01.*signed"):
        pay()
    pay()


def test_lines_stand_and_are_matched_once_until_it_is_undone(house: make.House) -> None:
    force_lines(house, 2, "Lines")
    first, second = ForceLine.objects.order_by("pk")
    for change in ("update books_forceline set pence = 1", "delete from books_forceupload"):
        with refused(f"{change.split()[1 if 'update' in change else 2]}_append_only"):
            run(change)
    made = matches.match_by_hand(
        house.grant, [], [first], by=house.finance, reason="Taken back", differing=True
    )
    add = "insert into books_{} (match_id, {}, live) values ({}, {}, {})"
    with refused("books_matchedline_once"):
        run(add.format("matchedline", "line_id", made.pk, first.pk, "true"))
    with refused("books_matchedentry_pays"):
        entry = house.grant.entries.earliest("pk").pk
        run(add.format("matchedentry", "entry_id", made.pk, entry, "true"))
    with refused("books_matchedline_stands"):
        run("update books_matchedline set live = false")
    with refused("books_matchedline_stands"):
        run(f"update books_matchedline set line_id = {second.pk}")
    with refused("books_match_undone_with_reason"):
        run(f"update books_match set undone_at = now(), undone_by_id = {house.finance.pk}")
    for table in ("books_match", "books_matchedline"):
        with refused(f"{table}_append_only"):
            run(f"delete from {table}")


def test_what_a_signed_reconciliation_counts_is_neither_undone_nor_explained_anew(
    house: make.House, february: Period
) -> None:
    force_lines(house, 2, "Lines")
    first, _ = ForceLine.objects.order_by("pk")
    matches.match_by_hand(house.grant, [], [first], by=house.finance, reason="Taken back", differing=True)
    for item in compare(february).items:
        services.explain(
            february, item, by=house.finance, kind="theirs", reason="Not ours", deals_with="Payroll"
        )
    one = Adjustment.objects.earliest("pk")
    with refused("books_adjustment_stands"):
        run(f"update books_adjustment set pence = 0 where id = {one.pk}")
    with refused("books_adjustment_of_one_item"):
        run(
            "insert into books_adjustment (period_id, kind, pence, reason, deals_with, made_by_id, made_at)"
            " select period_id, kind, pence, reason, deals_with, made_by_id, made_at from books_adjustment"
        )
    signed(house, february)
    by = f"undone_by_id = {house.finance.pk}, undone_at = now(), undone_because = 'No'"
    with refused("books_match_stands"):
        run(f"update books_match set {by} where id = {Match.objects.get().pk}")
    with refused("books_adjustment_stands"):
        run(f"update books_adjustment set withdrawn_at = now(), withdrawn_by_id = {house.finance.pk}")
