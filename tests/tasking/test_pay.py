"""The pay engine: worked examples, the edges of each rule, and what must hold for any duty."""

import csv
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasking.pay import (
    LONDON,
    RULES,
    Duty,
    NotPayable,
    Price,
    Switches,
    Window,
    casual_occasion,
    clear_days,
    hourly_pence,
    is_public_holiday,
    price,
    price_at_agreed_rate,
)

with (Path(__file__).parent / "overtime_vectors.csv").open(encoding="utf-8", newline="") as file:
    VECTORS = list(csv.DictReader(file))
GRANT = Window.of_days(date(2021, 2, 1), date(2021, 3, 31))
PAY = 41_130_00  # an hour is £19.7109, a quarter £4.9278


def at(text: str) -> datetime:
    """A London wall time, "10 Feb 16:00", in 2021 unless the year is given."""
    words = text.split()
    year = int(words[2]) if len(words) == 4 else 2021
    wall = datetime.strptime(f"{words[0]} {words[1]} {year} {words[-1]}", "%d %b %Y %H:%M")
    return wall.replace(tzinfo=LONDON)


def duty(duty_type: str, starts: str, ends: str, *, told: str | None = None, **more: Any) -> Duty:
    return Duty(
        duty_type=duty_type,
        starts_at=at(starts),
        ends_at=at(ends),
        told_at=at(told) if told else None,
        **more,
    )


def priced(worked: Duty, window: Window | None = GRANT, switches: Switches | None = None) -> Price:
    return price(
        worked, rank="constable", annual_pay_pence=PAY, window=window, switches=switches or Switches()
    )


def units(worked: Duty, window: Window | None = GRANT, switches: Switches | None = None) -> str:
    """The lines in short: "32x1 16x4/3"."""
    return " ".join(f"{line.units}x{line.multiplier}" for line in priced(worked, window, switches).lines)


def owed(worked: Duty, window: Window | None = GRANT) -> str:
    return " ".join(f"{line.units}x{line.multiplier}" for line in priced(worked, window).owed_beyond)


def code(worked: Duty, rank: str = "constable", window: Window | None = GRANT) -> str:
    with pytest.raises(NotPayable) as refused:
        price(worked, rank=rank, annual_pay_pence=PAY, window=window)
    return refused.value.code


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
    assert result.notes == ("Another rest day is due instead of pay: 15 clear days' notice.",)


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
    result = priced(worked, window=None)
    assert [line.units for line in result.lines] == [16]
    assert result.notes == ("A day off in lieu is due as well: under 8 clear days' notice.",)


def test_a_public_holiday_told_of_eight_clear_days_before_brings_no_day_off() -> None:
    worked = duty("public_holiday", "1 Jan 08:00", "1 Jan 14:00", told="23 Dec 2020 09:00")
    assert priced(worked, window=None).notes == ()


def test_a_duty_is_double_time_only_on_the_holiday_itself() -> None:
    after = duty("public_holiday", "1 Jan 18:00", "2 Jan 02:00", told="31 Dec 2020 09:00")
    before = duty("public_holiday", "31 Dec 2020 22:00", "1 Jan 06:00", told="30 Dec 2020 09:00")
    assert units(after, window=None) == "24x2 8x4/3"
    assert units(before, window=None) == "8x4/3 24x2"
    assert units(after, window=None, switches=Switches(force_day_starts=time(7))) == "32x2"


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


def test_the_forces_week_begins_on_its_day_at_its_hour() -> None:
    seven = Switches(force_day_starts=time(7))
    assert Switches().week_start(at("14 Feb 23:59")) == at("8 Feb 00:00")
    assert seven.week_start(at("15 Feb 06:59")) == at("8 Feb 07:00")
    assert seven.week_start(at("15 Feb 07:00")) == at("15 Feb 07:00")
    assert replace(seven, week_starts_on=6).week_start(at("15 Feb 07:00")) == at("14 Feb 07:00")


