"""The pay engine: worked examples and the edges of each rule."""

import csv
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from pathlib import Path

import pytest

from tasking.pay import (
    LONDON,
    Duty,
    NotPayable,
    Switches,
    Window,
    casual_occasion,
    clear_days,
    is_public_holiday,
    price,
    price_at_agreed_rate,
)
from tasking.pay.hours import hourly_pence
from tests.tasking.duties import GRANT, PAY, at, code, duty, owed, priced, units

with (Path(__file__).parent / "overtime_vectors.csv").open(encoding="utf-8", newline="") as file:
    VECTORS = list(csv.DictReader(file))


# The worked examples of the rule book


@pytest.mark.parametrize("row", VECTORS, ids=[row["id"] for row in VECTORS])
def test_a_worked_example_comes_out_to_the_penny(row: dict[str, str]) -> None:
    def moment(column: str) -> datetime | None:
        return datetime.fromisoformat(row[column]).replace(tzinfo=LONDON) if row[column] else None

    starts_at, ends_at = moment("duty_start"), moment("duty_end")
    assert starts_at and ends_at
    worked = Duty(
        duty_type=row["duty_type"],
        starts_at=starts_at,
        ends_at=ends_at,
        told_at=moment("told_at"),
        break_minutes=int(row["break_minutes"]),
        travel_minutes=int(row["travel_minutes"]),
        casual_occasion=int(row["casual_occasion"] or 0) or None,
        follows_tour=row["follows_tour"] == "yes",
        weekly_minutes_before=int(row["weekly_minutes_before"] or 0),
        holiday_substituted=row["holiday_substituted"] == "yes",
    )
    window = None
    if row["eligible_from"]:
        window = Window.of_days(
            date.fromisoformat(row["eligible_from"]), date.fromisoformat(row["eligible_to"])
        )
    try:
        result = price(worked, rank=row["rank"], annual_pay_pence=int(row["annual_pay"]) * 100, window=window)
    except NotPayable as refused:
        assert refused.code == row["expected_error"]
        return
    lines = [line for line in result.lines if line.units] or result.lines[:1]
    assert "+".join(str(line.units) for line in lines) == row["expected_units"]
    assert "+".join(str(line.multiplier) for line in lines) == row["expected_multiplier"]
    assert str(result.pence) == row["expected_pence"]
    assert row["expected_error"] == ""


# The hour, the quarter, the penny


def test_an_hour_is_a_fortieth_of_six_days_of_313() -> None:
    assert hourly_pence(41_130_00) == Fraction(41_130_00 * 6, 313 * 40)
    assert round(float(hourly_pence(41_130_00)), 2) == 1971.09


def test_only_completed_quarters_are_paid() -> None:
    assert units(duty("planned", "10 Feb 16:00", "10 Feb 16:14")) == "0x4/3"
    assert units(duty("planned", "10 Feb 16:00", "10 Feb 16:15")) == "1x4/3"
    assert units(duty("planned", "10 Feb 16:00", "10 Feb 16:29")) == "1x4/3"


def test_half_a_penny_goes_up_once_for_the_line() -> None:
    result = price(
        duty("planned", "10 Feb 16:00", "10 Feb 16:30"),
        rank="constable",
        annual_pay_pence=313 * 5,  # three farthings an hour: half an hour at 4/3 is half a penny
        window=GRANT,
    )
    assert (result.lines[0].hourly, result.pence) == (Fraction(3, 4), 1)
    agreed = price_at_agreed_rate(
        duty("planned", "10 Feb 16:00", "10 Feb 16:15"),
        grade="Grade 4",
        hourly_pence=2,
        multiplier=Fraction(1),
        window=GRANT,
    )
    assert agreed.pence == 1


def test_london_weighting_is_outside_the_hour_unless_the_rule_set_says_so() -> None:
    worked = duty("planned", "10 Feb 16:00", "10 Feb 20:00")
    weighted = priced(worked, switches=Switches(london_weighting_pence=2_509_00))
    assert weighted.lines[0].hourly == hourly_pence(PAY + 2_509_00)
    assert weighted.pence > priced(worked).pence
    assert "£2,509.00" in weighted.working


# Planned and casual


