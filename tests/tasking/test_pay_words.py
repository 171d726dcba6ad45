"""What the pay engine says: a constable understands it, a payroll clerk can check it."""

import subprocess
import sys
from datetime import time
from fractions import Fraction

import pytest

from tasking.pay import RULES, Duty, Switches, price
from tests.tasking.duties import GRANT, PAY, at, duty, priced

WORKED = [  # one of each rule
    duty("planned", "10 Feb 16:00", "10 Feb 18:20"),
    duty("casual", "10 Feb 16:00", "10 Feb 18:20", casual_occasion=1),
    duty("rest_day", "17 Feb 09:00", "17 Feb 14:10", told="10 Feb 09:00"),
    duty("public_holiday", "14 Feb 08:00", "14 Feb 14:00", holiday_substituted=True),
    duty("recall", "10 Feb 21:10", "10 Feb 21:30"),
    duty("early_start", "11 Feb 05:00", "11 Feb 07:00", told="10 Feb 23:00"),
    duty("part_time", "10 Feb 08:00", "10 Feb 20:00", weekly_minutes_before=1920),
    duty("toil", "10 Feb 16:00", "10 Feb 20:00"),
]


def test_every_rule_is_among_the_worked_examples() -> None:
    assert {worked.duty_type for worked in WORKED} == set(RULES)


@pytest.mark.parametrize("worked", WORKED, ids=[worked.duty_type for worked in WORKED])
def test_the_working_begins_with_the_rule_and_ends_with_its_source(worked: Duty) -> None:
    names = {
        "planned": ("Planned overtime, ", "reg. 25 and Annex G."),
        "casual": ("Casual overtime, ", "reg. 25 and Annex G."),
        "rest_day": ("Rest day, ", "reg. 26 and Annex H."),
        "public_holiday": ("Public holiday, ", "reg. 26 and Annex H."),
        "recall": ("Recall between two tours, ", "reg. 25 and Annex G."),
        "early_start": ("Early start, ", "reg. 25 and Annex G."),
        "part_time": ("Part-time hours, ", "reg. 25 and Annex G."),
        "toil": ("Time off in lieu of pay, ", "reg. 25 and Annex G."),
    }
    for line in priced(worked).lines:
        name, law = names[line.rule]
        assert line.working.startswith(name)
        assert line.working.endswith(f"Police Regulations 2003, {law}")


def test_the_working_can_be_read_by_a_constable_and_checked_by_a_payroll_clerk() -> None:
    assert priced(duty("planned", "10 Feb 16:00", "10 Feb 18:20")).working == (
        "Planned overtime, 16:00 to 18:20 on 10 February 2021: 140 minutes (2 h 20 min). Nothing is lost. "
        "9 completed quarters of an hour (2 h 15 min) at £19.7109 an hour x 4/3 (time and a third) = £59.13. "
        "An hour's pay is £41,130.00 a year x 6/313 / 40, kept exact until the line is rounded. "
        "Police Regulations 2003, reg. 25 and Annex G."
    )


def test_a_minimum_is_told_with_what_it_makes_of_the_minutes() -> None:
    worked = duty("rest_day", "17 Feb 18:00", "17 Feb 20:20", told="10 Feb 09:00")
    assert priced(worked).working.startswith(
        "Rest day, 18:00 to 20:20 on 17 February 2021: 140 minutes (2 h 20 min). "
        "6 clear days' notice, which is under 15: it is paid. The least that it counts is 4 hours. "
        "240 minutes (4 h) count. 16 completed quarters of an hour (4 h) at £19.7109 an hour x 3/2 "
        "(time and a half) = £118.27. "
    )


def test_what_is_owed_beyond_is_told_against_the_whole() -> None:
    worked = duty("rest_day", "31 Mar 22:00", "1 Apr 01:00", told="30 Mar 09:00")
    (beyond,) = priced(worked).owed_beyond
    assert beyond.working == (
        "Rest day, 22:00 on 31 March 2021 to 01:00 on 1 April 2021: of 16 completed quarters of an hour "
        "(4 h) the grant bears 8, because it bears only minutes inside its window. "
        "8 completed quarters of an hour (2 h) at £19.7109 an hour x 3/2 (time and a half) = £59.13 "
        "are owed to the officer, but not by this grant. Police Regulations 2003, reg. 26 and Annex H."
    )


def test_the_pay_point_is_named_where_the_hour_is_explained() -> None:
    result = price(
        duty("planned", "10 Feb 16:00", "10 Feb 18:20"),
        rank="constable",
        annual_pay_pence=PAY,
        window=GRANT,
        pay_point="point 7 of constable_2013",
    )
    assert "£41,130.00 a year, point 7 of constable_2013, x 6/313 / 40" in result.working


def test_all_that_is_owed_is_in_the_working_of_the_whole() -> None:
    result = priced(
        duty("public_holiday", "1 Jan 18:00", "2 Jan 02:00", told="31 Dec 2020 09:00"), window=None
    )
    assert "Together £289.09." in result.working
    assert result.working.endswith(
        "A day off in lieu of 1 January 2021 is due as well: 0 clear days' notice, which is under 8."
    )


