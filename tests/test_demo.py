"""The demonstration tells the story it promises, once, in an empty database, and nowhere else."""

import re
from collections.abc import Iterator
from datetime import date, time
from decimal import Decimal
from io import StringIO

import pytest
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import F, Sum
from pytest_django import DjangoDbBlocker, Settings

from claims.demonstration import cast, weeks
from claims.models import Claim, Dispute, Evidence, Freeze, Interest, LateClaim, Settlement
from claims.services.files import content_of
from grants.burndown import Day, Stages, Terms, burn_down
from grants.models import LADDER, Grant, LedgerEntry, TermsChange
from grants.selectors import incurred_by_day, positions
from overtime_ledger import clock
from overtime_ledger.accounts.models import Agency, User
from overtime_ledger.books.models import PeriodSnapshot
from overtime_ledger.books.selectors.periods import still_open
from overtime_ledger.books.selectors.reconciliation import compare
from overtime_ledger.funder import selectors as funder
from tasking.models import Assignment, Enquiry, TimeOwed
from tasking.pay import RULES
from tests.databases import copied, using

MORNING = clock.london(date(2021, 3, 8), time())


@pytest.fixture(scope="module")
def story(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Grant]:
    """The demonstration, told once for all tests of this module, in a database of its own."""
    empty = connection.settings_dict["NAME"]
    with django_db_blocker.unblock(), copied(empty, f"{empty}_demo"), using(f"{empty}_demo"):
        call_command("demo", stdout=StringIO())
        yield Grant.objects.get()


def stages(grant: Grant) -> Stages:
    """The grant's ladder: all its lines together."""
    lines = positions(grant)
    return Stages(*(sum(getattr(line, stage) for line in lines) for stage in LADDER))


def test_some_75000_pounds_are_incurred_and_the_ladder_adds_up_to_the_award(story: Grant) -> None:
    ladder = stages(story)
    assert 7_400_000 <= ladder.incurred <= 7_600_000
    assert ladder.total == story.amount_pence == 13_500_000
    assert all(getattr(ladder, stage) for stage in LADDER)


def test_the_pace_is_a_bit_too_slow_so_the_forecast_is_amber(story: Grant) -> None:
    figures = burn_down(
        Terms(story.amount_pence, story.eligible_from, story.eligible_to),
        stages(story),
        [Day(on, pence) for on, pence in incurred_by_day(story)],
        as_at=MORNING.date(),
        worked_minutes=60,
        costed_pence=2500,
    )
    assert figures.required_week is not None and figures.burn_rate_week < figures.required_week
    assert figures.forecasts[0].rag == "amber"


def test_some_25_claims_wait_and_several_are_flagged_for_different_reasons(story: Grant) -> None:
    waiting = list(Claim.objects.awaiting_approval())
    codes = {flag["code"] for claim in waiting for flag in claim.flags}
    assert 22 <= len(waiting) <= 28
    assert sum(not claim.is_clean for claim in waiting) >= 4
    assert codes >= {"T09", "T10", "C04", "C05", "C07", "C09", "C10", "C12"}
    assert len({claim.agency_id for claim in waiting}) == 4


def test_claims_are_in_every_state_and_paid_both_ways(story: Grant) -> None:
    assert set(Claim.objects.values_list("status", flat=True)) == set(Claim.Status.values)
    assert set(Settlement.objects.values_list("agency__code", flat=True)) == {"MPS", "BTP"}


def test_the_funder_paid_a_part_and_the_next_claim_waits_for_the_second_certificate(story: Grant) -> None:
    first, second = story.funder_claims.order_by("number")
    assert (first.status, second.status, second.cfo_by) == ("sent", "drawn", None)
    account = funder.account(story)
    assert 0 < account.received < account.claimed == first.pence
    assert account.reversed > 0 and all(one.agrees for one in funder.agreements(second))
    assert first.pence + second.pence == second.rows.aggregate(spent=Sum("cumulative_pence"))["spent"]