def test_breaks_are_left_out_of_planned_overtime_alone() -> None:
    assert units(duty("planned", "10 Feb 16:00", "10 Feb 20:00", break_minutes=45)) == "13x4/3"
    casual = duty("casual", "10 Feb 16:00", "10 Feb 20:00", break_minutes=45, casual_occasion=5)
    assert units(casual) == "16x4/3"
    assert units(duty("planned", "10 Feb 16:00", "10 Feb 16:30", break_minutes=45)) == "0x4/3"


@pytest.mark.parametrize(
    ("ends", "occasion", "expected"),
    [
        ("16:29", 1, "0x4/3"),
        ("16:29", 5, "0x4/3"),
        ("16:30", 1, "0x4/3"),
        ("16:30", 5, "2x4/3"),
        ("16:45", 4, "1x4/3"),
        ("16:59", 4, "1x4/3"),
        ("17:00", None, "2x4/3"),
    ],
)
def test_casual_overtime_loses_half_an_hour_on_four_occasions(
    ends: str, occasion: int | None, expected: str
) -> None:
    assert units(duty("casual", "10 Feb 16:00", f"10 Feb {ends}", casual_occasion=occasion)) == expected


def test_a_short_casual_stay_uses_up_no_occasion_unless_the_rule_set_says_so() -> None:
    assert casual_occasion([]) == 1
    assert casual_occasion([25, 30, 140]) == 3
    assert casual_occasion([25, 30, 140], Switches(short_casual_occasion_counts=True)) == 4


# Rest days


def test_clear_days_count_neither_end_and_are_days_in_london() -> None:
    assert clear_days(at("1 Feb 23:59"), at("17 Feb 00:00")) == 15
    assert clear_days(at("17 Feb 06:30"), at("17 Feb 07:00")) == -1
    # 23:30 in Greenwich on 30 March is 00:30 on the 31st in London.
    assert clear_days(datetime(2021, 3, 30, 23, 30, tzinfo=UTC), at("2 Apr 12:00")) == 1


def test_a_rest_day_needs_to_know_when_the_officer_was_told() -> None:
    assert code(duty("rest_day", "17 Feb 09:00", "17 Feb 14:00")) == "notice_unknown"
    assert code(duty("early_start", "17 Feb 05:00", "17 Feb 07:00")) == "notice_unknown"


def test_fifteen_clear_days_earn_another_rest_day_not_pay() -> None:
    result = priced(duty("rest_day", "17 Feb 09:00", "17 Feb 14:10", told="1 Feb 09:00"))
    assert (result.units, result.pence, result.owed_beyond) == (0, 0, ())
    assert [(due.kind, due.minutes) for due in result.time_owed] == [("rest_day", 0)]
    assert priced(duty("rest_day", "17 Feb 09:00", "17 Feb 14:10", told="2 Feb 09:00")).time_owed == ()


@pytest.mark.parametrize(
    ("ends", "follows_tour", "expected"),
    [
        ("08:00", True, "4x3/2"),
        ("08:01", True, "16x3/2"),
        ("07:10", True, "0x3/2"),
        ("08:00", False, "16x3/2"),
        ("11:00", False, "16x3/2"),
        ("11:14", False, "16x3/2"),
        ("11:15", False, "17x3/2"),
    ],
)
def test_a_rest_day_counts_four_hours_but_for_a_short_stay_after_a_tour(
    ends: str, follows_tour: bool, expected: str
) -> None:
    worked = duty(
        "rest_day", "17 Feb 07:00", f"17 Feb {ends}", told="17 Feb 06:30", follows_tour=follows_tour
    )
    assert units(worked) == expected


@pytest.mark.parametrize(
    ("limit", "ends", "expected"),
    [
        (360, "13:00", "24x3/2"),  # five hours and one: six
        (360, "13:01", "20x3/2"),  # a minute more and the travel is lost
        (None, "14:00", "28x3/2"),
        (0, "13:00", "20x3/2"),
    ],
)
def test_travel_counts_inside_six_hours_or_as_the_rule_set_says(
    limit: int | None, ends: str, expected: str
) -> None:
    worked = duty("rest_day", "17 Feb 08:00", f"17 Feb {ends}", told="10 Feb 09:00", travel_minutes=60)
    assert units(worked, switches=Switches(travel_limit_minutes=limit)) == expected


def test_travel_helps_to_fill_the_four_hours() -> None:
    worked = duty("rest_day", "17 Feb 08:00", "17 Feb 10:00", told="10 Feb 09:00", travel_minutes=150)
    assert units(worked) == "18x3/2"


