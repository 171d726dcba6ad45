"""Clean claims approved together, several returned: by the services, in the browser, at the same moment."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from claims import checks, selectors, services
from claims.models import BulkApproval, Claim, Event, Sampled
from claims.services import safeguards, together
from claims.views.together import GOING_ON
from grants.models import LADDER, BudgetLine, Grant, LedgerEntry
from grants.services import delegate
from overtime_ledger import clock
from overtime_ledger.accounts.models import User
from overtime_ledger.errors import Refusal
from tasking.models import Enquiry
from tests import factories as make
from tests.test_races import WON, at_once

pytestmark = pytest.mark.django_db
racing = pytest.mark.django_db(transaction=True)
DAY = date(2021, 3, 1)
NOW = make.at(date(2021, 3, 3))
DRAW = "/claims/approve-clean/"


@pytest.fixture
def house() -> make.House:
    return make.house()


@pytest.fixture
def enquiry(house: make.House) -> Enquiry:
    return make.enquiry(house, pence=5_000_000)


def clean(house: make.House, enquiry: Enquiry, count: int = 1) -> list[Claim]:
    """Certified claims of £105.12 of a fresh officer each, that no control asks about."""
    officers = [make.officer(house.lead) for _ in range(count)]
    duties = [make.assignment(house, enquiry, officer, day=DAY) for officer in officers]
    return [make.claim(house, duty, state="certified") for duty in duties]


def flagged(house: make.House, enquiry: Enquiry) -> Claim:
    """A certified claim that was submitted late (C07)."""
    duty = make.assignment(house, enquiry, make.officer(house.lead))
    claim = services.submit(services.as_planned(duty), by=duty.officer)
    return services.certify(claim, by=house.supervisor, revision=claim.revision, record="Duty record 1")


def deputise(house: make.House, limit_pence: int | None = None) -> User:
    with clock.travel(make.at(make.START)):
        end = date(2021, 3, 31)
        delegate(
            house.grant,
            house.deputy,
            by=house.di,
            from_on=make.START,
            to_on=end,
            limit_pence=limit_pence,
        )
    return house.deputy


def drawn(by: User) -> BulkApproval:
    return together.draw(selectors.clean_for(by), by=by)


def sample_of(bulk: BulkApproval) -> set[int]:
    return set(bulk.rows.filter(is_sample=True).values_list("claim", flat=True))


def open_sample(bulk: BulkApproval) -> None:
    for claim in Claim.objects.filter(pk__in=sample_of(bulk)):
        together.open_sampled(claim, by=bulk.by)


def refusal_of(verb: Callable[[], object]) -> Refusal:
    with pytest.raises(Refusal) as refused:
        verb()
    return refused.value


def outcomes(bulk: BulkApproval) -> dict[int, str]:
    """What became of each claim: approved, waiting, or the code it was refused with."""
    rows = bulk.rows.values_list("claim", "outcome", "refusal")
    return {claim: refusal.partition(":")[0] or outcome for claim, outcome, refusal in rows}


def statuses(claims: list[Claim]) -> list[str]:
    found = dict(Claim.objects.filter(pk__in=[claim.pk for claim in claims]).values_list("pk", "status"))
    return [found[claim.pk] for claim in claims]


def books(enquiry: Enquiry) -> tuple[int, ...]:
    enquiry.line.refresh_from_db()
    return tuple(getattr(enquiry.line, stage) for stage in LADDER)


def everything() -> tuple[object, ...]:
    """All that an approval would change."""
    claims = Claim.objects.order_by("pk").values_list("pk", "status", "revision")
    return tuple(claims), Event.objects.count(), LedgerEntry.objects.count()


def send_back(claim: Claim, by: User) -> Claim:
    return services.return_claim(
        claim, by=by, revision=claim.revision, reason_code="times", reason="As the log says"
    )


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


# Drawing


@pytest.mark.parametrize(("count", "wanted"), [(1, 1), (9, 1), (10, 1), (11, 2)])
def test_one_in_ten_is_drawn_and_one_at_least(
    house: make.House, enquiry: Enquiry, count: int, wanted: int
) -> None:
    clean(house, enquiry, count)
    bulk = drawn(house.di)
    assert bulk.rows.count() == count
    assert len(sample_of(bulk)) == wanted


def test_drawing_again_finds_what_was_drawn(house: make.House, enquiry: Enquiry) -> None:
    clean(house, enquiry, 3)
    assert drawn(house.di) == drawn(house.di)
    assert BulkApproval.objects.count() == 1


def test_drawing_more_keeps_the_sample_and_what_was_opened(house: make.House, enquiry: Enquiry) -> None:
    clean(house, enquiry, 10)
    first = drawn(house.di)
    open_sample(first)
    clean(house, enquiry, 1)
    second = drawn(house.di)
    assert second != first and len(sample_of(second)) == 2
    assert sample_of(first) < sample_of(second)
    opened = second.rows.filter(is_sample=True, opened_at__isnull=False)
    assert set(opened.values_list("claim", flat=True)) == sample_of(first)


def test_drawing_fewer_finds_no_easier_sample(house: make.House, enquiry: Enquiry) -> None:
    clean(house, enquiry, 11)
    first = drawn(house.di)
    chosen = Claim.objects.filter(pk__in=sample_of(first))
    assert sample_of(together.draw(chosen, by=house.di)) == sample_of(first)


def test_what_was_opened_and_changed_since_is_drawn_unopened(house: make.House, enquiry: Enquiry) -> None:
    (claim,) = clean(house, enquiry)
    open_sample(drawn(house.di))
    returned = send_back(claim, house.di)
    again = services.submit(
        services.as_claimed(returned), by=claim.claimant, claim=returned, revision=returned.revision
    )
    services.certify(again, by=house.supervisor, revision=again.revision)
    bulk = drawn(house.di)
    assert not bulk.rows.filter(opened_at__isnull=False)
    assert refusal_of(lambda: together.approve_next(bulk, by=house.di)).code == "A06"


def test_flagged_claims_are_not_drawn(house: make.House, enquiry: Enquiry) -> None:
    claim = flagged(house, enquiry)
    assert refusal_of(lambda: together.draw([claim], by=house.di)).code == "A06"
    assert not BulkApproval.objects.exists()


def test_only_approvers_draw(house: make.House, enquiry: Enquiry) -> None:
    claims = clean(house, enquiry)
    for person in (house.finance, house.auditor, house.supervisor, claims[0].claimant):
        assert refusal_of(lambda person=person: together.draw(claims, by=person)).code == "P01"  # type: ignore[misc]


# Approving


def test_nothing_is_approved_before_the_sample_is_opened(house: make.House, enquiry: Enquiry) -> None:
    clean(house, enquiry, 11)
    bulk, before = drawn(house.di), everything()
    one, other = Claim.objects.filter(pk__in=sample_of(bulk))
    for opened in (None, one):
        if opened:
            together.open_sampled(opened, by=house.di)
        refusal = refusal_of(lambda: together.approve_next(bulk, by=house.di))
        assert (refusal.code, str(other.pk) in refusal.reason) == ("A06", True)
    assert everything() == before
    together.open_sampled(other, by=house.di)
    assert together.approve_next(bulk, by=house.di) == 0
    assert set(outcomes(bulk).values()) == {"approved"}
    assert books(enquiry) == (5_000_000 - 11 * 10_512, 0, 0, 11 * 10_512, 0)


def test_somebody_elses_look_opens_nothing(house: make.House, enquiry: Enquiry) -> None:
    (claim,) = clean(house, enquiry)
    bulk = drawn(house.di)
    for person in (deputise(house), house.auditor):
        assert together.open_sampled(claim, by=person) is None
    assert refusal_of(lambda: together.approve_next(bulk, by=house.di)).code == "A06"


def test_only_who_drew_it_up_approves_it(house: make.House, enquiry: Enquiry) -> None:
    clean(house, enquiry)
    bulk = drawn(house.di)
    open_sample(bulk)
    before = everything()
    assert refusal_of(lambda: together.approve_next(bulk, by=deputise(house))).code == "P01"
    assert everything() == before


def test_some_at_a_time_until_nothing_is_left(house: make.House, enquiry: Enquiry) -> None:
    clean(house, enquiry, 5)
    bulk = drawn(house.di)
    open_sample(bulk)
    left = [together.approve_next(bulk, by=house.di, most=2) for _ in range(4)]
    assert left == [3, 1, 0, 0]
    progress = together.progress_of(bulk)
    assert (progress.approved.count, progress.approved.pence, progress.refused) == (5, 5 * 10_512, 0)


def test_what_is_half_done_goes_on_where_it_was(house: make.House, enquiry: Enquiry) -> None:
    clean(house, enquiry, 4)
    bulk = drawn(house.di)
    open_sample(bulk)
    together.approve_next(bulk, by=house.di, most=2)
    assert drawn(house.di) == bulk


def test_a_claim_changed_meanwhile_is_refused_alone(house: make.House, enquiry: Enquiry) -> None:
    claims = clean(house, enquiry, 3)
    bulk = drawn(house.di)
    open_sample(bulk)
    send_back(claims[1], deputise(house))
    together.approve_next(bulk, by=house.di)
    assert outcomes(bulk) == {claims[0].pk: "approved", claims[1].pk: "A03", claims[2].pk: "approved"}
    assert statuses(claims) == ["approved", "returned", "approved"]
    assert books(enquiry) == (5_000_000 - 3 * 10_512, 10_512, 0, 2 * 10_512, 0)


def test_of_the_sample_what_changed_unopened_is_drawn_anew(house: make.House, enquiry: Enquiry) -> None:
    claims = clean(house, enquiry, 3)
    bulk = drawn(house.di)
    (sampled,) = Claim.objects.filter(pk__in=sample_of(bulk))
    send_back(sampled, house.di)
    before = everything()
    refusal = refusal_of(lambda: together.approve_next(bulk, by=house.di))
    assert (refusal.code, "changed before they were opened" in refusal.reason) == ("A06", True)
    sampled.refresh_from_db()
    together.open_sampled(sampled, by=house.di)
    assert refusal_of(lambda: together.approve_next(bulk, by=house.di)).code == "A06"
    assert everything() == before
    again = drawn(house.di)
    open_sample(again)
    assert together.approve_next(again, by=house.di) == 0
    assert Counter(statuses(claims)) == {"approved": 2, "returned": 1}


def test_every_control_holds_for_each_claim(house: make.House, enquiry: Enquiry) -> None:
    """A01, A02, A05, A09: each refused alone, with what was drawn before it came about."""
    tied, held, fine = clean(house, enquiry, 3)
    deputy = make.person("supervisor", "deputy", agency=house.lead)
    with clock.travel(make.at(make.START)):
        delegate(house.grant, deputy, by=house.di, from_on=make.START, to_on=date(2021, 3, 31))
    own = make.claim(house, make.assignment(house, enquiry, make.officer(house.lead), day=DAY))
    own = services.certify(own, by=deputy, revision=own.revision, record="Duty record 1")
    bulk = together.draw([own, tied, held, fine], by=deputy)
    open_sample(bulk)
    safeguards.declare_interest(by=deputy, what="Cousin", officer=tied.claimant)
    safeguards.freeze(held, by=house.finance, reason="Looked into")
    deputy = User.objects.get(pk=deputy.pk)
    together.approve_next(bulk, by=deputy)
    assert outcomes(bulk) == {own.pk: "A01", tied.pk: "A05", held.pk: "A09", fine.pk: "approved"}
    assert statuses([own, tied, held, fine]) == [*["certified"] * 3, "approved"]
    former = make.person("controlling_di", agency=house.lead)
    bulk = together.draw([tied], by=former)
    open_sample(bulk)
    together.approve_next(bulk, by=former)
    assert outcomes(bulk) == {tied.pk: "A02"}
    call_command("verify_ledger")


@contextmanager
def undone() -> Iterator[None]:
    """What is done inside is as if it had never happened."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def written() -> list[object]:
    """All that approvals write, in its order; numbers and moments that the database gives left out."""
    given = {"id", "recorded_at", "digest", "last_digest"}
    return [
        {name: value for name, value in row.items() if name not in given}
        for model in (Claim, Event, LedgerEntry, BudgetLine, Grant)
        for row in model._default_manager.order_by("pk").values()
    ]


