"""The pay engine's on-costs, and the duties of other agencies at their agreed rates."""

from fractions import Fraction
from typing import Any

import pytest

from tasking.pay import Duty, NotPayable, Price, price, price_at_agreed_rate
from tests.tasking.duties import GRANT, PAY, duty

NI = Fraction(138, 1000)
NI_AND_LEVY = Fraction(143, 1000)


def with_on_cost(worked: Duty, on_cost: Fraction) -> Price:
    return price(worked, rank="constable", annual_pay_pence=PAY, window=GRANT, on_cost=on_cost)


def agreed(worked: Duty, **more: Any) -> Price:
    terms = {"grade": "Grade 4", "hourly_pence": 3_207, "multiplier": Fraction(3, 2), "window": GRANT} | more
    return price_at_agreed_rate(worked, **terms)


# On-costs


@pytest.mark.parametrize(
    ("on_cost", "pence", "sentence"),
    [
        (Fraction(0), 0, None),
        (NI, 816, "On-cost 13.8%: £8.16."),  # 5913 x 0.138 = 815.994
        (NI_AND_LEVY, 846, "On-cost 14.3%: £8.46."),  # 845.559
        (Fraction(1, 8), 739, "On-cost 12.5%: £7.39."),  # 739.125
    ],
)
def test_the_on_cost_is_a_share_of_the_pay_as_paid(
    on_cost: Fraction, pence: int, sentence: str | None
) -> None:
    result = with_on_cost(duty("planned", "10 Feb 16:00", "10 Feb 18:20"), on_cost)
    (line,) = result.lines
    assert (line.pence, line.on_cost_pence, line.total_pence) == (5913, pence, 5913 + pence)
    assert (result.pay_pence, result.on_cost_pence, result.pence) == (5913, pence, 5913 + pence)
    if sentence:
        assert line.working.endswith(f" {sentence}")
    else:
        assert "On-cost" not in line.working


def test_half_a_penny_of_on_cost_goes_up_once_for_the_line() -> None:
    worked = duty("planned", "10 Feb 16:00", "10 Feb 17:00")
    result = agreed(worked, hourly_pence=100, multiplier=Fraction(1), on_cost=Fraction(5, 1000))
    assert (result.pay_pence, result.on_cost_pence) == (100, 1)


def test_each_line_has_its_own_on_cost_and_what_is_owed_beyond_has_none() -> None:
    worked = duty("part_time", "31 Mar 22:00", "1 Apr 02:00", weekly_minutes_before=2340)
    result = with_on_cost(worked, NI)
    assert [(line.pence, line.on_cost_pence) for line in result.lines] == [(1971, 272), (2628, 363)]
    assert result.pence == 1971 + 272 + 2628 + 363
    assert f"Together £{result.pence / 100:.2f}." in result.working
    assert [line.on_cost_pence for line in result.owed_beyond] == [0]
    assert "On-cost" not in result.owed_beyond[0].working


def test_a_line_of_nothing_says_nothing_of_on_costs() -> None:
    result = with_on_cost(duty("toil", "10 Feb 16:00", "10 Feb 18:20"), NI)
    assert result.pence == 0
    assert "On-cost" not in result.working


def test_rates_and_shares_below_nothing_are_a_bug_of_the_caller() -> None:
    worked = duty("planned", "10 Feb 16:00", "10 Feb 18:20")
    with pytest.raises(ValueError, match="negative"):
        with_on_cost(worked, Fraction(-1, 10))
    with pytest.raises(ValueError, match="negative"):
        price(worked, rank="constable", annual_pay_pence=-1, window=GRANT)
    for wrong in ({"hourly_pence": -1}, {"multiplier": Fraction(-1)}, {"charged_minutes": -15}):
        with pytest.raises(ValueError, match="negative"):
            agreed(worked, **wrong)


# Another agency's agreed rate


def test_an_agencys_duty_is_its_agreed_rate_for_completed_quarters_less_breaks() -> None:
    worked = duty("casual", "31 Mar 20:00", "1 Apr 01:00", break_minutes=30, casual_occasion=1)
    result = agreed(worked)
    assert [(line.units, line.rule) for line in result.lines] == [(14, "agreed_rate")]
    assert result.pence == 16837  # 14 x 801.75 x 1.5 = 16836.75
    assert [line.units for line in result.owed_beyond] == [4]
    assert "owed to the other agency" in result.owed_beyond[0].working
    assert "Grade 4" in result.working and "Police Regulations" not in result.working


def test_an_agencys_duty_has_the_same_window() -> None:
    with pytest.raises(NotPayable) as refused:
        agreed(duty("planned", "1 Apr 08:00", "1 Apr 12:00"))
    assert refused.value.code == "outside_grant_period"


@pytest.mark.parametrize(("charged", "expected"), [(240, 16), (120, 8), (100, 6), (0, 0)])
def test_an_agency_charges_by_its_own_rules(charged: int, expected: int) -> None:
    result = agreed(duty("planned", "10 Feb 18:00", "10 Feb 20:00"), charged_minutes=charged)
    assert [line.units for line in result.lines] == [expected]


def test_what_an_agency_charges_is_said_beside_what_was_worked() -> None:
    worked = duty("planned", "10 Feb 18:00", "10 Feb 20:30", break_minutes=30)
    (line,) = agreed(worked, charged_minutes=240, source="Rate card of 5 January 2021").lines
    assert "The agency charges 240 minutes (4 h) for 120 minutes (2 h) worked." in line.working
    assert "Rate card of 5 January 2021, Grade 4." in line.working


@pytest.mark.parametrize(
    ("charged", "borne", "beyond"),
    [
        (None, 8, 8),
        (300, 8, 12),  # charged for more than was worked: inside the window no more than was worked there
        (240, 8, 8),
        (120, 8, 0),
        (90, 6, 0),
    ],
)
def test_of_a_duty_that_the_window_cuts_the_grant_bears_no_more_than_was_worked_inside(
    charged: int | None, borne: int, beyond: int
) -> None:
    result = agreed(duty("planned", "31 Mar 22:00", "1 Apr 02:00"), charged_minutes=charged)
    assert result.units == borne
    assert sum(line.units for line in result.owed_beyond) == beyond


def test_an_agencys_on_cost_is_added_as_anyone_elses() -> None:
    result = agreed(duty("planned", "10 Feb 18:00", "10 Feb 20:00"), on_cost=Fraction(1, 5))
    assert (result.pay_pence, result.on_cost_pence) == (9621, 1924)
