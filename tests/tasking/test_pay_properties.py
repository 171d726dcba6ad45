"""What holds for any duty that the pay engine is given."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from fractions import Fraction
from itertools import pairwise

from hypothesis import assume, given
from hypothesis import strategies as st

from tasking.pay import RULES, Duty, Line, NotPayable, Price, Switches, price, price_at_agreed_rate
from tests.tasking.duties import GRANT, PAY, priced

minutes = st.integers(min_value=1, max_value=26 * 60)
starts = st.datetimes(datetime(2020, 12, 20), datetime(2021, 4, 20)).map(
    lambda wall: wall.replace(second=0, microsecond=0, tzinfo=UTC)
)
around_the_window = st.sampled_from([GRANT.starts_at, GRANT.ends_at]).flatmap(
    lambda edge: st.integers(1, 20 * 60).map(lambda before: edge.astimezone(UTC) - timedelta(minutes=before))
)
shares = st.sampled_from([Fraction(0), Fraction(138, 1000), Fraction(143, 1000), Fraction(1, 3), Fraction(1)])
ALTERNATIVES = [
    Switches(recall_minimum_minutes=240),
    Switches(travel_limit_minutes=None),
    Switches(travel_limit_minutes=0),
    Switches(london_weighting_pence=2_509_00),
    Switches(week_starts_on=3),
    Switches(force_day_starts=time(7)),
]


@st.composite
def duties(
    draw: st.DrawFn,
    *,
    types: tuple[str, ...] = tuple(RULES),
    travel: bool = True,
    starts: st.SearchStrategy[datetime] = starts,
) -> Duty:
    """Any duty of the given types; a public holiday is a substituted one, so that it can be on any day."""
    starts_at = draw(starts)
    duty_type = draw(st.sampled_from(types))
    length = draw(minutes)
    rest_day_from = draw(st.none() | st.integers(-60, length + 60))
    rest_day_until = draw(st.none() | st.integers(rest_day_from + 1 if rest_day_from else -60, length + 300))
    if rest_day_from is not None and rest_day_until is not None and rest_day_until <= rest_day_from:
        rest_day_until = None

    def moment(after: int | None) -> datetime | None:
        return None if after is None else starts_at + timedelta(minutes=after)

    return Duty(
        duty_type=duty_type,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=length),
        told_at=starts_at - timedelta(minutes=draw(st.integers(-60, 30 * 24 * 60))),
        break_minutes=draw(st.integers(0, 60)),
        travel_minutes=draw(st.integers(0, 180)) if travel else 0,
        casual_occasion=draw(st.integers(1, 6)),
        follows_tour=draw(st.booleans()),
        weekly_minutes_before=draw(st.integers(0, 3000)),
        holiday_substituted=duty_type == "public_holiday",
        rest_day_from=moment(rest_day_from),
        rest_day_until=moment(rest_day_until),
    )


def worth(lines: Iterable[Line]) -> Fraction:
    """Quarters at plain time: what lines come to before anything is rounded to the penny."""
    return sum((line.units * line.multiplier for line in lines), Fraction(0))


def quarters(*prices: Iterable[Line]) -> dict[Fraction, int]:
    """How many quarters there are at each multiplier."""
    totals: dict[Fraction, int] = {}
    for line in (line for lines in prices for line in lines if line.units):
        totals[line.multiplier] = totals.get(line.multiplier, 0) + line.units
    return totals


# More minutes


@given(duties(travel=False), minutes)
def test_more_minutes_never_pay_less_within_a_type(worked: Duty, more: int) -> None:
    # Travel is apart: by the rule, a duty that grows past six hours with its travel loses it.
    longer = replace(worked, ends_at=worked.ends_at + timedelta(minutes=more))
    # The type may not change: a rest day or an end of it that the longer duty reaches would cut it anew.
    for moment in (worked.rest_day_from, worked.rest_day_until):
        assume(moment is None or not worked.ends_at <= moment < longer.ends_at)
    assert priced(longer, window=None).pence >= priced(worked, window=None).pence


@given(duties(), minutes)
def test_where_travel_always_counts_more_minutes_never_pay_less_either(worked: Duty, more: int) -> None:
    always = Switches(travel_limit_minutes=None)
    worked = replace(worked, rest_day_from=None, rest_day_until=None)
    longer = replace(worked, ends_at=worked.ends_at + timedelta(minutes=more))
    assert priced(longer, None, always).pence >= priced(worked, None, always).pence


@given(duties(travel=False, starts=around_the_window), minutes)
def test_more_minutes_never_leave_the_officer_with_less_where_the_window_cuts(
    worked: Duty, more: int
) -> None:
    # The grant alone may bear less for more: a duty that grows past its window loses its minimum there.
    worked = replace(worked, rest_day_from=None, rest_day_until=None)
    longer = replace(worked, ends_at=worked.ends_at + timedelta(minutes=more))
    try:
        before, after = priced(worked), priced(longer)
    except NotPayable as refused:
        assert refused.code == "outside_grant_period"
        return
    assert worth(after.lines + after.owed_beyond) >= worth(before.lines + before.owed_beyond)


# Splitting


def split(worked: Duty, cut: datetime) -> tuple[Duty, Duty]:
    """The same stay as two, each with the facts that its own hours have."""
    first = replace(worked, ends_at=cut)
    week = Switches().week_start(cut).astimezone(UTC)
    before = first.minutes + worked.weekly_minutes_before
    if worked.starts_at < week:
        before = (cut - week) // timedelta(minutes=1)
    second = replace(worked, starts_at=cut, weekly_minutes_before=before)
    if worked.duty_type == "early_start":
        second = replace(second, told_at=cut - (worked.starts_at - (worked.told_at or worked.starts_at)))
    return first, second


@given(duties(types=("planned", "early_start", "part_time", "casual")), st.data())
def test_splitting_never_gains_more_than_a_penny_a_line(worked: Duty, data: st.DataObject) -> None:
    # Neither breaks nor a half hour to lose (a fifth casual stay): what is left to gain is the rounding.
    # Quarters can only be lost by it, for each part counts its own completed ones.
    worked = replace(worked, break_minutes=0, casual_occasion=5, rest_day_from=None, rest_day_until=None)
    cut = worked.starts_at + timedelta(minutes=data.draw(st.integers(0, worked.minutes)))
    assume(worked.starts_at < cut < worked.ends_at)
    parts = [priced(part, window=None) for part in split(worked, cut)]
    whole = priced(worked, window=None)
    assert sum(worth(part.lines) for part in parts) <= worth(whole.lines)
    lines = sum(len(part.lines) for part in parts) + len(whole.lines)
    assert sum(part.pence for part in parts) <= whole.pence + lines


@given(duties(types=("rest_day", "recall"), travel=False), st.data())
def test_splitting_gains_nothing_either_where_no_minimum_comes_in(worked: Duty, data: st.DataObject) -> None:
    # The four hours of a rest day and the one quarter of a recall are the only gain: here each part has them.
    worked = replace(worked, rest_day_from=None, rest_day_until=None)
    least = 240 if worked.duty_type == "rest_day" else 15
    assume(worked.minutes >= 2 * least)
    cut = worked.starts_at + timedelta(minutes=data.draw(st.integers(least, worked.minutes - least)))
    first, second = split(worked, cut)
    second = replace(second, told_at=cut - (worked.starts_at - (worked.told_at or worked.starts_at)))
    # The notice is that of each part's day: across midnight or a change of the clocks it could be another.
    assume(priced(first, None).time_owed == () and priced(second, None).time_owed == ())
    assume(priced(worked, None).time_owed == ())
    parts = [priced(first, None), priced(second, None)]
    assert sum(worth(part.lines) for part in parts) <= worth(priced(worked, None).lines)


@given(duties(types=("planned",)), st.integers(1, 100))
def test_splitting_at_a_completed_quarter_changes_no_quarter(worked: Duty, quarter: int) -> None:
    worked = replace(worked, break_minutes=0, rest_day_from=None, rest_day_until=None)
    cut = worked.starts_at + timedelta(minutes=15 * quarter)
    assume(cut < worked.ends_at)
    parts = [priced(part, window=None) for part in split(worked, cut)]
    whole = priced(worked, window=None)
    assert quarters(*(part.lines for part in parts)) == quarters(whole.lines)
    assert abs(sum(part.pence for part in parts) - whole.pence) <= 1


# Sums


@given(duties(), st.integers(0, 60_000_00), shares)
def test_each_line_is_its_own_sum_rounded_once_half_up(worked: Duty, annual: int, on_cost: Fraction) -> None:
    result = price(worked, rank="sergeant", annual_pay_pence=annual, window=None, on_cost=on_cost)
    for line in result.lines:
        exact = Fraction(annual) * 6 / 313 / 40 * line.units / 4 * line.multiplier
        assert -Fraction(1, 2) < line.pence - exact <= Fraction(1, 2)
        assert -Fraction(1, 2) < line.on_cost_pence - line.pence * on_cost <= Fraction(1, 2)
        assert line.units == line.minutes // 15
        assert min(line.pence, line.on_cost_pence) >= 0


@given(duties(starts=around_the_window | starts), shares)
def test_every_price_is_the_sum_of_its_lines_and_never_negative(worked: Duty, on_cost: Fraction) -> None:
    try:
        result = price(worked, rank="constable", annual_pay_pence=PAY, window=GRANT, on_cost=on_cost)
    except NotPayable as refused:
        assert refused.code == "outside_grant_period"
        return
    assert result.pence == sum(line.total_pence for line in result.lines)
    assert result.pence == result.pay_pence + result.on_cost_pence >= 0
    assert result.pay_pence == sum(line.pence for line in result.lines)
    assert abs(result.on_cost_pence - result.pay_pence * on_cost) <= len(result.lines)
    assert all(line.pence >= 0 and line.on_cost_pence == 0 for line in result.owed_beyond)


@given(duties(), shares)
def test_an_on_cost_changes_neither_pay_nor_what_is_owed_besides(worked: Duty, on_cost: Fraction) -> None:
    plain = priced(worked, window=None)
    loaded = price(worked, rank="constable", annual_pay_pence=PAY, window=None, on_cost=on_cost)
    assert (loaded.pay_pence, loaded.units, loaded.time_owed) == (plain.pence, plain.units, plain.time_owed)


# The window: clipped first, then reckoned


def worked_inside(worked: Duty) -> Duty | None:
    """The stretch of a duty inside the grant's window, taken for a duty of its own."""
    starts_at = max(worked.starts_at, GRANT.starts_at.astimezone(UTC))
    ends_at = min(worked.ends_at, GRANT.ends_at.astimezone(UTC))
    return replace(worked, starts_at=starts_at, ends_at=ends_at) if starts_at < ends_at else None


