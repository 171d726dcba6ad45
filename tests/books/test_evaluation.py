"""The evaluation of a pilot ties to the ledger to the penny: its page, its files, what is signed of it."""

from datetime import date
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from grants.selectors import positions
from overtime_ledger import clock
from overtime_ledger.accounts.models import User
from overtime_ledger.audit.models import AccessLog
from overtime_ledger.books.models import ClosingItem
from overtime_ledger.books.selectors import closing as checklist
from overtime_ledger.books.selectors import evaluation as selectors
from overtime_ledger.books.services import closing
from overtime_ledger.errors import Refusal
from overtime_ledger.money import pounds
from tasking import services as tasking
from tasking.models import Enquiry
from tests import factories as make
from tests.factories import House, at
from tests.files import csv_rows, sheet_of

pytestmark = pytest.mark.django_db
FEB_10, FEB_20, MARCH_1 = date(2021, 2, 10), date(2021, 2, 20), date(2021, 3, 1)
Kind = ClosingItem.Kind


@pytest.fixture
def house() -> House:
    return make.house()


@pytest.fixture
def shared(house: House) -> Enquiry:
    """An enquiry with two duties approved, against the subject of another one and two more."""
    first = make.enquiry(house)
    with clock.travel(at(make.START)):
        opened = tasking.open_enquiry(
            house.grant,
            by=house.di,
            objective="Who organises it",
            kind="other",
            subjects=first.subjects.all(),
            new_subjects=2,
            entry=tasking.Assessed(50, "MoRiLE", 100, make.START, "Analyst 12"),
        )
        make.grants.move(first.line, opened.line, 200_000, by=house.di, reason="Its part", token="part")
    opened.line.refresh_from_db()
    for enquiry, days in ((first, (9,)), (opened, (10, 11))):
        for day in days:
            duty = make.assignment(house, enquiry, make.officer(house.lead), day=date(2021, 2, day))
            make.claim(house, duty, state="approved")
    return opened


