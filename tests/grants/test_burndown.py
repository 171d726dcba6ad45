"""The figures of the dashboard, on two grants: a round one that can be checked by head, and PCD 911."""

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grants.burndown import BurnDown, Day, Point, Stages, Terms, Week, burn_down, underspend, weeks

# £14,000 for the 28 days of February 2021, Monday to Sunday: £500 a day, £3,500 a week.
FEBRUARY = Terms(14_000_00, date(2021, 2, 1), date(2021, 2, 28))
# £135,000 for the 59 days from Monday 1 February to Wednesday 31 March 2021.
PCD_911 = Terms(135_000_00, date(2021, 2, 1), date(2021, 3, 31))

DUTIES = [
    Day(date(2021, 2, 1), 400_00),
    Day(date(2021, 2, 3), 1_000_00),
    Day(date(2021, 2, 10), 2_000_00),
    Day(date(2021, 2, 15), 1_000_00),
]
# Of £14,000 on 15 February: £4,600 available, £3,000 tasked, £2,000 claimed, £4,400 incurred.
LADDER = Stages(available=4_600_00, tasked=3_000_00, claimed=2_000_00, approved=1_400_00, settled=3_000_00)


def mid_february() -> BurnDown:
    """15 February: 14 days left; incurred, claimed and tasked are 376 hours for £9,400."""
    return burn_down(
        FEBRUARY, LADDER, DUTIES, as_at=date(2021, 2, 15), worked_minutes=376 * 60, costed_pence=9_400_00
    )


def on(
    as_at: date,
    incurred: int = 0,
    *,
    terms: Terms = PCD_911,
    days: list[Day] | None = None,
    tasked: int = 0,
) -> BurnDown:
    """A grant on a day, with nothing claimed and an hour at £30."""
    stages = Stages(terms.award_pence - tasked - incurred, tasked, 0, incurred, 0)
    return burn_down(terms, stages, days or [], as_at=as_at, worked_minutes=60, costed_pence=30_00)


class TestTheOpeningDayOfPcd911:
    burn = on(date(2021, 2, 1))

    def test_the_opening_pace_is_the_published_one(self) -> None:
        assert (self.burn.opening_day_pence, self.burn.opening_week_pence) == (2_288_14, 16_016_95)

    def test_all_59_days_are_left(self) -> None:
        assert (self.burn.days_left, self.burn.weeks_left) == (59, Fraction(59, 7))

    def test_what_to_task_this_week_is_the_opening_pace_in_pounds_and_hours(self) -> None:
        # £16,016.95 / £30.00 = 533.9 hours
        assert (self.burn.to_task_this_week_pence, self.burn.hours_this_week) == (16_016_95, 534)

    def test_the_required_pace_is_the_opening_pace(self) -> None:
        assert self.burn.required_week == self.burn.opening_week_pence

    def test_nothing_burns_so_nothing_runs_out_and_all_would_be_lost(self) -> None:
        assert (self.burn.burn_rate_week, self.burn.run_out_on) == (0, None)
        assert [(f.outturn, f.unspent, f.rag) for f in self.burn.forecasts] == [(0, 135_000_00, "red")] * 2


class TestAGrantInTheMiddleOfItsWindow:
    burn = mid_february()

    def test_incurred_is_approved_and_settled_and_the_five_rungs_are_the_award(self) -> None:
        assert (self.burn.stages.incurred, self.burn.stages.total) == (4_400_00, 14_000_00)

    def test_the_day_itself_is_still_a_day_to_work_on(self) -> None:
        assert (self.burn.days_left, self.burn.weeks_left) == (14, Fraction(2))

    def test_the_pace_is_half_of_the_last_fourteen_days(self) -> None:
        # 2 to 15 February: 1,000 + 2,000 + 1,000 = 4,000. The £400 of 1 February is too old by a day.
        assert self.burn.burn_rate_week == 2_000_00

    def test_the_required_pace_spends_the_rest_in_the_weeks_left(self) -> None:
        assert (self.burn.remaining, self.burn.required_week) == (9_600_00, 4_800_00)

    def test_at_this_pace_two_more_weeks_of_2000_are_spent(self) -> None:
        pace, _ = self.burn.forecasts
        assert (pace.name, pace.outturn, pace.unspent) == ("At this pace", 8_400_00, 5_600_00)

    def test_if_all_tasked_hours_are_worked_claimed_and_tasked_are_spent_too(self) -> None:
        _, tasked = self.burn.forecasts
        assert (tasked.name, tasked.outturn) == ("If all tasked hours are worked", 9_400_00)

    def test_the_money_would_last_beyond_the_window(self) -> None:
        # £9,600 at £2,000 a week are 4.8 weeks, 33.6 days: it is gone during 20 March.
        assert self.burn.run_out_on == date(2021, 3, 20)

    def test_half_of_what_is_available_has_to_be_tasked_in_each_of_two_weeks(self) -> None:
        assert (self.burn.to_task_this_week_pence, self.burn.average_hour_pence) == (2_300_00, 25_00)
        assert (self.burn.hours_this_week, self.burn.available_hours) == (92, 184)

    def test_the_last_safe_day_to_task_is_the_last_of_the_window(self) -> None:
        assert self.burn.last_safe_day == date(2021, 2, 28)


