"""Two people: what is confirmed is what was seen."""

from datetime import date

import pytest

from overtime_ledger.accounts import two_people
from overtime_ledger.accounts.models import PayPoint, PayTable
from overtime_ledger.accounts.services import PayPointRow, record_pay_table
from overtime_ledger.errors import Refusal
from tests import factories as make

pytestmark = pytest.mark.django_db


def test_a_point_that_changed_since_the_table_was_seen_is_not_confirmed() -> None:
    house = make.house()
    point = PayPointRow("constable", "constable_2013", "7", 4_113_000, "sourced")
    table = record_pay_table(by=house.finance, valid_from=date(2021, 9, 1), source="Circular", points=[point])
    seen = two_people.state_of(table)
    PayPoint.objects.filter(pay_table=table).update(annual_pay_pence=5_000_000)
    with pytest.raises(Refusal, match="A03"):
        two_people.confirm(table, by=house.second_finance, seen=seen)
    assert PayTable.objects.get(pk=table.pk).confirmed_by is None
    two_people.confirm(table, by=house.second_finance, seen=two_people.state_of(table))