def test_overtime_that_runs_into_a_rest_day_is_cut_where_the_rest_day_begins() -> None:
    worked = duty(
        "planned", "17 Feb 05:00", "17 Feb 07:50", told="16 Feb 09:00", rest_day_from=at("17 Feb 07:00")
    )
    assert units(worked) == "8x4/3 3x3/2"
    assert units(replace(worked, ends_at=at("17 Feb 08:30"))) == "8x4/3 16x3/2"
    assert units(replace(worked, rest_day_from=at("17 Feb 08:00"))) == "11x4/3"
    early = duty(
        "rest_day", "17 Feb 05:00", "17 Feb 11:00", told="16 Feb 09:00", rest_day_from=at("17 Feb 07:00")
    )
    assert units(early) == "8x4/3 16x3/2"


@pytest.mark.parametrize(
    ("worked", "expected"),
    [
        # The rest day ends at 07:00: two hours of it count as four, what follows is ordinary overtime.
        (duty("rest_day", "17 Feb 05:00", "17 Feb 09:00", told="10 Feb 09:00"), "16x3/2 8x4/3"),
        (duty("rest_day", "17 Feb 02:00", "17 Feb 09:00", told="10 Feb 09:00"), "20x3/2 8x4/3"),
        # A rest day due instead of pay does not take the ordinary overtime with it.
        (duty("rest_day", "17 Feb 02:00", "17 Feb 09:00", told="10 Jan 09:00"), "0x3/2 8x4/3"),
        (duty("rest_day", "17 Feb 02:00", "17 Feb 07:00", told="10 Feb 09:00"), "20x3/2"),
        (duty("rest_day", "17 Feb 07:00", "17 Feb 12:00", told="10 Feb 09:00"), "20x3/2"),
        (duty("planned", "17 Feb 05:00", "17 Feb 09:00", told="10 Feb 09:00"), "16x4/3"),
    ],
)
def test_what_runs_beyond_the_rest_day_is_ordinary_overtime_again(worked: Duty, expected: str) -> None:
    assert units(replace(worked, rest_day_until=at("17 Feb 07:00"))) == expected


def test_breaks_and_the_casual_loss_are_taken_once_however_often_the_rule_changes() -> None:
    rest_day = {"rest_day_from": at("17 Feb 07:00"), "rest_day_until": at("18 Feb 07:00")}
    planned = duty("planned", "17 Feb 05:00", "18 Feb 09:00", told="16 Feb 09:00", break_minutes=60)
    assert units(replace(planned, **rest_day)) == "4x4/3 96x3/2 8x4/3"
    casual = duty("casual", "17 Feb 05:00", "18 Feb 09:00", told="17 Feb 05:10", casual_occasion=1)
    assert units(replace(casual, **rest_day)) == "6x4/3 96x3/2 8x4/3"


def test_a_rest_day_that_ends_before_it_begins_is_a_bug_of_the_caller() -> None:
    with pytest.raises(ValueError, match="rest day"):
        duty(
            "planned",
            "17 Feb 05:00",
            "17 Feb 09:00",
            rest_day_from=at("17 Feb 07:00"),
            rest_day_until=at("17 Feb 07:00"),
        )


def test_midnight_alone_cuts_nothing() -> None:
    assert units(duty("rest_day", "17 Feb 21:10", "18 Feb 03:05", told="10 Feb 09:00")) == "23x3/2"
    assert units(duty("planned", "17 Feb 22:10", "18 Feb 02:10", told="10 Feb 09:00")) == "16x4/3"


# Public holidays


def test_england_has_no_public_holiday_between_new_year_and_good_friday_2021() -> None:
    days = [date(2021, 1, 1) + timedelta(days=n) for n in range(91)]
    assert [day for day in days if is_public_holiday(day)] == [date(2021, 1, 1)]
    assert is_public_holiday(date(2020, 12, 28))  # Boxing Day was a Saturday
    assert is_public_holiday(date(2021, 4, 2)) and is_public_holiday(date(2021, 4, 5))
    assert not is_public_holiday(date(2021, 3, 17))  # Saint Patrick's, elsewhere


def test_a_public_holiday_counts_four_hours_even_straight_after_a_tour() -> None:
    worked = duty("public_holiday", "1 Jan 07:00", "1 Jan 07:50", told="31 Dec 2020 09:00", follows_tour=True)
    assert units(worked, window=None) == "16x2"