def test_everybody_finds_something_to_do(story: Grant) -> None:
    worked = Assignment.objects.to_claim().filter(ends_at__lt=MORNING)
    to_certify = Claim.objects.awaiting_certification()
    assert worked.filter(officer__username="officer").count() >= 2
    assert worked.filter(agency__code="BTP").count() >= 3
    assert to_certify.filter(agency__code="MPS").count() >= 3
    assert Claim.objects.awaiting_settlement().exists()
    assert Claim.objects.filter(status=Claim.Status.RETURNED, claimant__username="officer").exists()
    upcoming = Assignment.objects.to_claim().filter(starts_at__gte=MORNING)
    assert set(upcoming.values_list("starts_at__week", flat=True)) == {10, 11}


def test_the_cast_are_ranks_and_numbers_of_four_agencies(story: Grant) -> None:
    people = User.objects.exclude(username="ledger")
    assert all(
        re.fullmatch(r"(PC|PS|DS|DI|G[345]|Clerk|Finance|PM|CFO|Auditor|Admin) \d{4}", str(one))
        for one in people
    )
    assert 30 <= people.filter(groups__name="officer").count() <= 38
    assert Agency.objects.count() == 4
    assert Enquiry.objects.count() == 8


def test_everything_happened_when_it_would_have_and_nothing_after_the_business_date(story: Grant) -> None:
    posted = list(LedgerEntry.objects.order_by("number").values_list("posted_on", flat=True))
    assert posted == sorted(posted)
    assert (posted[0], posted[-1] < MORNING.date()) == (date(2021, 2, 1), True)
    assert not Claim.objects.filter(submitted_at__lt=F("ends_at")).exists()


def test_the_rank_on_the_day_of_the_duty_counts(story: Grant) -> None:
    duties = Assignment.objects.filter(officer__staff_number="3902").order_by("duty_on")
    assert {duty.rank for duty in duties if duty.duty_on < date(2021, 2, 22)} == {"constable"}
    assert {duty.rank for duty in duties if duty.duty_on >= date(2021, 2, 22)} == {"sergeant"}
    points = {claim.pay_point for claim in Claim.objects.filter(claimant__staff_number="3902")}
    assert points == {"point 7 of constable_2013", "point 2 of sergeant"}


def lines_of(number: str, day: date) -> list[tuple[str, int, str]]:
    """Rule, units and multiplier of each line of an officer's first claim of a day."""
    claims = Claim.objects.filter(claimant__staff_number=number, duty_on=day).order_by("starts_at")
    claim = claims.prefetch_related("lines")[0]
    return [(line.rule, line.units, line.multiplier) for line in claim.pay_lines]


def test_every_kind_of_duty_is_there_with_its_rule(story: Grant) -> None:
    assert set(Assignment.objects.values_list("tasking__duty_type", flat=True)) == set(RULES)
    assert lines_of("4068", date(2021, 2, 25)) == [("part_time", 40, "1")]
    assert lines_of("4068", date(2021, 2, 26)) == [("part_time", 24, "1"), ("part_time", 12, "4/3")]
    assert lines_of("6238", date(2021, 2, 17)) == [("planned", 16, "4/3"), ("rest_day", 16, "3/2")]
    assert lines_of("2693", date(2021, 2, 17))[0] == ("early_start", 10, "4/3")
    assert lines_of("5518", date(2021, 3, 2)) == [("recall", 14, "4/3")]
    assert lines_of("6649", date(2021, 3, 4)) == [("public_holiday", 24, "2")]


def test_time_off_is_granted_and_due(story: Grant) -> None:
    owed = set(TimeOwed.objects.values_list("kind", "status"))
    assert owed == {("rest_day", "granted"), ("toil", "due"), ("lieu_day", "due")}


def test_one_agency_charges_an_on_cost_and_once_more_than_agreed(story: Grant) -> None:
    bearing = Claim.objects.filter(on_cost_pence__gt=0)
    assert set(bearing.values_list("agency__code", "on_cost_percent")) == {("NCA", Decimal("11"))}
    (above,) = (claim for claim in bearing if "C09" in claim.flag_codes)
    assert above.status == "certified" and above.charged_minutes is not None


