"""Profiles by two people, comments that stay, and the notice of an underspend: written once for each fall."""

from datetime import date, timedelta
from typing import Any

import pytest

from grants import outlook, planning
from grants.models import Grant, Profile, UnderspendNotice, VarianceComment
from overtime_ledger import clock
from overtime_ledger.accounts.two_people import state_of
from overtime_ledger.errors import Refusal
from tests import factories as make

pytestmark = pytest.mark.django_db

HALF, LAST = date(2021, 2, 28), date(2021, 3, 31)
TODAY = date(2021, 3, 8)


@pytest.fixture
def house() -> make.House:
    return make.house()


def points(half: int = 4_000_000, end: int = 13_500_000) -> list[tuple[date, int]]:
    return [(HALF, half), (LAST, end)]


def set_profile(house: make.House, **changes: Any) -> Profile:
    given = {"points": points(), "reason": "Two operations in March"} | changes
    return planning.set_profile(house.grant, by=house.finance, **given)


# The profile


def test_a_profile_counts_from_the_day_a_second_person_confirms_it(house: make.House) -> None:
    profile = set_profile(house)
    assert outlook.profile_of(house.grant, as_at=TODAY) is None
    with clock.travel(make.at(TODAY)):
        planning.confirm_profile(profile, by=house.second_finance, seen=state_of(profile))
    assert outlook.profile_of(house.grant, as_at=TODAY - timedelta(days=1)) is None
    found = outlook.profile_of(house.grant, as_at=TODAY)
    assert found == profile and found is not None and found.plan == points()
    assert outlook.terms_of(house.grant, found).planned(HALF) == 4_000_000


def test_g01_nobody_confirms_their_own_profile(house: make.House) -> None:
    profile = set_profile(house)
    with pytest.raises(Refusal) as refused:
        planning.confirm_profile(profile, by=house.finance, seen=state_of(profile))
    assert refused.value.code == "G01"


def test_a03_what_changed_since_it_was_seen_is_not_confirmed(house: make.House) -> None:
    seen = state_of(set_profile(house))
    profile = set_profile(house, points=points(half=1))
    with pytest.raises(Refusal) as refused:
        planning.confirm_profile(profile, by=house.second_finance, seen=seen)
    assert refused.value.code == "A03"


def test_a_profile_that_waits_is_replaced_and_can_be_taken_back(house: make.House) -> None:
    first, second = set_profile(house), set_profile(house, points=points(half=1))
    assert first.pk == second.pk and house.grant.profiles.get().plan == points(half=1)
    planning.drop_profile(second, by=house.second_finance)
    assert not house.grant.profiles.exists()
    with pytest.raises(Refusal) as refused:
        planning.confirm_profile(second, by=house.second_finance, seen="")
    assert refused.value.code == "A03"


def test_the_later_of_two_profiles_counts_and_the_earlier_stays_to_be_read(house: make.House) -> None:
    made = []
    for on, half in ((date(2021, 2, 3), 1), (TODAY, 2)):
        with clock.travel(make.at(on)):
            profile = set_profile(house, points=points(half=half))
            made.append(planning.confirm_profile(profile, by=house.second_finance, seen=state_of(profile)))
    assert outlook.profile_of(house.grant, as_at=TODAY - timedelta(days=1)) == made[0]
    assert outlook.profile_of(house.grant, as_at=TODAY) == made[1]
    with pytest.raises(Refusal) as refused:
        planning.drop_profile(made[1], by=house.finance)
    assert refused.value.code == "G02"


@pytest.mark.parametrize(
    "wrong",
    [
        [],
        [(HALF, 1), (date(2021, 3, 30), 2)],
        [(date(2021, 1, 31), 1), (LAST, 2)],
        [(LAST, 1), (HALF, 2)],
        [(HALF, 1), (HALF, 2), (LAST, 3)],
        [(HALF, 3), (LAST, 2)],
        [(HALF, -1), (LAST, 2)],
        [(HALF, 1), (LAST, 13_500_001)],
    ],
)
def test_g14_a_profile_fits_its_grant(house: make.House, wrong: list[tuple[date, int]]) -> None:
    with pytest.raises(Refusal) as refused:
        set_profile(house, points=wrong)
    assert refused.value.code == "G14"
    assert not house.grant.profiles.exists()


def test_p01_only_finance_sets_a_profile_and_g10_says_what_it_rests_on(house: make.House) -> None:
    with pytest.raises(Refusal) as refused:
        planning.set_profile(house.grant, by=house.di, points=points(), reason="Because")
    assert refused.value.code == "P01"
    with pytest.raises(Refusal) as refused:
        set_profile(house, reason=" ")
    assert refused.value.code == "G10"


# Comments


def test_the_last_comment_on_a_line_or_an_agency_counts_and_earlier_ones_stay(house: make.House) -> None:
    make.agree(house)
    line = make.enquiry(house).line
    with clock.travel(make.at(date(2021, 3, 1))):
        early = planning.comment(
            house.grant, by=house.di, kind="permanent", comment="Fewer nights", line=line
        )
    with clock.travel(make.at(TODAY)):
        late = planning.comment(
            house.grant, by=house.finance, kind="timing", comment="Billed late", line=line
        )
        of_btp = planning.comment(
            house.grant, by=house.di, kind="timing", comment="Begins in March", agency=house.other
        )
    before = outlook.said_of(house.grant, as_at=TODAY - timedelta(days=1))
    assert (before.lines, before.agencies) == ({line.pk: early}, {})
    now = outlook.said_of(house.grant, as_at=TODAY)
    assert (now.lines, now.agencies) == ({line.pk: late}, {house.other.pk: of_btp})
    assert VarianceComment.objects.count() == 3