def test_together_and_one_by_one_come_to_the_same(house: make.House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows, events, entries, balances and refusals; two enquiries, and some of everything that is refused."""
    enquiries = [make.enquiry(house, pence=5_000_000) for _ in range(2)]
    claims = [claim for one in enquiries for claim in clean(house, one, 5)]
    deputy = deputise(house, limit_pence=20_000)
    tied, held, slipped, changed = claims[1], claims[3], claims[5], claims[8]
    monkeypatch.setattr(together, "IN_ONE_TRANSACTION", 4)
    with clock.travel(NOW):
        bulk = drawn(deputy)
        open_sample(bulk)
        seen = dict(bulk.rows.values_list("claim", "revision"))
        safeguards.declare_interest(by=deputy, what="Cousin", officer=tied.claimant)
        safeguards.freeze(held, by=house.finance, reason="Looked into")
        send_back(changed, house.di)
        # One is held back in the very moment between the reading and the writing: the database refuses it.
        safeguards.freeze(slipped, by=house.finance, reason="Looked into")
        slips = lambda claim: claim.pk != slipped.pk and not_held_back(claim)  # noqa: E731
        not_held_back = checks.not_held_back
        monkeypatch.setattr(checks, "not_held_back", slips)

        with undone():
            refused = {}
            for claim in Claim.objects.filter(pk__in=seen).order_by("pk"):
                try:
                    services.approve(claim, by=deputy, revision=seen[claim.pk])
                except Refusal as refusal:
                    refused[claim.pk] = refusal.code
            singly = written()
        together.approve_next(bulk, by=User.objects.get(pk=deputy.pk))
    assert written() == singly
    expected = {tied.pk: "A05", held.pk: "A09", slipped.pk: "A03", changed.pk: "A03"}
    assert refused == expected
    assert outcomes(bulk) == dict.fromkeys(seen, "approved") | expected
    call_command("verify_ledger")


def test_what_was_approved_on_its_own_page_counts_as_approved(house: make.House, enquiry: Enquiry) -> None:
    claims = clean(house, enquiry, 2)
    bulk = drawn(house.di)
    open_sample(bulk)
    services.approve(claims[0], by=house.di, revision=claims[0].revision)
    together.approve_next(bulk, by=house.di)
    assert set(outcomes(bulk).values()) == {"approved"}
    assert LedgerEntry.objects.filter(kind="approval").count() == 2


def test_many_approvals_ask_the_database_as_often_as_a_few(house: make.House, enquiry: Enquiry) -> None:
    """What they read and what they write, authorities that are in force still included."""

    def queries(count: int) -> int:
        clean(house, enquiry, count)
        bulk = drawn(house.di)
        open_sample(bulk)
        with CaptureQueriesContext(connection) as captured:
            together.approve_next(bulk, by=house.di)
        return sum("SAVEPOINT" not in query["sql"] for query in captured)

    queries(1)  # interests are read once a person
    assert queries(7) == queries(2)


# At the same moment


@racing
def test_two_approvers_draw_the_same_claims_and_each_is_approved_once(house: make.House) -> None:
    enquiry = make.enquiry(house)
    claims, deputy = clean(house, enquiry, 4), deputise(house)
    bulks = [drawn(house.di), drawn(deputy)]
    for bulk in bulks:
        open_sample(bulk)
    approving = [
        lambda bulk=bulk: together.approve_next(BulkApproval.objects.get(pk=bulk.pk), by=bulk.by)
        for bulk in bulks
    ]
    assert at_once(NOW, *approving) == {WON: 2}
    said = [outcomes(bulk) for bulk in bulks]
    assert all({one[claim.pk] for one in said} == {"approved", "A03"} for claim in claims)
    assert set(statuses(claims)) == {"approved"}
    assert LedgerEntry.objects.filter(kind="approval").count() == 4
    call_command("verify_ledger")


@racing
def test_the_same_sent_twice_at_once_approves_each_once(house: make.House) -> None:
    enquiry = make.enquiry(house)
    claims = clean(house, enquiry, 4)
    bulk = drawn(house.di)
    open_sample(bulk)
    approving = lambda: together.approve_next(BulkApproval.objects.get(pk=bulk.pk), by=house.di)  # noqa: E731
    assert at_once(NOW, approving, approving, approving) == {WON: 3}
    assert set(outcomes(bulk).values()) == {"approved"}
    assert set(statuses(claims)) == {"approved"}
    assert LedgerEntry.objects.filter(kind="approval").count() == 4


@racing
def test_a_return_and_the_approval_at_once_leave_one_of_the_two(house: make.House) -> None:
    enquiry = make.enquiry(house)
    claims, deputy = clean(house, enquiry, 3), deputise(house)
    bulk = drawn(house.di)
    open_sample(bulk)
    approving = lambda: together.approve_next(BulkApproval.objects.get(pk=bulk.pk), by=house.di)  # noqa: E731
    returning = lambda: send_back(claims[2], deputy)  # noqa: E731
    assert at_once(NOW, approving, returning)[WON] >= 1
    said = outcomes(bulk)
    assert (said[claims[0].pk], said[claims[1].pk]) == ("approved", "approved")
    expected = {"approved": "approved", "A03": "returned"}
    assert statuses(claims)[2] == expected[said[claims[2].pk]]
    call_command("verify_ledger")


@racing
def test_two_draws_at_once_draw_one_sample(house: make.House) -> None:
    clean(house, make.enquiry(house), 4)
    drawing = lambda: drawn(User.objects.get(pk=house.di.pk))  # noqa: E731
    assert at_once(NOW, drawing, drawing) == {WON: 2}
    assert BulkApproval.objects.count() == 1


# In the browser


def page_of(bulk: BulkApproval) -> str:
    return reverse("claims:together", args=[bulk.pk])


def test_draw_open_approve(house: make.House, enquiry: Enquiry) -> None:
    claims, di = clean(house, enquiry, 3), signed_in(house.di)
    answer = di.post(DRAW)
    bulk = BulkApproval.objects.get()
    assert answer.url == page_of(bulk)
    page = di.get(page_of(bulk))
    text = page.content.decode()
    assert "Approve 3 claims: £315.36" in text and "To open" in text
    assert [(one.count, one.claimed.after, one.approved.after) for one in page.context["shares"]] == [
        (3, 0, 31_536)
    ]
    before = everything()
    refused = di.post(page_of(bulk))
    assert (refused.status_code, refused.context["refusal"].code) == (422, "A06")
    assert "Whoever approves" in refused.content.decode()
    assert everything() == before
    (sampled,) = sample_of(bulk)
    claim_page = di.get(reverse("claims:claim", args=[sampled]))
    assert page_of(bulk) in claim_page.content.decode()
    assert "Opened" in di.get(page_of(bulk)).content.decode()
    done = di.post(page_of(bulk), follow=True)
    assert "Approved 3 claims: £315.36" in done.content.decode()
    assert statuses(claims) == ["approved"] * 3


def test_sent_again_and_read_again_it_does_nothing_more(house: make.House, enquiry: Enquiry) -> None:
    clean(house, enquiry, 2)
    bulk, di = drawn(house.di), signed_in(house.di)
    open_sample(bulk)
    di.post(page_of(bulk))
    before = everything()
    for _ in range(2):
        assert di.post(page_of(bulk)).status_code == 302
        assert di.get(f"{page_of(bulk)}?{GOING_ON}").status_code == 200
    assert everything() == before


def test_many_go_on_by_themselves(
    house: make.House, enquiry: Enquiry, monkeypatch: pytest.MonkeyPatch
) -> None:
    clean(house, enquiry, 5)
    bulk, di = drawn(house.di), signed_in(house.di)
    open_sample(bulk)
    monkeypatch.setitem(together.approve_next.__kwdefaults__, "most", 2)
    going = di.post(page_of(bulk), follow=True)
    assert "2 of 5 done" in going.content.decode() and "data-goes-on" in going.content.decode()
    left_alone = di.get(page_of(bulk)).content.decode()
    assert "Go on: 3 claims left" in left_alone and "data-goes-on" not in left_alone
    di.post(page_of(bulk))
    assert "Approved 5 claims" in di.post(page_of(bulk), follow=True).content.decode()


def test_what_is_refused_is_said_with_its_claim(house: make.House, enquiry: Enquiry) -> None:
    claims = clean(house, enquiry, 2)
    bulk, di = drawn(house.di), signed_in(house.di)
    open_sample(bulk)
    (left,) = [claim for claim in claims if claim.pk not in sample_of(bulk)]
    send_back(left, deputise(house))
    assert "Changed since" in di.get(page_of(bulk)).content.decode()
    page = di.post(page_of(bulk), follow=True)
    text = page.content.decode()
    assert "1 refused" in text and f"A03: Claim {left.pk} changed" in text
    assert "Approved 1 claim: £105.12" in text


def test_with_nothing_clean_it_says_so(house: make.House, enquiry: Enquiry) -> None:
    flagged(house, enquiry)
    di = signed_in(house.di)
    page = di.get(DRAW).content.decode()
    assert "No clean claims wait for you" in page and "1 flagged claim" in page
    refused = di.post(DRAW)
    assert (refused.status_code, refused.context["refusal"].code) == (422, "A06")


def test_claims_that_are_only_named_are_not_approved(house: make.House, enquiry: Enquiry) -> None:
    """What the old page sent draws up what waits, and approves nothing."""
    claims = clean(house, enquiry, 2)
    before = everything()
    signed_in(house.di).post(DRAW, {"seen": [f"{claim.pk}:{claim.revision}" for claim in claims]})
    assert everything() == before


def test_only_who_drew_it_up_finds_it(house: make.House, enquiry: Enquiry) -> None:
    (claim,) = clean(house, enquiry)
    bulk, before = drawn(house.di), everything()
    other_di = make.person("controlling_di", agency=house.lead)
    for person in (deputise(house), other_di, house.finance, house.auditor, house.supervisor, claim.claimant):
        visitor = signed_in(person)
        assert visitor.get(page_of(bulk)).status_code == 404
        assert visitor.post(page_of(bulk)).status_code == 404
    for person in (house.finance, house.auditor, house.supervisor, claim.claimant):
        assert signed_in(person).get(DRAW).status_code == 404
        assert signed_in(person).post(DRAW).status_code == 404
    assert everything() == before and BulkApproval.objects.count() == 1


def test_looking_opens_for_who_drew_it_alone(house: make.House, enquiry: Enquiry) -> None:
    (claim,) = clean(house, enquiry)
    bulk = drawn(house.di)
    address = reverse("claims:claim", args=[claim.pk])
    for person in (deputise(house), house.auditor, house.supervisor, claim.claimant):
        assert page_of(bulk) not in signed_in(person).get(address).content.decode()
    assert Sampled.objects.get().opened_at is None
    signed_in(house.di).get(address)
    assert Sampled.objects.get().opened_at is not None


def test_the_page_asks_the_database_as_often_for_many_as_for_few(house: make.House, enquiry: Enquiry) -> None:
    di = signed_in(house.di)

    def queries() -> int:
        bulk = drawn(house.di)
        with CaptureQueriesContext(connection) as captured:
            assert di.get(page_of(bulk)).status_code == 200
        return len(captured)

    clean(house, enquiry, 2)
    few = queries()
    clean(house, enquiry, 9)
    assert queries() == few


# Returned together

RETURN = "/claims/return/"


def said(*claims: Claim, **more: str) -> dict[str, Any]:
    """What the page of returns sends, with nothing said of any claim yet."""
    found: dict[str, Any] = {"claim": [str(claim.pk) for claim in claims]}
    for claim in claims:
        found[f"claim-{claim.pk}-revision"] = str(claim.revision)
    return found | more


def test_each_claimant_is_told_his_own(house: make.House, enquiry: Enquiry) -> None:
    one, other = clean(house, enquiry, 2)
    di = signed_in(house.di)
    page = di.get(RETURN, {"claim": [one.pk, other.pk]})
    assert [form.claim.pk for form in page.context["returns"].asked] == [one.pk, other.pk]
    sent = said(one, other) | {
        f"claim-{one.pk}-reason_code": "times",
        f"claim-{one.pk}-reason": "The log says 19:00",
        f"claim-{other.pk}-reason_code": "evidence",
        f"claim-{other.pk}-reason": "Add the page of the book",
    }
    assert di.post(RETURN, sent).status_code == 302
    told = [
        (event.reason_code, event.reason)
        for event in Event.objects.filter(verb="returned").order_by("claim_id")
    ]
    assert told == [("times", "The log says 19:00"), ("evidence", "Add the page of the book")]
    assert statuses([one, other]) == ["returned", "returned"]
    assert books(enquiry) == (5_000_000 - 2 * 10_512, 2 * 10_512, 0, 0, 0)


def test_the_same_for_all_counts_where_nothing_else_is_said(house: make.House, enquiry: Enquiry) -> None:
    one, other = clean(house, enquiry, 2)
    alike = {"all-reason_code": "evidence", "all-reason": "Bring the log"}
    own = {f"claim-{other.pk}-reason": "Bring the log of the 2nd"}
    di = signed_in(house.di)
    filled = di.post(RETURN, said(one, other) | alike | own | {"fill": "yes"})
    assert filled.status_code == 200
    assert [one.form["reason"].value() for one in filled.context["returns"].asked] == [
        "Bring the log",
        "Bring the log of the 2nd",
    ]
    assert statuses([one, other]) == ["certified", "certified"]
    assert di.post(RETURN, said(one, other) | alike | own).status_code == 302
    told = Event.objects.filter(verb="returned").order_by("claim_id").values_list("reason_code", "reason")
    assert list(told) == [("evidence", "Bring the log"), ("evidence", "Bring the log of the 2nd")]


def test_without_words_for_one_nothing_is_returned(house: make.House, enquiry: Enquiry) -> None:
    one, other = clean(house, enquiry, 2)
    before = everything()
    sent = {f"claim-{one.pk}-reason_code": "times", f"claim-{one.pk}-reason": "The log says 19:00"}
    page = signed_in(house.di).post(RETURN, said(one, other) | sent)
    text = page.content.decode()
    assert page.status_code == 422 and "The log says 19:00" in text
    assert f"Claim {other.pk}: choose what is wrong with it" in text
    assert everything() == before


def test_one_is_refused_keeps_its_words_and_the_others_stand(house: make.House, enquiry: Enquiry) -> None:
    one, other = clean(house, enquiry, 2)
    services.approve(other, by=deputise(house), revision=other.revision)
    other.revision = one.revision
    alike = {"all-reason_code": "times", "all-reason": "The log says 19:00"}
    page = signed_in(house.di).post(RETURN, said(one, other) | alike)
    text = page.content.decode()
    assert page.status_code == 422 and "A03" in text and "The log says 19:00" in text
    assert [asked.claim.pk for asked in page.context["returns"].asked] == [other.pk]
    assert f"Returned claim {one.pk}" in text
    assert statuses([one, other]) == ["returned", "approved"]


def test_what_one_may_not_return_is_left_out(house: make.House, enquiry: Enquiry) -> None:
    (one,) = clean(house, enquiry)
    approved = make.claim(
        house, make.assignment(house, enquiry, make.officer(house.lead), day=DAY), state="approved"
    )
    page = signed_in(house.di).get(RETURN, {"claim": [one.pk, approved.pk]})
    assert [(claim.pk, refusal.code) for claim, refusal in page.context["returns"].left_out] == [
        (approved.pk, "A03")
    ]
    assert signed_in(house.di).get(RETURN).status_code == 200


def test_a_supervisor_returns_what_waits_to_be_certified(house: make.House, enquiry: Enquiry) -> None:
    duty = make.assignment(house, enquiry, make.officer(house.lead), day=DAY)
    claim = make.claim(house, duty)
    alike = {"all-reason_code": "times", "all-reason": "The log says 19:00"}
    assert signed_in(house.supervisor).post(RETURN, said(claim) | alike).status_code == 302
    assert statuses([claim]) == ["returned"]


def test_returning_what_one_may_not_see_is_not_there(house: make.House, enquiry: Enquiry) -> None:
    claims, before = clean(house, enquiry, 2), everything()
    alike = {"all-reason_code": "times", "all-reason": "The log says 19:00"}
    stranger = make.person("controlling_di", agency=house.lead)
    for person in (stranger, house.other_supervisor, house.finance, house.auditor, claims[0].claimant):
        assert signed_in(person).post(RETURN, said(*claims) | alike).status_code == 404
    di = signed_in(house.di)
    for junk in ("0", "9" * 30, "x", ""):
        assert di.post(RETURN, {"claim": [junk], **alike}).status_code in (200, 404)
    assert everything() == before


def test_the_list_of_claims_offers_to_return_several(house: make.House, enquiry: Enquiry) -> None:
    (claim,) = clean(house, enquiry)
    for person, offers in ((house.di, True), (house.supervisor, True), (house.auditor, False)):
        text = signed_in(person).get(reverse("claims:claims")).content.decode()
        assert ("Return those ticked" in text) is offers
    services.approve(claim, by=house.di, revision=claim.revision)
    assert "Return those ticked" not in signed_in(house.di).get(reverse("claims:claims")).content.decode()