@given(duties(starts=around_the_window | starts))
def test_the_grant_and_the_rest_make_up_what_the_officer_is_owed(worked: Duty) -> None:
    try:
        result = priced(worked)
    except NotPayable as refused:
        assert refused.code == "outside_grant_period"
        return
    whole = priced(worked, window=None)
    assert quarters(result.lines, result.owed_beyond) == quarters(whole.lines)
    assert result.time_owed == whole.time_owed
    assert result.lines
    for line in result.lines:
        assert GRANT.starts_at <= line.starts_at < line.ends_at <= GRANT.ends_at
    assert all(line.units > 0 for line in result.owed_beyond)


@given(duties(starts=around_the_window, travel=False))
def test_of_a_duty_that_the_window_cuts_the_grant_bears_only_minutes_inside(worked: Duty) -> None:
    inside = worked_inside(worked)
    assume(inside and inside != worked)
    assert inside and sum(line.minutes for line in priced(worked).lines) <= inside.minutes


@given(duties(types=("planned", "casual", "rest_day", "recall"), starts=around_the_window, travel=False))
def test_a_cut_duty_is_reckoned_as_its_stretch_inside_without_a_minimum(worked: Duty) -> None:
    worked = replace(worked, rest_day_from=None, rest_day_until=None)
    inside = worked_inside(worked)
    assume(inside and inside != worked)
    assert inside
    if worked.duty_type == "rest_day":  # paid, by the notice of the whole and of the stretch
        assume(inside.minutes >= 240 and priced(worked).time_owed == priced(inside).time_owed == ())
    if worked.duty_type == "recall":
        assume(inside.minutes >= 15)
    assert quarters(priced(worked).lines) == quarters(priced(inside).lines)


