"""The controlling DI: money and pace at a glance, task, task again, move money, approve, return."""

import re
from datetime import date

import pytest

from claims.models import Claim, Event
from claims.services import together
from grants.models import LedgerEntry
from tasking.models import Tasking
from tests.factories import at
from tests.journeys.conftest import Arrival
from tests.journeys.money import Watch
from tests.journeys.person import KeyboardPerson, Person, PlainPerson
from tests.scene import Scene


def test_money_left_pace_and_what_to_task_stand_on_the_home_page(arrive: Arrival, stage: Scene) -> None:
    di = arrive("di")
    available = sum(stage.house.grant.lines.values_list("available", flat=True))
    di.reads(f"£{available / 100:,.2f}", "a week", "To task this week", "31 March")
    assert di.main.get_by_role("img").count() >= 1
    assert di.presses == 0


def test_tasking_n_officers_takes_3_and_n_presses(arrive: Arrival, stage: Scene) -> None:
    books, di = Watch(stage.enquiry.line), arrive("di")
    officers = stage.constables[1:4]
    task(di, [str(officer) for officer in officers])
    assert di.presses == 3 + len(officers)
    tasking = Tasking.objects.latest("pk")
    assert (tasking.enquiry, tasking.issued_by) == (stage.enquiry, stage.house.di)
    assert (tasking.starts_at, tasking.ends_at) == (at(date(2021, 3, 17), 16), at(date(2021, 3, 17), 20))
    assert {one.officer for one in tasking.assignments.all()} == set(officers)
    assert books.moved() == (-3 * 10_512, 3 * 10_512, 0, 0, 0)


def task(di: Person, officers: list[str]) -> None:
    """From the home page: a planned duty of four hours on Wednesday of next week."""
    di.press("Task officers")
    enquiry = di.main.get_by_label("Enquiry").get_by_role("option").filter(has_text="Enquiry 1:")
    di.choose("Enquiry", enquiry.inner_text().strip())
    available = int(re.sub(r"\D", "", enquiry.inner_text().partition("£")[2]))
    di.type_day(17, 3, 2021)
    di.type("Start", "1600")
    di.type("End", "2000")
    for officer in officers:
        di.tick(officer)
    di.type("Reason", "Observations")
    di.press("See what it costs")
    pence = len(officers) * 10_512
    leaves = f"£{(available - pence) / 100:,.2f}"
    who = "1 officer" if len(officers) == 1 else f"{len(officers)} officers"
    di.press(f"Task {who}: £{pence / 100:,.2f}, leaves {leaves}")


def test_the_same_again_next_week_takes_two(arrive: Arrival, stage: Scene) -> None:
    books, di = Watch(stage.second.line), arrive("di")
    pence = sum(one.authorised_pence for one in stage.repeated.assignments.all())
    di.press(f"The same again next week as {stage.repeated}")
    di.press(re.compile("^Task 3 officers"))
    assert di.presses == 2
    tasking = Tasking.objects.latest("pk")
    assert (tasking.starts_at, tasking.ends_at) == (at(date(2021, 3, 13), 10), at(date(2021, 3, 13), 14))
    assert tasking.assignments.count() == 3
    assert books.moved() == (-pence, pence, 0, 0, 0)


def test_what_the_money_does_not_reach_is_refused_and_what_was_typed_stays(
    arrive: Arrival, stage: Scene
) -> None:
    di = arrive("di")
    before = Tasking.objects.count(), LedgerEntry.objects.count()
    di.press("Task officers")
    enquiry = di.main.get_by_label("Enquiry").get_by_role("option").filter(has_text=f"{stage.empty.name}:")
    di.choose("Enquiry", enquiry.inner_text().strip())
    di.type_day(17, 3, 2021)
    di.type("Start", "1600")
    di.type("End", "2000")
    di.tick(str(stage.constables[1]))
    di.type("Reason", "Observations")
    di.press("See what it costs")
    di.reads("T03", "Who can")
    assert di.page.title().startswith("Error: ")
    di.press("Change date, times or officers")
    assert di.main.get_by_label("Start").input_value() in ("1600", "16:00")
    assert di.main.get_by_role("checkbox", name=str(stage.constables[1])).is_checked()
    assert (Tasking.objects.count(), LedgerEntry.objects.count()) == before