class TestTheEndsOfTheWindow:
    def test_before_it_opens_only_its_own_days_count(self) -> None:
        burn = on(date(2021, 1, 20))
        assert (burn.days_left, burn.required_week) == (59, 16_016_95)

    def test_on_the_last_day_all_that_is_available_has_to_be_tasked_and_no_more(self) -> None:
        burn = on(date(2021, 3, 31), 130_000_00, tasked=1_000_00)
        assert (burn.days_left, burn.to_task_this_week_pence) == (1, 4_000_00)

    def test_on_the_last_day_the_required_pace_is_a_week_of_such_days(self) -> None:
        assert on(date(2021, 3, 31), 130_000_00).required_week == 35_000_00

    def test_afterwards_the_required_pace_is_not_applicable_and_there_is_nothing_to_task(self) -> None:
        burn = on(date(2021, 4, 1), 130_000_00, days=[Day(date(2021, 3, 30), 130_000_00)])
        assert (burn.days_left, burn.weeks_left, burn.required_week) == (0, Fraction(0), None)
        assert (burn.to_task_this_week_pence, burn.hours_this_week, burn.run_out_on) == (0, 0, None)

    def test_afterwards_the_outturn_at_this_pace_is_what_was_incurred(self) -> None:
        burn = on(date(2021, 4, 1), 130_000_00, days=[Day(date(2021, 3, 30), 130_000_00)])
        assert burn.forecasts[0].outturn == 130_000_00

    def test_a_window_of_one_day_has_one_day(self) -> None:
        terms = Terms(100_00, date(2021, 2, 1), date(2021, 2, 1))
        burn = on(date(2021, 2, 1), terms=terms)
        assert (burn.opening_day_pence, burn.to_task_this_week_pence) == (100_00, 100_00)

    def test_a_window_cannot_end_before_it_begins(self) -> None:
        with pytest.raises(ValueError):
            Terms(100_00, date(2021, 2, 2), date(2021, 2, 1))


class TestRunningOut:
    # £1,400 in the last fourteen days is £100 a day.
    def run_out(self, remaining: int) -> date | None:
        burned = [Day(date(2021, 3, 1), 1_400_00)]
        return on(date(2021, 3, 10), 135_000_00 - remaining, days=burned).run_out_on

    def test_three_days_and_a_bit_run_out_on_the_fourth_day(self) -> None:
        assert self.run_out(310_00) == date(2021, 3, 13)

    def test_what_lasts_exactly_to_the_end_runs_out_on_the_day_after(self) -> None:
        # 10 to 31 March are 22 days.
        assert self.run_out(2_200_00) == date(2021, 4, 1)

    def test_a_penny_less_runs_out_on_the_last_day(self) -> None:
        assert self.run_out(2_199_99) == date(2021, 3, 31)

    def test_what_is_gone_already_has_run_out_today(self) -> None:
        assert self.run_out(0) == date(2021, 3, 10)
        assert self.run_out(-5_00) == date(2021, 3, 10)

    def test_a_pace_too_slow_for_the_calendar_has_no_date(self) -> None:
        assert on(date(2021, 3, 10), 1, days=[Day(date(2021, 3, 9), 1)]).run_out_on is None

    def test_reversals_alone_burn_nothing(self) -> None:
        burn = on(date(2021, 3, 10), days=[Day(date(2021, 2, 1), 500_00), Day(date(2021, 3, 9), -500_00)])
        assert (burn.burn_rate_week, burn.run_out_on) == (-250_00, None)


class TestRounding:
    def test_half_a_penny_a_week_goes_up_once(self) -> None:
        assert on(date(2021, 2, 14), 101, days=[Day(date(2021, 2, 5), 101)]).burn_rate_week == 51

    def test_forecasts_use_the_exact_pace(self) -> None:
        # 50.5p a week for 46 / 7 weeks is 331.857p; 51p would give 335p.
        burn = on(date(2021, 2, 14), 101, days=[Day(date(2021, 2, 5), 101)])
        assert burn.forecasts[0].outturn == 101 + 332

    def test_a_reversal_rounds_like_what_it_reverses(self) -> None:
        assert on(date(2021, 2, 14), days=[Day(date(2021, 2, 5), -101)]).burn_rate_week == -51