# Switches: nobody may take for law what is not verified


@pytest.mark.parametrize(
    ("worked", "switches", "named"),
    [
        (duty("planned", "10 Feb 16:00", "10 Feb 18:20"), Switches(), []),
        (
            duty("planned", "10 Feb 16:00", "10 Feb 18:20"),
            Switches(london_weighting_pence=2_509_00),
            ["London weighting of £2,509.00 a year counts in the hourly rate"],
        ),
        (
            duty("casual", "10 Feb 16:00", "10 Feb 18:20", casual_occasion=3),
            Switches(week_starts_on=6, force_day_starts=time(7)),
            [
                "the force's week starts on Sunday at 07:00",
                "a stay under 30 minutes uses up none of the first four occasions",
            ],
        ),
        (
            duty("casual", "10 Feb 16:00", "10 Feb 18:20", casual_occasion=5),
            Switches(short_casual_occasion_counts=True),
            [
                "the force's week starts on Monday at 00:00",
                "a stay under 30 minutes uses up one of the first four occasions",
            ],
        ),
        (duty("casual", "10 Feb 16:00", "10 Feb 16:20", casual_occasion=5), Switches(), []),
        (
            duty("recall", "10 Feb 21:10", "10 Feb 21:30"),
            Switches(),
            ["a recall has no minimum of 4 hours (disputed: KSO [2022] EWHC 2514)"],
        ),
        (
            duty("recall", "10 Feb 21:10", "10 Feb 21:30", travel_minutes=30),
            Switches(recall_minimum_minutes=240, travel_limit_minutes=None),
            [
                "travel counts always",
                "a recall counts at least 240 minutes (4 h) (disputed: KSO [2022] EWHC 2514)",
            ],
        ),
        (duty("recall", "10 Feb 18:00", "10 Feb 22:00"), Switches(recall_minimum_minutes=240), []),
        (duty("rest_day", "17 Feb 09:00", "17 Feb 10:00", told="10 Feb 09:00"), Switches(), []),
        (
            duty("rest_day", "17 Feb 09:00", "17 Feb 10:00", told="10 Feb 09:00", travel_minutes=10),
            Switches(),
            ["travel counts where it and the duty are at most 360 minutes (6 h) together"],
        ),
        (
            duty("public_holiday", "14 Feb 22:00", "15 Feb 02:00", holiday_substituted=True),
            Switches(),
            ["the force's day starts at 00:00"],
        ),
        (
            duty("part_time", "10 Feb 08:00", "10 Feb 09:00", weekly_minutes_before=60),
            Switches(),
            ["the force's week starts on Monday at 00:00"],
        ),
    ],
)
def test_every_switch_that_had_a_say_is_named_as_unverified(
    worked: Duty, switches: Switches, named: list[str]
) -> None:
    for line in priced(worked, switches=switches).lines:
        _, _, after = line.working.partition("Unverified switch")
        told = after.removeprefix("es").removeprefix(": ").partition(". ")[0]
        assert (told.split("; ") if told else []) == named or told.startswith("; ".join(named))


def test_what_is_owed_beyond_names_its_switches_too() -> None:
    (beyond,) = priced(duty("recall", "31 Mar 23:50", "1 Apr 00:10")).owed_beyond
    assert "Unverified switch: a recall has no minimum of 4 hours" in beyond.working


@pytest.mark.parametrize(
    ("on_cost", "words"),
    [
        (Fraction(138, 1000), "13.8%"),
        (Fraction(14375, 100_000), "14.375%"),
        (Fraction(1, 5), "20%"),
        (Fraction(1), "100%"),
    ],
)
def test_a_percentage_is_written_as_people_write_it(on_cost: Fraction, words: str) -> None:
    result = price(
        duty("planned", "10 Feb 16:00", "10 Feb 18:20"),
        rank="constable",
        annual_pay_pence=PAY,
        window=GRANT,
        on_cost=on_cost,
    )
    assert f"On-cost {words}: £" in result.working


def test_a_span_names_each_day_once_and_a_midnight_by_the_day_it_ends() -> None:
    def span(starts: str, ends: str) -> str:
        return priced(duty("planned", starts, ends), window=None).working.partition(": ")[0]

    assert span("10 Feb 16:00", "10 Feb 18:00") == "Planned overtime, 16:00 to 18:00 on 10 February 2021"
    assert span("10 Feb 22:00", "11 Feb 02:00") == (
        "Planned overtime, 22:00 on 10 February 2021 to 02:00 on 11 February 2021"
    )
    assert span("10 Feb 22:00", "11 Feb 00:00").endswith("to midnight at the end of 10 February 2021")
    assert at("28 Mar 00:30") and "the clocks change" in span("28 Mar 00:30", "28 Mar 03:30")


def test_the_module_stands_without_django() -> None:
    program = "import sys, tasking.pay; sys.exit('django' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