def as_(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def record(house: House, enquiry: Enquiry, place: int, came: tasking.Came, on: date) -> None:
    with clock.travel(at(on)):
        tasking.record_outcome(enquiry, enquiry.subjects.order_by("pk")[place], came, by=house.di)


def address(house: House) -> str:
    return reverse("grants:evaluation", args=[house.grant.pk])


def test_page_files_and_ledger_come_to_the_same_penny(house: House, shared: Enquiry) -> None:
    record(house, shared, 0, tasking.Came("charged", FEB_10, "major", "", 20, "Analyst 12"), FEB_20)
    record(house, shared, 1, tasking.Came("open", FEB_10, "none"), FEB_20)
    incurred = sum(row.incurred for row in positions(house.grant))
    assert incurred == 3 * 10_512
    di = as_(house.di)
    page = di.get(address(house))
    shown = page.context["shown"]
    assert [row.pence for row in shown.subjects] == [10_512, 7_008, 7_008, 7_008]
    assert shown.sums.pence == sum(row.pence for row in shown.enquiries) == incurred == shown.incurred
    assert (shown.sums.subjects, shown.sums.cases, shown.sums.untold) == (3, 4, 2)
    assert (shown.sums.disruptions, shown.sums.per_disruption) == (1, incurred)
    assert shown.sums.per_subject == 10_512 and shown.sums.scores_in_words == "50.0 on entry, 20.0 on exit"
    assert sum(count.pence for count in shown.by_result) == incurred
    assert sum(count.pence for count in shown.by_level) == incurred
    assert shown.sums.minutes == 12 * 60 and pounds(incurred) in page.content.decode()
    for table, column in (("subjects", "Cost per subject (£)"), ("enquiries", "Cost (£)")):
        rows = csv_rows(di.get(address(house), {"format": "csv", "table": table}))
        assert Decimal(rows[-1][column]) * 100 == incurred
        assert sum(Decimal(row[column]) for row in rows[:-1]) * 100 == incurred
        sheet = sheet_of(di.get(address(house), {"format": "xlsx", "table": table}))
        headings = next(row for row in sheet.iter_rows(values_only=True) if column in row)
        last = [row[headings.index(column)] for row in sheet.iter_rows(values_only=True)][-1]
        assert round(Decimal(str(last)) * 100) == incurred


def test_pennies_over_go_to_those_drawn_first(house: House, shared: Enquiry) -> None:
    duty = make.assignment(house, shared, make.officer(house.lead), day=date(2021, 2, 12), hours=(18, 19))
    claim = make.claim(house, duty, state="approved")
    shares = [row.pence for row in selectors.evaluation(house.grant, named=True).subjects][1:]
    assert sum(shares) == 2 * 10_512 + claim.pence
    assert shares == sorted(shares, reverse=True) and shares[0] - shares[-1] <= 1


def test_a_past_day_has_its_cost_and_what_was_known_then(house: House, shared: Enquiry) -> None:
    record(house, shared, 0, tasking.Came("charged", FEB_10, "major"), MARCH_1)
    with clock.travel(at(date(2021, 3, 8))):
        past = selectors.evaluation(house.grant, as_at=make.START, named=True)
        assert (past.sums.pence, past.sums.untold, past.sums.minutes) == (0, 4, 0)
        now, then = (selectors.evaluation(house.grant, as_at=day, named=True) for day in (None, FEB_20))
        assert (now.sums.disruptions, then.sums.disruptions) == (1, 0)
        assert now.sums.pence == then.sums.pence and now.sums.minutes == then.sums.minutes
        assert selectors.evaluation(house.grant, as_at=date(2021, 1, 31), named=True).subjects == []


def test_a_filter_shows_a_part_and_says_so(house: House, shared: Enquiry) -> None:
    record(house, shared, 0, tasking.Came("charged", FEB_10, "major"), FEB_20)
    finance = as_(house.finance)
    shown = finance.get(address(house), {"level": "major"}).context
    assert [row.outcome.result for row in shown["shown"].subjects] == ["charged"] and shown["filtered"]
    assert shown["shown"].elsewhere == 3 * 10_512 - 7_008 and shown["of_enquiries"] == []
    assert len(finance.get(address(house), {"result": "untold"}).context["shown"].subjects) == 3
    assert len(finance.get(address(house), {"enquiry": shared.pk}).context["of_enquiries"]) == 1
    assert "Exit result: Charged" in str(
        csv_rows_head(finance, address(house), {"format": "csv", "result": "charged"})
    )
    refused = {"format": "csv", "table": "enquiries", "level": "major"}
    assert finance.get(address(house), refused).status_code == 404
    assert "No subject is like that" in finance.get(address(house), {"level": "minor"}).content.decode()


def csv_rows_head(client: Client, to: str, query: dict[str, str]) -> str:
    return str(b"".join(client.get(to, query).streaming_content), "utf-8-sig").partition("\r\n\r\n")[0]


def test_codenames_are_for_those_who_may_see_them_and_the_looking_is_on_record(
    house: House, shared: Enquiry
) -> None:
    codenames = set(shared.subjects.values_list("codename", flat=True))
    for person, named in ((house.di, True), (house.auditor, True), (house.finance, False)):
        page = as_(person).get(address(house)).content.decode()
        assert {name in page for name in codenames} == {named}
        seen = AccessLog.objects.filter(by=person).latest("pk")
        assert seen.action == "viewed" and seen.rows == 4 and "Pilot evaluation" in seen.what
        assert bool(seen.filters) is named
        text = str(csv_rows(as_(person).get(address(house), {"format": "csv"})))
        assert {name in text for name in codenames} == {named}
        assert AccessLog.objects.filter(by=person).latest("pk").action == "exported"
    one = shared.subjects.earliest("pk")
    page = as_(house.di).get(reverse("tasking:subject", args=[one.pk]))
    assert page.context["page"].sums.pence == 10_512 + 7_008 and page.context["page"].sums.enquiries == 2
    assert AccessLog.objects.filter(by=house.di).latest("pk").what.endswith(f"Subject {one}")


def test_without_an_enquiry_there_is_nothing_to_evaluate(house: House) -> None:
    assert "nothing to evaluate yet" in as_(house.di).get(address(house)).content.decode()


def test_it_is_signed_off_only_as_it_stands(house: House, shared: Enquiry) -> None:
    def sign(seen: str = "") -> ClosingItem:
        return closing.sign(
            house.grant, Kind.EVALUATION, done_on=MARCH_1, evidence="EV/1", by=house.finance, seen=seen
        )

    with clock.travel(at(MARCH_1)):
        assert "4 subjects have no outcome" in checklist.item_of(house.grant, Kind.EVALUATION).says
        with pytest.raises(Refusal, match="Y04"):
            sign()
        for enquiry in house.grant.enquiries.all():
            for place in range(enquiry.subjects.count()):
                record(house, enquiry, place, tasking.Came("open", MARCH_1, "none"), MARCH_1)
        says = checklist.item_of(house.grant, Kind.EVALUATION).says
        assert says == "As it stands: 3 subjects, 2 enquiries, 0 disruptions, £315.36."
        with pytest.raises(Refusal, match="A03"):
            sign(seen="As it stands: 3 subjects, 2 enquiries, 1 disruption, £315.36.")
        assert sign(seen=says).figures["pence"] == 31_536
        assert checklist.item_of(house.grant, Kind.EVALUATION).is_done
        subject = shared.subjects.earliest("pk")
        stands = shared.outcomes.filter(subject=subject).get()
        came = tasking.Came("charged", MARCH_1, "minor")
        tasking.record_outcome(shared, subject, came, by=house.di, seen=stands.pk, reason="Charged since")
        item = checklist.item_of(house.grant, Kind.EVALUATION)
        assert not item.is_done and "sign it again" in item.says
        sign()
        assert checklist.item_of(house.grant, Kind.EVALUATION).is_done
