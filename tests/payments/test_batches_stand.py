"""What the database refuses of batches whatever program writes: plain SQL that goes round the services."""

from collections.abc import Callable
from datetime import date

import pytest
from django.db import DatabaseError, connection, transaction

from claims import services as claims
from claims.services import safeguards
from overtime_ledger.errors import broken_rule
from overtime_ledger.payments.models import Batch
from overtime_ledger.payments.services import batches, differences
from tasking.models import Enquiry
from tests import factories as make
from tests.factories import House

pytestmark = pytest.mark.django_db

DAY = date(2021, 2, 10)
Refused = Callable[..., None]

BATCH = """
    insert into payments_batch (grant_id, agency_id, kind, number, up_to, status, claim_count, pence,
        drawn_by_id, drawn_at, withdrawn_because)
    select grant_id, {agency}, {kind}, {number}, {up_to}, {status}, 1, {pence}, drawn_by_id, drawn_at, ''
    from payments_batch where id = {id}
"""
LINE = """
    insert into payments_batchline (batch_id, claim_id, pence, live, left_out_because, resolution,
        resolved_because)
    values ({batch}, {claim}, {pence}, true, '', '', '')
"""


@pytest.fixture
def house() -> House:
    return make.house()


@pytest.fixture
def batch(house: House) -> Batch:
    """A batch of two claims that was sent, while a third is due."""
    enquiry = make.enquiry(house)
    for _ in range(2):
        _approved(house, enquiry)
    drawn = batches.draw(house.grant, house.lead, by=house.finance, up_to=DAY)
    _approved(house, enquiry)
    return batches.mark_sent(drawn, by=house.finance)


def _approved(house: House, enquiry: Enquiry) -> None:
    duty = make.assignment(house, enquiry, make.officer(house.lead), day=DAY)
    make.claim(house, duty, state="approved")