def test_time_off_in_lieu_costs_nothing_and_warns() -> None:
    result = priced(duty("toil", "10 Feb 16:00", "10 Feb 20:00"))
    assert (result.pence, result.units, len(result.lines), len(result.notes)) == (0, 0, 1, 1)


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
            "16x2",
            "8x4/3",
        ),
        (duty("toil", "31 Mar 22:00", "1 Apr 02:00"), "0x0", ""),
    ],
)
def test_the_grant_bears_only_the_minutes_inside_its_window(worked: Duty, borne: str, beyond: str) -> None:
    if worked.duty_type == "public_holiday":
        # The substituted day ends with the grant; the part of it inside keeps its own minimum.
        assert priced(worked).lines[0].ends_at == GRANT.ends_at
    assert (units(worked), owed(worked)) == (borne, beyond)


def test_a_duty_longer_than_the_window_is_cut_at_both_ends() -> None:
    one_day = Window.of_days(date(2021, 2, 10), date(2021, 2, 10))
    result = priced(duty("planned", "9 Feb 23:00", "11 Feb 01:00"), one_day)
    assert [line.units for line in result.lines] == [96]
    assert [line.units for line in result.owed_beyond] == [8]


def test_a_clipped_duty_never_earns_travel_that_the_whole_duty_does_not() -> None:
    # Five hours and ten minutes and an hour are past six: no travel. Five hours of it and an hour are not.
    worked = duty("rest_day", "31 Mar 19:00", "1 Apr 00:10", told="30 Mar 09:00", travel_minutes=60)
    assert units(worked) == "20x3/2"
    assert owed(worked) == ""


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


# Another agency's agreed rate


def test_an_agencys_duty_is_its_agreed_rate_for_completed_quarters_less_breaks() -> None:
    worked = duty("casual", "31 Mar 20:00", "1 Apr 01:00", break_minutes=30, casual_occasion=1)
    result = price_at_agreed_rate(
        worked, grade="Grade 4", hourly_pence=3_207, multiplier=Fraction(3, 2), window=GRANT
    )
    assert [(line.units, line.rule) for line in result.lines] == [(14, "agreed_rate")]
    assert result.pence == 16837  # 14 x 801.75 x 1.5 = 16836.75
    assert [line.units for line in result.owed_beyond] == [4]
    assert "Grade 4" in result.working and "Police Regulations" not in result.working


def test_an_agencys_duty_has_the_same_window() -> None:
    with pytest.raises(NotPayable) as refused:
        price_at_agreed_rate(
            duty("planned", "1 Apr 08:00", "1 Apr 12:00"),
            grade="Grade 4",
            hourly_pence=3_000,
            multiplier=Fraction(1),
            window=GRANT,
        )
    assert refused.value.code == "outside_grant_period"


# Words


def test_the_working_can_be_read_by_a_constable_and_checked_by_a_payroll_clerk() -> None:
    assert priced(duty("planned", "10 Feb 16:00", "10 Feb 18:20")).working == (
        "16:00 to 18:20 on 10 February 2021 is 140 minutes (2 h 20 min). Planned: nothing is lost. "
        "9 completed quarters of an hour at £19.7109 an hour x 4/3 = £59.13. "
        "(An hour is £41,130.00 a year x 6/313 / 40, kept exact in the sum.) "
        "Police Regulations 2003, Annex G."
    )


def test_the_module_stands_without_django() -> None:
    program = "import sys, tasking.pay; sys.exit('django' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


# What holds for any duty

minutes = st.integers(min_value=1, max_value=26 * 60)
starts = st.datetimes(datetime(2020, 12, 20), datetime(2021, 4, 20)).map(
    lambda wall: wall.replace(second=0, microsecond=0, tzinfo=UTC)
)


@st.composite
def duties(draw: st.DrawFn, *, types: tuple[str, ...] = tuple(RULES), travel: bool = True) -> Duty:
    """Any duty of the given types; a public holiday is a substituted one, so that it can be on any day."""
    starts_at = draw(starts)
    duty_type = draw(st.sampled_from(types))
    return Duty(
        duty_type=duty_type,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=draw(minutes)),
        told_at=starts_at - timedelta(minutes=draw(st.integers(-60, 30 * 24 * 60))),
        break_minutes=draw(st.integers(0, 60)),
        travel_minutes=draw(st.integers(0, 180)) if travel else 0,
        casual_occasion=draw(st.integers(1, 6)),
        follows_tour=draw(st.booleans()),
        weekly_minutes_before=draw(st.integers(0, 3000)),
        holiday_substituted=duty_type == "public_holiday",
    )