def test_money_moves_between_enquiries_in_three(arrive: Arrival, stage: Scene) -> None:
    source, target, di = Watch(stage.enquiry.line), Watch(stage.second.line), arrive("di")
    di.press("Move money")
    di.choose("From", option_of(di, "From", "Enquiry 1"))
    di.choose("To", option_of(di, "To", "Enquiry 2"))
    di.type("Amount", "1,250.50")
    di.type("Reason", "More is needed there")
    di.press("Check the move")
    di.press("Move £1,250.50 from Enquiry 1 to Enquiry 2")
    assert di.presses == 3
    assert source.moved() == (-125_050, 0, 0, 0, 0)
    assert target.moved() == (125_050, 0, 0, 0, 0)
    assert LedgerEntry.objects.latest("pk").reason == "More is needed there"


def option_of(person: Person, label: str, start: str) -> str:
    """The whole text of the option of a list that starts like this."""
    options = person.main.get_by_label(label).get_by_role("option").all_inner_texts()
    return next(text for text in options if text.strip().startswith(start))


def test_a_flagged_claim_is_approved_in_two(arrive: Arrival, stage: Scene) -> None:
    books, di = Watch(stage.enquiry.line), arrive("di")
    di.press(f"Claim {stage.flagged.pk}")
    di.reads("C07")
    di.type("Your answer", "The duty record is on file")
    di.press("Approve £105.12")
    assert di.presses == 2
    claim = Claim.objects.get(pk=stage.flagged.pk)
    assert (claim.status, claim.approved_by) == ("approved", stage.house.di)
    assert claim.events.latest("pk").reason == "The duty record is on file"
    assert books.moved() == (0, 0, -10_512, 10_512, 0)


def test_a_flagged_claim_without_an_answer_is_not_approved(arrive: Arrival, stage: Scene) -> None:
    books, di = Watch(stage.enquiry.line), arrive("di")
    di.press(f"Claim {stage.flagged.pk}")
    di.press("Approve £105.12")
    di.reads("There is a problem")
    assert Claim.objects.get(pk=stage.flagged.pk).status == "certified"
    assert books.moved() == (0, 0, 0, 0, 0)


def test_a_claim_is_returned_in_three(arrive: Arrival, stage: Scene) -> None:
    books, di = Watch(stage.second.line), arrive("di")
    return_it(di, stage)
    assert di.presses == 3
    claim = Claim.objects.get(pk=stage.flagged_too.pk)
    event = claim.events.latest("pk")
    assert (claim.status, claim.certified_by) == ("returned", None)
    assert (event.verb, event.reason_code, event.by) == ("returned", Event.Reason.EVIDENCE, stage.house.di)
    assert books.moved() == (0, 10_512, -10_512, 0, 0)


def return_it(di: Person, stage: Scene) -> None:
    di.press(f"Claim {stage.flagged_too.pk}")
    di.press("Return it to the claimant")
    di.choose_radio("Something that shows it is missing")
    di.type("What should the claimant do?", "Add the reference of the log")
    di.press("Return the claim of £105.12")


@pytest.mark.parametrize("kind", [Person, KeyboardPerson, PlainPerson])
def test_n_clean_claims_are_approved_in_two_and_opening_the_sample(
    arrive: Arrival, stage: Scene, kind: type[Person]
) -> None:
    books, di = Watch(stage.enquiry.line), arrive("di", kind)
    di.press(re.compile("3 clean to approve"))
    opened = open_the_sample(di)
    di.press("Approve 3 claims: £315.36")
    di.reads("Approved 3 claims: £315.36")
    assert (opened, di.presses) == (1, 2 + 2 * opened)
    assert {Claim.objects.get(pk=claim.pk).status for claim in stage.clean} == {"approved"}
    assert Claim.objects.get(pk=stage.flagged.pk).status == "certified"
    assert books.moved() == (0, 0, -31_536, 31_536, 0)


