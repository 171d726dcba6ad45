"""An approval takes one statement: it goes through at the revision seen, or nothing happens at all."""

import pytest
from pytest_django.fixtures import DjangoAssertNumQueries

from claims import services as claims
from claims.models import Claim
from claims.selectors import drawn_together, interests_of
from grants import services as grants
from grants.models import Authority, LedgerEntry
from grants.selectors import authority_of
from overtime_ledger import clock
from overtime_ledger.errors import Refusal
from tests import factories as make

pytestmark = pytest.mark.django_db

AFTER = make.at(make.START.replace(day=12))


@pytest.fixture
def house() -> make.House:
    return make.house()


@pytest.fixture
def claim(house: make.House) -> Claim:
    """A certified claim as a page has it, with what its approval reads."""
    duty = make.assignment(house, make.enquiry(house), make.officer(house.lead))
    made = make.claim(house, duty, state="certified")
    return drawn_together({made.pk: made.revision}).get()


def test_a_claim_that_was_withdrawn_meanwhile_is_not_approved(house: make.House, claim: Claim) -> None:
    with clock.travel(AFTER):
        claims.withdraw(claim, by=claim.claimant, revision=claim.revision)
        with pytest.raises(Refusal, match=r"A03.*withdrawn by"):
            claims.approve(claim, by=house.di, revision=claim.revision)
    assert Claim.objects.get(pk=claim.pk).status == "withdrawn"
    assert not LedgerEntry.objects.filter(kind="approval").exists()
    assert not claim.events.filter(verb="approved").exists()


def test_a_page_newer_than_what_the_caller_holds_is_what_counts(house: make.House, claim: Claim) -> None:
    stale = Claim.objects.get(pk=claim.pk)
    stale.revision, stale.status = 1, "submitted"
    with clock.travel(AFTER):
        assert claims.approve(stale, by=house.di, revision=claim.revision).status == "approved"


def test_a_refusal_of_the_database_leaves_nothing_and_spoils_nothing(house: make.House, claim: Claim) -> None:
    make.shut(house.grant)
    with clock.travel(AFTER), pytest.raises(Refusal, match="L03"):
        claims.approve(claim, by=house.di, revision=claim.revision)
    assert claim.status == "certified" and claim.approved_by_id is None
    assert Claim.objects.get(pk=claim.pk).status == "certified"
    assert not claim.events.filter(verb="approved").exists()


def test_what_is_written_is_what_the_other_verbs_write(house: make.House, claim: Claim) -> None:
    with clock.travel(AFTER):
        approved = claims.approve(claim, by=house.di, revision=claim.revision, reason="Read")
    stored = Claim.objects.get(pk=claim.pk)
    assert (stored.status, stored.revision) == (approved.status, approved.revision) == ("approved", 3)
    assert (stored.approved_by, stored.approved_at) == (house.di, AFTER)
    certified, event = stored.events.order_by("pk")[1:]
    assert (event.verb, event.by, event.at, event.reason) == ("approved", house.di, AFTER, "Read")
    assert (event.revision, event.pence, event.capacity) == (3, claim.pence, "controlling DI")
    assert event.facts == certified.facts
    entry = stored.approval_entry
    assert entry is not None and (entry.pence, entry.effective_on) == (claim.pence, claim.duty_on)
    assert (entry.recorded_by, entry.reason, entry.posted_on) == (house.di, "Read", AFTER.date())


def test_an_authority_that_ended_since_it_was_read_approves_nothing(house: make.House, claim: Claim) -> None:
    with clock.travel(AFTER):
        held = authority_of(house.di, house.grant)
        assert held
        Authority.objects.filter(pk=held.pk).update(to_on=make.START)
        with pytest.raises(Refusal, match="A02"):
            claims.approve(claim, by=house.di, revision=claim.revision, held=held)
    assert Claim.objects.get(pk=claim.pk).status == "certified"
    assert not LedgerEntry.objects.filter(kind="approval").exists()


def test_a_limit_that_is_lower_since_it_was_read_counts(house: make.House, claim: Claim) -> None:
    with clock.travel(AFTER):
        held = grants.delegate(
            house.grant, house.deputy, by=house.di, from_on=make.START, to_on=AFTER.date(), limit_pence=50_000
        )
        Authority.objects.filter(pk=held.pk).update(limit_pence=claim.pence - 1)
        with pytest.raises(Refusal, match=r"A02.*above the delegation's limit"):
            claims.approve(claim, by=house.deputy, revision=claim.revision, held=held)
    assert Claim.objects.get(pk=claim.pk).status == "certified"


def test_somebody_elses_authority_approves_nothing(house: make.House, claim: Claim) -> None:
    with clock.travel(AFTER):
        held = authority_of(house.di, house.grant)
        with pytest.raises(Refusal, match="A02"):
            claims.approve(claim, by=house.deputy, revision=claim.revision, held=held)
    assert Claim.objects.get(pk=claim.pk).status == "certified"


@pytest.mark.parametrize(("several", "asked"), [(False, 2), (True, 1)])
def test_it_asks_the_database_for_the_authority_and_to_do_it_and_of_several_once(
    house: make.House,
    claim: Claim,
    several: bool,
    asked: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    house.di.has_perm("grants.allocate_grant")  # a page has asked that before, and for interests
    interests_of(house.di)
    savepoint = 2  # only because tests run in a transaction
    with clock.travel(AFTER):
        held = authority_of(house.di, house.grant) if several else None
        with django_assert_num_queries(asked + savepoint):
            claims.approve(claim, by=house.di, revision=claim.revision, held=held)