def test_a02_a_comment_is_the_dis_or_finances(house: make.House) -> None:
    line = make.enquiry(house).line
    for person in (house.deputy, house.auditor, house.supervisor):
        with pytest.raises(Refusal) as refused:
            planning.comment(house.grant, by=person, kind="timing", comment="Late", line=line)
        assert refused.value.code == "A02"
    with pytest.raises(Refusal) as refused:
        planning.comment(house.grant, by=house.di, kind="timing", comment=" ", line=line)
    assert refused.value.code == "G10"


# The notice


def spend(house: make.House, *, day: date, enquiry: Any) -> None:
    """A constable's duty of four hours, approved."""
    officer = make.officer(house.lead)
    make.claim(house, make.assignment(house, enquiry, officer, day=day), state="approved")


def with_levels(house: make.House, **levels: int) -> Grant:
    """The same grant with other warning levels, so that a few duties reach them."""
    Grant.objects.filter(pk=house.grant.pk).update(**levels)
    house.grant.refresh_from_db()
    return house.grant


def watched(house: make.House, on: date) -> UnderspendNotice | None:
    with clock.travel(make.at(on, 1)):
        return planning.watch(house.grant)


def test_a_notice_is_written_once_for_a_fall(house: make.House) -> None:
    spend(house, day=date(2021, 2, 10), enquiry=make.enquiry(house))
    written = watched(house, TODAY)
    assert written is not None and (written.level, written.under_percent) == ("red", 85)
    assert (
        written.forecast_pence
        == outlook.pace_forecast(house.grant, as_at=TODAY).outturn
        < 85 * 13_500_000 // 100
    )
    assert watched(house, TODAY) is None
    assert watched(house, TODAY + timedelta(days=1)) is None


def test_no_notice_in_the_first_fortnight_nor_after_the_window(house: make.House) -> None:
    assert watched(house, date(2021, 2, 13)) is None
    written = watched(house, date(2021, 2, 14))
    assert written is not None and written.forecast_pence == 0
    watched(house, date(2021, 4, 1))
    written.refresh_from_db()
    assert written.ended_on == date(2021, 4, 1) and not house.grant.underspends.filter(ended_on=None).exists()


def test_amber_that_becomes_red_is_a_fall_of_its_own_and_a_recovery_ends_it(house: make.House) -> None:
    spend(house, day=date(2021, 3, 7), enquiry=make.enquiry(house))
    forecast = outlook.pace_forecast(house.grant, as_at=TODAY).outturn
    share = forecast * 100 // 13_500_000
    grant = with_levels(house, red_under_percent=0, amber_under_percent=share + 1)
    amber = watched(house, TODAY)
    grant = with_levels(house, red_under_percent=share + 1, amber_under_percent=share + 2)
    red = watched(house, TODAY)
    assert amber is not None and red is not None and (amber.level, red.level) == ("amber", "red")
    grant = with_levels(house, red_under_percent=0, amber_under_percent=share + 2)
    assert watched(house, TODAY) is None, "red that becomes amber is no fall"
    grant = with_levels(house, red_under_percent=0, amber_under_percent=0)
    assert watched(house, TODAY) is None
    assert set(grant.underspends.values_list("level", "ended_on")) == {("amber", TODAY), ("red", TODAY)}
    assert outlook.underspend_of(grant, as_at=TODAY) is None


def test_g15_the_di_answers_once_with_a_plan_and_a_day_or_by_accepting_it(house: make.House) -> None:
    notice = watched(house, TODAY)
    assert notice is not None
    with clock.travel(make.at(TODAY)):
        for wrong in (None, TODAY - timedelta(days=1), date(2021, 4, 1)):
            with pytest.raises(Refusal) as refused:
                planning.answer_underspend(notice, by=house.di, answer="plan", reason="Nights", plan_by=wrong)
            assert refused.value.code == "G15"
        done = planning.answer_underspend(
            notice, by=house.di, answer="plan", reason="Two more teams by night", plan_by=date(2021, 3, 21)
        )
        with pytest.raises(Refusal) as refused:
            planning.answer_underspend(notice, by=house.di, answer="accept", reason="It stays")
    assert refused.value.code == "A03"
    assert (done.plan_by, done.answered_by, done.answered_on) == (date(2021, 3, 21), house.di, TODAY)


def test_a02_others_do_not_answer_and_g10_nobody_without_words(house: make.House) -> None:
    notice = watched(house, TODAY)
    assert notice is not None
    for person, code in ((house.finance, "A02"), (house.deputy, "A02"), (house.di, "G10")):
        with pytest.raises(Refusal) as refused:
            planning.answer_underspend(notice, by=person, answer="accept", reason=" ")
        assert refused.value.code == code


def test_a_past_day_shows_the_notice_as_it_stood_then(house: make.House) -> None:
    notice = watched(house, date(2021, 3, 1))
    assert notice is not None
    with clock.travel(make.at(TODAY)):
        planning.answer_underspend(notice, by=house.di, answer="accept", reason="The operation ended")
    early = outlook.underspend_of(house.grant, as_at=date(2021, 3, 2))
    late = outlook.underspend_of(house.grant, as_at=TODAY)
    assert early is not None and late is not None
    assert (early.waits, late.waits) == (True, False)
    assert outlook.underspend_of(house.grant, as_at=date(2021, 2, 28)) is None