@pytest.mark.parametrize(
    ("starts", "ends", "told", "days"),
    [
        ("1 Jan 08:00", "1 Jan 14:00", "24 Dec 2020 09:00", ["1 January"]),
        ("1 Jan 08:00", "1 Jan 14:00", "23 Dec 2020 23:59", []),
        # Each holiday is a day of its own: eight clear days before Boxing Day are seven before Christmas Day.
        ("25 Dec 2020 20:00", "26 Dec 2020 02:00", "17 Dec 2020 09:00", ["25 December"]),
        ("25 Dec 2020 20:00", "26 Dec 2020 02:00", "24 Dec 2020 09:00", ["25 December", "26 December"]),
        ("25 Dec 2020 20:00", "26 Dec 2020 00:00", "24 Dec 2020 09:00", ["25 December"]),
        ("31 Dec 2020 22:00", "1 Jan 06:00", "30 Dec 2020 09:00", ["1 January"]),
        ("1 Jan 18:00", "2 Jan 02:00", "31 Dec 2020 09:00", ["1 January"]),
    ],
)
def test_under_eight_clear_days_a_day_off_is_due_for_each_public_holiday(
    starts: str, ends: str, told: str, days: list[str]
) -> None:
    due = priced(duty("public_holiday", starts, ends, told=told), window=None).time_owed
    assert {one.kind for one in due} <= {"lieu_day"}
    assert [one.because.split(" of ")[1].rsplit(" 20", 1)[0] for one in due] == days


def test_a_public_holiday_of_unknown_notice_is_paid_and_brings_no_day_off() -> None:
    assert priced(duty("public_holiday", "1 Jan 08:00", "1 Jan 14:00"), window=None).time_owed == ()


def test_a_duty_is_double_time_only_on_the_holiday_itself() -> None:
    after = duty("public_holiday", "1 Jan 18:00", "2 Jan 02:00", told="31 Dec 2020 09:00")
    before = duty("public_holiday", "31 Dec 2020 22:00", "1 Jan 06:00", told="30 Dec 2020 09:00")
    assert units(after, window=None) == "24x2 8x4/3"
    assert units(before, window=None) == "8x4/3 24x2"
    assert units(after, window=None, switches=Switches(force_day_starts=time(7))) == "32x2"


def test_overtime_before_or_after_a_public_holiday_may_lie_on_a_rest_day() -> None:
    after = duty("public_holiday", "1 Jan 18:00", "2 Jan 05:00", told="31 Dec 2020 09:00")
    assert units(replace(after, rest_day_from=at("2 Jan 00:00")), window=None) == "24x2 20x3/2"
    assert units(replace(after, rest_day_from=at("2 Jan 01:00")), window=None) == "24x2 4x4/3 16x3/2"
    # A public holiday on a rest day is a public holiday.
    assert units(replace(after, rest_day_from=at("1 Jan 20:00")), window=None) == "24x2 20x3/2"
    assert units(replace(after, rest_day_until=at("1 Jan 20:00")), window=None) == "24x2 20x4/3"


def test_two_public_holidays_in_a_row_are_one_line() -> None:
    christmas = duty("public_holiday", "25 Dec 2020 20:00", "26 Dec 2020 02:00", told="24 Dec 2020 09:00")
    assert units(christmas, window=None) == "24x2"


def test_a_substituted_day_is_the_day_on_which_the_duty_begins() -> None:
    worked = duty("public_holiday", "14 Feb 18:00", "15 Feb 02:00", holiday_substituted=True)
    assert units(worked) == "24x2 8x4/3"


def test_another_type_on_a_public_holiday_is_asked_about() -> None:
    worked = duty("planned", "1 Jan 08:00", "1 Jan 12:00", told="31 Dec 2020 09:00")
    assert priced(worked, window=None).notes == (
        "1 January 2021 is a public holiday: is the duty type right?",
    )


# Recall, early start, part-time, time off


def test_a_recall_is_at_least_one_quarter_or_the_four_hours_that_are_in_dispute() -> None:
    short = duty("recall", "10 Feb 21:10", "10 Feb 21:20")
    assert units(short) == "1x4/3"
    assert units(short, switches=Switches(recall_minimum_minutes=240)) == "16x4/3"
    long = duty("recall", "10 Feb 18:00", "10 Feb 23:30", travel_minutes=60)
    assert units(long, switches=Switches(recall_minimum_minutes=240)) == "22x4/3"