@given(duties(starts=around_the_window), st.none() | st.integers(0, 2_000))
def test_of_another_agencys_duty_too(worked: Duty, charged: int | None) -> None:
    def agreed(window: bool) -> Price:
        return price_at_agreed_rate(
            worked,
            grade="Grade 4",
            hourly_pence=3_207,
            multiplier=Fraction(3, 2),
            window=GRANT if window else None,
            charged_minutes=charged,
        )

    try:
        result = agreed(window=True)
    except NotPayable:
        return
    assert quarters(result.lines, result.owed_beyond) == quarters(agreed(window=False).lines)
    (line,) = result.lines
    if line.starts_at > worked.starts_at or line.ends_at < worked.ends_at:
        assert line.minutes <= (line.ends_at.astimezone(UTC) - line.starts_at) // timedelta(minutes=1)


# Lines


@given(duties())
def test_a_price_does_not_depend_on_the_zone_in_which_times_are_written(worked: Duty) -> None:
    london = GRANT.starts_at.tzinfo

    def local(moment: datetime | None) -> datetime | None:
        return moment and moment.astimezone(london)

    local_duty = replace(
        worked,
        starts_at=worked.starts_at.astimezone(london),
        ends_at=worked.ends_at.astimezone(london),
        told_at=local(worked.told_at),
        rest_day_from=local(worked.rest_day_from),
        rest_day_until=local(worked.rest_day_until),
    )
    assert priced(local_duty, window=None) == priced(worked, window=None)


@given(duties())
def test_the_lines_cover_the_duty_without_gap_or_overlap(worked: Duty) -> None:
    lines = priced(worked, window=None).lines
    assert lines[0].starts_at == worked.starts_at and lines[-1].ends_at == worked.ends_at
    assert all(one.ends_at == other.starts_at for one, other in pairwise(lines))


@given(duties(), st.sampled_from(ALTERNATIVES))
def test_a_switch_that_changes_the_pay_is_named_in_the_working(worked: Duty, other: Switches) -> None:
    ours, theirs = priced(worked, None), priced(worked, None, other)
    if ours.pence != theirs.pence:
        assert "Unverified switch" in theirs.working
        if not other.london_weighting_pence:
            assert "Unverified switch" in ours.working