class TestHours:
    def test_before_an_hour_is_priced_there_are_no_hours(self) -> None:
        stages = Stages(14_000_00, 0, 0, 0, 0)
        burn = burn_down(FEBRUARY, stages, [], as_at=date(2021, 2, 1), worked_minutes=0, costed_pence=0)
        assert (burn.average_hour_pence, burn.hours_this_week, burn.available_hours) == (None, None, None)

    def test_hours_worked_for_nothing_price_no_hour_to_divide_by(self) -> None:
        stages = Stages(14_000_00, 0, 0, 0, 0)
        burn = burn_down(FEBRUARY, stages, [], as_at=date(2021, 2, 1), worked_minutes=60, costed_pence=0)
        assert (burn.average_hour_pence, burn.hours_this_week) == (0, None)


class TestWarnings:
    @pytest.mark.parametrize(
        ("outturn", "rag", "word"),
        [
            (114_749_99, "red", "Underspend: less than 85% of the award"),
            (114_750_00, "amber", "Underspend: less than 95% of the award"),
            (128_249_99, "amber", "Underspend: less than 95% of the award"),
            (128_250_00, "green", "On course: 95% to 98% of the award"),
            (132_300_00, "green", "On course: 95% to 98% of the award"),
            (132_300_01, "amber", "Close to the cap: more than 98% of the award"),
            (135_000_00, "amber", "Close to the cap: more than 98% of the award"),
            (135_000_01, "red", "Overspend: £0.01 more than the award"),
        ],
    )
    def test_each_level_is_exact_and_said_in_words(self, outturn: int, rag: str, word: str) -> None:
        burn = burn_down(
            PCD_911,
            Stages(135_000_00, 0, 0, 0, 0),
            [],
            as_at=date(2021, 3, 8),
            worked_minutes=0,
            costed_pence=0,
            own_forecast=(outturn, date(2021, 3, 5)),
        )
        own = burn.forecasts[2]
        assert (own.name, own.rag, own.rag_word) == ("The DI’s own figure of 5 March 2021", rag, word)

    def test_the_levels_are_settings(self) -> None:
        strict = Terms(100_00, date(2021, 2, 1), date(2021, 2, 28), Fraction(99, 100), Fraction(98, 100))
        assert on(date(2021, 2, 1), terms=strict, tasked=97_00).forecasts[1].rag == "red"


class TestWeeks:
    rows = weeks(FEBRUARY, DUTIES, as_at=date(2021, 2, 15))

    def test_the_first_week_by_hand(self) -> None:
        assert self.rows[0] == Week(
            ending=date(2021, 2, 7),
            as_at=date(2021, 2, 7),
            days_left=22,
            profile_cumulative=3_500_00,
            incurred=1_400_00,
            incurred_cumulative=1_400_00,
            remaining=12_600_00,
            pace=700_00,
            required=4_009_09,  # 12,600 x 7 / 22
            gap=3_309_09,
            run_out_on=date(2021, 6, 13),  # 12,600 at £100 a day: 126 days
        )

    def test_a_week_still_running_shows_the_day_asked_for(self) -> None:
        last = self.rows[-1]
        assert (last.ending, last.as_at, last.complete) == (date(2021, 2, 21), date(2021, 2, 15), False)
        assert (last.incurred, last.incurred_cumulative, last.profile_cumulative) == (
            1_000_00,
            4_400_00,
            7_500_00,
        )

    def test_the_last_row_shows_what_the_dashboard_shows(self) -> None:
        last, burn = self.rows[-1], mid_february()
        assert (last.pace, last.required, last.remaining, last.run_out_on) == (
            burn.burn_rate_week,
            burn.required_week,
            burn.remaining,
            burn.run_out_on,
        )

    def test_weeks_end_on_sundays_and_the_last_with_the_window(self) -> None:
        rows = weeks(PCD_911, [], as_at=date(2021, 5, 1))
        assert len(rows) == 9
        assert {row.ending.weekday() for row in rows[:-1]} == {6}
        assert (rows[-1].ending, rows[-1].complete) == (date(2021, 3, 31), True)
        assert rows[-1].profile_cumulative == 135_000_00

    def test_a_window_that_opens_on_a_sunday_has_a_first_week_of_one_day(self) -> None:
        rows = weeks(Terms(900_00, date(2021, 2, 7), date(2021, 2, 15)), [], as_at=date(2021, 2, 15))
        assert [row.ending.day for row in rows] == [7, 14, 15]

    def test_before_the_window_opens_there_are_no_rows(self) -> None:
        assert weeks(PCD_911, [], as_at=date(2021, 1, 31)) == ()

    def test_a_past_day_knows_nothing_of_later_duties(self) -> None:
        assert weeks(FEBRUARY, DUTIES, as_at=date(2021, 2, 7)) == self.rows[:1]