@pytest.fixture
def refused() -> Refused:
    """Run statements and commit, as far as a test can; they break the constraint of that name."""

    def run(rule: str, *statements: str) -> None:
        with (
            pytest.raises(DatabaseError) as refusal,
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute("set constraints all deferred")
            for sql in statements:
                cursor.execute(sql)
            cursor.execute("set constraints all immediate")
        assert broken_rule(refusal.value) == rule, refusal.value

    return run


def like(batch: Batch, **changes: object) -> str:
    """Another batch like this one."""
    said: dict[str, object] = {
        "agency": batch.agency_id,
        "kind": "'payroll'",
        "number": 2,
        "up_to": "up_to",
        "status": "'drawn'",
        "pence": 1,
    }
    return BATCH.format(**said | changes, id=batch.pk)


def test_a_batch_has_the_next_number_and_is_of_its_agency(
    house: House, batch: Batch, refused: Refused
) -> None:
    refused("payments_batch_number_gapless", like(batch, number=3))
    refused("payments_batch_number_gapless", like(batch, number=1))
    refused("payments_batch_of_its_agency", like(batch, agency=house.other.pk))
    refused("payments_batch_of_its_agency", like(batch, status="'sent'"))
    refused("payments_batch_days_of_its_kind", like(batch, up_to="null::date"))
    refused("payments_batch_not_empty", like(batch, pence=0))
    refused("payments_batch_adds_up", like(batch))


def test_a_claim_is_in_one_live_batch_and_only_while_it_is_approved(
    house: House, batch: Batch, refused: Refused
) -> None:
    (due,) = house.grant.claims.filter(status="approved", batch_lines=None)
    drawn = batches.draw(house.grant, house.lead, by=house.finance, up_to=DAY)
    twice = batch.lines.earliest("pk")
    add = LINE.format(batch=drawn.pk, claim=twice.claim_id, pence=twice.pence)
    refused("payments_batchline_one_live_batch", add)
    batches.withdraw(drawn, by=house.finance, reason="Wrong day")
    said = {"batch": "currval('payments_batch_id_seq')", "claim": due.pk, "pence": due.pence}
    new = like(batch, number=3, pence=due.pence)
    refused("payments_batchline_of_its_batch", new, LINE.format(**said | {"pence": due.pence + 1}))
    refused("payments_batchline_of_its_batch", LINE.format(**said | {"batch": batch.pk}))
    refused("payments_batch_adds_up", like(batch, number=3, pence=due.pence + 1), LINE.format(**said))
    safeguards.freeze(due, by=house.auditor, reason="Looked into")
    refused("payments_batchline_of_its_batch", new, LINE.format(**said))


def test_what_was_drawn_and_sent_stands(house: House, batch: Batch, refused: Refused) -> None:
    one, line = f"where id = {batch.pk}", batch.lines.earliest("pk").pk
    for change in ("number = 9", "up_to = up_to + 1", "sent_at = now()", "kind = 'statement'"):
        refused("payments_batch_stands", f"update payments_batch set {change} {one}")
    refused("payments_batch_stands", f"delete from payments_batch {one}")
    refused("payments_batch_steps", f"update payments_batch set status = 'drawn' {one}")
    refused("payments_batch_adds_up", f"update payments_batch set pence = pence + 1 {one}")
    refused("payments_batchline_stands", f"update payments_batchline set pence = 1 where id = {line}")
    refused("payments_batchline_stands", f"delete from payments_batchline where id = {line}")
    refused("payments_batch_withdrawn_with_reason", f"update payments_batch set status = 'withdrawn' {one}")


def test_its_lines_stand_as_it_does(house: House, batch: Batch, refused: Refused) -> None:
    line, by = batch.lines.earliest("pk").pk, house.finance.pk
    of_line = f"where id = {line}"
    left_out = f"update payments_batchline set live = false, left_out_at = now(), left_out_by_id = {by}"
    refused("payments_batch_lines_stand_with_it", f"update payments_batchline set live = false {of_line}")
    refused("payments_batch_lines_stand_with_it", f"update payments_batchline set paid_pence = 1 {of_line}")
    refused(
        "payments_batchline_left_out_with_reason",
        f"{left_out} {of_line}",
    )
    refused(
        "payments_batch_adds_up",
        f"{left_out}, left_out_because = 'So' {of_line}",
    )


def test_it_is_paid_by_the_settlement_of_its_claims(house: House, batch: Batch, refused: Refused) -> None:
    paid = f"update payments_batch set status = 'paid' where id = {batch.pk}"
    refused("payments_batch_paid_with_settlement", paid)
    drawn = batches.draw(house.grant, house.lead, by=house.finance, up_to=DAY)
    batches.mark_sent(drawn, by=house.finance)
    batches.confirm_paid(drawn, reference="Payroll 2", by=house.finance)
    drawn.refresh_from_db()
    with_it = f", settlement_id = {drawn.settlement_id}, paid_at = now(), tolerance_pence = 0"
    refused(
        "payments_batch_settlement_id_key",
        paid.replace("'paid'", f"'paid'{with_it}"),
    )
    settlement = f"""
        insert into claims_settlement (grant_id, agency_id, reference, settled_on, settled_by_id, claim_count,
            pence)
        select grant_id, agency_id, 'Payroll 3', settled_on, settled_by_id, {batch.claim_count}, {batch.pence}
        from claims_settlement where id = {drawn.settlement_id}"""
    with_new = ", settlement_id = currval('claims_settlement_id_seq'), paid_at = now(), tolerance_pence = 0"
    refused(
        "payments_batch_settles_its_claims",
        settlement,
        f"update payments_batchline set paid_pence = pence where batch_id = {batch.pk}",
        paid.replace("'paid'", f"'paid'{with_new}"),
    )


def test_a_claim_in_a_batch_is_settled_no_other_way(house: House, batch: Batch) -> None:
    line = batch.lines.earliest("pk")
    with pytest.raises(DatabaseError) as refusal, transaction.atomic():
        claims.settle([line.claim], grant=house.grant, agency=house.lead, reference="1", by=house.finance)
        with connection.cursor() as cursor:
            cursor.execute("set constraints all immediate")
    assert broken_rule(refusal.value) == "payments_settled_through_its_batch"


def test_a_difference_is_resolved_once_by_another(house: House, batch: Batch, refused: Refused) -> None:
    line = batch.lines.earliest("pk")
    batches.confirm_paid(batch, reference="1", by=house.finance, paid={line.claim_id: 1})
    resolve = (
        "update payments_batchline set resolution = 'explained', resolved_at = now(),"
        f" resolved_because = {{because}}, resolved_by_id = {{by}} where id = {line.pk}"
    )
    refused("payments_batchline_resolved_by_another", resolve.format(because="'So'", by=house.finance.pk))
    refused(
        "payments_batchline_resolved_with_reason",
        resolve.format(because="''", by=house.second_finance.pk),
    )
    differences.resolve(line, by=house.second_finance, resolution="explained", reason="Rounding")
    refused("payments_batchline_stands", resolve.format(because="'No'", by=house.second_finance.pk))
    refused("payments_batchline_stands", f"update payments_batchline set paid_pence = 2 where id = {line.pk}")


def test_a_tolerance_is_small_set_by_two_and_stands(house: House, refused: Refused) -> None:
    proposed = differences.propose_tolerance(house.grant, by=house.finance, pence=5, reason="Rounding")
    one = f"where id = {proposed.pk}"
    insert = (
        "insert into payments_tolerance (grant_id, pence, reason, recorded_by_id, recorded_at)"
        f" select grant_id, {{pence}}, reason, recorded_by_id, recorded_at from payments_tolerance {one}"
    )
    refused("payments_tolerance_small", insert.format(pence=501))
    refused("payments_tolerance_one_waiting", insert.format(pence=5))
    refused(
        "payments_tolerance_two_people",
        f"update payments_tolerance set confirmed_by_id = recorded_by_id, confirmed_at = now() {one}",
    )
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"update payments_tolerance set pence = 6 {one}")
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"delete from payments_tolerance {one}")