def test_what_guards_approval_is_there_and_something_of_it_waits(story: Grant) -> None:
    assert set(LateClaim.objects.values_list("status", flat=True)) == {"asked", "granted", "refused"}
    assert set(TermsChange.objects.values_list("kind", "status")) == {
        ("funder", "in_force"),
        ("accruals", "proposed"),
    }
    files = Evidence.objects.exclude(path="")
    assert {content_of(one)[:5] for one in files} == {b"%PDF-"} and files.count() == 2
    assert Dispute.objects.get().status == "open"
    assert (Interest.objects.count(), Freeze.objects.filter(released_at=None).count()) == (1, 1)


def test_the_books_are_true(story: Grant) -> None:
    call_command("verify_ledger", stdout=StringIO())


def test_a_database_with_data_is_left_alone(story: Grant) -> None:
    before = LedgerEntry.objects.count()
    with pytest.raises(CommandError):
        call_command("demo")
    quiet = StringIO()
    call_command("demo", "--if-empty", stdout=quiet)
    assert (quiet.getvalue(), LedgerEntry.objects.count()) == ("", before)


def test_the_names_are_printed_and_open_the_door(story: Grant) -> None:
    printed = StringIO()
    call_command("demo", "--names", stdout=printed)
    for name in ("di", "deputy", "officer", "supervisor", "btp_clerk", "finance", "auditor", "admin"):
        assert re.search(rf"^  {name} ", printed.getvalue(), re.MULTILINE)
        assert authenticate(None, username=name, password="demonstration")


def test_nobody_signs_in_and_no_names_are_printed_outside_a_demonstration(
    story: Grant, settings: Settings
) -> None:
    settings.LEDGER_DEMONSTRATION = False
    printed = StringIO()
    call_command("demo", "--names", stdout=printed)
    assert not printed.getvalue()
    assert authenticate(None, username="di", password="demonstration") is None


@pytest.mark.django_db
def test_it_is_not_made_outside_a_demonstration(settings: Settings) -> None:
    settings.LEDGER_DEMONSTRATION = False
    with pytest.raises(CommandError):
        call_command("demo")
    call_command("demo", "--if-empty")
    assert not User.objects.exists()


@pytest.mark.django_db
def test_it_is_not_made_before_the_day_it_plays_on(settings: Settings) -> None:
    settings.LEDGER_TODAY = date(2021, 3, 7)
    with pytest.raises(CommandError):
        call_command("demo")
    assert not User.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_an_interrupted_one_is_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody could sign in to it yet, so nothing of anybody's is lost."""
    call_command("roles", "load")
    cast.engage()
    found = []

    def begin_again(*chapters: object) -> weeks.Story:
        found.append(User.objects.count())
        raise KeyboardInterrupt

    monkeypatch.setattr(weeks, "tell", begin_again)
    with pytest.raises(KeyboardInterrupt):
        call_command("demo", "--if-empty", stdout=StringIO())
    assert found == [0]


@pytest.mark.django_db
def test_people_of_ones_own_are_data() -> None:
    User.objects.create(username="someone", staff_number="1", display_name="DI 3318", password="a hash")
    with pytest.raises(CommandError):
        call_command("demo")


def test_february_is_closed_for_good_reconciled_to_the_penny(story: Grant) -> None:
    taken = PeriodSnapshot.objects.get(period__grant=story)
    made = taken.reconciliation
    assert (taken.period.number, taken.period.state) == ("P11", "hard")
    assert made.is_signed and made.difference_pence == 0 and made.differences_pence == 1212
    settled = sum(line.settled for line in positions(story, as_at=taken.period.ends_on))
    assert settled == made.ours_pence == taken.figures["totals"]["settled"]


def test_what_is_still_open_is_what_the_ledger_holds_unpaid_and_february_is_explained_in_march(
    story: Grant,
) -> None:
    march = story.periods.get(number="P12")
    unpaid = sum(line.tasked + line.claimed + line.approved for line in story.lines.all())
    assert sum(row.pence for row in still_open(march)) == unpaid
    assert [item.explained.split(":")[0] for item in compare(march).carried] == [
        "Carried forward from P11"
    ] * 2