@given(duties(travel=False), minutes)
def test_more_minutes_never_pay_less_within_a_type(worked: Duty, more: int) -> None:
    # Travel is apart: by the rule, a duty that grows past six hours with its travel loses it.
    longer = replace(worked, ends_at=worked.ends_at + timedelta(minutes=more))
    assert priced(longer, window=None).pence >= priced(worked, window=None).pence


@given(duties(types=("planned", "early_start", "part_time", "casual")), st.data())
def test_splitting_never_gains_more_than_a_penny_a_line(worked: Duty, data: st.DataObject) -> None:
    # Types with a minimum gain by their minimum, not by rounding; casual time is that of a fifth stay.
    worked = replace(worked, break_minutes=0, casual_occasion=5)
    cut = worked.starts_at + timedelta(minutes=data.draw(st.integers(0, worked.minutes)))
    if not worked.starts_at < cut < worked.ends_at:
        return
    first = replace(worked, ends_at=cut)
    week = Switches().week_start(cut)
    before = first.minutes + worked.weekly_minutes_before
    if worked.starts_at < week:
        before = (cut - week.astimezone(UTC)) // timedelta(minutes=1)
    second = replace(worked, starts_at=cut, weekly_minutes_before=before)
    if worked.duty_type == "early_start":
        second = replace(second, told_at=cut - (worked.starts_at - (worked.told_at or worked.starts_at)))
    parts = [priced(first, window=None), priced(second, window=None)]
    lines = sum(len(part.lines) for part in parts)
    whole = priced(worked, window=None)
    assert sum(part.pence for part in parts) <= whole.pence + lines


@given(duties(), st.integers(1_000_00, 60_000_00))
def test_each_line_is_its_own_sum_rounded_once_half_up(worked: Duty, annual: int) -> None:
    result = price(worked, rank="sergeant", annual_pay_pence=annual, window=None)
    for line in result.lines:
        exact = Fraction(annual) * 6 / 313 / 40 * line.units / 4 * line.multiplier
        assert -Fraction(1, 2) < line.pence - exact <= Fraction(1, 2)
        assert line.units == line.minutes // 15
    assert result.pence == sum(line.pence for line in result.lines)


@given(duties())
def test_the_grant_and_the_rest_make_up_what_the_officer_is_owed(worked: Duty) -> None:
    try:
        result = priced(worked)
    except NotPayable as refused:
        assert refused.code == "outside_grant_period"
        return
    whole = priced(worked, window=None)

    def by_multiplier(*prices: tuple[Any, ...]) -> dict[Fraction, int]:
        totals: dict[Fraction, int] = {}
        for line in (line for lines in prices for line in lines if line.units):
            totals[line.multiplier] = totals.get(line.multiplier, 0) + line.units
        return totals

    assert by_multiplier(result.lines, result.owed_beyond) == by_multiplier(whole.lines)
    assert result.lines
    for line in result.lines:
        assert GRANT.starts_at <= line.starts_at < line.ends_at <= GRANT.ends_at
    assert all(line.units > 0 for line in result.owed_beyond)


@given(duties())
def test_a_price_does_not_depend_on_the_zone_in_which_times_are_written(worked: Duty) -> None:
    local = replace(
        worked,
        starts_at=worked.starts_at.astimezone(LONDON),
        ends_at=worked.ends_at.astimezone(LONDON),
        told_at=worked.told_at and worked.told_at.astimezone(LONDON),
    )
    assert priced(local, window=None) == priced(worked, window=None)


@given(duties())
def test_the_lines_cover_the_duty_without_gap_or_overlap(worked: Duty) -> None:
    lines = priced(worked, window=None).lines
    assert lines[0].starts_at == worked.starts_at and lines[-1].ends_at == worked.ends_at
    assert all(one.ends_at == other.starts_at for one, other in pairwise(lines))