def open_the_sample(di: Person) -> int:
    """Open each claim of the sample and come back; how many there are."""
    names = di.main.locator(".sample a").all_inner_texts()
    for name in names:
        di.press(name)
        di.press("Approve clean claims together")
    return len(names)


@pytest.mark.parametrize("kind", [Person, PlainPerson])
def test_many_clean_claims_are_approved_some_at_a_time(
    arrive: Arrival, stage: Scene, monkeypatch: pytest.MonkeyPatch, kind: type[Person]
) -> None:
    """With a script the page goes on by itself, without one by a button; it can be left and found again."""
    monkeypatch.setitem(together.approve_next.__kwdefaults__, "most", 1)
    di = arrive("di", kind)
    di.press(re.compile("3 clean to approve"))
    open_the_sample(di)
    di.found("Approve 3 claims: £315.36").click()
    if kind is PlainPerson:
        di.press("Go on: 2 claims left")
        di.goto(di.path)
        di.reads("2 of 3 done: 2 approved, £210.24")
        di.press("Go on: 1 claim left")
    di.reads("Approved 3 claims: £315.36")
    di.look()
    assert {Claim.objects.get(pk=claim.pk).status for claim in stage.clean} == {"approved"}


def test_what_was_left_half_done_waits_to_go_on(arrive: Arrival, stage: Scene) -> None:
    for claim in Claim.objects.filter(pk__in=[one.pk for one in stage.clean]):
        together.open_sampled(claim, by=stage.house.di)
    together.approve_next(stage.drawn, by=stage.house.di, most=1)
    di = arrive("di")
    di.press(re.compile("2 clean to approve"))
    di.reads("1 of 3 done", "Go on: 2 claims left")
    di.press("Go on: 2 claims left")
    di.reads("Approved 3 claims: £315.36")


def test_several_claims_are_returned_each_with_its_own_words(arrive: Arrival, stage: Scene) -> None:
    di = arrive("di")
    di.press("with questions")
    for claim in (stage.flagged, stage.flagged_too):
        di.tick(f"{claim}, {claim.claimant}, £105.12")
    di.press("Return those ticked")
    di.choose("What is wrong with them", "Something that shows it is missing")
    for claim in (stage.flagged, stage.flagged_too):
        form = di.main.get_by_role("group", name=re.compile(f"{claim}"))
        form.get_by_label("What should the claimant do?").fill(f"Add the log of {claim}")
    di.press("Return 2 claims")
    di.reads("Returned")
    for claim in (stage.flagged, stage.flagged_too):
        event = Claim.objects.get(pk=claim.pk).events.latest("pk")
        assert (event.verb, event.reason_code) == ("returned", "evidence")
        assert event.reason == f"Add the log of {claim}"


def test_more_time_is_granted_in_two(arrive: Arrival, stage: Scene) -> None:
    books, di = Watch(stage.enquiry.line), arrive("di")
    di.press(f"Claim {stage.waiting.pk}")
    di.press("Grant £26.29 more")
    assert di.presses == 2
    assert Claim.objects.get(pk=stage.waiting.pk).status == "submitted"
    assert books.moved() == (-2_629, -10_512, 13_141, 0, 0)


def test_by_keyboard_alone(arrive: Arrival, stage: Scene) -> None:
    books, di = Watch(stage.second.line), arrive("di", KeyboardPerson)
    di.press(f"Claim {stage.flagged_too.pk}")
    di.type("Your answer", "The duty record is on file")
    di.press("Approve £105.12")
    assert di.presses == 2
    assert Claim.objects.get(pk=stage.flagged_too.pk).status == "approved"
    assert books.moved() == (0, 0, -10_512, 10_512, 0)


def test_without_a_script(arrive: Arrival, stage: Scene) -> None:
    books, di = Watch(stage.enquiry.line), arrive("di", PlainPerson)
    task(di, [str(stage.constables[1])])
    assert books.moved() == (-10_512, 10_512, 0, 0, 0)