def test_eight_hours_notice_of_an_early_start_are_eight_true_hours() -> None:
    assert units(duty("early_start", "11 Feb 05:00", "11 Feb 07:00", told="10 Feb 21:00")) == "0x4/3"
    assert units(duty("early_start", "11 Feb 05:00", "11 Feb 07:00", told="10 Feb 21:01")) == "8x4/3"
    # From 21:00 to 05:00 are seven hours when the clocks go forward.
    assert units(duty("early_start", "28 Mar 05:00", "28 Mar 07:00", told="27 Mar 21:00")) == "8x4/3"


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        (0, "16x1"),
        (2160, "16x1"),
        (2280, "8x1 8x4/3"),
        (2390, "0x1 15x4/3"),  # ten minutes and 230: two periods, completed quarters of each
        (2400, "16x4/3"),
        (3000, "16x4/3"),
    ],
)
def test_a_part_timer_earns_plain_time_up_to_forty_hours(before: int, expected: str) -> None:
    worked = duty("part_time", "10 Feb 08:00", "10 Feb 12:00", weekly_minutes_before=before)
    assert units(worked) == expected


def test_a_part_timers_new_week_starts_from_nothing() -> None:
    sunday_night = duty("part_time", "14 Feb 22:00", "15 Feb 04:00", weekly_minutes_before=2340)
    assert units(sunday_night) == "4x1 4x4/3 16x1"
    wednesday = Switches(week_starts_on=2, force_day_starts=time(7))
    assert units(sunday_night, switches=wednesday) == "4x1 20x4/3"
    at_seven = Switches(force_day_starts=time(7))
    assert units(replace(sunday_night, ends_at=at("15 Feb 08:00")), switches=at_seven) == "4x1 32x4/3 4x1"


def test_the_fortieth_hour_is_a_true_hour_when_the_clocks_change() -> None:
    # From 00:30 the fortieth hour ends after 60 true minutes: at 02:30 by the wall.
    result = priced(duty("part_time", "28 Mar 00:30", "28 Mar 04:30", weekly_minutes_before=2340))
    assert [line.units for line in result.lines] == [4, 8]
    assert result.lines[1].starts_at == at("28 Mar 02:30")


def test_the_forces_week_begins_on_its_day_at_its_hour() -> None:
    seven = Switches(force_day_starts=time(7))
    assert Switches().week_start(at("14 Feb 23:59")) == at("8 Feb 00:00")
    assert seven.week_start(at("15 Feb 06:59")) == at("8 Feb 07:00")
    assert seven.week_start(at("15 Feb 07:00")) == at("15 Feb 07:00")
    assert replace(seven, week_starts_on=6).week_start(at("15 Feb 07:00")) == at("14 Feb 07:00")


def test_time_off_in_lieu_costs_nothing_and_warns() -> None:
    result = priced(duty("toil", "10 Feb 16:00", "10 Feb 20:00"))
    assert (result.pence, result.units, len(result.lines), len(result.notes)) == (0, 0, 1, 1)
    assert "paid in cash" in result.notes[0]


def test_time_off_is_due_for_what_was_worked_wherever_the_window_ends() -> None:
    (due,) = priced(duty("toil", "31 Mar 22:00", "1 Apr 02:00", break_minutes=45)).time_owed
    assert (due.kind, due.minutes) == ("toil", 195)
    (none,) = priced(duty("toil", "31 Mar 22:00", "31 Mar 22:30", break_minutes=45)).time_owed
    assert none.minutes == 0


# What somebody has to ask


@pytest.mark.parametrize(
    ("duty_type", "told", "question"),
    [
        ("planned", "10 Feb 15:00", None),
        ("planned", "10 Feb 16:00", None),
        ("planned", "10 Feb 16:01", "is it casual?"),
        ("casual", "10 Feb 16:01", None),
        ("casual", "10 Feb 16:00", "is it planned?"),
        ("casual", "10 Feb 09:00", "is it planned?"),
        ("casual", None, None),
        ("recall", "10 Feb 15:00", None),
    ],
)
def test_a_type_that_the_notice_does_not_bear_out_is_asked_about(
    duty_type: str, told: str | None, question: str | None
) -> None:
    notes = priced(duty(duty_type, "10 Feb 16:00", "10 Feb 18:00", told=told)).notes
    assert [question in note for note in notes] == ([True] if question else [])


