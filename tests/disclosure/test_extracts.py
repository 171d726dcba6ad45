"""Public extracts and FOI answers: each line decided, nobody named, released by a second person."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.files.storage import storages
from django.db import IntegrityError, connection, transaction

from claims import services as claims
from claims.models import Claim, Settlement
from grants.models import LedgerEntry
from overtime_ledger import clock
from overtime_ledger.disclosure import extract_figures as figures
from overtime_ledger.disclosure import extract_inference as inference
from overtime_ledger.disclosure import extracts
from overtime_ledger.disclosure.extract_files import basis_of, going_out
from overtime_ledger.disclosure.models import Disclosure, Extract, ExtractLine
from overtime_ledger.errors import Refusal
from tests import factories as make
from tests.databases import kept
from tests.factories import House, at

pytestmark = pytest.mark.django_db
FEB_1, FEB_28, TODAY = date(2021, 2, 1), date(2021, 2, 28), date(2021, 3, 8)
WORTH = "Officers already knew the case: nobody had to be briefed anew"


@kept
def payments_of_february() -> tuple[House, list[Settlement]]:
    """For five claims of the lead force, then for one; for six of the other agency."""
    house = make.house()
    make.agree(house)
    enquiry = make.enquiry(house)
    made = []
    for agency, count, reference in (
        (house.lead, 5, "Payroll 1"),
        (house.lead, 1, "Payroll 2"),
        (house.other, 6, "BTP 7"),
    ):
        duties = [make.assignment(house, enquiry, make.officer(agency)) for _ in range(count)]
        approved = [make.claim(house, duty, state="approved") for duty in duties]
        with clock.travel(at(date(2021, 2, 20))):
            made.append(
                claims.settle(
                    approved, grant=house.grant, agency=agency, reference=reference, by=house.finance
                )
            )
    return house, made


@pytest.fixture
def scene() -> tuple[House, list[Settlement]]:
    return payments_of_february()


@pytest.fixture
def house(scene: tuple[House, list[Settlement]]) -> House:
    return scene[0]


@pytest.fixture
def paid(scene: tuple[House, list[Settlement]]) -> list[Settlement]:
    return scene[1]


def drawn(house: House) -> Extract:
    with clock.travel(at(TODAY)):
        return extracts.draw_publication(house.grant, FEB_1, by=house.finance)


def publish(line: ExtractLine, house: House, **said: str) -> ExtractLine:
    words = {"decision": "publish", "value_for_money": WORTH} | said
    return extracts.decide(line, by=house.finance, **words)


def code_of(verb: Callable[[], Any]) -> str:
    with pytest.raises(Refusal) as refused:
        verb()
    return refused.value.code


def test_payments_over_500_pounds_are_lines_and_all_come_to_what_the_ledger_settled(
    house: House, paid: list[Settlement]
) -> None:
    extract = drawn(house)
    assert str(extract) == "PX-0001"
    lines = [(line.recipient, line.officers, line.claims, line.pence) for line in extract.lines.all()]
    assert lines == [
        ("Metropolitan Police Service", 5, 5, paid[0].pence),
        ("British Transport Police", 6, 6, paid[2].pence),
    ]
    assert (extract.unlisted_count, extract.unlisted_pence) == (1, paid[1].pence)
    settled = LedgerEntry.objects.filter(kind="settlement", posted_on__range=(FEB_1, FEB_28))
    assert extract.pence + extract.unlisted_pence == sum(settled.values_list("pence", flat=True))


def test_an_foi_answer_has_its_day_and_its_lines_come_to_what_is_incurred(
    house: House, paid: list[Settlement]
) -> None:
    with clock.travel(at(TODAY)):
        extract = extracts.draw_foi(
            house.grant,
            reference="FOI 12/21",
            received_on=date(2021, 3, 5),
            scope="Overtime by force in February",
            from_on=FEB_1,
            to_on=FEB_28,
            by=house.finance,
        )
    assert extract.due_on == date(2021, 4, 6)  # Good Friday and Easter Monday are no working days
    assert [(line.agency.code, line.officers, line.minutes) for line in extract.lines.all()] == [
        ("BTP", 6, 6 * 240),
        ("MPS", 6, 6 * 240),
    ]
    balances = house.grant.lines.values_list("approved", "settled")
    assert extract.pence == sum(sum(both) for both in balances)


@pytest.mark.parametrize(
    ("received", "due"),
    [
        (date(2021, 3, 1), date(2021, 3, 29)),
        (date(2021, 3, 6), date(2021, 4, 6)),
        (date(2021, 12, 20), date(2022, 1, 20)),
    ],
)
def test_twenty_working_days_of_england(received: date, due: date) -> None:
    assert figures.due_on(received) == due


def test_a_second_person_releases_it_and_then_it_stands(house: House, paid: list[Settlement]) -> None:
    extract = drawn(house)
    first, second = extract.lines.all()
    publish(first, house)
    extracts.decide(
        second,
        decision="redact",
        exemption="s31",
        why="It would show which force works there",
        by=house.finance,
    )
    with clock.travel(at(TODAY)):
        assert code_of(lambda: extracts.release(extract, by=house.finance)) == "G01"
        extracts.release(extract, by=house.second_finance)
    extract.refresh_from_db()
    disclosure = Disclosure.objects.get()
    assert extract.disclosure == disclosure and extract.sha256 == figures.digest_of(extract)
    assert (disclosure.kind, disclosure.marking, disclosure.rows) == ("publication", "OFFICIAL - PUBLIC", 2)
    assert (extract.released_by, extract.released_on) == (house.second_finance, TODAY)
    assert code_of(lambda: publish(first, house)) == "A03"
    assert code_of(lambda: extracts.withdraw(extract, by=house.finance, reason="No")) == "A03"


def test_whoever_reads_the_file_finds_no_subject_officer_enquiry_or_withheld_agency(
    house: House, paid: list[Settlement]
) -> None:
    extract = drawn(house)
    first, second = extract.lines.all()
    publish(first, house)
    extracts.decide(second, decision="redact", exemption="s31", why="Of this enquiry", by=house.finance)
    with clock.travel(at(TODAY)):
        released = extracts.release(extract, by=house.second_finance)
    assert released.disclosure
    with storages["disclosures"].open(released.disclosure.path) as file:
        text = file.read().decode("utf-8-sig")
    assert "OFFICIAL - PUBLIC" in text and "Metropolitan Police Service" in text and WORTH in text
    named = {"British Transport Police", "BTP", "Of this enquiry", *figures.people()}
    for claim in Claim.objects.select_related("claimant", "enquiry"):
        named |= {claim.claimant.display_name, claim.claimant.staff_number, claim.enquiry.name}
        named |= {str(subject) for subject in claim.enquiry.subjects.all()}
    assert [name for name in named if figures.says(text, name)] == []
    assert figures.names_in(house.grant, text) == []


def answer(house: House, reference: str, to_on: date = FEB_28, **more: str) -> Extract:
    """An answer about duties of February up to a day."""
    said = {"reference": reference, "scope": "Overtime in February"} | more
    days = {"received_on": date(2021, 3, 5), "from_on": FEB_1, "to_on": to_on}
    with clock.travel(at(TODAY)):
        return extracts.draw_foi(house.grant, by=house.finance, **days, **said)


def answered(house: House, extract: Extract) -> Extract:
    """Published whole, and released."""
    for line in extract.lines.all():
        extracts.decide(line, decision="publish", by=house.finance)
    with clock.travel(at(TODAY)):
        return extracts.release(extract, by=house.second_finance)


def test_where_a_line_stands_tells_nothing_of_whose_it_is(house: House, paid: list[Settlement]) -> None:
    extract = answer(house, "FOI 1")
    first, second = extract.lines.all()
    extracts.decide(first, decision="redact", exemption="s31", why="Of this enquiry", by=house.finance)
    assert [line.position for line in going_out(extract)] == [2, 1]
    extracts.decide(second, decision="publish", by=house.finance)
    (said,) = inference.warnings(extract)
    assert said == "British Transport Police is the only one not named: who knows the agreements can tell."


def test_a_recipient_kept_back_here_and_named_there_is_pointed_out(
    house: House, paid: list[Settlement]
) -> None:
    answered(house, answer(house, "FOI 1"))
    extract = drawn(house)
    _, second = extract.lines.all()
    extracts.decide(second, decision="withhold", exemption="s31", why="Of this enquiry", by=house.finance)
    assert inference.warnings(extract) == [
        "British Transport Police is kept back here and named in FOI-0001, released before of the same days."
    ]


def test_d04_what_another_answer_leaves_for_one_officer_needs_a_reason(
    house: House, paid: list[Settlement]
) -> None:
    """February, and February without a day on which one officer worked: the rest is what that one got."""
    enquiry, officer = Claim.objects.earliest("pk").enquiry, make.officer(house.lead)
    make.claim(house, make.assignment(house, enquiry, officer, day=date(2021, 2, 25)), state="approved")
    answered(house, answer(house, "FOI 1"))
    narrower = answer(house, "FOI 2", date(2021, 2, 24))
    line = narrower.lines.get(agency=house.lead)
    with pytest.raises(Refusal, match="between this line and that of FOI-0001") as refused:
        extracts.decide(line, decision="publish", by=house.finance)
    assert refused.value.code == "D04"
    extracts.decide(line, decision="publish", why="It was in the papers", by=house.finance)
    other = narrower.lines.exclude(pk=line.pk).get()
    extracts.decide(other, decision="publish", by=house.finance)


def test_with_few_officers_no_hours_go_out_and_few_small_payments_have_no_sum(
    house: House, paid: list[Settlement]
) -> None:
    few = ExtractLine(officers=2, minutes=240, decision="publish", pence=1)
    assert (few.shown_minutes, few.shown_officers) == (None, "fewer than 3")
    assert basis_of(drawn(house)).endswith("are not listed: fewer than 3")


def test_an_answer_is_broken_down_as_it_was_asked_for(house: House, paid: list[Settlement]) -> None:
    whole = answer(house, "FOI 1")
    for number, (breakdown, said) in enumerate((("duty_type", "planned"), ("rank", "constable")), 2):
        extract = answer(house, f"FOI {number}", breakdown=breakdown)
        assert {line.purpose for line in extract.lines.all()} == {f"Overtime of police officers: {said}"}
        assert extract.pence == whole.pence


def test_d01_every_line_is_decided_before_release(house: House, paid: list[Settlement]) -> None:
    extract = drawn(house)
    publish(extract.lines.all()[0], house)
    assert code_of(lambda: extracts.release(extract, by=house.second_finance)) == "D01"


def test_d02_nobody_is_named_in_what_goes_out(house: House, paid: list[Settlement]) -> None:
    line = drawn(house).lines.all()[0]
    claim = Claim.objects.select_related("claimant", "enquiry").earliest("pk")
    subject = claim.enquiry.subjects.get()
    for words in (
        f"Work on {subject}",
        f"For {claim.enquiry.name}",
        f"Paid to {claim.claimant}",
        f"Officer {claim.claimant.staff_number} had leave",
        "Case mm-7f3k",
    ):
        assert code_of(lambda said=words: publish(line, house, value_for_money=said)) == "D02"  # type: ignore[misc]
        assert code_of(lambda said=words: publish(line, house, purpose=said)) == "D02"  # type: ignore[misc]
    line.refresh_from_db()
    assert not line.is_decided


def test_d03_a_decision_says_what_it_rests_on(house: House, paid: list[Settlement]) -> None:
    line = drawn(house).lines.all()[0]
    for said in (
        {"decision": ""},
        {"decision": "redact", "why": "Law"},
        {"decision": "withhold", "exemption": "s40"},
        {"decision": "publish", "value_for_money": WORTH, "exemption": "s40"},
        {"decision": "publish"},
    ):
        assert code_of(lambda words=said: extracts.decide(line, by=house.finance, **words)) == "D03"  # type: ignore[misc]


def test_d04_few_officers_behind_a_line_need_a_reason(house: House, paid: list[Settlement]) -> None:
    enquiry = Claim.objects.earliest("pk").enquiry
    officer = make.officer(house.lead)
    for day in range(11, 17):
        make.claim(house, make.assignment(house, enquiry, officer, day=date(2021, 2, day)), state="approved")
    with clock.travel(at(FEB_28)):
        due = list(Claim.objects.filter(claimant=officer))
        claims.settle(due, grant=house.grant, agency=house.lead, reference="Payroll 3", by=house.finance)
    line = drawn(house).lines.get(officers=1)
    assert line.has_few and code_of(lambda: publish(line, house)) == "D04"
    publish(line, house, why="Six duties of one month; the rank is not said")
    with pytest.raises(IntegrityError, match="few_with_a_reason"), transaction.atomic():
        run("update disclosure_extractline set why = '' where officers = 1")


def test_d05_a_month_and_a_request_are_drawn_up_once(house: House, paid: list[Settlement]) -> None:
    extract = drawn(house)
    assert code_of(lambda: drawn(house)) == "D05"
    assert code_of(lambda: extracts.withdraw(extract, by=house.finance, reason=" ")) == "A08"
    extracts.withdraw(extract, by=house.finance, reason="A payment was reversed")
    assert str(drawn(house)) == "PX-0002"


def test_d06_only_days_that_are_over(house: House) -> None:
    with clock.travel(at(FEB_28)):
        assert code_of(lambda: extracts.draw_publication(house.grant, FEB_1, by=house.finance)) == "D06"
        for from_on, to_on, received in (
            (FEB_28, FEB_1, FEB_1),
            (FEB_1, FEB_28 + timedelta(days=1), FEB_1),
            (FEB_1, FEB_1, FEB_28 + timedelta(days=1)),
        ):
            said = {"reference": "1", "scope": "All", "received_on": received}
            assert (
                code_of(
                    lambda a=from_on, b=to_on, s=said: extracts.draw_foi(  # type: ignore[misc]
                        house.grant, from_on=a, to_on=b, by=house.finance, **s
                    )
                )
                == "D06"
            )
    assert not Extract.objects.exists()


def test_only_finance_works_on_extracts(house: House, paid: list[Settlement]) -> None:
    extract = drawn(house)
    for verb in (
        lambda: extracts.draw_publication(house.grant, FEB_1, by=house.auditor),
        lambda: extracts.decide(extract.lines.all()[0], decision="publish", by=house.di),
        lambda: extracts.release(extract, by=house.auditor),
        lambda: extracts.withdraw(extract, by=house.auditor, reason="No"),
    ):
        assert code_of(verb) == "P01"


def test_the_database_holds_to_it(house: House, paid: list[Settlement]) -> None:
    extract = drawn(house)
    first, second = extract.lines.all()
    publish(first, house)
    by_hand = (
        "update disclosure_extract set status = 'released', released_at = now(), released_on = '2021-03-08', "
        f"sha256 = repeat('0', 64), disclosure_id = {_some_disclosure(house).pk}, released_by_id = "
    )
    refused_while_open = {
        f"{by_hand}{house.second_finance.pk}": "not decided",
        "update disclosure_extractline set pence = 1": "changed",
        "delete from disclosure_extractline": "changed",
        "delete from disclosure_extract": "changed",
        "update disclosure_extract set pence = 1": "changed",
        "update disclosure_extractline set decision = 'withhold', exemption = 's40'": "back|decided_by",
    }
    for sql, words in refused_while_open.items():
        with pytest.raises(IntegrityError, match=words), transaction.atomic():
            run(sql)
    extracts.decide(second, decision="withhold", exemption="s40", why="One of them", by=house.second_finance)
    for person in (house.finance, house.second_finance):
        with pytest.raises(IntegrityError, match=r"two_people|does not release"), transaction.atomic():
            run(f"{by_hand}{person.pk}")
    third = make.person("finance", agency=house.lead)
    with clock.travel(at(TODAY)):
        extracts.release(extract, by=third)
    for sql in (
        "update disclosure_extractline set why = 'x'",
        "update disclosure_extract set sha256 = repeat('1', 64)",
        "update disclosure_extract set status = 'open'",
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            run(sql)


def _some_disclosure(house: House) -> Disclosure:
    return Disclosure.objects.create(
        kind="publication",
        grant=house.grant,
        requested_by=house.finance,
        requested_at=clock.now(),
        recipient="The public",
        reason="By hand",
        marking="OFFICIAL - PUBLIC",
    )


def run(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)