duties = st.lists(
    st.builds(Day, st.dates(date(2021, 2, 1), date(2021, 3, 31)), st.integers(-200_00, 9_000_00)), max_size=30
)


class TestTheProfile:
    # A quarter of the award in the first half of February, all of it by its end.
    LATE = replace(
        FEBRUARY, profile=(Point(date(2021, 2, 14), 3_500_00), Point(date(2021, 2, 28), 14_000_00))
    )

    def test_without_one_the_award_is_spread_evenly(self) -> None:
        assert [FEBRUARY.planned(date(2021, 2, day)) for day in (1, 14, 28)] == [500_00, 7_000_00, 14_000_00]

    def test_between_two_points_the_plan_rises_evenly(self) -> None:
        # £250 a day, then £750.
        assert [self.LATE.planned(date(2021, 2, day)) for day in (1, 14, 15)] == [250_00, 3_500_00, 4_250_00]

    def test_nothing_is_planned_before_the_window_and_nothing_more_after_it(self) -> None:
        assert self.LATE.planned(date(2021, 1, 31)) == 0
        assert self.LATE.planned(date(2021, 4, 30)) == 14_000_00

    def test_half_a_penny_of_the_plan_goes_up(self) -> None:
        assert replace(FEBRUARY, profile=(Point(date(2021, 2, 2), 1),)).planned(date(2021, 2, 1)) == 1

    def test_weeks_and_the_figures_of_the_day_show_it(self) -> None:
        shown = [week.profile_cumulative for week in weeks(self.LATE, DUTIES, as_at=date(2021, 2, 15))]
        assert shown == [1_750_00, 3_500_00, 4_250_00]
        figures = burn_down(
            self.LATE, LADDER, DUTIES, as_at=date(2021, 2, 15), worked_minutes=0, costed_pence=0
        )
        assert figures.planned_pence == shown[-1]

    def test_it_changes_no_forecast_and_no_pace(self) -> None:
        even, late = (
            burn_down(terms, LADDER, DUTIES, as_at=date(2021, 2, 15), worked_minutes=0, costed_pence=0)
            for terms in (FEBRUARY, self.LATE)
        )
        assert replace(late, planned_pence=even.planned_pence) == even

    @pytest.mark.parametrize(
        ("outturn", "level"),
        [(13_300_00, None), (13_299_99, "amber"), (11_900_00, "amber"), (11_899_99, "red")],
    )
    def test_an_outturn_falls_under_a_level_to_the_penny(self, outturn: int, level: str | None) -> None:
        assert underspend(FEBRUARY, outturn) == level


class TestWhateverHappens:
    @given(duties, st.dates(date(2021, 1, 1), date(2021, 5, 1)))
    def test_the_weeks_add_up(self, days: list[Day], as_at: date) -> None:
        rows = weeks(PCD_911, days, as_at=as_at)
        assert sum(row.incurred for row in rows) == sum(day.incurred for day in days if day.on <= as_at)
        assert all(row.remaining + row.incurred_cumulative == 135_000_00 for row in rows)
        assert all(row.required is not None and row.gap == row.required - row.pace for row in rows)

    @given(duties, st.dates(date(2021, 2, 1), date(2021, 3, 31)))
    def test_money_runs_out_in_the_window_if_and_only_if_the_pace_overspends(
        self, days: list[Day], as_at: date
    ) -> None:
        incurred = sum(day.incurred for day in days if day.on <= as_at)
        burn = on(as_at, incurred, days=days)
        if burn.forecasts[0].unspent < 0 and burn.burn_rate_week > 0:
            assert burn.run_out_on is not None and burn.run_out_on <= date(2021, 3, 31)
        elif burn.forecasts[0].unspent > 0:
            assert burn.run_out_on is None or burn.run_out_on > date(2021, 3, 31)

    @given(st.integers(0, 135_000_00), st.dates(date(2021, 1, 1), date(2021, 5, 1)))
    def test_never_more_is_to_be_tasked_than_is_available(self, available: int, as_at: date) -> None:
        burn = on(as_at, 135_000_00 - available)
        assert 0 <= burn.to_task_this_week_pence <= available