# The clocks


def test_the_hour_that_was_skipped_is_not_paid() -> None:
    result = priced(duty("planned", "28 Mar 00:30", "28 Mar 03:30"))
    assert result.units == 8
    assert "the clocks change in between" in result.working


def test_the_hour_that_came_twice_is_paid_twice() -> None:
    assert units(duty("planned", "31 Oct 00:30", "31 Oct 03:30"), window=None) == "16x4/3"
    first = at("31 Oct 01:45")
    second = replace(
        duty("planned", "31 Oct 00:00", "31 Oct 03:00"),
        starts_at=first,
        ends_at=at("31 Oct 01:15").replace(fold=1),
    )
    assert units(second, window=None) == "2x4/3"


def test_a_casual_half_hour_is_a_true_half_hour() -> None:
    worked = duty("casual", "28 Mar 00:50", "28 Mar 02:10", casual_occasion=5)
    assert units(worked) == "0x4/3"


# The grant's window


@pytest.mark.parametrize(
    ("worked", "borne", "beyond"),
    [
        (duty("planned", "31 Mar 22:00", "1 Apr 02:00"), "8x4/3", "8x4/3"),
        (duty("planned", "31 Jan 22:00", "1 Feb 02:00"), "8x4/3", "8x4/3"),
        (duty("planned", "31 Mar 20:00", "1 Apr 00:00"), "16x4/3", ""),
        (duty("planned", "31 Mar 23:50", "1 Apr 00:50"), "0x4/3", "4x4/3"),
        # The quarter that straddles midnight is owed, but not by the grant.
        (duty("planned", "31 Mar 22:10", "1 Apr 00:10"), "7x4/3", "1x4/3"),
        # Clipped first, then reckoned: no minimum, and casual time still loses its half hour.
        (duty("rest_day", "31 Mar 22:00", "1 Apr 01:00", told="30 Mar 09:00"), "8x3/2", "8x3/2"),
        (duty("recall", "31 Mar 23:50", "1 Apr 00:00"), "1x4/3", ""),
        (duty("recall", "31 Mar 23:50", "1 Apr 00:01"), "0x4/3", "1x4/3"),
        (duty("casual", "31 Mar 23:00", "1 Apr 01:00", casual_occasion=1), "2x4/3", "4x4/3"),
        (duty("casual", "31 Mar 23:40", "1 Apr 01:00", casual_occasion=5), "0x4/3", "5x4/3"),
        # The notice is that of the duty, not of the part inside.
        (duty("early_start", "31 Jan 23:00", "1 Feb 01:00", told="31 Jan 16:00"), "4x4/3", "4x4/3"),
        (duty("rest_day", "31 Jan 20:00", "1 Feb 06:00", told="16 Jan 09:00"), "24x3/2", "16x3/2"),
        (duty("rest_day", "31 Jan 20:00", "1 Feb 06:00", told="15 Jan 09:00"), "0x3/2", ""),
        (duty("part_time", "31 Mar 22:00", "1 Apr 02:00", weekly_minutes_before=2340), "4x1 4x4/3", "8x4/3"),
        (duty("part_time", "31 Mar 22:00", "1 Apr 02:00", weekly_minutes_before=2220), "8x1", "4x1 4x4/3"),
        (
            duty("public_holiday", "31 Mar 22:00", "1 Apr 02:00", holiday_substituted=True),
            "8x2",
            "8x2 8x4/3",
        ),
        # A duty that the window cuts has no minimum, not even in a part of it that lies wholly inside.
        (
            duty(
                "rest_day",
                "31 Jan 22:00",
                "1 Feb 02:00",
                told="30 Jan 09:00",
                rest_day_from=at("1 Feb 00:00"),
            ),
            "8x3/2",
            "8x4/3 8x3/2",
        ),
        (duty("toil", "31 Mar 22:00", "1 Apr 02:00"), "0x0", ""),
    ],
)
def test_the_grant_bears_only_the_minutes_inside_its_window(worked: Duty, borne: str, beyond: str) -> None:
    assert (units(worked), owed(worked)) == (borne, beyond)


def test_a_duty_longer_than_the_window_is_cut_at_both_ends() -> None:
    one_day = Window.of_days(date(2021, 2, 10), date(2021, 2, 10))
    result = priced(duty("planned", "9 Feb 23:00", "11 Feb 01:00"), one_day)
    assert [line.units for line in result.lines] == [96]
    assert [line.units for line in result.owed_beyond] == [8]


@pytest.mark.parametrize(("ends", "expected"), [("1 Apr 00:10", "20x3/2"), ("1 Apr 00:00", "24x3/2")])
def test_travel_counts_with_a_clipped_duty_as_it_does_with_the_whole(ends: str, expected: str) -> None:
    worked = duty("rest_day", "31 Mar 19:00", ends, told="30 Mar 09:00", travel_minutes=60)
    assert units(worked) == expected


def test_what_the_window_cuts_off_brings_in_no_travel_minute() -> None:
    # 319 minutes and 60 are past six hours: of the travel nothing counts, so 300 minutes are 20 quarters.
    worked = duty("rest_day", "31 Mar 19:00", "1 Apr 00:19", told="30 Mar 09:00", travel_minutes=60)
    assert (units(worked), owed(worked)) == ("20x3/2", "1x3/2")


def test_what_is_owed_beyond_says_so_in_words_and_costs_the_grant_nothing() -> None:
    result = priced(duty("planned", "31 Mar 22:00", "1 Apr 02:00"))
    assert result.pence == 5256
    (line,) = result.owed_beyond
    assert (line.starts_at, line.ends_at, line.pence) == (at("1 Apr 00:00"), at("1 Apr 02:00"), 5256)
    assert "but not by this grant" in line.working
    assert line.working in result.working


@pytest.mark.parametrize(
    ("starts", "ends"), [("31 Jan 20:00", "1 Feb 00:00"), ("1 Apr 00:00", "1 Apr 02:00")]
)
def test_touching_the_window_is_outside(starts: str, ends: str) -> None:
    assert code(duty("planned", starts, ends)) == "outside_grant_period"


# Refusals


@pytest.mark.parametrize("rank", ["inspector", "chief inspector", "superintendent", ""])
def test_inspectors_and_above_earn_no_overtime_of_any_type(rank: str) -> None:
    assert code(duty("planned", "10 Feb 16:00", "10 Feb 20:00"), rank=rank) == "rank_not_eligible"
    assert code(duty("toil", "10 Feb 16:00", "10 Feb 20:00"), rank=rank) == "rank_not_eligible"


def test_a_duty_must_end_after_it_starts() -> None:
    assert code(duty("planned", "10 Feb 18:00", "10 Feb 18:00")) == "end_not_after_start"
    # By the wall it ends a quarter later, but it began when that hour came for the second time.
    again = at("31 Oct 01:30").replace(fold=1)
    backwards = Duty(duty_type="planned", starts_at=again, ends_at=at("31 Oct 01:45"))
    assert code(backwards, window=None) == "end_not_after_start"


def test_an_unknown_type_is_refused() -> None:
    assert code(duty("double_time", "10 Feb 18:00", "10 Feb 20:00")) == "unknown_duty_type"


def test_times_without_a_zone_and_negative_minutes_are_a_bug_of_the_caller() -> None:
    naive = datetime(2021, 2, 10, 16)
    with pytest.raises(ValueError, match="time zone"):
        Duty(duty_type="planned", starts_at=naive, ends_at=naive + timedelta(hours=1))
    with pytest.raises(ValueError, match="negative"):
        duty("planned", "10 Feb 16:00", "10 Feb 18:00", break_minutes=-1)


def test_planned_or_casual_is_judged_by_the_start_of_the_tour_where_the_roster_has_it() -> None:
    stay = duty("casual", "10 Feb 16:00", "10 Feb 18:00", told="10 Feb 12:00", casual_occasion=1)
    in_tour = replace(stay, tour_starts_at=at("10 Feb 08:00"))
    before_tour = replace(stay, tour_starts_at=at("10 Feb 13:00"))
    assert not priced(in_tour).notes
    assert "is it planned?" in priced(before_tour).notes[0]
    assert "after the tour began: is it casual?" in priced(replace(in_tour, duty_type="planned")).notes[0]


def test_overtime_that_starts_on_a_rostered_rest_day_is_asked_about() -> None:
    until = at("18 Feb 00:00")
    planned = duty("planned", "17 Feb 09:00", "17 Feb 14:00", told="16 Feb 09:00", rest_day_until=until)
    assert priced(planned).notes == ("The roster has a rest day: is the duty type right?",)
    assert not priced(replace(planned, duty_type="rest_day")).notes
